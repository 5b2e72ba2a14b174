//! Sets of nodes as states, made when they are first met.
//!
//! Sentences begin alike ("turn on …"), so a text walks through hundreds of nodes at once. The set of
//! nodes after some words is made once, kept, and from then on a word costs one search.

use super::automaton::{Automaton, SLOT, Symbol};
use std::collections::HashMap;

/// Number of states at which what was kept is thrown away.
const MAX_STATES: usize = 50_000;

/// A state, once it has been looked at.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// Word and next state, in the order of the words.
    pub words: Box<[(u32, u32)]>,
    /// Slot and next state, in the order of the slots.
    pub slots: Box<[(u32, u32)]>,
    /// Blocks whose sentences may end here.
    pub accepts: Box<[u32]>,
}

/// The states met so far.
#[derive(Debug, Default)]
pub(crate) struct Dfa {
    ids: HashMap<Box<[u32]>, u32>,
    members: Vec<Box<[u32]>>,
    states: Vec<Option<Box<State>>>,
}

impl Dfa {
    /// The state before the first word.
    pub const START: u32 = 0;

    /// Begins anew when too much is kept. Ids from before are void afterwards.
    pub fn tidy(&mut self, starts: &[u32]) {
        if self.members.is_empty() || self.members.len() > MAX_STATES {
            *self = Self::default();
            self.id(starts.into());
        }
    }

    fn id(&mut self, members: Box<[u32]>) -> u32 {
        if let Some(&id) = self.ids.get(&members) {
            return id;
        }
        let id = self.members.len() as u32;
        self.members.push(members.clone());
        self.states.push(None);
        self.ids.insert(members, id);
        id
    }

    /// Looks at a state, so that [`Dfa::state`] has it.
    pub fn expand(&mut self, automaton: &Automaton, id: u32) {
        if self.states.get(id as usize).is_none_or(Option::is_some) {
            return;
        }
        let mut edges: Vec<(Symbol, u32)> = Vec::new();
        let mut accepts: Vec<u32> = Vec::new();
        for &member in self.members.get(id as usize).into_iter().flatten() {
            if let Some(node) = automaton.nodes.get(member as usize) {
                edges.extend(node.edges.iter());
                accepts.extend(node.accepts.iter());
            }
        }
        edges.sort_unstable();
        edges.dedup();
        accepts.sort_unstable();
        accepts.dedup();
        let mut words = Vec::new();
        let mut slots = Vec::new();
        for group in edges.chunk_by(|a, b| a.0 == b.0) {
            let Some(&(symbol, _)) = group.first() else { continue };
            let next = self.id(group.iter().map(|&(_, target)| target).collect());
            if symbol & SLOT == 0 {
                words.push((symbol, next));
            } else {
                slots.push((symbol & !SLOT, next));
            }
        }
        let state = State { words: words.into(), slots: slots.into(), accepts: accepts.into() };
        if let Some(place) = self.states.get_mut(id as usize) {
            *place = Some(Box::new(state));
        }
    }

    /// A state that has been looked at.
    pub fn state(&self, id: u32) -> Option<&State> {
        self.states.get(id as usize).and_then(Option::as_deref)
    }
}

impl State {
    /// The state after a word.
    pub fn after(&self, word: u32) -> Option<u32> {
        self.words.binary_search_by_key(&word, |&(word, _)| word).ok().map(|at| self.words[at].1)
    }
}
