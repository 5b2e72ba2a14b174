//! Simulated things that speak ESPHome: discovery with topics below the node's name, one node each.

use super::file::EntityEntry;
use super::{Message, announce as discovery};
use serde_json::Value;

fn node(entry: &EntityEntry) -> String {
    format!("esp-{}", entry.object().replace('_', "-"))
}

/// The first levels of a thing's topics.
pub(super) fn base(entry: &EntityEntry) -> String {
    format!("{}/{}/{}", node(entry), entry.domain(), entry.object())
}

/// The thing that a command is for, and what it is about.
pub(super) fn command<'t>(entries: &[&EntityEntry], topic: &'t str) -> Option<(usize, &'t str)> {
    let rest = topic.strip_suffix("/command")?;
    let hit = |(index, entry): (usize, &&EntityEntry)| {
        let what = rest.strip_prefix(base(entry).as_str())?;
        Some((index, what.strip_prefix('/').unwrap_or(what)))
    };
    entries.iter().enumerate().find_map(hit)
}

/// The topics on which commands come.
pub(super) fn subscriptions() -> Vec<String> {
    vec!["+/+/+/command".into(), "+/+/+/+/command".into()]
}

/// The announcements, and that the nodes are there.
pub(super) fn announce(entries: &[&EntityEntry]) -> Vec<Message> {
    let of = |entry: &&EntityEntry| {
        let message = discovery::discovery(entry)?;
        let Ok(Value::Object(mut map)) = serde_json::from_str(&message.payload) else { return None };
        let base = base(entry);
        map.shift_remove("~");
        for (_, value) in map.iter_mut() {
            let topic = value.as_str().and_then(|text| {
                Some(match text.strip_prefix("~/")? {
                    "set" => format!("{base}/command"),
                    other => match other.strip_prefix("set/") {
                        Some(what) => format!("{base}/{what}/command"),
                        None => format!("{base}/{other}"),
                    },
                })
            });
            if let Some(topic) = topic {
                *value = topic.into();
            }
        }
        map.insert("avty_t".into(), format!("{}/status", node(entry)).into());
        let topic = format!("homeassistant/{}/{}/{}/config", entry.domain(), node(entry), entry.object());
        let there = Message {
            topic: format!("{}/status", node(entry)),
            payload: "online".into(),
            retain: true,
            after_ms: 0,
        };
        Some([Message { topic, payload: Value::Object(map).to_string(), retain: true, after_ms: 0 }, there])
    };
    entries.iter().filter_map(of).flatten().collect()
}
