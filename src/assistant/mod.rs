//! The state machine that ties the stages, and the events that everyone may watch.
//!
//! In come events; out come effects. What must never happen here: a state without a time-out; a clock,
//! a socket or a device inside [`state::step`].

pub mod brain;
pub mod dialogue;
pub mod ear;
pub mod event;
pub mod hands;
pub mod line;
pub mod mouth;
pub mod runtime;
pub mod source;
pub mod state;
pub mod thought;

pub use brain::Brain;
pub use dialogue::Happening;
pub use ear::{Ear, Noticed};
pub use event::{Event, EventKind, Phase};
pub use hands::{BrokerHands, Hands, SharedHome, SimulatedHands, Step};
pub use line::Line;
pub use mouth::Mouth;
pub use runtime::{Assistant, Bus, Parts, bus};
pub use source::{Sounded, Source};
pub use state::{Effect, Limits, State, step};
pub use thought::{Settled, Thought};
