//! Things of one value: switches, sensors, numbers, choices, texts, what happened last, scenes.

use super::driver::{Part, one, same};
use super::exposes::{Expose, LONGEST_TEXT};
use crate::home::dialect::Cannot;
use crate::home::entity::EntityState;
use crate::home::order::Order;
use serde_json::{Map, Value, json};

/// What is on or off; a sensor if it cannot be set.
#[derive(Debug, Clone)]
pub(super) struct OnOff {
    property: String,
    on: Value,
    off: Value,
    settable: bool,
    gettable: bool,
}

impl OnOff {
    /// Reads a binary value.
    pub(super) fn read(expose: &Expose) -> Self {
        Self {
            property: expose.property.clone(),
            on: expose.on.clone().unwrap_or("ON".into()),
            off: expose.off.clone().unwrap_or("OFF".into()),
            settable: expose.settable(),
            gettable: expose.settable() && expose.gettable(),
        }
    }
}

impl Part for OnOff {
    fn take(&mut self, message: &Map<String, Value>, state: &mut EntityState) -> Result<(), String> {
        let word = match message.get(&self.property) {
            Some(value) if same(value, &self.on) => "on",
            Some(value) if same(value, &self.off) => "off",
            Some(Value::Null) | None => return Ok(()),
            Some(_) => return Err(format!("`{}` is neither on nor off", self.property)),
        };
        state.value = Some(word.into());
        Ok(())
    }

    fn set(&self, order: &Order, _: &EntityState) -> Result<Map<String, Value>, Cannot> {
        match order {
            Order::On if self.settable => Ok(one(&self.property, self.on.clone())),
            Order::Off if self.settable => Ok(one(&self.property, self.off.clone())),
            _ if self.settable => Err(Cannot::Lacks("anything but on and off")),
            _ => Err(Cannot::Lacks("commands")),
        }
    }

    fn asked(&self) -> Option<&str> {
        self.gettable.then_some(self.property.as_str())
    }
}

/// What one value may be.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    /// It is only told.
    Told,
    /// Least, greatest and step.
    Number(f64, f64, f64),
    Choice(Vec<String>),
    Text,
    /// Something that happens.
    Event,
}

/// One value.
#[derive(Debug, Clone)]
pub(super) struct Single {
    pub(super) property: String,
    pub(super) kind: Kind,
}

impl Part for Single {
    fn take(&mut self, message: &Map<String, Value>, state: &mut EntityState) -> Result<(), String> {
        let told = match message.get(&self.property) {
            Some(Value::String(text)) if text.is_empty() && matches!(self.kind, Kind::Event) => return Ok(()),
            Some(Value::String(text)) => text.chars().take(LONGEST_TEXT).collect(),
            Some(Value::Number(n)) => n.to_string(),
            Some(Value::Bool(b)) => b.to_string(),
            Some(Value::Null) => {
                state.value = None;
                return Ok(());
            }
            Some(_) => return Err(format!("`{}` is no single value", self.property)),
            None => return Ok(()),
        };
        if matches!(self.kind, Kind::Event) {
            state.attributes.insert("event_type".into(), Value::from(told.as_str()));
        }
        state.value = Some(told);
        Ok(())
    }

    fn set(&self, order: &Order, _: &EntityState) -> Result<Map<String, Value>, Cannot> {
        match (&self.kind, order) {
            (Kind::Number(least, most, _), Order::Value(wanted)) if !(least..=most).contains(&wanted) => {
                Err(Cannot::OutOfRange("value", *least, *most))
            }
            (Kind::Number(least, most, step), Order::Value(wanted)) => {
                let value = (least + ((wanted - least) / step).round() * step).min(*most);
                let value = (value * 1e6).round() / 1e6;
                let whole = value.fract() == 0.0;
                Ok(one(&self.property, if whole { json!(value as i64) } else { json!(value) }))
            }
            (Kind::Choice(options), Order::Choose(wanted)) => {
                let option = options.iter().find(|o| o.eq_ignore_ascii_case(wanted));
                Ok(one(&self.property, option.ok_or(Cannot::Lacks("this option"))?.as_str()))
            }
            (Kind::Text, Order::Text(text)) => Ok(one(&self.property, text.as_str())),
            _ => Err(Cannot::Lacks("that")),
        }
    }
}

/// A scene of a device or group.
#[derive(Debug, Clone)]
pub(super) struct Recall {
    pub(super) id: u64,
}

impl Part for Recall {
    fn take(&mut self, _: &Map<String, Value>, _: &mut EntityState) -> Result<(), String> {
        Ok(())
    }

    fn set(&self, order: &Order, _: &EntityState) -> Result<Map<String, Value>, Cannot> {
        match order {
            Order::On | Order::Press => Ok(one("scene_recall", self.id)),
            _ => Err(Cannot::Lacks("anything but being set off")),
        }
    }
}
