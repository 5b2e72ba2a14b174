//! How English words sound, roughly: enough to hear that "sealing" is "ceiling" and "bad" is not far
//! from "bed".
//!
//! A word becomes a row of consonants with one mark for every vowel between them. Spelling rules are
//! the common ones (`kn`, `ph`, `tch`, soft `c` and `g`, silent `e`, …), not a dictionary.

/// Any vowel.
pub(super) const VOWEL: u8 = b'a';

/// What leaving a vowel out, or putting one in, costs; a consonant costs 1.
const VOWEL_COST: f32 = 0.4;
/// What it costs to take one of two consonants that are made alike for the other (`b` and `p`).
const KIN_COST: f32 = 0.4;

/// Consonants that differ by the voice alone, or that are often taken for each other.
const KIN: &[(u8, u8)] = &[
    (b'b', b'p'),
    (b'd', b't'),
    (b'g', b'k'),
    (b'v', b'f'),
    (b'z', b's'),
    (b'j', b'C'),
    (b'S', b'C'),
    (b'S', b's'),
    (b'0', b'f'),
    (b'0', b't'),
    (b'0', b'd'),
    (b'0', b's'),
    (b'm', b'n'),
    (b'v', b'b'),
];

/// The sounds of a lower-case word; `C` is "ch", `S` "sh", `0` "th", `a` any vowel.
pub(super) fn sounds(word: &str) -> Vec<u8> {
    let letters: Vec<u8> = word.bytes().filter(u8::is_ascii_alphanumeric).collect();
    let mut said: Vec<u8> = Vec::with_capacity(letters.len());
    let mut at = 0;
    while let Some(&letter) = letters.get(at) {
        let rest = letters.get(at..).unwrap_or_default();
        let next = letters.get(at + 1).copied().unwrap_or(0);
        let is_first = at == 0;
        let is_last = at + 1 == letters.len();
        let is_soft = matches!(next, b'e' | b'i' | b'y');
        let (sound, taken): (&[u8], usize) = match letter {
            b'k' | b'g' | b'p' if is_first && next == b'n' => (b"n", 2),
            b'w' if is_first && next == b'r' => (b"r", 2),
            b'w' if is_first && next == b'h' => (b"w", 2),
            b'p' if next == b'h' => (b"f", 2),
            b't' if rest.starts_with(b"tch") => (b"C", 3),
            b't' if rest.starts_with(b"tion") => (b"San", 4),
            b't' if next == b'h' => (b"0", 2),
            b'c' if next == b'h' => (b"C", 2),
            b'c' if next == b'k' => (b"k", 2),
            b'c' if is_soft => (b"s", 1),
            b'c' | b'q' => (b"k", 1),
            b's' if next == b'h' => (b"S", 2),
            b's' if rest.starts_with(b"sc") && matches!(letters.get(at + 2), Some(b'e' | b'i')) => (b"s", 2),
            b'g' if next == b'h' => (if is_first { b"g" } else { b"" }, 2),
            b'd' if rest.starts_with(b"dge") => (b"j", 3),
            b'g' if is_soft && !is_first => (b"j", 1),
            b'x' => (b"ks", 1),
            b'm' if next == b'b' && at + 2 == letters.len() => (b"m", 2),
            b'e' if is_last && at > 1 => (b"", 1),
            b'a' | b'e' | b'i' | b'o' | b'u' => (&[VOWEL], 1),
            b'y' if !is_first => (&[VOWEL], 1),
            // After a vowel these only colour it.
            b'w' | b'h' if !is_first && said.last() == Some(&VOWEL) => (b"", 1),
            _ => (std::slice::from_ref(rest.first().unwrap_or(&letter)), 1),
        };
        for &sound in sound {
            if said.last() != Some(&sound) {
                said.push(sound);
            }
        }
        at += taken;
    }
    said
}

/// How alike two rows of sounds are: 1 for the same, 0 for nothing in common.
pub(super) fn alike(a: &[u8], b: &[u8]) -> f32 {
    let weight = |sound: &u8| if *sound == VOWEL { VOWEL_COST } else { 1.0 };
    let all: f32 = a.iter().map(weight).sum::<f32>().max(b.iter().map(weight).sum());
    if all <= 0.0 {
        return 0.0;
    }
    let mut before: Vec<f32> = std::iter::once(0.0)
        .chain(b.iter().scan(0.0, |sum, sound| {
            *sum += weight(sound);
            Some(*sum)
        }))
        .collect();
    let mut row = vec![0.0; before.len()];
    for x in a {
        row[0] = before[0] + weight(x);
        for (j, y) in b.iter().enumerate() {
            let change = before[j] + exchange(*x, *y);
            row[j + 1] = change.min(before[j + 1] + weight(x)).min(row[j] + weight(y));
        }
        std::mem::swap(&mut before, &mut row);
    }
    (1.0 - before.last().copied().unwrap_or(all) / all).max(0.0)
}

fn exchange(a: u8, b: u8) -> f32 {
    if a == b {
        return 0.0;
    }
    let are_kin = KIN.iter().any(|&(x, y)| (x, y) == (a, b) || (y, x) == (a, b));
    if are_kin { KIN_COST } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_sounds_the_same_is_the_same() {
        for (a, b) in [
            ("ceiling", "sealing"),
            ("bed", "bad"),
            ("night", "nite"),
            ("phone", "fone"),
            ("knight", "night"),
            ("write", "right"),
            ("plug", "plugg"),
            ("wrap", "rap"),
            ("fridge", "frij"),
        ] {
            assert_eq!(sounds(a), sounds(b), "{a} {b}");
        }
    }

    #[test]
    fn what_sounds_otherwise_is_less_alike() {
        let like = |a: &str, b: &str| alike(&sounds(a), &sounds(b));
        assert!(like("lamp", "lump") > like("lamp", "ramp"));
        assert!(like("bed", "pet") > 0.6 && like("bed", "fan") < 0.4);
        assert!(like("kitchen", "garage") < 0.4);
        assert_eq!(alike(&[], &[]), 0.0);
    }

    proptest! {
        #[test]
        fn any_words_are_between_nothing_and_all(a in "[a-z0-9é]{0,12}", b in "[a-z0-9é]{0,12}") {
            let (a, b) = (sounds(&a), sounds(&b));
            let like = alike(&a, &b);
            prop_assert!((0.0..=1.0).contains(&like));
            prop_assert!((like - alike(&b, &a)).abs() < 1e-5);
        }
    }
}
