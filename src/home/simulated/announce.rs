//! How simulated things announce themselves and tell their states.

use super::dialect::SimulatedDialect;
use super::file::EntityEntry;
use super::{Message, shelly, tasmota, topic, word, zigbee2mqtt};
use crate::home::entity::Feature;
use serde_json::{Map, Value, json};

/// Domains that Home Assistant's discovery knows and that we simulate by it.
const DISCOVERED: &[&str] = &[
    "alarm_control_panel",
    "binary_sensor",
    "button",
    "climate",
    "cover",
    "fan",
    "humidifier",
    "lawn_mower",
    "light",
    "lock",
    "number",
    "scene",
    "select",
    "sensor",
    "siren",
    "switch",
    "text",
    "vacuum",
    "valve",
    "water_heater",
];

/// Whether an entity is announced by discovery. A vacuum that cleans single areas is not: discovery
/// has no words for that.
pub(super) fn by_discovery(entry: &EntityEntry) -> bool {
    DISCOVERED.contains(&entry.domain()) && !entry.features.contains(&Feature::CleanArea)
}

/// The announcement of an entity.
pub(super) fn discovery(entry: &EntityEntry) -> Option<Message> {
    if !by_discovery(entry) {
        return None;
    }
    let base = topic(entry);
    let mut map = Map::new();
    map.insert("~".into(), base.as_str().into());
    map.insert("name".into(), Value::Null);
    map.insert("unique_id".into(), format!("{base}-{}", entry.id).into());
    map.insert("default_entity_id".into(), entry.id.as_str().into());
    map.insert("device".into(), device(entry));
    map.insert("origin".into(), json!({ "name": "Sotto simulated home" }));
    if let Some(class) = &entry.device_class {
        map.insert("device_class".into(), class.as_str().into());
    }
    map.insert("json_attributes_topic".into(), "~/state".into());
    map.extend(settings(entry));
    Some(Message {
        topic: format!("homeassistant/{}/sotto_home/{}/config", entry.domain(), entry.object()),
        payload: Value::Object(map).to_string(),
        retain: true,
        after_ms: 0,
    })
}

fn device(entry: &EntityEntry) -> Value {
    let mut device = json!({
        "identifiers": [format!("{}-{}", super::BASE, entry.id)],
        "name": entry.name,
        "manufacturer": "Sotto",
        "model": format!("simulated {}", entry.domain().replace('_', " ")),
    });
    if let (Some(area), Some(map)) = (&entry.area, device.as_object_mut()) {
        map.insert("suggested_area".into(), area.as_str().into());
    }
    device
}

/// A state topic with the template that takes one member of it.
fn member(topic_key: &str, template_key: &str, name: &str) -> [(String, Value); 2] {
    let template = format!("{{{{ value_json.{name} | is_defined }}}}");
    [(topic_key.to_owned(), "~/state".into()), (template_key.to_owned(), template.into())]
}

