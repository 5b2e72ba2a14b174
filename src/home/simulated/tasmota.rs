//! Simulated things that speak Tasmota: one device each.

use super::convert::{Lit, brightness, color, number, say, turn, white};
use super::file::EntityEntry;
use super::{Message, word};
use crate::home::color::{Rgb, mireds};
use crate::home::entity::Feature;
use serde_json::{Map, Value, json};
use std::hash::{DefaultHasher, Hash, Hasher};

fn topic(entry: &EntityEntry) -> String {
    format!("tasmota_{}", entry.object())
}

fn mac(entry: &EntityEntry) -> String {
    let mut hasher = DefaultHasher::new();
    entry.id.hash(&mut hasher);
    format!("{:012X}", hasher.finish() & 0xffff_ffff_ffff)
}

/// The device that a command is for, and the command.
pub(super) fn command<'t>(entries: &[&EntityEntry], full: &'t str) -> Option<(usize, &'t str)> {
    let (name, command) = full.strip_prefix("cmnd/")?.split_once('/')?;
    Some((entries.iter().position(|e| topic(e) == name)?, command))
}

/// The topics on which commands come.
pub(super) fn subscriptions() -> Vec<String> {
    vec!["cmnd/+/+".into()]
}

/// The announcements, and that the devices are there.
pub(super) fn announce(entries: &[&EntityEntry]) -> Vec<Message> {
    let kept = |topic: String, payload: String| Message { topic, payload, retain: true, after_ms: 0 };
    let of = |entry: &&EntityEntry| {
        let has = |feature| entry.features.contains(&feature);
        let (white, colored) = (has(Feature::ColorTemp), has(Feature::Color));
        let (relays, channels) = match entry.domain() {
            "cover" => (json!([3, 3]), 0),
            "light" if has(Feature::Brightness) => {
                let channels = match (white, colored) {
                    (false, false) => 1,
                    (true, false) => 2,
                    (false, true) => 3,
                    (true, true) => 5,
                };
                (json!([2]), channels)
            }
            _ => (json!([1]), 0),
        };
        let mac = mac(entry);
        let lamp = i32::from(entry.domain() == "light" && channels == 0);
        let config = json!({
            "ip": "192.0.2.1", "dn": entry.name, "fn": [entry.name, null], "hn": topic(entry), "mac": mac, "md": "Simulated",
            "ty": 0, "if": 0, "cam": 0, "ofln": "Offline", "onln": "Online", "state": ["OFF", "ON", "TOGGLE", "HOLD"],
            "sw": "15.0.1", "t": topic(entry), "ft": "%prefix%/%topic%/", "tp": ["cmnd", "stat", "tele"], "rl": relays,
            "swc": [-1], "swn": [null], "btn": [0], "so": { "4": 0, "30": lamp, "68": 0, "82": 0 }, "lk": 1, "lt_st": channels,
            "bat": 0, "dslp": 0, "sho": [0], "sht": [[0, 0, 0]], "ver": 1,
        });
        [
            kept(format!("tasmota/discovery/{mac}/config"), config.to_string()),
            kept(format!("tasmota/discovery/{mac}/sensors"), json!({ "sn": {}, "ver": 1 }).to_string()),
            kept(format!("tele/{}/LWT", topic(entry)), "Online".into()),
        ]
    };
    entries.iter().flat_map(of).collect()
}

/// Everything that a device tells of itself.
fn status(entry: &EntityEntry) -> Option<Map<String, Value>> {
    let now = word(entry)?;
    let mut all = Map::new();
    if entry.domain() == "cover" {
        let direction = match now.as_str() {
            "opening" => 1,
            "closing" => -1,
            _ => 0,
        };
        let position = entry.state.get("current_position").cloned().unwrap_or(Value::Null);
        let shutter = json!({ "Position": position, "Direction": direction, "Target": position, "Tilt": 0 });
        all.insert("Shutter1".into(), shutter);
        return Some(all);
    }
    all.insert("POWER".into(), now.to_uppercase().into());
    if entry.domain() == "light" && entry.features.contains(&Feature::Brightness) {
        all.insert("Dimmer".into(), brightness(entry, 100.0).into());
        let white = white(entry).filter(|_| entry.features.contains(&Feature::ColorTemp));
        let dimmed = all.get("Dimmer").cloned().unwrap_or_default();
        if entry.features.contains(&Feature::Color) {
            let (h, s, _) = color(entry).map_or((0.0, 0.0, 0.0), Rgb::to_hsv);
            all.insert("HSBColor".into(), format!("{},{},{dimmed}", h.round(), s.round()).into());
            all.insert("White".into(), if white.is_some() { dimmed } else { 0.into() });
        }
        if let Some(white) = white {
            all.insert("CT".into(), white.into());
        }
    }
    Some(all)
}

/// The message that tells a thing's state after a command; Tasmota does not have it kept.
pub(super) fn state(entry: &EntityEntry) -> Option<Message> {
    let payload = Value::Object(status(entry)?).to_string();
    Some(Message { topic: format!("stat/{}/RESULT", topic(entry)), payload, retain: false, after_ms: 0 })
}

/// The answer to a question.
pub(super) fn answer(entry: &EntityEntry, command: &str, payload: &str) -> Option<Message> {
    let (name, key) = match (command, payload) {
        ("STATUS", "11") => ("STATUS11", "StatusSTS"),
        ("STATUS", "10") => ("STATUS10", "StatusSNS"),
        _ => return None,
    };
    let payload = json!({ key: status(entry)? }).to_string();
    Some(Message { topic: format!("stat/{}/{name}", topic(entry)), payload, retain: false, after_ms: 0 })
}

/// What a command means in the words of the simulated home.
pub(super) fn orders(entry: &EntityEntry, command: &str, payload: &str) -> Vec<(String, String)> {
    let value = payload.parse::<f64>().ok().filter(|n| n.is_finite());
    let hue_and_saturation = || {
        let (h, s, _) = color(entry).map_or((0.0, 100.0, 100.0), Rgb::to_hsv);
        (h, s)
    };
    let order = match (command, value) {
        ("POWER" | "POWER1", _) => match payload {
            "ON" | "1" => turn(entry, true),
            "OFF" | "0" => turn(entry, false),
            "TOGGLE" => turn(entry, word(entry).as_deref() != Some("on")),
            _ => return Vec::new(),
        },
        ("Dimmer", Some(percent)) => Lit::on().brightness(Some(percent), 100.0).order(),
        ("CT", Some(ct)) if ct > 0.0 => Lit::on().kelvin(Some(mireds(ct))).order(),
        ("HSBColor1", Some(hue)) => Lit::on().color(Some(Rgb::from_hs(hue, hue_and_saturation().1))).order(),
        ("HSBColor2", Some(saturation)) => {
            Lit::on().color(Some(Rgb::from_hs(hue_and_saturation().0, saturation))).order()
        }
        ("ShutterOpen1", _) => say("", "OPEN"),
        ("ShutterClose1", _) => say("", "CLOSE"),
        ("ShutterStop1", _) => say("", "STOP"),
        ("ShutterPosition1", Some(percent)) => say("position", percent),
        _ => return Vec::new(),
    };
    // A device of one kind ignores the commands of another.
    let fits = match entry.domain() {
        "cover" => command.starts_with("Shutter"),
        "light" => !command.starts_with("Shutter"),
        _ => command.starts_with("POWER"),
    };
    if fits && number(entry, "broken").is_none() { vec![order] } else { Vec::new() }
}
