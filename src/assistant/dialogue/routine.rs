//! Routines: made from what was said, read back, and carried out.

use super::due::Happening;
use crate::assistant::brain::Brain;
use crate::assistant::hands::Hands;
use crate::home::HomeView;
use crate::intent::when::When;
use crate::intent::{By, Command, Question, Refusal, Understanding, away_of, question_of};
use crate::skills::{Condition, Routine, Trigger};
use serde_json::{Value, json};

/// A routine may set off others; a longer chain is stopped.
const MAX_CHAIN: usize = 4;
/// More often than this within a minute, and a routine is stopped.
const MAX_A_MINUTE: usize = 10;

impl Brain {
    /// Makes routines out of what was said, or says why not. What is to be kept for good is asked about first.
    pub(in crate::assistant) fn with_routines(
        &mut self,
        mut read: Understanding,
        view: &HomeView,
    ) -> Understanding {
        let makes =
            |command: &Command| matches!(command.intent.as_str(), "SottoMakeRoutine" | "SottoDoLater");
        if !read.commands.iter().any(makes) || read.question.is_some() {
            return read;
        }
        let mut asks = false;
        let mut commands = Vec::new();
        for command in std::mem::take(&mut read.commands) {
            if !makes(&command) || command.slots.contains_key("routine") {
                commands.push(command);
                continue;
            }
            match self.routine_of(&command, view) {
                Ok(routine) => {
                    let later = command.intent == "SottoDoLater" && !routine.dangerous;
                    asks |= !later;
                    let mut make = Command::new("SottoMakeRoutine");
                    if later {
                        make.slots.insert("later".into(), json!(true));
                    }
                    if let Some(event) = command.slots.get("event") {
                        make.slots.insert("event".into(), event.clone());
                    }
                    match serde_json::to_value(&routine) {
                        Ok(routine) => make.slots.insert("routine".into(), routine),
                        Err(_) => continue,
                    };
                    commands.push(make);
                }
                Err(mut refusals) => read.refusals.append(&mut refusals),
            }
        }
        read.commands = commands;
        if asks && read.refusals.is_empty() {
            read.question = Some(Question::Confirm { commands: read.commands.clone() });
        }
        read
    }

    fn routine_of(&mut self, command: &Command, view: &HomeView) -> Result<Routine, Vec<Refusal>> {
        let text = |slot: &str| command.text_slot(slot).map(str::to_string);
        let nothing = || vec![Refusal::told("not_said", "")];
        let language = self.context.language.clone();
        let trigger = if let Some(phrase) = text("phrase") {
            Trigger::Said(phrase)
        } else if let Some(event) = text("event") {
            let question = question_of(&event, &language).ok_or_else(nothing)?;
            Trigger::Happens(
                self.understander.state_question(view, &question, &self.context).ok_or_else(nothing)?,
            )
        } else {
            let when = command.slots.get("when").cloned().unwrap_or(Value::Null);
            Trigger::At(serde_json::from_value::<When>(when).map_err(|_| nothing())?)
        };
        let condition = match text("condition") {
            None => None,
            Some(said) => match away_of(&said, &language) {
                Some(away) => {
                    if !view.entities.iter().any(is_person) {
                        return Err(vec![Refusal::told("nobody_is_known", "")]);
                    }
                    Some((said, Condition::Away(away)))
                }
                None => {
                    let question = question_of(&said, &language).ok_or_else(nothing)?;
                    let state = self.understander.state_question(view, &question, &self.context);
                    Some((said, Condition::State(state.ok_or_else(nothing)?)))
                }
            },
        };
        let action = text("action").unwrap_or_default();
        let (mut commands, mut dangerous, mut say) = (Vec::new(), false, action.clone());
        if let Some(tell) = text("tell") {
            let event = text("event").map(|event| statement(&event, &language));
            let fallback = event.or_else(|| condition.as_ref().map(|(said, _)| said.clone()));
            say = if tell.is_empty() { fallback.unwrap_or_default() } else { tell };
        } else {
            let read =
                self.understander.understand_exactly(view, &action, &self.context).ok_or_else(nothing)?;
            if !read.refusals.is_empty() || read.question.is_some() {
                return Err(if read.refusals.is_empty() { nothing() } else { read.refusals });
            }
            let home = self.home.lock();
            dangerous = home.config().safety.needs_confirmation(view, &read.commands).is_some();
            let refused: Vec<Refusal> = read
                .commands
                .iter()
                .filter(|c| crate::skills::Skills::action(c).is_none())
                .filter_map(|c| home.actions(c).err())
                .collect();
            if !refused.is_empty() {
                return Err(refused);
            }
            commands = read.commands;
        }
        let name = text("phrase").unwrap_or_else(|| {
            let when = text("when_text").or(text("event")).unwrap_or_default();
            format!("{} {when}", action.trim_end_matches(['.', '!'])).trim().to_string()
        });
        let area = self.context.area.clone();
        Ok(Routine { id: 0, name, trigger, condition, action: say, area, commands, dangerous, paused: false })
    }

