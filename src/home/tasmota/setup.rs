//! What a device says of itself: names, topics, words, relays.

use crate::home::entity::Entity;
use crate::home::slug::slug;
use serde_json::Value;

/// The longest text that is taken over, in bytes.
const LONGEST_TEXT: usize = 255;
/// Tasmota has at most 32 relays.
const MOST_RELAYS: usize = 32;

/// What a relay is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relay {
    None,
    Switch,
    Light,
    Shutter,
}

/// A device's announcement.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Setup {
    pub(super) mac: String,
    /// What the person calls the device.
    pub(super) device: String,
    names: Vec<Option<String>>,
    /// The pattern with the prefixes of commands, answers and telemetry filled in; each ends with `/`.
    pub(super) commands: String,
    pub(super) answers: String,
    pub(super) telemetry: String,
    pub(super) online: String,
    pub(super) offline: String,
    /// The words for off and on.
    pub(super) off: String,
    pub(super) on: String,
    pub(super) relays: Vec<Relay>,
    /// It is an iFan: its first relay is the lamp, the others are the fan.
    pub(super) fan: bool,
    /// How many channels its light has: 1 brightness, 2 white temperature, 3 colour, 4 with white, 5 both.
    pub(super) channels: u64,
    /// Colour and white are one light.
    pub(super) linked: bool,
    options: Vec<(u64, u64)>,
    /// By shutter: whether 100 is closed, and least and greatest tilt.
    pub(super) shutters: Vec<(bool, Option<(f64, f64)>)>,
    /// It sleeps between its messages, and being offline says nothing.
    pub(super) sleeps: bool,
}

fn text(value: &Value, key: &str) -> Option<String> {
    let text = value.get(key).and_then(Value::as_str).map(str::trim);
    text.filter(|t| !t.is_empty() && t.len() <= LONGEST_TEXT).map(str::to_owned)
}

impl Setup {
    /// Reads an announcement.
    ///
    /// # Errors
    /// What it lacks.
    pub(super) fn read(value: &Value) -> Result<Self, String> {
        let list =
            |key: &str| value.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let number = |key: &str| value.get(key).and_then(Value::as_u64).unwrap_or(0);
        let mac = text(value, "mac").ok_or("the announcement needs `mac`")?;
        let topic = text(value, "t").ok_or("the announcement needs `t`, the device's topic")?;
        let pattern = text(value, "ft").unwrap_or_else(|| "%prefix%/%topic%/".into());
        let prefix = |at: usize, default: &str| {
            let given = list("tp").get(at).and_then(Value::as_str).filter(|p| p.len() <= LONGEST_TEXT);
            given.unwrap_or(default).to_owned()
        };
        let host = text(value, "hn").unwrap_or_default();
        let filled = |prefix: String| {
            let topic = pattern
                .replace("%prefix%", &prefix)
                .replace("%topic%", &topic)
                .replace("%hostname%", &host)
                .replace("%id%", &mac);
            format!("{}/", topic.trim_end_matches('/'))
        };
        let commands = filled(prefix(0, "cmnd"));
        let (answers, telemetry) = (filled(prefix(1, "stat")), filled(prefix(2, "tele")));
        for topic in [&commands, &answers, &telemetry] {
            if topic.contains(['+', '#', '\0']) {
                return Err(format!("its topics must be without wildcards, not `{topic}`"));
            }
        }
        let word = |at: usize, default: &str| {
            let given = list("state").get(at).and_then(Value::as_str);
            given.filter(|w| !w.is_empty() && w.len() <= LONGEST_TEXT).unwrap_or(default).to_owned()
        };
        let relay = |v: &Value| match v.as_u64() {
            Some(1) => Relay::Switch,
            Some(2) => Relay::Light,
            Some(3) => Relay::Shutter,
            _ => Relay::None,
        };
        let name = |v: &Value| {
            let name = v.as_str().map(str::trim).filter(|n| !n.is_empty() && n.len() <= LONGEST_TEXT)?;
            Some(name.to_owned())
        };
        let options = value.get("so").and_then(Value::as_object).into_iter().flatten();
        let option = |(key, v): (&String, &Value)| Some((key.parse().ok()?, v.as_u64()?));
        let tilt = |at: usize| {
            let all = list("sht").get(at)?.as_array()?;
            let at = |n: usize| all.get(n).and_then(Value::as_f64).filter(|x| x.abs() <= 1000.0);
            let moves = at(2).unwrap_or(0.0) != 0.0;
            Some((at(0)?, at(1)?)).filter(|(least, most)| moves && least != most)
        };
        let shutter = |at: usize| {
            let inverted = list("sho").get(at).and_then(Value::as_u64).unwrap_or(0) & 1 == 1;
            (inverted, tilt(at))
        };
        let names: Vec<Option<String>> = list("fn").iter().take(MOST_RELAYS).map(name).collect();
        let first = names.first().cloned().flatten();
        Ok(Self {
            device: text(value, "dn").or(first).unwrap_or_else(|| topic.clone()),
            names,
            commands,
            answers,
            telemetry,
            online: text(value, "onln").unwrap_or_else(|| "Online".into()),
            offline: text(value, "ofln").unwrap_or_else(|| "Offline".into()),
            off: word(0, "OFF"),
            on: word(1, "ON"),
            relays: list("rl").iter().take(MOST_RELAYS).map(relay).collect(),
            fan: number("if") == 1,
            channels: number("lt_st").min(5),
            linked: number("lk") == 1,
            options: options.take(64).filter_map(option).collect(),
            shutters: (0..MOST_RELAYS / 2).map(shutter).collect(),
            sleeps: number("dslp") == 1,
            mac,
        })
    }

    /// Whether a `SetOption` is on.
    pub(super) fn option(&self, number: u64) -> bool {
        self.options.iter().any(|(n, value)| *n == number && *value != 0)
    }

    /// An entity for the relay of this index.
    pub(super) fn entity(&self, domain: &str, index: usize) -> Entity {
        let several = self.relays.iter().filter(|r| **r != Relay::None).count() > 1;
        let given = self.names.get(index).cloned().flatten();
        let name = given.unwrap_or_else(|| match several {
            true => format!("{} {}", self.device, index + 1),
            false => self.device.clone(),
        });
        self.named(domain, &name)
    }

    /// An entity of this name.
    pub(super) fn named(&self, domain: &str, name: &str) -> Entity {
        let object = Some(slug(name)).filter(|s| !s.is_empty()).unwrap_or_else(|| slug(&self.mac));
        let mut entity = Entity::new(format!("{domain}.{object}"), name);
        if !name.to_lowercase().starts_with(&self.device.to_lowercase()) {
            entity.aliases.push(format!("{} {name}", self.device));
        }
        entity.device = Some(self.device.clone());
        entity
    }
}
