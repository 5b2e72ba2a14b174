//! Frames in, wake words and utterances out: wake word and endpointing side by side, without a thread
//! or a clock, so that a microphone, a file and a test are heard by the same code.

use crate::audio::{FRAME_MS, FRAME_SAMPLES, Frame, SAMPLE_RATE, Utterance};
use crate::vad::{Endpoint, Endpointer, Pause};
use crate::wake::{Detection, WakeDetector};
use std::collections::VecDeque;

/// How much sound before the end of the wake word goes to speech-to-text, in ms. People do not pause
/// after it, and a word that is whole is dropped from the text more surely than half a word.
const LEAD_MS: u64 = 900;

/// Speech that begins later than this after the wake word goes without it, in ms.
const PAUSE_MS: u64 = 400;

/// What the ear noticed.
#[derive(Debug, Clone, PartialEq)]
pub enum Noticed {
    /// A wake word.
    Woke(Detection),
    /// The person began to speak, at this time of the stream, in ms.
    SpeechStarted(u64),
    /// The person may have finished: the utterance as it will be if they have.
    Paused(Utterance),
    /// They have not.
    Resumed,
    /// The person has finished.
    Ended(Utterance),
    /// Nobody spoke.
    NobodySpoke,
}

/// Listens to one stream of frames.
pub struct Ear {
    wake: Option<WakeDetector>,
    endpointer: Endpointer,
    now_ms: u64,
    listening: bool,
    recent: VecDeque<f32>,
    /// The wake word's sound, and where it ended on the stream's clock, in ms.
    lead: Option<(Vec<f32>, u64)>,
}

impl Ear {
    /// An ear with a wake word, or without one (then [`Ear::listen`] alone opens it).
    pub fn new(wake: Option<WakeDetector>, endpointer: Endpointer) -> Self {
        let capacity = samples(LEAD_MS * 2);
        Self {
            wake,
            endpointer,
            now_ms: 0,
            listening: false,
            recent: VecDeque::with_capacity(capacity),
            lead: None,
        }
    }

    /// The stream's clock: where the next frame begins, in ms.
    pub fn now_ms(&self) -> u64 {
        self.now_ms
    }

    /// Waits for an utterance that begins where the wake word ended, or now.
    pub fn listen(&mut self, word_end_ms: Option<u64>) {
        let from_ms = word_end_ms.unwrap_or(self.now_ms).min(self.now_ms);
        self.lead = word_end_ms.map(|_| {
            let after = samples(self.now_ms - from_ms).min(self.recent.len());
            let end = self.recent.len() - after;
            let begin = end.saturating_sub(samples(LEAD_MS));
            (self.recent.range(begin..end).copied().collect(), from_ms)
        });
        self.endpointer.listen(from_ms);
        self.listening = true;
    }

    /// Says what was said before the pause that began at `speech_end_ms`.
    pub fn allow(&mut self, speech_end_ms: u64, pause: Pause) {
        self.endpointer.allow(speech_end_ms, pause);
    }

    /// Stops waiting for an utterance.
    pub fn stop(&mut self) {
        self.endpointer.stop();
        self.listening = false;
        self.lead = None;
    }

    /// Takes the next frame. `heed_wake` is off while a wake word could only be an echo or a mistake.
    pub fn push(&mut self, frame: &Frame, heed_wake: bool) -> Option<Noticed> {
        let at_ms = self.now_ms;
        self.now_ms += FRAME_MS;
        if self.recent.len() + FRAME_SAMPLES > samples(LEAD_MS * 2) {
            self.recent.drain(..FRAME_SAMPLES.min(self.recent.len()));
        }
        self.recent.extend(frame.iter().copied());

        let detection = self.wake.as_mut().and_then(|wake| wake.push(at_ms, frame));
        let endpoint = self.endpointer.push(at_ms, frame);
        if let Some(detection) = detection.filter(|_| heed_wake) {
            return Some(Noticed::Woke(detection));
        }
        if !self.listening {
            return None;
        }
        match endpoint? {
            Endpoint::Started { at_ms } => Some(Noticed::SpeechStarted(at_ms)),
            Endpoint::Paused(utterance) => Some(Noticed::Paused(self.with_lead(utterance))),
            Endpoint::Resumed => Some(Noticed::Resumed),
            Endpoint::Ended(utterance) => {
                self.listening = false;
                let utterance = self.with_lead(utterance);
                self.lead = None;
                Some(Noticed::Ended(utterance))
            }
            Endpoint::NobodySpoke => {
                self.listening = false;
                self.lead = None;
                Some(Noticed::NobodySpoke)
            }
        }
    }

    fn with_lead(&self, utterance: Utterance) -> Utterance {
        let Some((mut sound, word_end_ms)) = self.lead.clone() else { return utterance };
        // The utterance may begin before the word's end (its pre-roll) or some time after it.
        if utterance.start_ms > word_end_ms + PAUSE_MS {
            return utterance;
        }
        let overlap = samples(word_end_ms.saturating_sub(utterance.start_ms)).min(utterance.samples.len());
        let start_ms = word_end_ms.saturating_sub(ms(sound.len()));
        let gap = samples(utterance.start_ms.saturating_sub(word_end_ms));
        sound.resize(sound.len() + gap, 0.0);
        sound.extend(utterance.samples.get(overlap..).unwrap_or_default());
        Utterance { samples: sound, start_ms, speech_end_ms: utterance.speech_end_ms }
    }
}

fn samples(ms: u64) -> usize {
    (ms * u64::from(SAMPLE_RATE) / 1000) as usize
}

fn ms(samples: usize) -> u64 {
    samples as u64 * 1000 / u64::from(SAMPLE_RATE)
}
