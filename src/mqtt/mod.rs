//! The connection to the broker.
//!
//! In come publishes with a deadline and topics to follow; out come messages and the state of the line.
//! What must never happen here: a retained command, a command sent twice, a command sent late.
//!
//! * [`config`]: where the broker is and how we log in.
//! * [`client`]: [`connect`], [`Publisher`], [`Incoming`].
//! * [`outbox`]: the delivery rules, without a network.
//! * [`failure`]: why the line is down, in words for a person.
//! * [`embedded`]: a broker of our own, for a demo or a small home.
//! * [`simulated`]: plays a simulated home on a broker.
//!
//! # Delivery
//!
//! A command goes out at QoS 1, never retained, in the order in which it was asked for. It is handed to the
//! line only while the line is up, and never again after that: sessions are clean, and whatever was under
//! way when a line broke is forgotten and reported as [`Delivery::Unknown`]. One that still waits when its
//! deadline passes is reported as [`Delivery::Dropped`] and was certainly never sent.

pub mod backoff;
pub mod client;
pub mod config;
mod driver;
pub mod embedded;
pub mod failure;
pub mod outbox;
pub mod simulated;
mod tls;

pub use client::{Event, Incoming, Publisher, check, connect};
pub use config::{BrokerConfig, LastWill, Secret};
pub use embedded::{EmbeddedBroker, EmbeddedConfig};
pub use failure::{Failure, MqttError};
pub use outbox::Delivery;
pub use simulated::SimulatedDevices;
