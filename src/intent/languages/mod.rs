//! The languages that Sotto understands and speaks.
//!
//! In comes nothing: a language is text that is built in, one folder each. `*.yaml` beside the three
//! files named below are sentences in hassil's format; `dialogue.yaml` says how commands are joined and
//! questions answered; `unknown.yaml` has the sentences about things that are not there; `replies.yaml`
//! is what is said back. What must never happen here: a look at the home; a language that lacks one of
//! its files.
//!
//! To add a language: copy the folder `en` under the language's tag; rewrite the sentences (intents,
//! slots and the values after `out` stay as they are, whatever is said for them is the language's own;
//! the internal slots `scope`, `quantity`, `less`, `amount`, `weak`, `bare` and `except_…` stay too),
//! then `dialogue.yaml`, `unknown.yaml` and `replies.yaml` (every key stays); add a row to [`ALL`]. The
//! test `every_language_is_whole` tells what is missing.

mod dialogue;

pub use dialogue::{Answers, Dialogue};

use super::sentences::{SentenceError, SentenceSet};

/// One language, as it is built in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Language {
    /// Its tag: `en`, `zh-CN`.
    pub tag: &'static str,
    /// Sentence files: name for error messages, and text.
    pub sentences: &'static [(&'static str, &'static str)],
    /// `unknown.yaml`.
    pub unknown: &'static str,
    /// `dialogue.yaml`.
    pub dialogue: &'static str,
    /// `replies.yaml`.
    pub replies: &'static str,
}

macro_rules! files {
    ($($file:literal),+ $(,)?) => { &[$(($file, include_str!($file))),+] };
}

/// Every language there is.
pub const ALL: &[Language] = &[Language {
    tag: "en",
    sentences: files![
        "en/_common.yaml",
        "en/turn.yaml",
        "en/lights.yaml",
        "en/covers.yaml",
        "en/climate.yaml",
        "en/media.yaml",
        "en/lists.yaml",
        "en/timers.yaml",
        "en/machines.yaml",
        "en/state.yaml",
        "en/state_binary.yaml",
        "en/state_binary_any.yaml",
        "en/talk.yaml",
    ],
    unknown: include_str!("en/unknown.yaml"),
    dialogue: include_str!("en/dialogue.yaml"),
    replies: include_str!("en/replies.yaml"),
}];

impl Language {
    /// The language for a tag: the same tag, else the same main language (`en-GB` is `en`).
    pub fn find(tag: &str) -> Option<&'static Language> {
        let main = |tag: &str| tag.split(['-', '_']).next().unwrap_or("").to_lowercase();
        ALL.iter()
            .find(|language| language.tag.eq_ignore_ascii_case(tag))
            .or_else(|| ALL.iter().find(|language| main(language.tag) == main(tag)))
    }

    /// Its sentences, read.
    ///
    /// # Errors
    /// [`SentenceError`] names file and line; never for what is built in, which a test reads.
    pub fn sentence_set(&self) -> Result<SentenceSet, SentenceError> {
        SentenceSet::read(self.sentences.iter().copied())
    }

    /// The sentences about things that are not there, read.
    ///
    /// # Errors
    /// As [`Language::sentence_set`].
    pub fn unknown_set(&self) -> Result<SentenceSet, SentenceError> {
        SentenceSet::read([(format!("{}/unknown.yaml", self.tag), self.unknown)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_is_whole() {
        for language in ALL {
            let set = language.sentence_set().unwrap();
            assert_eq!(set.language, language.tag);
            assert!(set.intents().len() > 40, "{}: {}", language.tag, set.intents().len());
            assert_eq!(language.unknown_set().unwrap().language, language.tag);
            Dialogue::read(language).unwrap();
        }
        let english = Language::find("en").unwrap().sentence_set().unwrap();
        for language in ALL {
            let set = language.sentence_set().unwrap();
            for intent in english.intents() {
                assert!(set.intents().contains(&intent), "{} lacks {intent}", language.tag);
            }
        }
    }

    #[test]
    fn a_region_is_its_language() {
        assert_eq!(Language::find("en-GB").map(|l| l.tag), Some("en"));
        assert_eq!(Language::find("EN").map(|l| l.tag), Some("en"));
        assert_eq!(Language::find("xx"), None);
    }
}
