//! What is on or off or is set off: switch, siren, scene, button.

use super::component::{Commander, Component, Role, Settings, same};
use crate::home::dialect::{Cannot, Publish};
use crate::home::entity::{Entity, EntityState};
use crate::home::order::Order;
use serde_json::Value;

/// The words for on and off, in commands and in states.
#[derive(Debug)]
pub(super) struct OnOff {
    pub(super) payload_on: String,
    pub(super) payload_off: String,
    state_on: String,
    state_off: String,
}

impl OnOff {
    /// Reads the words; states have those of the commands unless they are given.
    pub(super) fn new(settings: &mut Settings) -> Self {
        let payload_on = settings.text("payload_on", "ON");
        let payload_off = settings.text("payload_off", "OFF");
        Self {
            state_on: settings.text("state_on", &payload_on),
            state_off: settings.text("state_off", &payload_off),
            payload_on,
            payload_off,
        }
    }

    /// Takes a state; `None` is what Home Assistant calls unknown.
    pub(super) fn take(&self, text: &str, state: &mut EntityState) -> Result<(), String> {
        state.value = if same(text, &self.state_on) {
            Some("on".into())
        } else if same(text, &self.state_off) {
            Some("off".into())
        } else if text == "None" {
            None
        } else {
            return Err(format!(
                "`{}` is neither `{}` nor `{}`",
                crate::home::registry::shorten(text, 40),
                self.state_on,
                self.state_off
            ));
        };
        Ok(())
    }
}

#[derive(Debug)]
struct Switch {
    words: OnOff,
    command: Option<Commander>,
}

/// A switch.
pub(super) fn switch(settings: &mut Settings, _: &mut Entity) -> Result<Box<dyn Component>, String> {
    let command = settings.required_command("command_topic", "command_template")?;
    settings.read(Role::State, "state_topic", "value_template");
    Ok(Box::new(Switch { words: OnOff::new(settings), command }))
}

impl Component for Switch {
    fn take(&mut self, _: Role, text: &str, state: &mut EntityState) -> Result<(), String> {
        self.words.take(text, state)
    }

    fn write(&self, order: &Order, _: &EntityState) -> Result<Vec<Publish>, Cannot> {
        let command = self.command.as_ref().ok_or(Cannot::Lacks("readable command template"))?;
        match order {
            Order::On => Ok(vec![command.send(&self.words.payload_on)?]),
            Order::Off => Ok(vec![command.send(&self.words.payload_off)?]),
            _ => Err(Cannot::Lacks("anything but on and off")),
        }
    }
}

#[derive(Debug)]
struct Siren {
    words: OnOff,
    command: Option<Commander>,
    command_off: Option<Commander>,
}

/// A siren.
pub(super) fn siren(settings: &mut Settings, _: &mut Entity) -> Result<Box<dyn Component>, String> {
    let command = settings.required_command("command_topic", "command_template")?;
    let command_off = if settings.raw("command_off_template").is_some() {
        settings.command("command_topic", "command_off_template")
    } else {
        command.clone()
    };
    settings.read(Role::State, "state_topic", "state_value_template");
    Ok(Box::new(Siren { words: OnOff::new(settings), command, command_off }))
}

impl Component for Siren {
    fn take(&mut self, _: Role, text: &str, state: &mut EntityState) -> Result<(), String> {
        match serde_json::from_str(text) {
            Ok(Value::Object(all)) => match all.get("state") {
                Some(Value::String(word)) => self.words.take(word, state),
                Some(Value::Null) => {
                    state.value = None;
                    Ok(())
                }
                _ => Ok(()),
            },
            _ => self.words.take(text, state),
        }
    }

    fn write(&self, order: &Order, _: &EntityState) -> Result<Vec<Publish>, Cannot> {
        let (command, word) = match order {
            Order::On => (&self.command, &self.words.payload_on),
            Order::Off => (&self.command_off, &self.words.payload_off),
            _ => return Err(Cannot::Lacks("anything but on and off")),
        };
        let command = command.as_ref().ok_or(Cannot::Lacks("readable command template"))?;
        // Without a template a siren gets JSON.
        let json = serde_json::json!({ "state": word }).to_string();
        let state = [("state", minijinja::Value::from(word.as_str()))];
        Ok(vec![command.send_with(&json, minijinja::Value::from(word.as_str()), &state)?])
    }
}

#[derive(Debug)]
struct Press {
    payload: String,
    command: Option<Commander>,
}

/// A scene.
pub(super) fn scene(settings: &mut Settings, _: &mut Entity) -> Result<Box<dyn Component>, String> {
    let command = settings.required_command("command_topic", "command_template")?;
    Ok(Box::new(Press { payload: settings.text("payload_on", "ON"), command }))
}

/// A button.
pub(super) fn button(settings: &mut Settings, _: &mut Entity) -> Result<Box<dyn Component>, String> {
    let command = settings.required_command("command_topic", "command_template")?;
    Ok(Box::new(Press { payload: settings.text("payload_press", "PRESS"), command }))
}

impl Component for Press {
    fn take(&mut self, _: Role, _: &str, _: &mut EntityState) -> Result<(), String> {
        Ok(())
    }

    fn write(&self, order: &Order, _: &EntityState) -> Result<Vec<Publish>, Cannot> {
        let command = self.command.as_ref().ok_or(Cannot::Lacks("readable command template"))?;
        match order {
            Order::On | Order::Press => Ok(vec![command.send(&self.payload)?]),
            _ => Err(Cannot::Lacks("anything but being set off")),
        }
    }
}
