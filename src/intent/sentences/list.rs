//! Lists: what may stand in a slot.

use super::Values;
use serde_json::Value;

/// What a `{list}` stands for.
#[derive(Debug, Clone, PartialEq)]
pub enum List {
    /// One of these.
    Values(Vec<ListEntry>),
    /// A number.
    Range(RangeList),
    /// Any words, at least one.
    Wildcard,
}

/// One thing that may be said for a list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListEntry {
    /// How it is said; a template when it has a template's signs and reads as one, else plain text.
    pub text: String,
    /// What goes into the slot; null: the words that were said.
    pub value: Value,
    /// Joins the context when this entry is said, and is held against the block's conditions.
    pub context: Values,
    /// Handed on with the slot.
    pub metadata: Values,
}

impl ListEntry {
    /// An entry without context or metadata.
    pub fn new(text: impl Into<String>, value: impl Into<Value>) -> Self {
        Self { text: text.into(), value: value.into(), ..Self::default() }
    }

    /// With one more key in its context.
    #[must_use]
    pub fn with_context(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.context.insert(key.into(), value.into());
        self
    }

    /// With one more key in its metadata.
    #[must_use]
    pub fn with_metadata(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.metadata.insert(key.into(), value.into());
        self
    }
}

/// Which fractions a range takes beside whole numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fractions {
    /// 20, 20.5, 21.
    Halves,
    /// 20, 20.1, … 20.9, 21.
    Tenths,
}

/// A list of numbers, said in digits or in words.
#[derive(Debug, Clone, PartialEq)]
pub struct RangeList {
    /// `number`, `percentage`, `temperature`, …: as written.
    pub kind: String,
    /// The least number.
    pub from: i64,
    /// The greatest number.
    pub to: i64,
    /// Step between whole numbers, at least 1.
    pub step: i64,
    /// Fractions, if any.
    pub fractions: Option<Fractions>,
    /// The number that was said times this goes into the slot.
    pub multiplier: Option<f64>,
    /// Whether digits are taken.
    pub digits: bool,
    /// Whether number words are taken.
    pub words: bool,
}

impl RangeList {
    /// Plain numbers from `from` to `to`.
    pub fn new(from: i64, to: i64, step: i64) -> Self {
        let step = step.max(1);
        Self {
            kind: "number".into(),
            from,
            to,
            step,
            fractions: None,
            multiplier: None,
            digits: true,
            words: true,
        }
    }

    /// Whether the range has this number.
    pub fn contains(&self, number: f64) -> bool {
        let whole = number.floor();
        let parts = match self.fractions {
            None => 1.0,
            Some(Fractions::Halves) => 2.0,
            Some(Fractions::Tenths) => 10.0,
        };
        let part = (number - whole) * parts;
        if (part - part.round()).abs() > 1e-6 {
            return false;
        }
        // As in hassil a range with fractions ends at its last whole number plus the greatest fraction.
        whole >= self.from as f64
            && whole <= self.to as f64
            && (whole - self.from as f64) % self.step.max(1) as f64 == 0.0
    }

    /// What goes into the slot when this number was said.
    pub fn value(&self, number: f64) -> Value {
        let number = number * self.multiplier.unwrap_or(1.0);
        let rounded = (number * 1e9).round() / 1e9;
        if rounded.fract() == 0.0 && rounded.abs() < 9e15 {
            Value::from(rounded as i64)
        } else {
            Value::from(rounded)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_step_and_take_fractions() {
        let tens = RangeList::new(10, 100, 10);
        assert!(tens.contains(30.0) && !tens.contains(35.0) && !tens.contains(0.0) && !tens.contains(30.5));
        let halves = RangeList { fractions: Some(Fractions::Halves), ..RangeList::new(5, 30, 1) };
        assert!(
            halves.contains(19.5)
                && halves.contains(30.5)
                && !halves.contains(19.3)
                && !halves.contains(31.0)
        );
        let tenths = RangeList { fractions: Some(Fractions::Tenths), ..RangeList::new(5, 30, 1) };
        assert!(tenths.contains(19.3) && tenths.contains(20.1));
        let below = RangeList::new(-10, 10, 1);
        assert!(below.contains(-5.0) && !below.contains(-10.5));
    }

    #[test]
    fn values_are_whole_where_they_can_be() {
        let range = RangeList { multiplier: Some(-1.0), ..RangeList::new(0, 100, 1) };
        assert_eq!(range.value(20.0), Value::from(-20));
        assert_eq!(RangeList::new(0, 1, 1).value(0.1 + 0.2), Value::from(0.3));
    }
}
