//! Sound that is certainly no speech is not shown to the model: Whisper makes sentences of it.

use crate::audio::{FRAME_SAMPLES, SAMPLE_RATE};

/// Power of the loudest half second below which nobody spoke, in dBFS.
const QUIET_DBFS: f32 = -62.0;
/// Speech comes and goes: its loud frames lie at least this far above its soft ones, in dB.
const LEAST_SWING_DB: f32 = 4.5;
/// Frames of the loudest half second.
const LOUD_FRAMES: usize = 50;
/// Shorter than this nobody says a word, in samples.
const SHORTEST: usize = SAMPLE_RATE as usize / 10;

/// Whether the sound may hold speech: long enough, loud enough, and not one steady noise or tone.
pub(super) fn may_be_speech(samples: &[f32]) -> bool {
    if samples.len() < SHORTEST {
        return false;
    }
    let mean = samples.iter().sum::<f32>() / samples.len() as f32;
    let mut levels: Vec<f32> = samples
        .chunks_exact(FRAME_SAMPLES)
        .map(|frame| {
            // A constant offset is no sound.
            let power = frame.iter().map(|s| (s - mean).powi(2)).sum::<f32>() / FRAME_SAMPLES as f32;
            10.0 * power.max(1e-12).log10()
        })
        .collect();
    levels.sort_by(f32::total_cmp);
    let at = |share: f32| levels.get(((levels.len() - 1) as f32 * share) as usize).copied().unwrap_or(-120.0);
    let loud = levels.len().saturating_sub(LOUD_FRAMES);
    let loudest = levels.get(loud..).unwrap_or_default();
    let level = loudest.iter().sum::<f32>() / loudest.len().max(1) as f32;
    level > QUIET_DBFS && at(0.95) - at(0.10) > LEAST_SWING_DB
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(amplitude: impl Fn(usize) -> f32) -> Vec<f32> {
        let mut state = 1_u32;
        (0..32_000)
            .map(|i| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state as f32 / u32::MAX as f32 - 0.5) * amplitude(i)
            })
            .collect()
    }

    #[test]
    fn silence_steady_noise_tones_and_clicks_are_no_speech() {
        let tone: Vec<f32> = (0..32_000).map(|i| (i as f32 * 0.4).sin() * 0.5).collect();
        let square: Vec<f32> = (0..32_000).map(|i| if i / 80 % 2 == 0 { 1.0 } else { -1.0 }).collect();
        let cases = [
            ("nothing", Vec::new()),
            ("zeros", vec![0.0; 32_000]),
            ("a constant", vec![0.7; 32_000]),
            ("white noise", noise(|_| 0.2)),
            ("soft noise", noise(|_| 0.0005)),
            ("a tone", tone),
            ("a square wave", square),
            ("50 ms", noise(|_| 0.3)[..800].to_vec()),
        ];
        for (name, samples) in cases {
            assert!(!may_be_speech(&samples), "{name}");
        }
    }

    #[test]
    fn what_swells_like_syllables_may_be_speech() {
        let syllables = noise(|i| if i / 3200 % 2 == 0 { 0.3 } else { 0.01 });
        assert!(may_be_speech(&syllables));
    }
}
