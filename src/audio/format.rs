//! A device's own sample format, and the way from it to mono `f32` and back.
//!
//! Everything here is arithmetic over slices: the loudspeaker's callback may call it.

use cpal::SampleFormat;
use std::fmt;

/// How a device's samples lie in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamFormat {
    /// Frames a second, in Hz.
    pub rate_hz: u32,
    /// Samples in a frame, interleaved; at least 1.
    pub channels: u16,
    /// One sample, in the machine's byte order.
    pub sample: SampleFormat,
}

impl fmt::Display for StreamFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} Hz, {} channel(s), {}", self.rate_hz, self.channels, self.sample)
    }
}

impl StreamFormat {
    /// Bytes of one frame.
    pub fn frame_bytes(&self) -> usize {
        self.sample.sample_size() * usize::from(self.channels.max(1))
    }

    /// Whether samples of this kind can be converted: everything but 1-bit DSD.
    pub fn is_readable(sample: SampleFormat) -> bool {
        !sample.is_dsd()
    }

    /// Appends the frames of `bytes` to `out` as mono in −1.0..=1.0. Two channels are averaged; of more, the
    /// first is taken, because the others of a microphone array are raw or carry the loudspeaker's echo.
    /// An incomplete frame at the end is left out.
    pub fn to_mono(&self, bytes: &[u8], out: &mut Vec<f32>) {
        use SampleFormat as S;
        match self.sample {
            S::I8 => self.mix(bytes, out, |b: [u8; 1]| f32::from(b[0].cast_signed()) / 128.0),
            S::U8 => self.mix(bytes, out, |b: [u8; 1]| (f32::from(b[0]) - 128.0) / 128.0),
            S::I16 => self.mix(bytes, out, |b| f32::from(i16::from_ne_bytes(b)) / 32_768.0),
            S::U16 => self.mix(bytes, out, |b| (f32::from(u16::from_ne_bytes(b)) - 32_768.0) / 32_768.0),
            // The fourth byte of a 24-bit sample is whatever the device leaves there.
            S::I24 => self.mix(bytes, out, |b| scale32(i32::from_ne_bytes(b) << 8)),
            S::U24 => self.mix(bytes, out, |b| scale32((u32::from_ne_bytes(b) << 8 ^ 1 << 31).cast_signed())),
            S::I32 => self.mix(bytes, out, |b| scale32(i32::from_ne_bytes(b))),
            S::U32 => self.mix(bytes, out, |b| scale32((u32::from_ne_bytes(b) ^ 1 << 31).cast_signed())),
            S::I64 => self.mix(bytes, out, |b| scale32((i64::from_ne_bytes(b) >> 32) as i32)),
            S::U64 => {
                self.mix(bytes, out, |b| {
                    scale32(((u64::from_ne_bytes(b) ^ 1 << 63).cast_signed() >> 32) as i32)
                });
            }
            S::F32 => self.mix(bytes, out, |b| sound(f32::from_ne_bytes(b))),
            S::F64 => self.mix(bytes, out, |b| sound(f64::from_ne_bytes(b) as f32)),
            _ => {}
        }
    }

    fn mix<const WIDTH: usize>(&self, bytes: &[u8], out: &mut Vec<f32>, decode: impl Fn([u8; WIDTH]) -> f32) {
        for frame in bytes.chunks_exact(WIDTH * usize::from(self.channels.max(1))) {
            let (samples, _) = frame.as_chunks::<WIDTH>();
            match samples {
                [left, right] => out.push(0.5 * (decode(*left) + decode(*right))),
                [first, ..] => out.push(decode(*first)),
                [] => {}
            }
        }
    }

    /// Writes `samples`, mono in −1.0..=1.0, into the frames of `bytes`, until either ends. The first two
    /// channels get the sound; what else there is stays as it is. Returns the number of frames written.
    pub fn from_mono(&self, samples: impl Iterator<Item = f32>, bytes: &mut [u8]) -> usize {
        use SampleFormat as S;
        let samples = samples.map(sound);
        match self.sample {
            S::I8 => self.spread(samples, bytes, |x| [(full32(x) >> 24).cast_unsigned() as u8]),
            S::U8 => self.spread(samples, bytes, |x| [(full32(x) >> 24).cast_unsigned() as u8 ^ 1 << 7]),
            S::I16 => self.spread(samples, bytes, |x| ((full32(x) >> 16) as i16).to_ne_bytes()),
            S::U16 => self.spread(samples, bytes, |x| ((full32(x) >> 16) as u16 ^ 1 << 15).to_ne_bytes()),
            S::I24 => self.spread(samples, bytes, |x| (full32(x) >> 8).to_ne_bytes()),
            S::U24 => {
                self.spread(samples, bytes, |x| ((full32(x).cast_unsigned() ^ 1 << 31) >> 8).to_ne_bytes())
            }
            S::I32 => self.spread(samples, bytes, |x| full32(x).to_ne_bytes()),
            S::U32 => self.spread(samples, bytes, |x| (full32(x).cast_unsigned() ^ 1 << 31).to_ne_bytes()),
            S::I64 => self.spread(samples, bytes, |x| (i64::from(full32(x)) << 32).to_ne_bytes()),
            S::U64 => self.spread(samples, bytes, |x| {
                ((i64::from(full32(x)) << 32).cast_unsigned() ^ 1 << 63).to_ne_bytes()
            }),
            S::F32 => self.spread(samples, bytes, f32::to_ne_bytes),
            S::F64 => self.spread(samples, bytes, |x| f64::from(x).to_ne_bytes()),
            _ => 0,
        }
    }

