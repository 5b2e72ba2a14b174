//! One component of an announcement: its settings, and the driver that is made of them.

use super::availability::Availability;
use super::template::{Rendered, Template};
use crate::home::dialect::{Cannot, Driver, Publish};
use crate::home::entity::{Entity, EntityState};
use crate::home::order::Order;
use crate::home::payload::Payload;
pub(super) use crate::home::payload::plain;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt;

/// The longest text in an announcement, in bytes; templates may be longer.
const LONGEST_TEXT: usize = 1024;
/// The longest list in an announcement.
const LONGEST_LIST: usize = 1024;
/// The longest state that is kept, in characters (Home Assistant's limit).
const LONGEST_STATE: usize = 255;
/// The most that is kept of free attributes, in bytes.
const ATTRIBUTE_BYTES: usize = 8 << 10;

/// What a topic of a component tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    State,
    Brightness,
    ColorMode,
    ColorTemp,
    Effect,
    Hs,
    Rgb,
    Rgbw,
    Rgbww,
    Xy,
    Red,
    Green,
    Blue,
    Position,
    Tilt,
    Percentage,
    Preset,
    Oscillation,
    Direction,
    Mode,
    Action,
    Temperature,
    TemperatureLow,
    TemperatureHigh,
    CurrentTemperature,
    FanMode,
    SwingMode,
    Humidity,
    CurrentHumidity,
    Latest,
    /// Free attributes.
    Attributes,
}

/// One kind of component: how its messages change the state, and how orders become publishes.
pub(super) trait Component: fmt::Debug + Send + Sync {
    /// Takes what a topic tells.
    fn take(&mut self, role: Role, text: &str, state: &mut EntityState) -> Result<(), String>;

    /// Writes an order.
    fn write(&self, order: &Order, state: &EntityState) -> Result<Vec<Publish>, Cannot>;
}

#[derive(Debug)]
struct Reader {
    role: Role,
    topic: String,
    template: Option<Template>,
}

/// A topic to publish on, with the template that makes the payload.
#[derive(Debug, Clone)]
pub(super) struct Commander {
    topic: String,
    template: Option<Template>,
}

impl Commander {
    /// A publish of a text; a template sees it as `value`.
    pub(super) fn send(&self, payload: &str) -> Result<Publish, Cannot> {
        self.send_with(payload, minijinja::Value::from(payload), &[])
    }

    /// A publish of a number; a template sees it as `value`.
    pub(super) fn send_number(&self, number: f64) -> Result<Publish, Cannot> {
        self.send_with(&plain(number), variable(number), &[])
    }

    /// A publish of a text, or of what the template makes of `value` and the other variables.
    pub(super) fn send_with(
        &self,
        payload: &str,
        value: minijinja::Value,
        others: &[(&'static str, minijinja::Value)],
    ) -> Result<Publish, Cannot> {
        let payload = match &self.template {
            None => payload.to_owned(),
            Some(template) => {
                let mut variables: BTreeMap<&str, minijinja::Value> = others.iter().cloned().collect();
                variables.insert("value", value);
                template.command(variables).map_err(|_| Cannot::Lacks("readable command template"))?
            }
        };
        Ok(Publish::new(&self.topic, payload))
    }
}

/// A number as a template's variable, whole if it is.
pub(super) fn variable(number: f64) -> minijinja::Value {
    if number.fract() == 0.0 && number.abs() < 1e15 {
        minijinja::Value::from(number as i64)
    } else {
        minijinja::Value::from(number)
    }
}

/// Reads a finite number.
pub(super) fn number(text: &str) -> Result<f64, String> {
    let parsed = text.trim().parse::<f64>().ok().filter(|n| n.is_finite());
    parsed.ok_or_else(|| format!("`{}` is no number", crate::home::registry::shorten(text, 40)))
}

/// Reads numbers with commas between them, with or without brackets.
pub(super) fn numbers(text: &str) -> Result<Vec<f64>, String> {
    text.trim_matches(['[', ']', '(', ')', ' ']).split(',').map(number).collect()
}

/// A JSON value as Home Assistant reads a text option: `true` is `True`.
fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(s) => Some(s.clone()),
        Value::Bool(b) => Some(if *b { "True" } else { "False" }.into()),
        Value::Number(n) => Some(n.to_string()),
        _ => None,
    }
}

/// Whether a payload is the one that a setting names; `true` and `True` are the same.
pub(super) fn same(payload: &str, setting: &str) -> bool {
    payload == setting || (matches!(setting, "True" | "False") && payload.eq_ignore_ascii_case(setting))
}

/// The settings of a component, and what is made of them while they are read.
#[derive(Debug)]
pub(super) struct Settings {
    map: Map<String, Value>,
    readers: Vec<Reader>,
    /// What cannot be read but leaves the thing usable.
    pub(super) unreadable: Vec<String>,
    refused: Option<String>,
}

