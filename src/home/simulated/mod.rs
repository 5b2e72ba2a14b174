//! Homes that exist only in a file.
//!
//! In comes a TOML file. Out come the messages with which everything in it would announce itself over
//! MQTT (Home Assistant discovery), and the states with which it answers commands. What must never
//! happen here: a state that no real device could report, or a second way to read announcements.
//!
//! Topics: `sotto-home/<domain>/<object>/state` carries a JSON object of the state and the attributes,
//! `…/set` and `…/set/<what>` take commands. Domains that discovery lacks (media players, lists,
//! weather, …) have the same topics and are added to the home in-process.

mod announce;
mod behaviour;
mod file;
mod local;

use super::config::{AreaConfig, EntityConfig, HomeConfig};
use super::registry::Home;
use file::{EntityEntry, HomeFile};
use serde_json::Value;
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

    /// The messages with which everything announces itself and tells its state.
    pub fn announce(&self) -> Vec<Message> {
        let entries = || self.file.entities.iter();
        entries().filter_map(announce::discovery).chain(entries().filter_map(announce::state)).collect()
    }

    /// The messages with which the home answers a command; none for a topic that is not its own.
    ///
    /// The state that it will have in the end is taken on at once; [`Message::after_ms`] tells when a
    /// real thing would say so.
    pub fn handle(&mut self, topic: &str, payload: &str) -> Vec<Message> {
        let levels: Vec<&str> = topic.split('/').collect();
        let (domain, object, what) = match levels.as_slice() {
            [BASE, domain, object, "set"] => (*domain, *object, ""),
            [BASE, domain, object, "set", what] => (*domain, *object, *what),
            _ => return Vec::new(),
        };
        let mut entries = self.file.entities.iter_mut();
        match entries.find(|e| e.domain() == domain && e.object() == object) {
            Some(entry) => behaviour::command(entry, what, payload),
            None => Vec::new(),
        }
    }

    /// The topic filter of the commands that [`SimulatedHome::handle`] takes.
    pub fn command_subscriptions(&self) -> Vec<String> {
        vec![format!("{BASE}/+/+/set"), format!("{BASE}/+/+/set/+")]
    }

    /// Sets the state of an entity from outside, as if somebody had opened a door by hand; `None` if
    /// there is no such entity.
    pub fn set(&mut self, entity_id: &str, state: &str) -> Option<Vec<Message>> {
        let entry = self.file.entities.iter_mut().find(|e| e.id == entity_id)?;
        entry.state.insert("state".into(), Value::from(state));
        Some(announce::state(entry).into_iter().collect())
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
        home
    }
}

/// The first levels of an entity's topics.
fn topic(entry: &EntityEntry) -> String {
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
