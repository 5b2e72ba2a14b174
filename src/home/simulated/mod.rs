//! Homes that exist only in a file.
//!
//! In comes a TOML file. Out come the messages with which everything in it would announce itself over
//! MQTT, and the states with which it answers commands: by Home Assistant's discovery, or spread over all
//! dialects ([`SimulatedHome::speaking`]). What must never happen here: a state that no real device could
//! report, or a second way to read announcements.
//!
//! Topics of Home Assistant's dialect: `sotto-home/<domain>/<object>/state` carries a JSON object of the state and the attributes,
//! `…/set` and `…/set/<what>` take commands. Domains that discovery lacks (media players, lists,
//! weather, …) have the same topics and are added to the home in-process.

mod announce;
mod behaviour;
mod convert;
mod dialect;
mod esphome;
mod file;
mod local;
mod shelly;
mod tasmota;
mod zigbee2mqtt;

use super::config::{AreaConfig, EntityConfig, HomeConfig};
use super::registry::Home;
pub use dialect::SimulatedDialect;
use file::{EntityEntry, HomeFile};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The first level of the topics of simulated things.
pub const BASE: &str = "sotto-home";

/// Why a simulated home cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum SimulatedError {
    /// The file cannot be read.
    #[error("cannot read the home {}: {source}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file says something that it must not.
    #[error("{}:{line}: {reason}", file.display())]
    Content {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong there and what is allowed.
        reason: String,
    },
}

/// A message that a simulated thing publishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The topic.
    pub topic: String,
    /// The payload.
    pub payload: String,
    /// Whether the broker keeps it: announcements and states are kept.
    pub retain: bool,
    /// How long a real thing would take until it says this, in ms after the command.
    pub after_ms: u64,
}

/// A home that exists only in a file.
#[derive(Debug, Clone)]
pub struct SimulatedHome {
    file: HomeFile,
}

impl SimulatedHome {
    /// Reads a home.
    ///
    /// # Errors
    /// The file cannot be read, or a line of it is not as it must be.
    pub fn load(path: &Path) -> Result<Self, SimulatedError> {
        Ok(Self { file: file::read(path)? })
    }

    /// Reads a home from a text; `path` is for the messages.
    ///
    /// # Errors
    /// A line of it is not as it must be.
    pub fn parse(path: &Path, text: &str) -> Result<Self, SimulatedError> {
        Ok(Self { file: file::parse(path, text)? })
    }

    /// What a person would have to say about this home (aliases, areas, floors), added to `base`.
    pub fn config(&self, base: HomeConfig) -> HomeConfig {
        // The file says in which area a thing is; its name does not.
        let mut config = HomeConfig { areas_from_names: false, ..base };
        for area in &self.file.areas {
            let said = config.areas.entry(area.name.clone()).or_insert_with(AreaConfig::default);
            said.aliases.extend(area.aliases.iter().cloned());
            said.floor = area.floor.clone().or(said.floor.take());
        }
        for entity in &self.file.entities {
            let said = config.entities.entry(entity.id.clone()).or_insert_with(EntityConfig::default);
            said.name.get_or_insert_with(|| entity.name.clone());
            said.aliases.extend(entity.aliases.iter().cloned());
            said.area = said.area.take().or_else(|| entity.area.clone());
        }
        config
    }

    /// The same home with its things spread evenly over these dialects; a thing that none of them has words
    /// for speaks Home Assistant's.
    pub fn speaking(mut self, dialects: &[SimulatedDialect]) -> Self {
        let mut counts = vec![0_usize; dialects.len()];
        for entry in self.file.entities.iter_mut().filter(|e| announce::by_discovery(e)) {
            let able = dialects.iter().zip(&mut counts).filter(|(dialect, _)| dialect.can_be(entry));
            if let Some((dialect, count)) = able.min_by_key(|(_, count)| **count) {
                *count += 1;
                entry.dialect = *dialect;
            }
        }
        self
    }

