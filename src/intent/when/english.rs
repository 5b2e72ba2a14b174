//! Times in English.

use super::{Clock, Day, EVERY_DAY, Repeat, WEEKDAYS, WEEKEND, When};
use crate::intent::grammar::tokenize;
use crate::intent::numbers;

const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// A part of the day: whether it is the second half, and its usual hour.
fn part_of_day(word: &str) -> Option<(bool, i8)> {
    match word {
        "morning" => Some((false, 8)),
        "afternoon" => Some((true, 15)),
        "evening" => Some((true, 19)),
        "night" => Some((true, 22)),
        _ => None,
    }
}

struct Words<'a> {
    words: &'a [String],
    at: usize,
}

impl<'a> Words<'a> {
    fn peek(&self, ahead: usize) -> &'a str {
        self.words.get(self.at + ahead).map_or("", String::as_str)
    }

    fn take(&mut self, words: &[&str]) -> bool {
        let fits = words.iter().enumerate().all(|(k, word)| self.peek(k) == *word);
        if fits {
            self.at += words.len();
        }
        fits
    }

    fn take_any(&mut self, all: &[&[&str]]) -> bool {
        all.iter().any(|words| self.take(words))
    }

    /// The longest whole number here, at most `max`.
    fn number(&mut self, max: u32) -> Option<u32> {
        if matches!(self.peek(0), "a" | "an") {
            self.at += 1;
            return Some(1);
        }
        let rest = self.words.get(self.at..)?;
        (1..=rest.len().min(6)).rev().find_map(|count| {
            let words = rest.get(..count).filter(|words| !words.contains(&":".to_string()))?;
            let value = numbers::parse(&words.join(" "), "en")?;
            let whole = value.fract() == 0.0 && value >= 0.0 && value <= f64::from(max);
            whole.then(|| {
                self.at += count;
                value as u32
            })
        })
    }

    fn ordinal(&mut self) -> Option<i8> {
        let rest = self.words.get(self.at..)?;
        (1..=rest.len().min(2)).rev().find_map(|count| {
            // "24th" is cut into "24" and "th".
            let joined = rest
                .get(..count)?
                .join(if rest.first()?.starts_with(|c: char| c.is_ascii_digit()) { "" } else { " " });
            let value = numbers::parse_ordinal(&joined, "en").filter(|v| (1..=31).contains(v))?;
            self.at += count;
            i8::try_from(value).ok()
        })
    }

    fn unit(&mut self) -> Option<u32> {
        let seconds = match self.peek(0) {
            "second" | "seconds" | "sec" | "secs" => 1,
            "minute" | "minutes" | "min" | "mins" => 60,
            "hour" | "hours" | "hr" | "hrs" => 3600,
            "day" | "days" => 86_400,
            "week" | "weeks" => 604_800,
            _ => return None,
        };
        self.at += 1;
        Some(seconds)
    }

    fn back<T>(&mut self, to: usize) -> Option<T> {
        self.at = to;
        None
    }
}

