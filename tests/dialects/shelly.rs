//! Shelly: noticed, asked, learnt component by component; notifications are merged; and what is wrong.

use crate::*;
use proptest::prelude::*;
use serde_json::{Value, json};

const ID: &str = "shellypro2pm-ec62608840a4";

/// What is asked of devices now, as topic and JSON.
fn questions(home: &mut Home) -> Vec<(String, Value)> {
    home.questions(0).into_iter().map(|p| (p.topic, serde_json::from_str(&p.payload).unwrap())).collect()
}

/// The answer to a request.
fn answer(request: &Value, result: Value) -> Value {
    json!({"id": request["id"], "src": ID, "dst": "sotto", "result": result})
}

/// A device that was noticed, and has answered what it was asked.
pub fn with(prefix: &str, config: Value, status: Value) -> Home {
    let mut home = home();
    assert_eq!(hear(&mut home, &format!("{prefix}/online"), "true"), []);
    learn(&mut home, prefix, config, status);
    home
}

pub fn learn(home: &mut Home, prefix: &str, config: Value, status: Value) {
    let asked = questions(home);
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert_eq!(asked[0].0, format!("{prefix}/rpc"));
    assert_eq!((&asked[0].1["method"], &asked[0].1["src"]), (&json!("Shelly.GetConfig"), &json!("sotto")));
    hear(home, "sotto/rpc", answer(&asked[0].1, config));
    let asked = questions(home);
    assert_eq!(asked[0].1["method"], json!("Shelly.GetStatus"));
    hear(home, "sotto/rpc", answer(&asked[0].1, status));
}

fn notify(home: &mut Home, params: Value) {
    let mut params = params;
    params["ts"] = json!(1_767_600_000.12);
    let frame = json!({"src": ID, "dst": format!("{ID}/events"), "method": "NotifyStatus", "params": params});
    hear(home, &format!("{ID}/events/rpc"), frame);
}

/// A request as it was sent, without its number.
fn request(home: &Home, intent: &str, target: &str, slots: Value) -> (String, Value) {
    let lines = sent(home, intent, target, slots);
    assert_eq!(lines.len(), 1);
    let (topic, payload) = lines[0].split_once(' ').unwrap();
    let mut request: Value = serde_json::from_str(payload).unwrap();
    assert!(request["id"].is_u64() && request["src"] == json!("sotto"), "{request}");
    (topic.to_owned(), json!([request["method"].take(), request["params"].take()]))
}

fn switches() -> Value {
    let switch = |id: u8, name: Value| {
        json!({"id": id, "name": name, "in_mode": "follow", "initial_state": "off", "auto_on": false,
        "power_limit": 2800, "voltage_limit": 280, "current_limit": 16.0})
    };
    json!({
        "ble": {"enable": false}, "cloud": {"enable": false, "server": null},
        "input:0": {"id": 0, "name": null, "type": "switch", "invert": false},
        "input:1": {"id": 1, "name": "Bell", "type": "button", "invert": false},
        "mqtt": {"enable": true, "server": "192.0.2.1:1883", "rpc_ntf": true, "status_ntf": false},
        "switch:0": switch(0, json!("Kettle")), "switch:1": switch(1, Value::Null),
        "sys": {"device": {"name": "Kitchen", "mac": "EC62608840A4", "fw_id": "20250924-062729/1.7.1"}, "location": {"tz": "UTC"}},
        "wifi": {"ap": {"enable": false}},
    })
}

