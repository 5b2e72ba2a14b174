//! The home: who is there, which topics tell of whom, and the view that everyone reads.

use super::config::HomeConfig;
use super::dialect::{Announced, Announcement, DIALECTS, Dialect, Driver};
use super::entity::{Entity, EntityState, HomeView};
use super::payload::Payload;
use super::topics::Topics;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// What a message changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// An entity was learnt, or learnt anew; its id.
    Added(String),
    /// An entity is gone; its id.
    Removed(String),
    /// An entity's state or availability is another one; its id.
    State(String),
    /// These topics must be subscribed to from now on.
    Subscribe(Vec<String>),
    /// Nobody reads these topics any more.
    Unsubscribe(Vec<String>),
    /// A message was not taken, and nothing was changed by it.
    Rejected {
        /// Its topic.
        topic: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A part of an entity's announcement cannot be read; it can be commanded all the same. Said once.
    Unreadable {
        /// The entity's id.
        entity: String,
        /// What cannot be read.
        reason: String,
    },
}

/// One thing with everything that is known of it.
#[derive(Debug)]
pub(super) struct Thing {
    pub(super) source: String,
    pub(super) component: String,
    unique: Option<String>,
    print: u64,
    /// As announced, with the id that it has here; the state lives in `state`.
    pub(super) entity: Entity,
    pub(super) state: EntityState,
    pub(super) driver: Box<dyn Driver>,
    topics: Vec<String>,
    /// Kept out of the view unless the configuration names it.
    pub(super) hidden: bool,
    complained: bool,
    pub(super) twins: Vec<String>,
    pub(super) native: bool,
    /// When it was learnt, in ms of the caller's clock.
    pub(super) learnt_ms: u64,
    /// How often it was asked for its state since.
    pub(super) asked: u32,
}

/// Everything that is known of the home.
///
/// It reads messages ([`Home::ingest`]), shows what it knows ([`Home::view`]) and says which publishes
/// carry out a command ([`Home::actions`]). It owns no connection and no clock.
#[derive(Debug)]
pub struct Home {
    pub(super) config: HomeConfig,
    pub(super) dialects: Vec<Box<dyn Dialect>>,
    pub(super) things: Vec<Option<Thing>>,
    free: Vec<usize>,
    /// Source, then component, to thing.
    pub(super) sources: HashMap<String, BTreeMap<String, usize>>,
    uniques: HashMap<String, usize>,
    pub(super) ids: HashMap<String, usize>,
    /// What things are recognised by in another dialect, to the things.
    pub(super) twins: HashMap<String, Vec<usize>>,
    topics: Topics,
    timed: BTreeSet<usize>,
    /// Things that may have to be asked for their state.
    pub(super) unheard: BTreeSet<usize>,
    view: Arc<HomeView>,
    pub(super) rebuild: bool,
    stale: BTreeSet<usize>,
    /// Names that people gave by voice.
    given: Vec<(String, String)>,
}

impl Home {
    /// Takes the names that people gave to things by voice, in place of those it was told before: an entity's
    /// id (or `area:` and an area's name), and the name.
    pub fn set_given_names(&mut self, names: &[(String, String)]) {
        if self.given != names {
            self.given = names.to_vec();
            self.rebuild = true;
        }
    }

    /// A home in which nothing is known yet.
    pub fn new(config: HomeConfig) -> Self {
        let dialects = DIALECTS.iter().map(|make| make(&config)).collect();
        Self {
            config,
            dialects,
            things: Vec::new(),
            free: Vec::new(),
            sources: HashMap::new(),
            uniques: HashMap::new(),
            ids: HashMap::new(),
            twins: HashMap::new(),
            topics: Topics::default(),
            timed: BTreeSet::new(),
            unheard: BTreeSet::new(),
            view: Arc::default(),
            rebuild: true,
            stale: BTreeSet::new(),
            given: Vec::new(),
        }
    }

    /// What the person says about the home.
    pub fn config(&self) -> &HomeConfig {
        &self.config
    }

