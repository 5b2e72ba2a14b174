//! The delivery rules, without a network: what waits, what is under way, and what came of it.
//!
//! In come entries, hand-overs, acknowledgements, cuts and the time; out come [`Delivery`]s. What must
//! never happen here: an entry handed over twice, or after its deadline.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// What came of a publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// The broker acknowledged it.
    Acknowledged,
    /// It was not sent before its deadline and never will be.
    Dropped,
    /// It was sent, but the line broke or stayed silent before the acknowledgement came: it may or may not
    /// have arrived. It is not sent again.
    Unknown,
    /// It was not sent and never will be, for this reason.
    Failed(String),
}

/// Most entries that may wait.
pub const MOST_WAITING: usize = 1024;
/// Most entries sent and not yet acknowledged.
pub const WINDOW: usize = 32;
/// A line on which an acknowledgement is missing for this long is given up.
pub const STALLED: Duration = Duration::from_secs(5);

/// One publish.
#[derive(Debug)]
pub struct Entry {
    /// The topic.
    pub topic: String,
    /// The payload.
    pub payload: Vec<u8>,
    /// Whether the broker keeps it: our own announcements only.
    pub retain: bool,
    /// Not sent after this.
    pub deadline: Instant,
    /// Where the outcome goes.
    pub reply: oneshot::Sender<Delivery>,
}

#[derive(Debug)]
struct UnderWay {
    deadline: Instant,
    since: Instant,
    reply: Option<oneshot::Sender<Delivery>>,
}

impl UnderWay {
    fn settle(&mut self, delivery: Delivery) {
        if let Some(reply) = self.reply.take() {
            // nobody listens any more: fine
            let _ = reply.send(delivery);
        }
    }
}

/// The queue of publishes.
#[derive(Debug, Default)]
pub struct Outbox {
    waiting: VecDeque<Entry>,
    /// Given to the line, packet id not known yet.
    handed: Option<UnderWay>,
    in_flight: HashMap<u16, UnderWay>,
}

/// What the line is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// The topic.
    pub topic: String,
    /// The payload.
    pub payload: Vec<u8>,
    /// Whether the broker keeps it.
    pub retain: bool,
}

impl Outbox {
    /// Queues an entry; one too many fails at once.
    pub fn push(&mut self, entry: Entry) {
        if self.waiting.len() >= MOST_WAITING {
            let why = format!("{MOST_WAITING} publishes wait for the broker already");
            let _ = entry.reply.send(Delivery::Failed(why));
            return;
        }
        self.waiting.push_back(entry);
    }

    /// The next parcel for the line, if the line may have one now. One at a time: the next is given out
    /// when [`Self::sent`] was called for the last.
    pub fn hand_over(&mut self, now: Instant) -> Option<Parcel> {
        if self.handed.is_some() || self.in_flight.len() >= WINDOW {
            return None;
        }
        while let Some(entry) = self.waiting.pop_front() {
            if now >= entry.deadline {
                let _ = entry.reply.send(Delivery::Dropped);
            } else if !entry.reply.is_closed() {
                let Entry { topic, payload, retain, deadline, reply } = entry;
                self.handed = Some(UnderWay { deadline, since: now, reply: Some(reply) });
                return Some(Parcel { topic, payload, retain });
            }
        }
        None
    }

    /// The line did not take the parcel that was just handed over.
    pub fn not_taken(&mut self, why: &str) {
        if let Some(mut entry) = self.handed.take() {
            entry.settle(Delivery::Failed(why.to_owned()));
        }
    }

    /// The parcel handed over last was written to the line with this packet id.
    pub fn sent(&mut self, packet_id: u16, now: Instant) {
        if let Some(mut entry) = self.handed.take() {
            entry.since = now;
            if let Some(mut old) = self.in_flight.insert(packet_id, entry) {
                old.settle(Delivery::Unknown);
            }
        }
    }

    /// The broker acknowledged this packet.
    pub fn acknowledged(&mut self, packet_id: u16) {
        if let Some(mut entry) = self.in_flight.remove(&packet_id) {
            entry.settle(Delivery::Acknowledged);
        }
    }

