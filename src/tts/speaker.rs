//! A voice with its manners: sentence by sentence, at one level, with a memory for what is said often.

use super::{BUILT_IN, BuiltIn, TtsConfig, TtsError, Voice, open, sentences};
use crate::models::Store;
use std::collections::HashMap;
use std::sync::Arc;

/// The most sound that is remembered, in samples (f32): 8 MB.
const REMEMBERED: usize = 2 << 20;
/// Peaks above this would be clipped by cheap amplifiers.
const PEAK: f32 = 0.95;
/// Fades at both ends, in ms, so that sentences do not click.
const FADE_MS: usize = 5;

/// Speaks replies.
pub struct Speaker {
    voice: Box<dyn Voice>,
    name: String,
    volume: f32,
    /// Sentence to sound, and when it was last wanted.
    remembered: HashMap<String, (Arc<[f32]>, u64)>,
    held: usize,
    uses: u64,
}

impl Speaker {
    /// Opens the configured voice; where its files are missing, the built-in one, which is said in the log.
    ///
    /// # Errors
    /// A voice that is there but damaged; a built-in voice without its data.
    pub fn open(config: &TtsConfig, store: &Store) -> Result<Self, TtsError> {
        let (voice, name) = match open(config, store) {
            Ok(voice) => (voice, config.voice.clone()),
            Err(TtsError::Missing(error)) => {
                tracing::warn!("the built-in voice speaks: {error}");
                let voice: Box<dyn Voice> = Box::new(BuiltIn::new(config.speed)?);
                (voice, BUILT_IN.to_string())
            }
            Err(error) => return Err(error),
        };
        let volume = if config.volume.is_finite() { config.volume.clamp(0.0, 1.0) } else { 1.0 };
        Ok(Self { voice, name, volume, remembered: HashMap::new(), held: 0, uses: 0 })
    }

    /// Samples a second of what [`Speaker::speak`] hands out, in Hz.
    pub fn rate_hz(&self) -> u32 {
        self.voice.rate_hz()
    }

    /// The name of the voice that speaks.
    pub fn voice_name(&self) -> &str {
        &self.name
    }

    /// Speaks `text`, handing each sentence's sound (mono, −1.0..=1.0) to `sink` as soon as it is made;
    /// stops when `sink` says false.
    ///
    /// # Errors
    /// [`TtsError::Speak`] for a sentence that cannot be spoken; those before it were handed out.
    pub fn speak(&mut self, text: &str, sink: &mut dyn FnMut(&[f32]) -> bool) -> Result<(), TtsError> {
        for sentence in sentences(text) {
            let sound = self.sound(sentence)?;
            if !sink(&sound) {
                break;
            }
        }
        Ok(())
    }

    fn sound(&mut self, sentence: &str) -> Result<Arc<[f32]>, TtsError> {
        self.uses += 1;
        if let Some((sound, used)) = self.remembered.get_mut(sentence) {
            *used = self.uses;
            return Ok(Arc::clone(sound));
        }
        let mut samples = self.voice.speak(sentence)?;
        level(&mut samples, self.volume, self.voice.rate_hz());
        let sound: Arc<[f32]> = samples.into();
        if sound.len() <= REMEMBERED / 4 {
            self.held += sound.len();
            self.remembered.insert(sentence.to_string(), (Arc::clone(&sound), self.uses));
            while self.held > REMEMBERED {
                let oldest =
                    self.remembered.iter().min_by_key(|(_, (_, used))| *used).map(|(s, _)| s.clone());
                let Some((dropped, _)) = oldest.and_then(|s| self.remembered.remove(&s)) else { break };
                self.held -= dropped.len();
            }
        }
        Ok(sound)
    }
}

fn level(samples: &mut [f32], volume: f32, rate_hz: u32) {
    let peak = samples.iter().fold(0.0f32, |peak, s| if s.is_finite() { peak.max(s.abs()) } else { peak });
    let gain = if peak > 1e-4 { volume * PEAK / peak } else { 0.0 };
    let fade = (rate_hz as usize * FADE_MS / 1000).max(1);
    let count = samples.len();
    for (index, sample) in samples.iter_mut().enumerate() {
        let edge = index.min(count - 1 - index) as f32 / fade as f32;
        *sample = if sample.is_finite() { *sample * gain * edge.min(1.0) } else { 0.0 };
    }
}
