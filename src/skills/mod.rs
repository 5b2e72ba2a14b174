//! What is no device: timers, alarms, lists, memory, routines, the clock.
//!
//! In come commands and skill actions, and the time; out come results as plain data (for the reply's
//! templates) and what has fallen due. Everything is kept in a [`Store`]: when [`Skills::run`] returns, it
//! is on the disk. What must never happen here: a look at the system's clock: the time is always handed
//! in, so that a day can be played in a second.

mod alarms;
mod due;
mod lists;
mod memory;
mod moment;
mod routines;
mod timers;

pub use due::Due;
pub use moment::describe;
pub use routines::{Condition, Routine, Trigger};
pub use timers::{MAX_SECONDS, TimerChange, TimerQuery};

use crate::home::Action;
use crate::intent::when::When;
use crate::intent::{Command, Refusal};
use crate::store::{Store, StoreError};
use alarms::Alarms;
use jiff::ZonedDateTime;
use lists::Lists;
use memory::Memory;
use routines::Routines;
use serde_json::{Map, Value, json};
use timers::Timers;

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
    ("HassShoppingListAddItem", "list.add"),
    ("HassShoppingListCompleteItem", "list.complete"),
    ("HassShoppingListRemoveItem", "list.remove"),
    ("HassListAddItem", "list.add"),
    ("HassListCompleteItem", "list.complete"),
    ("HassListRemoveItem", "list.remove"),
    ("SottoCorrectTimer", "timer.correct"),
    ("SottoSetAlarm", "alarm.set"),
    ("SottoCancelAlarm", "alarm.cancel"),
    ("SottoCancelAllAlarms", "alarm.cancel_all"),
    ("SottoListAlarms", "alarm.list"),
    ("SottoCorrectAlarm", "alarm.correct"),
    ("SottoSnooze", "alarm.snooze"),
    ("SottoSetReminder", "reminder.set"),
    ("SottoCancelReminder", "reminder.cancel"),
    ("SottoCancelAllReminders", "reminder.cancel_all"),
    ("SottoListReminders", "reminder.list"),
    ("SottoCorrectReminder", "reminder.correct"),
    ("SottoReadList", "list.read"),
    ("SottoAskList", "list.has"),
    ("SottoClearList", "list.clear"),
    ("SottoCreateList", "list.create"),
    ("SottoDeleteList", "list.delete"),
    ("SottoListLists", "list.all"),
    ("SottoRemember", "memory.remember"),
    ("SottoRecall", "memory.recall"),
    ("SottoForget", "memory.forget"),
    ("SottoForgetAll", "memory.forget_all"),
    ("SottoListMemory", "memory.all"),
    ("SottoSetAlias", "alias.set"),
    ("SottoForgetAlias", "alias.forget"),
    ("SottoListAliases", "alias.list"),
    ("SottoLike", "liking.set"),
    ("SottoListLikings", "liking.list"),
    ("SottoForgetLiking", "liking.forget"),
    ("SottoMakeRoutine", "routine.make"),
    ("SottoListRoutines", "routine.list"),
    ("SottoDeleteRoutine", "routine.delete"),
    ("SottoDeleteAllRoutines", "routine.delete_all"),
    ("SottoPauseRoutine", "routine.pause"),
    ("SottoResumeRoutine", "routine.resume"),
    ("SottoChangeRoutine", "routine.change"),
    ("SottoUndo", "dialogue.undo"),
];

/// The skills and what they remember.
#[derive(Debug)]
pub struct Skills {
    store: Store,
}

impl Default for Skills {
    /// Skills that forget everything when the process ends.
    fn default() -> Self {
        // Memory for an empty database is as sure as memory for anything else here.
        Self::new(Store::in_memory().unwrap_or_else(|error| panic!("there is no memory left: {error}")))
    }
}

impl Skills {
    /// Skills that remember what is in a store.
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// The store.
    pub fn store(&mut self) -> &mut Store {
        &mut self.store
    }

