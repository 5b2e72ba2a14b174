//! Band-limited conversion of sample rates, as a stream.
//!
//! A windowed-sinc filter of [rubato](https://docs.rs/rubato). Its length grows with the ratio when the rate
//! falls, so that what lies above the new Nyquist frequency is gone by more than 80 dB at every rate, and its
//! delay is removed: sample 0 in is sample 0 out.

use rubato::audioadapter_buffers::direct::SequentialSlice;
use rubato::{
    Async, FixedAsync, Resampler as _, SincInterpolationParameters, SincInterpolationType, WindowFunction,
    calculate_cutoff,
};

use super::AudioError;

/// Filter length in samples of the lower of the two rates: half its height at 7.5 of 8 kHz.
const SINC_LEN: usize = 128;
/// Up to this many phases the filter is tabulated exactly, one phase for each output position.
const EXACT_PHASES: usize = 640;
/// The most silence, in input samples, that is put first to line the times up exactly.
const MOST_LEAD: usize = 2_000;
/// Samples of input the filter is fed at once, as a fraction of a second: 10 ms.
const BLOCKS_A_SECOND: u32 = 100;

/// Converts mono sound from one rate to another, block by block, without a seam and without a delay
/// between the times of input and output.
pub struct Resampler {
    inner: Option<Inner>,
    from_hz: u32,
    to_hz: u32,
}

struct Inner {
    filter: Async<f32>,
    block: usize,
    waiting: Vec<f32>,
    input: Vec<f32>,
    out: Vec<f32>,
    lead: usize,
    delay: usize,
    skip: usize,
    taken: u64,
    given: u64,
}

impl std::fmt::Debug for Resampler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Resampler({} Hz to {} Hz)", self.from_hz, self.to_hz)
    }
}

impl Resampler {
    /// A converter from `from_hz` to `to_hz`, each between 1000 and 768000 Hz.
    ///
    /// # Errors
    /// [`AudioError::Rate`] outside that range.
    pub fn new(from_hz: u32, to_hz: u32) -> Result<Self, AudioError> {
        let refused = || AudioError::Rate { from_hz, to_hz };
        let range = 1_000..=768_000;
        if !range.contains(&from_hz) || !range.contains(&to_hz) {
            return Err(refused());
        }
        if from_hz == to_hz {
            return Ok(Self { inner: None, from_hz, to_hz });
        }
        let ratio = f64::from(to_hz) / f64::from(from_hz);
        let stretch = (1.0 / ratio).max(1.0);
        let sinc_len = (SINC_LEN as f64 * stretch).ceil() as usize;
        let phases = (to_hz / gcd(from_hz, to_hz)) as usize;
        let exact = phases <= EXACT_PHASES;
        let parameters = SincInterpolationParameters {
            sinc_len,
            f_cutoff: Some(calculate_cutoff(SINC_LEN, WindowFunction::BlackmanHarris)),
            oversampling_factor: if exact { phases } else { 256 },
            interpolation: if exact { SincInterpolationType::Nearest } else { SincInterpolationType::Cubic },
            window: WindowFunction::BlackmanHarris,
        };
        let half = sinc_len.next_multiple_of(8) / 2;
        let (lead, skip) = align(half, from_hz, to_hz, exact);
        let block = (from_hz / BLOCKS_A_SECOND).max(64) as usize;
        let filter =
            Async::new_sinc(ratio, 1.0, &parameters, block, 1, FixedAsync::Input).map_err(|_| refused())?;
        let out = vec![0.0; filter.output_frames_max()];
        let mut waiting = Vec::with_capacity(2 * block + lead);
        waiting.resize(lead, 0.0);
        let input = vec![0.0; block];
        let inner = Inner { filter, block, waiting, input, out, lead, delay: skip, skip, taken: 0, given: 0 };
        Ok(Self { inner: Some(inner), from_hz, to_hz })
    }

    /// Takes samples of the old rate and appends to `out` what of the new rate is ready.
    ///
    /// Up to one block (10 ms) and half the filter stay inside until more comes or [`finish`](Self::finish).
    pub fn push(&mut self, samples: &[f32], out: &mut Vec<f32>) {
        let Some(inner) = &mut self.inner else {
            out.extend_from_slice(samples);
            return;
        };
        inner.taken += samples.len() as u64;
        inner.waiting.extend_from_slice(samples);
        let mut at = 0;
        while inner.waiting.len() - at >= inner.block {
            inner.convert(at, inner.block, out, usize::MAX);
            at += inner.block;
        }
        inner.waiting.drain(..at);
    }

    /// Gives out the rest, so that the output is exactly as long as the input, and starts afresh.
    pub fn finish(&mut self, out: &mut Vec<f32>) {
        let (from, to) = (u64::from(self.from_hz), u64::from(self.to_hz));
        let Some(inner) = &mut self.inner else { return };
        let wanted = (inner.taken * to).div_ceil(from);
        let mut rest = inner.waiting.len();
        // The filter holds at most its own length; the bound only guards against a filter that gives nothing.
        for _ in 0..10_000 {
            if inner.given >= wanted {
                break;
            }
            let room = (wanted - inner.given) as usize;
            inner.convert(0, rest.min(inner.block), out, room);
            inner.waiting.clear();
            rest = 0;
        }
        inner.filter.reset();
        inner.waiting.clear();
        inner.waiting.resize(inner.lead, 0.0);
        inner.skip = inner.delay;
        inner.taken = 0;
        inner.given = 0;
    }
}

