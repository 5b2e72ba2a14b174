//! `replies.yaml`, read.

use serde::Deserialize;
use std::collections::BTreeMap;

/// Templates by key; one of a key's is chosen.
pub(super) type Templates = BTreeMap<String, Vec<String>>;

/// How a list is joined.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Join {
    /// Between all but the last two.
    pub comma: String,
    /// Between the last two that all count.
    pub and: String,
    /// Between the last two of which one counts.
    pub or: String,
    /// For what is not named; `{count}` is how many.
    pub more: String,
    /// Between sentences.
    pub sentences: String,
    /// Between a number and what it counts.
    pub unit: String,
}

/// What stands before a name inside a sentence.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Article {
    /// The word; empty where a language has none.
    pub word: String,
    /// First words of names that take none.
    pub not_before: Vec<String>,
}

/// How several things are called; `{place}`, `{count}` and `{kinds}` are filled in.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Group {
    pub of_place: String,
    pub all: String,
    pub some: String,
}

/// Words of the clock.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Clock {
    pub time: Vec<String>,
    pub date: Vec<String>,
    /// Night, morning, afternoon, evening.
    pub day_parts: [String; 4],
    /// From Monday on.
    pub weekdays: [String; 7],
    pub months: [String; 12],
    /// One and several.
    pub day: [String; 2],
    pub hour: [String; 2],
    pub minute: [String; 2],
    pub second: [String; 2],
    /// Between the parts of a length of time: all but the last two, the last two.
    pub parts: [String; 2],
}

/// What is asked.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    pub which: Vec<String>,
    pub which_of_many: Vec<String>,
    pub did_you_mean: Vec<String>,
    pub did_you_mean_place: Vec<String>,
    pub confirm: Vec<String>,
    pub really: Vec<String>,
    /// By the key under `done`.
    pub actions: BTreeMap<String, String>,
}

/// A language's replies.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    #[serde(rename = "language")]
    _language: String,
    pub join: Join,
    pub article: Article,
    pub group: Group,
    pub done: Templates,
    pub unconfirmed: Vec<String>,
    pub dropped: Vec<String>,
    pub failed: Vec<String>,
    pub state: Templates,
    /// A state's word, where it is said otherwise.
    pub words: BTreeMap<String, String>,
    /// States that a sentence calls by another word than the home does.
    #[serde(default)]
    pub same_states: BTreeMap<String, String>,
    /// A colour's word, where it is not the slot's value.
    #[serde(default)]
    pub colors: BTreeMap<String, String>,
    /// A mode's word, where it is not the slot's value.
    #[serde(default)]
    pub modes: BTreeMap<String, String>,
    /// A binary sensor's words for on and off, by device class.
    pub classes: BTreeMap<String, [String; 2]>,
    /// One and several, by domain or device class; the empty key is anything.
    pub kinds: BTreeMap<String, [String; 2]>,
    pub units: BTreeMap<String, [String; 2]>,
    pub features: BTreeMap<String, String>,
    pub refused: Templates,
    pub asked: Asked,
    pub fixed: Templates,
    pub clock: Clock,
    pub timers: Templates,
    pub skills: Templates,
    /// A moment as it is said, by kind.
    pub moments: BTreeMap<String, String>,
    /// What a person says of themself, as it is said to them; by words in lower case.
    pub toyou: BTreeMap<String, String>,
}

impl File {
    /// Every template with its key.
    pub fn templates(&self) -> impl Iterator<Item = (&str, &str)> {
        fn each<'a>(key: &'a str, list: &'a [String]) -> impl Iterator<Item = (&'a str, &'a str)> {
            list.iter().map(move |template| (key, template.as_str()))
        }
        let maps = [&self.done, &self.state, &self.refused, &self.fixed, &self.timers, &self.skills];
        let lists = [
            ("unconfirmed", &self.unconfirmed),
            ("dropped", &self.dropped),
            ("failed", &self.failed),
            ("asked.which", &self.asked.which),
            ("asked.which_of_many", &self.asked.which_of_many),
            ("asked.did_you_mean", &self.asked.did_you_mean),
            ("asked.did_you_mean_place", &self.asked.did_you_mean_place),
            ("asked.confirm", &self.asked.confirm),
            ("asked.really", &self.asked.really),
            ("clock.time", &self.clock.time),
            ("clock.date", &self.clock.date),
        ];
        let actions = self.asked.actions.iter().map(|(key, template)| (key.as_str(), template.as_str()));
        maps.into_iter()
            .flatten()
            .flat_map(|(key, list)| each(key, list))
            .chain(lists.into_iter().flat_map(|(key, list)| each(key, list)))
            .chain(actions)
            .chain(self.moments.iter().map(|(key, template)| (key.as_str(), template.as_str())))
    }

    /// One (`false`) or several (`true`) of a domain or class.
    pub fn kind(&self, kind: &str, several: bool) -> String {
        let words = self.kinds.get(kind).or_else(|| self.kinds.get(""));
        words.map(|[one, many]| if several { many.clone() } else { one.clone() }).unwrap_or_default()
    }

    /// Texts in a row; past `most` only how many more there are.
    pub fn list(&self, texts: &[String], last: &str, most: usize) -> String {
        let mut shown: Vec<String> = texts.iter().take(most).cloned().collect();
        if texts.len() > most {
            shown.push(self.join.more.replace("{count}", &(texts.len() - most).to_string()));
        }
        match shown.split_last() {
            None => String::new(),
            Some((only, [])) => only.clone(),
            Some((end, rest)) => format!("{}{last}{end}", rest.join(&self.join.comma)),
        }
    }
}
