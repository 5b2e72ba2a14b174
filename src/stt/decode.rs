//! The decoder's loop: one token after another, the likeliest each time.
//!
//! It is our own on top of whisper.cpp's single steps, because it must stop at a loop, at a token limit and
//! at a time limit, and because "nobody speaks" can only be read right after the start token.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use whisper_rs::{WhisperError, WhisperState, WhisperTokenId};

use super::repeats;
use super::vocabulary::Vocabulary;

/// Stands for the probability of the end where the decoder missed it and began again.
const MISSED_END: f32 = 0.3;

/// What is decoded, and within which limits.
pub(super) struct Task<'a> {
    /// Tokens that went before, oldest first; may be empty.
    pub prompt: &'a [WhisperTokenId],
    /// The language's token, for a multilingual model; without one the model decides.
    pub language: Option<WhisperTokenId>,
    /// Tokens of all languages that the model may decide for.
    pub languages: &'a [WhisperTokenId],
    /// Most tokens of text.
    pub limit: usize,
    /// When to stop.
    pub deadline: Instant,
    /// Set where nobody wants the result any more.
    pub abandoned: &'a AtomicBool,
    /// Threads of a step.
    pub threads: usize,
    /// Threads of the prompt, which is one large step.
    pub prompt_threads: usize,
}

/// What was decoded.
pub(super) struct Decoded {
    /// The text's tokens with their probabilities.
    pub tokens: Vec<(WhisperTokenId, f32)>,
    /// Probability that the text ends where it does; 0 where a limit ended it.
    pub end: f32,
    /// Probability that nobody speaks.
    pub no_speech: f32,
    /// The language's token, for a multilingual model.
    pub language: Option<WhisperTokenId>,
    /// Whether it went round in circles.
    pub looped: bool,
}

impl Decoded {
    /// Geometric mean of the probabilities, that of the end included.
    pub(super) fn confidence(&self) -> f32 {
        if self.tokens.is_empty() {
            return 0.0;
        }
        let logs: f32 = self.tokens.iter().map(|(_, p)| p).chain([&self.end]).map(|p| p.max(1e-6).ln()).sum();
        (logs / (self.tokens.len() + 1) as f32).exp()
    }
}

/// Decodes what `state` has encoded.
pub(super) fn greedy(
    state: &mut WhisperState,
    vocabulary: &Vocabulary,
    task: &Task<'_>,
) -> Result<Decoded, WhisperError> {
    let mut steps = Steps { state, past: 0, threads: task.threads };
    if !task.prompt.is_empty() {
        let prompt: Vec<_> = [vocabulary.before].iter().chain(task.prompt).copied().collect();
        steps.threads = task.prompt_threads;
        steps.feed(&prompt)?;
        steps.threads = task.threads;
    }
    let after_start = steps.logits(vocabulary.start)?;
    let no_speech = probability(after_start, index(vocabulary.no_speech));
    let mut language = None;
    if vocabulary.multilingual {
        let likeliest = || {
            task.languages.iter().copied().max_by(|a, b| {
                let logit =
                    |t: &WhisperTokenId| after_start.get(index(*t)).copied().unwrap_or(f32::NEG_INFINITY);
                logit(a).total_cmp(&logit(b))
            })
        };
        language = task.language.or_else(likeliest);
        let language: Vec<_> = language.into_iter().chain([vocabulary.transcribe]).collect();
        steps.feed(&language)?;
    }
    let mut decoded = Decoded { tokens: Vec::new(), end: 0.0, no_speech, language, looped: false };
    let mut ids = Vec::new();
    let mut last = vocabulary.no_times;
    while ids.len() < task.limit && Instant::now() < task.deadline && !task.abandoned.load(Ordering::Relaxed)
    {
        let logits = steps.logits(last)?;
        let Some(best) = likeliest_text(logits, vocabulary) else { break };
        let p = probability(logits, best);
        if best == index(vocabulary.end) {
            decoded.end = p;
            break;
        }
        last = best as WhisperTokenId;
        ids.push(last);
        decoded.tokens.push((last, p));
        // A decoder that missed the end begins again: what it said first is what was said.
        let once = repeats::said_once(&ids);
        if once < ids.len() {
            decoded.tokens.truncate(once);
            decoded.end = MISSED_END;
            break;
        }
        if repeats::ends_in_loop(&ids) {
            decoded.looped = true;
            break;
        }
    }
    Ok(decoded)
}

struct Steps<'a> {
    state: &'a mut WhisperState,
    past: usize,
    threads: usize,
}

impl Steps<'_> {
    fn feed(&mut self, tokens: &[WhisperTokenId]) -> Result<(), WhisperError> {
        self.state.decode(tokens, self.past, self.threads)?;
        self.past += tokens.len();
        Ok(())
    }

    /// Logits after one more token. One alone: of several, whisper.cpp's logits are of the first.
    fn logits(&mut self, token: WhisperTokenId) -> Result<&[f32], WhisperError> {
        self.feed(&[token])?;
        self.state.get_logits()
    }
}

/// The likeliest text token or the end.
fn likeliest_text(logits: &[f32], vocabulary: &Vocabulary) -> Option<usize> {
    let end = index(vocabulary.end);
    let may = |token: usize| token == end || vocabulary.is_text(token);
    let texts = logits.iter().take(end + 1).enumerate().filter(|(token, _)| may(*token));
    texts.max_by(|a, b| a.1.total_cmp(b.1)).map(|(token, _)| token)
}

fn probability(logits: &[f32], token: usize) -> f32 {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f32 = logits.iter().map(|l| (l - most).exp()).sum();
    logits.get(token).map_or(0.0, |l| (l - most).exp() / sum)
}

fn index(token: WhisperTokenId) -> usize {
    usize::try_from(token).unwrap_or(usize::MAX)
}
