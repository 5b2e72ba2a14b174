//! What is on, open, locked, warm; and what time it is.

use crate::{expect, one};
use serde_json::json;

#[test]
fn one_thing_is_asked_for() {
    let open = expect("is the garage door open", "Kitchen", "HassGetState", &["cover.garage_door"]);
    assert_eq!(open.slots["state"], json!("open"));
    let locked = expect("Is the front door locked?", "Kitchen", "HassGetState", &["lock.front_door"]);
    assert_eq!(locked.slots["state"], json!("locked"));
    let on = expect("is the coffee machine on", "Kitchen", "HassGetState", &["switch.coffee_machine"]);
    assert_eq!(on.slots["state"], json!("on"));
    let window =
        expect("is the kitchen window open", "Office", "HassGetState", &["binary_sensor.kitchen_window"]);
    assert_eq!((&window.slots["state"], &window.slots["domain"]), (&json!("on"), &json!("binary_sensor")));
    let motion =
        expect("is there motion in the hallway", "Office", "HassGetState", &["binary_sensor.hallway_motion"]);
    assert_eq!(motion.slots["device_class"], json!("motion"));
    expect("what is the bathroom humidity", "Office", "HassGetState", &["sensor.bathroom_humidity"]);
    expect("how humid is it in the bathroom", "Office", "HassGetState", &["sensor.bathroom_humidity"]);
}

#[test]
fn any_all_which_and_how_many_are_about_the_home() {
    for text in
        ["which lights are on", "are any lights on", "how many lights are on", "are all the lights on"]
    {
        let command = one(text, "Kitchen");
        assert_eq!(
            (command.intent.as_str(), command.targets.len()),
            ("HassGetState", 9),
            "{text}: {command:?}"
        );
        assert_eq!(command.slots["state"], json!("on"), "{text}");
    }
    let kitchen = ["light.counter_lights", "light.kitchen_ceiling"];
    expect("are any lights on in the kitchen", "Office", "HassGetState", &kitchen);
    let windows = expect("are any windows open", "Office", "HassGetState", &["binary_sensor.kitchen_window"]);
    assert_eq!(windows.slots["state"], json!("on"));
    expect("which doors are locked", "Office", "HassGetState", &["lock.front_door"]);
}

#[test]
fn warmth_is_asked_of_whoever_knows() {
    let temperature = "HassClimateGetTemperature";
    expect("how warm is it", "Office", temperature, &["climate.office_heater"]);
    expect("what's the temperature in the bedroom", "Office", temperature, &["sensor.bedroom_temperature"]);
    expect("what is the temperature of the thermostat", "Office", temperature, &["climate.thermostat"]);
}

#[test]
fn the_clock_needs_no_thing() {
    expect("what time is it", "Office", "HassGetCurrentTime", &[]);
    expect("What's today's date?", "Office", "HassGetCurrentDate", &[]);
    expect("what day is it", "Office", "HassGetCurrentDate", &[]);
    expect("never mind", "Office", "HassNevermind", &[]);
}