    /// The dialect that a thing speaks; `None` if there is no such thing.
    pub fn dialect(&self, entity_id: &str) -> Option<SimulatedDialect> {
        self.file.entities.iter().find(|e| e.id == entity_id).map(|e| e.dialect)
    }

    fn of(&self, dialect: SimulatedDialect) -> Vec<&EntityEntry> {
        self.file.entities.iter().filter(|e| e.dialect == dialect).collect()
    }

    /// The messages with which everything announces itself and tells its state.
    pub fn announce(&self) -> Vec<Message> {
        let plain = self.of(SimulatedDialect::HomeAssistant);
        let mut all: Vec<Message> = plain.into_iter().filter_map(announce::discovery).collect();
        for (dialect, announce) in [
            (SimulatedDialect::Zigbee2Mqtt, zigbee2mqtt::announce as fn(&[&EntityEntry]) -> Vec<Message>),
            (SimulatedDialect::Tasmota, tasmota::announce),
            (SimulatedDialect::Shelly, shelly::announce),
            (SimulatedDialect::EspHome, esphome::announce),
        ] {
            let entries = self.of(dialect);
            if !entries.is_empty() {
                all.extend(announce(&entries));
            }
        }
        all.extend(self.file.entities.iter().filter_map(announce::state));
        all
    }

    /// The messages with which the home answers a command; none for a topic that is not its own.
    ///
    /// The state that it will have in the end is taken on at once; [`Message::after_ms`] tells when a
    /// real thing would say so.
    pub fn handle(&mut self, topic: &str, payload: &str) -> Vec<Message> {
        let (id, orders, mut messages) = self.told(topic, payload);
        let Some(entry) = self.file.entities.iter_mut().find(|e| Some(&e.id) == id.as_ref()) else {
            return messages;
        };
        let delay_ms = entry.dialect.delay_ms();
        for (what, payload) in orders {
            messages.extend(behaviour::command(entry, &what, &payload));
        }
        for message in &mut messages {
            message.after_ms += delay_ms;
        }
        messages
    }

    /// Whom a message is for, what it orders in the words of the simulated home, and what is answered at once.
    fn told(&self, topic: &str, payload: &str) -> (Option<String>, Vec<(String, String)>, Vec<Message>) {
        let zigbee = self.of(SimulatedDialect::Zigbee2Mqtt);
        if let Some((at, verb)) = zigbee2mqtt::command(&zigbee, topic)
            && let Some(entry) = zigbee.get(at)
        {
            return match verb {
                "get" => (Some(entry.id.clone()), Vec::new(), announce::state(entry).into_iter().collect()),
                _ => (Some(entry.id.clone()), zigbee2mqtt::orders(entry, payload), Vec::new()),
            };
        }
        let tasmota = self.of(SimulatedDialect::Tasmota);
        if let Some((at, command)) = tasmota::command(&tasmota, topic)
            && let Some(entry) = tasmota.get(at)
        {
            let answer = tasmota::answer(entry, command, payload);
            return (
                Some(entry.id.clone()),
                tasmota::orders(entry, command, payload),
                answer.into_iter().collect(),
            );
        }
        let shelly = self.of(SimulatedDialect::Shelly);
        if let Some(entry) = shelly::command(&shelly, topic).and_then(|at| shelly.get(at)) {
            let (orders, answer) = shelly::request(entry, payload);
            return (Some(entry.id.clone()), orders, answer.into_iter().collect());
        }
        let esphome = self.of(SimulatedDialect::EspHome);
        if let Some((at, what)) = esphome::command(&esphome, topic)
            && let Some(entry) = esphome.get(at)
        {
            return (Some(entry.id.clone()), vec![(what.to_owned(), payload.to_owned())], Vec::new());
        }
        let levels: Vec<&str> = topic.split('/').collect();
        let (domain, object, what) = match levels.as_slice() {
            [BASE, domain, object, "set"] => (*domain, *object, ""),
            [BASE, domain, object, "set", what] => (*domain, *object, *what),
            _ => return Default::default(),
        };
        (Some(format!("{domain}.{object}")), vec![(what.to_owned(), payload.to_owned())], Vec::new())
    }

