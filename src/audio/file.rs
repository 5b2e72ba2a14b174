//! Sound files: read as a stream of frames, whatever their length, and written.
//!
//! WAV is decoded here ([`wav`](super::wav) says which kinds), FLAC and Ogg Vorbis by
//! [symphonia](https://docs.rs/symphonia). A file of three hours costs the memory of a few blocks.

use std::collections::VecDeque;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::compressed::CompressedSource;
use super::resample::Resampler;
use super::wav::WavSource;
use super::{AudioError, FRAME_SAMPLES, Frame, SAMPLE_RATE};

/// A decoder: mono samples at the file's own rate, block by block.
pub(super) trait Source: Send {
    /// Samples a second, in Hz.
    fn rate_hz(&self) -> u32;
    /// How many samples (of each channel) there are, where the header tells.
    fn frames(&self) -> Option<u64>;
    /// What is wrong with the file although it can be used.
    fn warning(&self) -> Option<String>;
    /// Appends the next block to `out`; `false` when it was the last.
    fn read(&mut self, out: &mut Vec<f32>) -> Result<bool, AudioError>;
}

/// A sound file as 16 kHz mono frames of 10 ms; the last frame is filled up with silence.
///
/// Stereo and more channels are mixed in equal parts; samples are limited to −1.0..=1.0.
pub struct FrameReader {
    path: PathBuf,
    source: Box<dyn Source>,
    resampler: Resampler,
    decoded: Vec<f32>,
    converted: Vec<f32>,
    ready: VecDeque<f32>,
    state: State,
    given: u64,
}

#[derive(PartialEq, Eq)]
enum State {
    Open,
    Drained,
    Failed,
}

impl FrameReader {
    /// Opens a file and reads its header.
    ///
    /// # Errors
    /// Any [`AudioError`] about files: missing, a folder, empty, no sound file, cut off inside the header,
    /// an unsupported coding. A data chunk that is cut short is no error: see [`warning`](Self::warning).
    pub fn open(path: &Path) -> Result<Self, AudioError> {
        let source = open_source(path)?;
        if let Some(warning) = source.warning() {
            tracing::warn!("{warning}");
        }
        if source.frames() == Some(0) {
            return Err(AudioError::NoSound { path: path.into() });
        }
        Ok(Self {
            resampler: Resampler::new(source.rate_hz(), SAMPLE_RATE)?,
            path: path.into(),
            source,
            decoded: Vec::new(),
            converted: Vec::new(),
            ready: VecDeque::new(),
            state: State::Open,
            given: 0,
        })
    }

    /// Length of the sound in ms, where the header tells.
    pub fn duration_ms(&self) -> Option<u64> {
        self.source.frames().map(|f| (f * 1000).div_ceil(u64::from(self.source.rate_hz())))
    }

    /// The file's own rate, in Hz.
    pub fn rate_hz(&self) -> u32 {
        self.source.rate_hz()
    }

    /// What is wrong with the file although it can be used: a data chunk that is cut short.
    pub fn warning(&self) -> Option<String> {
        self.source.warning()
    }

    /// The file being read.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Fills `ready` until it holds `wanted` samples or the file has ended.
    fn fill(&mut self, wanted: usize) -> Result<(), AudioError> {
        while self.ready.len() < wanted && self.state == State::Open {
            self.decoded.clear();
            self.converted.clear();
            let more = match self.source.read(&mut self.decoded) {
                Ok(more) => more,
                Err(e) => {
                    self.state = State::Failed;
                    return Err(e);
                }
            };
            for sample in &mut self.decoded {
                if !sample.is_finite() {
                    *sample = 0.0;
                }
            }
            self.resampler.push(&self.decoded, &mut self.converted);
            if !more {
                self.resampler.finish(&mut self.converted);
                self.state = State::Drained;
            }
            self.ready.extend(self.converted.iter().map(|s| s.clamp(-1.0, 1.0)));
        }
        Ok(())
    }
}

impl Iterator for FrameReader {
    type Item = Result<Frame, AudioError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Err(e) = self.fill(FRAME_SAMPLES) {
            return Some(Err(e));
        }
        if self.state == State::Failed || self.ready.is_empty() {
            return None;
        }
        let mut frame = [0.0; FRAME_SAMPLES];
        for (to, from) in frame.iter_mut().zip(self.ready.drain(..FRAME_SAMPLES.min(self.ready.len()))) {
            *to = from;
        }
        self.given += 1;
        Some(Ok(frame))
    }
}

