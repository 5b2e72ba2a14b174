//! Wake word.
//!
//! In come frames of 10 ms; out comes a detection when somebody said a wake word. The work per frame
//! is constant. What must never happen here: a wait; a look into the future; an allocation per frame.
//!
//! * [`frontend`]: a frame to 40 mel bands, levelled by their own recent past.
//! * [`weights`]: the file that `models/wake` trains, checked.
//! * [`network`]: bands to one logit a word, every second frame.
//! * [`detector`]: logits to detections.
//! * [`config`]: what a person can set.

pub mod config;
pub mod detector;
pub mod frontend;
pub mod network;
pub mod weights;

use std::path::PathBuf;

pub use config::{Sensitivity, WakeConfig};
pub use detector::{Detection, WakeDetector};
pub use weights::Weights;

/// File name of our own wake words in `models/wake/`.
pub const SHIPPED_FILE: &str = "sotto.sottowake";

/// What can be wrong with weights or configuration; listening itself cannot fail.
#[derive(Debug, thiserror::Error)]
pub enum WakeError {
    /// The file could not be read.
    #[error("{path}: the wake-word model cannot be read: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is something else, cut short or altered.
    #[error("{path}: {reason}; restore the file from the release, or train it anew with `make wake`")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The configuration asks for a word that the model was not trained on.
    #[error("wake word \"{word}\" is not in the model; it knows {known}")]
    UnknownWord {
        /// The word that was asked for.
        word: String,
        /// The words that there are.
        known: String,
    },
    /// A threshold that no score can meaningfully reach.
    #[error("the threshold {threshold} of wake word \"{word}\" is not between 0 and 1")]
    Threshold {
        /// The word.
        word: String,
        /// The threshold as given.
        threshold: f32,
    },
    /// Nothing to listen for.
    #[error("no wake word is chosen: name at least one in wake.words")]
    NoWords,
}
