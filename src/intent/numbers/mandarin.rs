//! Mandarin number words, a character each.

use super::{Kind, Reading, is_digits};

fn digit(word: &str) -> Option<u64> {
    Some(match word {
        "零" | "〇" => 0,
        "一" | "壹" | "幺" => 1,
        "二" | "两" | "兩" | "贰" | "俩" => 2,
        "三" | "叁" => 3,
        "四" | "肆" => 4,
        "五" | "伍" => 5,
        "六" | "陆" => 6,
        "七" | "柒" => 7,
        "八" | "捌" => 8,
        "九" | "玖" => 9,
        _ => return None,
    })
}

fn unit(word: &str) -> Option<u64> {
    Some(match word {
        "十" | "拾" => 10,
        "百" | "佰" => 100,
        "千" | "仟" => 1_000,
        _ => return None,
    })
}

fn scale(word: &str) -> Option<u64> {
    Some(match word {
        "万" | "萬" => 10_000,
        "亿" | "億" => 100_000_000,
        _ => return None,
    })
}

/// What has been read of a whole number.
struct Whole {
    total: u64,
    group: u64,
    /// A digit that waits for its unit.
    waiting: Option<u64>,
    /// The unit read last in this group, a tenth of which a lone last digit counts (一百五).
    last_unit: u64,
    last_scale: u64,
    after_zero: bool,
}

impl Whole {
    fn add(&mut self, word: &str) -> bool {
        if let Some(value) = digit(word) {
            if self.waiting.is_some_and(|waiting| waiting > 0) || (value == 0 && self.after_zero) {
                return false;
            }
            if value == 0 {
                self.after_zero = true;
                self.waiting = (self.total == 0 && self.group == 0 && self.waiting.is_none()).then_some(0);
            } else {
                self.waiting = Some(value);
            }
            return true;
        }
        if let Some(unit) = unit(word) {
            if unit >= self.last_unit {
                return false;
            }
            let count = match self.waiting {
                Some(0) => return false,
                Some(count) => count,
                None if unit == 10 => 1,
                None => return false,
            };
            self.group += count * unit;
            (self.waiting, self.last_unit, self.after_zero) = (None, unit, false);
            return true;
        }
        if let Some(scale) = scale(word) {
            let group = self.group + self.waiting.unwrap_or(0);
            if group == 0 || scale >= self.last_scale {
                return false;
            }
            self.total += group * scale;
            (self.group, self.waiting, self.after_zero) = (0, None, false);
            (self.last_unit, self.last_scale) = (scale, scale);
            return true;
        }
        false
    }

    fn value(&self) -> Option<u64> {
        let is_bare = self.total == 0 && self.group == 0;
        match self.waiting {
            // 一百五 is 150, 一百零五 is 105.
            Some(last)
                if !is_bare && !self.after_zero && self.last_unit > 10 && self.last_unit < u64::MAX =>
            {
                Some(self.total + self.group + last * self.last_unit / 10)
            }
            Some(last) => Some(self.total + self.group + last),
            None if is_bare => None,
            None if self.after_zero => None,
            None => Some(self.total + self.group),
        }
    }
}

/// All whole numbers at the beginning, the shorter ones first.
fn wholes(words: &[&str]) -> Vec<(f64, usize)> {
    let mut found = Vec::new();
    let mut whole = Whole {
        total: 0,
        group: 0,
        waiting: None,
        last_unit: u64::MAX,
        last_scale: u64::MAX,
        after_zero: false,
    };
    let mut at = 0;
    if let [first, second, ..] = words
        && is_digits(first)
        && (unit(second).is_some() || scale(second).is_some())
    {
        let Ok(count) = first.parse::<f64>() else { return found };
        let times = unit(second).or(scale(second)).unwrap_or(1);
        return vec![(count * times as f64, 2)];
    }
    while let Some(word) = words.get(at) {
        if !whole.add(word) {
            break;
        }
        at += 1;
        found.extend(whole.value().map(|value| (value as f64, at)));
    }
    // Digits one by one: 二七零零.
    let digits: Vec<u64> = words.iter().map_while(|word| digit(word)).collect();
    for count in 2..=digits.len().min(12) {
        if found.iter().any(|&(_, words)| words == count) {
            continue;
        }
        let value = digits.iter().take(count).fold(0, |value, digit| value * 10 + digit);
        found.push((value as f64, count));
    }
    found.sort_by_key(|&(_, count)| count);
    found
}

fn decimals(words: &[&str]) -> Vec<(f64, usize)> {
    let mut found = Vec::new();
    let mut text = String::from("0.");
    for (index, digit) in words.iter().map_while(|word| digit(word)).take(8).enumerate() {
        text.push_str(&digit.to_string());
        found.extend(text.parse().ok().map(|value: f64| (value, index + 1)));
    }
    found
}

