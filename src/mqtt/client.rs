//! What the rest of Sotto holds of a connection: [`Publisher`] and [`Incoming`].

use super::backoff::Backoff;
use super::config::{Address, BrokerConfig};
use super::driver::{Driver, Item, Request};
use super::failure::{Failure, MqttError, classify};
use super::outbox::{Delivery, Entry};
use super::tls;
use rumqttc::{AsyncClient, EventLoop, MqttOptions, QoS, TlsConfiguration, Transport};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::Instant;

/// Requests that may wait for the task that owns the line.
const REQUESTS: usize = 256;
/// Events that may wait for [`Incoming::recv`]; then reading from the broker pauses.
const EVENTS: usize = 8192;
/// Bytes of payload that may wait for [`Incoming::recv`].
const EVENT_BYTES: usize = 64 << 20;
/// Our own announcements may take this long.
const ANNOUNCEMENT: Duration = Duration::from_secs(30);

/// What happens on the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The broker accepted us; subscriptions are renewed by themselves.
    Connected,
    /// A message on a topic that was subscribed.
    Message {
        /// The topic.
        topic: String,
        /// The payload.
        payload: Vec<u8>,
        /// Whether it is one that the broker kept for us, rather than one sent just now.
        retained: bool,
    },
    /// The line broke or did not come up; it is tried again with growing waits. Sent when it breaks and
    /// whenever the reason becomes another.
    Lost {
        /// Why.
        reason: Failure,
    },
}

/// Publishes and subscribes. Clones share the line.
#[derive(Debug, Clone)]
pub struct Publisher {
    requests: mpsc::Sender<Request>,
    max_packet: usize,
}

/// The events of the line, in order.
#[derive(Debug)]
pub struct Incoming {
    events: mpsc::Receiver<Item>,
}

impl Incoming {
    /// The next event; `None` when the connection was closed. Cancel-safe.
    pub async fn recv(&mut self) -> Option<Event> {
        self.events.recv().await.map(|item| item.event)
    }

    /// The next event if one is there already.
    pub fn try_recv(&mut self) -> Option<Event> {
        self.events.try_recv().ok().map(|item| item.event)
    }

    /// [`Self::recv`] for a thread outside the runtime.
    pub fn blocking_recv(&mut self) -> Option<Event> {
        self.events.blocking_recv().map(|item| item.event)
    }
}

impl Publisher {
    /// Publishes a command: QoS 1, not retained, not sent after `deadline` from now. Dropping the future
    /// before the command has left means that it does not leave.
    pub async fn publish(
        &self,
        topic: impl Into<String>,
        payload: impl Into<Vec<u8>>,
        deadline: Duration,
    ) -> Delivery {
        self.send(topic.into(), payload.into(), false, deadline).await
    }

    /// Publishes something about ourselves that the broker keeps: discovery, availability, states of a
    /// simulated home. Never a command.
    pub async fn publish_retained(&self, topic: impl Into<String>, payload: impl Into<Vec<u8>>) -> Delivery {
        self.send(topic.into(), payload.into(), true, ANNOUNCEMENT).await
    }

    async fn send(&self, topic: String, payload: Vec<u8>, retain: bool, wait: Duration) -> Delivery {
        if let Some(why) = self.unfit(&topic, &payload) {
            return Delivery::Failed(why);
        }
        let deadline = Instant::now() + wait;
        let (reply, outcome) = oneshot::channel();
        let entry = Entry { topic, payload, retain, deadline, reply };
        match tokio::time::timeout_at(deadline, self.requests.send(Request::Publish(entry))).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return Delivery::Failed(MqttError::Closed.to_string()),
            Err(_) => return Delivery::Dropped,
        }
        outcome.await.unwrap_or_else(|_| Delivery::Failed(MqttError::Closed.to_string()))
    }

    fn unfit(&self, topic: &str, payload: &[u8]) -> Option<String> {
        if topic.is_empty() || topic.len() > usize::from(u16::MAX) {
            return Some(format!("a topic has 1 to 65535 bytes, this one has {}", topic.len()));
        }
        if topic.contains(['+', '#', '\0']) {
            return Some(format!("`+`, `#` and NUL cannot be in a topic: {topic:?}"));
        }
        // fixed header 5, length of the topic 2, packet id 2
        let bytes = topic.len() + payload.len() + 9;
        (bytes > self.max_packet)
            .then(|| format!("{bytes} bytes are more than broker.max_packet_mb allows ({})", self.max_packet))
    }

    /// Follows a topic (`+` and `#` allowed) from now on, over reconnects.
    ///
    /// # Errors
    /// [`MqttError::Closed`] after [`Self::close`].
    pub async fn subscribe(&self, topic: impl Into<String>) -> Result<(), MqttError> {
        self.subscribe_all([topic.into()]).await
    }

    /// Follows several topics.
    ///
    /// # Errors
    /// [`MqttError::Closed`] after [`Self::close`].
    pub async fn subscribe_all(&self, topics: impl IntoIterator<Item = String>) -> Result<(), MqttError> {
        let topics = topics.into_iter().filter(|t| rumqttc::valid_filter(t)).collect();
        self.requests.send(Request::Subscribe(topics)).await.map_err(|_| MqttError::Closed)
    }

    /// Says goodbye to the broker, so that it does not send our last will, and ends the connection. What is
    /// under way has a second to finish.
    pub async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.requests.send(Request::Close(done)).await.is_ok() {
            let _ = closed.await;
        }
    }
}

