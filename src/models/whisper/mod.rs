//! CTranslate2's Whisper to whisper.cpp's ggml.
//!
//! In come `model.bin` and a vocabulary as faster-whisper has them; out comes one ggml file that whisper.cpp
//! loads, byte for byte the same on every run. What must never happen here: a corrupt file handed to
//! whisper.cpp, which would end the process.

pub mod convert;
pub mod ctranslate;
pub mod ggml;
pub mod mel;
pub mod quantize;
pub mod vocabulary;

use std::fmt;
use std::io;
use std::path::PathBuf;

use serde::Deserialize;

pub use convert::convert;

/// How the matrices of a ggml file are stored. Vectors and positions are always `f32`, the two
/// convolutions `f16`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum WeightType {
    /// 16-bit floats: as upstream has them.
    #[value(name = "f16")]
    F16,
    /// 8-bit integers, a 16-bit scale for every 32.
    #[serde(rename = "q8_0")]
    #[value(name = "q8_0")]
    Q8_0,
    /// 5-bit integers, a 16-bit scale and minimum for every 32.
    #[serde(rename = "q5_1")]
    #[value(name = "q5_1")]
    Q5_1,
}

impl WeightType {
    /// The name as catalog, command line and file names have it.
    pub fn as_str(self) -> &'static str {
        match self {
            WeightType::F16 => "f16",
            WeightType::Q8_0 => "q8_0",
            WeightType::Q5_1 => "q5_1",
        }
    }
}

impl fmt::Display for WeightType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Why a foreign model could not be turned into ggml, or a ggml file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be read.
    #[error("{path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file can be read and is not what it should be.
    #[error("{path} cannot be used: {reason}")]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A folder without tokens.
    #[error(
        "{folder} has no vocabulary: it needs vocabulary.txt, vocabulary.json or tokenizer.json beside model.bin"
    )]
    NoVocabulary {
        /// The folder.
        folder: PathBuf,
    },
    /// The result cannot be written.
    #[error("cannot write the converted model: {0}")]
    Write(io::Error),
}
