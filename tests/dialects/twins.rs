//! What is announced in two dialects is one entity, in whatever order the announcements come.

use crate::zigbee2mqtt::{device, light, plug};
use crate::*;
use serde_json::json;

fn discovery(
    component: &str,
    object: &str,
    mut config: serde_json::Value,
    area: Option<&str>,
) -> (String, String) {
    config["dev"] = json!({"ids": ["zigbee2mqtt_0x01"], "name": "Lamp", "sa": area});
    config["avty"] = json!([{"t": "zigbee2mqtt/bridge/state", "val_tpl": "{{ value_json.state }}"}]);
    (format!("homeassistant/{component}/0x01/{object}/config"), config.to_string())
}

#[test]
fn zigbee2mqtt_that_announces_to_home_assistant_as_well() {
    let messages = [
        discovery(
            "light",
            "light",
            json!({"name": null, "uniq_id": "0x01_light_z", "schema": "json", "obj_id": "lamp_other",
            "cmd_t": "zigbee2mqtt/Lamp/set", "stat_t": "zigbee2mqtt/Lamp", "sup_clrm": ["xy", "color_temp"]}),
            Some("Study"),
        ),
        discovery(
            "switch",
            "switch",
            json!({"uniq_id": "0x02_switch", "cmd_t": "zigbee2mqtt/Kettle/set", "name": null,
            "stat_t": "zigbee2mqtt/Kettle", "val_tpl": "{{ value_json.state }}"}),
            None,
        ),
        discovery(
            "sensor",
            "power",
            json!({"uniq_id": "0x02_power", "stat_t": "zigbee2mqtt/Kettle", "dev_cla": "power",
            "val_tpl": "{{ value_json['power'] }}", "unit_of_meas": "W"}),
            None,
        ),
        discovery(
            "sensor",
            "quality",
            json!({"uniq_id": "0x02_lq", "stat_t": "zigbee2mqtt/Kettle", "name": "Quality",
            "val_tpl": "{{ value_json.linkquality }}"}),
            None,
        ),
        (
            "zigbee2mqtt/bridge/devices".into(),
            json!([device("0x01", "Lamp", light()), device("0x02", "Kettle", plug())]).to_string(),
        ),
    ];
    let orders = [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [3, 4, 0, 1, 2], [0, 4, 1, 2, 3]];
    for order in orders {
        let mut home = home();
        for index in order {
            let (topic, payload) = &messages[index];
            hear(&mut home, topic, payload);
        }
        // Said once more, as after a restart of Zigbee2MQTT.
        for (topic, payload) in &messages {
            hear(&mut home, topic, payload);
        }
        assert_eq!(
            ids(&mut home),
            ["light.lamp", "sensor.kettle_power", "sensor.lamp_quality", "switch.kettle"],
            "{order:?}"
        );
        assert_eq!(entity(&mut home, "light.lamp").area.as_deref(), Some("Study"), "{order:?}");
        assert_eq!(home.source("light.lamp"), Some("zigbee2mqtt/bridge/devices"));
        hear(&mut home, "zigbee2mqtt/Lamp", json!({"state": "ON"}));
        assert_eq!(state(&mut home, "light.lamp").as_deref(), Some("on"));
        // A new name leaves it in its area.
        let renamed = json!([device("0x01", "Desk Lamp", light()), device("0x02", "Kettle", plug())]);
        hear(&mut home, "zigbee2mqtt/bridge/devices", renamed);
        let lamp = entity(&mut home, "light.lamp");
        assert_eq!((lamp.name.as_str(), lamp.area.as_deref()), ("Desk Lamp", Some("Study")), "{order:?}");
    }
}

#[test]
fn the_area_that_begins_a_name_is_the_area() {
    let mut config = HomeConfig::default();
    config.areas.entry("Kitchen".into()).or_default();
    config.entities.entry("switch.kettle".into()).or_default().area = Some("Pantry".into());
    let mut home = Home::new(config);
    hear(
        &mut home,
        "zigbee2mqtt/bridge/devices",
        json!([device("0x01", "kitchen_ceiling", light()), device("0x02", "Kettle", plug())]),
    );
    assert_eq!(entity(&mut home, "light.kitchen_ceiling").area.as_deref(), Some("Kitchen"));
    assert_eq!(entity(&mut home, "switch.kettle").area.as_deref(), Some("Pantry"));
}

#[test]
fn what_opens_the_home_is_asked_about_in_every_dialect() {
    use sotto::home::needs_confirmation;
    let cover = json!([{"type": "cover", "features": [
        {"type": "enum", "name": "state", "property": "state", "access": 3, "values": ["OPEN", "CLOSE", "STOP"]}]}]);
    let mut home = home();
    let doors = json!([device("0x01", "garage_door", cover.clone()), device("0x02", "garage_blind", cover)]);
    hear(&mut home, "zigbee2mqtt/bridge/devices", doors);
    let shutter =
        json!({"rl": [3, 3], "dn": "Big Garage Door", "fn": ["Big Garage Door"], "mac": "AA", "t": "aa"});
    hear(&mut home, "tasmota/discovery/AA/config", crate::tasmota::config(shutter));
    let relay = json!({"dn": "Small Garage Door", "fn": ["Small Garage Door"], "mac": "BB", "t": "bb"});
    hear(&mut home, "tasmota/discovery/BB/config", crate::tasmota::config(relay));
    hear(&mut home, "shelly-gate/online", "true");
    crate::shelly::learn(
        &mut home,
        "shelly-gate",
        json!({"cover:0": {"id": 0, "name": "Yard Gate"}}),
        json!({}),
    );
    let view = home.view();
    let asks = |id: &str| {
        assert!(view.entity(id).is_some(), "{id}");
        needs_confirmation(&view, &[command("HassTurnOn", id, json!({}))]).is_some()
    };
    for id in ["cover.garage_door", "cover.big_garage_door", "switch.small_garage_door", "cover.yard_gate"] {
        assert!(asks(id), "{id}");
    }
    assert!(!asks("cover.garage_blind"));
}
