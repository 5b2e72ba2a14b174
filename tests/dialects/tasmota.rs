//! Tasmota: relays, lights, shutters, the iFan, sensors, topics by pattern, last will; and what is wrong.

use crate::*;
use proptest::prelude::*;
use serde_json::{Value, json};

/// A device's announcement with its usual settings; `change` replaces some.
pub fn config(change: Value) -> Value {
    let mut config = json!({
        "ip": "192.0.2.7", "dn": "Coffee Machine", "fn": ["Coffee Machine", null, null, null, null, null, null, null],
        "hn": "tasmota-1D3F60-7520", "mac": "A4E57C1D3F60", "md": "Sonoff Basic", "ty": 0, "if": 0, "cam": 0,
        "ofln": "Offline", "onln": "Online", "state": ["OFF", "ON", "TOGGLE", "HOLD"], "sw": "14.2.0", "t": "tasmota_1D3F60",
        "ft": "%prefix%/%topic%/", "tp": ["cmnd", "stat", "tele"], "rl": [1, 0, 0, 0, 0, 0, 0, 0], "swc": [-1, -1, -1],
        "swn": [null, null, null], "btn": [0, 0, 0], "so": {"4": 0, "11": 0, "13": 0, "17": 0, "20": 0, "30": 0, "68": 0,
        "73": 0, "82": 0, "114": 0, "117": 0}, "lk": 0, "lt_st": 0, "bat": 0, "dslp": 0, "sho": [], "sht": [], "ver": 1,
    });
    for (key, value) in change.as_object().unwrap() {
        config[key] = value.clone();
    }
    config
}

const TOPIC: &str = "tasmota/discovery/A4E57C1D3F60/config";

fn with(change: Value) -> Home {
    let mut home = home();
    let changes = hear(&mut home, TOPIC, config(change));
    assert_eq!(rejected(&changes), [""; 0]);
    home
}