/// Reads a text that is a time.
pub(super) fn read(text: &str) -> Option<When> {
    let tokens = tokenize(text);
    let mut list: Vec<String> = Vec::with_capacity(tokens.len());
    for (at, token) in tokens.iter().enumerate() {
        let gap = at
            .checked_sub(1)
            .and_then(|last| tokens.get(last))
            .and_then(|last| text.get(last.end..token.start));
        // "7:30" and "7.30" are cut apart or run together; a clock's colon is a word here.
        if gap == Some(":") {
            list.push(":".into());
        }
        match token.text.split_once('.') {
            Some((hour, minute)) if minute.len() == 2 => {
                list.extend([hour.to_string(), ":".into(), minute.to_string()]);
            }
            // "7.3" is what the cut made of "7.30".
            Some((hour, minute))
                if text.get(token.start..token.end).is_some_and(|t| t.ends_with(&format!("{minute}0"))) =>
            {
                list.extend([hour.to_string(), ":".into(), format!("{minute}0")]);
            }
            _ => list.push(token.text.clone()),
        }
    }
    let mut words = Words { words: &list, at: 0 };
    let mut when = When::default();
    let mut part: Option<(bool, i8)> = None;
    let mut is_every = false;
    while words.at < list.len() {
        let start = words.at;
        if words.take_any(&[&["please"], &["and"], &["then"], &["sharp"], &["exactly"]]) && start > 0 {
            continue;
        }
        if let Some(seconds) = span(&mut words) {
            if when.after_s.replace(seconds).is_some() {
                return None;
            }
        } else if let Some(repeat) = repeat(&mut words) {
            is_every = true;
            when.repeat = Some(join(when.repeat, repeat)?);
        } else if let Some((day, said)) = day(&mut words) {
            part = said.or(part);
            if is_every {
                let Day::Weekday(weekday) = day else { return None };
                when.repeat = Some(join(when.repeat, Repeat::Days(1 << weekday))?);
            } else if when.day.replace(day).is_some() {
                return None;
            }
        } else if let Some(said) = in_part(&mut words) {
            part = Some(said);
        } else if when.clock.is_none()
            && let Some(clock) = clock(&mut words)
        {
            when.clock = Some(clock);
        } else {
            return None;
        }
        if words.at == start {
            return None;
        }
    }
    if let Some((second_half, usual)) = part {
        when.clock = Some(match when.clock {
            None => Clock { hour: usual, minute: 0, either: false },
            Some(clock) if !clock.either => clock,
            // "Twelve at night" is midnight, "two at night" is two.
            Some(Clock { hour: 12, minute, .. }) => {
                let hour = if second_half && usual != 22 { 12 } else { 0 };
                Clock { hour, minute, either: false }
            }
            Some(clock) if second_half && (usual != 22 || clock.hour > 5) => {
                Clock { hour: clock.hour + 12, either: false, ..clock }
            }
            Some(clock) => Clock { either: false, ..clock },
        });
    }
    // A span and a clock time at once are two times.
    if when.after_s.is_some() && (when.clock.is_some() || when.day.is_some() || when.repeat.is_some()) {
        return None;
    }
    Some(when)
}

fn join(known: Option<Repeat>, more: Repeat) -> Option<Repeat> {
    match (known, more) {
        (None, more) => Some(more),
        (Some(Repeat::Days(a)), Repeat::Days(b)) => Some(Repeat::Days(a | b)),
        _ => None,
    }
}

/// "In ten minutes", "ten minutes from now", "in an hour and a half".
fn span(words: &mut Words) -> Option<u32> {
    let start = words.at;
    let is_in = words.take_any(&[&["in"], &["after"]]);
    let mut total: u32 = 0;
    loop {
        let before = words.at;
        if total > 0 {
            words.take(&["and"]);
        }
        let (count, halves) = if words.take_any(&[&["half", "an"], &["half", "a"], &["a", "half"]]) {
            (0, 1)
        } else if words.take_any(&[&["a", "quarter", "of", "an"], &["quarter", "of", "an"]]) {
            let Some(unit) = words.unit() else { return words.back(start) };
            total = total.saturating_add(unit / 4);
            continue;
        } else if words.take_any(&[&["three", "quarters", "of", "an"]]) {
            let Some(unit) = words.unit() else { return words.back(start) };
            total = total.saturating_add(unit / 4 * 3);
            continue;
        } else if words.take_any(&[&["a", "couple", "of"]]) {
            (2, 0)
        } else {
            match words.number(100_000) {
                Some(count) => (count, i32::from(words.take(&["and", "a", "half"]))),
                None => {
                    words.at = before;
                    break;
                }
            }
        };
        let Some(unit) = words.unit() else {
            words.at = before;
            break;
        };
        total = total.saturating_add(count.saturating_mul(unit)).saturating_add(halves as u32 * unit / 2);
        if words.take(&["and", "a", "half"]) {
            total = total.saturating_add(unit / 2);
        }
    }
    let is_later = total > 0 && words.take_any(&[&["from", "now"], &["later"], &["s", "time"], &["time"]]);
    if total == 0 || !(is_in || is_later) { words.back(start) } else { Some(total) }
}

