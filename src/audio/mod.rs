//! Sound in and out.
//!
//! In comes whatever a microphone or a file holds: any rate, any channel count, any sample format.
//! Out goes 16 kHz mono `f32` in −1.0..=1.0, cut into frames of 10 ms, and, the other way, speech to
//! a loudspeaker at its own rate. What must never happen here: an allocation, a lock or a system
//! call in the capture callback; a whole recording held in memory because somebody handed us a long file.

mod absence;
pub mod capture;
mod compressed;
mod config;
mod device;
mod error;
pub mod file;
pub mod format;
pub mod playback;
pub mod resample;
pub mod ring;
mod wav;

pub use absence::{Direction, explain};
pub use config::AudioConfig;
pub use device::{DeviceInfo, Devices, devices};
pub use error::AudioError;

/// Samples a second of all sound inside Sotto, in Hz.
pub const SAMPLE_RATE: u32 = 16_000;

/// Samples in one [`Frame`]: 10 ms.
pub const FRAME_SAMPLES: usize = 160;

/// Milliseconds in one [`Frame`].
pub const FRAME_MS: u64 = 10;

/// 10 ms of 16 kHz mono sound, samples in −1.0..=1.0.
pub type Frame = [f32; FRAME_SAMPLES];

/// What somebody said, from shortly before the first word to the end that the endpointer found.
#[derive(Debug, Clone, PartialEq)]
pub struct Utterance {
    /// 16 kHz mono samples in −1.0..=1.0.
    pub samples: Vec<f32>,
    /// Where `samples` begins on the stream's clock, in ms.
    pub start_ms: u64,
    /// Where the last speech ended on the stream's clock, in ms: before the trailing silence.
    pub speech_end_ms: u64,
}
