//! A simulated home that is spread over all dialects is the same home.

use serde_json::{Value, json};
use sotto::home::Home;
use sotto::home::simulated::{SimulatedDialect, SimulatedHome};
use std::collections::BTreeMap;
use std::path::Path;

fn demo() -> SimulatedHome {
    SimulatedHome::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/homes/demo.toml")).unwrap()
}

fn all() -> Vec<SimulatedDialect> {
    SimulatedDialect::ALL.iter().map(|(_, dialect)| *dialect).collect()
}

/// Carries out a command in process; gives back the topics of the publishes.
fn carry_out(
    home: &mut Home,
    devices: &mut SimulatedHome,
    intent: &str,
    target: &str,
    slots: Value,
) -> Vec<String> {
    let command = crate::command(intent, target, slots);
    let expected = home.expects(&command);
    let publishes = crate::sent(home, intent, target, json!(command.slots));
    for publish in &publishes {
        // Names of topics may have gaps; payloads begin with what no topic has after one.
        let (topic, payload) = (0..publish.len())
            .filter(|i| publish.as_bytes()[*i] == b' ')
            .map(|i| (&publish[..i], &publish[i + 1..]))
            .find(|(_, p)| p.is_empty() || !p.contains(' ') || p.starts_with('{'))
            .unwrap();
        for message in devices.handle(topic, payload) {
            home.ingest(&message.topic, message.payload.as_bytes(), false, 5);
        }
    }
    let state = crate::entity(home, target).state;
    for expectation in expected {
        assert!(expectation.met_by(&state), "{intent} {target}: {expectation:?} is not met by {state:?}");
    }
    publishes
}

#[test]
fn every_thing_is_known_in_every_dialect_as_the_file_says() {
    let devices = demo().speaking(&all());
    let (plain, spread) = (demo().home().view(), devices.home().view());
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for known in &plain.entities {
        let dialect = devices.dialect(&known.id).unwrap();
        *counts.entry(dialect.to_string()).or_default() += 1;
        let here =
            spread.entity(&known.id).unwrap_or_else(|| panic!("{} is not known by {dialect}", known.id));
        assert_eq!((&known.name, &known.area), (&here.name, &here.area));
        assert!(here.features.is_superset(&known.features), "{} {dialect}", known.id);
        assert_eq!(known.state.value, here.state.value, "{} {dialect}", known.id);
        let position = |e: &sotto::home::Entity| e.state.number("current_position");
        assert_eq!(position(known), position(here), "{} {dialect}", known.id);
    }
    println!("{counts:?}");
    assert_eq!(counts.len(), 5, "{counts:?}");
    assert!(counts.values().all(|count| *count >= 3), "{counts:?}");
}

#[test]
fn every_dialect_alone_obeys_every_command() {
    for dialect in all() {
        let mut devices = demo().speaking(&[dialect]);
        let mut home = devices.home();
        let view = home.view();
        let mut done = 0;
        let speaks = devices.clone();
        for entity in view.entities.iter().filter(|e| speaks.dialect(&e.id) == Some(dialect)) {
            let orders: &[(&str, Value)] = match entity.domain() {
                "light" => &[
                    ("HassTurnOn", json!({})),
                    ("HassLightSet", json!({"brightness": 40})),
                    ("HassLightSet", json!({"temperature": 3000})),
                    ("HassLightSet", json!({"color": "blue"})),
                    ("HassTurnOff", json!({})),
                ],
                "switch" => &[("HassTurnOn", json!({})), ("HassTurnOff", json!({}))],
                "cover" => &[
                    ("HassTurnOff", json!({})),
                    ("HassSetPosition", json!({"position": 30})),
                    ("HassTurnOn", json!({})),
                ],
                "lock" => &[("HassTurnOff", json!({})), ("HassTurnOn", json!({}))],
                "fan" => &[("HassFanSetSpeed", json!({"percentage": 60})), ("HassTurnOff", json!({}))],
                "climate" => &[("HassClimateSetTemperature", json!({"temperature": 22.5}))],
                _ => continue,
            };
            for (intent, slots) in orders {
                if home.actions(&crate::command(intent, &entity.id, slots.clone())).is_ok() {
                    carry_out(&mut home, &mut devices, intent, &entity.id, slots.clone());
                    done += 1;
                }
            }
        }
        println!("{dialect}: {done} commands");
        assert!(done >= 15, "{dialect}: {done}");
    }
}
