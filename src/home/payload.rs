//! A message's payload, read at most once as text, as JSON and as a template's variable.

use serde_json::Value;
use std::cell::OnceCell;
use std::collections::BTreeMap;

/// A payload with the readings of it that were asked for.
#[derive(Debug)]
pub struct Payload<'a> {
    text: &'a str,
    now_ms: u64,
    json: OnceCell<Option<Value>>,
    variable: OnceCell<minijinja::Value>,
}

impl<'a> Payload<'a> {
    /// Reads a payload that came at `now_ms` (ms of the caller's clock).
    ///
    /// # Errors
    /// The payload is not UTF-8.
    pub fn new(bytes: &'a [u8], now_ms: u64) -> Result<Self, String> {
        let text = std::str::from_utf8(bytes)
            .map_err(|e| format!("the payload is not UTF-8 text from byte {} on", e.valid_up_to()))?;
        Ok(Self::of(text, now_ms))
    }

    /// A payload that is text already.
    pub fn of(text: &'a str, now_ms: u64) -> Self {
        Self { text, now_ms, json: OnceCell::new(), variable: OnceCell::new() }
    }

    /// The payload as text.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// When it came, in ms of the caller's clock.
    pub fn now_ms(&self) -> u64 {
        self.now_ms
    }

    /// The payload as JSON, if it is JSON.
    pub fn json(&self) -> Option<&Value> {
        self.json.get_or_init(|| super::json::read(self.text).ok()).as_ref()
    }

    /// The payload as a template's variable: its JSON, or undefined.
    pub(super) fn variable(&self) -> &minijinja::Value {
        self.variable.get_or_init(|| self.json().map_or(minijinja::Value::UNDEFINED, variable))
    }
}

/// A number without a needless fraction.
pub(super) fn plain(number: f64) -> String {
    let rounded = (number * 1e6).round() / 1e6;
    format!("{}", if rounded == 0.0 { 0.0 } else { rounded })
}

/// JSON as a template's variable.
pub(super) fn variable(json: &Value) -> minijinja::Value {
    match json {
        Value::Null => minijinja::Value::from(()),
        Value::Bool(b) => minijinja::Value::from(*b),
        Value::Number(n) => match (n.as_i64(), n.as_f64()) {
            (Some(i), _) => minijinja::Value::from(i),
            (None, f) => minijinja::Value::from(f.unwrap_or(f64::NAN)),
        },
        Value::String(s) => minijinja::Value::from(s.as_str()),
        Value::Array(a) => a.iter().map(variable).collect(),
        Value::Object(o) => {
            let members: BTreeMap<String, minijinja::Value> =
                o.iter().map(|(k, v)| (k.clone(), variable(v))).collect();
            minijinja::Value::from(members)
        }
    }
}
