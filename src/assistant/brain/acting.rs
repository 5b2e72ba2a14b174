//! From a thought to what is done, and what is said of it.

use super::{Brain, REMEMBERED};
use crate::assistant::dialogue::Deed;
use crate::assistant::event::EventKind;
use crate::assistant::hands::{Hands, Step};
use crate::assistant::thought::{Settled, Thought};
use crate::home::{Action, HomeView, Outcome};
use crate::intent::resolve;
use crate::intent::{Command, Question, Refusal, Understanding};
use crate::skills::Skills;
use serde_json::{Map, Value};

impl Brain {
    /// Turns dangerous commands into a question.
    pub(super) fn ask_first(&self, mut understanding: Understanding, view: &HomeView) -> Understanding {
        let dangerous = || {
            let home = self.home.lock();
            home.config().safety.needs_confirmation(view, &understanding.commands).is_some()
        };
        if understanding.question.is_none() && !understanding.commands.is_empty() && dangerous() {
            understanding.question = Some(Question::Confirm { commands: understanding.commands.clone() });
        }
        understanding
    }

    pub(in crate::assistant) fn plan(
        &mut self,
        text: &str,
        understanding: Understanding,
        view: &HomeView,
    ) -> Thought {
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
    pub(super) fn step(&self, command: &Command) -> Result<Option<Step>, Vec<Refusal>> {
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
                deed.inverse.extend(crate::assistant::dialogue::inverse(&before, command));
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
            let back = crate::assistant::dialogue::undoing(last);
            let is_in = |command: &Command| thought.understanding.commands.contains(command);
            !back.is_empty()
                && (taken_back
                    || back.iter().all(is_in)
                    || back.iter().any(is_in) && thought.understanding.commands.len() > 1)
        });
        if let Some(undone) = undone.cloned() {
            self.talk.deeds.pop();
            let back = crate::assistant::dialogue::undoing(&undone);
            deed.commands =
                thought.understanding.commands.iter().filter(|c| !back.contains(c)).cloned().collect();
            let keeps = |back: &Command| {
                deed.commands.iter().any(|new| new.targets.iter().any(|id| back.targets.contains(id)))
            };
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
    pub(super) fn is_question(&self, command: &Command) -> bool {
        !command.targets.is_empty()
            && self.home.lock().actions(command).is_ok_and(|actions| actions.is_empty())
    }

    /// A routine that was just made goes by what happens from now on.
    pub(super) fn look_at_new_routines(&mut self) {
        if self.talk.commands.iter().any(|command| command.intent.contains("Routine")) {
            self.look_around();
        }
    }

    pub(in crate::assistant) fn remember(&mut self, command: &Command) {
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

/// What came of one command.
struct Answer {
    command: Command,
    outcome: Outcome,
    /// The skill that served it and its result.
    skill: Option<(String, Value)>,
}
