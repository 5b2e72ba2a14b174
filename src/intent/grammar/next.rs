//! Which words may come next.

use super::lists::{Compiled, TextList};
use super::walk::{MAX_WORDS, Mode, Walk};
use super::{Grammar, token};
use std::collections::BTreeSet;

/// What may follow the beginning of a sentence.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NextWords {
    /// Words, as they are compared (lower case; one character each in scripts without spaces).
    pub words: BTreeSet<String>,
    /// A number may follow.
    pub number: bool,
    /// Any word may follow: a wildcard is open, or may begin.
    pub anything: bool,
    /// The words so far are a whole sentence, as far as words go (conditions are not looked at).
    pub complete: bool,
}

impl Grammar {
    /// What may come after these words. `None`: no sentence begins with them.
    pub fn next_words(&self, prefix: &str) -> Option<NextWords> {
        let tokens = token::tokenize(prefix);
        if tokens.len() > MAX_WORDS {
            return None;
        }
        let ids: Vec<Option<u32>> = tokens.iter().map(|token| self.vocabulary.id(&token.text)).collect();
        let walk = Walk {
            automaton: &self.automaton,
            lists: &self.lists,
            skips: &self.skips,
            language: &self.set.language,
            likeness: None,
            tokens: &tokens,
            ids: &ids,
            mode: Mode::Exact,
        };
        let mut dfa = self.dfa();
        let chart = walk.chart(&mut dfa);
        let mut next = NextWords::default();
        let mut goes_on = false;
        let last: Vec<(u32, Option<u32>)> = chart.last().collect();
        for (state, wild) in last {
            goes_on = true;
            dfa.expand(&self.automaton, state);
            let Some(state) = dfa.state(state) else { continue };
            if wild.is_some() {
                next.anything = true;
                continue;
            }
            next.complete |= !state.accepts.is_empty();
            next.words.extend(state.words.iter().map(|&(word, _)| self.vocabulary.word(word).to_owned()));
        }
        // Lists that begin here, and lists of which the first words are said already.
        for (state, at) in chart.all() {
            dfa.expand(&self.automaton, state);
            let Some(state) = dfa.state(state) else { continue };
            for &(slot, _) in &state.slots {
                let list = self
                    .automaton
                    .slots
                    .get(slot as usize)
                    .and_then(|slot| self.lists.get(slot.list as usize));
                match list.map(AsRef::as_ref) {
                    Some(Compiled::Text(text)) => {
                        let mut said = ids.iter().skip(at);
                        let node = said.try_fold(TextList::ROOT, |node, word| text.step(node, (*word)?));
                        if let Some(node) = node {
                            let words =
                                text.following(node).map(|word| self.vocabulary.word(word).to_owned());
                            next.words.extend(words);
                            goes_on = true;
                        }
                    }
                    Some(Compiled::Range(_)) if at == tokens.len() => next.number = true,
                    Some(Compiled::Wildcard) if at == tokens.len() => next.anything = true,
                    _ => {}
                }
            }
        }
        goes_on.then_some(next)
    }
}
