//! Routines: what is to be done when something is said, at a time, or when something happens.

use super::due::Due;
use super::moment;
use crate::intent::when::When;
use crate::intent::{Command, Refusal};
use crate::store::{Store, StoreError};
use jiff::ZonedDateTime;
use rusqlite::{OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// More routines than this would be a mistake.
const MAX_ROUTINES: usize = 200;

/// What sets a routine off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// Somebody says this.
    Said(String),
    /// A time.
    At(When),
    /// A state comes about: a question (`HassGetState`) whose answer becomes yes.
    Happens(Command),
}

/// What must hold for a routine to be carried out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// A state: a question (`HassGetState`) whose answer is yes.
    State(Command),
    /// Nobody is at home (`true`), or somebody is.
    Away(bool),
}

/// One routine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Routine {
    /// Its row; 0: not stored yet.
    #[serde(default)]
    pub id: i64,
    /// What it is called.
    pub name: String,
    /// What sets it off.
    pub trigger: Trigger,
    /// What must hold, in the words that were said.
    #[serde(default)]
    pub condition: Option<(String, Condition)>,
    /// What is done, in the words that were said; for a routine that only tells, what it says.
    pub action: String,
    /// Where it was made: what "the lights" in it means.
    #[serde(default)]
    pub area: Option<String>,
    /// What is done; empty: it only tells.
    pub commands: Vec<Command>,
    /// Something in it is dangerous, and was agreed to when it was made.
    #[serde(default)]
    pub dangerous: bool,
    /// It stands still.
    #[serde(default)]
    pub paused: bool,
}

/// The routines in a store.
pub(super) struct Routines<'a>(pub &'a Store);

fn read(row: &Row<'_>) -> rusqlite::Result<(Routine, bool)> {
    let text = |at: usize| row.get::<_, String>(at);
    let trigger = serde_json::from_str(&text(2)?);
    let condition = row.get::<_, Option<String>>(3)?.map(|text| serde_json::from_str(&text)).transpose();
    let commands = serde_json::from_str(&text(6)?);
    let whole = trigger.is_ok() && condition.is_ok() && commands.is_ok();
    let routine = Routine {
        id: row.get(0)?,
        name: text(1)?,
        trigger: trigger.unwrap_or(Trigger::Said(String::new())),
        condition: condition.unwrap_or(None),
        action: text(4)?,
        area: row.get(5)?,
        commands: commands.unwrap_or_default(),
        dangerous: row.get(7)?,
        paused: row.get(8)?,
    };
    Ok((routine, whole))
}

const COLUMNS: &str = "id, name, trigger, condition, action, area, commands, dangerous, paused";

