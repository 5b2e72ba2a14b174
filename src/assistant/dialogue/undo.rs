//! What brings things back to how they were.

use super::Deed;
use crate::assistant::brain::Brain;
use crate::home::{Entity, HomeView};
use crate::intent::{By, Command, Understanding};
use serde_json::{Value, json};

/// The commands that bring a command's targets back to the state that they are in now.
pub(in crate::assistant) fn inverse(view: &HomeView, command: &Command) -> Vec<Command> {
    command
        .targets
        .iter()
        .filter_map(|id| view.entity(id))
        .filter_map(|entity| back(entity, command))
        .collect()
}

fn back(entity: &Entity, command: &Command) -> Option<Command> {
    let on = |intent: &str, slots: &[(&str, Value)]| {
        let mut back = Command::new(intent);
        back.targets = vec![entity.id.clone()];
        back.slots.insert("name".into(), json!(entity.name));
        back.slots.extend(slots.iter().map(|(slot, value)| ((*slot).to_string(), value.clone())));
        Some(back)
    };
    let state = entity.state.value.as_deref();
    let number = |attribute: &str| entity.state.number(attribute);
    match (entity.domain(), state?) {
        ("light", "on") => {
            let warmth = number("color_temp_kelvin").filter(|_| command.slots.contains_key("temperature"));
            match (number("brightness").filter(|b| *b > 0.0), warmth) {
                (_, Some(kelvin)) => on("HassLightSet", &[("temperature", json!(kelvin))]),
                (Some(brightness), None) => on(
                    "HassLightSet",
                    &[("brightness", json!((brightness / 2.55).round().clamp(1.0, 100.0) as i64))],
                ),
                (None, None) => on("HassTurnOn", &[]),
            }
        }
        ("fan", "on") => match number("percentage") {
            Some(speed) => on("HassFanSetSpeed", &[("percentage", json!(speed as i64))]),
            None => on("HassTurnOn", &[]),
        },
        ("cover" | "valve", state) => match number("current_position") {
            Some(position) if position > 0.0 && position < 100.0 => {
                on("HassSetPosition", &[("position", json!(position as i64))])
            }
            _ if matches!(state, "open" | "opening") => on("HassTurnOn", &[]),
            _ => on("HassTurnOff", &[]),
        },
        ("lock", "locked" | "locking") => on("HassTurnOn", &[]),
        ("lock", _) => on("HassTurnOff", &[]),
        ("climate" | "water_heater", mode) => match command.intent.as_str() {
            "HassClimateSetTemperature" => {
                on("HassClimateSetTemperature", &[("temperature", json!(number("temperature")?))])
            }
            _ => on("HassClimateSetMode", &[("mode", json!(mode))]),
        },
        ("media_player", mode) => match command.intent.as_str() {
            "HassSetVolume" | "HassSetVolumeRelative" => on(
                "HassSetVolume",
                &[("volume_level", json!((number("volume_level")? * 100.0).round() as i64))],
            ),
            "HassMediaPlayerMute" => on("HassMediaPlayerUnmute", &[]),
            "HassMediaPlayerUnmute" => on("HassMediaPlayerMute", &[]),
            _ if mode == "playing" => on("HassMediaUnpause", &[]),
            _ if mode == "paused" => on("HassMediaPause", &[]),
            _ if mode == "off" => on("HassTurnOff", &[]),
            _ => None,
        },
        ("todo", _) => {
            let item = command.slots.get("item")?.clone();
            let intent =
                if command.intent.ends_with("AddItem") { "HassListRemoveItem" } else { "HassListAddItem" };
            on(intent, &[("item", item)])
        }
        ("scene" | "script" | "button", _) => None,
        (_, "on") => on("HassTurnOn", &[]),
        (_, "off") => on("HassTurnOff", &[]),
        _ => None,
    }
}

impl Brain {
    /// Takes the last deed back.
    pub(in crate::assistant) fn undo_last(&mut self) -> Option<Understanding> {
        let deed = self.talk.deeds.last()?.clone();
        let commands = undoing(&deed);
        (!commands.is_empty()).then(|| Understanding {
            commands,
            by: Some(By::Grammar),
            confidence: 1.0,
            ..Understanding::default()
        })
    }
}

/// The commands that take a deed back.
pub(in crate::assistant) fn undoing(deed: &Deed) -> Vec<Command> {
    let mut commands = Vec::new();
    if deed.stored {
        let mut undo = Command::new("SottoUndo");
        undo.slots.insert("turn".into(), json!(deed.turn));
        commands.push(undo);
    }
    commands.extend(deed.inverse.iter().cloned());
    commands
}
