//! Where an utterance begins and ends.

use super::SpeechDetector;
use crate::audio::{FRAME_MS, FRAME_SAMPLES, Frame, SAMPLE_RATE, Utterance};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Sound that is kept from before [`Endpointer::listen`], in ms.
const HISTORY_MS: u64 = 2_000;

/// Sound before the first speech that belongs to the utterance, in ms: quiet beginnings of words.
const PRE_ROLL_MS: u64 = 250;

/// Sound after the last speech that belongs to the utterance, in ms: quiet ends of words.
const POST_ROLL_MS: u64 = PAUSE_MS;

/// Silence after which an utterance may be over, in ms.
pub const PAUSE_MS: u64 = 200;

/// Speech that is shorter than this all together is a knock or a cough, in ms.
const LEAST_SPEECH_MS: u64 = 80;

/// How utterances are bounded.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct EndpointConfig {
    /// Silence that ends an utterance, in ms, 200 to 3,000.
    pub trailing_silence_ms: u64,
    /// The longest utterance, in ms, 2,000 to 28,000.
    pub max_utterance_ms: u64,
    /// How long to wait for somebody to speak, in ms, 1,000 to 30,000.
    pub no_speech_ms: u64,
    /// Silence after which a whole command is acted on, in ms, 200 to 3,000.
    pub complete_silence_ms: u64,
    /// Silence that half a sentence may be followed by, in ms, 200 to 5,000.
    pub unfinished_silence_ms: u64,
    /// Probability at which a frame counts as speech, 0.1 to 0.9.
    pub threshold: f32,
}

impl Default for EndpointConfig {
    fn default() -> Self {
        Self {
            trailing_silence_ms: 500,
            max_utterance_ms: 12_000,
            no_speech_ms: 5_000,
            complete_silence_ms: 200,
            unfinished_silence_ms: 1_200,
            threshold: 0.5,
        }
    }
}

/// What the endpointer found.
#[derive(Debug, Clone, PartialEq)]
pub enum Endpoint {
    /// Speech began at this time of the stream, in ms.
    Started {
        /// In ms.
        at_ms: u64,
    },
    /// It may be over: this is what there is after 200 ms of silence. [`Endpoint::Resumed`] or
    /// [`Endpoint::Ended`] with the same sound follows.
    Paused(Utterance),
    /// The person speaks on after a pause.
    Resumed,
    /// The utterance is over.
    Ended(Utterance),
    /// Nobody spoke in time.
    NobodySpoke,
}

/// What was said before a pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pause {
    /// A whole command.
    Whole,
    /// Half a sentence.
    Half,
}

/// Finds utterances in a stream of frames.
pub struct Endpointer {
    config: EndpointConfig,
    detector: SpeechDetector,
    history: VecDeque<f32>,
    /// Whether each frame of the history is speech.
    heard: VecDeque<bool>,
    next_ms: u64,
    probability: f32,
    quest: Option<Quest>,
}

/// One wait for an utterance.
struct Quest {
    from_ms: u64,
    samples: Vec<f32>,
    /// Where `samples` begins, in ms.
    start_ms: u64,
    /// First frame of speech, in ms.
    first_ms: Option<u64>,
    /// End of the last frame of speech, in ms.
    last_ms: u64,
    speech_ms: u64,
    told: bool,
    /// Whether the present silence was told as a pause.
    paused: bool,
    /// Silence that ends the utterance, in ms: for the present pause.
    patience_ms: u64,
}

impl Endpointer {
    /// An endpointer that waits for nothing yet; frames are to be pushed all the same.
    pub fn new(config: EndpointConfig) -> Self {
        Self {
            config,
            detector: SpeechDetector::new(),
            history: VecDeque::with_capacity(samples(HISTORY_MS) + FRAME_SAMPLES),
            heard: VecDeque::with_capacity((HISTORY_MS / FRAME_MS) as usize + 1),
            next_ms: 0,
            probability: 0.0,
            quest: None,
        }
    }

    /// The probability of speech in the latest frame, 0.0..=1.0.
    pub fn speech_probability(&self) -> f32 {
        self.probability
    }

