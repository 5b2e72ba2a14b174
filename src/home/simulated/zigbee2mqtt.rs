//! Simulated things that speak Zigbee2MQTT.

use super::convert::{Lit, brightness, color, number, reading, say, turn, white};
use super::file::EntityEntry;
use super::{Message, word};
use crate::home::color::{Rgb, mireds};
use crate::home::entity::Feature;
use crate::home::slug::title;
use serde_json::{Map, Value, json};

const BASE: &str = "zigbee2mqtt";

/// The device's friendly name: a sensor's is without what it measures.
fn device(entry: &EntityEntry) -> String {
    match (entry.domain(), &entry.device_class) {
        ("sensor", Some(class)) => entry.name.trim_end_matches(title(class).as_str()).trim().to_owned(),
        _ => entry.name.clone(),
    }
}

/// The device with a topic below the base: its entity and what comes after its name.
pub(super) fn command<'t>(entries: &[&EntityEntry], topic: &'t str) -> Option<(usize, &'t str)> {
    let (name, verb) = topic.strip_prefix(BASE)?.strip_prefix('/')?.rsplit_once('/')?;
    let at = entries.iter().position(|e| device(e) == name)?;
    matches!(verb, "set" | "get").then_some((at, verb))
}

/// The topics on which commands come.
pub(super) fn subscriptions() -> Vec<String> {
    vec![format!("{BASE}/+/set"), format!("{BASE}/+/get")]
}

fn modes(entry: &EntityEntry) -> Vec<String> {
    let mut modes = vec!["off".to_owned(), "heat".into(), "auto".into()];
    if let Some(now) = word(entry).filter(|now| !modes.contains(now)) {
        modes.push(now);
    }
    modes
}

fn exposes(entry: &EntityEntry) -> Value {
    let has = |feature| entry.features.contains(&feature);
    let feature = |kind: &str, name: &str, range: Value| {
        let mut feature =
            json!({ "type": kind, "name": name, "label": title(name), "property": name, "access": 7 });
        if let (Some(feature), Value::Object(range)) = (feature.as_object_mut(), range) {
            feature.extend(range);
        }
        feature
    };
    let state = |on: &str, off: &str| feature("binary", "state", json!({ "value_on": on, "value_off": off }));
    let percent =
        |name: &str| feature("numeric", name, json!({ "value_min": 0, "value_max": 100, "unit": "%" }));
    let mut features = Vec::new();
    match entry.domain() {
        "light" => {
            features.push(state("ON", "OFF"));
            if has(Feature::Brightness) {
                features.push(feature("numeric", "brightness", json!({ "value_min": 0, "value_max": 254 })));
            }
            if has(Feature::ColorTemp) {
                features.push(feature(
                    "numeric",
                    "color_temp",
                    json!({ "value_min": 153, "value_max": 500 }),
                ));
            }
            if has(Feature::Color) {
                let mut xy = feature("composite", "color_xy", json!({ "property": "color" }));
                if let Some(xy) = xy.as_object_mut() {
                    let parts = [feature("numeric", "x", Value::Null), feature("numeric", "y", Value::Null)];
                    xy.insert("features".into(), json!(parts));
                }
                features.push(xy);
            }
        }
        "cover" => {
            features.push(feature("enum", "state", json!({ "values": ["OPEN", "CLOSE", "STOP"] })));
            if has(Feature::Position) {
                features.push(percent("position"));
            }
        }
        "lock" => features.push(state("LOCK", "UNLOCK")),
        "fan" => {
            features.push(state("ON", "OFF"));
            if has(Feature::Speed) {
                features.push(percent("speed"));
            }
        }
        "climate" => {
            let limit = |key: &str, default: f64| number(entry, key).unwrap_or(default);
            let range = json!({ "value_min": limit("min_temp", 5.0), "value_max": limit("max_temp", 35.0), "value_step": 0.5, "unit": "°C" });
            features.push(feature("numeric", "occupied_heating_setpoint", range));
            features.push(feature("numeric", "local_temperature", json!({ "unit": "°C", "access": 5 })));
            features.push(feature("enum", "system_mode", json!({ "values": modes(entry) })));
        }
        "sensor" => {
            let class = entry.device_class.as_deref().unwrap_or_default();
            let unit = entry.state.get("unit_of_measurement").cloned().unwrap_or(Value::Null);
            return json!([{ "type": "numeric", "name": class, "label": title(class), "property": class, "access": 1, "unit": unit }]);
        }
        _ => features.push(state("ON", "OFF")),
    }
    json!([{ "type": entry.domain(), "features": features }])
}

