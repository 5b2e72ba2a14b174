//! Zigbee2MQTT.
//!
//! In come the lists of devices and groups on `<base>/bridge/devices` and `<base>/bridge/groups`; out go
//! entities with drivers that read `<base>/<name>` and write `<base>/<name>/set`. What must never happen
//! here: that one strange device costs the others their place.
//!
//! Not served: values that are lists or composites (except a light's colour), the options of devices,
//! Zigbee2MQTT's `attribute` output.
//!
//! Source: Zigbee2MQTT's documentation (MQTT topics and messages, exposes, device availability, scenes).

mod climate;
mod cover;
mod device;
mod driver;
mod entities;
mod exposes;
mod fan;
mod group;
mod light;
mod plain;

use super::config::HomeConfig;
use super::dialect::{Announced, Announcement, Dialect};
use super::json;
use super::payload::Payload;
use device::Device;
use group::{Group, Members};
use std::collections::BTreeSet;

/// The most devices and groups of one network that are read.
const MOST_DEVICES: usize = 4096;

/// Zigbee2MQTT, under one or more base topics.
#[derive(Debug)]
pub struct Zigbee2Mqtt {
    networks: Vec<Network>,
    max_entities: usize,
}

/// One Zigbee network.
#[derive(Debug)]
struct Network {
    base: String,
    /// What the devices can do, for the groups that they are in.
    members: Members,
    groups: Vec<Group>,
}

impl Zigbee2Mqtt {
    /// The dialect with the base topics of a home.
    pub fn new(config: &HomeConfig) -> Self {
        let bases = config.zigbee2mqtt_topics.iter().map(|b| b.trim_matches('/').to_owned());
        let network = |base| Network { base, members: Members::default(), groups: Vec::new() };
        Self {
            networks: bases.filter(|b| !b.is_empty()).map(network).collect(),
            max_entities: config.max_entities,
        }
    }

    fn find<'t>(&self, topic: &'t str) -> Option<(usize, &'t str)> {
        let inside =
            |n: &Network| topic.strip_prefix(n.base.as_str()).and_then(|rest| rest.strip_prefix("/bridge/"));
        let found = |(index, n)| Some((index, inside(n)?));
        self.networks
            .iter()
            .enumerate()
            .find_map(found)
            .filter(|(_, rest)| matches!(*rest, "devices" | "groups"))
    }
}

impl Dialect for Zigbee2Mqtt {
    fn name(&self) -> &'static str {
        "Zigbee2MQTT"
    }

    fn subscriptions(&self) -> Vec<String> {
        let topics =
            |n: &Network| [format!("{}/bridge/devices", n.base), format!("{}/bridge/groups", n.base)];
        self.networks.iter().flat_map(topics).collect()
    }

    fn claims(&self, topic: &str) -> bool {
        self.find(topic).is_some()
    }

    fn announced(&mut self, topic: &str, payload: &Payload<'_>) -> Result<Vec<Announced>, String> {
        let Some((index, list)) = self.find(topic) else { return Ok(Vec::new()) };
        let most = self.max_entities.saturating_add(1);
        let Some(network) = self.networks.get_mut(index) else { return Ok(Vec::new()) };
        if payload.text().trim().is_empty() {
            return Ok(vec![Announced::Gone { source: topic.to_owned(), component: None }]);
        }
        let mut all = Vec::new();
        if list == "devices" {
            network.devices(topic, payload.text(), most, &mut all)?;
        } else {
            network.take_groups(payload.text(), &mut all)?;
        }
        // What a group can do is what its members can.
        let groups = format!("{}/bridge/groups", network.base);
        let things =
            network.groups.iter().flat_map(|g| group::things(g, &network.base, &groups, &network.members));
        let things: Vec<Announcement> = things.take(most).collect();
        whole(&groups, things, &mut all);
        Ok(all)
    }
}

/// Says that these things, and no others, are announced at a source.
fn whole(source: &str, things: Vec<Announcement>, all: &mut Vec<Announced>) {
    let components: BTreeSet<String> = things.iter().map(|t| t.component.clone()).collect();
    all.push(Announced::Whole { source: source.to_owned(), components });
    all.extend(things.into_iter().map(|thing| Announced::Thing(Box::new(thing))));
}

impl Network {
    fn devices(
        &mut self,
        topic: &str,
        text: &str,
        most: usize,
        all: &mut Vec<Announced>,
    ) -> Result<(), String> {
        let mut things = Vec::new();
        let mut rejected = Vec::new();
        let mut members = Members::default();
        let mut count = 0_usize;
        json::each(text, &mut |element| {
            count += 1;
            if count > MOST_DEVICES || things.len() >= most {
                return;
            }
            match Device::read(&element) {
                Ok(Some(device)) => {
                    members.note(&device);
                    things.extend(entities::things(&device, &self.base, topic));
                }
                Ok(None) => {}
                Err(reason) => rejected.push(reason),
            }
        })
        .map_err(|e| format!("the list of devices cannot be read: {e}"))?;
        if count > MOST_DEVICES {
            rejected.push(format!("{count} devices are too many; the first {MOST_DEVICES} are read"));
        }
        self.members = members;
        whole(topic, things, all);
        all.extend(rejected.into_iter().take(16).map(Announced::Rejected));
        Ok(())
    }

    fn take_groups(&mut self, text: &str, all: &mut Vec<Announced>) -> Result<(), String> {
        let mut groups = Vec::new();
        let mut rejected = Vec::new();
        json::each(text, &mut |element| match Group::read(&element) {
            _ if groups.len() >= MOST_DEVICES => {}
            Ok(group) => groups.push(group),
            Err(reason) => rejected.push(reason),
        })
        .map_err(|e| format!("the list of groups cannot be read: {e}"))?;
        self.groups = groups;
        all.extend(rejected.into_iter().take(16).map(Announced::Rejected));
        Ok(())
    }
}
