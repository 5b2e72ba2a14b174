//! Entities, areas and floors, with Home Assistant's words.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

/// What an entity can do beyond on and off. The names are those of the simulated home's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Feature {
    /// Light: brightness in percent.
    Brightness,
    /// Light: colour by name.
    Color,
    /// Light: white temperature in Kelvin.
    ColorTemp,
    /// Light: effects by name.
    Effect,
    /// Cover, valve: position in percent, 100 is open.
    Position,
    /// Cover, valve: can be stopped on the way.
    Stop,
    /// Cover: tilt of the slats in percent.
    Tilt,
    /// Fan: speed in percent.
    Speed,
    /// Climate, water heater: set temperature.
    Temperature,
    /// Climate: mode of operation (heat, cool, off, …).
    Mode,
    /// Climate, fan: presets by name.
    Preset,
    /// Media player: volume.
    Volume,
    /// Media player: pause and play.
    Pause,
    /// Media player: next track.
    Next,
    /// Media player: previous track.
    Previous,
    /// Media player: mute.
    Mute,
    /// Media player: search and play.
    Search,
    /// Vacuum, lawn mower: goes home by itself.
    ReturnHome,
    /// Vacuum: cleans a named area.
    CleanArea,
}

impl Feature {
    /// Every feature with its name in files.
    pub const ALL: &'static [(&'static str, Feature)] = &[
        ("brightness", Feature::Brightness),
        ("color", Feature::Color),
        ("color_temp", Feature::ColorTemp),
        ("effect", Feature::Effect),
        ("position", Feature::Position),
        ("stop", Feature::Stop),
        ("tilt", Feature::Tilt),
        ("speed", Feature::Speed),
        ("temperature", Feature::Temperature),
        ("mode", Feature::Mode),
        ("preset", Feature::Preset),
        ("volume", Feature::Volume),
        ("pause", Feature::Pause),
        ("next", Feature::Next),
        ("previous", Feature::Previous),
        ("mute", Feature::Mute),
        ("search", Feature::Search),
        ("return_home", Feature::ReturnHome),
        ("clean_area", Feature::CleanArea),
    ];
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Feature::ALL.iter().find(|(_, x)| x == self).map_or("?", |(n, _)| n);
        f.write_str(name)
    }
}

impl FromStr for Feature {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        Feature::ALL.iter().find(|(n, _)| *n == s).map(|(_, x)| *x).ok_or_else(|| {
            let all: Vec<_> = Feature::ALL.iter().map(|(n, _)| *n).collect();
            format!("unknown feature `{s}`; known are {}", all.join(", "))
        })
    }
}

/// Whether an entity can be reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Availability {
    /// Nothing says that it is away.
    #[default]
    Available,
    /// Its availability topic, or the broker, says that it is away.
    Unavailable,
}

/// What was last heard of an entity.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EntityState {
    /// Home Assistant's state word (`on`, `off`, `open`, `locked`, `heat`, `21.5`); `None`: never heard.
    pub value: Option<String>,
    /// Home Assistant's attribute names: `brightness` 0–255, `color_temp_kelvin`, `rgb_color`,
    /// `current_position` 0–100, `percentage` 0–100, `temperature`, `current_temperature`,
    /// `volume_level` 0–1, …
    pub attributes: BTreeMap<String, Value>,
    /// Whether it can be reached.
    pub availability: Availability,
    /// When it was last heard, in ms of the caller's clock; `None`: never.
    pub heard_at_ms: Option<u64>,
}

impl EntityState {
    /// The attribute as a number, if it is one.
    pub fn number(&self, attribute: &str) -> Option<f64> {
        self.attributes.get(attribute).and_then(Value::as_f64)
    }
}

/// One thing in the home.
#[derive(Debug, Clone, PartialEq)]
pub struct Entity {
    /// `domain.object`, such as `light.kitchen_ceiling`.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What else they call it.
    pub aliases: Vec<String>,
    /// Name of the [`Area`] it is in.
    pub area: Option<String>,
    /// Name of the device it belongs to.
    pub device: Option<String>,
    /// Home Assistant's device class (`garage`, `blind`, `temperature`, …).
    pub device_class: Option<String>,
    /// What it can do.
    pub features: BTreeSet<Feature>,
    /// Unit of its state, such as `°C`.
    pub unit: Option<String>,
    /// Choices by attribute: `effect`, `mode`, `preset`, `option`.
    pub options: BTreeMap<String, Vec<String>>,
    /// Least and greatest value by attribute: `temperature`, `color_temp_kelvin`, `value`.
    pub ranges: BTreeMap<String, (f64, f64)>,
    /// What was last heard of it.
    pub state: EntityState,
}

impl Entity {
    /// An entity with an id and a name and nothing else.
    pub fn new(id: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            name: name.into(),
            aliases: Vec::new(),
            area: None,
            device: None,
            device_class: None,
            features: BTreeSet::new(),
            unit: None,
            options: BTreeMap::new(),
            ranges: BTreeMap::new(),
            state: EntityState::default(),
        }
    }

    /// The part of the id before the dot.
    pub fn domain(&self) -> &str {
        self.id.split('.').next().unwrap_or("")
    }

    /// The part of the id after the dot.
    pub fn object_id(&self) -> &str {
        self.id.split_once('.').map_or("", |(_, o)| o)
    }

    /// Name and aliases.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.name.as_str()).chain(self.aliases.iter().map(String::as_str))
    }

    /// Whether it can do this.
    pub fn has(&self, feature: Feature) -> bool {
        self.features.contains(&feature)
    }
}

/// A room, or what people treat as one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Area {
    /// What people call it.
    pub name: String,
    /// What else they call it.
    pub aliases: Vec<String>,
    /// Name of the [`Floor`] it is on.
    pub floor: Option<String>,
}

/// A storey.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Floor {
    /// What people call it.
    pub name: String,
    /// What else they call it.
    pub aliases: Vec<String>,
}

/// The home as everyone but `home` sees it: read-only, a moment of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HomeView {
    /// Changes when names, areas, features or entities change, not when a state does: what was
    /// compiled from the home is good as long as this stays.
    pub version: u64,
    /// The entities, sorted by id.
    pub entities: Vec<Entity>,
    /// The areas, sorted by name.
    pub areas: Vec<Area>,
    /// The floors, sorted by name.
    pub floors: Vec<Floor>,
}

impl HomeView {
    /// The entity with this id.
    pub fn entity(&self, id: &str) -> Option<&Entity> {
        self.entities.binary_search_by(|e| e.id.as_str().cmp(id)).ok().map(|i| &self.entities[i])
    }

    /// The area of this name.
    pub fn area(&self, name: &str) -> Option<&Area> {
        self.areas.iter().find(|a| a.name == name)
    }

    /// The floor that an entity's area is on.
    pub fn floor_of(&self, entity: &Entity) -> Option<&str> {
        self.area(entity.area.as_deref()?)?.floor.as_deref()
    }
}
