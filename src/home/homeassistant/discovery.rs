//! From an announcement's topic and payload to the entities in it.

use super::abbreviations::{expand, resolve_base};
use super::availability::Availability;
use super::component::Settings;
use super::components::make;
use super::traces::traces;
use crate::home::dialect::{Announced, Announcement};
use crate::home::entity::Entity;
use crate::home::slug::{slug, strip_device, title};
use serde_json::{Map, Value};
use std::hash::{DefaultHasher, Hash, Hasher};

/// What a discovery topic says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place<'a> {
    /// `light`, …, or `device`.
    pub(super) component: &'a str,
    pub(super) object_id: &'a str,
}

/// Takes a discovery topic apart: `component/[node/]object/config`, without the prefix.
pub(super) fn place(topic: &str) -> Option<Place<'_>> {
    let levels: Vec<&str> = topic.split('/').collect();
    let (component, object_id) = match levels.as_slice() {
        [component, object, "config"] => (*component, *object),
        [component, _node, object, "config"] => (*component, *object),
        _ => return None,
    };
    (!component.is_empty() && !object_id.is_empty()).then_some(Place { component, object_id })
}

/// The options of a device's root that its components inherit unless they say otherwise.
const INHERITED: &[&str] = &[
    "availability",
    "availability_mode",
    "availability_template",
    "availability_topic",
    "command_topic",
    "encoding",
    "payload_available",
    "payload_not_available",
    "qos",
    "state_topic",
];

/// The options of availability: a component that has one of its own inherits none of them.
const AVAILABILITY: &[&str] = &["availability", "availability_topic"];

/// Reads the announcement of one component.
pub(super) fn single(
    topic: &str,
    place: Place<'_>,
    map: Map<String, Value>,
) -> Result<Vec<Announced>, String> {
    let mut map = expand(map);
    resolve_base(&mut map);
    let one = component(topic, "", place.component, place.object_id, map)?;
    Ok(one.into_iter().collect())
}

/// Reads the announcement of a device with all its components.
pub(super) fn device(
    topic: &str,
    place: Place<'_>,
    map: Map<String, Value>,
) -> Result<Vec<Announced>, String> {
    let mut root = expand(map);
    resolve_base(&mut root);
    let Some(Value::Object(components)) = root.shift_remove("components") else {
        return Err("a device's announcement needs `components`".into());
    };
    if !root.get("device").is_some_and(Value::is_object) {
        return Err("a device's announcement needs `device`".into());
    }
    let mut all = Vec::new();
    for (key, value) in components {
        let Value::Object(map) = value else {
            all.push(Announced::Rejected(format!("the component `{key}` is no object")));
            continue;
        };
        let mut map = expand(map);
        resolve_base(&mut map);
        let Some(Value::String(platform)) = map.get("platform").cloned() else {
            all.push(Announced::Rejected(format!("the component `{key}` has no `platform`")));
            continue;
        };
        // Nothing but the platform takes the component away.
        if map.len() == 1 {
            all.push(Announced::Gone { source: topic.to_owned(), component: Some(key) });
            continue;
        }
        let own_availability = AVAILABILITY.iter().any(|k| map.contains_key(*k));
        for inherited in INHERITED {
            let about_availability =
                inherited.starts_with("availability") || inherited.starts_with("payload_");
            if map.contains_key(*inherited) || (own_availability && about_availability) {
                continue;
            }
            if let Some(value) = root.get(*inherited) {
                map.insert((*inherited).to_owned(), value.clone());
            }
        }
        if let Some(device) = root.get("device") {
            map.insert("device".into(), device.clone());
        }
        let object_id = format!("{} {key}", place.object_id);
        match component(topic, &key, &platform, &object_id, map) {
            Ok(one) => all.extend(one),
            Err(reason) => all.push(Announced::Rejected(format!("the component `{key}`: {reason}"))),
        }
    }
    Ok(all)
}

fn component(
    topic: &str,
    key: &str,
    platform: &str,
    object_id: &str,
    map: Map<String, Value>,
) -> Result<Option<Announced>, String> {
    let Some(make) = make(platform)? else { return Ok(None) };
    let mut hasher = DefaultHasher::new();
    platform.hash(&mut hasher);
    serde_json::to_string(&map).unwrap_or_default().hash(&mut hasher);
    let print = hasher.finish();

    let twins = traces(platform, &map);
    let mut settings = Settings::new(map);
    let mut entity = described(&mut settings, platform, object_id);
    let unique = settings.optional("unique_id").filter(|u| !u.is_empty()).map(|u| format!("{platform} {u}"));
    let component = make(&mut settings, &mut entity)?;
    let availability = Availability::new(&mut settings);
    let category = settings.optional("entity_category");
    // What configures a device is no part of the room; what a device tells of itself may be asked for.
    let hidden = !settings.flag("enabled_by_default", true)
        || category.is_some_and(|c| c == "config" || !matches!(platform, "sensor" | "binary_sensor"));
    if let Some(reason) = settings.refused() {
        return Err(reason);
    }
    let unreadable = std::mem::take(&mut settings.unreadable);
    let driver = Box::new(settings.driver(component, availability));
    Ok(Some(Announced::Thing(Box::new(Announcement {
        source: topic.to_owned(),
        component: key.to_owned(),
        unique,
        print,
        entity,
        driver,
        hidden,
        unreadable,
        twins,
        native: false,
    }))))
}

/// Name, id, device, area and class, as Home Assistant would give them.
fn described(settings: &mut Settings, platform: &str, object_id: &str) -> Entity {
    let device = settings.raw("device").and_then(Value::as_object).cloned().unwrap_or_default();
    let mut device = Settings::new(device);
    let device_name = device.optional("name").map(|n| n.trim().to_owned()).filter(|n| !n.is_empty());
    let area = device.optional("suggested_area").map(|a| a.trim().to_owned()).filter(|a| !a.is_empty());
    let device_class = settings.optional("device_class").filter(|c| !c.is_empty());
    let said = settings.optional("name").map(|n| n.trim().to_owned()).filter(|n| !n.is_empty());
    let named_null = matches!(settings.raw("name"), Some(Value::Null));
    // Without a name of its own a reading is called after its class, anything else after its device.
    let own = said.or_else(|| {
        let reading = matches!(platform, "sensor" | "binary_sensor" | "number");
        device_class.as_ref().filter(|_| reading && !named_null).map(|c| title(c))
    });
    let name = match (device_name.as_deref(), own.as_deref()) {
        (Some(device), Some(own)) => match strip_device(own, device) {
            Some("") => device.to_owned(),
            Some(_) => own.to_owned(),
            None => format!("{device} {own}"),
        },
        (Some(only), None) | (None, Some(only)) => only.to_owned(),
        (None, None) => title(object_id),
    };

    let wanted = settings
        .optional("default_entity_id")
        .map(|id| id.split_once('.').map_or(id.clone(), |(_, object)| object.to_owned()))
        .or_else(|| settings.optional("object_id"))
        .map(|id| slug(&id))
        .filter(|id| !id.is_empty());
    let object = wanted
        .or_else(|| Some(slug(&name)).filter(|id| !id.is_empty()))
        .or_else(|| settings.optional("unique_id").map(|id| slug(&id)).filter(|id| !id.is_empty()))
        .unwrap_or_else(|| slug(object_id));
    let mut entity = Entity::new(format!("{platform}.{object}"), name);
    entity.device = device_name;
    entity.area = area;
    entity.device_class = device_class;
    entity
}
