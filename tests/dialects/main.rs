//! What devices say in their own dialects is understood, and commands become exactly their publishes.
//!
//! The payloads are written in the form of each dialect's public documentation.

mod esphome;
mod shelly;
mod simulated;
mod tasmota;
mod twins;
mod zigbee2mqtt;

use serde_json::Value;
use sotto::home::{Action, Availability, Change, Entity, Expectation, Home, HomeConfig};
use sotto::intent::{Command, Refusal};

pub fn home() -> Home {
    Home::new(HomeConfig::default())
}

pub fn hear(home: &mut Home, topic: &str, payload: impl ToString) -> Vec<Change> {
    home.ingest(topic, payload.to_string().as_bytes(), false, 1000)
}

pub fn ids(home: &mut Home) -> Vec<String> {
    home.view().entities.iter().map(|e| e.id.clone()).collect()
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

pub fn is_there(home: &mut Home, id: &str) -> bool {
    entity(home, id).state.availability == Availability::Available
}

pub fn rejected(changes: &[Change]) -> Vec<String> {
    let reason = |c: &Change| match c {
        Change::Rejected { reason, .. } => Some(reason.clone()),
        _ => None,
    };
    changes.iter().filter_map(reason).collect()
}

pub fn command(intent: &str, target: &str, slots: Value) -> Command {
    let mut command = Command::new(intent);
    command.targets = vec![target.to_owned()];
    for (key, value) in slots.as_object().into_iter().flatten() {
        command.slots.insert(key.clone(), value.clone());
    }
    command
}

/// The publishes of a command, as `topic payload`.
pub fn sent(home: &Home, intent: &str, target: &str, slots: Value) -> Vec<String> {
    let actions = home.actions(&command(intent, target, slots)).unwrap_or_else(|r| panic!("{target}: {r:?}"));
    let line = |action| match action {
        Action::Publish { topic, payload } => format!("{topic} {payload}"),
        other => panic!("{other:?}"),
    };
    actions.into_iter().map(line).collect()
}

pub fn refused(home: &Home, intent: &str, target: &str, slots: Value) -> Refusal {
    home.actions(&command(intent, target, slots)).unwrap_err()
}

/// Whether the state that is known is the one that a command should bring.
pub fn met(home: &mut Home, intent: &str, target: &str, slots: Value) -> bool {
    let expected: Vec<Expectation> = home.expects(&command(intent, target, slots));
    assert!(!expected.is_empty(), "nothing is expected of {target}");
    let state = entity(home, target).state;
    expected.iter().all(|e| e.met_by(&state))
}

/// What is asked of the devices five seconds later, as `topic payload`.
pub fn asked(home: &mut Home) -> Vec<String> {
    home.questions(6_000).into_iter().map(|p| format!("{} {}", p.topic, p.payload)).collect()
}
