//! Times as people say them: "tomorrow at half past seven", "every weekday at seven", "in ten minutes".
//!
//! In comes a text that is a time and nothing else; out comes a [`When`], which knows no clock, and from
//! it, for a given now, the next moment. What must never happen here: a look at the system's clock; a
//! moment that has passed; a panic on any text or any clock.

mod english;
mod mandarin;
mod next;

use serde::{Deserialize, Serialize};

/// A day, as it is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Day {
    /// So many days from today: 0 is today.
    In(i32),
    /// The next day of this name, 0 is Monday.
    Weekday(i8),
    /// This day of this month, each from 1.
    Date(i8, i8),
    /// The next day with this number.
    OfMonth(i8),
}

/// A time of day, as it is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// 0 to 23.
    pub hour: i8,
    /// 0 to 59.
    pub minute: i8,
    /// It may be 12 hours later as well: nobody said which half of the day.
    pub either: bool,
}

/// How often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Repeat {
    /// On these days of the week; bit 0 is Monday.
    Days(u8),
    /// Every so many seconds.
    Seconds(u32),
    /// On this day of each month.
    Monthly(i8),
    /// On this day of this month.
    Yearly(i8, i8),
}

/// A time as it is said, free of any clock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct When {
    /// In so many seconds from now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_s: Option<u32>,
    /// The day, if one was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<Day>,
    /// The time of day, if one was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<Clock>,
    /// How often; `None`: once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat: Option<Repeat>,
}

/// Every day of the week.
pub const EVERY_DAY: u8 = 0b111_1111;
/// Monday to Friday.
pub const WEEKDAYS: u8 = 0b001_1111;
/// Saturday and Sunday.
pub const WEEKEND: u8 = 0b110_0000;

impl When {
    /// Reads a text that is a time and nothing else.
    pub fn read(text: &str, language: &str) -> Option<Self> {
        let when = match language.split(['-', '_']).next().unwrap_or("") {
            "zh" | "cmn" => mandarin::read(text),
            _ => english::read(text),
        }?;
        when.is_whole().then_some(when)
    }

    fn is_whole(&self) -> bool {
        let clock = self.clock.is_none_or(|c| (0..24).contains(&c.hour) && (0..60).contains(&c.minute));
        let after = self.after_s.is_none_or(|s| s > 0);
        let said =
            self.after_s.is_some() || self.day.is_some() || self.clock.is_some() || self.repeat.is_some();
        clock && after && said
    }
}
