//! What happens by itself: timers, alarms, reminders, routines.

use crate::assistant::brain::{Brain, Ring};
use crate::assistant::hands::Hands;
use crate::home::Action;
use crate::intent::Understanding;
use crate::intent::reply::Replies;
use crate::skills::Due;
use jiff::{Timestamp, ZonedDateTime};
use serde_json::{Value, json};

/// Something that has happened by itself, with what was done and what is said.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Happening {
    /// `timer`, `alarm`, `reminder`, `routine`, `notice`.
    pub kind: String,
    /// The name of the timer or routine, what is to be remembered.
    pub name: Option<String>,
    /// What is said.
    pub say: String,
    /// What was done.
    pub actions: Vec<Action>,
    /// Its number in the outbox; 0: it has none.
    pub outbox: i64,
    /// Whether it rings until somebody stops it.
    pub rings: bool,
}

impl Happening {
    pub(super) fn notice(name: &str, say: String) -> Self {
        Self { kind: "notice".into(), name: Some(name.into()), say, ..Self::default() }
    }

    /// The object of `sotto ask --session --json`: a contract, exactly these keys.
    pub fn to_json(&self) -> Value {
        json!({ "kind": self.kind, "name": self.name, "say": self.say, "actions": self.actions })
    }
}

/// Whether something that is due only rings; else it does something.
fn only_rings(due: &Due) -> bool {
    due.command.is_none() && due.kind != "routine"
}

/// What is said about something that is due.
fn words(replies: &Replies, due: &Due, now: &ZonedDateTime) -> String {
    let at =
        Timestamp::from_millisecond(due.at_ms).ok().map(|at| at.to_zoned_datetime(now.time_zone().clone()));
    let moment = at.map(|at| crate::skills::describe(&at, now, None)).unwrap_or_default();
    let said = match due.kind.as_str() {
        "timer" => replies.timer_due(due.name.as_deref(), due.seconds, 0),
        kind => replies.told(&format!("{kind}.due"), &json!({ "name": due.name, "moment": moment }), 0),
    };
    if due.is_late() { replies.told("late", &json!({ "said": said, "moment": moment }), 0) } else { said }
}

impl Brain {
    /// Does what has fallen due by now and what has happened in the home. `all`: what only rings as well;
    /// else somebody else rings (see [`Brain::ringer`]). To be told to [`Brain::delivered`] once it was said.
    pub fn tend(&mut self, hands: &mut dyn Hands, all: bool) -> Vec<Happening> {
        let now = self.now();
        let due = self.skills().due(&now);
        let due = due.unwrap_or_else(|refusal| {
            tracing::error!("what is due cannot be read: {refusal:?}");
            Vec::new()
        });
        let mut happenings = Vec::new();
        for due in due.into_iter().filter(|due| all || !only_rings(due)) {
            if self.handed.contains(&due.id) {
                continue;
            }
            if !only_rings(&due) {
                // Struck out before it is done: a crash between the two must not do it again.
                self.delivered(&[due.id]);
                happenings.extend(self.do_due(&due, &now, hands));
                continue;
            }
            self.handed.push(due.id);
            let say = words(&self.replies(), &due, &now);
            happenings.push(Happening {
                kind: due.kind.clone(),
                name: due.name.clone(),
                say,
                rings: due.kind != "reminder",
                outbox: due.id,
                ..Happening::default()
            });
        }
        happenings.extend(self.states_happen(hands));
        happenings
    }

    /// Does what was to be done at this time; if it is late, because the board was off, it is only told.
    fn do_due(&mut self, due: &Due, now: &ZonedDateTime, hands: &mut dyn Hands) -> Option<Happening> {
        if due.is_late_at(now.timestamp().as_millisecond()) {
            let name = due.name.clone().or(due.command.clone()).unwrap_or_default();
            let moment = Timestamp::from_millisecond(due.at_ms)
                .map(|at| crate::skills::describe(&at.to_zoned_datetime(now.time_zone().clone()), now, None));
            let values = json!({ "name": name, "moment": moment.unwrap_or_default() });
            if due.kind == "routine" && self.skills().routine_done(due.routine).is_err() {
                tracing::error!("the routine \"{name}\" cannot be taken away");
            }
            return Some(Happening::notice(&name, self.replies().told("too_late", &values, self.turn)));
        }
        if due.kind == "routine" {
            return self.routine_due(due.routine, hands);
        }
        let (say, actions) = self.do_text(due.command.as_deref()?, hands);
        Some(Happening { kind: "timer".into(), name: due.name.clone(), say, actions, ..Happening::default() })
    }

