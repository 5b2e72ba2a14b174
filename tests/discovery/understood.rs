//! What well-formed announcements say.

use crate::{announce, attribute, entity, hear, home, state};
use serde_json::{Value, json};
use sotto::home::{Availability, Change, Feature, Home, HomeConfig};

#[test]
fn a_switch_with_abbreviations_and_a_base_topic() {
    let mut home = home();
    let changes = announce(
        &mut home,
        "switch/plug7",
        json!({"~": "shed/plug7", "name": "Pump", "uniq_id": "p7", "cmd_t": "~/cmnd", "stat_t": "~/stat",
            "avty_t": "~/lwt", "pl_avail": "Online", "pl_not_avail": "Offline", "stat_on": "1", "stat_off": "0",
            "dev": {"ids": "plug7", "name": "Shed", "sa": "Garden"}}),
    );
    assert!(changes.contains(&Change::Subscribe(vec!["shed/plug7/lwt".into(), "shed/plug7/stat".into()])));
    let pump = entity(&mut home, "switch.shed_pump");
    assert_eq!(pump.name, "Shed Pump");
    assert_eq!(pump.area.as_deref(), Some("Garden"));
    assert_eq!(pump.device.as_deref(), Some("Shed"));
    assert_eq!(pump.state.value, None);
    hear(&mut home, "shed/plug7/stat", "1");
    assert_eq!(state(&mut home, "switch.shed_pump").as_deref(), Some("on"));
    hear(&mut home, "shed/plug7/lwt", "Offline");
    assert_eq!(entity(&mut home, "switch.shed_pump").state.availability, Availability::Unavailable);
    hear(&mut home, "shed/plug7/lwt", "Online");
    assert_eq!(entity(&mut home, "switch.shed_pump").state.availability, Availability::Available);
    assert!(home.subscriptions().contains(&"homeassistant/+/+/config".to_owned()));
    assert!(home.subscriptions().contains(&"homeassistant/+/+/+/config".to_owned()));
}

#[test]
fn names_and_ids_come_from_device_and_entity() {
    let mut home = home();
    let device = json!({"ids": ["1"], "name": "Kitchen Ceiling"});
    let light = |name: Value| json!({"name": name, "cmd_t": "a/set", "dev": device});
    announce(&mut home, "light/node/a", light(Value::Null));
    assert_eq!(entity(&mut home, "light.kitchen_ceiling").name, "Kitchen Ceiling");
    announce(&mut home, "light/node/b", light(json!("Ring")));
    assert_eq!(entity(&mut home, "light.kitchen_ceiling_ring").name, "Kitchen Ceiling Ring");
    announce(&mut home, "light/node/c", light(json!("Kitchen Ceiling Spot")));
    assert_eq!(entity(&mut home, "light.kitchen_ceiling_spot").name, "Kitchen Ceiling Spot");
    announce(
        &mut home,
        "sensor/d",
        json!({"stat_t": "d", "dev_cla": "carbon_dioxide", "dev": {"ids": "2", "name": "Station"}}),
    );
    assert_eq!(entity(&mut home, "sensor.station_carbon_dioxide").name, "Station Carbon Dioxide");
    announce(&mut home, "switch/e", json!({"name": "E", "cmd_t": "e", "default_entity_id": "switch.my_e"}));
    announce(&mut home, "switch/f", json!({"name": "F", "cmd_t": "f", "obj_id": "my_f"}));
    announce(&mut home, "switch/g_object", json!({"cmd_t": "g"}));
    assert_eq!(entity(&mut home, "switch.my_e").name, "E");
    assert_eq!(entity(&mut home, "switch.my_f").name, "F");
    assert_eq!(entity(&mut home, "switch.g_object").name, "G Object");
    // A second thing of the same name gets another id.
    announce(&mut home, "switch/e2", json!({"name": "E", "cmd_t": "e2", "obj_id": "my_e"}));
    assert_eq!(entity(&mut home, "switch.my_e_2").name, "E");
    announce(&mut home, "switch/han", json!({"name": "客厅灯", "cmd_t": "h", "uniq_id": "0xA1"}));
    assert_eq!(entity(&mut home, "switch.0xa1").name, "客厅灯");
}

