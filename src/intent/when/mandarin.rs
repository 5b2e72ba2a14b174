//! Times in Mandarin: 明天早上七点半, 每个工作日七点, 十分钟后.

use super::{Clock, Day, EVERY_DAY, Repeat, WEEKDAYS, WEEKEND, When};
use crate::intent::numbers;

struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    fn take(&mut self, word: &str) -> bool {
        match self.0.strip_prefix(word) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    fn any<T: Copy>(&mut self, words: &[(&str, T)]) -> Option<T> {
        words.iter().find(|(word, _)| self.take(word)).map(|(_, value)| *value)
    }

    /// The longest whole number here.
    fn number(&mut self, max: u32) -> Option<u32> {
        let ends: Vec<usize> = self.0.char_indices().map(|(at, c)| at + c.len_utf8()).take(8).collect();
        ends.into_iter().rev().find_map(|end| {
            let text: &'a str = self.0.get(..end)?;
            let is_number =
                text.chars().all(|c| c.is_ascii_digit() || "零〇一二两三四五六七八九十百".contains(c));
            let value = is_number.then(|| numbers::parse(text, "zh"))??;
            (value.fract() == 0.0 && value >= 0.0 && value <= f64::from(max)).then(|| {
                self.0 = self.0.get(end..).unwrap_or("");
                value as u32
            })
        })
    }
}

const PARTS: &[(&str, (bool, i8))] = &[
    ("早上", (false, 8)),
    ("早晨", (false, 8)),
    ("上午", (false, 9)),
    ("凌晨", (false, 3)),
    ("中午", (true, 12)),
    ("下午", (true, 15)),
    ("傍晚", (true, 18)),
    ("晚上", (true, 20)),
    ("夜里", (true, 22)),
];

const WEEK: &[(&str, i8)] =
    &[("一", 0), ("二", 1), ("三", 2), ("四", 3), ("五", 4), ("六", 5), ("日", 6), ("天", 6)];

/// Reads a text that is a time.
pub(super) fn read(text: &str) -> Option<When> {
    let plain: String = text.chars().filter(|c| !c.is_whitespace() && !"，,。的".contains(*c)).collect();
    let mut rest = Rest(&plain);
    let mut when = When::default();
    let mut part = None;
    while !rest.0.is_empty() {
        let before = rest.0;
        if rest.take("在") || rest.take("再") {
            continue;
        }
        if let Some(seconds) = span(&mut rest) {
            when.after_s = Some(seconds);
        } else if let Some(repeat) = repeat(&mut rest) {
            when.repeat = Some(repeat);
        } else if let Some((day, said)) = rest.any(&[
            ("今天", (Day::In(0), None)),
            ("今晚", (Day::In(0), Some((true, 20)))),
            ("明早", (Day::In(1), Some((false, 8)))),
            ("明晚", (Day::In(1), Some((true, 20)))),
            ("明天", (Day::In(1), None)),
            ("后天", (Day::In(2), None)),
        ]) {
            when.day = Some(day);
            part = said.or(part);
        } else if let Some(day) = weekday(&mut rest) {
            when.day = Some(Day::Weekday(day));
        } else if let Some(said) = rest.any(PARTS) {
            part = Some(said);
        } else if let Some(day) = date(&mut rest) {
            when.day = Some(day);
        } else if let Some(clock) = clock(&mut rest) {
            when.clock = Some(clock);
        }
        if rest.0 == before {
            return None;
        }
    }
    if let Some((second_half, usual)) = part {
        when.clock = Some(match when.clock {
            None => Clock { hour: usual, minute: 0, either: false },
            Some(clock)
                if clock.either && second_half && clock.hour < 12 && !(usual == 12 && clock.hour == 11) =>
            {
                Clock { hour: clock.hour + 12, either: false, ..clock }
            }
            Some(clock) if clock.either && usual >= 20 && clock.hour == 12 => {
                Clock { hour: 0, either: false, ..clock }
            }
            Some(clock) => Clock { either: false, ..clock },
        });
    }
    let is_twice =
        when.after_s.is_some() && (when.clock.is_some() || when.day.is_some() || when.repeat.is_some());
    (!is_twice).then_some(when)
}

