//! What a person told: facts to recall, other names for things, how somebody likes a room.

use crate::intent::Refusal;
use crate::store::Store;
use jiff::ZonedDateTime;
use rusqlite::params;
use serde_json::{Value, json};

/// Facts kept; more than a household will ever tell.
const MAX_FACTS: i64 = 100_000;
/// Facts told in answer to one question.
const MAX_TOLD: usize = 3;
/// Words that say nothing about what a fact is about.
const SMALL: &[&str] = &[
    "the", "a", "an", "my", "our", "your", "is", "are", "was", "were", "of", "in", "on", "at", "to", "for",
    "i", "we", "you", "it", "that", "do", "does", "did", "what", "where", "who", "when", "have", "has",
    "put", "s", "about", "keep", "kept", "left", "me", "us",
];

/// A person's memory in a store.
pub(super) struct Memory<'a>(pub &'a Store);

fn words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let all = crate::intent::grammar::tokenize(&lower).into_iter().map(|token| token.text);
    all.filter(|word| !SMALL.contains(&word.as_str())).collect()
}

/// The words of a fact as they are looked for: in a script without spaces each character is one.
pub(super) fn all_words(text: &str) -> String {
    let all = crate::intent::grammar::tokenize(text).into_iter().map(|token| token.text);
    all.collect::<Vec<_>>().join(" ")
}