#[test]
fn areas_are_suggested_or_read_from_names_or_set() {
    let mut config = HomeConfig::default();
    config.areas.entry("Bath".into()).or_default();
    config.areas.entry("Bath Room".into()).or_default().floor = Some("Top".into());
    let said = config.entities.entry("switch.fan".into()).or_default();
    said.area = Some("Attic".into());
    said.aliases = vec!["blower".into()];
    said.name = Some("Big Fan".into());
    let mut home = Home::new(config);
    announce(&mut home, "switch/a", json!({"name": "Bath Room Heater", "cmd_t": "a"}));
    announce(&mut home, "switch/b", json!({"name": "Bathtub", "cmd_t": "b"}));
    announce(&mut home, "switch/c", json!({"name": "Fan", "cmd_t": "c"}));
    announce(&mut home, "switch/d", json!({"name": "Den Lamp", "cmd_t": "d"}));
    assert_eq!(entity(&mut home, "switch.bath_room_heater").area.as_deref(), Some("Bath Room"));
    assert_eq!(entity(&mut home, "switch.bathtub").area, None);
    assert_eq!(entity(&mut home, "switch.den_lamp").area, None);
    let fan = entity(&mut home, "switch.fan");
    assert_eq!((fan.name.as_str(), fan.area.as_deref()), ("Big Fan", Some("Attic")));
    assert_eq!(fan.aliases, ["blower"]);
    // An area that somebody else suggests is one for everybody.
    let version = home.view().version;
    announce(&mut home, "switch/e", json!({"name": "TV", "cmd_t": "e", "dev": {"ids": "e", "sa": "Den"}}));
    assert_eq!(entity(&mut home, "switch.den_lamp").area.as_deref(), Some("Den"));
    let view = home.view();
    assert_ne!(view.version, version);
    assert_eq!(view.floors.iter().map(|f| f.name.as_str()).collect::<Vec<_>>(), ["Top"]);
}

