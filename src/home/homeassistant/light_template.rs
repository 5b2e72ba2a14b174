//! Lights in the schema `template`: templates write the commands and read the states.

use super::component::{Component, Role, Settings, number, variable};
use super::light::{Whites, brightness_of_percent, effect, set_brightness, set_effect, set_kelvin, set_rgb};
use super::template::Template;
use crate::home::color::Rgb;
use crate::home::dialect::{Cannot, Publish};
use crate::home::entity::{Entity, EntityState, Feature};
use crate::home::order::{LightOrder, Order};
use minijinja::Value;
use std::collections::BTreeMap;

#[derive(Debug)]
struct Light {
    topic: String,
    on: Option<Template>,
    off: Option<Template>,
    whites: Whites,
    /// Red, green and blue as they were last heard.
    color: [Option<u8>; 3],
    effects: Vec<String>,
}

/// A light.
pub(super) fn light(settings: &mut Settings, entity: &mut Entity) -> Result<Box<dyn Component>, String> {
    let topic = settings.topic("command_topic").ok_or("`command_topic` is missing")?;
    for key in ["command_on_template", "command_off_template"] {
        if !settings.raw(key).is_some_and(serde_json::Value::is_string) {
            return Err(format!("`{key}` is missing"));
        }
    }
    let on = settings.template("command_on_template");
    let off = settings.template("command_off_template");
    for (role, key) in [
        (Role::State, "state_template"),
        (Role::Brightness, "brightness_template"),
        (Role::ColorTemp, "color_temp_template"),
        (Role::Red, "red_template"),
        (Role::Green, "green_template"),
        (Role::Blue, "blue_template"),
        (Role::Effect, "effect_template"),
    ] {
        if settings.raw(key).is_some() {
            settings.read(role, "state_topic", key);
        }
    }
    let whites = Whites::new(settings);
    let effects = settings.texts("effect_list");
    if settings.raw("brightness_template").is_some() {
        entity.features.insert(Feature::Brightness);
    }
    if settings.raw("color_temp_template").is_some() {
        whites.declare(entity);
    }
    if ["red_template", "green_template", "blue_template"].iter().all(|k| settings.raw(k).is_some()) {
        entity.features.insert(Feature::Color);
    }
    if !effects.is_empty() {
        entity.features.insert(Feature::Effect);
        entity.options.insert("effect".into(), effects.clone());
    }
    Ok(Box::new(Light { topic, on, off, whites, color: [None; 3], effects }))
}

impl Light {
    fn be(&self, order: &LightOrder) -> Result<Vec<Publish>, Cannot> {
        let mut variables = BTreeMap::from([("state", Value::from("on"))]);
        if let Some(percent) = order.brightness {
            variables.insert("brightness", variable(brightness_of_percent(percent, 255.0)));
        }
        if let Some(kelvin) = order.kelvin {
            let key = if self.whites.in_kelvin() { "color_temp_kelvin" } else { "color_temp" };
            variables.insert(key, variable(self.whites.of_kelvin(kelvin)));
        }
        if let Some(color) = order.color {
            let (hue, saturation, _) = color.to_hsv();
            variables.extend([
                ("red", Value::from(color.0)),
                ("green", Value::from(color.1)),
                ("blue", Value::from(color.2)),
                ("hue", Value::from(hue)),
                ("sat", Value::from(saturation)),
            ]);
        }
        if let Some(name) = &order.effect {
            variables.insert("effect", Value::from(effect(&self.effects, name)?));
        }
        self.send(&self.on, variables)
    }

    fn send(
        &self,
        template: &Option<Template>,
        variables: BTreeMap<&str, Value>,
    ) -> Result<Vec<Publish>, Cannot> {
        let lacking = Cannot::Lacks("readable command template");
        let template = template.as_ref().ok_or(lacking.clone())?;
        Ok(vec![Publish::new(&self.topic, template.command(variables).map_err(|_| lacking)?)])
    }
}

impl Component for Light {
    fn take(&mut self, role: Role, text: &str, state: &mut EntityState) -> Result<(), String> {
        if text == "None" && role != Role::State && role != Role::Effect {
            return Ok(());
        }
        match role {
            Role::Brightness => set_brightness(number(text)?, 255.0, state)?,
            Role::ColorTemp => set_kelvin(self.whites.to_kelvin(number(text)?), state),
            Role::Red | Role::Green | Role::Blue => {
                let part = number(text)?.round().clamp(0.0, 255.0) as u8;
                let [red, green, blue] = &mut self.color;
                match role {
                    Role::Red => *red = Some(part),
                    Role::Green => *green = Some(part),
                    _ => *blue = Some(part),
                }
                if let [Some(r), Some(g), Some(b)] = self.color {
                    set_rgb(Rgb(r, g, b), "rgb", state);
                }
            }
            Role::Effect => set_effect(text, state),
            _ => {
                state.value = match text.to_lowercase().as_str() {
                    "on" => Some("on".into()),
                    "off" => Some("off".into()),
                    "none" => None,
                    _ => return Err("its state is neither on nor off".into()),
                };
            }
        }
        Ok(())
    }

    fn write(&self, order: &Order, _: &EntityState) -> Result<Vec<Publish>, Cannot> {
        match order {
            Order::On => self.be(&LightOrder::default()),
            Order::Light(order) => self.be(order),
            Order::Off => self.send(&self.off, BTreeMap::from([("state", Value::from("off"))])),
            _ => Err(Cannot::Lacks("that")),
        }
    }
}
