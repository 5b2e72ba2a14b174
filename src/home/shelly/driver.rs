//! What all things of Shelly have in common: how notifications and answers reach a component.

use super::component::Component;
use super::{SOURCE, number};
use crate::home::dialect::{Cannot, Driver, Publish};
use crate::home::entity::{Availability, EntityState};
use crate::home::order::Order;
use crate::home::payload::Payload;
use serde_json::{Value, json};

/// Reads and commands one component of a device.
#[derive(Debug)]
pub(super) struct ShellyDriver {
    prefix: String,
    /// `switch:0`, …
    key: String,
    component: Component,
    /// It sleeps between its messages, and being offline says nothing.
    sleeps: bool,
}

impl ShellyDriver {
    /// A driver of a component.
    pub(super) fn new(prefix: &str, key: &str, component: Component, sleeps: bool) -> Self {
        Self { prefix: prefix.to_owned(), key: key.to_owned(), component, sleeps }
    }

    fn take(&mut self, status: Option<&Value>, state: &mut EntityState) -> Result<(), String> {
        match status {
            Some(Value::Object(status)) => self.component.take(status, state),
            // A component that is switched off has no status.
            Some(Value::Null) | None => Ok(()),
            Some(_) => Err(format!("the status of `{}` is a JSON object", self.key)),
        }
    }
}

impl Driver for ShellyDriver {
    fn topics(&self) -> Vec<String> {
        let prefix = &self.prefix;
        vec![
            format!("{prefix}/events/rpc"),
            format!("{prefix}/status/{}", self.key),
            format!("{SOURCE}/rpc"),
            format!("{prefix}/online"),
        ]
    }

    fn read(&mut self, slot: usize, message: &Payload<'_>, state: &mut EntityState) -> Result<(), String> {
        if slot == 3 {
            state.availability = match message.text().trim() {
                "false" if !self.sleeps => Availability::Unavailable,
                _ => Availability::Available,
            };
            return Ok(());
        }
        let Some(frame) = message.json() else { return Err("a message of a Shelly is JSON".into()) };
        match slot {
            0 => {
                let params = frame.get("params");
                match frame.get("method").and_then(Value::as_str) {
                    Some("NotifyEvent") => {
                        let events = params.and_then(|p| p.get("events")).and_then(Value::as_array);
                        for event in events.into_iter().flatten() {
                            let ours =
                                event.get("component").and_then(Value::as_str) == Some(self.key.as_str());
                            if let Some(name) = event.get("event").and_then(Value::as_str).filter(|_| ours) {
                                self.component.happened(name, state);
                            }
                        }
                        Ok(())
                    }
                    Some("NotifyStatus" | "NotifyFullStatus") => {
                        self.take(params.and_then(|p| p.get(&self.key)), state)
                    }
                    _ => Ok(()),
                }
            }
            1 => self.take(Some(frame), state),
            _ => {
                let ours =
                    frame.get("id").and_then(Value::as_u64) == Some(number(&self.prefix, "Shelly.GetStatus"));
                match frame.get("result").filter(|_| ours) {
                    Some(result) => self.take(result.get(&self.key), state),
                    None => Ok(()),
                }
            }
        }
    }

    fn write(&self, order: &Order, state: &EntityState) -> Result<Vec<Publish>, Cannot> {
        let (method, params) = self.component.write(order, state)?;
        let request =
            json!({ "id": number(&self.prefix, method), "src": SOURCE, "method": method, "params": params });
        Ok(vec![Publish::new(format!("{}/rpc", self.prefix), request.to_string())])
    }

    fn reports(&self) -> bool {
        true
    }

    fn question(&self) -> Vec<Publish> {
        let method = "Shelly.GetStatus";
        let request = json!({ "id": number(&self.prefix, method), "src": SOURCE, "method": method });
        // What sleeps does not hear.
        let asked = (!self.sleeps).then(|| Publish::new(format!("{}/rpc", self.prefix), request.to_string()));
        asked.into_iter().collect()
    }
}
