//! Homes that exist only in a file.

mod file;

use super::config::{AreaConfig, EntityConfig, HomeConfig};
use super::dialect::{Announcement, Cannot, Driver, Publish};
use super::entity::{Entity, EntityState};
use super::order::Order;
use super::payload::Payload;
use super::registry::Home;
use std::path::{Path, PathBuf};

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

/// A home that exists only in a file.
#[derive(Debug, Clone)]
pub struct SimulatedHome {
    file: file::HomeFile,
}

impl SimulatedHome {
    /// Reads a home.
    ///
    /// # Errors
    /// The file cannot be read, or a line of it is not as it must be.
    pub fn load(path: &Path) -> Result<Self, SimulatedError> {
        Ok(Self { file: file::read(path)? })
    }

    /// What a person would have to say about this home: aliases, areas, floors.
    pub fn config(&self) -> HomeConfig {
        let mut config = HomeConfig::default();
        for area in &self.file.areas {
            let said = AreaConfig { aliases: area.aliases.clone(), floor: area.floor.clone() };
            config.areas.insert(area.name.clone(), said);
        }
        for entity in &self.file.entities {
            let said = EntityConfig {
                name: Some(entity.name.clone()),
                aliases: entity.aliases.clone(),
                area: entity.area.clone(),
            };
            config.entities.insert(entity.id.clone(), said);
        }
        config
    }

    /// The home as Sotto knows it after everything in it has announced itself.
    pub fn home(&self) -> Home {
        let mut home = Home::new(self.config());
        for entry in &self.file.entities {
            let mut entity = Entity::new(&entry.id, &entry.name);
            entity.device_class.clone_from(&entry.device_class);
            entity.features.clone_from(&entry.features);
            entity.unit = entry.state.get("unit_of_measurement").and_then(|u| u.as_str()).map(str::to_owned);
            entity.state = initial(entry);
            let announcement = Announcement {
                source: "sotto-home".into(),
                component: entry.id.clone(),
                unique: None,
                print: 0,
                entity,
                driver: Box::new(Silent),
                hidden: false,
                unreadable: Vec::new(),
            };
            home.add(announcement, 0);
        }
        home
    }
}

fn initial(entry: &file::EntityEntry) -> EntityState {
    let mut state = EntityState { heard_at_ms: Some(0), ..EntityState::default() };
    for (key, value) in &entry.state {
        match (key.as_str(), value) {
            ("state", serde_json::Value::String(s)) => state.value = Some(s.clone()),
            ("state", other) => state.value = Some(other.to_string()),
            (_, other) => {
                state.attributes.insert(key.clone(), other.clone());
            }
        }
    }
    state
}

#[derive(Debug)]
struct Silent;

impl Driver for Silent {
    fn topics(&self) -> Vec<String> {
        Vec::new()
    }

    fn read(&mut self, _: usize, _: &Payload<'_>, _: &mut EntityState) -> Result<(), String> {
        Ok(())
    }

    fn write(&self, _: &Order, _: &EntityState) -> Result<Vec<Publish>, Cannot> {
        Err(Cannot::Unknown)
    }

    fn reports(&self) -> bool {
        false
    }
}
