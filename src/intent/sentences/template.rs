//! The template language of hassil: text to [`Expression`] and back.

use std::fmt;

/// The most items a permutation `(a;b;…)` may have: their orders are all tried.
pub const MAX_PERMUTED: usize = 6;
/// The deepest nesting of brackets.
const MAX_DEPTH: usize = 64;

/// A template, read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Expression {
    /// Literal text, white space kept: "light" and "s" side by side are one word.
    Text(String),
    /// One after the other; empty: matches nothing said.
    Sequence(Vec<Expression>),
    /// `(a|b)`: one of them.
    Alternative(Vec<Expression>),
    /// `[x]`: or nothing.
    Optional(Box<Expression>),
    /// `(a;b)`: all of them, in any order.
    Permutation(Vec<Expression>),
    /// `{list}`, `{list:slot}`, `{0..100:slot}`.
    List(ListReference),
    /// `<rule>`.
    Rule(String),
}

/// A reference to a list, and where its value goes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ListReference {
    /// What may be said.
    pub source: ListSource,
    /// The slot that takes the value, or the capture's name.
    pub slot: String,
    /// `{list:@name}`: for the response only, no slot.
    pub capture: bool,
}

/// What a list reference points to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ListSource {
    /// A list by name.
    Named(String),
    /// `{from..to,step:slot}`.
    Range {
        /// The least number.
        from: i64,
        /// The greatest number.
        to: i64,
        /// The step, at least 1.
        step: i64,
    },
}

/// What is wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A bracket that is never closed.
    #[error("the \"{open}\" at character {at} is never closed")]
    Unclosed {
        /// The bracket.
        open: char,
        /// Its place, counted in characters from 1.
        at: usize,
    },
    /// A closing bracket without an opening one.
    #[error("the \"{close}\" at character {at} closes nothing; write \"\\{close}\" for the character itself")]
    Unopened {
        /// The bracket.
        close: char,
        /// Its place, counted in characters from 1.
        at: usize,
    },
    /// `{}` or `<>` or `{:slot}`.
    #[error("the reference at character {at} has no name")]
    Nameless {
        /// Its place, counted in characters from 1.
        at: usize,
    },
    /// A range that runs backwards or does not step.
    #[error("the range {{{text}}} is not from..to or from..to,step with from ≤ to and step ≥ 1")]
    Range {
        /// As written.
        text: String,
    },
    /// More brackets inside each other than anybody needs.
    #[error("more than {MAX_DEPTH} brackets inside each other")]
    Deep,
    /// Too many items in any order.
    #[error(
        "{count} items in any order (a;b;…): at most {MAX_PERMUTED} are tried, write it as several sentences"
    )]
    Permuted {
        /// How many there are.
        count: usize,
    },
}

impl Expression {
    /// Reads a template.
    ///
    /// # Errors
    /// [`TemplateError`] says what is wrong and at which character.
    pub fn parse(template: &str) -> Result<Self, TemplateError> {
        let chars: Vec<char> = template.chars().collect();
        let mut parser = Parser { chars: &chars, at: 0 };
        let expression = parser.group(None, 0)?;
        Ok(expression)
    }

    /// Whether a text has any of the template language's signs in it.
    pub fn is_template(text: &str) -> bool {
        text.contains(['(', ')', '[', ']', '{', '}', '<', '>', '|', '@'])
    }

    fn is_empty(&self) -> bool {
        matches!(self, Self::Sequence(items) if items.is_empty())
    }
}

