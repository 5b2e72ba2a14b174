//! How simulated things answer commands.

use super::announce::state;
use super::file::EntityEntry;
use super::{Message, word};
use serde_json::{Map, Value, json};

/// How long a cover is on its way, in ms.
const TRAVEL_MS: u64 = 1_500;

/// Carries out a command and tells the states that come of it.
pub(super) fn command(entry: &mut EntityEntry, what: &str, payload: &str) -> Vec<Message> {
    let mut messages = Vec::new();
    let done = match entry.domain() {
        "light" => light(entry, payload),
        "cover" | "valve" => return moving(entry, what, payload),
        "fan" => fan(entry, what, payload),
        "climate" | "water_heater" | "humidifier" => climate(entry, what, payload),
        "lock" => choose(entry, payload, &[("LOCK", "locked"), ("UNLOCK", "unlocked")]),
        "alarm_control_panel" => match payload.strip_prefix("ARM_") {
            Some(mode) => set(entry, "state", format!("armed_{}", mode.to_lowercase())),
            None => choose(entry, payload, &[("DISARM", "disarmed")]),
        },
        "switch" => choose(entry, payload, &[("on", "on"), ("off", "off")]),
        "siren" => match serde_json::from_str::<Value>(payload) {
            Ok(json) => match json.get("state").and_then(Value::as_str) {
                Some(word @ ("on" | "off")) => set(entry, "state", word),
                _ => false,
            },
            Err(_) => false,
        },
        "scene" | "button" => {
            let before = entry.state.get("activations").and_then(Value::as_u64).unwrap_or(0);
            set(entry, "activations", before.saturating_add(1))
        }
        "vacuum" | "lawn_mower" if !payload.starts_with('{') => {
            let working = if entry.domain() == "vacuum" { "cleaning" } else { "mowing" };
            match payload {
                "return_to_base" | "dock" => {
                    set(entry, "state", "returning");
                    messages.extend(state(entry));
                    let docked = set(entry, "state", "docked");
                    messages.extend(state(entry).map(|m| Message { after_ms: TRAVEL_MS, ..m }));
                    return if docked { messages } else { Vec::new() };
                }
                "start" | "start_mowing" => set(entry, "state", working),
                "pause" => set(entry, "state", "paused"),
                "stop" => set(entry, "state", "idle"),
                _ => false,
            }
        }
        "number" | "select" | "text" => set(entry, "state", payload),
        _ => local(entry, payload),
    };
    if done {
        messages.extend(state(entry));
    }
    messages
}

fn set(entry: &mut EntityEntry, key: &str, value: impl Into<Value>) -> bool {
    entry.state.insert(key.to_owned(), value.into());
    true
}

/// Takes the state that belongs to a payload.
fn choose(entry: &mut EntityEntry, payload: &str, states: &[(&str, &str)]) -> bool {
    match states.iter().find(|(known, _)| *known == payload) {
        Some((_, word)) => set(entry, "state", *word),
        None => false,
    }
}

fn light(entry: &mut EntityEntry, payload: &str) -> bool {
    let Ok(Value::Object(order)) = serde_json::from_str::<Value>(payload) else { return false };
    match order.get("state").and_then(Value::as_str) {
        Some("OFF") => return set(entry, "state", "off"),
        Some("ON") => set(entry, "state", "on"),
        _ => return false,
    };
    if let Some(value) = order.get("brightness") {
        set(entry, "brightness", value.clone());
    }
    if entry.state.get("brightness").and_then(Value::as_f64) == Some(0.0) {
        set(entry, "brightness", 255);
    }
    if let Some(kelvin) = order.get("color_temp") {
        entry.state.shift_remove("rgb_color");
        set(entry, "color_temp_kelvin", kelvin.clone());
    }
    if let Some(color) = order.get("color") {
        let part = |name: &str| color.get(name).cloned().unwrap_or(0.into());
        entry.state.shift_remove("color_temp_kelvin");
        set(entry, "rgb_color", json!([part("r"), part("g"), part("b")]));
    }
    if let Some(effect) = order.get("effect") {
        set(entry, "effect", effect.clone());
    }
    true
}

/// Covers and valves say that they move, and later that they have arrived.
fn moving(entry: &mut EntityEntry, what: &str, payload: &str) -> Vec<Message> {
    let with_position = entry.features.contains(&crate::home::entity::Feature::Position);
    let here = entry.state.get("current_position").and_then(Value::as_f64);
    let here = here.unwrap_or(if word(entry).as_deref() == Some("closed") { 0.0 } else { 100.0 });
    let number = payload.parse::<f64>().ok().filter(|n| (0.0..=100.0).contains(n));
    if what == "tilt" {
        let Some(tilt) = number else { return Vec::new() };
        set(entry, "current_tilt_position", tilt as i64);
        return state(entry).into_iter().collect();
    }
    let target = match (what, payload, number) {
        ("", "OPEN", _) => 100.0,
        ("", "CLOSE", _) => 0.0,
        ("", "STOP", _) => here,
        // A valve takes positions where it takes words.
        ("position" | "", _, Some(n)) if with_position => n,
        _ => return Vec::new(),
    };
    let mut messages = Vec::new();
    if target != here {
        set(entry, "state", if target > here { "opening" } else { "closing" });
        messages.extend(state(entry));
    }
    if with_position {
        set(entry, "current_position", target as i64);
    }
    set(entry, "state", if target > 0.0 { "open" } else { "closed" });
    let after_ms = if messages.is_empty() { 0 } else { TRAVEL_MS };
    messages.extend(state(entry).map(|m| Message { after_ms, ..m }));
    messages
}

