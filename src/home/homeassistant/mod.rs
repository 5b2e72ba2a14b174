//! Home Assistant's MQTT discovery.
//!
//! In come announcements on `<prefix>/…/config`; out go entities with drivers that read their states
//! and write their commands. What must never happen here: that one broken announcement costs another
//! thing its place, or that a template of a stranger runs without a limit.
//!
//! Source: Home Assistant's documentation of the MQTT integration.

mod abbreviations;
mod alarm;
mod availability;
mod climate;
mod component;
mod components;
mod cover;
mod discovery;
mod fan;
mod humidifier;
mod light;
mod light_default;
mod light_json;
mod light_template;
mod lock;
mod plain;
mod sensor;
mod switch;
mod template;
mod traces;
mod vacuum;
mod value;
mod valve;

use super::config::HomeConfig;
use super::dialect::{Announced, Dialect};
use super::json;
use super::payload::Payload;
use serde_json::Value;

/// Home Assistant's MQTT discovery.
#[derive(Debug)]
pub struct HomeAssistant {
    prefixes: Vec<String>,
}

impl HomeAssistant {
    /// The dialect with the prefixes of a home.
    pub fn new(config: &HomeConfig) -> Self {
        let prefixes = config.discovery_prefixes.iter();
        Self { prefixes: prefixes.map(|p| p.trim_matches('/').to_owned()).collect() }
    }

    /// The topic without the prefix, if it is one of discovery.
    fn inside<'t>(&self, topic: &'t str) -> Option<&'t str> {
        let rest = |p: &String| topic.strip_prefix(p.as_str())?.strip_prefix('/');
        self.prefixes.iter().find_map(rest).filter(|rest| rest.ends_with("/config"))
    }
}

impl Dialect for HomeAssistant {
    fn name(&self) -> &'static str {
        "Home Assistant discovery"
    }

    fn subscriptions(&self) -> Vec<String> {
        self.prefixes.iter().flat_map(|p| [format!("{p}/+/+/config"), format!("{p}/+/+/+/config")]).collect()
    }

    fn claims(&self, topic: &str) -> bool {
        self.inside(topic).and_then(discovery::place).is_some()
    }

    fn announced(&mut self, topic: &str, payload: &Payload<'_>) -> Result<Vec<Announced>, String> {
        let Some(place) = self.inside(topic).and_then(discovery::place) else { return Ok(Vec::new()) };
        if payload.text().trim().is_empty() {
            return Ok(vec![Announced::Gone { source: topic.to_owned(), component: None }]);
        }
        let map = match json::read(payload.text()) {
            Ok(Value::Object(map)) => map,
            Ok(_) => return Err("the announcement is JSON, but no object".into()),
            Err(e) => return Err(format!("the announcement is no JSON: {e}")),
        };
        // The announcement is about to move to a device's topic, and what it announced stays.
        if ["migrate_discovery", "migr_discvry"].iter().any(|k| map.get(*k) == Some(&Value::Bool(true))) {
            return Ok(Vec::new());
        }
        if place.component == "device" {
            discovery::device(topic, place, map)
        } else {
            discovery::single(topic, place, map)
        }
    }
}
