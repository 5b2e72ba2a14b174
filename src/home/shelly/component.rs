//! The components of a device: what their status says, and the methods that change it.

use crate::home::color::Rgb;
use crate::home::dialect::Cannot;
use crate::home::entity::{Entity, EntityState, Feature};
use crate::home::lights::{set_brightness, set_kelvin, set_rgb};
use crate::home::order::{LightOrder, Order};
use serde_json::{Map, Value, json};

/// The longest text of a reading, in characters.
const LONGEST: usize = 255;

/// What kind of light it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lamp {
    /// Brightness alone.
    Light,
    Rgb,
    Rgbw,
    /// White temperature.
    Cct,
}

/// One component.
#[derive(Debug, Clone)]
pub(super) enum Component {
    Switch(u64),
    Lamp(Lamp, u64, (f64, f64)),
    /// A cover; whether it knows its position.
    Cover(u64),
    Thermostat(u64, (f64, f64)),
    /// What is on or off, by the member that tells it.
    OnOff(&'static str),
    /// One number of a status, by its path.
    Reading(&'static [&'static str]),
    /// A button: what happened last.
    Button,
}

impl Component {
    /// Tells the entity what it can do.
    pub(super) fn declare(&self, entity: &mut Entity) {
        match self {
            Component::Lamp(lamp, _, whites) => {
                entity.features.insert(Feature::Brightness);
                if matches!(lamp, Lamp::Rgb | Lamp::Rgbw) {
                    entity.features.insert(Feature::Color);
                }
                if *lamp == Lamp::Cct {
                    entity.features.insert(Feature::ColorTemp);
                    entity.ranges.insert("color_temp_kelvin".into(), *whites);
                }
            }
            Component::Cover(_) => entity.features.extend([Feature::Position, Feature::Stop]),
            Component::Thermostat(_, range) => {
                entity.features.extend([Feature::Temperature, Feature::Mode]);
                entity.ranges.insert("temperature".into(), *range);
                entity.options.insert("mode".into(), vec!["heat".into(), "off".into()]);
                entity.unit = Some("°C".into());
            }
            _ => {}
        }
    }

    /// Takes a status, which may be a part of one: what is not in it stays as it is.
    pub(super) fn take(&self, status: &Map<String, Value>, state: &mut EntityState) -> Result<(), String> {
        match self {
            Component::Switch(_) => on_off(status, "output", state),
            Component::OnOff(member) => on_off(status, member, state),
            Component::Lamp(lamp, _, _) => {
                on_off(status, "output", state)?;
                if let Some(percent) = status.get("brightness").and_then(Value::as_f64) {
                    set_brightness(percent.clamp(0.0, 100.0), 100.0, state)?;
                }
                let rgb: Vec<u8> = status
                    .get("rgb")
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten()
                    .filter_map(|c| Some(c.as_f64()?.clamp(0.0, 255.0) as u8))
                    .take(3)
                    .collect();
                if let ([r, g, b], Lamp::Rgb | Lamp::Rgbw) = (rgb.as_slice(), lamp) {
                    set_rgb(Rgb(*r, *g, *b), "rgb", state);
                }
                let kelvin = status.get("ct").and_then(Value::as_f64).filter(|_| *lamp == Lamp::Cct);
                if let Some(kelvin) = kelvin.filter(|k| *k > 0.0) {
                    set_kelvin(kelvin.round(), state);
                }
                Ok(())
            }
            Component::Cover(_) => {
                let position = status.get("current_pos").and_then(Value::as_f64);
                if let Some(percent) = position {
                    let percent = percent.clamp(0.0, 100.0).round() as i64;
                    state.attributes.insert("current_position".into(), json!(percent));
                }
                let word = match status.get("state").and_then(Value::as_str) {
                    Some(word @ ("open" | "closed" | "opening" | "closing")) => word,
                    // Stopped, calibrating, or a part without the state.
                    Some("stopped") => match state.number("current_position") {
                        Some(percent) if percent <= 0.0 => "closed",
                        _ => "open",
                    },
                    _ => return Ok(()),
                };
                state.value = Some(word.into());
                Ok(())
            }
            Component::Thermostat(..) => {
                for (member, name) in [("target_C", "temperature"), ("current_C", "current_temperature")] {
                    if let Some(degrees) = status.get(member).filter(|v| v.is_number()) {
                        state.attributes.insert(name.into(), degrees.clone());
                    }
                }
                if let Some(heats) = status.get("output").and_then(Value::as_bool) {
                    let action = if heats { "heating" } else { "idle" };
                    state.attributes.insert("hvac_action".into(), action.into());
                }
                if let Some(enabled) = status.get("enable").and_then(Value::as_bool) {
                    state.value = Some(if enabled { "heat" } else { "off" }.into());
                }
                Ok(())
            }
            Component::Reading(path) => {
                let mut parts = path.iter();
                let first = parts.next().and_then(|part| status.get(*part));
                match parts.fold(first, |value, part| value?.get(*part)) {
                    Some(Value::Number(n)) => state.value = Some(n.to_string()),
                    Some(Value::Null) => state.value = None,
                    Some(_) => return Err(format!("`{}` is no number", path.join("."))),
                    None => {}
                }
                Ok(())
            }
            Component::Button => Ok(()),
        }
    }

