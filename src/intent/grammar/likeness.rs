//! Names that were heard a little wrongly.

use super::lists::{Compiled, Vocabulary};
use super::token::Token;
use std::sync::Arc;

/// Less alike than this is not alike.
pub(super) const LEAST: f32 = 0.7;

/// A span of a text that sounds like an entry.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Near {
    /// One past the last word.
    pub to: usize,
    /// The entry.
    pub entry: u32,
    /// How alike, below 1.
    pub score: f32,
}

/// The home's names, ready to compare.
#[derive(Debug, Default)]
pub(crate) struct Names {}

/// What in a text is like what in which list.
#[derive(Debug, Default)]
pub(crate) struct Likeness {}

impl Names {
    pub fn of(_lists: &[Arc<Compiled>], _vocabulary: &Vocabulary, _language: &str) -> Self {
        Self {}
    }

    pub fn likeness(&self, _tokens: &[Token], _lists: &[Arc<Compiled>]) -> Likeness {
        Likeness {}
    }
}

impl Likeness {
    pub fn is_empty(&self) -> bool {
        true
    }

    pub fn at(&self, _list: u32, _at: usize) -> impl Iterator<Item = &Near> {
        [].iter()
    }
}