fn settings(entry: &EntityEntry) -> Map<String, Value> {
    let has = |feature| entry.features.contains(&feature);
    let mut map = Map::new();
    let mut put = |all: Value| {
        if let Value::Object(all) = all {
            map.extend(all);
        }
    };
    let state = || Value::Object(member("state_topic", "value_template", "state").into_iter().collect());
    let members = |all: &[(&str, &str, &str)]| {
        Value::Object(all.iter().flat_map(|(t, v, name)| member(t, v, name)).collect())
    };
    match entry.domain() {
        "light" => put(light(entry)),
        "cover" => {
            put(state());
            put(json!({ "command_topic": "~/set" }));
            if has(Feature::Position) {
                put(json!({ "set_position_topic": "~/set/position" }));
            }
            put(members(&[("position_topic", "position_template", "current_position")]));
            if has(Feature::Tilt) {
                put(json!({ "tilt_command_topic": "~/set/tilt" }));
                put(members(&[("tilt_status_topic", "tilt_status_template", "current_tilt_position")]));
            }
        }
        "valve" => {
            put(json!({ "command_topic": "~/set", "payload_stop": "STOP" }));
            if has(Feature::Position) {
                let both =
                    r#"{{ {"state": value_json.state, "position": value_json.current_position} | to_json }}"#;
                put(json!({ "reports_position": true, "state_topic": "~/state", "value_template": both }));
            } else {
                put(state());
            }
        }
        "fan" => {
            put(json!({ "command_topic": "~/set", "payload_on": "on", "payload_off": "off" }));
            put(members(&[("state_topic", "state_value_template", "state")]));
            if has(Feature::Speed) {
                put(json!({ "percentage_command_topic": "~/set/percentage" }));
            }
            put(members(&[("percentage_state_topic", "percentage_value_template", "percentage")]));
            if has(Feature::Preset) {
                put(json!({ "preset_mode_command_topic": "~/set/preset",
                    "preset_modes": texts(entry, "preset_modes", &["auto", "sleep"]) }));
                put(members(&[("preset_mode_state_topic", "preset_mode_value_template", "preset_mode")]));
            }
        }
        "climate" | "water_heater" => put(climate(entry)),
        "humidifier" => {
            put(json!({ "command_topic": "~/set", "payload_on": "on", "payload_off": "off",
                "target_humidity_command_topic": "~/set/humidity" }));
            put(members(&[
                ("state_topic", "state_value_template", "state"),
                ("target_humidity_state_topic", "target_humidity_state_template", "humidity"),
                ("current_humidity_topic", "current_humidity_template", "current_humidity"),
            ]));
            if has(Feature::Mode) {
                put(json!({ "mode_command_topic": "~/set/mode",
                    "modes": texts(entry, "available_modes", &["normal", "sleep"]) }));
                put(members(&[("mode_state_topic", "mode_state_template", "mode")]));
            }
        }
        "lock" => {
            put(state());
            put(json!({ "command_topic": "~/set", "state_locked": "locked", "state_unlocked": "unlocked",
                "state_locking": "locking", "state_unlocking": "unlocking", "state_jammed": "jammed",
                "state_open": "open", "state_opening": "opening" }));
        }
        "sensor" => {
            put(state());
            if let Some(unit) = entry.state.get("unit_of_measurement") {
                put(json!({ "unit_of_measurement": unit }));
            }
        }
        "binary_sensor" => {
            put(state());
            put(json!({ "payload_on": "on", "payload_off": "off" }));
        }
        "switch" | "siren" => {
            let template = if entry.domain() == "siren" { "state_value_template" } else { "value_template" };
            put(members(&[("state_topic", template, "state")]));
            put(json!({ "command_topic": "~/set", "payload_on": "on", "payload_off": "off" }));
        }
        "scene" | "button" => put(json!({ "command_topic": "~/set" })),
        "number" => {
            put(state());
            put(json!({ "command_topic": "~/set" }));
            for key in ["min", "max", "step", "unit_of_measurement"] {
                if let Some(value) = entry.state.get(key) {
                    put(json!({ key: value }));
                }
            }
        }
        "select" => {
            put(state());
            let now = word(entry).unwrap_or_default();
            put(json!({ "command_topic": "~/set", "options": texts(entry, "options", &[&now]) }));
        }
        "vacuum" => {
            let mut features = vec!["start", "stop", "pause", "status"];
            if has(Feature::ReturnHome) {
                features.push("return_home");
            }
            put(
                json!({ "command_topic": "~/set", "state_topic": "~/state", "supported_features": features }),
            );
        }
        "lawn_mower" => {
            put(members(&[("activity_state_topic", "activity_value_template", "state")]));
            put(json!({ "start_mowing_command_topic": "~/set", "pause_command_topic": "~/set",
                "dock_command_topic": "~/set" }));
        }
        _ => {
            put(state());
            put(json!({ "command_topic": "~/set" }));
        }
    }
    map
}

fn light(entry: &EntityEntry) -> Value {
    let has = |feature| entry.features.contains(&feature);
    let mut modes = Vec::new();
    if has(Feature::ColorTemp) {
        modes.push("color_temp");
    }
    if has(Feature::Color) {
        modes.push("rgb");
    }
    if modes.is_empty() {
        modes.push(if has(Feature::Brightness) { "brightness" } else { "onoff" });
    }
    let mut light = json!({
        "schema": "json",
        "command_topic": "~/set",
        "state_topic": "~/state",
        "brightness": has(Feature::Brightness),
        "supported_color_modes": modes,
    });
    if let Some(map) = light.as_object_mut() {
        if has(Feature::ColorTemp) {
            map.insert("color_temp_kelvin".into(), true.into());
            for (key, own, default) in
                [("min_kelvin", "min_color_temp_kelvin", 2000), ("max_kelvin", "max_color_temp_kelvin", 6500)]
            {
                map.insert(key.into(), entry.state.get(own).cloned().unwrap_or(default.into()));
            }
        }
        if has(Feature::Effect) {
            map.insert("effect".into(), true.into());
            let effects = texts(entry, "effect_list", &["colorloop", "candle"]);
            map.insert("effect_list".into(), effects.into());
        }
    }
    light
}

