//! The loudspeaker: mono sound at any rate, queued and played; silent at once when told.
//!
//! A thread of its own resamples and feeds the ring that cpal's callback empties ([`ring`](super::ring)). The
//! device is closed a while after the last sound, so that other programs may have it.

use super::absence::Direction;
use super::device::{self, Quiet};
use super::format::StreamFormat;
use super::resample::Resampler;
use super::ring::{self, OutletState};
use super::{AudioConfig, AudioError};
use cpal::traits::{DeviceTrait, StreamTrait};
use rtrb::Producer;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Sound that waits for the callback, in ms.
const RING_MS: u32 = 200;
/// How much sound the device takes at once, in ms.
const PERIOD_MS: u32 = 40;
/// How much is resampled at once, as a fraction of a second: 20 ms.
const BLOCKS_A_SECOND: u32 = 50;
/// How often the ring is filled up.
const FEED: Duration = Duration::from_millis(10);
/// A silent device is closed after so long.
const IDLE: Duration = Duration::from_secs(5);
/// A device that could not be opened is not tried again before this.
const RETRY: Duration = Duration::from_secs(2);
/// A device that takes nothing for so long is taken for lost.
const STALLED: Duration = Duration::from_secs(3);

/// A loudspeaker.
pub struct Playback {
    jobs: Option<Sender<Job>>,
    progress: Arc<Progress>,
    outlet: Arc<OutletState>,
    feeder: Option<JoinHandle<()>>,
}

enum Job {
    Play(Sound),
    Stop,
}

/// Sounds asked for and sounds that are over.
#[derive(Debug, Default)]
struct Progress {
    asked: AtomicU64,
    over: AtomicU64,
}

impl Playback {
    /// Opens the configured loudspeaker.
    ///
    /// # Errors
    /// [`AudioError::NoDevice`] where the machine has none, [`AudioError::Device`] where the named one cannot
    /// be used; both say what is missing and what to do.
    pub fn open(config: &AudioConfig) -> Result<Self, AudioError> {
        let (progress, outlet) = (Arc::new(Progress::default()), Arc::new(OutletState::default()));
        let (jobs, queue) = channel();
        let now = Instant::now();
        let feeder = Feeder {
            device: Some(open(config, &outlet)?),
            config: config.clone(),
            progress: Arc::clone(&progress),
            outlet: Arc::clone(&outlet),
            waiting: VecDeque::new(),
            taken: 0,
            moved_at: now,
            tried_at: None,
        };
        let feeder = thread::Builder::new()
            .name("sotto-loudspeaker".into())
            .spawn(move || feeder.run(&queue))
            .map_err(|source| AudioError::Io { path: "/dev/snd".into(), source })?;
        Ok(Self { jobs: Some(jobs), progress, outlet, feeder: Some(feeder) })
    }

    /// Queues mono sound at `rate_hz` behind what is playing; returns at once. Where the loudspeaker has gone
    /// away the sound is dropped, which is said in the log, and a later one opens it again.
    pub fn play(&mut self, samples: &[f32], rate_hz: u32) {
        if samples.is_empty() {
            return;
        }
        self.progress.asked.fetch_add(1, Ordering::AcqRel);
        self.send(Job::Play(Sound::new(samples.to_vec(), rate_hz)));
    }

    /// Drops what is queued; the device is silent as soon as it has played what it holds (80 ms).
    pub fn stop(&mut self) {
        self.outlet.hush.store(true, Ordering::Release);
        self.progress.over.fetch_max(self.progress.asked.load(Ordering::Acquire), Ordering::AcqRel);
        self.send(Job::Stop);
    }

    /// Whether something still sounds or waits.
    pub fn is_playing(&self) -> bool {
        self.progress.over.load(Ordering::Acquire) < self.progress.asked.load(Ordering::Acquire)
            && self.feeder.as_ref().is_some_and(|feeder| !feeder.is_finished())
    }

    fn send(&self, job: Job) {
        if let Some(jobs) = &self.jobs {
            // A feeder that is gone plays nothing, and `is_playing` says so.
            let _ = jobs.send(job);
        }
    }
}

impl Drop for Playback {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(feeder) = self.feeder.take() {
            // One that panicked has printed why.
            let _ = feeder.join();
        }
    }
}

/// One sound on its way to the device's rate.
struct Sound {
    samples: Vec<f32>,
    at: usize,
    rate_hz: u32,
    resampler: Option<Resampler>,
    converted: Vec<f32>,
}

impl Sound {
    fn new(samples: Vec<f32>, rate_hz: u32) -> Self {
        Self { samples, at: 0, rate_hz, resampler: None, converted: Vec::new() }
    }

    /// Moves what fits into the ring; whether all of it has gone.
    fn feed(&mut self, ring: &mut Producer<f32>, device_hz: u32) -> Result<bool, AudioError> {
        loop {
            let (pushed, _) = ring.push_partial_slice(&self.converted);
            let pushed = pushed.len();
            self.converted.drain(..pushed);
            if !self.converted.is_empty() {
                return Ok(false);
            }
            if self.at == self.samples.len() {
                return Ok(true);
            }
            let resampler = match &mut self.resampler {
                Some(resampler) => resampler,
                none => none.insert(Resampler::new(self.rate_hz, device_hz)?),
            };
            let end = (self.at + (self.rate_hz / BLOCKS_A_SECOND).max(1) as usize).min(self.samples.len());
            resampler.push(&self.samples[self.at..end], &mut self.converted);
            self.at = end;
            if end == self.samples.len() {
                resampler.finish(&mut self.converted);
            }
        }
    }
}

