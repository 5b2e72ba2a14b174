//! What is said back: short, from a language's templates, and true to what came of a command.
//!
//! In come commands with their outcomes, refusals, questions and results of skills, and the home as it
//! is after them. Out goes a text to speak. What must never happen here: a word of success for what
//! did not happen; a random choice (variants are chosen by the caller's seed).

mod done;
mod file;
mod moment;
mod refused;
mod skill;
mod state;
mod subject;

use super::languages::Language;
use crate::intent::numbers;
use file::File;
use minijinja::value::Kwargs;
use minijinja::{Environment, Value, context};

/// Why a language's replies cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ReplyError {
    /// No such language.
    #[error("language \"{0}\" is not known")]
    Language(String),
    /// The file is not what it must be.
    #[error("{file}: {message}")]
    File {
        /// The file.
        file: String,
        /// What is wrong, with the line.
        message: String,
    },
}

/// The replies of one language.
pub struct Replies {
    file: File,
    environment: Environment<'static>,
}

impl Replies {
    /// The replies of a language by its tag (`en`).
    ///
    /// # Errors
    /// [`ReplyError::Language`] for a language that there is not; [`ReplyError::File`] never for what is
    /// built in, which a test reads.
    pub fn new(tag: &str) -> Result<Self, ReplyError> {
        let language = Language::find(tag).ok_or_else(|| ReplyError::Language(tag.to_string()))?;
        let wrong =
            |message: String| ReplyError::File { file: format!("{}/replies.yaml", language.tag), message };
        let file: File =
            serde_norway::from_str(language.replies).map_err(|error| wrong(error.to_string()))?;
        let mut environment = Environment::new();
        let (tag, clock) = (language.tag, file.clock.clone());
        environment.add_filter("words", move |number: f64| numbers::in_words(number, tag));
        environment.add_filter("ordinal", move |number: u32| numbers::ordinal_in_words(number, tag));
        let join = file.join.clone();
        environment.add_filter("duration", move |seconds: f64, _: Kwargs| {
            let seconds = if seconds.is_finite() { seconds.clamp(0.0, 1e12).round() as u64 } else { 0 };
            skill::duration(seconds, &clock, &join)
        });
        moment::add_filters(&mut environment, &file);
        for (key, template) in file.templates() {
            environment.template_from_str(template).map_err(|error| wrong(format!("{key}: {error}")))?;
        }
        Ok(Self { file, environment })
    }

    /// Nobody understood what was said.
    pub fn not_understood(&self, seed: u64) -> String {
        self.fixed("not_understood", seed)
    }

    /// A set phrase: `not_understood`, `did_not_catch`, `took_too_long`, `broker_away`, `yes`.
    pub fn fixed(&self, key: &str, seed: u64) -> String {
        self.say(self.file.fixed.get(key), seed, context! {})
    }

    /// One of a key's templates as a sentence; empty when there is none.
    fn say(&self, templates: Option<&Vec<String>>, seed: u64, values: Value) -> String {
        sentence(&self.fill(templates, seed, values))
    }

    /// One of a key's templates, filled in; empty when there is none.
    fn fill(&self, templates: Option<&Vec<String>>, seed: u64, values: Value) -> String {
        let Some(templates) = templates.filter(|templates| !templates.is_empty()) else {
            return String::new();
        };
        let Some(template) = templates.get((seed % templates.len() as u64) as usize) else {
            return String::new();
        };
        match self.environment.render_str(template, values) {
            Ok(text) => text,
            Err(error) => {
                tracing::error!("the reply \"{template}\" cannot be filled in: {error}");
                String::new()
            }
        }
    }
}

/// A text with its first letter large and its spaces single.
fn sentence(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => text,
    }
}

/// A number as it is said: one digit after the point where there is one.
fn number(value: f64) -> String {
    // Adding zero turns -0 into 0.
    let rounded = (value * 10.0).round() / 10.0 + 0.0;
    if rounded.fract() == 0.0 { format!("{rounded:.0}") } else { format!("{rounded:.1}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_its_replies() {
        for language in super::super::languages::ALL {
            let replies = Replies::new(language.tag).unwrap();
            for key in ["not_understood", "did_not_catch", "took_too_long", "broker_away"] {
                assert!(!replies.fixed(key, 0).is_empty(), "{}: {key}", language.tag);
            }
        }
    }

    #[test]
    fn numbers_are_said_short() {
        assert_eq!((number(21.0), number(21.54), number(-0.04)), ("21".into(), "21.5".into(), "0".into()));
    }
}
