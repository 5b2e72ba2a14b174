//! Timers: several, named or not, that can be paused, lengthened, shortened and asked for.

use super::due::Due;
use crate::intent::Refusal;
use crate::store::Store;
use rusqlite::params;
use serde_json::{Value, json};

/// More would be a mistake or an attack; a person cannot keep track of them.
const MAX_TIMERS: usize = 100;

/// The longest timer, in s: a week. What is further away is a reminder.
pub const MAX_SECONDS: u64 = 7 * 24 * 3600;

#[derive(Debug, Clone, PartialEq)]
struct Timer {
    id: i64,
    name: Option<String>,
    /// What it was set for, in s: people say "the five minute timer".
    set_seconds: u64,
    /// Unix time in ms at which it rings; `None`: it stands.
    at_ms: Option<i64>,
    /// What was left when it was paused, in ms.
    held_ms: i64,
    command: Option<String>,
}

impl Timer {
    fn left_ms(&self, now_ms: i64) -> i64 {
        self.at_ms.map_or(self.held_ms, |at| (at - now_ms).max(0))
    }

    fn describe(&self, now_ms: i64) -> Value {
        json!({
            "name": self.name,
            "seconds": self.set_seconds,
            // A timer of five minutes asked for at once has five minutes left, not four and 59 seconds.
            "seconds_left": (self.left_ms(now_ms) + 500) / 1000,
            "paused": self.at_ms.is_none(),
            "conversation_command": self.command,
        })
    }
}

/// Which timer is meant; with neither given, the only one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TimerQuery {
    /// Its name.
    pub name: Option<String>,
    /// What it was set for, in s.
    pub start_seconds: Option<u64>,
}

/// A change to one timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimerChange {
    /// Stand still.
    Pause,
    /// Go on.
    Resume,
    /// This many seconds more.
    Add(u64),
    /// This many seconds less; not below zero.
    TakeAway(u64),
    /// Last this long from now.
    Set(u64),
}

/// The timers in a store.
pub(super) struct Timers<'a>(pub &'a Store);

