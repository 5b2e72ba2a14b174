//! The mel filter bank that Whisper was trained with.
//!
//! Slaney's scale (linear below 1 kHz, logarithmic above; M. Slaney, Auditory Toolbox, 1998) and his
//! normalisation to equal area, for an FFT of 400 samples at 16 kHz.

/// Bins of the spectrum: half of 400, and the one at 0 Hz.
pub const BINS: usize = 201;

const TOP_HZ: f64 = 8_000.0;
const BREAK_HZ: f64 = 1_000.0;
const HZ_A_MEL: f64 = 200.0 / 3.0;
/// Above the break, 27 mels are a factor of 6.4.
const LOG_MELS: f64 = 27.0;
const LOG_FACTOR: f64 = 6.4;

/// `mels` filters of [`BINS`] weights each, one after another.
pub fn filters(mels: usize) -> Vec<f32> {
    let top = to_mel(TOP_HZ);
    let edge = |i: usize| to_hz(top * i as f64 / (mels + 1) as f64);
    let mut weights = Vec::with_capacity(mels * BINS);
    for filter in 0..mels {
        let (low, centre, high) = (edge(filter), edge(filter + 1), edge(filter + 2));
        let area = 2.0 / (high - low);
        for bin in 0..BINS {
            let hz = TOP_HZ * bin as f64 / (BINS - 1) as f64;
            let rising = (hz - low) / (centre - low);
            let falling = (high - hz) / (high - centre);
            weights.push((rising.min(falling).max(0.0) * area) as f32);
        }
    }
    weights
}

fn to_mel(hz: f64) -> f64 {
    match hz < BREAK_HZ {
        true => hz / HZ_A_MEL,
        false => BREAK_HZ / HZ_A_MEL + LOG_MELS * (hz / BREAK_HZ).ln() / LOG_FACTOR.ln(),
    }
}

fn to_hz(mel: f64) -> f64 {
    let break_mel = BREAK_HZ / HZ_A_MEL;
    match mel < break_mel {
        true => mel * HZ_A_MEL,
        false => BREAK_HZ * (LOG_FACTOR.ln() * (mel - break_mel) / LOG_MELS).exp(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of the filter bank in OpenAI's `mel_filters.npz`.
    #[test]
    fn filters_are_those_of_whisper() {
        let weights = filters(80);
        assert_eq!(weights.len(), 80 * BINS);
        assert!((weights[1] - 0.024_862_6).abs() < 1e-6, "{}", weights[1]);
        let highest: f32 = weights.iter().copied().fold(0.0, f32::max);
        assert!((highest - 0.025_880_5).abs() < 1e-5, "{highest}");
        // Every filter has weight, and none below 0.
        for filter in weights.chunks(BINS) {
            assert!(filter.iter().sum::<f32>() > 0.0 && filter.iter().all(|w| *w >= 0.0));
        }
    }
}
