//! Answers to a question that we asked: "the left one", "yes", "never mind".
//!
//! A whole new command overrides the question; what is neither an answer nor a command is not
//! understood, and the question stays open.

use super::grammar::tokenize;
use super::languages::Answers;
use super::resolve::Resolver;
use super::{By, Command, Context, Question, Understander, Understanding};
use crate::home::{Entity, HomeView};
use serde_json::Value;
use std::collections::BTreeSet;

/// A word this like one of a name's is taken for it (Jaro-Winkler).
const ALIKE: f64 = 0.84;

/// What an answer says.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Said {
    Yes,
    No,
    All,
    /// By number, from 0.
    Number(usize),
    Last,
}

impl Understander {
    /// Reads an answer to [`Context::open_question`]; without one as [`Understander::understand`].
    pub fn answer(&mut self, view: &HomeView, text: &str, context: &Context) -> Understanding {
        let Some(question) = context.open_question.clone() else {
            return self.understand(view, text, context);
        };
        let Some(answers) = self.dialogue(&context.language).map(|dialogue| dialogue.answers.clone()) else {
            return Understanding::default();
        };
        let closed = Context { open_question: None, ..context.clone() };
        let said = said(text, &answers);
        let by_answer = match (&question, &said) {
            (_, Some(Said::No)) => Some(done(vec![Command::new("HassNevermind")])),
            (Question::Confirm { commands } | Question::DidYouMean { commands, .. }, Some(Said::Yes)) => {
                Some(done(commands.clone()))
            }
            (Question::Which { options, commands, index }, _) => {
                choose(view, &closed, options, said.as_ref(), text, &answers)
                    .map(|chosen| chosen_one(view, &closed, commands, *index, chosen))
            }
            _ => None,
        };
        by_answer.unwrap_or_else(|| self.understand(view, text, &closed))
    }

    /// Whether a text says no and nothing more.
    pub fn refuses(&self, text: &str, language: &str) -> bool {
        self.dialogue(language).is_some_and(|dialogue| said(text, &dialogue.answers) == Some(Said::No))
    }

    /// The sentence that sets a timer of a length.
    pub fn timer_sentence(&self, length: &str, language: &str) -> String {
        if language.starts_with("zh") {
            format!("设一个{length}的计时器")
        } else {
            format!("set a timer for {length}")
        }
    }

    /// Whether a text says yes. The same command said once more is no yes: it may be an echo, or somebody
    /// on television.
    pub fn agrees(&self, text: &str, language: &str) -> bool {
        self.dialogue(language).is_some_and(|dialogue| said(text, &dialogue.answers) == Some(Said::Yes))
    }
}

fn done(commands: Vec<Command>) -> Understanding {
    Understanding { commands, by: Some(By::Grammar), confidence: 1.0, ..Understanding::default() }
}

/// Those of the options that an answer means; `None`: it is no answer.
fn choose(
    view: &HomeView,
    context: &Context,
    options: &[String],
    said: Option<&Said>,
    text: &str,
    answers: &Answers,
) -> Option<Vec<String>> {
    let by_number = match said {
        Some(Said::All) => return Some(options.to_vec()),
        Some(Said::Number(number)) => options.get(*number),
        Some(Said::Last) => options.last(),
        _ => None,
    };
    // "Two" may be a number of the list, or "Lamp Two".
    let named = by_name(view, context, options, text, answers);
    match (named.as_slice(), by_number) {
        ([only], _) => Some(vec![only.clone()]),
        (_, Some(one)) => Some(vec![one.clone()]),
        ([], None) => None,
        _ => Some(named),
    }
}

