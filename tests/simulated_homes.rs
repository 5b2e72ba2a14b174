//! The file of a simulated home is read as it is written, and refused with file and line.

use sotto::home::Feature;
use sotto::home::simulated::SimulatedHome;
use std::path::{Path, PathBuf};

fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/homes").join(name)
}

fn refused(text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("home.toml");
    std::fs::write(&path, text).unwrap();
    SimulatedHome::load(&path).unwrap_err().to_string()
}

#[test]
fn the_demo_has_six_areas_on_two_floors() {
    let home = SimulatedHome::load(&shipped("demo.toml")).unwrap();
    let view = home.home().view();
    let areas: Vec<&str> = view.areas.iter().map(|a| a.name.as_str()).collect();
    assert_eq!(areas, ["Bathroom", "Bedroom", "Hallway", "Kitchen", "Living Room", "Office"]);
    assert_eq!(view.floors.len(), 2);
    assert!((25..=32).contains(&view.entities.len()), "{}", view.entities.len());
    let lamp = view.entity("light.kitchen_ceiling").unwrap();
    assert_eq!(lamp.name, "Kitchen Ceiling");
    assert_eq!(lamp.aliases, ["big light"]);
    assert_eq!(lamp.area.as_deref(), Some("Kitchen"));
    assert!(lamp.has(Feature::Color) && lamp.has(Feature::Brightness) && lamp.has(Feature::ColorTemp));
    assert_eq!(lamp.state.value.as_deref(), Some("off"));
    assert_eq!(view.floor_of(lamp), Some("Downstairs"));
}

#[test]
fn the_home_of_the_phrases_has_what_they_speak_of() {
    let view = SimulatedHome::load(&shipped("phrases.toml")).unwrap().home().view();
    for id in ["todo.shopping_list", "weather.new_york", "media_player.tv", "climate.ecobee"] {
        assert!(view.entity(id).is_some(), "{id}");
    }
    assert_eq!(view.entity("sensor.outdoor_humidity").unwrap().unit.as_deref(), Some("%"));
}

#[test]
fn an_unknown_key_is_refused_with_file_and_line() {
    let message = refused("[[area]]\nname = \"Kitchen\"\nflor = \"Ground\"\n");
    assert!(message.contains("home.toml:3:") && message.contains("flor"), "{message}");
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    let two = "[[entity]]\nid = \"light.a\"\nname = \"A\"\n[[entity]]\nid = \"light.a\"\nname = \"B\"\n";
    let message = refused(two);
    assert!(message.contains("home.toml:5:") && message.contains("twice"), "{message}");
    let message = refused("[[entity]]\nid = \"Kitchen\"\nname = \"A\"\n");
    assert!(message.contains("home.toml:2:") && message.contains("entity id"), "{message}");
    let message = refused("[[entity]]\nid = \"light.a\"\nname = \"A\"\nfeatures = [\n\"brightnes\"]\n");
    assert!(message.contains("home.toml:5:") && message.contains("brightness"), "{message}");
    let message = refused("[[entity]]\nid = \"light.a\"\n");
    assert!(message.contains("name"), "{message}");
    let message = refused("[[area]\n");
    assert!(message.contains("home.toml:1:"), "{message}");
}

#[test]
fn a_missing_file_is_named() {
    let message = SimulatedHome::load(Path::new("/nowhere/home.toml")).unwrap_err().to_string();
    assert!(message.contains("/nowhere/home.toml"), "{message}");
}

/// What the file says of an entity must be what is known of it after it has announced itself.
#[test]
fn what_is_announced_is_what_the_file_says() {
    for name in ["demo.toml", "phrases.toml"] {
        let text = std::fs::read_to_string(shipped(name)).unwrap();
        let file: toml::Table = toml::from_str(&text).unwrap();
        let mut home = SimulatedHome::load(&shipped(name)).unwrap().home();
        let view = home.view();
        for said in file["entity"].as_array().unwrap() {
            let get = |key: &str| said.get(key).and_then(toml::Value::as_str).filter(|t| !t.is_empty());
            let id = get("id").unwrap();
            let known = view.entity(id).unwrap_or_else(|| panic!("{name}: {id} is not known"));
            assert_eq!(get("name"), Some(known.name.as_str()), "{id}");
            assert_eq!(get("area"), known.area.as_deref(), "{id}");
            assert_eq!(get("device_class"), known.device_class.as_deref(), "{id}");
            for feature in said.get("features").and_then(toml::Value::as_array).into_iter().flatten() {
                let feature: Feature = feature.as_str().unwrap().parse().unwrap();
                assert!(known.has(feature), "{id} lacks {feature}");
            }
            let Some(state) = said.get("state").and_then(toml::Value::as_table) else { continue };
            for (key, value) in state {
                match (key.as_str(), value) {
                    ("state", value) => assert_eq!(value.as_str(), known.state.value.as_deref(), "{id}"),
                    ("unit_of_measurement", value) => {
                        assert_eq!(value.as_str(), known.unit.as_deref(), "{id}")
                    }
                    // Off has no brightness, as in Home Assistant.
                    ("brightness", toml::Value::Integer(0)) => {}
                    (key, value) => {
                        let number = value.as_float().or(value.as_integer().map(|i| i as f64));
                        match number {
                            Some(number) => assert_eq!(known.state.number(key), Some(number), "{id} {key}"),
                            None => assert!(known.state.attributes.contains_key(key), "{id} {key}"),
                        }
                    }
                }
            }
        }
        assert_eq!(view.entities.len(), file["entity"].as_array().unwrap().len());
    }
}

#[test]
fn a_second_announcement_changes_nothing() {
    let simulated = SimulatedHome::load(&shipped("demo.toml")).unwrap();
    let mut home = simulated.home();
    let before = home.view();
    for message in simulated.announce() {
        let changes = home.ingest(&message.topic, message.payload.as_bytes(), true, 0);
        assert_eq!(changes, [], "{}", message.topic);
    }
    assert_eq!(before, home.view());
}
