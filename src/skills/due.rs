//! What has fallen due: taken out of its table and put into the outbox in one transaction, so that it is
//! neither lost nor forgotten if the power goes before it was said.

use super::{Skills, alarms::Alarms, routines::Routines, timers::Timers};
use crate::intent::Refusal;
use jiff::ZonedDateTime;
use rusqlite::params;
use serde::{Deserialize, Serialize};

/// What is said at its time is on time; later than this it is late, in ms.
pub const LATE_MS: i64 = 60_000;

/// Something that has fallen due.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Due {
    /// Its number in the outbox.
    pub id: i64,
    /// `timer`, `alarm`, `reminder`, `routine`.
    pub kind: String,
    /// The timer's name, what is to be remembered, the routine's name.
    pub name: Option<String>,
    /// How long a timer was set for, in s.
    pub seconds: u64,
    /// What a timer was to do.
    pub command: Option<String>,
    /// The routine's row.
    pub routine: i64,
    /// When it was due, as Unix time in ms.
    pub at_ms: i64,
    /// How late it is, in ms.
    pub late_ms: i64,
}

impl Due {
    /// Something of a kind.
    pub fn of(kind: &str) -> Self {
        Self { kind: kind.into(), ..Self::default() }
    }

    /// Whether it is said later than it should.
    pub fn is_late(&self) -> bool {
        self.late_ms > LATE_MS
    }

    /// Whether it would be done later than it should, at this time (Unix, in ms).
    pub fn is_late_at(&self, now_ms: i64) -> bool {
        now_ms - self.at_ms > LATE_MS
    }
}

impl Skills {
    /// Takes what has fallen due into the outbox, and gives all that is in it, the oldest first.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn due(&mut self, now: &ZonedDateTime) -> Result<Vec<Due>, Refusal> {
        let now_ms = now.timestamp().as_millisecond();
        if self.next_due_ms()?.is_some_and(|at| at <= now_ms) {
            self.store.write_for_good(|store| {
                let mut due = Timers(store).due(now_ms)?;
                if let Some(rung) = due.iter().rfind(|due| due.command.is_none()) {
                    store.keep("rung", rung)?;
                }
                due.extend(Alarms(store).due(now)?);
                due.extend(Routines(store).due(now)?);
                due.sort_by_key(|due| due.at_ms);
                for mut due in due {
                    due.late_ms = now_ms - due.at_ms;
                    let text = serde_json::to_string(&due).map_err(crate::store::StoreError::from)?;
                    store.sql().execute("INSERT INTO outbox (due) VALUES (?1)", params![text])?;
                }
                Ok::<_, Refusal>(())
            })?;
        }
        self.outbox()
    }

    /// What has fallen due and was not yet said.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn outbox(&self) -> Result<Vec<Due>, Refusal> {
        let mut statement = self.store.sql().prepare_cached("SELECT id, due FROM outbox ORDER BY id")?;
        let rows = statement.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))?;
        let mut all = Vec::new();
        for row in rows {
            let (id, text) = row?;
            match serde_json::from_str::<Due>(&text) {
                Ok(due) => all.push(Due { id, ..due }),
                Err(error) => tracing::error!("the store's outbox has what cannot be read: {error}"),
            }
        }
        Ok(all)
    }

    /// These were said.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn delivered(&mut self, ids: &[i64]) -> Result<(), Refusal> {
        self.store.write(|store| {
            for id in ids {
                store.sql().execute("DELETE FROM outbox WHERE id = ?1", params![id])?;
            }
            Ok(())
        })
    }

    /// When something falls due next, as Unix time in ms.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn next_due_ms(&self) -> Result<Option<i64>, Refusal> {
        let next = self
            .store
            .sql()
            .prepare_cached(
                "SELECT min(at_ms) FROM (SELECT min(at_ms) AS at_ms FROM timer UNION ALL
                 SELECT min(at_ms) FROM alarm UNION ALL SELECT min(at_ms) FROM routine WHERE paused = 0)",
            )?
            .query_row([], |row| row.get(0))?;
        Ok(next)
    }
}
