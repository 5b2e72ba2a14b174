//! By what an announcement is recognised when the device's own dialect announces the same thing.
//!
//! Zigbee2MQTT and Tasmota can announce their devices to Home Assistant as well. Names and identifiers
//! differ then, but the topics are the same.

use serde_json::{Map, Value};

/// The most traces of one announcement.
const MOST: usize = 32;

/// Domains whose things take several kinds of commands; one topic of commands is one thing.
const COMMANDED: &[&str] = &["climate", "cover", "fan", "light", "lock", "valve"];

/// The traces of an announcement with long keys and resolved topics.
///
/// `domain!topic` for what is commanded, `domain!topic#payload` for what is set off,
/// `topic|path` for a value in a message.
pub(super) fn traces(platform: &str, map: &Map<String, Value>) -> Vec<String> {
    let text = |key: &str| map.get(key).and_then(Value::as_str).filter(|t| t.len() <= 1024);
    let mut traces = Vec::new();
    if COMMANDED.contains(&platform) {
        let commands = map
            .iter()
            .filter(|(key, _)| key.ends_with("command_topic") || key.as_str() == "set_position_topic");
        let topics = commands.filter_map(|(_, v)| v.as_str()).filter(|t| t.len() <= 1024);
        traces.extend(topics.take(MOST).map(|topic| format!("{platform}!{topic}")));
        traces.sort();
        traces.dedup();
    } else if platform == "scene" {
        if let (Some(topic), Some(payload)) = (text("command_topic"), text("payload_on")) {
            let payload: String = payload.chars().filter(|c| !c.is_whitespace()).collect();
            traces.push(format!("scene!{topic}#{payload}"));
        }
    } else {
        if let Some(topic) = text("state_topic") {
            let path = text("value_template").and_then(path).unwrap_or_default();
            traces.push(format!("{topic}|{path}"));
        }
        if platform == "switch"
            && let Some(topic) = text("command_topic")
        {
            traces.push(format!("switch!{topic}"));
        }
    }
    traces
}

/// The first path below `value_json` in a template: `value_json['a'].b` is `a.b`.
fn path(template: &str) -> Option<String> {
    let (_, mut rest) = template.split_once("value_json")?;
    let mut parts: Vec<&str> = Vec::new();
    loop {
        if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(after.len());
            let (part, left) = after.split_at(end);
            parts.push(part);
            rest = left;
        } else if let Some(after) = rest.strip_prefix(['[']) {
            let quote = after.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
            let (part, left) = after.strip_prefix(quote)?.split_once(quote)?;
            parts.push(part);
            rest = left.strip_prefix(']')?;
        } else {
            return Some(parts.join("."));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(platform: &str, config: Value) -> Vec<String> {
        traces(platform, config.as_object().unwrap())
    }

    #[test]
    fn topics_and_paths_are_traces() {
        let sensor =
            json!({"state_topic": "z/a", "value_template": "{{ value_json['AM2301'].Temperature | float }}"});
        assert_eq!(of("sensor", sensor), ["z/a|AM2301.Temperature"]);
        let light = json!({"state_topic": "z/a", "command_topic": "z/a/set"});
        assert_eq!(of("light", light), ["light!z/a/set"]);
        let scene = json!({"command_topic": "z/a/set", "payload_on": "{ \"scene_recall\": 3 }"});
        assert_eq!(of("scene", scene), ["scene!z/a/set#{\"scene_recall\":3}"]);
        assert_eq!(path("{{ value }}"), None);
        assert_eq!(path("{{ value_json["), None);
    }
}
