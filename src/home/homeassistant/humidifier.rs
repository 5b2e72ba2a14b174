//! Humidifiers and dehumidifiers.

use super::component::{Commander, Component, Role, Settings, number, same};
use super::switch::OnOff;
use crate::home::dialect::{Cannot, Publish};
use crate::home::entity::{Entity, EntityState, Feature};
use crate::home::order::Order;
use serde_json::Value;

#[derive(Debug)]
struct Humidifier {
    words: OnOff,
    command: Option<Commander>,
    target: Option<Commander>,
    mode: Option<Commander>,
    reset_humidity: String,
    reset_mode: String,
}

/// A humidifier.
pub(super) fn humidifier(settings: &mut Settings, entity: &mut Entity) -> Result<Box<dyn Component>, String> {
    let command = settings.required_command("command_topic", "command_template")?;
    let target = settings.command("target_humidity_command_topic", "target_humidity_command_template");
    let mode = settings.command("mode_command_topic", "mode_command_template");
    let modes = settings.texts("modes");
    settings.read(Role::State, "state_topic", "state_value_template");
    settings.read(Role::Humidity, "target_humidity_state_topic", "target_humidity_state_template");
    settings.read(Role::CurrentHumidity, "current_humidity_topic", "current_humidity_template");
    settings.read(Role::Mode, "mode_state_topic", "mode_state_template");
    settings.read(Role::Action, "action_topic", "action_template");
    if mode.is_some() && !modes.is_empty() {
        entity.features.insert(Feature::Mode);
        entity.options.insert("mode".into(), modes);
    }
    let range =
        (settings.number("min_humidity").unwrap_or(0.0), settings.number("max_humidity").unwrap_or(100.0));
    entity.ranges.insert("humidity".into(), range);
    Ok(Box::new(Humidifier {
        words: OnOff::new(settings),
        command,
        target,
        mode,
        reset_humidity: settings.text("payload_reset_humidity", "None"),
        reset_mode: settings.text("payload_reset_mode", "None"),
    }))
}

impl Component for Humidifier {
    fn take(&mut self, role: Role, text: &str, state: &mut EntityState) -> Result<(), String> {
        let (name, value) = match role {
            Role::Humidity if same(text, &self.reset_humidity) => ("humidity", None),
            Role::Humidity => ("humidity", Some(Value::from(number(text)?))),
            Role::CurrentHumidity if same(text, &self.reset_humidity) => ("current_humidity", None),
            Role::CurrentHumidity => ("current_humidity", Some(Value::from(number(text)?))),
            Role::Mode if same(text, &self.reset_mode) => ("mode", None),
            Role::Mode => ("mode", Some(text.into())),
            Role::Action => ("action", Some(text.into())),
            _ => return self.words.take(text, state),
        };
        match value {
            Some(value) => state.attributes.insert(name.into(), value),
            None => state.attributes.remove(name),
        };
        Ok(())
    }

    fn write(&self, order: &Order, _: &EntityState) -> Result<Vec<Publish>, Cannot> {
        let command = || self.command.as_ref().ok_or(Cannot::Lacks("readable command template"));
        match order {
            Order::On => Ok(vec![command()?.send(&self.words.payload_on)?]),
            Order::Off => Ok(vec![command()?.send(&self.words.payload_off)?]),
            Order::Humidity(percent) => {
                let to = self.target.as_ref().ok_or(Cannot::Lacks("target humidity"))?;
                Ok(vec![to.send_number(percent.round())?])
            }
            Order::Mode(mode) => {
                let to = self.mode.as_ref().ok_or(Cannot::Lacks("modes"))?;
                Ok(vec![to.send(mode)?])
            }
            _ => Err(Cannot::Lacks("that")),
        }
    }
}
