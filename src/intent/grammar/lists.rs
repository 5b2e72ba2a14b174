//! What lists have in them, as tries over words.

use super::GrammarError;
use super::automaton::{Automaton, ListKey, ListUse};
use super::token;
use crate::intent::numbers;
use crate::intent::sentences::{Expression, List, ListEntry, ListSource, RangeList, SentenceSet, spellings};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// The most spellings of one entry.
const MAX_SPELLINGS: usize = 512;
/// Lists that sentences may name though nobody gives them: a home without floors has none.
const MAY_BE_MISSING: [&str; 3] = ["name", "area", "floor"];

/// The lists that the home gives: `name`, `area`, `floor`, and others that a caller fills. They stand
/// before lists of the same name in the sentences' files.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lists {
    lists: BTreeMap<String, Vec<ListEntry>>,
}

impl Lists {
    /// No lists.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one entry to a list; the list is made if need be.
    pub fn push(&mut self, list: &str, entry: ListEntry) {
        match self.lists.get_mut(list) {
            Some(entries) => entries.push(entry),
            None => {
                self.lists.insert(list.to_owned(), vec![entry]);
            }
        }
    }

    /// Sets a list.
    pub fn set(&mut self, list: &str, entries: Vec<ListEntry>) {
        self.lists.insert(list.to_owned(), entries);
    }

    /// A list's entries.
    pub fn get(&self, list: &str) -> Option<&[ListEntry]> {
        self.lists.get(list).map(Vec::as_slice)
    }
}

/// A list, ready to match.
#[derive(Debug)]
pub(crate) enum Compiled {
    /// One of the entries.
    Text(TextList),
    /// A number.
    Range(RangeList),
    /// Any words.
    Wildcard,
}

/// Entries and their trie.
#[derive(Debug, Default)]
pub(crate) struct TextList {
    /// The entries.
    pub entries: Vec<Arc<ListEntry>>,
    /// Every spelling as words' ids, with the entry it belongs to, in order.
    pub spellings: Vec<(Box<[u32]>, u32)>,
    /// Whether the home gave it: such names are heard wrongly, and may be matched by likeness.
    pub given: bool,
    trie: Vec<TrieNode>,
}

/// A node: what may follow, and whose spelling ends here.
#[derive(Debug, Default)]
pub(crate) struct TrieNode {
    children: Vec<(u32, u32)>,
    ends: Vec<u32>,
}

impl TextList {
    /// The trie's root.
    pub const ROOT: u32 = 0;

    /// The node after one more word.
    pub fn step(&self, node: u32, word: u32) -> Option<u32> {
        let children = &self.trie.get(node as usize)?.children;
        children.binary_search_by_key(&word, |&(word, _)| word).ok().map(|at| children[at].1)
    }

    /// Entries whose spelling ends at the node.
    pub fn ends(&self, node: u32) -> &[u32] {
        self.trie.get(node as usize).map_or(&[], |node| &node.ends)
    }

    /// Words that may follow the node.
    pub fn following(&self, node: u32) -> impl Iterator<Item = u32> + '_ {
        self.trie.get(node as usize).into_iter().flat_map(|node| node.children.iter().map(|&(word, _)| word))
    }

    fn build(&mut self) {
        self.spellings.sort_unstable();
        self.spellings.dedup();
        self.trie.push(TrieNode::default());
        let mut path: Vec<(u32, u32)> = Vec::new();
        for (words, entry) in &self.spellings {
            let shared = path.iter().zip(words.iter()).take_while(|((a, _), b)| a == *b).count();
            path.truncate(shared);
            for &word in words.iter().skip(shared) {
                let parent = path.last().map_or(Self::ROOT, |&(_, node)| node);
                let node = self.trie.len() as u32;
                self.trie.push(TrieNode::default());
                if let Some(parent) = self.trie.get_mut(parent as usize) {
                    parent.children.push((word, node));
                }
                path.push((word, node));
            }
            let last = path.last().map_or(Self::ROOT, |&(_, node)| node);
            if let Some(node) = self.trie.get_mut(last as usize) {
                node.ends.push(*entry);
            }
        }
    }
}

/// Words and their ids: the automaton's first, then the lists'.
#[derive(Debug, Clone, Default)]
pub(crate) struct Vocabulary {
    ids: HashMap<Arc<str>, u32>,
    words: Vec<Arc<str>>,
}

impl Vocabulary {
    /// The automaton's words under the automaton's ids.
    pub fn of(automaton: &Automaton) -> Self {
        let mut vocabulary = Self::default();
        for word in &automaton.words {
            vocabulary.add(word);
        }
        vocabulary
    }

    /// The word's id, new if need be.
    pub fn add(&mut self, word: &str) -> u32 {
        if let Some(&id) = self.ids.get(word) {
            return id;
        }
        let id = self.words.len() as u32;
        let word: Arc<str> = Arc::from(word);
        self.words.push(word.clone());
        self.ids.insert(word, id);
        id
    }

    /// The word's id, if it has one.
    pub fn id(&self, word: &str) -> Option<u32> {
        self.ids.get(word).copied()
    }

