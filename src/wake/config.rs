//! What a person can set about wake words.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How readily a wake word is heard: each word's own thresholds for these stand in its model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Sensitivity {
    /// Fewer false wakes, more missed ones.
    Low,
    /// The one that the model's card is about.
    #[default]
    Medium,
    /// Fewer missed, more false ones.
    High,
}

/// What a person can set about wake words.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct WakeConfig {
    /// The words to listen for, out of those of the model.
    pub words: Vec<String>,
    /// How readily they are heard.
    pub sensitivity: Sensitivity,
    /// A word's own threshold, 0.0..=1.0, instead of the one of `sensitivity`.
    pub thresholds: BTreeMap<String, f32>,
    /// How long a word is not heard again after it was, in ms, 100..=10000.
    pub refractory_ms: u64,
    /// Path of a model of one's own (`.sottowake`); empty: the one that Sotto ships.
    pub model: String,
}

impl Default for WakeConfig {
    fn default() -> Self {
        Self {
            words: vec!["computer".into(), "jarvis".into()],
            sensitivity: Sensitivity::Medium,
            thresholds: BTreeMap::new(),
            refractory_ms: 1_000,
            model: String::new(),
        }
    }
}
