//! Checks a file against the table of keys, so that a mistake is told with its line.

use super::keys::{Allowed, KEYS, Key};
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml_edit::{Document, Item, Table};

/// Why a configuration was refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It could not be read at all.
    #[error("cannot read {}: {source}; `sotto config init` writes a file to begin with", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A line of it is wrong.
    #[error("{}, line {line}: {message}", file.display())]
    Wrong {
        /// The file.
        file: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong, with the key and what is allowed.
        message: String,
    },
}

impl ConfigError {
    pub(super) fn at_span(text: &str, file: &Path, span: Option<Range<usize>>, message: &str) -> Self {
        let offset = span.map_or(0, |s| s.start).min(text.len());
        let line = text.as_bytes().iter().take(offset).filter(|b| **b == b'\n').count() + 1;
        ConfigError::Wrong { file: file.into(), line, message: message.trim().to_string() }
    }
}

/// Checks syntax, keys, types and ranges.
pub(super) fn check(text: &str, file: &Path) -> Result<(), ConfigError> {
    let wrong =
        |span: Option<Range<usize>>, message: String| Err(ConfigError::at_span(text, file, span, &message));
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(error) => return wrong(error.span(), error.message().to_string()),
    };
    for (section, item) in document.as_table() {
        let key_span = document.as_table().key(section).and_then(|k| k.span());
        let known: Vec<&str> = sections();
        if !known.contains(&section) {
            return wrong(key_span, unknown("section", section, &known));
        }
        let Some(table) = item.as_table() else {
            return wrong(
                key_span,
                format!("`{section}` is a section: write [{section}] on a line of its own"),
            );
        };
        check_section(section, table, &wrong)?;
    }
    Ok(())
}

fn check_section(
    section: &str,
    table: &Table,
    wrong: &impl Fn(Option<Range<usize>>, String) -> Result<(), ConfigError>,
) -> Result<(), ConfigError> {
    for (name, item) in table {
        let key_span = table.key(name).and_then(|k| k.span());
        let Some(key) = KEYS.iter().find(|k| k.section == section && k.name == name) else {
            let known: Vec<&str> = KEYS.iter().filter(|k| k.section == section).map(|k| k.name).collect();
            return wrong(key_span, unknown("key", &format!("{section}.{name}"), &known));
        };
        if !holds(&key.allowed, item) {
            return wrong(
                key_span,
                format!("`{section}.{name}` must be {}, not {}", key.allowed.describe(), shown(item)),
            );
        }
    }
    Ok(())
}

fn holds(allowed: &Allowed, item: &Item) -> bool {
    match allowed {
        Allowed::Flag => item.as_bool().is_some(),
        Allowed::Whole(min, max) => item.as_integer().is_some_and(|v| (*min..=*max).contains(&v)),
        Allowed::Number(min, max) => item
            .as_float()
            .or_else(|| item.as_integer().map(|v| v as f64))
            .is_some_and(|v| (*min..=*max).contains(&v)),
        Allowed::Text(_) => item.as_str().is_some(),
        Allowed::Word(words) => item.as_str().is_some_and(|v| words.contains(&v)),
        Allowed::Texts(_) => item.as_array().is_some_and(|a| a.iter().all(|v| v.as_str().is_some())),
        Allowed::Table(_) => item.as_table_like().is_some(),
    }
}

fn shown(item: &Item) -> String {
    let text = item.to_string();
    let text = text.trim();
    if text.chars().count() > 40 {
        format!("{}…", text.chars().take(40).collect::<String>())
    } else {
        text.into()
    }
}

fn sections() -> Vec<&'static str> {
    let mut all: Vec<&str> = Vec::new();
    for Key { section, .. } in KEYS {
        if all.last() != Some(section) {
            all.push(section);
        }
    }
    all
}

fn unknown(what: &str, name: &str, known: &[&str]) -> String {
    let last = name.rsplit('.').next().unwrap_or(name);
    let near = known.iter().map(|k| (strsim::jaro_winkler(last, k), *k)).max_by(|a, b| a.0.total_cmp(&b.0));
    let hint = match near {
        Some((likeness, word)) if likeness > 0.8 => format!("did you mean `{word}`?"),
        _ => format!("known here: {}", known.join(", ")),
    };
    format!("unknown {what} `{name}`; {hint}")
}

#[cfg(test)]
mod tests {
    use crate::config::Config;
    use std::path::Path;

    fn refusal(text: &str) -> String {
        Config::parse(text, Path::new("sotto.toml")).unwrap_err().to_string()
    }

    #[test]
    fn a_mistake_is_told_with_file_line_key_and_what_is_allowed() {
        assert_eq!(
            refusal("[assistant]\nlanguage = \"en\"\nmin_confidence = 7\n"),
            "sotto.toml, line 3: `assistant.min_confidence` must be a number from 0 to 1, not 7"
        );
        assert_eq!(
            refusal("\n[assistant]\nlangauge = \"en\"\n"),
            "sotto.toml, line 3: unknown key `assistant.langauge`; did you mean `language`?"
        );
        assert_eq!(
            refusal("[asistant]\n"),
            "sotto.toml, line 1: unknown section `asistant`; did you mean `assistant`?"
        );
        assert!(refusal("[assistant]\nlanguage = \"en\n").starts_with("sotto.toml, line 2: "));
        assert!(refusal("assistant = 3\n").contains("write [assistant] on a line of its own"));
        assert!(refusal("[assistant]\narea = true\n").contains("must be a text"));
    }

    #[test]
    fn an_empty_file_is_the_defaults() {
        assert_eq!(Config::parse("", Path::new("x")).unwrap(), Config::default());
    }
}
