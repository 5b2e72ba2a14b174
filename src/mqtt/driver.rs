//! The task that owns the line.

use super::backoff::Backoff;
use super::client::Event;
use super::config::Address;
use super::failure::{Failure, classify};
use super::outbox::{Entry, Outbox};
use rumqttc::{
    AsyncClient, ConnectionError, EventLoop, Incoming, Outgoing, QoS, SubscribeFilter, SubscribeReasonCode,
};
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::{Instant, sleep_until};
use tracing::{debug, info, warn};

/// Topic filters in one SUBSCRIBE packet.
const FILTERS: usize = 64;
/// A line that held for this long was a good one.
const GOOD_LINE: Duration = Duration::from_secs(10);
/// What is under way at the end has this long to finish.
const FAREWELL: Duration = Duration::from_secs(1);

/// An event and the room that its payload takes in the queue.
#[derive(Debug)]
pub(super) struct Item {
    pub event: Event,
    _room: Option<OwnedSemaphorePermit>,
}

#[derive(Debug)]
pub(super) enum Request {
    Publish(Entry),
    Subscribe(Vec<String>),
    Close(oneshot::Sender<()>),
}

pub(super) struct Driver {
    address: Address,
    client: AsyncClient,
    requests: mpsc::Receiver<Request>,
    events: mpsc::Sender<Item>,
    room: Arc<Semaphore>,
    backoff: Backoff,
    outbox: Outbox,
    topics: BTreeSet<String>,
    to_subscribe: VecDeque<String>,
    /// Filters of the SUBSCRIBE packets given to the line, oldest first.
    subscribing: VecDeque<Vec<String>>,
    subscribed: HashMap<u16, Vec<String>>,
    up_since: Option<Instant>,
    last_reason: Option<Failure>,
    nobody_asks: bool,
    farewell: Option<Instant>,
    closed: Vec<oneshot::Sender<()>>,
}

impl Driver {
    pub fn new(
        address: Address,
        client: AsyncClient,
        requests: mpsc::Receiver<Request>,
        events: mpsc::Sender<Item>,
        room: Arc<Semaphore>,
        backoff: Backoff,
    ) -> Self {
        Self {
            address,
            client,
            requests,
            events,
            room,
            backoff,
            outbox: Outbox::default(),
            topics: BTreeSet::new(),
            to_subscribe: VecDeque::new(),
            subscribing: VecDeque::new(),
            subscribed: HashMap::new(),
            up_since: None,
            last_reason: None,
            nobody_asks: false,
            farewell: None,
            closed: Vec::new(),
        }
    }

    pub async fn run(mut self, mut line: EventLoop) {
        loop {
            let reason = self.hold(&mut line).await;
            let Some(reason) = reason else { break };
            self.clear(&mut line).await;
            if self.up_since.take().is_some_and(|since| since.elapsed() >= GOOD_LINE) {
                self.backoff.reset();
            }
            let wait = self.backoff.next_wait();
            self.lost(reason, wait).await;
            let until = Instant::now() + wait;
            while Instant::now() < until {
                tokio::select! {
                    () = sleep_until(until) => {}
                    () = self.tend() => {}
                }
                if self.farewell.is_some() {
                    break;
                }
            }
            if self.farewell.is_some() {
                break;
            }
        }
        for closed in self.closed.drain(..) {
            let _ = closed.send(());
        }
    }

    /// Brings the line up and holds it until it breaks (with the reason) or we have said goodbye (`None`).
    async fn hold(&mut self, line: &mut EventLoop) -> Option<Failure> {
        let mut said_goodbye = false;
        loop {
            let polled = {
                let poll = line.poll();
                tokio::pin!(poll);
                loop {
                    self.pump();
                    if self.outbox.stalled(Instant::now()) {
                        return Some(Failure::Stalled { address: self.address.to_string() });
                    }
                    if let Some(until) = self.farewell {
                        if self.up_since.is_none() {
                            return None;
                        }
                        if !said_goodbye && (self.outbox.is_empty() || Instant::now() >= until) {
                            said_goodbye = self.client.try_disconnect().is_ok();
                        }
                        if Instant::now() >= until + FAREWELL {
                            return None;
                        }
                    }
                    tokio::select! {
                        polled = &mut poll => break polled,
                        () = self.tend() => {}
                    }
                }
            };
            match polled {
                Ok(rumqttc::Event::Outgoing(Outgoing::Disconnect)) => return None,
                Ok(event) => self.take(event).await,
                Err(_) if said_goodbye => return None,
                Err(error) => return Some(self.describe(&error)),
            }
        }
    }

    fn describe(&self, error: &ConnectionError) -> Failure {
        classify(error, &self.address, self.up_since.is_some())
    }

    /// After a break: hears what the line had read before, then makes it forget everything, so that it
    /// sends nothing a second time.
    async fn clear(&mut self, line: &mut EventLoop) {
        line.clean();
        for event in std::mem::take(&mut line.state.events) {
            self.take(event).await;
        }
        line.pending.clear();
        line.state.collision = None;
        self.outbox.cut();
        self.subscribing.clear();
        self.subscribed.clear();
    }

