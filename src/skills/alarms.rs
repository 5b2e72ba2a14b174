//! Alarms and reminders: at a time, once or again and again.

use super::due::Due;
use super::moment;
use crate::intent::Refusal;
use crate::intent::when::When;
use crate::store::{Store, StoreError};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};
use rusqlite::params;
use serde_json::{Value, json};

/// Alarms and reminders together; more would be a mistake.
const MAX_ALARMS: usize = 500;
/// A clock before this year was never set.
const FIRST_YEAR: i16 = 2024;
/// How long a snooze lasts when nobody says, in s.
pub const SNOOZE_S: u64 = 9 * 60;
/// How long after it rang something can be snoozed, in ms.
const SNOOZABLE_MS: i64 = 30 * 60_000;

struct Alarm {
    id: i64,
    text: Option<String>,
    at_ms: i64,
    rule: Option<String>,
}

impl Alarm {
    fn when(&self) -> Option<When> {
        self.rule.as_deref().and_then(|rule| serde_json::from_str(rule).ok())
    }

    fn at(&self, zone: &TimeZone) -> Option<ZonedDateTime> {
        Timestamp::from_millisecond(self.at_ms).ok().map(|at| at.to_zoned_datetime(zone.clone()))
    }

    fn describe(&self, now: &ZonedDateTime) -> Value {
        let at = self.at(now.time_zone());
        json!({
            "text": self.text,
            "moment": at.map(|at| moment::describe(&at, now, self.when().as_ref())),
        })
    }
}

/// The alarms and reminders in a store.
pub(super) struct Alarms<'a>(pub &'a Store);

