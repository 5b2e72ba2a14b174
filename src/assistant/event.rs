//! Everything that happens, time-stamped, on one stream that LEDs, console, logs and tests all read.

use super::thought::Thought;
use crate::audio::Utterance;
use crate::home::{Action, Outcome};
use serde::Serialize;
use std::sync::Arc;

/// Something that happened.
#[derive(Debug, Clone)]
pub struct Event {
    /// When, in ms of the assistant's own clock, which starts at 0 and never jumps.
    pub at_ms: u64,
    /// What.
    pub kind: EventKind,
}

/// The states' names as others see them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// The microphone is muted.
    Muted,
    /// Waiting for the wake word.
    Waiting,
    /// Listening for a command.
    Listening,
    /// Making text and commands of it.
    Thinking,
    /// Carrying the commands out.
    Acting,
    /// Speaking the reply.
    Speaking,
    /// Listening for an answer, without a wake word.
    FollowUp,
    /// A timer rings.
    Ringing,
}

/// What happened. The first group moves the state machine; the second only tells.
#[derive(Debug, Clone)]
pub enum EventKind {
    /// Nothing but time.
    Tick,
    /// The wake word was heard.
    Woke {
        /// Which.
        word: String,
        /// Where it ended on the stream's clock, in ms.
        word_end_ms: u64,
        /// The detector's score, 0.0..=1.0.
        score: f32,
    },
    /// The button was pressed.
    Button,
    /// The mute switch was moved.
    Mute {
        /// Whether the microphone is off now.
        on: bool,
    },
    /// The endpointer found the end of an utterance.
    SpeechEnded(Arc<Utterance>),
    /// Nobody spoke after the wake word or the question.
    NobodySpoke,
    /// Speech-to-text is done.
    Heard {
        /// What was heard.
        text: String,
        /// 0.0..=1.0.
        confidence: f32,
        /// Wall-clock time of the recognition, in ms.
        compute_ms: u64,
    },
    /// Speech-to-text found no words, or none it trusts.
    NotHeard {
        /// Whether there were words at all: noise is passed over in silence.
        words: bool,
    },
    /// The text was understood, or not.
    Thought(Arc<Thought>),
    /// The commands were carried out, or not.
    Acted {
        /// What to say.
        reply: String,
        /// Whether the reply is a question.
        question: bool,
    },
    /// The reply was spoken to its end, or could not be.
    Spoken,
    /// A timer has fallen due.
    TimerDue {
        /// Its name.
        name: Option<String>,
        /// What to say.
        say: String,
    },
    /// Something has happened that somebody wanted to be told of.
    Notice {
        /// The routine's name.
        name: Option<String>,
        /// What to say.
        say: String,
    },

    /// The state machine is in another state.
    PhaseChanged(Phase),
    /// Speech began.
    SpeechStarted,
    /// Speech has ended; [`EventKind::SpeechEnded`] comes with this.
    SpeechStopped {
        /// How long ago the last of it was heard, in ms.
        ago_ms: u64,
    },
    /// A publish left, or a skill was called.
    ActionSent(Action),
    /// What came of an action.
    ActionDone(Action, Outcome),
    /// The reply's first sound is ready.
    ReplyStarted {
        /// The text.
        text: String,
        /// From the text to the first sound, in ms.
        compute_ms: u64,
    },
    /// An entity has another state.
    StateChanged {
        /// The entity's id.
        entity: String,
        /// Its state word.
        state: String,
    },
    /// How loud it is.
    Level {
        /// Root mean square over about 100 ms, in dBFS.
        dbfs: f32,
    },
    /// Samples were lost because nobody took them in time.
    Overrun {
        /// How many.
        samples: u64,
    },
    /// The microphone went away, or came back.
    Microphone {
        /// Whether it is there.
        there: bool,
        /// Why it went.
        reason: String,
    },
    /// The broker was reached, or lost.
    Broker {
        /// Whether the line stands.
        there: bool,
        /// Why it fell.
        reason: String,
    },
}