#[test]
fn a_device_is_noticed_asked_and_its_notifications_merged() {
    let status = json!({"switch:0": {"id": 0, "source": "init", "output": false, "apower": 0.0, "voltage": 229.8, "current": 0.0,
        "aenergy": {"total": 11.6, "by_minute": [0.0, 0.0]}, "temperature": {"tC": 40.1}}, "switch:1": {"id": 1, "output": true},
        "input:0": {"id": 0, "state": false}, "input:1": {"id": 1, "state": null}, "sys": {"uptime": 11}});
    let mut home = with(ID, switches(), status);
    assert_eq!(
        ids(&mut home),
        [
            "binary_sensor.kitchen_input_1",
            "event.bell",
            "sensor.kettle_current",
            "sensor.kettle_energy",
            "sensor.kettle_power",
            "sensor.kettle_voltage",
            "sensor.kitchen_2_current",
            "sensor.kitchen_2_energy",
            "sensor.kitchen_2_power",
            "sensor.kitchen_2_voltage",
            "switch.kettle",
            "switch.kitchen_2"
        ]
    );
    assert_eq!(entity(&mut home, "switch.kettle").aliases, ["Kitchen Kettle"]);
    assert_eq!(state(&mut home, "switch.kettle").as_deref(), Some("off"));
    assert_eq!(state(&mut home, "switch.kitchen_2").as_deref(), Some("on"));
    assert_eq!(state(&mut home, "sensor.kettle_voltage").as_deref(), Some("229.8"));
    let (topic, body) = request(&home, "HassTurnOn", "switch.kettle", json!({}));
    assert_eq!((topic, body), (format!("{ID}/rpc"), json!(["Switch.Set", {"id": 0, "on": true}])));
    // Only what has changed is told; the rest stays.
    notify(&mut home, json!({"switch:0": {"id": 0, "output": true, "source": "MQTT"}}));
    notify(&mut home, json!({"switch:0": {"id": 0, "apower": 2011.4}}));
    assert!(met(&mut home, "HassTurnOn", "switch.kettle", json!({})));
    assert_eq!(state(&mut home, "sensor.kettle_power").as_deref(), Some("2011.4"));
    assert_eq!(state(&mut home, "sensor.kettle_voltage").as_deref(), Some("229.8"));
    notify(&mut home, json!({"input:0": {"id": 0, "state": true}}));
    assert_eq!(state(&mut home, "binary_sensor.kitchen_input_1").as_deref(), Some("on"));
    hear(
        &mut home,
        &format!("{ID}/events/rpc"),
        json!({"src": ID, "method": "NotifyEvent", "params": {"ts": 1.5, "events": [
        {"component": "input:1", "id": 1, "event": "double_push", "ts": 1.5}, {"component": "sys", "event": "ota_begin"}]}}),
    );
    assert_eq!(state(&mut home, "event.bell").as_deref(), Some("double_push"));
    // With status_ntf the whole status comes on a topic of its own.
    hear(&mut home, &format!("{ID}/status/switch:1"), json!({"id": 1, "output": false, "apower": 1.5}));
    assert_eq!(state(&mut home, "switch.kitchen_2").as_deref(), Some("off"));
    hear(&mut home, &format!("{ID}/online"), "false");
    assert!(!is_there(&mut home, "switch.kettle"));
    hear(&mut home, &format!("{ID}/online"), "true");
    assert!(is_there(&mut home, "switch.kettle"));
    // It may have been set up anew.
    assert_eq!(questions(&mut home)[0].1["method"], json!("Shelly.GetConfig"));
}

#[test]
fn lights_covers_and_thermostats() {
    let config = json!({
        "light:0": {"id": 0, "name": "Spot"}, "rgb:0": {"id": 0, "name": "Strip"}, "rgbw:1": {"id": 1, "name": "Strip Two"},
        "cct:0": {"id": 0, "name": "White", "ct_range": [2700, 5000]}, "cover:0": {"id": 0, "name": "Blind", "power_limit": 2800},
        "thermostat:0": {"id": 0, "enable": true, "target_C": 21}, "sys": {"device": {"name": "Office"}},
    });
    let mut home = with(
        ID,
        config,
        json!({"light:0": {"id": 0, "output": true, "brightness": 40},
        "cover:0": {"id": 0, "state": "stopped", "current_pos": 30}, "cct:0": {"output": true, "brightness": 80, "ct": 4000},
        "thermostat:0": {"id": 0, "enable": true, "target_C": 21, "current_C": 19.5, "output": true}}),
    );
    let rpc = |intent: &str, target: &str, slots: Value| request(&home, intent, target, slots).1;
    assert_eq!(
        rpc("HassLightSet", "light.spot", json!({"brightness": 30})),
        json!(["Light.Set", {"id": 0, "on": true, "brightness": 30}])
    );
    assert_eq!(rpc("HassTurnOff", "light.strip", json!({})), json!(["RGB.Set", {"id": 0, "on": false}]));
    assert_eq!(
        rpc("HassLightSet", "light.strip_two", json!({"color": "red"})),
        json!(["RGBW.Set", {"id": 1, "on": true, "rgb": [255, 0, 0]}])
    );
    assert_eq!(
        rpc("HassLightSet", "light.white", json!({"temperature": 3000})),
        json!(["CCT.Set", {"id": 0, "on": true, "ct": 3000}])
    );
    assert_eq!(rpc("HassTurnOn", "cover.blind", json!({})), json!(["Cover.Open", {"id": 0}]));
    assert_eq!(rpc("HassTurnOff", "cover.blind", json!({})), json!(["Cover.Close", {"id": 0}]));
    assert_eq!(rpc("HassStopMoving", "cover.blind", json!({})), json!(["Cover.Stop", {"id": 0}]));
    assert_eq!(
        rpc("HassSetPosition", "cover.blind", json!({"position": 55})),
        json!(["Cover.GoToPosition", {"id": 0, "pos": 55}])
    );
    assert_eq!(
        rpc("HassClimateSetTemperature", "climate.office", json!({"temperature": 22.5})),
        json!(["Thermostat.SetConfig", {"config": {"id": 0, "target_C": 22.5}}])
    );
    assert_eq!(
        rpc("HassTurnOff", "climate.office", json!({})),
        json!(["Thermostat.SetConfig", {"config": {"id": 0, "enable": false}}])
    );
    assert_eq!(attribute(&mut home, "light.spot", "brightness"), json!(102));
    assert_eq!(attribute(&mut home, "light.white", "color_temp_kelvin"), json!(4000));
    assert_eq!(state(&mut home, "cover.blind").as_deref(), Some("open"));
    notify(&mut home, json!({"cover:0": {"id": 0, "state": "closing", "target_pos": 0}}));
    assert_eq!(state(&mut home, "cover.blind").as_deref(), Some("closing"));
    notify(&mut home, json!({"cover:0": {"id": 0, "state": "closed", "current_pos": 0}}));
    assert!(met(&mut home, "HassTurnOff", "cover.blind", json!({})));
    notify(&mut home, json!({"rgb:0": {"id": 0, "output": true, "rgb": [0, 0, 255], "brightness": 100}}));
    assert!(met(&mut home, "HassLightSet", "light.strip", json!({"color": "blue"})));
    assert_eq!(state(&mut home, "climate.office").as_deref(), Some("heat"));
    assert_eq!(attribute(&mut home, "climate.office", "current_temperature"), json!(19.5));
}

