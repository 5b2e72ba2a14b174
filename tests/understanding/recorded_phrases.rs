//! The phrases of the recordings: their files' names are what is said.

use crate::{data, english, home, in_area};
use serde_json::{Value, json};

/// Text, intent, targets, slots that must be there.
type Phrase = (&'static str, &'static str, &'static [&'static str], &'static [(&'static str, i64)]);

const PHRASES: &[Phrase] = &[
    ("is the Sliding Door closed", "HassGetState", &["cover.sliding_door"], &[]),
    ("open the Sliding Door in the Office", "HassTurnOn", &["cover.sliding_door"], &[]),
    ("resume TV", "HassMediaUnpause", &["media_player.tv"], &[]),
    (
        "set Kitchen brightness to 100 percent",
        "HassLightSet",
        &["light.kitchen_lights"],
        &[("brightness", 100)],
    ),
    (
        "set brightness of the Bed Light to 10 percent",
        "HassLightSet",
        &["light.bed_light"],
        &[("brightness", 10)],
    ),
    ("set timer for 1 minute and 45 seconds", "HassStartTimer", &[], &[("minutes", 1), ("seconds", 45)]),
    ("skip track on the TV", "HassMediaNext", &["media_player.tv"], &[]),
    ("start timer for 3 hours", "HassStartTimer", &[], &[("hours", 3)]),
    ("turn Bed Light off", "HassTurnOff", &["light.bed_light"], &[]),
    ("turn Bed Light on", "HassTurnOn", &["light.bed_light"], &[]),
    ("turn off TV", "HassTurnOff", &["media_player.tv"], &[]),
    ("turn off the TV in the Office", "HassTurnOff", &["media_player.tv"], &[]),
    ("turn on lights in the Kitchen", "HassTurnOn", &["light.kitchen_lights"], &[]),
    ("what is today's date", "HassGetCurrentDate", &[], &[]),
    ("what's the New York weather", "HassGetWeather", &["weather.new_york"], &[]),
    ("what's the Office temp", "HassClimateGetTemperature", &["sensor.office_temperature"], &[]),
    ("what's the temp of the EcoBee", "HassClimateGetTemperature", &["climate.ecobee"], &[]),
    ("what's the weather in New York", "HassGetWeather", &["weather.new_york"], &[]),
    ("add apples to my Shopping List", "HassListAddItem", &["todo.shopping_list"], &[]),
    ("cancel all timers", "HassCancelAllTimers", &[], &[]),
    ("is the Garage Door open", "HassGetState", &["cover.garage_door"], &[]),
    ("nevermind", "HassNevermind", &[], &[]),
    ("next", "HassMediaNext", &["media_player.tv"], &[]),
    ("set Kitchen lights to green", "HassLightSet", &["light.kitchen_lights"], &[]),
    ("set a timer for 3 hours and 10 minutes", "HassStartTimer", &[], &[("hours", 3), ("minutes", 10)]),
    ("turn on Standing Light", "HassTurnOn", &["light.standing_light"], &[]),
    ("what is the Outdoor Humidity", "HassGetState", &["sensor.outdoor_humidity"], &[]),
    ("what's the weather like in New York", "HassGetWeather", &["weather.new_york"], &[]),
];

#[test]
fn every_recorded_phrase_is_understood() {
    let view = home("phrases.toml");
    let mut understander = english("phrases.toml").lock().unwrap_or_else(|e| e.into_inner());
    for (text, intent, targets, slots) in PHRASES {
        let understanding = understander.understand(&view, text, &in_area("Office"));
        assert_eq!(understanding.commands.len(), 1, "{text}: {understanding:?}");
        let command = &understanding.commands[0];
        assert_eq!(
            (command.intent.as_str(), &command.targets[..]),
            (*intent, &targets.iter().map(ToString::to_string).collect::<Vec<_>>()[..]),
            "{text}"
        );
        for (slot, value) in *slots {
            assert_eq!(command.slots.get(*slot), Some(&json!(value)), "{text}");
        }
        assert_eq!((understanding.question.as_ref(), understanding.refusals.len()), (None, 0), "{text}");
    }
    let green = understander.understand(&view, "set Kitchen lights to green", &in_area("Office"));
    assert_eq!(green.commands[0].slots["color"], Value::from("green"));
}

#[test]
fn no_recorded_phrase_is_missing_here() {
    let Some(data) = data() else { return };
    for folder in ["generated", "spoken"] {
        for entry in std::fs::read_dir(data.join("commands").join(folder)).unwrap() {
            let name = entry.unwrap().file_name().to_string_lossy().replace(".flac", "");
            assert!(PHRASES.iter().any(|(text, ..)| *text == name), "{name}");
        }
    }
}
