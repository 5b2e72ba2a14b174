//! One text through the automaton.
//!
//! First a pass from the first word to the last notes which states are reached after which word, and by
//! what; its work grows with the length of the text and not with the number of ways to read it. Then
//! what leads to no end is struck out, and the ways that are left are read off, up to a limit.

use super::automaton::Automaton;
use super::dfa::Dfa;
use super::hash::FastMap;
use super::likeness::Likeness;
use super::lists::{Compiled, TextList};
use super::token::Token;
use crate::intent::numbers;
use std::sync::Arc;

/// The most words of a text; longer ones match nothing.
pub(crate) const MAX_WORDS: usize = 512;
/// The most steps noted for one text.
const MAX_STEPS: usize = 200_000;
/// The most ways to read one text.
const MAX_READINGS: usize = 1_000;

/// How strictly lists are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// As written.
    Exact,
    /// What the home gives may also be heard a little wrongly.
    Near,
    /// What the home gives may also be any words.
    Open,
}

/// How a slot was filled.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Filled {
    /// By an entry of a list: the list's id, the entry's index.
    Entry(u32, u32),
    /// By something that sounds like an entry; how much, below 1.
    Near(u32, u32, f32),
    /// By a number.
    Number(u32, f64),
    /// By any words.
    Wild,
    /// By words where a list of the home was due.
    Unknown,
}

/// One slot of a reading.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part {
    /// The slot's id.
    pub slot: u32,
    /// By what.
    pub filled: Filled,
    /// The first word.
    pub from: usize,
    /// One past the last word.
    pub to: usize,
}

/// One way to read a text.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reading {
    /// The slots in the order of the text.
    pub parts: Vec<Part>,
    /// Letters of literal words.
    pub literal: usize,
    /// Words left out.
    pub skipped: usize,
}

/// A text and what it is matched against.
pub(crate) struct Walk<'a> {
    /// The automaton.
    pub automaton: &'a Automaton,
    /// Its lists.
    pub lists: &'a [Arc<Compiled>],
    /// Phrases to leave out, as words.
    pub skips: &'a [Box<[u32]>],
    /// For numbers.
    pub language: &'a str,
    /// For [`Mode::Near`].
    pub likeness: Option<&'a Likeness<'a>>,
    /// The text.
    pub tokens: &'a [Token],
    /// The text's words' ids; unknown words have none.
    pub ids: &'a [Option<u32>],
    /// How strictly.
    pub mode: Mode,
}

const NOT_WILD: u32 = u32::MAX;

#[derive(Debug, Clone, Copy)]
struct Place {
    state: u32,
    at: u32,
    /// The slot that is taking words, or [`NOT_WILD`].
    wild: u32,
    after_skip: bool,
    first_step: u32,
    steps: u32,
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Word,
    Skip,
    /// A slot takes words: the first, …
    Open(u32),
    /// … more, …
    More,
    /// … the last.
    Close,
    /// The first and the last.
    Only(u32),
    /// The node of the list's trie.
    Entry(u32, u32),
    Near(u32, u32, f32),
    Number(u32, f64),
}

/// The places reached by a text.
pub(crate) struct Chart {
    places: Vec<Place>,
    steps: Vec<(u32, Step)>,
    by_word: Vec<Vec<u32>>,
}