#[test]
fn a_device_announces_all_its_components_at_once() {
    let mut home = home();
    let device = json!({
        "dev": {"ids": "ea334450", "name": "Washer", "sa": "Laundry", "mf": "Bla"},
        "o": {"name": "bla2mqtt", "sw": "2.1"},
        "avty_t": "bla/online", "stat_t": "bla/state", "qos": 1,
        "cmps": {
            "t": {"p": "sensor", "dev_cla": "temperature", "unit_of_meas": "°C", "val_tpl": "{{ value_json.temp }}",
                "uniq_id": "t1"},
            "s": {"p": "switch", "name": null, "cmd_t": "bla/set", "val_tpl": "{{ value_json.power }}", "uniq_id": "s1"},
            "x": {"p": "toaster", "uniq_id": "x1"},
            "y": {"name": "no platform"},
        },
    });
    let changes = announce(&mut home, "device/0AFFD2", device.clone());
    let reasons: Vec<&String> = changes
        .iter()
        .filter_map(|c| match c {
            Change::Rejected { reason, .. } => Some(reason),
            _ => None,
        })
        .collect();
    assert_eq!(reasons.len(), 2, "{reasons:?}");
    assert!(reasons[0].contains("toaster") && reasons[1].contains("`y`"), "{reasons:?}");
    hear(&mut home, "bla/state", r#"{"temp": 41.5, "power": "ON"}"#);
    assert_eq!(state(&mut home, "sensor.washer_temperature").as_deref(), Some("41.5"));
    assert_eq!(state(&mut home, "switch.washer").as_deref(), Some("on"));
    assert_eq!(entity(&mut home, "sensor.washer_temperature").area.as_deref(), Some("Laundry"));
    hear(&mut home, "bla/online", "offline");
    assert_eq!(entity(&mut home, "switch.washer").state.availability, Availability::Unavailable);

    // The same again changes nothing, not even a state.
    let mut good = device.clone();
    good["cmps"].as_object_mut().unwrap().retain(|k, _| k == "t" || k == "s");
    assert_eq!(announce(&mut home, "device/0AFFD2", good.clone()), []);
    assert_eq!(state(&mut home, "switch.washer").as_deref(), Some("on"));

    // Nothing but the platform takes one component away; the empty payload takes all.
    good["cmps"]["t"] = json!({"p": "sensor"});
    let changes = announce(&mut home, "device/0AFFD2", good);
    assert!(changes.contains(&Change::Removed("sensor.washer_temperature".into())), "{changes:?}");
    assert_eq!(home.len(), 1);
    let changes = hear(&mut home, "homeassistant/device/0AFFD2/config", "");
    assert!(changes.contains(&Change::Removed("switch.washer".into())), "{changes:?}");
    assert!(home.is_empty());
    assert_eq!(home.subscriptions(), Home::new(HomeConfig::default()).subscriptions());
}

#[test]
fn a_thing_that_moves_to_a_device_topic_stays_the_same() {
    let mut home = home();
    let single = json!({"name": null, "uniq_id": "u1", "cmd_t": "c", "stat_t": "s", "obj_id": "lamp",
        "dev": {"ids": "1", "name": "Lamp"}});
    announce(&mut home, "light/lamp", single);
    hear(&mut home, "s", "ON");
    assert_eq!(announce(&mut home, "light/lamp", json!({"migrate_discovery": true})), []);
    assert_eq!(home.len(), 1);
    announce(
        &mut home,
        "device/lamp",
        json!({"dev": {"ids": "1", "name": "Lamp Two"}, "o": {"name": "x"},
            "cmps": {"l": {"p": "light", "uniq_id": "u1", "cmd_t": "c", "stat_t": "s"}}}),
    );
    assert_eq!(hear(&mut home, "homeassistant/light/lamp/config", ""), []);
    assert_eq!(home.len(), 1);
    let lamp = entity(&mut home, "light.lamp");
    assert_eq!(lamp.name, "Lamp Two");
    assert_eq!(lamp.state.value.as_deref(), Some("on"));
}

#[test]
fn a_new_announcement_replaces_the_old_one() {
    let mut home = home();
    announce(&mut home, "switch/a", json!({"name": "A", "cmd_t": "c", "stat_t": "old"}));
    hear(&mut home, "old", "ON");
    let changes = announce(&mut home, "switch/a", json!({"name": "B", "cmd_t": "c", "stat_t": "new"}));
    assert!(changes.contains(&Change::Subscribe(vec!["new".into()])), "{changes:?}");
    assert!(changes.contains(&Change::Unsubscribe(vec!["old".into()])), "{changes:?}");
    assert_eq!(home.len(), 1);
    let switch = entity(&mut home, "switch.a");
    assert_eq!((switch.name.as_str(), switch.state.value.as_deref()), ("B", Some("on")));
    hear(&mut home, "old", "OFF");
    assert_eq!(state(&mut home, "switch.a").as_deref(), Some("on"));
}

#[test]
fn availability_counts_by_its_mode() {
    for (mode, both, first, none) in
        [("all", true, false, false), ("any", true, true, false), ("latest", true, false, false)]
    {
        let mut home = home();
        announce(
            &mut home,
            "switch/a",
            json!({"name": "A", "cmd_t": "c", "avty_mode": mode, "avty": [
                {"t": "one"},
                {"t": "two", "val_tpl": "{{ value_json.state }}", "pl_avail": "up", "pl_not_avail": "down"}]}),
        );
        let mut here = |topic: &str, payload: &str| {
            hear(&mut home, topic, payload);
            entity(&mut home, "switch.a").state.availability == Availability::Available
        };
        assert!(here("one", "online"), "{mode}");
        assert_eq!(here("two", r#"{"state":"up"}"#), both, "{mode}");
        assert_eq!(here("two", r#"{"state":"down"}"#), first, "{mode}");
        assert_eq!(here("one", "offline"), none, "{mode}");
        assert_eq!(here("one", "nonsense"), none, "{mode}");
    }
}

#[test]
fn lights_of_every_schema_tell_brightness_white_and_colour() {
    let mut home = home();
    announce(
        &mut home,
        "light/basic",
        json!({"name": "Basic", "cmd_t": "b/set", "stat_t": "b/state", "bri_cmd_t": "b/bri/set", "bri_stat_t": "b/bri",
            "bri_scl": 100, "clr_temp_cmd_t": "b/ct/set", "clr_temp_stat_t": "b/ct", "min_mirs": 153, "max_mirs": 454,
            "rgb_cmd_t": "b/rgb/set", "rgb_stat_t": "b/rgb", "fx_cmd_t": "b/fx/set", "fx_stat_t": "b/fx",
            "fx_list": ["rainbow"]}),
    );
    let basic = entity(&mut home, "light.basic");
    for feature in [Feature::Brightness, Feature::Color, Feature::ColorTemp, Feature::Effect] {
        assert!(basic.has(feature), "{feature}");
    }
    assert_eq!(basic.ranges["color_temp_kelvin"], (2203.0, 6536.0));
    for (topic, payload) in
        [("b/state", "ON"), ("b/bri", "50"), ("b/ct", "250"), ("b/rgb", "255,0,0"), ("b/fx", "rainbow")]
    {
        hear(&mut home, topic, payload);
    }
    assert_eq!(state(&mut home, "light.basic").as_deref(), Some("on"));
    assert_eq!(attribute(&mut home, "light.basic", "brightness"), 128);
    assert_eq!(attribute(&mut home, "light.basic", "rgb_color"), json!([255, 0, 0]));
    assert_eq!(attribute(&mut home, "light.basic", "hs_color"), json!([0.0, 100.0]));
    assert_eq!(attribute(&mut home, "light.basic", "effect"), "rainbow");
    assert_eq!(attribute(&mut home, "light.basic", "color_temp_kelvin"), Value::Null);

    announce(
        &mut home,
        "light/json",
        json!({"schema": "json", "name": "Json", "cmd_t": "j/set", "stat_t": "j", "brightness": true, "bri_scl": 254,
            "sup_clrm": ["color_temp", "xy"], "min_mireds": 153, "max_mireds": 500}),
    );
    hear(
        &mut home,
        "j",
        r#"{"state":"ON","brightness":254,"color_mode":"color_temp","color_temp":370,
        "color":{"x":0.46,"y":0.41}}"#,
    );
    let json_light = entity(&mut home, "light.json");
    assert!(json_light.has(Feature::Color) && json_light.has(Feature::ColorTemp));
    assert_eq!(attribute(&mut home, "light.json", "brightness"), 255);
    assert_eq!(attribute(&mut home, "light.json", "color_temp_kelvin"), 2703);
    hear(&mut home, "j", r#"{"state":"ON","color_mode":"xy","color":{"x":0.64,"y":0.33}}"#);
    assert_eq!(attribute(&mut home, "light.json", "xy_color"), json!([0.64, 0.33]));
    assert_eq!(attribute(&mut home, "light.json", "color_temp_kelvin"), Value::Null);
    hear(&mut home, "j", r#"{"state":null}"#);
    assert_eq!(state(&mut home, "light.json"), None);
    announce(
        &mut home,
        "light/onoff",
        json!({"schema": "json", "name": "Plain", "cmd_t": "o", "sup_clrm": ["onoff"]}),
    );
    assert!(entity(&mut home, "light.plain").features.is_empty());

    announce(
        &mut home,
        "light/template",
        json!({"schema": "template", "name": "Tpl", "cmd_t": "t/set", "stat_t": "t", "cmd_on_tpl": "on", "cmd_off_tpl": "off",
            "stat_tpl": "{{ value.split(',')[0] }}", "bri_tpl": "{{ value.split(',')[1] }}",
            "r_tpl": "{{ value.split(',')[2] }}", "g_tpl": "{{ value.split(',')[3] }}", "b_tpl": "{{ value.split(',')[4] }}"}),
    );
    hear(&mut home, "t", "on,99,0,255,0");
    assert_eq!(state(&mut home, "light.tpl").as_deref(), Some("on"));
    assert_eq!(attribute(&mut home, "light.tpl", "brightness"), 99);
    assert_eq!(attribute(&mut home, "light.tpl", "rgb_color"), json!([0, 255, 0]));
}

#[test]
fn covers_and_valves_count_from_closed_to_open() {
    let mut home = home();
    announce(
        &mut home,
        "cover/inverted",
        json!({"name": "Blind", "dev_cla": "blind", "cmd_t": "c/set", "pos_t": "c/pos", "set_pos_t": "c/pos/set",
            "pos_open": 0, "pos_clsd": 100, "tilt_cmd_t": "c/tilt/set", "tilt_status_t": "c/tilt", "tilt_min": 0,
            "tilt_max": 180}),
    );
    let blind = entity(&mut home, "cover.blind");
    assert!(blind.has(Feature::Position) && blind.has(Feature::Tilt) && blind.has(Feature::Stop));
    hear(&mut home, "c/pos", "25");
    assert_eq!(attribute(&mut home, "cover.blind", "current_position"), 75);
    assert_eq!(state(&mut home, "cover.blind").as_deref(), Some("open"));
    hear(&mut home, "c/pos", "100");
    assert_eq!(state(&mut home, "cover.blind").as_deref(), Some("closed"));
    hear(&mut home, "c/tilt", "90");
    assert_eq!(attribute(&mut home, "cover.blind", "current_tilt_position"), 50);

    announce(
        &mut home,
        "cover/garage",
        json!({"name": "Garage", "cmd_t": "g/set", "stat_t": "g", "stat_open": "up", "stat_clsd": "down", "pl_stop": null}),
    );
    for (payload, word) in [("up", "open"), ("closing", "closing"), ("down", "closed"), ("stopped", "open")] {
        hear(&mut home, "g", payload);
        assert_eq!(state(&mut home, "cover.garage").as_deref(), Some(word), "{payload}");
    }
    assert!(!entity(&mut home, "cover.garage").has(Feature::Stop));

    announce(&mut home, "valve/a", json!({"name": "Water", "cmd_t": "v/set", "stat_t": "v"}));
    hear(&mut home, "v", r#"{"state":"opening"}"#);
    assert_eq!(state(&mut home, "valve.water").as_deref(), Some("opening"));
    announce(
        &mut home,
        "valve/b",
        json!({"name": "Gas", "cmd_t": "w/set", "stat_t": "w", "pos": true, "pos_open": 50}),
    );
    hear(&mut home, "w", r#"{"state":"closing","position":25}"#);
    assert_eq!(attribute(&mut home, "valve.gas", "current_position"), 50);
    assert_eq!(state(&mut home, "valve.gas").as_deref(), Some("closing"));
    hear(&mut home, "w", "0");
    assert_eq!(state(&mut home, "valve.gas").as_deref(), Some("closed"));
}

#[test]
fn fans_climates_and_humidifiers_tell_what_they_do() {
    let mut home = home();
    announce(
        &mut home,
        "fan/a",
        json!({"name": "Fan", "cmd_t": "f/set", "stat_t": "f", "pct_cmd_t": "f/p/set", "pct_stat_t": "f/p",
            "spd_rng_min": 1, "spd_rng_max": 3, "pr_mode_cmd_t": "f/m/set", "pr_mode_stat_t": "f/m",
            "pr_modes": ["auto", "smart"], "osc_cmd_t": "f/o/set", "osc_stat_t": "f/o"}),
    );
    let fan = entity(&mut home, "fan.fan");
    assert!(fan.has(Feature::Speed) && fan.has(Feature::Preset));
    for (topic, payload) in [("f", "ON"), ("f/p", "2"), ("f/m", "smart"), ("f/o", "oscillate_on")] {
        hear(&mut home, topic, payload);
    }
    assert_eq!(attribute(&mut home, "fan.fan", "percentage"), 66);
    assert_eq!(attribute(&mut home, "fan.fan", "preset_mode"), "smart");
    assert_eq!(attribute(&mut home, "fan.fan", "oscillating"), true);
    hear(&mut home, "f/m", "None");
    assert_eq!(attribute(&mut home, "fan.fan", "preset_mode"), Value::Null);

    announce(
        &mut home,
        "climate/a",
        json!({"name": "Heating", "mode_cmd_t": "h/m/set", "mode_stat_t": "h/m", "modes": ["off", "heat"],
            "temp_cmd_t": "h/t/set", "temp_stat_t": "h", "temp_stat_tpl": "{{ value_json.target }}",
            "curr_temp_t": "h", "curr_temp_tpl": "{{ value_json.now }}", "act_t": "h/a", "min_temp": 5, "max_temp": 30}),
    );
    let heating = entity(&mut home, "climate.heating");
    assert!(heating.has(Feature::Temperature) && heating.has(Feature::Mode));
    assert_eq!(heating.ranges["temperature"], (5.0, 30.0));
    assert_eq!(heating.options["mode"], ["off", "heat"]);
    hear(&mut home, "h", r#"{"target": 21.5, "now": 19}"#);
    hear(&mut home, "h/m", "heat");
    hear(&mut home, "h/a", "heating");
    assert_eq!(state(&mut home, "climate.heating").as_deref(), Some("heat"));
    assert_eq!(attribute(&mut home, "climate.heating", "temperature"), 21.5);
    assert_eq!(attribute(&mut home, "climate.heating", "current_temperature"), 19.0);
    assert_eq!(attribute(&mut home, "climate.heating", "hvac_action"), "heating");

    announce(
        &mut home,
        "humidifier/a",
        json!({"name": "Mist", "cmd_t": "m/set", "stat_t": "m", "hum_cmd_t": "m/h/set", "hum_stat_t": "m/h"}),
    );
    hear(&mut home, "m/h", "45");
    assert_eq!(attribute(&mut home, "humidifier.mist", "humidity"), 45.0);
    announce(
        &mut home,
        "water_heater/a",
        json!({"name": "Boiler", "temp_cmd_t": "w/t", "mode_cmd_t": "w/m/set", "mode_stat_t": "w/m"}),
    );
    hear(&mut home, "w/m", "eco");
    assert_eq!(state(&mut home, "water_heater.boiler").as_deref(), Some("eco"));
}

#[test]
fn locks_alarms_vacuums_and_mowers_tell_what_they_do() {
    let mut home = home();
    announce(
        &mut home,
        "lock/a",
        json!({"name": "Door", "cmd_t": "l/set", "stat_t": "l", "stat_jam": "STUCK"}),
    );
    for (payload, word) in [("LOCKED", "locked"), ("UNLOCKING", "unlocking"), ("STUCK", "jammed")] {
        hear(&mut home, "l", payload);
        assert_eq!(state(&mut home, "lock.door").as_deref(), Some(word));
    }
    announce(&mut home, "alarm_control_panel/a", json!({"name": "Alarm", "cmd_t": "a/set", "stat_t": "a"}));
    hear(&mut home, "a", "armed_away");
    assert_eq!(state(&mut home, "alarm_control_panel.alarm").as_deref(), Some("armed_away"));
    announce(
        &mut home,
        "vacuum/a",
        json!({"name": "Robot", "cmd_t": "v/set", "stat_t": "v", "sup_feat": ["start", "return_home", "pause"]}),
    );
    hear(&mut home, "v", r#"{"state":"cleaning","battery_level":61,"fan_speed":"max"}"#);
    let robot = entity(&mut home, "vacuum.robot");
    assert!(robot.has(Feature::ReturnHome) && robot.has(Feature::Pause) && !robot.has(Feature::Stop));
    assert_eq!(robot.state.value.as_deref(), Some("cleaning"));
    assert_eq!(robot.state.number("battery_level"), Some(61.0));
    announce(
        &mut home,
        "lawn_mower/a",
        json!({"name": "Mower", "act_stat_t": "m", "dock_cmd_t": "m/dock", "strt_mw_cmd_t": "m/start"}),
    );
    hear(&mut home, "m", "mowing");
    assert_eq!(state(&mut home, "lawn_mower.mower").as_deref(), Some("mowing"));
}

#[test]
fn sensors_and_values_are_kept_with_unit_and_choices() {
    let mut home = home();
    announce(
        &mut home,
        "sensor/a",
        json!({"name": "Power", "stat_t": "p", "val_tpl": "{{ value_json.ENERGY.Power | round(1) }}", "unit_of_meas": "W",
            "dev_cla": "power", "json_attr_t": "p"}),
    );
    hear(&mut home, "p", r#"{"ENERGY":{"Power":12.345},"Time":"now","brightness":3}"#);
    let power = entity(&mut home, "sensor.power");
    assert_eq!((power.state.value.as_deref(), power.unit.as_deref()), (Some("12.3"), Some("W")));
    assert_eq!(power.state.attributes["Time"], "now");
    assert!(!power.state.attributes.contains_key("brightness"));

    // As Zigbee2MQTT announces it: payloads that are no texts.
    announce(
        &mut home,
        "binary_sensor/a",
        json!({"name": "Motion", "stat_t": "z/m", "val_tpl": "{{ value_json.occupancy }}", "pl_on": true, "pl_off": false,
            "dev_cla": "motion"}),
    );
    hear(&mut home, "z/m", r#"{"occupancy":true}"#);
    assert_eq!(state(&mut home, "binary_sensor.motion").as_deref(), Some("on"));
    announce(
        &mut home,
        "number/a",
        json!({"name": "Level", "cmd_t": "n/set", "stat_t": "n", "min": 5, "max": 50}),
    );
    hear(&mut home, "n", "7.5");
    assert_eq!(state(&mut home, "number.level").as_deref(), Some("7.5"));
    announce(
        &mut home,
        "select/a",
        json!({"name": "Mode", "cmd_t": "s/set", "stat_t": "s", "ops": ["a", "b"]}),
    );
    hear(&mut home, "s", "b");
    assert_eq!(state(&mut home, "select.mode").as_deref(), Some("b"));
    assert_eq!(entity(&mut home, "select.mode").options["option"], ["a", "b"]);
    announce(&mut home, "siren/a", json!({"name": "Siren", "cmd_t": "i/set", "stat_t": "i"}));
    hear(&mut home, "i", r#"{"state":"ON","tone":"x"}"#);
    assert_eq!(state(&mut home, "siren.siren").as_deref(), Some("on"));
    announce(&mut home, "event/a", json!({"name": "Bell", "stat_t": "e", "evt_typ": ["press"]}));
    hear(&mut home, "e", r#"{"event_type":"press"}"#);
    assert_eq!(state(&mut home, "event.bell").as_deref(), Some("press"));
    announce(&mut home, "device_tracker/a", json!({"name": "Phone", "stat_t": "t"}));
    hear(&mut home, "t", "not_home");
    assert_eq!(state(&mut home, "device_tracker.phone").as_deref(), Some("not_home"));
    announce(&mut home, "update/a", json!({"name": "Firmware", "stat_t": "u"}));
    hear(&mut home, "u", r#"{"installed_version":"1","latest_version":"2"}"#);
    assert_eq!(state(&mut home, "update.firmware").as_deref(), Some("on"));
    for component in ["scene", "button", "text", "notify", "date", "time", "datetime"] {
        announce(&mut home, &format!("{component}/a"), json!({"name": "Thing", "cmd_t": "x"}));
        assert_eq!(entity(&mut home, &format!("{component}.thing")).name, "Thing");
    }
    for component in ["tag", "device_automation"] {
        assert_eq!(announce(&mut home, &format!("{component}/a"), json!({"topic": "x"})), []);
    }
}

#[test]
fn a_state_that_is_not_renewed_expires() {
    let mut home = home();
    announce(&mut home, "sensor/a", json!({"name": "A", "stat_t": "a", "exp_aft": 60}));
    announce(&mut home, "binary_sensor/b", json!({"name": "B", "stat_t": "b", "off_dly": 5}));
    hear(&mut home, "a", "1");
    hear(&mut home, "b", "ON");
    assert_eq!(home.tick(5_999), []);
    assert_eq!(home.tick(6_000), [Change::State("binary_sensor.b".into())]);
    assert_eq!(state(&mut home, "binary_sensor.b").as_deref(), Some("off"));
    assert_eq!(home.tick(61_000), [Change::State("sensor.a".into())]);
    assert_eq!(entity(&mut home, "sensor.a").state.availability, Availability::Unavailable);
    home.ingest("a", b"2", false, 62_000);
    assert_eq!(entity(&mut home, "sensor.a").state.availability, Availability::Available);
}

#[test]
fn what_configures_a_device_is_kept_out_of_the_room() {
    let mut config = HomeConfig::default();
    config.entities.entry("switch.led".into()).or_default();
    let mut home = Home::new(config);
    announce(&mut home, "switch/a", json!({"name": "Child Lock", "cmd_t": "a", "ent_cat": "config"}));
    announce(&mut home, "switch/b", json!({"name": "Led", "cmd_t": "b", "ent_cat": "config"}));
    announce(&mut home, "sensor/c", json!({"name": "Battery", "stat_t": "c", "ent_cat": "diagnostic"}));
    announce(&mut home, "sensor/d", json!({"name": "Uptime", "stat_t": "d", "en": false}));
    let ids: Vec<String> = home.view().entities.iter().map(|e| e.id.clone()).collect();
    assert_eq!(ids, ["sensor.battery", "switch.led"]);
}

#[test]
fn a_template_that_cannot_be_read_is_said_once_and_the_thing_stays() {
    let mut home = home();
    let changes = announce(
        &mut home,
        "switch/a",
        json!({"name": "A", "cmd_t": "c", "stat_t": "s", "val_tpl": "{{ states('sensor.x') }}"}),
    );
    let said: Vec<_> = changes.iter().filter(|c| matches!(c, Change::Unreadable { .. })).collect();
    assert_eq!(said.len(), 1, "{changes:?}");
    assert!(format!("{said:?}").contains("states"), "{said:?}");
    hear(&mut home, "s", "ON");
    assert_eq!(state(&mut home, "switch.a"), None);
    // One that fails only on some messages is said once too.
    announce(&mut home, "sensor/b", json!({"name": "B", "stat_t": "b", "val_tpl": "{{ value | float }}"}));
    assert!(matches!(hear(&mut home, "b", "soon")[..], [Change::Unreadable { .. }]));
    assert_eq!(hear(&mut home, "b", "later"), []);
    hear(&mut home, "b", "3");
    assert_eq!(state(&mut home, "sensor.b").as_deref(), Some("3.0"));
}