struct Parser<'a> {
    chars: &'a [char],
    at: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plain,
    Alternative,
    Permutation,
}

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    /// Reads up to `close`, or to the end where there is none.
    fn group(&mut self, close: Option<(char, usize)>, depth: usize) -> Result<Expression, TemplateError> {
        if depth > MAX_DEPTH {
            return Err(TemplateError::Deep);
        }
        let mut kind = Kind::Plain;
        let mut branches: Vec<Expression> = Vec::new();
        let mut current: Vec<Expression> = Vec::new();
        loop {
            let Some(c) = self.peek() else {
                match close {
                    Some((close, at)) => return Err(TemplateError::Unclosed { open: opening(close), at }),
                    None => break,
                }
            };
            let here = self.at + 1;
            match c {
                '(' | '[' => {
                    self.at += 1;
                    let inner = self.group(Some((closing(c), here)), depth + 1)?;
                    if c == '[' {
                        current.push(match inner {
                            Expression::Optional(inner) => Expression::Optional(inner),
                            inner => Expression::Optional(Box::new(inner)),
                        });
                    } else {
                        current.push(inner);
                    }
                }
                '{' | '<' => current.push(self.reference(c, here)?),
                '|' | ';' => {
                    self.at += 1;
                    let wanted = if c == '|' { Kind::Alternative } else { Kind::Permutation };
                    branches.push(sequence(std::mem::take(&mut current)));
                    if kind != Kind::Plain && kind != wanted {
                        branches = vec![finish(kind, branches)?];
                    }
                    kind = wanted;
                }
                ')' | ']' | '}' | '>' => match close {
                    Some((wanted, _)) if wanted == c => {
                        self.at += 1;
                        break;
                    }
                    _ => return Err(TemplateError::Unopened { close: c, at: here }),
                },
                _ => current.push(Expression::Text(self.text())),
            }
        }
        if kind == Kind::Plain {
            return Ok(sequence(current));
        }
        branches.push(sequence(current));
        finish(kind, branches)
    }

    fn text(&mut self) -> String {
        let mut text = String::new();
        while let Some(c) = self.peek() {
            match c {
                '\\' => {
                    self.at += 1;
                    if let Some(c) = self.peek() {
                        text.push(c);
                        self.at += 1;
                    }
                }
                '(' | ')' | '[' | ']' | '{' | '}' | '<' | '>' | '|' | ';' => break,
                _ => {
                    text.push(c);
                    self.at += 1;
                }
            }
        }
        text
    }

    fn reference(&mut self, open: char, at: usize) -> Result<Expression, TemplateError> {
        self.at += 1;
        let close = closing(open);
        let mut name = String::new();
        loop {
            match self.peek() {
                None => return Err(TemplateError::Unclosed { open, at }),
                Some(c) if c == close => break,
                Some('\\') if self.chars.get(self.at + 1).is_some() => self.at += 1,
                Some(_) => {}
            }
            name.extend(self.peek());
            self.at += 1;
        }
        self.at += 1;
        let name = name.trim();
        if name.is_empty() {
            return Err(TemplateError::Nameless { at });
        }
        if open == '<' {
            return Ok(Expression::Rule(name.to_owned()));
        }
        let (list, slot) = match name.split_once(':') {
            Some((list, slot)) => (list.trim(), slot.trim()),
            None => (name.strip_prefix('@').unwrap_or(name), name),
        };
        let (slot, capture) = match slot.strip_prefix('@') {
            Some(slot) => (slot, true),
            None => (slot, false),
        };
        if list.is_empty() || slot.is_empty() {
            return Err(TemplateError::Nameless { at });
        }
        let source = match range(list)? {
            Some(range) => range,
            None => ListSource::Named(list.to_owned()),
        };
        Ok(Expression::List(ListReference { source, slot: slot.to_owned(), capture }))
    }
}

fn opening(close: char) -> char {
    if close == ')' { '(' } else { '[' }
}

fn closing(open: char) -> char {
    match open {
        '(' => ')',
        '[' => ']',
        '{' => '}',
        _ => '>',
    }
}

/// `10..100,10` as a range; `None` for an ordinary list name.
fn range(list: &str) -> Result<Option<ListSource>, TemplateError> {
    let Some((from, rest)) = list.split_once("..") else { return Ok(None) };
    let Ok(from) = from.trim().parse::<i64>() else { return Ok(None) };
    let wrong = || TemplateError::Range { text: list.to_owned() };
    let (to, step) = rest.split_once(',').unwrap_or((rest, "1"));
    let to: i64 = to.trim().parse().map_err(|_| wrong())?;
    let step: i64 = step.trim().parse().map_err(|_| wrong())?;
    if from > to || step < 1 {
        return Err(wrong());
    }
    Ok(Some(ListSource::Range { from, to, step }))
}