    /// How many entities are known.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether no entity is known.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Every topic filter that the home wants to hear, sorted: the dialects' announcements and the
    /// topics of the things that are known.
    pub fn subscriptions(&self) -> Vec<String> {
        let mut all: Vec<String> = self.dialects.iter().flat_map(|d| d.subscriptions()).collect();
        all.extend(self.topics.read().map(str::to_owned));
        all.sort();
        all.dedup();
        all
    }

    /// Where an entity was announced: the topic.
    pub fn source(&self, entity_id: &str) -> Option<&str> {
        self.thing(entity_id).map(|t| t.source.as_str())
    }

    /// Takes in a message.
    ///
    /// `now_ms` is the caller's monotonic clock in ms. Bad input never panics: it comes back as
    /// [`Change::Rejected`] and leaves everything else as it was.
    pub fn ingest(&mut self, topic: &str, payload: &[u8], _retained: bool, now_ms: u64) -> Vec<Change> {
        let mut changes = Vec::new();
        let reject = |reason: String| vec![Change::Rejected { topic: shorten(topic, 200), reason }];
        if payload.len() > self.config.max_payload_bytes {
            return reject(format!(
                "the payload has {} bytes; the most that is read is {} (home.max_payload_bytes)",
                payload.len(),
                self.config.max_payload_bytes
            ));
        }
        let message = match Payload::new(payload, now_ms) {
            Ok(message) => message,
            Err(reason) => return reject(reason),
        };
        if let Some(dialect) = self.dialects.iter_mut().find(|d| d.claims(topic)) {
            let shared = dialect.shares();
            match dialect.announced(topic, &message) {
                Ok(all) => self.take(topic, all, now_ms, &mut changes),
                Err(reason) => return reject(reason),
            }
            if !shared {
                return changes;
            }
        }
        for (index, slot) in self.topics.heard(topic, message.text(), now_ms) {
            self.read(index, slot, topic, &message, &mut changes);
        }
        changes
    }

    /// Adds a thing that no broker announces, such as a simulated media player.
    pub fn add(&mut self, announcement: Announcement, now_ms: u64) -> Vec<Change> {
        let mut changes = Vec::new();
        self.take("", vec![Announced::Thing(Box::new(announcement))], now_ms, &mut changes);
        changes
    }

    /// Lets time pass: states whose time is over become unknown or unavailable. Call it about once a
    /// second; `now_ms` is the clock of [`Home::ingest`].
    pub fn tick(&mut self, now_ms: u64) -> Vec<Change> {
        let mut changes = Vec::new();
        let timed: Vec<usize> = self.timed.iter().copied().collect();
        for index in timed {
            let Some(thing) = self.things.get_mut(index).and_then(Option::as_mut) else { continue };
            if thing.driver.good_until(&thing.state).is_none_or(|end| now_ms < end) {
                continue;
            }
            let before = thing.state.clone();
            thing.driver.expire(&mut thing.state);
            self.timed.remove(&index);
            if before != thing.state {
                self.stale.insert(index);
                changes.push(Change::State(thing.entity.id.clone()));
            }
        }
        changes
    }

    /// The home as it is now. Cheap when nothing has changed since the last call; when only states
    /// have, only those are renewed.
    pub fn view(&mut self) -> Arc<HomeView> {
        if self.rebuild {
            self.view = Arc::new(super::view::build(&self.config, &self.things, &self.given));
            self.rebuild = false;
            self.stale.clear();
        } else if !self.stale.is_empty() {
            let view = Arc::make_mut(&mut self.view);
            for index in std::mem::take(&mut self.stale) {
                let Some(thing) = self.things.get(index).and_then(Option::as_ref) else { continue };
                let found = view.entities.binary_search_by(|e| e.id.cmp(&thing.entity.id));
                if let Some(entity) = found.ok().and_then(|at| view.entities.get_mut(at)) {
                    entity.state = thing.state.clone();
                }
            }
        }
        Arc::clone(&self.view)
    }

    pub(super) fn thing(&self, entity_id: &str) -> Option<&Thing> {
        self.things.get(*self.ids.get(entity_id)?)?.as_ref()
    }

