//! The microphone: whatever it gives, as 16 kHz mono frames of 10 ms, and what befalls it.
//!
//! cpal's callback moves raw bytes into a ring ([`ring`](super::ring)); everything else (decoding, mixing,
//! resampling, the level) happens on the thread that calls [`Capture::next`]. A device that goes away is closed
//! and opened again by a thread of its own, so that hearing never waits for a driver.

use super::absence::Direction;
use super::device::{self, Quiet};
use super::format::StreamFormat;
use super::resample::Resampler;
use super::ring::{self, Inflow};
use super::{AudioConfig, AudioError, FRAME_SAMPLES, Frame, SAMPLE_RATE};
use cpal::traits::{DeviceTrait, StreamTrait};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

/// Sound that may wait for the hearing thread, in ms.
const RING_MS: u32 = 3_000;
/// How much sound the device hands over at once, in ms.
const PERIOD_MS: u32 = 30;
/// How often the ring is looked at: waking the reader would be a system call in the callback.
const LOOK: Duration = Duration::from_millis(5);
/// A microphone that gives nothing for so long is taken for lost.
const STALLED: Duration = Duration::from_secs(3);
/// Pauses between attempts to open a lost microphone: from this, doubling, to that.
const RETRY: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(8));
/// Frames in one level: 100 ms.
const LEVEL_FRAMES: u32 = 10;
/// The level of digital silence, in dBFS.
const SILENCE_DBFS: f32 = -120.0;

/// What the microphone gave.
#[derive(Debug, Clone, PartialEq)]
pub enum CaptureEvent {
    /// 10 ms of sound.
    Frame(Frame),
    /// How loud the last 100 ms were.
    Level {
        /// Root mean square in dBFS, −120.0..=0.0.
        dbfs: f32,
    },
    /// Sound was lost because nobody took it in time.
    Overrun {
        /// How much, in samples of 16 kHz; of what the kernel lost, the least that it can have been.
        samples: u64,
    },
    /// The microphone went away; it is waited for.
    Lost {
        /// Why.
        reason: String,
    },
    /// It gives sound again.
    Back,
}

/// A microphone.
pub struct Capture {
    config: AudioConfig,
    source: Source,
    format: StreamFormat,
    lost: bool,
    retry: Duration,
    heard_at: Instant,
    raw: Vec<u8>,
    mono: Vec<f32>,
    converted: Vec<f32>,
    ready: VecDeque<f32>,
    told: VecDeque<CaptureEvent>,
    level: Level,
    closed: Arc<AtomicBool>,
}

enum Source {
    Open(Open),
    Waiting(Receiver<Open>),
    Nothing,
}

struct Open {
    // Dropped first: the callback ends before its ring does.
    _stream: cpal::Stream,
    inflow: Inflow,
    xruns: Arc<AtomicU64>,
    failed: Receiver<String>,
    format: StreamFormat,
    period: u64,
    resampler: Resampler,
}

#[derive(Default)]
struct Level {
    energy: f64,
    frames: u32,
}

impl Capture {
    /// Opens the configured microphone and starts it.
    ///
    /// # Errors
    /// [`AudioError::NoDevice`] where the machine has none, [`AudioError::Device`] where the named one cannot
    /// be used; both say what is missing and what to do.
    pub fn open(config: &AudioConfig) -> Result<Self, AudioError> {
        let open = open(config)?;
        Ok(Self {
            config: config.clone(),
            format: open.format,
            source: Source::Open(open),
            lost: false,
            retry: RETRY.0,
            heard_at: Instant::now(),
            raw: Vec::new(),
            mono: Vec::new(),
            converted: Vec::new(),
            ready: VecDeque::new(),
            told: VecDeque::new(),
            level: Level::default(),
            closed: Arc::default(),
        })
    }

    /// The format in which the device was last opened.
    pub fn format(&self) -> StreamFormat {
        self.format
    }

