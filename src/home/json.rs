//! JSON of strangers, read with a bound on how much memory it may take.
//!
//! A few bytes of text (`[0,0,0,…`) become many bytes of values. The text's length is bounded elsewhere
//! (`home.max_payload_bytes`), the depth by the parser (128 levels); here it is the number of values.

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;

/// The most values that one JSON text, or one element of a list that is read by [`each`], may have.
const MOST_VALUES: usize = 200_000;

/// Reads a JSON text.
///
/// # Errors
/// It is no JSON, nests deeper than 128 levels or has more than 200,000 values.
pub(super) fn read(text: &str) -> Result<Value, String> {
    let mut left = MOST_VALUES;
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = Bounded(&mut left).deserialize(&mut reader).map_err(|e| e.to_string())?;
    reader.end().map_err(|e| e.to_string())?;
    Ok(value)
}

/// Reads a JSON list element by element; only one of them is in memory at a time.
///
/// # Errors
/// It is no JSON list, or one of its elements is as [`read`] does not take it.
pub(super) fn each(text: &str, take: &mut dyn FnMut(Value)) -> Result<(), String> {
    let mut reader = serde_json::Deserializer::from_str(text);
    Elements(take).deserialize(&mut reader).map_err(|e| e.to_string())?;
    reader.end().map_err(|e| e.to_string())
}

struct Elements<'f>(&'f mut dyn FnMut(Value));

impl<'de> DeserializeSeed<'de> for Elements<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Elements<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        loop {
            let mut left = MOST_VALUES;
            match elements.next_element_seed(Bounded(&mut left))? {
                Some(element) => (self.0)(element),
                None => return Ok(()),
            }
        }
    }
}

/// Reads a value and counts what is left of the bound.
struct Bounded<'n>(&'n mut usize);

impl Bounded<'_> {
    fn count<E: Error>(&mut self) -> Result<(), E> {
        match self.0.checked_sub(1) {
            Some(left) => *self.0 = left,
            None => return Err(E::custom(format!("it has more than {MOST_VALUES} values"))),
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Bounded<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(mut self, reader: D) -> Result<Value, D::Error> {
        self.count()?;
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Bounded<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, b: bool) -> Result<Value, E> {
        Ok(Value::Bool(b))
    }

    fn visit_i64<E>(self, n: i64) -> Result<Value, E> {
        Ok(n.into())
    }

    fn visit_u64<E>(self, n: u64) -> Result<Value, E> {
        Ok(n.into())
    }

    fn visit_f64<E>(self, n: f64) -> Result<Value, E> {
        Ok(n.into())
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        while let Some(element) = elements.next_element_seed(Bounded(self.0))? {
            all.push(element);
        }
        Ok(Value::Array(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut all = Map::new();
        while let Some(key) = members.next_key::<String>()? {
            all.insert(key, members.next_value_seed(Bounded(self.0))?);
        }
        Ok(Value::Object(all))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn bombs_are_refused() {
        let zeros = format!("[{}0]", "0,".repeat(MOST_VALUES));
        assert!(read(&zeros).unwrap_err().contains("more than"));
        assert!(read(&"[".repeat(1_000_000)).is_err());
        assert!(read("{} {}").is_err());
        let mut count = 0;
        each(&format!("[{}{{}}]", "{},".repeat(300_000)), &mut |_| count += 1).unwrap();
        assert_eq!(count, 300_001);
        assert!(each("{}", &mut |_| {}).is_err());
    }

    proptest! {
        #[test]
        fn it_reads_what_the_parser_reads(text in "[\\[\\]{}\",:0-9a-c.eE+ -]{0,40}") {
            prop_assert_eq!(read(&text).ok(), serde_json::from_str::<Value>(&text).ok());
        }
    }
}
