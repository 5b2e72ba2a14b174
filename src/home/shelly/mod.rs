//! Shelly devices of the second generation and later.
//!
//! In come `<prefix>/online`, `<prefix>/events/rpc`, `<prefix>/status/<component>` and the answers to our
//! questions; out go entities whose drivers merge what the notifications tell and write `<prefix>/rpc`.
//! What must never happen here: that a topic that another device uses as well is kept from it, or that
//! somebody is asked who is no Shelly.
//!
//! A device announces nothing. It is noticed by its name on `online` or by a notification, and asked for
//! its configuration, which tells its components and their names, and then for its status.
//!
//! Not served: devices whose RPC over MQTT is switched off, the first generation, scripts, virtual components.
//!
//! Source: Shelly's API documentation, Gen2+ (RPC protocol, notifications, MQTT, components).

mod component;
mod driver;
mod entities;

use super::config::HomeConfig;
use super::dialect::{Announced, Announcement, Dialect, Publish};
use super::payload::Payload;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

/// How we call ourselves in requests; answers come on `<SOURCE>/rpc`.
pub(super) const SOURCE: &str = "sotto";
/// The most devices that are remembered.
const MOST_DEVICES: usize = 1024;
/// The most questions that wait to be sent.
const MOST_QUESTIONS: usize = 2 * MOST_DEVICES;
/// The longest prefix, in bytes.
const LONGEST_PREFIX: usize = 255;

/// Shelly, with the prefixes of a home.
#[derive(Debug)]
pub struct Shelly {
    /// Prefixes; one that is `+` stands for any single level.
    prefixes: Vec<String>,
    devices: BTreeMap<String, Device>,
    questions: Vec<Publish>,
}

/// What is known of a device.
#[derive(Debug, Default)]
struct Device {
    /// Its configuration has been read.
    known: bool,
    asked: bool,
    online: Option<bool>,
}

/// What a topic tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place<'t> {
    Online(&'t str),
    Events(&'t str),
    Answer,
}

impl Shelly {
    /// The dialect with the prefixes of a home.
    pub fn new(config: &HomeConfig) -> Self {
        let prefixes = config.shelly_topics.iter().map(|p| p.trim_matches('/').to_owned());
        Self {
            prefixes: prefixes.filter(|p| !p.is_empty()).collect(),
            devices: BTreeMap::new(),
            questions: Vec::new(),
        }
    }

    fn place<'t>(&self, topic: &'t str) -> Option<Place<'t>> {
        if self.prefixes.is_empty() {
            return None;
        }
        if topic.strip_prefix(SOURCE) == Some("/rpc") {
            return Some(Place::Answer);
        }
        let ours = |prefix: &&str| {
            let any = !prefix.contains('/');
            prefix.len() <= LONGEST_PREFIX
                && !prefix.is_empty()
                && self.prefixes.iter().any(|p| p == prefix || (any && p == "+"))
        };
        let online = || topic.strip_suffix("/online").filter(ours).map(Place::Online);
        topic.strip_suffix("/events/rpc").filter(ours).map(Place::Events).or_else(online)
    }

    /// Whether a prefix is that of a Shelly without anything else being heard from it.
    fn is_named(&self, prefix: &str) -> bool {
        let last = prefix.rsplit('/').next().unwrap_or_default();
        last.to_ascii_lowercase().starts_with("shelly") || self.prefixes.iter().any(|p| p == prefix)
    }

    /// Asks a device for its configuration, once.
    fn notice(&mut self, prefix: &str, online: Option<bool>) -> Result<(), String> {
        if !self.devices.contains_key(prefix) && self.devices.len() >= MOST_DEVICES {
            return Err(format!("{MOST_DEVICES} Shelly devices are known and no more are learnt"));
        }
        let device = self.devices.entry(prefix.to_owned()).or_default();
        let back = online == Some(true) && device.online == Some(false);
        device.online = online.or(device.online);
        // One that was away may have been set up anew.
        if (!device.asked || back) && device.online != Some(false) {
            device.asked = true;
            self.ask(prefix, "Shelly.GetConfig");
        }
        Ok(())
    }

    fn ask(&mut self, prefix: &str, method: &str) {
        if self.questions.len() < MOST_QUESTIONS {
            let request = json!({ "id": number(prefix, method), "src": SOURCE, "method": method });
            self.questions.push(Publish::new(format!("{prefix}/rpc"), request.to_string()));
        }
    }

    /// An answer belongs to the device and the question whose number it bears.
    fn answer(&mut self, frame: &Value) -> Vec<Announced> {
        let Some(id) = frame.get("id").and_then(Value::as_u64) else { return Vec::new() };
        let Some(result) = frame.get("result").filter(|r| r.is_object()) else { return Vec::new() };
        let asked = |prefix: &&String| number(prefix, "Shelly.GetConfig") == id;
        let Some(prefix) = self.devices.keys().find(asked).cloned() else { return Vec::new() };
        let things = entities::things(&prefix, result);
        if let Some(device) = self.devices.get_mut(&prefix) {
            device.known = true;
        }
        self.ask(&prefix, "Shelly.GetStatus");
        whole(&format!("{prefix}/rpc"), things)
    }
}

/// The number of a question. All boards of a home number alike, so that an answer to one is good for all.
pub(super) fn number(prefix: &str, method: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (prefix, method).hash(&mut hasher);
    // JSON of small devices has 53 bits at most.
    hasher.finish() >> 16
}

impl Dialect for Shelly {
    fn name(&self) -> &'static str {
        "Shelly"
    }

    fn subscriptions(&self) -> Vec<String> {
        let topics = |p: &String| [format!("{p}/online"), format!("{p}/events/rpc")];
        let mut all: Vec<String> = self.prefixes.iter().flat_map(topics).collect();
        if !all.is_empty() {
            all.push(format!("{SOURCE}/rpc"));
        }
        all
    }

    fn claims(&self, topic: &str) -> bool {
        self.place(topic).is_some()
    }

    fn shares(&self) -> bool {
        true
    }

    fn announced(&mut self, topic: &str, payload: &Payload<'_>) -> Result<Vec<Announced>, String> {
        match self.place(topic) {
            Some(Place::Online(prefix)) => {
                let online = match payload.text().trim() {
                    "true" => true,
                    "false" => false,
                    // Other devices have such a topic too.
                    _ => return Ok(Vec::new()),
                };
                if self.devices.contains_key(prefix) || self.is_named(prefix) {
                    self.notice(prefix, Some(online))?;
                }
                Ok(Vec::new())
            }
            Some(Place::Events(prefix)) => {
                let method = payload.json().and_then(|frame| frame.get("method")?.as_str());
                if method.is_some_and(|m| m.starts_with("Notify")) {
                    // What sleeps is there while it speaks.
                    let sleeps =
                        self.devices.get(prefix).is_some_and(|d| !d.known && d.online == Some(false));
                    self.notice(prefix, sleeps.then_some(true))?;
                }
                Ok(Vec::new())
            }
            Some(Place::Answer) => Ok(payload.json().map(|frame| self.answer(frame)).unwrap_or_default()),
            None => Ok(Vec::new()),
        }
    }

    fn questions(&mut self) -> Vec<Publish> {
        std::mem::take(&mut self.questions)
    }
}

/// Says that these things, and no others, are announced at a source.
fn whole(source: &str, things: Vec<Announcement>) -> Vec<Announced> {
    let components: BTreeSet<String> = things.iter().map(|t| t.component.clone()).collect();
    let mut all = vec![Announced::Whole { source: source.to_owned(), components }];
    all.extend(things.into_iter().map(|thing| Announced::Thing(Box::new(thing))));
    all
}
