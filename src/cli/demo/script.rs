//! What the demo plays and what must come of it: `samples/samples.toml`.

use super::super::UsageError;
use crate::home::HomeView;
use anyhow::Result;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A number of a state may be off by this much: devices round.
const ROUNDING: f64 = 1.0;

/// The samples, in the order in which they are played.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Script {
    /// The samples.
    #[serde(rename = "sample")]
    pub samples: Vec<Sample>,
}

/// One spoken sample. What `make.py` needs beside this is passed over here.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Sample {
    /// The sound, beside the script.
    pub file: PathBuf,
    /// What is said.
    pub say: String,
    /// Whether it answers a question, without a wake word.
    #[serde(default)]
    pub answer: bool,
    /// `entity.id` or `entity.id.attribute` and the value that it has afterwards.
    #[serde(default)]
    pub expect: BTreeMap<String, Value>,
    /// Words that the reply contains.
    #[serde(default)]
    pub expect_reply: Vec<String>,
}

impl Script {
    /// Reads the script of a folder of samples.
    ///
    /// # Errors
    /// No such file, or a line of it that is wrong.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join("samples.toml");
        let text = std::fs::read_to_string(&path).map_err(|error| {
            UsageError(format!(
                "cannot read {}: {error}; --samples names the folder of samples",
                path.display()
            ))
        })?;
        toml::from_str(&text).map_err(|error| UsageError(format!("{}: {error}", path.display())).into())
    }
}

impl Sample {
    /// What the home is not like although it should be, in words; empty: all is well.
    pub fn unmet(&self, view: &HomeView) -> Vec<String> {
        self.expect.iter().filter_map(|(what, wanted)| unmet(view, what, wanted)).collect()
    }

    /// The words that a reply lacks.
    pub fn unsaid(&self, reply: &str) -> Vec<String> {
        let reply = reply.to_lowercase();
        let missing = self.expect_reply.iter().filter(|words| !reply.contains(&words.to_lowercase()));
        missing.map(|words| format!("the reply lacks “{words}”")).collect()
    }
}

fn unmet(view: &HomeView, what: &str, wanted: &Value) -> Option<String> {
    let (id, attribute) = match what.splitn(3, '.').collect::<Vec<_>>().as_slice() {
        [domain, object, attribute] => (format!("{domain}.{object}"), Some(*attribute)),
        _ => (what.to_owned(), None),
    };
    let Some(entity) = view.entity(&id) else { return Some(format!("{id} does not exist")) };
    let found = match attribute {
        None => entity.state.value.clone().map_or(Value::Null, Value::from),
        Some(name) => entity.state.attributes.get(name).cloned().unwrap_or(Value::Null),
    };
    let met = match (found.as_f64(), wanted.as_f64()) {
        (Some(found), Some(wanted)) => (found - wanted).abs() <= ROUNDING,
        _ => found == *wanted,
    };
    (!met).then(|| format!("{what} is {found}, not {wanted}"))
}
