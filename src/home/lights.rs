//! What the lights of all dialects have in common: brightness, whites, colours and effects in a state.

use super::color::Rgb;
use super::dialect::Cannot;
use super::entity::EntityState;
use serde_json::{Value, json};

/// A brightness in percent (above 0) as a device counts it, by way of Home Assistant's 0 to 255.
pub(super) fn brightness_of_percent(percent: f64, scale: f64) -> f64 {
    let in_255 = (255.0 * percent / 100.0).round_ties_even().clamp(1.0, 255.0);
    (in_255 / 255.0 * scale).round_ties_even().max(1.0)
}

/// Notes a brightness.
pub(super) fn set_brightness(value: f64, scale: f64, state: &mut EntityState) -> Result<(), String> {
    if value < 0.0 {
        return Err(format!("a brightness of {value} is below 0"));
    }
    let in_255 = (value / scale * 255.0).round().clamp(0.0, 255.0);
    // Home Assistant leaves a brightness of 0 out: it is the light being off.
    if in_255 > 0.0 {
        state.attributes.insert("brightness".into(), json!(in_255 as i64));
    }
    Ok(())
}

/// Notes a white, and that no colour is shown.
pub(super) fn set_kelvin(kelvin: f64, state: &mut EntityState) {
    for key in ["rgb_color", "hs_color", "xy_color"] {
        state.attributes.remove(key);
    }
    state.attributes.insert("color_temp_kelvin".into(), json!(kelvin as i64));
    state.attributes.insert("color_mode".into(), json!("color_temp"));
}

/// Notes a colour in all of Home Assistant's forms, and that no white is shown.
pub(super) fn set_rgb(rgb: Rgb, mode: &str, state: &mut EntityState) {
    let tenth = |n: f64| (n * 10.0).round() / 10.0;
    let thousandth = |n: f64| (n * 1000.0).round() / 1000.0;
    let (h, s, _) = rgb.to_hsv();
    let (x, y) = rgb.to_xy();
    state.attributes.remove("color_temp_kelvin");
    state.attributes.insert("rgb_color".into(), json!([rgb.0, rgb.1, rgb.2]));
    state.attributes.insert("hs_color".into(), json!([tenth(h), tenth(s)]));
    state.attributes.insert("xy_color".into(), json!([thousandth(x), thousandth(y)]));
    state.attributes.insert("color_mode".into(), json!(mode));
}

/// Notes a colour given as hue and saturation.
pub(super) fn set_hs(h: f64, s: f64, state: &mut EntityState) {
    set_rgb(Rgb::from_hs(h, s), "hs", state);
    state.attributes.insert("hs_color".into(), json!([h, s]));
}

/// Notes a colour given as CIE x and y.
pub(super) fn set_xy(x: f64, y: f64, state: &mut EntityState) {
    set_rgb(Rgb::from_xy(x, y), "xy", state);
    state.attributes.insert("xy_color".into(), json!([x, y]));
}

/// Three numbers as a colour.
pub(super) fn rgb(parts: &[f64]) -> Result<Rgb, String> {
    match parts {
        [r, g, b, ..] => {
            let [r, g, b] = [r, g, b].map(|c| c.round().clamp(0.0, 255.0) as u8);
            Ok(Rgb(r, g, b))
        }
        _ => Err("a colour has three parts".into()),
    }
}

/// Notes an effect.
pub(super) fn set_effect(effect: &str, state: &mut EntityState) {
    if effect == "None" {
        state.attributes.remove("effect");
    } else {
        state.attributes.insert("effect".into(), Value::from(effect));
    }
}

/// The effect of this name, as the list has it.
pub(super) fn effect<'l>(list: &'l [String], wanted: &str) -> Result<&'l str, Cannot> {
    let found = list.iter().find(|e| e.eq_ignore_ascii_case(wanted));
    found.map(String::as_str).ok_or(Cannot::Lacks("this effect"))
}
