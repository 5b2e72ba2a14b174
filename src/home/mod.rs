//! What exists in the home, in what state, and how a command reaches it.
//!
//! In come MQTT messages (discovery and state) or a simulated home's file. Out go a read-only
//! [`HomeView`] for everyone, and [`Action`]s for a command. What must never happen here: a publish
//! marked as retained; a command to an entity that the person's lists forbid; speech.

pub mod action;
mod asking;
mod classes;
pub mod color;
mod commanding;
pub mod config;
pub mod dialect;
pub mod entity;
pub mod expectation;
pub mod homeassistant;
mod intents;
mod json;
mod lights;
pub mod order;
pub mod payload;
mod registry;
pub mod safety;
pub mod shelly;
pub mod simulated;
mod slug;
pub mod tasmota;
mod topics;
mod twins;
mod view;
pub mod zigbee2mqtt;

pub use action::{Action, Outcome};
pub use commanding::Carried;
pub use config::{AreaConfig, EntityConfig, FloorConfig, HomeConfig};
pub use entity::{Area, Availability, Entity, EntityState, Feature, Floor, HomeView};
pub use expectation::{Expectation, Seen};
pub use registry::{Change, Home};
pub use safety::{SafetyConfig, needs_confirmation};
