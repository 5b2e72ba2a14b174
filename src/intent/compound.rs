//! Several commands in one sentence.
//!
//! A text is cut where something joins ("and", "then", a comma), and pieces are put together again
//! until each is a sentence: as few commands as can be. A piece that lacks its verb takes it from the
//! command before it ("turn off the lights and the fan"), a piece that lacks its end takes it from one
//! after it ("the kitchen and bedroom lights"), and a command that does not say where is meant where
//! its neighbour is.

use super::grammar::{Token, tokenize};
use super::resolve::{Resolved, Resolver, needs_targets};
use super::{Command, Context};
use crate::home::HomeView;

/// The most pieces that are put together in all ways; a longer text is read from left to right only.
const MAX_PIECES: usize = 8;
/// The most words that a piece takes from a neighbour.
const MAX_TAKEN: usize = 6;
/// The most texts that are tried for one sentence.
const MAX_TRIES: usize = 400;

/// Something that reads one text as one command.
pub(super) trait ReadsOne {
    /// The best reading of a text in a situation.
    fn one(&mut self, view: &HomeView, text: &str, context: &Context) -> Option<Resolved>;

    /// A text that is a command but for the thing that it is about, which is not there.
    fn missing(&mut self, view: &HomeView, text: &str) -> Option<Resolved>;
}

/// One command of several, with the text that it was read from.
#[derive(Debug, Clone)]
struct Part {
    read: Resolved,
    text: String,
}

/// Cuts and joins one text.
pub(super) struct Compound<'a, R> {
    reader: &'a mut R,
    view: &'a HomeView,
    context: &'a Context,
    text: &'a str,
    tokens: Vec<Token>,
    /// First and last word (exclusive) of each piece.
    pieces: Vec<(usize, usize)>,
    tries: usize,
}

impl<'a, R: ReadsOne> Compound<'a, R> {
    /// For one text.
    pub fn new(
        reader: &'a mut R,
        view: &'a HomeView,
        context: &'a Context,
        conjunctions: &[String],
        text: &'a str,
    ) -> Self {
        let tokens = tokenize(text);
        let mut pieces = cut(text, &tokens, conjunctions);
        if pieces.len() > MAX_PIECES {
            pieces.truncate(MAX_PIECES);
            if let Some(last) = pieces.last_mut() {
                last.1 = tokens.len();
            }
        }
        Self { reader, view, context, text, tokens, pieces, tries: 0 }
    }

    /// The commands of the text in their order; `None` when a part of it is not understood.
    pub fn read(mut self) -> Option<Vec<Resolved>> {
        let whole = self.one(self.text, self.context);
        match whole {
            Some(whole) if self.pieces.len() < 2 || !self.may_hide_another(&whole) => Some(vec![whole]),
            Some(whole) => {
                let named = self.name_crosses_joint(&whole);
                let parts = self.parts(0, &[]).filter(|parts| {
                    let sure = |part: &Part| part.read.wildcard_chars == 0 || named;
                    parts.len() > 1 && parts.iter().skip(1).all(sure)
                });
                Some(parts.map_or_else(|| vec![whole], |parts| self.place(parts)))
            }
            None if self.pieces.len() < 2 => {
                let read = self.without_joint();
                read.or_else(|| self.reader.missing(self.view, self.text).map(|read| vec![read]))
            }
            None => {
                let parts = self.parts(0, &[])?;
                Some(self.place(parts))
            }
        }
    }

    /// Whether words that a wildcard took may hold a command of their own ("play jazz and turn on the lights").
    fn may_hide_another(&self, read: &Resolved) -> bool {
        let slots = ["search_query", "item", "message"];
        read.wildcard_chars > 0 && slots.iter().any(|slot| read.command.slots.contains_key(*slot))
            || self.name_crosses_joint(read)
    }

    /// Whether it takes words on both sides of a joint for one name, as a timer may have any: in "turn on the
    /// lamp and set a timer" that would be the timer "turn on the lamp and set a".
    fn name_crosses_joint(&self, read: &Resolved) -> bool {
        let Some(name) = read.command.text_slot("name").filter(|_| read.wildcard_chars > 0) else {
            return false;
        };
        let words: Vec<String> = tokenize(name).into_iter().map(|token| token.text).collect();
        let within = |&(from, to): &(usize, usize)| {
            let piece: Vec<&str> =
                self.tokens.get(from..to).unwrap_or_default().iter().map(|t| t.text.as_str()).collect();
            piece.windows(words.len().max(1)).any(|window| window == words)
        };
        !self.pieces.iter().any(within)
    }