    async fn lost(&mut self, reason: Failure, wait: Duration) {
        if self.last_reason.as_ref() == Some(&reason) {
            debug!(%reason, ?wait, "still no line to the broker");
            return;
        }
        warn!(%reason, ?wait, "no line to the broker; trying again");
        self.last_reason = Some(reason.clone());
        self.deliver(Event::Lost { reason }, 0).await;
    }

    /// One thing that is not the line's: a request, or a deadline. Cancel-safe.
    async fn tend(&mut self) {
        let deadline = self.outbox.next_event().into_iter().chain(self.farewell_ends()).min();
        let deadline_passes = async {
            match deadline {
                Some(at) => sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            request = self.requests.recv(), if !self.nobody_asks => match request {
                Some(Request::Publish(entry)) => self.outbox.push(entry),
                Some(Request::Subscribe(topics)) => {
                    for topic in topics {
                        if self.topics.insert(topic.clone()) {
                            self.to_subscribe.push_back(topic);
                        }
                    }
                }
                Some(Request::Close(closed)) => {
                    self.closed.push(closed);
                    self.farewell.get_or_insert_with(|| Instant::now() + FAREWELL);
                }
                None => self.nobody_asks = true,
            },
            () = self.events.closed(), if self.nobody_asks && self.farewell.is_none() => {
                self.farewell = Some(Instant::now() + FAREWELL);
            }
            () = deadline_passes => self.outbox.expire(Instant::now()),
        }
    }

    fn farewell_ends(&self) -> Option<Instant> {
        let until = self.farewell?;
        Some(if Instant::now() < until { until } else { until + FAREWELL })
    }

    /// Gives the line what it may have now.
    fn pump(&mut self) {
        if self.up_since.is_none() {
            return;
        }
        while !self.to_subscribe.is_empty() {
            let count = self.to_subscribe.len().min(FILTERS);
            let topics: Vec<String> = self.to_subscribe.iter().take(count).cloned().collect();
            // At QoS 0: Mosquitto and rumqttd cut off what is retained at their queue's length (1000 and
            // 100 messages) when it has to be acknowledged, and states follow each other anyway.
            let filters = topics.iter().map(|t| SubscribeFilter::new(t.clone(), QoS::AtMostOnce));
            if self.client.try_subscribe_many(filters).is_err() {
                return;
            }
            self.to_subscribe.drain(..count);
            self.subscribing.push_back(topics);
        }
        if let Some(parcel) = self.outbox.hand_over(Instant::now()) {
            let qos = QoS::AtLeastOnce;
            if let Err(error) = self.client.try_publish(parcel.topic, qos, parcel.retain, parcel.payload) {
                self.outbox.not_taken(&error.to_string());
            }
        }
    }

    async fn take(&mut self, event: rumqttc::Event) {
        match event {
            rumqttc::Event::Incoming(Incoming::ConnAck(_)) => {
                info!(address = %self.address, "connected to the broker");
                self.up_since = Some(Instant::now());
                self.last_reason = None;
                self.to_subscribe = self.topics.iter().cloned().collect();
                self.deliver(Event::Connected, 0).await;
            }
            rumqttc::Event::Incoming(Incoming::Publish(message)) => {
                let bytes = message.payload.len() + message.topic.len();
                let event = Event::Message {
                    topic: message.topic,
                    payload: message.payload.to_vec(),
                    retained: message.retain,
                };
                self.deliver(event, bytes).await;
            }
            rumqttc::Event::Incoming(Incoming::PubAck(ack)) => self.outbox.acknowledged(ack.pkid),
            rumqttc::Event::Incoming(Incoming::SubAck(ack)) => {
                let topics = self.subscribed.remove(&ack.pkid).unwrap_or_default();
                for (topic, code) in topics.iter().zip(&ack.return_codes) {
                    if *code == SubscribeReasonCode::Failure {
                        warn!(topic, "the broker does not let us follow this topic: check its access list");
                    }
                }
            }
            rumqttc::Event::Outgoing(Outgoing::Publish(packet_id)) => {
                self.outbox.sent(packet_id, Instant::now());
            }
            rumqttc::Event::Outgoing(Outgoing::Subscribe(packet_id)) => {
                if let Some(topics) = self.subscribing.pop_front() {
                    self.subscribed.insert(packet_id, topics);
                }
            }
            _ => {}
        }
    }

    /// Queues an event; waits while the queue is full, which slows the broker down and nobody else.
    async fn deliver(&mut self, event: Event, bytes: usize) {
        let room = match bytes {
            0 => None,
            _ => {
                let amount = u32::try_from(bytes).unwrap_or(u32::MAX);
                let waiting = Arc::clone(&self.room).acquire_many_owned(amount);
                tokio::pin!(waiting);
                loop {
                    tokio::select! {
                        room = &mut waiting => break room.ok(),
                        () = self.events_closed() => return,
                        () = self.tend() => {}
                    }
                }
            }
        };
        loop {
            let events = self.events.clone();
            let permit = tokio::select! {
                permit = events.reserve() => permit,
                () = self.tend() => continue,
            };
            if let Ok(permit) = permit {
                permit.send(Item { event, _room: room });
            }
            return;
        }
    }

    fn events_closed(&self) -> impl Future<Output = ()> + use<> {
        let events = self.events.clone();
        async move { events.closed().await }
    }
}
