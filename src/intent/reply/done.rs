//! What was done, or what came of it instead.

use super::{Replies, number, sentence};
use crate::home::{Entity, HomeView, Outcome};
use crate::intent::Command;
use minijinja::context;
use serde_json::Value;

/// More sentences than this are not said after one request.
const MAX_SENTENCES: usize = 4;

impl Replies {
    /// What came of commands, in their order. `view` is the home after them. Questions among them are
    /// answered; commands of skills are left out: [`Replies::skill`] says those.
    pub fn done(&self, view: &HomeView, done: &[(Command, Outcome)], seed: u64) -> String {
        let mut sentences: Vec<String> = Vec::new();
        for (command, outcome) in done {
            let sentence = match command.intent.as_str() {
                "HassGetState" | "HassClimateGetTemperature" | "HassGetWeather" => {
                    self.answer_state(view, command, seed)
                }
                _ => self.one_done(view, command, outcome, seed),
            };
            // The broker is away only once, however much was asked for.
            if !sentence.is_empty() && !sentences.contains(&sentence) {
                sentences.push(sentence);
            }
        }
        if sentences.len() > MAX_SENTENCES && done.iter().all(|(_, outcome)| *outcome == Outcome::Done) {
            return self.say(self.file.done.get("other"), seed, context! {});
        }
        sentences.join(&self.file.join.sentences)
    }

    fn one_done(&self, view: &HomeView, command: &Command, outcome: &Outcome, seed: u64) -> String {
        let subject = self.subject(view, command);
        let (what, the) = (subject.what.clone(), subject.the.clone());
        match outcome {
            Outcome::Dropped => return self.say(Some(&self.file.dropped), seed, context! { what, the }),
            Outcome::Unconfirmed if !command.targets.is_empty() => {
                return self.say(Some(&self.file.unconfirmed), seed, context! { what, the });
            }
            Outcome::Failed(reason) => {
                let reason = reason.trim_end_matches(['.', '!']);
                return self.say(Some(&self.file.failed), seed, context! { what, the, reason });
            }
            Outcome::Done | Outcome::Unconfirmed => {}
        }
        let entities: Vec<&Entity> = command.targets.iter().filter_map(|id| view.entity(id)).collect();
        let (key, value) = deed(command, &entities);
        let key = if self.file.done.contains_key(key) { key } else { "other" };
        let said = match key {
            "color" => &self.file.colors,
            _ => &self.file.modes,
        };
        let value = match key {
            "color" | "mode" => value.map(|value| said.get(&value).cloned().unwrap_or(value)),
            _ => value,
        };
        let list = command
            .text_slot("name")
            .map(str::to_string)
            .or_else(|| entities.first().map(|e| e.name.clone()));
        let values = context! {
            what, the, value,
            state => self.common_state(&entities),
            area => command.text_slot("area"),
            item => command.text_slot("item").or(command.text_slot("search_query")),
            the_list => list.map(|name| self.with_article(&name)),
            count => entities.len(),
        };
        self.say(self.file.done.get(key), seed, values)
    }

    /// The state that all have, as it is said; `None` where they differ or it is not known.
    fn common_state(&self, entities: &[&Entity]) -> Option<String> {
        let first = entities.first()?.state.value.as_deref()?;
        let all = entities.iter().all(|entity| entity.state.value.as_deref() == Some(first));
        all.then(|| entities.first().map(|entity| self.state_words(entity))).flatten()
    }

    /// "unlock the Front Door": what a command would do, for a question.
    pub(super) fn action_phrase(&self, view: &HomeView, command: &Command) -> Option<String> {
        let entities: Vec<&Entity> = command.targets.iter().filter_map(|id| view.entity(id)).collect();
        let (key, _) = deed(command, &entities);
        let template = self.file.asked.actions.get(key)?;
        let subject = self.subject(view, command);
        if subject.the.is_empty() {
            return None;
        }
        let phrase =
            self.environment.render_str(template, context! { the => subject.the, what => subject.what });
        phrase.ok()
    }
}

