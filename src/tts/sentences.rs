//! Cuts a reply into sentences, so that the first can be heard while the second is made.

/// Words that end in a point without ending a sentence.
const ABBREVIATIONS: &[&str] =
    &["mr", "mrs", "ms", "dr", "st", "no", "vs", "approx", "etc", "e.g", "i.e", "a.m", "p.m"];

/// The sentences of `text`, in order, without the spaces around them. A point inside a number or after
/// an abbreviation ends none.
pub fn sentences(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut begin = 0;
    for (index, mark) in text.char_indices() {
        let end = index + mark.len_utf8();
        let ends = match mark {
            '.' | '…' => {
                let word =
                    text.get(begin..index).unwrap_or("").rsplit(char::is_whitespace).next().unwrap_or("");
                !ABBREVIATIONS.contains(&word.to_lowercase().as_str())
            }
            '!' | '?' | '\n' => true,
            '。' | '！' | '？' => {
                push(text, begin, end, &mut found);
                begin = end;
                continue;
            }
            _ => false,
        };
        let at_gap =
            text.get(end..).is_none_or(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace));
        if ends && (at_gap || mark == '\n') {
            push(text, begin, end, &mut found);
            begin = end;
        }
    }
    push(text, begin, text.len(), &mut found);
    found
}

fn push<'a>(text: &'a str, begin: usize, end: usize, found: &mut Vec<&'a str>) {
    let sentence = text.get(begin..end).unwrap_or("").trim();
    if sentence.chars().any(char::is_alphanumeric) {
        found.push(sentence);
    }
}

#[cfg(test)]
mod tests {
    use super::sentences;
    use proptest::prelude::*;

    #[test]
    fn points_inside_numbers_and_abbreviations_end_nothing() {
        assert_eq!(
            sentences("It is 21.5 degrees. The lamp is on!"),
            ["It is 21.5 degrees.", "The lamp is on!"]
        );
        assert_eq!(sentences("Dr. Who is at the door? Yes."), ["Dr. Who is at the door?", "Yes."]);
        assert_eq!(sentences("灯开了。门锁了。"), ["灯开了。", "门锁了。"]);
        assert_eq!(sentences(" … "), Vec::<&str>::new());
    }

    proptest! {
        #[test]
        fn no_letter_is_lost(text in "\\PC{0,200}") {
            let letters = |s: &str| s.chars().filter(|c| c.is_alphanumeric()).count();
            prop_assert_eq!(sentences(&text).iter().map(|s| letters(s)).sum::<usize>(), letters(&text));
        }
    }
}
