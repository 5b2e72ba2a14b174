//! Speech to text.
//!
//! In comes one utterance (16 kHz mono) and the words this home expects. Out goes a [`Transcript`]
//! with a confidence. What must never happen here: text for silence, noise or a loop; a load of the
//! model per utterance; more tokens than a person can say in the time.

mod config;
mod decode;
mod gate;
mod pieces;
mod recognizer;
mod repeats;
mod vocabulary;

use std::path::PathBuf;

use crate::models::whisper::ImportError;

pub use config::{SttConfig, choose, model_for};
pub use pieces::first_pause;
pub use recognizer::{Abandon, Hints, Recognizer, prompt_of};

/// What was heard.
#[derive(Debug, Clone, PartialEq)]
pub struct Transcript {
    /// The text, trimmed; empty when there was no speech worth a word.
    pub text: String,
    /// 0.0..=1.0: the geometric mean of the tokens' probabilities.
    pub confidence: f32,
    /// The tokens in order, with their probabilities.
    pub tokens: Vec<Token>,
    /// BCP 47 language tag of the text, such as `en`.
    pub language: String,
    /// Whether the decoder was steered by the home's grammar and stayed inside it.
    pub in_grammar: bool,
    /// Length of the sound, in ms.
    pub audio_ms: u64,
    /// Wall-clock time the recognition took, in ms.
    pub compute_ms: u64,
}

impl Transcript {
    /// Puts what was heard next behind this: texts joined by a space, times added, confidence by tokens.
    pub fn append(&mut self, next: Transcript) {
        let (here, there) = (self.tokens.len() as f32, next.tokens.len() as f32);
        if here + there > 0.0 {
            let logs = here * self.confidence.max(1e-6).ln() + there * next.confidence.max(1e-6).ln();
            self.confidence = (logs / (here + there)).exp();
        }
        if self.text.is_empty() {
            self.language = next.language;
        } else if !next.text.is_empty() {
            self.text.push(' ');
        }
        self.text.push_str(&next.text);
        self.tokens.extend(next.tokens);
        self.in_grammar &= next.in_grammar;
        self.audio_ms += next.audio_ms;
        self.compute_ms += next.compute_ms;
    }
}

/// One piece of text of the model's vocabulary.
#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    /// The text of the token, with its leading space where it has one.
    pub text: String,
    /// Probability that the model gave it, 0.0..=1.0.
    pub probability: f32,
}

/// Why there is no transcript.
#[derive(Debug, thiserror::Error)]
pub enum SttError {
    /// The model file is corrupt or none.
    #[error(transparent)]
    Model(#[from] ImportError),
    /// whisper.cpp refused a file that looked right, or has no memory for it.
    #[error("{path}: whisper.cpp cannot load it ({reason}); is there memory for it?")]
    Load {
        /// The model file.
        path: PathBuf,
        /// What whisper-rs said.
        reason: String,
    },
    /// The model does not know this language.
    #[error("{path} does not hear \"{language}\"; {hint}")]
    Language {
        /// The model file.
        path: PathBuf,
        /// The language asked for.
        language: String,
        /// What would.
        hint: &'static str,
    },
    /// whisper.cpp failed on this utterance.
    #[error("whisper.cpp failed: {0}")]
    Whisper(#[from] whisper_rs::WhisperError),
}