    pub(super) fn thing_mut(&mut self, entity_id: &str) -> Option<&mut Thing> {
        let index = *self.ids.get(entity_id)?;
        self.stale.insert(index);
        self.things.get_mut(index)?.as_mut()
    }

    fn read(
        &mut self,
        index: usize,
        slot: usize,
        topic: &str,
        message: &Payload<'_>,
        changes: &mut Vec<Change>,
    ) {
        let Some(thing) = self.things.get_mut(index).and_then(Option::as_mut) else { return };
        let before = thing.state.clone();
        match thing.driver.read(slot, message, &mut thing.state) {
            Ok(()) => {
                thing.state.heard_at_ms = Some(message.now_ms());
                self.stale.insert(index);
                if thing.driver.good_until(&thing.state).is_some() {
                    self.timed.insert(index);
                }
                let same = before.value == thing.state.value
                    && before.attributes == thing.state.attributes
                    && before.availability == thing.state.availability;
                if !same {
                    changes.push(Change::State(thing.entity.id.clone()));
                }
            }
            Err(reason) => {
                thing.state = before;
                if !thing.complained {
                    thing.complained = true;
                    let reason = format!("{}: {reason}", shorten(topic, 200));
                    changes.push(Change::Unreadable { entity: thing.entity.id.clone(), reason });
                }
            }
        }
    }

    fn take(&mut self, topic: &str, all: Vec<Announced>, now_ms: u64, changes: &mut Vec<Change>) {
        let mut subscribe = Vec::new();
        let mut unsubscribe = Vec::new();
        for announced in all {
            match announced {
                Announced::Thing(announcement) => {
                    self.learn(*announcement, now_ms, &mut subscribe, &mut unsubscribe, changes);
                }
                Announced::Gone { source, component } => {
                    let Some(components) = self.sources.get(&source) else { continue };
                    let gone: Vec<usize> = match component {
                        Some(c) => components.get(&c).copied().into_iter().collect(),
                        None => components.values().copied().collect(),
                    };
                    for index in gone {
                        self.forget(index, &mut unsubscribe, changes);
                    }
                }
                Announced::Whole { source, components } => {
                    let Some(known) = self.sources.get(&source) else { continue };
                    let rest = known.iter().filter(|(component, _)| !components.contains(*component));
                    let gone: Vec<usize> = rest.map(|(_, index)| *index).collect();
                    for index in gone {
                        self.forget(index, &mut unsubscribe, changes);
                    }
                }
                Announced::Rejected(reason) => {
                    changes.push(Change::Rejected { topic: shorten(topic, 200), reason });
                }
            }
        }
        subscribe.sort();
        subscribe.dedup();
        unsubscribe.retain(|t| !self.topics.is_read(t));
        subscribe.retain(|t| self.topics.is_read(t));
        if !unsubscribe.is_empty() {
            changes.push(Change::Unsubscribe(unsubscribe));
        }
        if !subscribe.is_empty() {
            changes.push(Change::Subscribe(subscribe));
        }
    }

