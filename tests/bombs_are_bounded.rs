//! What a stranger on the broker can make us keep is bounded in every dialect, and a large home is small.
//!
//! One test alone in its process, since it measures the process's memory.

use serde_json::json;
use sotto::home::{Change, Home, HomeConfig};
use std::time::Instant;

/// A line of `/proc/self/status` in MB; `None` where the system has none.
fn status_mb(name: &str) -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(name))?;
    Some(line.split_whitespace().nth(1)?.parse::<f64>().ok()? / 1024.0)
}

fn hear(home: &mut Home, topic: &str, payload: &str) -> Vec<Change> {
    home.ingest(topic, payload.as_bytes(), true, 0)
}

fn plug(number: usize) -> serde_json::Value {
    json!({"ieee_address": format!("0x{number:016x}"), "type": "Router", "friendly_name": format!("Plug {number}"),
        "supported": true, "disabled": false, "interview_completed": true, "scenes": [], "definition": {"model": "P",
        "vendor": "V", "description": "Plug", "options": [], "exposes": [
            {"type": "switch", "features": [{"type": "binary", "name": "state", "label": "State", "property": "state",
                "access": 7, "value_on": "ON", "value_off": "OFF", "value_toggle": "TOGGLE"}]},
            {"type": "numeric", "name": "power", "label": "Power", "property": "power", "access": 1, "unit": "W"}]}})
}

fn tasmota(mac: usize, name: &str) -> String {
    json!({"ip": "192.0.2.1", "dn": name, "fn": [name, null], "hn": "h", "mac": format!("{mac:012X}"), "t": format!("t{mac}"),
        "ft": "%prefix%/%topic%/", "tp": ["cmnd", "stat", "tele"], "state": ["OFF", "ON"], "rl": [1, 1, 1, 1], "so": {}, "ver": 1})
        .to_string()
}

/// Everything that somebody might throw at us; the home is used to nothing else.
fn throw(home: &mut Home, count: usize) {
    let name = "n".repeat(1 << 20);
    let deep = format!("{}1{}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
    let zeros = format!("[{}0]", "0,".repeat(2_000_000));
    for i in 0..count {
        let config = json!({"name": format!("N{i}"), "cmd_t": format!("c/{i}"), "stat_t": format!("s/{i}")})
            .to_string();
        hear(home, &format!("homeassistant/switch/n{i}/config"), &config);
        hear(home, &format!("tasmota/discovery/{i:012X}/config"), &tasmota(i, "T"));
        hear(
            home,
            &format!("tasmota/discovery/{i:012X}/sensors"),
            &format!("{{\"sn\":{{\"A\":\"{}\"}}}}", "x".repeat(200)),
        );
        hear(home, &format!("shelly-{i}/online"), "true");
        hear(home, &format!("junk/{i}"), &"j".repeat(300));
    }
    let devices: Vec<_> = (0..9_000).map(plug).collect();
    for topic in [
        "homeassistant/light/x/config",
        "homeassistant/device/x/config",
        "zigbee2mqtt/bridge/devices",
        "zigbee2mqtt/bridge/groups",
        "tasmota/discovery/X/config",
        "tasmota/discovery/X/sensors",
        "shelly-1/events/rpc",
        "sotto/rpc",
    ] {
        hear(home, topic, &json!([plug(1), {"friendly_name": name, "ieee_address": name, "definition": {"exposes": [{"type": name}]}}]).to_string());
        hear(home, topic, &json!({"mac": "X", "t": "x", "dn": name, "name": name, "cmd_t": name, "fn": [name], "sn": {"A": {name.as_str(): 1}}}).to_string());
        for bomb in [&deep, &zeros] {
            hear(home, topic, bomb);
            hear(home, topic, &format!("[{bomb}]"));
            hear(home, topic, &format!("{{\"a\":{bomb}}}"));
        }
        hear(home, topic, &"[".repeat(4 << 20));
    }
    for round in 0..3 {
        hear(
            home,
            "zigbee2mqtt/bridge/devices",
            &json!(devices[round * 1_000..round * 1_000 + 6_000]).to_string(),
        );
    }
}

#[test]
fn memory_stays_bounded_and_a_large_home_is_small() {
    let Some(empty) = status_mb("VmRSS") else {
        eprintln!("skipped: no /proc/self/status here");
        return;
    };
    let list: Vec<String> = (0..2_500).map(|i| plug(i).to_string()).collect();
    let list = format!("[{}]", list.join(","));
    let with_list = status_mb("VmRSS").unwrap();
    let begun = Instant::now();
    let mut home = Home::new(HomeConfig::default());
    hear(&mut home, "zigbee2mqtt/bridge/devices", &list);
    for i in 0..2_500 {
        hear(&mut home, &format!("zigbee2mqtt/Plug {i}"), r#"{"state":"ON","power":12.5,"linkquality":100}"#);
    }
    let view = home.view();
    let learnt = begun.elapsed();
    let large = status_mb("VmRSS").unwrap() - with_list;
    let begun = Instant::now();
    let known = home.view().entities.iter().filter(|e| e.state.value.is_some()).count();
    let listed = begun.elapsed();
    println!(
        "5,000 entities: learnt with their states in {learnt:?}, {large:.1} MB above the {empty:.1} MB before; listed in {listed:?}"
    );
    assert_eq!((view.entities.len(), known), (5_000, 5_000));
    assert!(large <= 60.0, "{large} MB");
    assert!(learnt.as_secs_f64() < 8.0, "{learnt:?}");
    drop((view, home, list));

    let mut home = Home::new(HomeConfig::default());
    throw(&mut home, 100_000);
    let (after, peak) = (status_mb("VmRSS").unwrap(), status_mb("VmHWM").unwrap());
    println!("after the bombs: {} entities, {after:.1} MB, at most {peak:.1} MB", home.len());
    assert!(home.len() <= 20_000);
    assert!(peak - empty < 400.0, "{peak} MB");
    // It goes on as before.
    hear(&mut home, "s/0", "ON");
    assert_eq!(home.view().entity("switch.n0").and_then(|e| e.state.value.clone()).as_deref(), Some("on"));
    // A second time nothing is added to it.
    throw(&mut home, 20_000);
    let again = status_mb("VmRSS").unwrap();
    println!("after the same once more: {again:.1} MB");
    assert!(again - after < 100.0, "{after} MB, then {again} MB");
}
