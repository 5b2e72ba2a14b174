//! What can be set about speech to text.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::models::{ModelError, Store};

/// The model that comes with Sotto; it was tuned to English.
const SHIPPED: &str = "whisper-base-sotto";
/// The model for languages other than English.
const MULTILINGUAL: &str = "whisper-base-q8_0";

/// Window that upstream's weights bear, in ms. With less than 30 s they miss the end and begin again, which the
/// decoder notices and cuts off.
const STOCK_WINDOW_MS: u32 = 3_000;

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
    /// The model hears at least this much, filled up with silence, in ms, 1,000..=30,000; 0: what the model bears.
    /// Stock weights learned on 30 s and hear worse when much less is given them. Less is quicker.
    pub window_ms: u32,
    /// Silence after the sound that the model hears, in ms, 0..=10,000.
    pub padding_ms: u32,
    /// Confidence of a hearing, 0.0..=1.0, below which a wider window is tried.
    pub again_below: f32,
    /// A recognition ends after this long with the text it has, in ms, 200..=60,000.
    pub time_limit_ms: u32,
}

impl Default for SttConfig {
    fn default() -> Self {
        Self {
            model: SHIPPED.into(),
            language: "en".into(),
            threads: 0,
            window_ms: 0,
            padding_ms: 500,
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

/// Where `model` is found in `store`, and the configuration with the windows that it bears.
///
/// # Errors
/// As [`Store::find`].
pub fn choose(store: &Store, config: &SttConfig) -> Result<(PathBuf, SttConfig), ModelError> {
    let name = model_for(config);
    let path = store.find(name)?;
    let mut config = config.clone();
    if config.window_ms == 0 {
        let least = store.catalog().model(name).ok().and_then(|model| model.least_window_ms);
        config.window_ms = least.unwrap_or(STOCK_WINDOW_MS);
    }
    Ok((path, config))
}

/// The model for the configured language: the configured one, or upstream's multilingual one where that is for
/// English only and another language is asked for.
pub fn model_for(config: &SttConfig) -> &str {
    let english = config.language.split(['-', '_']).next() == Some("en");
    if !english && (config.model.contains(".en") || config.model == SHIPPED) {
        MULTILINGUAL
    } else {
        &config.model
    }
}