impl Walk<'_> {
    /// The first pass.
    pub fn chart(&self, dfa: &mut Dfa) -> Chart {
        let length = self.tokens.len();
        let mut chart = Chart {
            places: Vec::with_capacity(64),
            steps: Vec::with_capacity(64),
            by_word: vec![Vec::new(); length + 1],
        };
        let mut known: FastMap<(u64, u64), u32> = FastMap::default();
        let mut numbers: Vec<Option<Vec<numbers::Reading>>> = vec![None; length];
        let mut found = Vec::new();
        reach(&mut chart, &mut known, Dfa::START, 0, NOT_WILD, false);
        for at in 0..length {
            let mut index = 0;
            while let Some(&id) = chart.by_word[at].get(index) {
                index += 1;
                let Some(&place) = chart.places.get(id as usize) else { continue };
                dfa.expand(self.automaton, place.state);
                found.clear();
                self.steps_from(dfa, &place, &mut numbers, &mut found);
                let first_step = chart.steps.len() as u32;
                for (state, to, wild, after_skip, step) in found.drain(..) {
                    let target = reach(&mut chart, &mut known, state, to, wild, after_skip);
                    chart.steps.push((target, step));
                }
                let steps = chart.steps.len() as u32 - first_step;
                if let Some(place) = chart.places.get_mut(id as usize) {
                    (place.first_step, place.steps) = (first_step, steps);
                }
                if chart.steps.len() > MAX_STEPS {
                    return chart;
                }
            }
        }
        chart
    }

    /// Every step from a place: next state, next word, slot that goes on taking words, whether words
    /// were just left out, and the step.
    fn steps_from(
        &self,
        dfa: &Dfa,
        place: &Place,
        numbers: &mut [Option<Vec<numbers::Reading>>],
        found: &mut Vec<(u32, usize, u32, bool, Step)>,
    ) {
        let at = place.at as usize;
        if place.wild != NOT_WILD {
            found.push((place.state, at + 1, place.wild, false, Step::More));
            found.push((place.state, at + 1, NOT_WILD, false, Step::Close));
            return;
        }
        let Some(state) = dfa.state(place.state) else { return };
        if let Some(word) = self.ids.get(at).copied().flatten()
            && let Some(next) = state.after(word)
        {
            found.push((next, at + 1, NOT_WILD, false, Step::Word));
        }
        for skip in self.skips {
            if self.begins_with(at, skip) {
                found.push((place.state, at + skip.len(), NOT_WILD, true, Step::Skip));
            }
        }
        for &(slot, next) in &state.slots {
            let Some(list) = self.automaton.slots.get(slot as usize).map(|slot| slot.list) else { continue };
            match self.lists.get(list as usize).map(Arc::as_ref) {
                Some(Compiled::Text(text)) => {
                    self.entries(text, at, |node, to| {
                        found.push((next, to, NOT_WILD, false, Step::Entry(slot, node)));
                    });
                    if text.given && self.mode == Mode::Near {
                        let nears = self.likeness.map(|likeness| likeness.at(list, at));
                        for near in nears.iter().flat_map(|nears| nears.iter()) {
                            let step = Step::Near(slot, near.entry, near.score);
                            found.push((next, near.to, NOT_WILD, false, step));
                        }
                    }
                    if text.given && self.mode == Mode::Open && !place.after_skip {
                        found.push((next, at + 1, slot, false, Step::Open(slot)));
                        found.push((next, at + 1, NOT_WILD, false, Step::Only(slot)));
                    }
                }
                Some(Compiled::Wildcard) if !place.after_skip => {
                    found.push((next, at + 1, slot, false, Step::Open(slot)));
                    found.push((next, at + 1, NOT_WILD, false, Step::Only(slot)));
                }
                Some(Compiled::Wildcard) | None => {}
                Some(Compiled::Range(range)) => {
                    let Some(readings) = numbers.get_mut(at) else { continue };
                    let readings =
                        readings.get_or_insert_with(|| numbers::readings(self.tokens, at, self.language));
                    for reading in readings {
                        let allowed = if reading.in_digits { range.digits } else { range.words };
                        let value = match reading.kind {
                            numbers::Kind::Plain => reading.value,
                            numbers::Kind::Share if range.kind == "percentage" => reading.value * 100.0,
                            numbers::Kind::Share => reading.value,
                        };
                        if allowed && range.contains(value) {
                            found.push((
                                next,
                                at + reading.words,
                                NOT_WILD,
                                false,
                                Step::Number(slot, value),
                            ));
                        }
                    }
                }
            }
        }
    }

    fn entries(&self, text: &TextList, at: usize, mut found: impl FnMut(u32, usize)) {
        let mut node = TextList::ROOT;
        for (offset, word) in self.ids.iter().skip(at).enumerate() {
            let Some(next) = word.and_then(|word| text.step(node, word)) else { return };
            node = next;
            if !text.ends(node).is_empty() {
                found(node, at + offset + 1);
            }
        }
    }

    fn begins_with(&self, at: usize, phrase: &[u32]) -> bool {
        !phrase.is_empty()
            && self
                .ids
                .get(at..at + phrase.len())
                .is_some_and(|ids| ids.iter().zip(phrase).all(|(a, b)| *a == Some(*b)))
    }

    /// Reads off the ways that lead to an end, each with the blocks whose sentences it is.
    pub fn readings(&self, dfa: &mut Dfa, chart: &Chart, mut each: impl FnMut(&Reading, &[u32])) {
        let length = self.tokens.len();
        for &id in chart.by_word.get(length).into_iter().flatten() {
            if let Some(place) = chart.places.get(id as usize) {
                dfa.expand(self.automaton, place.state);
            }
        }
        let mut leads = vec![false; chart.places.len()];
        for places in chart.by_word.iter().rev() {
            for &id in places {
                let Some(place) = chart.places.get(id as usize) else { continue };
                let ends = place.at as usize == length
                    && place.wild == NOT_WILD
                    && dfa.state(place.state).is_some_and(|state| !state.accepts.is_empty());
                let goes_on = chart.from(place).iter().any(|&(to, _)| leads.get(to as usize) == Some(&true));
                if let Some(lead) = leads.get_mut(id as usize) {
                    *lead = ends || goes_on;
                }
            }
        }
        if leads.first() != Some(&true) {
            return;
        }
        let mut reader =
            Reader { walk: self, dfa, chart, leads: &leads, left: MAX_READINGS, each: &mut each };
        reader.read(0, &mut Reading::default(), 0);
    }
}

impl Chart {
    fn from(&self, place: &Place) -> &[(u32, Step)] {
        let first = place.first_step as usize;
        self.steps.get(first..first + place.steps as usize).unwrap_or_default()
    }