    /// Waits for an utterance whose sound begins at `from_ms` (at most two seconds ago).
    pub fn listen(&mut self, from_ms: u64) {
        let kept_ms = self.heard.len() as u64 * FRAME_MS;
        let begins = self.next_ms.saturating_sub(kept_ms);
        let from_ms = from_ms.clamp(begins, self.next_ms) / FRAME_MS * FRAME_MS;
        let skipped = ((from_ms.max(begins) - begins) / FRAME_MS) as usize;
        let mut quest = Quest {
            from_ms,
            samples: self.history.iter().skip(skipped * FRAME_SAMPLES).copied().collect(),
            start_ms: from_ms,
            first_ms: None,
            last_ms: from_ms,
            speech_ms: 0,
            told: false,
            paused: false,
            patience_ms: self.config.trailing_silence_ms,
        };
        for (index, heard) in self.heard.iter().enumerate().skip(skipped) {
            if *heard {
                quest.speech(begins + index as u64 * FRAME_MS);
            }
        }
        self.quest = Some(quest);
    }

    /// Says how long the pause that began at `speech_end_ms` may be, now that somebody knows what was said;
    /// too late, if the person speaks again.
    pub fn allow(&mut self, speech_end_ms: u64, standing: Pause) {
        let patience_ms = match standing {
            Pause::Whole => self.config.complete_silence_ms.min(self.config.trailing_silence_ms),
            Pause::Half => self.config.unfinished_silence_ms.max(self.config.trailing_silence_ms),
        };
        if let Some(quest) =
            self.quest.as_mut().filter(|quest| quest.paused && quest.last_ms == speech_end_ms)
        {
            quest.patience_ms = patience_ms;
        }
    }

    /// Waits no longer.
    pub fn stop(&mut self) {
        self.quest = None;
    }

    /// Takes the frame that begins at `at_ms`.
    pub fn push(&mut self, at_ms: u64, frame: &Frame) -> Option<Endpoint> {
        self.probability = self.detector.push(frame);
        self.push_as(at_ms, frame, self.probability >= self.config.threshold)
    }

    fn push_as(&mut self, at_ms: u64, frame: &Frame, heard: bool) -> Option<Endpoint> {
        if self.heard.len() as u64 * FRAME_MS >= HISTORY_MS {
            self.heard.pop_front();
            self.history.drain(..FRAME_SAMPLES.min(self.history.len()));
        }
        self.heard.push_back(heard);
        self.history.extend(frame.iter().copied());
        self.next_ms = at_ms + FRAME_MS;

        let quest = self.quest.as_mut()?;
        quest.samples.extend_from_slice(frame);
        if heard {
            quest.speech(at_ms);
        }
        let now_ms = self.next_ms;
        if quest.speech_ms >= LEAST_SPEECH_MS
            && let Some(first_ms) = quest.first_ms
        {
            let silence_ms = now_ms.saturating_sub(quest.last_ms);
            let silent = silence_ms >= quest.patience_ms;
            let long = now_ms.saturating_sub(first_ms) >= self.config.max_utterance_ms;
            if silent || long {
                return self.quest.take().map(|quest| Endpoint::Ended(quest.cut(first_ms)));
            }
            if !quest.told {
                quest.told = true;
                return Some(Endpoint::Started { at_ms: first_ms });
            }
            if quest.paused && silence_ms == 0 {
                quest.paused = false;
                quest.patience_ms = self.config.trailing_silence_ms;
                return Some(Endpoint::Resumed);
            }
            // Only then does the utterance have all of its post-roll, so that its sound will not change.
            if !quest.paused && silence_ms >= POST_ROLL_MS {
                quest.paused = true;
                return Some(Endpoint::Paused(quest.cut(first_ms)));
            }
            return None;
        }
        // A click that was no speech is forgotten, so that it does not count towards the next word.
        if quest.first_ms.is_some() && now_ms.saturating_sub(quest.last_ms) >= self.config.trailing_silence_ms
        {
            quest.first_ms = None;
            quest.speech_ms = 0;
        }
        if now_ms.saturating_sub(quest.from_ms) >= self.config.no_speech_ms {
            self.quest = None;
            return Some(Endpoint::NobodySpoke);
        }
        None
    }
}

impl Quest {
    fn speech(&mut self, at_ms: u64) {
        self.first_ms.get_or_insert(at_ms);
        self.last_ms = at_ms + FRAME_MS;
        self.speech_ms += FRAME_MS;
    }

    fn cut(&self, first_ms: u64) -> Utterance {
        let start_ms = first_ms.saturating_sub(PRE_ROLL_MS).max(self.start_ms);
        let begin = samples(start_ms - self.start_ms).min(self.samples.len());
        let end_ms = self.last_ms + POST_ROLL_MS;
        let end = samples(end_ms.saturating_sub(self.start_ms)).clamp(begin, self.samples.len());
        Utterance {
            samples: self.samples.get(begin..end).unwrap_or_default().to_vec(),
            start_ms,
            speech_end_ms: self.last_ms,
        }
    }
}

