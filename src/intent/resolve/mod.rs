//! From a sentence's slots to entities of the home.
//!
//! In come the grammar's readings of a text, the home and where the speaker is. Out goes for each a
//! [`Command`] with its targets, or which entities could be meant, or why there is none. The reading
//! that is best served is taken. What must never happen here: an entity that does not exist; a guess
//! between equal names.

mod place;
mod served;
mod slots;
mod vocabulary;

pub use served::{Reach, Served, needs_targets, served};
pub use vocabulary::{NameKind, lists};

use super::grammar::{Filling, Match, SURE, SlotValue};
use super::{Command, Context, Refusal};
use crate::home::{Availability, Entity, Feature, HomeView};
use serde_json::Value;
use std::collections::BTreeSet;

/// A reading, brought to the home.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolved {
    /// What is asked; without targets where `options` or `refusal` say why.
    pub command: Command,
    /// Ids of the entities of which one is meant, if more than one fits.
    pub options: Vec<String>,
    /// Why it cannot be done.
    pub refusal: Option<Refusal>,
    /// What was said, where it was only nearly a name.
    pub near: Option<String>,
    /// 0.0..=1.0.
    pub confidence: f32,
    /// The words said for a place; `None`: no place was said, or the name says it all.
    pub place: Option<String>,
    /// Letters that wildcards took.
    pub wildcard_chars: usize,
    bare: bool,
    /// The words that were said for a name of the home.
    said_name: Option<String>,
    standing: Standing,
}

/// The score of what was said exactly.
const CERTAIN: u16 = 1000;
/// A name that was only nearly said must be this much nearer than any other, in thousandths.
const MARGIN: u16 = 60;

/// What a list for shopping has in its name.
const SHOPPING: &[&str] = &["shopping", "grocer", "购物", "采购"];

/// How good a reading is; the greatest is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Standing {
    /// Names heard right, in thousandths.
    score: u16,
    /// No wildcard took words.
    closed: bool,
    /// Letters left to wildcards, negated.
    wild: i32,
    /// The home has what is spoken of.
    served: bool,
    /// How the thing was named.
    named: Named,
    /// Letters of the sentence itself.
    literal: u16,
    /// The grammar's own order, negated.
    order: i32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Named {
    Weakly,
    ByPart,
    ByVariant,
    ByKind,
    ByName,
}

impl Resolved {
    fn plain(command: Command) -> Self {
        let standing = Standing {
            score: 1000,
            closed: true,
            wild: 0,
            served: true,
            named: Named::ByName,
            literal: 0,
            order: 0,
        };
        Self {
            command,
            options: Vec::new(),
            refusal: None,
            near: None,
            confidence: 1.0,
            place: None,
            wildcard_chars: 0,
            bare: false,
            said_name: None,
            standing,
        }
    }

    /// A command on something that is not there: the sentence is known, the thing is not.
    pub fn refused(command: Command, refusal: Refusal) -> Self {
        Self { refusal: Some(refusal), confidence: 0.4, ..Self::plain(command) }
    }

    /// Whether the home has what is spoken of, even if it cannot do what is asked.
    pub fn is_served(&self) -> bool {
        self.standing.served
    }

    /// Whether the sentence is hardly more than a name: beside a verb it is a part of that sentence.
    pub fn is_bare(&self) -> bool {
        self.bare
    }

    /// Whether the sentence says where, by itself.
    pub fn says_where(&self) -> bool {
        self.place.is_some()
            || self.command.slots.contains_key("name")
            || !needs_targets(&self.command.intent)
    }
}

/// Brings readings of one text to a home.
#[derive(Debug, Clone, Copy)]
pub struct Resolver<'a> {
    view: &'a HomeView,
    context: &'a Context,
}

impl<'a> Resolver<'a> {
    /// For one home and one situation.
    pub fn new(view: &'a HomeView, context: &'a Context) -> Self {
        Self { view, context }
    }

