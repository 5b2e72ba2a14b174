//! The tables, and how a file is brought from one version to the next.
//!
//! `user_version` in the file's head says which version it is. A version that was released is never
//! changed: a new one is added to [`MIGRATIONS`].

use rusqlite::Connection;

/// The version that this Sotto writes.
pub const VERSION: i64 = MIGRATIONS.len() as i64;

/// Times are Unix times in ms, lengths are in s.
const MIGRATIONS: &[&str] = &["
    CREATE TABLE kept (key TEXT PRIMARY KEY, value TEXT NOT NULL);
    CREATE TABLE turn (turn INTEGER NOT NULL);
    INSERT INTO turn VALUES (0);
    CREATE TABLE undo (seq INTEGER PRIMARY KEY AUTOINCREMENT, turn INTEGER NOT NULL, sql TEXT NOT NULL);
    CREATE INDEX undo_turn ON undo (turn);
    CREATE TABLE outbox (id INTEGER PRIMARY KEY AUTOINCREMENT, due TEXT NOT NULL);
    CREATE TABLE timer (
        id INTEGER PRIMARY KEY, name TEXT, set_s INTEGER NOT NULL, at_ms INTEGER, left_ms INTEGER, command TEXT);
    CREATE INDEX timer_at ON timer (at_ms);
    CREATE TABLE alarm (
        id INTEGER PRIMARY KEY, kind TEXT NOT NULL, text TEXT, at_ms INTEGER NOT NULL, rule TEXT, snoozed INTEGER NOT NULL DEFAULT 0);
    CREATE INDEX alarm_at ON alarm (at_ms);
    CREATE TABLE item (
        id INTEGER PRIMARY KEY, list TEXT NOT NULL, item TEXT NOT NULL, done INTEGER NOT NULL DEFAULT 0);
    CREATE TABLE list (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
    CREATE TABLE alias (id INTEGER PRIMARY KEY, entity TEXT NOT NULL, alias TEXT NOT NULL);
    CREATE TABLE preference (
        id INTEGER PRIMARY KEY, area TEXT NOT NULL, what TEXT NOT NULL, value REAL NOT NULL, part TEXT NOT NULL DEFAULT '');
    CREATE TABLE routine (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL, trigger TEXT NOT NULL, condition TEXT, action TEXT NOT NULL,
        area TEXT, commands TEXT NOT NULL, dangerous INTEGER NOT NULL DEFAULT 0, paused INTEGER NOT NULL DEFAULT 0,
        at_ms INTEGER);
    CREATE INDEX routine_at ON routine (at_ms);
    CREATE TABLE fact (
        id INTEGER PRIMARY KEY, subject TEXT NOT NULL, text TEXT NOT NULL, words TEXT NOT NULL, said_ms INTEGER NOT NULL);
    CREATE VIRTUAL TABLE fact_words USING fts5 (
        words, content = 'fact', content_rowid = 'id', tokenize = 'porter unicode61 remove_diacritics 2');
    CREATE TRIGGER fact_added AFTER INSERT ON fact BEGIN
        INSERT INTO fact_words (rowid, words) VALUES (new.id, new.words);
    END;
    CREATE TRIGGER fact_gone AFTER DELETE ON fact BEGIN
        INSERT INTO fact_words (fact_words, rowid, words) VALUES ('delete', old.id, old.words);
    END;
    CREATE TRIGGER fact_changed AFTER UPDATE ON fact BEGIN
        INSERT INTO fact_words (fact_words, rowid, words) VALUES ('delete', old.id, old.words);
        INSERT INTO fact_words (rowid, words) VALUES (new.id, new.words);
    END;
"];

/// The tables whose changes can be undone, with their columns after the id.
const UNDONE: &[(&str, &[&str])] = &[
    ("timer", &["name", "set_s", "at_ms", "left_ms", "command"]),
    ("alarm", &["kind", "text", "at_ms", "rule", "snoozed"]),
    ("item", &["list", "item", "done"]),
    ("list", &["name"]),
    ("alias", &["entity", "alias"]),
    ("preference", &["area", "what", "value", "part"]),
    (
        "routine",
        &["name", "trigger", "condition", "action", "area", "commands", "dangerous", "paused", "at_ms"],
    ),
    ("fact", &["subject", "text", "words", "said_ms"]),
];

/// Brings a file to this version, in one transaction. Gives the version that it had, or [`VERSION`] when it
/// was made or brought up; a greater one is left alone.
pub(super) fn migrate(connection: &mut Connection) -> rusqlite::Result<i64> {
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found >= VERSION {
        return Ok(found);
    }
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    // Another process may have been quicker.
    let found: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    for migration in MIGRATIONS.iter().skip(usize::try_from(found).unwrap_or(0)) {
        transaction.execute_batch(migration)?;
    }
    for (table, columns) in UNDONE {
        transaction.execute_batch(&undo_triggers(table, columns))?;
    }
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()?;
    Ok(VERSION)
}

/// Triggers that write down, for each change of a row, the statement that takes it back.
fn undo_triggers(table: &str, columns: &[&str]) -> String {
    let note = |sql: String| format!("INSERT INTO undo (turn, sql) SELECT turn, {sql} FROM turn;");
    let set: Vec<String> = columns.iter().map(|c| format!("{c} = ' || quote(old.{c}) || '")).collect();
    let values: Vec<String> = columns.iter().map(|c| format!("' || quote(old.{c}) || '")).collect();
    let added = note(format!("'DELETE FROM {table} WHERE id = ' || new.id"));
    let changed = note(format!("'UPDATE {table} SET {} WHERE id = ' || old.id", set.join(", ")));
    let gone = note(format!(
        "'INSERT INTO {table} (id, {}) VALUES (' || old.id || ', {})'",
        columns.join(", "),
        values.join(", ")
    ));
    format!(
        "DROP TRIGGER IF EXISTS undo_{table}_added; DROP TRIGGER IF EXISTS undo_{table}_changed;
         DROP TRIGGER IF EXISTS undo_{table}_gone;
         CREATE TRIGGER undo_{table}_added AFTER INSERT ON {table} BEGIN {added} END;
         CREATE TRIGGER undo_{table}_changed AFTER UPDATE ON {table} BEGIN {changed} END;
         CREATE TRIGGER undo_{table}_gone AFTER DELETE ON {table} BEGIN {gone} END;"
    )
}
