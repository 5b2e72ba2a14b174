//! Climate devices and water heaters.

use super::component::{Commander, Component, Role, Settings, number, same};
use crate::home::dialect::{Cannot, Publish};
use crate::home::entity::{Entity, EntityState, Feature};
use crate::home::order::Order;
use serde_json::Value;

const CLIMATE_MODES: &[&str] = &["auto", "off", "cool", "heat", "dry", "fan_only"];
const WATER_MODES: &[&str] = &["off", "eco", "electric", "gas", "heat_pump", "high_demand", "performance"];

/// The modes that turning on chooses from, the first that there is.
const ON_MODES: &[&str] = &["heat_cool", "heat", "cool"];

#[derive(Debug)]
struct Climate {
    mode: Option<Commander>,
    modes: Vec<String>,
    power: Option<(Commander, String, String)>,
    temperature: Option<Commander>,
    low: Option<Commander>,
    high: Option<Commander>,
    preset: Option<Commander>,
}

/// A climate device.
pub(super) fn climate(settings: &mut Settings, entity: &mut Entity) -> Result<Box<dyn Component>, String> {
    settings.read(Role::Action, "action_topic", "action_template");
    settings.read(Role::FanMode, "fan_mode_state_topic", "fan_mode_state_template");
    settings.read(Role::SwingMode, "swing_mode_state_topic", "swing_mode_state_template");
    settings.read(Role::Preset, "preset_mode_state_topic", "preset_mode_value_template");
    settings.read(Role::CurrentHumidity, "current_humidity_topic", "current_humidity_template");
    settings.read(Role::TemperatureLow, "temperature_low_state_topic", "temperature_low_state_template");
    settings.read(Role::TemperatureHigh, "temperature_high_state_topic", "temperature_high_state_template");
    let low = settings.command("temperature_low_command_topic", "temperature_low_command_template");
    let high = settings.command("temperature_high_command_topic", "temperature_high_command_template");
    let preset = settings.command("preset_mode_command_topic", "preset_mode_command_template");
    let presets = settings.texts("preset_modes");
    if preset.is_some() && !presets.is_empty() {
        entity.features.insert(Feature::Preset);
        entity.options.insert("preset".into(), presets);
    }
    for (key, option) in [("fan_modes", "fan_mode"), ("swing_modes", "swing_mode")] {
        let all = settings.texts(key);
        if !all.is_empty() {
            entity.options.insert(option.into(), all);
        }
    }
    let mut made = heating(settings, entity, CLIMATE_MODES, (7.0, 35.0), (44.6, 95.0));
    made.low = low;
    made.high = high;
    made.preset = preset;
    if made.low.is_some() || made.high.is_some() {
        entity.features.insert(Feature::Temperature);
    }
    Ok(Box::new(made))
}

/// A water heater.
pub(super) fn water_heater(
    settings: &mut Settings,
    entity: &mut Entity,
) -> Result<Box<dyn Component>, String> {
    Ok(Box::new(heating(settings, entity, WATER_MODES, (43.3, 60.0), (110.0, 140.0))))
}

fn heating(
    settings: &mut Settings,
    entity: &mut Entity,
    default_modes: &[&str],
    celsius: (f64, f64),
    fahrenheit: (f64, f64),
) -> Climate {
    settings.read(Role::Mode, "mode_state_topic", "mode_state_template");
    settings.read(Role::Temperature, "temperature_state_topic", "temperature_state_template");
    settings.read(Role::CurrentTemperature, "current_temperature_topic", "current_temperature_template");
    let mode = settings.command("mode_command_topic", "mode_command_template");
    let mut modes = settings.texts("modes");
    if modes.is_empty() {
        modes = default_modes.iter().map(|m| (*m).to_owned()).collect();
    }
    let temperature = settings.command("temperature_command_topic", "temperature_command_template");
    if mode.is_some() {
        entity.features.insert(Feature::Mode);
        entity.options.insert("mode".into(), modes.clone());
    }
    if temperature.is_some() {
        entity.features.insert(Feature::Temperature);
    }
    let in_fahrenheit = settings.optional("temperature_unit").as_deref() == Some("F");
    let (least, most) = if in_fahrenheit { fahrenheit } else { celsius };
    entity.unit = Some(if in_fahrenheit { "°F" } else { "°C" }.into());
    let range = (settings.number("min_temp").unwrap_or(least), settings.number("max_temp").unwrap_or(most));
    entity.ranges.insert("temperature".into(), range);
    let (on, off) = (settings.text("payload_on", "ON"), settings.text("payload_off", "OFF"));
    let power = settings.command("power_command_topic", "power_command_template").map(|p| (p, on, off));
    Climate { mode, modes, power, temperature, low: None, high: None, preset: None }
}

