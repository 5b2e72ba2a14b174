//! Why something cannot be done, and what is asked before it is.

use super::subject::telling;
use super::{Replies, number};
use crate::home::HomeView;
use crate::intent::{Command, Question, Refusal};
use minijinja::context;

/// The most things that are named in a question.
const MAX_OPTIONS: usize = 4;

impl Replies {
    /// Why something cannot be done.
    pub fn refusal(&self, view: &HomeView, refusal: &Refusal, seed: u64) -> String {
        let from = |key: &str, values| self.say(self.file.refused.get(key), seed, values);
        let the = |id: &str| view.entity(id).map_or_else(|| id.to_string(), |entity| self.the(entity));
        match refusal {
            Refusal::NoEntity { name, area: None } => from("no_entity", context! { name }),
            Refusal::NoEntity { name, area: Some(area) } => from("no_entity_in", context! { name, area }),
            Refusal::NoArea { area } => from("no_area", context! { name => area }),
            Refusal::NoFloor { floor } => from("no_floor", context! { name => floor }),
            Refusal::NoDomain { domain, area } => {
                let kinds = self.file.kind(domain, true);
                match area {
                    Some(area) => from("no_domain_in", context! { kinds, area }),
                    None => from("no_domain", context! { kinds }),
                }
            }
            Refusal::FeatureNotSupported { entity, feature } => {
                let does =
                    self.file.features.get(feature).cloned().unwrap_or_else(|| feature.replace('_', " "));
                from("feature_not_supported", context! { the => the(entity), feature => does })
            }
            Refusal::Unavailable { entity } => from("unavailable", context! { the => the(entity) }),
            Refusal::OutOfRange { entity, slot, .. } if entity == "timer" && slot == "timers" => {
                from("too_many_timers", context! {})
            }
            Refusal::OutOfRange { entity, .. } if entity == "timer" => {
                from("timer_out_of_range", context! {})
            }
            Refusal::OutOfRange { entity, min, max, .. } => from(
                "out_of_range",
                context! { the => the(entity), min => number(*min), max => number(*max) },
            ),
            Refusal::NotAllowed { entity } => from("not_allowed", context! { the => the(entity) }),
            Refusal::NotServed { intent } => {
                let key = match intent.as_str() {
                    "HassGetWeather" => "not_served_weather",
                    intent if intent.contains("List") => "not_served_list",
                    intent if intent.starts_with("HassMedia") || intent.starts_with("HassSetVolume") => {
                        "not_served_media"
                    }
                    _ => "not_served",
                };
                from(key, context! {})
            }
            Refusal::TimerNotFound => from("timer_not_found", context! {}),
            Refusal::MultipleTimers => from("multiple_timers", context! {}),
            Refusal::Told { key, name } => from(key, context! { name }),
        }
    }

    /// A question to the person.
    pub fn question(&self, view: &HomeView, question: &Question, seed: u64) -> String {
        let asked = &self.file.asked;
        match question {
            Question::Which { options, .. } => {
                let names = self.options(view, options);
                let values = context! {
                    options => self.file.list(&names, &self.file.join.or, MAX_OPTIONS), count => names.len(),
                };
                let templates = if names.len() > MAX_OPTIONS { &asked.which_of_many } else { &asked.which };
                self.say(Some(templates), seed, values)
            }
            Question::Confirm { commands } => match self.actions(view, commands) {
                Some(action) => self.say(Some(&asked.confirm), seed, context! { action }),
                None => self.say(Some(&asked.really), seed, context! {}),
            },
            Question::Missing { slot, .. } => {
                self.say(self.file.skills.get(&format!("ask.{slot}")), seed, context! {})
            }
            Question::DidYouMean { commands, .. } => {
                let named = commands.iter().find(|command| command.text_slot("name").is_some());
                let placed = commands.iter().find_map(|c| c.text_slot("area").or(c.text_slot("floor")));
                match (named, placed) {
                    (Some(command), _) => {
                        let the = self.subject(view, command).the;
                        self.say(Some(&asked.did_you_mean), seed, context! { the })
                    }
                    (None, Some(area)) => self.say(Some(&asked.did_you_mean_place), seed, context! { area }),
                    (None, None) => self.say(Some(&asked.really), seed, context! {}),
                }
            }
        }
    }

    /// What the options of a question are called, so that they can be told apart.
    fn options(&self, view: &HomeView, ids: &[String]) -> Vec<String> {
        let entities: Vec<_> = ids.iter().filter_map(|id| view.entity(id)).collect();
        let names: Vec<String> = entities.iter().map(|entity| entity.name.clone()).collect();
        let told = telling(&names);
        let is_twice = |name: &String| told.iter().filter(|other| *other == name).count() > 1;
        let mut options = Vec::with_capacity(told.len());
        for (name, entity) in told.iter().zip(&entities) {
            // Two of the same name are told apart by where they are.
            options.push(match &entity.area {
                Some(area) if is_twice(name) => area.clone(),
                _ => name.clone(),
            });
        }
        options
    }

    fn actions(&self, view: &HomeView, commands: &[Command]) -> Option<String> {
        let phrases: Option<Vec<String>> =
            commands.iter().map(|command| self.action_phrase(view, command)).collect();
        phrases
            .filter(|phrases| !phrases.is_empty())
            .map(|p| self.file.list(&p, &self.file.join.and, MAX_OPTIONS))
    }
}
