//! How likely it is that a frame is speech.

use crate::audio::{FRAME_SAMPLES, Frame};
use earshot::Detector;

/// Samples that the network takes at once: 16 ms.
const WINDOW: usize = 256;

/// A small neural network (crate `earshot`, MIT or Apache-2.0) over windows of 16 ms, asked once a frame.
pub struct SpeechDetector {
    detector: Box<Detector>,
    waiting: [f32; WINDOW + FRAME_SAMPLES],
    held: usize,
    latest: f32,
}

impl Default for SpeechDetector {
    fn default() -> Self {
        Self::new()
    }
}

impl SpeechDetector {
    /// A detector that has heard nothing yet.
    pub fn new() -> Self {
        Self {
            detector: Detector::default_boxed(),
            waiting: [0.0; WINDOW + FRAME_SAMPLES],
            held: 0,
            latest: 0.0,
        }
    }

    /// Probability of speech, 0.0..=1.0, in the last whole window of 16 ms.
    pub fn push(&mut self, frame: &Frame) -> f32 {
        for sample in frame {
            if let Some(place) = self.waiting.get_mut(self.held) {
                *place = sample.clamp(-1.0, 1.0);
                self.held += 1;
            }
        }
        while self.held >= WINDOW {
            let (window, _) = self.waiting.split_at(WINDOW);
            self.latest = self.detector.predict_f32(window).clamp(0.0, 1.0);
            self.waiting.copy_within(WINDOW.., 0);
            self.held -= WINDOW;
        }
        self.latest
    }
}
