//! The model's special tokens, and which of the others may be text.

use whisper_rs::{WhisperContext, WhisperTokenId};

/// What is written and not spoken: tokens of these characters alone are music signs, brackets of remarks such
/// as "[Music]", quotation marks and markup.
const UNSPOKEN: &str = "\"#()*+/:;<=>@[\\]^_`{|}~「」『』♩♪♫♬♭♮♯";

/// Numbers of the tokens that the decoder needs.
pub(super) struct Vocabulary {
    /// Begins a transcript.
    pub start: WhisperTokenId,
    /// Ends a transcript; text tokens have smaller numbers.
    pub end: WhisperTokenId,
    /// Says that nobody speaks.
    pub no_speech: WhisperTokenId,
    /// Says that no times are wanted.
    pub no_times: WhisperTokenId,
    /// Comes before the text that went before.
    pub before: WhisperTokenId,
    /// Says that the text is wanted in the language spoken.
    pub transcribe: WhisperTokenId,
    /// Whether the model knows languages.
    pub multilingual: bool,
    /// Text tokens that may be said, by number.
    allowed: Vec<bool>,
}

impl Vocabulary {
    pub(super) fn new(context: &WhisperContext) -> Self {
        let end = context.token_eot();
        let allowed = (0..end)
            .map(|token| {
                let Ok(bytes) = context.token_to_bytes(token) else { return false };
                let text = String::from_utf8_lossy(bytes);
                let word = text.trim_start_matches(' ');
                // A hyphen or an apostrophe joins words; with a space before it, it is a dash or a quotation mark.
                let mark = matches!(text.as_ref(), " -" | " '" | "--" | " --" | "---" | " ---");
                !mark && (word.is_empty() || !word.chars().all(|c| UNSPOKEN.contains(c)))
            })
            .collect();
        Self {
            start: context.token_sot(),
            end,
            no_speech: context.token_nosp(),
            no_times: context.token_not(),
            before: context.token_prev(),
            transcribe: context.token_transcribe(),
            multilingual: context.is_multilingual(),
            allowed,
        }
    }

    /// Whether a token is text that may be said.
    pub(super) fn is_text(&self, token: usize) -> bool {
        self.allowed.get(token).copied().unwrap_or(false)
    }
}
