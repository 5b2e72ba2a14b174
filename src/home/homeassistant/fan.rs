//! Fans.

use super::component::{Commander, Component, Role, Settings, number, plain, same, variable};
use super::switch::OnOff;
use crate::home::dialect::{Cannot, Publish};
use crate::home::entity::{Entity, EntityState, Feature};
use crate::home::order::Order;

#[derive(Debug)]
struct Fan {
    words: OnOff,
    command: Option<Commander>,
    percentage: Option<Commander>,
    /// The speeds that the device counts, least and greatest.
    speeds: (f64, f64),
    preset: Option<Commander>,
    presets: Vec<String>,
    oscillation: (String, String),
    reset: (String, String),
    reports_state: bool,
}

/// A fan.
pub(super) fn fan(settings: &mut Settings, entity: &mut Entity) -> Result<Box<dyn Component>, String> {
    let command = settings.required_command("command_topic", "command_template")?;
    let percentage = settings.command("percentage_command_topic", "percentage_command_template");
    let preset = settings.command("preset_mode_command_topic", "preset_mode_command_template");
    let presets = settings.texts("preset_modes");
    let reports_state = settings.read(Role::State, "state_topic", "state_value_template");
    settings.read(Role::Percentage, "percentage_state_topic", "percentage_value_template");
    settings.read(Role::Preset, "preset_mode_state_topic", "preset_mode_value_template");
    settings.read(Role::Oscillation, "oscillation_state_topic", "oscillation_value_template");
    settings.read(Role::Direction, "direction_state_topic", "direction_value_template");
    let low = settings.number("speed_range_min").unwrap_or(1.0);
    let high = settings.number("speed_range_max").unwrap_or(100.0);
    if low < 1.0 || high < low {
        return Err(format!(
            "`speed_range_min` must be at least 1 and not above `speed_range_max`, not {low} to {high}"
        ));
    }
    if percentage.is_some() {
        entity.features.insert(Feature::Speed);
        entity.ranges.insert("percentage".into(), (0.0, 100.0));
    }
    if preset.is_some() && !presets.is_empty() {
        entity.features.insert(Feature::Preset);
        entity.options.insert("preset".into(), presets.clone());
    }
    Ok(Box::new(Fan {
        words: OnOff::new(settings),
        command,
        percentage,
        speeds: (low, high),
        preset,
        presets,
        oscillation: (
            settings.text("payload_oscillation_on", "oscillate_on"),
            settings.text("payload_oscillation_off", "oscillate_off"),
        ),
        reset: (
            settings.text("payload_reset_percentage", "None"),
            settings.text("payload_reset_preset_mode", "None"),
        ),
        reports_state,
    }))
}

impl Fan {
    /// How many speeds there are, and the number below the first.
    fn steps(&self) -> (f64, f64) {
        (self.speeds.1 - self.speeds.0 + 1.0, self.speeds.0 - 1.0)
    }
}

impl Component for Fan {
    fn take(&mut self, role: Role, text: &str, state: &mut EntityState) -> Result<(), String> {
        let mut set = |name: &str, value: Option<serde_json::Value>| {
            match value {
                Some(value) => state.attributes.insert(name.into(), value),
                None => state.attributes.remove(name),
            };
        };
        match role {
            Role::Percentage if same(text, &self.reset.0) => set("percentage", None),
            Role::Percentage => {
                let (steps, below) = self.steps();
                let percent = ((number(text)? - below) * 100.0 / steps).floor();
                if !(0.0..=100.0).contains(&percent) {
                    return Err(format!("`{text}` is outside the fan's speeds"));
                }
                set("percentage", Some((percent as i64).into()));
                if !self.reports_state {
                    state.value = Some(if percent > 0.0 { "on" } else { "off" }.into());
                }
            }
            Role::Preset if same(text, &self.reset.1) => set("preset_mode", None),
            Role::Preset if self.presets.iter().any(|p| p == text) => set("preset_mode", Some(text.into())),
            Role::Preset => {
                return Err(format!("`{}` is no preset", crate::home::registry::shorten(text, 40)));
            }
            Role::Oscillation => set("oscillating", Some((text == self.oscillation.0).into())),
            Role::Direction => set("direction", Some(text.into())),
            _ => return self.words.take(text, state),
        }
        Ok(())
    }

    fn write(&self, order: &Order, _: &EntityState) -> Result<Vec<Publish>, Cannot> {
        let command = || self.command.as_ref().ok_or(Cannot::Lacks("readable command template"));
        match order {
            Order::On => Ok(vec![command()?.send(&self.words.payload_on)?]),
            Order::Off => Ok(vec![command()?.send(&self.words.payload_off)?]),
            Order::Speed(percent) if *percent <= 0.0 => Ok(vec![command()?.send(&self.words.payload_off)?]),
            Order::Speed(percent) => {
                let to = self.percentage.as_ref().ok_or(Cannot::Lacks("speed"))?;
                let (steps, below) = self.steps();
                let speed = (percent * steps / 100.0 + below).ceil();
                Ok(vec![to.send_with(&plain(speed), variable(speed), &[])?])
            }
            Order::Preset(name) => {
                let to = self.preset.as_ref().ok_or(Cannot::Lacks("presets"))?;
                Ok(vec![to.send(name)?])
            }
            _ => Err(Cannot::Lacks("that")),
        }
    }
}