    /// The next event, or `None` when nothing came within `timeout`.
    pub fn next(&mut self, timeout: Duration) -> Option<CaptureEvent> {
        let deadline = Instant::now() + timeout;
        loop {
            if let Some(event) = self.told.pop_front() {
                return Some(event);
            }
            if let Some(frame) = self.frame() {
                return Some(CaptureEvent::Frame(frame));
            }
            if self.take() {
                continue;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            thread::sleep(LOOK.min(left));
        }
    }

    fn frame(&mut self) -> Option<Frame> {
        if self.ready.len() < FRAME_SAMPLES {
            return None;
        }
        let mut frame: Frame = [0.0; FRAME_SAMPLES];
        for (to, from) in frame.iter_mut().zip(self.ready.drain(..FRAME_SAMPLES)) {
            *to = from;
        }
        if let Some(dbfs) = self.level.push(&frame) {
            self.told.push_back(CaptureEvent::Level { dbfs });
        }
        Some(frame)
    }

    /// Takes what there is; whether that was anything.
    fn take(&mut self) -> bool {
        match &mut self.source {
            Source::Open(open) => {
                let (event, fault) = open.look(&mut self.raw);
                if let Some(event) = event {
                    self.told.push_back(event);
                }
                if !self.raw.is_empty() {
                    self.mono.clear();
                    self.converted.clear();
                    open.format.to_mono(&self.raw, &mut self.mono);
                    open.resampler.push(&self.mono, &mut self.converted);
                    self.ready.extend(self.converted.iter().map(|s| s.clamp(-1.0, 1.0)));
                    self.heard_at = Instant::now();
                    if std::mem::take(&mut self.lost) {
                        self.retry = RETRY.0;
                        self.told.push_back(CaptureEvent::Back);
                    }
                    return true;
                }
                let stalled = self.heard_at.elapsed() >= STALLED;
                match fault {
                    Some(reason) => self.lose(reason),
                    None if stalled => {
                        self.lose(format!("no sound came from it for {} s", STALLED.as_secs()))
                    }
                    None => return !self.told.is_empty(),
                }
                true
            }
            Source::Waiting(opened) => match opened.try_recv() {
                Ok(open) => {
                    self.format = open.format;
                    self.heard_at = Instant::now();
                    self.source = Source::Open(open);
                    true
                }
                Err(TryRecvError::Empty) => false,
                Err(TryRecvError::Disconnected) => {
                    self.source = Source::Nothing;
                    false
                }
            },
            Source::Nothing => {
                self.wait_for_it(None);
                false
            }
        }
    }

    fn lose(&mut self, reason: String) {
        if !std::mem::replace(&mut self.lost, true) {
            self.told.push_back(CaptureEvent::Lost { reason });
        }
        if let Source::Open(open) = std::mem::replace(&mut self.source, Source::Nothing) {
            self.wait_for_it(Some(open));
        }
    }

    /// Closes what is left of the device and opens it again, on a thread of its own: both may take their time.
    fn wait_for_it(&mut self, old: Option<Open>) {
        let (sender, opened) = sync_channel(1);
        let (config, closed, pause) = (self.config.clone(), Arc::clone(&self.closed), self.retry);
        self.retry = (self.retry * 2).min(RETRY.1);
        let waiter = thread::Builder::new().name("sotto-microphone".into());
        if waiter.spawn(move || reopen(old, &config, pause, &closed, &sender)).is_ok() {
            self.source = Source::Waiting(opened);
        }
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::Relaxed);
    }
}

fn reopen(
    old: Option<Open>,
    config: &AudioConfig,
    first: Duration,
    closed: &AtomicBool,
    opened: &SyncSender<Open>,
) {
    drop(old);
    let mut pause = first;
    loop {
        let end = Instant::now() + pause;
        while Instant::now() < end {
            if closed.load(Ordering::Relaxed) {
                return;
            }
            thread::sleep(Duration::from_millis(50));
        }
        match open(config) {
            // Nobody there to take it: it is closed again.
            Ok(open) => {
                let _ = opened.send(open);
                return;
            }
            Err(error) => tracing::debug!("still no microphone: {error}"),
        }
        pause = (pause * 2).min(RETRY.1);
    }
}

