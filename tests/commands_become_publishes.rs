//! A command becomes exactly the publishes that the thing asked for in its announcement, or a refusal.

use serde_json::{Value, json};
use sotto::home::simulated::SimulatedHome;
use sotto::home::{Action, Change, Home, HomeConfig, SafetyConfig, Seen, needs_confirmation};
use sotto::intent::{Command, Refusal};
use std::path::{Path, PathBuf};

fn command(intent: &str, target: &str, slots: Value) -> Command {
    let mut command = Command::new(intent);
    command.targets = target.split(' ').filter(|t| !t.is_empty()).map(str::to_owned).collect();
    for (key, value) in slots.as_object().into_iter().flatten() {
        command.slots.insert(key.clone(), value.clone());
    }
    command
}

fn home_with(component: &str, mut config: Value) -> Home {
    let mut home = Home::new(HomeConfig::default());
    config["name"] = json!("Thing");
    let topic = format!("homeassistant/{component}/thing/config");
    let changes = home.ingest(&topic, config.to_string().as_bytes(), true, 0);
    assert!(changes.contains(&Change::Added(format!("{component}.thing"))), "{changes:?}");
    home
}

fn hear(home: &mut Home, topic: &str, payload: &str) {
    home.ingest(topic, payload.as_bytes(), false, 1);
}

/// The publishes of a command to the one thing in the home, as `topic payload`.
fn sent(home: &Home, intent: &str, slots: Value) -> Vec<String> {
    let target = home_target(home);
    published(home, &command(intent, &target, slots)).unwrap_or_else(|r| panic!("{intent}: {r:?}"))
}

fn published(home: &Home, command: &Command) -> Result<Vec<String>, Refusal> {
    let lines = home.actions(command)?.into_iter().map(|action| match action {
        Action::Publish { topic, payload } => format!("{topic} {payload}"),
        other => panic!("{other:?}"),
    });
    Ok(lines.collect())
}

fn home_target(home: &Home) -> String {
    let domains = [
        "alarm_control_panel",
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
        "sensor",
        "siren",
        "switch",
        "vacuum",
        "valve",
        "water_heater",
    ];
    let ids = domains.map(|d| format!("{d}.thing"));
    ids.into_iter().find(|id| home.source(id).is_some()).unwrap()
}

fn refused(home: &Home, intent: &str, slots: Value) -> Refusal {
    published(home, &command(intent, &home_target(home), slots)).unwrap_err()
}

