//! What can go wrong with sound, in words that say what to do about it.

use std::path::PathBuf;

use thiserror::Error;

/// What can go wrong with a sound file or a sound device.
#[derive(Debug, Error)]
pub enum AudioError {
    /// There is no such file.
    #[error("{path}: no such file; check the name")]
    Missing {
        /// The file asked for.
        path: PathBuf,
    },
    /// A folder was given where a file is wanted.
    #[error("{path} is a folder; name the sound files in it, for example {path}/*.wav")]
    IsAFolder {
        /// The folder.
        path: PathBuf,
    },
    /// The file has 0 bytes.
    #[error(
        "{path} is empty (0 bytes); the recording failed or the copy was cut off: record or copy it again"
    )]
    Empty {
        /// The empty file.
        path: PathBuf,
    },
    /// The header is whole, but no sample follows it.
    #[error("{path} holds no sound: its header is whole but no samples follow; record it again")]
    NoSound {
        /// The file without samples.
        path: PathBuf,
    },
    /// The file ends inside its header.
    #[error("{path} ends inside its header ({detail}); the copy was cut off: copy or record it again")]
    TruncatedHeader {
        /// The file.
        path: PathBuf,
        /// Where it ends.
        detail: String,
    },
    /// Neither WAV, FLAC nor Ogg Vorbis.
    #[error("{path} is not a sound file that Sotto reads (WAV, FLAC, Ogg Vorbis): {detail}")]
    NotAudio {
        /// The file.
        path: PathBuf,
        /// What it looks like.
        detail: String,
    },
    /// A sound file in a coding that Sotto does not decode.
    #[error(
        "{path} is {codec}, which Sotto does not decode; convert it: ffmpeg -i {path} -ar 16000 -ac 1 {}",
        .path.with_extension("wav").display()
    )]
    UnsupportedCodec {
        /// The file.
        path: PathBuf,
        /// The coding's name.
        codec: String,
    },
    /// The header contradicts itself or asks for what no recorder makes.
    #[error("{path}: {detail}; convert it: sox {path} -r 16000 -c 1 -b 16 OUT.wav")]
    BadHeader {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
    /// The file is longer than the caller takes at once.
    #[error("{path} is longer than {} s, the most that is taken as one utterance; cut it, or leave --no-wake away so that it is streamed", .max_ms / 1000)]
    TooLong {
        /// The file.
        path: PathBuf,
        /// The most that is taken, in ms.
        max_ms: u64,
    },
    /// The compressed stream is damaged.
    #[error("{path} is damaged {at_ms} ms from its start: {detail}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where, in ms from the start.
        at_ms: u64,
        /// What the decoder said.
        detail: String,
    },
    /// The operating system refused.
    #[error("{path}: {source}")]
    Io {
        /// The file or device node.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A rate that cannot be converted.
    #[error("cannot convert {from_hz} Hz to {to_hz} Hz: both must lie between 1000 and 768000 Hz")]
    Rate {
        /// The rate of the incoming sound, in Hz.
        from_hz: u32,
        /// The rate asked for, in Hz.
        to_hz: u32,
    },
    /// No sound card, or none that may be used.
    #[error("{0}")]
    NoDevice(String),
    /// A device was found but does not work.
    #[error("sound device \"{name}\": {detail}")]
    Device {
        /// The device as it was asked for.
        name: String,
        /// What is wrong and what to do.
        detail: String,
    },
}

impl AudioError {
    pub(super) fn io(path: &std::path::Path, source: std::io::Error) -> Self {
        match source.kind() {
            std::io::ErrorKind::NotFound => Self::Missing { path: path.into() },
            std::io::ErrorKind::IsADirectory => Self::IsAFolder { path: path.into() },
            _ => Self::Io { path: path.into(), source },
        }
    }
}
