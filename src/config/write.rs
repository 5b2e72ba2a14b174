//! Writes the commented file that `sotto config init` begins with.

use super::Config;
use super::keys::{Allowed, KEYS};
use std::fmt::Write;

/// A whole configuration file with every key at its default, explained.
pub fn commented() -> String {
    let defaults = toml::Table::try_from(Config::default()).unwrap_or_default();
    let mut out = String::from(
        "# The configuration of Sotto. Every key is shown with its default; a key that is left out has it too.\n",
    );
    let mut section = "";
    for key in KEYS {
        if key.section != section {
            section = key.section;
            let _ = write!(out, "\n[{section}]\n");
        }
        let _ = writeln!(out, "# {} ({})", key.about, key.allowed.describe());
        match defaults.get(key.section).and_then(|s| s.get(key.name)) {
            Some(toml::Value::Table(table)) if table.is_empty() => {
                if let Allowed::Table(example) = key.allowed {
                    let _ = writeln!(out, "#{} = {example}", key.name);
                }
            }
            Some(value) => {
                let _ = writeln!(out, "{} = {}", key.name, shown(value));
            }
            None => {
                let example = match key.allowed {
                    Allowed::Text(example) => format!("\"{example}\""),
                    other => other.describe(),
                };
                let _ = writeln!(out, "#{} = {example}", key.name);
            }
        }
    }
    out
}

/// Single-precision defaults are shown as people write them: 0.35, not 0.3499999940395355.
fn shown(value: &toml::Value) -> String {
    match value {
        toml::Value::Float(f) => toml::Value::Float((f * 1e6).round() / 1e6).to_string(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn what_init_writes_is_accepted_and_is_the_defaults() {
        let text = commented();
        assert_eq!(Config::parse(&text, Path::new("sotto.toml")).unwrap(), Config::default(), "{text}");
    }

    #[test]
    fn every_key_of_every_section_is_in_the_table() {
        let defaults = toml::Table::try_from(Config::default()).unwrap();
        for (section, keys) in &defaults {
            for name in keys.as_table().unwrap().keys() {
                assert!(
                    KEYS.iter().any(|k| k.section == section && k.name == name),
                    "{section}.{name} has no line in KEYS"
                );
            }
        }
    }
}