    /// "And the bedroom": what joins may stand before the first word.
    fn without_joint(&mut self) -> Option<Vec<Resolved>> {
        let &(from, to) = self.pieces.first()?;
        if from == 0 && to == self.tokens.len() {
            return None;
        }
        let text = self.slice(from, to).to_string();
        self.one(&text, self.context).map(|read| vec![read])
    }

    fn one(&mut self, text: &str, context: &Context) -> Option<Resolved> {
        self.tries += 1;
        if self.tries > MAX_TRIES {
            return None;
        }
        self.reader.one(self.view, text, context)
    }

    /// Reads the pieces from `from` on, with as many pieces to a command as can be.
    fn parts(&mut self, from: usize, before: &[Part]) -> Option<Vec<Part>> {
        if from >= self.pieces.len() {
            return Some(Vec::new());
        }
        for to in (from + 1..=self.pieces.len()).rev() {
            if from == 0 && to == self.pieces.len() {
                continue;
            }
            for part in self.part(from, to, before) {
                let mut all = before.to_vec();
                all.push(part.clone());
                if let Some(mut rest) = self.parts(to, &all) {
                    rest.insert(0, part);
                    return Some(rest);
                }
            }
        }
        None
    }

    /// How the pieces `from..to` may be one command, the likeliest first.
    fn part(&mut self, from: usize, to: usize, before: &[Part]) -> Vec<Part> {
        let Some(own) = self.span(from, to).map(|(a, b)| self.slice(a, b).to_string()) else {
            return Vec::new();
        };
        // "Them" may be what the part before has just spoken of.
        let mut context = self.context.clone();
        context.recent.extend(before.iter().map(|part| part.read.command.clone()));
        let mut found = Vec::new();
        let mut bare = None;
        if let Some(read) = self.one(&own, &context) {
            let part = Part { read, text: own.clone() };
            // A name across a joint is another command's words, as long as these can be read by themselves.
            if to - from > 1 && self.name_crosses_joint(&part.read) {
                return found;
            }
            if part.read.is_bare() && !before.is_empty() {
                bare = Some(part);
            } else {
                found.push(part);
                return found;
            }
        }
        let heads = before.last().map(|part| heads(&part.text)).unwrap_or_default();
        let tails = self.tails(to);
        let with_head = heads.iter().map(|head| format!("{head} {own}"));
        let with_tail = tails.iter().map(|tail| format!("{own} {tail}"));
        let with_both = heads.iter().flat_map(|head| tails.iter().map(move |tail| (head, tail)));
        let with_both = with_both.map(|(head, tail)| format!("{head} {own} {tail}"));
        let texts: Vec<String> = with_head.chain(with_tail).chain(with_both).collect();
        for text in texts {
            if let Some(read) = self.one(&text, &context)
                && read.is_served()
                && !read.is_bare()
                && read.wildcard_chars == 0
                // "… except the kitchen and the bedroom" is not two commands, each of which undoes the other.
                && !leaves_out(&read)
            {
                found.push(Part { read, text });
                break;
            }
        }
        found.extend(bare);
        if found.is_empty() {
            found.extend(self.reader.missing(self.view, &own).map(|read| Part { read, text: own }));
        }
        found
    }

    /// What a piece may take from the end of a later one, the longest first.
    fn tails(&self, from: usize) -> Vec<String> {
        let mut tails = Vec::new();
        for &(start, end) in self.pieces.iter().skip(from) {
            let first = (start + 1).max(end.saturating_sub(MAX_TAKEN));
            tails.extend((first..end).map(|at| self.slice(at, end).to_string()));
        }
        tails.truncate(12);
        tails
    }

    /// Commands that do not say where are meant where their neighbours are.
    fn place(&mut self, mut parts: Vec<Part>) -> Vec<Resolved> {
        let area_of = |part: &Part| -> Option<String> {
            part.read.place.as_ref().filter(|place| !place.is_empty())?;
            part.read.command.text_slot("area").map(str::to_string)
        };
        let mut area = None;
        for at in 0..parts.len() {
            let Some(part) = parts.get(at).cloned() else { break };
            if let Some(said) = area_of(&part) {
                area = Some(said);
            } else if let Some(moved) = self.moved(&part, area.as_deref()) {
                parts[at] = moved;
            }
        }
        // "… and close the blinds in the bedroom": said at the end, meant for all.
        let last = parts.last().filter(|last| {
            let place = last.read.place.as_deref().unwrap_or("").to_lowercase();
            !place.is_empty() && last.text.to_lowercase().trim_end_matches(['.', '!', '?']).ends_with(&place)
        });
        if let Some(area) = last.and_then(area_of) {
            let first_said = parts.iter().position(|part| area_of(part).is_some()).unwrap_or(0);
            for at in 0..first_said {
                let Some(part) = parts.get(at).cloned() else { break };
                if let Some(moved) = self.moved(&part, Some(&area)) {
                    parts[at] = moved;
                }
            }
        }
        parts.into_iter().map(|part| part.read).collect()
    }

