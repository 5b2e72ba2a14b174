//! Templates to an automaton over words.
//!
//! Templates are built from their last word to their first: what a piece of template makes depends on
//! what follows it, so equal pieces with equal continuations are one node, rules that are used often
//! among them, and the result has no empty moves and no cycles. Between two gaps a word may be put
//! together from several pieces (`light[s]`); such pieces wait as *open* letters until a gap is met.
//!
//! The nodes' edges carry words or slots; what a slot's list has in it is not known here, so that a
//! home that changes costs no new automaton.

use super::GrammarError;
use super::token::{self, Part};
use crate::intent::sentences::{Block, Expression, List, ListReference, ListSource, RangeList, SentenceSet};
use std::collections::HashMap;

/// What an edge takes: a word's id, or a slot's id with the highest bit set.
pub(crate) type Symbol = u32;
/// The bit that tells a slot from a word.
pub(crate) const SLOT: Symbol = 1 << 31;

/// The most edges of all nodes together.
const MAX_EDGES: usize = 4_000_000;
/// The most spellings that may wait for a gap in one place.
const MAX_OPEN: usize = 4_096;
/// The deepest nesting of rules.
const MAX_RULES: usize = 48;

/// Where an edge's list comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum ListKey {
    /// A list of all blocks, or one that the home gives.
    Shared(String),
    /// A list of one block.
    Local(u32, String),
    /// `{0..100:slot}`: from, to, step.
    Inline(i64, i64, i64),
}

/// A list as an edge uses it: some languages glue letters to what a list has.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct ListUse {
    /// The list.
    pub key: ListKey,
    /// Letters right before the value.
    pub prefix: String,
    /// Letters right after the value.
    pub suffix: String,
}

/// What an edge that is no word takes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct SlotUse {
    /// Index into [`Automaton::lists`].
    pub list: u32,
    /// The slot's or the capture's name.
    pub slot: String,
    /// For the response only.
    pub capture: bool,
}

/// A node: its edges in the order of their symbols, and the blocks whose sentences may end here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Node {
    /// Symbol and target; targets have smaller indices than the node.
    pub edges: Box<[(Symbol, u32)]>,
    /// Blocks.
    pub accepts: Box<[u32]>,
}

/// The automaton of a [`SentenceSet`].
#[derive(Debug, Default)]
pub(crate) struct Automaton {
    /// Nodes; every node's targets stand before it.
    pub nodes: Vec<Node>,
    /// Nodes at which sentences begin, each once.
    pub starts: Vec<u32>,
    /// Words by id.
    pub words: Vec<String>,
    /// Slots by id.
    pub slots: Vec<SlotUse>,
    /// Lists by id.
    pub lists: Vec<ListUse>,
}

/// A place inside a template. In the order of the variants, which is the order inside a piece.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Item {
    /// The word before is over; go on at this node.
    Gap(u32),
    /// A word of one character, then a node.
    Single(u32, u32),
    /// Letters that may still get letters before them, then a node.
    Open(u32, u32),
    /// A list (index into `uses`), then a piece.
    List(u32, u32),
    /// The sentence is over.
    End(u32),
}

/// A list reference that waits for its neighbours.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Waiting {
    key: ListKey,
    glues: bool,
    prefix: String,
    slot: String,
    capture: bool,
}

struct Builder<'a> {
    set: &'a SentenceSet,
    block: u32,
    pieces: Interner<Vec<Item>>,
    nodes: Interner<Node>,
    words: Interner<String>,
    uses: Interner<Waiting>,
    slots: Interner<SlotUse>,
    lists: Interner<ListUse>,
    finished: HashMap<u32, u32>,
    rules: HashMap<(String, u32), u32>,
    edges: usize,
}

/// Values by number, each once.
struct Interner<T> {
    ids: HashMap<T, u32>,
    values: Vec<T>,
}

impl<T: Clone + Eq + std::hash::Hash> Interner<T> {
    fn new() -> Self {
        Self { ids: HashMap::new(), values: Vec::new() }
    }

    fn id(&mut self, value: T) -> u32 {
        if let Some(&id) = self.ids.get(&value) {
            return id;
        }
        let id = self.values.len() as u32;
        self.values.push(value.clone());
        self.ids.insert(value, id);
        id
    }
}

