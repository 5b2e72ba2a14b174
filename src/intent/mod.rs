//! Text to commands.
//!
//! In comes a text, where the speaker is, and a read-only view of the home. Out go [`Command`]s, a
//! [`Question`] or a [`Refusal`]. The sentence grammar is asked first, the language model second, and
//! both give the same kind of plan. What must never happen here: a command on an entity that does
//! not exist; a publish; a wait for anything but the processor.

mod answer;
pub mod command;
mod compound;
pub mod grammar;
pub mod languages;
pub mod model;
pub mod numbers;
pub mod reply;
pub mod resolve;
pub mod sentences;
mod standing;
mod taught;
mod understander;
pub mod when;

pub use command::{By, Command, Plan, Question, Refusal, Slots, Understanding};
pub use standing::Standing;
pub use taught::{away_of, question_of};
pub use understander::{Fallback, UnderstandError, Understander};

/// What is known about the situation in which a text is said.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Context {
    /// Name of the area in which the speaker is, if known.
    pub area: Option<String>,
    /// Language tag: `en`, `zh-CN`.
    pub language: String,
    /// The question that we asked last and that is still open.
    pub open_question: Option<Question>,
    /// Commands carried out in the last minutes, newest last: what "it" and "again" refer to.
    pub recent: Vec<Command>,
}
