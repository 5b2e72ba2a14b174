//! The automaton that holds the model to what exists: the token sequences of the offered sentences as
//! a tree. Only paths of this tree can come out, and all of them are weighed in one pass.

use super::transformer::Rows;
use std::collections::HashMap;

/// A tree of token sequences below a text.
#[derive(Debug, Default)]
pub struct Trie {
    rows: Rows,
    /// For each sequence its steps: the row after which the token comes, and the token.
    paths: Vec<Vec<(usize, u32)>>,
}

impl Trie {
    /// The tree of `sequences` below `text`, which must not be empty. The last token of a sequence
    /// needs no row: nothing comes after it.
    pub fn new(text: &[u32], sequences: &[Vec<u32>]) -> Self {
        let mut rows = Rows::text(text);
        let root = text.len().saturating_sub(1);
        let mut known: HashMap<(usize, u32), usize> = HashMap::new();
        let mut paths = Vec::with_capacity(sequences.len());
        for sequence in sequences {
            let mut at = root;
            let mut path = Vec::with_capacity(sequence.len());
            for (i, token) in sequence.iter().enumerate() {
                path.push((at, *token));
                if i + 1 < sequence.len() {
                    at = *known.entry((at, *token)).or_insert_with(|| rows.push(*token, Some(at)));
                }
            }
            paths.push(path);
        }
        Self { rows, paths }
    }

    /// The rows to compute.
    pub fn rows(&self) -> &Rows {
        &self.rows
    }

    /// The steps of each sequence, in the order in which they were given.
    pub fn paths(&self) -> &[Vec<(usize, u32)>] {
        &self.paths
    }
}
