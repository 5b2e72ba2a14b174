//! What drives about by itself: vacuum, lawn_mower.

use super::component::{Commander, Component, Role, Settings};
use crate::home::dialect::{Cannot, Publish};
use crate::home::entity::{Entity, EntityState, Feature};
use crate::home::order::Order;
use serde_json::Value;

const VACUUM_STATES: &[&str] = &["idle", "docked", "error", "paused", "returning", "cleaning"];
const MOWER_STATES: &[&str] = &["mowing", "paused", "docked", "returning", "error"];
/// What a vacuum can do if its announcement does not say.
const VACUUM_FEATURES: &[&str] = &["start", "stop", "return_home", "battery", "clean_spot"];

#[derive(Debug)]
struct Vacuum {
    command: Option<Commander>,
    start: Option<String>,
    stop: Option<String>,
    pause: Option<String>,
    home: Option<String>,
}

/// A vacuum cleaner.
pub(super) fn vacuum(settings: &mut Settings, entity: &mut Entity) -> Result<Box<dyn Component>, String> {
    let command = settings.command("command_topic", "");
    settings.read(Role::State, "state_topic", "");
    let mut supported = settings.texts("supported_features");
    if settings.raw("supported_features").is_none() {
        supported = VACUUM_FEATURES.iter().map(|f| (*f).to_owned()).collect();
    }
    let mut word = |feature: &str, key: &str, default: &str| {
        supported.iter().any(|f| f == feature).then(|| settings.text(key, default))
    };
    let start = word("start", "payload_start", "start");
    let stop = word("stop", "payload_stop", "stop");
    let pause = word("pause", "payload_pause", "pause");
    let home = word("return_home", "payload_return_to_base", "return_to_base");
    if home.is_some() {
        entity.features.insert(Feature::ReturnHome);
    }
    if pause.is_some() {
        entity.features.insert(Feature::Pause);
    }
    if stop.is_some() {
        entity.features.insert(Feature::Stop);
    }
    let speeds = settings.texts("fan_speed_list");
    if !speeds.is_empty() {
        entity.options.insert("fan_speed".into(), speeds);
    }
    Ok(Box::new(Vacuum { command, start, stop, pause, home }))
}

impl Component for Vacuum {
    fn take(&mut self, _: Role, text: &str, state: &mut EntityState) -> Result<(), String> {
        let Ok(Value::Object(all)) = serde_json::from_str(text) else {
            return Err("a vacuum's state is a JSON object with `state`".into());
        };
        match all.get("state") {
            Some(Value::Null) => state.value = None,
            Some(Value::String(word)) if VACUUM_STATES.contains(&word.as_str()) => {
                state.value = Some(word.clone());
            }
            Some(_) => return Err("its `state` is none of a vacuum's".into()),
            None => {}
        }
        for key in ["battery_level", "fan_speed"] {
            if let Some(value) = all.get(key).filter(|v| v.is_number() || v.is_string()) {
                state.attributes.insert(key.into(), value.clone());
            }
        }
        Ok(())
    }

    fn write(&self, order: &Order, _: &EntityState) -> Result<Vec<Publish>, Cannot> {
        let (word, lacking) = match order {
            Order::On | Order::Start => (&self.start, "start"),
            Order::Stop => (&self.stop, "stop"),
            Order::Pause => (&self.pause, "pause"),
            Order::Off | Order::ReturnHome => (&self.home, "return_home"),
            Order::CleanArea(_) => return Err(Cannot::Lacks("clean_area")),
            _ => return Err(Cannot::Lacks("that")),
        };
        match (&self.command, word) {
            (Some(command), Some(word)) => Ok(vec![command.send(word)?]),
            _ => Err(Cannot::Lacks(lacking)),
        }
    }
}

#[derive(Debug)]
struct Mower {
    start: Option<Commander>,
    pause: Option<Commander>,
    dock: Option<Commander>,
}

/// A lawn mower.
pub(super) fn lawn_mower(settings: &mut Settings, entity: &mut Entity) -> Result<Box<dyn Component>, String> {
    settings.read(Role::State, "activity_state_topic", "activity_value_template");
    let start = settings.command("start_mowing_command_topic", "start_mowing_command_template");
    let pause = settings.command("pause_command_topic", "pause_command_template");
    let dock = settings.command("dock_command_topic", "dock_command_template");
    if dock.is_some() {
        entity.features.insert(Feature::ReturnHome);
    }
    if pause.is_some() {
        entity.features.insert(Feature::Pause);
    }
    Ok(Box::new(Mower { start, pause, dock }))
}

impl Component for Mower {
    fn take(&mut self, _: Role, text: &str, state: &mut EntityState) -> Result<(), String> {
        state.value = match MOWER_STATES.iter().find(|word| **word == text) {
            Some(word) => Some((*word).into()),
            None if text.eq_ignore_ascii_case("none") => None,
            None => {
                return Err(format!("`{}` is no state of a mower", crate::home::registry::shorten(text, 40)));
            }
        };
        Ok(())
    }

    fn write(&self, order: &Order, _: &EntityState) -> Result<Vec<Publish>, Cannot> {
        let (to, word) = match order {
            Order::On | Order::Start => (&self.start, "start_mowing"),
            Order::Pause => (&self.pause, "pause"),
            Order::Off | Order::ReturnHome => (&self.dock, "dock"),
            _ => return Err(Cannot::Lacks("that")),
        };
        let to = to.as_ref().ok_or(Cannot::Lacks(word))?;
        Ok(vec![to.send(word)?])
    }
}
