//! Sentences about what is no device: alarms, reminders, lists, memory, routines.
//!
//! The words that a wildcard took are looked at here: a reading counts only if its time is a time and what
//! is to be done can be read by itself. Of the readings that count, the one that leaves least to
//! wildcards and has most of a time is taken.

mod words;

pub use words::{away_of, question_of};

use super::grammar::Match;
use super::sentences::Values;
use super::understander::Tongue;
use super::when::When;
use super::{Command, Context};
use crate::home::HomeView;
use crate::intent::resolve::NameKind;
use serde_json::{Value, json};
use std::cmp::Reverse;
use std::collections::HashMap;

/// The longest fact, name or item, in words.
const MAX_FACT: usize = 30;
/// The longest alias or routine name, in words.
const MAX_NAME: usize = 6;

impl Tongue {
    /// The command of a text about what is no device; `loose`: of the sentences that are read only where
    /// nothing else is.
    pub(super) fn taught(
        &mut self,
        view: &HomeView,
        text: &str,
        context: &Context,
        loose: bool,
    ) -> Option<Command> {
        let mut readings = self.skills().exact_matches(text, &Values::new());
        readings.retain(|reading| reading.metadata.contains_key("loose") == loose);
        let mut seen = HashMap::new();
        let mut best: Option<((Reverse<bool>, usize, usize, bool, Reverse<usize>), Command)> = None;
        for (order, reading) in readings.iter().enumerate() {
            let times = reading.slots.get("when").map_or(0, |slot| slot.text.chars().count());
            let parted = at_a_comma(text, reading);
            let rank = (
                Reverse(reading.wildcards > 0 && reading.literal_chars == 0),
                times,
                reading.literal_chars,
                parted,
                Reverse(order),
            );
            if best.as_ref().is_some_and(|(known, _)| *known >= rank) {
                continue;
            }
            if let Some(command) = self.taught_one(view, text, context, reading, &mut seen) {
                best = Some((rank, command));
            }
        }
        best.map(|(_, command)| command)
    }

    fn taught_one(
        &mut self,
        view: &HomeView,
        text: &str,
        context: &Context,
        reading: &Match,
        seen: &mut HashMap<String, bool>,
    ) -> Option<Command> {
        let tag = self.tag();
        let mut command = Command::new(reading.intent.as_str());
        for (name, slot) in &reading.slots {
            let said =
                slot.value.as_str().map(|text| text.trim().trim_end_matches(['.', '!', '?', ',']).trim());
            let words = said.map_or(0, |said| super::grammar::tokenize(said).len());
            let longest = if matches!(name.as_str(), "alias" | "routine" | "phrase" | "list") {
                MAX_NAME
            } else {
                MAX_FACT
            };
            if slot.filling == super::grammar::Filling::Wildcard
                && (words == 0 || (tag == "en" && words > longest))
            {
                return None;
            }
            match (name.as_str(), said) {
                ("when", Some(said)) => {
                    let when = When::read(said, tag)?;
                    command.slots.insert("when".into(), serde_json::to_value(when).ok()?);
                    command.slots.insert("when_text".into(), json!(said));
                }
                ("name", Some(said)) => {
                    let ids = slot.metadata.get("ids").and_then(Value::as_array)?;
                    let kind = NameKind::read(&slot.metadata);
                    let mut ids = ids.iter().filter_map(Value::as_str);
                    match (ids.next(), ids.next()) {
                        (Some(id), None) if kind != NameKind::Pronoun => {
                            command.targets = vec![id.to_string()]
                        }
                        _ => return None,
                    }
                    command.slots.insert("name".into(), json!(said));
                }
                ("event", Some(said)) => {
                    let question = question_of(said, tag)?;
                    if !self.is_state_question(view, &question, context) {
                        return None;
                    }
                    command.slots.insert("event".into(), json!(said));
                }
                ("condition", Some(said)) => {
                    let question = question_of(said, tag);
                    let is_known = away_of(said, tag).is_some()
                        || question.is_some_and(|question| self.is_state_question(view, &question, context));
                    if !is_known {
                        return None;
                    }
                    command.slots.insert("condition".into(), json!(said));
                }
                ("action", Some(said)) => {
                    let bare = words::without_then(said, tag);
                    if let Some(tell) = words::told(bare, tag) {
                        command.slots.insert("tell".into(), json!(tell));
                    } else {
                        let known = seen.get(bare).copied();
                        let doable = known.unwrap_or_else(|| self.is_doable(view, bare, context));
                        seen.insert(bare.to_string(), doable);
                        if !doable {
                            return None;
                        }
                    }
                    command.slots.insert("action".into(), json!(bare));
                }
                (_, Some(said)) => {
                    command.slots.insert(name.clone(), json!(said));
                }
                (_, None) => {
                    command.slots.insert(name.clone(), slot.value.clone());
                }
            }
        }
        self.finish(text, reading, command)
    }

    fn finish(&self, text: &str, reading: &Match, mut command: Command) -> Option<Command> {
        let tag = self.tag();
        match command.intent.as_str() {
            "SottoRemember" => {
                let whole = text.trim().trim_end_matches(['.', '!']);
                let fact = command.text_slot("fact").unwrap_or(whole).to_string();
                let subject =
                    command.text_slot("thing").map(str::to_string).or_else(|| words::subject(&fact, tag));
                command.slots.clear();
                command.slots.insert("fact".into(), json!(fact));
                if let Some(subject) = subject {
                    command.slots.insert("subject".into(), json!(subject));
                }
            }
            "HassShoppingListAddItem" | "HassShoppingListCompleteItem"
                if reading.metadata.contains_key("loose") =>
            {
                // "We need more light in here" and "I need to go" are about no shopping.
                let words: Vec<String> = super::grammar::tokenize(command.text_slot("item")?)
                    .into_iter()
                    .map(|t| t.text)
                    .collect();
                let is_kind = |word: &String| self.dialogue().kinds.contains(word);
                let is_item =
                    !words.iter().any(is_kind) && words.len() <= MAX_NAME && !words::is_no_item(&words, tag);
                is_item.then_some(())?;
            }
            "SottoMakeRoutine" => {
                // A routine that tells something needs to know what of.
                let tells = command.slots.contains_key("tell");
                let only_time = command.slots.contains_key("when")
                    && !command.slots.contains_key("condition")
                    && !command.slots.contains_key("event");
                if only_time && tells {
                    return None;
                }
                let repeats = command.slots.get("when").is_some_and(|when| when.get("repeat").is_some());
                if only_time && !repeats {
                    command.intent = "SottoDoLater".into();
                }
            }
            "SottoSetAlias" => {
                // "Call me a taxi" gives nothing a name.
                let alias = command.text_slot("alias")?;
                if words::told(alias, tag).is_some() || alias.chars().count() < 2 {
                    return None;
                }
            }
            _ => {}
        }
        Some(command)
    }

    fn is_state_question(&mut self, view: &HomeView, question: &str, context: &Context) -> bool {
        self.state_question(view, question, context).is_some()
    }
}

/// Whether what is to be done begins after a comma.
fn at_a_comma(text: &str, reading: &Match) -> bool {
    let Some(action) = reading.slots.get("action") else { return false };
    text.find(action.text.as_str())
        .and_then(|at| text.get(..at))
        .is_some_and(|before| before.trim_end().ends_with([',', ';', ':', '，', '：']))
}
