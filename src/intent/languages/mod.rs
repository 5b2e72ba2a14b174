//! The languages that Sotto understands and speaks.
//!
//! In comes nothing: a language is text that is built in, one folder each. `*.yaml` beside the three
//! files named below are sentences in hassil's format; `dialogue.yaml` says how commands are joined and
//! questions answered; `unknown.yaml` has the sentences about things that are not there; `replies.yaml`
//! is what is said back; `skills.yaml` has the sentences about what is no device. What must never happen here: a look at the home; a language that lacks one of
//! its files.
//!
//! How to add a language is told in `README.md` beside this file; the tests below find one that is half
//! done.

mod dialogue;

pub use dialogue::{Answers, Dialogue, Talk};

use super::sentences::{SentenceError, SentenceSet};

/// One language, as it is built in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Language {
    /// Its tag: `en`, `zh-CN`.
    pub tag: &'static str,
    /// Sentence files: name for error messages, and text.
    pub sentences: &'static [(&'static str, &'static str)],
    /// `_common.yaml` and `skills.yaml`: what is no device.
    pub skills: &'static [(&'static str, &'static str)],
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
pub const ALL: &[Language] = &[ENGLISH, MANDARIN];

const ENGLISH: Language = Language {
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
    skills: files!["en/skills.yaml"],
    unknown: include_str!("en/unknown.yaml"),
    dialogue: include_str!("en/dialogue.yaml"),
    replies: include_str!("en/replies.yaml"),
};

