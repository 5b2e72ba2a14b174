//! Whether a component can be reached: one topic or a list, and how several count together.

use super::component::{Settings, same};
use super::template::{Rendered, Template};
use crate::home::entity;
use crate::home::payload::Payload;
use serde_json::{Map, Value};

/// How several topics count together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    All,
    Any,
    Latest,
}

#[derive(Debug)]
struct Entry {
    topic: String,
    template: Option<Template>,
    available: String,
    not_available: String,
    last: Option<bool>,
}

/// The availability of a component.
///
/// A topic that has not been heard yet says nothing: the component counts as there.
#[derive(Debug)]
pub(super) struct Availability {
    topics: Vec<String>,
    entries: Vec<Entry>,
    mode: Mode,
    latest: Option<bool>,
}

impl Availability {
    /// Reads the settings.
    pub(super) fn new(settings: &mut Settings) -> Self {
        let mut entries = Vec::new();
        let listed = match settings.raw("availability") {
            Some(Value::Array(all)) => all.iter().take(32).filter_map(Value::as_object).cloned().collect(),
            Some(Value::Object(one)) => vec![one.clone()],
            _ => Vec::new(),
        };
        for one in listed {
            entries.extend(entry(one, "topic", "value_template", settings));
        }
        if entries.is_empty() {
            let single: Map<String, Value> =
                ["availability_topic", "availability_template", "payload_available", "payload_not_available"]
                    .into_iter()
                    .filter_map(|key| Some((key.to_owned(), settings.raw(key)?.clone())))
                    .collect();
            entries.extend(entry(single, "availability_topic", "availability_template", settings));
        }
        let mode = match settings.optional("availability_mode").as_deref() {
            Some("all") => Mode::All,
            Some("any") => Mode::Any,
            _ => Mode::Latest,
        };
        Self { topics: entries.iter().map(|e| e.topic.clone()).collect(), entries, mode, latest: None }
    }

    /// The topics, in the order of their index.
    pub(super) fn topics(&self) -> impl Iterator<Item = &String> {
        self.topics.iter()
    }

    /// Takes a message on the topic of this index.
    pub(super) fn heard(&mut self, index: usize, message: &Payload<'_>) -> Result<(), String> {
        let Some(entry) = self.entries.get_mut(index) else { return Ok(()) };
        let rendered = match &entry.template {
            None => Rendered::Text(message.text().to_owned()),
            Some(template) => template.render(message)?,
        };
        let Rendered::Text(text) = rendered else { return Ok(()) };
        let said = if same(&text, &entry.available) {
            true
        } else if same(&text, &entry.not_available) {
            false
        } else {
            return Ok(());
        };
        entry.last = Some(said);
        self.latest = Some(said);
        Ok(())
    }

    /// What counts now; a state whose time is over makes the component unavailable.
    pub(super) fn now(&self, expired: bool) -> entity::Availability {
        let here = |e: &Entry| e.last != Some(false);
        let available = self.entries.is_empty()
            || match self.mode {
                Mode::All => self.entries.iter().all(here),
                Mode::Any => self.entries.iter().any(here),
                Mode::Latest => self.latest != Some(false),
            };
        if available && !expired {
            entity::Availability::Available
        } else {
            entity::Availability::Unavailable
        }
    }
}

fn entry(
    map: Map<String, Value>,
    topic_key: &str,
    template_key: &str,
    outer: &mut Settings,
) -> Option<Entry> {
    let mut own = Settings::new(map);
    let topic = own.topic(topic_key)?;
    let template = own.template(template_key);
    outer.unreadable.append(&mut own.unreadable);
    if own.raw(template_key).is_some() && template.is_none() {
        return None;
    }
    Some(Entry {
        topic,
        template,
        available: own.text("payload_available", "online"),
        not_available: own.text("payload_not_available", "offline"),
        last: None,
    })
}
