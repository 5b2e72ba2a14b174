//! From a said time to a moment.

use super::{Clock, Day, Repeat, When};
use jiff::civil::{Date, Weekday};
use jiff::{Span, ZonedDateTime as Zoned};

/// The time of a day that is named without one.
const MORNING: Clock = Clock { hour: 9, minute: 0, either: false };
/// How far ahead is looked for a day that exists (29 February), in days.
const HORIZON: i32 = 366 * 9;

impl When {
    /// The first moment after `now`. Where nobody said which half of the day, a time that is meant for
    /// today or for no day is the next of the two; with a day or a repetition, one to five o'clock is in
    /// the afternoon and all else as it is said. `early`: it is as said in any case (a person who is to
    /// be woken). A time that a change of the clocks leaves out is as much later; one that comes twice
    /// is the first.
    pub fn next(&self, now: &Zoned, early: bool) -> Option<Zoned> {
        if let Some(seconds) = self.after_s {
            return now.checked_add(Span::new().seconds(i64::from(seconds))).ok();
        }
        if let Some(repeat) = self.repeat {
            return self.next_repeated(repeat, now, early);
        }
        let today = now.date();
        match self.day {
            None => {
                let clock = self.clock?;
                (0..3).find_map(|days| self.on(add_days(today, days)?, clock, now, true, early))
            }
            Some(Day::In(0)) => {
                let clock = self.clock.unwrap_or(MORNING);
                self.on(today, clock, now, true, early)
            }
            Some(Day::In(days)) => {
                self.on(add_days(today, days)?, self.clock.unwrap_or(MORNING), now, false, early)
            }
            Some(day) => {
                let clock = self.clock.unwrap_or(MORNING);
                let fits = |date: Date| match day {
                    Day::Weekday(weekday) => date.weekday().to_monday_zero_offset() == weekday,
                    Day::Date(month, day) => date.month() == month && date.day() == day,
                    Day::OfMonth(day) => date.day() == day,
                    Day::In(_) => false,
                };
                (0..HORIZON)
                    .filter_map(|days| add_days(today, days))
                    .filter(|date| fits(*date))
                    .find_map(|date| self.on(date, clock, now, false, early))
            }
        }
    }

    fn next_repeated(&self, repeat: Repeat, now: &Zoned, early: bool) -> Option<Zoned> {
        if let Repeat::Seconds(seconds) = repeat {
            return now.checked_add(Span::new().seconds(i64::from(seconds.max(1)))).ok();
        }
        let fits = |date: Date| match repeat {
            Repeat::Days(mask) => mask & (1 << date.weekday().to_monday_zero_offset()) != 0,
            Repeat::Monthly(day) => date.day() == day,
            Repeat::Yearly(month, day) => (date.month(), date.day()) == (month, day),
            Repeat::Seconds(_) => false,
        };
        let clock = self.clock.unwrap_or(MORNING);
        (0..HORIZON)
            .filter_map(|days| add_days(now.date(), days))
            .filter(|date| fits(*date))
            .find_map(|date| self.on(date, clock, now, false, early))
    }

    /// The time of day on a date, if it is after now.
    fn on(&self, date: Date, clock: Clock, now: &Zoned, nearest: bool, early: bool) -> Option<Zoned> {
        let at = |hour: i8| {
            let zoned = date.at(hour, clock.minute, 0, 0).to_zoned_datetime(now.time_zone().clone()).ok()?;
            (zoned > *now).then_some(zoned)
        };
        let later = (clock.hour + 12) % 24;
        match clock.either {
            false => at(clock.hour),
            true if early => at(clock.hour),
            true if nearest => at(clock.hour % 12).or_else(|| at(clock.hour % 12 + 12)),
            true if (1..=5).contains(&clock.hour) => at(later),
            true => at(clock.hour),
        }
    }

    /// The days of the week that it is repeated on, if it is.
    pub fn days(&self) -> Option<Vec<Weekday>> {
        let Some(Repeat::Days(mask)) = self.repeat else { return None };
        let days = (0..7i8).filter(|day| mask & (1 << day) != 0);
        Some(days.filter_map(|day| Weekday::from_monday_zero_offset(day).ok()).collect())
    }
}

fn add_days(date: Date, days: i32) -> Option<Date> {
    date.checked_add(Span::new().days(days)).ok()
}
