//! Valves.

use super::component::{Commander, Component, Role, Settings, number, plain, same, variable};
use super::cover::Scale;
use crate::home::dialect::{Cannot, Publish};
use crate::home::entity::{Entity, EntityState, Feature};
use crate::home::order::Order;
use serde_json::Value;

#[derive(Debug)]
struct Valve {
    command: Option<Commander>,
    open: Option<String>,
    close: Option<String>,
    stop: Option<String>,
    /// It counts in positions and knows no words for open and closed.
    by_position: bool,
    position: Scale,
    /// Payload and state.
    states: Vec<(String, &'static str)>,
}

/// A valve.
pub(super) fn valve(settings: &mut Settings, entity: &mut Entity) -> Result<Box<dyn Component>, String> {
    let command = settings.command("command_topic", "command_template");
    settings.read(Role::State, "state_topic", "value_template");
    let by_position = settings.flag("reports_position", false);
    let stop = settings.optional("payload_stop");
    if command.is_some() {
        if by_position {
            entity.features.insert(Feature::Position);
        }
        if stop.is_some() {
            entity.features.insert(Feature::Stop);
        }
    }
    let position = Scale {
        closed: settings.number("position_closed").unwrap_or(0.0),
        open: settings.number("position_open").unwrap_or(100.0),
    };
    let states = [
        ("state_open", "open", "open"),
        ("state_opening", "opening", "opening"),
        ("state_closed", "closed", "closed"),
        ("state_closing", "closing", "closing"),
    ]
    .map(|(key, default, state)| (settings.text(key, default), state))
    .to_vec();
    Ok(Box::new(Valve {
        command,
        open: settings.nullable("payload_open", "OPEN"),
        close: settings.nullable("payload_close", "CLOSE"),
        stop,
        by_position,
        position,
        states,
    }))
}

impl Valve {
    fn take_word(&self, word: &str, state: &mut EntityState) -> Result<(), String> {
        state.value = match self.states.iter().find(|(payload, _)| same(word, payload)) {
            Some((_, word)) => Some((*word).into()),
            None if word == "None" => None,
            None => {
                return Err(format!("`{}` is no state of a valve", crate::home::registry::shorten(word, 40)));
            }
        };
        Ok(())
    }

    fn take_position(&self, value: f64, word: Option<&str>, state: &mut EntityState) {
        let percent = self.position.to_percent(value);
        state.attributes.insert("current_position".into(), (percent as i64).into());
        let moving = word.and_then(|w| self.states.iter().find(|(payload, _)| same(w, payload)));
        state.value = Some(match moving {
            Some((_, word @ ("opening" | "closing"))) => (*word).into(),
            _ => if percent > 0.0 { "open" } else { "closed" }.into(),
        });
    }

    fn go(&self, percent: f64) -> Result<Vec<Publish>, Cannot> {
        let command = self.command.as_ref().filter(|_| self.by_position).ok_or(Cannot::Lacks("position"))?;
        let value = self.position.of_percent(percent);
        let others = [
            ("position", variable(percent)),
            ("position_open", variable(self.position.open)),
            ("position_closed", variable(self.position.closed)),
        ];
        Ok(vec![command.send_with(&plain(value), variable(value), &others)?])
    }

    fn say(&self, word: &Option<String>, percent: f64) -> Result<Vec<Publish>, Cannot> {
        if self.by_position {
            return self.go(percent);
        }
        match (&self.command, word) {
            (Some(command), Some(word)) => Ok(vec![command.send(word)?]),
            _ => Err(Cannot::Lacks("opening and closing")),
        }
    }
}

impl Component for Valve {
    fn take(&mut self, _: Role, text: &str, state: &mut EntityState) -> Result<(), String> {
        if let Ok(Value::Object(all)) = serde_json::from_str(text) {
            let word = all.get("state").and_then(Value::as_str);
            return match all.get("position").and_then(Value::as_f64).filter(|_| self.by_position) {
                Some(position) => {
                    self.take_position(position, word, state);
                    Ok(())
                }
                None => self.take_word(word.ok_or("there is neither `state` nor `position` in it")?, state),
            };
        }
        match number(text) {
            Ok(position) if self.by_position => self.take_position(position, None, state),
            _ => self.take_word(text, state)?,
        }
        Ok(())
    }

    fn write(&self, order: &Order, _: &EntityState) -> Result<Vec<Publish>, Cannot> {
        match order {
            Order::Open => self.say(&self.open, 100.0),
            Order::Close => self.say(&self.close, 0.0),
            Order::Position(percent) => self.go(*percent),
            Order::Stop => match (&self.command, &self.stop) {
                (Some(command), Some(word)) => Ok(vec![command.send(word)?]),
                _ => Err(Cannot::Lacks("stop")),
            },
            _ => Err(Cannot::Lacks("that")),
        }
    }
}
