//! Lights in the schema `json`: one JSON object each way.

use super::component::{Commander, Component, Role, Settings};
use super::light::{
    Whites, brightness_of_percent, effect, rgb, set_brightness, set_effect, set_hs, set_kelvin, set_rgb,
    set_xy,
};
use crate::home::color::Rgb;
use crate::home::dialect::{Cannot, Publish};
use crate::home::entity::{Entity, EntityState, Feature};
use crate::home::order::{LightOrder, Order};
use serde_json::{Map, Value, json};

/// Modes in which a light shows colours, the one that we would rather use first.
const COLOR_MODES: &[&str] = &["rgb", "rgbw", "rgbww", "hs", "xy"];

#[derive(Debug)]
struct Light {
    command: Option<Commander>,
    brightness: bool,
    brightness_scale: f64,
    color_temp: bool,
    whites: Whites,
    color: Option<&'static str>,
    effects: Vec<String>,
}

/// A light.
pub(super) fn light(settings: &mut Settings, entity: &mut Entity) -> Result<Box<dyn Component>, String> {
    let command = settings.required_command("command_topic", "")?;
    settings.read(Role::State, "state_topic", "");
    let mut modes = settings.texts("supported_color_modes");
    // How it was said before there were colour modes.
    for (flag, mode) in [("rgb", "rgb"), ("hs", "hs"), ("xy", "xy"), ("color_temp", "color_temp")] {
        if settings.flag(flag, false) {
            modes.push(mode.to_owned());
        }
    }
    let has = |mode: &str| modes.iter().any(|m| m == mode);
    let color = COLOR_MODES.iter().copied().find(|mode| has(mode));
    let color_temp = has("color_temp");
    // A mode with colour or white has a brightness, unless the announcement denies it.
    let brightness = settings.flag("brightness", modes.iter().any(|m| m != "onoff"));
    let whites = Whites::new(settings);
    let effects = if settings.flag("effect", false) || settings.raw("effect_list").is_some() {
        settings.texts("effect_list")
    } else {
        Vec::new()
    };
    if brightness {
        entity.features.insert(Feature::Brightness);
    }
    if color.is_some() {
        entity.features.insert(Feature::Color);
    }
    if color_temp {
        whites.declare(entity);
    }
    if !effects.is_empty() {
        entity.features.insert(Feature::Effect);
        entity.options.insert("effect".into(), effects.clone());
    }
    Ok(Box::new(Light {
        command,
        brightness,
        brightness_scale: settings.number("brightness_scale").filter(|s| *s >= 1.0).unwrap_or(255.0),
        color_temp,
        whites,
        color,
        effects,
    }))
}

impl Light {
    fn send(&self, message: Map<String, Value>) -> Result<Vec<Publish>, Cannot> {
        let command = self.command.as_ref().ok_or(Cannot::Lacks("command topic"))?;
        Ok(vec![command.send(&Value::Object(message).to_string())?])
    }

    fn color(&self, color: Rgb) -> Result<Value, Cannot> {
        let Rgb(r, g, b) = color;
        let thousandth = |n: f64| (n * 1000.0).round() / 1000.0;
        Ok(match self.color.ok_or(Cannot::Lacks("color"))? {
            "rgbw" => json!({ "r": r, "g": g, "b": b, "w": 0 }),
            "rgbww" => json!({ "r": r, "g": g, "b": b, "c": 0, "w": 0 }),
            "hs" => {
                let (h, s, _) = color.to_hsv();
                json!({ "h": thousandth(h), "s": thousandth(s) })
            }
            "xy" => {
                let (x, y) = color.to_xy();
                json!({ "x": thousandth(x), "y": thousandth(y) })
            }
            _ => json!({ "r": r, "g": g, "b": b }),
        })
    }

    fn be(&self, order: &LightOrder) -> Result<Vec<Publish>, Cannot> {
        let mut message = Map::new();
        message.insert("state".into(), "ON".into());
        if let Some(color) = order.color {
            message.insert("color".into(), self.color(color)?);
        }
        if let Some(percent) = order.brightness {
            if !self.brightness {
                return Err(Cannot::Lacks("brightness"));
            }
            let value = brightness_of_percent(percent, self.brightness_scale);
            message.insert("brightness".into(), json!(value as i64));
        }
        if let Some(kelvin) = order.kelvin {
            if !self.color_temp {
                return Err(Cannot::Lacks("color_temp"));
            }
            message.insert("color_temp".into(), json!(self.whites.of_kelvin(kelvin) as i64));
        }
        if let Some(name) = &order.effect {
            message.insert("effect".into(), effect(&self.effects, name)?.into());
        }
        self.send(message)
    }

    fn take_color(&self, color: &Map<String, Value>, mode: Option<&str>, state: &mut EntityState) {
        let part = |name: &str| color.get(name).and_then(Value::as_f64);
        let parts: Vec<f64> = ["r", "g", "b"].iter().filter_map(|n| part(n)).collect();
        let by_rgb = rgb(&parts).ok();
        match (mode, part("h"), part("s"), part("x"), part("y"), by_rgb) {
            (Some("xy"), _, _, Some(x), Some(y), _) => set_xy(x, y, state),
            (Some("hs"), Some(h), Some(s), ..) => set_hs(h, s, state),
            (mode, .., Some(rgb)) => set_rgb(rgb, mode.unwrap_or("rgb"), state),
            (_, Some(h), Some(s), ..) => set_hs(h, s, state),
            (_, _, _, Some(x), Some(y), _) => set_xy(x, y, state),
            _ => {}
        }
    }
}

impl Component for Light {
    fn take(&mut self, _: Role, text: &str, state: &mut EntityState) -> Result<(), String> {
        let Ok(Value::Object(all)) = serde_json::from_str(text) else {
            return Err("the state of a light in the schema json is a JSON object".into());
        };
        match all.get("state") {
            Some(Value::String(word)) if word.eq_ignore_ascii_case("on") => state.value = Some("on".into()),
            Some(Value::String(word)) if word.eq_ignore_ascii_case("off") => {
                state.value = Some("off".into());
            }
            Some(Value::Null) => state.value = None,
            Some(_) => return Err("its `state` is neither ON nor OFF".into()),
            None => {}
        }
        if let Some(value) = all.get("brightness").and_then(Value::as_f64) {
            set_brightness(value, self.brightness_scale, state)?;
        }
        let mode = all.get("color_mode").and_then(Value::as_str);
        let white = all.get("color_temp").and_then(Value::as_f64).filter(|t| *t > 0.0);
        match (all.get("color").and_then(Value::as_object), white) {
            // The mode says which of the two is shown; without one it is the colour.
            (color, Some(white)) if mode == Some("color_temp") || (mode.is_none() && color.is_none()) => {
                set_kelvin(self.whites.to_kelvin(white), state);
            }
            (Some(color), _) if mode != Some("color_temp") => self.take_color(color, mode, state),
            _ => {}
        }
        if let Some(mode) = mode {
            state.attributes.insert("color_mode".into(), mode.into());
        }
        match all.get("effect") {
            Some(Value::String(name)) => set_effect(name, state),
            Some(Value::Null) => set_effect("None", state),
            _ => {}
        }
        Ok(())
    }

    fn write(&self, order: &Order, _: &EntityState) -> Result<Vec<Publish>, Cannot> {
        match order {
            Order::On => self.be(&LightOrder::default()),
            Order::Light(order) => self.be(order),
            Order::Off => {
                let mut message = Map::new();
                message.insert("state".into(), "OFF".into());
                self.send(message)
            }
            _ => Err(Cannot::Lacks("that")),
        }
    }
}