    /// The same command in another area, if it does not say where and there is something there.
    fn moved(&mut self, part: &Part, area: Option<&str>) -> Option<Part> {
        let area = area?;
        if part.read.says_where() {
            return None;
        }
        let context = Context { area: Some(area.to_string()), ..self.context.clone() };
        let read = self.one(&part.text, &context)?;
        let is_there = read.is_served() && self.is_in(&read.command, area);
        is_there.then(|| Part { read, text: part.text.clone() })
    }

    fn is_in(&self, command: &Command, area: &str) -> bool {
        let mut targets = command.targets.iter().filter_map(|id| self.view.entity(id));
        needs_targets(&command.intent) && targets.any(|entity| entity.area.as_deref() == Some(area))
    }

    fn span(&self, from: usize, to: usize) -> Option<(usize, usize)> {
        Some((self.pieces.get(from)?.0, self.pieces.get(to.checked_sub(1)?)?.1))
    }

    fn slice(&self, from: usize, to: usize) -> &'a str {
        let start = self.tokens.get(from).map_or(self.text.len(), |token| token.start);
        let end = to.checked_sub(1).and_then(|last| self.tokens.get(last)).map_or(start, |token| token.end);
        self.text.get(start..end).unwrap_or("")
    }
}

fn leaves_out(read: &Resolved) -> bool {
    read.command.slots.keys().any(|slot| slot.starts_with("except_"))
}

/// What a text may lend to one that lacks its verb: its first words, the longest first.
fn heads(text: &str) -> Vec<String> {
    let tokens = tokenize(text);
    let most = MAX_TAKEN.min(tokens.len().saturating_sub(1));
    (1..=most)
        .rev()
        .filter_map(|count| {
            let start = tokens.first()?.start;
            let end = tokens.get(count - 1)?.end;
            text.get(start..end).map(str::to_string)
        })
        .collect()
}

/// The pieces between what joins: first and last word (exclusive) of each.
fn cut(text: &str, tokens: &[Token], conjunctions: &[String]) -> Vec<(usize, usize)> {
    let joints: Vec<Vec<String>> = conjunctions
        .iter()
        .map(|joint| tokenize(joint).into_iter().map(|token| token.text).collect())
        .collect();
    let joint_at = |at: usize| -> usize {
        let fits = |joint: &&Vec<String>| {
            joint
                .iter()
                .enumerate()
                .all(|(k, word)| tokens.get(at + k).is_some_and(|token| token.text == *word))
        };
        joints.iter().filter(fits).map(Vec::len).max().unwrap_or(0)
    };
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut at = 0;
    while at < tokens.len() {
        let joint = joint_at(at);
        if joint > 0 {
            if at > start {
                pieces.push((start, at));
            }
            at += joint;
            start = at;
            continue;
        }
        let ends = tokens.get(at).zip(tokens.get(at + 1)).is_some_and(|(token, next)| {
            text.get(token.end..next.start).is_some_and(|gap| {
                gap.contains([',', ';', '.', '!', '?', '，', '。', '、', '；', '！', '？'])
            })
        });
        at += 1;
        if ends {
            pieces.push((start, at));
            start = at;
        }
    }
    if start < tokens.len() {
        pieces.push((start, tokens.len()));
    }
    pieces
}

/// The best of one text's readings for a home; shared by whoever reads one text.
pub(super) fn best(
    view: &HomeView,
    context: &Context,
    readings: &[super::grammar::Match],
) -> Option<Resolved> {
    Resolver::new(view, context).best(readings)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str) -> Vec<String> {
        let tokens = tokenize(text);
        let conjunctions = ["and", "and then", "then"].map(str::to_string);
        let cut = cut(text, &tokens, &conjunctions);
        cut.into_iter().map(|(a, b)| text[tokens[a].start..tokens[b - 1].end].to_string()).collect()
    }

    #[test]
    fn a_text_is_cut_where_something_joins() {
        assert_eq!(
            pieces("turn off the lights and the fan, and close the blinds"),
            ["turn off the lights", "the fan", "close the blinds"]
        );
        assert_eq!(pieces("Set it to 20.5 degrees. Then lock up!"), ["Set it to 20.5 degrees", "lock up"]);
        assert_eq!(pieces("and the bedroom"), ["the bedroom"]);
        assert_eq!(pieces(""), Vec::<String>::new());
    }

    #[test]
    fn a_text_lends_its_first_words() {
        assert_eq!(heads("turn off the lights"), ["turn off the", "turn off", "turn"]);
        assert_eq!(heads("lights"), Vec::<String>::new());
    }
}
