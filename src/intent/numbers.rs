//! Numbers in words and in digits.
//!
//! In comes text or words, out go numbers, and the other way round. English and Mandarin; in other
//! languages digits are read and words are not. What must never happen here: a number made of words
//! that nobody would call a number ("a", "and").

mod english;
mod mandarin;

use super::grammar::{Token, tokenize};

/// The most words of one number.
const LONGEST: usize = 24;

/// What kind of number was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Five, 20.5.
    Plain,
    /// Half, a quarter: a share of a whole. Where a percentage is due it is read as one.
    Share,
}

/// A number at the beginning of some words.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// The number; a share as part of 1.
    pub value: f64,
    /// How many words it takes.
    pub words: usize,
    /// What kind.
    pub kind: Kind,
    /// Said in digits, not in words.
    pub in_digits: bool,
}

impl Reading {
    fn words(value: f64, words: usize) -> Self {
        Self { value, words, kind: Kind::Plain, in_digits: false }
    }

    fn share(value: f64, words: usize) -> Self {
        Self { kind: Kind::Share, ..Self::words(value, words) }
    }
}

/// A language whose number words are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Language {
    English,
    Mandarin,
}

impl Language {
    fn of(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        match primary.to_ascii_lowercase().as_str() {
            // Sentences without a language are taken as English, as their number words are.
            "en" | "" => Some(Self::English),
            "zh" | "cmn" => Some(Self::Mandarin),
            _ => None,
        }
    }
}

/// Every number that begins at word `at`, the shorter ones first: "twenty five" is 20 and 25.
pub(crate) fn readings(tokens: &[Token], at: usize, language: &str) -> Vec<Reading> {
    let words: Vec<&str> = tokens.iter().skip(at).take(LONGEST).map(|token| token.text.as_str()).collect();
    read(&words, Language::of(language))
}

fn read(words: &[&str], language: Option<Language>) -> Vec<Reading> {
    let mut found = Vec::new();
    match words {
        [first, ..] if is_digits(first) => {
            let value = first.parse().unwrap_or(f64::NAN);
            found.push(Reading { in_digits: true, ..Reading::words(value, 1) });
        }
        ["-" | "minus" | "负" | "零下", second, ..] if is_digits(second) => {
            let value: f64 = second.parse().unwrap_or(f64::NAN);
            found.push(Reading { in_digits: true, ..Reading::words(-value, 2) });
        }
        _ => {}
    }
    match language {
        Some(Language::English) => english::read(words, &mut found),
        Some(Language::Mandarin) => mandarin::read(words, &mut found),
        None => {}
    }
    found.retain(|reading| reading.value.is_finite());
    found
}

fn is_digits(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit()) && word.parse::<f64>().is_ok()
}

/// The number that a text is, and nothing else: "one hundred and five", "20.5", "百分之五十" (0.5).
pub fn parse(text: &str, language: &str) -> Option<f64> {
    let tokens = tokenize(text);
    let all = readings(&tokens, 0, language);
    all.into_iter().rfind(|reading| reading.words == tokens.len()).map(|reading| reading.value)
}

/// The number that an ordinal is: "third", "twenty-first", "3rd", "第三".
pub fn parse_ordinal(text: &str, language: &str) -> Option<u32> {
    let tokens = tokenize(text);
    let words: Vec<&str> = tokens.iter().map(|token| token.text.as_str()).collect();
    match Language::of(language)? {
        Language::English => english::ordinal(&words),
        Language::Mandarin => mandarin::ordinal(&words),
    }
}

/// The number in words: 105 is "one hundred and five", 19.5 is "nineteen point five", "一百零五".
/// In languages whose words are not known, and beyond 10¹², digits.
pub fn in_words(number: f64, language: &str) -> String {
    let digits = || format!("{number}");
    if !number.is_finite() || number.abs() >= 1e12 {
        return digits();
    }
    match Language::of(language) {
        Some(Language::English) => english::say(number),
        Some(Language::Mandarin) => mandarin::say(number),
        None => digits(),
    }
}

/// The ordinal in words: 3 is "third", "第三".
pub fn ordinal_in_words(number: u32, language: &str) -> String {
    match Language::of(language) {
        Some(Language::English) => english::say_ordinal(number),
        Some(Language::Mandarin) => format!("第{}", mandarin::say(f64::from(number))),
        None => format!("{number}."),
    }
}

