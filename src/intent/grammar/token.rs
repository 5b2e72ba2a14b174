//! Text to words.
//!
//! Templates and what people say go through the same cut, so that they meet. Letters are lower-cased
//! and run together to a word; a run of digits is a word of its own ("20%" is `20` `%`, "5min" is
//! `5` `min`); a character of a script without spaces (Han, kana, hangul, Thai, …) and a symbol that
//! carries meaning (`%`, `°`, `/`, …) are words by themselves. White space, hyphens, apostrophes and
//! punctuation only part words. Traditional Han characters are compared as simplified ones.

use super::han::simplified;

/// A piece of text as the cut sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// White space, a hyphen, an apostrophe or punctuation: the word before it is over.
    Gap,
    /// Letters; further letters right after them belong to the same word.
    Letters(String),
    /// Digits with at most one decimal point, thousands separators taken out.
    Digits(String),
    /// A word of one character whatever stands beside it.
    Single(String),
}

/// A word of what was said, with its bytes in the original text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    /// The word as it is compared: lower case, full-width forms made plain.
    pub text: String,
    /// First byte in the original.
    pub start: usize,
    /// One past the last byte in the original.
    pub end: usize,
}

/// Cuts what somebody said into words.
pub(crate) fn tokenize(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    cut(text, |part, start, end| {
        if let Part::Letters(word) | Part::Digits(word) | Part::Single(word) = part {
            tokens.push(Token { text: word, start, end });
        }
    });
    tokens
}

/// The words alone.
pub(crate) fn words(text: &str) -> Vec<String> {
    tokenize(text).into_iter().map(|token| token.text).collect()
}

/// Cuts a fragment of a template into parts, gaps included.
pub(crate) fn parts(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    cut(text, |part, _, _| {
        if part != Part::Gap || parts.last() != Some(&Part::Gap) {
            parts.push(part);
        }
    });
    parts
}

/// Whether a character of this script is a word by itself.
pub(crate) fn stands_alone(c: char) -> bool {
    matches!(c as u32,
        0x0E00..=0x0EFF            // Thai, Lao
        | 0x1000..=0x109F          // Myanmar
        | 0x1780..=0x17FF          // Khmer
        | 0x3005..=0x3007 | 0x3040..=0x30FF | 0x31F0..=0x31FF
        | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF
        | 0xAC00..=0xD7AF
        | 0x20000..=0x3134F)
}

fn is_meaningful_symbol(c: char) -> bool {
    matches!(c, '%' | '°' | '/' | '+' | '&' | '#' | '@' | '$' | '€' | '£' | '=' | '*' | '×' | '½' | '¼' | '¾')
}

fn is_letter(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphabetic();
    }
    !c.is_whitespace()
        && !c.is_control()
        && !stands_alone(c)
        && !is_meaningful_symbol(c)
        && !matches!(c, '℃' | '℉')
        && !matches!(c as u32,
            0x00A1..=0x00A9 | 0x00AB..=0x00B4 | 0x00B6..=0x00B9 | 0x00BB..=0x00BF
            | 0x02BC | 0x037E | 0x055A..=0x055F | 0x0589 | 0x05BE | 0x060C | 0x061B | 0x061F | 0x06D4
            | 0x0964 | 0x0965
            | 0x2000..=0x206F | 0x2212 | 0x2E00..=0x2E7F | 0x3000..=0x3004 | 0x3008..=0x3030
            | 0xFE30..=0xFE6F | 0xFEFF | 0xFF00..=0xFFEF)
}

/// Full-width forms to plain ones.
fn plain(c: char) -> char {
    match c as u32 {
        code @ 0xFF01..=0xFF5E => char::from_u32(code - 0xFEE0).unwrap_or(c),
        0x3000 => ' ',
        0x2212 => '-',
        0x00BA | 0x02DA => '°',
        _ => c,
    }
}

