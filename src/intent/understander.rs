//! The understander: a text in, commands out.
//!
//! Sentences are asked first, exactly; then with names heard a little wrongly; then whatever stands
//! behind the grammar (the language model); and at last the sentences about things that are not there,
//! so that we can say what is missing.

use super::compound::{Compound, ReadsOne, best};
use super::grammar::{Grammar, GrammarError, Lists, Match, tokenize};
use super::languages::{Dialogue, Language};
use super::resolve::{self, Resolved};
use super::sentences::{SentenceError, SentenceSet, Values};
use super::{By, Command, Context, Question, Refusal, Understanding};
use crate::home::HomeView;
use std::collections::HashMap;

/// What stands behind the grammar and reads what it cannot.
pub trait Fallback: Send {
    /// Reads a text; `None`: not understood, or not a request to the home.
    fn understand(&mut self, view: &HomeView, text: &str, context: &Context) -> Option<Understanding>;

    /// Loads ahead of the first text what takes long.
    fn warm(&mut self, _view: &HomeView) {}
}

/// Why an understander cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum UnderstandError {
    /// No such language.
    #[error("language \"{tag}\" is not known; known are {known}")]
    Language {
        /// What was asked for.
        tag: String,
        /// What there is.
        known: String,
    },
    /// Sentences that cannot be read.
    #[error(transparent)]
    Sentences(#[from] SentenceError),
    /// Sentences that cannot be compiled.
    #[error(transparent)]
    Grammar(#[from] GrammarError),
    /// A dialogue file that cannot be read.
    #[error("{0}")]
    Dialogue(String),
}

/// Words that wake us and may stand at the start of a text.
const WAKE_WORDS: &[&str] =
    &["computer", "jarvis", "alexa", "hey computer", "hey jarvis", "sotto", "hey sotto"];
/// A command inside a command ("in an hour turn off the lights") is read once, no deeper.
const MAX_DEPTH: usize = 1;
/// The most words of a thing's name that we repeat when we do not know it.
const MAX_UNKNOWN_WORDS: usize = 5;

/// Reads texts. Sentences are compiled once, a home's names once for each of its versions.
pub struct Understander {
    tongues: Vec<Tongue>,
    fallback: Option<Box<dyn Fallback>>,
    wake_words: Vec<Vec<String>>,
}

/// How well a text must be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Care {
    /// As the sentences are written.
    Exact,
    /// Names may be heard a little wrongly.
    Near,
    /// A part of it may be about something that is not there.
    Missing,
}

/// One language, compiled.
pub(super) struct Tongue {
    language: &'static Language,
    dialogue: Dialogue,
    unknown: Grammar,
    grammar: Grammar,
    skills: Grammar,
    /// The home that the grammar has the names of: its version, and how many things it has.
    home: Option<(u64, usize, usize)>,
}

impl Understander {
    /// Compiles the sentences of these languages (`en`, `zh-CN`).
    ///
    /// # Errors
    /// [`UnderstandError`] for a language that there is not.
    pub fn new<T: AsRef<str>>(languages: &[T]) -> Result<Self, UnderstandError> {
        Self::with_sentences(languages, &[])
    }

    /// As [`Understander::new`], with a person's own sentences added to the language that they are in.
    ///
    /// # Errors
    /// [`UnderstandError`] says which language, or which sentence, is wrong.
    pub fn with_sentences<T: AsRef<str>>(
        languages: &[T],
        own: &[SentenceSet],
    ) -> Result<Self, UnderstandError> {
        let tongues = languages.iter().map(|tag| Tongue::new(tag.as_ref(), own)).collect::<Result<_, _>>()?;
        let mut understander = Self { tongues, fallback: None, wake_words: Vec::new() };
        understander.set_wake_words(WAKE_WORDS);
        Ok(understander)
    }

    /// Sets what is asked when the grammar does not understand.
    pub fn set_fallback(&mut self, fallback: Box<dyn Fallback>) {
        self.fallback = Some(fallback);
    }

    /// Loads ahead of the first text what stands behind the grammar.
    pub fn warm(&mut self, view: &HomeView) {
        if let Some(fallback) = self.fallback.as_mut() {
            fallback.warm(view);
        }
    }

