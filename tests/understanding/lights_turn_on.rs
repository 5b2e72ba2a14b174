//! Lights and other things, by name, by part of a name, by place, by kind.

use crate::{expect, hear, in_area, one};
use serde_json::json;
use sotto::intent::{Context, Question, Refusal};

#[test]
fn a_thing_is_switched_by_any_of_its_names() {
    for text in [
        "turn on the kitchen ceiling",
        "Turn on the Kitchen Ceiling, please.",
        "could you turn the kitchen ceiling on",
        "switch the big light on",
        "computer, turn on the big light",
        "kitchen ceiling on",
        "I'd like you to turn on the kitchen ceiling light",
        "turn on the ceiling in the kitchen",
    ] {
        expect(text, "Bedroom", "HassTurnOn", &["light.kitchen_ceiling"]);
    }
    expect("turn off the coffee maker", "Office", "HassTurnOff", &["switch.coffee_machine"]);
    expect("toggle the desk lamp", "Office", "HassToggle", &["light.desk_lamp"]);
}

#[test]
fn lights_of_a_place_are_all_its_lights() {
    let kitchen = ["light.counter_lights", "light.kitchen_ceiling"];
    let command = expect("turn on the kitchen lights", "Bedroom", "HassTurnOn", &kitchen);
    assert_eq!(
        (command.slots["area"].clone(), command.slots["domain"].clone()),
        (json!("Kitchen"), json!("light"))
    );
    expect("turn on all the lights in the cooking room", "Bedroom", "HassTurnOn", &kitchen);
    expect("lights on", "Kitchen", "HassTurnOn", &kitchen);
    expect("turn the lights on in here", "Kitchen", "HassTurnOn", &kitchen);
    let upstairs = ["light.bathroom", "light.bedroom_ceiling", "light.bedside_lamp", "light.desk_lamp"];
    expect("turn off the lights upstairs", "Kitchen", "HassTurnOff", &upstairs);
}

#[test]
fn the_whole_home_is_meant_where_it_is_said() {
    let all = one("turn off all the lights in the house", "Kitchen").targets;
    assert_eq!(all.len(), 9, "{all:?}");
    let nowhere = Context { language: "en".into(), ..Context::default() };
    assert_eq!(hear("turn off the lights", &nowhere).commands[0].targets, all);
    let but = one("turn off all lights except the bedroom", "Kitchen").targets;
    assert_eq!(but.len(), 7, "{but:?}");
    assert!(!but.iter().any(|id| id.contains("bed")));
    let but_one = one("turn off everything in the kitchen except the coffee machine", "Office");
    assert_eq!(but_one.targets, ["light.counter_lights", "light.kitchen_ceiling"]);
}

#[test]
fn the_speakers_room_decides_between_parts_of_names() {
    expect("turn on the lamp", "Office", "HassTurnOn", &["light.desk_lamp"]);
    expect("turn on the lamp", "Bedroom", "HassTurnOn", &["light.bedside_lamp"]);
    let several = hear("turn on the lamp", &in_area("Hallway"));
    let Some(Question::Which { options, commands, index: 0 }) = &several.question else {
        panic!("{several:?}")
    };
    assert_eq!(options, &["light.bedside_lamp", "light.desk_lamp", "light.floor_lamp"]);
    assert_eq!(commands[0].targets, Vec::<String>::new());
}

#[test]
fn brightness_is_said_in_many_ways() {
    let bedroom = ["light.bedroom_ceiling", "light.bedside_lamp"];
    for (text, percent) in [
        ("set the bedroom to 20 percent", 20),
        ("set the bedroom lights to twenty percent", 20),
        ("dim the bedroom lights to 20%", 20),
        ("set bedroom brightness to half", 50),
        ("turn the bedroom lights all the way up", 100),
        ("bedroom lights at maximum", 100),
        ("set the brightness in the bedroom to a quarter", 25),
    ] {
        let command = expect(text, "Kitchen", "HassLightSet", &bedroom);
        assert_eq!(command.slots.get("brightness"), Some(&json!(percent)), "{text}");
    }
    for (text, step) in [
        ("dim the lights", -20),
        ("make the lights a bit brighter", 10),
        ("brighten the lights by 30 percent", 30),
        ("dim the lights by 15%", -15),
        ("a bit darker", -20),
    ] {
        let command = expect(text, "Bedroom", "HassLightSet", &bedroom);
        assert_eq!(command.slots.get("brightness_step"), Some(&json!(step)), "{text}");
    }
}

#[test]
fn colours_go_to_lights_that_have_them() {
    let command =
        expect("make the bedroom lights blue", "Kitchen", "HassLightSet", &["light.bedroom_ceiling"]);
    assert_eq!(command.slots["color"], json!("blue"));
    let command = expect("set the desk lamp to warm white", "Kitchen", "HassLightSet", &["light.desk_lamp"]);
    assert_eq!(command.slots["temperature"], json!(2700));
    let command =
        expect("set the floor lamp to 4000 kelvin", "Kitchen", "HassLightSet", &["light.floor_lamp"]);
    assert_eq!(command.slots["temperature"], json!(4000));
    let cannot = hear("set the counter lights to red", &in_area("Kitchen"));
    assert_eq!(
        cannot.refusals,
        [Refusal::FeatureNotSupported { entity: "light.counter_lights".into(), feature: "color".into() }]
    );
    assert_eq!(cannot.commands[0].targets, Vec::<String>::new());
}

