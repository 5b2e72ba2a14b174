//! Piper voices, by piper-rs over ONNX Runtime.

use super::{TtsConfig, TtsError, Voice, data, espeak};
use crate::models::Store;
use piper_rs::{ModelConfig, Piper};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// A Piper voice: an `.onnx` file with its `.onnx.json` beside it.
pub struct PiperVoice {
    piper: Piper,
    rate_hz: u32,
    length_scale: f32,
}

impl PiperVoice {
    /// Opens the configured voice.
    ///
    /// # Errors
    /// [`TtsError::Missing`], [`TtsError::Library`], [`TtsError::Data`], [`TtsError::Voice`].
    pub fn open(config: &TtsConfig, store: &Store) -> Result<Self, TtsError> {
        let path = store.find(&config.voice)?;
        let json = PathBuf::from(format!("{}.json", path.display()));
        let wrong = |path: &Path, reason: String| TtsError::Voice { path: path.into(), reason };
        let file = File::open(&json).map_err(|error| {
            wrong(&json, format!("cannot be read ({error}); it belongs beside the voice"))
        })?;
        let settings: ModelConfig = serde_json::from_reader(std::io::BufReader::new(file))
            .map_err(|error| wrong(&json, format!("this is no Piper configuration: {error}")))?;
        let rate_hz = settings.audio.sample_rate;
        if !(8_000..=48_000).contains(&rate_hz) {
            return Err(wrong(
                &json,
                format!("a sample rate of {rate_hz} Hz; 8,000 to 48,000 can be played"),
            ));
        }
        data::check().map_err(TtsError::Data)?;
        runtime(config, store)?;
        let session = ort::session::Session::builder()
            .and_then(|builder| Ok(builder.with_intra_threads(2)?))
            .and_then(|mut builder| builder.commit_from_file(&path))
            .map_err(|error| wrong(&path, format!("this is no Piper voice: {error}")))?;
        let speed = if config.speed.is_finite() { config.speed.clamp(0.5, 2.0) } else { 1.0 };
        let length_scale = settings.inference.length_scale / speed;
        Ok(Self { piper: Piper::from_session(session, settings), rate_hz, length_scale })
    }
}

impl Voice for PiperVoice {
    fn rate_hz(&self) -> u32 {
        self.rate_hz
    }

    fn speak(&mut self, sentence: &str) -> Result<Vec<f32>, TtsError> {
        let failed = |reason: String| TtsError::Speak { text: sentence.to_string(), reason };
        if sentence.contains('\0') {
            return Err(failed("there is a NUL in it".into()));
        }
        let _one_at_a_time = espeak();
        let (samples, _) = self
            .piper
            .create(sentence, false, None, Some(self.length_scale), None, None)
            .map_err(|error| failed(error.to_string()))?;
        Ok(samples)
    }
}

/// Loads ONNX Runtime, once a process.
fn runtime(config: &TtsConfig, store: &Store) -> Result<(), TtsError> {
    static LOADED: OnceLock<Result<(), String>> = OnceLock::new();
    let path =
        if config.library.is_empty() { store.find("onnxruntime")? } else { PathBuf::from(&config.library) };
    let loaded = LOADED.get_or_init(|| match ort::init_from(&path) {
        Ok(builder) => {
            builder.commit();
            Ok(())
        }
        Err(error) => Err(error.to_string()),
    });
    loaded.clone().map_err(|reason| TtsError::Library { path, reason })
}
