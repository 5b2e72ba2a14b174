//! What only tells: sensor, binary_sensor, event.

use super::component::{Component, Role, Settings};
use super::switch::OnOff;
use crate::home::dialect::{Cannot, Publish};
use crate::home::entity::{Entity, EntityState};
use crate::home::order::Order;
use serde_json::Value;

#[derive(Debug)]
struct Sensor;

/// A sensor.
pub(super) fn sensor(settings: &mut Settings, entity: &mut Entity) -> Result<Box<dyn Component>, String> {
    if settings.topic("state_topic").is_none() {
        return Err("`state_topic` is missing".into());
    }
    settings.read(Role::State, "state_topic", "value_template");
    entity.unit = settings.optional("unit_of_measurement").filter(|u| !u.is_empty());
    let options = settings.texts("options");
    if !options.is_empty() {
        entity.options.insert("state".into(), options);
    }
    Ok(Box::new(Sensor))
}

impl Component for Sensor {
    fn take(&mut self, _: Role, text: &str, state: &mut EntityState) -> Result<(), String> {
        state.value = (text != "None").then(|| text.to_owned());
        Ok(())
    }

    fn write(&self, _: &Order, _: &EntityState) -> Result<Vec<Publish>, Cannot> {
        Err(Cannot::Lacks("commands"))
    }
}

#[derive(Debug)]
struct BinarySensor(OnOff);

/// A sensor that is on or off.
pub(super) fn binary_sensor(settings: &mut Settings, _: &mut Entity) -> Result<Box<dyn Component>, String> {
    if settings.topic("state_topic").is_none() {
        return Err("`state_topic` is missing".into());
    }
    settings.read(Role::State, "state_topic", "value_template");
    Ok(Box::new(BinarySensor(OnOff::new(settings))))
}

impl Component for BinarySensor {
    fn take(&mut self, _: Role, text: &str, state: &mut EntityState) -> Result<(), String> {
        self.0.take(text, state)
    }

    fn write(&self, _: &Order, _: &EntityState) -> Result<Vec<Publish>, Cannot> {
        Err(Cannot::Lacks("commands"))
    }
}

#[derive(Debug)]
struct Event {
    types: Vec<String>,
}

/// Something that happens: its state is what happened last.
pub(super) fn event(settings: &mut Settings, entity: &mut Entity) -> Result<Box<dyn Component>, String> {
    settings.read(Role::State, "state_topic", "value_template");
    let types = settings.texts("event_types");
    entity.options.insert("event_type".into(), types.clone());
    Ok(Box::new(Event { types }))
}

impl Component for Event {
    fn take(&mut self, _: Role, text: &str, state: &mut EntityState) -> Result<(), String> {
        let Ok(Value::Object(all)) = serde_json::from_str(text) else {
            return Err("an event is a JSON object with `event_type`".into());
        };
        let kind = all.get("event_type").and_then(Value::as_str).ok_or("there is no `event_type` in it")?;
        if !self.types.iter().any(|t| t == kind) {
            return Err(format!("`{}` is no event of it", crate::home::registry::shorten(kind, 40)));
        }
        state.value = Some(kind.to_owned());
        state.attributes.insert("event_type".into(), kind.into());
        Ok(())
    }

    fn write(&self, _: &Order, _: &EntityState) -> Result<Vec<Publish>, Cannot> {
        Err(Cannot::Lacks("commands"))
    }
}
