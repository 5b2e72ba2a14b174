//! Groups: what they can do is what their members can.

use super::cover::{Cover, Lock};
use super::device::{Device, Scene, name, scenes};
use super::driver::{Part, ZigbeeDriver};
use super::entities::{scene_things, spoken};
use super::exposes::Expose;
use super::light::Light;
use super::plain::OnOff;
use crate::home::classes::of_cover;
use crate::home::dialect::Announcement;
use crate::home::entity::Entity;
use crate::home::slug::slug;
use serde_json::Value;
use std::collections::HashMap;

/// The most members of a group that are looked at.
const MOST_MEMBERS: usize = 256;

/// One entry of the list of groups.
#[derive(Debug)]
pub(super) struct Group {
    id: u64,
    name: String,
    /// The addresses of its members.
    members: Vec<String>,
    scenes: Vec<Scene>,
}

impl Group {
    /// Reads a group.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn read(value: &Value) -> Result<Self, String> {
        let name = name(value)?;
        let id =
            value.get("id").and_then(Value::as_u64).ok_or_else(|| format!("the group `{name}` has no id"))?;
        let members = value.get("members").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let address = |m: &Value| super::exposes::text(m, "ieee_address");
        let members = members.iter().take(MOST_MEMBERS).filter_map(address).collect();
        Ok(Self { id, members, scenes: scenes(value), name })
    }
}

/// What a member is to a group.
#[derive(Debug, Clone)]
enum Ability {
    Light(Light),
    Switch(OnOff),
    Cover(Cover),
    Lock(Lock),
}

/// What the devices can do in a group, by address.
#[derive(Debug, Default)]
pub(super) struct Members(HashMap<String, Ability>);

impl Members {
    /// Notes what a device can do.
    pub(super) fn note(&mut self, device: &Device) {
        let ability = |e: &Expose| match e.kind.as_str() {
            "light" => Light::read(e, None).map(Ability::Light),
            "switch" => e.can_set("state").map(|s| Ability::Switch(OnOff::read(s))),
            "cover" => Cover::read(e).map(Ability::Cover),
            "lock" => Lock::read(e).map(Ability::Lock),
            _ => None,
        };
        let plain = device.exposes.iter().filter(|e| e.endpoint.is_none());
        if let Some(ability) = plain.filter_map(ability).next() {
            self.0.insert(device.address.clone(), ability);
        }
    }
}

/// The entities of a group.
pub(super) fn things(group: &Group, base: &str, source: &str, members: &Members) -> Vec<Announcement> {
    let mut abilities = group.members.iter().filter_map(|m| members.0.get(m));
    let mut things = Vec::new();
    if let Some(first) = abilities.next().cloned() {
        let joined = abilities.try_fold(first, |all, one| match (all, one) {
            (Ability::Light(a), Ability::Light(b)) => Some(Ability::Light(a.join(b))),
            (Ability::Light(_) | Ability::Switch(_), Ability::Switch(s)) => Some(Ability::Switch(s.clone())),
            (all @ Ability::Switch(_), Ability::Light(_)) => Some(all),
            (all @ Ability::Cover(_), Ability::Cover(_)) | (all @ Ability::Lock(_), Ability::Lock(_)) => {
                Some(all)
            }
            _ => None,
        });
        things.extend(joined.map(|ability| thing(group, base, source, ability)));
    }
    let key = format!("group {}", group.id);
    things.extend(scene_things(&key, &group.name, &group.scenes, base, source));
    things
}

fn thing(group: &Group, base: &str, source: &str, ability: Ability) -> Announcement {
    let name = spoken(&group.name);
    let entity = |domain: &str| {
        let object =
            Some(slug(&name)).filter(|s| !s.is_empty()).unwrap_or_else(|| format!("group_{}", group.id));
        Entity::new(format!("{domain}.{object}"), name.clone())
    };
    let set = format!("{base}/{}/set", group.name);
    match ability {
        Ability::Light(light) => {
            let mut entity = entity("light");
            light.declare(&mut entity);
            announce(group, base, source, entity, light, format!("light!{set}"))
        }
        Ability::Switch(switch) => {
            let twin = format!("{base}/{}|state", group.name);
            announce(group, base, source, entity("switch"), switch, twin)
        }
        Ability::Cover(cover) => {
            let mut entity = entity("cover");
            cover.declare(&mut entity);
            entity.device_class = of_cover(&entity.name);
            announce(group, base, source, entity, cover, format!("cover!{set}"))
        }
        Ability::Lock(lock) => announce(group, base, source, entity("lock"), lock, format!("lock!{set}")),
    }
}

fn announce(
    group: &Group,
    base: &str,
    source: &str,
    entity: Entity,
    part: impl Part + 'static,
    twin: String,
) -> Announcement {
    let key = format!("group {}", group.id);
    let driver = ZigbeeDriver::new(base, &group.name, part, true);
    let unique = format!("zigbee2mqtt {base} {key}");
    Announcement { twins: vec![twin], ..Announcement::native(source, key, unique, entity, driver) }
}
