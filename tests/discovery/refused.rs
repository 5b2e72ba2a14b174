//! What is wrong, too much or random: refused, bounded, and nothing else is lost.

use crate::{announce, hear, home, rejected, state};
use proptest::prelude::*;
use serde_json::{Value, json};
use sotto::home::{Change, Home, HomeConfig};

#[test]
fn what_is_wrong_is_rejected_and_loses_nothing_else() {
    let mut home = home();
    announce(&mut home, "switch/good", json!({"name": "Good", "cmd_t": "c", "stat_t": "s"}));
    let before = home.view();
    let topic = "homeassistant/switch/bad/config";
    assert!(rejected(&hear(&mut home, topic, "{\"name\": ")).contains("JSON"));
    assert!(rejected(&hear(&mut home, topic, "[1]")).contains("object"));
    assert!(rejected(&hear(&mut home, topic, &"[".repeat(100_000))).contains("JSON"));
    let deep = format!("{}1{}", "{\"a\":".repeat(5000), "}".repeat(5000));
    assert!(rejected(&hear(&mut home, topic, &deep)).contains("JSON"));
    let huge = format!("{{\"name\":\"{}\",\"cmd_t\":\"c\"}}", "x".repeat(5 << 20));
    assert!(rejected(&hear(&mut home, topic, &huge)).contains("max_payload_bytes"));
    let long = json!({"name": "x".repeat(500_000), "cmd_t": "c"});
    assert!(rejected(&announce(&mut home, "switch/bad", long)).contains("`name`"));
    assert!(rejected(&announce(&mut home, "switch/bad", json!({"name": "X"}))).contains("command_topic"));
    assert!(
        rejected(&announce(&mut home, "switch/bad", json!({"name": "X", "cmd_t": "a/#"})))
            .contains("wildcard")
    );
    assert!(rejected(&announce(&mut home, "sensor/bad", json!({"name": "X"}))).contains("state_topic"));
    assert!(rejected(&announce(&mut home, "teapot/bad", json!({"name": "X"}))).contains("teapot"));
    assert!(
        rejected(&announce(&mut home, "device/bad", json!({"dev": {"ids": "1"}}))).contains("components")
    );
    assert!(
        rejected(&announce(&mut home, "select/bad", json!({"name": "X", "cmd_t": "a"}))).contains("options")
    );
    assert!(
        rejected(&announce(&mut home, "light/bad", json!({"schema": "x", "cmd_t": "a"}))).contains("schema")
    );
    assert!(rejected(&home.ingest(topic, &[0xff, 0xfe], false, 0)).contains("UTF-8"));
    assert_eq!(*before, *home.view());
    hear(&mut home, "s", "ON");
    assert_eq!(state(&mut home, "switch.good").as_deref(), Some("on"));
}

#[test]
fn a_flood_of_announcements_is_bounded() {
    let mut home = Home::new(HomeConfig { max_entities: 1_000, ..HomeConfig::default() });
    announce(&mut home, "switch/good", json!({"name": "Good", "cmd_t": "c", "stat_t": "s"}));
    let mut refused = 0;
    for i in 0..100_000 {
        let payload = format!("{{\"name\":\"N{i}\",\"cmd_t\":\"c{i}\",\"stat_t\":\"s{i}\"}}");
        let topic = format!("homeassistant/switch/n{i}/config");
        let changes = home.ingest(&topic, payload.as_bytes(), true, 0);
        refused += usize::from(matches!(changes[..], [Change::Rejected { .. }]));
        home.ingest(&format!("junk/{i}"), &[b'x'; 200], false, 0);
    }
    assert_eq!(home.len(), 1_000);
    assert_eq!(refused, 99_001);
    hear(&mut home, "s", "ON");
    assert_eq!(state(&mut home, "switch.good").as_deref(), Some("on"));
}

#[test]
fn five_thousand_entities_are_learnt_and_followed_quickly() {
    let mut home = home();
    let begun = std::time::Instant::now();
    for i in 0..5_000 {
        let config = json!({"name": format!("Lamp {i}"), "schema": "json", "cmd_t": format!("z/{i}/set"),
            "stat_t": format!("z/{i}"), "brightness": true, "bri_scl": 254, "sup_clrm": ["color_temp", "xy"],
            "uniq_id": format!("u{i}"), "avty": [{"t": "z/bridge", "val_tpl": "{{ value_json.state }}"}],
            "json_attr_t": format!("z/{i}"), "dev": {"ids": format!("d{i}"), "name": format!("Lamp {i}")}});
        announce(&mut home, &format!("light/l{i}"), config);
    }
    let learnt = begun.elapsed();
    assert_eq!(home.view().entities.len(), 5_000);
    let begun = std::time::Instant::now();
    let payload =
        r#"{"state":"ON","brightness":120,"color_mode":"color_temp","color_temp":300,"linkquality":90}"#;
    for i in 0..20_000 {
        home.ingest(&format!("z/{}", i % 5_000), payload.as_bytes(), false, i);
    }
    let followed = begun.elapsed();
    println!("5,000 entities learnt in {learnt:?}; 20,000 states in {followed:?}");
    assert!(learnt.as_secs_f64() < 2.0 * slack() && followed.as_secs_f64() < 2.0 * slack());
}

