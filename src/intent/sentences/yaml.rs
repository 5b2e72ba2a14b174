//! One YAML file into a [`SentenceSet`].

use super::{
    Block, Expression, Fractions, List, ListEntry, Origin, RangeList, Sentence, SentenceError, SentenceSet,
    Values,
};
use serde::de::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// What Home Assistant's `intents.yaml` says about a file of its newer layout, where one file is one
/// combination of slots of one intent.
#[derive(Debug, Clone, Default)]
pub(super) struct Combination {
    /// The intent: the folder's name.
    pub intent: String,
    /// The combination: the file's name.
    pub name: String,
    /// The area of the speaker must be known, and goes into the slot.
    pub context_area: bool,
    /// Named groups of domains.
    pub domain_groups: BTreeMap<String, Vec<Value>>,
}

impl SentenceSet {
    /// Reads files given as name and text, and merges them as Home Assistant does: blocks are appended,
    /// lists of values of the same name are joined, a rule of the same name replaces the one before.
    ///
    /// # Errors
    /// [`SentenceError`] names the file, the line and what is wrong.
    pub fn read<N: AsRef<str>, T: AsRef<str>>(
        files: impl IntoIterator<Item = (N, T)>,
    ) -> Result<Self, SentenceError> {
        let mut set = Self::default();
        for (name, text) in files {
            set.add(name.as_ref(), text.as_ref(), None)?;
        }
        Ok(set)
    }

    /// Adds one file; `combination` where its place says what it is about.
    pub(super) fn add(
        &mut self,
        file: &str,
        text: &str,
        combination: Option<&Combination>,
    ) -> Result<(), SentenceError> {
        for document in serde_norway::Deserializer::from_str(text) {
            let wrong = |message: String| SentenceError::Yaml { file: file.to_owned(), message };
            let mut value =
                serde_norway::Value::deserialize(document).map_err(|error| wrong(error.to_string()))?;
            value.apply_merge().map_err(|error| wrong(error.to_string()))?;
            let source = Source { file, text };
            match plain(value, 0) {
                Value::Null => {}
                Value::Object(map) => self.add_document(&source, map, combination)?,
                _ => return Err(source.shape("(the file)", "a mapping with `language` and `intents`")),
            }
        }
        Ok(())
    }

    fn add_document(
        &mut self,
        source: &Source<'_>,
        map: Values,
        combination: Option<&Combination>,
    ) -> Result<(), SentenceError> {
        for (key, value) in map {
            match key.as_str() {
                "language" => {
                    let found = text_of(&value).ok_or_else(|| source.shape("language", "a language tag"))?;
                    if self.language.is_empty() {
                        self.language = found;
                    } else if self.language != found {
                        let (file, expected) = (source.file.to_owned(), self.language.clone());
                        return Err(SentenceError::Language { file, found, expected });
                    }
                }
                "intents" => {
                    for (intent, value) in source.map(value, "intents")? {
                        self.add_intent(source, &intent, value)?;
                    }
                }
                "data" if combination.is_some() => {
                    let Some(combination) = combination else { continue };
                    self.add_combination(source, combination, value)?;
                }
                "lists" => {
                    for (name, value) in source.map(value, "lists")? {
                        let list = source.list(&name, value)?;
                        match (self.lists.get_mut(&name), list) {
                            (Some(List::Values(before)), List::Values(more)) => before.extend(more),
                            (_, list) => {
                                self.lists.insert(name, list);
                            }
                        }
                    }
                }
                "expansion_rules" => self.rules.extend(source.rules(value)?),
                "skip_words" => self.skip_words.extend(source.texts(value, "skip_words")?),
                "responses" => self.add_responses(source, value)?,
                "settings" => self.settings.extend(source.map(value, "settings")?),
                _ => {
                    tracing::debug!(file = source.file, key, "key of no meaning here, kept");
                    self.other.insert(key, value);
                }
            }
        }
        Ok(())
    }

    fn add_intent(&mut self, source: &Source<'_>, intent: &str, value: Value) -> Result<(), SentenceError> {
        let mut map = match value {
            Value::Null => return Ok(()),
            value => source.map(value, intent)?,
        };
        let Some(data) = map.remove("data") else {
            tracing::debug!(file = source.file, intent, "an intent without `data`, passed over");
            return Ok(());
        };
        for value in source.array(data, &format!("{intent}.data"))? {
            if let Some(block) = source.block(intent, value)? {
                self.blocks.push(block);
            }
        }
        Ok(())
    }

