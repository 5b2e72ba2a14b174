//! `dialogue.yaml`, read.

use super::Language;
use serde::Deserialize;

/// How people join commands, answer questions and point at things.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dialogue {
    /// Language tag.
    pub language: String,
    /// What joins two commands.
    pub conjunctions: Vec<String>,
    /// What stands for the thing spoken of last.
    pub pronouns: Vec<String>,
    /// Words that mean a kind of thing, not one thing.
    pub kinds: Vec<String>,
    /// Names that say no more than what kind of thing it is ("空调"). Sentences that would rather take them
    /// for the kind exclude the context `called: kind`.
    #[serde(default)]
    pub kind_names: Vec<String>,
    /// Ending that makes a plural of a name's last word; empty where the language has none.
    #[serde(default)]
    pub plural: String,
    /// The word for a floor, said after its name whether the name has it or not; empty: none.
    #[serde(default)]
    pub floor_word: String,
    /// Words that no whole sentence ends with.
    #[serde(default)]
    pub unfinished: Vec<String>,
    /// Words after which a value comes.
    #[serde(default)]
    pub leads_on: Vec<String>,
    /// Floors that people speak of whether the home has told of them or not: there is nothing on them, but
    /// that is what is said then.
    #[serde(default)]
    pub floors: Vec<String>,
    /// How questions are answered.
    pub answers: Answers,
    /// How people come back to what was said before.
    pub talk: Talk,
}

/// How people come back to what was said before.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Talk {
    /// What stands before a correction ("no, the bedroom").
    pub instead: Vec<String>,
    /// What stands before one more of the same ("and the kitchen").
    pub also: Vec<String>,
    /// What stands after one more of the same ("the kitchen too").
    pub too: Vec<String>,
    /// What stands before a fragment and means nothing ("in the kitchen").
    pub joints: Vec<String>,
    /// More of what was changed last; a strong word and a weak one.
    pub more: Vec<String>,
    /// Less of it.
    pub less: Vec<String>,
    /// Words that make a change small.
    pub slightly: Vec<String>,
    /// The same once more.
    pub again: Vec<String>,
    /// Take it back.
    pub undo: Vec<String>,
    /// Take back what was made just now (a timer, a reminder); else it only ends the dialogue.
    pub cancel_it: Vec<String>,
}

/// How questions are answered.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answers {
    /// Do it.
    pub yes: Vec<String>,
    /// Do not.
    pub no: Vec<String>,
    /// All of those that were offered.
    pub all: Vec<String>,
    /// The first of those that were offered.
    pub first: Vec<String>,
    /// The last of those that were offered.
    pub last: Vec<String>,
    /// By number, from the first on.
    pub ordinals: Vec<Vec<String>>,
    /// What may stand around an answer and means nothing.
    pub fillers: Vec<String>,
}

impl Dialogue {
    /// Reads a language's file.
    ///
    /// # Errors
    /// The parser's words with the line; never for what is built in, which a test reads.
    pub fn read(language: &Language) -> Result<Self, String> {
        serde_norway::from_str(language.dialogue)
            .map_err(|error| format!("{}/dialogue.yaml: {error}", language.tag))
    }
}
