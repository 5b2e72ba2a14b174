//! What a device exposes: the tree of its values.

use serde_json::Value;

/// The longest text that is taken over, in bytes.
pub(super) const LONGEST_TEXT: usize = 255;
/// The most values of one enumeration, and the most features of one device.
const MOST: usize = 256;

const PUBLISHED: u64 = 1;
const SETTABLE: u64 = 2;
const GETTABLE: u64 = 4;

/// One value, or one thing of several values.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Expose {
    /// `light`, `switch`, `numeric`, …
    pub(super) kind: String,
    /// `state`, `brightness`, …
    pub(super) name: String,
    /// The key in messages; it ends with the endpoint if there are several.
    pub(super) property: String,
    /// Which of several of the same kind.
    pub(super) endpoint: Option<String>,
    /// Whether it is the device's configuration or something about itself.
    pub(super) category: Option<String>,
    access: u64,
    /// The values of a binary.
    pub(super) on: Option<Value>,
    pub(super) off: Option<Value>,
    /// The range of a number.
    pub(super) least: Option<f64>,
    pub(super) most: Option<f64>,
    pub(super) step: Option<f64>,
    pub(super) unit: Option<String>,
    /// The values of an enumeration.
    pub(super) values: Vec<String>,
    pub(super) features: Vec<Expose>,
}

/// A text, if it is there and not too long.
pub(super) fn text(value: &Value, key: &str) -> Option<String> {
    value.get(key).and_then(Value::as_str).filter(|t| t.len() <= LONGEST_TEXT).map(str::to_owned)
}

impl Expose {
    /// Reads a value and those below it, at most two levels.
    pub(super) fn read(value: &Value) -> Option<Self> {
        Self::at(value, 0)
    }

    fn at(value: &Value, depth: u8) -> Option<Self> {
        let number = |key: &str| value.get(key).and_then(Value::as_f64).filter(|n| n.is_finite());
        let plain = |key: &str| {
            value.get(key).filter(|v| match v {
                Value::String(s) => s.len() <= LONGEST_TEXT,
                Value::Bool(_) | Value::Number(_) => true,
                _ => false,
            })
        };
        let list =
            |key: &str| value.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let word = |v: &Value| match v {
            Value::String(s) if s.len() <= LONGEST_TEXT => Some(s.clone()),
            Value::Number(n) => Some(n.to_string()),
            Value::Bool(b) => Some(b.to_string()),
            _ => None,
        };
        let features = if depth < 2 { list("features") } else { &[] };
        Some(Self {
            kind: text(value, "type")?,
            name: text(value, "name").unwrap_or_default(),
            property: text(value, "property").unwrap_or_default(),
            endpoint: text(value, "endpoint").filter(|e| !e.is_empty()),
            category: text(value, "category"),
            access: value.get("access").and_then(Value::as_u64).unwrap_or(0),
            on: plain("value_on").cloned(),
            off: plain("value_off").cloned(),
            least: number("value_min"),
            most: number("value_max"),
            step: number("value_step").filter(|s| *s > 0.0),
            unit: text(value, "unit").filter(|u| !u.is_empty()),
            values: list("values").iter().take(MOST).filter_map(word).collect(),
            features: features.iter().take(MOST).filter_map(|f| Self::at(f, depth + 1)).collect(),
        })
    }

    /// Whether it is in the messages of the device.
    pub(super) fn published(&self) -> bool {
        self.access & PUBLISHED != 0
    }

    /// Whether it can be set.
    pub(super) fn settable(&self) -> bool {
        self.access & SETTABLE != 0
    }

    /// Whether it can be asked for.
    pub(super) fn gettable(&self) -> bool {
        self.access & GETTABLE != 0
    }

    /// The feature of this name.
    pub(super) fn feature(&self, name: &str) -> Option<&Expose> {
        self.features.iter().find(|f| f.name == name && !f.property.is_empty())
    }

    /// The feature of this name, if it can be set.
    pub(super) fn can_set(&self, name: &str) -> Option<&Expose> {
        self.feature(name).filter(|f| f.settable())
    }
}