/// Every number at the beginning.
pub(super) fn read(words: &[&str], found: &mut Vec<Reading>) {
    let (sign, skip) = match words {
        ["零", "下", ..] => (-1.0, 2),
        ["负" | "負" | "-", ..] => (-1.0, 1),
        _ => (1.0, 0),
    };
    let rest = words.get(skip..).unwrap_or_default();
    if let Some(value) =
        rest.first().filter(|first| skip > 0 && is_digits(first)).and_then(|first| first.parse::<f64>().ok())
        && !found.iter().any(|reading| reading.words == skip + 1)
    {
        found.push(Reading { in_digits: true, ..Reading::words(-value, skip + 1) });
    }
    for (value, count) in wholes(rest) {
        found.push(Reading::words(sign * value, skip + count));
        let after = rest.get(count..).unwrap_or_default();
        if let ["点" | "點", decimal @ ..] = after {
            let more = decimals(decimal).into_iter();
            found.extend(
                more.map(|(part, more)| Reading::words(sign * (value + part), skip + count + 1 + more)),
            );
        }
        if skip == 0
            && let ["分", "之", above @ ..] = after
            && value > 0.0
        {
            found.extend(
                wholes(above).into_iter().map(|(top, more)| Reading::share(top / value, count + 2 + more)),
            );
        }
    }
    if skip == 0 {
        match rest {
            ["半", ..] => found.push(Reading::share(0.5, 1)),
            ["一", "半", ..] => found.push(Reading::share(0.5, 2)),
            ["百", "分", "之", "百", ..] => found.push(Reading::share(1.0, 4)),
            ["百", "分", "之", percent @ ..] => {
                if let Some(value) = percent
                    .first()
                    .filter(|first| is_digits(first))
                    .and_then(|first| first.parse::<f64>().ok())
                {
                    found.push(Reading { in_digits: true, ..Reading::share(value / 100.0, 4) });
                }
                found.extend(
                    wholes(percent).into_iter().map(|(value, more)| Reading::share(value / 100.0, 3 + more)),
                );
            }
            _ => {}
        }
    }
    found.sort_by_key(|reading| (reading.words, reading.kind == Kind::Share));
}

/// The ordinal that all the words are.
pub(super) fn ordinal(words: &[&str]) -> Option<u32> {
    let ["第", rest @ ..] = words else { return None };
    let value = match rest {
        [digits] if is_digits(digits) => digits.parse().ok()?,
        rest => wholes(rest).into_iter().rfind(|&(_, count)| count == rest.len())?.0,
    };
    (value >= 0.0 && value <= f64::from(u32::MAX)).then_some(value as u32)
}

const DIGITS: [&str; 10] = ["零", "一", "二", "三", "四", "五", "六", "七", "八", "九"];

/// The number in words.
pub(super) fn say(number: f64) -> String {
    let text = format!("{:.6}", number.abs());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let fraction = fraction.trim_end_matches('0');
    let whole: u64 = whole.parse().unwrap_or_default();
    let mut said = String::new();
    if number < 0.0 && (whole > 0 || !fraction.is_empty()) {
        said.push('负');
    }
    said.push_str(&say_whole(whole));
    if !fraction.is_empty() {
        said.push('点');
        for digit in fraction.bytes() {
            said.push_str(DIGITS.get(usize::from(digit.saturating_sub(b'0'))).copied().unwrap_or_default());
        }
    }
    said
}

fn say_whole(number: u64) -> String {
    if number == 0 {
        return "零".to_owned();
    }
    let mut said = String::new();
    let mut left = number;
    let mut gap = false;
    for (scale, name) in [(100_000_000, "亿"), (10_000, "万"), (1, "")] {
        let group = left / scale;
        left %= scale;
        if group == 0 {
            gap |= !said.is_empty();
            continue;
        }
        if !said.is_empty() && (gap || group < 1_000) {
            said.push('零');
        }
        if group >= 10_000 {
            said.push_str(&say_whole(group));
        } else {
            said.push_str(&say_group(group, said.is_empty()));
        }
        said.push_str(name);
        gap = false;
    }
    said
}

/// A group below 10,000; ten at the very beginning is 十, not 一十.
fn say_group(number: u64, is_first: bool) -> String {
    let mut said = String::new();
    let mut left = number;
    let mut gap = false;
    for (unit, name) in [(1_000, "千"), (100, "百"), (10, "十"), (1, "")] {
        let count = left / unit;
        left %= unit;
        if count == 0 {
            gap |= !said.is_empty();
            continue;
        }
        if gap {
            said.push('零');
            gap = false;
        }
        let is_bare_ten = unit == 10 && count == 1 && said.is_empty() && is_first;
        let is_pair = unit >= 100 && count == 2 && said.is_empty() && is_first;
        if is_pair {
            said.push('两');
        } else if !is_bare_ten {
            said.push_str(DIGITS.get(count as usize).copied().unwrap_or_default());
        }
        said.push_str(name);
    }
    said
}
