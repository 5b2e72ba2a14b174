//! Answers to questions about what is.

use super::{Replies, number};
use crate::home::{Availability, Entity, HomeView};
use crate::intent::Command;
use minijinja::context;

/// The most names that are said in one answer.
const MAX_NAMES: usize = 5;

impl Replies {
    /// The answer to `HassGetState`, `HassClimateGetTemperature` or `HassGetWeather`, from the states in
    /// `view`. Any, all, which and how many are answered alike, with how many of how many and their
    /// names: that is true whichever was asked.
    pub fn answer_state(&self, view: &HomeView, command: &Command, seed: u64) -> String {
        let entities: Vec<&Entity> = command.targets.iter().filter_map(|id| view.entity(id)).collect();
        match command.intent.as_str() {
            "HassClimateGetTemperature" => self.temperature(&entities, command, seed),
            "HassGetWeather" => {
                entities.first().map(|weather| self.weather(weather, seed)).unwrap_or_default()
            }
            _ => match (command.text_slot("state"), entities.as_slice()) {
                (_, []) => String::new(),
                (Some(asked), [only]) if command.slots.contains_key("name") => {
                    self.yes_or_no(only, asked, seed)
                }
                (Some(asked), several) => self.how_many(several, asked, command, seed),
                (None, several) => {
                    let each: Vec<String> =
                        several.iter().take(MAX_NAMES).map(|entity| self.what_is(entity, seed)).collect();
                    each.join(&self.file.join.sentences)
                }
            },
        }
    }

    fn state_reply(&self, key: &str, seed: u64, values: minijinja::Value) -> String {
        self.say(self.file.state.get(key), seed, values)
    }

    /// Why a thing's state cannot be told.
    fn silence(&self, entity: &Entity, seed: u64) -> Option<String> {
        let the = self.the(entity);
        let key = match (entity.state.availability, entity.state.value.as_deref()) {
            (Availability::Unavailable, _) | (_, Some("unavailable")) => "unavailable",
            (_, None | Some("unknown" | "")) => "unknown",
            _ => return None,
        };
        Some(self.state_reply(key, seed, context! { the }))
    }

    fn what_is(&self, entity: &Entity, seed: u64) -> String {
        if let Some(silence) = self.silence(entity, seed) {
            return silence;
        }
        let the = self.the(entity);
        let value = entity.state.value.as_deref().unwrap_or("");
        let brightness =
            entity.state.number("brightness").filter(|_| entity.domain() == "light" && value == "on");
        if let Some(brightness) = brightness {
            let value = number((brightness * 100.0 / 255.0).round());
            return self.state_reply("light", seed, context! { the, value });
        }
        if entity.domain() == "sensor" || entity.domain() == "number" {
            return self.state_reply("value", seed, context! { the, value => self.measured(entity) });
        }
        self.state_reply("is", seed, context! { the, state => self.state_words(entity) })
    }

    /// A sensor's value with its unit: "21.5 degrees".
    fn measured(&self, entity: &Entity) -> String {
        let value = entity.state.value.as_deref().unwrap_or("");
        let attribute = |name: &str| entity.state.attributes.get(name).and_then(serde_json::Value::as_str);
        let unit = entity.unit.as_deref().or_else(|| attribute("unit_of_measurement")).unwrap_or("");
        let Ok(amount) = value.parse::<f64>() else { return value.to_string() };
        let said = number(amount);
        match self.file.units.get(unit) {
            Some([one, many]) => {
                format!("{said}{}{}", self.file.join.unit, if said == "1" { one } else { many })
            }
            None if unit.is_empty() => said,
            None => format!("{said}{}{unit}", self.file.join.unit),
        }
    }

    /// A thing's state as it is said.
    pub(super) fn state_words(&self, entity: &Entity) -> String {
        let value = entity.state.value.as_deref().unwrap_or("");
        self.words_for(entity, value)
    }

    fn words_for(&self, entity: &Entity, value: &str) -> String {
        if entity.domain() == "binary_sensor" {
            let class = entity.device_class.as_deref().unwrap_or("");
            let side = match value {
                "on" => Some(0),
                "off" => Some(1),
                _ => None,
            };
            if let (Some(words), Some(side)) = (self.file.classes.get(class), side)
                && let Some(word) = words.get(side)
            {
                return word.clone();
            }
        }
        self.file.words.get(value).cloned().unwrap_or_else(|| value.replace('_', " "))
    }

    fn yes_or_no(&self, entity: &Entity, asked: &str, seed: u64) -> String {
        if let Some(silence) = self.silence(entity, seed) {
            return silence;
        }
        let key = if self.is_in_state(entity, asked) { "yes" } else { "no" };
        self.state_reply(key, seed, context! { the => self.the(entity), state => self.state_words(entity) })
    }

