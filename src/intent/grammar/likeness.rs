//! Names that were heard a little wrongly.
//!
//! A span of a text is held against every name of the home by its letters (speech-to-text and people
//! misspell) and by its sound (it hears one word for another). Words are run together first: "bed
//! side" is "bedside". Only English is compared; a number that was said must be the name's, and a word
//! that the sentences or the home know was not misheard unless it sounds like the name's.

use super::lists::{Compiled, TextList, Vocabulary};
use super::sound;
use super::token::Token;
use crate::intent::numbers;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

/// Less alike than this is not alike.
pub(super) const LEAST: f32 = 0.74;
/// The same for words that were parted or run together otherwise than in the name.
const LEAST_RUN_TOGETHER: f32 = 0.88;
/// Each of letters and sound must be at least this alike.
const LEAST_EACH: f32 = 0.6;
/// Names with fewer letters must be said as they are: too many words are near them.
const SHORTEST: usize = 4;
/// The most words that a span may have more than the name: "bed side" for "bedside".
const MORE_WORDS: usize = 1;
/// A known word may stand for a name's word that sounds at least this alike.
const SAME_SOUND: f32 = 0.95;
/// Nothing that was only nearly said is as good as what was said.
const MOST: f32 = 0.99;

/// A span of a text that sounds like an entry.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Near {
    /// One past the last word.
    pub to: usize,
    /// The entry.
    pub entry: u32,
    /// How alike, below 1.
    pub score: f32,
}

/// The home's names, ready to compare: for each list its spellings.
#[derive(Debug, Default)]
pub(crate) struct Names {
    by_list: Vec<Vec<Spoken>>,
}

/// One spelling of a name.
#[derive(Debug)]
struct Spoken {
    entry: u32,
    ids: Box<[u32]>,
    letters: String,
    sounds: Vec<u8>,
    counts: [u8; 26],
    numbers: Vec<String>,
}

/// What in a text is like what, worked out where a name may stand: most texts have no such place.
#[derive(Debug)]
pub(crate) struct Likeness<'a> {
    names: &'a Names,
    vocabulary: &'a Vocabulary,
    tokens: &'a [Token],
    language: &'a str,
    known: RefCell<HashMap<(u32, usize), Rc<[Near]>>>,
}

impl Names {
    /// The names of a home. Lists that a sentence file wrote down are not compared: nobody mishears
    /// "on" for a lamp.
    pub fn of(lists: &[Arc<Compiled>], vocabulary: &Vocabulary, language: &str) -> Self {
        if !is_english(language) {
            return Self::default();
        }
        let spoken = |list: &Arc<Compiled>| match list.as_ref() {
            Compiled::Text(text) if text.given => spellings(text, vocabulary, language),
            _ => Vec::new(),
        };
        Self { by_list: lists.iter().map(spoken).collect() }
    }

    /// For one text.
    pub fn likeness<'a>(
        &'a self,
        vocabulary: &'a Vocabulary,
        tokens: &'a [Token],
        language: &'a str,
    ) -> Likeness<'a> {
        Likeness { names: self, vocabulary, tokens, language, known: RefCell::default() }
    }
}

impl Likeness<'_> {
    /// What begins at a word and is like an entry of a list.
    pub fn at(&self, list: u32, at: usize) -> Rc<[Near]> {
        if let Some(known) = self.known.borrow().get(&(list, at)) {
            return known.clone();
        }
        let found: Rc<[Near]> = self.find(list, at).into();
        self.known.borrow_mut().insert((list, at), found.clone());
        found
    }

    fn find(&self, list: u32, at: usize) -> Vec<Near> {
        let names = self.names.by_list.get(list as usize).map(Vec::as_slice).unwrap_or_default();
        let longest = names.iter().map(|name| name.ids.len()).max().map_or(0, |most| most + MORE_WORDS);
        let words: Vec<&str> =
            self.tokens.iter().skip(at).take(longest).map(|token| token.text.as_str()).collect();
        let mut found = Vec::new();
        for count in 1..=words.len() {
            let words = words.get(..count).unwrap_or_default();
            let said = Said::of(words, self.language);
            let nears = names.iter().filter_map(|name| {
                let score = said.like(name)?;
                let near = Near { to: at + count, entry: name.entry, score };
                self.may_be_misheard(words, name).then_some(near)
            });
            found.extend(nears);
        }
        found
    }

    /// Whether no word that people say here was said in place of one that sounds otherwise.
    fn may_be_misheard(&self, words: &[&str], name: &Spoken) -> bool {
        let is_same_sound = |said: &str, id: u32| {
            let (said, named) = (sound::sounds(said), sound::sounds(self.vocabulary.word(id)));
            sound::alike(&said, &named) >= SAME_SOUND
        };
        words.len() != name.ids.len()
            || words.iter().zip(&name.ids).all(|(said, id)| {
                self.vocabulary.id(said).is_none_or(|known| known == *id || is_same_sound(said, *id))
            })
    }
}