    /// Sets the words that may stand at the start of a text and mean nothing there.
    pub fn set_wake_words<T: AsRef<str>>(&mut self, words: &[T]) {
        self.wake_words =
            words.iter().map(|word| words_of(word.as_ref())).filter(|words| !words.is_empty()).collect();
    }

    /// Compiles a home's names ahead of the first text.
    ///
    /// # Errors
    /// [`UnderstandError::Grammar`]; never for names as they come from a home.
    pub fn prepare(&mut self, view: &HomeView) -> Result<(), UnderstandError> {
        self.tongues.iter_mut().try_for_each(|tongue| tongue.prepare(view))
    }

    /// The compiled sentences of a language with the names of the home that was prepared last, for
    /// whoever steers by them.
    pub fn grammar(&self, language: &str) -> Option<&Grammar> {
        let tag = Language::find(language)?.tag;
        self.tongues.iter().find(|tongue| tongue.language.tag == tag).map(|tongue| &tongue.grammar)
    }

    /// Reads a text.
    pub fn understand(&mut self, view: &HomeView, text: &str, context: &Context) -> Understanding {
        let text = text.trim();
        let Some(index) = self.tongue_index(&context.language) else { return Understanding::default() };
        let Some(tongue) = self.tongues.get_mut(index) else { return Understanding::default() };
        if let Err(error) = tongue.prepare(view) {
            tracing::error!("the home's names cannot be compiled: {error}");
        }
        let without_wake_word = strip_wake_word(text, &self.wake_words);
        // Without it first: in "computer, set a timer" it would else be the timer's name.
        let texts = without_wake_word.into_iter().chain([text]).filter(|text| !text.is_empty());
        for care in [Care::Exact, Care::Near] {
            for text in texts.clone() {
                if let Some(read) = tongue.read(view, text, context, care, 0) {
                    return understood(read);
                }
            }
            if care == Care::Exact
                && let Some(command) = tongue.taught(view, without_wake_word.unwrap_or(text), context, false)
            {
                return of_skill(command);
            }
        }
        let last = without_wake_word.unwrap_or(text);
        let by_fallback =
            self.fallback.as_mut().and_then(|fallback| fallback.understand(view, last, context));
        // A plan of nothing that asks nothing has understood nothing.
        if let Some(understanding) =
            by_fallback.filter(|found| !found.commands.is_empty() || found.question.is_some())
        {
            return understanding;
        }
        let Some(tongue) = self.tongues.get_mut(index) else { return Understanding::default() };
        tongue.read(view, last, context, Care::Missing, 0).map(understood).unwrap_or_default()
    }

    /// As [`Understander::understand`], but only what the sentences have exactly.
    pub fn understand_exactly(
        &mut self,
        view: &HomeView,
        text: &str,
        context: &Context,
    ) -> Option<Understanding> {
        let text = self.without_wake_word(text).to_string();
        let tongue = self.tongue(&context.language)?;
        tongue.prepare(view).ok()?;
        match tongue.read(view, &text, context, Care::Exact, 0) {
            Some(read) => Some(understood(read)),
            None => tongue.taught(view, &text, context, false).map(of_skill),
        }
    }

    /// The question about a state that a text is: "is the front door open".
    pub fn state_question(&mut self, view: &HomeView, text: &str, context: &Context) -> Option<Command> {
        let tongue = self.tongue(&context.language)?;
        tongue.prepare(view).ok()?;
        tongue.state_question(view, text, context)
    }

    /// A statement that may be meant to be remembered, or a question that may be about what was: for whoever
    /// knows what was told, and has found no other reading.
    pub fn understand_loosely(
        &mut self,
        view: &HomeView,
        text: &str,
        context: &Context,
    ) -> Option<Understanding> {
        let text = self.without_wake_word(text).to_string();
        let tongue = self.tongue(&context.language)?;
        tongue.prepare(view).ok()?;
        tongue.taught(view, &text, context, true).map(of_skill)
    }