    fn add_combination(
        &mut self,
        source: &Source<'_>,
        combination: &Combination,
        data: Value,
    ) -> Result<(), SentenceError> {
        let values = source.array(data, "data")?;
        // Blocks made for a smaller recogniser only repeat what the others of the file say in full.
        let is_lean = |value: &Value| value.get("speech_to_phrase").and_then(Value::as_bool) == Some(true);
        let all_lean = values.iter().all(is_lean);
        for mut value in values {
            if is_lean(&value) && !all_lean {
                continue;
            }
            if let Some(domains) = value.get_mut("name_domains")
                && let Some(group) = domains.as_str()
            {
                *domains = combination.domain_groups.get(group).cloned().map_or(Value::Null, Value::Array);
            }
            let Some(mut block) = source.block(&combination.intent, value)? else { continue };
            if combination.context_area {
                block.requires_context.insert("area".into(), serde_json::json!({"slot": true}));
            }
            block.metadata.insert("slot_combination".into(), Value::from(combination.name.as_str()));
            self.blocks.push(block);
        }
        Ok(())
    }

    fn add_responses(&mut self, source: &Source<'_>, value: Value) -> Result<(), SentenceError> {
        for (key, value) in source.map(value, "responses")? {
            match key.as_str() {
                "errors" => {
                    for (key, value) in source.map(value, "responses.errors")? {
                        self.errors.extend(text_of(&value).map(|text| (key, text)));
                    }
                }
                "intents" => {
                    for (intent, value) in source.map(value, "responses.intents")? {
                        let responses = self.responses.entry(intent).or_default();
                        for (key, value) in source.map(value, "responses.intents")? {
                            responses.extend(text_of(&value).map(|text| (key, text)));
                        }
                    }
                }
                _ => tracing::debug!(file = source.file, key, "responses of no meaning here, passed over"),
            }
        }
        Ok(())
    }
}

struct Source<'a> {
    file: &'a str,
    text: &'a str,
}