#[test]
fn covers_locks_climate_fans_and_scenes_are_reached() {
    expect("open the blinds", "Living Room", "HassTurnOn", &["cover.living_room_blinds"]);
    expect("close the bedroom curtains", "Kitchen", "HassTurnOff", &["cover.bedroom_curtains"]);
    let half = expect(
        "open the bedroom curtains halfway",
        "Kitchen",
        "HassSetPosition",
        &["cover.bedroom_curtains"],
    );
    assert_eq!(half.slots["position"], json!(50));
    let position = expect(
        "set the blinds to 30 percent",
        "Living Room",
        "HassSetPosition",
        &["cover.living_room_blinds"],
    );
    assert_eq!(position.slots["position"], json!(30));
    expect("open the garage", "Kitchen", "HassTurnOn", &["cover.garage_door"]);
    expect("stop the blinds", "Living Room", "HassStopMoving", &["cover.living_room_blinds"]);
    expect("unlock the front door", "Kitchen", "HassTurnOff", &["lock.front_door"]);
    expect("lock the door", "Hallway", "HassTurnOn", &["lock.front_door"]);
    let degrees = expect(
        "set the temperature to 21.5 degrees",
        "Living Room",
        "HassClimateSetTemperature",
        &["climate.thermostat"],
    );
    assert_eq!(degrees.slots["temperature"], json!(21.5));
    let warmer =
        expect("two degrees warmer", "Office", "HassClimateSetTemperature", &["climate.office_heater"]);
    assert_eq!(warmer.slots["temperature_step"], json!(2));
    let up =
        expect("turn the heating up", "Living Room", "HassClimateSetTemperature", &["climate.thermostat"]);
    assert_eq!(up.slots["temperature_step"], json!(1));
    let speed = expect("set the ceiling fan to high", "Kitchen", "HassFanSetSpeed", &["fan.ceiling_fan"]);
    assert_eq!(speed.slots["percentage"], json!(100));
    expect("activate movie night", "Kitchen", "HassTurnOn", &["scene.movie_night"]);
    expect("good night scene", "Kitchen", "HassTurnOn", &["scene.good_night"]);
    let volume = expect("set the volume to 30", "Living Room", "HassSetVolume", &["media_player.tv"]);
    assert_eq!(volume.slots["volume_level"], json!(30));
    expect("pause the TV", "Kitchen", "HassMediaPause", &["media_player.tv"]);
}

#[test]
fn what_was_spoken_of_last_is_it() {
    let lamp = one("turn on the desk lamp", "Office");
    let context = Context { recent: vec![lamp], ..in_area("Kitchen") };
    let off = hear("turn it off", &context);
    assert_eq!(
        (off.commands[0].intent.as_str(), &off.commands[0].targets[..]),
        ("HassTurnOff", &["light.desk_lamp".to_string()][..])
    );
    let dim = hear("set it to 30 percent", &context);
    assert_eq!(dim.commands[0].slots["brightness"], json!(30));
    assert!(!hear("turn it off", &in_area("Kitchen")).understood());
}

#[test]
fn what_is_not_there_is_named_in_the_refusal() {
    let nothing = hear("turn on the aquarium", &in_area("Kitchen"));
    assert_eq!(nothing.refusals, [Refusal::NoEntity { name: "aquarium".into(), area: None }]);
    let nowhere = hear("turn on the lights in the attic", &in_area("Kitchen"));
    assert_eq!(nowhere.refusals, [Refusal::NoArea { area: "attic".into() }]);
    let none = hear("turn on the fan in the kitchen", &in_area("Kitchen"));
    assert_eq!(none.refusals, [Refusal::NoDomain { domain: "fan".into(), area: Some("Kitchen".into()) }]);
    for understanding in [nothing, nowhere, none] {
        assert!(understanding.commands.iter().all(|command| command.targets.is_empty()));
    }
}

#[test]
fn equal_names_are_asked_about_even_across_domains() {
    let mut view = (*crate::home("demo.toml")).clone();
    view.version += 1000;
    for (id, area) in [("light.tree", "Office"), ("switch.tree", "Bedroom")] {
        let mut entity = sotto::home::Entity::new(id, "Christmas Tree");
        entity.area = Some(area.into());
        view.entities.push(entity);
    }
    view.entities.sort_by(|a, b| a.id.cmp(&b.id));
    let mut understander = sotto::intent::Understander::new(&["en"]).unwrap();
    let elsewhere = understander.understand(&view, "turn on the christmas tree", &in_area("Kitchen"));
    let Some(Question::Which { options, .. }) = &elsewhere.question else { panic!("{elsewhere:?}") };
    assert_eq!(options, &["light.tree", "switch.tree"]);
    let here = understander.understand(&view, "turn on the christmas tree", &in_area("Bedroom"));
    assert_eq!((here.question, &here.commands[0].targets[..]), (None, &["switch.tree".to_string()][..]));
}