/// The text with every number in digits written in words, for speaking: "at 20%" is "at twenty%".
pub fn digits_to_words(text: &str, language: &str) -> String {
    rewrite(text, |words| {
        let (minus, digits) = match words {
            ["-", digits, ..] => (true, digits),
            [digits, ..] => (false, digits),
            [] => return None,
        };
        if !is_digits(digits) {
            return None;
        }
        let value: f64 = digits.parse().ok()?;
        let value = if minus { -value } else { value };
        Some((in_words(value, language), 1 + usize::from(minus)))
    })
}

/// The text with every number in words written in digits: "twenty five percent" is "25 percent".
/// A lone "one" stays, for it is seldom a number; so does a lone share ("half").
pub fn words_to_digits(text: &str, language: &str) -> String {
    let language = Language::of(language);
    rewrite(text, |words| {
        let longest = read(words, language).into_iter().rfind(|reading| reading.kind == Kind::Plain)?;
        let is_lone = longest.words == 1 && matches!(words.first(), Some(&"one" | &"一" | &"两"));
        if longest.in_digits || is_lone {
            return None;
        }
        Some((format!("{}", longest.value), longest.words))
    })
}

/// Replaces some words of a text: `each` is given the words from a place on, and gives what stands for how many.
fn rewrite(text: &str, each: impl Fn(&[&str]) -> Option<(String, usize)>) -> String {
    let tokens = tokenize(text);
    let words: Vec<&str> = tokens.iter().map(|token| token.text.as_str()).collect();
    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let rest = words.get(at..(at + LONGEST).min(words.len())).unwrap_or_default();
        match each(rest) {
            Some((replacement, count)) if count > 0 => {
                let last = tokens.get(at + count - 1).unwrap_or(token);
                out.push_str(text.get(copied..token.start).unwrap_or_default());
                out.push_str(&replacement);
                copied = last.end;
                at += count;
            }
            _ => at += 1,
        }
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    out
}