    /// The text without a wake word at its start.
    pub(super) fn without_wake_word<'a>(&self, text: &'a str) -> &'a str {
        strip_wake_word(text.trim(), &self.wake_words).unwrap_or(text.trim())
    }

    /// A language, by its tag.
    pub(super) fn tongue(&mut self, tag: &str) -> Option<&mut Tongue> {
        self.tongue_index(tag).and_then(|index| self.tongues.get_mut(index))
    }

    /// The text without a wake word at its start.
    pub fn bare<'a>(&self, text: &'a str) -> &'a str {
        self.without_wake_word(text)
    }

    /// How people come back to what was said before.
    pub fn talk_words(&self, language: &str) -> Option<super::languages::Talk> {
        self.dialogue(language).map(|dialogue| dialogue.talk.clone())
    }

    /// What joins two commands, or two things.
    pub fn conjunctions(&self, language: &str) -> Vec<String> {
        self.dialogue(language).map(|dialogue| dialogue.conjunctions.clone()).unwrap_or_default()
    }

    /// How questions are answered in a language.
    pub(super) fn dialogue(&self, language: &str) -> Option<&Dialogue> {
        self.tongue_index(language).and_then(|index| self.tongues.get(index)).map(|tongue| &tongue.dialogue)
    }

    /// The tongue for a tag; the first when the tag is empty.
    fn tongue_index(&self, tag: &str) -> Option<usize> {
        if tag.is_empty() {
            return (!self.tongues.is_empty()).then_some(0);
        }
        let language = Language::find(tag)?;
        self.tongues.iter().position(|tongue| tongue.language == language)
    }
}

impl Tongue {
    fn new(tag: &str, own: &[SentenceSet]) -> Result<Self, UnderstandError> {
        let language = Language::find(tag).ok_or_else(|| UnderstandError::Language {
            tag: tag.to_string(),
            known: super::languages::ALL.iter().map(|language| language.tag).collect::<Vec<_>>().join(", "),
        })?;
        let dialogue = Dialogue::read(language).map_err(UnderstandError::Dialogue)?;
        let mut set = language.sentence_set()?;
        for own in own
            .iter()
            .filter(|own| own.language.is_empty() || Language::find(&own.language) == Some(language))
        {
            add(&mut set, own);
        }
        let nobody = resolve::lists(&HomeView::default(), &dialogue);
        let grammar = Grammar::compile(&set, &nobody)?;
        let skills = Grammar::compile(&language.skills_set()?, &nobody)?;
        let unknown = Grammar::compile(&language.unknown_set()?, &Lists::new())?;
        Ok(Self { language, dialogue, unknown, grammar, skills, home: None })
    }

    pub(super) fn grammar(&self) -> &Grammar {
        &self.grammar
    }

    pub(super) fn dialogue(&self) -> &Dialogue {
        &self.dialogue
    }

    pub(super) fn skills(&self) -> &Grammar {
        &self.skills
    }

    /// Whether a text is commands that can be carried out.
    pub(super) fn is_doable(&mut self, view: &HomeView, text: &str, context: &Context) -> bool {
        let read = self.read(view, text, context, Care::Exact, 1);
        read.is_some_and(|read| {
            let talks = ["HassNevermind", "HassGetState", "HassGetCurrentTime", "HassGetCurrentDate"];
            read.iter()
                .all(|r| r.is_served() && r.options.is_empty() && !talks.contains(&r.command.intent.as_str()))
        })
    }

    /// The question about a state that a text is.
    pub(super) fn state_question(
        &mut self,
        view: &HomeView,
        text: &str,
        context: &Context,
    ) -> Option<Command> {
        let read = self.read(view, text, context, Care::Exact, 1)?;
        let [only] = read.as_slice() else { return None };
        let command = &only.command;
        let asks = command.intent == "HassGetState"
            && command.slots.contains_key("state")
            && !command.targets.is_empty();
        asks.then(|| command.clone())
    }