const MANDARIN: Language = Language {
    tag: "zh-CN",
    sentences: files![
        "zh/_common.yaml",
        "zh/turn.yaml",
        "zh/lights.yaml",
        "zh/covers.yaml",
        "zh/climate.yaml",
        "zh/media.yaml",
        "zh/lists.yaml",
        "zh/timers.yaml",
        "zh/machines.yaml",
        "zh/state.yaml",
        "zh/state_binary.yaml",
        "zh/state_binary_any.yaml",
        "zh/talk.yaml",
    ],
    skills: files!["zh/skills.yaml"],
    unknown: include_str!("zh/unknown.yaml"),
    dialogue: include_str!("zh/dialogue.yaml"),
    replies: include_str!("zh/replies.yaml"),
};

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

    /// The sentences about what is no device, read.
    ///
    /// # Errors
    /// As [`Language::sentence_set`].
    pub fn skills_set(&self) -> Result<SentenceSet, SentenceError> {
        SentenceSet::read(self.skills.iter().copied())
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
    use crate::intent::sentences::{Block, Expression};
    use serde_json::Value;
    use std::collections::{BTreeMap, BTreeSet};

    /// What a language lacks or has too much of beside another that is whole. Which readings are
    /// makeshifts (`weak`), and by which words a place is told (`place_word`), is its own affair.
    fn faults(language: &Language, whole: &Language) -> Vec<String> {
        let mut faults = Vec::new();
        let (set, model) = (language.sentence_set().unwrap(), whole.sentence_set().unwrap());
        let unknown = language.unknown_set().unwrap();
        let tags = [set.language.as_str(), unknown.language.as_str()];
        faults.extend(tags.iter().filter(|tag| **tag != language.tag).map(|tag| format!("the tag {tag}")));
        let (mut has, mut needs) = (slots_of(&set), slots_of(&model));
        for (tree, language) in [(&mut has, language), (&mut needs, whole)] {
            for (intent, slots) in slots_of(&language.skills_set().unwrap()) {
                // An intent of both files is judged by the first.
                tree.entry(intent).or_insert(slots);
            }
        }
        // What is told of a routine's time, and how long a snooze is, each language says in its own way.
        needs.entry("SottoSnooze".into()).or_default().clear();
        for (intent, slots) in &needs {
            match has.get(intent) {
                None => faults.push(format!("no sentence for {intent}")),
                Some(has) => faults.extend(
                    slots
                        .difference(has)
                        .filter(|slot| !matches!(slot.as_str(), "weak" | "place_word"))
                        .map(|slot| format!("{intent} without {slot}")),
                ),
            }
        }
        let values = |text: &str| serde_norway::from_str::<Value>(text).unwrap();
        faults.extend(keys_lacking(&values(language.replies), &values(whole.replies), "replies"));
        if let Err(error) = Dialogue::read(language) {
            faults.push(error);
        }
        let mut defined = BTreeSet::new();
        for (file, text) in language.sentences {
            for key in ["expansion_rules", "lists"] {
                let names = values(text).get(key).and_then(Value::as_object).cloned().unwrap_or_default();
                let twice = names.keys().filter(|name| !defined.insert((key, (*name).clone())));
                faults
                    .extend(twice.map(|name| format!("{name} is defined twice, the second time in {file}")));
            }
        }
        faults
    }

    /// Which slots the sentences of an intent can fill; states that only sensors have are not told apart.
    fn slots_of(set: &SentenceSet) -> BTreeMap<String, BTreeSet<String>> {
        let mut slots: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for block in &set.blocks {
            let known = slots.entry(block.intent.clone()).or_default();
            known.extend(block.slots.keys().cloned());
            for sentence in &block.sentences {
                filled(&sentence.expression, block, set, known, 0);
            }
        }
        slots
    }

    fn filled(
        expression: &Expression,
        block: &Block,
        set: &SentenceSet,
        slots: &mut BTreeSet<String>,
        depth: usize,
    ) {
        match expression {
            Expression::Text(_) => {}
            Expression::Sequence(items) | Expression::Alternative(items) | Expression::Permutation(items) => {
                items.iter().for_each(|item| filled(item, block, set, slots, depth));
            }
            Expression::Optional(inner) => filled(inner, block, set, slots, depth),
            Expression::List(list) => {
                slots.insert(list.slot.clone());
            }
            Expression::Rule(name) => {
                let rule = block.rules.get(name).or_else(|| set.rules.get(name));
                if let Some(rule) = rule.filter(|_| depth < 20) {
                    filled(&rule.expression, block, set, slots, depth + 1);
                }
            }
        }
    }

    /// Keys that one tree has and the other lacks, and lists of templates that are empty. What languages
    /// say otherwise is their own: words for states, colours and modes.
    fn keys_lacking(tree: &Value, whole: &Value, path: &str) -> Vec<String> {
        const OWN: &[&str] =
            &["replies.words", "replies.colors", "replies.modes", "replies.same_states", "replies.toyou"];
        if OWN.contains(&path) {
            return Vec::new();
        }
        match (tree, whole) {
            (Value::Object(tree), Value::Object(whole)) => whole
                .iter()
                .flat_map(|(key, value)| match tree.get(key) {
                    None => vec![format!("{path}.{key} is missing")],
                    Some(own) => keys_lacking(own, value, &format!("{path}.{key}")),
                })
                .collect(),
            (Value::Array(own), Value::Array(whole)) if own.is_empty() && !whole.is_empty() => {
                // A language without articles has no words that take none.
                let is_article = path.starts_with("replies.article");
                (!is_article).then(|| format!("{path} is empty")).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    #[test]
    fn every_language_is_whole() {
        for language in ALL {
            let faults = faults(language, &ENGLISH);
            assert!(faults.is_empty(), "{} is half done:\n{}", language.tag, faults.join("\n"));
        }
    }

    #[test]
    fn a_half_done_language_is_found() {
        const CUT: &[(&str, &str)] = &[("zh/talk.yaml", include_str!("zh/talk.yaml"))];
        let half = Language { sentences: CUT, ..MANDARIN };
        let found = faults(&half, &ENGLISH);
        assert!(found.contains(&"no sentence for HassTurnOn".to_string()), "{found:?}");
        const FEW: &str = "language: zh-CN\ndone: { on: [], off: [\"关\"] }\n";
        let found = faults(&Language { replies: FEW, ..MANDARIN }, &ENGLISH);
        assert!(found.contains(&"replies.done.on is empty".to_string()), "{found:?}");
        assert!(found.contains(&"replies.done.opened is missing".to_string()), "{found:?}");
    }

    #[test]
    fn every_sentence_file_is_listed() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/intent/languages");
        for entry in std::fs::read_dir(&folder).unwrap().flatten().filter(|entry| entry.path().is_dir()) {
            let name = entry.file_name().to_string_lossy().into_owned();
            let others = ["dialogue.yaml", "unknown.yaml", "replies.yaml"];
            for file in std::fs::read_dir(entry.path()).unwrap().flatten() {
                let file = file.file_name().to_string_lossy().into_owned();
                let path = format!("{name}/{file}");
                let mut listed = ALL.iter().flat_map(|l| l.sentences.iter().chain(l.skills));
                let is_listed = listed.any(|(known, _)| *known == path);
                assert!(is_listed || others.contains(&file.as_str()), "{path} is in no row of ALL");
            }
        }
    }

    #[test]
    fn a_region_is_its_language() {
        assert_eq!(Language::find("en-GB").map(|l| l.tag), Some("en"));
        assert_eq!(Language::find("EN").map(|l| l.tag), Some("en"));
        assert_eq!(Language::find("zh").map(|l| l.tag), Some("zh-CN"));
        assert_eq!(Language::find("xx"), None);
    }
}