impl Automaton {
    /// Builds the automaton.
    ///
    /// # Errors
    /// [`GrammarError`] when a sentence uses a rule that is not there or uses itself, or when it stands
    /// for more than a house can need.
    pub fn build(set: &SentenceSet) -> Result<Self, GrammarError> {
        let mut builder = Builder {
            set,
            block: 0,
            pieces: Interner::new(),
            nodes: Interner::new(),
            words: Interner::new(),
            uses: Interner::new(),
            slots: Interner::new(),
            lists: Interner::new(),
            finished: HashMap::new(),
            rules: HashMap::new(),
            edges: 0,
        };
        let mut starts = Vec::new();
        for (index, block) in set.blocks.iter().enumerate() {
            builder.block = index as u32;
            builder.rules.clear();
            let end = builder.pieces.id(vec![Item::End(index as u32)]);
            for sentence in &block.sentences {
                let start = builder
                    .build(block, &sentence.expression, end, &mut Vec::new())
                    .and_then(|piece| builder.finish(piece))
                    .map_err(|fault| GrammarError::Sentence {
                        origin: sentence.origin.clone(),
                        template: sentence.text.clone(),
                        fault,
                    })?;
                starts.push(start);
            }
        }
        starts.sort_unstable();
        starts.dedup();
        Ok(Self {
            nodes: builder.nodes.values,
            starts,
            words: builder.words.values,
            slots: builder.slots.values,
            lists: builder.lists.values,
        })
    }
}

/// Why one sentence cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SentenceFault {
    /// A rule that no file defines.
    #[error("there is no rule <{0}>; add it under `expansion_rules`")]
    NoRule(String),
    /// A rule that leads back to itself.
    #[error("the rule <{0}> leads back to itself")]
    Circle(String),
    /// Too many pieces without a gap.
    #[error("more than {MAX_OPEN} spellings of one word")]
    Spellings,
    /// Too large altogether.
    #[error("the sentences are too large together; the last one read is this")]
    Large,
}

