//! How long to wait before the next try.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::time::Duration;

/// Shortest wait.
pub const FIRST: Duration = Duration::from_millis(500);
/// Longest wait.
pub const LONGEST: Duration = Duration::from_secs(60);

/// Waits that double from [`FIRST`] to [`LONGEST`], each shortened by a random share of up to half, so that
/// the boards of a home do not all come back in the same moment after a power cut.
#[derive(Debug, Clone)]
pub struct Backoff {
    next: Duration,
    random: u64,
}

impl Default for Backoff {
    fn default() -> Self {
        Self::with_seed(RandomState::new().build_hasher().finish())
    }
}

impl Backoff {
    /// With a fixed seed, for tests.
    pub fn with_seed(seed: u64) -> Self {
        Self { next: FIRST, random: seed | 1 }
    }

    /// The wait before the next try.
    pub fn next_wait(&mut self) -> Duration {
        let full = self.next;
        self.next = (full * 2).min(LONGEST);
        // xorshift64 (Marsaglia, "Xorshift RNGs", 2003)
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        let share = (self.random >> 11) as f64 / (1u64 << 53) as f64;
        full.mul_f64(1.0 - share / 2.0).max(FIRST)
    }

    /// The line was good: start from [`FIRST`] again.
    pub fn reset(&mut self) {
        self.next = FIRST;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_stay_within_bounds() {
        for seed in 0..200 {
            let mut backoff = Backoff::with_seed(seed);
            let mut full = FIRST;
            for _ in 0..12 {
                let wait = backoff.next_wait();
                assert!(wait >= FIRST && wait <= LONGEST);
                assert!(wait <= full && wait >= (full / 2).max(FIRST).min(full), "{wait:?} of {full:?}");
                full = (full * 2).min(LONGEST);
            }
            backoff.reset();
            assert!(backoff.next_wait() <= FIRST);
        }
    }

    #[test]
    fn two_boards_differ() {
        let mut a = Backoff::with_seed(1);
        let mut b = Backoff::with_seed(99);
        let differing = (0..8).filter(|_| a.next_wait() != b.next_wait()).count();
        assert!(differing >= 6);
    }
}