/// What kind of deed a command is, as a key under `done`, and the number or word that belongs to it.
fn deed(command: &Command, entities: &[&Entity]) -> (&'static str, Option<String>) {
    let domain = entities.first().map_or(command.text_slot("domain").unwrap_or(""), |entity| entity.domain());
    let slot = |name: &str| command.number_slot(name);
    let step = |name: &str, more: &'static str, less: &'static str| {
        slot(name).map(|s| if s < 0.0 { less } else { more })
    };
    // After a change by so much, what it is now is said if the only target tells.
    let now = |attribute: &str, scale: f64| match entities {
        [only] => only.state.number(attribute).map(|value| number((value * scale).round())),
        _ => None,
    };
    match command.intent.as_str() {
        "HassTurnOn" => match domain {
            "cover" | "valve" => ("opened", None),
            "lock" => ("locked", None),
            "scene" => ("scene", None),
            "script" | "automation" => ("script", None),
            "button" | "input_button" => ("pressed", None),
            _ => ("on", None),
        },
        "HassTurnOff" => match domain {
            "cover" | "valve" => ("closed", None),
            "lock" => ("unlocked", None),
            _ => ("off", None),
        },
        "HassToggle" => ("toggled", None),
        "HassStopMoving" => ("stopped", None),
        "HassSetPosition" => match slot("position").map(number).or_else(|| now("current_position", 1.0)) {
            Some(value) => ("position", Some(value)),
            None => ("other", None),
        },
        "HassLightSet" => light(command, now("brightness", 100.0 / 255.0), &step),
        "HassFanSetSpeed" => match (
            slot("percentage").map(number).or_else(|| now("percentage", 1.0)),
            step("percentage_step", "faster", "slower"),
        ) {
            (Some(value), _) => ("speed", Some(value)),
            (None, Some(key)) => (key, None),
            (None, None) => ("other", None),
        },
        "HassClimateSetTemperature" => {
            let target = match entities {
                [only] => only.state.number("temperature").map(number),
                _ => None,
            };
            match (slot("temperature").map(number).or(target), step("temperature_step", "warmer", "cooler")) {
                (Some(value), _) => ("temperature", Some(value)),
                (None, Some(key)) => (key, None),
                (None, None) => ("other", None),
            }
        }
        "HassClimateSetMode" => ("mode", command.text_slot("mode").map(str::to_string)),
        "HassMediaPause" => ("paused", None),
        "HassMediaUnpause" => ("resumed", None),
        "HassMediaNext" => ("next", None),
        "HassMediaPrevious" => ("previous", None),
        "HassSetVolume" => ("volume", slot("volume_level").map(number)),
        "HassSetVolumeRelative" => {
            let is_down =
                slot("volume_step").map_or(command.text_slot("volume_step") == Some("down"), |s| s < 0.0);
            (if is_down { "quieter" } else { "louder" }, None)
        }
        "HassMediaPlayerMute" => ("muted", None),
        "HassMediaPlayerUnmute" => ("unmuted", None),
        "HassMediaSearchAndPlay" => ("playing", None),
        "HassVacuumStart" => ("vacuum_started", None),
        "HassVacuumCleanArea" => ("vacuum_area", None),
        "HassVacuumReturnToBase" => ("vacuum_home", None),
        "HassLawnMowerStartMowing" => ("mower_started", None),
        "HassLawnMowerDock" => ("mower_home", None),
        "HassListAddItem" | "HassShoppingListAddItem" => ("item_added", None),
        "HassListCompleteItem" | "HassShoppingListCompleteItem" => ("item_completed", None),
        "HassListRemoveItem" | "HassShoppingListRemoveItem" => ("item_removed", None),
        "HassBroadcast" => ("broadcast", None),
        "HassNevermind" => ("never_mind", None),
        _ => ("other", None),
    }
}

type Step<'a> = dyn Fn(&str, &'static str, &'static str) -> Option<&'static str> + 'a;

fn light(
    command: &Command,
    brightness_now: Option<String>,
    step: &Step<'_>,
) -> (&'static str, Option<String>) {
    if let Some(brightness) = command.number_slot("brightness") {
        return ("brightness", Some(number(brightness)));
    }
    if let Some(color) = command.text_slot("color") {
        return ("color", Some(color.to_string()));
    }
    if let Some(kelvin) = command.slots.get("temperature").and_then(Value::as_f64) {
        return ("warmth", Some(number(kelvin)));
    }
    if let Some(key) = step("brightness_step", "brighter", "dimmer") {
        return brightness_now.map_or((key, None), |value| ("brightness", Some(value)));
    }
    match step("temperature_step", "cooler_light", "warmer_light") {
        Some(key) => (key, None),
        None => ("other", None),
    }
}

impl Replies {
    /// Several replies as one text.
    pub fn together(&self, replies: &[String]) -> String {
        sentence(
            &replies
                .iter()
                .filter(|reply| !reply.is_empty())
                .cloned()
                .collect::<Vec<_>>()
                .join(&self.file.join.sentences),
        )
    }
}