    /// The word.
    pub fn word(&self, id: u32) -> &str {
        self.words.get(id as usize).map_or("", |word| word)
    }
}

/// Fills the automaton's lists.
pub(crate) fn fill(
    set: &SentenceSet,
    automaton: &Automaton,
    given: &Lists,
    vocabulary: &mut Vocabulary,
) -> Result<Vec<Arc<Compiled>>, GrammarError> {
    let mut shared: HashMap<&ListUse, Arc<Compiled>> = HashMap::new();
    let mut lists = Vec::with_capacity(automaton.lists.len());
    for list in &automaton.lists {
        let compiled = match shared.get(list) {
            Some(compiled) => compiled.clone(),
            None => Arc::new(compile(set, list, given, vocabulary)?),
        };
        shared.insert(list, compiled.clone());
        lists.push(compiled);
    }
    Ok(lists)
}

fn compile(
    set: &SentenceSet,
    list: &ListUse,
    given: &Lists,
    vocabulary: &mut Vocabulary,
) -> Result<Compiled, GrammarError> {
    if let Some(range) = list.key.inline() {
        return Ok(Compiled::Range(range));
    }
    let (entries, is_given): (&[ListEntry], bool) = match find(set, &list.key, given) {
        Some(Found::Given(entries)) => (entries, true),
        Some(Found::Written(List::Values(entries))) => (entries, false),
        Some(Found::Written(List::Range(range))) => return Ok(Compiled::Range(range.clone())),
        Some(Found::Written(List::Wildcard)) => return Ok(Compiled::Wildcard),
        None if MAY_BE_MISSING.contains(&list.key.name().as_str()) => (&[], true),
        None => return Err(GrammarError::NoList { list: list.key.name(), used_by: user_of(set, &list.key) }),
    };
    let mut text = TextList { given: is_given, ..TextList::default() };
    for entry in entries {
        let index = text.entries.len() as u32;
        text.entries.push(Arc::new(entry.clone()));
        for spelling in spell(set, list, entry, given)? {
            let glued = format!("{}{}{}", list.prefix, spelling.trim(), list.suffix);
            let words = token::words(&glued);
            if words.is_empty() || spelling.trim().is_empty() {
                continue;
            }
            if is_given {
                for other in numbers::other_spellings(&words, &set.language) {
                    let ids = other.iter().map(|word| vocabulary.add(word)).collect();
                    text.spellings.push((ids, index));
                }
            }
            let ids = words.iter().map(|word| vocabulary.add(word)).collect();
            text.spellings.push((ids, index));
        }
    }
    text.build();
    Ok(Compiled::Text(text))
}

enum Found<'a> {
    Given(&'a [ListEntry]),
    Written(&'a List),
}

fn find<'a>(set: &'a SentenceSet, key: &ListKey, given: &'a Lists) -> Option<Found<'a>> {
    match key {
        ListKey::Local(block, name) => {
            set.blocks.get(*block as usize).and_then(|block| block.lists.get(name)).map(Found::Written)
        }
        ListKey::Shared(name) => match given.get(name) {
            Some(entries) => Some(Found::Given(entries)),
            None => set.lists.get(name).map(Found::Written),
        },
        ListKey::Inline(..) => None,
    }
}

/// Every way to say an entry.
fn spell(
    set: &SentenceSet,
    list: &ListUse,
    entry: &ListEntry,
    given: &Lists,
) -> Result<Vec<String>, GrammarError> {
    let plain = || Ok(vec![entry.text.clone()]);
    if !Expression::is_template(&entry.text) {
        return plain();
    }
    let Ok(expression) = Expression::parse(&entry.text) else { return plain() };
    let resolve = |expression: &Expression| match expression {
        Expression::Rule(name) => set.rules.get(name).map(|rule| rule.expression.clone()),
        Expression::List(reference) => {
            let ListSource::Named(name) = &reference.source else { return None };
            let entries = match given.get(name) {
                Some(entries) => entries,
                None => match set.lists.get(name)? {
                    List::Values(entries) => entries,
                    List::Range(_) | List::Wildcard => return None,
                },
            };
            let branches = entries.iter().map(|entry| {
                Expression::parse(&entry.text).unwrap_or_else(|_| Expression::Text(entry.text.clone()))
            });
            Some(Expression::Alternative(branches.collect()))
        }
        _ => None,
    };
    spellings(&expression, MAX_SPELLINGS, &resolve)
        .ok_or_else(|| GrammarError::Entry { list: list.key.name(), text: entry.text.clone() })
}

fn user_of(set: &SentenceSet, key: &ListKey) -> String {
    let name = key.name();
    let named = format!("{{{name}");
    let uses = |text: &str| {
        text.match_indices(&named)
            .any(|(at, _)| matches!(text[at + named.len()..].chars().next(), Some(':' | '}')))
    };
    let sentences = set.blocks.iter().flat_map(|block| block.sentences.iter().chain(block.rules.values()));
    sentences
        .chain(set.rules.values())
        .find(|sentence| uses(&sentence.text))
        .map_or_else(|| name.clone(), |sentence| format!("\"{}\" ({})", sentence.text, sentence.origin))
}
