//! What the device's real-time callbacks do: move bytes through a lock-free ring.
//!
//! In come a microphone's raw bytes, out go a loudspeaker's. What must never happen here: an allocation, a
//! lock, a system call, a wait. `tests/audio_callback_does_not_allocate.rs` counts.

use super::format::StreamFormat;
use rtrb::{Consumer, Producer, RingBuffer};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// The microphone's side of a ring of raw bytes, for the capture callback.
#[derive(Debug)]
pub struct Intake {
    ring: Producer<u8>,
    frame_bytes: usize,
    lost: Arc<AtomicU64>,
}

/// The hearing thread's side of the same ring.
#[derive(Debug)]
pub struct Inflow {
    /// Raw bytes, whole frames.
    pub ring: Consumer<u8>,
    /// Counts the frames that found the ring full.
    pub lost: Arc<AtomicU64>,
}

/// A ring for `ms` of sound in `format`.
pub fn intake(format: &StreamFormat, ms: u32) -> (Intake, Inflow) {
    let frame_bytes = format.frame_bytes();
    let frames = (u64::from(format.rate_hz) * u64::from(ms) / 1000).max(1) as usize;
    let (producer, consumer) = RingBuffer::new(frames * frame_bytes);
    let lost = Arc::new(AtomicU64::new(0));
    (Intake { ring: producer, frame_bytes, lost: Arc::clone(&lost) }, Inflow { ring: consumer, lost })
}

impl Intake {
    /// Takes a period; what does not fit is counted, and only whole frames go in, so that the channels stay
    /// in their places.
    pub fn push(&mut self, bytes: &[u8]) {
        let room = self.ring.slots().min(bytes.len());
        let taken = room - room % self.frame_bytes;
        let (_, left) = self.ring.push_partial_slice(&bytes[..taken]);
        let lost = bytes.len() - taken + left.len();
        if lost > 0 {
            self.lost.fetch_add((lost / self.frame_bytes) as u64, Ordering::Relaxed);
        }
    }
}

/// The loudspeaker's side of a ring of mono samples, for the playback callback.
#[derive(Debug)]
pub struct Outlet {
    ring: Consumer<f32>,
    format: StreamFormat,
    shared: Arc<OutletState>,
}

/// What the callback and the speaking side tell each other.
#[derive(Debug, Default)]
pub struct OutletState {
    /// Set: everything in the ring is thrown away and silence is played.
    pub hush: AtomicBool,
    /// Frames of silence since the last sound.
    pub silent: AtomicU64,
}

/// A ring for `ms` of mono sound at the rate of `format`.
pub fn outlet(format: &StreamFormat, ms: u32, shared: Arc<OutletState>) -> (Producer<f32>, Outlet) {
    let frames = (u64::from(format.rate_hz) * u64::from(ms) / 1000).max(1) as usize;
    let (producer, ring) = RingBuffer::new(frames);
    (producer, Outlet { ring, format: *format, shared })
}

impl Outlet {
    /// Fills a period whose bytes are silence already; what the ring lacks stays silent.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        let wanted = bytes.len() / self.format.frame_bytes();
        let hush = self.shared.hush.load(Ordering::Acquire);
        let ready = self.ring.slots();
        let count = if hush { ready } else { ready.min(wanted) };
        // Counted before the ring is seen to be empty, so that nobody takes an old silence for the end.
        if hush || count == 0 {
            self.shared.silent.fetch_add(wanted as u64, Ordering::AcqRel);
        } else {
            self.shared.silent.store((wanted - count) as u64, Ordering::Release);
        }
        if let Ok(chunk) = self.ring.read_chunk(count) {
            if !hush {
                let (first, second) = chunk.as_slices();
                self.format.from_mono(first.iter().chain(second).copied(), bytes);
            }
            chunk.commit_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cpal::SampleFormat;

    const STEREO: StreamFormat = StreamFormat { rate_hz: 1_000, channels: 2, sample: SampleFormat::I16 };

    #[test]
    fn a_full_ring_loses_whole_frames_and_counts_them() {
        let (mut intake, mut inflow) = intake(&STEREO, 10);
        let period: Vec<u8> = (0..7 * 4).collect();
        intake.push(&period);
        intake.push(&period);
        assert_eq!(inflow.lost.load(Ordering::Relaxed), 4);
        let mut got = vec![0; 10 * 4];
        inflow.ring.pop_entire_slice(&mut got).unwrap();
        assert_eq!(got[..28], period);
        assert_eq!(got[28..], period[..12]);
    }

    #[test]
    fn what_was_queued_is_heard_and_then_silence_is_counted() {
        let shared = Arc::new(OutletState::default());
        let (mut queue, mut outlet) = outlet(&STEREO, 10, Arc::clone(&shared));
        queue.push_entire_slice(&[0.5; 6]).unwrap();
        let mut period = [0; 4 * 4];
        outlet.fill(&mut period);
        assert_eq!(shared.silent.load(Ordering::Relaxed), 0);
        assert_eq!(i16::from_ne_bytes([period[14], period[15]]), 16_383);
        let mut period = [0; 4 * 4];
        outlet.fill(&mut period);
        assert_eq!(shared.silent.load(Ordering::Relaxed), 2);
        assert_eq!(period[8..], [0; 8]);
        outlet.fill(&mut period);
        assert_eq!(shared.silent.load(Ordering::Relaxed), 6);
    }

    #[test]
    fn hush_empties_the_ring() {
        let shared = Arc::new(OutletState::default());
        let (mut queue, mut outlet) = outlet(&STEREO, 10, Arc::clone(&shared));
        queue.push_entire_slice(&[0.5; 10]).unwrap();
        shared.hush.store(true, Ordering::Release);
        let mut period = [0; 2 * 4];
        outlet.fill(&mut period);
        assert_eq!(period, [0; 8]);
        assert_eq!(queue.slots(), 10);
    }
}