#[test]
fn sensors_that_sleep_are_not_away() {
    let mut home = home();
    let id = "shellyplusht-08b61fcb7f3c";
    hear(&mut home, &format!("{id}/online"), "false");
    assert_eq!(questions(&mut home), []);
    // It is awake while it speaks.
    let frame =
        json!({"src": id, "method": "NotifyFullStatus", "params": {"temperature:0": {"id": 0, "tC": 20.9}}});
    hear(&mut home, &format!("{id}/events/rpc"), &frame);
    let config = json!({"temperature:0": {"id": 0, "name": null}, "humidity:0": {"id": 0}, "devicepower:0": {"id": 0},
        "flood:0": {"id": 0}, "smoke:0": {"id": 0}, "sys": {"device": {"name": "Bath"}, "sleep": {"wakeup_period": 7200}}});
    learn(
        &mut home,
        id,
        config,
        json!({"temperature:0": {"id": 0, "tC": 21.1, "tF": 70.0}, "humidity:0": {"id": 0, "rh": 55.5},
        "devicepower:0": {"id": 0, "battery": {"V": 5.4, "percent": 80}}, "flood:0": {"id": 0, "alarm": true, "mute": false}}),
    );
    hear(&mut home, &format!("{id}/online"), "false");
    assert_eq!(state(&mut home, "sensor.bath_temperature").as_deref(), Some("21.1"));
    assert_eq!(state(&mut home, "sensor.bath_humidity").as_deref(), Some("55.5"));
    assert_eq!(state(&mut home, "sensor.bath_battery").as_deref(), Some("80"));
    assert_eq!(state(&mut home, "binary_sensor.bath_flood").as_deref(), Some("on"));
    assert!(is_there(&mut home, "sensor.bath_temperature"));
    hear(&mut home, &format!("{id}/events/rpc"), &frame);
    assert_eq!(state(&mut home, "sensor.bath_temperature").as_deref(), Some("20.9"));
}

#[test]
fn others_keep_their_topics_and_are_not_asked() {
    let mut home = home();
    let plug = json!({"name": "Pump", "cmd_t": "pump/set", "stat_t": "pump/rpc", "avty_t": "pump/online", "pl_avail": "true",
        "pl_not_avail": "false"});
    hear(&mut home, "homeassistant/switch/pump/config", plug);
    hear(&mut home, "pump/online", "false");
    assert!(!is_there(&mut home, "switch.pump"));
    hear(&mut home, "pump/online", "true");
    assert!(is_there(&mut home, "switch.pump"));
    hear(&mut home, "shellies/online", "yes");
    hear(&mut home, "other/events/rpc", "{}");
    assert_eq!(questions(&mut home), []);
    // A prefix of one's own is noticed by its notifications, or by being configured.
    hear(&mut home, "garage/events/rpc", json!({"src": ID, "method": "NotifyStatus", "params": {"ts": 1}}));
    assert_eq!(questions(&mut home)[0].0, "garage/rpc");
    let mut home = Home::new(HomeConfig { shelly_topics: vec!["up/attic".into()], ..HomeConfig::default() });
    assert!(home.subscriptions().contains(&"up/attic/online".to_owned()));
    hear(&mut home, "up/attic/online", "true");
    hear(&mut home, &format!("{ID}/online"), "true");
    let asked = questions(&mut home);
    assert_eq!((asked.len(), asked[0].0.as_str()), (1, "up/attic/rpc"));
    let none = Home::new(HomeConfig { shelly_topics: vec![], ..HomeConfig::default() });
    assert!(!none.subscriptions().contains(&"sotto/rpc".to_owned()));
}

