//! FLAC and Ogg Vorbis as a stream of mono samples.

use std::fs::File;
use std::path::{Path, PathBuf};

use symphonia::core::audio::SampleBuffer;
use symphonia::core::codecs::{CODEC_TYPE_NULL, Decoder, DecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::{FormatOptions, FormatReader};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::MetadataOptions;
use symphonia::core::probe::Hint;

use super::AudioError;
use super::file::Source;

/// Packets in a row that may fail to decode before the file counts as damaged.
const BAD_PACKETS: u32 = 20;

pub(super) struct CompressedSource {
    path: PathBuf,
    format: Box<dyn FormatReader>,
    decoder: Box<dyn Decoder>,
    track: u32,
    rate_hz: u32,
    frames: Option<u64>,
    decoded: u64,
    bad: u32,
    block: Option<SampleBuffer<f32>>,
}

impl CompressedSource {
    pub(super) fn open(path: &Path) -> Result<Self, AudioError> {
        let file = File::open(path).map_err(|e| AudioError::io(path, e))?;
        let stream = MediaSourceStream::new(Box::new(file), Default::default());
        let probed = symphonia::default::get_probe()
            .format(&Hint::new(), stream, &FormatOptions::default(), &MetadataOptions::default())
            .map_err(|e| at_header(path, &e))?;
        let format = probed.format;
        let Some(track) = format.tracks().iter().find(|t| t.codec_params.codec != CODEC_TYPE_NULL) else {
            return Err(AudioError::NotAudio { path: path.into(), detail: "it holds no sound track".into() });
        };
        let bad = |detail: &str| AudioError::BadHeader { path: path.into(), detail: detail.into() };
        let rate_hz = track.codec_params.sample_rate.ok_or_else(|| bad("its header names no rate"))?;
        let decoder = symphonia::default::get_codecs()
            .make(&track.codec_params, &DecoderOptions::default())
            .map_err(|e| match e {
                Error::Unsupported(codec) => {
                    AudioError::UnsupportedCodec { path: path.into(), codec: codec.into() }
                }
                e => at_header(path, &e),
            })?;
        Ok(Self {
            path: path.into(),
            track: track.id,
            rate_hz,
            frames: track.codec_params.n_frames,
            decoder,
            format,
            decoded: 0,
            bad: 0,
            block: None,
        })
    }

    fn damaged(&self, error: &Error) -> AudioError {
        AudioError::Damaged {
            path: self.path.clone(),
            at_ms: self.decoded * 1000 / u64::from(self.rate_hz.max(1)),
            detail: error.to_string(),
        }
    }
}

impl Source for CompressedSource {
    fn rate_hz(&self) -> u32 {
        self.rate_hz
    }

    fn frames(&self) -> Option<u64> {
        self.frames
    }

    fn warning(&self) -> Option<String> {
        None
    }

    fn read(&mut self, out: &mut Vec<f32>) -> Result<bool, AudioError> {
        let packet = match self.format.next_packet() {
            Ok(packet) => packet,
            // The end of the stream, or of the first of several streams in one file.
            Err(Error::IoError(_) | Error::ResetRequired) => {
                if self.decoded == 0 {
                    return Err(AudioError::NoSound { path: self.path.clone() });
                }
                if self.frames.is_some_and(|f| self.decoded < f) {
                    tracing::warn!("{}: the file is cut short; what is there is used", self.path.display());
                }
                return Ok(false);
            }
            Err(e) => return Err(self.damaged(&e)),
        };
        if packet.track_id() != self.track {
            return Ok(true);
        }
        let sound = match self.decoder.decode(&packet) {
            Ok(sound) => sound,
            Err(e @ (Error::DecodeError(_) | Error::IoError(_))) => {
                self.bad += 1;
                if self.bad >= BAD_PACKETS {
                    return Err(self.damaged(&e));
                }
                tracing::warn!("{}: a damaged block is left out: {e}", self.path.display());
                return Ok(true);
            }
            Err(e) => return Err(self.damaged(&e)),
        };
        self.bad = 0;
        let channels = sound.spec().channels.count().max(1);
        let needed = sound.capacity() * channels;
        if self.block.as_ref().is_none_or(|b| b.capacity() < needed) {
            self.block = Some(SampleBuffer::new(sound.capacity() as u64, *sound.spec()));
        }
        if let Some(block) = &mut self.block {
            block.copy_interleaved_ref(sound);
            let scale = 1.0 / channels as f32;
            let frames = block.samples().chunks_exact(channels);
            self.decoded += frames.len() as u64;
            out.extend(frames.map(|f| f.iter().sum::<f32>() * scale));
        }
        Ok(true)
    }
}

fn at_header(path: &Path, error: &Error) -> AudioError {
    match error {
        Error::IoError(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => AudioError::TruncatedHeader {
            path: path.into(),
            detail: "while looking for the first block".into(),
        },
        Error::Unsupported(what) => AudioError::UnsupportedCodec { path: path.into(), codec: (*what).into() },
        e => AudioError::NotAudio { path: path.into(), detail: e.to_string() },
    }
}