/// Other ways to write a name with numbers in it: "lamp 2" for "lamp two" and the other way round.
pub(crate) fn other_spellings(words: &[String], language: &str) -> Vec<Vec<String>> {
    let Some(known) = Language::of(language) else { return Vec::new() };
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut in_digits: Vec<String> = Vec::new();
    let mut spelled: Vec<String> = Vec::new();
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let rest = words.get(at..).unwrap_or_default();
        let number = read(rest, Some(known)).into_iter().rfind(|reading| {
            reading.kind == Kind::Plain && reading.value.fract() == 0.0 && reading.value >= 0.0
        });
        match number {
            Some(reading) => {
                in_digits.push(format!("{}", reading.value));
                if reading.in_digits && reading.value > 999.0 {
                    spelled.push((*word).to_owned());
                } else {
                    spelled.extend(
                        tokenize(&in_words(reading.value, language)).into_iter().map(|token| token.text),
                    );
                }
                at += reading.words;
            }
            None => {
                in_digits.push((*word).to_owned());
                spelled.push((*word).to_owned());
                at += 1;
            }
        }
    }
    let mut others = Vec::new();
    for other in [in_digits, spelled] {
        if other.iter().map(String::as_str).ne(words.iter().copied()) && !others.contains(&other) {
            others.push(other);
        }
    }
    others
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn english_numbers_are_read() {
        for (text, value) in [
            ("zero", 0.0),
            ("five", 5.0),
            ("twenty-five", 25.0),
            ("a hundred", 100.0),
            ("one hundred and five", 105.0),
            ("one hundred five", 105.0),
            ("two thousand seven hundred", 2700.0),
            ("twenty seven hundred", 2700.0),
            ("2 thousand", 2000.0),
            ("two million three hundred thousand and twelve", 2_300_012.0),
            ("minus five", -5.0),
            ("-5", -5.0),
            ("minus 5", -5.0),
            ("negative twenty", -20.0),
            ("one point five", 1.5),
            ("nineteen point two five", 19.25),
            ("point five", 0.5),
            ("half", 0.5),
            ("a half", 0.5),
            ("three quarters", 0.75),
            ("a quarter", 0.25),
            ("one third", 1.0 / 3.0),
            ("two and a half", 2.5),
            ("2 and a half", 2.5),
            ("19.5", 19.5),
            ("2,700", 2700.0),
        ] {
            assert_eq!(parse(text, "en"), Some(value), "{text}");
        }
        for text in
            ["a", "and", "hundred and", "five and", "twenty twenty", "a five", "lamp", "", "point", "minus"]
        {
            assert_eq!(parse(text, "en-GB"), None, "{text}");
        }
    }

    #[test]
    fn mandarin_numbers_are_read() {
        for (text, value) in [
            ("零", 0.0),
            ("五", 5.0),
            ("两", 2.0),
            ("十", 10.0),
            ("十五", 15.0),
            ("二十", 20.0),
            ("二十五", 25.0),
            ("一百", 100.0),
            ("一百零五", 105.0),
            ("一百五", 150.0),
            ("一百五十", 150.0),
            ("两百", 200.0),
            ("两千七", 2700.0),
            ("两千七百", 2700.0),
            ("两千零七", 2007.0),
            ("一万二", 12_000.0),
            ("三万五千", 35_000.0),
            ("二七零零", 2700.0),
            ("二十点五", 20.5),
            ("零点二五", 0.25),
            ("负五", -5.0),
            ("零下五", -5.0),
            ("一半", 0.5),
            ("百分之五十", 0.5),
            ("百分之百", 1.0),
            ("三分之一", 1.0 / 3.0),
            ("50", 50.0),
            ("2千", 2000.0),
        ] {
            let got = parse(text, "zh-CN").unwrap_or(f64::NAN);
            assert!((got - value).abs() < 1e-9, "{text}: {got}");
        }
        for text in ["点", "百分之", "负", "的", "灯"] {
            assert_eq!(parse(text, "zh"), None, "{text}");
        }
    }

    #[test]
    fn ordinals_are_read_and_said() {
        for (text, number) in [
            ("first", 1),
            ("third", 3),
            ("twenty-first", 21),
            ("twelfth", 12),
            ("3rd", 3),
            ("hundredth", 100),
        ] {
            assert_eq!(parse_ordinal(text, "en"), Some(number), "{text}");
        }
        assert_eq!(parse_ordinal("第三", "zh-CN"), Some(3));
        assert_eq!(parse_ordinal("three", "en"), None);
        assert_eq!(ordinal_in_words(22, "en"), "twenty-second");
        assert_eq!(ordinal_in_words(20, "en"), "twentieth");
        assert_eq!(ordinal_in_words(5, "zh"), "第五");
    }

    #[test]
    fn texts_are_rewritten() {
        assert_eq!(
            digits_to_words("It is 19.5 degrees, not -5.", "en"),
            "It is nineteen point five degrees, not minus five."
        );
        assert_eq!(digits_to_words("灯在50%", "zh-CN"), "灯在五十%");
        assert_eq!(
            words_to_digits("Set the lamp to twenty five percent!", "en"),
            "Set the lamp to 25 percent!"
        );
        assert_eq!(words_to_digits("which one is on", "en"), "which one is on");
        assert_eq!(words_to_digits("调到二十度", "zh-CN"), "调到20度");
    }

    #[test]
    fn names_with_numbers_have_two_spellings() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(other_spellings(&words("lamp 2"), "en"), [words("lamp two")]);
        assert_eq!(other_spellings(&words("lamp twenty one"), "en"), [words("lamp 21")]);
        assert!(other_spellings(&words("kitchen lamp"), "en").is_empty());
    }

    proptest! {
        #[test]
        fn what_is_said_is_read_back(number in -100_000_000i64..100_000_000, tenths in 0u8..10) {
            for language in ["en", "zh-CN"] {
                let number = if number < 0 { number as f64 - f64::from(tenths) / 10.0 } else { number as f64 + f64::from(tenths) / 10.0 };
                let said = in_words(number, language);
                let read = parse(&said, language).unwrap_or(f64::NAN);
                prop_assert!((read - number).abs() < 1e-6, "{} → {} → {}", number, said, read);
            }
        }

        #[test]
        fn ordinals_are_read_back(number in 1u32..9999) {
            for language in ["en", "zh-CN"] {
                prop_assert_eq!(parse_ordinal(&ordinal_in_words(number, language), language), Some(number));
            }
        }

        #[test]
        fn any_words_are_bounded(text in "(one|two|ten|twenty|hundred|thousand|million|and|a|point|half|minus|五|十|百|千|万|点|半|5|%| ){0,30}") {
            for language in ["en", "zh-CN", "de"] {
                let _ = parse(&text, language);
                let _ = words_to_digits(&text, language);
                let _ = digits_to_words(&text, language);
            }
        }
    }
}
