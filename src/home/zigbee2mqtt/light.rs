//! Lights.

use super::driver::{Part, one, same};
use super::exposes::Expose;
use crate::home::color::{Rgb, mireds};
use crate::home::dialect::Cannot;
use crate::home::entity::{Entity, EntityState, Feature};
use crate::home::lights::{
    brightness_of_percent, effect, set_brightness, set_effect, set_hs, set_kelvin, set_xy,
};
use crate::home::order::{LightOrder, Order};
use serde_json::{Map, Value, json};

/// A light.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Light {
    state: String,
    on: Value,
    off: Value,
    gettable: bool,
    /// Property, and the value that is full.
    pub(super) brightness: Option<(String, f64)>,
    /// Property, and the range in Kelvin.
    pub(super) white: Option<(String, f64, f64)>,
    /// Property, and whether it is x and y rather than hue and saturation.
    pub(super) color: Option<(String, bool)>,
    color_mode: String,
    pub(super) effects: Option<(String, Vec<String>)>,
}

impl Light {
    /// Reads a light; `effects` is what the device exposes besides.
    pub(super) fn read(expose: &Expose, effects: Option<&Expose>) -> Option<Self> {
        let state = expose.can_set("state")?;
        let suffix = expose.endpoint.as_ref().map(|e| format!("_{e}")).unwrap_or_default();
        let white = expose.can_set("color_temp").map(|f| {
            let (least, most) = (f.least.filter(|n| *n > 0.0).unwrap_or(153.0), f.most.unwrap_or(500.0));
            (f.property.clone(), mireds(most).round(), mireds(least).round())
        });
        let xy = expose.can_set("color_xy").map(|f| (f.property.clone(), true));
        let hs = || expose.can_set("color_hs").map(|f| (f.property.clone(), false));
        let full = |f: &Expose| (f.property.clone(), f.most.filter(|m| *m >= 1.0).unwrap_or(254.0));
        let effects = effects.filter(|e| e.settable() && !e.values.is_empty());
        Some(Self {
            state: state.property.clone(),
            on: state.on.clone().unwrap_or("ON".into()),
            off: state.off.clone().unwrap_or("OFF".into()),
            gettable: state.gettable(),
            brightness: expose.can_set("brightness").map(full),
            white,
            color: xy.or_else(hs),
            color_mode: format!("color_mode{suffix}"),
            effects: effects.map(|e| (e.property.clone(), e.values.clone())),
        })
    }

    /// A light that can do what any of both can, in the range that both have.
    pub(super) fn join(mut self, other: &Light) -> Self {
        self.brightness = self.brightness.or_else(|| other.brightness.clone());
        self.white = match (self.white, &other.white) {
            (Some((p, a, b)), Some((_, c, d))) => Some((p, a.max(*c), b.min(*d).max(a.max(*c)))),
            (mine, theirs) => mine.or_else(|| theirs.clone()),
        };
        self.color = self.color.or_else(|| other.color.clone());
        self.effects = None;
        self
    }

    /// Tells the entity what it can do.
    pub(super) fn declare(&self, entity: &mut Entity) {
        if self.brightness.is_some() {
            entity.features.insert(Feature::Brightness);
        }
        if let Some((_, least, most)) = &self.white {
            entity.features.insert(Feature::ColorTemp);
            entity.ranges.insert("color_temp_kelvin".into(), (*least, *most));
        }
        if self.color.is_some() {
            entity.features.insert(Feature::Color);
        }
        if let Some((_, effects)) = &self.effects {
            entity.features.insert(Feature::Effect);
            entity.options.insert("effect".into(), effects.clone());
        }
    }

    fn be(&self, order: &LightOrder) -> Result<Map<String, Value>, Cannot> {
        let mut set = one(&self.state, self.on.clone());
        if let Some(percent) = order.brightness {
            let (property, full) = self.brightness.as_ref().ok_or(Cannot::Lacks("brightness"))?;
            set.insert(property.clone(), json!(brightness_of_percent(percent, *full) as i64));
        }
        if let Some(kelvin) = order.kelvin {
            let (property, ..) = self.white.as_ref().ok_or(Cannot::Lacks("color_temp"))?;
            set.insert(property.clone(), json!(mireds(kelvin).round() as i64));
        }
        if let Some(color) = order.color {
            let (property, xy) = self.color.as_ref().ok_or(Cannot::Lacks("color"))?;
            set.insert(property.clone(), written(color, *xy));
        }
        if let Some(name) = &order.effect {
            let (property, effects) = self.effects.as_ref().ok_or(Cannot::Lacks("effect"))?;
            set.insert(property.clone(), effect(effects, name)?.into());
        }
        Ok(set)
    }
}

fn written(color: Rgb, xy: bool) -> Value {
    if xy {
        let (x, y) = color.to_xy();
        let part = |n: f64| (n * 10_000.0).round() / 10_000.0;
        json!({ "x": part(x), "y": part(y) })
    } else {
        let (h, s, _) = color.to_hsv();
        json!({ "hue": h.round() as i64, "saturation": s.round() as i64 })
    }
}

impl Part for Light {
    fn take(&mut self, message: &Map<String, Value>, state: &mut EntityState) -> Result<(), String> {
        if let Some(value) = message.get(&self.state) {
            state.value = if same(value, &self.on) {
                Some("on".into())
            } else if same(value, &self.off) {
                Some("off".into())
            } else if value.is_null() {
                None
            } else {
                return Err(format!("`{}` is neither on nor off", self.state));
            };
        }
        if let Some((property, full)) = &self.brightness
            && let Some(value) = message.get(property).and_then(Value::as_f64)
        {
            set_brightness(value, *full, state)?;
        }
        let mode = message.get(&self.color_mode).and_then(Value::as_str);
        let white = self.white.as_ref().and_then(|(property, ..)| message.get(property)?.as_f64());
        let color = self.color.as_ref().and_then(|(property, _)| message.get(property)?.as_object());
        // Zigbee2MQTT tells both; the mode says which of them is shown.
        match (mode, white.filter(|w| *w > 0.0), color) {
            (Some("color_temp"), Some(white), _) | (_, Some(white), None) => {
                set_kelvin(mireds(white).round(), state);
            }
            (Some("color_temp"), ..) => {}
            (_, _, Some(color)) => {
                let part = |name: &str| color.get(name).and_then(Value::as_f64);
                match (mode, part("x"), part("y"), part("hue"), part("saturation")) {
                    (Some("hs"), _, _, Some(h), Some(s)) => set_hs(h, s, state),
                    (_, Some(x), Some(y), ..) => set_xy(x, y, state),
                    (_, _, _, Some(h), Some(s)) => set_hs(h, s, state),
                    _ => {}
                }
            }
            _ => {}
        }
        if let Some((property, _)) = &self.effects
            && let Some(name) = message.get(property).and_then(Value::as_str)
        {
            set_effect(name, state);
        }
        Ok(())
    }

    fn set(&self, order: &Order, _: &EntityState) -> Result<Map<String, Value>, Cannot> {
        match order {
            Order::On => self.be(&LightOrder::default()),
            Order::Light(order) => self.be(order),
            Order::Off => Ok(one(&self.state, self.off.clone())),
            _ => Err(Cannot::Lacks("that")),
        }
    }

    fn asked(&self) -> Option<&str> {
        self.gettable.then_some(self.state.as_str())
    }
}
