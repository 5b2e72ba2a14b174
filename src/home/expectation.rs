//! Which state should come back after a command.

use super::color::Rgb;
use super::entity::{Entity, EntityState};
use super::order::{MediaOrder, Order};
use serde_json::{Value, json};

/// A state that should come back.
#[derive(Debug, Clone, PartialEq)]
pub struct Expectation {
    /// The entity's id.
    pub entity: String,
    /// What should be seen of it.
    pub seen: Seen,
}

/// What should be seen of an entity's state. Tolerances are for devices that count in coarser steps.
#[derive(Debug, Clone, PartialEq)]
pub enum Seen {
    /// The state is one of these words.
    State(Vec<String>),
    /// The state is known and is not this word.
    NotState(String),
    /// An attribute is this number, give or take.
    Number {
        /// The attribute.
        attribute: String,
        /// Its value.
        value: f64,
        /// How far it may be off.
        tolerance: f64,
    },
    /// An attribute is this value.
    Attribute {
        /// The attribute.
        attribute: String,
        /// Its value.
        value: Value,
    },
    /// The colour shown is this one or looks like it.
    Color([u8; 3]),
    /// It is at this position in percent, or on its way.
    Position(f64),
}

impl Expectation {
    /// Whether a state is as expected.
    ///
    /// An attribute that the entity does not report counts as seen: not every light tells its colour.
    pub fn met_by(&self, state: &EntityState) -> bool {
        let word = state.value.as_deref();
        match &self.seen {
            Seen::State(words) => word.is_some_and(|w| words.iter().any(|x| x == w)),
            Seen::NotState(not) => word.is_some_and(|w| w != not),
            Seen::Number { attribute, value, tolerance } => {
                state.number(attribute).is_none_or(|n| (n - value).abs() <= *tolerance)
            }
            Seen::Attribute { attribute, value } => {
                state.attributes.get(attribute).is_none_or(|v| v == value)
            }
            Seen::Color(wanted) => shown_color(state).is_none_or(|shown| alike(shown, *wanted)),
            Seen::Position(wanted) => {
                matches!(word, Some("opening" | "closing"))
                    || state.number("current_position").is_none_or(|n| (n - wanted).abs() <= 3.0)
            }
        }
    }
}

fn shown_color(state: &EntityState) -> Option<Rgb> {
    let parts = state.attributes.get("rgb_color")?.as_array()?;
    let part = |at: usize| parts.get(at).and_then(Value::as_f64).map(|c| c.clamp(0.0, 255.0) as u8);
    Some(Rgb(part(0)?, part(1)?, part(2)?))
}

/// Whether two colours have about the same hue and saturation, whatever their brightness.
fn alike(shown: Rgb, [r, g, b]: [u8; 3]) -> bool {
    let (h1, s1, _) = shown.to_hsv();
    let (h2, s2, _) = Rgb(r, g, b).to_hsv();
    let apart = (h1 - h2).rem_euclid(360.0);
    // The hue of what is nearly white says nothing.
    let hue = apart.min(360.0 - apart) <= 20.0 || s1.max(s2) < 15.0;
    hue && (s1 - s2).abs() <= 25.0
}