    /// Takes something that happened.
    pub(super) fn happened(&self, event: &str, state: &mut EntityState) {
        if matches!(self, Component::Button) {
            let event: String = event.chars().take(LONGEST).collect();
            state.attributes.insert("event_type".into(), event.as_str().into());
            state.value = Some(event);
        }
    }

    /// The method and its parameters that carry out an order.
    pub(super) fn write(&self, order: &Order, _: &EntityState) -> Result<(&'static str, Value), Cannot> {
        match (self, order) {
            (Component::Switch(id), Order::On) => Ok(("Switch.Set", json!({ "id": id, "on": true }))),
            (Component::Switch(id), Order::Off) => Ok(("Switch.Set", json!({ "id": id, "on": false }))),
            (Component::Lamp(lamp, id, _), Order::On) => lamp.set(*id, true, &LightOrder::default()),
            (Component::Lamp(lamp, id, _), Order::Off) => lamp.set(*id, false, &LightOrder::default()),
            (Component::Lamp(lamp, id, _), Order::Light(order)) => lamp.set(*id, true, order),
            (Component::Cover(id), Order::Open) => Ok(("Cover.Open", json!({ "id": id }))),
            (Component::Cover(id), Order::Close) => Ok(("Cover.Close", json!({ "id": id }))),
            (Component::Cover(id), Order::Stop) => Ok(("Cover.Stop", json!({ "id": id }))),
            (Component::Cover(id), Order::Position(percent)) => {
                Ok(("Cover.GoToPosition", json!({ "id": id, "pos": percent.round() as i64 })))
            }
            (Component::Thermostat(id, (least, most)), Order::Temperature(degrees)) => {
                if !(least..=most).contains(&degrees) {
                    return Err(Cannot::OutOfRange("temperature", *least, *most));
                }
                Ok(("Thermostat.SetConfig", json!({ "config": { "id": id, "target_C": degrees } })))
            }
            (Component::Thermostat(id, _), Order::On | Order::Off | Order::Mode(_)) => {
                let on = match order {
                    Order::Mode(mode) => mode != "off",
                    other => *other == Order::On,
                };
                Ok(("Thermostat.SetConfig", json!({ "config": { "id": id, "enable": on } })))
            }
            (Component::OnOff(_) | Component::Reading(_) | Component::Button, _) => {
                Err(Cannot::Lacks("commands"))
            }
            _ => Err(Cannot::Lacks("that")),
        }
    }
}

impl Lamp {
    fn set(self, id: u64, on: bool, order: &LightOrder) -> Result<(&'static str, Value), Cannot> {
        let mut params = Map::new();
        params.insert("id".into(), json!(id));
        params.insert("on".into(), json!(on));
        if let Some(percent) = order.brightness {
            params.insert("brightness".into(), json!(percent.round().clamp(1.0, 100.0) as i64));
        }
        if let Some(Rgb(r, g, b)) = order.color {
            if !matches!(self, Lamp::Rgb | Lamp::Rgbw) {
                return Err(Cannot::Lacks("color"));
            }
            params.insert("rgb".into(), json!([r, g, b]));
        }
        if let Some(kelvin) = order.kelvin {
            if self != Lamp::Cct {
                return Err(Cannot::Lacks("color_temp"));
            }
            params.insert("ct".into(), json!(kelvin.round() as i64));
        }
        if order.effect.is_some() {
            return Err(Cannot::Lacks("effect"));
        }
        let method = match self {
            Lamp::Light => "Light.Set",
            Lamp::Rgb => "RGB.Set",
            Lamp::Rgbw => "RGBW.Set",
            Lamp::Cct => "CCT.Set",
        };
        Ok((method, Value::Object(params)))
    }
}

fn on_off(status: &Map<String, Value>, member: &str, state: &mut EntityState) -> Result<(), String> {
    match status.get(member) {
        Some(Value::Bool(on)) => state.value = Some(if *on { "on" } else { "off" }.into()),
        Some(Value::Null) => state.value = None,
        Some(_) => return Err(format!("`{member}` is true or false")),
        None => {}
    }
    Ok(())
}
