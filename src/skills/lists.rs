//! Lists that the home does not have itself: shopping, to-do, and any that a person names.

use crate::intent::Refusal;
use crate::store::Store;
use rusqlite::params;
use serde_json::{Value, json};

/// More items than this on one list would be a mistake.
const MAX_ITEMS: usize = 1000;

/// The lists in a store.
pub(super) struct Lists<'a>(pub &'a Store);

fn plain(text: &str) -> String {
    text.trim().to_lowercase()
}

/// Whether a said item means one that is kept: the same words, or the words without number or article.
fn means(kept: &str, said: &str) -> bool {
    let (kept, said) = (plain(kept), plain(said));
    let bare = |text: &str| {
        let text = ["the ", "a ", "an ", "some "].iter().find_map(|a| text.strip_prefix(a)).unwrap_or(text);
        text.strip_suffix('s').unwrap_or(text).to_string()
    };
    kept == said || bare(&kept) == bare(&said)
}

impl Lists<'_> {
    fn open_items(&self, list: &str) -> Result<Vec<(i64, String)>, Refusal> {
        let mut statement = self
            .0
            .sql()
            .prepare_cached("SELECT id, item FROM item WHERE list = ?1 AND done = 0 ORDER BY id")?;
        let rows = statement.query_map(params![plain(list)], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Adds items, each once. Gives `{"list", "items"}`.
    ///
    /// # Errors
    /// The list is full.
    pub fn add(&self, list: &str, items: &[String]) -> Result<Value, Refusal> {
        let open = self.open_items(list)?;
        if open.len() + items.len() > MAX_ITEMS {
            return Err(Refusal::told("list_full", list));
        }
        self.0.sql().execute("INSERT OR IGNORE INTO list (name) VALUES (?1)", params![plain(list)])?;
        for item in items.iter().filter(|item| !open.iter().any(|(_, known)| means(known, item))) {
            self.0
                .sql()
                .prepare_cached("INSERT INTO item (list, item) VALUES (?1, ?2)")?
                .execute(params![plain(list), item.trim()])?;
        }
        Ok(json!({ "list": list, "items": items }))
    }

    /// Takes items off (`remove`), or marks them as done.
    ///
    /// # Errors
    /// None of them is on the list.
    pub fn strike(&self, list: &str, items: &[String], remove: bool) -> Result<Value, Refusal> {
        let mut struck = Vec::new();
        for (id, known) in self.open_items(list)? {
            if items.iter().any(|item| means(&known, item)) {
                let sql = if remove {
                    "DELETE FROM item WHERE id = ?1"
                } else {
                    "UPDATE item SET done = 1 WHERE id = ?1"
                };
                self.0.sql().prepare_cached(sql)?.execute(params![id])?;
                struck.push(known);
            }
        }
        if struck.is_empty() {
            return Err(Refusal::told("not_on_list", items.first().cloned().unwrap_or_default()));
        }
        Ok(json!({ "list": list, "items": struck }))
    }

    /// What is open on a list: `{"list", "items"}`; with an item, `{"list", "item", "has"}`.
    pub fn read(&self, list: &str, item: Option<&str>) -> Result<Value, Refusal> {
        let items: Vec<String> = self.open_items(list)?.into_iter().map(|(_, item)| item).collect();
        Ok(match item {
            None => json!({ "list": list, "items": items, "count": items.len() }),
            Some(item) => {
                json!({ "list": list, "item": item, "has": items.iter().any(|known| means(known, item)) })
            }
        })
    }

    /// Empties a list.
    pub fn clear(&self, list: &str) -> Result<Value, Refusal> {
        let count = self.open_items(list)?.len();
        self.0.sql().execute("DELETE FROM item WHERE list = ?1", params![plain(list)])?;
        Ok(json!({ "list": list, "count": count }))
    }

    /// Makes a list.
    pub fn create(&self, list: &str) -> Result<Value, Refusal> {
        self.0.sql().execute("INSERT OR IGNORE INTO list (name) VALUES (?1)", params![plain(list)])?;
        Ok(json!({ "list": list }))
    }

    /// Takes a list away with everything on it.
    ///
    /// # Errors
    /// There is no such list.
    pub fn delete(&self, list: &str) -> Result<Value, Refusal> {
        let gone = self.0.sql().execute("DELETE FROM list WHERE name = ?1", params![plain(list)])?;
        let items = self.0.sql().execute("DELETE FROM item WHERE list = ?1", params![plain(list)])?;
        if gone + items == 0 {
            return Err(Refusal::told("no_list", list));
        }
        Ok(json!({ "list": list }))
    }

    /// Every list: `{"lists": [{"list", "count"}, …]}`.
    pub fn all(&self) -> Result<Value, Refusal> {
        let mut statement = self.0.sql().prepare_cached(
            "SELECT name, (SELECT count(*) FROM item WHERE list = name AND done = 0) FROM list ORDER BY id",
        )?;
        let rows = statement.query_map([], |row| {
            Ok(json!({ "list": row.get::<_, String>(0)?, "count": row.get::<_, i64>(1)? }))
        })?;
        let lists: Vec<Value> = rows.collect::<Result<_, _>>()?;
        Ok(json!({ "lists": lists }))
    }
}
