//! Speech to text.
//!
//! In comes one utterance (16 kHz mono) and the words this home expects. Out goes a [`Transcript`]
//! with a confidence. What must never happen here: text for silence, noise or a loop; a load of the
//! model per utterance; more tokens than a person can say in the time.

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

/// One piece of text of the model's vocabulary.
#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    /// The text of the token, with its leading space where it has one.
    pub text: String,
    /// Probability that the model gave it, 0.0..=1.0.
    pub probability: f32,
}