    /// The states reached when all words are read, and those where a list is in the middle of an entry.
    pub fn last(&self) -> impl Iterator<Item = (u32, Option<u32>)> + '_ {
        self.by_word.last().into_iter().flatten().filter_map(|&id| {
            let place = self.places.get(id as usize)?;
            Some((place.state, (place.wild != NOT_WILD).then_some(place.wild)))
        })
    }

    /// Every place that is not inside a wildcard: state and word.
    pub fn all(&self) -> impl Iterator<Item = (u32, usize)> + '_ {
        self.places
            .iter()
            .filter(|place| place.wild == NOT_WILD)
            .map(|place| (place.state, place.at as usize))
    }
}

fn reach(
    chart: &mut Chart,
    known: &mut FastMap<(u64, u64), u32>,
    state: u32,
    at: usize,
    wild: u32,
    after_skip: bool,
) -> u32 {
    let key = ((u64::from(state) << 32) | u64::from(wild), ((at as u64) << 1) | u64::from(after_skip));
    *known.entry(key).or_insert_with(|| {
        let id = chart.places.len() as u32;
        chart.places.push(Place { state, at: at as u32, wild, after_skip, first_step: 0, steps: 0 });
        if let Some(places) = chart.by_word.get_mut(at) {
            places.push(id);
        }
        id
    })
}

struct Reader<'a, 'b, F: FnMut(&Reading, &[u32])> {
    walk: &'a Walk<'b>,
    dfa: &'a Dfa,
    chart: &'a Chart,
    leads: &'a [bool],
    left: usize,
    each: &'a mut F,
}

impl<F: FnMut(&Reading, &[u32])> Reader<'_, '_, F> {
    fn read(&mut self, id: u32, reading: &mut Reading, opened: usize) {
        let Some(place) = self.chart.places.get(id as usize) else { return };
        let at = place.at as usize;
        if at == self.walk.tokens.len() {
            if place.wild == NOT_WILD
                && let Some(state) = self.dfa.state(place.state)
                && !state.accepts.is_empty()
            {
                self.left = self.left.saturating_sub(1);
                (self.each)(reading, &state.accepts);
            }
            return;
        }
        for &(to, step) in self.chart.from(place) {
            if self.left == 0 {
                return;
            }
            if self.leads.get(to as usize) != Some(&true) {
                continue;
            }
            let until = self.chart.places.get(to as usize).map_or(at, |place| place.at as usize);
            match step {
                Step::Word => {
                    let letters = self.walk.tokens.get(at).map_or(0, |token| token.text.chars().count());
                    reading.literal += letters;
                    self.read(to, reading, opened);
                    reading.literal -= letters;
                }
                Step::Skip => {
                    reading.skipped += until - at;
                    self.read(to, reading, opened);
                    reading.skipped -= until - at;
                }
                Step::Open(slot) => {
                    let filled = self.any(slot);
                    reading.parts.push(Part { slot, filled, from: at, to: until });
                    self.read(to, reading, reading.parts.len() - 1);
                    reading.parts.pop();
                }
                Step::More => self.read(to, reading, opened),
                Step::Close => {
                    let before = reading.parts.get(opened).map_or(until, |part| part.to);
                    self.set_end(reading, opened, until);
                    self.read(to, reading, opened);
                    self.set_end(reading, opened, before);
                }
                Step::Only(slot) => {
                    let filled = self.any(slot);
                    self.with(reading, Part { slot, filled, from: at, to: until }, to, opened);
                }
                Step::Entry(slot, node) => {
                    let Some(list) = self.walk.automaton.slots.get(slot as usize).map(|slot| slot.list)
                    else {
                        continue;
                    };
                    let Some(Compiled::Text(text)) = self.walk.lists.get(list as usize).map(Arc::as_ref)
                    else {
                        continue;
                    };
                    for &entry in text.ends(node) {
                        let filled = Filled::Entry(list, entry);
                        self.with(reading, Part { slot, filled, from: at, to: until }, to, opened);
                    }
                }
                Step::Near(slot, entry, score) => {
                    let list = self.walk.automaton.slots.get(slot as usize).map_or(0, |slot| slot.list);
                    let filled = Filled::Near(list, entry, score);
                    self.with(reading, Part { slot, filled, from: at, to: until }, to, opened);
                }
                Step::Number(slot, value) => {
                    let list = self.walk.automaton.slots.get(slot as usize).map_or(0, |slot| slot.list);
                    let filled = Filled::Number(list, value);
                    self.with(reading, Part { slot, filled, from: at, to: until }, to, opened);
                }
            }
        }
    }

    fn with(&mut self, reading: &mut Reading, part: Part, to: u32, opened: usize) {
        reading.parts.push(part);
        self.read(to, reading, opened);
        reading.parts.pop();
    }

    fn set_end(&self, reading: &mut Reading, part: usize, to: usize) {
        if let Some(part) = reading.parts.get_mut(part) {
            part.to = to;
        }
    }

    fn any(&self, slot: u32) -> Filled {
        let list = self
            .walk
            .automaton
            .slots
            .get(slot as usize)
            .and_then(|slot| self.walk.lists.get(slot.list as usize));
        match list.map(Arc::as_ref) {
            Some(Compiled::Text(_)) => Filled::Unknown,
            _ => Filled::Wild,
        }
    }
}
