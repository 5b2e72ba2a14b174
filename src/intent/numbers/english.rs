//! English number words.

use super::{Reading, is_digits};

const UNITS: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 8] = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const SCALES: [(&str, u64); 3] = [("billion", 1_000_000_000), ("million", 1_000_000), ("thousand", 1_000)];
/// Ordinals that are not the number and "th".
const ORDINALS: [(&str, &str); 7] = [
    ("one", "first"),
    ("two", "second"),
    ("three", "third"),
    ("five", "fifth"),
    ("eight", "eighth"),
    ("nine", "ninth"),
    ("twelve", "twelfth"),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    /// 0 to 19.
    Unit(u64),
    /// 20, 30, …
    Ten(u64),
    Hundred,
    Scale(u64),
}

fn word(text: &str) -> Option<Word> {
    if let Some(unit) = UNITS.iter().position(|unit| *unit == text) {
        return Some(Word::Unit(unit as u64));
    }
    if let Some(ten) = TENS.iter().position(|ten| *ten == text) {
        return Some(Word::Ten((ten as u64 + 2) * 10));
    }
    if text == "fourty" {
        return Some(Word::Ten(40));
    }
    if text == "hundred" {
        return Some(Word::Hundred);
    }
    SCALES.iter().find(|(scale, _)| *scale == text).map(|&(_, value)| Word::Scale(value))
}

/// What has been read of a whole number.
#[derive(Default)]
struct Whole {
    /// Groups that are over.
    total: u64,
    /// The group that is being read: below 1,000, or "twenty seven hundred".
    group: u64,
    /// What may still be added to the group: below 100 after "hundred", below 10 after "twenty".
    room: u64,
    /// The scale that was read last.
    scale: u64,
    begun: bool,
}

impl Whole {
    fn add(&mut self, word: Word) -> bool {
        match word {
            Word::Unit(0) if self.begun => return false,
            Word::Unit(value) => {
                if value >= self.room {
                    return false;
                }
                self.group += value;
                self.room = 0;
            }
            Word::Ten(value) => {
                if self.room < 100 {
                    return false;
                }
                self.group += value;
                self.room = 10;
            }
            Word::Hundred => {
                if self.group == 0 || self.group > 99 {
                    return false;
                }
                self.group *= 100;
                self.room = 100;
            }
            Word::Scale(value) => {
                if self.group == 0 || value >= self.scale {
                    return false;
                }
                self.total += self.group * value;
                (self.group, self.scale, self.room) = (0, value, 1_000);
            }
        }
        self.begun = true;
        true
    }

    /// Whether "and" may come now.
    fn takes_and(&self) -> bool {
        self.begun && self.room >= 100
    }
}

/// All whole numbers at the beginning, the shorter ones first.
fn wholes(words: &[&str]) -> Vec<(u64, usize)> {
    let mut found = Vec::new();
    let mut whole = Whole { room: 1_000, scale: u64::MAX, ..Whole::default() };
    let mut at = 0;
    match words {
        ["a" | "an", second, ..] if matches!(word(second), Some(Word::Hundred | Word::Scale(_))) => {
            (whole.group, whole.begun, at) = (1, true, 1);
        }
        [first, second, ..]
            if is_digits(first) && matches!(word(second), Some(Word::Hundred | Word::Scale(_))) =>
        {
            let Ok(value) = first.parse::<u64>() else { return found };
            if value == 0 || value > 999 {
                return found;
            }
            (whole.group, whole.begun, at) = (value, true, 1);
        }
        _ => {}
    }
    while let Some(text) = words.get(at) {
        let step = if *text == "and" && whole.takes_and() {
            let next = words.get(at + 1).and_then(|text| word(text));
            match next {
                Some(next @ (Word::Unit(1..) | Word::Ten(_))) if whole.add(next) => 2,
                _ => break,
            }
        } else {
            match word(text) {
                Some(next) if whole.add(next) => 1,
                _ => break,
            }
        };
        at += step;
        found.push((whole.total + whole.group, at));
    }
    found
}

/// A share of one: "half", "a quarter", "three quarters".
fn share(words: &[&str]) -> Option<(f64, usize)> {
    let part = |text: &str| match text {
        "half" | "halves" => Some(2.0),
        "third" | "thirds" => Some(3.0),
        "quarter" | "quarters" => Some(4.0),
        _ => None,
    };
    match words {
        ["half", "of", ..] => None,
        ["half", ..] => Some((0.5, 1)),
        ["a" | "one", second, ..] => part(second).map(|parts| (1.0 / parts, 2)),
        [first, second, ..] if second.ends_with('s') => {
            let Some(Word::Unit(count @ 2..=3)) = word(first) else { return None };
            part(second).map(|parts| (count as f64 / parts, 2))
        }
        _ => None,
    }
}

/// Digits said one by one after "point".
fn decimals(words: &[&str]) -> Vec<(f64, usize)> {
    let mut found = Vec::new();
    let mut digits = String::from("0.");
    for (index, text) in words.iter().enumerate() {
        match word(text) {
            Some(Word::Unit(digit @ 0..=9)) => digits.push_str(&digit.to_string()),
            _ if *text == "oh" && index > 0 => digits.push('0'),
            _ if is_digits(text) && !text.contains('.') && index == 0 => digits.push_str(text),
            _ => break,
        }
        if let Ok(value) = digits.parse() {
            found.push((value, index + 1));
        }
        if digits.len() > 10 {
            break;
        }
    }
    found
}