impl Settings {
    /// Settings whose keys are long and whose topics are resolved.
    pub(super) fn new(map: Map<String, Value>) -> Self {
        Self { map, readers: Vec::new(), unreadable: Vec::new(), refused: None }
    }

    fn refuse(&mut self, reason: String) {
        self.refused.get_or_insert(reason);
    }

    /// The first setting that makes the announcement useless.
    pub(super) fn refused(&mut self) -> Option<String> {
        self.refused.take()
    }

    /// The raw value.
    pub(super) fn raw(&self, key: &str) -> Option<&Value> {
        self.map.get(key)
    }

    /// A text that may be missing.
    pub(super) fn optional(&mut self, key: &str) -> Option<String> {
        let text = as_text(self.map.get(key)?)?;
        if text.len() > LONGEST_TEXT {
            self.refuse(format!("`{key}` has {} bytes, the most is {LONGEST_TEXT}", text.len()));
            return None;
        }
        Some(text)
    }

    /// A text with a default.
    pub(super) fn text(&mut self, key: &str, default: &str) -> String {
        self.optional(key).unwrap_or_else(|| default.to_owned())
    }

    /// A text with a default that `null` takes away.
    pub(super) fn nullable(&mut self, key: &str, default: &str) -> Option<String> {
        match self.map.get(key) {
            Some(Value::Null) => None,
            _ => Some(self.text(key, default)),
        }
    }

    /// A number that may be missing.
    pub(super) fn number(&mut self, key: &str) -> Option<f64> {
        match self.map.get(key)? {
            Value::Number(n) => n.as_f64(),
            Value::String(s) => number(s).ok(),
            _ => None,
        }
        .filter(|n| n.is_finite())
    }

    /// A yes or no with a default.
    pub(super) fn flag(&mut self, key: &str, default: bool) -> bool {
        match self.map.get(key) {
            Some(Value::Bool(b)) => *b,
            Some(Value::String(s)) => match s.to_lowercase().as_str() {
                "true" | "yes" | "on" | "1" => true,
                "false" | "no" | "off" | "0" => false,
                _ => default,
            },
            Some(Value::Number(n)) => n.as_f64() != Some(0.0),
            _ => default,
        }
    }

    /// A list of texts; one text alone is a list of one.
    pub(super) fn texts(&mut self, key: &str) -> Vec<String> {
        let list: Vec<String> = match self.map.get(key) {
            Some(Value::Array(all)) => all.iter().take(LONGEST_LIST).filter_map(as_text).collect(),
            Some(one) => as_text(one).into_iter().collect(),
            None => Vec::new(),
        };
        if list.iter().any(|text| text.len() > LONGEST_TEXT) {
            self.refuse(format!("an entry of `{key}` is longer than {LONGEST_TEXT} bytes"));
        }
        list
    }

    /// A topic without wildcards.
    pub(super) fn topic(&mut self, key: &str) -> Option<String> {
        let topic = self.optional(key).filter(|t| !t.is_empty())?;
        if topic.contains(['+', '#', '\0']) {
            self.refuse(format!("`{key}` must be a topic without wildcards, not `{topic}`"));
            return None;
        }
        Some(topic)
    }

    /// A template. One that cannot be read is noted, and is as good as none.
    pub(super) fn template(&mut self, key: &str) -> Option<Template> {
        self.try_template(key).ok().flatten()
    }

    fn try_template(&mut self, key: &str) -> Result<Option<Template>, ()> {
        let Some(Value::String(source)) = self.map.get(key) else { return Ok(None) };
        match Template::new(source) {
            Ok(template) => Ok(Some(template)),
            Err(reason) => {
                self.unreadable.push(format!("`{key}`: {reason}"));
                Err(())
            }
        }
    }

    /// Has a topic read. Says whether it is; a topic whose template cannot be read is not.
    pub(super) fn read(&mut self, role: Role, topic_key: &str, template_key: &str) -> bool {
        let Some(topic) = self.topic(topic_key) else { return false };
        let Ok(template) = self.try_template(template_key) else { return false };
        self.readers.push(Reader { role, topic, template });
        true
    }

    /// A topic to publish on; none if the template cannot be read.
    pub(super) fn command(&mut self, topic_key: &str, template_key: &str) -> Option<Commander> {
        let topic = self.topic(topic_key)?;
        let template = self.try_template(template_key).ok()?;
        Some(Commander { topic, template })
    }

    /// The same, refused if there is no topic.
    pub(super) fn required_command(
        &mut self,
        topic_key: &str,
        template_key: &str,
    ) -> Result<Option<Commander>, String> {
        if self.topic(topic_key).is_none() {
            return Err(self.refused().unwrap_or_else(|| format!("`{topic_key}` is missing")));
        }
        Ok(self.command(topic_key, template_key))
    }