/// Reads a file as 16 kHz mono samples in −1.0..=1.0, at most `max_ms` of it.
///
/// # Errors
/// [`AudioError::TooLong`] for a longer file, found out before it is in memory; otherwise as [`FrameReader::open`].
pub fn read_all(path: &Path, max_ms: u64) -> Result<Vec<f32>, AudioError> {
    let mut reader = FrameReader::open(path)?;
    let too_long = || AudioError::TooLong { path: path.into(), max_ms };
    if reader.duration_ms().is_some_and(|ms| ms > max_ms) {
        return Err(too_long());
    }
    let most = usize::try_from(max_ms.saturating_mul(u64::from(SAMPLE_RATE)) / 1000).unwrap_or(usize::MAX);
    let mut samples = Vec::new();
    loop {
        reader.fill(FRAME_SAMPLES)?;
        if reader.ready.is_empty() {
            break;
        }
        samples.extend(reader.ready.drain(..));
        if samples.len() > most.saturating_add(FRAME_SAMPLES) {
            return Err(too_long());
        }
    }
    if samples.is_empty() {
        return Err(AudioError::NoSound { path: path.into() });
    }
    Ok(samples)
}

/// Writes mono samples in −1.0..=1.0 as a 16-bit WAV of `rate_hz`; louder samples are limited.
///
/// # Errors
/// [`AudioError::Io`] and its kin when the file cannot be written.
pub fn write_wav(path: &Path, samples: &[f32], rate_hz: u32) -> Result<(), AudioError> {
    let failed = |e: hound::Error| match e {
        hound::Error::IoError(e) => AudioError::io(path, e),
        e => AudioError::Io { path: path.into(), source: std::io::Error::other(e) },
    };
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: rate_hz,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec).map_err(failed)?;
    for sample in samples {
        let value = (sample.clamp(-1.0, 1.0) * 32_767.0).round() as i16;
        writer.write_sample(value).map_err(failed)?;
    }
    writer.finalize().map_err(failed)
}

fn open_source(path: &Path) -> Result<Box<dyn Source>, AudioError> {
    let mut file = File::open(path).map_err(|e| AudioError::io(path, e))?;
    let metadata = file.metadata().map_err(|e| AudioError::io(path, e))?;
    if metadata.is_dir() {
        return Err(AudioError::IsAFolder { path: path.into() });
    }
    if metadata.is_file() && metadata.len() == 0 {
        return Err(AudioError::Empty { path: path.into() });
    }
    if !metadata.is_file() {
        // A pipe cannot be looked at twice: only WAV is taken from one.
        return Ok(Box::new(WavSource::open(path)?));
    }
    let mut start = Vec::with_capacity(64);
    (&mut file).take(64).read_to_end(&mut start).map_err(|e| AudioError::io(path, e))?;
    drop(file);
    match start.as_slice() {
        [b'R', b'I', b'F', b'F', ..] | [b'R', b'F', b'6', b'4', ..] | [b'B', b'W', b'6', b'4', ..] => {
            Ok(Box::new(WavSource::open(path)?))
        }
        [b'f', b'L', b'a', b'C', ..] | [b'O', b'g', b'g', b'S', ..] => {
            if let Some(codec) = ogg_codec(&start) {
                return Err(AudioError::UnsupportedCodec { path: path.into(), codec: codec.into() });
            }
            Ok(Box::new(CompressedSource::open(path)?))
        }
        _ => Err(unknown(path, &start)),
    }
}

/// The name of an Ogg stream's coding, when it is one that Sotto does not decode.
fn ogg_codec(start: &[u8]) -> Option<&'static str> {
    let packet = start.get(28..)?;
    if packet.starts_with(b"OpusHead") {
        Some("Ogg Opus")
    } else if packet.starts_with(b"Speex") {
        Some("Ogg Speex")
    } else {
        None
    }
}

fn unknown(path: &Path, start: &[u8]) -> AudioError {
    let codec = match start {
        [b'I', b'D', b'3', ..] | [0xFF, 0xFB | 0xF3 | 0xF2, ..] => Some("MP3"),
        [0xFF, 0xF1 | 0xF9, ..] => Some("AAC"),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => Some("MP4/M4A"),
        [0x1A, 0x45, 0xDF, 0xA3, ..] => Some("Matroska/WebM"),
        [b'F', b'O', b'R', b'M', ..] => Some("AIFF"),
        [b'R', b'I', b'F', b'X', ..] => Some("a big-endian WAV (RIFX)"),
        [b'.', b's', b'n', b'd', ..] => Some("AU"),
        _ => None,
    };
    if let Some(codec) = codec {
        return AudioError::UnsupportedCodec { path: path.into(), codec: codec.into() };
    }
    if b"RIFF".starts_with(start) || b"fLaC".starts_with(start) || b"OggS".starts_with(start) {
        let detail = format!("after byte {}", start.len());
        return AudioError::TruncatedHeader { path: path.into(), detail };
    }
    let detail = if start.iter().all(|b| matches!(b, b'\t' | b'\n' | b'\r' | 0x20..=0x7E)) {
        "it is a text file".to_string()
    } else {
        let shown: Vec<String> = start.iter().take(4).map(|b| format!("{b:02x}")).collect();
        format!("it begins with the bytes {}", shown.join(" "))
    };
    AudioError::NotAudio { path: path.into(), detail }
}
