//! What can go wrong with a language model.

use std::path::PathBuf;

/// What can go wrong with a language model.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The file cannot be read.
    #[error("cannot read the language model {path}: {source}", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file cannot be written.
    #[error("cannot write the language model {path}: {source}", path = path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is broken, cut off or no GGUF.
    #[error("{path} is not a usable GGUF file: {what}; pull or copy it again", path = path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The file is sound, but of a kind that is not known here.
    #[error("{path} cannot be run here: {what}", path = path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// What is not known.
        what: String,
    },
    /// A text could not be cut into tokens.
    #[error("the language model's tokenizer failed: {0}")]
    Tokenize(String),
    /// The text is longer than the model's cache.
    #[error("{tokens} tokens are more than the language model has room for")]
    TooLong {
        /// Tokens that were asked for.
        tokens: usize,
    },
    /// A matrix product failed.
    #[error("the language model failed to compute: {0}")]
    Compute(candle_core::Error),
}