/// The list of devices, and that the bridge and the devices are there.
pub(super) fn announce(entries: &[&EntityEntry]) -> Vec<Message> {
    let kept = |topic: String, payload: String| Message { topic, payload, retain: true, after_ms: 0 };
    let device_of = |(index, entry): (usize, &&EntityEntry)| {
        json!({
            "ieee_address": format!("0x{:016x}", 0x0015_8d00_0000_0000_u64 + index as u64), "type": "Router",
            "friendly_name": device(entry), "supported": true, "disabled": false, "interview_completed": true,
            "definition": { "model": "Simulated", "vendor": "Sotto", "description": "Simulated thing", "exposes": exposes(entry),
                "options": [] },
            "scenes": [],
        })
    };
    let mut devices = vec![
        json!({ "ieee_address": "0x00124b0000000000", "type": "Coordinator", "friendly_name": "Coordinator",
        "definition": null, "supported": false, "interview_completed": true }),
    ];
    devices.extend(entries.iter().enumerate().map(device_of));
    let mut messages = vec![
        kept(format!("{BASE}/bridge/state"), json!({ "state": "online" }).to_string()),
        kept(format!("{BASE}/bridge/devices"), json!(devices).to_string()),
        kept(format!("{BASE}/bridge/groups"), "[]".into()),
    ];
    let there = json!({ "state": "online" }).to_string();
    messages
        .extend(entries.iter().map(|e| kept(format!("{BASE}/{}/availability", device(e)), there.clone())));
    messages
}

/// The message that tells a thing's state; Zigbee2MQTT does not have it kept.
pub(super) fn state(entry: &EntityEntry) -> Option<Message> {
    let now = word(entry)?;
    let mut all = Map::new();
    let mut put = |key: &str, value: Value| all.insert(key.to_owned(), value);
    let has = |feature| entry.features.contains(&feature);
    match entry.domain() {
        "light" => {
            put("state", now.to_uppercase().into());
            if has(Feature::Brightness) {
                put("brightness", brightness(entry, 254.0).into());
            }
            let white = white(entry).filter(|_| has(Feature::ColorTemp));
            if let Some(white) = white {
                put("color_temp", white.into());
                put("color_mode", "color_temp".into());
            }
            if let Some(color) = color(entry).filter(|_| has(Feature::Color)) {
                let (x, y) = color.to_xy();
                put("color", json!({ "x": (x * 1e4).round() / 1e4, "y": (y * 1e4).round() / 1e4 }));
                put("color_mode", "xy".into());
            }
        }
        "cover" => {
            put("state", if matches!(now.as_str(), "closed" | "closing") { "CLOSE" } else { "OPEN" }.into());
            let moving = match now.as_str() {
                "opening" => "UP",
                "closing" => "DOWN",
                _ => "STOP",
            };
            put("moving", moving.into());
            if has(Feature::Position) {
                put("position", entry.state.get("current_position").cloned().unwrap_or(Value::Null));
            }
        }
        "lock" => {
            put("state", if matches!(now.as_str(), "locked" | "locking") { "LOCK" } else { "UNLOCK" }.into());
        }
        "fan" => {
            put("state", now.to_uppercase().into());
            if let Some(percent) = entry.state.get("percentage") {
                put("speed", percent.clone());
            }
        }
        "climate" => {
            put("system_mode", now.into());
            for (key, from) in
                [("occupied_heating_setpoint", "temperature"), ("local_temperature", "current_temperature")]
            {
                if let Some(value) = entry.state.get(from) {
                    put(key, value.clone());
                }
            }
        }
        "sensor" => {
            let class = entry.device_class.as_deref().unwrap_or_default();
            put(class, reading(&now));
        }
        _ => {
            put("state", now.to_uppercase().into());
        }
    }
    put("linkquality", 120.into());
    let payload = Value::Object(all).to_string();
    Some(Message { topic: format!("{BASE}/{}", device(entry)), payload, retain: false, after_ms: 0 })
}

/// What a command means in the words of the simulated home.
pub(super) fn orders(entry: &EntityEntry, payload: &str) -> Vec<(String, String)> {
    let Ok(Value::Object(all)) = serde_json::from_str::<Value>(payload) else { return Vec::new() };
    let number = |key: &str| all.get(key).and_then(Value::as_f64);
    let said = all.get("state").and_then(Value::as_str);
    let mut orders = Vec::new();
    match (entry.domain(), said) {
        ("light", Some("OFF")) => orders.push(turn(entry, false)),
        ("light", _) => {
            let xy = |c: &Value| Some(Rgb::from_xy(c.get("x")?.as_f64()?, c.get("y")?.as_f64()?));
            let lit = Lit::on().brightness(number("brightness"), 254.0);
            let lit = lit.kelvin(number("color_temp").filter(|m| *m > 0.0).map(mireds));
            orders.push(lit.color(all.get("color").and_then(xy)).order());
        }
        ("cover" | "lock", Some(word)) => orders.push(say("", word)),
        ("cover", None) => orders.extend(number("position").map(|p| say("position", p))),
        ("climate", _) => {
            orders.extend(number("occupied_heating_setpoint").map(|t| say("temperature", t)));
            orders.extend(all.get("system_mode").and_then(Value::as_str).map(|m| say("mode", m)));
        }
        ("fan", None) => orders.extend(number("speed").map(|s| say("percentage", s))),
        (_, Some(word)) => orders.push(turn(entry, word == "ON")),
        _ => {}
    }
    orders
}
