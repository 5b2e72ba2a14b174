//! Covers and locks.

use super::driver::{Part, one, same};
use super::exposes::Expose;
use crate::home::dialect::Cannot;
use crate::home::entity::{Entity, EntityState, Feature};
use crate::home::order::Order;
use serde_json::{Map, Value, json};

/// A cover.
#[derive(Debug, Clone)]
pub(super) struct Cover {
    state: Option<String>,
    stops: bool,
    position: Option<String>,
    sets_position: bool,
    tilt: Option<String>,
    moving: String,
    asked: Option<String>,
}

impl Cover {
    /// Reads a cover.
    pub(super) fn read(expose: &Expose) -> Option<Self> {
        let state = expose.can_set("state");
        let position = expose.feature("position");
        let tilt = expose.can_set("tilt");
        if state.is_none() && position.is_none_or(|p| !p.settable()) && tilt.is_none() {
            return None;
        }
        let suffix = expose.endpoint.as_ref().map(|e| format!("_{e}")).unwrap_or_default();
        let asked = state.into_iter().chain(position).find(|f| f.gettable());
        Some(Self {
            stops: state.is_some_and(|s| s.values.is_empty() || s.values.iter().any(|v| v == "STOP")),
            state: state.map(|s| s.property.clone()),
            sets_position: position.is_some_and(Expose::settable),
            position: position.map(|p| p.property.clone()),
            tilt: tilt.map(|t| t.property.clone()),
            moving: format!("moving{suffix}"),
            asked: asked.map(|f| f.property.clone()),
        })
    }

    /// Tells the entity what it can do.
    pub(super) fn declare(&self, entity: &mut Entity) {
        let all = [
            (self.sets_position, Feature::Position),
            (self.stops, Feature::Stop),
            (self.tilt.is_some(), Feature::Tilt),
        ];
        entity.features.extend(all.into_iter().filter(|(has, _)| *has).map(|(_, feature)| feature));
    }

    fn say(&self, word: &str, percent: i64) -> Result<Map<String, Value>, Cannot> {
        match (&self.state, &self.position) {
            (Some(state), _) => Ok(one(state, word)),
            (None, Some(position)) if self.sets_position => Ok(one(position, percent)),
            _ => Err(Cannot::Lacks("opening and closing")),
        }
    }
}

impl Part for Cover {
    fn take(&mut self, message: &Map<String, Value>, state: &mut EntityState) -> Result<(), String> {
        let number = |property: &Option<String>| {
            let value = message.get(property.as_ref()?)?.as_f64()?;
            Some(value.clamp(0.0, 100.0).round())
        };
        let said = self.state.as_ref().and_then(|property| message.get(property)?.as_str());
        let position = number(&self.position);
        if let Some(percent) = position {
            state.attributes.insert("current_position".into(), json!(percent as i64));
        }
        if let Some(percent) = number(&self.tilt) {
            state.attributes.insert("current_tilt_position".into(), json!(percent as i64));
        }
        let word = match (message.get(&self.moving).and_then(Value::as_str), position, said) {
            (Some("UP" | "OPEN" | "OPENING"), ..) => Some("opening"),
            (Some("DOWN" | "CLOSE" | "CLOSING"), ..) => Some("closing"),
            (_, Some(percent), _) => Some(if percent > 0.0 { "open" } else { "closed" }),
            (_, None, Some("OPEN")) => Some("open"),
            (_, None, Some("CLOSE")) => Some("closed"),
            _ => None,
        };
        if let Some(word) = word {
            state.value = Some(word.into());
        }
        Ok(())
    }

    fn set(&self, order: &Order, _: &EntityState) -> Result<Map<String, Value>, Cannot> {
        match (order, &self.state, &self.position, &self.tilt) {
            (Order::Open, ..) => self.say("OPEN", 100),
            (Order::Close, ..) => self.say("CLOSE", 0),
            (Order::Stop, Some(state), ..) if self.stops => Ok(one(state, "STOP")),
            (Order::Position(percent), _, Some(position), _) if self.sets_position => {
                Ok(one(position, percent.round() as i64))
            }
            (Order::Tilt(percent), _, _, Some(tilt)) => Ok(one(tilt, percent.round() as i64)),
            (Order::Stop, ..) => Err(Cannot::Lacks("stop")),
            (Order::Position(_), ..) => Err(Cannot::Lacks("position")),
            _ => Err(Cannot::Lacks("that")),
        }
    }

    fn asked(&self) -> Option<&str> {
        self.asked.as_deref()
    }
}

/// A lock.
#[derive(Debug, Clone)]
pub(super) struct Lock {
    state: String,
    lock: Value,
    unlock: Value,
    lock_state: Option<String>,
    gettable: bool,
}

impl Lock {
    /// Reads a lock.
    pub(super) fn read(expose: &Expose) -> Option<Self> {
        let state = expose.can_set("state")?;
        Some(Self {
            state: state.property.clone(),
            lock: state.on.clone().unwrap_or("LOCK".into()),
            unlock: state.off.clone().unwrap_or("UNLOCK".into()),
            lock_state: expose.feature("lock_state").map(|f| f.property.clone()),
            gettable: state.gettable(),
        })
    }
}

impl Part for Lock {
    fn take(&mut self, message: &Map<String, Value>, state: &mut EntityState) -> Result<(), String> {
        let real = self.lock_state.as_ref().and_then(|property| message.get(property)?.as_str());
        let word = match (real, message.get(&self.state)) {
            // The bolt is between its ends.
            (Some("not_fully_locked"), _) => "jammed",
            (Some("locked"), _) => "locked",
            (Some("unlocked"), _) => "unlocked",
            (_, Some(said)) if same(said, &self.lock) => "locked",
            (_, Some(said)) if same(said, &self.unlock) => "unlocked",
            (_, Some(said)) if !said.is_null() => {
                return Err(format!("`{}` is no state of a lock", self.state));
            }
            _ => return Ok(()),
        };
        state.value = Some(word.into());
        Ok(())
    }

    fn set(&self, order: &Order, _: &EntityState) -> Result<Map<String, Value>, Cannot> {
        match order {
            Order::Lock => Ok(one(&self.state, self.lock.clone())),
            Order::Unlock => Ok(one(&self.state, self.unlock.clone())),
            _ => Err(Cannot::Lacks("anything but locking and unlocking")),
        }
    }

    fn asked(&self) -> Option<&str> {
        self.gettable.then_some(self.state.as_str())
    }
}
