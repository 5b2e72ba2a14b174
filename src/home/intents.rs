//! From an intent to what one thing is told.
//!
//! Intents, slots and their values are those of [`crate::intent::command`]. What an intent means for a
//! domain is Home Assistant's: turning on opens a cover and locks a lock.

use super::color::{Named, Rgb, named};
use super::entity::{Entity, Feature};
use super::order::{LightOrder, ListOrder, MediaOrder, Order};
use crate::intent::{Command, Refusal};

/// Intents that ask for something and change nothing.
const QUESTIONS: &[&str] = &[
    "HassClimateGetTemperature",
    "HassGetCurrentDate",
    "HassGetCurrentTime",
    "HassGetState",
    "HassGetWeather",
    "HassNevermind",
    "HassRespond",
];

/// Domains that are simply on or off, or run when they are turned on.
const ON_OFF: &[&str] = &[
    "automation",
    "climate",
    "fan",
    "group",
    "humidifier",
    "input_boolean",
    "light",
    "media_player",
    "remote",
    "scene",
    "script",
    "siren",
    "switch",
    "water_heater",
];

/// Step of a volume that goes up or down by no given amount, in percent.
const VOLUME_STEP: f64 = 10.0;

/// Whether an intent only asks.
pub(super) fn asks(intent: &str) -> bool {
    QUESTIONS.contains(&intent)
}

/// What an intent makes of its command and a target; `None`: the intent is none of ours.
type Reader = fn(&Command, &Entity) -> Result<Order, Refusal>;

/// Every intent that changes something in the home.
const INTENTS: &[(&str, Reader)] = &[
    ("HassClimateSetMode", climate_mode),
    ("HassClimateSetTemperature", climate_temperature),
    ("HassCloseCover", |_, e| turn(e, false)),
    ("HassFanSetSpeed", fan_speed),
    ("HassHumidifierMode", climate_mode),
    ("HassHumidifierSetpoint", humidity),
    ("HassLawnMowerDock", |_, e| only(e, &["lawn_mower"], Feature::ReturnHome, Order::ReturnHome)),
    ("HassLawnMowerStartMowing", |_, e| of_domain(e, &["lawn_mower"], "start_mowing", Order::Start)),
    ("HassLightSet", light),
    ("HassListAddItem", |c, e| list(c, e, ListOrder::Add)),
    ("HassListCompleteItem", |c, e| list(c, e, ListOrder::Complete)),
    ("HassListRemoveItem", |c, e| list(c, e, ListOrder::Remove)),
    ("HassMediaNext", |_, e| media(e, Feature::Next, MediaOrder::Next)),
    ("HassMediaPause", |_, e| media(e, Feature::Pause, MediaOrder::Pause)),
    ("HassMediaPlayerMute", |_, e| media(e, Feature::Mute, MediaOrder::Mute(true))),
    ("HassMediaPlayerUnmute", |_, e| media(e, Feature::Mute, MediaOrder::Mute(false))),
    ("HassMediaPrevious", |_, e| media(e, Feature::Previous, MediaOrder::Previous)),
    ("HassMediaSearchAndPlay", search),
    ("HassMediaUnpause", |_, e| media(e, Feature::Pause, MediaOrder::Play)),
    ("HassOpenCover", |_, e| turn(e, true)),
    ("HassSetPosition", position),
    ("HassSetVolume", volume),
    ("HassSetVolumeRelative", volume),
    ("HassShoppingListAddItem", |c, e| list(c, e, ListOrder::Add)),
    ("HassShoppingListCompleteItem", |c, e| list(c, e, ListOrder::Complete)),
    ("HassStopMoving", |_, e| stop(e)),
    ("HassToggle", |_, e| toggle(e)),
    ("HassTurnOff", |_, e| turn(e, false)),
    ("HassTurnOn", |_, e| turn(e, true)),
    ("HassVacuumCleanArea", clean_area),
    ("HassVacuumReturnToBase", |_, e| only(e, &["vacuum"], Feature::ReturnHome, Order::ReturnHome)),
    ("HassVacuumStart", |_, e| of_domain(e, &["vacuum"], "start", Order::Start)),
];

/// What a command tells one of its targets; `None`: the intent is none of the home's.
pub(super) fn order(command: &Command, entity: &Entity) -> Option<Result<Order, Refusal>> {
    let (_, read) = INTENTS.iter().find(|(name, _)| *name == command.intent)?;
    Some(read(command, entity))
}