impl Builder<'_> {
    fn build(
        &mut self,
        block: &Block,
        expression: &Expression,
        next: u32,
        path: &mut Vec<String>,
    ) -> Result<u32, SentenceFault> {
        match expression {
            Expression::Text(text) => {
                let mut next = next;
                for part in token::parts(text).into_iter().rev() {
                    next = self.prepend(part, next)?;
                }
                Ok(next)
            }
            Expression::Sequence(items) => {
                let mut next = next;
                for item in items.iter().rev() {
                    next = self.build(block, item, next, path)?;
                }
                Ok(next)
            }
            Expression::Alternative(branches) => {
                let mut items = Vec::new();
                for branch in branches {
                    let piece = self.build(block, branch, next, path)?;
                    items.extend(self.pieces.values[piece as usize].iter().cloned());
                }
                self.piece(items)
            }
            Expression::Optional(inner) => {
                let piece = self.build(block, inner, next, path)?;
                let mut items = self.pieces.values[piece as usize].clone();
                items.extend(self.pieces.values[next as usize].iter().cloned());
                self.piece(items)
            }
            Expression::Permutation(branches) => {
                let all = (1usize << branches.len()) - 1;
                self.permute(block, branches, all, next, path, &mut HashMap::new())
            }
            Expression::List(reference) => {
                let waiting = self.waiting(block, reference);
                let waiting = self.uses.id(waiting);
                self.piece(vec![Item::List(waiting, next)])
            }
            Expression::Rule(name) => {
                if let Some(&piece) = self.rules.get(&(name.clone(), next)) {
                    return Ok(piece);
                }
                if path.contains(name) || path.len() > MAX_RULES {
                    return Err(SentenceFault::Circle(name.clone()));
                }
                let set = self.set;
                let rule = block.rules.get(name).or_else(|| set.rules.get(name));
                let rule = rule.ok_or_else(|| SentenceFault::NoRule(name.clone()))?;
                path.push(name.clone());
                let piece = self.build(block, &rule.expression, next, path)?;
                path.pop();
                self.rules.insert((name.clone(), next), piece);
                Ok(piece)
            }
        }
    }

    /// The items in `left` (a bit each) in any order, then `next`.
    fn permute(
        &mut self,
        block: &Block,
        branches: &[Expression],
        left: usize,
        next: u32,
        path: &mut Vec<String>,
        done: &mut HashMap<usize, u32>,
    ) -> Result<u32, SentenceFault> {
        if left == 0 {
            return Ok(next);
        }
        if let Some(&piece) = done.get(&left) {
            return Ok(piece);
        }
        let mut items = Vec::new();
        for (i, branch) in branches.iter().enumerate() {
            if left & (1 << i) == 0 {
                continue;
            }
            let after = self.permute(block, branches, left & !(1 << i), next, path, done)?;
            let after = self.prepend(Part::Gap, after)?;
            let piece = self.build(block, branch, after, path)?;
            let piece = self.prepend(Part::Gap, piece)?;
            items.extend(self.pieces.values[piece as usize].iter().cloned());
        }
        let piece = self.piece(items)?;
        done.insert(left, piece);
        Ok(piece)
    }

    fn waiting(&self, block: &Block, reference: &ListReference) -> Waiting {
        let (key, glues) = match &reference.source {
            ListSource::Range { from, to, step } => (ListKey::Inline(*from, *to, *step), false),
            ListSource::Named(name) => match block.lists.get(name) {
                Some(list) => (ListKey::Local(self.block, name.clone()), matches!(list, List::Values(_))),
                None => {
                    let glues = !matches!(self.set.lists.get(name), Some(List::Range(_) | List::Wildcard));
                    (ListKey::Shared(name.clone()), glues)
                }
            },
        };
        let (slot, capture) = (reference.slot.clone(), reference.capture);
        Waiting { key, glues, prefix: String::new(), slot, capture }
    }

    fn piece(&mut self, mut items: Vec<Item>) -> Result<u32, SentenceFault> {
        items.sort_unstable();
        items.dedup();
        if items.len() > MAX_OPEN {
            return Err(SentenceFault::Spellings);
        }
        self.edges += items.len();
        if self.edges > MAX_EDGES {
            return Err(SentenceFault::Large);
        }
        Ok(self.pieces.id(items))
    }

    fn prepend(&mut self, part: Part, next: u32) -> Result<u32, SentenceFault> {
        match part {
            Part::Gap => {
                let node = self.finish(next)?;
                self.piece(vec![Item::Gap(node)])
            }
            Part::Single(word) | Part::Digits(word) => {
                let node = self.finish(next)?;
                let word = self.words.id(word);
                self.piece(vec![Item::Single(word, node)])
            }
            Part::Letters(letters) => {
                let mut items = Vec::new();
                let mut rest = Vec::new();
                for item in self.pieces.values[next as usize].clone() {
                    match item {
                        Item::Open(word, node) => {
                            let whole = letters.clone() + &self.words.values[word as usize];
                            items.push(Item::Open(self.words.id(whole), node));
                        }
                        Item::List(waiting, piece) if self.uses.values[waiting as usize].glues => {
                            let mut glued = self.uses.values[waiting as usize].clone();
                            glued.prefix.insert_str(0, &letters);
                            items.push(Item::List(self.uses.id(glued), piece));
                        }
                        item => rest.push(item),
                    }
                }
                if !rest.is_empty() {
                    let rest = self.piece(rest)?;
                    let node = self.finish(rest)?;
                    items.push(Item::Open(self.words.id(letters), node));
                }
                self.piece(items)
            }
        }
    }

    /// The node for a piece that stands at a gap: open letters become words.
    fn finish(&mut self, piece: u32) -> Result<u32, SentenceFault> {
        if let Some(&node) = self.finished.get(&piece) {
            return Ok(node);
        }
        let mut edges: Vec<(Symbol, u32)> = Vec::new();
        let mut accepts: Vec<u32> = Vec::new();
        for item in self.pieces.values[piece as usize].clone() {
            match item {
                Item::Gap(node) => {
                    let node = &self.nodes.values[node as usize];
                    edges.extend(node.edges.iter());
                    accepts.extend(node.accepts.iter());
                }
                Item::Single(word, node) | Item::Open(word, node) => edges.push((word, node)),
                Item::End(block) => accepts.push(block),
                Item::List(waiting, piece) => self.finish_list(waiting, piece, &mut edges)?,
            }
        }
        edges.sort_unstable();
        edges.dedup();
        accepts.sort_unstable();
        accepts.dedup();
        self.edges += edges.len();
        if self.edges > MAX_EDGES {
            return Err(SentenceFault::Large);
        }
        let node = self.nodes.id(Node { edges: edges.into(), accepts: accepts.into() });
        self.finished.insert(piece, node);
        Ok(node)
    }

    fn finish_list(
        &mut self,
        waiting: u32,
        piece: u32,
        edges: &mut Vec<(Symbol, u32)>,
    ) -> Result<(), SentenceFault> {
        let waiting = self.uses.values[waiting as usize].clone();
        let (open, rest): (Vec<Item>, Vec<Item>) = self.pieces.values[piece as usize]
            .iter()
            .cloned()
            .partition(|item| waiting.glues && matches!(item, Item::Open(..)));
        let mut ways = Vec::with_capacity(1 + open.len());
        if !rest.is_empty() {
            let rest = self.piece(rest)?;
            ways.push((String::new(), self.finish(rest)?));
        }
        for item in open {
            if let Item::Open(word, node) = item {
                ways.push((self.words.values[word as usize].clone(), node));
            }
        }
        for (suffix, node) in ways {
            let list = ListUse { key: waiting.key.clone(), prefix: waiting.prefix.clone(), suffix };
            let slot =
                SlotUse { list: self.lists.id(list), slot: waiting.slot.clone(), capture: waiting.capture };
            edges.push((self.slots.id(slot) | SLOT, node));
        }
        Ok(())
    }
}

impl ListKey {
    /// The range of an inline list.
    pub fn inline(&self) -> Option<RangeList> {
        match self {
            Self::Inline(from, to, step) => Some(RangeList::new(*from, *to, *step)),
            _ => None,
        }
    }

    /// As it stands in templates.
    pub fn name(&self) -> String {
        match self {
            Self::Shared(name) | Self::Local(_, name) => name.clone(),
            Self::Inline(from, to, 1) => format!("{from}..{to}"),
            Self::Inline(from, to, step) => format!("{from}..{to},{step}"),
        }
    }
}