impl Memory<'_> {
    /// Keeps a fact; one about the same subject takes the place of the old. Gives `{"text", "changed"}`.
    ///
    /// # Errors
    /// There is nothing in it, or there are too many.
    pub fn remember(&self, text: &str, subject: &str, now: &ZonedDateTime) -> Result<Value, Refusal> {
        let text = text.trim().trim_end_matches(['.', '!']);
        if words(text).is_empty() {
            return Err(Refusal::told("nothing_to_remember", ""));
        }
        let count: i64 = self.0.sql().query_row("SELECT count(*) FROM fact", [], |row| row.get(0))?;
        if count >= MAX_FACTS {
            return Err(Refusal::told("memory_full", ""));
        }
        let subject = subject.trim().to_lowercase();
        let mut changed = 0;
        if !subject.is_empty() {
            changed = self.0.sql().execute("DELETE FROM fact WHERE subject = ?1", params![subject])?;
        }
        self.0
            .sql()
            .prepare_cached("INSERT INTO fact (subject, text, words, said_ms) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![subject, text, all_words(text), now.timestamp().as_millisecond()])?;
        Ok(json!({ "text": text, "changed": changed > 0 }))
    }

    /// The facts that a question is about, the best first: those with every word of it, else with most.
    fn find(&self, query: &str, limit: usize) -> Result<Vec<(i64, String)>, Refusal> {
        let words = words(query);
        if words.is_empty() {
            return Ok(Vec::new());
        }
        let quoted: Vec<String> = words.iter().map(|word| format!("\"{}\"", word.replace('"', ""))).collect();
        let mut statement = self.0.sql().prepare_cached(
            "SELECT fact.id, fact.text FROM fact_words JOIN fact ON fact.id = fact_words.rowid
             WHERE fact_words MATCH ?1 ORDER BY rank, fact.said_ms DESC LIMIT ?2",
        )?;
        let mut matching = |query: &str| -> Result<Vec<(i64, String)>, Refusal> {
            let rows =
                statement.query_map(params![query, limit as i64], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        };
        let all = matching(&quoted.join(" AND "))?;
        if !all.is_empty() || quoted.len() < 3 {
            return Ok(all);
        }
        // One word of several may be another one's word for it.
        let without: Vec<String> = (0..quoted.len())
            .map(|at| {
                let rest: Vec<&str> =
                    quoted.iter().enumerate().filter(|(k, _)| *k != at).map(|(_, w)| w.as_str()).collect();
                format!("({})", rest.join(" AND "))
            })
            .collect();
        matching(&without.join(" OR "))
    }

    /// What is known about something: `{"facts": […]}`.
    ///
    /// # Errors
    /// Nothing is.
    pub fn recall(&self, query: &str) -> Result<Value, Refusal> {
        let found: Vec<String> = self.find(query, MAX_TOLD)?.into_iter().map(|(_, text)| text).collect();
        if found.is_empty() {
            return Err(Refusal::told("not_remembered", query));
        }
        // The first is what was asked for; more only where nothing tells which.
        Ok(json!({ "facts": found.into_iter().take(1).collect::<Vec<_>>() }))
    }

    /// Forgets what is known about something. Gives `{"facts"}`.
    ///
    /// # Errors
    /// Nothing is.
    pub fn forget(&self, query: &str) -> Result<Value, Refusal> {
        let found = self.find(query, 1)?;
        let Some((id, text)) = found.into_iter().next() else {
            return Err(Refusal::told("not_remembered", query));
        };
        self.0.sql().execute("DELETE FROM fact WHERE id = ?1", params![id])?;
        Ok(json!({ "facts": [text] }))
    }

    /// Everything that was told, the newest first: `{"facts", "count"}`.
    pub fn all(&self) -> Result<Value, Refusal> {
        let mut statement = self.0.sql().prepare_cached("SELECT text FROM fact ORDER BY id DESC LIMIT 5")?;
        let facts: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let count: i64 = self.0.sql().query_row("SELECT count(*) FROM fact", [], |row| row.get(0))?;
        Ok(json!({ "facts": facts, "count": count }))
    }

    /// Forgets everything.
    pub fn forget_all(&self) -> Result<Value, Refusal> {
        let facts = self.0.sql().execute("DELETE FROM fact", [])?;
        let liked = self.0.sql().execute("DELETE FROM preference", [])?;
        Ok(json!({ "count": facts + liked }))
    }

    /// Gives an entity, or an area (`area:` before its name), one more name.
    pub fn call(&self, entity: &str, name: &str, alias: &str) -> Result<Value, Refusal> {
        self.0.sql().execute("DELETE FROM alias WHERE lower(alias) = lower(?1)", params![alias])?;
        self.0.sql().execute("INSERT INTO alias (entity, alias) VALUES (?1, ?2)", params![entity, alias])?;
        Ok(json!({ "name": name, "alias": alias }))
    }

    /// Takes a name away again.
    ///
    /// # Errors
    /// It was never given.
    pub fn uncall(&self, alias: &str) -> Result<Value, Refusal> {
        let gone = self
            .0
            .sql()
            .execute("DELETE FROM alias WHERE lower(alias) = lower(?1)", params![alias.trim()])?;
        if gone == 0 { Err(Refusal::told("no_alias", alias)) } else { Ok(json!({ "alias": alias })) }
    }

    /// Every name that was given: entity and name.
    pub fn aliases(&self) -> Result<Vec<(String, String)>, Refusal> {
        let mut statement = self.0.sql().prepare_cached("SELECT entity, alias FROM alias ORDER BY id")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Keeps how somebody likes a room: `what` is `temperature` or `brightness`, `part` a part of the day.
    pub fn like(&self, area: &str, what: &str, value: f64, part: &str) -> Result<Value, Refusal> {
        self.0.sql().execute(
            "DELETE FROM preference WHERE area = ?1 AND what = ?2 AND part = ?3",
            params![area, what, part],
        )?;
        self.0.sql().execute(
            "INSERT INTO preference (area, what, value, part) VALUES (?1, ?2, ?3, ?4)",
            params![area, what, value, part],
        )?;
        Ok(json!({ "area": area, "what": what, "value": value, "part": part }))
    }

    /// How somebody likes a room at this time of day: for each `what` the value of this part of the day, else
    /// the one for any time, else the only one.
    pub fn liking(&self, area: &str, now: &ZonedDateTime) -> Result<Vec<(String, f64)>, Refusal> {
        let mut statement = self
            .0
            .sql()
            .prepare_cached("SELECT what, value, part FROM preference WHERE area = ?1 ORDER BY id DESC")?;
        let rows = statement.query_map(params![area], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let all: Vec<(String, f64, String)> = rows.collect::<Result<_, _>>()?;
        let part = match now.hour() {
            5..=11 => "morning",
            12..=17 => "afternoon",
            18..=20 => "evening",
            _ => "night",
        };
        let mut liked: Vec<(String, f64)> = Vec::new();
        for rank in [part, "", "any"] {
            for (what, value, of) in &all {
                if (of == rank || rank == "any") && !liked.iter().any(|(known, _)| known == what) {
                    liked.push((what.clone(), *value));
                }
            }
        }
        Ok(liked)
    }

    /// Every liking: `{"likes": [{"area", "what", "value", "part"}]}`.
    pub fn likes(&self, area: Option<&str>) -> Result<Value, Refusal> {
        let mut statement =
            self.0.sql().prepare_cached("SELECT area, what, value, part FROM preference ORDER BY id")?;
        let rows = statement.query_map([], |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, f64>(2)?,
                row.get::<_, String>(3)?,
            ))
        })?;
        let all: Vec<_> = rows.collect::<Result<_, _>>()?;
        let likes: Vec<Value> = all
            .into_iter()
            .filter(|(of, ..)| area.is_none_or(|area| area == of))
            .map(|(area, what, value, part)| json!({ "area": area, "what": what, "value": value, "part": part }))
            .collect();
        Ok(json!({ "likes": likes }))
    }

    /// Forgets how somebody likes a room.
    ///
    /// # Errors
    /// Nobody has said.
    pub fn unlike(&self, area: &str) -> Result<Value, Refusal> {
        match self.0.sql().execute("DELETE FROM preference WHERE area = ?1", params![area])? {
            0 => Err(Refusal::told("no_liking", area)),
            _ => Ok(json!({ "area": area })),
        }
    }
}