#[test]
fn a_relay_is_a_switch() {
    let mut home = with(json!({}));
    let id = "switch.coffee_machine";
    assert_eq!(ids(&mut home), [id]);
    let topics = home.subscriptions();
    for topic in [
        "stat/tasmota_1D3F60/RESULT",
        "tele/tasmota_1D3F60/LWT",
        "tele/tasmota_1D3F60/STATE",
        "tasmota/discovery/+/config",
    ] {
        assert!(topics.contains(&topic.to_owned()), "{topic}");
    }
    assert_eq!(sent(&home, "HassTurnOn", id, json!({})), ["cmnd/tasmota_1D3F60/POWER1 ON"]);
    assert_eq!(sent(&home, "HassTurnOff", id, json!({})), ["cmnd/tasmota_1D3F60/POWER1 OFF"]);
    for (topic, payload, now) in [
        (
            "tele/tasmota_1D3F60/STATE",
            r#"{"Time":"2026-01-05T10:00:00","Uptime":"0T00:40:09","POWER":"ON","Wifi":{"RSSI":92}}"#,
            "on",
        ),
        ("stat/tasmota_1D3F60/RESULT", r#"{"POWER":"OFF"}"#, "off"),
        ("stat/tasmota_1D3F60/RESULT", r#"{"POWER1":"ON"}"#, "on"),
        ("stat/tasmota_1D3F60/RESULT", r#"{"Dimmer":30}"#, "on"),
        ("stat/tasmota_1D3F60/STATUS11", r#"{"StatusSTS":{"POWER1":"OFF"}}"#, "off"),
    ] {
        hear(&mut home, topic, payload);
        assert_eq!(state(&mut home, id).as_deref(), Some(now), "{topic} {payload}");
    }
    hear(&mut home, "tele/tasmota_1D3F60/LWT", "Offline");
    assert!(!is_there(&mut home, id));
    hear(&mut home, "tele/tasmota_1D3F60/LWT", "Online");
    assert!(is_there(&mut home, id));
    assert!(met(&mut home, "HassTurnOff", id, json!({})));
    hear(&mut home, TOPIC, "");
    assert!(home.is_empty());
}

#[test]
fn several_relays_with_names_words_and_topics_of_their_own() {
    let mut home = with(
        json!({"dn": "Hall", "fn": ["Ceiling", "Hall Fan", null], "rl": [1, 1, 1], "ft": "home/%topic%/%hostname%/%prefix%/%id%",
        "tp": ["set", "get", "say"], "t": "hall", "hn": "h1", "state": ["aus", "an", "um", "halt"], "ofln": "weg", "onln": "da",
        "so": {"4": 1, "30": 1}}),
    );
    assert_eq!(ids(&mut home), ["light.ceiling", "light.hall_3", "light.hall_fan"]);
    assert_eq!(entity(&mut home, "light.ceiling").aliases, ["Hall Ceiling"]);
    let to = "home/hall/h1/set/A4E57C1D3F60";
    assert_eq!(sent(&home, "HassTurnOn", "light.hall_fan", json!({})), [format!("{to}/POWER2 an")]);
    assert_eq!(
        sent(&home, "HassLightSet", "light.hall_fan", json!({"brightness": 100})),
        [format!("{to}/POWER2 an")]
    );
    // With SetOption4 the answer has the command's topic.
    hear(&mut home, "home/hall/h1/get/A4E57C1D3F60/POWER2", r#"{"POWER2":"an"}"#);
    assert_eq!(state(&mut home, "light.hall_fan").as_deref(), Some("on"));
    hear(&mut home, "home/hall/h1/get/A4E57C1D3F60/POWER2", "an");
    assert_eq!(state(&mut home, "light.hall_fan").as_deref(), Some("on"));
    hear(&mut home, "home/hall/h1/say/A4E57C1D3F60/LWT", "weg");
    assert!(!is_there(&mut home, "light.hall_3"));
}

#[test]
fn lights_of_one_to_five_channels() {
    let features = |change: Value| {
        let mut home = with(change);
        let entities = home.view().entities.clone();
        entities
            .iter()
            .map(|e| (e.id.clone(), e.features.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")))
            .collect::<Vec<_>>()
    };
    let one = |channels: u8| features(json!({"rl": [2], "lt_st": channels, "lk": 1}))[0].1.clone();
    assert_eq!(
        [1, 2, 3, 4, 5].map(one),
        [
            "brightness",
            "brightness color_temp",
            "brightness color",
            "brightness color",
            "brightness color color_temp"
        ]
    );
    let split = features(json!({"rl": [2, 2], "lt_st": 5, "lk": 0, "fn": ["Ring", "Spot"]}));
    assert_eq!(
        split,
        [
            ("light.ring".to_owned(), "brightness color".to_owned()),
            ("light.spot".into(), "brightness color_temp".into())
        ]
    );

    let mut home =
        with(json!({"rl": [2], "lt_st": 5, "lk": 1, "dn": "Lamp", "fn": ["Lamp"], "so": {"82": 1}}));
    let id = "light.lamp";
    assert_eq!(entity(&mut home, id).ranges["color_temp_kelvin"], (2632.0, 5000.0));
    let to = |all: &[&str]| all.iter().map(|c| format!("cmnd/tasmota_1D3F60/{c}")).collect::<Vec<_>>();
    assert_eq!(sent(&home, "HassLightSet", id, json!({"brightness": 40})), to(&["Dimmer 40", "POWER1 ON"]));
    assert_eq!(sent(&home, "HassLightSet", id, json!({"temperature": 2700})), to(&["CT 370", "POWER1 ON"]));
    assert_eq!(
        sent(&home, "HassLightSet", id, json!({"color": "blue"})),
        to(&["HSBColor1 240", "HSBColor2 100", "POWER1 ON"])
    );
    hear(
        &mut home,
        "stat/tasmota_1D3F60/RESULT",
        r#"{"POWER":"ON","Dimmer":40,"Color":"0000FF0000","HSBColor":"240,100,40","White":0,"CT":370,"Channel":[0,0,40,0,0]}"#,
    );
    assert_eq!(attribute(&mut home, id, "brightness"), json!(102));
    assert!(met(&mut home, "HassLightSet", id, json!({"color": "blue", "brightness": 40})));
    hear(
        &mut home,
        "tele/tasmota_1D3F60/STATE",
        r#"{"POWER":"ON","Dimmer":80,"HSBColor":"240,100,0","White":80,"CT":300,"Channel":[0,0,0,40,40]}"#,
    );
    assert_eq!(attribute(&mut home, id, "color_temp_kelvin"), json!(3333));
    assert_eq!(attribute(&mut home, id, "rgb_color"), Value::Null);

    let mut home = with(json!({"rl": [2, 2], "lt_st": 2, "so": {"68": 1}, "fn": ["Left", "Right"]}));
    assert_eq!(
        sent(&home, "HassLightSet", "light.right", json!({"brightness": 7})),
        to(&["Channel2 7", "POWER2 ON"])
    );
    hear(
        &mut home,
        "tele/tasmota_1D3F60/STATE",
        r#"{"POWER1":"OFF","Channel1":10,"POWER2":"ON","Channel":[10,50]}"#,
    );
    assert_eq!(attribute(&mut home, "light.right", "brightness"), json!(128));
    assert_eq!(state(&mut home, "light.left").as_deref(), Some("off"));
}

#[test]
fn shutters_straight_and_inverted_with_tilt() {
    let mut home = with(json!({"rl": [3, 3, 3, 3], "fn": ["Blind", null, "Awning", null], "sho": [0, 1],
        "sht": [[-90, 90, 10], [0, 0, 0]]}));
    assert_eq!(ids(&mut home), ["cover.awning", "cover.blind"]);
    let to = |command: &str| [format!("cmnd/tasmota_1D3F60/{command}")];
    assert_eq!(sent(&home, "HassTurnOn", "cover.blind", json!({})), to("ShutterOpen1 "));
    assert_eq!(sent(&home, "HassTurnOff", "cover.awning", json!({})), to("ShutterClose2 "));
    assert_eq!(sent(&home, "HassStopMoving", "cover.blind", json!({})), to("ShutterStop1 "));
    assert_eq!(
        sent(&home, "HassSetPosition", "cover.blind", json!({"position": 30})),
        to("ShutterPosition1 30")
    );
    assert_eq!(
        sent(&home, "HassSetPosition", "cover.awning", json!({"position": 30})),
        to("ShutterPosition2 70")
    );
    hear(
        &mut home,
        "stat/tasmota_1D3F60/RESULT",
        r#"{"Shutter1":{"Position":80,"Direction":-1,"Target":30,"Tilt":0}}"#,
    );
    assert_eq!(state(&mut home, "cover.blind").as_deref(), Some("closing"));
    assert_eq!(attribute(&mut home, "cover.blind", "current_tilt_position"), json!(50));
    hear(
        &mut home,
        "tele/tasmota_1D3F60/SENSOR",
        r#"{"Time":"x","Shutter1":{"Position":30,"Direction":0,"Target":30},"Shutter2":{"Position":100,"Direction":0}}"#,
    );
    assert_eq!(state(&mut home, "cover.blind").as_deref(), Some("open"));
    assert!(met(&mut home, "HassSetPosition", "cover.blind", json!({"position": 30})));
    assert_eq!(state(&mut home, "cover.awning").as_deref(), Some("closed"));
}

#[test]
fn an_ifan_is_a_lamp_and_a_fan() {
    let mut home = with(
        json!({"if": 1, "rl": [2, 1, 1, 1], "dn": "Bedroom", "fn": ["Bedroom Light", "a", "b", "c"], "lt_st": 0}),
    );
    assert_eq!(ids(&mut home), ["fan.bedroom_fan", "light.bedroom_light"]);
    let speed = |percent: u8| {
        sent(&home, "HassFanSetSpeed", "fan.bedroom_fan", json!({"percentage": percent})).remove(0)
    };
    assert_eq!(
        [1, 33, 50, 66, 100].map(speed),
        [1, 1, 2, 2, 3].map(|n| format!("cmnd/tasmota_1D3F60/FanSpeed {n}"))
    );
    hear(&mut home, "stat/tasmota_1D3F60/RESULT", r#"{"FanSpeed":2}"#);
    assert_eq!(attribute(&mut home, "fan.bedroom_fan", "percentage"), json!(66));
    assert_eq!(sent(&home, "HassTurnOff", "fan.bedroom_fan", json!({})), ["cmnd/tasmota_1D3F60/FanSpeed 0"]);
}

#[test]
fn sensors_are_learnt_in_any_order() {
    let sensors = json!({"sn": {"Time": "2026-01-05T10:00:00", "Switch1": "ON", "AM2301": {"Temperature": 21.5, "Humidity": 40.1},
        "ENERGY": {"TotalStartTime": "2025", "Total": 3.1, "Power": 12, "Voltage": 230}, "TempUnit": "F"}, "ver": 1});
    let topic = "tasmota/discovery/A4E57C1D3F60/sensors";
    for sensors_first in [true, false] {
        let mut home = home();
        let mut messages = [(TOPIC, config(json!({}))), (topic, sensors.clone())];
        if sensors_first {
            messages.reverse();
        }
        for (topic, payload) in &messages {
            hear(&mut home, topic, payload);
        }
        assert_eq!(
            ids(&mut home),
            [
                "binary_sensor.coffee_machine_switch1",
                "sensor.coffee_machine_am2301_humidity",
                "sensor.coffee_machine_am2301_temperature",
                "sensor.coffee_machine_energy_total",
                "sensor.coffee_machine_power",
                "sensor.coffee_machine_voltage",
                "switch.coffee_machine"
            ]
        );
        hear(
            &mut home,
            "tele/tasmota_1D3F60/SENSOR",
            json!({"Switch1": "OFF", "AM2301": {"Temperature": 70.2}, "ENERGY": {"Power": 30}}),
        );
        let temperature = entity(&mut home, "sensor.coffee_machine_am2301_temperature");
        assert_eq!(
            (temperature.state.value.as_deref(), temperature.unit.as_deref()),
            (Some("70.2"), Some("°F"))
        );
        assert_eq!(state(&mut home, "sensor.coffee_machine_power").as_deref(), Some("30"));
        assert_eq!(state(&mut home, "binary_sensor.coffee_machine_switch1").as_deref(), Some("off"));
        hear(&mut home, "stat/tasmota_1D3F60/STATUS10", json!({"StatusSNS": {"ENERGY": {"Power": 31}}}));
        assert_eq!(state(&mut home, "sensor.coffee_machine_power").as_deref(), Some("31"));
        hear(&mut home, topic, "");
        assert_eq!(ids(&mut home), ["switch.coffee_machine"]);
    }
}

#[test]
fn what_was_not_told_is_asked_for_and_sleepers_are_not_away() {
    let mut home = with(json!({"dslp": 1, "rl": [1, 1]}));
    assert_eq!(asked(&mut home), ["cmnd/tasmota_1D3F60/STATUS 11"]);
    hear(&mut home, "tele/tasmota_1D3F60/LWT", "Offline");
    assert!(is_there(&mut home, "switch.coffee_machine"));
}

#[test]
fn tasmota_that_announces_to_home_assistant_as_well() {
    let messages = [
        (
            "homeassistant/switch/1D3F60_RL_1/config".to_owned(),
            json!({"name": "Coffee Machine", "uniq_id": "1D3F60_RL_1", "~": "tasmota_1D3F60",
            "cmd_t": "cmnd/tasmota_1D3F60/POWER", "stat_t": "tele/tasmota_1D3F60/STATE", "val_tpl": "{{value_json.POWER}}"}),
        ),
        (
            "homeassistant/sensor/1D3F60_T/config".to_owned(),
            json!({"name": "T", "uniq_id": "1D3F60_T", "stat_t": "tele/tasmota_1D3F60/SENSOR",
            "val_tpl": "{{ value_json['AM2301']['Temperature'] }}"}),
        ),
        (TOPIC.to_owned(), config(json!({}))),
        (
            "tasmota/discovery/A4E57C1D3F60/sensors".to_owned(),
            json!({"sn": {"AM2301": {"Temperature": 21.5}}, "ver": 1}),
        ),
    ];
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]] {
        let mut home = home();
        for index in order {
            hear(&mut home, &messages[index].0, &messages[index].1);
        }
        assert_eq!(
            ids(&mut home),
            ["sensor.coffee_machine_am2301_temperature", "switch.coffee_machine"],
            "{order:?}"
        );
    }
}

#[test]
fn what_is_wrong_is_rejected() {
    let mut home = with(json!({}));
    for (payload, word) in [
        ("{", "JSON"),
        ("[]", "object"),
        ("{}", "`mac`"),
        (r#"{"mac":"A"}"#, "`t`"),
        (r##"{"mac":"A","t":"a/#"}"##, "wildcards"),
    ] {
        let reasons = rejected(&hear(&mut home, "tasmota/discovery/X/config", payload));
        assert!(reasons.len() == 1 && reasons[0].contains(word), "{payload}: {reasons:?}");
    }
    let bomb = json!({"sn": (0..5_000).map(|i| (format!("S{i}"), json!({"Temperature": 1}))).collect::<serde_json::Map<_, _>>()});
    assert!(rejected(&hear(&mut home, "tasmota/discovery/A4E57C1D3F60/sensors", bomb))[0].contains("bytes"));
    assert_eq!(home.len(), 1);
    for i in 0..5_000 {
        hear(
            &mut home,
            &format!("tasmota/discovery/{i}/config"),
            config(json!({"mac": i.to_string(), "dn": "D", "rl": []})),
        );
    }
    assert_eq!(home.len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn no_announcement_and_no_message_is_too_strange(
        key in prop::sample::select(vec!["dn", "fn", "rl", "so", "sho", "sht", "tp", "state", "lt_st", "lk", "if", "ft", "t", "mac"]),
        odd in crate::zigbee2mqtt::any_exposes(),
        relays in prop::collection::vec(0..5_u8, 0..12),
        channels in 0..9_u8,
        states in prop::collection::vec(crate::zigbee2mqtt::any_exposes(), 0..4),
        number in any::<f64>(),
        bytes in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        let mut home = home();
        let good = config(json!({"mac": "G", "t": "good", "dn": "Good", "fn": []}));
        hear(&mut home, "tasmota/discovery/G/config", good);
        hear(&mut home, TOPIC, config(json!({key: odd.clone(), "rl": relays})));
        hear(&mut home, "tasmota/discovery/A4E57C1D3F60/sensors", json!({"sn": odd}));
        hear(&mut home, TOPIC, config(json!({"rl": relays, "lt_st": channels, "lk": channels % 2, "sht": [[number, -number, 1]]})));
        home.ingest(TOPIC, &bytes, true, 0);
        for state in &states {
            for topic in ["tele/tasmota_1D3F60/STATE", "stat/tasmota_1D3F60/RESULT", "tele/tasmota_1D3F60/SENSOR", "tele/tasmota_1D3F60/LWT"] {
                hear(&mut home, topic, state);
            }
        }
        hear(&mut home, "stat/tasmota_1D3F60/RESULT", json!({"Dimmer": number, "CT": number, "White": number, "FanSpeed": number,
            "HSBColor": format!("{number},{number},{number}"), "Shutter1": {"Position": number, "Direction": number, "Tilt": number}}));
        for id in ids(&mut home) {
            for (intent, slots) in [("HassTurnOn", json!({})), ("HassLightSet", json!({"brightness": 40})),
                ("HassSetPosition", json!({"position": 20})), ("HassFanSetSpeed", json!({"percentage": 7}))] {
                let _ = home.actions(&command(intent, &id, slots));
            }
        }
        hear(&mut home, "stat/good/RESULT", r#"{"POWER":"ON"}"#);
        prop_assert_eq!(state(&mut home, "switch.good"), Some("on".to_owned()));
        for device in ["G", "A4E57C1D3F60"] {
            hear(&mut home, &format!("tasmota/discovery/{device}/config"), "");
            hear(&mut home, &format!("tasmota/discovery/{device}/sensors"), "");
        }
        prop_assert_eq!(home.len(), 0);
    }
}
