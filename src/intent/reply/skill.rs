//! What skills have to say: the clock, timers.

use super::file::{Clock, Join};
use super::{Replies, sentence};
use minijinja::context;
use serde_json::Value;

impl Replies {
    /// The reply to a skill's result, as [`crate::skills::Skills::run`] gives it.
    pub fn skill(&self, skill: &str, result: &Value, seed: u64) -> String {
        let whole = |key: &str| result.get(key).and_then(Value::as_u64).unwrap_or(0);
        match skill {
            "clock.time" => self.time(whole("hour"), whole("minute"), seed),
            "clock.date" => self.date(whole("weekday"), whole("month"), whole("day"), seed),
            "timer.status" => self.timers(result.get("timers").and_then(Value::as_array), seed),
            "timer.start" if result.get("conversation_command").is_some_and(|command| !command.is_null()) => {
                self.timer("start_command", result, seed)
            }
            skill => match skill.strip_prefix("timer.") {
                Some(verb) => self.timer(verb, result, seed),
                None => self.told(skill, result, seed),
            },
        }
    }

    /// The words under a key of `skills`, filled in with a skill's result; "done" where there are none.
    pub fn told(&self, key: &str, result: &Value, seed: u64) -> String {
        match self.file.skills.get(key) {
            Some(templates) => self.say(Some(templates), seed, filling(result)),
            None => self.say(self.file.done.get("other"), seed, context! {}),
        }
    }

    /// What is said when a timer is due.
    pub fn timer_due(&self, name: Option<&str>, seconds: u64, seed: u64) -> String {
        self.say(self.file.timers.get("due"), seed, context! { name, seconds })
    }

    fn timer(&self, verb: &str, timer: &Value, seed: u64) -> String {
        sentence(&self.part(verb, timer, seed))
    }

    fn part(&self, verb: &str, timer: &Value, seed: u64) -> String {
        let values = context! {
            name => timer.get("name").and_then(Value::as_str),
            seconds => timer.get("seconds").and_then(Value::as_f64).unwrap_or(0.0),
            seconds_left => timer.get("seconds_left").and_then(Value::as_f64).unwrap_or(0.0),
            paused => timer.get("paused").and_then(Value::as_bool).unwrap_or(false),
            count => timer.get("count").and_then(Value::as_u64).unwrap_or(0),
        };
        self.fill(self.file.timers.get(verb), seed, values)
    }

    fn timers(&self, timers: Option<&Vec<Value>>, seed: u64) -> String {
        match timers.map(Vec::as_slice).unwrap_or_default() {
            [] => self.say(self.file.refused.get("timer_not_found"), seed, context! {}),
            [only] => self.timer("status_one", only, seed),
            several => {
                let each: Vec<String> =
                    several.iter().map(|timer| self.part("status_each", timer, seed)).collect();
                sentence(&format!("{}.", self.file.list(&each, &self.file.join.and, 4)))
            }
        }
    }

    fn time(&self, hour: u64, minute: u64, seed: u64) -> String {
        let part = match hour {
            0..=4 | 22.. => 0,
            5..=11 => 1,
            12..=17 => 2,
            _ => 3,
        };
        let day_part = self.file.clock.day_parts.get(part);
        let hour12 = if hour.is_multiple_of(12) { 12 } else { hour % 12 };
        self.say(Some(&self.file.clock.time), seed, context! { hour, hour12, minute, day_part })
    }

    fn date(&self, weekday: u64, month: u64, day: u64, seed: u64) -> String {
        let clock = &self.file.clock;
        let weekday = clock.weekdays.get(weekday as usize);
        let month = clock.months.get(month.saturating_sub(1) as usize);
        self.say(Some(&clock.date), seed, context! { weekday, month, day })
    }
}

/// A skill's result, for a template.
fn filling(value: &Value) -> minijinja::Value {
    match value {
        Value::Null => minijinja::Value::from(()),
        Value::Bool(flag) => minijinja::Value::from(*flag),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => minijinja::Value::from(whole),
            None => minijinja::Value::from(number.as_f64().unwrap_or(0.0)),
        },
        Value::String(text) => minijinja::Value::from(text.as_str()),
        Value::Array(all) => minijinja::Value::from(all.iter().map(filling).collect::<Vec<_>>()),
        Value::Object(all) => {
            let all: std::collections::BTreeMap<String, minijinja::Value> =
                all.iter().map(|(key, value)| (key.clone(), filling(value))).collect();
            minijinja::Value::from(all)
        }
    }
}

/// A length of time as it is said: "1 hour, 5 minutes and 30 seconds".
pub(super) fn duration(seconds: u64, clock: &Clock, join: &Join) -> String {
    let [comma, and] = &clock.parts;
    let unit = &join.unit;
    let parts = [
        (seconds / 86_400, &clock.day),
        (seconds / 3_600 % 24, &clock.hour),
        (seconds / 60 % 60, &clock.minute),
        (seconds % 60, &clock.second),
    ];
    let said: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, [one, many])| format!("{count}{unit}{}", if *count == 1 { one } else { many }))
        .collect();
    match said.split_last() {
        None => format!("0{unit}{}", clock.second[1]),
        Some((only, [])) => only.clone(),
        Some((last, rest)) => format!("{}{and}{last}", rest.join(comma)),
    }
}
