//! Loops: a decoder that lost its way says the same again and again.

/// Longest phrase that is looked for, in tokens.
const LONGEST_PHRASE: usize = 24;

/// Whether the tokens end in a phrase said too often: a single token six times, two or three tokens four
/// times, more three times.
pub(super) fn ends_in_loop(tokens: &[i32]) -> bool {
    (1..=LONGEST_PHRASE.min(tokens.len())).any(|length| {
        let times = match length {
            1 => 6,
            2 | 3 => 4,
            _ => 3,
        };
        repeated_at_end(tokens, length) >= times
    })
}

/// Whether the tokens are one phrase of at least three tokens said twice and nothing else: what a decoder does
/// that missed the end, and people hardly.
pub(super) fn is_doubled(tokens: &[i32]) -> bool {
    let half = tokens.len() / 2;
    half >= 3 && tokens.len() % 2 == 0 && tokens.get(..half) == tokens.get(half..)
}

/// How many tokens of these are said once: half of them where they are one phrase said twice.
pub(super) fn said_once(tokens: &[i32]) -> usize {
    if is_doubled(tokens) { tokens.len() / 2 } else { tokens.len() }
}

fn repeated_at_end(tokens: &[i32], length: usize) -> usize {
    let mut chunks = tokens.rchunks_exact(length);
    let Some(last) = chunks.next() else { return 0 };
    1 + chunks.take_while(|chunk| *chunk == last).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loops_are_found_whatever_their_length() {
        let mut sentence = vec![9, 9, 8];
        for length in 1..=LONGEST_PHRASE {
            let phrase: Vec<i32> = (0..length as i32).collect();
            sentence.truncate(3);
            (0..6).for_each(|_| sentence.extend(&phrase));
            assert!(ends_in_loop(&sentence), "{length}");
        }
    }

    #[test]
    fn what_people_say_is_no_loop() {
        assert!(!ends_in_loop(&[]));
        assert!(!ends_in_loop(&[5]));
        // "no, no, no", "one two one two", "twenty twenty"
        assert!(!ends_in_loop(&[7, 7, 7]));
        assert!(!ends_in_loop(&[1, 2, 1, 2]));
        assert!(!is_doubled(&[20, 20]));
    }

    #[test]
    fn a_sentence_said_twice_is_doubled() {
        assert!(is_doubled(&[1, 2, 3, 4, 1, 2, 3, 4]));
        assert!(!is_doubled(&[1, 2, 3, 4, 1, 2, 3, 5]));
        assert_eq!(said_once(&[1, 2, 3, 4, 1, 2, 3, 4]), 4);
        assert_eq!(said_once(&[1, 2, 3, 4, 1, 2, 3, 5]), 8);
    }
}
