//! From an utterance to a thought, and from a thought to a reply: speech-to-text, understanding, safety,
//! dialogue. Everything here is called from one thread and waits for nothing but the processor and the
//! hands that it is given.

use super::event::EventKind;
use super::hands::{Hands, SharedHome, Step};
use super::thought::{Settled, Thought};
use crate::audio::Utterance;
use crate::home::{Action, HomeView, Outcome};
use crate::intent::reply::Replies;
use crate::intent::resolve;
use crate::intent::{Command, Context, Question, Refusal, Standing, Understander, Understanding};
use crate::skills::Skills;
use crate::stt::{self, Hints, Recognizer, Transcript};
use crate::vad::Pause;
use jiff::ZonedDateTime;
use serde_json::{Map, Value};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Commands that "it" and "again" can still refer to.
const REMEMBERED: usize = 8;

/// A timer that rings, with what is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ring {
    /// Its name.
    pub name: Option<String>,
    /// What is said.
    pub say: String,
}

/// What the brain is told about where it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Manner {
    /// Language tag.
    pub language: String,
    /// The speaker's area, if known.
    pub area: Option<String>,
    /// Confidence of a transcript below which it is not acted on, 0.0..=1.0.
    pub min_confidence: f32,
}

/// Speech-to-text, understanding and dialogue.
pub struct Brain {
    recognizer: Option<Recognizer>,
    understander: Understander,
    replies: Arc<Replies>,
    home: SharedHome,
    skills: Arc<Mutex<Skills>>,
    manner: Manner,
    context: Context,
    clock: Box<dyn Fn() -> ZonedDateTime + Send>,
    /// Words of a person's own sentences, for speech-to-text.
    own_words: Vec<String>,
    /// The home's names for speech-to-text, and the home's version that they are of.
    hints: Option<(u64, Hints)>,
    /// Counts texts: which wording a reply takes.
    turn: u64,
    /// What was made of an utterance that might be over: where it begins and ends, in ms, and its text.
    foreseen: Option<(u64, u64, Transcript)>,
}

impl Brain {
    /// A brain; without a recognizer it only reads.
    pub fn new(
        recognizer: Option<Recognizer>,
        understander: Understander,
        replies: Arc<Replies>,
        home: SharedHome,
        manner: Manner,
    ) -> Self {
        let context =
            Context { area: manner.area.clone(), language: manner.language.clone(), ..Context::default() };
        Self {
            recognizer,
            understander,
            replies,
            home,
            skills: Arc::default(),
            manner,
            context,
            clock: Box::new(ZonedDateTime::now),
            own_words: Vec::new(),
            hints: None,
            turn: 0,
            foreseen: None,
        }
    }