impl Open {
    /// Moves what the ring holds into `raw`, and says what was lost and whether the device is gone.
    fn look(&mut self, raw: &mut Vec<u8>) -> (Option<CaptureEvent>, Option<String>) {
        let frames =
            self.inflow.lost.swap(0, Ordering::Relaxed) + self.xruns.swap(0, Ordering::Relaxed) * self.period;
        let samples = (frames * u64::from(SAMPLE_RATE)).div_ceil(u64::from(self.format.rate_hz));
        let event = (samples > 0).then_some(CaptureEvent::Overrun { samples });
        // What came before the end is still sound: the fault is looked at only when the ring is empty.
        raw.resize(self.inflow.ring.slots(), 0);
        if self.inflow.ring.pop_entire_slice(raw).is_err() {
            raw.clear();
        }
        let fault = if raw.is_empty() { self.failed.try_recv().ok() } else { None };
        (event, fault)
    }
}

fn open(config: &AudioConfig) -> Result<Open, AudioError> {
    let _quiet = Quiet::new();
    let direction = Direction::Input;
    let refused = |error: cpal::Error| device::refused(config, direction, &error);
    let host = device::host()?;
    let device = device::find(&host, config, direction)?;
    let format = device::format(&host, &device, direction).map_err(refused)?;
    let mut last = None;
    for stream_config in device::stream_configs(&format, PERIOD_MS) {
        let (mut intake, inflow) = ring::intake(&format, RING_MS);
        let xruns = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&xruns);
        let (fault, failed) = sync_channel(1);
        let stream = device.build_input_stream_raw(
            stream_config,
            format.sample,
            move |data: &cpal::Data, _: &cpal::InputCallbackInfo| intake.push(data.bytes()),
            device::on_error(fault, move || {
                counted.fetch_add(1, Ordering::Relaxed);
            }),
            Some(Duration::from_secs(1)),
        );
        match stream {
            Ok(stream) => {
                stream.play().map_err(refused)?;
                let period = stream.buffer_size().map_or(1, u64::from);
                let resampler = Resampler::new(format.rate_hz, SAMPLE_RATE)?;
                return Ok(Open { _stream: stream, inflow, xruns, failed, format, period, resampler });
            }
            Err(error) => last = Some(error),
        }
    }
    Err(refused(last.unwrap_or_else(|| cpal::Error::new(cpal::ErrorKind::UnsupportedConfig))))
}

impl Level {
    fn push(&mut self, frame: &Frame) -> Option<f32> {
        self.energy += frame.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>();
        self.frames += 1;
        if self.frames < LEVEL_FRAMES {
            return None;
        }
        let mean = self.energy / f64::from(self.frames) / FRAME_SAMPLES as f64;
        *self = Self::default();
        Some((10.0 * mean.log10() as f32).clamp(SILENCE_DBFS, 0.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(amplitude: f32) -> f32 {
        let mut level = Level::default();
        let frame: Frame =
            std::array::from_fn(|i| amplitude * (i as f32 / 16.0 * std::f32::consts::TAU).sin());
        let told: Vec<f32> = (0..LEVEL_FRAMES).filter_map(|_| level.push(&frame)).collect();
        assert_eq!(told.len(), 1);
        told[0]
    }

    #[test]
    fn the_level_is_the_root_mean_square_in_dbfs() {
        assert!((level(1.0) + 3.01).abs() < 0.01);
        assert!((level(0.1) + 23.01).abs() < 0.01);
        assert_eq!(level(0.0), SILENCE_DBFS);
    }
}
