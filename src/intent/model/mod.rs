//! A small language model for what the sentence grammar does not know.
//!
//! In comes a text that no sentence matches ("it's too dark in the kitchen"), the home and where the
//! speaker is. Out comes one command on entities that exist, or nothing. What must never happen here: a
//! name that the home does not have; a wait beyond the deadline; a panic on a broken file.
//!
//! * [`Gguf`], [`requantize`]: the file. * [`Tokenizer`]: text to tokens.
//! * [`Transformer`], [`KvCache`]: the network and its memory.
//! * [`offers`]: which commands are worth weighing. * [`Trie`]: the automaton of their sentences.
//! * [`LanguageModel`]: weighs them.

mod cache;
mod error;
mod gguf;
mod goals;
mod language_model;
mod on_demand;
mod prompt;
mod requantize;
mod retrieve;
mod tokenizer;
mod transformer;
mod trie;

pub use cache::KvCache;
pub use error::ModelError;
pub use gguf::Gguf;
pub use language_model::{LanguageModel, ModelConfig, Weighed};
pub use on_demand::OnDemand;
pub use prompt::Prompt;
pub use requantize::requantize;
pub use retrieve::{Offer, offers};
pub use tokenizer::Tokenizer;
pub use transformer::{Rows, Shape, Transformer};
pub use trie::Trie;
