//! Which dialect each simulated thing speaks.

use super::file::EntityEntry;
use crate::home::entity::Feature;
use crate::home::slug::{slug, title};
use std::fmt;
use std::str::FromStr;

/// A dialect that simulated things speak.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SimulatedDialect {
    /// Home Assistant's discovery, with topics of our own.
    #[default]
    HomeAssistant,
    /// Zigbee2MQTT.
    Zigbee2Mqtt,
    /// Tasmota.
    Tasmota,
    /// Shelly, second generation and later.
    Shelly,
    /// ESPHome: discovery with its own topics and its status.
    EspHome,
}

impl SimulatedDialect {
    /// Every dialect with its name on the command line.
    pub const ALL: &'static [(&'static str, Self)] = &[
        ("homeassistant", Self::HomeAssistant),
        ("zigbee2mqtt", Self::Zigbee2Mqtt),
        ("tasmota", Self::Tasmota),
        ("shelly", Self::Shelly),
        ("esphome", Self::EspHome),
    ];

    /// How long a device of this dialect takes to do what it is told, in ms: a mesh of radios is slower than
    /// a relay on the network.
    pub(super) fn delay_ms(self) -> u64 {
        match self {
            Self::HomeAssistant => 0,
            Self::Zigbee2Mqtt => 120,
            Self::Tasmota => 40,
            Self::Shelly => 60,
            Self::EspHome => 30,
        }
    }

    /// Whether devices of this dialect can be what the file says: none of them tells a class of its choice.
    pub(super) fn can_be(self, entry: &EntityEntry) -> bool {
        let has = |all: &[Feature]| entry.features.iter().all(|f| all.contains(f));
        let named = slug(&entry.name) == entry.object();
        let class = entry.device_class.as_deref();
        let harmless = matches!(class, None | Some("outlet" | "blind" | "curtain" | "shutter"));
        match (self, entry.domain()) {
            (Self::HomeAssistant, _) => true,
            (Self::EspHome, domain) => {
                matches!(
                    domain,
                    "light"
                        | "switch"
                        | "cover"
                        | "fan"
                        | "climate"
                        | "lock"
                        | "sensor"
                        | "binary_sensor"
                        | "number"
                        | "select"
                        | "button"
                        | "text"
                        | "valve"
                ) && !entry.features.contains(&Feature::Effect)
            }
            (_, _) if !named => false,
            (Self::Zigbee2Mqtt, "light") => {
                has(&[Feature::Brightness, Feature::Color, Feature::ColorTemp]) && harmless
            }
            (Self::Zigbee2Mqtt, "switch" | "lock") => harmless,
            (Self::Zigbee2Mqtt, "cover") => has(&[Feature::Position, Feature::Stop]) && harmless,
            (Self::Zigbee2Mqtt, "fan") => has(&[Feature::Speed]),
            (Self::Zigbee2Mqtt, "climate") => has(&[Feature::Temperature, Feature::Mode]) && celsius(entry),
            (Self::Zigbee2Mqtt, "sensor") => {
                matches!(class, Some("temperature" | "humidity" | "battery" | "power" | "illuminance"))
                    && named_by_class(entry)
            }
            (Self::Tasmota, "light") => has(&[Feature::Brightness, Feature::Color, Feature::ColorTemp]),
            (Self::Tasmota | Self::Shelly, "switch") => harmless,
            (Self::Tasmota | Self::Shelly, "cover") => {
                entry.features.contains(&Feature::Position)
                    && has(&[Feature::Position, Feature::Stop])
                    && harmless
            }
            // One channel tells one thing: brightness, or with it a colour or a white.
            (Self::Shelly, "light") => {
                entry.features.contains(&Feature::Brightness)
                    && (has(&[Feature::Brightness, Feature::Color])
                        || has(&[Feature::Brightness, Feature::ColorTemp]))
            }
            (Self::Shelly, "sensor") => {
                matches!(class, Some("temperature" | "humidity")) && named_by_class(entry) && celsius(entry)
            }
            _ => false,
        }
    }
}

fn celsius(entry: &EntityEntry) -> bool {
    let unit = ["unit_of_measurement", "temperature_unit"].iter().find_map(|k| entry.state.get(*k)?.as_str());
    unit.is_none_or(|u| !u.contains('F'))
}

/// Whether the name ends with the class, as devices call their readings.
fn named_by_class(entry: &EntityEntry) -> bool {
    let class = title(entry.device_class.as_deref().unwrap_or_default());
    entry.name.strip_suffix(class.as_str()).is_some_and(|device| device.trim().len() + 1 < entry.name.len())
        && entry.name.trim_end_matches(class.as_str()).ends_with(' ')
}

impl fmt::Display for SimulatedDialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::ALL.iter().find(|(_, d)| d == self).map_or("?", |(name, _)| name))
    }
}

impl FromStr for SimulatedDialect {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.iter().find(|(name, _)| *name == text).map(|(_, d)| *d).ok_or_else(|| {
            let all: Vec<&str> = Self::ALL.iter().map(|(name, _)| *name).collect();
            format!("unknown dialect `{text}`; known are {}", all.join(", "))
        })
    }
}