/// The loudspeaker's own thread.
struct Feeder {
    config: AudioConfig,
    device: Option<Open>,
    progress: Arc<Progress>,
    outlet: Arc<OutletState>,
    waiting: VecDeque<Sound>,
    /// Sounds that came out of the queue.
    taken: u64,
    /// When the device last took something.
    moved_at: Instant,
    tried_at: Option<Instant>,
}

impl Feeder {
    fn run(mut self, queue: &Receiver<Job>) {
        loop {
            let busy = self.progress.over.load(Ordering::Acquire) < self.taken;
            let patience = match (busy, &self.device) {
                (true, _) => FEED,
                (false, Some(_)) => IDLE.saturating_sub(self.moved_at.elapsed()),
                (false, None) => Duration::MAX,
            };
            match queue.recv_timeout(patience) {
                Ok(job) => self.take(job),
                Err(RecvTimeoutError::Timeout) if !busy && self.moved_at.elapsed() >= IDLE => {
                    self.device = None
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            while let Ok(job) = queue.try_recv() {
                self.take(job);
            }
            if self.progress.over.load(Ordering::Acquire) < self.taken {
                self.feed();
            }
        }
    }

    fn take(&mut self, job: Job) {
        match job {
            Job::Play(sound) => {
                self.taken += 1;
                self.waiting.push_back(sound);
                self.moved_at = Instant::now();
            }
            Job::Stop => {
                self.waiting.clear();
                // The callback empties the ring; what comes next must not be thrown away with it.
                let patience = Instant::now() + Duration::from_millis(u64::from(PERIOD_MS) * 4);
                while self.device.as_ref().is_some_and(|d| !d.is_drained()) && Instant::now() < patience {
                    thread::sleep(Duration::from_millis(5));
                }
                self.outlet.hush.store(false, Ordering::Release);
            }
        }
    }

    fn feed(&mut self) {
        if let Some(reason) = self.device.as_ref().and_then(|device| device.failed.try_recv().ok()) {
            self.give_up(&reason);
            return;
        }
        let Some(device) = self.opened() else {
            self.waiting.clear();
            self.finish();
            return;
        };
        let room = device.ring.slots();
        let rate_hz = device.format.rate_hz;
        let mut refused = None;
        while let Some(sound) = self.waiting.front_mut()
            && let Some(device) = &mut self.device
        {
            match sound.feed(&mut device.ring, rate_hz) {
                Ok(false) => break,
                Ok(true) => {}
                Err(error) => refused = Some(error),
            }
            self.waiting.pop_front();
        }
        if let Some(error) = refused {
            tracing::error!("a sound cannot be played: {error}");
        }
        let Some(device) = &self.device else { return };
        if device.ring.slots() < room {
            self.moved_at = Instant::now();
        }
        if self.waiting.is_empty() && device.is_drained() {
            // The ring is empty; the device still plays what it holds.
            if self.outlet.silent.load(Ordering::Acquire) >= device.latency {
                self.moved_at = Instant::now();
                self.finish();
                return;
            }
        }
        if self.moved_at.elapsed() >= STALLED {
            self.give_up(&format!("it takes no sound for {} s", STALLED.as_secs()));
        }
    }

    /// The device, opened again where it was closed.
    fn opened(&mut self) -> Option<&mut Open> {
        if self.device.is_none() && self.tried_at.is_none_or(|at| at.elapsed() >= RETRY) {
            self.tried_at = Some(Instant::now());
            match open(&self.config, &self.outlet) {
                Ok(device) => {
                    self.tried_at = None;
                    self.device = Some(device);
                }
                Err(error) => tracing::warn!("the loudspeaker cannot be opened: {error}"),
            }
        }
        self.device.as_mut()
    }

    fn give_up(&mut self, reason: &str) {
        tracing::warn!("the loudspeaker is gone: {reason}");
        self.waiting.clear();
        self.device = None;
        self.finish();
    }

    fn finish(&self) {
        self.progress.over.fetch_max(self.taken, Ordering::AcqRel);
    }
}

struct Open {
    // Dropped first: the callback ends before its ring does.
    _stream: cpal::Stream,
    ring: Producer<f32>,
    failed: Receiver<String>,
    format: StreamFormat,
    /// Frames that the device may still hold when the ring is empty.
    latency: u64,
}

impl Open {
    fn is_drained(&self) -> bool {
        self.ring.slots() == self.ring.buffer().capacity()
    }
}

fn open(config: &AudioConfig, outlet: &Arc<OutletState>) -> Result<Open, AudioError> {
    let _quiet = Quiet::new();
    let direction = Direction::Output;
    let refused = |error: cpal::Error| device::refused(config, direction, &error);
    let host = device::host()?;
    let device = device::find(&host, config, direction)?;
    let format = device::format(&host, &device, direction).map_err(refused)?;
    let mut last = None;
    for stream_config in device::stream_configs(&format, PERIOD_MS) {
        let (ring, mut callback) = ring::outlet(&format, RING_MS, Arc::clone(outlet));
        let (fault, failed) = sync_channel(1);
        let stream = device.build_output_stream_raw(
            stream_config,
            format.sample,
            move |data: &mut cpal::Data, _: &cpal::OutputCallbackInfo| callback.fill(data.bytes_mut()),
            device::on_error(fault, || {}),
            Some(Duration::from_secs(1)),
        );
        match stream {
            Ok(stream) => {
                stream.play().map_err(refused)?;
                let latency = stream.buffer_size().map_or(0, |period| 2 * u64::from(period));
                return Ok(Open { _stream: stream, ring, failed, format, latency });
            }
            Err(error) => last = Some(error),
        }
    }
    Err(refused(last.unwrap_or_else(|| cpal::Error::new(cpal::ErrorKind::UnsupportedConfig))))
}
