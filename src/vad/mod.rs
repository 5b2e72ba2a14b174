//! Speech or not, and where an utterance ends.
//!
//! In come frames; out come the start and the end of speech. What must never happen here: the loss of the
//! first word; an utterance without an end; a look at a clock: time is what the frames say it is.

mod endpoint;
mod speech;

pub use endpoint::{Endpoint, EndpointConfig, Endpointer, PAUSE_MS, Pause};
pub use speech::SpeechDetector;
