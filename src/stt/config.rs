//! What can be set about speech to text.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::models::{ModelError, Store};

/// More threads than this gain nothing on three seconds of sound.
const MOST_THREADS: usize = 4;
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
    /// Threads of one recognition, 1..=16; 0: as many as there are idle cores, at most 4.
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
    /// The number of threads to use now: the configured one, or as many as there are idle cores, one at least.
    pub fn thread_count(&self) -> usize {
        match self.threads {
            0 => {
                let cores = std::thread::available_parallelism().map_or(2, |n| n.get());
                idle(cores, busy()).min(MOST_THREADS)
            }
            n => (n as usize).min(16),
        }
    }
}

/// Threads that want a core right now, this one included; 1 where the system does not say.
fn busy() -> usize {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    // "0.52 0.58 0.59 3/467 11987": the fourth field is running threads over all threads.
    let running = load.split_whitespace().nth(3).and_then(|field| field.split('/').next());
    running.and_then(|n| n.parse().ok()).unwrap_or(1)
}

/// Whisper's threads wait for one another in a spin: one that has to share its core makes all the others wait,
/// ten times as long as they work.
fn idle(cores: usize, busy: usize) -> usize {
    cores.saturating_sub(busy.saturating_sub(1)).max(1)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_share_no_core_with_other_programs() {
        for (cores, busy, threads) in [(4, 1, 4), (4, 3, 2), (2, 9, 1), (1, 1, 1), (8, 0, 8)] {
            assert_eq!(idle(cores, busy), threads, "{cores} cores, {busy} busy");
        }
        let fixed = SttConfig { threads: 3, ..SttConfig::default() };
        assert_eq!(fixed.thread_count(), 3);
        assert!((1..=MOST_THREADS).contains(&SttConfig::default().thread_count()));
    }
}