impl Inner {
    fn convert(&mut self, at: usize, len: usize, out: &mut Vec<f32>, room: usize) {
        self.input.fill(0.0);
        for (to, from) in self.input.iter_mut().zip(self.waiting.iter().skip(at).take(len)) {
            *to = *from;
        }
        let frames = self.out.len();
        let (Ok(input), Ok(mut output)) = (
            SequentialSlice::new(&self.input, 1, self.block),
            SequentialSlice::new_mut(&mut self.out, 1, frames),
        ) else {
            return;
        };
        let Ok((_, made)) = self.filter.process_into_buffer(&input, &mut output, None) else { return };
        let fresh = &self.out[..made.min(frames)];
        let skipped = self.skip.min(fresh.len());
        self.skip -= skipped;
        let fresh = &fresh[skipped..];
        let fresh = &fresh[..fresh.len().min(room)];
        self.given += fresh.len() as u64;
        out.extend_from_slice(fresh);
    }
}

/// How much silence to put first and how many output samples to drop, so that the times of input and output agree.
///
/// The filter's output `n` stands for the input's time `(n + 1) · from/to + 1/phases − half`.
fn align(half: usize, from_hz: u32, to_hz: u32, exact: bool) -> (usize, usize) {
    let common = gcd(from_hz, to_hz);
    let (down, up) = ((from_hz / common) as usize, (to_hz / common) as usize);
    if exact && down <= MOST_LEAD {
        let lead = (0..down).find(|lead| up * (lead + half) % down == 1 % down).unwrap_or(0);
        return (lead, ((up * (lead + half)).saturating_sub(1) / down).saturating_sub(1));
    }
    let delay = half as f64 * f64::from(to_hz) / f64::from(from_hz);
    (0, (delay.round() as usize).saturating_sub(1))
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Converts a whole sound at once.
///
/// # Errors
/// [`AudioError::Rate`] when a rate lies outside 1000–768000 Hz.
pub fn resample(samples: &[f32], from_hz: u32, to_hz: u32) -> Result<Vec<f32>, AudioError> {
    let mut resampler = Resampler::new(from_hz, to_hz)?;
    let mut out = Vec::new();
    resampler.push(samples, &mut out);
    resampler.finish(&mut out);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sine(hz: f64, rate: u32, samples: usize) -> Vec<f32> {
        (0..samples).map(|n| (n as f64 * hz * std::f64::consts::TAU / f64::from(rate)).sin() as f32).collect()
    }

    fn rms(x: &[f32]) -> f64 {
        (x.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>() / x.len().max(1) as f64).sqrt()
    }

    const RATES: [u32; 12] =
        [4_000, 8_000, 11_025, 12_000, 22_050, 24_000, 32_000, 44_100, 44_101, 48_000, 96_000, 192_000];

    #[test]
    fn a_tone_keeps_its_place_its_height_and_its_length() {
        for rate in RATES {
            let input = sine(440.0, rate, rate as usize);
            let out = resample(&input, rate, 16_000).unwrap();
            assert_eq!(out.len(), 16_000, "{rate} Hz");
            let wanted = sine(440.0, 16_000, 16_000);
            let error: Vec<f32> = out.iter().zip(&wanted).map(|(a, b)| a - b).collect();
            let worst = rms(&error[800..15_200]) / rms(&wanted);
            // Half an output sample of delay at 440 Hz is 0.086 of the height.
            let limit = if rate == 44_101 { 0.09 } else { 0.001 };
            assert!(worst < limit, "{rate} Hz: {worst}");
        }
    }

    #[test]
    fn what_lies_above_the_new_nyquist_frequency_is_gone() {
        for rate in [24_000, 32_000, 44_100, 44_101, 48_000, 96_000, 192_000] {
            for hz in [9_000.0, 10_500.0, 11_900.0] {
                let out = resample(&sine(hz, rate, rate as usize), rate, 16_000).unwrap();
                let db = 20.0 * (rms(&out[800..15_200]) / 0.707).log10();
                assert!(db < -75.0, "{hz} Hz at {rate} Hz leaves {db:.1} dB");
            }
        }
    }

    #[test]
    fn speech_up_to_seven_kilohertz_passes() {
        for rate in [16_001, 22_050, 44_100, 48_000, 192_000] {
            let out = resample(&sine(7_000.0, rate, rate as usize), rate, 16_000).unwrap();
            let db = 20.0 * (rms(&out[800..15_200]) / 0.7071).log10();
            assert!(db.abs() < 0.5, "{rate} Hz: {db:.2} dB");
        }
    }

    #[test]
    fn the_cut_into_blocks_does_not_matter() {
        let input = sine(300.0, 44_100, 20_000);
        let whole = resample(&input, 44_100, 16_000).unwrap();
        let mut pieces = Vec::new();
        let mut resampler = Resampler::new(44_100, 16_000).unwrap();
        let mut at = 0;
        for step in [1, 7, 100, 441, 3_000, 5, 16_446] {
            resampler.push(&input[at..at + step], &mut pieces);
            at += step;
        }
        resampler.finish(&mut pieces);
        assert_eq!(at, input.len());
        assert_eq!(whole, pieces);
    }

    #[test]
    fn rates_that_nothing_records_are_refused() {
        assert!(Resampler::new(0, 16_000).is_err());
        assert!(Resampler::new(16_000, 4_000_000_000).is_err());
    }
}
