//! Logits to detections.

use std::path::PathBuf;

use super::frontend::FrontEnd;
use super::network::{Network, STRIDE};
use super::weights::Weights;
use super::{SHIPPED_FILE, Sensitivity, WakeConfig, WakeError};
use crate::audio::{FRAME_MS, Frame};
use crate::models::{Stage, Store};

/// Steps over which logits are averaged: a word is sure for several, a slip for one.
pub const SMOOTH_STEPS: usize = 3;

/// Steps that a rising score is followed at most before the detection is given out.
const FOLLOW_STEPS: u32 = 4;

/// How long after the end of the word the averaged score is highest, in ms: measured on the recordings of the card.
const DELAY_MS: u64 = 60;

/// Somebody said a wake word.
#[derive(Debug, Clone, PartialEq)]
pub struct Detection {
    /// The word.
    pub word: String,
    /// Where the word ended on the stream's clock, in ms.
    pub at_ms: u64,
    /// How sure it is, 0.0..=1.0; 0.5 is the medium threshold of the model.
    pub score: f32,
}

/// One word's hearing.
struct Word {
    name: String,
    logit: usize,
    threshold: f32,
    recent: [f32; SMOOTH_STEPS],
    /// Averaged score of the newest step.
    score: f32,
    state: WordState,
}

#[derive(Clone, Copy)]
enum WordState {
    /// Below the threshold.
    Quiet,
    /// Above it and followed to its highest point.
    Rising { best: f32, best_ms: u64, steps: u32 },
    /// Was given out: deaf until then, and until the score has fallen.
    Resting { until_ms: u64 },
}

/// Listens for wake words.
pub struct WakeDetector {
    front: FrontEnd,
    network: Network,
    words: Vec<Word>,
    scores: Vec<f32>,
    refractory_ms: u64,
    steps: usize,
    ready: Option<Detection>,
}

impl WakeDetector {
    /// A detector for the configured words, by the configured model, or by the one that is shipped: the store knows
    /// whether it lies in a checkout or was installed.
    ///
    /// # Errors
    /// Those of [`Weights::read`] and of [`WakeDetector::new`].
    pub fn open(config: &WakeConfig, store: &Store) -> Result<Self, WakeError> {
        Self::new(config, &Weights::read(&model_path(config, store))?)
    }

    /// A detector for the configured words, by the model's weights.
    ///
    /// # Errors
    /// [`WakeError::UnknownWord`], [`WakeError::Threshold`], [`WakeError::NoWords`].
    pub fn new(config: &WakeConfig, weights: &Weights) -> Result<Self, WakeError> {
        let word = |name: &String| {
            let name = name.trim().to_lowercase();
            let found = weights.words.iter().enumerate().find(|(_, info)| info.word == name);
            let Some((logit, info)) = found else {
                let known: Vec<&str> = weights.words.iter().map(|info| info.word.as_str()).collect();
                return Err(WakeError::UnknownWord { word: name, known: known.join(", ") });
            };
            let [low, medium, high] = info.thresholds;
            let usual = match config.sensitivity {
                Sensitivity::Low => low,
                Sensitivity::Medium => medium,
                Sensitivity::High => high,
            };
            let threshold = config.thresholds.get(&name).copied().unwrap_or(usual);
            if !(0.0..=1.0).contains(&threshold) {
                return Err(WakeError::Threshold { word: name, threshold });
            }
            Ok(Word {
                name,
                logit,
                threshold,
                recent: [QUIET_LOGIT; SMOOTH_STEPS],
                score: 0.0,
                state: WordState::Quiet,
            })
        };
        let words: Vec<Word> = config.words.iter().map(word).collect::<Result<_, _>>()?;
        if words.is_empty() {
            return Err(WakeError::NoWords);
        }
        Ok(Self {
            front: FrontEnd::new(),
            network: Network::new(weights),
            scores: vec![0.0; words.len()],
            words,
            refractory_ms: config.refractory_ms,
            steps: 0,
            ready: None,
        })
    }

    /// Takes in the frame that begins at `at_ms` on the stream's clock. A detection comes some 100 ms after the end of
    /// the word. Of two words in the same step the surer one is given out.
    pub fn push(&mut self, at_ms: u64, frame: &Frame) -> Option<Detection> {
        let bands = self.front.push(frame);
        let logits = self.network.push(&bands)?;
        let now_ms = at_ms + FRAME_MS;
        let slot = self.steps % SMOOTH_STEPS;
        self.steps = self.steps.wrapping_add(1);
        for (word, score) in self.words.iter_mut().zip(&mut self.scores) {
            let logit = logits.get(word.logit).copied().unwrap_or(QUIET_LOGIT);
            if let Some(recent) = word.recent.get_mut(slot) {
                *recent = logit;
            }
            word.score = sigmoid(word.recent.iter().sum::<f32>() / SMOOTH_STEPS as f32);
            *score = word.score;
            if let Some((score, peak_ms)) = word.step(now_ms, self.refractory_ms)
                && self.ready.as_ref().is_none_or(|ready| ready.score < score)
            {
                self.ready = Some(Detection {
                    word: word.name.clone(),
                    at_ms: peak_ms.saturating_sub(DELAY_MS),
                    score,
                });
            }
        }
        self.ready.take()
    }

    /// The newest score of each configured word, 0.0..=1.0, in the order of the configuration.
    pub fn scores(&self) -> impl Iterator<Item = (&str, f32)> {
        self.words.iter().zip(&self.scores).map(|(word, score)| (word.name.as_str(), *score))
    }

    /// Milliseconds from one new score to the next.
    pub const STEP_MS: u64 = STRIDE as u64 * FRAME_MS;
}

/// The file that `config` and `store` lead to.
pub fn model_path(config: &WakeConfig, store: &Store) -> PathBuf {
    match config.model.trim() {
        "" => store.shipped_dir(Stage::Wake).join(SHIPPED_FILE),
        path => PathBuf::from(path),
    }
}

/// What a word's logit is before anything was heard.
const QUIET_LOGIT: f32 = -10.0;

impl Word {
    /// The next step's state; when a detection is due, its score and the time of it.
    fn step(&mut self, now_ms: u64, refractory_ms: u64) -> Option<(f32, u64)> {
        let over = self.score >= self.threshold;
        match self.state {
            WordState::Quiet if over => {
                self.state = WordState::Rising { best: self.score, best_ms: now_ms, steps: 0 };
                None
            }
            WordState::Quiet => None,
            WordState::Rising { best, best_ms, steps } => {
                let (risen, steps) = (self.score > best, steps + 1);
                let (best, best_ms) = if risen { (self.score, now_ms) } else { (best, best_ms) };
                if risen && steps < FOLLOW_STEPS {
                    self.state = WordState::Rising { best, best_ms, steps };
                    return None;
                }
                self.state = WordState::Resting { until_ms: now_ms + refractory_ms };
                Some((best, best_ms))
            }
            WordState::Resting { until_ms } => {
                if now_ms >= until_ms && !over {
                    self.state = WordState::Quiet;
                }
                None
            }
        }
    }
}

fn sigmoid(logit: f32) -> f32 {
    1.0 / (1.0 + (-logit).exp())
}
