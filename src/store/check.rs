//! A look into a store without writing to it, for `sotto doctor`.

use super::StoreError;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;

/// What a look into a store found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Findings {
    /// The file's version; see [`super::VERSION`].
    pub version: i64,
    /// What SQLite's own check complains about; empty: nothing.
    pub damage: Vec<String>,
    /// How many rows each table has.
    pub rows: Vec<(String, u64)>,
    /// The size of the file, in bytes.
    pub bytes: u64,
}

/// Looks into a store, read-only.
///
/// # Errors
/// [`StoreError::Open`] when the file is no store or cannot be read.
pub fn inspect(file: &Path) -> Result<Findings, StoreError> {
    let failed = |source| StoreError::Open { file: file.to_path_buf(), source };
    let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(failed)?;
    let version = connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(failed)?;
    let damage: Vec<String> = connection
        .prepare("PRAGMA integrity_check(10)")
        .and_then(|mut s| s.query_map([], |row| row.get(0))?.collect())
        .map_err(failed)?;
    let mut rows = Vec::new();
    for table in ["timer", "alarm", "item", "list", "alias", "preference", "routine", "fact"] {
        let count: i64 = connection
            .query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))
            .map_err(failed)?;
        rows.push((table.to_string(), u64::try_from(count).unwrap_or(0)));
    }
    let bytes = std::fs::metadata(file).map_or(0, |meta| meta.len());
    Ok(Findings { version, damage: damage.into_iter().filter(|line| line != "ok").collect(), rows, bytes })
}