/// One expression for several in a row: nested sequences opened, text that touches joined.
fn sequence(items: Vec<Expression>) -> Expression {
    let mut flat: Vec<Expression> = Vec::with_capacity(items.len());
    for item in items {
        let inner = match item {
            Expression::Sequence(inner) => inner,
            item => vec![item],
        };
        for item in inner {
            match (flat.last_mut(), item) {
                (Some(Expression::Text(before)), Expression::Text(text)) => before.push_str(&text),
                (_, Expression::Text(text)) if text.is_empty() => {}
                (_, item) => flat.push(item),
            }
        }
    }
    match flat.len() {
        1 => flat.remove(0),
        _ => Expression::Sequence(flat),
    }
}

fn finish(kind: Kind, branches: Vec<Expression>) -> Result<Expression, TemplateError> {
    if kind == Kind::Permutation {
        if branches.len() > MAX_PERMUTED {
            return Err(TemplateError::Permuted { count: branches.len() });
        }
        return Ok(Expression::Permutation(branches));
    }
    Ok(Expression::Alternative(branches))
}

impl fmt::Display for Expression {
    /// Writes the template back; reading it again gives the same expression.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write_escaped(f, text),
            Self::Sequence(items) => items.iter().try_for_each(|item| item.fmt(f)),
            Self::Alternative(branches) => write_branches(f, '(', branches, '|', ')'),
            Self::Permutation(branches) => write_branches(f, '(', branches, ';', ')'),
            Self::Optional(inner) => match &**inner {
                Self::Alternative(branches) => write_branches(f, '[', branches, '|', ']'),
                Self::Permutation(branches) => write_branches(f, '[', branches, ';', ']'),
                inner => write!(f, "[{inner}]"),
            },
            Self::List(reference) => reference.fmt(f),
            Self::Rule(name) => {
                write!(f, "<")?;
                write_escaped(f, name)?;
                write!(f, ">")
            }
        }
    }
}

fn write_branches(
    f: &mut fmt::Formatter<'_>,
    open: char,
    branches: &[Expression],
    separator: char,
    close: char,
) -> fmt::Result {
    write!(f, "{open}")?;
    for (i, branch) in branches.iter().enumerate() {
        if i > 0 {
            write!(f, "{separator}")?;
        }
        write!(f, "{branch}")?;
    }
    write!(f, "{close}")
}

impl fmt::Display for ListReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{")?;
        match &self.source {
            ListSource::Named(name) if *name == self.slot => {}
            ListSource::Named(name) => {
                write_escaped(f, name)?;
                write!(f, ":")?;
            }
            ListSource::Range { from, to, step: 1 } => write!(f, "{from}..{to}:")?,
            ListSource::Range { from, to, step } => write!(f, "{from}..{to},{step}:")?,
        }
        write!(f, "{}", if self.capture { "@" } else { "" })?;
        write_escaped(f, &self.slot)?;
        write!(f, "}}")
    }
}

fn write_escaped(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    for c in text.chars() {
        if matches!(c, '(' | ')' | '[' | ']' | '{' | '}' | '<' | '>' | '|' | ';' | '\\') {
            write!(f, "\\")?;
        }
        write!(f, "{c}")?;
    }
    Ok(())
}