#[test]
fn switches_sirens_scenes_and_buttons() {
    let home = home_with("switch", json!({"cmd_t": "s/set", "pl_on": "1", "cmd_tpl": "P={{ value }}"}));
    assert_eq!(sent(&home, "HassTurnOn", json!({})), ["s/set P=1"]);
    assert_eq!(sent(&home, "HassTurnOff", json!({})), ["s/set P=OFF"]);
    let home = home_with("siren", json!({"cmd_t": "s/set"}));
    assert_eq!(sent(&home, "HassTurnOn", json!({})), [r#"s/set {"state":"ON"}"#]);
    let home = home_with("scene", json!({"cmd_t": "s/set", "pl_on": "evening"}));
    assert_eq!(sent(&home, "HassTurnOn", json!({})), ["s/set evening"]);
    assert!(matches!(refused(&home, "HassTurnOff", json!({})), Refusal::FeatureNotSupported { .. }));
    assert_eq!(home.expects(&command("HassTurnOn", "scene.thing", json!({}))), []);
    let home = home_with("button", json!({"cmd_t": "s/set"}));
    assert_eq!(sent(&home, "HassTurnOn", json!({})), ["s/set PRESS"]);
}

#[test]
fn lights_of_the_default_schema() {
    let all = json!({"cmd_t": "l/set", "bri_cmd_t": "l/b", "bri_scl": 100, "clr_temp_cmd_t": "l/ct", "rgb_cmd_t": "l/rgb",
        "hs_cmd_t": "l/hs"});
    let home = home_with("light", all.clone());
    assert_eq!(sent(&home, "HassTurnOn", json!({})), ["l/set ON"]);
    assert_eq!(sent(&home, "HassTurnOff", json!({})), ["l/set OFF"]);
    assert_eq!(sent(&home, "HassLightSet", json!({"brightness": 20})), ["l/b 20", "l/set ON"]);
    assert_eq!(sent(&home, "HassLightSet", json!({"brightness": 0})), ["l/set OFF"]);
    assert_eq!(sent(&home, "HassLightSet", json!({"temperature": 2700})), ["l/ct 370", "l/set ON"]);
    assert_eq!(sent(&home, "HassLightSet", json!({"color": "red"})), ["l/rgb 255,0,0", "l/set ON"]);
    assert_eq!(sent(&home, "HassLightSet", json!({"color": "warm white"})), ["l/ct 370", "l/set ON"]);
    let of = |change: Value| {
        let mut config = all.clone();
        for (key, value) in change.as_object().unwrap() {
            config[key] = value.clone();
        }
        home_with("light", config)
    };
    let first = of(json!({"on_cmd_type": "first"}));
    assert_eq!(sent(&first, "HassLightSet", json!({"brightness": 50})), ["l/set ON", "l/b 50"]);
    let by_brightness = of(json!({"on_cmd_type": "brightness"}));
    assert_eq!(sent(&by_brightness, "HassLightSet", json!({"brightness": 50})), ["l/b 50"]);
    assert_eq!(sent(&by_brightness, "HassTurnOn", json!({})), ["l/b 100"]);
    let kelvin = of(json!({"clr_temp_k": true, "min_k": 2200, "max_k": 5000}));
    assert_eq!(sent(&kelvin, "HassLightSet", json!({"temperature": 2700})), ["l/ct 2700", "l/set ON"]);
    assert_eq!(
        refused(&kelvin, "HassLightSet", json!({"temperature": 6000})),
        Refusal::OutOfRange {
            entity: "light.thing".into(),
            slot: "temperature".into(),
            min: 2200.0,
            max: 5000.0
        }
    );
    let hs = of(json!({"rgb_cmd_t": null}));
    assert_eq!(sent(&hs, "HassLightSet", json!({"color": "blue"})), ["l/hs 240,100", "l/set ON"]);
    let xy = of(json!({"rgb_cmd_t": null, "hs_cmd_t": null, "xy_cmd_t": "l/xy"}));
    assert_eq!(sent(&xy, "HassLightSet", json!({"color": "red"})), ["l/xy 0.64,0.33", "l/set ON"]);
    // A light that is dimmed by its colour.
    let only_rgb = home_with("light", json!({"cmd_t": "l/set", "rgb_cmd_t": "l/rgb"}));
    let order = json!({"color": "red", "brightness": 50});
    assert_eq!(sent(&only_rgb, "HassLightSet", order), ["l/rgb 128,0,0", "l/set ON"]);
    let templated = of(json!({"rgb_cmd_tpl": "#{{ '%02x%02x%02x' | format(red, green, blue) }}"}));
    assert_eq!(sent(&templated, "HassLightSet", json!({"color": "red"})), ["l/rgb #ff0000", "l/set ON"]);
}

#[test]
fn lights_of_the_json_and_template_schemas_need_one_publish() {
    let json_light = |modes: &[&str]| {
        home_with(
            "light",
            json!({"schema": "json", "cmd_t": "l/set", "brightness": true, "bri_scl": 254,
            "sup_clrm": modes}),
        )
    };
    let home = json_light(&["color_temp", "xy"]);
    assert_eq!(sent(&home, "HassTurnOn", json!({})), [r#"l/set {"state":"ON"}"#]);
    assert_eq!(sent(&home, "HassTurnOff", json!({})), [r#"l/set {"state":"OFF"}"#]);
    let order = json!({"brightness": 20, "color": "red"});
    assert_eq!(
        sent(&home, "HassLightSet", order),
        [r#"l/set {"state":"ON","color":{"x":0.64,"y":0.33},"brightness":51}"#]
    );
    let order = json!({"temperature": 4000});
    assert_eq!(sent(&home, "HassLightSet", order), [r#"l/set {"state":"ON","color_temp":250}"#]);
    let home = json_light(&["rgbw"]);
    let order = json!({"color": "Green"});
    let lines = sent(&home, "HassLightSet", order);
    assert_eq!(lines, [r#"l/set {"state":"ON","color":{"r":0,"g":128,"b":0,"w":0}}"#]);
    let home = json_light(&["hs"]);
    // A white that it has no lamp for is shown as a colour.
    let lines = sent(&home, "HassLightSet", json!({"temperature": 2700}));
    assert!(lines.len() == 1 && lines[0].contains(r#""color":{"h":"#), "{lines:?}");

    let template = home_with(
        "light",
        json!({"schema": "template", "cmd_t": "l/set", "bri_tpl": "{{ value }}",
        "cmd_on_tpl": "on{% if brightness is defined %},{{ brightness }}{% endif %}{% if red is defined %},{{ red }}-{{ green }}-{{ blue }}{% endif %}",
        "cmd_off_tpl": "{{ state }}", "r_tpl": "", "g_tpl": "", "b_tpl": ""}),
    );
    assert_eq!(sent(&template, "HassTurnOn", json!({})), ["l/set on"]);
    assert_eq!(sent(&template, "HassTurnOff", json!({})), ["l/set off"]);
    let order = json!({"brightness": 100, "color": "red"});
    assert_eq!(sent(&template, "HassLightSet", order), ["l/set on,255,255-0-0"]);
}

#[test]
fn a_lamp_is_not_told_what_it_cannot_do() {
    let home = home_with("light", json!({"cmd_t": "l/set"}));
    for slots in [json!({"brightness": 20}), json!({"color": "red"}), json!({"temperature": 2700})] {
        let refusal = refused(&home, "HassLightSet", slots);
        assert!(matches!(refusal, Refusal::FeatureNotSupported { .. }), "{refusal:?}");
    }
    assert_eq!(sent(&home, "HassLightSet", json!({"brightness": 100})), ["l/set ON"]);
    let out_of_range = refused(&home, "HassLightSet", json!({"brightness": 120}));
    assert!(matches!(out_of_range, Refusal::OutOfRange { .. }), "{out_of_range:?}");
    let sensor = home_with("sensor", json!({"stat_t": "s"}));
    assert!(matches!(refused(&sensor, "HassTurnOn", json!({})), Refusal::FeatureNotSupported { .. }));
    let unknown = published(&home, &command("HassTurnOn", "light.nowhere", json!({}))).unwrap_err();
    assert!(matches!(unknown, Refusal::NoEntity { .. }));
    let strange = refused(&home, "OrderPizza", json!({}));
    assert_eq!(strange, Refusal::NotServed { intent: "OrderPizza".into() });
    assert_eq!(home.actions(&command("HassGetState", "light.thing", json!({}))), Ok(vec![]));
    assert_eq!(home.actions(&command("HassTurnOn", "", json!({}))), Ok(vec![]));
}

#[test]
fn covers_and_valves_open_close_and_go_to_a_position() {
    let home = home_with(
        "cover",
        json!({"cmd_t": "c/set", "set_pos_t": "c/pos", "pos_open": 0, "pos_clsd": 100, "tilt_cmd_t": "c/tilt"}),
    );
    assert_eq!(sent(&home, "HassTurnOn", json!({})), ["c/set OPEN"]);
    assert_eq!(sent(&home, "HassTurnOff", json!({})), ["c/set CLOSE"]);
    assert_eq!(sent(&home, "HassStopMoving", json!({})), ["c/set STOP"]);
    assert_eq!(sent(&home, "HassSetPosition", json!({"position": 30})), ["c/pos 70"]);
    let templated =
        home_with("cover", json!({"set_pos_t": "c/pos", "set_pos_tpl": "{\"pos\":{{ position }}}"}));
    assert_eq!(sent(&templated, "HassSetPosition", json!({"position": 30})), ["c/pos {\"pos\":30}"]);
    assert_eq!(sent(&templated, "HassTurnOn", json!({})), ["c/pos {\"pos\":100}"]);
    let ends = home_with("cover", json!({"cmd_t": "c/set", "pl_stop": null}));
    assert_eq!(sent(&ends, "HassSetPosition", json!({"position": 100})), ["c/set OPEN"]);
    assert!(matches!(
        refused(&ends, "HassSetPosition", json!({"position": 50})),
        Refusal::FeatureNotSupported { .. }
    ));
    assert!(matches!(refused(&ends, "HassStopMoving", json!({})), Refusal::FeatureNotSupported { .. }));
    let valve = home_with("valve", json!({"cmd_t": "v/set", "pos": true, "pos_open": 50}));
    assert_eq!(sent(&valve, "HassTurnOn", json!({})), ["v/set 50"]);
    assert_eq!(sent(&valve, "HassSetPosition", json!({"position": 40})), ["v/set 20"]);
    let valve = home_with("valve", json!({"cmd_t": "v/set"}));
    assert_eq!(sent(&valve, "HassTurnOff", json!({})), ["v/set CLOSE"]);
}

#[test]
fn locks_lock_when_turned_on() {
    let home = home_with("lock", json!({"cmd_t": "l/set"}));
    assert_eq!(sent(&home, "HassTurnOn", json!({})), ["l/set LOCK"]);
    assert_eq!(sent(&home, "HassTurnOff", json!({})), ["l/set UNLOCK"]);
    let coded = home_with("lock", json!({"cmd_t": "l/set", "code_format": "^\\d{4}$"}));
    assert!(matches!(refused(&coded, "HassTurnOff", json!({})), Refusal::FeatureNotSupported { .. }));
    let alarm = home_with(
        "alarm_control_panel",
        json!({"cmd_t": "a/set", "cmd_tpl": "{\"action\":\"{{ action }}\"}", "code_arm_required": false}),
    );
    assert_eq!(sent(&alarm, "HassTurnOn", json!({})), ["a/set {\"action\":\"ARM_AWAY\"}"]);
    assert_eq!(sent(&alarm, "HassTurnOff", json!({})), ["a/set {\"action\":\"DISARM\"}"]);
}

#[test]
fn fans_and_climates_take_numbers_in_their_own_way() {
    let fan =
        home_with("fan", json!({"cmd_t": "f/set", "pct_cmd_t": "f/pct", "spd_rng_min": 1, "spd_rng_max": 3}));
    assert_eq!(sent(&fan, "HassFanSetSpeed", json!({"percentage": 50})), ["f/pct 2"]);
    assert_eq!(sent(&fan, "HassFanSetSpeed", json!({"percentage": 100})), ["f/pct 3"]);
    assert_eq!(sent(&fan, "HassFanSetSpeed", json!({"percentage": 0})), ["f/set OFF"]);
    let fan = home_with("fan", json!({"cmd_t": "f/set", "pct_cmd_t": "f/pct"}));
    assert_eq!(sent(&fan, "HassFanSetSpeed", json!({"percentage": 37})), ["f/pct 37"]);

    let mut climate = home_with(
        "climate",
        json!({"mode_cmd_t": "h/m", "mode_stat_t": "h/m/s", "modes": ["off", "cool", "heat"], "temp_cmd_t": "h/t",
            "temp_stat_t": "h/t/s", "min_temp": 5, "max_temp": 30}),
    );
    assert_eq!(sent(&climate, "HassClimateSetTemperature", json!({"temperature": 21.5})), ["h/t 21.5"]);
    assert_eq!(sent(&climate, "HassClimateSetTemperature", json!({"temperature": "20"})), ["h/t 20"]);
    assert_eq!(
        refused(&climate, "HassClimateSetTemperature", json!({"temperature": 40})),
        Refusal::OutOfRange {
            entity: "climate.thing".into(),
            slot: "temperature".into(),
            min: 5.0,
            max: 30.0
        }
    );
    assert_eq!(sent(&climate, "HassTurnOn", json!({})), ["h/m heat"]);
    assert_eq!(sent(&climate, "HassTurnOff", json!({})), ["h/m off"]);
    assert_eq!(sent(&climate, "HassClimateSetMode", json!({"mode": "cool"})), ["h/m cool"]);
    assert!(matches!(
        refused(&climate, "HassClimateSetMode", json!({"mode": "dry"})),
        Refusal::FeatureNotSupported { .. }
    ));
    // Relative to what is known, and not before it is known.
    let warmer = json!({"temperature_step": 2});
    assert!(matches!(
        refused(&climate, "HassClimateSetTemperature", warmer.clone()),
        Refusal::Unavailable { .. }
    ));
    hear(&mut climate, "h/t/s", "19.5");
    assert_eq!(sent(&climate, "HassClimateSetTemperature", warmer), ["h/t 21.5"]);
    let power =
        home_with("climate", json!({"pow_cmd_t": "h/p", "pl_on": "1", "pl_off": "0", "temp_cmd_t": "h/t"}));
    assert_eq!(sent(&power, "HassTurnOff", json!({})), ["h/p 0"]);
    let range = home_with("climate", json!({"temp_lo_cmd_t": "h/lo", "temp_hi_cmd_t": "h/hi"}));
    assert_eq!(sent(&range, "HassClimateSetTemperature", json!({"temperature": 20})), ["h/lo 20"]);
}

#[test]
fn vacuums_and_mowers_start_and_go_home() {
    let vacuum = home_with("vacuum", json!({"cmd_t": "v/set"}));
    assert_eq!(sent(&vacuum, "HassVacuumStart", json!({})), ["v/set start"]);
    assert_eq!(sent(&vacuum, "HassVacuumReturnToBase", json!({})), ["v/set return_to_base"]);
    assert_eq!(sent(&vacuum, "HassTurnOff", json!({})), ["v/set return_to_base"]);
    let mower = home_with("lawn_mower", json!({"dock_cmd_t": "m/dock", "strt_mw_cmd_t": "m/start"}));
    assert_eq!(sent(&mower, "HassLawnMowerStartMowing", json!({})), ["m/start start_mowing"]);
    assert_eq!(sent(&mower, "HassLawnMowerDock", json!({})), ["m/dock dock"]);
    assert!(matches!(refused(&mower, "HassVacuumStart", json!({})), Refusal::FeatureNotSupported { .. }));
}

#[test]
fn a_toggle_goes_the_other_way_from_what_is_known() {
    let mut light = home_with("light", json!({"cmd_t": "l/set", "stat_t": "l"}));
    assert_eq!(sent(&light, "HassToggle", json!({})), ["l/set ON"]);
    hear(&mut light, "l", "ON");
    assert_eq!(sent(&light, "HassToggle", json!({})), ["l/set OFF"]);
    let mut lock = home_with("lock", json!({"cmd_t": "l/set", "stat_t": "l"}));
    assert!(matches!(refused(&lock, "HassToggle", json!({})), Refusal::Unavailable { .. }));
    hear(&mut lock, "l", "UNLOCKED");
    assert_eq!(sent(&lock, "HassToggle", json!({})), ["l/set LOCK"]);
}

#[test]
fn brighter_and_dimmer_start_from_the_known_brightness() {
    let mut light = home_with(
        "light",
        json!({"schema": "json", "cmd_t": "l/set", "stat_t": "l", "brightness": true, "sup_clrm": ["brightness"]}),
    );
    let step = |by: i64| json!({"brightness_step": by});
    assert!(matches!(refused(&light, "HassLightSet", step(10)), Refusal::Unavailable { .. }));
    hear(&mut light, "l", r#"{"state":"ON","brightness":51}"#);
    assert_eq!(sent(&light, "HassLightSet", step(10)), [r#"l/set {"state":"ON","brightness":76}"#]);
    assert_eq!(sent(&light, "HassLightSet", step(-50)), [r#"l/set {"state":"ON","brightness":3}"#]);
    hear(&mut light, "l", r#"{"state":"OFF"}"#);
    assert_eq!(sent(&light, "HassLightSet", step(20)), [r#"l/set {"state":"ON","brightness":51}"#]);
    assert_eq!(sent(&light, "HassLightSet", step(-20)), [r#"l/set {"state":"OFF"}"#]);
}

#[test]
fn what_is_away_or_forbidden_is_not_commanded() {
    let config = json!({"name": "Thing", "cmd_t": "s/set", "avty_t": "s/lwt"}).to_string();
    let other = json!({"name": "Other", "cmd_t": "o/set"}).to_string();
    let with = |allow: &[&str], deny: &[&str]| {
        let list = |all: &[&str]| all.iter().map(|s| (*s).to_owned()).collect();
        let mut home =
            Home::new(HomeConfig { allow: list(allow), deny: list(deny), ..HomeConfig::default() });
        hear(&mut home, "homeassistant/switch/thing/config", &config);
        hear(&mut home, "homeassistant/switch/other/config", &other);
        home
    };
    let on = command("HassTurnOn", "switch.thing", json!({}));
    let both = command("HassTurnOn", "switch.thing switch.other", json!({}));
    let denied = with(&[], &["switch.thing"]);
    assert_eq!(denied.actions(&on), Err(Refusal::NotAllowed { entity: "switch.thing".into() }));
    assert_eq!(published(&denied, &both).unwrap(), ["o/set ON"]);
    assert_eq!(denied.carry_out(&both).refusals, [Refusal::NotAllowed { entity: "switch.thing".into() }]);
    let elsewhere = with(&["light.*"], &[]);
    assert_eq!(elsewhere.actions(&both), Err(Refusal::NotAllowed { entity: "switch.thing".into() }));
    let mut home = with(&["switch.*"], &[]);
    assert_eq!(published(&home, &on).unwrap(), ["s/set ON"]);
    hear(&mut home, "s/lwt", "offline");
    assert_eq!(home.actions(&on), Err(Refusal::Unavailable { entity: "switch.thing".into() }));
}

#[test]
fn what_reports_nothing_is_taken_for_granted() {
    let mut home = home_with("switch", json!({"cmd_t": "s/set"}));
    let on = command("HassTurnOn", "switch.thing", json!({}));
    assert_eq!(home.expects(&on), []);
    assert_eq!(home.assume(&on, 5), [Change::State("switch.thing".into())]);
    assert_eq!(home.view().entity("switch.thing").unwrap().state.value.as_deref(), Some("on"));
    assert_eq!(sent(&home, "HassToggle", json!({})), ["s/set OFF"]);
}

fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/homes").join(name)
}

/// Every command goes through the simulated home and comes back as the state that was expected.
#[test]
fn simulated_things_do_what_they_are_told() {
    let mut simulated = SimulatedHome::load(&shipped("demo.toml")).unwrap();
    let mut home = simulated.home();
    let cases = [
        ("HassTurnOn", "light.kitchen_ceiling", json!({}), "state", json!("on")),
        ("HassLightSet", "light.kitchen_ceiling", json!({"brightness": 20}), "brightness", json!(51)),
        ("HassLightSet", "light.kitchen_ceiling", json!({"color": "blue"}), "rgb_color", json!([0, 0, 255])),
        (
            "HassLightSet",
            "light.kitchen_ceiling",
            json!({"temperature": 2700}),
            "color_temp_kelvin",
            json!(2700),
        ),
        ("HassLightSet", "light.kitchen_ceiling", json!({"brightness_step": 10}), "brightness", json!(76)),
        ("HassTurnOff", "light.kitchen_ceiling", json!({}), "state", json!("off")),
        ("HassTurnOff", "light.hallway", json!({}), "state", json!("off")),
        ("HassToggle", "switch.coffee_machine", json!({}), "state", json!("on")),
        ("HassTurnOff", "cover.living_room_blinds", json!({}), "current_position", json!(0)),
        (
            "HassSetPosition",
            "cover.living_room_blinds",
            json!({"position": 40}),
            "current_position",
            json!(40),
        ),
        (
            "HassSetPosition",
            "cover.living_room_blinds",
            json!({"position_step": 10}),
            "current_position",
            json!(50),
        ),
        ("HassTurnOn", "cover.garage_door", json!({}), "state", json!("open")),
        ("HassTurnOff", "lock.front_door", json!({}), "state", json!("unlocked")),
        ("HassTurnOn", "lock.front_door", json!({}), "state", json!("locked")),
        (
            "HassClimateSetTemperature",
            "climate.thermostat",
            json!({"temperature": 22}),
            "temperature",
            json!(22.0),
        ),
        ("HassClimateSetMode", "climate.thermostat", json!({"mode": "cool"}), "state", json!("cool")),
        ("HassTurnOff", "climate.thermostat", json!({}), "state", json!("off")),
        ("HassTurnOn", "fan.ceiling_fan", json!({}), "state", json!("on")),
        ("HassFanSetSpeed", "fan.ceiling_fan", json!({"percentage": 30}), "percentage", json!(30)),
        ("HassMediaPause", "media_player.tv", json!({}), "state", json!("paused")),
        ("HassSetVolume", "media_player.tv", json!({"volume_level": 50}), "volume_level", json!(0.5)),
        (
            "HassSetVolumeRelative",
            "media_player.tv",
            json!({"volume_step": "up"}),
            "volume_level",
            json!(0.6),
        ),
        ("HassMediaPlayerMute", "media_player.tv", json!({}), "is_volume_muted", json!(true)),
        ("HassMediaNext", "media_player.tv", json!({}), "media_track", json!(2)),
        ("HassTurnOff", "media_player.tv", json!({}), "state", json!("off")),
        ("HassTurnOn", "scene.movie_night", json!({}), "activations", json!(1)),
    ];
    for (intent, target, slots, attribute, wanted) in cases {
        let command = command(intent, target, slots);
        let actions = home.actions(&command).unwrap_or_else(|r| panic!("{intent} {target}: {r:?}"));
        let expectations = home.expects(&command);
        assert_eq!(actions.len(), 1, "{intent} {target}: {actions:?}");
        for action in actions {
            let Action::Publish { topic, payload } = action else { panic!("{action:?}") };
            let answers = simulated.handle(&topic, &payload);
            assert!(!answers.is_empty(), "{topic} {payload} is not answered");
            for answer in answers {
                home.ingest(&answer.topic, answer.payload.as_bytes(), false, 1);
            }
        }
        let view = home.view();
        let state = &view.entity(target).unwrap().state;
        let got = match attribute {
            "state" => json!(state.value),
            name => state.attributes.get(name).cloned().unwrap_or(Value::Null),
        };
        assert_eq!(got, wanted, "{intent} {target}");
        for expectation in expectations {
            assert!(expectation.met_by(state), "{intent} {target}: {expectation:?} not in {state:?}");
        }
    }
}

#[test]
fn an_expectation_is_not_met_by_the_old_state() {
    let simulated = SimulatedHome::load(&shipped("demo.toml")).unwrap();
    let mut home = simulated.home();
    let on = home.expects(&command("HassTurnOn", "light.kitchen_ceiling", json!({})));
    assert_eq!(on.len(), 1);
    assert_eq!(on[0].seen, Seen::State(vec!["on".into()]));
    let view = home.view();
    assert!(!on[0].met_by(&view.entity("light.kitchen_ceiling").unwrap().state));
    let warmer =
        home.expects(&command("HassClimateSetTemperature", "climate.thermostat", json!({"temperature": 24})));
    assert!(!warmer[0].met_by(&view.entity("climate.thermostat").unwrap().state));
}

#[test]
fn a_cover_says_that_it_moves_before_it_has_arrived() {
    let mut simulated = SimulatedHome::load(&shipped("demo.toml")).unwrap();
    let answers = simulated.handle("sotto-home/cover/garage_door/set", "OPEN");
    let words: Vec<(bool, u64)> =
        answers.iter().map(|m| (m.payload.contains("opening"), m.after_ms)).collect();
    assert!(matches!(words[..], [(true, 0), (false, later)] if later > 0), "{answers:?}");
    assert!(simulated.handle("sotto-home/cover/nowhere/set", "OPEN").is_empty());
    assert!(simulated.handle("sotto-home/cover/garage_door/set", "JUMP").is_empty());
    assert!(simulated.set("binary_sensor.kitchen_window", "on").is_some());
    assert!(simulated.set("binary_sensor.nowhere", "on").is_none());
}

#[test]
fn lists_of_a_simulated_home_take_items() {
    let mut simulated = SimulatedHome::load(&shipped("phrases.toml")).unwrap();
    let mut home = simulated.home();
    let add = command("HassShoppingListAddItem", "todo.shopping_list", json!({"item": "apples"}));
    let actions = home.actions(&add).unwrap();
    let [Action::Publish { topic, payload }] = &actions[..] else { panic!("{actions:?}") };
    for answer in simulated.handle(topic, payload) {
        home.ingest(&answer.topic, answer.payload.as_bytes(), false, 1);
    }
    let view = home.view();
    let list = &view.entity("todo.shopping_list").unwrap().state;
    assert_eq!(list.value.as_deref(), Some("1"));
    assert_eq!(list.attributes["items"][0]["summary"], "apples");
}

#[test]
fn the_dangerous_is_asked_first() {
    let view = SimulatedHome::load(&shipped("demo.toml")).unwrap().home().view();
    let asks = |intent: &str, target: &str, slots: Value| {
        needs_confirmation(&view, &[command(intent, target, slots)]).map(|reason| reason.to_string())
    };
    assert_eq!(asks("HassTurnOff", "lock.front_door", json!({})).as_deref(), Some("unlock Front Door"));
    assert_eq!(asks("HassTurnOn", "lock.front_door", json!({})), None);
    assert_eq!(asks("HassToggle", "lock.front_door", json!({})).as_deref(), Some("unlock Front Door"));
    assert_eq!(asks("HassTurnOn", "cover.garage_door", json!({})).as_deref(), Some("open Garage Door"));
    assert_eq!(asks("HassTurnOff", "cover.garage_door", json!({})), None);
    assert!(asks("HassSetPosition", "cover.garage_door", json!({"position": 50})).is_some());
    assert_eq!(asks("HassSetPosition", "cover.garage_door", json!({"position": 0})), None);
    assert_eq!(asks("HassTurnOn", "cover.living_room_blinds", json!({})), None);
    assert_eq!(asks("HassGetState", "lock.front_door", json!({})), None);
    let two_rooms = "light.kitchen_ceiling switch.coffee_machine light.bathroom";
    assert!(asks("HassTurnOff", two_rooms, json!({})).is_some());
    assert_eq!(asks("HassTurnOff", two_rooms, json!({"domain": "light"})), None);
    assert_eq!(asks("HassTurnOff", "light.kitchen_ceiling switch.coffee_machine", json!({})), None);

    let trusting = SafetyConfig { trust: vec!["lock.*".into()], ..SafetyConfig::default() };
    let unlock = [command("HassTurnOff", "lock.front_door", json!({}))];
    assert_eq!(trusting.needs_confirmation(&view, &unlock), None);
    let garage = [command("HassTurnOn", "cover.garage_door", json!({}))];
    assert!(trusting.needs_confirmation(&view, &garage).is_some());
    let trusting =
        SafetyConfig { trust_classes: vec![sotto::home::safety::Class::Garage], ..SafetyConfig::default() };
    assert_eq!(trusting.needs_confirmation(&view, &garage), None);
}
