//! Where weights come from.
//!
//! In comes a name; out comes the path of a file whose hash was checked. What must never happen here: a
//! download that nobody asked for; a half-written file under a final name.
//!
//! * [`catalog`]: every model we can use, its files, hashes, licence, and where it comes from.
//! * [`store`]: a name to a path: the person's own path, what was pulled, what the repository ships.
//! * [`pull`]: fetch, check, join, convert, and only then give the file its final name.
//! * [`whisper`]: CTranslate2's Whisper to whisper.cpp's ggml, and the check of a ggml file.

pub mod catalog;
pub mod import;
pub mod pull;
pub mod store;
pub mod whisper;

use std::path::PathBuf;

pub use catalog::{Arch, Catalog, Model, Stage};
pub use store::Store;
pub(crate) use store::checkout;

/// What can go wrong between a name and a checked file.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The catalog itself is wrong: a mistake of ours, or in a catalog that the person edited.
    #[error("{file}: {reason}")]
    Catalog {
        /// The catalog's file name.
        file: String,
        /// Line, key and what is wrong.
        reason: String,
    },
    /// Nobody knows this name.
    #[error("no model is called \"{name}\"{}; `sotto models list` shows them all", did_you_mean(.near))]
    UnknownName {
        /// The name that was asked for.
        name: String,
        /// The nearest name in the catalog, if one is near.
        near: Option<String>,
    },
    /// The catalog knows it, but it was never fetched.
    #[error("the model \"{name}\" is not on this machine: fetch it with `sotto models pull {name}`")]
    NotPulled {
        /// The model's name.
        name: String,
    },
    /// It comes with Sotto, but the installation lacks it.
    #[error("{path} is missing, which comes with Sotto: install Sotto again, or check out all of its files")]
    NotShipped {
        /// Where it should be.
        path: PathBuf,
    },
    /// The person's own path leads nowhere.
    #[error(
        "{path}: there is no such model file; give a path that exists or a name from `sotto models list`"
    )]
    NoSuchFile {
        /// The path as given.
        path: PathBuf,
    },
    /// A file is there but shorter or longer than it should be.
    #[error(
        "{path} is damaged ({found} bytes, should be {expected}): fetch it again with `sotto models pull {name}`"
    )]
    WrongSize {
        /// The damaged file.
        path: PathBuf,
        /// The model that it belongs to.
        name: String,
        /// Bytes found.
        found: u64,
        /// Bytes that the catalog promises.
        expected: u64,
    },
    /// The model has no file for this processor.
    #[error("the model \"{name}\" has nothing for {arch}")]
    NoFileForArch {
        /// The model's name.
        name: String,
        /// The processor asked for.
        arch: Arch,
    },
    /// No folder to keep models in.
    #[error("no folder for models: set SOTTO_MODELS, XDG_DATA_HOME or HOME")]
    NoFolder,
}

fn did_you_mean(near: &Option<String>) -> String {
    near.as_ref().map(|n| format!(" (did you mean \"{n}\"?)")).unwrap_or_default()
}