fn repeat(words: &mut Words) -> Option<Repeat> {
    let start = words.at;
    if words.take(&["daily"]) {
        return Some(Repeat::Days(EVERY_DAY));
    }
    if words.take_any(&[&["on", "weekdays"], &["weekdays"], &["on", "workdays"], &["on", "working", "days"]])
    {
        return Some(Repeat::Days(WEEKDAYS));
    }
    if words.take_any(&[&["on", "weekends"], &["on", "the", "weekends"], &["weekends"], &["at", "weekends"]])
    {
        return Some(Repeat::Days(WEEKEND));
    }
    // "On Mondays".
    let on = words.take(&["on"]);
    if let Some(day) = DAYS.iter().position(|day| words.peek(0) == format!("{day}s")) {
        words.at += 1;
        return Some(Repeat::Days(1 << day));
    }
    if on {
        words.at = start;
    }
    if !words.take_any(&[&["every"], &["each"]]) {
        return None;
    }
    if words.take_any(&[&["single", "day"], &["day", "of", "the", "week"], &["day"]]) {
        return Some(Repeat::Days(EVERY_DAY));
    }
    if words.take_any(&[&["weekday"], &["workday"], &["working", "day"], &["work", "day"], &["week", "day"]])
    {
        return Some(Repeat::Days(WEEKDAYS));
    }
    if words.take_any(&[&["weekend"]]) {
        return Some(Repeat::Days(WEEKEND));
    }
    if let Some((day, _)) = weekday(words) {
        return Some(Repeat::Days(1 << day));
    }
    if part_of_day(words.peek(0)).is_some() {
        // The part itself is read next.
        return Some(Repeat::Days(EVERY_DAY));
    }
    if words.take_any(&[&["month", "on", "the"]]) {
        return match words.ordinal() {
            Some(day) => Some(Repeat::Monthly(day)),
            None => words.back(start),
        };
    }
    if words.take_any(&[&["year", "on"]]) {
        return match date(words) {
            Some(Day::Date(month, day)) => Some(Repeat::Yearly(month, day)),
            _ => words.back(start),
        };
    }
    let half = words.take_any(&[&["half", "an"], &["half"]]);
    let count = if half { 1 } else { words.number(100_000).unwrap_or(1) };
    match words.unit() {
        Some(unit) => {
            let seconds = if half { unit / 2 } else { count.saturating_mul(unit) };
            Some(Repeat::Seconds(seconds.max(60)))
        }
        None => words.back(start),
    }
}

fn weekday(words: &mut Words) -> Option<(i8, bool)> {
    let day = DAYS.iter().position(|day| words.peek(0) == *day)?;
    words.at += 1;
    Some((i8::try_from(day).ok()?, false))
}

fn date(words: &mut Words) -> Option<Day> {
    let start = words.at;
    let month_here = |words: &mut Words| {
        let month = MONTHS.iter().position(|m| {
            words.peek(0) == *m || (m.len() > 4 && words.peek(0) == m.get(..3).unwrap_or(""))
        })?;
        words.at += 1;
        i8::try_from(month + 1).ok()
    };
    if let Some(month) = month_here(words) {
        words.take(&["the"]);
        let day = words.ordinal().or_else(|| words.number(31).and_then(|n| i8::try_from(n).ok()));
        return match day.filter(|d| *d > 0) {
            Some(day) => Some(Day::Date(month, day)),
            None => words.back(start),
        };
    }
    words.take(&["the"]);
    if let Some(day) = words.ordinal() {
        words.take(&["of"]);
        return Some(match month_here(words) {
            Some(month) => Day::Date(month, day),
            None => Day::OfMonth(day),
        });
    }
    let day = words.number(31).and_then(|n| i8::try_from(n).ok()).filter(|d| *d > 0);
    match (day, month_here(words)) {
        (Some(day), Some(month)) => Some(Day::Date(month, day)),
        _ => words.back(start),
    }
}

type Part = Option<(bool, i8)>;

/// "Tomorrow", "on Friday", "tonight", "on the third of May".
fn day(words: &mut Words) -> Option<(Day, Part)> {
    let start = words.at;
    words.take_any(&[&["on"], &["for"]]);
    let found = if words.take(&["today"]) {
        Some((Day::In(0), None))
    } else if words.take(&["tonight"]) {
        Some((Day::In(0), Some((true, 20))))
    } else if words.take_any(&[&["the", "day", "after", "tomorrow"], &["day", "after", "tomorrow"]]) {
        Some((Day::In(2), None))
    } else if words.take(&["tomorrow"]) {
        Some((Day::In(1), None))
    } else if words.peek(0) == "this" && part_of_day(words.peek(1)).is_some() {
        words.at += 1;
        Some((Day::In(0), None))
    } else if words.take(&["next", "week"]) {
        Some((Day::In(7), None))
    } else {
        let is_said = words.take_any(&[&["next"], &["this"], &["coming"]]);
        match weekday(words) {
            Some((weekday, _)) => Some((Day::Weekday(weekday), None)),
            None if is_said => None,
            None => date(words).map(|day| (day, None)),
        }
    };
    match found {
        Some((day, part)) => {
            // "Tomorrow morning".
            let said = part_of_day(words.peek(0));
            words.at += usize::from(said.is_some());
            Some((day, said.or(part)))
        }
        None => words.back(start),
    }
}

