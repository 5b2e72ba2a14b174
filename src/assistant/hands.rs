//! Where actions go: a broker, or a simulated home in the same process.

use crate::home::simulated::SimulatedHome;
use crate::home::{Action, Expectation, Home, HomeView, Outcome};
use crate::intent::Command;
use crate::mqtt::{Delivery, Publisher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::sync::watch;

/// One command, the actions that carry it out, and what should be seen afterwards.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The command.
    pub command: Command,
    /// Its actions, in order.
    pub actions: Vec<Action>,
    /// The states that should come back.
    pub expects: Vec<Expectation>,
}

/// The home, shared by those who read messages into it and those who look at it. The lock is held for
/// look-ups only, never across inference or a wait.
#[derive(Debug, Clone)]
pub struct SharedHome(Arc<Mutex<Home>>);

impl SharedHome {
    /// Shares a home.
    pub fn new(home: Home) -> Self {
        Self(Arc::new(Mutex::new(home)))
    }

    /// The home, for a moment.
    pub fn lock(&self) -> MutexGuard<'_, Home> {
        // A panic elsewhere leaves the home as it was between two messages: good enough to go on with.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What there is and in what state.
    pub fn view(&self) -> Arc<HomeView> {
        self.lock().view()
    }
}

/// Carries out publishes.
pub trait Hands: Send {
    /// Carries out the publishes of all steps in order, then judges each by the states that come back: one
    /// outcome a step. The deadline is that of the whole plan, so that its last command is not late.
    fn carry_out(&mut self, steps: &[&Step]) -> Vec<Outcome>;
}

/// A simulated home in the same process: answers at once.
pub struct SimulatedHands {
    simulated: SimulatedHome,
    home: SharedHome,
    began: Instant,
}

impl SimulatedHands {
    /// Hands on a simulated home; the [`SharedHome`] is what Sotto knows of it.
    pub fn new(simulated: SimulatedHome) -> (Self, SharedHome) {
        let home = SharedHome::new(simulated.home());
        (Self { simulated, home: home.clone(), began: Instant::now() }, home)
    }

    /// The simulated home.
    pub fn simulated(&self) -> &SimulatedHome {
        &self.simulated
    }

    /// Sets a state from outside, as if somebody had opened a door by hand. Gives whether there is such a
    /// thing.
    pub fn set(&mut self, entity: &str, state: &str) -> bool {
        let now_ms = self.began.elapsed().as_millis() as u64;
        let Some(messages) = self.simulated.set(entity, state) else { return false };
        for message in messages {
            self.home.lock().ingest(&message.topic, message.payload.as_bytes(), false, now_ms);
        }
        true
    }
}

impl Hands for SimulatedHands {
    fn carry_out(&mut self, steps: &[&Step]) -> Vec<Outcome> {
        let now_ms = self.began.elapsed().as_millis() as u64;
        for action in steps.iter().flat_map(|step| &step.actions) {
            if let Action::Publish { topic, payload } = action {
                for message in self.simulated.handle(topic, payload) {
                    self.home.lock().ingest(&message.topic, message.payload.as_bytes(), false, now_ms);
                }
            }
        }
        let view = self.home.view();
        steps.iter().map(|step| judge(&view, step)).collect()
    }
}

/// The real home behind a broker. Used from a thread outside the runtime.
pub struct BrokerHands {
    publisher: Publisher,
    home: SharedHome,
    /// Counts the messages that changed a state.
    changes: watch::Receiver<u64>,
    runtime: Handle,
    /// A command that has not left by then is dropped.
    deadline: Duration,
    /// How long the state may take to come back.
    patience: Duration,
}

impl BrokerHands {
    /// Hands on a broker. `deadline`: a command that has not left by then is dropped; `patience`: how long
    /// the state may take to come back.
    pub fn new(
        publisher: Publisher,
        home: SharedHome,
        changes: watch::Receiver<u64>,
        runtime: Handle,
        deadline: Duration,
        patience: Duration,
    ) -> Self {
        Self { publisher, home, changes, runtime, deadline, patience }
    }
}

impl BrokerHands {
    /// What became of a step's publishes; `None`: they arrived, or may have.
    async fn send(&self, step: &Step, by: Instant) -> Option<Outcome> {
        for action in &step.actions {
            let Action::Publish { topic, payload } = action else { continue };
            let left = by.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Some(Outcome::Dropped);
            }
            match self.publisher.publish(topic.as_str(), payload.as_bytes(), left).await {
                Delivery::Acknowledged => {}
                Delivery::Dropped => return Some(Outcome::Dropped),
                // It may have arrived: the state that comes back decides.
                Delivery::Unknown => {}
                Delivery::Failed(reason) => return Some(Outcome::Failed(reason)),
            }
        }
        None
    }
}

impl Hands for BrokerHands {
    fn carry_out(&mut self, steps: &[&Step]) -> Vec<Outcome> {
        let runtime = self.runtime.clone();
        runtime.block_on(async {
            let by = Instant::now() + self.deadline;
            let mut undelivered = Vec::with_capacity(steps.len());
            for step in steps {
                undelivered.push(self.send(step, by).await);
            }
            let end = tokio::time::Instant::now() + self.patience;
            loop {
                self.changes.mark_unchanged();
                let view = self.home.view();
                let outcomes: Vec<Outcome> = steps
                    .iter()
                    .zip(&undelivered)
                    .map(|(step, why)| why.clone().unwrap_or_else(|| judge(&view, step)))
                    .collect();
                if !outcomes.contains(&Outcome::Unconfirmed) {
                    return outcomes;
                }
                match tokio::time::timeout_at(end, self.changes.changed()).await {
                    Ok(Ok(())) => {}
                    Ok(Err(_)) | Err(_) => return outcomes,
                }
            }
        })
    }
}

fn judge(view: &HomeView, step: &Step) -> Outcome {
    let met = |e: &Expectation| view.entity(&e.entity).is_some_and(|entity| e.met_by(&entity.state));
    if step.expects.iter().all(met) { Outcome::Done } else { Outcome::Unconfirmed }
}
