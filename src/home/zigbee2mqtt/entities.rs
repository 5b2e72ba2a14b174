//! From a device to its entities.

use super::climate::Climate;
use super::cover::{Cover, Lock};
use super::device::{Device, Scene};
use super::driver::{Part, ZigbeeDriver};
use super::exposes::Expose;
use super::fan::Fan;
use super::light::Light;
use super::plain::{Kind, OnOff, Recall, Single};
use crate::home::classes::of_cover;
use crate::home::dialect::Announcement;
use crate::home::entity::Entity;
use crate::home::slug::{slug, strip_device, title};

/// Classes of values that are on or off, by their name.
const BINARY_CLASSES: &[(&str, &str)] = &[
    ("battery_low", "battery"),
    ("carbon_monoxide", "carbon_monoxide"),
    ("contact", "door"),
    ("gas", "gas"),
    ("moving", "moving"),
    ("noise_detected", "sound"),
    ("occupancy", "occupancy"),
    ("presence", "presence"),
    ("smoke", "smoke"),
    ("sos", "safety"),
    ("tamper", "tamper"),
    ("vibration", "vibration"),
    ("water_leak", "moisture"),
];

/// Classes of readings, by their name.
const READING_CLASSES: &[(&str, &str)] = &[
    ("battery", "battery"),
    ("co2", "carbon_dioxide"),
    ("current", "current"),
    ("device_temperature", "temperature"),
    ("energy", "energy"),
    ("humidity", "humidity"),
    ("illuminance", "illuminance"),
    ("illuminance_lux", "illuminance"),
    ("local_temperature", "temperature"),
    ("pm10", "pm10"),
    ("pm25", "pm25"),
    ("power", "power"),
    ("power_factor", "power_factor"),
    ("pressure", "atmospheric_pressure"),
    ("soil_moisture", "moisture"),
    ("temperature", "temperature"),
    ("voc", "volatile_organic_compounds"),
    ("voltage", "voltage"),
];

/// What is about the radio and nobody asks for.
const SKIPPED: &[&str] = &["linkquality", "last_seen", "effect", "update_available"];

/// A name as people say it: folders and underscores are gaps.
pub(super) fn spoken(name: &str) -> String {
    name.split(['/', '_', ' ']).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The entities of a device.
pub(super) fn things(device: &Device, base: &str, source: &str) -> Vec<Announcement> {
    let specific = device.exposes.iter().any(|e| !e.features.is_empty() && e.kind != "composite");
    let made = device.exposes.iter().flat_map(|expose| match expose.kind.as_str() {
        "light" | "switch" | "cover" | "lock" | "fan" | "climate" => main(device, base, source, expose),
        "binary" | "numeric" | "enum" | "text" => {
            single(device, base, source, expose, specific).into_iter().collect()
        }
        _ => Vec::new(),
    });
    let mut things: Vec<Announcement> = made.collect();
    things.extend(scene_things(&device.address, &device.name, &device.scenes, base, source));
    things
}

struct Place<'a> {
    device: &'a Device,
    base: &'a str,
    source: &'a str,
}

impl Place<'_> {
    /// An entity of the device; `own` is what it is called besides the device's name.
    fn entity(&self, domain: &str, own: Option<&str>) -> Entity {
        let device = spoken(&self.device.name);
        let name = match own {
            None => device.clone(),
            Some(own) => match strip_device(own, &device) {
                Some("") => device.clone(),
                Some(_) => own.to_owned(),
                None => format!("{device} {own}"),
            },
        };
        let object = Some(slug(&name))
            .filter(|s| !s.is_empty())
            .unwrap_or_else(|| slug(&format!("{} {}", self.device.address, own.unwrap_or_default())));
        let mut entity = Entity::new(format!("{domain}.{object}"), name);
        entity.device = Some(device);
        entity
    }

    fn announce(
        &self,
        key: &str,
        entity: Entity,
        part: impl Part + 'static,
        reports: bool,
        twins: Vec<String>,
    ) -> Announcement {
        let driver = ZigbeeDriver::new(self.base, &self.device.name, part, reports);
        let component = format!("{} {key}", self.device.address);
        let unique = format!("zigbee2mqtt {} {component}", self.base);
        Announcement { twins, ..Announcement::native(self.source, component, unique, entity, driver) }
    }
}

