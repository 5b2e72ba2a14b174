//! The state machine that ties the stages, and the events that everyone may watch.
//!
//! In come events; out come effects. What must never happen here: a state without a time-out; a clock,
//! a socket or a device inside [`state::step`].

pub mod event;
pub mod state;

pub use event::{Event, EventKind, Phase, Thought};
pub use state::{Effect, Limits, State, step};