    fn how_many(&self, entities: &[&Entity], asked: &str, command: &Command, seed: u64) -> String {
        let matched: Vec<&&Entity> =
            entities.iter().filter(|entity| self.is_in_state(entity, asked)).collect();
        let names: Vec<String> = matched.iter().map(|entity| entity.name.clone()).collect();
        let first = entities.first().copied();
        let class = command.text_slot("device_class").filter(|class| self.file.kinds.contains_key(*class));
        let kind = class.or(first.map(Entity::domain)).unwrap_or("");
        let state = match (first, matched.first()) {
            (_, Some(entity)) => self.state_words(entity),
            (Some(entity), None) => {
                // Covers and sensors stand side by side: the word is that of whoever speaks it.
                let asked = match (entity.domain(), asked) {
                    ("binary_sensor", "open") => "on",
                    ("binary_sensor", "closed") => "off",
                    (_, asked) => asked,
                };
                self.words_for(entity, asked)
            }
            (None, None) => asked.to_string(),
        };
        let values = context! {
            state, count => entities.len(), matched => matched.len(),
            kind => self.file.kind(kind, false), kinds => self.file.kind(kind, true),
            names => self.file.list(&names, &self.file.join.and, MAX_NAMES),
            the => first.map(|entity| self.the(entity)),
        };
        let is_people = first.is_some_and(|entity| entity.domain() == "person");
        let key = match (matched.len(), entities.len()) {
            (0, _) if is_people => "nobody",
            (_, _) if is_people => "people",
            (1, 1) => "yes",
            (0, 1) => return first.map(|entity| self.yes_or_no(entity, asked, seed)).unwrap_or_default(),
            (0, _) => "none",
            (2, 2) => "both",
            (some, all) if some == all => "all",
            _ => "some",
        };
        self.state_reply(key, seed, values)
    }

    /// As [`is_in_state`], with the state called as a sentence of this language calls it.
    fn is_in_state(&self, entity: &Entity, asked: &str) -> bool {
        let same = self.file.same_states.get(asked);
        is_in_state(entity, asked) || same.is_some_and(|same| is_in_state(entity, same))
    }

    fn temperature(&self, entities: &[&Entity], command: &Command, seed: u64) -> String {
        let mut said = Vec::new();
        for entity in entities.iter().take(MAX_NAMES) {
            let degrees = match entity.domain() {
                "climate" | "water_heater" => entity.state.number("current_temperature"),
                _ => entity.state.value.as_deref().and_then(|value| value.parse().ok()),
            };
            let Some(degrees) = degrees else {
                let the = self.the(entity);
                said.push(
                    self.silence(entity, seed)
                        .unwrap_or_else(|| self.state_reply("unknown", seed, context! { the })),
                );
                continue;
            };
            let value = number(degrees);
            let area = command.text_slot("area").or(entity.area.as_deref());
            said.push(match area {
                _ if command.slots.contains_key("name") => {
                    self.state_reply("temperature_of", seed, context! { the => self.the(entity), value })
                }
                Some(area) => self.state_reply("temperature", seed, context! { area, value }),
                None => self.state_reply("temperature_here", seed, context! { value }),
            });
        }
        said.join(&self.file.join.sentences)
    }

    fn weather(&self, weather: &Entity, seed: u64) -> String {
        if let Some(silence) = self.silence(weather, seed) {
            return silence;
        }
        let state = self.state_words(weather);
        let name = weather.name.as_str();
        match weather.state.number("temperature") {
            Some(degrees) => {
                self.state_reply("weather_degrees", seed, context! { state, name, value => number(degrees) })
            }
            None => self.state_reply("weather", seed, context! { state, name }),
        }
    }
}

/// Whether a thing is in the state that was asked for; a window that is a sensor is `open` when `on`.
fn is_in_state(entity: &Entity, asked: &str) -> bool {
    let Some(value) = entity.state.value.as_deref() else { return false };
    let asked = match (entity.domain(), asked) {
        ("binary_sensor", "open") => "on",
        ("binary_sensor", "closed") => "off",
        (_, asked) => asked,
    };
    match (entity.domain(), asked) {
        // What plays or idles is on; what heats or cools is on.
        ("media_player" | "climate", "on") => !matches!(value, "off" | "standby" | "unavailable" | "unknown"),
        ("cover" | "valve", "open") => matches!(value, "open" | "opening" | "stopped"),
        _ => value.eq_ignore_ascii_case(asked),
    }
}