    pub(super) fn tag(&self) -> &'static str {
        self.language.tag
    }

    /// What a text is read as exactly, as its sentences are written.
    pub(super) fn reads(&mut self, view: &HomeView, text: &str, context: &Context) -> Option<Understanding> {
        self.prepare(view).ok()?;
        Some(understood(self.read(view, text, context, Care::Exact, 0)?))
    }

    fn prepare(&mut self, view: &HomeView) -> Result<(), UnderstandError> {
        let home = (view.version, view.entities.len(), view.areas.len());
        if self.home != Some(home) {
            let lists = resolve::lists(view, &self.dialogue);
            self.grammar = self.grammar.with_lists(&lists)?;
            self.skills = self.skills.with_lists(&lists)?;
            self.home = Some(home);
        }
        Ok(())
    }

    /// The commands of a text.
    fn read(
        &mut self,
        view: &HomeView,
        text: &str,
        context: &Context,
        care: Care,
        depth: usize,
    ) -> Option<Vec<Resolved>> {
        let conjunctions = self.dialogue.conjunctions.clone();
        let mut reader = Reader { tongue: self, care, depth, seen: HashMap::new() };
        Compound::new(&mut reader, view, context, &conjunctions, text).read()
    }

    /// A command on something that is not there.
    fn missing(&self, view: &HomeView, text: &str) -> Option<Resolved> {
        let read = self.unknown.exact_matches(text, &Values::new());
        // The fewer letters are unknown, the more of the sentence is.
        let read = read.into_iter().min_by_key(|read| read.wildcard_chars)?;
        let said = |slot: &str| {
            let text = read.slots.get(slot).map(|slot| slot.text.clone())?;
            let words = words_of(&text);
            let Dialogue { pronouns, kinds, conjunctions, .. } = &self.dialogue;
            let says_nothing = words.iter().all(|word| pronouns.contains(word) || kinds.contains(word));
            let joins = words.iter().any(|word| conjunctions.contains(word))
                || text.contains([',', '.', ';', '?', '!']);
            (words.len() <= MAX_UNKNOWN_WORDS && !says_nothing && !joins).then_some(text)
        };
        let unknown = said("unknown");
        // What is there must not be said not to be: then it is the rest of the sentence that we do not know.
        let names = view.entities.iter().flat_map(|entity| entity.names());
        let mut places = view.areas.iter().flat_map(|area| std::iter::once(&area.name).chain(&area.aliases));
        let starts =
            |name: &str| unknown.as_deref().is_some_and(|said| words_of(said).starts_with(&words_of(name)));
        let is_known = names.into_iter().any(starts) || places.any(|name| starts(name));
        if is_known {
            return None;
        }
        let refusal = match (unknown, said("unknown_area")) {
            (Some(name), area) => Refusal::NoEntity { name, area },
            (None, Some(area)) => Refusal::NoArea { area },
            (None, None) => return None,
        };
        let mut command = Command::new(read.intent.as_str());
        let known = read.slots.iter().filter(|(name, _)| !name.starts_with("unknown"));
        command.slots.extend(known.map(|(name, slot)| (name.clone(), slot.value.clone())));
        Some(Resolved::refused(command, refusal))
    }
}

/// Reads single commands, and remembers what the grammar said of a text.
struct Reader<'a> {
    tongue: &'a mut Tongue,
    care: Care,
    depth: usize,
    seen: HashMap<String, Vec<Match>>,
}

impl ReadsOne for Reader<'_> {
    fn one(&mut self, view: &HomeView, text: &str, context: &Context) -> Option<Resolved> {
        if !self.seen.contains_key(text) {
            let mut readings = match self.care {
                Care::Exact => self.tongue.grammar.exact_matches(text, &Values::new()),
                Care::Near | Care::Missing => self.tongue.grammar.matches(text, &Values::new()),
            };
            readings.retain(|reading| self.command_inside_is_read(view, reading, context));
            self.seen.insert(text.to_string(), readings);
        }
        best(view, context, self.seen.get(text)?)
    }

    fn missing(&mut self, view: &HomeView, text: &str) -> Option<Resolved> {
        (self.care == Care::Missing).then(|| self.tongue.missing(view, text)).flatten()
    }
}

impl Reader<'_> {
    /// A command that waits must be one that is understood now.
    fn command_inside_is_read(&mut self, view: &HomeView, reading: &Match, context: &Context) -> bool {
        let Some(inside) = reading.text("conversation_command") else { return true };
        self.depth < MAX_DEPTH
            && self.tongue.read(view, inside, context, Care::Exact, self.depth + 1).is_some()
    }
}