    fn learn(
        &mut self,
        announcement: Announcement,
        now_ms: u64,
        subscribe: &mut Vec<String>,
        unsubscribe: &mut Vec<String>,
        changes: &mut Vec<Change>,
    ) {
        let Some(announcement) = self.reconcile(announcement, unsubscribe, changes) else { return };
        let Announcement {
            source,
            component,
            unique,
            print,
            mut entity,
            driver,
            hidden,
            unreadable,
            twins,
            native,
        } = announcement;
        let at_source = self.sources.get(&source).and_then(|c| c.get(&component)).copied();
        // The same identity on another topic is the same thing that has moved.
        let known = at_source.or_else(|| unique.as_ref().and_then(|u| self.uniques.get(u)).copied());
        let known_thing = known.and_then(|i| self.things.get(i)).and_then(Option::as_ref);
        if known_thing.is_some_and(|t| t.print == print && t.source == source && t.component == component) {
            return;
        }
        if known.is_none() && self.len() >= self.config.max_entities {
            let reason = format!(
                "{} entities are known and no more are learnt (home.max_entities)",
                self.config.max_entities
            );
            changes.push(Change::Rejected { topic: shorten(&source, 200), reason });
            return;
        }
        let mut state = std::mem::take(&mut entity.state);
        let index = match known {
            Some(index) => {
                if let Some(old) = self.detach(index, unsubscribe) {
                    entity.id = old.entity.id;
                    // What another dialect told of it is still true.
                    if native && old.native {
                        entity.adopt(old.entity.area, old.entity.device_class);
                    }
                    if state == EntityState::default() {
                        state = old.state;
                    }
                }
                index
            }
            None => {
                entity.id = self.free_id(&entity.id);
                self.free.pop().unwrap_or_else(|| {
                    self.things.push(None);
                    self.things.len() - 1
                })
            }
        };
        self.ids.insert(entity.id.clone(), index);
        if let Some(unique) = &unique {
            self.uniques.insert(unique.clone(), index);
        }
        self.sources.entry(source.clone()).or_default().insert(component.clone(), index);
        let topics = driver.topics();
        let id = entity.id.clone();
        let thing = Thing {
            source,
            component,
            unique,
            print,
            entity,
            state,
            driver,
            topics: topics.clone(),
            hidden,
            complained: !unreadable.is_empty(),
            twins: twins.clone(),
            native,
            learnt_ms: now_ms,
            asked: 0,
        };
        for twin in twins {
            self.twins.entry(twin).or_default().push(index);
        }
        if let Some(place) = self.things.get_mut(index) {
            *place = Some(thing);
        }
        self.rebuild = true;
        self.unheard.insert(index);
        changes.push(Change::Added(id.clone()));
        for reason in unreadable {
            changes.push(Change::Unreadable { entity: id.clone(), reason });
        }
        let mut replay = Vec::new();
        for (slot, topic) in topics.into_iter().enumerate() {
            let (new, last) = self.topics.add(&topic, index, slot);
            if new {
                subscribe.push(topic.clone());
            }
            if let Some((text, at_ms)) = last {
                replay.push((slot, topic, text, at_ms));
            }
        }
        // What was heard before the announcement came.
        for (slot, topic, text, at_ms) in replay {
            self.read(index, slot, &topic, &Payload::of(&text, at_ms.min(now_ms)), changes);
        }
    }

    /// Takes a thing out of every index but leaves its place reserved.
    fn detach(&mut self, index: usize, unsubscribe: &mut Vec<String>) -> Option<Thing> {
        let thing = self.things.get_mut(index)?.take()?;
        self.ids.remove(&thing.entity.id);
        if let Some(unique) = &thing.unique
            && self.uniques.get(unique) == Some(&index)
        {
            self.uniques.remove(unique);
        }
        if let Some(components) = self.sources.get_mut(&thing.source) {
            components.remove(&thing.component);
            if components.is_empty() {
                self.sources.remove(&thing.source);
            }
        }
        for topic in &thing.topics {
            if self.topics.remove(topic, index) {
                unsubscribe.push(topic.clone());
            }
        }
        for twin in &thing.twins {
            if let Some(things) = self.twins.get_mut(twin) {
                things.retain(|i| *i != index);
                if things.is_empty() {
                    self.twins.remove(twin);
                }
            }
        }
        self.timed.remove(&index);
        self.stale.remove(&index);
        self.unheard.remove(&index);
        self.rebuild = true;
        Some(thing)
    }

    pub(super) fn forget(&mut self, index: usize, unsubscribe: &mut Vec<String>, changes: &mut Vec<Change>) {
        if let Some(thing) = self.detach(index, unsubscribe) {
            self.free.push(index);
            changes.push(Change::Removed(thing.entity.id));
        }
    }

    fn free_id(&self, wanted: &str) -> String {
        if !self.ids.contains_key(wanted) {
            return wanted.to_owned();
        }
        // Bounded by the number of entities, so it ends.
        (2..).map(|n| format!("{wanted}_{n}")).find(|id| !self.ids.contains_key(id)).unwrap_or_default()
    }
}

/// A text cut for a message.
pub(super) fn shorten(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}
