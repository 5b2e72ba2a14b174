//! Shutters.

use super::driver::Part;
use crate::home::dialect::Cannot;
use crate::home::entity::{Entity, EntityState, Feature};
use crate::home::order::Order;
use serde_json::{Map, Value, json};

/// A shutter.
#[derive(Debug)]
pub(super) struct Shutter {
    number: usize,
    key: String,
    /// It counts 100 as closed.
    inverted: bool,
    tilt: Option<(f64, f64)>,
}

impl Shutter {
    /// The shutter of this number, from 1.
    pub(super) fn new(number: usize, inverted: bool, tilt: Option<(f64, f64)>) -> Self {
        Self { number, key: format!("Shutter{number}"), inverted, tilt }
    }

    /// Tells the entity what it can do.
    pub(super) fn declare(&self, entity: &mut Entity) {
        entity.features.extend([Feature::Position, Feature::Stop]);
        if self.tilt.is_some() {
            entity.features.insert(Feature::Tilt);
        }
    }

    fn position(&self, value: f64) -> f64 {
        if self.inverted { 100.0 - value } else { value }
    }

    fn command(&self, name: &str, payload: impl ToString) -> Result<Vec<(String, String)>, Cannot> {
        Ok(vec![(format!("{name}{}", self.number), payload.to_string())])
    }
}

impl Part for Shutter {
    fn take(&mut self, message: &Map<String, Value>, state: &mut EntityState) -> Result<(), String> {
        let Some(told) = message.get(&self.key) else { return Ok(()) };
        let number = |key: &str| told.get(key).and_then(Value::as_f64);
        let position = number("Position").map(|p| self.position(p.clamp(0.0, 100.0)).round());
        if let Some(percent) = position {
            state.attributes.insert("current_position".into(), json!(percent as i64));
        }
        if let (Some((least, most)), Some(tilt)) = (self.tilt, number("Tilt")) {
            let percent = ((tilt - least) / (most - least) * 100.0).round().clamp(0.0, 100.0);
            state.attributes.insert("current_tilt_position".into(), json!(percent as i64));
        }
        let direction = number("Direction").map_or(0.0, |d| if self.inverted { -d } else { d });
        let word = match position.or_else(|| state.number("current_position")) {
            _ if direction > 0.0 => "opening",
            _ if direction < 0.0 => "closing",
            Some(percent) => {
                if percent > 0.0 {
                    "open"
                } else {
                    "closed"
                }
            }
            None => return Ok(()),
        };
        state.value = Some(word.into());
        Ok(())
    }

    fn write(&self, order: &Order, _: &EntityState) -> Result<Vec<(String, String)>, Cannot> {
        match (order, self.tilt) {
            (Order::Open, _) => self.command("ShutterOpen", ""),
            (Order::Close, _) => self.command("ShutterClose", ""),
            (Order::Stop, _) => self.command("ShutterStop", ""),
            (Order::Position(percent), _) => {
                self.command("ShutterPosition", self.position(*percent).round() as i64)
            }
            (Order::Tilt(percent), Some((least, most))) => {
                self.command("ShutterTilt", (least + percent / 100.0 * (most - least)).round() as i64)
            }
            _ => Err(Cannot::Lacks("that")),
        }
    }
}
