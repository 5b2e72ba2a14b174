//! Thermostats.

use super::driver::{Part, one};
use super::exposes::Expose;
use crate::home::dialect::Cannot;
use crate::home::entity::{Entity, EntityState, Feature};
use crate::home::order::Order;
use serde_json::{Map, Value, json};

/// The modes that turning on chooses from, the first that there is.
const ON_MODES: &[&str] = &["heat_cool", "auto", "heat", "cool"];

/// A thermostat.
#[derive(Debug, Clone)]
pub(super) struct Climate {
    heating: Option<String>,
    cooling: Option<String>,
    range: (f64, f64),
    step: f64,
    local: Option<String>,
    mode: Option<(String, Vec<String>)>,
    action: Option<String>,
    preset: Option<(String, Vec<String>)>,
    fan_mode: Option<String>,
    asked: Option<String>,
}

impl Climate {
    /// Reads a thermostat.
    pub(super) fn read(expose: &Expose) -> Option<Self> {
        let settable = |names: &[&str]| names.iter().find_map(|name| expose.can_set(name));
        let heating = settable(&[
            "occupied_heating_setpoint",
            "current_heating_setpoint",
            "unoccupied_heating_setpoint",
        ]);
        let cooling = settable(&["occupied_cooling_setpoint", "unoccupied_cooling_setpoint"]);
        let setpoint = heating.or(cooling)?;
        let property = |name: &str| expose.feature(name).map(|f| f.property.clone());
        let choice = |name: &str| {
            let feature = expose.can_set(name).filter(|f| !f.values.is_empty())?;
            Some((feature.property.clone(), feature.values.clone()))
        };
        Some(Self {
            range: (setpoint.least.unwrap_or(7.0), setpoint.most.unwrap_or(30.0)),
            step: setpoint.step.unwrap_or(0.5),
            asked: Some(setpoint).filter(|s| s.gettable()).map(|s| s.property.clone()),
            heating: heating.map(|f| f.property.clone()),
            cooling: cooling.map(|f| f.property.clone()),
            local: property("local_temperature"),
            mode: choice("system_mode"),
            action: property("running_state"),
            preset: choice("preset"),
            fan_mode: property("fan_mode"),
        })
    }

    /// Tells the entity what it can do.
    pub(super) fn declare(&self, entity: &mut Entity) {
        entity.features.insert(Feature::Temperature);
        entity.ranges.insert("temperature".into(), self.range);
        entity.unit = Some("°C".into());
        if let Some((_, modes)) = &self.mode {
            entity.features.insert(Feature::Mode);
            entity.options.insert("mode".into(), modes.clone());
        }
        if let Some((_, presets)) = &self.preset {
            entity.features.insert(Feature::Preset);
            entity.options.insert("preset".into(), presets.clone());
        }
    }

    /// The properties that are set, for recognising the same thing elsewhere.
    pub(super) fn properties(&self) -> impl Iterator<Item = &String> {
        let choices = self.mode.iter().chain(&self.preset).map(|(property, _)| property);
        self.heating.iter().chain(&self.cooling).chain(choices)
    }

    fn be(&self, wanted: Option<&str>) -> Result<Map<String, Value>, Cannot> {
        let (property, modes) = self.mode.as_ref().ok_or(Cannot::Lacks("modes"))?;
        let mode = modes.iter().find(|m| Some(m.as_str()) == wanted).ok_or(Cannot::Lacks("this mode"))?;
        Ok(one(property, mode.as_str()))
    }
}

impl Part for Climate {
    fn take(&mut self, message: &Map<String, Value>, state: &mut EntityState) -> Result<(), String> {
        let at =
            |property: &Option<String>| message.get(property.as_ref()?).filter(|v| !v.is_null()).cloned();
        let number = |property: &Option<String>| at(property).filter(Value::is_number);
        if let Some((property, modes)) = &self.mode {
            let mode = message.get(property).and_then(Value::as_str);
            if let Some(mode) = mode.filter(|mode| modes.iter().any(|m| m == mode)) {
                state.value = Some(mode.to_owned());
            }
        } else if number(&self.local).or_else(|| number(&self.heating)).is_some() {
            // A valve without modes always heats.
            state.value = Some("heat".into());
        }
        let cools = state.value.as_deref() == Some("cool");
        let (first, second) =
            if cools { (&self.cooling, &self.heating) } else { (&self.heating, &self.cooling) };
        let action = at(&self.action).and_then(|action| {
            Some(match action.as_str()? {
                "heat" | "heating" => "heating",
                "cool" | "cooling" => "cooling",
                "fan_only" | "fan" => "fan",
                _ => "idle",
            })
        });
        let preset = self.preset.as_ref().map(|(property, _)| property.clone());
        let told = [
            ("temperature", number(first).or_else(|| number(second))),
            ("current_temperature", number(&self.local)),
            ("hvac_action", action.map(Value::from)),
            ("preset_mode", at(&preset).filter(Value::is_string)),
            ("fan_mode", at(&self.fan_mode).filter(Value::is_string)),
        ];
        for (name, value) in told {
            if let Some(value) = value {
                state.attributes.insert(name.into(), value);
            }
        }
        Ok(())
    }

    fn set(&self, order: &Order, state: &EntityState) -> Result<Map<String, Value>, Cannot> {
        match order {
            Order::On => {
                let modes = self.mode.as_ref().map(|(_, modes)| modes.as_slice()).unwrap_or_default();
                let preferred = ON_MODES.iter().copied().find(|m| modes.iter().any(|x| x == m));
                self.be(preferred.or_else(|| modes.iter().map(String::as_str).find(|m| *m != "off")))
            }
            Order::Off => self.be(Some("off")),
            Order::Mode(mode) => self.be(Some(mode)),
            Order::Preset(wanted) => {
                let (property, presets) = self.preset.as_ref().ok_or(Cannot::Lacks("presets"))?;
                let preset = presets.iter().find(|p| p.eq_ignore_ascii_case(wanted));
                Ok(one(property, preset.ok_or(Cannot::Lacks("this preset"))?.as_str()))
            }
            Order::Temperature(degrees) => {
                let cools = state.value.as_deref() == Some("cool");
                let (first, second) =
                    if cools { (&self.cooling, &self.heating) } else { (&self.heating, &self.cooling) };
                let property = first.as_ref().or(second.as_ref()).ok_or(Cannot::Lacks("temperature"))?;
                let (least, most) = self.range;
                if !(least..=most).contains(degrees) {
                    return Err(Cannot::OutOfRange("temperature", least, most));
                }
                let value = ((degrees / self.step).round() * self.step * 100.0).round() / 100.0;
                Ok(one(property, json!(value)))
            }
            _ => Err(Cannot::Lacks("that")),
        }
    }

    fn asked(&self) -> Option<&str> {
        self.asked.as_deref()
    }
}
