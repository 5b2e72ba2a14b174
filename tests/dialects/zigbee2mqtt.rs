//! Zigbee2MQTT: every kind of thing that devices expose, groups, scenes, availability; and what is wrong.

use crate::*;
use proptest::prelude::*;
use serde_json::{Value, json};

/// An entry of the list of devices.
pub fn device(address: &str, name: &str, exposes: Value) -> Value {
    json!({
        "ieee_address": address, "type": "Router", "network_address": 4711, "supported": true, "disabled": false,
        "friendly_name": name, "interviewing": false, "interview_completed": true, "power_source": "Mains (single phase)",
        "definition": {"model": "X1", "vendor": "Test", "description": "a thing", "exposes": exposes, "options": [],
            "supports_ota": true},
        "endpoints": {"1": {"bindings": [], "clusters": {"input": ["genOnOff"], "output": []}, "scenes": []}},
        "scenes": [],
    })
}

fn binary(name: &str, property: &str, access: u8, on: Value, off: Value) -> Value {
    json!({"type": "binary", "name": name, "label": name, "property": property, "access": access,
        "value_on": on, "value_off": off, "value_toggle": "TOGGLE"})
}

fn numeric(name: &str, access: u8, range: Option<(f64, f64)>, unit: &str) -> Value {
    let mut value =
        json!({"type": "numeric", "name": name, "label": name, "property": name, "access": access});
    if let Some((least, most)) = range {
        value["value_min"] = json!(least);
        value["value_max"] = json!(most);
    }
    if !unit.is_empty() {
        value["unit"] = json!(unit);
    }
    value
}

fn choice(name: &str, property: &str, access: u8, values: &[&str]) -> Value {
    json!({"type": "enum", "name": name, "label": name, "property": property, "access": access, "values": values})
}

pub fn light() -> Value {
    let xy = json!({"type": "composite", "name": "color_xy", "property": "color", "access": 7, "features": [
        numeric("x", 7, None, ""), numeric("y", 7, None, "")]});
    json!([
        {"type": "light", "features": [
            binary("state", "state", 7, json!("ON"), json!("OFF")),
            numeric("brightness", 7, Some((0.0, 254.0)), ""),
            numeric("color_temp", 7, Some((153.0, 500.0)), "mired"),
            xy,
        ]},
        choice("effect", "effect", 2, &["blink", "breathe", "okay"]),
        choice("power_on_behavior", "power_on_behavior", 7, &["off", "on", "previous"]),
        numeric("linkquality", 1, Some((0.0, 255.0)), "lqi"),
    ])
}

pub fn plug() -> Value {
    json!([
        {"type": "switch", "features": [binary("state", "state", 7, json!("ON"), json!("OFF"))]},
        numeric("power", 1, None, "W"),
        numeric("linkquality", 1, Some((0.0, 255.0)), "lqi"),
    ])
}

pub fn with(devices: Value) -> Home {
    let mut home = home();
    let changes = hear(&mut home, "zigbee2mqtt/bridge/devices", devices);
    assert_eq!(rejected(&changes), [""; 0]);
    home
}