/// Connects in the background and keeps the line up until [`Publisher::close`] or until every
/// [`Publisher`] and the [`Incoming`] are gone. Must be called inside a tokio runtime.
///
/// # Errors
/// What can be seen without the network: a URL, key or file of the configuration. What the network says
/// comes as [`Event::Lost`].
pub fn connect(config: &BrokerConfig) -> Result<(Publisher, Incoming), MqttError> {
    let (address, options) = options(config, config.client_name())?;
    let runtime = tokio::runtime::Handle::try_current().map_err(|_| MqttError::NoRuntime)?;
    let max_packet = options.max_packet_size();
    let (client, events) = new_line(options, config.connect_timeout_s);
    let (requests, take_requests) = mpsc::channel(REQUESTS);
    let (give_events, incoming) = mpsc::channel(EVENTS);
    let room = Arc::new(Semaphore::new(EVENT_BYTES.max(2 * max_packet)));
    let driver = Driver::new(address, client, take_requests, give_events, room, Backoff::default());
    runtime.spawn(driver.run(events));
    Ok((Publisher { requests, max_packet }, Incoming { events: incoming }))
}

/// Tries once to log in, and out again.
///
/// # Errors
/// What is wrong, in words for a person.
pub async fn check(config: &BrokerConfig) -> Result<(), MqttError> {
    let (address, options) = options(config, format!("{}-check", config.client_name()))?;
    let (client, mut line) = new_line(options, config.connect_timeout_s);
    line.mqtt_options.set_clean_session(true);
    line.poll().await.map_err(|e| classify(&e, &address, false))?;
    if client.try_disconnect().is_ok() {
        // the answer does not matter any more
        let _ = tokio::time::timeout(Duration::from_secs(1), line.poll()).await;
    }
    Ok(())
}

fn new_line(options: MqttOptions, timeout_s: u16) -> (AsyncClient, EventLoop) {
    let (client, mut line) = AsyncClient::new(options, 64);
    line.network_options.set_tcp_nodelay(true);
    line.network_options.set_connection_timeout(timeout_s.into());
    (client, line)
}

fn options(config: &BrokerConfig, name: String) -> Result<(Address, MqttOptions), MqttError> {
    config.validate()?;
    let address = config.address()?;
    let host = match address.host.contains(':') {
        true => format!("[{}]", address.host),
        false => address.host.clone(),
    };
    let mut options = MqttOptions::new(name, host, address.port);
    options
        .set_keep_alive(Duration::from_secs(config.keep_alive_s.into()))
        .set_clean_session(true)
        .set_max_packet_size(config.max_packet_mb << 20, config.max_packet_mb << 20)
        .set_inflight(1000);
    if let Some((user, password)) = config.login()? {
        options.set_credentials(user, password);
    }
    if let Some(will) = &config.last_will {
        let qos = QoS::AtLeastOnce;
        options.set_last_will(rumqttc::LastWill::new(&will.topic, will.payload.as_bytes(), qos, will.retain));
    }
    if address.tls {
        options
            .set_transport(Transport::tls_with_config(TlsConfiguration::Rustls(tls::client_config(config)?)));
    }
    Ok((address, options))
}