    /// These were said: they need not be said again after a restart.
    pub fn delivered(&mut self, outbox: &[i64]) {
        let ids: Vec<i64> = outbox.iter().copied().filter(|id| *id > 0).collect();
        if !ids.is_empty()
            && let Err(refusal) = self.skills().delivered(&ids)
        {
            tracing::error!("what was said cannot be noted: {refusal:?}");
        }
        self.handed.retain(|id| !ids.contains(id));
    }

    /// When something falls due next, as Unix time in ms.
    pub fn next_due_ms(&mut self) -> Option<i64> {
        self.skills().next_due_ms().ok().flatten()
    }

    /// Says what rings, each once: for whoever rings. Keeps timers whole when the clock is set.
    pub fn ringer(&self) -> Ringer {
        Ringer { skills: self.shared_skills(), replies: self.replies(), handed: Vec::new(), clock: None }
    }

    /// Reads a text and does it, as if it had been said when it was set.
    fn do_text(&mut self, text: &str, hands: &mut dyn Hands) -> (String, Vec<Action>) {
        let view = self.home.view();
        let read = self.understander.understand(&view, text, &self.context);
        let danger = self.home.lock().config().safety.needs_confirmation(&view, &read.commands);
        if !read.understood() || read.question.is_some() || danger.is_some() {
            return (self.replies().not_understood(self.turn), Vec::new());
        }
        self.do_by_itself(text, read, hands)
    }

    /// Does what nobody asks for just now: it leaves no trace in the dialogue.
    pub(super) fn do_by_itself(
        &mut self,
        text: &str,
        read: Understanding,
        hands: &mut dyn Hands,
    ) -> (String, Vec<Action>) {
        let view = self.home.view();
        let kept = (self.talk.clone(), self.context.clone());
        let thought = self.plan(text, read, &view);
        let actions: Vec<Action> = thought.actions().cloned().collect();
        let said = if thought.steps.is_empty() {
            thought.reply
        } else {
            self.act(&thought, hands, &mut |_| {}).reply
        };
        (self.talk, self.context) = kept;
        (said, actions)
    }
}

/// Rings what is due: lives on the thread of the state machine.
pub struct Ringer {
    skills: std::sync::Arc<std::sync::Mutex<crate::skills::Skills>>,
    replies: std::sync::Arc<Replies>,
    handed: Vec<i64>,
    /// What the clocks said last: the one that only goes forward, and the wall's in ms.
    clock: Option<(std::time::Instant, i64)>,
}

/// The wall's clock may run off by this much before it counts as set, in ms.
const DRIFT_MS: i64 = 5_000;

impl Ringer {
    /// What is to ring now, each once.
    pub fn due(&mut self, now: &ZonedDateTime) -> Vec<Ring> {
        let mut skills = self.skills.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let (mono, wall) = (std::time::Instant::now(), now.timestamp().as_millisecond());
        if let Some((last_mono, last_wall)) = self.clock.replace((mono, wall)) {
            let passed = i64::try_from(mono.duration_since(last_mono).as_millis()).unwrap_or(0);
            let jump = wall - last_wall - passed;
            if jump.abs() > DRIFT_MS
                && let Err(refusal) = skills.clock_moved(jump)
            {
                tracing::error!("timers cannot follow the clock: {refusal:?}");
            }
        }
        let due = skills.due(now).unwrap_or_else(|refusal| {
            tracing::error!("what is due cannot be read: {refusal:?}");
            Vec::new()
        });
        let mut rings = Vec::new();
        for due in due.into_iter().filter(only_rings) {
            if !self.handed.contains(&due.id) {
                self.handed.push(due.id);
                rings.push(Ring { id: due.id, say: words(&self.replies, &due, now), name: due.name.clone() });
            }
        }
        rings
    }

    /// It rings now: it need not ring again after a restart.
    pub fn rung(&mut self, id: i64) {
        let mut skills = self.skills.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Err(refusal) = skills.delivered(&[id]) {
            tracing::error!("what rang cannot be noted: {refusal:?}");
        }
        self.handed.retain(|known| *known != id);
    }
}