impl Alarms<'_> {
    fn all(&self, kind: &str) -> Result<Vec<Alarm>, Refusal> {
        let mut statement = self
            .0
            .sql()
            .prepare_cached("SELECT id, text, at_ms, rule FROM alarm WHERE kind = ?1 ORDER BY at_ms, id")?;
        let rows = statement.query_map(params![kind], |row| {
            Ok(Alarm { id: row.get(0)?, text: row.get(1)?, at_ms: row.get(2)?, rule: row.get(3)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Sets an alarm or a reminder; gives `{"text", "moment"}`.
    ///
    /// # Errors
    /// A clock that is not set, a time that never comes, too many of them.
    pub fn set(
        &self,
        kind: &str,
        text: Option<String>,
        when: &When,
        early: bool,
        now: &ZonedDateTime,
    ) -> Result<Value, Refusal> {
        if now.year() < FIRST_YEAR && when.after_s.is_none() {
            return Err(Refusal::told("clock_not_set", ""));
        }
        if self.all("alarm")?.len() + self.all("reminder")?.len() >= MAX_ALARMS {
            return Err(Refusal::told("too_many_alarms", ""));
        }
        let at = when.next(now, early).ok_or_else(|| Refusal::told("never", ""))?;
        let rule = when.repeat.map(|_| serde_json::to_string(when)).transpose().map_err(StoreError::from)?;
        let at_ms = at.timestamp().as_millisecond();
        let twin = self.all(kind)?.into_iter().any(|a| a.at_ms == at_ms && a.text == text && a.rule == rule);
        if !twin {
            self.0
                .sql()
                .prepare_cached("INSERT INTO alarm (kind, text, at_ms, rule) VALUES (?1, ?2, ?3, ?4)")?
                .execute(params![kind, text, at_ms, rule])?;
        }
        Ok(json!({ "text": text, "moment": moment::describe(&at, now, Some(when)) }))
    }

    /// Those that fit a text or a time; with neither, all.
    fn fitting(
        &self,
        kind: &str,
        text: Option<&str>,
        when: Option<&When>,
        now: &ZonedDateTime,
    ) -> Result<Vec<Alarm>, Refusal> {
        let has = |alarm: &Alarm| {
            let words = |text: &str| -> Vec<String> {
                text.to_lowercase()
                    .split(|c: char| !c.is_alphanumeric())
                    .filter(|w| w.len() > 2)
                    .map(str::to_string)
                    .collect()
            };
            text.is_none_or(|asked| {
                let own = alarm.text.as_deref().map(words).unwrap_or_default();
                let asked = words(asked);
                !asked.is_empty() && asked.iter().all(|word| own.contains(word))
            })
        };
        let is_then = |alarm: &Alarm| {
            let Some(when) = when else { return true };
            let Some(at) = alarm.at(now.time_zone()) else { return false };
            let repeats = alarm.when().and_then(|w| w.repeat);
            if let Some(repeat) = when.repeat {
                return repeats == Some(repeat) && when.clock.is_none_or(|c| same_clock(c, &at));
            }
            let on_day = when.day.is_none_or(|day| {
                let asked = When { day: Some(day), clock: None, ..When::default() };
                // Midnight of that day, as seen from now.
                let start =
                    now.start_of_day().ok().and_then(|d| d.checked_sub(jiff::Span::new().seconds(1)).ok());
                start
                    .and_then(|start| asked.next(&start, false))
                    .is_some_and(|there| there.date() == at.date())
            });
            on_day && when.clock.is_none_or(|c| same_clock(c, &at))
        };
        Ok(self.all(kind)?.into_iter().filter(|a| has(a) && is_then(a)).collect())
    }

    /// Cancels the one that is meant, or all of them.
    ///
    /// # Errors
    /// None fits, or several do and nobody said all.
    pub fn cancel(
        &self,
        kind: &str,
        text: Option<&str>,
        when: Option<&When>,
        all: bool,
        now: &ZonedDateTime,
    ) -> Result<Value, Refusal> {
        let fitting = self.fitting(kind, text, when, now)?;
        match fitting.as_slice() {
            [] => return Err(Refusal::told(&format!("no_{kind}"), text.unwrap_or(""))),
            [_] => {}
            _ if all => {}
            several => {
                return Err(Refusal::told(&format!("several_{kind}s"), several.len().to_string()));
            }
        }
        for alarm in &fitting {
            self.0.sql().prepare_cached("DELETE FROM alarm WHERE id = ?1")?.execute(params![alarm.id])?;
        }
        Ok(json!({
            "count": fitting.len(),
            "alarms": fitting.iter().map(|alarm| alarm.describe(now)).collect::<Vec<_>>(),
        }))
    }

    /// What is set: `{"alarms": […]}`.
    pub fn list(&self, kind: &str, when: Option<&When>, now: &ZonedDateTime) -> Result<Value, Refusal> {
        let all = self.fitting(kind, None, when, now)?;
        Ok(json!({ "alarms": all.iter().map(|alarm| alarm.describe(now)).collect::<Vec<_>>() }))
    }

    /// Moves the one that is meant; without a text, the one that was set last.
    ///
    /// # Errors
    /// None fits.
    pub fn correct(
        &self,
        kind: &str,
        when: &When,
        early: bool,
        now: &ZonedDateTime,
    ) -> Result<Value, Refusal> {
        let last = self.all(kind)?.into_iter().max_by_key(|alarm| alarm.id);
        let last = last.ok_or_else(|| Refusal::told(&format!("no_{kind}"), ""))?;
        // "No, at eight": the day, or how often, stays.
        let mut whole = last.when().unwrap_or_default();
        if when.after_s.is_some() || when.repeat.is_some() {
            whole = *when;
        } else {
            whole.clock = when.clock.or(whole.clock);
            whole.day = when.day.or(whole.day);
            if whole.clock.is_none() || whole.day.is_none() && whole.repeat.is_none() {
                let at = last.at(now.time_zone());
                let own = at.map(|at| crate::intent::when::Clock {
                    hour: at.hour(),
                    minute: at.minute(),
                    either: false,
                });
                whole.clock = whole.clock.or(own);
                let days = at_days(&last, now);
                whole.day = whole.day.or(days.map(crate::intent::when::Day::In));
            }
        }
        self.0.sql().prepare_cached("DELETE FROM alarm WHERE id = ?1")?.execute(params![last.id])?;
        self.set(kind, last.text, &whole, early, now)
    }

    /// Rings what rang last once more, after a while.
    ///
    /// # Errors
    /// Nothing has rung.
    pub fn snooze(&self, seconds: Option<u64>, now: &ZonedDateTime) -> Result<Value, Refusal> {
        let now_ms = now.timestamp().as_millisecond();
        let rung: Option<Due> = self.0.kept("rung")?;
        let rung = rung.filter(|due| now_ms - due.at_ms - due.late_ms <= SNOOZABLE_MS);
        let due = rung.ok_or_else(|| Refusal::told("nothing_rang", ""))?;
        let seconds = seconds.unwrap_or(SNOOZE_S);
        if due.kind == "timer" {
            super::timers::Timers(self.0).start(due.name, None, seconds, now_ms)?;
            return Ok(json!({ "seconds": seconds }));
        }
        let kind = if due.kind == "reminder" { "reminder" } else { "alarm" };
        self.0
            .sql()
            .prepare_cached("INSERT INTO alarm (kind, text, at_ms, snoozed) VALUES (?1, ?2, ?3, 1)")?
            .execute(params![kind, due.name, now_ms + seconds as i64 * 1000])?;
        Ok(json!({ "seconds": seconds }))
    }

    /// Takes out what has fallen due; what repeats is set to its next time after now, so that after a jump of
    /// the clock it comes once.
    pub fn due(&self, now: &ZonedDateTime) -> Result<Vec<Due>, Refusal> {
        let now_ms = now.timestamp().as_millisecond();
        let mut due = Vec::new();
        for kind in ["alarm", "reminder"] {
            for alarm in self.all(kind)?.into_iter().filter(|alarm| alarm.at_ms <= now_ms) {
                let next = alarm.when().and_then(|when| when.next(now, false));
                match next {
                    Some(next) => self
                        .0
                        .sql()
                        .prepare_cached("UPDATE alarm SET at_ms = ?1 WHERE id = ?2")?
                        .execute(params![next.timestamp().as_millisecond(), alarm.id])?,
                    None => self
                        .0
                        .sql()
                        .prepare_cached("DELETE FROM alarm WHERE id = ?1")?
                        .execute(params![alarm.id])?,
                };
                let rung = Due {
                    name: alarm.text,
                    at_ms: alarm.at_ms,
                    late_ms: now_ms - alarm.at_ms,
                    ..Due::of(kind)
                };
                self.0.keep("rung", &rung)?;
                due.push(rung);
            }
        }
        Ok(due)
    }
}

fn at_days(alarm: &Alarm, now: &ZonedDateTime) -> Option<i32> {
    let at = alarm.at(now.time_zone())?;
    let days = (at.date() - now.date()).get_days();
    (days > 0).then_some(days)
}

fn same_clock(clock: crate::intent::when::Clock, at: &ZonedDateTime) -> bool {
    let hour = at.hour() == clock.hour || (clock.either && at.hour() % 12 == clock.hour % 12);
    hour && at.minute() == clock.minute
}
