//! ESPHome: Home Assistant's discovery with short keys, topics below the node's name, and the node's status.

use crate::*;
use serde_json::{Value, json};

/// A component as an ESPHome node announces it.
fn announce(home: &mut Home, component: &str, object: &str, config: Value) -> Vec<Change> {
    let mut all = json!({
        "avty_t": "desk/status", "uniq_id": format!("c45bbe1a2b3c-{component}-{object}"), "obj_id": format!("desk_{object}"),
        "stat_t": format!("desk/{component}/{object}/state"),
        "dev": {"ids": "c45bbe1a2b3c", "name": "Desk", "sw": "esphome v2025.12.0", "mdl": "esp32dev", "mf": "Espressif", "sa": "Office",
            "cns": [["mac", "c4:5b:be:1a:2b:3c"]]},
    });
    for (key, value) in config.as_object().unwrap() {
        all[key] = value.clone();
    }
    hear(home, &format!("homeassistant/{component}/desk/{object}/config"), all)
}

fn node() -> Home {
    let mut home = home();
    announce(
        &mut home,
        "light",
        "lamp",
        json!({"schema": "json", "name": "Lamp", "cmd_t": "desk/light/lamp/command", "brightness": true,
        "clrm": true, "sup_clrm": ["color_temp", "rgb"], "min_mirs": 153, "max_mirs": 370}),
    );
    announce(&mut home, "switch", "pump", json!({"name": "Pump", "cmd_t": "desk/switch/pump/command"}));
    announce(
        &mut home,
        "sensor",
        "warmth",
        json!({"name": "Warmth", "dev_cla": "temperature", "unit_of_meas": "°C", "stat_cla": "measurement"}),
    );
    announce(&mut home, "binary_sensor", "seat", json!({"name": "Seat", "dev_cla": "occupancy"}));
    announce(
        &mut home,
        "cover",
        "blind",
        json!({"name": "Blind", "cmd_t": "desk/cover/blind/command",
        "pos_t": "desk/cover/blind/position/state", "set_pos_t": "desk/cover/blind/position/command"}),
    );
    announce(
        &mut home,
        "fan",
        "fan",
        json!({"name": "Fan", "cmd_t": "desk/fan/fan/command", "pct_cmd_t": "desk/fan/fan/speed_level/command",
        "pct_stat_t": "desk/fan/fan/speed_level/state", "spd_rng_max": 3}),
    );
    announce(&mut home, "lock", "lock", json!({"name": "Lock", "cmd_t": "desk/lock/lock/command"}));
    announce(
        &mut home,
        "number",
        "level",
        json!({"name": "Level", "cmd_t": "desk/number/level/command", "min": 0, "max": 10, "step": 0.5}),
    );
    announce(
        &mut home,
        "button",
        "restart",
        json!({"name": "Restart", "cmd_t": "desk/button/restart/command", "ent_cat": "config"}),
    );
    announce(
        &mut home,
        "climate",
        "heat",
        json!({"name": "Heat", "mode_cmd_t": "desk/climate/heat/mode/command",
        "mode_stat_t": "desk/climate/heat/mode/state", "modes": ["off", "heat"], "temp_cmd_t": "desk/climate/heat/target_temperature/command",
        "temp_stat_t": "desk/climate/heat/target_temperature/state", "curr_temp_t": "desk/climate/heat/current_temperature/state",
        "min_temp": 5, "max_temp": 30}),
    );
    home
}

#[test]
fn a_node_with_a_light_a_switch_sensors_and_more() {
    let mut home = node();
    assert_eq!(
        ids(&mut home),
        [
            "binary_sensor.desk_seat",
            "climate.desk_heat",
            "cover.desk_blind",
            "fan.desk_fan",
            "light.desk_lamp",
            "lock.desk_lock",
            "number.desk_level",
            "sensor.desk_warmth",
            "switch.desk_pump"
        ]
    );
    for (topic, payload) in [
        ("light/lamp/state", r#"{"state":"ON","color_mode":"color_temp","brightness":128,"color_temp":250}"#),
        ("switch/pump/state", "OFF"),
        ("sensor/warmth/state", "21.4"),
        ("binary_sensor/seat/state", "ON"),
        ("cover/blind/state", "open"),
        ("cover/blind/position/state", "40"),
        ("fan/fan/state", "ON"),
        ("fan/fan/speed_level/state", "2"),
        ("lock/lock/state", "LOCKED"),
        ("number/level/state", "3.5"),
        ("climate/heat/mode/state", "heat"),
        ("climate/heat/target_temperature/state", "21.0"),
        ("climate/heat/current_temperature/state", "19.8"),
    ] {
        hear(&mut home, &format!("desk/{topic}"), payload);
    }
    let states = [
        "light.desk_lamp",
        "switch.desk_pump",
        "sensor.desk_warmth",
        "binary_sensor.desk_seat",
        "cover.desk_blind",
        "fan.desk_fan",
        "lock.desk_lock",
        "number.desk_level",
        "climate.desk_heat",
    ]
    .map(|id| state(&mut home, id).unwrap_or_default());
    assert_eq!(states, ["on", "off", "21.4", "on", "open", "on", "locked", "3.5", "heat"]);
    assert_eq!(attribute(&mut home, "light.desk_lamp", "color_temp_kelvin"), json!(4000));
    assert_eq!(attribute(&mut home, "fan.desk_fan", "percentage"), json!(66));
    assert_eq!(entity(&mut home, "light.desk_lamp").area.as_deref(), Some("Office"));
}

#[test]
fn commands_go_below_the_nodes_name() {
    let home = node();
    let blue = sent(&home, "HassLightSet", "light.desk_lamp", json!({"color": "blue", "brightness": 20}));
    assert_eq!(
        blue,
        [r#"desk/light/lamp/command {"state":"ON","color":{"r":0,"g":0,"b":255},"brightness":51}"#]
    );
    assert_eq!(sent(&home, "HassTurnOn", "switch.desk_pump", json!({})), ["desk/switch/pump/command ON"]);
    assert_eq!(
        sent(&home, "HassSetPosition", "cover.desk_blind", json!({"position": 10})),
        ["desk/cover/blind/position/command 10"]
    );
    assert_eq!(
        sent(&home, "HassFanSetSpeed", "fan.desk_fan", json!({"percentage": 100})),
        ["desk/fan/fan/speed_level/command 3"]
    );
    assert_eq!(sent(&home, "HassTurnOff", "lock.desk_lock", json!({})), ["desk/lock/lock/command UNLOCK"]);
    let warm = sent(&home, "HassClimateSetTemperature", "climate.desk_heat", json!({"temperature": 22}));
    assert_eq!(warm, ["desk/climate/heat/target_temperature/command 22"]);
}

#[test]
fn the_status_of_the_node_is_the_availability_of_everything_on_it() {
    let mut home = node();
    hear(&mut home, "desk/status", "offline");
    for id in ids(&mut home) {
        assert!(!is_there(&mut home, &id), "{id}");
    }
    hear(&mut home, "desk/status", "online");
    assert!(is_there(&mut home, "light.desk_lamp"));
}
