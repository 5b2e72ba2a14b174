//! What things announce by Home Assistant's MQTT discovery is understood: names, areas, features,
//! states, availability, removal, and everything that can be wrong with an announcement.
//!
//! The payloads are written in the form of the public documentation of each component.

mod refused;
mod understood;

use serde_json::Value;
use sotto::home::{Change, Entity, Home, HomeConfig};

pub fn home() -> Home {
    Home::new(HomeConfig::default())
}

pub fn hear(home: &mut Home, topic: &str, payload: &str) -> Vec<Change> {
    home.ingest(topic, payload.as_bytes(), false, 1000)
}

pub fn announce(home: &mut Home, topic: &str, payload: Value) -> Vec<Change> {
    hear(home, &format!("homeassistant/{topic}/config"), &payload.to_string())
}

pub fn entity(home: &mut Home, id: &str) -> Entity {
    let view = home.view();
    let known: Vec<&str> = view.entities.iter().map(|e| e.id.as_str()).collect();
    view.entity(id).unwrap_or_else(|| panic!("{id} is not among {known:?}")).clone()
}

pub fn state(home: &mut Home, id: &str) -> Option<String> {
    entity(home, id).state.value
}

pub fn attribute(home: &mut Home, id: &str, name: &str) -> Value {
    entity(home, id).state.attributes.get(name).cloned().unwrap_or(Value::Null)
}

pub fn rejected(changes: &[Change]) -> String {
    match changes {
        [Change::Rejected { reason, .. }] => reason.clone(),
        other => panic!("not rejected: {other:?}"),
    }
}
