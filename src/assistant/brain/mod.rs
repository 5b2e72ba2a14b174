//! From an utterance to a thought, and from a thought to a reply: speech-to-text, understanding, safety,
//! dialogue. Everything here is called from one thread and waits for nothing but the processor and the
//! hands that it is given.

mod acting;
mod hearing;
mod reading;

use super::dialogue::Talk;
use super::hands::SharedHome;
use super::thought::Thought;
use crate::intent::reply::Replies;
use crate::intent::{Context, Understander, Understanding};
use crate::skills::Skills;
use crate::store::Store;
use crate::stt::{Hints, Recognizer, Transcript};
use jiff::ZonedDateTime;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Commands that "it" and "again" can still refer to.
const REMEMBERED: usize = 8;
/// Under which key the store keeps the dialogue.
const TALK: &str = "dialogue";

/// A timer that rings, with what is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ring {
    /// Its number in the outbox; see [`Ringer::rung`](super::dialogue::Ringer::rung).
    pub id: i64,
    /// Its name.
    pub name: Option<String>,
    /// What is said.
    pub say: String,
}

/// What the brain is told about where it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Manner {
    /// Language tag.
    pub language: String,
    /// The speaker's area, if known.
    pub area: Option<String>,
    /// Confidence of a transcript below which it is not acted on, 0.0..=1.0.
    pub min_confidence: f32,
}

/// Speech-to-text, understanding and dialogue.
pub struct Brain {
    recognizer: Option<Recognizer>,
    pub(super) understander: Understander,
    replies: Arc<Replies>,
    pub(super) home: SharedHome,
    skills: Arc<Mutex<Skills>>,
    manner: Manner,
    pub(super) context: Context,
    /// What was said and done before.
    pub(super) talk: Talk,
    /// Of each routine that goes by a state: whether it holds.
    pub(super) seen: HashMap<i64, bool>,
    /// Which routines have been set off when, in ms.
    pub(super) fired: Vec<(i64, i64)>,
    /// What of the outbox is being said.
    pub(super) handed: Vec<i64>,
    clock: Box<dyn Fn() -> ZonedDateTime + Send>,
    /// Words of a person's own sentences, for speech-to-text.
    own_words: Vec<String>,
    /// The home's names for speech-to-text, and the home's version that they are of.
    hints: Option<(u64, Hints)>,
    /// Counts texts: which wording a reply takes.
    pub(super) turn: u64,
    /// What was made of an utterance that might be over: where it begins and ends, in ms, and its text.
    foreseen: Option<(u64, u64, Transcript)>,
}

impl Brain {
    /// A brain; without a recognizer it only reads.
    pub fn new(
        recognizer: Option<Recognizer>,
        understander: Understander,
        replies: Arc<Replies>,
        home: SharedHome,
        manner: Manner,
    ) -> Self {
        let context =
            Context { area: manner.area.clone(), language: manner.language.clone(), ..Context::default() };
        Self {
            recognizer,
            understander,
            replies,
            home,
            skills: Arc::default(),
            manner,
            context,
            talk: Talk::default(),
            seen: HashMap::new(),
            fired: Vec::new(),
            handed: Vec::new(),
            clock: Box::new(ZonedDateTime::now),
            own_words: Vec::new(),
            hints: None,
            turn: 0,
            foreseen: None,
        }
    }

    /// Takes a store: its timers, lists, memory and routines, and the dialogue where it was left.
    pub fn remember_in(&mut self, store: Store) {
        let mut skills = Skills::new(store);
        match skills.store().kept::<Talk>(TALK) {
            Ok(talk) => self.talk = talk.unwrap_or_default(),
            Err(error) => tracing::error!("the dialogue cannot be read: {error}"),
        }
        self.context.recent.clone_from(&self.talk.recent);
        self.context.open_question.clone_from(&self.talk.question);
        self.skills = Arc::new(Mutex::new(skills));
        self.name_things();
        self.look_around();
    }

    /// The skills, for a moment.
    pub(super) fn skills(&self) -> MutexGuard<'_, Skills> {
        // Each change is a transaction: a panic elsewhere leaves none half done.
        self.skills.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn shared_skills(&self) -> Arc<Mutex<Skills>> {
        Arc::clone(&self.skills)
    }

    /// The time that it goes by.
    pub fn now(&self) -> ZonedDateTime {
        (self.clock)()
    }

    /// Does something with the store.
    pub fn with_store<T>(&self, with: impl FnOnce(&mut Store) -> T) -> T {
        with(self.skills().store())
    }

    /// Tells the home the names that people gave to things.
    fn name_things(&mut self) {
        let aliases = self.skills().aliases().unwrap_or_default();
        self.home.lock().set_given_names(&aliases);
    }

    fn keep_talk(&mut self) {
        self.talk.recent.clone_from(&self.context.recent);
        self.talk.question.clone_from(&self.context.open_question);
        let talk = self.talk.clone();
        if let Err(error) = self.skills().store().write(|store| store.keep(TALK, &talk)) {
            tracing::error!("the dialogue cannot be kept: {error}");
        }
    }

    /// Words of a person's own sentences that speech-to-text is to expect before the home's names.
    pub fn expect_words(&mut self, words: Vec<String>) {
        self.own_words = words;
        self.hints = None;
    }

    /// Fixes the clock that timers and the time of day go by.
    pub fn set_clock(&mut self, clock: Box<dyn Fn() -> ZonedDateTime + Send>) {
        self.clock = clock;
    }

    /// The words of the language.
    pub fn replies(&self) -> Arc<Replies> {
        Arc::clone(&self.replies)
    }

    /// Forgets the open question and what was done: the next text stands alone.
    pub fn forget(&mut self) {
        self.context.open_question = None;
        self.context.recent.clear();
        self.talk = Talk::default();
    }

    /// Forgets the question that was open, for good: a "yes" after a restart answers nothing.
    pub fn drop_question(&mut self) {
        if self.context.open_question.take().is_some() {
            self.keep_talk();
        }
    }

    /// Whether a question of ours waits for its answer.
    pub fn has_open_question(&self) -> bool {
        self.context.open_question.is_some()
    }

    /// Takes another home, and forgets what was said about the last.
    pub fn move_to(&mut self, home: SharedHome) {
        self.home = home;
        self.hints = None;
        self.skills = Arc::default();
        self.seen.clear();
        self.forget();
    }

    /// Compiles and loads ahead of the first text what depends on the home; takes seconds where there is a
    /// language model.
    pub fn prepare(&mut self) {
        let view = self.home.view();
        if let Err(error) = self.understander.prepare(&view) {
            tracing::error!("the home's names cannot be compiled: {error}");
        }
        self.understander.warm(&view);
    }

    /// The thought of a text that was not heard well enough, or of no text at all.
    pub fn nothing(&self, text: &str, words: bool) -> Thought {
        Thought {
            text: text.to_string(),
            understanding: Understanding::default(),
            steps: Vec::new(),
            refusals: Vec::new(),
            reply: if words { self.replies.fixed("did_not_catch", self.turn) } else { String::new() },
            question: false,
            micros: 0,
        }
    }
}
