//! Whether a person who has paused has said all that they wanted to say.
//!
//! Endpointing asks this of a text while it is still silent: a whole command need not wait, half a one must.

use super::understander::{Tongue, Understander, words_of};
use super::{Command, Context, Refusal};
use crate::home::HomeView;

/// Slots that say which things are meant.
const PLACES: [&str; 3] = ["name", "area", "floor"];

/// How a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// A whole command; hardly anything could follow that would change it.
    Complete,
    /// A whole command that may well go on ("turn on the lamp" … "to fifty percent").
    Open,
    /// Half a sentence: more must follow.
    Unfinished,
    /// Nothing that the grammar knows.
    Unknown,
}

impl Understander {
    /// How a text stands, by the grammar alone.
    pub fn standing(&mut self, view: &HomeView, text: &str, context: &Context) -> Standing {
        let text = self.without_wake_word(text).trim_end_matches(|c: char| !c.is_alphanumeric() && c != '%');
        let Some(tongue) = self.tongue(&context.language) else { return Standing::Unknown };
        let words = words_of(text);
        let Some(last) = words.last() else { return Standing::Unfinished };
        if tongue.dialogue().conjunctions.contains(last) {
            return Standing::Unfinished;
        }
        let goes_on = tongue.may_go_on(text);
        // "Turn off the lights" … "in the bedroom": what has no name or place of its own may still be given one.
        let nowhere = Context { area: None, ..context.clone() };
        if let Some(read) = tongue.reads(view, text, &nowhere) {
            let placed = |command: &Command| {
                command.targets.is_empty() || PLACES.iter().any(|slot| command.slots.contains_key(*slot))
            };
            let whole = read.question.is_none() && read.commands.iter().all(placed);
            let missing = |r: &Refusal| matches!(r, Refusal::NoEntity { .. } | Refusal::NoArea { .. });
            let doubtful = goes_on || read.refusals.iter().any(missing);
            return if whole && !doubtful { Standing::Complete } else { Standing::Open };
        }
        if goes_on || tongue.dialogue().unfinished.contains(last) {
            return Standing::Unfinished;
        }
        Standing::Unknown
    }
}

impl Tongue {
    /// Whether one of the words that lead to a value may come next.
    fn may_go_on(&self, text: &str) -> bool {
        let next = self.grammar().next_words(text);
        next.is_some_and(|next| self.dialogue().leads_on.iter().any(|word| next.words.contains(word)))
    }
}