/// What should be seen after an order.
pub(super) fn expected(order: &Order, entity: &Entity) -> Vec<Expectation> {
    let words = |all: &[&str]| Seen::State(all.iter().map(|w| (*w).to_owned()).collect());
    let number = |attribute: &str, value: f64, tolerance: f64| Seen::Number {
        attribute: attribute.to_owned(),
        value,
        tolerance,
    };
    let attribute = |name: &str, value: Value| Seen::Attribute { attribute: name.to_owned(), value };
    let on = || match entity.domain() {
        "scene" | "script" | "automation" => Vec::new(),
        "climate" | "water_heater" | "media_player" => vec![Seen::NotState("off".into())],
        _ => vec![words(&["on"])],
    };
    let seen = match order {
        Order::On => on(),
        Order::Off => match entity.domain() {
            "script" => Vec::new(),
            "media_player" => vec![words(&["off", "standby"])],
            _ => vec![words(&["off"])],
        },
        Order::Light(light) => {
            let mut seen = on();
            if let Some(percent) = light.brightness {
                seen.push(number("brightness", 255.0 * percent / 100.0, 4.0));
            }
            if let Some(kelvin) = light.kelvin {
                seen.push(number("color_temp_kelvin", kelvin, (kelvin * 0.03).max(50.0)));
            }
            if let Some(Rgb(r, g, b)) = light.color {
                seen.push(Seen::Color([r, g, b]));
            }
            seen.extend(light.effect.as_ref().map(|e| attribute("effect", json!(e))));
            seen
        }
        Order::Open => vec![words(&["open", "opening"])],
        Order::Close => vec![words(&["closed", "closing"])],
        Order::Position(percent) => vec![Seen::Position(*percent)],
        Order::Tilt(percent) => vec![number("current_tilt_position", *percent, 3.0)],
        Order::Lock => vec![words(&["locked", "locking"])],
        Order::Unlock => vec![words(&["unlocked", "unlocking", "open", "opening"])],
        Order::Temperature(degrees) => vec![number("temperature", *degrees, 0.51)],
        Order::Mode(mode) if entity.domain() == "humidifier" => vec![attribute("mode", json!(mode))],
        Order::Mode(mode) => vec![words(&[mode])],
        Order::Preset(preset) => vec![attribute("preset_mode", json!(preset))],
        // A fan with three speeds rounds a lot.
        Order::Speed(percent) => vec![words(&["on"]), number("percentage", *percent, 34.0)],
        Order::Humidity(percent) => vec![number("humidity", *percent, 1.0)],
        Order::Start if entity.domain() == "lawn_mower" => vec![words(&["mowing"])],
        Order::Start | Order::CleanArea(_) => vec![words(&["cleaning"])],
        Order::Pause => vec![words(&["paused"])],
        Order::ReturnHome => vec![words(&["returning", "docked"])],
        Order::Choose(option) => vec![words(&[option])],
        Order::Text(text) if entity.domain() == "text" => vec![words(&[text])],
        Order::Arm(mode) => vec![words(&[&format!("armed_{mode}"), "arming", "pending"])],
        Order::Disarm => vec![words(&["disarmed", "disarming"])],
        Order::Media(MediaOrder::Pause) => vec![words(&["paused", "idle"])],
        Order::Media(MediaOrder::Play | MediaOrder::Search { .. }) => vec![words(&["playing", "buffering"])],
        Order::Media(MediaOrder::Volume(level)) => vec![number("volume_level", *level, 0.02)],
        Order::Media(MediaOrder::Mute(muted)) => vec![attribute("is_volume_muted", json!(muted))],
        Order::Press
        | Order::Stop
        | Order::Value(_)
        | Order::Text(_)
        | Order::Media(MediaOrder::Next | MediaOrder::Previous)
        | Order::List(_) => Vec::new(),
    };
    seen.into_iter().map(|seen| Expectation { entity: entity.id.clone(), seen }).collect()
}

/// Takes the effect of an order on a thing that reports nothing for granted; says whether there is one.
pub(super) fn assumed(order: &Order, entity: &Entity, state: &mut EntityState) -> bool {
    let before = state.clone();
    for expectation in expected(order, entity) {
        match expectation.seen {
            Seen::State(words) => state.value = words.into_iter().next(),
            Seen::NotState(_) if entity.domain() == "media_player" => state.value = Some("on".into()),
            Seen::NotState(_) => {}
            Seen::Number { attribute, value, .. } => {
                let whole = value.fract() == 0.0 || attribute == "brightness";
                let value = if whole { json!(value.round() as i64) } else { json!(value) };
                state.attributes.insert(attribute, value);
            }
            Seen::Attribute { attribute, value } => {
                state.attributes.insert(attribute, value);
            }
            Seen::Color(rgb) => {
                state.attributes.insert("rgb_color".into(), json!(rgb));
            }
            Seen::Position(percent) => {
                state.attributes.insert("current_position".into(), json!(percent as i64));
                state.value = Some(if percent > 0.0 { "open" } else { "closed" }.into());
            }
        }
    }
    *state != before
}