    fn spread<const WIDTH: usize>(
        &self,
        mut samples: impl Iterator<Item = f32>,
        bytes: &mut [u8],
        encode: impl Fn(f32) -> [u8; WIDTH],
    ) -> usize {
        let mut written = 0;
        for frame in bytes.chunks_exact_mut(WIDTH * usize::from(self.channels.max(1))) {
            let Some(sample) = samples.next() else { break };
            let (places, _) = frame.as_chunks_mut::<WIDTH>();
            for place in places.iter_mut().take(2) {
                *place = encode(sample);
            }
            written += 1;
        }
        written
    }
}

fn scale32(x: i32) -> f32 {
    (f64::from(x) / 2_147_483_648.0) as f32
}

fn full32(x: f32) -> i32 {
    (f64::from(x) * 2_147_483_647.0) as i32
}

/// A float device may hand out anything.
fn sound(x: f32) -> f32 {
    if x.is_finite() { x.clamp(-1.0, 1.0) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: [(SampleFormat, f32); 12] = [
        (SampleFormat::I8, 0.016),
        (SampleFormat::U8, 0.016),
        (SampleFormat::I16, 7e-5),
        (SampleFormat::U16, 7e-5),
        (SampleFormat::I24, 1e-6),
        (SampleFormat::U24, 1e-6),
        (SampleFormat::I32, 1e-6),
        (SampleFormat::U32, 1e-6),
        (SampleFormat::I64, 1e-6),
        (SampleFormat::U64, 1e-6),
        (SampleFormat::F32, 1e-6),
        (SampleFormat::F64, 1e-6),
    ];

    proptest! {
        #[test]
        fn what_is_written_in_any_format_is_read_back(
            samples in proptest::collection::vec(-1.0f32..=1.0, 1..40),
            channels in 1u16..9,
        ) {
            for (sample, step) in ALL {
                let format = StreamFormat { rate_hz: 48_000, channels, sample };
                let mut bytes = vec![0; format.frame_bytes() * samples.len()];
                prop_assert_eq!(format.from_mono(samples.iter().copied(), &mut bytes), samples.len());
                let mut back = Vec::new();
                format.to_mono(&bytes, &mut back);
                prop_assert_eq!(back.len(), samples.len());
                for (a, b) in samples.iter().zip(&back) {
                    prop_assert!((a - b).abs() <= step, "{:?}: {} became {}", sample, a, b);
                }
            }
        }

        #[test]
        fn any_bytes_are_sound(bytes in proptest::collection::vec(any::<u8>(), 0..200), channels in 1u16..9) {
            for (sample, _) in ALL {
                let format = StreamFormat { rate_hz: 48_000, channels, sample };
                let mut out = Vec::new();
                format.to_mono(&bytes, &mut out);
                prop_assert_eq!(out.len(), bytes.len() / format.frame_bytes());
                prop_assert!(out.iter().all(|x| (-1.0..=1.0).contains(x)));
            }
        }
    }

    #[test]
    fn two_channels_are_averaged_and_of_more_the_first_is_taken() {
        let format = |channels| StreamFormat { rate_hz: 16_000, channels, sample: SampleFormat::I16 };
        let bytes: Vec<u8> = [16_384i16, 0, -16_384, 8_192].iter().flat_map(|s| s.to_ne_bytes()).collect();
        let mut out = Vec::new();
        format(2).to_mono(&bytes, &mut out);
        format(4).to_mono(&bytes, &mut out);
        assert_eq!(out, [0.25, -0.125, 0.5]);
    }

    #[test]
    fn the_spare_byte_of_24_bits_does_not_matter() {
        let format = StreamFormat { rate_hz: 16_000, channels: 1, sample: SampleFormat::I24 };
        let mut out = Vec::new();
        for spare in [0x0000_0000u32, 0xAB00_0000] {
            format.to_mono(&(0x0040_0000 | spare).to_ne_bytes(), &mut out);
        }
        assert_eq!(out, [0.5, 0.5]);
    }
}
