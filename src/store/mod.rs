//! What must outlive a power cut: timers, alarms, lists, memory, routines, the dialogue.
//!
//! In come SQL statements of the skills, out come rows. One SQLite file in WAL mode with `synchronous =
//! FULL`: a transaction that has returned is on the disk, so a reply may say so. Every change writes down
//! how it is undone, under the turn of the dialogue that made it. What must never happen here: a change
//! outside a transaction; a reply before its commit; a file of a newer version written to.

mod check;
mod schema;

pub use check::{Findings, inspect};
pub use schema::VERSION;

use rusqlite::{Connection, OptionalExtension, params};
use std::path::{Path, PathBuf};

/// Turns of the dialogue that can be undone.
const KEPT_TURNS: i64 = 20;

/// Why the store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file cannot be opened or made.
    #[error("cannot open the store {}: {source}; check that the folder exists and may be written to", file.display())]
    Open {
        /// The file.
        file: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// The file is of a later Sotto.
    #[error("the store {} has version {found}, this Sotto knows {VERSION}; use a newer Sotto or another file", file.display())]
    Newer {
        /// The file.
        file: PathBuf,
        /// Its version.
        found: i64,
    },
    /// A statement failed.
    #[error("the store: {0}")]
    Sql(#[from] rusqlite::Error),
    /// What is stored cannot be read.
    #[error("the store: {0}")]
    Content(String),
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        Self::Content(error.to_string())
    }
}

/// One SQLite file, or memory.
pub struct Store {
    connection: Connection,
    turn: i64,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("file", &self.connection.path()).finish()
    }
}

impl Store {
    /// Opens the store in a file, makes it if there is none, and brings it to this version.
    ///
    /// # Errors
    /// [`StoreError`] names the file and what to do.
    pub fn open(file: &Path) -> Result<Self, StoreError> {
        let failed = |source| StoreError::Open { file: file.to_path_buf(), source };
        let connection = Connection::open(file).map_err(failed)?;
        connection.busy_timeout(std::time::Duration::from_secs(5)).map_err(failed)?;
        connection.pragma_update(None, "journal_mode", "WAL").map_err(failed)?;
        // NORMAL would lose the last commits at a power cut.
        connection.pragma_update(None, "synchronous", "FULL").map_err(failed)?;
        Self::prepare(connection, file)
    }

    /// A store that is gone with the process.
    ///
    /// # Errors
    /// [`StoreError`]; only when memory runs out.
    pub fn in_memory() -> Result<Self, StoreError> {
        Self::prepare(Connection::open_in_memory()?, Path::new(":memory:"))
    }

    fn prepare(mut connection: Connection, file: &Path) -> Result<Self, StoreError> {
        let failed = |source| StoreError::Open { file: file.to_path_buf(), source };
        let found = schema::migrate(&mut connection).map_err(failed)?;
        if found > VERSION {
            return Err(StoreError::Newer { file: file.to_path_buf(), found });
        }
        let turn =
            connection.query_row("SELECT turn FROM turn", [], |row| row.get(0)).optional()?.unwrap_or(0);
        Ok(Self { connection, turn })
    }

    /// The connection, for look-ups and, inside [`Store::write`], changes.
    pub fn sql(&self) -> &Connection {
        &self.connection
    }

    /// Does changes in one transaction, durable when this returns; an error undoes all of them.
    ///
    /// # Errors
    /// What `change` returns, or [`StoreError`] as its error.
    pub fn write<T, E: From<StoreError>>(
        &mut self,
        change: impl FnOnce(&Self) -> Result<T, E>,
    ) -> Result<T, E> {
        self.within(change, true)
    }

