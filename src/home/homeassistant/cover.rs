//! Covers: blinds, curtains, garage doors, …

use super::component::{Commander, Component, Role, Settings, number, plain, same, variable};
use crate::home::dialect::{Cannot, Publish};
use crate::home::entity::{Entity, EntityState, Feature};
use crate::home::order::Order;
use serde_json::Value;

/// A scale on which a device counts, by the values that mean closed and open.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    pub(super) closed: f64,
    pub(super) open: f64,
}

impl Scale {
    /// A percentage as the device counts; open may be the lesser value.
    pub(super) fn of_percent(self, percent: f64) -> f64 {
        (self.closed + (self.open - self.closed) * percent / 100.0).round()
    }

    /// What the device counts as a percentage.
    pub(super) fn to_percent(self, value: f64) -> f64 {
        let span = self.open - self.closed;
        if span == 0.0 { 0.0 } else { ((value - self.closed) / span * 100.0).round().clamp(0.0, 100.0) }
    }
}

#[derive(Debug)]
struct Cover {
    command: Option<Commander>,
    open: Option<String>,
    close: Option<String>,
    stop: Option<String>,
    /// Payload and state.
    states: Vec<(String, &'static str)>,
    reports_state: bool,
    position: Scale,
    set_position: Option<Commander>,
    tilt: Scale,
    tilt_command: Option<Commander>,
}

/// A cover.
pub(super) fn cover(settings: &mut Settings, entity: &mut Entity) -> Result<Box<dyn Component>, String> {
    let command = settings.command("command_topic", "command_template");
    let reports_state = settings.read(Role::State, "state_topic", "value_template");
    settings.read(Role::Position, "position_topic", "position_template");
    settings.read(Role::Tilt, "tilt_status_topic", "tilt_status_template");
    let set_position = settings.command("set_position_topic", "set_position_template");
    let tilt_command = settings.command("tilt_command_topic", "tilt_command_template");
    let stop = settings.nullable("payload_stop", "STOP");
    if set_position.is_some() {
        entity.features.insert(Feature::Position);
    }
    if command.is_some() && stop.is_some() {
        entity.features.insert(Feature::Stop);
    }
    if tilt_command.is_some() {
        entity.features.insert(Feature::Tilt);
    }
    let states = [
        ("state_open", "open", "open"),
        ("state_opening", "opening", "opening"),
        ("state_closed", "closed", "closed"),
        ("state_closing", "closing", "closing"),
        ("state_stopped", "stopped", "stopped"),
    ]
    .map(|(key, default, state)| (settings.text(key, default), state))
    .to_vec();
    let mut value = |key: &str, default: f64| settings.number(key).unwrap_or(default);
    let position = Scale { closed: value("position_closed", 0.0), open: value("position_open", 100.0) };
    let (tilt_min, tilt_max) = (value("tilt_min", 0.0), value("tilt_max", 100.0));
    let tilt =
        Scale { closed: value("tilt_closed_value", tilt_min), open: value("tilt_opened_value", tilt_max) };
    Ok(Box::new(Cover {
        command,
        open: settings.nullable("payload_open", "OPEN"),
        close: settings.nullable("payload_close", "CLOSE"),
        stop,
        states,
        reports_state,
        position,
        set_position,
        tilt,
        tilt_command,
    }))
}

impl Cover {
    fn take_position(&self, value: f64, state: &mut EntityState) {
        let percent = self.position.to_percent(value);
        state.attributes.insert("current_position".into(), (percent as i64).into());
        let moving = matches!(state.value.as_deref(), Some("opening" | "closing"));
        if !self.reports_state || (moving && matches!(percent as i64, 0 | 100)) || state.value.is_none() {
            state.value = Some(if percent > 0.0 { "open" } else { "closed" }.into());
        }
    }

    fn take_tilt(&self, value: f64, state: &mut EntityState) {
        let percent = self.tilt.to_percent(value);
        state.attributes.insert("current_tilt_position".into(), (percent as i64).into());
    }

    fn go(&self, percent: f64) -> Result<Vec<Publish>, Cannot> {
        let to = self.set_position.as_ref().ok_or(Cannot::Lacks("position"))?;
        let value = self.position.of_percent(percent);
        let others = [
            ("position", variable(percent)),
            ("position_open", variable(self.position.open)),
            ("position_closed", variable(self.position.closed)),
            ("tilt_min", variable(self.tilt.closed.min(self.tilt.open))),
            ("tilt_max", variable(self.tilt.closed.max(self.tilt.open))),
        ];
        Ok(vec![to.send_with(&plain(value), variable(value), &others)?])
    }

    fn say(&self, word: &Option<String>, percent: f64) -> Result<Vec<Publish>, Cannot> {
        match (&self.command, word) {
            (Some(command), Some(word)) => Ok(vec![command.send(word)?]),
            _ => self.go(percent).map_err(|_| Cannot::Lacks("opening and closing")),
        }
    }
}

impl Component for Cover {
    fn take(&mut self, role: Role, text: &str, state: &mut EntityState) -> Result<(), String> {
        match role {
            Role::Position => {
                if let Ok(Value::Object(all)) = serde_json::from_str(text) {
                    if let Some(tilt) = all.get("tilt_position").and_then(Value::as_f64) {
                        self.take_tilt(tilt, state);
                    }
                    let position = all.get("position").and_then(Value::as_f64);
                    self.take_position(position.ok_or("there is no `position` in it")?, state);
                } else {
                    self.take_position(number(text)?, state);
                }
            }
            Role::Tilt => self.take_tilt(number(text)?, state),
            _ => {
                state.value = match self.states.iter().find(|(payload, _)| same(text, payload)) {
                    Some((_, "stopped")) => {
                        let closed = state.number("current_position") == Some(0.0);
                        Some(if closed { "closed" } else { "open" }.into())
                    }
                    Some((_, word)) => Some((*word).into()),
                    None if text == "None" => None,
                    None => {
                        let text = crate::home::registry::shorten(text, 40);
                        return Err(format!("`{text}` is no state of a cover"));
                    }
                };
            }
        }
        Ok(())
    }

    fn write(&self, order: &Order, _: &EntityState) -> Result<Vec<Publish>, Cannot> {
        match order {
            Order::Open => self.say(&self.open, 100.0),
            Order::Close => self.say(&self.close, 0.0),
            Order::Stop => match (&self.command, &self.stop) {
                (Some(command), Some(word)) => Ok(vec![command.send(word)?]),
                _ => Err(Cannot::Lacks("stop")),
            },
            Order::Position(percent) => self.go(*percent),
            Order::Tilt(percent) => {
                let to = self.tilt_command.as_ref().ok_or(Cannot::Lacks("tilt"))?;
                let value = self.tilt.of_percent(*percent);
                let others = [
                    ("tilt_position", variable(*percent)),
                    ("position_open", variable(self.position.open)),
                    ("position_closed", variable(self.position.closed)),
                    ("tilt_min", variable(self.tilt.closed.min(self.tilt.open))),
                    ("tilt_max", variable(self.tilt.closed.max(self.tilt.open))),
                ];
                Ok(vec![to.send_with(&plain(value), variable(value), &others)?])
            }
            _ => Err(Cannot::Lacks("that")),
        }
    }
}