    /// The line broke: what was under way stays unknown and is forgotten. What waits goes on waiting.
    pub fn cut(&mut self) {
        for mut entry in self.handed.take().into_iter().chain(self.in_flight.drain().map(|(_, e)| e)) {
            entry.settle(Delivery::Unknown);
        }
    }

    /// Settles what has passed its deadline.
    pub fn expire(&mut self, now: Instant) {
        let before = std::mem::take(&mut self.waiting);
        for entry in before {
            if now >= entry.deadline {
                let _ = entry.reply.send(Delivery::Dropped);
            } else {
                self.waiting.push_back(entry);
            }
        }
        for entry in self.in_flight.values_mut().chain(&mut self.handed) {
            if now >= entry.deadline {
                entry.settle(Delivery::Unknown);
            }
        }
    }

    /// Whether an acknowledgement is missing for so long that the line must be given up.
    pub fn stalled(&self, now: Instant) -> bool {
        self.under_way().any(|e| now >= e.since + STALLED)
    }

    /// When [`Self::expire`] or [`Self::stalled`] has to be asked next.
    pub fn next_event(&self) -> Option<Instant> {
        let waiting = self.waiting.iter().map(|e| e.deadline);
        let open = self.under_way().filter(|e| e.reply.is_some()).map(|e| e.deadline);
        let stalled = self.under_way().map(|e| e.since + STALLED);
        waiting.chain(open).chain(stalled).min()
    }