/// Other work on the machine must not fail a test about ourselves.
fn slack() -> f64 {
    4.0
}

/// Any JSON, not too large, with keys that mean something half of the time.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(|f| json!(f)),
        any::<i64>().prop_map(Value::from),
        "[ -~]{0,12}".prop_map(Value::from),
        "\\{\\{ ?value(_json(\\.a)?)? ?(\\| ?(int|float|round|lower|default\\(1\\)))? ?\\}\\}"
            .prop_map(Value::from),
        Just(json!("{% for i in range(99999) %}{{ i }}{% endfor %}")),
        "a/[a-d]".prop_map(Value::from),
    ];
    let key = prop_oneof![
        "[a-z_~]{1,6}",
        prop::sample::select(vec![
            "name",
            "cmd_t",
            "stat_t",
            "val_tpl",
            "schema",
            "bri_cmd_t",
            "bri_stat_t",
            "sup_clrm",
            "dev",
            "cmps",
            "p",
            "avty",
            "t",
            "min",
            "max",
            "ops",
            "pos_t",
            "set_pos_t",
            "pos_open",
            "pos_clsd",
            "pct_cmd_t",
            "pct_stat_t",
            "spd_rng_min",
            "spd_rng_max",
            "modes",
            "temp_cmd_t",
            "json_attr_t",
            "uniq_id",
            "obj_id",
            "~",
            "bri_scl",
            "pl_on",
            "exp_aft",
            "min_mirs",
            "rgb_cmd_t",
            "evt_typ",
            "sa",
            "ids",
        ])
        .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(3, 24, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..10)
                .prop_map(|all| Value::Object(all.into_iter().collect())),
        ]
    })
}

const COMPONENTS: &[&str] = &[
    "alarm_control_panel",
    "binary_sensor",
    "button",
    "climate",
    "cover",
    "device",
    "event",
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
    "update",
    "vacuum",
    "valve",
    "water_heater",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn no_announcement_and_no_state_is_too_strange(
        component in prop::sample::select(COMPONENTS),
        config in any_json(),
        states in prop::collection::vec(("a/[a-d]", any_json()), 0..6),
        bytes in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        let mut home = home();
        announce(&mut home, "switch/good", json!({"name": "Good", "cmd_t": "good/set", "stat_t": "good"}));
        let topic = format!("homeassistant/{component}/x/config");
        home.ingest(&topic, config.to_string().as_bytes(), true, 0);
        home.ingest(&topic, &bytes, true, 0);
        for (topic, state) in &states {
            home.ingest(topic, state.to_string().as_bytes(), false, 0);
            home.ingest(topic, &bytes, false, 0);
        }
        home.tick(u64::MAX);
        hear(&mut home, "good", "ON");
        prop_assert_eq!(state(&mut home, "switch.good"), Some("on".to_owned()));
        hear(&mut home, &topic, "");
        prop_assert_eq!(home.len(), 1);
    }

    #[test]
    fn the_order_of_messages_does_not_matter(order in Just((0..12usize).collect::<Vec<_>>()).prop_shuffle()) {
        let config = |i: usize| {
            json!({"name": format!("Lamp {i}"), "uniq_id": i.to_string(), "cmd_t": format!("l/{i}/set"),
                "stat_t": "l/all", "val_tpl": format!("{{{{ value_json.s{i} }}}}"), "avty_t": format!("l/{i}/lwt"),
                "dev": {"ids": i.to_string(), "sa": if i == 0 { Some("Lamp 3") } else { None }}}).to_string()
        };
        let mut messages: Vec<(String, String)> =
            (0..4).map(|i| (format!("homeassistant/light/l{i}/config"), config(i))).collect();
        messages.extend((0..4).map(|i| (format!("l/{i}/lwt"), if i % 2 == 0 { "online" } else { "offline" }.to_owned())));
        messages.push(("l/all".into(), r#"{"s0":"ON","s1":"OFF","s2":"ON","s3":"OFF"}"#.into()));
        messages.push(("homeassistant/switch/x/config".into(), json!({"name": "X", "cmd_t": "x", "stat_t": "l/0/lwt",
            "pl_on": "online", "pl_off": "offline"}).to_string()));
        messages.push(("unrelated".into(), "1".into()));
        messages.push(("homeassistant/bogus/x/config".into(), "{}".into()));
        let view = |order: &[usize]| {
            let mut home = home();
            for i in order {
                hear(&mut home, &messages[*i].0, &messages[*i].1);
            }
            home.view()
        };
        prop_assert_eq!(view(&order), view(&(0..12).collect::<Vec<_>>()));
    }
}
