//! A WAV file as a stream of mono samples.
//!
//! RIFF, RF64 and BW64; PCM of 8 (unsigned), 16, 24 and 32 bits, float of 32 and 64 bits, also behind
//! `WAVE_FORMAT_EXTENSIBLE`; any number of channels (mixed in equal parts); unknown chunks are passed over.
//! After Microsoft's "Multiple Channel Audio Data and WAVE Files" and EBU Tech 3306 (RF64).
//! The file is only read forwards, so a pipe works too.

use std::fs::File;
use std::io::{BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::AudioError;
use super::file::Source;

/// Bytes that are read at once, rounded down to whole frames (one sample of each channel).
const BLOCK_BYTES: usize = 32_768;

pub(super) struct WavSource {
    reader: BufReader<File>,
    path: PathBuf,
    kind: Kind,
    channels: usize,
    rate_hz: u32,
    frame_bytes: usize,
    /// Bytes of the data chunk still to come; `None`: until the file ends.
    left: Option<u64>,
    frames: Option<u64>,
    missing: u64,
    bytes: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Unsigned8,
    Int(usize),
    Float32,
    Float64,
}

struct Format {
    kind: Kind,
    channels: usize,
    rate_hz: u32,
}

impl WavSource {
    /// Reads the header of a file that begins with `RIFF`, `RF64` or `BW64`.
    pub(super) fn open(path: &Path) -> Result<Self, AudioError> {
        let file = File::open(path).map_err(|e| AudioError::io(path, e))?;
        let length = file.metadata().ok().filter(|m| m.is_file()).map(|m| m.len());
        let mut header = Header { reader: BufReader::with_capacity(64 * 1024, file), path, at: 0 };
        let outer = header.take::<12>("the RIFF header")?;
        if &outer[8..12] != b"WAVE" {
            return Err(AudioError::NotAudio {
                path: path.into(),
                detail: "it is a RIFF file, but of another kind".into(),
            });
        }
        let whole = u32::from_le_bytes([outer[4], outer[5], outer[6], outer[7]]);
        let mut size64 = None;
        let mut format = None;
        loop {
            let chunk = header.take::<8>("before the data chunk")?;
            let size = u32::from_le_bytes([chunk[4], chunk[5], chunk[6], chunk[7]]);
            match &chunk[..4] {
                b"ds64" => {
                    let body = header.take_up_to(u64::from(size), 28, "the ds64 chunk")?;
                    size64 = body.get(8..16).and_then(|b| b.try_into().ok()).map(u64::from_le_bytes);
                }
                b"fmt " => {
                    let body = header.take_up_to(u64::from(size), 40, "the format chunk")?;
                    format = Some(Format::read(&body, path)?);
                }
                b"data" => {
                    let Some(format) = format else {
                        return Err(AudioError::BadHeader {
                            path: path.into(),
                            detail: "the data chunk comes before the format chunk".into(),
                        });
                    };
                    // A recorder that writes to a pipe cannot know the size and leaves one of these.
                    let unknown = size == u32::MAX || (size == 0 && (whole == 0 || whole == u32::MAX));
                    let claimed = match size64 {
                        Some(s) if size == u32::MAX => Some(s),
                        _ => (!unknown).then_some(u64::from(size)),
                    };
                    return Self::at_data(header, format, claimed, length);
                }
                _ => header.skip(u64::from(size) + u64::from(size % 2))?,
            }
        }
    }

    fn at_data(
        header: Header<'_>,
        format: Format,
        claimed: Option<u64>,
        length: Option<u64>,
    ) -> Result<Self, AudioError> {
        let frame_bytes = format.kind.bytes() * format.channels;
        let there = length.map(|l| l.saturating_sub(header.at));
        let present = match (claimed, there) {
            (Some(c), Some(t)) => Some(c.min(t)),
            (c, t) => c.or(t),
        };
        let missing = claimed.unwrap_or(0).saturating_sub(there.unwrap_or(u64::MAX));
        Ok(Self {
            path: header.path.into(),
            reader: header.reader,
            kind: format.kind,
            channels: format.channels,
            rate_hz: format.rate_hz,
            frame_bytes,
            left: claimed,
            frames: present.map(|p| p / frame_bytes as u64),
            missing,
            bytes: vec![0; (BLOCK_BYTES / frame_bytes).max(1) * frame_bytes],
        })
    }
}

impl Source for WavSource {
    fn rate_hz(&self) -> u32 {
        self.rate_hz
    }

    fn frames(&self) -> Option<u64> {
        self.frames
    }

    fn warning(&self) -> Option<String> {
        (self.missing > 0).then(|| {
            let frames = self.missing / self.frame_bytes as u64;
            format!(
                "{}: the data chunk is cut short by {} bytes ({} ms); what is there is used",
                self.path.display(),
                self.missing,
                frames * 1000 / u64::from(self.rate_hz)
            )
        })
    }

    fn read(&mut self, out: &mut Vec<f32>) -> Result<bool, AudioError> {
        let wanted = match self.left {
            Some(left) => self.bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX)),
            None => self.bytes.len(),
        };
        let mut filled = 0;
        while let Some(room) = self.bytes.get_mut(filled..wanted).filter(|r| !r.is_empty()) {
            match self.reader.read(room) {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return Err(AudioError::io(&self.path, e)),
            }
        }
        if let Some(left) = &mut self.left {
            *left = left.saturating_sub(filled as u64);
        }
        let scale = 1.0 / self.channels as f32;
        let width = self.kind.bytes();
        for frame in self.bytes.get(..filled).unwrap_or(&[]).chunks_exact(self.frame_bytes) {
            let sum: f32 = frame.chunks_exact(width).map(|b| self.kind.sample(b)).sum();
            out.push(sum * scale);
        }
        Ok(filled == self.bytes.len())
    }
}