    /// The driver of a component.
    pub(super) fn driver(mut self, component: Box<dyn Component>, availability: Availability) -> HaDriver {
        if self.map.contains_key("json_attributes_topic") {
            self.read(Role::Attributes, "json_attributes_topic", "json_attributes_template");
        }
        let seconds = |n: Option<f64>| n.filter(|s| *s > 0.0).map(|s| (s * 1000.0) as u64);
        let expire_after_ms = seconds(self.number("expire_after"));
        let off_delay_ms = seconds(self.number("off_delay"));
        let optimistic = self.flag("optimistic", false);
        let reports = !optimistic && self.readers.iter().any(|r| r.role != Role::Attributes);
        HaDriver {
            readers: self.readers,
            availability,
            component,
            expire_after_ms,
            off_delay_ms,
            expired: false,
            reports,
        }
    }
}

/// Attributes that a component itself sets; free attributes must not take their place.
const OWN_ATTRIBUTES: &[&str] = &[
    "brightness",
    "color",
    "color_mode",
    "color_temp",
    "color_temp_kelvin",
    "current_humidity",
    "current_position",
    "current_temperature",
    "current_tilt_position",
    "direction",
    "effect",
    "fan_mode",
    "hs_color",
    "humidity",
    "hvac_action",
    "is_volume_muted",
    "oscillating",
    "percentage",
    "preset_mode",
    "rgb_color",
    "state",
    "swing_mode",
    "target_temp_high",
    "target_temp_low",
    "temperature",
    "volume_level",
    "xy_color",
];

/// Reads and commands one component.
#[derive(Debug)]
pub(super) struct HaDriver {
    readers: Vec<Reader>,
    availability: Availability,
    component: Box<dyn Component>,
    expire_after_ms: Option<u64>,
    off_delay_ms: Option<u64>,
    expired: bool,
    reports: bool,
}

impl HaDriver {
    fn attributes(text: &str, state: &mut EntityState) -> Result<(), String> {
        let Ok(Value::Object(all)) = serde_json::from_str(text) else {
            return Err("the attributes are no JSON object".into());
        };
        let mut bytes = 0;
        for (key, value) in all {
            if OWN_ATTRIBUTES.contains(&key.as_str()) {
                continue;
            }
            bytes += key.len() + value.to_string().len();
            if bytes > ATTRIBUTE_BYTES {
                break;
            }
            state.attributes.insert(key, value);
        }
        Ok(())
    }
}

impl Driver for HaDriver {
    fn topics(&self) -> Vec<String> {
        self.readers.iter().map(|r| &r.topic).chain(self.availability.topics()).cloned().collect()
    }

    fn read(&mut self, slot: usize, message: &Payload<'_>, state: &mut EntityState) -> Result<(), String> {
        let Some(reader) = self.readers.get(slot) else {
            self.availability.heard(slot - self.readers.len(), message)?;
            state.availability = self.availability.now(self.expired);
            return Ok(());
        };
        let text = match &reader.template {
            None => message.text().to_owned(),
            Some(template) => match template.render(message)? {
                Rendered::Text(text) => text,
                Rendered::Nothing => return Ok(()),
            },
        };
        // Home Assistant ignores what renders to nothing.
        if text.is_empty() {
            return Ok(());
        }
        match reader.role {
            Role::Attributes => Self::attributes(&text, state)?,
            role => self.component.take(role, &text, state)?,
        }
        if let Some(value) = &mut state.value
            && value.chars().nth(LONGEST_STATE).is_some()
        {
            *value = value.chars().take(LONGEST_STATE).collect();
        }
        if self.expired {
            self.expired = false;
            state.availability = self.availability.now(false);
        }
        Ok(())
    }

    fn write(&self, order: &Order, state: &EntityState) -> Result<Vec<Publish>, Cannot> {
        self.component.write(order, state)
    }

    fn reports(&self) -> bool {
        self.reports
    }

    fn good_until(&self, state: &EntityState) -> Option<u64> {
        let heard = state.heard_at_ms?;
        let off = self.off_delay_ms.filter(|_| state.value.as_deref() == Some("on"));
        self.expire_after_ms.into_iter().chain(off).min().map(|ms| heard.saturating_add(ms))
    }

    fn expire(&mut self, state: &mut EntityState) {
        let off = self.off_delay_ms.filter(|_| state.value.as_deref() == Some("on"));
        if off.is_some_and(|off| self.expire_after_ms.is_none_or(|expire| off <= expire)) {
            state.value = Some("off".into());
        } else {
            self.expired = true;
            state.availability = self.availability.now(true);
        }
    }
}

/// Makes a component from its settings and completes the entity: features, ranges, options, unit.
pub(super) type Make = fn(&mut Settings, &mut Entity) -> Result<Box<dyn Component>, String>;