fn cut(text: &str, mut emit: impl FnMut(Part, usize, usize)) {
    let chars: Vec<(usize, char)> = text.char_indices().map(|(at, c)| (at, plain(c))).collect();
    let at = |i: usize| chars.get(i).map(|&(_, c)| c);
    let byte = |i: usize| chars.get(i).map_or(text.len(), |&(b, _)| b);
    let is_digit = |i: usize| at(i).is_some_and(|c| c.is_ascii_digit());
    let mut i = 0;
    while let Some(c) = at(i) {
        let start = i;
        if c.is_ascii_digit() {
            let (number, next) = digits(&chars, i);
            i = next;
            emit(Part::Digits(number), byte(start), byte(i));
        } else if is_letter(c) {
            let mut word = String::new();
            while let Some(c) = at(i) {
                if is_letter(c) {
                    word.extend(c.to_lowercase());
                } else if !(c == '.' && at(i + 1).is_some_and(is_letter)) {
                    break;
                }
                i += 1;
            }
            emit(Part::Letters(word), byte(start), byte(i));
        } else if stands_alone(c) {
            i += 1;
            emit(Part::Single(simplified(c).to_string()), byte(start), byte(i));
        } else if c == '℃' || c == '℉' {
            i += 1;
            emit(Part::Single("°".into()), byte(start), byte(i));
            emit(Part::Letters(if c == '℃' { "c" } else { "f" }.into()), byte(start), byte(i));
        } else {
            let before_is_open = start == 0 || at(start - 1).is_some_and(|p| p.is_whitespace() || p == '(');
            let is_word = is_meaningful_symbol(c)
                || (c == '-' && before_is_open && is_digit(i + 1))
                || (c == ':' && start > 0 && is_digit(start - 1) && is_digit(i + 1));
            i += 1;
            let part = if is_word { Part::Single(c.to_string()) } else { Part::Gap };
            emit(part, byte(start), byte(i));
        }
    }
}

/// Reads digits from `from` on: "2,700" is 2700, "19,5" and "19.5" are 19.5.
fn digits(chars: &[(usize, char)], from: usize) -> (String, usize) {
    let is_digit = |i: usize| chars.get(i).is_some_and(|(_, c)| c.is_ascii_digit());
    let mut number = String::new();
    let mut i = from;
    let mut has_point = false;
    let mut group = 0;
    while let Some(&(_, c)) = chars.get(i) {
        if c.is_ascii_digit() {
            number.push(c);
            group += 1;
        } else if c == ',' && is_digit(i + 1) && !has_point {
            let is_thousands = group <= 3 && (1..=3).all(|k| is_digit(i + k)) && !is_digit(i + 4);
            if !is_thousands {
                has_point = true;
                number.push('.');
            }
            group = 0;
        } else if c == '.' && is_digit(i + 1) && !has_point {
            has_point = true;
            number.push('.');
        } else {
            break;
        }
        i += 1;
    }
    (number, i)
}

/// The original text of the words `from..to`, white space made single, punctuation at word edges left out.
pub(crate) fn original(text: &str, tokens: &[Token], from: usize, to: usize) -> String {
    let mut out = String::new();
    let mut last_end = None;
    for token in tokens.get(from..to).unwrap_or_default() {
        if let Some(end) = last_end {
            let gap = text.get(end..token.start).unwrap_or_default();
            if gap.chars().any(char::is_whitespace) {
                out.push(' ');
            } else {
                out.push_str(gap);
            }
        }
        if last_end.is_none_or(|end| end <= token.start) {
            out.push_str(text.get(token.start..token.end).unwrap_or_default());
            last_end = Some(token.end);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut_words(text: &str) -> String {
        words(text).join("|")
    }

    #[test]
    fn words_are_cut_where_people_hear_them() {
        for (text, expected) in [
            ("Turn ON, the light!", "turn|on|the|light"),
            ("set it to 50%", "set|it|to|50|%"),
            ("50 percent", "50|percent"),
            ("19.5°C and 19,5 ℃", "19.5|°|c|and|19.5|°|c"),
            ("2,700 kelvin", "2700|kelvin"),
            ("what's up", "what|s|up"),
            ("twenty-five", "twenty|five"),
            ("it is -5 outside", "it|is|-|5|outside"),
            ("打开客厅的灯", "打|开|客|厅|的|灯"),
            ("把ＴＶ调到５０％。", "把|tv|调|到|50|%"),
            ("wake me at 7:30", "wake|me|at|7|:|30"),
            ("the A.C. is on.", "the|ac|is|on"),
            ("5min", "5|min"),
            ("1/2", "1|/|2"),
            ("", ""),
            ("?!…", ""),
            ("Küche – Flur", "küche|flur"),
        ] {
            assert_eq!(cut_words(text), expected, "{text}");
        }
    }

    #[test]
    fn the_original_comes_back_without_punctuation() {
        let text = "add  Fresh Milk, and air-dried ham to it";
        let tokens = tokenize(text);
        assert_eq!(original(text, &tokens, 1, 3), "Fresh Milk");
        assert_eq!(original(text, &tokens, 4, 7), "air-dried ham");
        assert_eq!(original(text, &tokens, 5, 99), "");
    }
}