fn samples(ms: u64) -> usize {
    (ms * u64::from(SAMPLE_RATE) / 1000) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn noise(seed: &mut u32, level: f32) -> Frame {
        std::array::from_fn(|_| {
            *seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            level * ((*seed >> 8) as f32 / 8_388_608.0 - 1.0)
        })
    }

    #[test]
    fn silence_ends_with_nobody_spoke_at_its_time() {
        let mut endpointer = Endpointer::new(EndpointConfig::default());
        endpointer.listen(0);
        let mut seed = 1;
        for n in 0..500u64 {
            let found = endpointer.push(n * 10, &noise(&mut seed, 0.001));
            assert_eq!(found.is_some(), n == 499, "frame {n}: {found:?}");
        }
    }

    #[test]
    fn nothing_comes_when_nobody_listens() {
        let mut endpointer = Endpointer::new(EndpointConfig::default());
        let mut seed = 1;
        assert!((0..2000u64).all(|n| endpointer.push(n * 10, &noise(&mut seed, 0.2)).is_none()));
    }

    /// A tone in noise, which the detector takes for a voice, then silence; what comes of it, and when.
    fn speech_then_silence(judge: Option<Pause>) -> Vec<(u64, Endpoint)> {
        let mut endpointer = Endpointer::new(EndpointConfig { threshold: 0.1, ..EndpointConfig::default() });
        endpointer.listen(0);
        let mut found = Vec::new();
        for n in 0..400u64 {
            // Two words of 400 ms with 400 ms between them.
            let voiced = (20..60).contains(&n) || (100..140).contains(&n);
            if let Some(endpoint) = endpointer.push_as(n * 10, &[0.1; FRAME_SAMPLES], voiced) {
                if let (Endpoint::Paused(utterance), Some(pause)) = (&endpoint, judge) {
                    endpointer.allow(utterance.speech_end_ms, pause);
                }
                found.push((n * 10 + 10, endpoint));
            }
        }
        found
    }

    fn end_of(found: &[(u64, Endpoint)]) -> (u64, u64) {
        let ended = found.iter().find_map(|(at, endpoint)| match endpoint {
            Endpoint::Ended(utterance) => Some((*at, utterance.speech_end_ms)),
            _ => None,
        });
        ended.expect("no end")
    }

    #[test]
    fn a_whole_command_ends_early_and_half_a_one_is_waited_for() {
        // The pause between the words is shorter than the usual silence: both words are one utterance.
        assert_eq!(end_of(&speech_then_silence(None)), (1900, 1400));
        assert_eq!(end_of(&speech_then_silence(Some(Pause::Whole))), (810, 600));
        assert_eq!(end_of(&speech_then_silence(Some(Pause::Half))), (2600, 1400));
    }

    #[test]
    fn the_sound_at_a_pause_is_the_sound_at_the_end() {
        let found = speech_then_silence(None);
        let sounds: Vec<_> = found
            .iter()
            .filter_map(|(_, endpoint)| match endpoint {
                Endpoint::Paused(utterance) | Endpoint::Ended(utterance) => Some(utterance),
                _ => None,
            })
            .collect();
        assert_eq!(sounds.len(), 3);
        assert!(sounds[1] == sounds[2] && sounds[0] != sounds[1]);
        assert!(found.iter().any(|(at, endpoint)| *at == 1010 && *endpoint == Endpoint::Resumed));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn every_wait_ends_and_times_fit_the_samples(
            levels in prop::collection::vec(0.0f32..1.0, 1..40), begin in 0u64..300, back in 0u64..4000
        ) {
            let config = EndpointConfig::default();
            let longest = config.no_speech_ms + config.max_utterance_ms + config.trailing_silence_ms;
            let mut endpointer = Endpointer::new(config);
            let mut seed = 7;
            let mut ended = false;
            for n in 0..begin + longest / 10 + 100 {
                if n == begin {
                    endpointer.listen((n * 10).saturating_sub(back));
                }
                let level = levels[(n / 25) as usize % levels.len()];
                let mut frame = noise(&mut seed, level);
                for (i, s) in frame.iter_mut().enumerate() {
                    *s += level * (i as f32 * 0.08 * (1.0 + level)).sin();
                }
                match endpointer.push(n * 10, &frame) {
                    Some(Endpoint::Ended(utterance)) => {
                        let ms = utterance.samples.len() as u64 / 16;
                        prop_assert!(utterance.start_ms + ms >= utterance.speech_end_ms);
                        prop_assert!(utterance.start_ms <= utterance.speech_end_ms);
                        ended = true;
                    }
                    Some(Endpoint::NobodySpoke) => ended = true,
                    _ => {}
                }
            }
            prop_assert!(ended);
        }
    }
}
