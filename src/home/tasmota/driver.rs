//! What all things of Tasmota have in common: their topics, and whether they can be reached.

use super::setup::Setup;
use crate::home::dialect::{Announcement, Cannot, Driver, Publish};
use crate::home::entity::{Availability, Entity, EntityState};
use crate::home::order::Order;
use crate::home::payload::Payload;
use serde_json::{Map, Value};
use std::fmt;

/// One kind of thing.
pub(super) trait Part: fmt::Debug + Send + Sync {
    /// Takes what an answer or telemetry tells; what is not in it stays as it is.
    fn take(&mut self, message: &Map<String, Value>, state: &mut EntityState) -> Result<(), String>;

    /// The commands that carry out an order: name and payload.
    fn write(&self, order: &Order, state: &EntityState) -> Result<Vec<(String, String)>, Cannot>;
}

/// Reads and commands one thing of a device.
#[derive(Debug)]
pub(super) struct TasmotaDriver {
    part: Box<dyn Part>,
    commands: String,
    /// Where it tells its state; the last one is the last will.
    topics: Vec<String>,
    online: String,
    offline: String,
    sleeps: bool,
    /// What asks for its state.
    question: (&'static str, &'static str),
}

/// What makes a driver differ from others: what it reads and asks.
pub(super) enum Reads {
    /// Relays and lights: `STATE` and the answers to these commands.
    State(Vec<String>),
    /// Shutters and sensors: `SENSOR`, and answers if there are any.
    Sensor(bool),
}

impl TasmotaDriver {
    /// A driver of a device.
    pub(super) fn new(setup: &Setup, part: impl Part + 'static, reads: Reads) -> Self {
        let (answers, telemetry) = (&setup.answers, &setup.telemetry);
        let mut topics = Vec::new();
        let question = match reads {
            Reads::State(commands) => {
                topics.push(format!("{telemetry}STATE"));
                topics.push(format!("{answers}RESULT"));
                topics.push(format!("{answers}STATUS11"));
                // With SetOption4 each command is answered on a topic of its own.
                if setup.option(4) {
                    topics.extend(commands.iter().map(|c| format!("{answers}{}", c.to_uppercase())));
                }
                ("STATUS", "11")
            }
            Reads::Sensor(answered) => {
                topics.push(format!("{telemetry}SENSOR"));
                topics.push(format!("{answers}STATUS10"));
                if answered {
                    topics.push(format!("{answers}RESULT"));
                }
                ("STATUS", "10")
            }
        };
        topics.push(format!("{telemetry}LWT"));
        Self {
            part: Box::new(part),
            commands: setup.commands.clone(),
            topics,
            online: setup.online.clone(),
            offline: setup.offline.clone(),
            sleeps: setup.sleeps,
            question,
        }
    }
}

impl Driver for TasmotaDriver {
    fn topics(&self) -> Vec<String> {
        self.topics.clone()
    }

    fn read(&mut self, slot: usize, message: &Payload<'_>, state: &mut EntityState) -> Result<(), String> {
        if slot + 1 == self.topics.len() {
            let word = message.text().trim();
            if word == self.online {
                state.availability = Availability::Available;
            } else if word == self.offline && !self.sleeps {
                state.availability = Availability::Unavailable;
            }
            return Ok(());
        }
        // An answer may be a bare word, such as a relay's on its own topic; its JSON tells the same.
        let Some(Value::Object(all)) = message.json() else { return Ok(()) };
        let inside = all.get("StatusSTS").or_else(|| all.get("StatusSNS")).and_then(Value::as_object);
        self.part.take(inside.unwrap_or(all), state)
    }

    fn write(&self, order: &Order, state: &EntityState) -> Result<Vec<Publish>, Cannot> {
        let commands = self.part.write(order, state)?;
        Ok(commands
            .into_iter()
            .map(|(c, payload)| Publish::new(format!("{}{c}", self.commands), payload))
            .collect())
    }

    fn reports(&self) -> bool {
        true
    }

    fn question(&self) -> Vec<Publish> {
        let (command, payload) = self.question;
        vec![Publish::new(format!("{}{command}", self.commands), payload)]
    }
}

/// The announcement of a thing of a device.
pub(super) fn announce(
    setup: &Setup,
    source: &str,
    key: String,
    entity: Entity,
    driver: TasmotaDriver,
    twins: Vec<String>,
) -> Announcement {
    let unique = format!("tasmota {} {key}", setup.mac);
    Announcement { twins, ..Announcement::native(source, key, unique, entity, driver) }
}
