//! Fans.

use super::driver::{Part, one, same};
use super::exposes::Expose;
use crate::home::dialect::Cannot;
use crate::home::entity::{Entity, EntityState, Feature};
use crate::home::order::Order;
use serde_json::{Map, Value, json};

/// Modes that are speeds, slowest first.
const SPEEDS: &[&str] = &["low", "medium", "high", "turbo", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

/// A fan.
#[derive(Debug, Clone)]
pub(super) struct Fan {
    state: Option<(String, Value, Value)>,
    /// Property, speeds and other modes.
    mode: Option<(String, Vec<String>, Vec<String>)>,
    /// Property and range.
    speed: Option<(String, f64, f64)>,
    gettable: bool,
}

impl Fan {
    /// Reads a fan.
    pub(super) fn read(expose: &Expose) -> Option<Self> {
        let state = expose.can_set("state").map(|f| {
            let on = f.on.clone().unwrap_or("ON".into());
            (f.property.clone(), on, f.off.clone().unwrap_or("OFF".into()))
        });
        let mode = expose.can_set("mode").filter(|f| !f.values.is_empty()).map(|f| {
            let has = |speed: &&&str| f.values.iter().any(|v| v == **speed);
            let speeds: Vec<String> = SPEEDS.iter().filter(has).map(|s| (*s).to_owned()).collect();
            let others =
                f.values.iter().filter(|v| !speeds.contains(v) && !matches!(v.as_str(), "on" | "off"));
            (f.property.clone(), speeds.clone(), others.cloned().collect())
        });
        let speed = expose.can_set("speed").map(|f| {
            let most = f.most.filter(|m| *m >= 1.0).unwrap_or(100.0);
            (f.property.clone(), f.least.unwrap_or(0.0).clamp(0.0, most), most)
        });
        if state.is_none() && mode.is_none() {
            return None;
        }
        let gettable = expose.features.iter().any(|f| f.name == "state" && f.gettable());
        Some(Self { state, mode, speed, gettable })
    }

    /// Tells the entity what it can do.
    pub(super) fn declare(&self, entity: &mut Entity) {
        let (speeds, presets) =
            self.mode.as_ref().map(|(_, s, p)| (s.as_slice(), p.as_slice())).unwrap_or_default();
        if self.speed.is_some() || !speeds.is_empty() {
            entity.features.insert(Feature::Speed);
            entity.ranges.insert("percentage".into(), (0.0, 100.0));
        }
        if !presets.is_empty() {
            entity.features.insert(Feature::Preset);
            entity.options.insert("preset".into(), presets.to_vec());
        }
    }

    /// The properties that are set, for recognising the same thing elsewhere.
    pub(super) fn properties(&self) -> impl Iterator<Item = &String> {
        let state = self.state.iter().map(|(property, ..)| property);
        state.chain(self.mode.iter().map(|(p, ..)| p)).chain(self.speed.iter().map(|(p, ..)| p))
    }

    fn turn(&self, on: bool) -> Result<Map<String, Value>, Cannot> {
        match (&self.state, &self.mode) {
            (Some((property, yes, no)), _) => Ok(one(property, if on { yes } else { no }.clone())),
            (None, Some((property, ..))) => Ok(one(property, if on { "on" } else { "off" })),
            (None, None) => Err(Cannot::Lacks("on and off")),
        }
    }
}

impl Part for Fan {
    fn take(&mut self, message: &Map<String, Value>, state: &mut EntityState) -> Result<(), String> {
        if let Some((property, speeds, presets)) = &self.mode
            && let Some(mode) = message.get(property).and_then(Value::as_str)
        {
            if let Some(at) = speeds.iter().position(|s| s == mode) {
                state.attributes.insert("percentage".into(), json!((at + 1) * 100 / speeds.len().max(1)));
                state.attributes.remove("preset_mode");
            } else if presets.iter().any(|p| p == mode) {
                state.attributes.insert("preset_mode".into(), mode.into());
            }
            if self.state.is_none() {
                state.value = Some(if mode == "off" { "off" } else { "on" }.into());
            }
        }
        if let Some((property, _, most)) = &self.speed
            && let Some(speed) = message.get(property).and_then(Value::as_f64)
        {
            let percent = (speed / most * 100.0).round().clamp(0.0, 100.0);
            state.attributes.insert("percentage".into(), json!(percent as i64));
        }
        if let Some((property, on, off)) = &self.state {
            match message.get(property) {
                Some(value) if same(value, on) => state.value = Some("on".into()),
                Some(value) if same(value, off) => state.value = Some("off".into()),
                Some(Value::Null) | None => {}
                Some(_) => return Err(format!("`{property}` is neither on nor off")),
            }
        }
        Ok(())
    }

    fn set(&self, order: &Order, _: &EntityState) -> Result<Map<String, Value>, Cannot> {
        match (order, &self.speed, &self.mode) {
            (Order::On, ..) => self.turn(true),
            (Order::Off, ..) => self.turn(false),
            (Order::Speed(percent), ..) if *percent <= 0.0 => self.turn(false),
            (Order::Speed(percent), Some((property, least, most)), _) => {
                Ok(one(property, (most * percent / 100.0).round().max(*least).max(1.0) as i64))
            }
            (Order::Speed(percent), None, Some((property, speeds, _))) if !speeds.is_empty() => {
                let step = (percent / 100.0 * speeds.len() as f64).ceil().max(1.0) as usize;
                let speed = speeds.get(step.min(speeds.len()) - 1).map(String::as_str);
                Ok(one(property, speed.ok_or(Cannot::Lacks("speed"))?))
            }
            (Order::Speed(_), ..) => Err(Cannot::Lacks("speed")),
            (Order::Preset(wanted), _, Some((property, _, presets))) => {
                let preset = presets.iter().find(|p| p.eq_ignore_ascii_case(wanted));
                Ok(one(property, preset.ok_or(Cannot::Lacks("this preset"))?.as_str()))
            }
            _ => Err(Cannot::Lacks("that")),
        }
    }

    fn asked(&self) -> Option<&str> {
        self.state.as_ref().filter(|_| self.gettable).map(|(property, ..)| property.as_str())
    }
}
