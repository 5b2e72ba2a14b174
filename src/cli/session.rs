//! `sotto ask --session`: a dialogue that goes on over lines and runs, with a clock that is moved.

use super::UsageError;
use super::setup::{Reached, Setup, SpeakerArgs};
use crate::assistant::{Brain, Hands, Happening, SimulatedHands, Step, Thought};
use crate::home::Outcome;
use crate::home::simulated::SimulatedHome;
use crate::store::Store;
use anyhow::Result;
use jiff::{SignedDuration, Timestamp, ZonedDateTime, tz::TimeZone};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// Under which keys the store keeps the simulated home and the clock.
const HOME: &str = "simulated home";
const CLOCK: &str = "clock";
/// Things that fall due in one move of the clock; more is a loop.
const MAX_MOMENTS: usize = 100_000;

/// The hands of a session.
enum Reach {
    Simulated(Box<SimulatedHands>),
    Real(Box<dyn Hands>),
    /// Nothing is published; what would be is taken as done.
    Idle,
}

impl Reach {
    fn hands(&mut self) -> &mut dyn Hands {
        match self {
            Reach::Simulated(hands) => hands.as_mut(),
            Reach::Real(hands) => hands.as_mut(),
            Reach::Idle => self,
        }
    }
}

impl Hands for Reach {
    fn carry_out(&mut self, steps: &[&Step]) -> Vec<Outcome> {
        steps.iter().map(|_| Outcome::Done).collect()
    }
}

/// A dialogue with its store, home and clock.
pub struct Session {
    brain: Brain,
    reach: Reach,
    /// `None`: the system's clock.
    clock: Arc<Mutex<Option<ZonedDateTime>>>,
    _reached: Option<Box<dyn std::any::Any>>,
}

impl Session {
    /// Opens a session's file, or makes it. In a simulated home everything is carried out; behind a broker
    /// only with `carry_out`.
    ///
    /// # Errors
    /// A file that is no session's, a home that cannot be reached.
    pub fn open(
        file: &Path,
        setup: &Setup,
        home: &super::setup::HomeArgs,
        speaker: &SpeakerArgs,
        carry_out: bool,
        clock: Option<ZonedDateTime>,
    ) -> Result<Self> {
        let store = Store::open(file).map_err(|error| UsageError(error.to_string()))?;
        let kept: Option<String> = store.kept(CLOCK)?;
        let clock = clock.or_else(|| kept.and_then(|text| text.parse().ok()));
        let (shared, reach, reached): (_, _, Option<Box<dyn std::any::Any>>) = match &home.home {
            Some(path) => {
                let mut simulated: SimulatedHome = super::setup::simulated(path)?;
                let states: Option<BTreeMap<String, serde_json::Map<String, Value>>> = store.kept(HOME)?;
                simulated.restore(&states.unwrap_or_default());
                let (hands, home) = SimulatedHands::new(simulated);
                (home, Reach::Simulated(Box::new(hands)), None)
            }
            None => {
                let Reached { home, hands, runtime } = setup.reach(home, speaker)?;
                let reach = if carry_out { Reach::Real(hands) } else { Reach::Idle };
                (home, reach, Some(Box::new(runtime)))
            }
        };
        let mut brain = setup.brain(shared, speaker, false)?;
        let clock = Arc::new(Mutex::new(clock));
        let hands_of = Arc::clone(&clock);
        brain.set_clock(Box::new(move || {
            let fixed = hands_of.lock().unwrap_or_else(PoisonError::into_inner).clone();
            fixed.unwrap_or_else(ZonedDateTime::now)
        }));
        brain.remember_in(store);
        Ok(Self { brain, reach, clock, _reached: reached })
    }

    fn set_clock(&mut self, at: ZonedDateTime) {
        *self.clock.lock().unwrap_or_else(PoisonError::into_inner) = Some(at);
    }

    /// Answers a text, and does what it asks.
    pub fn say(&mut self, text: &str) -> Thought {
        let mut thought = self.brain.think(text);
        if !thought.steps.is_empty() {
            let settled = self.brain.act(&thought, self.reach.hands(), &mut |_| {});
            thought.reply = settled.reply;
            thought.question = settled.question;
        }
        self.brain.look_around();
        self.keep();
        thought
    }

