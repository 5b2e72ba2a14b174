//! Lights: what the three schemas have in common.

use super::component::{Component, Settings};
use crate::home::color::mireds;
use crate::home::entity::{Entity, Feature};
pub(super) use crate::home::lights::{
    brightness_of_percent, effect, rgb, set_brightness, set_effect, set_hs, set_kelvin, set_rgb, set_xy,
};

/// A light in any schema.
pub(super) fn light(settings: &mut Settings, entity: &mut Entity) -> Result<Box<dyn Component>, String> {
    match settings.text("schema", "basic").to_lowercase().as_str() {
        "basic" | "default" => super::light_default::light(settings, entity),
        "json" => super::light_json::light(settings, entity),
        "template" => super::light_template::light(settings, entity),
        other => Err(format!("`schema` must be default, json or template, not `{other}`")),
    }
}

/// How a device counts whites: in Kelvin or in mireds, and between which of them, in Kelvin.
#[derive(Debug, Clone, Copy)]
pub(super) struct Whites {
    in_kelvin: bool,
    pub(super) least: f64,
    pub(super) most: f64,
}

impl Whites {
    /// Reads the settings.
    pub(super) fn new(settings: &mut Settings) -> Self {
        let in_kelvin = settings.flag("color_temp_kelvin", false);
        let from_mireds = |n: Option<f64>| n.filter(|m| *m > 0.0).map(mireds);
        let (least_mireds, most_mireds) =
            (from_mireds(settings.number("max_mireds")), from_mireds(settings.number("min_mireds")));
        Self {
            in_kelvin,
            least: settings.number("min_kelvin").or(least_mireds).unwrap_or(2000.0),
            most: settings.number("max_kelvin").or(most_mireds).unwrap_or(6535.0),
        }
    }

    /// Whether the device counts in Kelvin.
    pub(super) fn in_kelvin(self) -> bool {
        self.in_kelvin
    }

    /// A temperature as the device counts it.
    pub(super) fn of_kelvin(self, kelvin: f64) -> f64 {
        if self.in_kelvin { kelvin.round() } else { mireds(kelvin).round() }
    }

    /// What the device counts, in Kelvin.
    pub(super) fn to_kelvin(self, value: f64) -> f64 {
        if self.in_kelvin { value.round() } else { mireds(value).round() }
    }

    /// Tells the entity of it.
    pub(super) fn declare(self, entity: &mut Entity) {
        entity.features.insert(Feature::ColorTemp);
        entity.ranges.insert("color_temp_kelvin".into(), (self.least.round(), self.most.round()));
    }
}