impl Source<'_> {
    /// Where a text stands in the file: the first line that has it.
    fn origin(&self, wanted: &str) -> Origin {
        let first = wanted.lines().next().unwrap_or_default();
        let quoted = first.replace('\\', "\\\\").replace('"', "\\\"");
        let line = self
            .text
            .lines()
            .position(|line| !first.is_empty() && (line.contains(first) || line.contains(&quoted)))
            .map_or(0, |index| index + 1);
        Origin { file: self.file.to_owned(), line }
    }

    fn shape(&self, key: &str, expected: &'static str) -> SentenceError {
        let last = key.rsplit('.').next().unwrap_or(key);
        SentenceError::Shape { origin: self.origin(&format!("{last}:")), key: key.to_owned(), expected }
    }

    fn map(&self, value: Value, key: &str) -> Result<Values, SentenceError> {
        match value {
            Value::Object(map) => Ok(map),
            Value::Null => Ok(Values::new()),
            _ => Err(self.shape(key, "a mapping")),
        }
    }

    fn array(&self, value: Value, key: &str) -> Result<Vec<Value>, SentenceError> {
        match value {
            Value::Array(items) => Ok(items),
            Value::Null => Ok(Vec::new()),
            _ => Err(self.shape(key, "a list")),
        }
    }

    fn texts(&self, value: Value, key: &str) -> Result<Vec<String>, SentenceError> {
        self.array(value, key)?
            .iter()
            .map(|value| text_of(value).ok_or_else(|| self.shape(key, "a list of texts")))
            .collect()
    }

    fn template(&self, text: String) -> Result<Sentence, SentenceError> {
        match Expression::parse(&text) {
            Ok(expression) => Ok(Sentence { expression, origin: self.origin(&text), text }),
            Err(error) => {
                Err(SentenceError::Template { origin: self.origin(&text), template: text, source: error })
            }
        }
    }

    fn rules(&self, value: Value) -> Result<BTreeMap<String, Sentence>, SentenceError> {
        self.map(value, "expansion_rules")?
            .into_iter()
            .map(|(name, value)| {
                let body = text_of(&value).ok_or_else(|| self.shape(&name, "a template"))?;
                Ok((name, self.template(body)?))
            })
            .collect()
    }

    /// One item of `data`; `None` when it has no sentences.
    fn block(&self, intent: &str, value: Value) -> Result<Option<Block>, SentenceError> {
        let mut block = Block { intent: intent.to_owned(), ..Block::default() };
        let mut domains = None;
        let mut inferred = None;
        for (key, value) in self.map(value, &format!("{intent}.data"))? {
            match key.as_str() {
                "sentences" => {
                    block.sentences = self
                        .texts(value, "sentences")?
                        .into_iter()
                        .map(|text| self.template(text))
                        .collect::<Result<_, _>>()?;
                }
                "slots" => block.slots.extend(self.map(value, "slots")?),
                "requires_context" => block.requires_context.extend(self.map(value, "requires_context")?),
                "excludes_context" => block.excludes_context.extend(self.map(value, "excludes_context")?),
                "expansion_rules" => block.rules = self.rules(value)?,
                "lists" => {
                    for (name, value) in self.map(value, "lists")? {
                        let list = self.list(&name, value)?;
                        block.lists.insert(name, list);
                    }
                }
                "metadata" => block.metadata = self.map(value, "metadata")?,
                "response" => block.response = text_of(&value),
                "name_domains" if value.is_array() => domains = Some(value),
                "inferred_domain" if value.is_string() => inferred = Some(value),
                "required_keywords" | "example" | "speech_to_phrase" | "settings" => {}
                _ => tracing::debug!(file = self.file, intent, key, "key of no meaning here, passed over"),
            }
        }
        // Domains of `{name}` come first; a domain that the words imply counts where there is no name.
        if let Some(domains) = domains {
            block.requires_context.insert("domain".into(), domains);
        } else if let Some(domain) = inferred {
            block.slots.insert("domain".into(), domain);
        }
        Ok((!block.sentences.is_empty()).then_some(block))
    }

    fn list(&self, name: &str, value: Value) -> Result<List, SentenceError> {
        let mut map = self.map(value, &format!("lists.{name}"))?;
        if let Some(values) = map.remove("values") {
            let key = format!("lists.{name}.values");
            let entries = self.array(values, &key)?.into_iter().map(|value| self.entry(name, value));
            return Ok(List::Values(entries.collect::<Result<_, _>>()?));
        }
        if let Some(range) = map.remove("range") {
            return self.range(name, range).map(List::Range);
        }
        if map.get("wildcard").and_then(Value::as_bool) == Some(true) {
            return Ok(List::Wildcard);
        }
        Err(self.shape(name, "a list with `values`, `range` or `wildcard: true`"))
    }

    fn entry(&self, name: &str, value: Value) -> Result<ListEntry, SentenceError> {
        if let Some(text) = text_of(&value) {
            let value = if Expression::is_template(&text) { Value::Null } else { value };
            return self.checked(ListEntry { text, value, ..ListEntry::default() });
        }
        let mut map = self.map(value, name)?;
        let text = map.get("in").and_then(text_of).ok_or_else(|| {
            self.shape(&format!("lists.{name}.values"), "texts, or mappings with `in` and `out`")
        })?;
        self.checked(ListEntry {
            text,
            value: map.remove("out").unwrap_or_default(),
            context: map.remove("context").map_or(Ok(Values::new()), |value| self.map(value, "context"))?,
            metadata: map
                .remove("metadata")
                .map_or(Ok(Values::new()), |value| self.map(value, "metadata"))?,
        })
    }

    fn checked(&self, entry: ListEntry) -> Result<ListEntry, SentenceError> {
        if Expression::is_template(&entry.text) {
            self.template(entry.text.clone())?;
        }
        Ok(entry)
    }

    fn range(&self, name: &str, value: Value) -> Result<RangeList, SentenceError> {
        let key = format!("lists.{name}.range");
        let map = self.map(value, &key)?;
        let whole =
            |name: &str| map.get(name).and_then(|value| value.as_i64().or(value.as_f64().map(|f| f as i64)));
        let (Some(from), Some(to)) = (whole("from"), whole("to")) else {
            return Err(self.shape(&key, "a range with whole numbers `from` and `to`"));
        };
        let step = whole("step").unwrap_or(1);
        if from > to || step < 1 {
            return Err(self.shape(&key, "a range with `from` ≤ `to` and `step` ≥ 1"));
        }
        let fractions = match map.get("fractions").and_then(Value::as_str) {
            Some("halves") => Some(Fractions::Halves),
            Some("tenths") => Some(Fractions::Tenths),
            Some(_) => return Err(self.shape(&format!("{key}.fractions"), "`halves` or `tenths`")),
            None => None,
        };
        Ok(RangeList {
            kind: map.get("type").and_then(Value::as_str).unwrap_or("number").to_owned(),
            fractions,
            multiplier: map.get("multiplier").and_then(Value::as_f64),
            digits: map.get("digits").and_then(Value::as_bool).unwrap_or(true),
            words: map.get("words").and_then(Value::as_bool).unwrap_or(true),
            ..RangeList::new(from, to, step)
        })
    }
}

/// A scalar as text.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        _ => None,
    }
}

/// YAML's values as JSON's: keys become texts, tags go.
fn plain(value: serde_norway::Value, depth: usize) -> Value {
    use serde_norway::Value as Yaml;
    if depth > 64 {
        return Value::Null;
    }
    match value {
        Yaml::Null => Value::Null,
        Yaml::Bool(value) => Value::Bool(value),
        Yaml::Number(number) => {
            number.as_i64().map(Value::from).or_else(|| number.as_f64().map(Value::from)).unwrap_or_default()
        }
        Yaml::String(text) => Value::String(text),
        Yaml::Sequence(items) => Value::Array(items.into_iter().map(|item| plain(item, depth + 1)).collect()),
        Yaml::Mapping(map) => Value::Object(
            map.into_iter()
                .filter_map(|(key, value)| Some((text_of(&plain(key, depth + 1))?, plain(value, depth + 1))))
                .collect(),
        ),
        Yaml::Tagged(tagged) => plain(tagged.value, depth + 1),
    }
}