/// A thing of several values.
fn main(device: &Device, base: &str, source: &str, expose: &Expose) -> Vec<Announcement> {
    let place = Place { device, base, source };
    let kind = expose.kind.as_str();
    let endpoint = expose.endpoint.as_deref();
    let key = format!("{kind} {}", endpoint.unwrap_or_default());
    let name = &device.name;
    let own = endpoint.map(title);
    let mut entity = place.entity(kind, own.as_deref());
    let reports = expose.features.iter().any(Expose::published);
    let set = match endpoint {
        Some(endpoint) => vec![format!("{kind}!{base}/{name}/{endpoint}/set")],
        None => vec![format!("{kind}!{base}/{name}/set")],
    };
    let each = |properties: Vec<&String>| {
        properties.into_iter().map(|p| format!("{kind}!{base}/{name}/set/{p}")).collect::<Vec<_>>()
    };
    let made = match kind {
        "light" => {
            let effects = device.exposes.iter().find(|e| e.kind == "enum" && e.name == "effect");
            Light::read(expose, effects).map(|light| {
                light.declare(&mut entity);
                place.announce(&key, entity, light, reports, set)
            })
        }
        "switch" => expose.can_set("state").map(|state| {
            let twins = vec![format!("{base}/{name}|{}", state.property)];
            place.announce(&key, entity, OnOff::read(state), state.published(), twins)
        }),
        "cover" => Cover::read(expose).map(|cover| {
            cover.declare(&mut entity);
            entity.device_class = of_cover(&entity.name);
            place.announce(&key, entity, cover, reports, set)
        }),
        "lock" => Lock::read(expose).map(|lock| place.announce(&key, entity, lock, reports, set)),
        "fan" => Fan::read(expose).map(|fan| {
            fan.declare(&mut entity);
            let twins = each(fan.properties().collect()).into_iter().chain(set).collect();
            place.announce(&key, entity, fan, reports, twins)
        }),
        _ => Climate::read(expose).map(|climate| {
            climate.declare(&mut entity);
            let twins = each(climate.properties().collect()).into_iter().chain(set).collect();
            place.announce(&key, entity, climate, reports, twins)
        }),
    };
    made.into_iter().collect()
}

fn class(classes: &[(&str, &str)], name: &str) -> Option<String> {
    classes.iter().find(|(n, _)| *n == name).map(|(_, class)| (*class).to_owned())
}

/// A thing of one value. `specific`: the device is a light, a switch, … and its other values are about that.
fn single(
    device: &Device,
    base: &str,
    source: &str,
    expose: &Expose,
    specific: bool,
) -> Option<Announcement> {
    if expose.property.is_empty() || SKIPPED.contains(&expose.name.as_str()) {
        return None;
    }
    let place = Place { device, base, source };
    let settable = expose.settable();
    let own = title(&expose.property);
    let twins = vec![format!("{base}/{}|{}", device.name, expose.property)];
    let value = |kind: Kind| Single { property: expose.property.clone(), kind };
    let reports = expose.published();
    let announce = |mut entity: Entity, class: Option<String>, part: Single| {
        entity.device_class = class;
        entity.unit.clone_from(&expose.unit);
        place.announce(&expose.property, entity, part, reports, twins.clone())
    };
    let mut thing = match (expose.kind.as_str(), settable) {
        ("binary", _) => {
            let mut entity = place.entity(if settable { "switch" } else { "binary_sensor" }, Some(&own));
            entity.device_class = class(BINARY_CLASSES, &expose.name).filter(|_| !settable);
            place.announce(&expose.property, entity, OnOff::read(expose), reports, twins)
        }
        ("numeric", true) => {
            let (least, most) = (expose.least.unwrap_or(0.0), expose.most.unwrap_or(65_535.0));
            let mut entity = place.entity("number", Some(&own));
            entity.ranges.insert("value".into(), (least, most.max(least)));
            announce(entity, None, value(Kind::Number(least, most.max(least), expose.step.unwrap_or(1.0))))
        }
        ("enum", true) => {
            let mut entity = place.entity("select", Some(&own));
            entity.options.insert("option".into(), expose.values.clone());
            announce(entity, None, value(Kind::Choice(expose.values.clone())))
        }
        ("text", true) => announce(place.entity("text", Some(&own)), None, value(Kind::Text)),
        ("enum", false) if expose.name == "action" => {
            let mut entity = place.entity("event", Some(&own));
            entity.options.insert("event_type".into(), expose.values.clone());
            announce(entity, None, value(Kind::Event))
        }
        _ => {
            let class = class(READING_CLASSES, &expose.name);
            announce(place.entity("sensor", Some(&own)), class, value(Kind::Told))
        }
    };
    thing.hidden = expose.category.as_deref() == Some("config") || (settable && specific);
    Some(thing)
}

/// The scenes of a device or group.
pub(super) fn scene_things(
    key: &str,
    name: &str,
    scenes: &[Scene],
    base: &str,
    source: &str,
) -> Vec<Announcement> {
    let of = spoken(name);
    let thing = |scene: &Scene| {
        let called = spoken(&scene.name);
        let full = match strip_device(&called, &of) {
            Some(_) => called.clone(),
            None => format!("{of} {called}"),
        };
        let object =
            Some(slug(&full)).filter(|s| !s.is_empty()).unwrap_or_else(|| format!("scene_{}", scene.id));
        let mut entity = Entity::new(format!("scene.{object}"), full.clone());
        // A name that somebody gave is enough; `Scene 3` is not.
        if full != called && !called.to_lowercase().starts_with("scene ") {
            entity.aliases.push(called);
        }
        entity.device = Some(of.clone());
        let component = format!("{key} scene {}", scene.id);
        let unique = format!("zigbee2mqtt {base} {component}");
        let driver = ZigbeeDriver::new(base, name, Recall { id: scene.id }, false);
        let twins = vec![format!("scene!{base}/{name}/set#{{\"scene_recall\":{}}}", scene.id)];
        Announcement { twins, ..Announcement::native(source, component, unique, entity, driver) }
    };
    scenes.iter().map(thing).collect()
}
