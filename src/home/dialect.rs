//! What the dialects of MQTT have in common: how a thing is announced, read and commanded.

use super::config::HomeConfig;
use super::entity::{Entity, EntityState};
use super::homeassistant::HomeAssistant;
use super::order::Order;
use super::payload::Payload;
use super::shelly::Shelly;
use super::tasmota::Tasmota;
use super::zigbee2mqtt::Zigbee2Mqtt;
use std::collections::BTreeSet;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

/// One way of announcing things over MQTT.
///
/// A dialect reads announcements and nothing else: what it learns goes out as [`Announced`], and
/// each thing brings the [`Driver`] that reads its states and writes its commands.
pub trait Dialect: fmt::Debug + Send + Sync {
    /// Its name, as people know it.
    fn name(&self) -> &'static str;

    /// The topic filters of its announcements.
    fn subscriptions(&self) -> Vec<String>;

    /// Whether a topic carries its announcements. Called for every message: it must be quick.
    fn claims(&self, topic: &str) -> bool;

    /// Reads an announcement.
    ///
    /// # Errors
    /// What is wrong with it, for a person; nothing of it is taken over then.
    fn announced(&mut self, topic: &str, payload: &Payload<'_>) -> Result<Vec<Announced>, String>;

    /// Whether the topics that it claims are read by things as well: a device that tells who it is and what
    /// it does on one topic.
    fn shares(&self) -> bool {
        false
    }

    /// What devices have to be asked before they can be known, once each time.
    fn questions(&mut self) -> Vec<Publish> {
        Vec::new()
    }
}

/// Makes a dialect for a home.
type MakeDialect = fn(&HomeConfig) -> Box<dyn Dialect>;

/// The dialects that a home speaks, in the order in which they are asked.
pub(super) const DIALECTS: &[MakeDialect] = &[
    |config| Box::new(HomeAssistant::new(config)),
    |config| Box::new(Zigbee2Mqtt::new(config)),
    |config| Box::new(Tasmota::new(config)),
    |config| Box::new(Shelly::new(config)),
];

/// What an announcement says.
#[derive(Debug)]
pub enum Announced {
    /// A thing is there, or has changed.
    Thing(Box<Announcement>),
    /// A thing is gone: one component of a source, or all of them.
    Gone {
        /// Where it was announced: the topic.
        source: String,
        /// Which of the things announced there; `None`: all.
        component: Option<String>,
    },
    /// These are all the things that are announced there; any other one is gone.
    Whole {
        /// Where they are announced: the topic.
        source: String,
        /// The things that are there.
        components: BTreeSet<String>,
    },
    /// One of several things in the announcement cannot be read; the others can.
    Rejected(String),
}

/// A thing as its announcement describes it.
#[derive(Debug)]
pub struct Announcement {
    /// Where it is announced: the topic.
    pub source: String,
    /// Which of the things announced there it is.
    pub component: String,
    /// Its identity across topics and restarts, if it has one.
    pub unique: Option<String>,
    /// Two announcements with the same print say the same.
    pub print: u64,
    /// Its description; `area` is where it says that it is. The id may be changed if it is taken.
    pub entity: Entity,
    /// How to read and command it.
    pub driver: Box<dyn Driver>,
    /// It is kept out of the view unless the person's configuration names it.
    pub hidden: bool,
    /// What was found that cannot be read, though the thing can be used.
    pub unreadable: Vec<String>,
    /// By what it is recognised in another dialect's announcement of the same thing: `domain!topic` for what
    /// is commanded, `domain!topic#payload` for what is set off, `topic|path` for a value in a message.
    pub twins: Vec<String>,
    /// It is announced in the device's own dialect, which is believed before any other.
    pub native: bool,
}

impl Announcement {
    /// An announcement in a device's own dialect.
    pub(super) fn native(
        source: &str,
        component: String,
        unique: String,
        entity: Entity,
        driver: impl Driver + 'static,
    ) -> Self {
        let mut hasher = DefaultHasher::new();
        format!("{entity:?} {driver:?}").hash(&mut hasher);
        Self {
            source: source.to_owned(),
            component,
            unique: Some(unique),
            print: hasher.finish(),
            entity,
            driver: Box::new(driver),
            hidden: false,
            unreadable: Vec::new(),
            twins: Vec::new(),
            native: true,
        }
    }
}

/// How one thing is read and commanded.
pub trait Driver: fmt::Debug + Send + Sync {
    /// The topics that it reads, without wildcards. The index in this list is its `slot` in [`Driver::read`].
    fn topics(&self) -> Vec<String>;

    /// Takes a message on one of its topics into its state.
    ///
    /// # Errors
    /// What cannot be read, for a person. The state is as it was then.
    fn read(&mut self, slot: usize, message: &Payload<'_>, state: &mut EntityState) -> Result<(), String>;

    /// The publishes that carry out an order, in their order.
    ///
    /// # Errors
    /// Why the thing cannot do it.
    fn write(&self, order: &Order, state: &EntityState) -> Result<Vec<Publish>, Cannot>;

    /// Whether a state comes back after a command; without it a command's effect is taken for granted.
    fn reports(&self) -> bool;

    /// Until when (ms) its state is good if nothing more is heard; `None`: for ever.
    fn good_until(&self, _state: &EntityState) -> Option<u64> {
        None
    }

    /// Called when the state's time is over.
    fn expire(&mut self, _state: &mut EntityState) {}

    /// What asks it for its state, if nobody has told it.
    fn question(&self) -> Vec<Publish> {
        Vec::new()
    }
}

/// A publish that carries out an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publish {
    /// The topic.
    pub topic: String,
    /// The payload.
    pub payload: String,
}

impl Publish {
    /// A publish.
    pub fn new(topic: impl Into<String>, payload: impl Into<String>) -> Self {
        Self { topic: topic.into(), payload: payload.into() }
    }
}

/// Why a driver cannot carry out an order.
#[derive(Debug, Clone, PartialEq)]
pub enum Cannot {
    /// The thing has no such feature; the word names it.
    Lacks(&'static str),
    /// The value is outside what the thing takes; the first word is the slot.
    OutOfRange(&'static str, f64, f64),
    /// It can be done only from a state that is not known.
    Unknown,
}
