//! Sentences in hassil's format.
//!
//! In come YAML files as Home Assistant's people write them: `custom_sentences` of one home, or the
//! whole collection of a language. Out goes a [`SentenceSet`]: blocks of templates with their intent,
//! lists, rules, words to skip and responses. Keys that mean nothing to Sotto are kept or passed over;
//! a file that cannot be read is refused with its name, the line and what is wrong. What must never
//! happen here: matching, or a look at the home.

mod directory;
mod list;
mod template;
mod yaml;

pub use list::{Fractions, List, ListEntry, RangeList};
pub(crate) use template::spellings;
pub use template::{Expression, ListReference, ListSource, MAX_PERMUTED, TemplateError};

use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Names to values, in the order of the file.
pub type Values = serde_json::Map<String, Value>;

/// Where something was written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The file's name as it was given.
    pub file: String,
    /// The line, counted from 1; 0 where it is not known.
    pub line: usize,
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            0 => f.write_str(&self.file),
            line => write!(f, "{}, line {line}", self.file),
        }
    }
}

/// Why sentences cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SentenceError {
    /// The file cannot be opened or is not UTF-8.
    #[error("{path}: cannot be read: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The folder has no sentence files.
    #[error("{path}: no .yaml file with sentences in this folder")]
    Nothing {
        /// The folder.
        path: PathBuf,
    },
    /// The file is not YAML.
    #[error("{file}: not valid YAML: {message}")]
    Yaml {
        /// The file.
        file: String,
        /// The parser's words, with line and column.
        message: String,
    },
    /// A template is wrong.
    #[error("{origin}: in \"{template}\": {source}")]
    Template {
        /// Where.
        origin: Origin,
        /// The template.
        template: String,
        /// What is wrong.
        source: TemplateError,
    },
    /// A key has a value of the wrong kind.
    #[error("{origin}: `{key}` must be {expected}")]
    Shape {
        /// Where.
        origin: Origin,
        /// The key, with the keys above it.
        key: String,
        /// What it must be.
        expected: &'static str,
    },
    /// Two files are in different languages.
    #[error(
        "{file} is in language \"{found}\", the files before it are in \"{expected}\"; read one language at a time"
    )]
    Language {
        /// The file.
        file: String,
        /// Its language.
        found: String,
        /// The language of those before.
        expected: String,
    },
}

/// One template with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Sentence {
    /// The template, read.
    pub expression: Expression,
    /// The template as written.
    pub text: String,
    /// Where.
    pub origin: Origin,
}

/// One item of an intent's `data`: templates that share slots, contexts, and a response.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Block {
    /// The intent's name.
    pub intent: String,
    /// The templates.
    pub sentences: Vec<Sentence>,
    /// Slots that are set whatever was said, unless a list sets them.
    pub slots: Values,
    /// What the context must have: key to value, list of values, null (anything), or `{value, slot}`.
    pub requires_context: Values,
    /// What the context must not have.
    pub excludes_context: Values,
    /// Rules for this block only.
    pub rules: BTreeMap<String, Sentence>,
    /// Lists for this block only.
    pub lists: BTreeMap<String, List>,
    /// Handed on with a match.
    pub metadata: Values,
    /// Key of the response template.
    pub response: Option<String>,
}

/// The sentences of one language.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SentenceSet {
    /// Language tag as in the files (`en`, `zh-CN`); empty when no file says it.
    pub language: String,
    /// All blocks, in the order of the files.
    pub blocks: Vec<Block>,
    /// Lists for all blocks.
    pub lists: BTreeMap<String, List>,
    /// Rules for all blocks.
    pub rules: BTreeMap<String, Sentence>,
    /// Words and phrases that may be left out of what was said.
    pub skip_words: Vec<String>,
    /// Response templates (Jinja): intent, then key.
    pub responses: BTreeMap<String, BTreeMap<String, String>>,
    /// Error templates (Jinja) by Home Assistant's error key.
    pub errors: BTreeMap<String, String>,
    /// The `settings` key, as written.
    pub settings: Values,
    /// Top-level keys that are none of the above, as written.
    pub other: Values,
}

impl SentenceSet {
    /// The names of all intents, each once, in the order of the files.
    pub fn intents(&self) -> Vec<&str> {
        let mut seen = std::collections::HashSet::new();
        self.blocks.iter().map(|block| block.intent.as_str()).filter(|intent| seen.insert(*intent)).collect()
    }

    /// What its lists have a person say, each once, shortest first where one is a part of another: words for
    /// speech-to-text to expect. Entries that are templates give what they stand for.
    pub fn said(&self) -> Vec<String> {
        let lists = self.lists.values().chain(self.blocks.iter().flat_map(|block| block.lists.values()));
        let entries = lists.filter_map(|list| match list {
            List::Values(entries) => Some(entries),
            List::Range(_) | List::Wildcard => None,
        });
        let mut all: Vec<&str> = entries
            .flatten()
            .filter_map(|entry| match entry.text.contains(['(', '[', '{', '<']) {
                true => entry.value.as_str(),
                false => Some(entry.text.as_str()),
            })
            .collect();
        all.sort_by_key(|text| text.split(' ').count());
        let mut said: Vec<String> = Vec::new();
        for text in all {
            let has = |known: &String| format!(" {text} ").contains(&format!(" {known} "));
            if !said.iter().any(has) {
                said.push(text.to_owned());
            }
        }
        said
    }
}