impl Routines<'_> {
    /// Every routine, the oldest first.
    pub fn all(&self) -> Result<Vec<Routine>, Refusal> {
        let mut statement =
            self.0.sql().prepare_cached(&format!("SELECT {COLUMNS} FROM routine ORDER BY id"))?;
        let rows: Vec<(Routine, bool)> = statement.query_map([], read)?.collect::<Result<_, _>>()?;
        let whole = rows.into_iter().filter(|(routine, whole)| {
            if !whole {
                tracing::error!("the routine \"{}\" cannot be read", routine.name);
            }
            *whole
        });
        Ok(whole.map(|(routine, _)| routine).collect())
    }

    /// One routine by its row.
    pub fn get(&self, id: i64) -> Result<Option<Routine>, Refusal> {
        let found = self
            .0
            .sql()
            .prepare_cached(&format!("SELECT {COLUMNS} FROM routine WHERE id = ?1"))?
            .query_row(params![id], read)
            .optional()?;
        Ok(found.filter(|(_, whole)| *whole).map(|(routine, _)| routine))
    }

    /// Stores a routine; one of the same name and kind of trigger is replaced.
    ///
    /// # Errors
    /// Too many; a time that never comes.
    pub fn make(&self, routine: &Routine, now: &ZonedDateTime) -> Result<Value, Refusal> {
        if self.all()?.len() >= MAX_ROUTINES {
            return Err(Refusal::told("too_many_routines", ""));
        }
        let (mut at_ms, mut at) = (None, Value::Null);
        if let Trigger::At(when) = &routine.trigger {
            let next = when.next(now, false).ok_or_else(|| Refusal::told("never", ""))?;
            at_ms = Some(next.timestamp().as_millisecond());
            at = moment::describe(&next, now, Some(when));
        }
        if let Trigger::Said(_) = routine.trigger {
            self.0
                .sql()
                .execute("DELETE FROM routine WHERE lower(name) = lower(?1)", params![routine.name])?;
        }
        let json = |value: Result<String, serde_json::Error>| value.map_err(StoreError::from);
        self.0
            .sql()
            .prepare_cached(
                "INSERT INTO routine (name, trigger, condition, action, area, commands, dangerous, paused, at_ms)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute(params![
                routine.name,
                json(serde_json::to_string(&routine.trigger))?,
                routine.condition.as_ref().map(|c| json(serde_json::to_string(c))).transpose()?,
                routine.action,
                routine.area,
                json(serde_json::to_string(&routine.commands))?,
                routine.dangerous,
                routine.paused,
                at_ms
            ])?;
        Ok(json!({ "name": routine.name, "moment": at }))
    }

    /// The routine that words mean: by name, else by words of its name and deeds.
    fn find(&self, said: &str) -> Result<Routine, Refusal> {
        let plain = |text: &str| -> Vec<String> {
            let lower = text.to_lowercase();
            let words = crate::intent::grammar::tokenize(&lower).into_iter().map(|token| token.text);
            words
                .filter(|w| {
                    !matches!(
                        w.as_str(),
                        "the" | "my" | "routine" | "a" | "one" | "that" | "about" | "for" | "at"
                    )
                })
                .collect()
        };
        let asked = plain(said);
        let all = self.all()?;
        if asked.is_empty() {
            return match all.as_slice() {
                [only] => Ok(only.clone()),
                [] => Err(Refusal::told("no_routine", said)),
                several => Err(Refusal::told("several_routines", several.len().to_string())),
            };
        }
        let by_name: Vec<&Routine> = all.iter().filter(|r| plain(&r.name) == asked).collect();
        let by_words: Vec<&Routine> = all
            .iter()
            .filter(|routine| {
                let own = plain(&format!("{} {}", routine.name, routine.action));
                asked.iter().all(|word| {
                    own.iter().any(|w| {
                        w == word
                            || w.strip_suffix('s') == Some(word)
                            || word.strip_suffix('s') == Some(w.as_str())
                    })
                })
            })
            .collect();
        let found = if by_name.is_empty() { by_words } else { by_name };
        match found.as_slice() {
            [] => Err(Refusal::told("no_routine", said)),
            [only] => Ok((*only).clone()),
            several => Err(Refusal::told("several_routines", several.len().to_string())),
        }
    }

    /// Deletes a routine.
    ///
    /// # Errors
    /// There is no such routine, or several fit.
    pub fn delete(&self, said: &str) -> Result<Value, Refusal> {
        let routine = self.find(said)?;
        self.0.sql().execute("DELETE FROM routine WHERE id = ?1", params![routine.id])?;
        Ok(json!({ "name": routine.name }))
    }

    /// Deletes all routines.
    pub fn delete_all(&self) -> Result<Value, Refusal> {
        let count = self.0.sql().execute("DELETE FROM routine", [])?;
        Ok(json!({ "count": count }))
    }

    /// Lets a routine stand still, or go on.
    ///
    /// # Errors
    /// There is no such routine, or several fit.
    pub fn pause(&self, said: &str, paused: bool, now: &ZonedDateTime) -> Result<Value, Refusal> {
        let routine = self.find(said)?;
        self.set_paused(routine.id, paused)?;
        if let (false, Trigger::At(when)) = (paused, &routine.trigger) {
            let next = when.next(now, false).map(|at| at.timestamp().as_millisecond());
            self.0.sql().execute("UPDATE routine SET at_ms = ?1 WHERE id = ?2", params![next, routine.id])?;
        }
        Ok(json!({ "name": routine.name }))
    }

    /// As [`Routines::pause`], by row.
    pub fn set_paused(&self, id: i64, paused: bool) -> Result<(), Refusal> {
        self.0.sql().execute("UPDATE routine SET paused = ?1 WHERE id = ?2", params![paused, id])?;
        Ok(())
    }

    /// Moves a routine to another time.
    ///
    /// # Errors
    /// There is no such routine; it goes by no time.
    pub fn change(&self, said: &str, when: &When, now: &ZonedDateTime) -> Result<Value, Refusal> {
        let routine = self.find(said)?;
        let Trigger::At(old) = routine.trigger else {
            return Err(Refusal::told("no_time_in_routine", routine.name));
        };
        let new = When {
            repeat: when.repeat.or(old.repeat),
            day: when.day.or(old.day),
            clock: when.clock.or(old.clock),
            ..*when
        };
        let next = new.next(now, false).ok_or_else(|| Refusal::told("never", ""))?;
        let trigger = serde_json::to_string(&Trigger::At(new)).map_err(StoreError::from)?;
        self.0.sql().execute(
            "UPDATE routine SET trigger = ?1, at_ms = ?2 WHERE id = ?3",
            params![trigger, next.timestamp().as_millisecond(), routine.id],
        )?;
        Ok(json!({ "name": routine.name, "moment": moment::describe(&next, now, Some(&new)) }))
    }

    /// Every routine: `{"routines": [{"name", "paused", "action"}, …]}`.
    pub fn list(&self) -> Result<Value, Refusal> {
        let routines: Vec<Value> = self
            .all()?
            .iter()
            .map(|r| json!({ "name": r.name, "paused": r.paused, "action": r.action }))
            .collect();
        Ok(json!({ "routines": routines }))
    }

    /// Takes out the routines whose time has come; those that repeat are set to their next time after now.
    pub fn due(&self, now: &ZonedDateTime) -> Result<Vec<Due>, Refusal> {
        let now_ms = now.timestamp().as_millisecond();
        let mut statement =
            self.0.sql().prepare_cached("SELECT id, at_ms FROM routine WHERE at_ms <= ?1 AND paused = 0")?;
        let rows: Vec<(i64, i64)> = statement
            .query_map(params![now_ms], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        let mut due = Vec::new();
        for (id, at_ms) in rows {
            let Some(routine) = self.get(id)? else {
                self.0.sql().execute("UPDATE routine SET at_ms = NULL WHERE id = ?1", params![id])?;
                continue;
            };
            let next = match &routine.trigger {
                Trigger::At(when) if when.repeat.is_some() => when.next(now, false),
                _ => None,
            };
            let next = next.map(|at| at.timestamp().as_millisecond());
            self.0.sql().execute("UPDATE routine SET at_ms = ?1 WHERE id = ?2", params![next, id])?;
            due.push(Due { routine: id, name: Some(routine.name), at_ms, ..Due::of("routine") });
        }
        Ok(due)
    }

    /// A routine that goes by a time that is over is of no more use.
    pub fn drop_if_over(&self, id: i64) -> Result<(), Refusal> {
        if let Some(Routine { trigger: Trigger::At(when), .. }) = self.get(id)?
            && when.repeat.is_none()
        {
            self.0.sql().execute("DELETE FROM routine WHERE id = ?1", params![id])?;
        }
        Ok(())
    }
}