    /// Follows a line that begins with `@`: the clock moves, or something happens in the home.
    ///
    /// # Errors
    /// What is wrong with the line.
    pub fn follow(&mut self, line: &str) -> Result<Vec<Happening>, String> {
        let order = line.trim().trim_start_matches('@').trim();
        if let Some((entity, state)) =
            order.split_once(' ').filter(|(e, _)| e.contains('.') && !e.starts_with('+'))
        {
            let Reach::Simulated(hands) = &mut self.reach else {
                return Err("a state can be set in a simulated home only; name one with --home".into());
            };
            self.brain.look_around();
            if !hands.set(entity, state.trim()) {
                return Err(format!("there is no {entity} in this home"));
            }
            return Ok(self.brain.tend(self.reach.hands(), true));
        }
        let now = self.brain.now();
        let target = match order.strip_prefix('+') {
            Some(length) => {
                let length = duration(length).ok_or_else(|| wrong(line))?;
                now.checked_add(length).map_err(|error| error.to_string())?
            }
            None => moment(order, &now).ok_or_else(|| wrong(line))?,
        };
        let mut happenings = Vec::new();
        for _ in 0..MAX_MOMENTS {
            let next = self.brain.next_due_ms().filter(|at| *at <= target.timestamp().as_millisecond());
            let Some(next) = next else { break };
            // What was due before now is late, and happens now.
            let at = Timestamp::from_millisecond(next).map_err(|error| error.to_string())?;
            let at = at.max(self.brain.now().timestamp()).to_zoned_datetime(now.time_zone().clone());
            self.set_clock(at);
            happenings.extend(self.brain.tend(self.reach.hands(), true));
        }
        self.set_clock(target);
        happenings.extend(self.brain.tend(self.reach.hands(), true));
        Ok(happenings)
    }

    /// What is said about a line that begins with `@`.
    pub fn told(&self, happenings: &[Happening]) -> Value {
        let at = self.brain.now().strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
        json!({ "at": at, "events": happenings.iter().map(Happening::to_json).collect::<Vec<_>>() })
    }

    /// Notes that these were said, and how things stand.
    pub fn done(&mut self, happenings: &[Happening]) {
        let ids: Vec<i64> = happenings.iter().map(|happening| happening.outbox).collect();
        self.brain.delivered(&ids);
        self.keep();
    }

    fn keep(&mut self) {
        let states = match &self.reach {
            Reach::Simulated(hands) => Some(hands.simulated().states()),
            Reach::Real(_) | Reach::Idle => None,
        };
        let clock = self.clock.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let kept = self.brain.with_store(|store| {
            store.write(|store| {
                if let Some(states) = &states {
                    store.keep(HOME, states)?;
                }
                if let Some(clock) = &clock {
                    store.keep(CLOCK, &clock.to_string())?;
                }
                Ok::<_, crate::store::StoreError>(())
            })
        });
        if let Err(error) = kept {
            tracing::error!("the session cannot be kept: {error}");
        }
    }
}

fn wrong(line: &str) -> String {
    format!("{line}: write @+10m, @2026-11-24T07:00:00, or @binary_sensor.front_door on")
}

/// "10m", "1h30m", "90s", "2d", "1w".
fn duration(text: &str) -> Option<SignedDuration> {
    let mut seconds: i64 = 0;
    let mut number = String::new();
    for c in text.trim().chars() {
        if c.is_ascii_digit() {
            number.push(c);
            continue;
        }
        let unit = match c {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            'w' => 604_800,
            ' ' => continue,
            _ => return None,
        };
        seconds = seconds.checked_add(number.parse::<i64>().ok()?.checked_mul(unit)?)?;
        number.clear();
    }
    let is_whole = number.is_empty() && seconds < 10 * 366 * 86_400 && !text.trim().is_empty();
    is_whole.then(|| SignedDuration::from_secs(seconds))
}

/// A moment as it is written: with a zone, with an offset, or in the zone of the clock.
fn moment(text: &str, now: &ZonedDateTime) -> Option<ZonedDateTime> {
    if let Ok(zoned) = text.parse::<ZonedDateTime>() {
        return Some(zoned);
    }
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Some(timestamp.to_zoned_datetime(now.time_zone().clone()));
    }
    if let Ok(civil) = text.parse::<jiff::civil::DateTime>() {
        return civil.to_zoned_datetime(now.time_zone().clone()).ok();
    }
    let time: jiff::civil::Time = text.parse().ok()?;
    now.date().to_datetime(time).to_zoned_datetime(now.time_zone().clone()).ok()
}

/// The time zone for a clock that is given with an offset: the system's, if it has that offset then.
pub fn zone_of(timestamp: Timestamp, offset: jiff::tz::Offset) -> TimeZone {
    let system = TimeZone::system();
    if system.to_offset(timestamp) == offset { system } else { TimeZone::fixed(offset) }
}
