//! From an utterance to a thought, and from a thought to a reply: speech-to-text, understanding, safety,
//! dialogue. Everything here is called from one thread and waits for nothing but the processor and the
//! hands that it is given.

use super::dialogue::{Deed, Talk};
use super::event::EventKind;
use super::hands::{Hands, SharedHome, Step};
use super::thought::{Settled, Thought};
use crate::audio::Utterance;
use crate::home::{Action, HomeView, Outcome};
use crate::intent::reply::Replies;
use crate::intent::resolve;
use crate::intent::when::When;
use crate::intent::{By, Command, Context, Question, Refusal, Standing, Understander, Understanding};
use crate::skills::Skills;
use crate::store::Store;
use crate::stt::{self, Hints, Recognizer, Transcript};
use crate::vad::Pause;
use jiff::ZonedDateTime;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Commands that "it" and "again" can still refer to.
const REMEMBERED: usize = 8;
/// Under which key the store keeps the dialogue.
const TALK: &str = "dialogue";

/// A timer that rings, with what is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ring {
    /// Its number in the outbox; see [`Ringer::rung`](super::dialogue::Ringer::rung).
    pub id: i64,
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
    pub(super) understander: Understander,
    replies: Arc<Replies>,
    pub(super) home: SharedHome,
    skills: Arc<Mutex<Skills>>,
    manner: Manner,
    pub(super) context: Context,
    /// What was said and done before.
    pub(super) talk: Talk,
    /// Of each routine that goes by a state: whether it holds.
    pub(super) seen: HashMap<i64, bool>,
    /// Which routines have been set off when, in ms.
    pub(super) fired: Vec<(i64, i64)>,
    /// What of the outbox is being said.
    pub(super) handed: Vec<i64>,
    clock: Box<dyn Fn() -> ZonedDateTime + Send>,
    /// Words of a person's own sentences, for speech-to-text.
    own_words: Vec<String>,
    /// The home's names for speech-to-text, and the home's version that they are of.
    hints: Option<(u64, Hints)>,
    /// Counts texts: which wording a reply takes.
    pub(super) turn: u64,
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
            talk: Talk::default(),
            seen: HashMap::new(),
            fired: Vec::new(),
            handed: Vec::new(),
            clock: Box::new(ZonedDateTime::now),
            own_words: Vec::new(),
            hints: None,
            turn: 0,
            foreseen: None,
        }
    }

    /// Takes a store: its timers, lists, memory and routines, and the dialogue where it was left.
    pub fn remember_in(&mut self, store: Store) {
        let mut skills = Skills::new(store);
        match skills.store().kept::<Talk>(TALK) {
            Ok(talk) => self.talk = talk.unwrap_or_default(),
            Err(error) => tracing::error!("the dialogue cannot be read: {error}"),
        }
        self.context.recent.clone_from(&self.talk.recent);
        self.context.open_question.clone_from(&self.talk.question);
        self.skills = Arc::new(Mutex::new(skills));
        self.name_things();
        self.look_around();
    }

    /// The skills, for a moment.
    pub(super) fn skills(&self) -> MutexGuard<'_, Skills> {
        // Each change is a transaction: a panic elsewhere leaves none half done.
        self.skills.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn shared_skills(&self) -> Arc<Mutex<Skills>> {
        Arc::clone(&self.skills)
    }

    /// The time that it goes by.
    pub fn now(&self) -> ZonedDateTime {
        (self.clock)()
    }

    /// Does something with the store.
    pub fn with_store<T>(&self, with: impl FnOnce(&mut Store) -> T) -> T {
        with(self.skills().store())
    }

    /// Tells the home the names that people gave to things.
    fn name_things(&mut self) {
        let aliases = self.skills().aliases().unwrap_or_default();
        self.home.lock().set_given_names(&aliases);
    }

    fn keep_talk(&mut self) {
        self.talk.recent.clone_from(&self.context.recent);
        self.talk.question.clone_from(&self.context.open_question);
        let talk = self.talk.clone();
        if let Err(error) = self.skills().store().write(|store| store.keep(TALK, &talk)) {
            tracing::error!("the dialogue cannot be kept: {error}");
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
        self.talk = Talk::default();
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
        self.seen.clear();
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
        let now_ms = self.now().timestamp().as_millisecond();
        self.talk.recent.clone_from(&self.context.recent);
        self.talk.question.clone_from(&self.context.open_question);
        self.talk.fade(now_ms);
        self.context.recent.clone_from(&self.talk.recent);
        let asked = self.talk.question.take();
        self.context.open_question.clone_from(&asked);
        if let Err(error) = self.skills().store().begin_turn() {
            tracing::error!("{error}");
        }
        let view = self.home.view();
        let Read { understanding, confirmed, whole } = self.read(text, asked.as_ref(), &view);
        self.context.open_question = None;
        let understanding = self.expanded(understanding, text, &view);
        let understanding = self.with_routines(understanding, &view);
        let understanding = if confirmed { understanding } else { self.ask_first(understanding, &view) };
        let mut thought = self.plan(text, understanding, &view);
        self.note(&thought, whole);
        if thought.steps.is_empty() {
            self.keep_talk();
        }
        thought.micros = began.elapsed().as_micros() as u64;
        thought
    }

    /// Reads a text in the dialogue: an answer, a correction, a routine's word, a sentence, a fragment.
    fn read(&mut self, text: &str, asked: Option<&Question>, view: &HomeView) -> Read {
        let plain = |understanding| Read { understanding, confirmed: false, whole: None };
        if let Some(question) = asked {
            if matches!(question, Question::Confirm { .. })
                && !self.understander.refuses(text, &self.context.language)
                && let Some((understanding, whole)) = self.correction(view, text)
            {
                return Read { understanding, confirmed: false, whole: Some(whole) };
            }
            if let Some(understanding) = self.missing_said(question, text, view) {
                return plain(understanding);
            }
            let understanding = self.understander.answer(view, text, &self.context);
            // A "yes" to "really?" is not asked about again; anything else that is dangerous is.
            let confirmed = matches!(question, Question::Confirm { .. })
                && self.understander.agrees(text, &self.context.language);
            if understanding.understood() {
                return Read { understanding, confirmed, whole: None };
            }
        }
        self.context.open_question = None;
        if let Some((understanding, confirmed)) = self.routine_said(text, view) {
            return Read { understanding, confirmed, whole: None };
        }
        if self.takes_back(text) {
            let nothing = || Understanding {
                by: Some(By::Grammar),
                confidence: 1.0,
                refusals: vec![Refusal::told("nothing_to_undo", "")],
                ..Understanding::default()
            };
            return plain(self.undo_last().unwrap_or_else(nothing));
        }
        if let Some(understanding) = self.step_on(text) {
            return plain(understanding);
        }
        if let Some((understanding, whole)) = self.correction(view, text) {
            return Read { understanding, confirmed: false, whole: Some(whole) };
        }
        if let Some(understanding) = self.understander.understand_exactly(view, text, &self.context) {
            return plain(understanding);
        }
        if let Some((understanding, whole)) = self.addition(view, text) {
            return Read { understanding, confirmed: false, whole: Some(whole) };
        }
        if let Some(understanding) = self.loosely(text, view) {
            return plain(understanding);
        }
        plain(self.understander.understand(view, text, &self.context))
    }

    /// What was told, or is asked of what was told.
    fn loosely(&mut self, text: &str, view: &HomeView) -> Option<Understanding> {
        let understanding = self.understander.understand_loosely(view, text, &self.context)?;
        let [only] = understanding.commands.as_slice() else { return None };
        let now = self.now();
        let is_known = match Skills::action(only) {
            Some(Action::Skill { skill, arguments }) if skill == "memory.recall" => {
                self.skills().run(&skill, &arguments, &now).is_ok()
            }
            _ => true,
        };
        is_known.then_some(understanding)
    }

    /// Whether a text asks to take back what was done last.
    fn takes_back(&self, text: &str) -> bool {
        let Some(words) = self.talk_words() else { return false };
        let plain = |text: &str| -> Vec<String> {
            crate::intent::grammar::tokenize(text).into_iter().map(|t| t.text).filter(|w| w != "please").collect()
        };
        let said = plain(self.understander.bare(text));
        let is = |list: &[String]| list.iter().any(|phrase| plain(phrase) == said);
        let made = self.talk.deeds.last().is_some_and(|deed| deed.stored && deed.commands == self.talk.commands);
        is(&words.undo) || (made && is(&words.cancel_it))
    }

    /// The answer to "for when?" and "for how long?".
    fn missing_said(&mut self, question: &Question, text: &str, view: &HomeView) -> Option<Understanding> {
        let Question::Missing { command, slot } = question else { return None };
        let mut command = command.clone();
        let text = text.trim().trim_end_matches(['.', '!', '?']);
        if slot == "when" {
            let when = When::read(text, &self.context.language)?;
            command.slots.insert("when".into(), serde_json::to_value(when).ok()?);
        } else {
            let timer = self.understander.timer_sentence(text, &self.context.language);
            let read = self.understander.understand_exactly(view, &timer, &self.context)?;
            let [only] = read.commands.as_slice() else { return None };
            for part in ["hours", "minutes", "seconds"] {
                command.slots.extend(only.slots.get(part).map(|value| (part.to_string(), value.clone())));
            }
        }
        Some(Understanding { commands: vec![command], by: Some(By::Grammar), confidence: 1.0, ..Understanding::default() })
    }

    /// Several items of a list, a liking as commands, and what was not said asked for.
    fn expanded(&mut self, mut understanding: Understanding, text: &str, view: &HomeView) -> Understanding {
        if understanding.question.is_some() {
            return understanding;
        }
        let conjunctions = self.understander.conjunctions(&self.context.language);
        let mut commands = Vec::new();
        for mut command in std::mem::take(&mut understanding.commands) {
            let lacks = |slot: &str| !command.slots.contains_key(slot);
            let missing = match command.intent.as_str() {
                "SottoSetAlarm" | "SottoSetReminder" if lacks("when") => Some("when"),
                _ => None,
            };
            if let Some(slot) = missing {
                let question = Question::Missing { command: command.clone(), slot: slot.into() };
                understanding.question = Some(question);
            }
            if command.intent.contains("List")
                && let Some(said) = command.text_slot("item").map(str::to_string)
            {
                let items = items_of(as_said(text, &said), &conjunctions);
                if !command.targets.is_empty() {
                    commands.extend(items.into_iter().map(|item| {
                        let mut one = command.clone();
                        one.slots.insert("item".into(), item.into());
                        one
                    }));
                    continue;
                }
                if items.len() > 1 {
                    command.slots.insert("items".into(), items.into());
                }
            }
            if command.intent == "SottoApplyLiking" {
                let area = command.text_slot("area").map(str::to_string).or_else(|| self.context.area.clone());
                let (liked, mut refusals) = self.liked(area.as_deref().unwrap_or(""), view);
                understanding.refusals.append(&mut refusals);
                commands.extend(liked);
                continue;
            }
            commands.push(command);
        }
        understanding.commands = commands;
        understanding
    }

    /// How a person likes an area, as commands on it.
    fn liked(&mut self, area: &str, view: &HomeView) -> (Vec<Command>, Vec<Refusal>) {
        let now = self.now();
        let liked = self.skills().liking(area, &now).unwrap_or_default();
        if liked.is_empty() {
            return (Vec::new(), vec![Refusal::told("no_liking", area)]);
        }
        let (mut commands, mut refusals) = (Vec::new(), Vec::new());
        for (what, value) in liked {
            let (intent, slot, domain) = match what.as_str() {
                "temperature" => ("HassClimateSetTemperature", "temperature", "climate"),
                _ => ("HassLightSet", "brightness", "light"),
            };
            let mut command = Command::new(intent);
            command.slots.insert(slot.into(), serde_json::json!(value));
            command.slots.insert("area".into(), area.into());
            let able = |e: &&crate::home::Entity| e.area.as_deref() == Some(area) && e.domain() == domain;
            command.targets = view.entities.iter().filter(able).map(|e| e.id.clone()).collect();
            match command.targets.is_empty() {
                true => refusals.push(Refusal::NoDomain { domain: domain.into(), area: Some(area.into()) }),
                false => commands.push(command),
            }
        }
        (commands, refusals)
    }

    /// Keeps what the next text may refer to.
    fn note(&mut self, thought: &Thought, whole: Option<String>) {
        let understanding = &thought.understanding;
        let only_talk = understanding.commands.iter().all(|c| c.intent == "HassNevermind");
        if !understanding.understood() || only_talk {
            return;
        }
        self.talk.text = Some(whole.unwrap_or_else(|| self.understander.bare(&thought.text).to_string()));
        self.talk.commands.clone_from(&understanding.commands);
        for command in &understanding.commands {
            if self.is_question(command) {
                self.remember(command);
            }
        }
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

    pub(super) fn plan(&mut self, text: &str, understanding: Understanding, view: &HomeView) -> Thought {
        let mut thought = self.nothing(text, false);
        thought.understanding = understanding;
        if !thought.understanding.understood() {
            thought.reply = self.replies.not_understood(self.turn);
            return thought;
        }
        if let Some(question) = &thought.understanding.question {
            thought.reply = self
                .routine_question(question, view)
                .unwrap_or_else(|| self.replies.question(view, question, self.turn));
            thought.question = true;
            self.context.open_question = Some(question.clone());
            return thought;
        }
        thought.refusals.clone_from(&thought.understanding.refusals);
        let mut answers = Vec::new();
        let now = self.now();
        let planned: Vec<_> =
            thought.understanding.commands.clone().into_iter().map(|c| (self.step(&c), c)).collect();
        let calls: Vec<_> = planned
            .iter()
            .filter_map(|(step, _)| step.as_ref().ok()?.as_ref().and_then(skill_of))
            .map(|(skill, arguments)| (skill.to_string(), arguments.clone()))
            .collect();
        // What the skills would say, without doing it.
        let mut results = self.skills().rehearse(&calls, &now).into_iter();
        for (step, command) in planned {
            match step {
                Ok(step) => {
                    let mut answer = Answer { command, outcome: Outcome::Done, skill: None };
                    if let Some((skill, _)) = step.as_ref().and_then(skill_of) {
                        match results.next().unwrap_or_else(|| Err(Refusal::told("not_said", ""))) {
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
        let now = self.now();
        let turn = self.skills().store().turn();
        let before = self.home.view();
        let mut deed = Deed { turn, text: thought.text.clone(), ..Deed::default() };
        let mut taken_back = false;
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
                let result = self.skills().run(skill, arguments, &now);
                taken_back |= skill == "dialogue.undo";
                match result {
                    Ok(value) => {
                        if skill.starts_with("alias.") || matches!(skill, "dialogue.undo" | "memory.forget") {
                            self.name_things();
                        }
                        answer.skill = Some((skill.to_string(), value));
                    }
                    Err(refusal) => {
                        refusals.push(refusal);
                        continue;
                    }
                }
            } else {
                answer.outcome = outcomes.next().unwrap_or(Outcome::Dropped);
                deed.inverse.extend(super::dialogue::inverse(&before, command));
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
        // Undoing is not undone; a correction takes the place of what it corrects.
        let undone = self.talk.deeds.last().filter(|last| {
            let back = super::dialogue::undoing(last);
            let is_in = |command: &Command| thought.understanding.commands.contains(command);
            !back.is_empty() && (taken_back || back.iter().all(is_in) || back.iter().any(is_in) && thought.understanding.commands.len() > 1)
        });
        if let Some(undone) = undone.cloned() {
            self.talk.deeds.pop();
            let back = super::dialogue::undoing(&undone);
            deed.commands = thought.understanding.commands.iter().filter(|c| !back.contains(c)).cloned().collect();
            let keeps = |back: &Command| deed.commands.iter().any(|new| new.targets.iter().any(|id| back.targets.contains(id)));
            deed.inverse.retain(keeps);
        } else {
            deed.commands.clone_from(&thought.understanding.commands);
        }
        deed.stored = self.skills().store().has_changes(turn).unwrap_or(false) && !deed.commands.is_empty();
        if !deed.inverse.is_empty() || deed.stored {
            self.talk.commands.clone_from(&deed.commands);
            self.talk.did(deed);
        }
        self.keep_talk();
        self.look_at_new_routines();
        Settled { reply: self.compose(&view, &answers, &refusals), question: false }
    }

    /// Whether a command has targets and needs no publish: it asks for their state.
    fn is_question(&self, command: &Command) -> bool {
        !command.targets.is_empty()
            && self.home.lock().actions(command).is_ok_and(|actions| actions.is_empty())
    }

    /// A routine that was just made goes by what happens from now on.
    fn look_at_new_routines(&mut self) {
        if self.talk.commands.iter().any(|command| command.intent.contains("Routine")) {
            self.look_around();
        }
    }

    pub(super) fn remember(&mut self, command: &Command) {
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
                // Of a correction, what is right is said.
                Some((skill, _)) if skill == "dialogue.undo" && answers.len() > 1 => {}
                Some((skill, result)) => {
                    if !done.is_empty() {
                        said.push(self.replies.done(view, &std::mem::take(&mut done), self.turn));
                    }
                    let later = answer.command.slots.contains_key("later");
                    let key = if later { "routine.later" } else { skill.as_str() };
                    said.push(self.replies.skill(key, result, self.turn));
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

/// Words as they stand in a text, with what stands between them.
fn as_said<'a>(text: &'a str, words: &'a str) -> &'a str {
    let (all, part) = (crate::intent::grammar::tokenize(text), crate::intent::grammar::tokenize(words));
    let fits = |window: &&[crate::intent::grammar::Token]| {
        window.iter().zip(&part).all(|(a, b)| a.text == b.text)
    };
    let found = all.windows(part.len().max(1)).find(fits);
    let ends = found.and_then(|window| Some((window.first()?.start, window.last()?.end)));
    ends.and_then(|(start, end)| text.get(start..end)).unwrap_or(words)
}

/// Several things said as one: "milk, eggs and bread".
fn items_of(said: &str, conjunctions: &[String]) -> Vec<String> {
    let mut items: Vec<String> = vec![String::new()];
    let joins = |word: &str| conjunctions.iter().any(|joint| joint == word);
    for part in said.split([',', '，', '、', ';']) {
        items.push(String::new());
        for word in part.split_whitespace() {
            if joins(&word.to_lowercase()) {
                items.push(String::new());
            } else if let Some(item) = items.last_mut() {
                if !item.is_empty() {
                    item.push(' ');
                }
                item.push_str(word);
            }
        }
    }
    // In a script without spaces what joins stands between the words.
    let glued = |item: String| -> Vec<String> {
        match item.chars().all(|c| c.is_ascii()) {
            true => vec![item],
            false => item.split(['和', '跟']).map(str::to_string).collect(),
        }
    };
    let trimmed = |item: String| item.trim().trim_end_matches(['.', '!', '?']).to_string();
    items.into_iter().flat_map(glued).map(trimmed).filter(|item| !item.is_empty()).collect()
}

/// What was read of a text in the dialogue.
struct Read {
    understanding: Understanding,
    /// Whether it was asked about before, and agreed to.
    confirmed: bool,
    /// The whole sentence that a fragment stands for.
    whole: Option<String>,
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
