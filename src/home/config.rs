//! What a person says about their home.

use super::safety::SafetyConfig;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a person adds to what the broker tells.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct HomeConfig {
    /// Prefixes of Home Assistant discovery topics; one or more levels, no wildcards.
    pub discovery_prefixes: Vec<String>,
    /// Base topics of Zigbee2MQTT; one or more levels, no wildcards. Empty: it is not listened to.
    pub zigbee2mqtt_topics: Vec<String>,
    /// Topics under which Tasmota devices announce themselves, without wildcards. Empty: they are not listened to.
    pub tasmota_topics: Vec<String>,
    /// Topic prefixes of Shelly devices; `+` stands for any prefix of one level. Empty: they are not listened to.
    pub shelly_topics: Vec<String>,
    /// What is said about single entities, by entity id.
    pub entities: BTreeMap<String, EntityConfig>,
    /// What is said about areas, by the area's name.
    pub areas: BTreeMap<String, AreaConfig>,
    /// What is said about floors, by the floor's name.
    pub floors: BTreeMap<String, FloorConfig>,
    /// Whether a thing that names no area is in the area whose name begins its own.
    pub areas_from_names: bool,
    /// Entities that may be commanded: an entity id, or `domain.*`. Empty: all of them.
    pub allow: Vec<String>,
    /// Entities that may never be commanded: an entity id, or `domain.*`. Wins over `allow`.
    pub deny: Vec<String>,
    /// What is asked before it is done.
    pub safety: SafetyConfig,
    /// The most entities that are learnt, 1 to 1,000,000; further announcements are rejected.
    pub max_entities: usize,
    /// The largest MQTT payload that is read, in bytes, 1,024 to 67,108,864; larger ones are rejected.
    pub max_payload_bytes: usize,
}

impl Default for HomeConfig {
    fn default() -> Self {
        Self {
            discovery_prefixes: vec!["homeassistant".into()],
            zigbee2mqtt_topics: vec!["zigbee2mqtt".into()],
            tasmota_topics: vec!["tasmota/discovery".into()],
            shelly_topics: vec!["+".into()],
            entities: BTreeMap::new(),
            areas: BTreeMap::new(),
            floors: BTreeMap::new(),
            areas_from_names: true,
            allow: Vec::new(),
            deny: Vec::new(),
            safety: SafetyConfig::default(),
            max_entities: 20_000,
            max_payload_bytes: 4 << 20,
        }
    }
}

impl HomeConfig {
    /// Whether the lists let an entity be commanded.
    pub fn allows(&self, entity_id: &str) -> bool {
        let listed = |list: &[String]| list.iter().any(|pattern| covers(pattern, entity_id));
        !listed(&self.deny) && (self.allow.is_empty() || listed(&self.allow))
    }
}

/// Whether a pattern (`light.kitchen`, `light.*`, `*`) covers an entity id.
pub(super) fn covers(pattern: &str, entity_id: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => entity_id.starts_with(start),
        None => pattern == entity_id,
    }
}

/// What a person says about an entity.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct EntityConfig {
    /// What people call it, if not by the name that it was announced with.
    pub name: Option<String>,
    /// What else people call it.
    pub aliases: Vec<String>,
    /// Name of the area it is in; wins over what the device suggests.
    pub area: Option<String>,
}

/// What a person says about an area.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct AreaConfig {
    /// What else people call it.
    pub aliases: Vec<String>,
    /// Name of the floor it is on.
    pub floor: Option<String>,
}

/// What a person says about a floor.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct FloorConfig {
    /// What else people call it.
    pub aliases: Vec<String>,
}
