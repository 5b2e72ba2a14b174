//! Tasmota.
//!
//! In come the retained announcements on `tasmota/discovery/<MAC>/config` and `…/sensors`; out go entities
//! with drivers that read `stat/…` and `tele/…` and write `cmnd/…`. What must never happen here: a command
//! that is kept by the broker (lamps would switch by themselves), or a topic built from a pattern that
//! leaves the device's own place.
//!
//! Not served: buttons, switches that are not among the sensors, light schemes, RF and IR bridges, TuyaMCU.
//!
//! Source: Tasmota's documentation (MQTT, Commands) and its discovery driver.

mod driver;
mod light;
mod relay;
mod sensor;
mod setup;
mod shutter;

use super::config::HomeConfig;
use super::dialect::{Announced, Announcement, Dialect};
use super::json;
use super::payload::Payload;
use serde_json::Value;
use setup::Setup;
use std::collections::{BTreeMap, BTreeSet};

/// The most devices that are remembered.
const MOST_DEVICES: usize = 4096;
/// The longest list of sensors that is remembered until the device's own announcement comes, in bytes.
const LONGEST_SENSORS: usize = 8 << 10;

/// Tasmota, under one or more discovery topics.
#[derive(Debug)]
pub struct Tasmota {
    prefixes: Vec<String>,
    devices: BTreeMap<String, Device>,
}

/// What is known of a device: its two announcements come in any order.
#[derive(Debug, Default)]
struct Device {
    setup: Option<Setup>,
    /// The text of its sensors.
    sensors: Option<Box<str>>,
}

impl Tasmota {
    /// The dialect with the discovery topics of a home.
    pub fn new(config: &HomeConfig) -> Self {
        let prefixes = config.tasmota_topics.iter().map(|p| p.trim_matches('/').to_owned());
        Self { prefixes: prefixes.filter(|p| !p.is_empty()).collect(), devices: BTreeMap::new() }
    }

    /// The topic up to the device, and which of the two announcements it is.
    fn place<'t>(&self, topic: &'t str) -> Option<(&'t str, &'t str)> {
        let (device, list) = topic.rsplit_once('/').filter(|(_, l)| matches!(*l, "config" | "sensors"))?;
        let (prefix, mac) = device.rsplit_once('/')?;
        (!mac.is_empty() && self.prefixes.iter().any(|p| p == prefix)).then_some((device, list))
    }
}

impl Dialect for Tasmota {
    fn name(&self) -> &'static str {
        "Tasmota"
    }

    fn subscriptions(&self) -> Vec<String> {
        self.prefixes.iter().flat_map(|p| [format!("{p}/+/config"), format!("{p}/+/sensors")]).collect()
    }

    fn claims(&self, topic: &str) -> bool {
        self.place(topic).is_some()
    }

    fn announced(&mut self, topic: &str, payload: &Payload<'_>) -> Result<Vec<Announced>, String> {
        let Some((key, list)) = self.place(topic) else { return Ok(Vec::new()) };
        let gone = payload.text().trim().is_empty();
        if !self.devices.contains_key(key) && self.devices.len() >= MOST_DEVICES {
            return Err(format!("{MOST_DEVICES} Tasmota devices are known and no more are learnt"));
        }
        let mut all = Vec::new();
        if list == "config" {
            let setup = match gone {
                true => None,
                false => Some(Setup::read(&object(payload)?)?),
            };
            let things = setup.as_ref().map(|s| relay::things(s, topic)).unwrap_or_default();
            self.devices.entry(key.to_owned()).or_default().setup = setup;
            whole(topic, things, &mut all);
        } else {
            let text = payload.text();
            if text.len() > LONGEST_SENSORS {
                return Err(format!("the sensors take {} bytes, the most is {LONGEST_SENSORS}", text.len()));
            }
            if !gone {
                object(payload)?;
            }
            self.devices.entry(key.to_owned()).or_default().sensors = (!gone).then(|| text.into());
        }
        // The sensors are on the topics that the device's own announcement tells.
        let source = format!("{key}/sensors");
        if let Some(device) = self.devices.get(key) {
            let sensors = device.sensors.as_deref().and_then(|text| json::read(text).ok());
            let things = match (&device.setup, sensors) {
                (Some(setup), Some(sensors)) => sensor::things(setup, &sensors, &source),
                _ => Vec::new(),
            };
            whole(&source, things, &mut all);
            if device.setup.is_none() && device.sensors.is_none() {
                self.devices.remove(key);
            }
        }
        Ok(all)
    }
}

fn object(payload: &Payload<'_>) -> Result<Value, String> {
    let value = json::read(payload.text()).map_err(|e| format!("the announcement is no JSON: {e}"))?;
    if value.is_object() { Ok(value) } else { Err("the announcement is JSON, but no object".into()) }
}

/// Says that these things, and no others, are announced at a source.
fn whole(source: &str, things: Vec<Announcement>, all: &mut Vec<Announced>) {
    let components: BTreeSet<String> = things.iter().map(|t| t.component.clone()).collect();
    all.push(Announced::Whole { source: source.to_owned(), components });
    all.extend(things.into_iter().map(|thing| Announced::Thing(Box::new(thing))));
}