    /// The best of a text's readings; `None` when there is none. Where equally good ones mean different
    /// things of the same name, which one is meant must be asked.
    pub fn best(&self, readings: &[Match]) -> Option<Resolved> {
        let resolved =
            readings.iter().enumerate().filter_map(|(order, reading)| self.resolve(reading, order));
        let all: Vec<Resolved> = resolved.collect();
        let mut best = all.iter().max_by(|a, b| a.standing.cmp(&b.standing))?.clone();
        if best.standing.score < CERTAIN && best.said_name.is_none() && best.near.is_none() {
            // A place that may as well be another one is asked about.
            best.near = self.other_place(&best, &all);
        }
        if best.refusal.is_some() || best.said_name.is_none() || best.standing.named == Named::ByKind {
            return Some(best);
        }
        let meant = |found: &Resolved| match found.options.is_empty() {
            true => found.command.targets.clone(),
            false => found.options.clone(),
        };
        let mut ids = meant(&best);
        for other in &all {
            let is_equal = Standing { order: best.standing.order, ..other.standing } == best.standing
                && other.command.intent == best.command.intent
                && other.said_name == best.said_name
                && other.refusal.is_none();
            ids.extend(meant(other).into_iter().filter(|_| is_equal));
        }
        if best.standing.score < CERTAIN {
            ids.extend(self.rivals(&best, &all).into_iter().flat_map(meant));
        }
        ids.sort();
        ids.dedup();
        if ids.len() > meant(&best).len() {
            self.among(&mut best, ids);
        }
        Some(best)
    }