impl Climate {
    fn set_mode(&self, mode: &str) -> Result<Vec<Publish>, Cannot> {
        let to = self.mode.as_ref().ok_or(Cannot::Lacks("modes"))?;
        Ok(vec![to.send(mode)?])
    }

    /// The target that a temperature means in the mode that the device is in.
    fn target(&self, state: &EntityState) -> Option<&Commander> {
        let by_mode = match state.value.as_deref() {
            Some("cool") => self.high.as_ref().or(self.low.as_ref()),
            _ => self.low.as_ref().or(self.high.as_ref()),
        };
        self.temperature.as_ref().or(by_mode)
    }
}

impl Component for Climate {
    fn take(&mut self, role: Role, text: &str, state: &mut EntityState) -> Result<(), String> {
        let unknown = same(text, "None");
        let mut set = |name: &str, value: Value| {
            if unknown {
                state.attributes.remove(name);
            } else {
                state.attributes.insert(name.into(), value);
            }
        };
        let degrees = || if unknown { Ok(Value::Null) } else { number(text).map(Value::from) };
        match role {
            Role::Temperature => set("temperature", degrees()?),
            Role::TemperatureLow => set("target_temp_low", degrees()?),
            Role::TemperatureHigh => set("target_temp_high", degrees()?),
            Role::CurrentTemperature => set("current_temperature", degrees()?),
            Role::CurrentHumidity => set("current_humidity", degrees()?),
            Role::Action => set("hvac_action", text.into()),
            Role::FanMode => set("fan_mode", text.into()),
            Role::SwingMode => set("swing_mode", text.into()),
            Role::Preset => set("preset_mode", text.into()),
            _ if unknown => state.value = None,
            _ if self.modes.iter().any(|m| m == text) => state.value = Some(text.to_owned()),
            _ => {
                return Err(format!("`{}` is no mode", crate::home::registry::shorten(text, 40)));
            }
        }
        Ok(())
    }

    fn write(&self, order: &Order, state: &EntityState) -> Result<Vec<Publish>, Cannot> {
        match order {
            Order::On => match &self.power {
                Some((power, on, _)) => Ok(vec![power.send(on)?]),
                None => {
                    let preferred = ON_MODES.iter().copied().find(|m| self.modes.iter().any(|x| x == m));
                    let other = || self.modes.iter().map(String::as_str).find(|m| *m != "off");
                    self.set_mode(preferred.or_else(other).ok_or(Cannot::Lacks("turning on"))?)
                }
            },
            Order::Off => match &self.power {
                Some((power, _, off)) => Ok(vec![power.send(off)?]),
                None if self.modes.iter().any(|m| m == "off") => self.set_mode("off"),
                None => Err(Cannot::Lacks("turning off")),
            },
            Order::Temperature(degrees) => {
                let to = self.target(state).ok_or(Cannot::Lacks("temperature"))?;
                Ok(vec![to.send_number(*degrees)?])
            }
            Order::Mode(mode) => self.set_mode(mode),
            Order::Preset(preset) => {
                let to = self.preset.as_ref().ok_or(Cannot::Lacks("presets"))?;
                Ok(vec![to.send(preset)?])
            }
            _ => Err(Cannot::Lacks("that")),
        }
    }
}