    /// The topic filters of the commands that [`SimulatedHome::handle`] takes.
    pub fn command_subscriptions(&self) -> Vec<String> {
        let mut all = vec![format!("{BASE}/+/+/set"), format!("{BASE}/+/+/set/+")];
        let speaks = |dialect| !self.of(dialect).is_empty();
        if speaks(SimulatedDialect::Zigbee2Mqtt) {
            all.extend(zigbee2mqtt::subscriptions());
        }
        if speaks(SimulatedDialect::Tasmota) {
            all.extend(tasmota::subscriptions());
        }
        all.extend(shelly::subscriptions(&self.of(SimulatedDialect::Shelly)));
        if speaks(SimulatedDialect::EspHome) {
            all.extend(esphome::subscriptions());
        }
        all
    }

    /// Sets the state of an entity from outside, as if somebody had opened a door by hand; `None` if
    /// there is no such entity.
    pub fn set(&mut self, entity_id: &str, state: &str) -> Option<Vec<Message>> {
        let entry = self.file.entities.iter_mut().find(|e| e.id == entity_id)?;
        entry.state.insert("state".into(), Value::from(state));
        Some(announce::state(entry).into_iter().collect())
    }

    /// The states of everything in it, by id.
    pub fn states(&self) -> BTreeMap<String, serde_json::Map<String, Value>> {
        let state = |e: &EntityEntry| e.state.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
        self.file.entities.iter().map(|e| (e.id.clone(), state(e))).collect()
    }

    /// Puts things back into states that [`SimulatedHome::states`] gave; what is not there is passed over.
    pub fn restore(&mut self, states: &BTreeMap<String, serde_json::Map<String, Value>>) {
        for entry in &mut self.file.entities {
            if let Some(state) = states.get(&entry.id) {
                entry.state.extend(state.iter().map(|(k, v)| (k.clone(), v.clone())));
            }
        }
    }

    /// The home as Sotto knows it after everything in it has announced itself.
    pub fn home(&self) -> Home {
        self.home_with(HomeConfig::default())
    }

    /// The home before anything in it has announced itself: what a person says about it, and the things that
    /// discovery has no words for.
    pub fn unannounced(&self, base: HomeConfig) -> Home {
        let mut home = Home::new(self.config(base));
        for entry in self.file.entities.iter().filter(|e| !announce::by_discovery(e)) {
            home.add(local::announcement(entry), 0);
        }
        home
    }

    /// The same as [`SimulatedHome::home`], for a person with a configuration.
    pub fn home_with(&self, base: HomeConfig) -> Home {
        let mut home = self.unannounced(base);
        for message in self.announce() {
            home.ingest(&message.topic, message.payload.as_bytes(), true, 0);
        }
        // What some devices tell only when they are asked.
        let mut asked = self.clone();
        for _ in 0..8 {
            let questions = home.questions(10_000);
            if questions.is_empty() {
                break;
            }
            for question in questions {
                for message in asked.handle(&question.topic, &question.payload) {
                    home.ingest(&message.topic, message.payload.as_bytes(), false, 0);
                }
            }
        }
        home
    }
}

/// The first levels of an entity's topics, where the dialect leaves them to us.
fn topic(entry: &EntityEntry) -> String {
    if entry.dialect == SimulatedDialect::EspHome {
        return esphome::base(entry);
    }
    format!("{BASE}/{}/{}", entry.domain(), entry.object())
}

/// The state word of an entity.
fn word(entry: &EntityEntry) -> Option<String> {
    match entry.state.get("state")? {
        Value::String(s) => Some(s.clone()),
        Value::Null => None,
        other => Some(other.to_string()),
    }
}
