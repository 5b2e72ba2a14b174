//! Readings of a text to [`Match`]es: conditions, fixed slots, order.

use super::context::{self, Copied};
use super::token::{self, Token};
use super::walk::{Filled, Part, Reading};
use super::{Compiled, Grammar};
use crate::intent::sentences::{Block, ListEntry, Values};
use serde_json::Value;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How a slot got its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filling {
    /// An entry of a list was said.
    Listed,
    /// Something was said that sounds like an entry of the home's list.
    Near,
    /// A number of a range was said.
    Number,
    /// Any words, as the wildcard allows.
    Wildcard,
    /// Words where a name of the home was due, and nobody knows them.
    Unknown,
    /// The sentence sets it, whatever is said.
    Fixed,
    /// It comes from the context.
    Context,
}

/// A slot's value.
#[derive(Debug, Clone, PartialEq)]
pub struct SlotValue {
    /// The value.
    pub value: Value,
    /// The words that were said for it; empty when none were.
    pub text: String,
    /// The list entry's metadata.
    pub metadata: Values,
    /// How it got its value.
    pub filling: Filling,
    /// How the entry is said: for [`Filling::Near`] what the words were taken for.
    pub entry: String,
    /// 1.0; for [`Filling::Near`] less.
    pub score: f32,
}

/// One way in which a text is a sentence.
#[derive(Debug, Clone, PartialEq)]
pub struct Match {
    /// The intent.
    pub intent: String,
    /// The slots.
    pub slots: BTreeMap<String, SlotValue>,
    /// `{list:@name}`: words said, for the response.
    pub captures: BTreeMap<String, String>,
    /// The context given, and what list entries added to it.
    pub context: Values,
    /// Key of the response template, if the sentences name one.
    pub response: Option<String>,
    /// The sentences' metadata.
    pub metadata: Values,
    /// Index into [`SentenceSet::blocks`](crate::intent::sentences::SentenceSet::blocks).
    pub block: usize,
    /// Letters of words that the sentence has literally.
    pub literal_chars: usize,
    /// Letters of words that a list or a range took.
    pub listed_chars: usize,
    /// Number of wildcards, unknown names included.
    pub wildcards: usize,
    /// Letters of words that wildcards took.
    pub wildcard_chars: usize,
    /// Words left out because they are words to skip.
    pub skipped_words: usize,
    /// 1.0 when all was said as written; less when a name was only nearly said.
    pub score: f32,
}

impl Match {
    /// The slot's value as text.
    pub fn text(&self, slot: &str) -> Option<&str> {
        self.slots.get(slot).and_then(|slot| slot.value.as_str())
    }

    /// The slot's value as a number.
    pub fn number(&self, slot: &str) -> Option<f64> {
        self.slots.get(slot).and_then(|slot| slot.value.as_f64())
    }

    /// The slots that were filled by what only sounds like an entry, or that nobody knows.
    pub fn doubtful(&self) -> impl Iterator<Item = (&str, &SlotValue)> {
        self.slots
            .iter()
            .filter(|(_, slot)| matches!(slot.filling, Filling::Near | Filling::Unknown))
            .map(|(name, slot)| (name.as_str(), slot))
    }
}

/// What is found, while it is being found.
pub(super) struct Found<'a> {
    grammar: &'a Grammar,
    text: &'a str,
    tokens: &'a [Token],
    context: &'a Values,
    matches: Vec<Match>,
}

impl<'a> Found<'a> {
    pub fn new(grammar: &'a Grammar, text: &'a str, tokens: &'a [Token], context: &'a Values) -> Self {
        Self { grammar, text, tokens, context, matches: Vec::new() }
    }

    /// Adds a reading for each block whose conditions hold.
    pub fn add(&mut self, reading: &Reading, blocks: &[u32]) {
        let entries: Vec<&Arc<ListEntry>> = reading
            .parts
            .iter()
            .filter_map(|part| self.entry(part))
            .filter(|entry| !entry.context.is_empty())
            .collect();
        let mut context = self.context.clone();
        for entry in &entries {
            context.extend(entry.context.iter().map(|(key, value)| (key.clone(), value.clone())));
        }
        for &index in blocks {
            let Some(block) = self.grammar.set.blocks.get(index as usize) else { continue };
            let (requires, excludes) = (&block.requires_context, &block.excludes_context);
            if !context::may_fit(requires, excludes, self.context)
                || !entries.iter().all(|entry| context::may_fit(requires, excludes, &entry.context))
                || !context::is_free_of(excludes, &context)
            {
                continue;
            }
            let Some(copied) = context::required(requires, &context) else { continue };
            self.matches.push(self.matched(index as usize, block, reading, &context, copied));
        }
    }

