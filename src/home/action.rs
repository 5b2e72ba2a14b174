//! What is done in the end.

use serde::Serialize;
use serde_json::{Map, Value};

/// One MQTT publish or one call of a skill.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Action {
    /// Published at QoS 1, never retained, dropped when its deadline has passed.
    Publish {
        /// The topic.
        topic: String,
        /// The payload.
        payload: String,
    },
    /// Done by ourselves: `{"skill": "timer.start", "seconds": 300, …}`.
    Skill {
        /// Which skill and verb, such as `timer.start`.
        skill: String,
        /// Its arguments.
        #[serde(flatten)]
        arguments: Map<String, Value>,
    },
}

/// What came of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The broker took it and the state that came back is the one asked for.
    Done,
    /// The broker took it; no state came back in time.
    Unconfirmed,
    /// The broker did not take it before its deadline; it was dropped.
    Dropped,
    /// It failed, with the reason for a person.
    Failed(String),
}