/// Whether an intent is the home's.
pub(super) fn changes(intent: &str) -> bool {
    INTENTS.iter().any(|(name, _)| *name == intent)
}

fn lacks(entity: &Entity, feature: impl Into<String>) -> Refusal {
    Refusal::FeatureNotSupported { entity: entity.id.clone(), feature: feature.into() }
}

fn unheard(entity: &Entity) -> Refusal {
    Refusal::Unavailable { entity: entity.id.clone() }
}

fn missing(command: &Command) -> Refusal {
    Refusal::NotServed { intent: command.intent.clone() }
}

/// A number between bounds.
fn within(entity: &Entity, slot: &str, value: f64, (min, max): (f64, f64)) -> Result<f64, Refusal> {
    if (min..=max).contains(&value) {
        Ok(value)
    } else {
        Err(Refusal::OutOfRange { entity: entity.id.clone(), slot: slot.to_owned(), min, max })
    }
}

fn of_domain(entity: &Entity, domains: &[&str], feature: &str, order: Order) -> Result<Order, Refusal> {
    if domains.contains(&entity.domain()) { Ok(order) } else { Err(lacks(entity, feature)) }
}

fn only(entity: &Entity, domains: &[&str], feature: Feature, order: Order) -> Result<Order, Refusal> {
    if entity.has(feature) {
        of_domain(entity, domains, &feature.to_string(), order)
    } else {
        Err(lacks(entity, feature.to_string()))
    }
}

fn turn(entity: &Entity, on: bool) -> Result<Order, Refusal> {
    let order = match entity.domain() {
        "cover" | "valve" => [Order::Close, Order::Open],
        "lock" => [Order::Unlock, Order::Lock],
        "vacuum" | "lawn_mower" => [Order::ReturnHome, Order::Start],
        "alarm_control_panel" => [Order::Disarm, Order::Arm(arming(entity))],
        "button" | "input_button" if on => return Ok(Order::Press),
        "scene" if !on => return Err(lacks(entity, "turn_off")),
        domain if ON_OFF.contains(&domain) => [Order::Off, Order::On],
        _ => return Err(lacks(entity, if on { "turn_on" } else { "turn_off" })),
    };
    let [off, turned_on] = order;
    Ok(if on { turned_on } else { off })
}

/// How an alarm is armed when nobody says how.
fn arming(entity: &Entity) -> String {
    let modes = entity.options.get("mode").map(Vec::as_slice).unwrap_or_default();
    let away = modes.is_empty() || modes.iter().any(|m| m == "away");
    if away { "away".into() } else { modes.first().cloned().unwrap_or_default() }
}

fn toggle(entity: &Entity) -> Result<Order, Refusal> {
    let state = entity.state.value.as_deref();
    match entity.domain() {
        "cover" | "valve" | "lock" | "alarm_control_panel" | "vacuum" | "lawn_mower" => {
            // It matters which way these go.
            let state = state.ok_or_else(|| unheard(entity))?;
            let on = matches!(
                state,
                "open" | "opening" | "locked" | "locking" | "cleaning" | "mowing" | "returning"
            ) || state.starts_with("arm");
            turn(entity, !on)
        }
        "scene" | "button" | "input_button" | "script" => turn(entity, true),
        _ => turn(entity, matches!(state, Some("off") | None)),
    }
}

fn stop(entity: &Entity) -> Result<Order, Refusal> {
    only(entity, &["cover", "valve", "vacuum"], Feature::Stop, Order::Stop)
}

/// The brightness in percent that a light shows.
fn shown_brightness(entity: &Entity) -> Option<f64> {
    match entity.state.value.as_deref() {
        Some("off") => Some(0.0),
        _ => entity.state.number("brightness").map(|b| b / 255.0 * 100.0),
    }
}

