//! Text to speech.
//!
//! In comes a reply; out comes sound, sentence by sentence. What must never happen here: a download; a
//! sentence held back until the whole reply is ready; two threads in espeak-ng at once.

mod builtin;
mod data;
mod piper;
mod sentences;
mod speaker;

pub use builtin::BuiltIn;
pub use data::settle as settle_data;
pub use piper::PiperVoice;
pub use sentences::sentences;
pub use speaker::Speaker;

use crate::models::Store;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The name of the voice that needs no files.
pub const BUILT_IN: &str = "built-in";

/// How replies sound.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct TtsConfig {
    /// A Piper voice by its name in `sotto models list` or the path of its `.onnx`; `built-in` needs no files.
    pub voice: String,
    /// Pace; 1.0 is the voice's own, 2.0 twice as fast; 0.5..=2.0.
    pub speed: f32,
    /// Loudness; 1.0 is full; 0.0..=1.0.
    pub volume: f32,
    /// Path of ONNX Runtime's shared library; empty: the pulled one.
    pub library: String,
}

impl Default for TtsConfig {
    fn default() -> Self {
        Self { voice: "piper-en_US-joe-medium".into(), speed: 1.0, volume: 0.9, library: String::new() }
    }
}

/// Why there is no sound.
#[derive(Debug, thiserror::Error)]
pub enum TtsError {
    /// A file is not there.
    #[error(transparent)]
    Missing(#[from] crate::models::ModelError),
    /// The voice cannot be loaded.
    #[error("{}: {reason}", path.display())]
    Voice {
        /// Its file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// ONNX Runtime cannot be loaded.
    #[error("ONNX Runtime ({}) cannot be loaded: {reason}; `sotto models pull onnxruntime` fetches it", path.display())]
    Library {
        /// The library's file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// espeak-ng's data is not there.
    #[error("{0}")]
    Data(String),
    /// One text could not be spoken.
    #[error("cannot speak {text:?}: {reason}")]
    Speak {
        /// The text.
        text: String,
        /// Why.
        reason: String,
    },
}

/// A voice.
pub trait Voice: Send {
    /// Samples a second of its sound, in Hz.
    fn rate_hz(&self) -> u32;

    /// Makes sound of one sentence: mono samples in −1.0..=1.0.
    ///
    /// # Errors
    /// [`TtsError::Speak`].
    fn speak(&mut self, sentence: &str) -> Result<Vec<f32>, TtsError>;
}

type Open = fn(&TtsConfig, &Store) -> Result<Box<dyn Voice>, TtsError>;

/// The kinds of voices: whether a name is theirs, and how they are opened.
const BACKENDS: &[(fn(&str) -> bool, Open)] = &[
    (|name| name == BUILT_IN, |config, _| Ok(Box::new(BuiltIn::new(config.speed)?))),
    (|_| true, |config, store| Ok(Box::new(PiperVoice::open(config, store)?))),
];

/// Opens the configured voice.
///
/// # Errors
/// Its files are missing or damaged.
pub fn open(config: &TtsConfig, store: &Store) -> Result<Box<dyn Voice>, TtsError> {
    for (is_theirs, open) in BACKENDS {
        if is_theirs(&config.voice) {
            return open(config, store);
        }
    }
    Ok(Box::new(BuiltIn::new(config.speed)?))
}

/// espeak-ng keeps its state in globals: whoever calls it holds this.
fn espeak() -> MutexGuard<'static, ()> {
    static ESPEAK: Mutex<()> = Mutex::new(());
    ESPEAK.lock().unwrap_or_else(PoisonError::into_inner)
}
