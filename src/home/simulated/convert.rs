//! Between a simulated light's state and the numbers of the dialects.

use super::file::EntityEntry;
use crate::home::color::{Rgb, mireds};
use serde_json::{Map, Value, json};

/// An attribute as a number.
pub(super) fn number(entry: &EntityEntry, name: &str) -> Option<f64> {
    entry.state.get(name).and_then(Value::as_f64)
}

/// A word that is a number, as JSON: whole if it is.
pub(super) fn reading(word: &str) -> Value {
    match (word.parse::<i64>(), word.parse::<f64>()) {
        (Ok(whole), _) => json!(whole),
        (_, Ok(number)) => json!(number),
        _ => Value::Null,
    }
}

/// The brightness on a scale that ends at `full`.
pub(super) fn brightness(entry: &EntityEntry, full: f64) -> i64 {
    (number(entry, "brightness").unwrap_or(255.0) / 255.0 * full).round() as i64
}

/// The colour that is shown.
pub(super) fn color(entry: &EntityEntry) -> Option<Rgb> {
    let parts = entry.state.get("rgb_color")?.as_array()?;
    let part = |at: usize| parts.get(at).and_then(Value::as_f64).map(|c| c.clamp(0.0, 255.0) as u8);
    Some(Rgb(part(0)?, part(1)?, part(2)?))
}

/// The white that is shown, in mireds.
pub(super) fn white(entry: &EntityEntry) -> Option<i64> {
    number(entry, "color_temp_kelvin").map(|kelvin| mireds(kelvin).round() as i64)
}

/// An order to a light in the words of the simulated home.
#[derive(Debug, Default)]
pub(super) struct Lit {
    message: Map<String, Value>,
}

impl Lit {
    /// The light is turned on.
    pub(super) fn on() -> Self {
        Self { message: Map::from_iter([("state".to_owned(), "ON".into())]) }
    }

    /// A brightness on a scale that ends at `full`.
    pub(super) fn brightness(mut self, value: Option<f64>, full: f64) -> Self {
        if let Some(value) = value {
            let in_255 = (value / full * 255.0).round().clamp(0.0, 255.0) as i64;
            self.message.insert("brightness".into(), json!(in_255));
        }
        self
    }

    /// A white in Kelvin.
    pub(super) fn kelvin(mut self, kelvin: Option<f64>) -> Self {
        if let Some(kelvin) = kelvin.filter(|k| *k > 0.0) {
            self.message.insert("color_temp".into(), json!(kelvin.round() as i64));
        }
        self
    }

    /// A colour.
    pub(super) fn color(mut self, color: Option<Rgb>) -> Self {
        if let Some(Rgb(r, g, b)) = color {
            self.message.insert("color".into(), json!({ "r": r, "g": g, "b": b }));
        }
        self
    }

    /// What the simulated home is told.
    pub(super) fn order(self) -> (String, String) {
        (String::new(), Value::Object(self.message).to_string())
    }
}

/// An order of one word.
pub(super) fn say(what: &str, payload: impl ToString) -> (String, String) {
    (what.to_owned(), payload.to_string())
}

/// Turns a light or anything else on or off.
pub(super) fn turn(entry: &EntityEntry, on: bool) -> (String, String) {
    match (entry.domain(), on) {
        ("light", true) => Lit::on().order(),
        ("light", false) => say("", json!({ "state": "OFF" })),
        (_, true) => say("", "on"),
        (_, false) => say("", "off"),
    }
}