fn climate(entry: &EntityEntry) -> Value {
    let has = |feature| entry.features.contains(&feature);
    let number = |key: &str| entry.state.get(key).and_then(Value::as_f64);
    let mut modes = texts(entry, "hvac_modes", &["off", "heat", "cool", "auto"]);
    if let Some(now) = word(entry).filter(|now| !modes.contains(now)) {
        modes.push(now);
    }
    let said = ["temperature_unit", "unit_of_measurement"]
        .iter()
        .find_map(|key| entry.state.get(*key)?.as_str())
        .map(|unit| unit.contains('F'));
    // No room is kept at more than 45 °C.
    let warm = ["temperature", "current_temperature"].iter().filter_map(|k| number(k)).any(|t| t > 45.0);
    let fahrenheit = said.unwrap_or(warm && entry.domain() == "climate");
    let mut all: Map<String, Value> = [
        ("mode_state_topic", "mode_state_template", "state"),
        ("current_temperature_topic", "current_temperature_template", "current_temperature"),
        ("current_humidity_topic", "current_humidity_template", "current_humidity"),
        ("action_topic", "action_template", "hvac_action"),
    ]
    .into_iter()
    .flat_map(|(t, v, name)| member(t, v, name))
    .collect();
    all.insert("mode_command_topic".into(), "~/set/mode".into());
    all.insert("modes".into(), modes.into());
    all.insert("temperature_unit".into(), if fahrenheit { "F" } else { "C" }.into());
    for key in ["min_temp", "max_temp"] {
        if let Some(value) = entry.state.get(key) {
            all.insert(key.into(), value.clone());
        }
    }
    if has(Feature::Temperature) {
        all.insert("temperature_command_topic".into(), "~/set/temperature".into());
    }
    all.extend(member("temperature_state_topic", "temperature_state_template", "temperature"));
    if has(Feature::Preset) {
        all.insert("preset_mode_command_topic".into(), "~/set/preset".into());
        let presets = texts(entry, "preset_modes", &["eco", "comfort"]);
        all.insert("preset_modes".into(), presets.into());
        all.extend(member("preset_mode_state_topic", "preset_mode_value_template", "preset_mode"));
    }
    Value::Object(all)
}

/// A list among the attributes, or what it is without one.
fn texts(entry: &EntityEntry, key: &str, default: &[&str]) -> Vec<String> {
    match entry.state.get(key).and_then(Value::as_array) {
        Some(all) => all.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        None => default.iter().map(|d| (*d).to_owned()).collect(),
    }
}

/// The message that tells an entity's state in its dialect, if it has one.
pub(super) fn state(entry: &EntityEntry) -> Option<Message> {
    if by_discovery(entry) {
        match entry.dialect {
            SimulatedDialect::Zigbee2Mqtt => return zigbee2mqtt::state(entry),
            SimulatedDialect::Tasmota => return tasmota::state(entry),
            SimulatedDialect::Shelly => return shelly::state(entry),
            SimulatedDialect::HomeAssistant | SimulatedDialect::EspHome => {}
        }
    }
    if entry.state.is_empty() {
        return None;
    }
    let mut payload = entry.state.clone();
    if let Some(word) = word(entry) {
        payload.insert("state".into(), word.into());
    }
    if entry.domain() == "light" {
        light_state(entry, &mut payload);
    }
    let topic = format!("{}/state", topic(entry));
    Some(Message { topic, payload: Value::Object(payload).to_string(), retain: true, after_ms: 0 })
}

/// The state of a light in the schema `json`.
fn light_state(entry: &EntityEntry, payload: &mut Map<String, Value>) {
    let word = word(entry).map(|w| w.to_uppercase());
    payload.insert("state".into(), word.map_or(Value::Null, Value::from));
    if let Some(kelvin) = payload.shift_remove("color_temp_kelvin") {
        payload.insert("color_mode".into(), "color_temp".into());
        payload.insert("color_temp".into(), kelvin);
    }
    let rgb = payload.shift_remove("rgb_color");
    if let Some([r, g, b]) = rgb.as_ref().and_then(Value::as_array).map(Vec::as_slice) {
        payload.insert("color_mode".into(), "rgb".into());
        payload.insert("color".into(), json!({ "r": r, "g": g, "b": b }));
    }
}
