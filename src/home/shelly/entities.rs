//! From a device's configuration to its entities.

use super::component::{Component, Lamp};
use super::driver::ShellyDriver;
use crate::home::classes::of_cover;
use crate::home::dialect::Announcement;
use crate::home::entity::Entity;
use crate::home::slug::{slug, title};
use serde_json::Value;

/// The most components of one device.
const MOST: usize = 64;
/// The longest name that is taken over, in bytes.
const LONGEST_NAME: usize = 255;

/// A reading: name, path in the status, class, unit.
type Reading = (&'static str, &'static [&'static str], &'static str, &'static str);

/// What a component measures besides.
const METERED: &[Reading] = &[
    ("Power", &["apower"], "power", "W"),
    ("Energy", &["aenergy", "total"], "energy", "Wh"),
    ("Voltage", &["voltage"], "voltage", "V"),
    ("Current", &["current"], "current", "A"),
];

/// Components that are readings alone, by their kind.
const READINGS: &[(&str, &[Reading])] = &[
    ("devicepower", &[("Battery", &["battery", "percent"], "battery", "%")]),
    ("em1", &[("Power", &["act_power"], "power", "W"), ("Voltage", &["voltage"], "voltage", "V")]),
    ("humidity", &[("Humidity", &["rh"], "humidity", "%")]),
    ("illuminance", &[("Illuminance", &["lux"], "illuminance", "lx")]),
    ("pm1", METERED),
    ("temperature", &[("Temperature", &["tC"], "temperature", "°C")]),
    ("voltmeter", &[("Voltage", &["voltage"], "voltage", "V")]),
];

fn text(value: &Value, key: &str) -> Option<String> {
    let text = value.get(key).and_then(Value::as_str).map(str::trim);
    text.filter(|t| !t.is_empty() && t.len() <= LONGEST_NAME).map(str::to_owned)
}

/// A device while its components are read.
struct Device<'a> {
    prefix: &'a str,
    name: String,
    sleeps: bool,
    things: Vec<Announcement>,
}

/// The entities of a device, from what `Shelly.GetConfig` answers.
pub(super) fn things(prefix: &str, config: &Value) -> Vec<Announcement> {
    let Value::Object(all) = config else { return Vec::new() };
    let system = config.get("sys").unwrap_or(&Value::Null);
    let given = system.get("device").and_then(|d| text(d, "name"));
    let components: Vec<(&str, u64, &Value)> =
        all.iter().take(256).filter_map(component).take(MOST).collect();
    let sleeps = system.get("sleep").is_some() || components.iter().any(|(kind, ..)| *kind == "devicepower");
    let mut device = Device {
        prefix,
        name: given.unwrap_or_else(|| prefix.rsplit('/').next().unwrap_or(prefix).to_owned()),
        sleeps,
        things: Vec::new(),
    };
    for (kind, id, config) in &components {
        let several = components.iter().filter(|(k, ..)| k == kind).count() > 1;
        device.component(kind, *id, config, several);
    }
    device.things
}

/// `switch:0` and its configuration.
fn component<'c>((key, config): (&'c String, &'c Value)) -> Option<(&'c str, u64, &'c Value)> {
    let (kind, id) = key.split_once(':')?;
    Some((kind, id.parse::<u64>().ok().filter(|id| *id < 1000)?, config))
}