    /// Nothing waits and nothing is under way.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.handed.is_none() && self.in_flight.is_empty()
    }

    fn under_way(&self) -> impl Iterator<Item = &UnderWay> {
        self.in_flight.values().chain(&self.handed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    struct Bench {
        outbox: Outbox,
        start: Instant,
        now: Instant,
    }

    impl Bench {
        fn new() -> Self {
            let start = Instant::now();
            Bench { outbox: Outbox::default(), start, now: start }
        }

        fn at(&mut self, ms: u64) {
            self.now = self.start + Duration::from_millis(ms);
        }

        fn push(&mut self, name: &str, deadline_ms: u64) -> oneshot::Receiver<Delivery> {
            let (reply, outcome) = oneshot::channel();
            let deadline = self.start + Duration::from_millis(deadline_ms);
            let entry = Entry { topic: name.to_owned(), payload: vec![], retain: false, deadline, reply };
            self.outbox.push(entry);
            outcome
        }

        fn hand_over(&mut self) -> Option<String> {
            self.outbox.hand_over(self.now).map(|p| p.topic)
        }
    }

    #[test]
    fn acknowledged_in_order() {
        let mut b = Bench::new();
        let mut first = b.push("a", 5000);
        let mut second = b.push("b", 5000);
        assert_eq!(b.hand_over().as_deref(), Some("a"));
        assert_eq!(b.hand_over(), None, "one at a time");
        b.outbox.sent(1, b.now);
        assert_eq!(b.hand_over().as_deref(), Some("b"));
        b.outbox.sent(2, b.now);
        b.outbox.acknowledged(1);
        b.outbox.acknowledged(2);
        assert_eq!(first.try_recv(), Ok(Delivery::Acknowledged));
        assert_eq!(second.try_recv(), Ok(Delivery::Acknowledged));
        assert!(b.outbox.is_empty());
    }

    #[test]
    fn late_is_dropped_and_never_handed_over() {
        let mut b = Bench::new();
        let mut late = b.push("late", 100);
        let mut good = b.push("good", 5000);
        b.at(100);
        assert_eq!(b.hand_over().as_deref(), Some("good"));
        assert_eq!(late.try_recv(), Ok(Delivery::Dropped));
        assert!(good.try_recv().is_err());
    }

    #[test]
    fn a_cut_leaves_what_was_under_way_unknown_and_what_waits_waiting() {
        let mut b = Bench::new();
        let mut sent = b.push("sent", 5000);
        let mut handed = b.push("handed", 5000);
        let mut waits = b.push("waits", 5000);
        b.hand_over();
        b.outbox.sent(1, b.now);
        b.hand_over();
        b.outbox.cut();
        assert_eq!(sent.try_recv(), Ok(Delivery::Unknown));
        assert_eq!(handed.try_recv(), Ok(Delivery::Unknown));
        assert_eq!(b.hand_over().as_deref(), Some("waits"));
        b.outbox.sent(1, b.now);
        b.outbox.acknowledged(1);
        assert_eq!(waits.try_recv(), Ok(Delivery::Acknowledged));
    }

    #[test]
    fn silence_is_unknown_at_the_deadline_and_stalled_later() {
        let mut b = Bench::new();
        let mut outcome = b.push("a", 300);
        b.hand_over();
        b.outbox.sent(1, b.now);
        assert_eq!(b.outbox.next_event(), Some(b.start + Duration::from_millis(300)));
        b.at(300);
        b.outbox.expire(b.now);
        assert_eq!(outcome.try_recv(), Ok(Delivery::Unknown));
        assert!(!b.outbox.stalled(b.now));
        assert_eq!(b.outbox.next_event(), Some(b.start + STALLED));
        b.at(5000);
        assert!(b.outbox.stalled(b.now));
    }

    #[test]
    fn who_gave_up_waiting_does_not_get_it_sent() {
        let mut b = Bench::new();
        drop(b.push("given up", 5000));
        assert_eq!(b.hand_over(), None);
    }

    #[test]
    fn the_queue_is_bounded() {
        let mut b = Bench::new();
        let kept: Vec<_> = (0..MOST_WAITING).map(|_| b.push("x", 5000)).collect();
        let mut refused = b.push("one too many", 5000);
        assert!(matches!(refused.try_recv(), Ok(Delivery::Failed(_))));
        drop(kept);
    }

    #[derive(Debug, Clone)]
    enum Step {
        Push { deadline_ms: u64 },
        HandOver,
        Sent,
        Acknowledge(u16),
        Cut,
        Pass { ms: u64 },
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (1u64..3000).prop_map(|deadline_ms| Step::Push { deadline_ms }),
            Just(Step::HandOver),
            Just(Step::Sent),
            (1u16..40).prop_map(Step::Acknowledge),
            Just(Step::Cut),
            (1u64..1500).prop_map(|ms| Step::Pass { ms }),
        ]
    }

    proptest! {
        #[test]
        fn nothing_twice_nothing_late_nothing_lost(steps in proptest::collection::vec(step(), 0..300)) {
            let mut b = Bench::new();
            let mut now_ms = 0;
            let mut pushed: Vec<(u64, oneshot::Receiver<Delivery>)> = Vec::new();
            let mut given: Vec<usize> = Vec::new();
            let mut packet_id = 0;
            for step in steps {
                match step {
                    Step::Push { deadline_ms } => {
                        let outcome = b.push(&pushed.len().to_string(), now_ms + deadline_ms);
                        pushed.push((now_ms + deadline_ms, outcome));
                    }
                    Step::HandOver => {
                        if let Some(name) = b.hand_over() {
                            let number: usize = name.parse().unwrap();
                            prop_assert!(now_ms < pushed[number].0, "late");
                            prop_assert!(given.last().is_none_or(|last| *last < number), "twice or out of order");
                            given.push(number);
                        }
                    }
                    Step::Sent => {
                        packet_id = packet_id % 60 + 1;
                        b.outbox.sent(packet_id, b.now);
                    }
                    Step::Acknowledge(id) => b.outbox.acknowledged(id),
                    Step::Cut => b.outbox.cut(),
                    Step::Pass { ms } => {
                        now_ms += ms;
                        b.at(now_ms);
                        b.outbox.expire(b.now);
                    }
                }
            }
            b.at(now_ms + 10_000);
            b.outbox.expire(b.now);
            for (number, (_, outcome)) in pushed.iter_mut().enumerate() {
                let delivery = outcome.try_recv();
                prop_assert!(delivery.is_ok(), "{number} has no outcome");
                prop_assert_eq!(delivery == Ok(Delivery::Dropped), !given.contains(&number));
            }
        }
    }
}