    /// The skill action for a command; `None` if no skill serves it. The times of the command (`hours`,
    /// `minutes`, `seconds`, and `start_…`) become seconds. A list that is a thing of the home is the home's.
    pub fn action(command: &Command) -> Option<Action> {
        let (_, skill) = SKILL_OF_INTENT.iter().find(|(intent, _)| *intent == command.intent)?;
        if skill.starts_with("list.") && !command.targets.is_empty() {
            return None;
        }
        let mut arguments = Map::new();
        if let Some(seconds) = seconds_of(command, "") {
            arguments.insert("seconds".into(), json!(seconds));
        }
        if let Some(seconds) = seconds_of(command, "start_") {
            arguments.insert("start_seconds".into(), json!(seconds));
        }
        for (slot, value) in &command.slots {
            let is_length = slot.ends_with("hours") || slot.ends_with("minutes") || slot.ends_with("seconds");
            if !is_length {
                arguments.insert(slot.clone(), value.clone());
            }
        }
        if command.intent.starts_with("HassShoppingList") {
            arguments.insert("list".into(), json!("shopping"));
        }
        if let Some(target) = command.targets.first() {
            arguments.insert("entity".into(), json!(target));
        } else if let (true, Some(area)) = (*skill == "alias.set", command.text_slot("area")) {
            arguments.insert("entity".into(), json!(format!("area:{area}")));
            arguments.insert("name".into(), json!(area));
        }
        Some(Action::Skill { skill: (*skill).to_string(), arguments })
    }

    /// Does a skill action at the time `now` and gives back data for the reply; it is durable then.
    ///
    /// # Errors
    /// A [`Refusal`] that says why it cannot be done, such as [`Refusal::TimerNotFound`].
    pub fn run(
        &mut self,
        skill: &str,
        arguments: &Map<String, Value>,
        now: &ZonedDateTime,
    ) -> Result<Value, Refusal> {
        match is_question(skill) {
            true => run(&self.store, skill, arguments, now),
            false => self.store.write(|store| run(store, skill, arguments, now)),
        }
    }

    /// What actions would say, one after the other, without doing them.
    pub fn rehearse(
        &mut self,
        calls: &[(String, Map<String, Value>)],
        now: &ZonedDateTime,
    ) -> Vec<Result<Value, Refusal>> {
        let all = self.store.rehearse(|store| {
            Ok::<_, StoreError>(
                calls.iter().map(|(skill, arguments)| run(store, skill, arguments, now)).collect(),
            )
        });
        all.unwrap_or_else(|error| {
            let refusal = Refusal::from(error);
            calls.iter().map(|_| Err(refusal.clone())).collect()
        })
    }

    /// Every routine.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn routines(&self) -> Result<Vec<Routine>, Refusal> {
        Routines(&self.store).all()
    }

    /// One routine by its row.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn routine(&self, id: i64) -> Result<Option<Routine>, Refusal> {
        Routines(&self.store).get(id)
    }

    /// Lets a routine stand still that would set itself off for ever.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn stop_routine(&mut self, id: i64) -> Result<(), Refusal> {
        self.store.write_for_good(|store| Routines(store).set_paused(id, true))
    }

    /// A routine was carried out: if its only time is over, it goes.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn routine_done(&mut self, id: i64) -> Result<(), Refusal> {
        self.store.write_for_good(|store| Routines(store).drop_if_over(id))
    }

    /// Every name that a person gave: the entity's id (or `area:` and the area's name), and the name.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn aliases(&self) -> Result<Vec<(String, String)>, Refusal> {
        Memory(&self.store).aliases()
    }

    /// How a person likes an area at this time: `temperature` or `brightness`, and the value.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn liking(&self, area: &str, now: &ZonedDateTime) -> Result<Vec<(String, f64)>, Refusal> {
        Memory(&self.store).liking(area, now)
    }

    /// The clock was put forward (or back) by this much.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn clock_moved(&mut self, by_ms: i64) -> Result<(), Refusal> {
        self.store.write_for_good(|store| Timers(store).shift(by_ms))
    }
}

/// Whether a skill only looks.
fn is_question(skill: &str) -> bool {
    skill.starts_with("clock.")
        || skill.ends_with(".list")
        || matches!(
            skill,
            "timer.status" | "list.read" | "list.has" | "list.all" | "memory.recall" | "memory.all"
        )
}

