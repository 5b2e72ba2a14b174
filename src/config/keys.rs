//! Every key there is: the one table from which the file is checked, written and explained.

/// What a key may hold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Allowed {
    /// `true` or `false`.
    Flag,
    /// A whole number in this range.
    Whole(i64, i64),
    /// A number in this range.
    Number(f64, f64),
    /// Any text; the second is an example, written commented out where there is no default.
    Text(&'static str),
    /// One of these words.
    Word(&'static [&'static str]),
    /// A list of texts.
    Texts(&'static str),
    /// A table whose keys are free (such as entity ids); an example of one line.
    Table(&'static str),
}

impl Allowed {
    /// What is allowed, in words.
    pub fn describe(&self) -> String {
        match self {
            Allowed::Flag => "true or false".into(),
            Allowed::Whole(min, max) => format!("a whole number from {min} to {max}"),
            Allowed::Number(min, max) => format!("a number from {min} to {max}"),
            Allowed::Text(example) => format!("a text, such as \"{example}\""),
            Allowed::Word(words) => format!("one of {}", words.join(", ")),
            Allowed::Texts(example) => format!("a list of texts, such as {example}"),
            Allowed::Table(example) => format!("a table, such as {example}"),
        }
    }
}

/// One key.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Key {
    /// Its section.
    pub section: &'static str,
    /// Its name in the section.
    pub name: &'static str,
    /// What it is for, in a sentence.
    pub about: &'static str,
    /// What it may hold.
    pub allowed: Allowed,
}

const fn key(section: &'static str, name: &'static str, allowed: Allowed, about: &'static str) -> Key {
    Key { section, name, about, allowed }
}

use Allowed::{Number, Text};

/// Every key, in the order in which the file is written.
pub const KEYS: &[Key] = &[
    key("assistant", "language", Text("en"), "Language in which Sotto listens and speaks."),
    key("assistant", "area", Text("Kitchen"), "Area in which this board stands: what \"the lights\" means when no room is named."),
    key("assistant", "min_confidence", Number(0.0, 1.0), "Confidence of a transcript below which Sotto says that it did not catch that."),
];