    /// The question by which a routine is read back.
    pub(in crate::assistant) fn routine_question(
        &self,
        question: &Question,
        view: &HomeView,
    ) -> Option<String> {
        let Question::Confirm { commands } = question else { return None };
        let [make] = commands.as_slice() else { return None };
        let routine: Routine = serde_json::from_value(make.slots.get("routine")?.clone()).ok()?;
        let danger =
            self.home.lock().config().safety.needs_confirmation(view, &routine.commands).map(|r| r.what);
        let tells = routine.commands.is_empty();
        let action = if tells { self.tell_words(&routine.action) } else { routine.action.clone() };
        let condition = routine.condition.as_ref().map(|(said, _)| said.clone());
        let now = self.now();
        let (key, mut values) = match &routine.trigger {
            Trigger::Said(phrase) => ("routine.ask_said", json!({ "phrase": phrase })),
            Trigger::At(when) => {
                let moment = when.next(&now, false).map(|at| crate::skills::describe(&at, &now, Some(when)));
                ("routine.ask_at", json!({ "moment": moment }))
            }
            Trigger::Happens(_) => {
                ("routine.ask_happens", json!({ "event": make.text_slot("event").unwrap_or(&routine.name) }))
            }
        };
        if let Some(values) = values.as_object_mut() {
            values.insert("action".into(), json!(action));
            values.insert("condition".into(), json!(condition));
            values.insert("danger".into(), json!(danger));
        }
        Some(self.replies().told(key, &values, self.turn))
    }

    fn tell_words(&self, what: &str) -> String {
        if self.context.language.starts_with("zh") {
            format!("告诉你{what}")
        } else {
            format!("tell you {what}")
        }
    }

    /// A routine that goes by what was just said.
    pub(in crate::assistant) fn routine_said(
        &mut self,
        text: &str,
        view: &HomeView,
    ) -> Option<(Understanding, bool)> {
        let plain = |text: &str| -> Vec<String> {
            let tokens = crate::intent::grammar::tokenize(text);
            tokens
                .into_iter()
                .map(|token| token.text)
                .filter(|w| w != "please" && w != "it" && w != "s")
                .collect()
        };
        // First, because most homes have none, and then the text need not be read twice.
        let routines = self.skills().routines().ok().filter(|routines| !routines.is_empty())?;
        let asked = self.understander.bare(text).to_string();
        let said = plain(&asked);
        let said_as_routine =
            self.understander.understand_exactly(view, &asked, &self.context).and_then(|read| {
                let [only] = read.commands.as_slice() else { return None };
                (only.intent == "SottoRunRoutine").then(|| plain(only.text_slot("routine").unwrap_or("")))
            });
        let routine = routines.into_iter().find(|routine| {
            let by_phrase =
                matches!(&routine.trigger, Trigger::Said(phrase) if !routine.paused && plain(phrase) == said);
            by_phrase || said_as_routine.as_ref().is_some_and(|name| *name == plain(&routine.name))
        })?;
        if said.is_empty() {
            return None;
        }
        let (commands, gone) = present(&routine, view);
        let refusals = gone.into_iter().map(|name| Refusal::told("gone", name)).collect();
        let read =
            Understanding { commands, by: Some(By::Grammar), confidence: 1.0, refusals, question: None };
        Some((read, routine.dangerous))
    }

    /// Whether anything has been heard of what a question is about: what a broker kept is no news.
    fn is_heard_of(question: &Command, view: &HomeView) -> bool {
        question.targets.iter().filter_map(|id| view.entity(id)).any(|entity| entity.state.value.is_some())
    }

    /// Whether a question about a state would be answered with yes.
    fn holds(&self, question: &Command, view: &HomeView) -> bool {
        let wanted = question.text_slot("state").unwrap_or("");
        let is = |entity: &crate::home::Entity| {
            let state = entity.state.value.as_deref().unwrap_or("");
            state == wanted
                || (wanted == "open" && entity.domain() == "binary_sensor" && state == "on")
                || (wanted == "closed" && entity.domain() == "binary_sensor" && state == "off")
        };
        question.targets.iter().filter_map(|id| view.entity(id)).any(is)
    }

    fn condition_holds(&self, routine: &Routine, view: &HomeView) -> bool {
        match &routine.condition {
            None => true,
            Some((_, Condition::State(question))) => self.holds(question, view),
            Some((_, Condition::Away(away))) => {
                let home = |e: &crate::home::Entity| e.state.value.as_deref() == Some("home");
                view.entities.iter().filter(|e| is_person(e)).any(home) != *away
            }
        }
    }

    /// Notes how things stand, so that what happens from now on is seen.
    pub fn look_around(&mut self) {
        let view = self.home.view();
        let routines = self.skills().routines().unwrap_or_default();
        for routine in routines {
            if let Trigger::Happens(question) = &routine.trigger
                && Self::is_heard_of(question, &view)
            {
                let holds = self.holds(question, &view);
                self.seen.insert(routine.id, holds);
            }
        }
    }