#[test]
fn a_light_with_brightness_white_colour_and_effects() {
    let mut home = with(json!([device("0x01", "Kitchen Ceiling", light())]));
    assert_eq!(ids(&mut home), ["light.kitchen_ceiling"]);
    let lamp = entity(&mut home, "light.kitchen_ceiling");
    let features: Vec<String> = lamp.features.iter().map(ToString::to_string).collect();
    assert_eq!(features, ["brightness", "color", "color_temp", "effect"]);
    assert_eq!(lamp.ranges["color_temp_kelvin"], (2000.0, 6536.0));
    hear(
        &mut home,
        "zigbee2mqtt/Kitchen Ceiling",
        json!({"state": "ON", "brightness": 127, "color_temp": 370,
        "color": {"x": 0.46, "y": 0.41}, "color_mode": "color_temp", "linkquality": 120, "update": {"state": "idle"}}),
    );
    assert_eq!(state(&mut home, "light.kitchen_ceiling").as_deref(), Some("on"));
    assert_eq!(attribute(&mut home, "light.kitchen_ceiling", "brightness"), json!(128));
    assert_eq!(attribute(&mut home, "light.kitchen_ceiling", "color_temp_kelvin"), json!(2703));
    hear(
        &mut home,
        "zigbee2mqtt/Kitchen Ceiling",
        json!({"color": {"x": 0.7006, "y": 0.2993}, "color_mode": "xy",
        "color_temp": 370}),
    );
    assert_eq!(attribute(&mut home, "light.kitchen_ceiling", "color_temp_kelvin"), Value::Null);
    assert_eq!(attribute(&mut home, "light.kitchen_ceiling", "brightness"), json!(128));
    assert!(met(&mut home, "HassLightSet", "light.kitchen_ceiling", json!({"color": "red"})));

    let id = "light.kitchen_ceiling";
    let to = "zigbee2mqtt/Kitchen Ceiling/set";
    assert_eq!(sent(&home, "HassTurnOn", id, json!({})), [format!(r#"{to} {{"state":"ON"}}"#)]);
    assert_eq!(sent(&home, "HassTurnOff", id, json!({})), [format!(r#"{to} {{"state":"OFF"}}"#)]);
    assert_eq!(
        sent(&home, "HassLightSet", id, json!({"brightness": 50})),
        [format!(r#"{to} {{"state":"ON","brightness":127}}"#)]
    );
    assert_eq!(
        sent(&home, "HassLightSet", id, json!({"temperature": 2700})),
        [format!(r#"{to} {{"state":"ON","color_temp":370}}"#)]
    );
    assert_eq!(
        sent(&home, "HassLightSet", id, json!({"color": "red"})),
        [format!(r#"{to} {{"state":"ON","color":{{"x":0.6401,"y":0.33}}}}"#)]
    );
    assert_eq!(
        sent(&home, "HassLightSet", id, json!({"effect": "Breathe"})),
        [format!(r#"{to} {{"state":"ON","effect":"breathe"}}"#)]
    );
    assert!(matches!(
        refused(&home, "HassLightSet", id, json!({"temperature": 9000})),
        Refusal::OutOfRange { .. }
    ));
}

#[test]
fn a_light_by_hue_and_saturation_and_one_of_two_endpoints() {
    let hs = json!([{"type": "light", "features": [
        binary("state", "state", 7, json!("ON"), json!("OFF")),
        {"type": "composite", "name": "color_hs", "property": "color", "access": 7, "features": [
            numeric("hue", 7, None, ""), numeric("saturation", 7, None, "")]}]}]);
    let end = |e: &str| {
        json!({"type": "light", "endpoint": e, "features": [
        binary("state", &format!("state_{e}"), 7, json!("ON"), json!("OFF")),
        {"type": "numeric", "name": "brightness", "property": format!("brightness_{e}"), "access": 7, "endpoint": e,
            "value_min": 0, "value_max": 254}]})
    };
    let mut home = with(json!([
        device("0x01", "hall/strip", hs),
        device("0x02", "Duo", json!([end("left"), end("right")]))
    ]));
    assert_eq!(ids(&mut home), ["light.duo_left", "light.duo_right", "light.hall_strip"]);
    assert_eq!(entity(&mut home, "light.hall_strip").name, "hall strip");
    let red = sent(&home, "HassLightSet", "light.hall_strip", json!({"color": "blue"}));
    assert_eq!(red, [r#"zigbee2mqtt/hall/strip/set {"state":"ON","color":{"hue":240,"saturation":100}}"#]);
    hear(
        &mut home,
        "zigbee2mqtt/hall/strip",
        json!({"state": "ON", "color": {"hue": 238, "saturation": 98}, "color_mode": "hs"}),
    );
    assert!(met(&mut home, "HassLightSet", "light.hall_strip", json!({"color": "blue"})));
    hear(
        &mut home,
        "zigbee2mqtt/Duo",
        json!({"state_left": "ON", "state_right": "OFF", "brightness_left": 254}),
    );
    assert_eq!(state(&mut home, "light.duo_left").as_deref(), Some("on"));
    assert_eq!(state(&mut home, "light.duo_right").as_deref(), Some("off"));
    let dim = sent(&home, "HassLightSet", "light.duo_right", json!({"brightness": 100}));
    assert_eq!(dim, [r#"zigbee2mqtt/Duo/set {"state_right":"ON","brightness_right":254}"#]);
}

#[test]
fn plugs_sensors_and_what_they_measure() {
    let contact = json!([
        {"type": "binary", "name": "contact", "property": "contact", "access": 1, "value_on": false, "value_off": true},
        numeric("battery", 1, Some((0.0, 100.0)), "%"),
    ]);
    let climate = json!([
        numeric("temperature", 1, None, "°C"),
        numeric("humidity", 1, None, "%"),
        choice("action", "action", 1, &["single", "double"])
    ]);
    let mut home = with(json!([
        device("0x01", "Kettle", plug()),
        device("0x02", "Back Door", contact),
        device("0x03", "bath", climate)
    ]));
    assert_eq!(
        ids(&mut home),
        [
            "binary_sensor.back_door_contact",
            "event.bath_action",
            "sensor.back_door_battery",
            "sensor.bath_humidity",
            "sensor.bath_temperature",
            "sensor.kettle_power",
            "switch.kettle"
        ]
    );
    hear(&mut home, "zigbee2mqtt/Kettle", json!({"state": "OFF", "power": 12.5}));
    hear(&mut home, "zigbee2mqtt/Back Door", json!({"contact": false, "battery": 88}));
    hear(&mut home, "zigbee2mqtt/bath", json!({"temperature": 21.47, "humidity": 60, "action": "double"}));
    hear(&mut home, "zigbee2mqtt/bath", json!({"temperature": 21.5, "action": ""}));
    let power = entity(&mut home, "sensor.kettle_power");
    assert_eq!((power.state.value.as_deref(), power.unit.as_deref()), (Some("12.5"), Some("W")));
    let door = entity(&mut home, "binary_sensor.back_door_contact");
    assert_eq!((door.state.value.as_deref(), door.device_class.as_deref()), (Some("on"), Some("door")));
    assert_eq!(state(&mut home, "sensor.bath_temperature").as_deref(), Some("21.5"));
    assert_eq!(entity(&mut home, "sensor.bath_temperature").name, "bath Temperature");
    assert_eq!(state(&mut home, "event.bath_action").as_deref(), Some("double"));
    assert_eq!(
        sent(&home, "HassTurnOn", "switch.kettle", json!({})),
        [r#"zigbee2mqtt/Kettle/set {"state":"ON"}"#]
    );
    assert!(!met(&mut home, "HassTurnOn", "switch.kettle", json!({})));
    assert!(matches!(
        refused(&home, "HassTurnOn", "sensor.kettle_power", json!({})),
        Refusal::FeatureNotSupported { .. }
    ));
}

#[test]
fn covers_locks_thermostats_and_fans() {
    let blind = json!([{"type": "cover", "features": [
        choice("state", "state", 3, &["OPEN", "CLOSE", "STOP"]), numeric("position", 7, Some((0.0, 100.0)), "%"),
        numeric("tilt", 7, Some((0.0, 100.0)), "%")]}]);
    let lock = json!([{"type": "lock", "features": [binary("state", "state", 7, json!("LOCK"), json!("UNLOCK")),
        choice("lock_state", "lock_state", 1, &["not_fully_locked", "locked", "unlocked"])]}]);
    let mut setpoint = numeric("occupied_heating_setpoint", 7, Some((5.0, 30.0)), "°C");
    setpoint["value_step"] = json!(0.5);
    let valve = json!([{"type": "climate", "features": [setpoint, numeric("local_temperature", 5, None, "°C"),
        choice("system_mode", "system_mode", 7, &["off", "auto", "heat"]),
        choice("running_state", "running_state", 5, &["idle", "heat"]), choice("preset", "preset", 3, &["eco", "away"])]}]);
    let fan = json!([{"type": "fan", "features": [binary("state", "fan_state", 7, json!("ON"), json!("OFF")),
        choice("mode", "fan_mode", 7, &["off", "low", "medium", "high", "on", "auto"])]}]);
    let mut home = with(json!([
        device("0x01", "Blind", blind),
        device("0x02", "Door", lock),
        device("0x03", "Radiator", valve),
        device("0x04", "Fan", fan)
    ]));
    let to = |name: &str, payload: &str| [format!("zigbee2mqtt/{name}/set {payload}")];

    assert_eq!(sent(&home, "HassTurnOn", "cover.blind", json!({})), to("Blind", r#"{"state":"OPEN"}"#));
    assert_eq!(sent(&home, "HassTurnOff", "cover.blind", json!({})), to("Blind", r#"{"state":"CLOSE"}"#));
    assert_eq!(sent(&home, "HassStopMoving", "cover.blind", json!({})), to("Blind", r#"{"state":"STOP"}"#));
    assert_eq!(
        sent(&home, "HassSetPosition", "cover.blind", json!({"position": 30})),
        to("Blind", r#"{"position":30}"#)
    );
    hear(
        &mut home,
        "zigbee2mqtt/Blind",
        json!({"state": "OPEN", "position": 30, "tilt": 50, "moving": "DOWN"}),
    );
    assert_eq!(state(&mut home, "cover.blind").as_deref(), Some("closing"));
    hear(&mut home, "zigbee2mqtt/Blind", json!({"state": "CLOSE", "position": 0, "moving": "STOP"}));
    assert_eq!(state(&mut home, "cover.blind").as_deref(), Some("closed"));
    assert!(met(&mut home, "HassTurnOff", "cover.blind", json!({})));

    assert_eq!(sent(&home, "HassTurnOn", "lock.door", json!({})), to("Door", r#"{"state":"LOCK"}"#));
    assert_eq!(sent(&home, "HassTurnOff", "lock.door", json!({})), to("Door", r#"{"state":"UNLOCK"}"#));
    hear(&mut home, "zigbee2mqtt/Door", json!({"state": "LOCK", "lock_state": "not_fully_locked"}));
    assert_eq!(state(&mut home, "lock.door").as_deref(), Some("jammed"));
    hear(&mut home, "zigbee2mqtt/Door", json!({"state": "UNLOCK"}));
    assert_eq!(state(&mut home, "lock.door").as_deref(), Some("unlocked"));

    hear(
        &mut home,
        "zigbee2mqtt/Radiator",
        json!({"local_temperature": 19.5, "occupied_heating_setpoint": 21,
        "system_mode": "heat", "running_state": "heat", "preset": "eco"}),
    );
    let radiator = entity(&mut home, "climate.radiator");
    assert_eq!(radiator.state.value.as_deref(), Some("heat"));
    assert_eq!(radiator.state.number("current_temperature"), Some(19.5));
    assert_eq!(radiator.ranges["temperature"], (5.0, 30.0));
    assert_eq!(attribute(&mut home, "climate.radiator", "hvac_action"), json!("heating"));
    let warm = sent(&home, "HassClimateSetTemperature", "climate.radiator", json!({"temperature": 22.3}));
    assert_eq!(warm, to("Radiator", r#"{"occupied_heating_setpoint":22.5}"#));
    assert_eq!(
        sent(&home, "HassTurnOff", "climate.radiator", json!({})),
        to("Radiator", r#"{"system_mode":"off"}"#)
    );
    assert_eq!(
        sent(&home, "HassTurnOn", "climate.radiator", json!({})),
        to("Radiator", r#"{"system_mode":"auto"}"#)
    );
    let hot = refused(&home, "HassClimateSetTemperature", "climate.radiator", json!({"temperature": 80}));
    assert!(matches!(hot, Refusal::OutOfRange { .. }));

    hear(&mut home, "zigbee2mqtt/Fan", json!({"fan_state": "ON", "fan_mode": "medium"}));
    assert_eq!(state(&mut home, "fan.fan").as_deref(), Some("on"));
    assert_eq!(attribute(&mut home, "fan.fan", "percentage"), json!(66));
    assert_eq!(
        sent(&home, "HassFanSetSpeed", "fan.fan", json!({"percentage": 100})),
        to("Fan", r#"{"fan_mode":"high"}"#)
    );
    assert_eq!(sent(&home, "HassTurnOff", "fan.fan", json!({})), to("Fan", r#"{"fan_state":"OFF"}"#));
}

#[test]
fn groups_do_what_their_members_can_and_scenes_are_recalled() {
    let white = json!([{"type": "light", "features": [binary("state", "state", 7, json!("ON"), json!("OFF")),
        numeric("color_temp", 7, Some((250.0, 454.0)), "mired")]}]);
    let groups = json!([
        {"id": 1, "friendly_name": "Living Room Lights", "members": [{"ieee_address": "0x01", "endpoint": 1},
            {"ieee_address": "0x02", "endpoint": 1}], "scenes": [{"id": 3, "name": "Movie Night"}, {"id": 4, "name": "Scene 4"}]},
        {"id": 2, "friendly_name": "Plugs", "members": [{"ieee_address": "0x03", "endpoint": 1}], "scenes": []},
        {"id": 901, "friendly_name": "default_bind_group", "members": [], "scenes": []},
    ]);
    let devices =
        json!([device("0x01", "A", light()), device("0x02", "B", white), device("0x03", "C", plug())]);
    for devices_first in [true, false] {
        let mut home = home();
        let mut messages = [("devices", &devices), ("groups", &groups)];
        if !devices_first {
            messages.reverse();
        }
        for (list, payload) in messages {
            hear(&mut home, &format!("zigbee2mqtt/bridge/{list}"), payload);
        }
        assert_eq!(
            ids(&mut home),
            [
                "light.a",
                "light.b",
                "light.living_room_lights",
                "scene.living_room_lights_movie_night",
                "scene.living_room_lights_scene_4",
                "sensor.c_power",
                "switch.c",
                "switch.plugs"
            ]
        );
        let group = entity(&mut home, "light.living_room_lights");
        assert_eq!(group.ranges["color_temp_kelvin"], (2203.0, 4000.0));
        assert!(group.has(sotto::home::Feature::Color));
        assert_eq!(entity(&mut home, "scene.living_room_lights_movie_night").aliases, ["Movie Night"]);
        let recall = sent(&home, "HassTurnOn", "scene.living_room_lights_movie_night", json!({}));
        assert_eq!(recall, [r#"zigbee2mqtt/Living Room Lights/set {"scene_recall":3}"#]);
        hear(&mut home, "zigbee2mqtt/Plugs", json!({"state": "ON"}));
        assert_eq!(state(&mut home, "switch.plugs").as_deref(), Some("on"));
    }
}

#[test]
fn devices_come_move_and_go() {
    let mut home = with(json!([device("0x01", "Lamp", light()), device("0x02", "Kettle", plug())]));
    hear(&mut home, "zigbee2mqtt/Lamp", json!({"state": "ON"}));
    // Under another name it is the same thing.
    hear(&mut home, "zigbee2mqtt/bridge/devices", json!([device("0x01", "Desk Lamp", light())]));
    assert_eq!(ids(&mut home), ["light.lamp"]);
    let lamp = entity(&mut home, "light.lamp");
    assert_eq!((lamp.name.as_str(), lamp.state.value.as_deref()), ("Desk Lamp", Some("on")));
    assert_eq!(
        sent(&home, "HassTurnOff", "light.lamp", json!({})),
        [r#"zigbee2mqtt/Desk Lamp/set {"state":"OFF"}"#]
    );
    assert_eq!(
        hear(&mut home, "zigbee2mqtt/bridge/devices", json!([device("0x01", "Desk Lamp", light())])),
        []
    );
    hear(&mut home, "zigbee2mqtt/bridge/devices", "[]");
    assert!(home.is_empty());
    let mut off = device("0x01", "Lamp", light());
    off["disabled"] = json!(true);
    let coordinator = json!({"ieee_address": "0x00", "type": "Coordinator", "friendly_name": "Coordinator", "definition": null});
    let mut new = device("0x02", "New", light());
    new["interview_completed"] = json!(false);
    hear(&mut home, "zigbee2mqtt/bridge/devices", json!([off, coordinator, new]));
    assert!(home.is_empty());
}

#[test]
fn availability_comes_in_both_forms_from_device_and_bridge() {
    let mut home = with(json!([device("0x01", "Lamp", light())]));
    for (topic, payload, there) in [
        ("Lamp/availability", "offline", false),
        ("Lamp/availability", r#"{"state":"online"}"#, true),
        ("bridge/state", r#"{"state":"offline"}"#, false),
        ("Lamp/availability", "online", false),
        ("bridge/state", "online", true),
        ("Lamp/availability", "nonsense", true),
    ] {
        hear(&mut home, &format!("zigbee2mqtt/{topic}"), payload);
        assert_eq!(is_there(&mut home, "light.lamp"), there, "{topic} {payload}");
    }
    hear(&mut home, "zigbee2mqtt/bridge/state", "offline");
    assert!(matches!(refused(&home, "HassTurnOn", "light.lamp", json!({})), Refusal::Unavailable { .. }));
}

#[test]
fn other_base_topics_come_from_the_configuration() {
    let config = HomeConfig {
        zigbee2mqtt_topics: vec!["home/up".into(), "home/down/".into()],
        ..HomeConfig::default()
    };
    let mut home = Home::new(config);
    assert!(home.subscriptions().contains(&"home/down/bridge/devices".to_owned()));
    assert!(!home.subscriptions().contains(&"zigbee2mqtt/bridge/devices".to_owned()));
    hear(&mut home, "home/up/bridge/devices", json!([device("0x01", "Lamp", light())]));
    hear(&mut home, "home/down/bridge/devices", json!([device("0x01", "Lamp", light())]));
    hear(&mut home, "zigbee2mqtt/bridge/devices", json!([device("0x02", "Other", light())]));
    assert_eq!(ids(&mut home), ["light.lamp", "light.lamp_2"]);
    assert_eq!(
        sent(&home, "HassTurnOn", "light.lamp_2", json!({})),
        [r#"home/down/Lamp/set {"state":"ON"}"#]
    );
}

#[test]
fn a_state_that_nobody_told_is_asked_for() {
    let mut home = with(json!([device("0x01", "A", light()), device("0x02", "B", plug())]));
    hear(&mut home, "zigbee2mqtt/B", json!({"state": "ON", "power": 3}));
    assert_eq!(home.questions(1_500), []);
    assert_eq!(asked(&mut home), [r#"zigbee2mqtt/A/get {"state":""}"#]);
    assert_eq!(asked(&mut home), [""; 0]);
    assert_eq!(home.questions(60_000).len(), 1);
    hear(&mut home, "zigbee2mqtt/A", json!({"state": "ON"}));
    assert_eq!(home.questions(1_000_000), []);
}

#[test]
fn what_is_wrong_costs_nobody_else_a_place() {
    let mut home = home();
    let long = "x".repeat(1 << 20);
    let list = json!([
        device("0x01", "Lamp", light()), 7, null, device("0x02", "a/#", light()), device("0x03", &long, light()),
        {"friendly_name": "No address", "definition": {"exposes": light()}}, device("0x05", "Kettle", plug()),
        device("0x06", "Odd", json!([{"type": 5}, {"type": "light"}, {"type": "light", "features": "x"}, [], {"type": "numeric"}])),
    ]);
    let reasons = rejected(&hear(&mut home, "zigbee2mqtt/bridge/devices", list));
    assert_eq!(reasons.len(), 3, "{reasons:?}");
    assert!(reasons.iter().all(|r| r.len() < 400), "{reasons:?}");
    assert_eq!(ids(&mut home), ["light.lamp", "sensor.kettle_power", "switch.kettle"]);
    for broken in ["{", "7", "{}", &"[".repeat(100_000), "[1,"] {
        let reasons = rejected(&hear(&mut home, "zigbee2mqtt/bridge/devices", broken));
        assert!(reasons[0].contains("list of devices"), "{reasons:?}");
    }
    assert_eq!(ids(&mut home).len(), 3);
}

#[test]
fn five_thousand_things_are_learnt_quickly() {
    let list: Vec<Value> =
        (0..2_500).map(|i| device(&format!("0x{i:x}"), &format!("Plug {i}"), plug())).collect();
    let text = json!(list).to_string();
    let mut home = home();
    let begun = std::time::Instant::now();
    let reasons = rejected(&hear(&mut home, "zigbee2mqtt/bridge/devices", &text));
    assert_eq!((home.view().entities.len(), reasons), (5_000, Vec::new()));
    let took = begun.elapsed();
    println!("5,000 things in a list of {} kB learnt in {took:?}", text.len() / 1000);
    assert!(took.as_secs_f64() < 8.0, "{took:?}");
}

/// Lists of devices that are almost right.
pub fn any_exposes() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(|f| json!(f)),
        any::<i64>().prop_map(Value::from),
        prop::sample::select(vec![
            "light",
            "switch",
            "cover",
            "lock",
            "fan",
            "climate",
            "binary",
            "numeric",
            "enum",
            "text",
            "composite",
            "state",
            "brightness",
            "position",
            "mode",
            "speed",
            "ON",
            "OFF",
            "left",
            "config"
        ])
        .prop_map(Value::from),
    ];
    let key = prop::sample::select(vec![
        "type",
        "features",
        "name",
        "property",
        "access",
        "endpoint",
        "value_on",
        "value_off",
        "value_min",
        "value_max",
        "value_step",
        "values",
        "unit",
        "category",
        "state",
        "color",
        "x",
        "y",
    ])
    .prop_map(str::to_owned);
    leaf.prop_recursive(4, 40, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..8)
                .prop_map(|all| Value::Object(all.into_iter().collect())),
        ]
    })
}

fn almost() -> impl Strategy<Value = Value> {
    let kinds = prop::sample::select(vec!["light", "switch", "cover", "lock", "fan", "climate"]);
    let names = prop::sample::select(vec![
        "state",
        "brightness",
        "color_temp",
        "color_xy",
        "position",
        "tilt",
        "mode",
        "speed",
        "occupied_heating_setpoint",
        "local_temperature",
        "system_mode",
        "preset",
        "lock_state",
    ]);
    let number = prop_oneof![Just(f64::MIN), Just(f64::MAX), -1e6..1e6, Just(0.0), Just(100.0)];
    let feature = (names, 0..8_u8, number.clone(), number).prop_map(|(name, access, least, most)| {
        json!({"type": "numeric", "name": name, "property": name, "access": access, "value_min": least, "value_max": most,
            "value_step": least, "values": ["off", "auto", "low", "3"], "value_on": "ON"})
    });
    (kinds, prop::collection::vec(feature, 0..6))
        .prop_map(|(kind, features)| json!([{"type": kind, "features": features}]))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn no_device_and_no_message_is_too_strange(
        exposes in prop_oneof![any_exposes(), almost()],
        states in prop::collection::vec(any_exposes(), 0..4),
        number in any::<f64>(),
        bytes in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        let mut home = home();
        hear(&mut home, "zigbee2mqtt/bridge/groups", json!([{"id": 1, "friendly_name": "G", "members": [{"ieee_address": "0x01"}],
            "scenes": exposes.clone()}]));
        hear(&mut home, "zigbee2mqtt/bridge/devices", json!([device("0x01", "X", exposes.clone()), exposes, device("0x02", "Good", plug())]));
        for state in &states {
            hear(&mut home, "zigbee2mqtt/X", state);
            hear(&mut home, "zigbee2mqtt/bridge/state", state);
            home.ingest("zigbee2mqtt/X", &bytes, false, 0);
        }
        let odd = json!({"state": number, "brightness": number, "color_temp": number, "position": number, "speed": number,
            "mode": "3", "color": {"x": number, "y": number}, "local_temperature": number});
        hear(&mut home, "zigbee2mqtt/X", odd);
        for id in ids(&mut home) {
            for (intent, slots) in [("HassTurnOn", json!({})), ("HassTurnOff", json!({})), ("HassLightSet", json!({"brightness": 40})),
                ("HassSetPosition", json!({"position": 20})), ("HassFanSetSpeed", json!({"percentage": 7})),
                ("HassClimateSetTemperature", json!({"temperature": 21}))] {
                let _ = home.actions(&command(intent, &id, slots));
            }
        }
        let _ = home.questions(1_000_000);
        hear(&mut home, "zigbee2mqtt/Good", json!({"state": "ON"}));
        prop_assert_eq!(state(&mut home, "switch.good"), Some("on".to_owned()));
        hear(&mut home, "zigbee2mqtt/bridge/devices", "[]");
        hear(&mut home, "zigbee2mqtt/bridge/groups", "");
        prop_assert_eq!(home.len(), 0);
    }
}
