//! The sentence grammar: sentences and a home's names in, matches of a text out.
//!
//! [`Grammar::compile`] turns a [`SentenceSet`] into an automaton over words, once; the home's names
//! ([`Lists`]) are put into it as tries, and [`Grammar::with_lists`] puts other names into the same
//! automaton. [`Grammar::matches`] gives every way in which a text is one of the sentences, the best
//! first, as hassil's `recognize_all` does. [`Grammar::next_words`] tells which words may come next.
//! What must never happen here: a guess (a name that was only nearly said has a score below 1, and a
//! name that nobody knows is marked as such), or work that grows without bound on any text or template.

mod automaton;
mod context;
mod dfa;
mod han;
mod hash;
mod likeness;
mod lists;
mod matches;
mod next;
mod sound;
mod token;
mod walk;

pub use automaton::SentenceFault;
pub use lists::Lists;
pub use matches::{Filling, Match, SlotValue};
pub use next::NextWords;
pub(crate) use token::{Token, stands_alone, tokenize};

use crate::intent::sentences::{Origin, SentenceSet, Values};
use automaton::Automaton;
use dfa::Dfa;
use likeness::Names;
use lists::{Compiled, Vocabulary};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use walk::{Mode, Walk};

/// A name heard at least this well may be taken as said.
pub const SURE: f32 = 0.88;
/// A name heard less well than this is not offered at all; between this and [`SURE`] one asks.
pub const ASK: f32 = likeness::LEAST;

/// Why sentences cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GrammarError {
    /// One sentence is wrong.
    #[error("{origin}: in \"{template}\": {fault}")]
    Sentence {
        /// Where it stands.
        origin: Origin,
        /// The sentence.
        template: String,
        /// What is wrong.
        fault: SentenceFault,
    },
    /// A list that neither the files nor the home has.
    #[error("there is no list {{{list}}}, but {used_by} uses it; add it under `lists`")]
    NoList {
        /// The list.
        list: String,
        /// The first template that uses it.
        used_by: String,
    },
    /// An entry of a list that stands for too much, or refers to a number or a wildcard.
    #[error(
        "list {list}: \"{text}\" stands for too many texts, or refers to a range, a wildcard or an unknown rule"
    )]
    Entry {
        /// The list.
        list: String,
        /// The entry.
        text: String,
    },
}

/// Sentences and names, compiled. Shared freely between threads.
#[derive(Debug)]
pub struct Grammar {
    set: Arc<SentenceSet>,
    automaton: Arc<Automaton>,
    lists: Vec<Arc<Compiled>>,
    vocabulary: Vocabulary,
    skips: Vec<Box<[u32]>>,
    /// Made when the first text comes that nobody says exactly.
    names: OnceLock<Names>,
    dfa: Mutex<Dfa>,
}

impl Grammar {
    /// Compiles sentences with the names of a home.
    ///
    /// # Errors
    /// [`GrammarError`] names the sentence or the list and what is wrong with it.
    pub fn compile(set: &SentenceSet, lists: &Lists) -> Result<Self, GrammarError> {
        let automaton = Arc::new(Automaton::build(set)?);
        Self::fill(Arc::new(set.clone()), automaton, lists)
    }

    /// The same sentences with other names; much quicker than compiling anew.
    ///
    /// # Errors
    /// [`GrammarError`] when a list is missing now, or an entry stands for too much.
    pub fn with_lists(&self, lists: &Lists) -> Result<Self, GrammarError> {
        Self::fill(self.set.clone(), self.automaton.clone(), lists)
    }

    fn fill(set: Arc<SentenceSet>, automaton: Arc<Automaton>, lists: &Lists) -> Result<Self, GrammarError> {
        let mut vocabulary = Vocabulary::of(&automaton);
        let lists = lists::fill(&set, &automaton, lists, &mut vocabulary)?;
        let mut skips: Vec<Box<[u32]>> = set
            .skip_words
            .iter()
            .map(|phrase| token::words(phrase).iter().map(|word| vocabulary.add(word)).collect())
            .collect();
        skips.sort();
        skips.dedup();
        let (names, dfa) = (OnceLock::new(), Mutex::new(Dfa::default()));
        Ok(Self { set, automaton, lists, vocabulary, skips, names, dfa })
    }

    /// The sentences.
    pub fn sentences(&self) -> &SentenceSet {
        &self.set
    }

    /// Every way in which the text is one of the sentences, the best first; when there is none, every
    /// way in which it is one of them with a name of the home heard a little wrongly
    /// ([`Match::score`] below 1: see [`SURE`] and [`ASK`]).
    ///
    /// `context` is what is known of the situation (`area`, …): it is held against the sentences'
    /// conditions, and may fill slots. The order is hassil's `recognize_best` with `name` as the slot
    /// that counts: by score, with a name before without, the longer name, fewer wildcards, more literal
    /// text, less text in wildcards, fewer words left out, and then the order of the files.
    pub fn matches(&self, text: &str, context: &Values) -> Vec<Match> {
        let tokens = tokenize(text);
        let exact = self.run(text, &tokens, context, Mode::Exact);
        if !exact.is_empty() {
            return exact;
        }
        self.run(text, &tokens, context, Mode::Near)
    }

    /// As [`Grammar::matches`], but only what was said exactly.
    pub fn exact_matches(&self, text: &str, context: &Values) -> Vec<Match> {
        self.run(text, &tokenize(text), context, Mode::Exact)
    }

    /// Every way in which the text is one of the sentences when names of the home may be any words:
    /// slots so filled are [`Filling::Unknown`]. For saying which name nobody knows.
    pub fn unknown_names(&self, text: &str, context: &Values) -> Vec<Match> {
        self.run(text, &tokenize(text), context, Mode::Open)
    }

    fn run(&self, text: &str, tokens: &[Token], context: &Values, mode: Mode) -> Vec<Match> {
        if tokens.is_empty() || tokens.len() > walk::MAX_WORDS {
            return Vec::new();
        }
        let ids: Vec<Option<u32>> = tokens.iter().map(|token| self.vocabulary.id(&token.text)).collect();
        let likeness =
            (mode == Mode::Near).then(|| self.names().likeness(&self.vocabulary, tokens, &self.set.language));
        let walk = Walk {
            automaton: &self.automaton,
            lists: &self.lists,
            skips: &self.skips,
            language: &self.set.language,
            likeness: likeness.as_ref(),
            tokens,
            ids: &ids,
            mode,
        };
        let mut dfa = self.dfa();
        let chart = walk.chart(&mut dfa);
        let mut found = matches::Found::new(self, text, tokens, context);
        walk.readings(&mut dfa, &chart, |reading, blocks| found.add(reading, blocks));
        drop(dfa);
        found.best_first()
    }

    fn names(&self) -> &Names {
        self.names.get_or_init(|| Names::of(&self.lists, &self.vocabulary, &self.set.language))
    }

    /// The states kept, tidied.
    fn dfa(&self) -> MutexGuard<'_, Dfa> {
        let mut dfa = self.dfa.lock().unwrap_or_else(PoisonError::into_inner);
        dfa.tidy(&self.automaton.starts);
        dfa
    }
}