fn in_part(words: &mut Words) -> Part {
    let start = words.at;
    let _ = words.take_any(&[&["in", "the"], &["at"], &["in"]]);
    match part_of_day(words.peek(0)) {
        Some(part) => {
            words.at += 1;
            Some(part)
        }
        None => words.back(start),
    }
}

/// "At seven", "half past seven", "7:30 pm", "noon".
fn clock(words: &mut Words) -> Option<Clock> {
    let start = words.at;
    words.take_any(&[&["at", "about"], &["at", "around"], &["at"], &["by"], &["for"], &["around"]]);
    let sure = |hour, minute| Some(Clock { hour, minute, either: false });
    if words.take_any(&[&["noon"], &["midday"]]) {
        return sure(12, 0);
    }
    if words.take(&["midnight"]) {
        return sure(0, 0);
    }
    let before = words.at;
    let shift = if words.take(&["half", "past"]) || words.take(&["half"]) {
        Some(30)
    } else if words.take_any(&[&["a", "quarter", "past"], &["quarter", "past"]]) {
        Some(15)
    } else if words.take_any(&[&["a", "quarter", "to"], &["quarter", "to"]]) {
        Some(-15)
    } else {
        match words.number(59).map(|n| n as i32) {
            Some(minutes) => {
                words.take_any(&[&["minutes"], &["minute"]]);
                if words.take(&["past"]) {
                    Some(minutes)
                } else if words.take(&["to"]) {
                    Some(-minutes)
                } else {
                    words.at = before;
                    None
                }
            }
            None => None,
        }
    };
    let Some(hour) = hour(words) else { return words.back(start) };
    let mut total = i32::try_from(hour).ok()? * 60;
    let mut written = false;
    match shift {
        Some(minutes) => total += minutes,
        None => {
            if words.take(&[":"]) {
                written = words.words.get(before).is_some_and(|w| w.starts_with('0'));
                match words.number(59) {
                    Some(minutes) => total += minutes as i32,
                    None => return words.back(start),
                }
            } else if !words.take_any(&[&["o", "clock"], &["oclock"]]) {
                // "Seven thirty", "seven oh five".
                let here = words.at;
                let oh = words.take_any(&[&["oh"], &["o"]]);
                match words.number(59) {
                    Some(minutes) if (minutes >= 10) != oh && words.unit().is_none() => {
                        total += minutes as i32
                    }
                    _ => words.at = here,
                }
            }
        }
    }
    words.take_any(&[&["o", "clock"], &["oclock"]]);
    let total = total.rem_euclid(24 * 60);
    let (hour, minute) = (i8::try_from(total / 60).ok()?, i8::try_from(total % 60).ok()?);
    if words.take_any(&[&["am"], &["a", "m"]]) {
        return sure(hour % 12, minute);
    }
    if words.take_any(&[&["pm"], &["p", "m"]]) {
        return sure(hour % 12 + 12, minute);
    }
    let either = (1..=12).contains(&hour) && !written;
    Some(Clock { hour, minute, either })
}

/// An hour: "seven", but not the "seven" of "seven thirty" read as one number.
fn hour(words: &mut Words) -> Option<u32> {
    let start = words.at;
    let rest = words.words.get(start..)?;
    let value = rest.first().and_then(|word| {
        // "0730" and "730" are written without a colon.
        if word.len() >= 3 && word.chars().all(|c| c.is_ascii_digit()) {
            None
        } else {
            numbers::parse(word, "en")
        }
    })?;
    // "Twenty two": the longer number is the hour where it is one.
    let two = rest.get(..2).filter(|two| two.last().is_some_and(|word| word != ":"));
    let two = two.and_then(|two| numbers::parse(&two.join(" "), "en"));
    match two {
        Some(longer) if longer.fract() == 0.0 && (20.0..24.0).contains(&longer) => {
            words.at += 2;
            Some(longer as u32)
        }
        _ if value.fract() == 0.0 && (0.0..24.0).contains(&value) => {
            words.at += 1;
            Some(value as u32)
        }
        _ => None,
    }
}
