//! From a text, in the dialogue that it stands in, to a thought.

use super::Brain;
use crate::assistant::thought::Thought;
use crate::home::{Action, HomeView};
use crate::intent::when::When;
use crate::intent::{By, Command, Question, Refusal, Understanding};
use crate::skills::Skills;
use std::time::Instant;

impl Brain {
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
    pub(super) fn loosely(&mut self, text: &str, view: &HomeView) -> Option<Understanding> {
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
    pub(super) fn takes_back(&self, text: &str) -> bool {
        let Some(words) = self.talk_words() else { return false };
        let plain = |text: &str| -> Vec<String> {
            crate::intent::grammar::tokenize(text)
                .into_iter()
                .map(|t| t.text)
                .filter(|w| w != "please")
                .collect()
        };
        let said = plain(self.understander.bare(text));
        let is = |list: &[String]| list.iter().any(|phrase| plain(phrase) == said);
        let made =
            self.talk.deeds.last().is_some_and(|deed| deed.stored && deed.commands == self.talk.commands);
        is(&words.undo) || (made && is(&words.cancel_it))
    }

    /// The answer to "for when?" and "for how long?".
    pub(super) fn missing_said(
        &mut self,
        question: &Question,
        text: &str,
        view: &HomeView,
    ) -> Option<Understanding> {
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
        Some(Understanding {
            commands: vec![command],
            by: Some(By::Grammar),
            confidence: 1.0,
            ..Understanding::default()
        })
    }

    /// Several items of a list, a liking as commands, and what was not said asked for.
    pub(super) fn expanded(
        &mut self,
        mut understanding: Understanding,
        text: &str,
        view: &HomeView,
    ) -> Understanding {
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
                let area =
                    command.text_slot("area").map(str::to_string).or_else(|| self.context.area.clone());
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
    pub(super) fn liked(&mut self, area: &str, view: &HomeView) -> (Vec<Command>, Vec<Refusal>) {
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
    pub(super) fn note(&mut self, thought: &Thought, whole: Option<String>) {
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
}

/// Words as they stand in a text, with what stands between them.
fn as_said<'a>(text: &'a str, words: &'a str) -> &'a str {
    let (all, part) = (crate::intent::grammar::tokenize(text), crate::intent::grammar::tokenize(words));
    let fits =
        |window: &&[crate::intent::grammar::Token]| window.iter().zip(&part).all(|(a, b)| a.text == b.text);
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