    fn entry(&self, part: &Part) -> Option<&'a Arc<ListEntry>> {
        let (Filled::Entry(list, entry) | Filled::Near(list, entry, _)) = part.filled else { return None };
        match self.grammar.lists.get(list as usize)?.as_ref() {
            Compiled::Text(text) => text.entries.get(entry as usize),
            _ => None,
        }
    }

    fn matched(
        &self,
        index: usize,
        block: &Block,
        reading: &Reading,
        context: &Values,
        copied: Vec<Copied>,
    ) -> Match {
        let mut found = Match {
            intent: block.intent.clone(),
            slots: BTreeMap::new(),
            captures: BTreeMap::new(),
            context: context.clone(),
            response: block.response.clone(),
            metadata: block.metadata.clone(),
            block: index,
            literal_chars: reading.literal,
            listed_chars: 0,
            wildcards: 0,
            wildcard_chars: 0,
            skipped_words: reading.skipped,
            score: 1.0,
        };
        for part in &reading.parts {
            let Some(slot) = self.grammar.automaton.slots.get(part.slot as usize) else { continue };
            let value = self.value(part);
            let letters = value.text.chars().filter(|c| !c.is_whitespace()).count();
            if matches!(value.filling, Filling::Wildcard | Filling::Unknown) {
                found.wildcards += 1;
                found.wildcard_chars += letters;
            } else {
                found.listed_chars += letters;
            }
            found.score *= value.score;
            if slot.capture {
                found.captures.insert(slot.slot.clone(), value.text);
            } else {
                found.slots.insert(slot.slot.clone(), value);
            }
        }
        let quiet = |value: Value, filling| SlotValue {
            value,
            text: String::new(),
            metadata: Values::new(),
            filling,
            entry: String::new(),
            score: 1.0,
        };
        let said: Vec<String> = found.slots.keys().cloned().collect();
        for (slot, value) in &block.slots {
            found.slots.entry(slot.clone()).or_insert_with(|| quiet(value.clone(), Filling::Fixed));
        }
        for Copied { slot, value, text, metadata } in copied {
            if !said.contains(&slot) {
                found.slots.insert(slot, SlotValue { text, metadata, ..quiet(value, Filling::Context) });
            }
        }
        found
    }

    fn value(&self, part: &Part) -> SlotValue {
        let text = token::original(self.text, self.tokens, part.from, part.to);
        let entry = self.entry(part);
        let (value, filling, score) = match part.filled {
            Filled::Entry(..) | Filled::Near(..) => {
                let value = entry.map(|entry| entry.value.clone()).unwrap_or_default();
                let value = if value.is_null() { Value::from(text.as_str()) } else { value };
                match part.filled {
                    Filled::Near(_, _, score) => (value, Filling::Near, score),
                    _ => (value, Filling::Listed, 1.0),
                }
            }
            Filled::Number(list, number) => {
                let value = match self.grammar.lists.get(list as usize).map(Arc::as_ref) {
                    Some(Compiled::Range(range)) => range.value(number),
                    _ => Value::from(number),
                };
                (value, Filling::Number, 1.0)
            }
            Filled::Wild => (Value::from(text.as_str()), Filling::Wildcard, 1.0),
            Filled::Unknown => (Value::from(text.as_str()), Filling::Unknown, 1.0),
        };
        let metadata = entry.map(|entry| entry.metadata.clone()).unwrap_or_default();
        let entry = entry.map(|entry| entry.text.clone()).unwrap_or_default();
        SlotValue { value, text, metadata, filling, entry, score }
    }

    /// All matches in their order, each once.
    pub fn best_first(mut self) -> Vec<Match> {
        self.matches.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| rank(a).cmp(&rank(b))));
        let mut unique: Vec<Match> = Vec::with_capacity(self.matches.len());
        for found in self.matches {
            if !unique.iter().any(|other| is_same(other, &found)) {
                unique.push(found);
            }
        }
        unique
    }
}

type Rank = (bool, Reverse<usize>, usize, Reverse<usize>, usize, usize, usize);

fn rank(found: &Match) -> Rank {
    let name = found
        .slots
        .get("name")
        .filter(|name| matches!(name.filling, Filling::Listed | Filling::Near))
        .map(|name| name.text.chars().count());
    (
        name.is_none(),
        Reverse(name.unwrap_or_default()),
        found.wildcards,
        Reverse(found.literal_chars),
        found.wildcard_chars,
        found.skipped_words,
        found.block,
    )
}

/// The same in everything that a caller acts on.
fn is_same(a: &Match, b: &Match) -> bool {
    let same_slot = |(a_name, a): (&String, &SlotValue), (b_name, b): (&String, &SlotValue)| {
        a_name == b_name && a.value == b.value && a.metadata == b.metadata && a.text == b.text
    };
    a.intent == b.intent
        && a.slots.len() == b.slots.len()
        && a.slots.iter().zip(&b.slots).all(|(a, b)| same_slot(a, b))
        && a.captures == b.captures
        && a.response == b.response
        && a.context == b.context
        && a.metadata == b.metadata
}
