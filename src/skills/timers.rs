//! Timers: several, named or not, that can be paused, lengthened, shortened and asked for.

use super::Due;
use crate::intent::Refusal;
use serde_json::{Value, json};

/// More would be a mistake or an attack; a person cannot keep track of them.
const MAX_TIMERS: usize = 100;

/// The longest timer, in s: a week. What is further away is a reminder.
pub const MAX_SECONDS: u64 = 7 * 24 * 3600;

#[derive(Debug, Clone, PartialEq)]
struct Timer {
    name: Option<String>,
    /// What it was set for, in s: people say "the five minute timer".
    set_seconds: u64,
    run: Run,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Run {
    /// Rings at this Unix time in ms.
    Until(i64),
    /// Paused with this much left, in ms.
    Paused(i64),
}

impl Timer {
    fn left_ms(&self, now_ms: i64) -> i64 {
        match self.run {
            Run::Until(at) => (at - now_ms).max(0),
            Run::Paused(left) => left,
        }
    }

    fn describe(&self, now_ms: i64) -> Value {
        json!({
            "name": self.name,
            "seconds": self.set_seconds,
            // A timer of five minutes asked for at once has five minutes left, not four and 59 seconds.
            "seconds_left": (self.left_ms(now_ms) + 500) / 1000,
            "paused": matches!(self.run, Run::Paused(_)),
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
}

/// The timers of this assistant.
#[derive(Debug, Clone, Default)]
pub struct Timers {
    timers: Vec<Timer>,
}

impl Timers {
    /// Starts a timer. Gives `{"name", "seconds"}`.
    ///
    /// # Errors
    /// [`Refusal::OutOfRange`] for nothing, for more than a week, and for the hundred-and-first timer.
    pub fn start(&mut self, name: Option<String>, seconds: u64, now_ms: i64) -> Result<Value, Refusal> {
        let refuse = |slot: &str, max: f64| {
            Err(Refusal::OutOfRange { entity: "timer".into(), slot: slot.into(), min: 1.0, max })
        };
        if seconds == 0 || seconds > MAX_SECONDS {
            return refuse("seconds", MAX_SECONDS as f64);
        }
        if self.timers.len() >= MAX_TIMERS {
            return refuse("timers", MAX_TIMERS as f64);
        }
        let run = Run::Until(now_ms + seconds as i64 * 1000);
        let timer = Timer { name, set_seconds: seconds, run };
        let described = timer.describe(now_ms);
        self.timers.push(timer);
        Ok(described)
    }

    /// Takes away the timer that is meant and gives what it was.
    ///
    /// # Errors
    /// [`Refusal::TimerNotFound`], [`Refusal::MultipleTimers`].
    pub fn cancel(&mut self, query: &TimerQuery, now_ms: i64) -> Result<Value, Refusal> {
        let index = self.find(query)?;
        Ok(self.timers.remove(index).describe(now_ms))
    }

    /// Takes away all timers. Gives `{"count"}`.
    pub fn cancel_all(&mut self) -> Value {
        let count = self.timers.len();
        self.timers.clear();
        json!({ "count": count })
    }

    /// Changes the timer that is meant and gives what it now is.
    ///
    /// # Errors
    /// [`Refusal::TimerNotFound`], [`Refusal::MultipleTimers`].
    pub fn change(&mut self, query: &TimerQuery, change: TimerChange, now_ms: i64) -> Result<Value, Refusal> {
        let index = self.find(query)?;
        let Some(timer) = self.timers.get_mut(index) else { return Err(Refusal::TimerNotFound) };
        let left = timer.left_ms(now_ms);
        let paused = matches!(timer.run, Run::Paused(_));
        let (left, paused) = match change {
            TimerChange::Pause => (left, true),
            TimerChange::Resume => (left, false),
            TimerChange::Add(s) => ((left + s.min(MAX_SECONDS) as i64 * 1000).min(MAX_SECONDS as i64 * 1000), paused),
            TimerChange::TakeAway(s) => ((left - s.min(MAX_SECONDS) as i64 * 1000).max(0), paused),
        };
        timer.run = if paused { Run::Paused(left) } else { Run::Until(now_ms + left) };
        Ok(timer.describe(now_ms))
    }

    /// What is left: `{"timers": [{"name", "seconds", "seconds_left", "paused"}, …]}`, soonest first.
    ///
    /// # Errors
    /// [`Refusal::TimerNotFound`] if there is none that fits.
    pub fn status(&self, query: &TimerQuery, now_ms: i64) -> Result<Value, Refusal> {
        let mut fitting: Vec<_> = self.timers.iter().filter(|t| fits(t, query)).collect();
        if fitting.is_empty() {
            return Err(Refusal::TimerNotFound);
        }
        fitting.sort_by_key(|t| t.left_ms(now_ms));
        Ok(json!({ "timers": fitting.iter().map(|t| t.describe(now_ms)).collect::<Vec<_>>() }))
    }

    /// Takes out and gives the timers whose time has come, soonest first.
    pub fn due(&mut self, now_ms: i64) -> Vec<Due> {
        let mut due: Vec<(i64, Due)> = Vec::new();
        self.timers.retain(|timer| match timer.run {
            Run::Until(at) if at <= now_ms => {
                due.push((at, Due { name: timer.name.clone(), seconds: timer.set_seconds }));
                false
            }
            _ => true,
        });
        due.sort_by_key(|(at, _)| *at);
        due.into_iter().map(|(_, d)| d).collect()
    }

    fn find(&self, query: &TimerQuery) -> Result<usize, Refusal> {
        let mut fitting = self.timers.iter().enumerate().filter(|(_, t)| fits(t, query)).map(|(i, _)| i);
        match (fitting.next(), fitting.next()) {
            (None, _) => Err(Refusal::TimerNotFound),
            (Some(index), None) => Ok(index),
            (Some(_), Some(_)) => Err(Refusal::MultipleTimers),
        }
    }
}

fn fits(timer: &Timer, query: &TimerQuery) -> bool {
    let named = match (&query.name, &timer.name) {
        (None, _) => true,
        (Some(asked), Some(has)) => asked.eq_ignore_ascii_case(has),
        (Some(_), None) => false,
    };
    named && query.start_seconds.is_none_or(|s| s == timer.set_seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> TimerQuery {
        TimerQuery { name: Some(name.into()), start_seconds: None }
    }

    #[test]
    fn the_only_timer_needs_no_name_but_two_do() {
        let mut timers = Timers::default();
        assert_eq!(timers.cancel(&TimerQuery::default(), 0), Err(Refusal::TimerNotFound));
        timers.start(Some("pasta".into()), 60, 0).unwrap();
        timers.start(Some("tea".into()), 120, 0).unwrap();
        assert_eq!(timers.cancel(&TimerQuery::default(), 0), Err(Refusal::MultipleTimers));
        assert_eq!(timers.cancel(&named("Pasta"), 0).unwrap()["name"], "pasta");
        assert_eq!(timers.cancel(&TimerQuery::default(), 0).unwrap()["name"], "tea");
    }

    #[test]
    fn a_timer_is_meant_by_what_it_was_set_for() {
        let mut timers = Timers::default();
        timers.start(None, 300, 0).unwrap();
        timers.start(None, 600, 0).unwrap();
        let five = TimerQuery { name: None, start_seconds: Some(300) };
        assert_eq!(timers.status(&five, 60_000).unwrap()["timers"][0]["seconds_left"], 240);
    }

    #[test]
    fn a_paused_timer_does_not_ring_and_goes_on_where_it_stood() {
        let mut timers = Timers::default();
        let any = TimerQuery::default();
        timers.start(None, 60, 0).unwrap();
        timers.change(&any, TimerChange::Pause, 20_000).unwrap();
        assert_eq!(timers.due(1_000_000), []);
        timers.change(&any, TimerChange::Resume, 1_000_000).unwrap();
        assert_eq!(timers.due(1_039_999), []);
        assert_eq!(timers.due(1_040_000).len(), 1);
    }

    #[test]
    fn time_can_be_added_and_taken_away_but_not_below_zero() {
        let mut timers = Timers::default();
        let any = TimerQuery::default();
        timers.start(None, 60, 0).unwrap();
        assert_eq!(timers.change(&any, TimerChange::Add(30), 0).unwrap()["seconds_left"], 90);
        assert_eq!(timers.change(&any, TimerChange::TakeAway(500), 0).unwrap()["seconds_left"], 0);
        assert_eq!(timers.due(0).len(), 1);
    }

    #[test]
    fn no_timer_of_nothing_and_none_beyond_a_week() {
        let mut timers = Timers::default();
        assert!(timers.start(None, 0, 0).is_err());
        assert!(timers.start(None, MAX_SECONDS + 1, 0).is_err());
    }
}
