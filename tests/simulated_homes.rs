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
