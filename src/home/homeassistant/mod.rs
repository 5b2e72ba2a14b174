//! Home Assistant's MQTT discovery.
//!
//! In come announcements on `<prefix>/…/config`; out go entities with drivers that read their states
//! and write their commands.

use crate::home::config::HomeConfig;
use crate::home::dialect::{Announced, Dialect};
use crate::home::payload::Payload;

/// Home Assistant's MQTT discovery.
#[derive(Debug)]
pub struct HomeAssistant {
    prefixes: Vec<String>,
}

impl HomeAssistant {
    /// The dialect with the prefixes of a home.
    pub fn new(config: &HomeConfig) -> Self {
        Self { prefixes: config.discovery_prefixes.clone() }
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
        topic.ends_with("/config") && self.prefixes.iter().any(|p| topic.starts_with(p.as_str()))
    }

    fn announced(&mut self, _topic: &str, _payload: &Payload<'_>) -> Result<Vec<Announced>, String> {
        Ok(Vec::new())
    }
}
