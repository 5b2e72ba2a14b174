//! What can be set about speech to text.

use serde::{Deserialize, Serialize};

/// The model for languages other than English.
const MULTILINGUAL: &str = "whisper-base-q8_0";

/// `[stt]` of the configuration.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct SttConfig {
    /// A name from `sotto models list`, or the path of a ggml file of Whisper.
    pub model: String,
    /// Language spoken, as a BCP 47 tag; `auto` lets a multilingual model decide.
    pub language: String,
    /// Threads of one recognition, 1..=16; 0: as many as there are cores, at most 4.
    pub threads: u32,
    /// The model hears at least this much, filled up with silence, in ms, 1,000..=30,000. Stock weights learned
    /// on 30 s and begin to loop when much less is given them; less is quicker.
    pub window_ms: u32,
    /// Silence after the sound that the model hears, in ms, 0..=10,000.
    pub padding_ms: u32,
    /// Confidence of a hearing with a cut window, 0.0..=1.0, below which the whole 30 s are tried.
    pub again_below: f32,
    /// A recognition ends after this long with the text it has, in ms, 200..=60,000.
    pub time_limit_ms: u32,
}

impl Default for SttConfig {
    fn default() -> Self {
        Self {
            model: "whisper-base-q8_0".into(),
            language: "en".into(),
            threads: 0,
            window_ms: 8_000,
            padding_ms: 2_000,
            again_below: 0.5,
            time_limit_ms: 8_000,
        }
    }
}

impl SttConfig {
    /// The number of threads to use.
    pub fn thread_count(&self) -> usize {
        match self.threads {
            0 => std::thread::available_parallelism().map_or(2, |n| n.get().min(4)),
            n => (n as usize).min(16),
        }
    }
}

/// The model for the configured language: the configured one, or the multilingual default where that hears
/// English only and another language is asked for.
pub fn model_for(config: &SttConfig) -> &str {
    let english = config.language.split(['-', '_']).next() == Some("en");
    if !english && config.model.contains(".en") { MULTILINGUAL } else { &config.model }
}
