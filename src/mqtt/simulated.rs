//! Plays the devices of a simulated home on a broker: they announce themselves, take commands and answer
//! with their new states, each after the time that a real one would need.

use super::client::{Event, Incoming, Publisher, connect};
use super::config::BrokerConfig;
use super::failure::MqttError;
use crate::home::simulated::{Message, SimulatedHome};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// A state that has not left after this long is not told.
const PATIENCE: Duration = Duration::from_secs(30);

/// Answers that may wait for their time before commands wait as well.
const WAITING: usize = 1024;

/// The devices of a simulated home, connected to a broker. Dropping them takes them off the line.
#[derive(Debug)]
pub struct SimulatedDevices {
    home: Arc<Mutex<SimulatedHome>>,
    publisher: Publisher,
    announced: watch::Receiver<u64>,
    task: JoinHandle<()>,
}

impl SimulatedDevices {
    /// Connects them. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// What can be seen of the configuration without the network.
    pub fn start(home: SimulatedHome, broker: &BrokerConfig) -> Result<Self, MqttError> {
        let (publisher, incoming) = connect(broker)?;
        let home = Arc::new(Mutex::new(home));
        let (count, announced) = watch::channel(0);
        let task = tokio::spawn(play(Arc::clone(&home), publisher.clone(), incoming, count));
        Ok(Self { home, publisher, announced, task })
    }

    /// Waits until everything has announced itself and told its state; `false` when that took longer than
    /// `limit`.
    pub async fn announced(&mut self, limit: Duration) -> bool {
        tokio::time::timeout(limit, self.announced.wait_for(|times| *times > 0))
            .await
            .is_ok_and(|seen| seen.is_ok())
    }

    /// Changes a state from outside, as if somebody had opened a door by hand; `false` if there is no such
    /// entity.
    pub async fn set(&self, entity_id: &str, state: &str) -> bool {
        let messages = lock(&self.home).set(entity_id, state);
        match messages {
            None => false,
            Some(messages) => {
                publish(&self.publisher, messages).await;
                true
            }
        }
    }
}

impl Drop for SimulatedDevices {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn play(
    home: Arc<Mutex<SimulatedHome>>,
    publisher: Publisher,
    mut incoming: Incoming,
    announced: watch::Sender<u64>,
) {
    let commands = lock(&home).command_subscriptions();
    if publisher.subscribe_all(commands).await.is_err() {
        return;
    }
    let (speaker, made) = mpsc::channel(WAITING);
    tokio::spawn(speak(publisher.clone(), made));
    while let Some(event) = incoming.recv().await {
        match event {
            Event::Connected => {
                // An embedded broker forgets what it kept when it starts anew.
                let messages = lock(&home).announce();
                let (publisher, announced) = (publisher.clone(), announced.clone());
                tokio::spawn(async move {
                    publish(&publisher, messages).await;
                    announced.send_modify(|times| *times += 1);
                });
            }
            Event::Message { topic, payload, retained: false } => {
                let payload = String::from_utf8_lossy(&payload);
                let answers = lock(&home).handle(&topic, &payload);
                let now = Instant::now();
                for answer in answers {
                    let due = now + Duration::from_millis(answer.after_ms);
                    if speaker.send((due, answer)).await.is_err() {
                        return;
                    }
                }
            }
            // A command that was kept is nobody's command.
            Event::Message { .. } | Event::Lost { .. } => {}
        }
    }
}

async fn publish(publisher: &Publisher, messages: Vec<Message>) {
    for message in messages {
        say(publisher, message).await;
    }
}

/// Devices have the broker keep what their dialect says that it keeps.
async fn say(publisher: &Publisher, message: Message) {
    if message.retain {
        publisher.publish_retained(message.topic, message.payload).await;
    } else {
        publisher.publish(message.topic, message.payload, PATIENCE).await;
    }
}

/// Says each message when its time has come; of those whose time is the same, the one that was made first.
async fn speak(publisher: Publisher, mut made: mpsc::Receiver<(Instant, Message)>) {
    let mut waiting: BTreeMap<(Instant, u64), Message> = BTreeMap::new();
    let mut count = 0_u64;
    loop {
        let due = waiting.keys().next().map(|(due, _)| *due);
        let next = async {
            match due {
                Some(due) => tokio::time::sleep_until(due).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            message = made.recv(), if waiting.len() < WAITING => {
                let Some((due, message)) = message else { return };
                waiting.insert((due, count), message);
                count += 1;
            }
            () = next => {
                if let Some((_, message)) = waiting.pop_first() {
                    say(&publisher, message).await;
                }
            }
        }
    }
}

fn lock(home: &Mutex<SimulatedHome>) -> std::sync::MutexGuard<'_, SimulatedHome> {
    // A panic elsewhere leaves it as it was between two commands.
    home.lock().unwrap_or_else(PoisonError::into_inner)
}