/// What was read, as an understanding.
pub(super) fn understood(read: Vec<Resolved>) -> Understanding {
    let commands: Vec<Command> = read.iter().map(|read| read.command.clone()).collect();
    let unclear = read.iter().position(|read| !read.options.is_empty());
    let near = read.iter().find_map(|read| read.near.clone());
    let question = match (unclear, near) {
        (Some(index), _) => Some(Question::Which {
            options: read.get(index).map(|read| read.options.clone()).unwrap_or_default(),
            commands: commands.clone(),
            index,
        }),
        (None, Some(said)) => Some(Question::DidYouMean { said, commands: commands.clone() }),
        (None, None) => None,
    };
    Understanding {
        commands,
        by: Some(By::Grammar),
        confidence: read.iter().map(|read| read.confidence).fold(1.0, f32::min),
        question,
        refusals: read.into_iter().filter_map(|read| read.refusal).collect(),
    }
}

/// One command of a skill, as an understanding.
fn of_skill(command: Command) -> Understanding {
    Understanding {
        commands: vec![command],
        by: Some(By::Grammar),
        confidence: 1.0,
        ..Understanding::default()
    }
}

/// Adds a person's own sentences to a language's.
fn add(set: &mut SentenceSet, own: &SentenceSet) {
    let own = own.clone();
    set.blocks.extend(own.blocks);
    set.lists.extend(own.lists);
    set.rules.extend(own.rules);
    set.skip_words.extend(own.skip_words);
    set.responses.extend(own.responses);
}

/// The text after a wake word at its start.
fn strip_wake_word<'a>(text: &'a str, wake_words: &[Vec<String>]) -> Option<&'a str> {
    let tokens = tokenize(text);
    let fits = |words: &&Vec<String>| {
        words.iter().enumerate().all(|(at, word)| tokens.get(at).is_some_and(|token| token.text == *word))
    };
    let words = wake_words.iter().filter(fits).map(Vec::len).max()?;
    tokens.get(words).and_then(|token| text.get(token.start..))
}

pub(super) fn words_of(text: &str) -> Vec<String> {
    tokenize(text).into_iter().map(|token| token.text).collect()
}

#[cfg(test)]
mod tests {
    use super::super::grammar::Filling;
    use super::*;
    use crate::home::Entity;

    /// "turn on the desk lamp", with the lamp's name heard this well.
    fn heard(score: f32) -> Understanding {
        let entities = vec![Entity::new("light.desk", "Desk Lamp")];
        let view = HomeView { version: 1, entities, ..HomeView::default() };
        let mut tongue = Tongue::new("en", &[]).unwrap();
        tongue.prepare(&view).unwrap();
        let mut readings = tongue.grammar.exact_matches("turn on the desk lamp", &Values::new());
        for reading in &mut readings {
            reading.score = score;
            if let Some(name) = reading.slots.get_mut("name") {
                (name.filling, name.score, name.text) = (Filling::Near, score, "dusk lamp".into());
            }
        }
        understood(vec![best(&view, &Context::default(), &readings).unwrap()])
    }

    #[test]
    fn a_near_miss_is_asked_about_and_a_sure_one_is_taken() {
        let Some(Question::DidYouMean { said, commands }) = heard(0.8).question else { panic!() };
        assert_eq!((said.as_str(), &commands[0].targets[..]), ("dusk lamp", &["light.desk".to_string()][..]));
        let sure = heard(0.95);
        assert_eq!((sure.question, &sure.commands[0].targets[..]), (None, &["light.desk".to_string()][..]));
        assert!(sure.confidence < 1.0);
    }

    #[test]
    fn what_stands_behind_the_grammar_is_asked_when_it_is_silent() {
        struct Behind;
        impl Fallback for Behind {
            fn understand(&mut self, _: &HomeView, text: &str, _: &Context) -> Option<Understanding> {
                let commands = vec![Command::new("HassGetCurrentTime")];
                let by_model = Understanding { commands, by: Some(By::Model), ..Understanding::default() };
                text.contains("late").then_some(by_model)
            }
        }
        let mut understander = Understander::new(&["en"]).unwrap();
        understander.set_fallback(Box::new(Behind));
        let home = HomeView::default();
        let mut by = |text: &str| understander.understand(&home, text, &Context::default()).by;
        assert_eq!(by("what time is it"), Some(By::Grammar));
        assert_eq!(by("computer, is it late already"), Some(By::Model));
        assert_eq!(by("wibble"), None);
    }

    #[test]
    fn an_unknown_language_is_named() {
        let error = Understander::new(&["xx"]).err().map(|error| error.to_string());
        assert_eq!(error.as_deref(), Some("language \"xx\" is not known; known are en, zh-CN"));
    }
}
