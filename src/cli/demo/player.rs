//! Sound files played into the pipeline at the pace of a microphone.

use crate::assistant::{Sounded, Source};
use crate::audio::{FRAME_MS, FRAME_SAMPLES, Frame};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

/// Loudness of a room in which nobody speaks: what a good microphone gives, about −80 dBFS.
const ROOM: f32 = 1e-4;

/// The person's end: hands in what is said.
pub(super) struct Voice {
    queue: Sender<Vec<Frame>>,
    speaking: Arc<AtomicBool>,
}

/// The pipeline's end: frames, one each 10 ms; the quiet of a room while nobody speaks.
pub(super) struct Player {
    queue: Receiver<Vec<Frame>>,
    speaking: Arc<AtomicBool>,
    now: VecDeque<Frame>,
    /// When the next frame is due.
    due: Instant,
    noise: u32,
}

/// A voice and the player that it speaks through.
pub(super) fn player() -> (Voice, Player) {
    let (sender, queue) = channel();
    let speaking = Arc::new(AtomicBool::new(false));
    let voice = Voice { queue: sender, speaking: Arc::clone(&speaking) };
    (voice, Player { queue, speaking, now: VecDeque::new(), due: Instant::now(), noise: 1 })
}

impl Voice {
    /// Says this from now on.
    pub fn say(&self, frames: Vec<Frame>) {
        self.speaking.store(true, Ordering::Relaxed);
        if self.queue.send(frames).is_err() {
            self.speaking.store(false, Ordering::Relaxed);
        }
    }

    /// Whether something is still being said.
    pub fn is_speaking(&self) -> bool {
        self.speaking.load(Ordering::Relaxed)
    }
}

impl Player {
    fn room(&mut self) -> Frame {
        let mut frame = [0.0; FRAME_SAMPLES];
        for sample in &mut frame {
            // Numerical Recipes' generator: a hiss needs no better one.
            self.noise = self.noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *sample = ROOM * ((self.noise >> 8) as f32 / 8_388_608.0 - 1.0);
        }
        frame
    }
}

impl Source for Player {
    fn next(&mut self) -> Sounded {
        std::thread::sleep(self.due.saturating_duration_since(Instant::now()));
        self.due += Duration::from_millis(FRAME_MS);
        if self.now.is_empty() {
            match self.queue.try_recv() {
                Ok(frames) => self.now.extend(frames),
                Err(_) => self.speaking.store(false, Ordering::Relaxed),
            }
        }
        let frame = self.now.pop_front().unwrap_or_else(|| self.room());
        Sounded::Frame(frame)
    }
}