fn light(command: &Command, entity: &Entity) -> Result<Order, Refusal> {
    if entity.domain() != "light" {
        return Err(lacks(entity, "brightness"));
    }
    let mut order = LightOrder::default();
    if let Some(percent) = command.number_slot("brightness") {
        order.brightness = Some(within(entity, "brightness", percent, (0.0, 100.0))?);
    } else if let Some(step) = command.number_slot("brightness_step") {
        let now = shown_brightness(entity);
        if !entity.has(Feature::Brightness) {
            return Err(lacks(entity, "brightness"));
        }
        let now = now.ok_or_else(|| unheard(entity))?;
        // Dimmer is not off, unless it was off.
        let least = if now > 0.0 { 1.0 } else { 0.0 };
        order.brightness = Some((now + step).round().clamp(least, 100.0));
    }
    let whites = entity.ranges.get("color_temp_kelvin").copied().unwrap_or((2000.0, 6535.0));
    if let Some(name) = command.text_slot("color") {
        let color = named(name).ok_or_else(|| lacks(entity, format!("color {name}")))?;
        match color {
            Named::White(kelvin) if entity.has(Feature::ColorTemp) => {
                order.kelvin = Some(kelvin.clamp(whites.0, whites.1));
            }
            Named::White(kelvin) => order.color = Some(Rgb::from_kelvin(kelvin)),
            // A lamp for whites alone knows a white.
            Named::Color(Rgb(255, 255, 255))
                if entity.has(Feature::ColorTemp) && !entity.has(Feature::Color) =>
            {
                order.kelvin = Some(4000.0f64.clamp(whites.0, whites.1));
            }
            Named::Color(rgb) => order.color = Some(rgb),
        }
    }
    if let Some(kelvin) = command.number_slot("temperature") {
        order.kelvin = Some(kelvin);
    } else if let Some(step) = command.number_slot("temperature_step") {
        let now = entity.state.number("color_temp_kelvin").ok_or_else(|| unheard(entity))?;
        order.kelvin = Some((now + step).clamp(whites.0, whites.1));
    }
    if let Some(kelvin) = order.kelvin {
        if entity.has(Feature::ColorTemp) {
            within(entity, "temperature", kelvin, whites)?;
        } else if entity.has(Feature::Color) {
            within(entity, "temperature", kelvin, (1000.0, 10_000.0))?;
            order.kelvin = None;
            order.color = Some(Rgb::from_kelvin(kelvin));
        } else {
            return Err(lacks(entity, "color_temp"));
        }
    }
    if order.color.is_some() && !entity.has(Feature::Color) {
        return Err(lacks(entity, "color"));
    }
    match order.brightness {
        Some(percent) if percent <= 0.0 => return Ok(Order::Off),
        // Full brightness is what being on means to a lamp that cannot be dimmed.
        Some(percent) if !entity.has(Feature::Brightness) => {
            if percent < 100.0 {
                return Err(lacks(entity, "brightness"));
            }
            order.brightness = None;
        }
        _ => {}
    }
    if let Some(effect) = command.text_slot("effect") {
        if !entity.has(Feature::Effect) {
            return Err(lacks(entity, "effect"));
        }
        order.effect = Some(effect.to_owned());
    }
    Ok(if order == LightOrder::default() { Order::On } else { Order::Light(order) })
}

fn position(command: &Command, entity: &Entity) -> Result<Order, Refusal> {
    if !matches!(entity.domain(), "cover" | "valve") {
        return Err(lacks(entity, "position"));
    }
    let wanted = match command.number_slot("position") {
        Some(percent) => within(entity, "position", percent, (0.0, 100.0))?,
        None => {
            let step = command.number_slot("position_step").ok_or_else(|| missing(command))?;
            let known = entity.state.number("current_position");
            let by_state = || match entity.state.value.as_deref() {
                Some("open") => Some(100.0),
                Some("closed") => Some(0.0),
                _ => None,
            };
            let now = known.or_else(by_state).ok_or_else(|| unheard(entity))?;
            (now + step).clamp(0.0, 100.0)
        }
    };
    if entity.has(Feature::Position) {
        return Ok(Order::Position(wanted));
    }
    // Without positions it still knows the two ends.
    if wanted == 0.0 {
        Ok(Order::Close)
    } else if wanted == 100.0 {
        Ok(Order::Open)
    } else {
        Err(lacks(entity, "position"))
    }
}