impl Device<'_> {
    fn component(&mut self, kind: &str, id: u64, config: &Value, several: bool) {
        let key = format!("{kind}:{id}");
        let given = text(config, "name");
        let number = if several { format!(" {}", id + 1) } else { String::new() };
        let main = |device: &Self| given.clone().unwrap_or_else(|| format!("{}{number}", device.name));
        let named = |device: &Self, word: &str| {
            given.clone().unwrap_or_else(|| format!("{} {word}{number}", device.name))
        };
        let range = |key: &str, default: (f64, f64)| {
            let at = |n: usize| config.get(key)?.as_array()?.get(n)?.as_f64();
            at(0).zip(at(1)).filter(|(least, most)| least < most).unwrap_or(default)
        };
        let lamp = |lamp: Lamp| Component::Lamp(lamp, id, range("ct_range", (2700.0, 6500.0)));
        let (domain, component, name) = match kind {
            "switch" => ("switch", Component::Switch(id), main(self)),
            "light" => ("light", lamp(Lamp::Light), main(self)),
            "rgb" => ("light", lamp(Lamp::Rgb), main(self)),
            "rgbw" => ("light", lamp(Lamp::Rgbw), main(self)),
            "cct" => ("light", lamp(Lamp::Cct), main(self)),
            "cover" => ("cover", Component::Cover(id), main(self)),
            "thermostat" => ("climate", Component::Thermostat(id, (5.0, 35.0)), main(self)),
            "input" if config.get("type").and_then(Value::as_str) == Some("button") => {
                ("event", Component::Button, named(self, "Button"))
            }
            "input" if config.get("type").and_then(Value::as_str).is_none_or(|t| t == "switch") => {
                ("binary_sensor", Component::OnOff("state"), named(self, "Input"))
            }
            "smoke" => ("binary_sensor", Component::OnOff("alarm"), named(self, "Smoke")),
            "flood" => ("binary_sensor", Component::OnOff("alarm"), named(self, "Flood")),
            _ => {
                let readings = READINGS.iter().find(|(k, _)| *k == kind).map(|(_, r)| *r).unwrap_or_default();
                let of = given.clone().unwrap_or_else(|| format!("{}{number}", self.name));
                self.readings(&key, &of, readings);
                return;
            }
        };
        let class = match kind {
            "smoke" => Some("smoke"),
            "flood" => Some("moisture"),
            _ => None,
        };
        self.add(&key, "", domain, component, &name, (class, None));
        // What can be limited is measured.
        if config.get("power_limit").is_some() {
            self.readings(&key, &name, METERED);
        }
    }

    fn readings(&mut self, key: &str, of: &str, readings: &[Reading]) {
        for (own, path, class, unit) in readings {
            let reading = Component::Reading(path);
            let name = if of.to_lowercase().ends_with(&own.to_lowercase()) {
                of.to_owned()
            } else {
                format!("{of} {own}")
            };
            self.add(key, own, "sensor", reading, &name, (Some(class), Some(unit)));
        }
    }

    fn add(
        &mut self,
        key: &str,
        part: &str,
        domain: &str,
        component: Component,
        name: &str,
        (class, unit): (Option<&str>, Option<&str>),
    ) {
        let plain = || slug(&format!("{} {key} {part}", self.prefix));
        let object = Some(slug(name)).filter(|s| !s.is_empty()).unwrap_or_else(plain);
        let mut entity = Entity::new(format!("{domain}.{object}"), name);
        entity.device = Some(self.name.clone());
        let by_name = || if domain == "cover" { of_cover(name) } else { None };
        entity.device_class = class.map(str::to_owned).or_else(by_name);
        entity.unit = unit.map(str::to_owned);
        component.declare(&mut entity);
        if !name.to_lowercase().starts_with(&self.name.to_lowercase()) && part.is_empty() {
            entity.aliases.push(format!("{} {name}", self.name));
        }
        let prefix = self.prefix;
        let mut twins = vec![format!("{domain}!{prefix}/command/{key}")];
        twins.push(match &component {
            Component::Reading(path) => format!("{prefix}/status/{key}|{}", path.join(".")),
            _ => format!("{prefix}/status/{key}|output"),
        });
        let driver = ShellyDriver::new(prefix, key, component, self.sleeps);
        let id = format!("{key} {}", title(part)).trim_end().to_owned();
        let unique = format!("shelly {prefix} {id}");
        let thing = Announcement::native(&format!("{prefix}/rpc"), id, unique, entity, driver);
        self.things.push(Announcement { twins, ..thing });
    }
}
