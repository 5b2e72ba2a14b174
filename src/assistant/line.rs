//! The broker's messages on their way into the home.

use super::event::EventKind;
use super::hands::SharedHome;
use crate::home::Change;
use crate::home::dialect::Publish;
use crate::mqtt::{self, BrokerConfig, Incoming, MqttError, Publisher};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// The home waits before it asks, lest the broker still has the answer; here we know that it has not.
const KEPT_MS: u64 = 5_000;
/// A question to a device that has not left after this long is dropped.
const QUESTION: Duration = Duration::from_secs(5);

/// A line to the broker that keeps the home up to date.
#[derive(Debug, Clone)]
pub struct Line {
    /// Where commands leave.
    pub publisher: Publisher,
    /// Counts the messages that changed a state.
    pub changes: watch::Receiver<u64>,
    /// What the line is like.
    pub standing: watch::Receiver<Standing>,
    home: SharedHome,
    began: Instant,
}

/// What the line is like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Not yet.
    Connecting,
    /// It stands.
    Up,
    /// It fell, or did not come up, for this reason.
    Down(String),
}

impl Line {
    /// Opens a line and keeps `home` up to date from it. `tell` is called with what happens; it must not block.
    /// Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// A URL, key or file of the configuration that is wrong.
    pub fn open(
        config: &BrokerConfig,
        home: SharedHome,
        tell: impl Fn(EventKind) + Send + Sync + 'static,
    ) -> Result<Self, MqttError> {
        let (publisher, incoming) = mqtt::connect(config)?;
        let (counter, changes) = watch::channel(0);
        let (standing, seen) = watch::channel(Standing::Connecting);
        let began = Instant::now();
        tokio::spawn(follow(incoming, publisher.clone(), home.clone(), counter, standing, tell, began));
        Ok(Self { publisher, changes, standing: seen, home, began })
    }

    /// Waits until the line stands, the broker has handed out what it keeps and devices have answered what
    /// they were asked: until no state or entity has changed for `quiet`, at most `limit` in all.
    ///
    /// # Errors
    /// Why the line does not stand.
    pub async fn settle(&mut self, quiet: Duration, limit: Duration) -> Result<(), String> {
        let end = tokio::time::Instant::now() + limit;
        loop {
            let standing = self.standing.borrow_and_update().clone();
            match standing {
                Standing::Up => break,
                Standing::Down(reason) => return Err(reason),
                Standing::Connecting => {}
            }
            match tokio::time::timeout_at(end, self.standing.changed()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) | Err(_) => return Err("the broker did not answer in time".into()),
            }
        }
        while tokio::time::Instant::now() < end {
            if tokio::time::timeout(quiet, self.changes.changed()).await.is_ok() {
                continue;
            }
            // What the broker keeps is read; devices that have not told their state are asked for it.
            let now_ms = self.began.elapsed().as_millis() as u64;
            let questions = self.home.lock().questions(now_ms + KEPT_MS);
            if questions.is_empty() {
                break;
            }
            ask(questions, self.publisher.clone()).await;
        }
        Ok(())
    }
}

async fn follow(
    mut incoming: Incoming,
    publisher: Publisher,
    home: SharedHome,
    counter: watch::Sender<u64>,
    standing: watch::Sender<Standing>,
    tell: impl Fn(EventKind) + Send + Sync + 'static,
    began: Instant,
) {
    let filters = home.lock().subscriptions();
    if publisher.subscribe_all(filters).await.is_err() {
        return;
    }
    let mut second = tokio::time::interval(Duration::from_secs(1));
    loop {
        let event = tokio::select! {
            event = incoming.recv() => event,
            _ = second.tick() => {
                let now_ms = began.elapsed().as_millis() as u64;
                let changes = home.lock().tick(now_ms);
                take(changes, &publisher, &home, &counter, &tell).await;
                if *standing.borrow() == Standing::Up {
                    let questions = home.lock().questions(now_ms);
                    if !questions.is_empty() {
                        tokio::spawn(ask(questions, publisher.clone()));
                    }
                }
                continue;
            }
        };
        match event {
            None => return,
            Some(mqtt::Event::Connected) => {
                standing.send_replace(Standing::Up);
                tell(EventKind::Broker { there: true, reason: String::new() });
            }
            Some(mqtt::Event::Lost { reason }) => {
                let reason = reason.to_string();
                standing.send_replace(Standing::Down(reason.clone()));
                tell(EventKind::Broker { there: false, reason });
            }
            Some(mqtt::Event::Message { topic, payload, retained }) => {
                let now_ms = began.elapsed().as_millis() as u64;
                let (changes, questions) = {
                    let mut home = home.lock();
                    (home.ingest(&topic, &payload, retained, now_ms), home.introductions())
                };
                take(changes, &publisher, &home, &counter, &tell).await;
                if !questions.is_empty() {
                    tokio::spawn(ask(questions, publisher.clone()));
                }
            }
        }
    }
}

/// Asks one after the other: a radio network is slow.
async fn ask(questions: Vec<Publish>, publisher: Publisher) {
    for Publish { topic, payload } in questions {
        publisher.publish(topic, payload, QUESTION).await;
    }
}

async fn take(
    changes: Vec<Change>,
    publisher: &Publisher,
    home: &SharedHome,
    counter: &watch::Sender<u64>,
    tell: &impl Fn(EventKind),
) {
    let mut changed = false;
    for change in changes {
        match change {
            Change::Added(_) | Change::Removed(_) => changed = true,
            Change::State(entity) => {
                changed = true;
                let state =
                    home.view().entity(&entity).and_then(|e| e.state.value.clone()).unwrap_or_default();
                tell(EventKind::StateChanged { entity, state });
            }
            Change::Subscribe(topics) => {
                // A closed publisher means that we are on our way out.
                let _ = publisher.subscribe_all(topics).await;
            }
            Change::Unsubscribe(_) => {}
            Change::Rejected { topic, reason } => tracing::warn!("{topic}: {reason}"),
            Change::Unreadable { entity, reason } => {
                tracing::warn!(
                    "{entity} can be commanded, but not all of its announcement is understood: {reason}"
                );
            }
        }
    }
    if changed {
        counter.send_modify(|n| *n += 1);
    }
}