/// Every text that an expression without references stands for, at most `limit`; `None` when there are more
/// or when it has a reference that `resolve` does not know.
pub(crate) fn spellings(
    expression: &Expression,
    limit: usize,
    resolve: &dyn Fn(&Expression) -> Option<Expression>,
) -> Option<Vec<String>> {
    fn append(
        expression: &Expression,
        heads: Vec<String>,
        limit: usize,
        depth: usize,
        resolve: &dyn Fn(&Expression) -> Option<Expression>,
    ) -> Option<Vec<String>> {
        if depth > MAX_DEPTH || heads.len() > limit {
            return None;
        }
        let out: Vec<String> = match expression {
            Expression::Text(text) => heads.into_iter().map(|head| head + text).collect(),
            Expression::Sequence(items) => {
                items.iter().try_fold(heads, |heads, item| append(item, heads, limit, depth + 1, resolve))?
            }
            Expression::Alternative(branches) => {
                let mut out = Vec::new();
                for branch in branches {
                    out.extend(append(branch, heads.clone(), limit, depth + 1, resolve)?);
                    if out.len() > limit {
                        return None;
                    }
                }
                out
            }
            Expression::Optional(inner) => {
                let mut out = append(inner, heads.clone(), limit, depth + 1, resolve)?;
                out.extend(heads);
                out
            }
            Expression::Permutation(branches) => {
                let mut out = Vec::new();
                for i in 0..branches.len() {
                    let mut rest = branches.clone();
                    let first = rest.remove(i);
                    let heads = heads.iter().map(|head| format!("{head} ")).collect();
                    let heads: Vec<String> = append(&first, heads, limit, depth + 1, resolve)?
                        .into_iter()
                        .map(|head| head + " ")
                        .collect();
                    if rest.is_empty() {
                        out.extend(heads);
                    } else {
                        out.extend(append(&Expression::Permutation(rest), heads, limit, depth + 1, resolve)?);
                    }
                    if out.len() > limit {
                        return None;
                    }
                }
                out
            }
            Expression::List(_) | Expression::Rule(_) => {
                append(&resolve(expression)?, heads, limit, depth + 1, resolve)?
            }
        };
        (out.len() <= limit).then_some(out)
    }
    if expression.is_empty() {
        return Some(vec![String::new()]);
    }
    append(expression, vec![String::new()], limit, 0, resolve)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn round_trip(template: &str) {
        let read = Expression::parse(template).unwrap();
        assert_eq!(Expression::parse(&read.to_string()).unwrap(), read, "{template} → {read}");
    }

    #[test]
    fn templates_survive_printing() {
        for template in [
            "turn on [the] {name}",
            "light[s]",
            "(a|b|)",
            "(a;b [c];<d>)",
            "{0..100:brightness}",
            "{10..100,10:brightness}%",
            "{list:slot} {list:@capture} {@x}",
            "a|b",
            "a;b",
            "[(a|b)]",
            "\\(not a group\\)",
            "(a b)c",
            "((a))",
            "",
            "[]",
            "{brightness}[([ ]%)| percent]",
            "(a|b;c|d)",
            "[[x]]",
        ] {
            round_trip(template);
        }
    }

    #[test]
    fn errors_point_at_the_place() {
        assert_eq!(Expression::parse("a (b"), Err(TemplateError::Unclosed { open: '(', at: 3 }));
        assert_eq!(Expression::parse("a] b"), Err(TemplateError::Unopened { close: ']', at: 2 }));
        assert_eq!(Expression::parse("a (b]"), Err(TemplateError::Unopened { close: ']', at: 5 }));
        assert_eq!(Expression::parse("{}"), Err(TemplateError::Nameless { at: 1 }));
        assert!(matches!(Expression::parse("{9..1:x}"), Err(TemplateError::Range { .. })));
        assert_eq!(Expression::parse("(1;2;3;4;5;6;7)"), Err(TemplateError::Permuted { count: 7 }));
        assert_eq!(Expression::parse(&"(".repeat(100_000)), Err(TemplateError::Deep));
    }

    #[test]
    fn spellings_are_counted_before_they_are_made() {
        let twenty = Expression::parse(&"[x]".repeat(40)).unwrap();
        assert_eq!(spellings(&twenty, 1000, &|_| None), None);
        let lights = Expression::parse("light[s]").unwrap();
        assert_eq!(spellings(&lights, 10, &|_| None).unwrap(), ["lights", "light"]);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[a-c \\[\\]\\(\\){}<>|;:@\\\\.0-9]{0,40}") {
            if let Ok(read) = Expression::parse(&text) {
                prop_assert_eq!(Expression::parse(&read.to_string()).unwrap(), read);
            }
        }
    }
}
