//! Text-to-speech and where its sound goes.

use super::event::EventKind;
use super::state::Fixed;
use crate::audio::playback::Playback;
use crate::intent::reply::Replies;
use crate::tts::Speaker;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Where speech goes.
pub trait Sink: Send {
    /// Queues sound at `rate_hz`; returns at once.
    fn play(&mut self, samples: &[f32], rate_hz: u32);
    /// Is silent at once.
    fn stop(&mut self);
    /// Whether something is still sounding.
    fn is_playing(&self) -> bool;
}

impl Sink for Playback {
    fn play(&mut self, samples: &[f32], rate_hz: u32) {
        Playback::play(self, samples, rate_hz);
    }

    fn stop(&mut self) {
        Playback::stop(self);
    }

    fn is_playing(&self) -> bool {
        Playback::is_playing(self)
    }
}

/// A loudspeaker that nobody hears, but that takes as long as one.
#[derive(Debug, Default)]
pub struct Silence {
    until: Option<Instant>,
}

impl Sink for Silence {
    fn play(&mut self, samples: &[f32], rate_hz: u32) {
        let length = Duration::from_secs_f64(samples.len() as f64 / f64::from(rate_hz.max(1)));
        let now = Instant::now();
        self.until = Some(self.until.map_or(now, |until| until.max(now)) + length);
    }

    fn stop(&mut self) {
        self.until = None;
    }

    fn is_playing(&self) -> bool {
        self.until.is_some_and(|until| Instant::now() < until)
    }
}

/// The speaking thread's part: a voice (or none), its sentences and a sink.
pub struct Mouth {
    speaker: Option<Speaker>,
    sink: Box<dyn Sink>,
    replies: Arc<Replies>,
}

impl Mouth {
    /// A mouth; without a speaker it only keeps time.
    pub fn new(speaker: Option<Speaker>, sink: Box<dyn Sink>, replies: Arc<Replies>) -> Self {
        Self { speaker, sink, replies }
    }

    /// Speaks `text` sentence by sentence and waits for its end, or until `hush` is set.
    pub fn say(&mut self, text: &str, hush: &AtomicBool, tell: &mut dyn FnMut(EventKind)) {
        let began = Instant::now();
        let mut first = true;
        if let Some(speaker) = self.speaker.as_mut() {
            let rate_hz = speaker.rate_hz();
            let sink = &mut self.sink;
            let spoken = speaker.speak(text, &mut |samples: &[f32]| {
                if std::mem::take(&mut first) {
                    let compute_ms = began.elapsed().as_millis() as u64;
                    tell(EventKind::ReplyStarted { text: text.to_string(), compute_ms });
                }
                sink.play(samples, rate_hz);
                !hush.load(Ordering::Relaxed)
            });
            if let Err(error) = spoken {
                tracing::error!("cannot speak: {error}");
            }
        }
        if first {
            tell(EventKind::ReplyStarted { text: text.to_string(), compute_ms: 0 });
        }
        self.wait(hush);
    }

    /// Speaks one of the fixed sentences.
    pub fn say_fixed(&mut self, fixed: Fixed, hush: &AtomicBool, tell: &mut dyn FnMut(EventKind)) {
        let text = match fixed {
            Fixed::DidNotCatch => self.replies.fixed("did_not_catch", 0),
            Fixed::TookTooLong => self.replies.fixed("took_too_long", 0),
        };
        self.say(&text, hush, tell);
    }

    /// Rings and says what for, again and again, until `hush` is set.
    pub fn ring(&mut self, text: &str, hush: &AtomicBool, tell: &mut dyn FnMut(EventKind)) {
        while !hush.load(Ordering::Relaxed) {
            self.sink.play(&bell(), BELL_HZ);
            self.wait(hush);
            if !hush.load(Ordering::Relaxed) {
                self.say(text, hush, tell);
            }
            let pause = Instant::now() + Duration::from_secs(2);
            while Instant::now() < pause && !hush.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    }

    fn wait(&mut self, hush: &AtomicBool) {
        while self.sink.is_playing() {
            if hush.load(Ordering::Relaxed) {
                self.sink.stop();
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

const BELL_HZ: u32 = 22_050;

/// Three strokes of a small bell: two partials that die away.
fn bell() -> Vec<f32> {
    let stroke = BELL_HZ as usize / 2;
    (0..stroke * 3)
        .map(|i| {
            let t = (i % stroke) as f32 / BELL_HZ as f32;
            let tone =
                (std::f32::consts::TAU * 880.0 * t).sin() + 0.5 * (std::f32::consts::TAU * 1320.0 * t).sin();
            // 5 ms of attack, so that it does not click.
            0.2 * tone * (-6.0 * t).exp() * (t / 0.005).min(1.0)
        })
        .collect()
}