fn fan(entry: &mut EntityEntry, what: &str, payload: &str) -> bool {
    let percent = || payload.parse::<f64>().ok().filter(|n| (0.0..=100.0).contains(n));
    match (what, payload) {
        ("", "on") => {
            if entry.state.get("percentage").and_then(Value::as_f64) == Some(0.0) {
                set(entry, "percentage", 100);
            }
            set(entry, "state", "on")
        }
        ("", "off") => set(entry, "state", "off"),
        ("percentage", _) => match percent() {
            Some(percent) => {
                set(entry, "percentage", percent as i64);
                set(entry, "state", if percent > 0.0 { "on" } else { "off" })
            }
            None => false,
        },
        ("preset", _) => set(entry, "preset_mode", payload) && set(entry, "state", "on"),
        _ => false,
    }
}

fn climate(entry: &mut EntityEntry, what: &str, payload: &str) -> bool {
    let number = || payload.parse::<f64>().ok().filter(|n| n.is_finite());
    match (what, number()) {
        ("", _) => choose(entry, payload, &[("on", "on"), ("off", "off")]),
        ("temperature", Some(degrees)) => set(entry, "temperature", degrees),
        ("humidity", Some(percent)) => set(entry, "humidity", percent),
        ("mode", _) if entry.domain() == "humidifier" => set(entry, "mode", payload),
        ("mode", _) => set(entry, "state", payload),
        ("preset", _) => set(entry, "preset_mode", payload),
        _ => false,
    }
}

/// Things that discovery does not know take a JSON object with `action`.
fn local(entry: &mut EntityEntry, payload: &str) -> bool {
    let Ok(Value::Object(order)) = serde_json::from_str::<Value>(payload) else { return false };
    let text = |key: &str| order.get(key).and_then(Value::as_str);
    match text("action").unwrap_or_default() {
        // A script that has run is off again.
        "turn_on" if entry.domain() == "script" => {
            let before = entry.state.get("activations").and_then(Value::as_u64).unwrap_or(0);
            set(entry, "activations", before.saturating_add(1)) && set(entry, "state", "off")
        }
        "turn_on" => set(entry, "state", "on"),
        "turn_off" => set(entry, "state", "off"),
        "media_pause" => set(entry, "state", "paused"),
        "media_play" => set(entry, "state", "playing"),
        action @ ("media_next_track" | "media_previous_track") => {
            let track = entry.state.get("media_track").and_then(Value::as_i64).unwrap_or(1);
            let step = if action == "media_next_track" { 1 } else { -1 };
            set(entry, "media_track", track.saturating_add(step).max(1)) && set(entry, "state", "playing")
        }
        "volume_set" => match order.get("volume_level").and_then(Value::as_f64) {
            Some(level) if (0.0..=1.0).contains(&level) => set(entry, "volume_level", level),
            _ => false,
        },
        "volume_mute" => match order.get("is_volume_muted").and_then(Value::as_bool) {
            Some(muted) => set(entry, "is_volume_muted", muted),
            None => false,
        },
        "search_and_play" => {
            let title = text("query").unwrap_or_default().to_owned();
            set(entry, "media_title", title) && set(entry, "state", "playing")
        }
        "clean_area" => {
            let area = text("area").unwrap_or_default().to_owned();
            set(entry, "area", area) && set(entry, "state", "cleaning")
        }
        "start" => set(entry, "state", "cleaning"),
        "pause" => set(entry, "state", "paused"),
        "stop" => set(entry, "state", "idle"),
        "return_to_base" => set(entry, "state", "docked"),
        action @ ("add_item" | "complete_item" | "remove_item") => match text("item") {
            Some(item) => list(entry, action, item.to_owned()),
            None => false,
        },
        _ => false,
    }
}

/// A list keeps its items in the attribute `items`; its state is how many are left to do.
fn list(entry: &mut EntityEntry, action: &str, item: String) -> bool {
    let mut items: Vec<Value> =
        entry.state.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    let is = |entry: &Value| {
        let summary = entry.get("summary").and_then(Value::as_str);
        summary.is_some_and(|s| s.to_lowercase() == item.to_lowercase())
    };
    match action {
        "add_item" => items.push(json!({ "summary": item, "status": "needs_action" })),
        "complete_item" => match items.iter_mut().find(|i| is(i)).and_then(Value::as_object_mut) {
            Some(found) => {
                found.insert("status".into(), "completed".into());
            }
            None => return false,
        },
        _ => {
            let before = items.len();
            items.retain(|i| !is(i));
            if items.len() == before {
                return false;
            }
        }
    }
    let open = |i: &&Value| i.get("status").and_then(Value::as_str) != Some("completed");
    let left = items.iter().filter(open).count();
    let mut changed = Map::new();
    changed.insert("items".into(), items.into());
    changed.insert("state".into(), left.to_string().into());
    entry.state.extend(changed);
    true
}