    /// Does changes, gives what came of them, and takes them all back.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub fn rehearse<T, E: From<StoreError>>(
        &mut self,
        change: impl FnOnce(&Self) -> Result<T, E>,
    ) -> Result<T, E> {
        self.within(change, false)
    }

    fn within<T, E: From<StoreError>>(
        &mut self,
        change: impl FnOnce(&Self) -> Result<T, E>,
        keep: bool,
    ) -> Result<T, E> {
        let begin = if keep { "BEGIN IMMEDIATE" } else { "BEGIN" };
        let sql = |result: rusqlite::Result<()>| result.map_err(|error| E::from(StoreError::Sql(error)));
        sql(self.connection.execute_batch(begin))?;
        let result = change(self);
        if keep && result.is_ok() {
            if let Err(error) = self.connection.execute_batch("COMMIT") {
                let _ = self.connection.execute_batch("ROLLBACK");
                return Err(E::from(StoreError::Sql(error)));
            }
        } else {
            sql(self.connection.execute_batch("ROLLBACK"))?;
        }
        result
    }

    /// As [`Store::write`], but no turn of the dialogue takes it back: what time itself has changed.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub fn write_for_good<T, E: From<StoreError>>(
        &mut self,
        change: impl FnOnce(&Self) -> Result<T, E>,
    ) -> Result<T, E> {
        let turn = self.turn;
        self.write(|store| {
            let set = |turn: i64| {
                let done = store.sql().execute("UPDATE turn SET turn = ?1", params![turn]);
                done.map_err(|error| E::from(StoreError::Sql(error)))
            };
            set(-1)?;
            let result = change(store)?;
            set(turn)?;
            let cleared = store.sql().execute("DELETE FROM undo WHERE turn = -1", []);
            cleared.map_err(|error| E::from(StoreError::Sql(error)))?;
            Ok(result)
        })
    }

    /// Begins a turn of the dialogue: what is changed from now on is undone together. Not durable before the
    /// next [`Store::write`].
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub fn begin_turn(&mut self) -> Result<i64, StoreError> {
        self.turn += 1;
        let turn = self.turn;
        self.write(|store| {
            store.sql().execute("UPDATE turn SET turn = ?1", params![turn])?;
            store.sql().execute("DELETE FROM undo WHERE turn <= ?1", params![turn - KEPT_TURNS])?;
            Ok::<_, StoreError>(turn)
        })
    }

    /// The turn that is on.
    pub fn turn(&self) -> i64 {
        self.turn
    }

    /// Whether a turn has changed anything that can be undone.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub fn has_changes(&self, turn: i64) -> Result<bool, StoreError> {
        Ok(self
            .connection
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM undo WHERE turn = ?1)")?
            .query_row(params![turn], |row| row.get(0))?)
    }

    /// Takes back what a turn has changed; to be called inside [`Store::write`].
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub fn undo(&self, turn: i64) -> Result<usize, StoreError> {
        let steps: Vec<String> = self
            .connection
            .prepare("SELECT sql FROM undo WHERE turn = ?1 ORDER BY seq DESC")?
            .query_map(params![turn], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for step in &steps {
            self.connection.execute_batch(step)?;
        }
        self.connection.execute("DELETE FROM undo WHERE turn = ?1", params![turn])?;
        Ok(steps.len())
    }

    /// A value kept under a key: the dialogue, the simulated home.
    ///
    /// # Errors
    /// [`StoreError::Sql`], [`StoreError::Content`].
    pub fn kept<T: serde::de::DeserializeOwned>(&self, key: &str) -> Result<Option<T>, StoreError> {
        let text: Option<String> = self
            .connection
            .prepare_cached("SELECT value FROM kept WHERE key = ?1")?
            .query_row(params![key], |row| row.get(0))
            .optional()?;
        text.map(|text| serde_json::from_str(&text)).transpose().map_err(StoreError::from)
    }

    /// Keeps a value under a key; to be called inside [`Store::write`].
    ///
    /// # Errors
    /// [`StoreError::Sql`], [`StoreError::Content`].
    pub fn keep<T: serde::Serialize>(&self, key: &str, value: &T) -> Result<(), StoreError> {
        let text = serde_json::to_string(value)?;
        self.connection
            .prepare_cached(
                "INSERT INTO kept (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2",
            )?
            .execute(params![key, text])?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(store: &Store) -> i64 {
        store.sql().query_row("SELECT count(*) FROM item", [], |row| row.get(0)).unwrap()
    }

    fn add(store: &Store) -> Result<(), StoreError> {
        store.sql().execute("INSERT INTO item (list, item, done) VALUES ('shopping', 'milk''s', 0)", [])?;
        Ok(())
    }

    #[test]
    fn a_rehearsal_changes_nothing_and_a_failure_neither() {
        let mut store = Store::in_memory().unwrap();
        store.rehearse(add).unwrap();
        assert_eq!(count(&store), 0);
        let failed: Result<(), StoreError> = store.write(|store| {
            add(store)?;
            Err(StoreError::Content("no".into()))
        });
        assert!(failed.is_err());
        assert_eq!(count(&store), 0);
        store.write(add).unwrap();
        assert_eq!(count(&store), 1);
    }

    #[test]
    fn a_turn_is_taken_back_whole() {
        let mut store = Store::in_memory().unwrap();
        store.begin_turn().unwrap();
        store.write(add).unwrap();
        let turn = store.begin_turn().unwrap();
        store
            .write(|store| {
                store.sql().execute("UPDATE item SET done = 1", [])?;
                add(store)?;
                store.sql().execute("DELETE FROM item WHERE done = 1", [])?;
                Ok::<_, StoreError>(())
            })
            .unwrap();
        store.write(|store| store.undo(turn)).unwrap();
        let row: (String, i64) =
            store.sql().query_row("SELECT item, done FROM item", [], |r| Ok((r.get(0)?, r.get(1)?))).unwrap();
        assert_eq!((count(&store), row), (1, ("milk's".to_string(), 0)));
    }

    #[test]
    fn a_file_of_a_newer_version_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("store.db");
        drop(Store::open(&file).unwrap());
        Connection::open(&file).unwrap().pragma_update(None, "user_version", VERSION + 1).unwrap();
        let error = Store::open(&file).unwrap_err().to_string();
        assert!(error.contains("newer"), "{error}");
        assert!(matches!(inspect(&file), Ok(Findings { version, .. }) if version == VERSION + 1));
    }
}