    /// Readings that take what was said for another name, nearly as well: between these we do not choose.
    fn rivals<'b>(&self, best: &Resolved, all: &'b [Resolved]) -> Vec<&'b Resolved> {
        let is_rival = |other: &&Resolved| {
            other.command.intent == best.command.intent
                && other.standing.score + MARGIN > best.standing.score
                && other.said_name.is_some()
                && other.refusal.is_none()
        };
        all.iter().filter(is_rival).collect()
    }

    /// What was said for a place, if it is nearly as well another place's name.
    fn other_place(&self, best: &Resolved, all: &[Resolved]) -> Option<String> {
        let place = |found: &Resolved| {
            let slot = |name: &str| found.command.text_slot(name).map(str::to_string);
            slot("area").or_else(|| slot("floor"))
        };
        let is_other = |other: &Resolved| {
            other.command.intent == best.command.intent
                && other.standing.score + MARGIN > best.standing.score
                && place(other).is_some()
                && place(other) != place(best)
        };
        all.iter().any(is_other).then(|| best.place.clone()).flatten()
    }

    /// Things of several domains go by one name: those in the speaker's area are meant if that decides.
    fn among(&self, found: &mut Resolved, ids: Vec<String>) {
        let is_near = |id: &&String| {
            let area = self.view.entity(id).and_then(|entity| entity.area.as_deref());
            area.is_some() && area == self.context.area.as_deref()
        };
        let near: Vec<String> = ids.iter().filter(is_near).cloned().collect();
        let ids = if near.is_empty() { ids } else { near };
        (found.command.targets, found.options) = match ids.as_slice() {
            _ if found.command.intent == "HassGetState" => (ids, Vec::new()),
            [_] => (ids, Vec::new()),
            _ => (Vec::new(), ids),
        };
        if let Some(only) = found.command.targets.first().and_then(|id| self.view.entity(id)) {
            found.command.slots.insert("name".into(), Value::from(only.name.as_str()));
        }
    }

    /// One reading; `None` when it stands for nothing now ("it", and nothing was spoken of).
    fn resolve(&self, reading: &Match, order: usize) -> Option<Resolved> {
        let (slots, hints) = slots::read(reading)?;
        let mut found = Resolved {
            command: Command { intent: reading.intent.clone(), slots, targets: Vec::new() },
            options: Vec::new(),
            refusal: None,
            near: reading
                .doubtful()
                .find(|(_, slot)| slot.filling == Filling::Near && slot.score < SURE)
                .map(|(_, slot)| slot.text.clone()),
            confidence: reading.score,
            place: None,
            wildcard_chars: reading.wildcard_chars,
            bare: hints.bare,
            said_name: reading
                .slots
                .get("name")
                .filter(|slot| is_of_the_home(slot))
                .map(|slot| slot.text.clone()),
            standing: Standing {
                score: (reading.score * 1000.0) as u16,
                closed: reading.wildcards == 0,
                served: true,
                named: Named::ByKind,
                wild: -(reading.wildcard_chars as i32),
                literal: reading.literal_chars as u16,
                order: -(order as i32),
            },
        };
        // A part of a name that was only nearly said, or a mere name, is too little to go by.
        let is_part =
            reading.slots.get("name").is_some_and(|name| NameKind::read(&name.metadata) == NameKind::Part);
        if reading.score < 1.0 && (hints.bare || (is_part && reading.score < SURE)) {
            return None;
        }
        let said =
            ["area", "floor"].iter().filter_map(|slot| reading.slots.get(*slot)).find(|s| !s.text.is_empty());
        found.place = said.map(|slot| slot.text.clone()).or_else(|| hints.scope.is_some().then(String::new));
        let name = reading.slots.get("name").filter(|slot| is_of_the_home(slot));
        if let Some(name) = name {
            self.by_name(&mut found, name, &hints)?;
        } else if let Some(needs) = served(&found.command.intent, &found.command.slots) {
            self.by_place(&mut found, needs, &hints);
        } else if found.command.intent.starts_with("HassShoppingList") {
            self.shopping_list(&mut found);
        }
        if hints.weak {
            found.standing.named = Named::Weakly;
            found.confidence *= 0.8;
        }
        if !found.standing.served {
            found.confidence *= 0.7;
        }
        Some(found)
    }

    /// The entities that a name stands for.
    fn by_name(&self, found: &mut Resolved, name: &SlotValue, hints: &slots::Hints) -> Option<()> {
        let kind = NameKind::read(&name.metadata);
        found.standing.named = match kind {
            NameKind::Exact | NameKind::Pronoun => Named::ByName,
            NameKind::Variant => Named::ByVariant,
            NameKind::Part => Named::ByPart,
        };
        if kind == NameKind::Part {
            found.confidence *= 0.9;
        }
        let mut candidates: Vec<&Entity> = match kind {
            NameKind::Pronoun => self.spoken_of(name),
            _ => {
                let ids = name.metadata.get("ids").and_then(Value::as_array).into_iter().flatten();
                ids.filter_map(Value::as_str).filter_map(|id| self.view.entity(id)).collect()
            }
        };
        if kind == NameKind::Pronoun && candidates.is_empty() {
            return None;
        }
        let intent = found.command.intent.clone();
        if let Some(class) = found.command.text_slot("device_class") {
            candidates.retain(|entity| entity.device_class.as_deref() == Some(class));
        }
        // The area of a vacuum's order is where it is to go, not where it stands.
        let place = if intent == "HassVacuumCleanArea" {
            None
        } else {
            found.command.text_slot("area").or(found.command.text_slot("floor")).map(str::to_string)
        };
        if place.is_some() {
            let area = found.command.text_slot("area").map(str::to_string);
            let floor = found.command.text_slot("floor").map(str::to_string);
            let fits = |entity: &&Entity| self.is_in(entity, area.as_deref(), floor.as_deref());
            let in_place: Vec<&Entity> = candidates.iter().copied().filter(fits).collect();
            candidates = match in_place.is_empty() {
                false => in_place,
                true => candidates.into_iter().filter(|entity| entity.area.is_none()).collect(),
            };
        } else if candidates.len() > 1 && kind != NameKind::Pronoun {
            let near: Vec<&Entity> = candidates
                .iter()
                .copied()
                .filter(|e| e.area.is_some() && e.area == self.context.area)
                .collect();
            if !near.is_empty() {
                candidates = near;
            }
        }
        if candidates.is_empty() {
            let name = name.value.as_str().unwrap_or(&name.text).to_string();
            found.refusal = Some(Refusal::NoEntity { name, area: place });
            found.standing.served = false;
            return Some(());
        }
        // A question about one name may be about several things of that name; an order is about one.
        let takes_all = kind == NameKind::Pronoun || (intent == "HassGetState" && kind != NameKind::Part);
        if candidates.len() > 1 && !takes_all {
            found.options = candidates.iter().map(|entity| entity.id.clone()).collect();
            return Some(());
        }
        if let [only] = candidates.as_slice() {
            found.command.slots.insert("name".into(), Value::from(only.name.as_str()));
        } else if kind == NameKind::Pronoun {
            found.command.slots.remove("name");
        }
        self.aim(found, &candidates, hints);
        Some(())
    }

    /// The entities of a kind in a place.
    fn by_place(&self, found: &mut Resolved, needs: Served, hints: &slots::Hints) {
        if found.command.intent == "HassClimateGetTemperature" {
            return self.temperature(found, hints);
        }
        let all = self.of_kind(&found.command, needs.domains);
        match self.within(&found.command, needs.reach, hints, &all) {
            place::Within::These { entities, implied } => {
                if implied && let Some(area) = &self.context.area {
                    found.command.slots.entry("area".into()).or_insert_with(|| Value::from(area.as_str()));
                }
                let left: Vec<&Entity> =
                    entities.into_iter().filter(|e| !self.is_left_out(e, hints)).collect();
                if left.is_empty() {
                    self.refuse_kind(found, needs);
                } else {
                    self.aim(found, &left, hints);
                }
            }
            place::Within::OneOf(entities) => {
                found.options = entities.iter().map(|entity| entity.id.clone()).collect();
            }
            place::Within::None => self.refuse_kind(found, needs),
        }
    }

    fn refuse_kind(&self, found: &mut Resolved, needs: Served) {
        found.standing.served = false;
        let command = &found.command;
        let class = command.text_slot("device_class").or(command.text_slot("domain"));
        let kind = class.or(needs.domains.first().copied()).unwrap_or_default().to_string();
        let place = command.text_slot("area").or(command.text_slot("floor")).map(str::to_string);
        let is_anywhere = !self.of_kind(command, needs.domains).is_empty();
        found.refusal = Some(match place {
            None if !is_anywhere && needs.reach == Reach::One => {
                Refusal::NotServed { intent: command.intent.clone() }
            }
            _ => {
                let here = self.context.area.clone().filter(|_| is_anywhere && needs.reach == Reach::Room);
                Refusal::NoDomain { domain: kind, area: place.or(here) }
            }
        });
    }

    /// Makes entities the targets, as far as they can be reached and can do it.
    fn aim(&self, found: &mut Resolved, entities: &[&Entity], hints: &slots::Hints) {
        let is_question = found.command.intent == "HassGetState";
        let mut able: Vec<&Entity> = entities.to_vec();
        if !is_question {
            able.retain(|entity| entity.state.availability == Availability::Available);
            if let (true, Some(first)) = (able.is_empty(), entities.first()) {
                found.refusal = Some(Refusal::Unavailable { entity: first.id.clone() });
                return;
            }
        }
        for feature in needed_features(&found.command) {
            let first = able.first().map(|entity| entity.id.clone());
            able.retain(|entity| entity.has(feature));
            if let (true, Some(entity)) = (able.is_empty(), first) {
                found.refusal = Some(Refusal::FeatureNotSupported { entity, feature: feature.to_string() });
                return;
            }
        }
        if let Some(refusal) = out_of_range(&found.command, &able) {
            found.refusal = Some(refusal);
            return;
        }
        slots::agree(&mut found.command, &able, hints);
        found.command.targets = able.iter().map(|entity| entity.id.clone()).collect();
    }

    /// Gives a command these targets; why not, if they cannot be reached or cannot do it.
    pub fn aim_at(&self, command: &mut Command, entities: &[&Entity]) -> Option<Refusal> {
        let mut found = Resolved::plain(command.clone());
        self.aim(&mut found, entities, &slots::Hints::default());
        *command = found.command;
        found.refusal
    }

    /// A shopping list is a list like others, if the home has it as one.
    fn shopping_list(&self, found: &mut Resolved) {
        let list = self.view.entities.iter().find(|entity| {
            entity.domain() == "todo"
                && entity
                    .names()
                    .map(str::to_lowercase)
                    .any(|name| SHOPPING.iter().any(|word| name.contains(word)))
        });
        // A home without one has its lists in the store.
        if let Some(list) = list {
            found.command.targets = vec![list.id.clone()];
        }
    }

    /// What "it" is: the targets of the last command, those of the domain that the sentence is about.
    fn spoken_of(&self, pronoun: &SlotValue) -> Vec<&'a Entity> {
        let domain = pronoun.metadata.get("domain").and_then(Value::as_str).unwrap_or("");
        let last = self.context.recent.iter().rev().find(|command| !command.targets.is_empty());
        let targets = last.into_iter().flat_map(|command| &command.targets);
        let entities: Vec<&Entity> = targets.filter_map(|id| self.view.entity(id)).collect();
        // "It" is all of what was spoken of: if a part of it is of another kind, this is not what is meant.
        match entities.iter().all(|entity| entity.domain() == domain) {
            true => entities,
            false => Vec::new(),
        }
    }
}

/// Whether a name slot's value comes from the home's list: a timer's name does not.
fn is_of_the_home(slot: &SlotValue) -> bool {
    matches!(slot.filling, Filling::Listed | Filling::Near) && slot.metadata.contains_key("domain")
}

/// What a command's targets must be able to do.
fn needed_features(command: &Command) -> BTreeSet<Feature> {
    let Some(needs) = served(&command.intent, &command.slots) else { return BTreeSet::new() };
    let asked = |slot: &str| slot.is_empty() || command.slots.contains_key(slot);
    needs.features.iter().filter(|(slot, _)| asked(slot)).map(|(_, feature)| *feature).collect()
}

/// A temperature that the only target cannot be set to.
fn out_of_range(command: &Command, entities: &[&Entity]) -> Option<Refusal> {
    if command.intent != "HassClimateSetTemperature" {
        return None;
    }
    let value = command.number_slot("temperature")?;
    let [entity] = entities else { return None };
    let (min, max) = *entity.ranges.get("temperature")?;
    (value < min || value > max).then(|| Refusal::OutOfRange {
        entity: entity.id.clone(),
        slot: "temperature".into(),
        min,
        max,
    })
}
