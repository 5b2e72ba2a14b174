//! One commented TOML file; every key has a default, a range and a sentence.
//!
//! In comes the text of a file; out comes a [`Config`], or an error with file, line, key and what is
//! allowed. What must never happen here: a key that is passed over in silence; a default that its own
//! range would refuse.

mod check;
mod keys;
mod write;

pub use check::ConfigError;
pub use keys::{Allowed, KEYS, Key};
pub use write::commented;

use crate::audio::AudioConfig;
use crate::home::HomeConfig;
use crate::intent::model::ModelConfig;
use crate::mqtt::BrokerConfig;
use crate::stt::SttConfig;
use crate::tts::TtsConfig;
use crate::vad::EndpointConfig;
use crate::wake::WakeConfig;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Everything that a person can set. Each section is the configuration of one stage.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The assistant itself.
    pub assistant: AssistantConfig,
    /// Microphone and loudspeaker.
    pub audio: AudioConfig,
    /// Wake words.
    pub wake: WakeConfig,
    /// Where an utterance begins and ends.
    pub vad: EndpointConfig,
    /// Speech-to-text.
    pub stt: SttConfig,
    /// The language model behind the sentence grammar.
    pub intent: ModelConfig,
    /// The broker.
    pub broker: BrokerConfig,
    /// What the person says about the home.
    pub home: HomeConfig,
    /// How replies sound.
    pub tts: TtsConfig,
}

/// The assistant itself.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct AssistantConfig {
    /// Language in which it listens and speaks, as a BCP 47 tag.
    pub language: String,
    /// Name of the area in which this board stands; empty: unknown.
    pub area: String,
    /// The transcript's confidence, 0.0..=1.0, below which it says that it did not catch that.
    pub min_confidence: f32,
}

impl Default for AssistantConfig {
    fn default() -> Self {
        Self { language: "en".into(), area: String::new(), min_confidence: 0.35 }
    }
}

impl Config {
    /// Reads a configuration file.
    ///
    /// # Errors
    /// [`ConfigError`] with the file, the line, the key and what is allowed.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Unreadable { file: path.into(), source })?;
        Self::parse(&text, path)
    }

    /// Reads a configuration from text; `file` is what errors name.
    ///
    /// # Errors
    /// [`ConfigError`] with the file, the line, the key and what is allowed.
    pub fn parse(text: &str, file: &Path) -> Result<Self, ConfigError> {
        check::check(text, file)?;
        toml::from_str(text).map_err(|error| ConfigError::at_span(text, file, error.span(), error.message()))
    }

    /// The file that is read when none is named: `$SOTTO_CONFIG`, else `sotto/sotto.toml` in the
    /// person's configuration folder, else `/etc/sotto/sotto.toml`; the first that exists.
    pub fn default_file() -> Option<PathBuf> {
        let mut candidates = Vec::new();
        if let Some(named) = std::env::var_os("SOTTO_CONFIG") {
            return Some(named.into());
        }
        if let Some(folder) = std::env::var_os("XDG_CONFIG_HOME").filter(|f| !f.is_empty()) {
            candidates.push(PathBuf::from(folder).join("sotto/sotto.toml"));
        } else if let Some(home) = std::env::var_os("HOME") {
            candidates.push(PathBuf::from(home).join(".config/sotto/sotto.toml"));
        }
        candidates.push("/etc/sotto/sotto.toml".into());
        candidates.into_iter().find(|path| path.exists())
    }

    /// The named file, else the default file if there is one, else the defaults.
    ///
    /// # Errors
    /// As [`Config::read`].
    pub fn load(named: Option<&Path>) -> Result<Self, ConfigError> {
        match named.map(Path::to_path_buf).or_else(Self::default_file) {
            Some(path) => Self::read(&path),
            None => Ok(Self::default()),
        }
    }
}
