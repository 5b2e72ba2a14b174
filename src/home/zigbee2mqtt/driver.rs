//! What all things of Zigbee2MQTT have in common: their topics and whether they can be reached.

use crate::home::dialect::{Cannot, Driver, Publish};
use crate::home::entity::{Availability, EntityState};
use crate::home::order::Order;
use crate::home::payload::Payload;
use serde_json::{Map, Value, json};
use std::fmt;

/// One kind of thing: how messages change its state, and what an order sets.
pub(super) trait Part: fmt::Debug + Send + Sync {
    /// Takes a message of the device; what is not in it stays as it is.
    fn take(&mut self, message: &Map<String, Value>, state: &mut EntityState) -> Result<(), String>;

    /// The values that carry out an order.
    fn set(&self, order: &Order, state: &EntityState) -> Result<Map<String, Value>, Cannot>;

    /// The property to ask for when the state is not known.
    fn asked(&self) -> Option<&str> {
        None
    }
}

/// Reads and commands one thing of a device or group.
#[derive(Debug)]
pub(super) struct ZigbeeDriver {
    base: String,
    name: String,
    part: Box<dyn Part>,
    reports: bool,
    /// What the bridge and the device said last of being there.
    bridge: Option<bool>,
    own: Option<bool>,
}

impl ZigbeeDriver {
    /// A driver; `reports` tells whether the value of the part is published.
    pub(super) fn new(base: &str, name: &str, part: impl Part + 'static, reports: bool) -> Self {
        let (base, name) = (base.to_owned(), name.to_owned());
        Self { base, name, part: Box::new(part), reports, bridge: None, own: None }
    }
}

/// Both forms: `online`, and `{"state": "online"}`.
fn is_there(message: &Payload<'_>) -> Result<Option<bool>, String> {
    let word = match message.json() {
        Some(Value::Object(all)) => all.get("state").and_then(Value::as_str),
        _ => Some(message.text().trim()),
    };
    match word {
        Some("online") => Ok(Some(true)),
        Some("offline") => Ok(Some(false)),
        Some("") => Ok(None),
        _ => Err("availability is `online` or `offline`".into()),
    }
}

impl Driver for ZigbeeDriver {
    fn topics(&self) -> Vec<String> {
        let (base, name) = (&self.base, &self.name);
        vec![format!("{base}/{name}"), format!("{base}/{name}/availability"), format!("{base}/bridge/state")]
    }

    fn read(&mut self, slot: usize, message: &Payload<'_>, state: &mut EntityState) -> Result<(), String> {
        match slot {
            0 => {
                return match message.json() {
                    _ if message.text().trim().is_empty() => Ok(()),
                    Some(Value::Object(all)) => self.part.take(all, state),
                    _ => Err("the state of a device is a JSON object".into()),
                };
            }
            1 => self.own = is_there(message)?.or(self.own),
            _ => self.bridge = is_there(message)?.or(self.bridge),
        }
        let away = self.own == Some(false) || self.bridge == Some(false);
        state.availability = if away { Availability::Unavailable } else { Availability::Available };
        Ok(())
    }

    fn write(&self, order: &Order, state: &EntityState) -> Result<Vec<Publish>, Cannot> {
        let set = self.part.set(order, state)?;
        let topic = format!("{}/{}/set", self.base, self.name);
        Ok(vec![Publish::new(topic, Value::Object(set).to_string())])
    }

    fn reports(&self) -> bool {
        self.reports
    }

    fn question(&self) -> Vec<Publish> {
        let topic = format!("{}/{}/get", self.base, self.name);
        let ask = |property: &str| Publish::new(topic, json!({ property: "" }).to_string());
        self.part.asked().map(ask).into_iter().collect()
    }
}

/// One value that is set.
pub(super) fn one(property: &str, value: impl Into<Value>) -> Map<String, Value> {
    Map::from_iter([(property.to_owned(), value.into())])
}

/// Whether a message's value is the one that an expose names; words may differ in their case.
pub(super) fn same(value: &Value, named: &Value) -> bool {
    match (value, named) {
        (Value::String(a), Value::String(b)) => a.eq_ignore_ascii_case(b),
        _ => value == named,
    }
}
