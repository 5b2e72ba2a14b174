//! Simulated things that speak Shelly's RPC: one device each.

use super::convert::{Lit, brightness, color, number, reading, say, turn};
use super::file::EntityEntry;
use super::{Message, word};
use crate::home::color::Rgb;
use crate::home::entity::Feature;
use serde_json::{Map, Value, json};

fn prefix(entry: &EntityEntry) -> String {
    format!("shellysim-{}", entry.object().replace('_', "-"))
}

/// The component that a thing is.
fn key(entry: &EntityEntry) -> String {
    let kind = match entry.domain() {
        "light" if entry.features.contains(&Feature::Color) => "rgb",
        "light" if entry.features.contains(&Feature::ColorTemp) => "cct",
        "sensor" => entry.device_class.as_deref().unwrap_or("temperature"),
        domain => domain,
    };
    format!("{kind}:0")
}

/// The device that a request is for.
pub(super) fn command(entries: &[&EntityEntry], topic: &str) -> Option<usize> {
    let name = topic.strip_suffix("/rpc")?;
    entries.iter().position(|e| prefix(e) == name)
}

/// The topics on which requests come.
pub(super) fn subscriptions(entries: &[&EntityEntry]) -> Vec<String> {
    entries.iter().map(|e| format!("{}/rpc", prefix(e))).collect()
}

/// That the devices are there; they announce nothing else.
pub(super) fn announce(entries: &[&EntityEntry]) -> Vec<Message> {
    let there = |entry: &&EntityEntry| Message {
        topic: format!("{}/online", prefix(entry)),
        payload: "true".into(),
        retain: true,
        after_ms: 0,
    };
    entries.iter().map(there).collect()
}

fn status(entry: &EntityEntry) -> Option<Value> {
    let now = word(entry)?;
    let mut all = Map::from_iter([("id".to_owned(), json!(0))]);
    match entry.domain() {
        "cover" => {
            all.insert("state".into(), now.into());
            let position = entry.state.get("current_position").cloned().unwrap_or(Value::Null);
            all.insert("current_pos".into(), position);
            all.insert("pos_control".into(), true.into());
        }
        "sensor" => {
            let humid = entry.device_class.as_deref() == Some("humidity");
            all.insert(if humid { "rh" } else { "tC" }.into(), reading(&now));
        }
        domain => {
            all.insert("output".into(), (now == "on").into());
            if domain == "light" {
                all.insert("brightness".into(), brightness(entry, 100.0).into());
                if let Some(Rgb(r, g, b)) = color(entry) {
                    all.insert("rgb".into(), json!([r, g, b]));
                }
                if let Some(kelvin) = number(entry, "color_temp_kelvin") {
                    all.insert("ct".into(), json!(kelvin));
                }
            }
        }
    }
    Some(Value::Object(all))
}

/// The notification that tells a thing's state.
pub(super) fn state(entry: &EntityEntry) -> Option<Message> {
    let prefix = prefix(entry);
    let params = json!({ "ts": 1_767_600_000.5, key(entry): status(entry)? });
    let frame = json!({ "src": prefix, "dst": format!("{prefix}/events"), "method": "NotifyStatus", "params": params });
    Some(Message {
        topic: format!("{prefix}/events/rpc"),
        payload: frame.to_string(),
        retain: false,
        after_ms: 0,
    })
}

/// What a request means in the words of the simulated home, and the answer to it.
pub(super) fn request(entry: &EntityEntry, payload: &str) -> (Vec<(String, String)>, Option<Message>) {
    let Ok(frame) = serde_json::from_str::<Value>(payload) else { return (Vec::new(), None) };
    let method = frame.get("method").and_then(Value::as_str).unwrap_or_default();
    let params = frame.get("params").cloned().unwrap_or(Value::Null);
    let on = params.get("on").and_then(Value::as_bool);
    let value = |name: &str| params.get(name).and_then(Value::as_f64);
    let mut orders = Vec::new();
    let result = match method {
        "Shelly.GetConfig" => {
            let mut config = json!({ "id": 0, "name": entry.name });
            let whites = json!([2000, 6500]);
            if let Some(config) = config.as_object_mut().filter(|_| key(entry).starts_with("cct")) {
                config.insert("ct_range".into(), whites);
            }
            json!({ key(entry): config, "sys": { "device": { "name": entry.name } } })
        }
        "Shelly.GetStatus" => json!({ key(entry): status(entry) }),
        "Switch.Set" | "Light.Set" | "RGB.Set" | "CCT.Set" => {
            let parts: Vec<u8> = params
                .get("rgb")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(|c| Some(c.as_f64()?.clamp(0.0, 255.0) as u8))
                .collect();
            let rgb = match parts.as_slice() {
                [r, g, b] => Some(Rgb(*r, *g, *b)),
                _ => None,
            };
            match (entry.domain(), on) {
                ("light", Some(true)) => {
                    let lit = Lit::on().brightness(value("brightness"), 100.0);
                    orders.push(lit.kelvin(value("ct")).color(rgb).order());
                }
                (_, Some(on)) => orders.push(turn(entry, on)),
                _ => {}
            }
            json!({ "was_on": word(entry).as_deref() == Some("on") })
        }
        "Cover.Open" => told(&mut orders, say("", "OPEN")),
        "Cover.Close" => told(&mut orders, say("", "CLOSE")),
        "Cover.Stop" => told(&mut orders, say("", "STOP")),
        "Cover.GoToPosition" => match value("pos") {
            Some(percent) => told(&mut orders, say("position", percent)),
            None => Value::Null,
        },
        _ => return (Vec::new(), None),
    };
    let source = frame.get("src").and_then(Value::as_str).filter(|s| !s.contains(['+', '#']));
    let answer = source.map(|source| Message {
        topic: format!("{source}/rpc"),
        payload: json!({ "id": frame.get("id"), "src": prefix(entry), "dst": source, "result": result })
            .to_string(),
        retain: false,
        after_ms: 0,
    });
    (orders, answer)
}

fn told(orders: &mut Vec<(String, String)>, order: (String, String)) -> Value {
    orders.push(order);
    Value::Null
}
