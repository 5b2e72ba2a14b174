//! What was said and done in the last minutes, and how people come back to it: corrections ("no, the
//! bedroom"), one more of the same ("and the kitchen too"), more or less of it, the same again, undoing.
//!
//! In comes a text and the dialogue so far; out comes an understanding, by putting the fragment into the
//! sentence before it, or by turning what was done round. What must never happen here: a guess where a
//! fragment fits no place of the sentence; a dangerous step without the question that it would need by
//! itself.

mod due;
mod fragment;
mod routine;
mod undo;

pub use due::{Happening, Ringer};
pub(in crate::assistant) use undo::{inverse, undoing};

use crate::intent::{Command, Question};
use serde::{Deserialize, Serialize};

/// What "it" and "and the kitchen" refer to fades after this long, in ms.
const FADES_MS: i64 = 10 * 60_000;
/// What can be undone, in turns.
const KEPT_DEEDS: usize = 10;

/// What a turn has done, and what takes it back.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Deed {
    /// The store's turn.
    pub turn: i64,
    /// The text.
    pub text: String,
    /// What was done.
    pub commands: Vec<Command>,
    /// What brings the home back to how it was.
    pub inverse: Vec<Command>,
    /// Whether the store was changed.
    pub stored: bool,
}

/// The dialogue so far: kept in the store, so that a restart does not forget it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Talk {
    /// The open question.
    pub question: Option<Question>,
    /// Commands on the home, newest last.
    pub recent: Vec<Command>,
    /// The last text that was understood, as a whole sentence.
    pub text: Option<String>,
    /// Its commands.
    pub commands: Vec<Command>,
    /// The last deeds, newest last.
    pub deeds: Vec<Deed>,
    /// When it was last said something, as Unix time in ms.
    pub at_ms: i64,
}

impl Talk {
    /// Forgets what fades by this time.
    pub fn fade(&mut self, now_ms: i64) {
        // A clock that was put back does not make things old.
        if now_ms - self.at_ms > FADES_MS {
            self.recent.clear();
            self.text = None;
            self.commands.clear();
            self.question = None;
        }
        self.at_ms = now_ms;
    }

    /// Keeps a deed.
    pub fn did(&mut self, deed: Deed) {
        if self.deeds.len() >= KEPT_DEEDS {
            self.deeds.remove(0);
        }
        self.deeds.push(deed);
    }
}
