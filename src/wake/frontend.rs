//! 10 ms of sound to 40 mel bands, levelled by their own recent past.
//!
//! The twin of `features` in `models/wake/model.py`; the constants must be the same there. PCEN, per-channel energy
//! normalisation, is from Wang et al., "Trainable frontend for robust and far-field keyword spotting" (arXiv:1607.05666).

use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};

use crate::audio::{FRAME_SAMPLES, Frame, SAMPLE_RATE};

/// Mel bands of one frame.
pub const BANDS: usize = 40;

const WINDOW: usize = 400;
const FFT: usize = 512;
const LOW_HZ: f64 = 60.0;
const HIGH_HZ: f64 = 7_600.0;
const SMOOTH: f32 = 0.025;
const ALPHA: f32 = 0.98;
const DELTA: f32 = 2.0;
const EPSILON: f32 = 1e-6;

/// One band's triangle: the first bin it touches and the weights from there.
struct Triangle {
    first: usize,
    weights: Vec<f32>,
}

/// Turns frames into bands; keeps the last 25 ms of sound and each band's running level.
pub struct FrontEnd {
    fft: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    triangles: Vec<Triangle>,
    recent: [f32; WINDOW],
    input: Vec<f32>,
    spectrum: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    power: Vec<f32>,
    level: [f32; BANDS],
    begun: bool,
}

impl Default for FrontEnd {
    fn default() -> Self {
        Self::new()
    }
}

impl FrontEnd {
    /// A front end that has heard nothing yet.
    pub fn new() -> Self {
        let fft = RealFftPlanner::<f32>::new().plan_fft_forward(FFT);
        let window = (0..WINDOW)
            .map(|n| (0.5 - 0.5 * (std::f64::consts::TAU * n as f64 / WINDOW as f64).cos()) as f32)
            .collect();
        Self {
            input: fft.make_input_vec(),
            spectrum: fft.make_output_vec(),
            scratch: fft.make_scratch_vec(),
            power: vec![0.0; FFT / 2 + 1],
            fft,
            window,
            triangles: triangles(),
            recent: [0.0; WINDOW],
            level: [0.0; BANDS],
            begun: false,
        }
    }

    /// The bands of the 25 ms that end with `frame`. Samples beyond −1.0..=1.0 are limited, NaN is silence.
    pub fn push(&mut self, frame: &Frame) -> [f32; BANDS] {
        self.recent.copy_within(FRAME_SAMPLES.., 0);
        let (_, newest) = self.recent.split_at_mut(WINDOW - FRAME_SAMPLES);
        for (to, from) in newest.iter_mut().zip(frame) {
            *to = if from.is_nan() { 0.0 } else { from.clamp(-1.0, 1.0) };
        }
        self.input.fill(0.0);
        for ((to, sample), weight) in self.input.iter_mut().zip(&self.recent).zip(&self.window) {
            *to = sample * weight;
        }
        // Cannot fail: all buffers have the lengths that the plan made.
        if self.fft.process_with_scratch(&mut self.input, &mut self.spectrum, &mut self.scratch).is_err() {
            return [0.0; BANDS];
        }
        for (power, bin) in self.power.iter_mut().zip(&self.spectrum) {
            *power = bin.norm_sqr();
        }
        let mut bands = [0.0; BANDS];
        for ((band, level), triangle) in bands.iter_mut().zip(&mut self.level).zip(&self.triangles) {
            let bins = self.power.iter().skip(triangle.first);
            let energy: f32 = bins.zip(&triangle.weights).map(|(power, weight)| power * weight).sum();
            *level = if self.begun { *level + SMOOTH * (energy - *level) } else { energy };
            // Digital silence would let the level decay into subnormal numbers, which are slow.
            if *level < 1e-30 {
                *level = 0.0;
            }
            *band = (energy / (EPSILON + *level).powf(ALPHA) + DELTA).sqrt() - DELTA.sqrt();
        }
        self.begun = true;
        bands
    }
}

fn triangles() -> Vec<Triangle> {
    let mel = |hz: f64| 2595.0 * (1.0 + hz / 700.0).log10();
    let step = (mel(HIGH_HZ) - mel(LOW_HZ)) / (BANDS + 1) as f64;
    let edge = |i: usize| 700.0 * (10f64.powf((mel(LOW_HZ) + step * i as f64) / 2595.0) - 1.0);
    (0..BANDS)
        .map(|band| {
            let (low, peak, high) = (edge(band), edge(band + 1), edge(band + 2));
            let weight = |bin: usize| {
                let hz = bin as f64 * f64::from(SAMPLE_RATE) / FFT as f64;
                ((hz - low) / (peak - low)).min((high - hz) / (high - peak)).max(0.0) as f32
            };
            let all: Vec<f32> = (0..=FFT / 2).map(weight).collect();
            let first = all.iter().position(|w| *w > 0.0).unwrap_or(0);
            let last = all.iter().rposition(|w| *w > 0.0).unwrap_or(0);
            Triangle { first, weights: all.into_iter().take(last + 1).skip(first).collect() }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_stands_out_in_its_band_and_fades_as_it_goes_on() {
        let mut front = FrontEnd::new();
        front.push(&[0.0; FRAME_SAMPLES]);
        let frames: Vec<[f32; BANDS]> = (0..300)
            .map(|n| {
                let mut frame = [0.0; FRAME_SAMPLES];
                for (i, sample) in frame.iter_mut().enumerate() {
                    let time = (n * FRAME_SAMPLES + i) as f32 / SAMPLE_RATE as f32;
                    *sample = 0.1 * (std::f32::consts::TAU * 1000.0 * time).sin();
                }
                front.push(&frame)
            })
            .collect();
        let loudest = |bands: &[f32; BANDS]| {
            bands.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).map(|(band, _)| band).unwrap()
        };
        let band = triangles().iter().position(|t| {
            let bin = 1000.0 * FFT as f64 / f64::from(SAMPLE_RATE);
            t.first as f64 <= bin && bin <= (t.first + t.weights.len()) as f64
        });
        assert!(loudest(&frames[3]).abs_diff(band.unwrap()) <= 1);
        assert!(frames[3][loudest(&frames[3])] > 1.5);
        assert!(frames[299].iter().all(|b| *b < 0.5), "a steady sound is levelled out");
    }

    #[test]
    fn nothing_in_a_frame_makes_a_band_that_is_no_number() {
        let mut front = FrontEnd::new();
        for value in [0.0, f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, 1e-40, 0.5] {
            for _ in 0..50 {
                assert!(front.push(&[value; FRAME_SAMPLES]).iter().all(|b| b.is_finite()), "{value}");
            }
        }
    }
}
