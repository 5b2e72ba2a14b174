//! Conditions on the context, as hassil has them.

use crate::intent::sentences::Values;
use serde_json::Value;

/// A slot that a condition copies from the context.
pub(crate) struct Copied {
    /// The slot.
    pub slot: String,
    /// Its value.
    pub value: Value,
    /// The words, where the context knows them.
    pub text: String,
    /// Metadata, where the context has them.
    pub metadata: Values,
}

/// Whether the values that are there already contradict what is required or excluded.
pub(crate) fn may_fit(requires: &Values, excludes: &Values, context: &Values) -> bool {
    requires.iter().all(|(key, wanted)| {
        let Some(actual) = context.get(key) else { return true };
        let (wanted, actual) = (inner(wanted), inner(actual));
        wanted.is_null() || is_or_has(wanted, actual)
    }) && is_free_of(excludes, context)
}

/// Whether nothing excluded is there.
pub(crate) fn is_free_of(excludes: &Values, context: &Values) -> bool {
    excludes.iter().all(|(key, unwanted)| {
        context.get(key).is_none_or(|actual| !is_or_has(inner(unwanted), inner(actual)))
    })
}

/// Checks what is required, and copies what conditions with `slot` name; `None` when something is missing.
pub(crate) fn required(requires: &Values, context: &Values) -> Option<Vec<Copied>> {
    let mut copied = Vec::new();
    for (key, condition) in requires {
        let wanted = inner(condition);
        let given = context.get(key);
        let actual = given.map_or(&Value::Null, inner);
        let fits = if wanted.is_null() { !actual.is_null() } else { is_or_has(wanted, actual) };
        if !fits {
            return None;
        }
        let slot = match condition.as_object().and_then(|condition| condition.get("slot")) {
            Some(Value::String(slot)) => slot.clone(),
            Some(Value::Bool(true)) => key.clone(),
            _ => continue,
        };
        let about = |name: &str| given.and_then(|given| given.as_object()).and_then(|given| given.get(name));
        copied.push(Copied {
            slot,
            value: actual.clone(),
            text: about("text").and_then(Value::as_str).unwrap_or_default().to_owned(),
            metadata: about("metadata").and_then(Value::as_object).cloned().unwrap_or_default(),
        });
    }
    Some(copied)
}

/// The value of `{value: …}`, or the value itself.
fn inner(value: &Value) -> &Value {
    match value {
        Value::Object(map) => map.get("value").unwrap_or(&Value::Null),
        value => value,
    }
}

fn is_or_has(wanted: &Value, actual: &Value) -> bool {
    match wanted {
        Value::Array(items) => items.iter().any(|item| equal(item, actual)),
        wanted => equal(wanted, actual),
    }
}

/// Equal, numbers by their size.
fn equal(a: &Value, b: &Value) -> bool {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => a == b,
        _ => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn map(value: Value) -> Values {
        value.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn what_is_required_must_be_there_in_the_end() {
        let context =
            map(json!({"domain": "light", "area": {"value": "Kitchen", "text": "kitchen"}, "level": 5}));
        for (requires, fits) in [
            (json!({"domain": "light"}), true),
            (json!({"domain": ["switch", "light"]}), true),
            (json!({"domain": "switch"}), false),
            (json!({"domain": null}), true),
            (json!({"floor": null}), false),
            (json!({"area": {"slot": true}}), true),
            (json!({"area": {"value": "Office"}}), false),
            (json!({"level": 5.0}), true),
            (json!({}), true),
        ] {
            assert_eq!(required(&map(requires.clone()), &context).is_some(), fits, "{requires}");
        }
        let copied = required(&map(json!({"area": {"slot": "preferred_area"}})), &context).unwrap();
        assert_eq!((copied[0].slot.as_str(), &copied[0].value), ("preferred_area", &json!("Kitchen")));
    }

    #[test]
    fn missing_keys_do_not_contradict() {
        let context = map(json!({"domain": "light"}));
        assert!(may_fit(&map(json!({"area": "Kitchen"})), &Values::new(), &context));
        assert!(!may_fit(&map(json!({"domain": "cover"})), &Values::new(), &context));
        assert!(!may_fit(&Values::new(), &map(json!({"domain": ["light"]})), &context));
        assert!(may_fit(&Values::new(), &map(json!({"area": "Kitchen"})), &context));
    }
}
