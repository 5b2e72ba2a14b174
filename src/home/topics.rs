//! Which topic tells of whom, and what was last said on it.

use std::collections::HashMap;

/// A payload is remembered if it is not longer than this, in bytes.
const REMEMBERED_PAYLOAD: usize = 16 << 10;
/// All remembered payloads together, in bytes.
const REMEMBERED_ALL: usize = 16 << 20;
/// The most topics without a reader that are remembered.
const UNREAD_TOPICS: usize = 4096;

#[derive(Debug, Default)]
struct Topic {
    /// Thing and slot.
    readers: Vec<(usize, usize)>,
    /// Text, and when it was heard.
    last: Option<(Box<str>, u64)>,
}

/// An index of topics.
///
/// The last payload of each topic is remembered: several things may read one topic, and one that is
/// announced later than the others would wait for the next message. Topics that nobody reads are
/// remembered too, up to a bound, since a state may come before the announcement.
#[derive(Debug, Default)]
pub(super) struct Topics {
    topics: HashMap<String, Topic>,
    bytes: usize,
    unread: usize,
}

impl Topics {
    /// Notes a payload and says who reads it.
    pub(super) fn heard(&mut self, topic: &str, text: &str, now_ms: u64) -> Vec<(usize, usize)> {
        if !self.topics.contains_key(topic) {
            if self.unread >= UNREAD_TOPICS || !self.fits(0, topic.len() + text.len()) {
                return Vec::new();
            }
            self.unread += 1;
            self.topics.insert(topic.to_owned(), Topic::default());
        }
        let Some(entry) = self.topics.get_mut(topic) else { return Vec::new() };
        let before = entry.last.as_ref().map_or(0, |(t, _)| t.len());
        let fits = text.len() <= REMEMBERED_PAYLOAD && self.bytes - before + text.len() <= REMEMBERED_ALL;
        self.bytes -= before;
        entry.last = fits.then(|| (text.into(), now_ms));
        self.bytes += if fits { text.len() } else { 0 };
        entry.readers.clone()
    }

    fn fits(&self, before: usize, after: usize) -> bool {
        after <= REMEMBERED_PAYLOAD && self.bytes - before + after <= REMEMBERED_ALL
    }

    /// Adds a reader. Says whether nobody read the topic before, and what was last heard on it.
    pub(super) fn add(&mut self, topic: &str, thing: usize, slot: usize) -> (bool, Option<(String, u64)>) {
        let known = self.topics.contains_key(topic);
        let entry = self.topics.entry(topic.to_owned()).or_default();
        let new = entry.readers.is_empty();
        if known && new {
            self.unread = self.unread.saturating_sub(1);
        }
        entry.readers.push((thing, slot));
        (new, entry.last.as_ref().map(|(text, at)| (text.to_string(), *at)))
    }

    /// Takes a thing off a topic's readers; says whether nobody is left.
    pub(super) fn remove(&mut self, topic: &str, thing: usize) -> bool {
        let Some(entry) = self.topics.get_mut(topic) else { return false };
        entry.readers.retain(|(t, _)| *t != thing);
        if !entry.readers.is_empty() {
            return false;
        }
        self.bytes -= entry.last.as_ref().map_or(0, |(t, _)| t.len());
        self.topics.remove(topic);
        true
    }

    /// Whether anybody reads a topic.
    pub(super) fn is_read(&self, topic: &str) -> bool {
        self.topics.get(topic).is_some_and(|t| !t.readers.is_empty())
    }

    /// The topics that somebody reads.
    pub(super) fn read(&self) -> impl Iterator<Item = &str> {
        self.topics.iter().filter(|(_, t)| !t.readers.is_empty()).map(|(name, _)| name.as_str())
    }
}