impl Kind {
    fn bytes(self) -> usize {
        match self {
            Kind::Unsigned8 => 1,
            Kind::Int(bytes) => bytes,
            Kind::Float32 => 4,
            Kind::Float64 => 8,
        }
    }

    /// One sample in −1.0..=1.0 from its little-endian bytes.
    fn sample(self, bytes: &[u8]) -> f32 {
        match (self, bytes) {
            (Kind::Unsigned8, [a]) => (f32::from(*a) - 128.0) / 128.0,
            (Kind::Int(2), [a, b]) => f32::from(i16::from_le_bytes([*a, *b])) / 32_768.0,
            (Kind::Int(3), [a, b, c]) => {
                (i32::from_le_bytes([0, *a, *b, *c]) as f64 / 2_147_483_648.0) as f32
            }
            (Kind::Int(4), [a, b, c, d]) => {
                (f64::from(i32::from_le_bytes([*a, *b, *c, *d])) / 2_147_483_648.0) as f32
            }
            (Kind::Float32, [a, b, c, d]) => f32::from_le_bytes([*a, *b, *c, *d]),
            (Kind::Float64, b) => b.try_into().map_or(0.0, |b| f64::from_le_bytes(b) as f32),
            _ => 0.0,
        }
    }
}

impl Format {
    fn read(body: &[u8], path: &Path) -> Result<Self, AudioError> {
        let word = |at: usize| match body.get(at..at + 2) {
            Some([a, b]) => u16::from_le_bytes([*a, *b]),
            _ => 0,
        };
        let bad = |detail: String| AudioError::BadHeader { path: path.into(), detail };
        if body.len() < 16 {
            return Err(bad(format!("its format chunk has {} bytes, at least 16 are needed", body.len())));
        }
        let rate_hz = u32::from(word(4)) | u32::from(word(6)) << 16;
        let (channels, align, bits) = (usize::from(word(2)), usize::from(word(12)), word(14));
        let tag = match word(0) {
            0xFFFE if body.len() >= 26 => word(24),
            other => other,
        };
        if channels == 0 || bits == 0 {
            return Err(bad(format!("its header says {channels} channels of {bits} bits")));
        }
        if !(4_000..=192_000).contains(&rate_hz) {
            return Err(bad(format!("its rate is {rate_hz} Hz; 4000 to 192000 Hz can be read")));
        }
        let width = usize::from(bits.div_ceil(8));
        // 24 bits may lie left-justified in 4 bytes: the block alignment tells.
        let width = match align / channels {
            w if w >= width && w <= 8 && w * channels == align => w,
            _ => width,
        };
        let kind = match (tag, width) {
            (1, 1) => Kind::Unsigned8,
            (1, 2..=4) => Kind::Int(width),
            (3, 4) => Kind::Float32,
            (3, 8) => Kind::Float64,
            _ => {
                return Err(AudioError::UnsupportedCodec {
                    path: path.into(),
                    codec: format!("a WAV in {}", codec_name(tag, bits)),
                });
            }
        };
        Ok(Self { kind, channels, rate_hz })
    }
}

fn codec_name(tag: u16, bits: u16) -> String {
    match tag {
        1 => format!("{bits}-bit PCM"),
        2 => "Microsoft ADPCM".into(),
        3 => format!("{bits}-bit float"),
        6 => "A-law".into(),
        7 => "mu-law".into(),
        0x11 => "IMA ADPCM".into(),
        0x31 => "GSM 6.10".into(),
        0x55 => "MP3".into(),
        _ => format!("coding 0x{tag:04X}"),
    }
}

struct Header<'a> {
    reader: BufReader<File>,
    path: &'a Path,
    at: u64,
}

impl Header<'_> {
    fn fill(&mut self, bytes: &mut [u8], what: &str) -> Result<(), AudioError> {
        self.reader.read_exact(bytes).map_err(|e| match e.kind() {
            ErrorKind::UnexpectedEof => self.cut(what),
            _ => AudioError::io(self.path, e),
        })?;
        self.at += bytes.len() as u64;
        Ok(())
    }

    fn cut(&self, what: &str) -> AudioError {
        AudioError::TruncatedHeader {
            path: self.path.into(),
            detail: format!("after byte {}: {what}", self.at),
        }
    }

    fn take<const N: usize>(&mut self, what: &str) -> Result<[u8; N], AudioError> {
        let mut bytes = [0; N];
        self.fill(&mut bytes, what)?;
        Ok(bytes)
    }

    /// The first `most` bytes of a chunk of `size` bytes; the rest and the padding are passed over.
    fn take_up_to(&mut self, size: u64, most: u64, what: &str) -> Result<Vec<u8>, AudioError> {
        let mut bytes = vec![0; size.min(most) as usize];
        self.fill(&mut bytes, what)?;
        self.skip(size - size.min(most) + size % 2)?;
        Ok(bytes)
    }

    fn skip(&mut self, bytes: u64) -> Result<(), AudioError> {
        let skipped = std::io::copy(&mut (&mut self.reader).take(bytes), &mut std::io::sink())
            .map_err(|e| AudioError::io(self.path, e))?;
        self.at += skipped;
        if skipped < bytes { Err(self.cut("inside a chunk before the data")) } else { Ok(()) }
    }
}