impl Timers<'_> {
    fn all(&self) -> Result<Vec<Timer>, Refusal> {
        let mut statement = self
            .0
            .sql()
            .prepare_cached("SELECT id, name, set_s, at_ms, left_ms, command FROM timer ORDER BY id")?;
        let rows = statement.query_map([], |row| {
            Ok(Timer {
                id: row.get(0)?,
                name: row.get(1)?,
                set_seconds: row.get::<_, i64>(2)?.unsigned_abs(),
                at_ms: row.get(3)?,
                held_ms: row.get::<_, Option<i64>>(4)?.unwrap_or(0),
                command: row.get(5)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Starts a timer. Gives what it is.
    ///
    /// # Errors
    /// [`Refusal::OutOfRange`] for nothing, for more than a week, and for the hundred-and-first timer.
    pub fn start(
        &self,
        name: Option<String>,
        command: Option<String>,
        seconds: u64,
        now_ms: i64,
    ) -> Result<Value, Refusal> {
        let refuse = |slot: &str, max: f64| {
            Err(Refusal::OutOfRange { entity: "timer".into(), slot: slot.into(), min: 1.0, max })
        };
        if seconds == 0 || seconds > MAX_SECONDS {
            return refuse("seconds", MAX_SECONDS as f64);
        }
        if self.all()?.len() >= MAX_TIMERS {
            return refuse("timers", MAX_TIMERS as f64);
        }
        let at_ms = now_ms + seconds as i64 * 1000;
        self.0
            .sql()
            .prepare_cached("INSERT INTO timer (name, set_s, at_ms, command) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![name, seconds as i64, at_ms, command])?;
        Ok(Timer { id: 0, name, set_seconds: seconds, at_ms: Some(at_ms), held_ms: 0, command }
            .describe(now_ms))
    }

    /// Takes away the timer that is meant and gives what it was.
    ///
    /// # Errors
    /// [`Refusal::TimerNotFound`], [`Refusal::MultipleTimers`].
    pub fn cancel(&self, query: &TimerQuery, now_ms: i64) -> Result<Value, Refusal> {
        let timer = self.find(query)?;
        self.0.sql().prepare_cached("DELETE FROM timer WHERE id = ?1")?.execute(params![timer.id])?;
        Ok(timer.describe(now_ms))
    }

    /// Takes away all timers. Gives `{"count"}`.
    pub fn cancel_all(&self) -> Result<Value, Refusal> {
        let count = self.0.sql().execute("DELETE FROM timer", [])?;
        Ok(json!({ "count": count }))
    }

    /// Changes the timer that is meant and gives what it now is.
    ///
    /// # Errors
    /// [`Refusal::TimerNotFound`], [`Refusal::MultipleTimers`].
    pub fn change(&self, query: &TimerQuery, change: TimerChange, now_ms: i64) -> Result<Value, Refusal> {
        let mut timer = self.find(query)?;
        let left = timer.left_ms(now_ms);
        let paused = timer.at_ms.is_none();
        let most = MAX_SECONDS as i64 * 1000;
        let ms = |s: u64| s.min(MAX_SECONDS) as i64 * 1000;
        let (left, paused) = match change {
            TimerChange::Pause => (left, true),
            TimerChange::Resume => (left, false),
            TimerChange::Add(s) => ((left + ms(s)).min(most), paused),
            TimerChange::TakeAway(s) => ((left - ms(s)).max(0), paused),
            TimerChange::Set(s) => (ms(s), false),
        };
        if let TimerChange::Set(s) = change {
            timer.set_seconds = s;
        }
        (timer.at_ms, timer.held_ms) = if paused { (None, left) } else { (Some(now_ms + left), 0) };
        self.0
            .sql()
            .prepare_cached("UPDATE timer SET set_s = ?1, at_ms = ?2, left_ms = ?3 WHERE id = ?4")?
            .execute(params![timer.set_seconds as i64, timer.at_ms, timer.held_ms, timer.id])?;
        Ok(timer.describe(now_ms))
    }

    /// Changes the timer that was made last: a person corrects themself.
    ///
    /// # Errors
    /// [`Refusal::TimerNotFound`].
    pub fn correct(&self, seconds: u64, now_ms: i64) -> Result<Value, Refusal> {
        let last = self.all()?.into_iter().next_back().ok_or(Refusal::TimerNotFound)?;
        self.0.sql().prepare_cached("DELETE FROM timer WHERE id = ?1")?.execute(params![last.id])?;
        self.start(last.name, last.command, seconds, now_ms)
    }

    /// What is left: `{"timers": [{"name", "seconds", "seconds_left", "paused"}, …]}`, soonest first.
    ///
    /// # Errors
    /// [`Refusal::TimerNotFound`] if there is none that fits.
    pub fn status(&self, query: &TimerQuery, now_ms: i64) -> Result<Value, Refusal> {
        let mut fitting: Vec<_> = self.all()?.into_iter().filter(|t| fits(t, query)).collect();
        if fitting.is_empty() {
            return Err(Refusal::TimerNotFound);
        }
        fitting.sort_by_key(|t| t.left_ms(now_ms));
        Ok(json!({ "timers": fitting.iter().map(|t| t.describe(now_ms)).collect::<Vec<_>>() }))
    }

    /// Takes out and gives the timers whose time has come.
    pub fn due(&self, now_ms: i64) -> Result<Vec<Due>, Refusal> {
        let due: Vec<Timer> =
            self.all()?.into_iter().filter(|timer| timer.at_ms.is_some_and(|at| at <= now_ms)).collect();
        for timer in &due {
            self.0.sql().prepare_cached("DELETE FROM timer WHERE id = ?1")?.execute(params![timer.id])?;
        }
        let due = due.into_iter().map(|timer| Due {
            name: timer.name,
            seconds: timer.set_seconds,
            command: timer.command,
            at_ms: timer.at_ms.unwrap_or(now_ms),
            ..Due::of("timer")
        });
        Ok(due.collect())
    }

    /// The clock was put forward (or back) by this much: a timer lasts as long as it was set for.
    pub fn shift(&self, by_ms: i64) -> Result<(), Refusal> {
        self.0
            .sql()
            .execute("UPDATE timer SET at_ms = at_ms + ?1 WHERE at_ms IS NOT NULL", params![by_ms])?;
        Ok(())
    }

    fn find(&self, query: &TimerQuery) -> Result<Timer, Refusal> {
        let mut fitting = self.all()?.into_iter().filter(|t| fits(t, query));
        match (fitting.next(), fitting.next()) {
            (None, _) => Err(Refusal::TimerNotFound),
            (Some(timer), None) => Ok(timer),
            (Some(_), Some(_)) => Err(Refusal::MultipleTimers),
        }
    }
}

fn fits(timer: &Timer, query: &TimerQuery) -> bool {
    let named = match (&query.name, &timer.name) {
        (None, _) => true,
        (Some(asked), Some(has)) => asked.to_lowercase() == has.to_lowercase(),
        (Some(_), None) => false,
    };
    named && query.start_seconds.is_none_or(|s| s == timer.set_seconds)
}
