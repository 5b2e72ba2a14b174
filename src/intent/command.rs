//! The words between understanding and doing.
//!
//! Intents and slots have Home Assistant's names and values: `name` and `area` are the names as the
//! home has them, `brightness`, `percentage`, `position` and `volume_level` go from 0 to 100,
//! `temperature` is in the home's degrees (in Kelvin for `HassLightSet`), `hours`, `minutes` and
//! `seconds` are whole numbers, `volume_step` is `up`, `down` or -100 to 100.
//!
//! What Home Assistant has no slot for:
//! - `HassLightSet` with `brightness_step` or `temperature_step` (Kelvin), `HassFanSetSpeed` with
//!   `percentage_step`, `HassSetPosition` with `position_step`, `HassClimateSetTemperature` with
//!   `temperature_step`: the change, signed, to each target's own value;
//! - `HassToggle` (slots as `HassTurnOn`), `HassStopMoving` (covers and valves; slots as
//!   `HassSetPosition` without the position), `HassClimateSetMode` with `mode` (`heat`, `cool`, `off`, …);
//! - `except_name`, `except_area`, `except_floor`: who was left out; `targets` already lacks them.
//!
//! `targets` is what counts: an intent that acts on entities and has no targets does nothing.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Slot name (Home Assistant's) to value.
pub type Slots = BTreeMap<String, Value>;

/// One thing that is asked: an intent with Home Assistant's name, its slots, and whom it means.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Command {
    /// Home Assistant's intent name, such as `HassTurnOn`, or the name in a custom domain's file.
    pub intent: String,
    /// Slots by Home Assistant's names (`name`, `area`, `floor`, `domain`, `brightness`, …).
    pub slots: Slots,
    /// Ids of the entities meant, in the order of the home; empty when the intent needs none.
    pub targets: Vec<String>,
}

impl Command {
    /// A command without slots or targets.
    pub fn new(intent: impl Into<String>) -> Self {
        Self { intent: intent.into(), slots: Slots::new(), targets: Vec::new() }
    }

    /// The slot's value as text, if it is there and is text.
    pub fn text_slot(&self, name: &str) -> Option<&str> {
        self.slots.get(name).and_then(Value::as_str)
    }

    /// The slot's value as a number, if it is there and is a number or reads as one.
    pub fn number_slot(&self, name: &str) -> Option<f64> {
        match self.slots.get(name)? {
            Value::Number(n) => n.as_f64(),
            Value::String(s) => s.parse().ok(),
            _ => None,
        }
    }
}

/// Who understood a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// The sentence grammar.
    Grammar,
    /// The language model.
    Model,
}

/// Commands in the order in which they are to be carried out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The commands.
    pub commands: Vec<Command>,
}

/// Why a text that was understood cannot be carried out. The kinds are those of Home Assistant's
/// error responses, so that people hear what they expect.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Refusal {
    /// No entity of that name.
    NoEntity {
        /// What the person said.
        name: String,
        /// Where they said it is, if they did.
        area: Option<String>,
    },
    /// No area of that name.
    NoArea {
        /// What the person said.
        area: String,
    },
    /// No floor of that name.
    NoFloor {
        /// What the person said.
        floor: String,
    },
    /// Nothing of that domain or device class there.
    NoDomain {
        /// `light`, `cover`, …, or a device class.
        domain: String,
        /// In which area or floor; `None` for the whole home.
        area: Option<String>,
    },
    /// The entity is there but cannot do that.
    FeatureNotSupported {
        /// The entity's id.
        entity: String,
        /// What it lacks, in a word.
        feature: String,
    },
    /// The entity has not been heard of, or says that it is unavailable.
    Unavailable {
        /// The entity's id.
        entity: String,
    },
    /// A value outside what the entity takes.
    OutOfRange {
        /// The entity's id.
        entity: String,
        /// The slot.
        slot: String,
        /// The least value.
        min: f64,
        /// The greatest value.
        max: f64,
    },
    /// The configuration forbids it.
    NotAllowed {
        /// The entity's id.
        entity: String,
    },
    /// The intent is known, but this home has nothing that serves it.
    NotServed {
        /// The intent.
        intent: String,
    },
    /// No timer fits.
    TimerNotFound,
    /// More than one timer fits.
    MultipleTimers,
    /// A skill says why not, in words of the language.
    Told {
        /// The key of the words, under `refused`.
        key: String,
        /// What it is about.
        name: String,
    },
}

impl Refusal {
    /// A skill's reason.
    pub fn told(key: &str, name: impl Into<String>) -> Self {
        Self::Told { key: key.into(), name: name.into() }
    }
}

impl From<crate::store::StoreError> for Refusal {
    fn from(error: crate::store::StoreError) -> Self {
        tracing::error!("{error}");
        Self::told("not_stored", error.to_string())
    }
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        crate::store::StoreError::from(error).into()
    }
}

/// A question that must be answered before anything is done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Question {
    /// Several entities fit a name: which one?
    Which {
        /// Ids of those that fit.
        options: Vec<String>,
        /// The commands; the one at `index` lacks its target.
        commands: Vec<Command>,
        /// Index of the command that is in question.
        index: usize,
    },
    /// Something dangerous or far-reaching: really?
    Confirm {
        /// What is done on a yes.
        commands: Vec<Command>,
    },
    /// Something that the command needs was not said.
    Missing {
        /// The command without it.
        command: Command,
        /// The slot that it lacks: `when`, `duration`.
        slot: String,
    },
    /// A near miss: did you mean this entity?
    DidYouMean {
        /// What was said.
        said: String,
        /// What is done on a yes.
        commands: Vec<Command>,
    },
}

/// What came of reading a text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Understanding {
    /// What is asked; empty when nothing was understood. A command on entities that has no targets cannot
    /// be carried out: `refusals` or `question` say why, and nothing is done for it.
    pub commands: Vec<Command>,
    /// Who understood it; `None`: nobody.
    pub by: Option<By>,
    /// 0.0..=1.0.
    pub confidence: f32,
    /// What must be asked first.
    pub question: Option<Question>,
    /// Why it, or a part of it, cannot be done.
    pub refusals: Vec<Refusal>,
}

impl Understanding {
    /// Whether anybody understood the text, even if it cannot be done.
    pub fn understood(&self) -> bool {
        self.by.is_some()
    }
}
