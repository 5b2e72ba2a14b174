//! Sounds longer than Whisper's window are cut at pauses.

use std::ops::Range;

use crate::audio::{FRAME_SAMPLES, SAMPLE_RATE};

/// Longest piece, in samples: 28 s, which leaves the window some silence at its end.
pub(super) const LONGEST: usize = 28 * SAMPLE_RATE as usize;
/// A cut is looked for in this much before the longest piece ends, in samples.
const SEARCH: usize = 12 * SAMPLE_RATE as usize;
/// Frames over which a pause is averaged: 200 ms.
const PAUSE_FRAMES: usize = 20;

/// Where to cut a sound that is longer than a piece may be, in samples from its start; `None` as long as it is
/// not.
pub fn first_pause(samples: &[f32]) -> Option<usize> {
    let window = samples.get(LONGEST - SEARCH..LONGEST).filter(|_| samples.len() > LONGEST)?;
    Some(LONGEST - SEARCH + quietest(window))
}

/// Ranges of samples, in order and without gaps, none longer than [`LONGEST`], cut where it is most quiet.
pub(super) fn cut(samples: &[f32]) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let mut start = 0;
    while let Some(pause) = first_pause(samples.get(start..).unwrap_or_default()) {
        pieces.push(start..start + pause);
        start += pause;
    }
    pieces.push(start..samples.len());
    pieces
}

/// Middle of the quietest 200 ms, in samples from the start.
fn quietest(samples: &[f32]) -> usize {
    let energies: Vec<f32> =
        samples.chunks_exact(FRAME_SAMPLES).map(|frame| frame.iter().map(|s| s * s).sum()).collect();
    let quietest = energies
        .windows(PAUSE_FRAMES)
        .map(|window| window.iter().sum::<f32>())
        .enumerate()
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .map_or(0, |(at, _)| at);
    (quietest + PAUSE_FRAMES / 2) * FRAME_SAMPLES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_cover_everything_and_begin_in_pauses() {
        let second = SAMPLE_RATE as usize;
        let mut samples = vec![0.5_f32; 70 * second];
        for pause in [20, 45] {
            samples[pause * second..pause * second + second / 2].fill(0.0);
        }
        let pieces = cut(&samples);
        assert_eq!(pieces.first().map(|p| p.start), Some(0));
        assert_eq!(pieces.last().map(|p| p.end), Some(samples.len()));
        assert!(pieces.windows(2).all(|p| p[0].end == p[1].start));
        assert!(pieces.iter().all(|p| !p.is_empty() && p.len() <= LONGEST));
        assert_eq!(pieces[1].start / second, 20);
        assert_eq!(pieces[2].start / second, 45);
    }

    #[test]
    fn a_short_sound_is_one_piece() {
        assert_eq!(cut(&[0.1; 1600]), vec![0..1600]);
        assert_eq!(cut(&[]), vec![0..0]);
    }
}
