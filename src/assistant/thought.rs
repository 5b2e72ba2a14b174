//! What came of reading a text, ready to be done.

use super::hands::Step;
use crate::home::Action;
use crate::intent::{Refusal, Understanding};
use serde_json::{Value, json};

/// What came of reading a text, ready to be done.
#[derive(Debug, Clone, PartialEq)]
pub struct Thought {
    /// The text that was read.
    pub text: String,
    /// What was understood.
    pub understanding: Understanding,
    /// What there is to do, in order; empty if a question comes first or if it is answered by words alone.
    pub steps: Vec<Step>,
    /// What of it cannot be done, and why.
    pub refusals: Vec<Refusal>,
    /// What to say if there is nothing to do; if there is, what is said when all of it is done.
    pub reply: String,
    /// Whether the reply is a question.
    pub question: bool,
    /// Wall-clock time it took, in µs.
    pub micros: u64,
}

impl Thought {
    /// The actions of all steps, in order.
    pub fn actions(&self) -> impl Iterator<Item = &Action> {
        self.steps.iter().flat_map(|step| &step.actions)
    }

    /// The object that `sotto ask --json` prints: a contract, exactly these keys.
    pub fn to_json(&self) -> Value {
        json!({
            "text": self.text,
            "understood": self.understanding.understood(),
            "by": self.understanding.by,
            "confidence": (f64::from(self.understanding.confidence) * 1000.0).round() / 1000.0,
            "commands": self.understanding.commands,
            "actions": self.actions().collect::<Vec<_>>(),
            "reply": self.reply,
            "question": self.question.then_some(&self.reply),
            "micros": self.micros,
        })
    }
}

/// What was said in the end, once everything was tried.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settled {
    /// What to say.
    pub reply: String,
    /// Whether it is a question.
    pub question: bool,
}