/// The options whose names have every word that was said; words that all of them have say nothing.
fn by_name(
    view: &HomeView,
    context: &Context,
    options: &[String],
    text: &str,
    answers: &Answers,
) -> Vec<String> {
    let entities: Vec<&Entity> = options.iter().filter_map(|id| view.entity(id)).collect();
    let fillers: BTreeSet<String> = answers.fillers.iter().flat_map(|filler| words(filler)).collect();
    let names: Vec<BTreeSet<String>> = entities.iter().map(|entity| words_of(view, entity)).collect();
    let here = context.area.as_deref();
    let telling: Vec<String> = words(text)
        .into_iter()
        .filter(|word| !fillers.contains(word) || names.iter().any(|name| name.contains(word)))
        .filter(|word| !names.iter().all(|name| name.contains(word)))
        .collect();
    if telling.is_empty() {
        // Nothing but what all are called by: the exact name of one, or the one in this room.
        let exact = entities.iter().filter(|e| e.names().any(|name| words(name) == words(text)));
        let exact: Vec<String> = exact.map(|entity| entity.id.clone()).collect();
        if exact.len() == 1 {
            return exact;
        }
        let near = entities.iter().filter(|e| here.is_some() && e.area.as_deref() == here);
        let near: Vec<String> = near.map(|entity| entity.id.clone()).collect();
        return if near.len() == 1 && !words(text).is_empty() && near.len() < entities.len() {
            near
        } else {
            Vec::new()
        };
    }
    let has = |name: &BTreeSet<String>, word: &String| {
        name.contains(word)
            || (word.chars().count() > 3
                && name.iter().any(|known| strsim::jaro_winkler(known, word) >= ALIKE))
    };
    let fitting = entities.iter().zip(&names).filter(|(_, name)| telling.iter().all(|word| has(name, word)));
    let fitting: Vec<&Entity> = fitting.map(|(entity, _)| *entity).collect();
    // "Desk lamp" is the one of that name, not also the "old desk lamp".
    let exact: Vec<&&Entity> =
        fitting.iter().filter(|e| e.names().any(|name| words(name) == telling)).collect();
    match exact.as_slice() {
        [only] => vec![only.id.clone()],
        _ => fitting.iter().map(|entity| entity.id.clone()).collect(),
    }
}

/// Every word by which a thing may be told from others: its names, its area's and its floor's.
fn words_of(view: &HomeView, entity: &Entity) -> BTreeSet<String> {
    let area = entity.area.as_deref().and_then(|area| view.area(area));
    let of_area =
        area.into_iter().flat_map(|area| std::iter::once(&area.name).chain(&area.aliases).chain(&area.floor));
    entity.names().chain(of_area.map(String::as_str)).flat_map(words).collect()
}

/// The commands with the one in question filled in; still a question if several were meant by the answer.
fn chosen_one(
    view: &HomeView,
    context: &Context,
    commands: &[Command],
    index: usize,
    chosen: Vec<String>,
) -> Understanding {
    let mut understanding = done(commands.to_vec());
    let is_all = chosen.len() > 1;
    let Some(command) = understanding.commands.get_mut(index) else { return Understanding::default() };
    match chosen.as_slice() {
        [only] => {
            if let Some(entity) = view.entity(only) {
                command.slots.insert("name".into(), Value::from(entity.name.as_str()));
            }
        }
        _ => {
            command.slots.remove("name");
        }
    }
    let entities: Vec<&Entity> = chosen.iter().filter_map(|id| view.entity(id)).collect();
    let refusal = Resolver::new(view, context).aim_at(command, &entities);
    understanding.refusals.extend(refusal);
    if is_all {
        understanding.confidence = 0.9;
    }
    understanding
}

/// An answer that is a set phrase.
fn said(text: &str, answers: &Answers) -> Option<Said> {
    let all = words(text);
    let is = |phrases: &[String], said: &[String]| phrases.iter().any(|phrase| words(phrase) == said);
    let fillers: Vec<String> = answers.fillers.iter().flat_map(|filler| words(filler)).collect();
    let plain: Vec<String> = all.iter().filter(|word| !fillers.contains(word)).cloned().collect();
    for said in [&all, &plain] {
        if said.is_empty() {
            continue;
        }
        if is(&answers.no, said) {
            return Some(Said::No);
        }
        if is(&answers.yes, said) {
            return Some(Said::Yes);
        }
        if is(&answers.all, said) {
            return Some(Said::All);
        }
        if is(&answers.first, said) {
            return Some(Said::Number(0));
        }
        if is(&answers.last, said) {
            return Some(Said::Last);
        }
        if let Some(number) = answers.ordinals.iter().position(|phrases| is(phrases, said)) {
            return Some(Said::Number(number));
        }
    }
    // "Yes, do it": a yes or a no before more of the same.
    let starts_with = |phrases: &[String]| {
        phrases
            .iter()
            .map(|phrase| words(phrase))
            .filter(|phrase| all.starts_with(phrase))
            .map(|p| p.len())
            .max()
    };
    let rest_is = |phrases: &[String]| {
        let Some(length) = starts_with(phrases) else { return false };
        let rest: Vec<String> = all.iter().skip(length).cloned().collect();
        let plain: Vec<String> = rest.iter().filter(|word| !fillers.contains(word)).cloned().collect();
        plain.is_empty() || is(phrases, &rest) || is(phrases, &plain)
    };
    if rest_is(&answers.no) {
        Some(Said::No)
    } else if rest_is(&answers.yes) {
        Some(Said::Yes)
    } else {
        None
    }
}

fn words(text: &str) -> Vec<String> {
    tokenize(text).into_iter().map(|token| token.text).collect()
}