fn span(rest: &mut Rest) -> Option<u32> {
    let before = rest.0;
    let mut total: u32 = 0;
    loop {
        let here = rest.0;
        let half = rest.take("半");
        let count = if half { 0 } else { rest.number(100_000).unwrap_or(0) };
        let _ = rest.take("个");
        let more_half = !half && rest.take("半");
        let unit =
            rest.any(&[("秒钟", 1), ("秒", 1), ("分钟", 60), ("小时", 3600), ("钟头", 3600), ("天", 86_400)]);
        match unit {
            Some(unit) if half || count > 0 => {
                let halves = u32::from(half || more_half);
                total = total.saturating_add(count.saturating_mul(unit)).saturating_add(halves * unit / 2);
            }
            _ => {
                rest.0 = here;
                break;
            }
        }
    }
    let later = rest.any(&[("之后", ()), ("以后", ()), ("过后", ()), ("后", ())]).is_some();
    if total > 0 && later {
        return Some(total);
    }
    rest.0 = before;
    None
}

fn repeat(rest: &mut Rest) -> Option<Repeat> {
    if let Some(mask) = rest.any(&[
        ("每天", EVERY_DAY),
        ("每个工作日", WEEKDAYS),
        ("工作日", WEEKDAYS),
        ("每个周末", WEEKEND),
        ("每周末", WEEKEND),
        ("周末", WEEKEND),
    ]) {
        return Some(Repeat::Days(mask));
    }
    let before = rest.0;
    if rest.any(&[("每个星期", ()), ("每星期", ()), ("每周", ()), ("每个周", ())]).is_some()
        && let Some(day) = rest.any(WEEK)
    {
        return Some(Repeat::Days(1 << day));
    }
    rest.0 = before;
    if rest.take("每") {
        if rest.any(&[("早", ()), ("晚", ())]).is_some() {
            rest.0 = before;
            return None;
        }
        let _ = rest.take("隔");
        let half = rest.take("半");
        let count = rest.number(10_000).unwrap_or(1);
        let _ = rest.take("个");
        if let Some(unit) = rest.any(&[("分钟", 60), ("小时", 3600)]) {
            return Some(Repeat::Seconds(if half { unit / 2 } else { count * unit }));
        }
    }
    rest.0 = before;
    None
}

fn weekday(rest: &mut Rest) -> Option<i8> {
    let before = rest.0;
    let _ = rest.any(&[("下", ()), ("这", ())]);
    let _ = rest.take("个");
    if rest.any(&[("星期", ()), ("礼拜", ()), ("周", ())]).is_some()
        && let Some(day) = rest.any(WEEK)
    {
        return Some(day);
    }
    rest.0 = before;
    None
}

fn date(rest: &mut Rest) -> Option<Day> {
    let before = rest.0;
    if let Some(first) = rest.number(31) {
        if rest.take("月")
            && let Some(day) = rest.number(31)
            && (rest.take("号") || rest.take("日"))
        {
            return Some(Day::Date(i8::try_from(first).ok()?, i8::try_from(day).ok()?));
        }
        rest.0 = before;
        let day = rest.number(31)?;
        if rest.take("号") {
            return Some(Day::OfMonth(i8::try_from(day).ok()?));
        }
    }
    rest.0 = before;
    None
}

fn clock(rest: &mut Rest) -> Option<Clock> {
    let before = rest.0;
    let hour = rest.number(24).and_then(|hour| i8::try_from(hour % 24).ok());
    if let Some(hour) = hour
        && (rest.take("点") || rest.take(":") || rest.take("："))
    {
        let _ = rest.take("钟");
        let minute = if rest.take("半") {
            30
        } else if rest.take("一刻") {
            15
        } else if rest.take("三刻") {
            45
        } else {
            let _ = rest.take("零");
            let minute = rest.number(59).unwrap_or(0);
            let _ = rest.take("分");
            i8::try_from(minute).ok()?
        };
        return Some(Clock { hour, minute, either: (1..=12).contains(&hour) });
    }
    rest.0 = before;
    None
}