/// A span of a text, ready to compare.
struct Said {
    words: usize,
    letters: String,
    sounds: Vec<u8>,
    counts: [u8; 26],
    numbers: Vec<String>,
}

impl Said {
    fn of(words: &[&str], language: &str) -> Self {
        let letters = words.concat();
        Self {
            words: words.len(),
            sounds: sounds(words),
            counts: counts(&letters),
            numbers: numbers(words, language),
            letters,
        }
    }

    /// How alike to a name; `None` when it is not, or when it is the name itself.
    fn like(&self, name: &Spoken) -> Option<f32> {
        if self.words > name.ids.len() + MORE_WORDS || self.letters.len() < SHORTEST - 1 {
            return None;
        }
        let (longer, shorter) =
            (self.letters.len().max(name.letters.len()), self.letters.len().min(name.letters.len()));
        let differ: usize =
            self.counts.iter().zip(&name.counts).map(|(a, b)| usize::from(a.abs_diff(*b))).sum();
        // Every letter that one has and the other lacks is at least half a change.
        let best = 1.0 - (differ.div_ceil(2).max(longer - shorter)) as f32 / longer as f32;
        if best < LEAST_EACH || self.numbers != name.numbers {
            return None;
        }
        let letters = 1.0 - strsim::osa_distance(&self.letters, &name.letters) as f32 / longer as f32;
        if letters < LEAST_EACH {
            return None;
        }
        let sound = sound::alike(&self.sounds, &name.sounds);
        let score = 0.5 * letters + 0.5 * sound;
        let is_same_count = self.words == name.ids.len();
        let least = if is_same_count { LEAST } else { LEAST_RUN_TOGETHER };
        let is_alike = sound >= LEAST_EACH && score >= least;
        is_alike.then(|| score.min(MOST))
    }
}

fn spellings(text: &TextList, vocabulary: &Vocabulary, language: &str) -> Vec<Spoken> {
    let of = |(ids, entry): &(Box<[u32]>, u32)| {
        // "It" is no name that one could mishear.
        let is_pronoun = text.entries.get(*entry as usize).is_some_and(|entry| {
            entry.metadata.get("kind").and_then(serde_json::Value::as_str) == Some("pronoun")
        });
        let words: Vec<&str> = ids.iter().map(|id| vocabulary.word(*id)).collect();
        let letters = words.concat();
        let is_long = letters.chars().filter(|c| c.is_alphabetic()).count() >= SHORTEST;
        (is_long && !is_pronoun).then(|| Spoken {
            entry: *entry,
            ids: ids.clone(),
            sounds: sounds(&words),
            counts: counts(&letters),
            numbers: numbers(&words, language),
            letters,
        })
    };
    text.spellings.iter().filter_map(of).collect()
}

fn is_english(language: &str) -> bool {
    matches!(language.split(['-', '_']).next(), Some("en"))
}

fn sounds(words: &[&str]) -> Vec<u8> {
    let mut all: Vec<u8> = Vec::new();
    for word in words {
        for sound in sound::sounds(word) {
            if all.last() != Some(&sound) {
                all.push(sound);
            }
        }
    }
    all
}

fn counts(letters: &str) -> [u8; 26] {
    let mut counts = [0u8; 26];
    for letter in letters.bytes() {
        if let Some(count) = letter.checked_sub(b'a').and_then(|at| counts.get_mut(usize::from(at))) {
            *count = count.saturating_add(1);
        }
    }
    counts
}

/// Words that are numbers, in digits.
fn numbers(words: &[&str], language: &str) -> Vec<String> {
    words.iter().filter_map(|word| numbers::parse(word, language)).map(|number| number.to_string()).collect()
}