fn run(
    store: &Store,
    skill: &str,
    arguments: &Map<String, Value>,
    now: &ZonedDateTime,
) -> Result<Value, Refusal> {
    let now_ms = now.timestamp().as_millisecond();
    let text = |key: &str| arguments.get(key).and_then(Value::as_str);
    let owned = |key: &str| text(key).map(str::to_string);
    let need = |key: &str| text(key).ok_or_else(|| Refusal::told("not_said", key));
    let query = TimerQuery {
        name: owned("name"),
        start_seconds: arguments.get("start_seconds").and_then(Value::as_u64),
    };
    let seconds = arguments.get("seconds").and_then(Value::as_u64).unwrap_or(0);
    let when: Option<When> = arguments.get("when").and_then(|when| serde_json::from_value(when.clone()).ok());
    let need_when = || when.ok_or_else(|| Refusal::told("not_said", "when"));
    let early = arguments.contains_key("early");
    let items = || -> Vec<String> {
        let given = arguments.get("items").and_then(Value::as_array);
        let several = given.map(|items| items.iter().filter_map(Value::as_str).map(str::to_string).collect());
        several.unwrap_or_else(|| owned("item").into_iter().collect())
    };
    let list = || text("list").or(text("name")).unwrap_or("shopping");
    let (timers, alarms, lists, memory, routines) =
        (Timers(store), Alarms(store), Lists(store), Memory(store), Routines(store));
    if let Some((kind, verb)) =
        skill.split_once('.').filter(|(kind, _)| matches!(*kind, "alarm" | "reminder"))
    {
        let what = text("task").or(text("name"));
        return match verb {
            "set" => alarms.set(kind, what.map(str::to_string), &need_when()?, early, now),
            "cancel" => alarms.cancel(kind, what, when.as_ref(), false, now),
            "cancel_all" => alarms.cancel(kind, what, when.as_ref(), true, now),
            "list" => alarms.list(kind, when.as_ref(), now),
            "correct" => alarms.correct(kind, &need_when()?, early, now),
            "snooze" => alarms.snooze(Some(seconds).filter(|s| *s > 0), now),
            _ => Err(Refusal::NotServed { intent: skill.to_string() }),
        };
    }
    match skill {
        "clock.time" => Ok(json!({ "hour": now.hour(), "minute": now.minute() })),
        "clock.date" => Ok(json!({
            "year": now.year(), "month": now.month(), "day": now.day(),
            "weekday": now.weekday().to_monday_zero_offset(),
        })),
        "timer.start" => timers.start(query.name, owned("conversation_command"), seconds, now_ms),
        "timer.cancel" => timers.cancel(&query, now_ms),
        "timer.cancel_all" => timers.cancel_all(),
        "timer.pause" => timers.change(&query, TimerChange::Pause, now_ms),
        "timer.resume" => timers.change(&query, TimerChange::Resume, now_ms),
        "timer.increase" => timers.change(&query, TimerChange::Add(seconds), now_ms),
        "timer.decrease" => timers.change(&query, TimerChange::TakeAway(seconds), now_ms),
        "timer.status" => timers.status(&query, now_ms),
        "timer.correct" => timers.correct(seconds, now_ms),
        "list.add" => lists.add(list(), &items()),
        "list.complete" => lists.strike(list(), &items(), false),
        "list.remove" => lists.strike(list(), &items(), true),
        "list.read" => lists.read(list(), None),
        "list.has" => lists.read(list(), Some(need("item")?)),
        "list.clear" => lists.clear(list()),
        "list.create" => lists.create(list()),
        "list.delete" => lists.delete(list()),
        "list.all" => lists.all(),
        "memory.remember" => memory.remember(need("fact")?, text("subject").unwrap_or(""), now),
        "memory.recall" => memory.recall(need("query")?),
        "memory.forget" => memory.forget(need("query")?).or_else(|refusal| {
            // "Forget Fred" may be about a name.
            memory.uncall(need("query")?).or(Err(refusal))
        }),
        "memory.forget_all" => memory.forget_all(),
        "memory.all" => memory.all(),
        "alias.set" => memory.call(need("entity")?, text("name").unwrap_or(""), need("alias")?),
        "alias.forget" => memory.uncall(need("alias")?),
        "alias.list" => Ok(
            json!({ "aliases": memory.aliases()?.into_iter().map(|(_, alias)| alias).collect::<Vec<_>>() }),
        ),
        "liking.set" => memory.like(
            need("area")?,
            need("what")?,
            arguments.get("value").and_then(Value::as_f64).unwrap_or(0.0),
            text("part").unwrap_or(""),
        ),
        "liking.list" => memory.likes(text("area")),
        "liking.forget" => memory.unlike(need("area")?),
        "routine.make" => {
            let routine = arguments.get("routine").cloned().unwrap_or_default();
            let routine: Routine = serde_json::from_value(routine).map_err(StoreError::from)?;
            routines.make(&routine, now)
        }
        "routine.list" => routines.list(),
        "routine.delete" => routines.delete(text("routine").unwrap_or("")),
        "routine.delete_all" => routines.delete_all(),
        "routine.pause" => routines.pause(text("routine").unwrap_or(""), true, now),
        "routine.resume" => routines.pause(text("routine").unwrap_or(""), false, now),
        "routine.change" => routines.change(text("routine").unwrap_or(""), &need_when()?, now),
        "dialogue.undo" => {
            let turn = arguments.get("turn").and_then(Value::as_i64).unwrap_or(-1);
            match store.undo(turn)? {
                0 => Err(Refusal::told("nothing_to_undo", "")),
                count => Ok(json!({ "count": count })),
            }
        }
        other => Err(Refusal::NotServed { intent: other.to_string() }),
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