/// Every number in words at the beginning.
pub(super) fn read(words: &[&str], found: &mut Vec<Reading>) {
    let (sign, skip) = match words {
        ["minus" | "negative", ..] => (-1.0, 1),
        _ => (1.0, 0),
    };
    let rest = words.get(skip..).unwrap_or_default();
    let mut all: Vec<(f64, usize)> =
        wholes(rest).into_iter().map(|(value, count)| (value as f64, count)).collect();
    let in_digits = rest.first().filter(|first| is_digits(first)).and_then(|first| first.parse::<f64>().ok());
    let bases: Vec<(f64, usize)> = all.iter().copied().chain(in_digits.map(|value| (value, 1))).collect();
    for (value, count) in bases {
        let after = rest.get(count..).unwrap_or_default();
        match after {
            ["point" | "dot", decimal @ ..] => {
                all.extend(
                    decimals(decimal).into_iter().map(|(part, more)| (value + part, count + 1 + more)),
                );
            }
            ["and", fraction @ ..] => {
                all.extend(share(fraction).map(|(part, more)| (value + part, count + 1 + more)));
            }
            _ => {}
        }
    }
    if let ["point", decimal @ ..] = rest {
        all.extend(decimals(decimal).into_iter().map(|(part, more)| (part, 1 + more)));
    }
    all.sort_by_key(|&(_, count)| count);
    found.extend(all.into_iter().map(|(value, count)| Reading::words(sign * value, skip + count)));
    if skip == 0 {
        found.extend(share(rest).map(|(value, count)| Reading::share(value, count)));
    }
}

/// The ordinal that all the words are.
pub(super) fn ordinal(words: &[&str]) -> Option<u32> {
    if let [digits, "st" | "nd" | "rd" | "th"] = words {
        return digits.parse().ok();
    }
    let (last, before) = words.split_last()?;
    let cardinal = ORDINALS
        .iter()
        .find(|(_, ordinal)| ordinal == last)
        .map(|(cardinal, _)| (*cardinal).to_owned())
        .or_else(|| last.strip_suffix("ieth").map(|stem| format!("{stem}y")))
        .or_else(|| last.strip_suffix("th").map(str::to_owned))?;
    let mut all: Vec<&str> = before.to_vec();
    if all.is_empty() && matches!(word(&cardinal), Some(Word::Hundred | Word::Scale(_))) {
        all.push("a");
    }
    all.push(&cardinal);
    let (value, count) = wholes(&all).pop()?;
    (count == all.len()).then(|| u32::try_from(value).ok()).flatten()
}

/// The number in words.
pub(super) fn say(number: f64) -> String {
    let mut said = String::new();
    let size = number.abs();
    let text = format!("{:.6}", size);
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let fraction = fraction.trim_end_matches('0');
    let whole: u64 = whole.parse().unwrap_or_default();
    if number < 0.0 && (whole > 0 || !fraction.is_empty()) {
        said.push_str("minus ");
    }
    said.push_str(&say_whole(whole));
    if !fraction.is_empty() {
        said.push_str(" point");
        for digit in fraction.bytes() {
            said.push(' ');
            said.push_str(UNITS.get(usize::from(digit.saturating_sub(b'0'))).copied().unwrap_or_default());
        }
    }
    said
}

fn say_whole(number: u64) -> String {
    match number {
        0..=19 => UNITS.get(number as usize).copied().unwrap_or_default().to_owned(),
        20..=99 => {
            let ten = TENS.get(number as usize / 10 - 2).copied().unwrap_or_default();
            match number % 10 {
                0 => ten.to_owned(),
                unit => format!("{ten}-{}", say_whole(unit)),
            }
        }
        100..=999 => {
            let hundreds = format!("{} hundred", say_whole(number / 100));
            match number % 100 {
                0 => hundreds,
                rest => format!("{hundreds} and {}", say_whole(rest)),
            }
        }
        _ => {
            let (name, scale) =
                SCALES.iter().find(|(_, scale)| number >= *scale).copied().unwrap_or(("thousand", 1_000));
            let head = format!("{} {name}", say_whole(number / scale));
            match number % scale {
                0 => head,
                rest @ 1..=99 => format!("{head} and {}", say_whole(rest)),
                rest => format!("{head} {}", say_whole(rest)),
            }
        }
    }
}

/// The ordinal in words.
pub(super) fn say_ordinal(number: u32) -> String {
    let cardinal = say_whole(u64::from(number));
    let split = cardinal.rfind([' ', '-']).map_or(0, |at| at + 1);
    let (head, last) = cardinal.split_at(split);
    let last = match ORDINALS.iter().find(|(cardinal, _)| *cardinal == last) {
        Some((_, ordinal)) => (*ordinal).to_owned(),
        None => match last.strip_suffix('y') {
            Some(stem) => format!("{stem}ieth"),
            None => format!("{last}th"),
        },
    };
    format!("{head}{last}")
}