    /// Carries out the routines that what has happened sets off, and those that these set off in turn.
    pub(super) fn states_happen(&mut self, hands: &mut dyn Hands) -> Vec<Happening> {
        let mut happenings = Vec::new();
        let mut ran: Vec<i64> = Vec::new();
        for _ in 0..MAX_CHAIN {
            let view = self.home.view();
            let routines = self.skills().routines().unwrap_or_default();
            let mut fired = Vec::new();
            for routine in routines.iter().filter(|r| matches!(r.trigger, Trigger::Happens(_))) {
                let Trigger::Happens(question) = &routine.trigger else { continue };
                if !Self::is_heard_of(question, &view) {
                    continue;
                }
                let holds = self.holds(question, &view);
                let before = self.seen.insert(routine.id, holds);
                if holds && before == Some(false) && !routine.paused && self.condition_holds(routine, &view) {
                    fired.push(routine.clone());
                }
            }
            if fired.is_empty() {
                break;
            }
            for routine in fired {
                if ran.contains(&routine.id) || self.is_too_often(routine.id) {
                    let _ = self.skills().stop_routine(routine.id);
                    let say =
                        self.replies().told("routine.loop", &json!({ "name": routine.name }), self.turn);
                    happenings.push(Happening::notice(&routine.name, say));
                    continue;
                }
                ran.push(routine.id);
                happenings.extend(self.carry_out_routine(&routine, hands));
            }
        }
        happenings
    }

    fn is_too_often(&mut self, id: i64) -> bool {
        let now = self.now().timestamp().as_millisecond();
        self.fired.retain(|(_, at)| now - at < 60_000);
        self.fired.push((id, now));
        self.fired.iter().filter(|(other, _)| *other == id).count() > MAX_A_MINUTE
    }

    /// A routine whose time has come.
    pub(super) fn routine_due(&mut self, id: i64, hands: &mut dyn Hands) -> Option<Happening> {
        let routine = self.skills().routine(id).ok().flatten()?;
        let view = self.home.view();
        let happening =
            self.condition_holds(&routine, &view).then(|| self.carry_out_routine(&routine, hands)).flatten();
        if self.skills().routine_done(id).is_err() {
            tracing::error!("the routine \"{}\" cannot be taken away", routine.name);
        }
        happening
    }

    fn carry_out_routine(&mut self, routine: &Routine, hands: &mut dyn Hands) -> Option<Happening> {
        let view = self.home.view();
        let name = routine.name.clone();
        if routine.commands.is_empty() {
            let say = self.replies().told("routine.tells", &json!({ "what": routine.action }), self.turn);
            return Some(Happening { kind: "routine".into(), name: Some(name), say, ..Happening::default() });
        }
        let (commands, gone) = present(routine, &view);
        let danger = self.home.lock().config().safety.needs_confirmation(&view, &commands);
        if let Some(danger) = danger.filter(|_| !routine.dangerous) {
            let values = json!({ "name": name, "danger": danger.what });
            return Some(Happening::notice(
                &name,
                self.replies().told("routine.not_agreed", &values, self.turn),
            ));
        }
        let missing = gone.first().map(|what| {
            self.replies().told("routine.gone", &json!({ "name": name, "what": what }), self.turn)
        });
        if commands.is_empty() {
            return missing.map(|say| Happening::notice(&name, say));
        }
        let read =
            Understanding { commands, by: Some(By::Grammar), confidence: 1.0, ..Understanding::default() };
        let (mut say, actions) = self.do_by_itself(&routine.name, read, hands);
        if let Some(missing) = missing {
            say = format!("{say} {missing}");
        }
        Some(Happening { kind: "routine".into(), name: Some(name), say, actions, ..Happening::default() })
    }
}

fn is_person(entity: &crate::home::Entity) -> bool {
    matches!(entity.domain(), "person" | "device_tracker")
}

/// A routine's commands as far as what they are about is there, and the names of what is gone.
fn present(routine: &Routine, view: &HomeView) -> (Vec<Command>, Vec<String>) {
    let mut gone = Vec::new();
    let mut commands = Vec::new();
    for command in &routine.commands {
        let mut command = command.clone();
        let all = command.targets.len();
        command.targets.retain(|id| view.entity(id).is_some());
        if all > 0 && command.targets.len() < all {
            let named = command.text_slot("name").map(str::to_string);
            let lost = routine.commands.iter().flat_map(|c| &c.targets).find(|id| view.entity(id).is_none());
            gone.extend(named.or(lost.map(|id| id.split('.').next_back().unwrap_or(id).replace('_', " "))));
        }
        if all == 0 || !command.targets.is_empty() {
            commands.push(command);
        }
    }
    (commands, gone)
}

/// "The front door opens", as it is told afterwards: "the front door is open".
fn statement(event: &str, language: &str) -> String {
    if language.starts_with("zh") {
        return event.to_string();
    }
    let Some(question) = question_of(event, language) else { return event.to_string() };
    let mut words: Vec<&str> = question.split(' ').collect();
    if words.len() < 3 || question.contains("motion") {
        return event.to_string();
    }
    let be = words.remove(0);
    let at = if question.ends_with(" at home") { words.len() - 2 } else { words.len() - 1 };
    words.insert(at, be);
    words.join(" ")
}