#[test]
fn an_answer_to_another_board_is_good_for_all() {
    let (mut one, mut other) = (home(), home());
    for home in [&mut one, &mut other] {
        hear(home, &format!("{ID}/online"), "true");
    }
    let asked = questions(&mut one);
    assert_eq!(asked, questions(&mut other));
    let config = answer(&asked[0].1, switches());
    for home in [&mut one, &mut other] {
        hear(home, "sotto/rpc", &config);
        assert!(entity(home, "switch.kettle").state.value.is_none());
    }
    // A component that is no more is gone.
    hear(&mut one, "sotto/rpc", answer(&asked[0].1, json!({"switch:1": {"id": 1, "name": "Fan"}})));
    assert_eq!(ids(&mut one), ["switch.kitchen_2"]);
    assert_eq!(entity(&mut one, "switch.kitchen_2").name, "Fan");
}

#[test]
fn many_devices_are_bounded() {
    let mut home = home();
    for i in 0..5_000 {
        hear(&mut home, &format!("shelly-{i}/online"), "true");
    }
    assert_eq!(home.questions(0).len(), 1_024);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn no_answer_and_no_notification_is_too_strange(
        kinds in prop::collection::vec(prop::sample::select(vec!["switch:0", "light:0", "rgb:0", "rgbw:1", "cct:2", "cover:0", "input:0",
            "thermostat:0", "temperature:0", "em1:0", "smoke:0", "switch:", "x:y", "sys", "light:99999999999999999999"]), 0..8),
        odd in crate::zigbee2mqtt::any_exposes(),
        number in any::<f64>(),
        bytes in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        let mut home = with("shelly-good", json!({"switch:0": {"id": 0, "name": "Good"}}), json!({}));
        hear(&mut home, "shelly-odd/online", "true");
        let asked = questions(&mut home);
        let config: serde_json::Map<String, Value> = kinds.iter().map(|k| ((*k).to_owned(), odd.clone())).collect();
        hear(&mut home, "sotto/rpc", answer(&asked[0].1, json!(config)));
        hear(&mut home, "sotto/rpc", answer(&asked[0].1, odd.clone()));
        let plain: serde_json::Map<String, Value> = kinds.iter().map(|k| ((*k).to_owned(), json!({"id": 0}))).collect();
        hear(&mut home, "sotto/rpc", answer(&asked[0].1, json!(plain)));
        for payload in [odd.clone(), json!({"output": number, "brightness": number, "rgb": [number, number, number], "ct": number,
            "current_pos": number, "state": "stopped", "tC": number, "target_C": number, "alarm": odd})] {
            for kind in &kinds {
                hear(&mut home, &format!("shelly-odd/status/{kind}"), &payload);
                let frame = json!({"method": "NotifyStatus", "params": {*kind: payload}});
                hear(&mut home, "shelly-odd/events/rpc", frame);
                hear(&mut home, "shelly-odd/events/rpc", json!({"method": "NotifyEvent", "params": {"events": payload}}));
            }
            hear(&mut home, "sotto/rpc", &payload);
        }
        for topic in ["sotto/rpc", "shelly-odd/online", "shelly-odd/events/rpc"] {
            home.ingest(topic, &bytes, false, 0);
        }
        for id in ids(&mut home) {
            for (intent, slots) in [("HassTurnOn", json!({})), ("HassLightSet", json!({"brightness": 40})),
                ("HassSetPosition", json!({"position": 20})), ("HassClimateSetTemperature", json!({"temperature": 21}))] {
                let _ = home.actions(&command(intent, &id, slots));
            }
        }
        hear(&mut home, "shelly-good/status/switch:0", json!({"output": true}));
        prop_assert_eq!(state(&mut home, "switch.good"), Some("on".to_owned()));
    }
}