fn fan_speed(command: &Command, entity: &Entity) -> Result<Order, Refusal> {
    if entity.domain() != "fan" {
        return Err(lacks(entity, "speed"));
    }
    let wanted = match command.number_slot("percentage") {
        Some(percent) => within(entity, "percentage", percent, (0.0, 100.0))?,
        None => {
            let step = command.number_slot("percentage_step").ok_or_else(|| missing(command))?;
            let now = match entity.state.value.as_deref() {
                Some("off") => Some(0.0),
                _ => entity.state.number("percentage"),
            };
            (now.ok_or_else(|| unheard(entity))? + step).clamp(0.0, 100.0)
        }
    };
    match (entity.has(Feature::Speed), wanted) {
        (_, 0.0) => Ok(Order::Off),
        (true, percent) => Ok(Order::Speed(percent)),
        (false, 100.0) => Ok(Order::On),
        (false, _) => Err(lacks(entity, "speed")),
    }
}

fn climate_temperature(command: &Command, entity: &Entity) -> Result<Order, Refusal> {
    if !entity.has(Feature::Temperature) || !matches!(entity.domain(), "climate" | "water_heater") {
        return Err(lacks(entity, "temperature"));
    }
    let range = entity.ranges.get("temperature").copied().unwrap_or((f64::MIN, f64::MAX));
    let wanted = match command.number_slot("temperature") {
        Some(degrees) => degrees,
        None => {
            let step = command.number_slot("temperature_step").ok_or_else(|| missing(command))?;
            let now = ["temperature", "target_temp_low", "target_temp_high"]
                .into_iter()
                .find_map(|name| entity.state.number(name));
            now.ok_or_else(|| unheard(entity))? + step
        }
    };
    Ok(Order::Temperature(within(entity, "temperature", wanted, range)?))
}

fn climate_mode(command: &Command, entity: &Entity) -> Result<Order, Refusal> {
    let mode = command.text_slot("mode").ok_or_else(|| missing(command))?;
    let modes = entity.options.get("mode").map(Vec::as_slice).unwrap_or_default();
    match modes.iter().find(|m| m.eq_ignore_ascii_case(mode)) {
        Some(mode) => Ok(Order::Mode(mode.clone())),
        None if mode == "off" => turn(entity, false),
        None => Err(lacks(entity, format!("mode {mode}"))),
    }
}

fn humidity(command: &Command, entity: &Entity) -> Result<Order, Refusal> {
    if entity.domain() != "humidifier" {
        return Err(lacks(entity, "humidity"));
    }
    let wanted = command.number_slot("humidity").ok_or_else(|| missing(command))?;
    let range = entity.ranges.get("humidity").copied().unwrap_or((0.0, 100.0));
    Ok(Order::Humidity(within(entity, "humidity", wanted, range)?))
}

fn media(entity: &Entity, feature: Feature, order: MediaOrder) -> Result<Order, Refusal> {
    only(entity, &["media_player"], feature, Order::Media(order))
}

fn search(command: &Command, entity: &Entity) -> Result<Order, Refusal> {
    let query = command.text_slot("search_query").ok_or_else(|| missing(command))?.to_owned();
    let class = command.text_slot("media_class").map(str::to_owned);
    media(entity, Feature::Search, MediaOrder::Search { query, class })
}

fn volume(command: &Command, entity: &Entity) -> Result<Order, Refusal> {
    let wanted = match command.number_slot("volume_level") {
        Some(percent) => within(entity, "volume_level", percent, (0.0, 100.0))?,
        None => {
            let step = match command.text_slot("volume_step") {
                Some("up") => VOLUME_STEP,
                Some("down") => -VOLUME_STEP,
                _ => command.number_slot("volume_step").ok_or_else(|| missing(command))?,
            };
            if !entity.has(Feature::Volume) {
                return Err(lacks(entity, "volume"));
            }
            let now = entity.state.number("volume_level").ok_or_else(|| unheard(entity))?;
            (now * 100.0 + step).round().clamp(0.0, 100.0)
        }
    };
    media(entity, Feature::Volume, MediaOrder::Volume(wanted / 100.0))
}

fn clean_area(command: &Command, entity: &Entity) -> Result<Order, Refusal> {
    let area = command.text_slot("area").ok_or_else(|| missing(command))?.to_owned();
    only(entity, &["vacuum"], Feature::CleanArea, Order::CleanArea(area))
}

fn list(command: &Command, entity: &Entity, order: fn(String) -> ListOrder) -> Result<Order, Refusal> {
    let item = command.text_slot("item").ok_or_else(|| missing(command))?.to_owned();
    of_domain(entity, &["todo"], "items", Order::List(order(item)))
}
