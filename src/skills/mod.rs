//! What is no device: timers, the clock.
//!
//! In come commands and skill actions, and the time; out come results as plain data (for the reply's
//! templates) and what has fallen due. What must never happen here: a look at the system's clock: the
//! time is always handed in, so that a day can be played in a second.

pub mod timers;

use crate::home::Action;
use crate::intent::{Command, Refusal};
use jiff::ZonedDateTime;
use serde_json::{Map, Value, json};
use timers::{TimerChange, TimerQuery, Timers};

/// Everything that [`Skills::run`] can do, by the intent that asks for it.
const SKILL_OF_INTENT: &[(&str, &str)] = &[
    ("HassStartTimer", "timer.start"),
    ("HassCancelTimer", "timer.cancel"),
    ("HassCancelAllTimers", "timer.cancel_all"),
    ("HassPauseTimer", "timer.pause"),
    ("HassUnpauseTimer", "timer.resume"),
    ("HassIncreaseTimer", "timer.increase"),
    ("HassDecreaseTimer", "timer.decrease"),
    ("HassTimerStatus", "timer.status"),
    ("HassGetCurrentTime", "clock.time"),
    ("HassGetCurrentDate", "clock.date"),
];

/// The skills and what they remember.
#[derive(Debug, Clone, Default)]
pub struct Skills {
    timers: Timers,
}

/// Something that has fallen due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The timer's name, if it has one.
    pub name: Option<String>,
    /// How long it was set for, in s.
    pub seconds: u64,
}

impl Skills {
    /// Skills that remember nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The skill action for a command; `None` if no skill serves the intent. The times of the command
    /// (`hours`, `minutes`, `seconds`, and `start_…`) become seconds.
    pub fn action(command: &Command) -> Option<Action> {
        let (_, skill) = SKILL_OF_INTENT.iter().find(|(intent, _)| *intent == command.intent)?;
        let mut arguments = Map::new();
        if let Some(seconds) = seconds_of(command, "") {
            arguments.insert("seconds".into(), json!(seconds));
        }
        if let Some(seconds) = seconds_of(command, "start_") {
            arguments.insert("start_seconds".into(), json!(seconds));
        }
        for slot in ["name", "area", "conversation_command"] {
            if let Some(text) = command.text_slot(slot) {
                arguments.insert(slot.into(), json!(text));
            }
        }
        Some(Action::Skill { skill: (*skill).to_string(), arguments })
    }

    /// Does a skill action at the time `now` and gives back data for the reply.
    ///
    /// # Errors
    /// A [`Refusal`] that says why it cannot be done, such as [`Refusal::TimerNotFound`].
    pub fn run(
        &mut self,
        skill: &str,
        arguments: &Map<String, Value>,
        now: &ZonedDateTime,
    ) -> Result<Value, Refusal> {
        let now_ms = now.timestamp().as_millisecond();
        let query = TimerQuery {
            name: arguments.get("name").and_then(Value::as_str).map(str::to_string),
            start_seconds: arguments.get("start_seconds").and_then(Value::as_u64),
        };
        let seconds = arguments.get("seconds").and_then(Value::as_u64).unwrap_or(0);
        match skill {
            "clock.time" => Ok(json!({ "hour": now.hour(), "minute": now.minute() })),
            "clock.date" => Ok(json!({
                "year": now.year(), "month": now.month(), "day": now.day(),
                "weekday": now.weekday().to_monday_zero_offset(),
            })),
            "timer.start" => self.timers.start(query.name, seconds, now_ms),
            "timer.cancel" => self.timers.cancel(&query, now_ms),
            "timer.cancel_all" => Ok(self.timers.cancel_all()),
            "timer.pause" => self.timers.change(&query, TimerChange::Pause, now_ms),
            "timer.resume" => self.timers.change(&query, TimerChange::Resume, now_ms),
            "timer.increase" => self.timers.change(&query, TimerChange::Add(seconds), now_ms),
            "timer.decrease" => self.timers.change(&query, TimerChange::TakeAway(seconds), now_ms),
            "timer.status" => self.timers.status(&query, now_ms),
            other => Err(Refusal::NotServed { intent: other.to_string() }),
        }
    }

    /// What has fallen due by `now_ms` (Unix time in ms); each is given once.
    pub fn due(&mut self, now_ms: i64) -> Vec<Due> {
        self.timers.due(now_ms)
    }
}

/// `hours`, `minutes` and `seconds` (or `start_hours` …) together, in s; `None` if there is none of them.
fn seconds_of(command: &Command, prefix: &str) -> Option<u64> {
    let mut total = None;
    for (slot, factor) in [("hours", 3600.0), ("minutes", 60.0), ("seconds", 1.0)] {
        if let Some(value) = command.number_slot(&format!("{prefix}{slot}")) {
            // A negative or absurd value is clamped here, so that the sum below cannot overflow.
            let seconds = (value * factor).round().clamp(0.0, 1e9) as u64;
            total = Some(total.unwrap_or(0) + seconds);
        }
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> ZonedDateTime {
        text.parse().unwrap()
    }

    fn run(skills: &mut Skills, intent: &str, slots: &[(&str, Value)], now: &ZonedDateTime) -> Result<Value, Refusal> {
        let mut command = Command::new(intent);
        for (name, value) in slots {
            command.slots.insert((*name).into(), value.clone());
        }
        match Skills::action(&command).unwrap() {
            Action::Skill { skill, arguments } => skills.run(&skill, &arguments, now),
            Action::Publish { .. } => unreachable!(),
        }
    }

    #[test]
    fn an_hour_and_a_half_is_5400_seconds() {
        let mut skills = Skills::new();
        let now = at("2026-11-24T07:00:00+01:00[Europe/Berlin]");
        let set =
            run(&mut skills, "HassStartTimer", &[("hours", json!(1)), ("minutes", json!(30))], &now).unwrap();
        assert_eq!(set["seconds"], 5400);
        assert_eq!(skills.due(now.timestamp().as_millisecond() + 5_399_999), []);
        assert_eq!(skills.due(now.timestamp().as_millisecond() + 5_400_000), [Due { name: None, seconds: 5400 }]);
    }

    #[test]
    fn the_clock_says_the_time_it_is_given() {
        let now = at("2026-11-24T07:05:00+01:00[Europe/Berlin]");
        let time = run(&mut Skills::new(), "HassGetCurrentTime", &[], &now).unwrap();
        assert_eq!(time, json!({ "hour": 7, "minute": 5 }));
        let date = run(&mut Skills::new(), "HassGetCurrentDate", &[], &now).unwrap();
        assert_eq!(date["weekday"], 1);
    }

    #[test]
    fn a_device_command_is_not_a_skill() {
        assert_eq!(Skills::action(&Command::new("HassTurnOn")), None);
    }
}
