//! Lights in the schema `default`: one topic for each thing that a light can do.

use super::component::{Commander, Component, Role, Settings, number, numbers, plain, variable};
use super::light::{
    Whites, brightness_of_percent, effect, rgb, set_brightness, set_effect, set_hs, set_kelvin, set_rgb,
    set_xy,
};
use super::switch::OnOff;
use crate::home::color::Rgb;
use crate::home::dialect::{Cannot, Publish};
use crate::home::entity::{Entity, EntityState, Feature};
use crate::home::order::{LightOrder, Order};

/// When the word for on is sent along with a brightness or a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SendsOn {
    First,
    Last,
    /// Never: the brightness turns it on.
    ByBrightness,
}

#[derive(Debug)]
struct Light {
    words: OnOff,
    command: Option<Commander>,
    sends_on: SendsOn,
    brightness: Option<Commander>,
    brightness_scale: f64,
    whites: Whites,
    color_temp: Option<Commander>,
    /// The topic for colours, and how it takes them.
    color: Option<(Commander, ColorForm)>,
    effect: Option<Commander>,
    effects: Vec<String>,
    reports_state: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ColorForm {
    Rgb,
    Rgbw,
    Rgbww,
    Hs,
    Xy,
}

/// A light.
pub(super) fn light(settings: &mut Settings, entity: &mut Entity) -> Result<Box<dyn Component>, String> {
    let command = settings.required_command("command_topic", "command_template")?;
    let template = if settings.raw("state_value_template").is_some() {
        "state_value_template"
    } else {
        "value_template"
    };
    let reports_state = settings.read(Role::State, "state_topic", template);
    settings.read(Role::Brightness, "brightness_state_topic", "brightness_value_template");
    settings.read(Role::ColorTemp, "color_temp_state_topic", "color_temp_value_template");
    settings.read(Role::Rgb, "rgb_state_topic", "rgb_value_template");
    settings.read(Role::Rgbw, "rgbw_state_topic", "rgbw_value_template");
    settings.read(Role::Rgbww, "rgbww_state_topic", "rgbww_value_template");
    settings.read(Role::Hs, "hs_state_topic", "hs_value_template");
    settings.read(Role::Xy, "xy_state_topic", "xy_value_template");
    settings.read(Role::ColorMode, "color_mode_state_topic", "color_mode_value_template");
    settings.read(Role::Effect, "effect_state_topic", "effect_value_template");
    let brightness = settings.command("brightness_command_topic", "brightness_command_template");
    let color_temp = settings.command("color_temp_command_topic", "color_temp_command_template");
    let effect = settings.command("effect_command_topic", "effect_command_template");
    let effects = settings.texts("effect_list");
    let mut color = None;
    for (form, name) in [
        (ColorForm::Rgb, "rgb"),
        (ColorForm::Rgbw, "rgbw"),
        (ColorForm::Rgbww, "rgbww"),
        (ColorForm::Hs, "hs"),
        (ColorForm::Xy, "xy"),
    ] {
        let found = settings
            .command(&format!("{name}_command_topic"), &format!("{name}_command_template"))
            .map(|command| (command, form));
        color = color.or(found);
    }
    let sends_on = match settings.text("on_command_type", "last").as_str() {
        "first" => SendsOn::First,
        "brightness" if brightness.is_some() => SendsOn::ByBrightness,
        _ => SendsOn::Last,
    };
    let whites = Whites::new(settings);
    // A light that takes red, green and blue is dimmed by darker colours.
    if brightness.is_some() || color.as_ref().is_some_and(|(_, form)| form.dims()) {
        entity.features.insert(Feature::Brightness);
    }
    if color_temp.is_some() {
        whites.declare(entity);
    }
    if color.is_some() {
        entity.features.insert(Feature::Color);
    }
    if effect.is_some() && !effects.is_empty() {
        entity.features.insert(Feature::Effect);
        entity.options.insert("effect".into(), effects.clone());
    }
    Ok(Box::new(Light {
        words: OnOff::new(settings),
        command,
        sends_on,
        brightness,
        brightness_scale: settings.number("brightness_scale").filter(|s| *s >= 1.0).unwrap_or(255.0),
        whites,
        color_temp,
        color,
        effect,
        effects,
        reports_state,
    }))
}

impl ColorForm {
    /// Whether a colour of this form carries a brightness.
    fn dims(self) -> bool {
        matches!(self, ColorForm::Rgb | ColorForm::Rgbw | ColorForm::Rgbww)
    }
}

impl Light {
    fn send_color(&self, color: Rgb) -> Result<Publish, Cannot> {
        let (to, form) = self.color.as_ref().ok_or(Cannot::Lacks("color"))?;
        let Rgb(r, g, b) = color;
        let rgb = [
            ("red", minijinja::Value::from(r)),
            ("green", minijinja::Value::from(g)),
            ("blue", minijinja::Value::from(b)),
        ];
        let white = ("white", minijinja::Value::from(0));
        let send = |text: String, others: &[(&'static str, minijinja::Value)]| {
            to.send_with(&text, minijinja::Value::from(text.as_str()), others)
        };
        match form {
            ColorForm::Rgb => send(format!("{r},{g},{b}"), &rgb),
            ColorForm::Rgbw => send(format!("{r},{g},{b},0"), &[&rgb[..], &[white]].concat()),
            ColorForm::Rgbww => {
                let whites =
                    [("cold_white", minijinja::Value::from(0)), ("warm_white", minijinja::Value::from(0))];
                send(format!("{r},{g},{b},0,0"), &[&rgb[..], &whites[..]].concat())
            }
            ColorForm::Hs => {
                let (h, s, _) = color.to_hsv();
                let (h, s) = ((h * 1000.0).round() / 1000.0, (s * 1000.0).round() / 1000.0);
                let others = [("hue", variable(h)), ("sat", variable(s))];
                send(format!("{},{}", plain(h), plain(s)), &others)
            }
            ColorForm::Xy => {
                let (x, y) = color.to_xy();
                let (x, y) = ((x * 1000.0).round() / 1000.0, (y * 1000.0).round() / 1000.0);
                let others = [("x", variable(x)), ("y", variable(y))];
                send(format!("{},{}", plain(x), plain(y)), &others)
            }
        }
    }

    fn send_brightness(&self, percent: f64) -> Result<Publish, Cannot> {
        let to = self.brightness.as_ref().ok_or(Cannot::Lacks("brightness"))?;
        to.send_number(brightness_of_percent(percent, self.brightness_scale))
    }

    fn be(&self, order: &LightOrder, state: &EntityState) -> Result<Vec<Publish>, Cannot> {
        let on = || {
            let command = self.command.as_ref().ok_or(Cannot::Lacks("readable command template"))?;
            command.send(&self.words.payload_on)
        };
        let known = || state.number("brightness").filter(|b| *b > 0.0).map(|b| b / 255.0 * 100.0);
        let mut order = order.clone();
        let mut all = Vec::new();
        match self.sends_on {
            SendsOn::First => all.push(on()?),
            SendsOn::ByBrightness => {
                order.brightness = order.brightness.or_else(known).or(Some(100.0));
            }
            SendsOn::Last => {}
        }
        let by_color = self.brightness.is_none() && self.color.as_ref().is_some_and(|(_, f)| f.dims());
        if let Some(color) = order.color {
            let share = order.brightness.filter(|_| by_color).map_or(1.0, |b| b / 100.0);
            all.push(self.send_color(color.scaled(share))?);
        } else if let Some(percent) = order.brightness.filter(|_| by_color) {
            let shown = state.attributes.get("rgb_color").and_then(|c| c.as_array());
            let parts: Vec<f64> = shown.into_iter().flatten().filter_map(|c| c.as_f64()).collect();
            let shown = rgb(&parts).unwrap_or(Rgb(255, 255, 255));
            let (h, s, _) = shown.to_hsv();
            all.push(self.send_color(Rgb::from_hs(h, s).scaled(percent / 100.0))?);
        }
        if let Some(percent) = order.brightness.filter(|_| !by_color) {
            all.push(self.send_brightness(percent)?);
        }
        if let Some(kelvin) = order.kelvin {
            let to = self.color_temp.as_ref().ok_or(Cannot::Lacks("color_temp"))?;
            all.push(to.send_number(self.whites.of_kelvin(kelvin))?);
        }
        if let Some(name) = &order.effect {
            let to = self.effect.as_ref().ok_or(Cannot::Lacks("effect"))?;
            all.push(to.send(effect(&self.effects, name)?)?);
        }
        if self.sends_on == SendsOn::Last {
            all.push(on()?);
        }
        Ok(all)
    }
}

impl Component for Light {
    fn take(&mut self, role: Role, text: &str, state: &mut EntityState) -> Result<(), String> {
        match role {
            Role::Brightness => {
                let value = number(text)?;
                set_brightness(value, self.brightness_scale, state)?;
                if !self.reports_state {
                    state.value = Some(if value > 0.0 { "on" } else { "off" }.into());
                }
            }
            Role::ColorTemp if text == "None" => {
                state.attributes.remove("color_temp_kelvin");
            }
            Role::ColorTemp => set_kelvin(self.whites.to_kelvin(number(text)?), state),
            Role::Rgb | Role::Rgbw | Role::Rgbww => {
                let color = rgb(&numbers(text)?)?;
                if self.brightness.is_none() {
                    let most = f64::from(color.0.max(color.1).max(color.2));
                    set_brightness(most, 255.0, state)?;
                }
                let mode = match role {
                    Role::Rgbw => "rgbw",
                    Role::Rgbww => "rgbww",
                    _ => "rgb",
                };
                set_rgb(color, mode, state);
            }
            Role::Hs => match numbers(text)?.as_slice() {
                [h, s] => set_hs(*h, *s, state),
                _ => return Err("hue and saturation are two numbers".into()),
            },
            Role::Xy => match numbers(text)?.as_slice() {
                [x, y] => set_xy(*x, *y, state),
                _ => return Err("x and y are two numbers".into()),
            },
            Role::ColorMode => {
                state.attributes.insert("color_mode".into(), text.into());
            }
            Role::Effect => set_effect(text, state),
            _ => self.words.take(text, state)?,
        }
        Ok(())
    }

    fn write(&self, order: &Order, state: &EntityState) -> Result<Vec<Publish>, Cannot> {
        match order {
            Order::On => self.be(&LightOrder::default(), state),
            Order::Light(order) => self.be(order, state),
            Order::Off => {
                let command = self.command.as_ref().ok_or(Cannot::Lacks("readable command template"))?;
                Ok(vec![command.send(&self.words.payload_off)?])
            }
            _ => Err(Cannot::Lacks("that")),
        }
    }
}