    /// Says what is due by a time (Unix, in ms), each once: for whoever rings.
    pub fn ringer(&self) -> impl FnMut(i64) -> Vec<Ring> + Send + 'static {
        let skills = Arc::clone(&self.skills);
        let replies = Arc::clone(&self.replies);
        move |now_ms| {
            let due = skills.lock().unwrap_or_else(PoisonError::into_inner).due(now_ms);
            due.into_iter()
                .map(|due| Ring {
                    say: replies.timer_due(due.name.as_deref(), due.seconds, 0),
                    name: due.name,
                })
                .collect()
        }
    }

    /// Words of a person's own sentences that speech-to-text is to expect before the home's names.
    pub fn expect_words(&mut self, words: Vec<String>) {
        self.own_words = words;
        self.hints = None;
    }

    /// Fixes the clock that timers and the time of day go by.
    pub fn set_clock(&mut self, clock: Box<dyn Fn() -> ZonedDateTime + Send>) {
        self.clock = clock;
    }

    /// The words of the language.
    pub fn replies(&self) -> Arc<Replies> {
        Arc::clone(&self.replies)
    }

    /// Forgets the open question and what was done: the next text stands alone.
    pub fn forget(&mut self) {
        self.context.open_question = None;
        self.context.recent.clear();
    }

    /// Forgets the question that was open.
    pub fn drop_question(&mut self) {
        self.context.open_question = None;
    }

    /// Makes text of an utterance that may be over, keeps it until [`Brain::hear`] asks for the same, and says
    /// whether the person has finished; `None`: nobody can tell.
    pub fn foresee(&mut self, utterance: &Utterance) -> Option<Pause> {
        // What goes wrong is tried again in earnest, and said then.
        let transcript = self.recognize(&utterance.samples).ok()?;
        let pause = match self.trusts(&transcript) {
            // An answer to a question is no command.
            _ if self.has_open_question() => None,
            false => None,
            true => match self.understander.standing(&self.home.view(), &transcript.text, &self.context) {
                Standing::Complete => Some(Pause::Whole),
                Standing::Unfinished => Some(Pause::Half),
                Standing::Open | Standing::Unknown => None,
            },
        };
        self.foreseen = Some((utterance.start_ms, utterance.speech_end_ms, transcript));
        pause
    }

    /// Makes text of an utterance, or takes what was made of it when it might have been over.
    ///
    /// # Errors
    /// As [`Brain::recognize`].
    pub fn hear(&mut self, utterance: &Utterance) -> Result<Transcript, String> {
        match self.foreseen.take() {
            Some((start, end, transcript))
                if (start, end) == (utterance.start_ms, utterance.speech_end_ms) =>
            {
                Ok(transcript)
            }
            _ => self.recognize(&utterance.samples),
        }
    }

    /// Makes text of an utterance: [`EventKind::Heard`] or [`EventKind::NotHeard`].
    pub fn transcribe(&mut self, utterance: &Utterance) -> EventKind {
        match self.hear(utterance) {
            Ok(transcript) if transcript.text.is_empty() => EventKind::NotHeard { words: false },
            Ok(transcript) if transcript.confidence < self.manner.min_confidence => {
                tracing::info!("not sure enough: {:?} ({:.2})", transcript.text, transcript.confidence);
                EventKind::NotHeard { words: true }
            }
            Ok(transcript) => EventKind::Heard {
                text: transcript.text,
                confidence: transcript.confidence,
                compute_ms: transcript.compute_ms,
            },
            Err(reason) => {
                tracing::error!("speech-to-text failed: {reason}");
                EventKind::NotHeard { words: true }
            }
        }
    }

    /// Makes text of 16 kHz samples, steered by the names of this home.
    ///
    /// # Errors
    /// What went wrong, for a person.
    pub fn recognize(&mut self, samples: &[f32]) -> Result<Transcript, String> {
        let view = self.home.view();
        let Some(recognizer) = self.recognizer.as_mut() else {
            return Err("there is no speech-to-text model".into());
        };
        if self.hints.as_ref().is_none_or(|(version, _)| *version != view.version) {
            self.hints = Some((view.version, hints_of(&view, &self.own_words, &self.manner.language)));
        }
        let hints = self.hints.as_ref().map(|(_, hints)| hints.clone()).unwrap_or_default();
        recognizer.transcribe(samples, &hints).map_err(|error| error.to_string())
    }

    /// Whether a transcript is worth reading.
    pub fn trusts(&self, transcript: &Transcript) -> bool {
        !transcript.text.is_empty() && transcript.confidence >= self.manner.min_confidence
    }

    /// Whether a question of ours waits for its answer.
    pub fn has_open_question(&self) -> bool {
        self.context.open_question.is_some()
    }

    /// Takes another home, and forgets what was said about the last.
    pub fn move_to(&mut self, home: SharedHome) {
        self.home = home;
        self.hints = None;
        self.skills = Arc::default();
        self.forget();
    }

    /// Compiles and loads ahead of the first text what depends on the home; takes seconds where there is a
    /// language model.
    pub fn prepare(&mut self) {
        let view = self.home.view();
        if let Err(error) = self.understander.prepare(&view) {
            tracing::error!("the home's names cannot be compiled: {error}");
        }
        self.understander.warm(&view);
    }

    /// Reads a text and says what there is to do.
    pub fn think(&mut self, text: &str) -> Thought {
        let began = Instant::now();
        self.turn += 1;
        let view = self.home.view();
        let asked = self.context.open_question.clone();
        let understanding = match &asked {
            Some(_) => self.understander.answer(&view, text, &self.context),
            None => self.understander.understand(&view, text, &self.context),
        };
        self.context.open_question = None;
        // A "yes" to "really?" is not asked about again; anything else that is dangerous is.
        let confirmed = matches!(asked, Some(Question::Confirm { .. }))
            && self.understander.agrees(text, &self.context.language);
        let understanding = if confirmed { understanding } else { self.ask_first(understanding, &view) };
        let mut thought = self.plan(text, understanding, &view);
        thought.micros = began.elapsed().as_micros() as u64;
        thought
    }

    /// The thought of a text that was not heard well enough, or of no text at all.
    pub fn nothing(&self, text: &str, words: bool) -> Thought {
        Thought {
            text: text.to_string(),
            understanding: Understanding::default(),
            steps: Vec::new(),
            refusals: Vec::new(),
            reply: if words { self.replies.fixed("did_not_catch", self.turn) } else { String::new() },
            question: false,
            micros: 0,
        }
    }

    /// Turns dangerous commands into a question.
    fn ask_first(&self, mut understanding: Understanding, view: &HomeView) -> Understanding {
        let dangerous = || {
            let home = self.home.lock();
            home.config().safety.needs_confirmation(view, &understanding.commands).is_some()
        };
        if understanding.question.is_none() && !understanding.commands.is_empty() && dangerous() {
            understanding.question = Some(Question::Confirm { commands: understanding.commands.clone() });
        }
        understanding
    }

    fn plan(&mut self, text: &str, understanding: Understanding, view: &HomeView) -> Thought {
        let mut thought = self.nothing(text, false);
        thought.understanding = understanding;
        if !thought.understanding.understood() {
            thought.reply = self.replies.not_understood(self.turn);
            return thought;
        }
        if let Some(question) = &thought.understanding.question {
            thought.reply = self.replies.question(view, question, self.turn);
            thought.question = true;
            self.context.open_question = Some(question.clone());
            return thought;
        }
        thought.refusals.clone_from(&thought.understanding.refusals);
        let mut answers = Vec::new();
        // What the skills would say, without doing it.
        let mut skills = self.skills.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let now = (self.clock)();
        for command in &thought.understanding.commands {
            match self.step(command) {
                Ok(step) => {
                    let mut answer = Answer { command: command.clone(), outcome: Outcome::Done, skill: None };
                    if let Some((skill, arguments)) = step.as_ref().and_then(skill_of) {
                        match skills.run(skill, arguments, &now) {
                            Ok(value) => answer.skill = Some((skill.to_string(), value)),
                            Err(refusal) => {
                                thought.refusals.push(refusal);
                                continue;
                            }
                        }
                    }
                    answers.push(answer);
                    thought.steps.extend(step);
                }
                Err(refusals) => {
                    let new =
                        refusals.into_iter().filter(|r| !thought.refusals.contains(r)).collect::<Vec<_>>();
                    thought.refusals.extend(new);
                }
            }
        }
        thought.reply = self.compose(view, &answers, &thought.refusals);
        thought
    }

    /// `None`: there is nothing to do, it is answered by words.
    fn step(&self, command: &Command) -> Result<Option<Step>, Vec<Refusal>> {
        if let Some(action) = Skills::action(command) {
            return Ok(Some(Step { command: command.clone(), actions: vec![action], expects: Vec::new() }));
        }
        if command.intent == "HassNevermind" {
            return Ok(None);
        }
        // Understood, but nothing here fits: the understanding's refusals say why.
        if command.targets.is_empty() && resolve::needs_targets(&command.intent) {
            return Err(Vec::new());
        }
        let home = self.home.lock();
        let actions = home.actions(command).map_err(|refusal| vec![refusal])?;
        if actions.is_empty() {
            return Ok(None);
        }
        Ok(Some(Step { command: command.clone(), actions, expects: home.expects(command) }))
    }

    /// Carries a thought out and says what came of it. `tell` hears of every action.
    pub fn act(
        &mut self,
        thought: &Thought,
        hands: &mut dyn Hands,
        tell: &mut dyn FnMut(EventKind),
    ) -> Settled {
        let mut answers = Vec::new();
        let mut refusals = thought.refusals.clone();
        let now = (self.clock)();
        for action in thought.actions() {
            tell(EventKind::ActionSent(action.clone()));
        }
        let by_hand: Vec<&Step> = thought.steps.iter().filter(|step| skill_of(step).is_none()).collect();
        let mut outcomes = hands.carry_out(&by_hand).into_iter();
        let mut steps = thought.steps.iter().peekable();
        for command in &thought.understanding.commands {
            let mut answer = Answer { command: command.clone(), outcome: Outcome::Done, skill: None };
            let Some(step) = steps.next_if(|step| step.command == *command) else {
                // It could not be done, or it is a question: answered from the state as it is now.
                if !resolve::needs_targets(&command.intent) || self.is_question(command) {
                    answers.push(answer);
                }
                continue;
            };
            if let Some((skill, arguments)) = skill_of(step) {
                let result =
                    self.skills.lock().unwrap_or_else(PoisonError::into_inner).run(skill, arguments, &now);
                match result {
                    Ok(value) => answer.skill = Some((skill.to_string(), value)),
                    Err(refusal) => {
                        refusals.push(refusal);
                        continue;
                    }
                }
            } else {
                answer.outcome = outcomes.next().unwrap_or(Outcome::Dropped);
                if answer.outcome == Outcome::Done {
                    self.home.lock().assume(command, 0);
                    self.remember(command);
                }
            }
            for action in &step.actions {
                tell(EventKind::ActionDone(action.clone(), answer.outcome.clone()));
            }
            answers.push(answer);
        }
        let view = self.home.view();
        Settled { reply: self.compose(&view, &answers, &refusals), question: false }
    }

    /// Whether a command has targets and needs no publish: it asks for their state.
    fn is_question(&self, command: &Command) -> bool {
        !command.targets.is_empty()
            && self.home.lock().actions(command).is_ok_and(|actions| actions.is_empty())
    }

    fn remember(&mut self, command: &Command) {
        if self.context.recent.len() >= REMEMBERED {
            self.context.recent.remove(0);
        }
        self.context.recent.push(command.clone());
    }

    fn compose(&self, view: &HomeView, answers: &[Answer], refusals: &[Refusal]) -> String {
        let mut said = Vec::new();
        let mut done: Vec<(Command, Outcome)> = Vec::new();
        for answer in answers {
            match &answer.skill {
                None => done.push((answer.command.clone(), answer.outcome.clone())),
                Some((skill, result)) => {
                    if !done.is_empty() {
                        said.push(self.replies.done(view, &std::mem::take(&mut done), self.turn));
                    }
                    said.push(self.replies.skill(skill, result, self.turn));
                }
            }
        }
        if !done.is_empty() {
            said.push(self.replies.done(view, &done, self.turn));
        }
        said.extend(refusals.iter().map(|refusal| self.replies.refusal(view, refusal, self.turn)));
        said.dedup();
        self.replies.together(&said)
    }
}

/// The skill that a step calls, with its arguments; `None`: the step publishes.
fn skill_of(step: &Step) -> Option<(&str, &Map<String, Value>)> {
    match step.actions.as_slice() {
        [Action::Skill { skill, arguments }] => Some((skill, arguments)),
        _ => None,
    }
}

/// What came of one command.
struct Answer {
    command: Command,
    outcome: Outcome,
    /// The skill that served it and its result.
    skill: Option<(String, Value)>,
}

/// The home's names, as words that speech-to-text may expect.
fn hints_of(view: &HomeView, own: &[String], language: &str) -> Hints {
    let areas = view.areas.iter().map(|a| a.name.as_str());
    let entities = view.entities.iter().map(|e| e.name.as_str());
    Hints {
        prompt: stt::prompt_of(own.iter().map(String::as_str).chain(areas).chain(entities)),
        language: Some(language.to_string()),
    }
}
