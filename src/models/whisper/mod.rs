//! CTranslate2's Whisper to whisper.cpp's ggml.
//!
//! In come `model.bin` and a vocabulary as faster-whisper has them; out comes one ggml file that whisper.cpp
//! loads, byte for byte the same on every run.

use std::fmt;

use serde::Deserialize;

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
