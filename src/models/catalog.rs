//! Every model we can use: `models/catalog.toml`, compiled in.
//!
//! A model has files; a file has a size, a SHA-256 and sources in the order in which they are tried. A
//! source is one part or several that are joined: a member of a package of the Python index, or an
//! upstream address. A file may instead be converted from inputs, which have hashes and sources of
//! their own; then the hash of what the conversion writes is pinned as well.

use std::collections::BTreeSet;
use std::fmt;

use serde::Deserialize;

use super::ModelError;

/// The catalog as it stands in `models/catalog.toml`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalog {
    /// The models, in the order in which they are listed.
    #[serde(rename = "model")]
    models: Vec<Model>,
    /// Foreign files that conversions read.
    #[serde(rename = "input", default)]
    inputs: Vec<Input>,
}

/// One model: what it is, what it costs, and its files.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// The name people use: lower-case letters, digits, `.`, `-`, `_`.
    pub name: String,
    /// Which stage uses it.
    pub stage: Stage,
    /// One sentence.
    pub about: String,
    /// Licence of the weights, as an SPDX expression or a short text.
    pub licence: String,
    /// Languages it hears or speaks: BCP 47 tags, or `multi`.
    #[serde(default)]
    pub languages: Vec<String>,
    /// Resident memory that it takes in use, in MB, about.
    pub memory_mb: u32,
    /// Whether `sotto models pull --default` fetches it.
    #[serde(default)]
    pub default: bool,
    /// Whether it comes with Sotto, in `models/<stage>/`: then its files need no source.
    #[serde(default)]
    pub shipped: bool,
    /// Of a Whisper that learned to hear windows cut to the sound: the least that it must be given, in ms.
    #[serde(default)]
    pub least_window_ms: Option<u32>,
    /// Its files; the first one for a processor is what [`super::Store::find`] returns.
    #[serde(rename = "file")]
    pub files: Vec<File>,
}

/// One file of a model.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// File name inside the model's folder.
    pub name: String,
    /// Processor that it is for; none means any.
    #[serde(default)]
    pub arch: Option<Arch>,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256, 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// Where it comes from, in the order in which the sources are tried.
    #[serde(rename = "source", default)]
    pub sources: Vec<Source>,
    /// How it is made from inputs, when it is not fetched as it is.
    #[serde(default)]
    pub convert: Option<Convert>,
}

/// A foreign file that a conversion reads.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// The name that conversions use.
    pub name: String,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256, 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// Where it comes from, in the order in which the sources are tried.
    #[serde(rename = "source")]
    pub sources: Vec<Source>,
}

/// One place to get a file from: its parts in order, joined when there are several.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The parts, at least one.
    pub parts: Vec<Part>,
}

/// One part of a file.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Part {
    /// A member of a wheel of the Python package index.
    Package(Package),
    /// An address that serves the bytes, with `Range` requests where it can.
    Url {
        /// `https://…`
        url: String,
    },
}

/// A member of a wheel.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// The package's name on the index.
    pub pypi: String,
    /// Its exact version.
    pub version: String,
    /// Path inside the wheel.
    pub member: String,
    /// Wheel platform tag, where the wheel is not for any platform.
    #[serde(default)]
    pub platform: Option<String>,
    /// Python version of the wheel (`3.11`), where it is not for any.
    #[serde(default)]
    pub python: Option<String>,
}

/// How a file is made from inputs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Convert {
    /// What the result is: a type of whisper.cpp's matrices.
    pub to: super::whisper::WeightType,
    /// The input with CTranslate2's `model.bin`.
    pub weights: String,
    /// The input with CTranslate2's `vocabulary.txt`.
    pub vocabulary: String,
}

/// The stages that use models, named as the folders under `models/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Wake words.
    Wake,
    /// Speech to text.
    Stt,
    /// Text to commands.
    Intent,
    /// Text to speech.
    Voice,
    /// Libraries that run the others.
    Runtime,
}

impl Stage {
    /// The folder's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Stage::Wake => "wake",
            Stage::Stt => "stt",
            Stage::Intent => "intent",
            Stage::Voice => "voice",
            Stage::Runtime => "runtime",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Arch {
    /// 64-bit x86.
    #[serde(rename = "x86_64")]
    #[value(name = "x86_64")]
    X86_64,
    /// 64-bit ARM.
    Aarch64,
}

impl Arch {
    /// The processor that this program was built for; `None` where the catalog has no word for it.
    pub fn here() -> Option<Self> {
        match std::env::consts::ARCH {
            "x86_64" => Some(Arch::X86_64),
            "aarch64" => Some(Arch::Aarch64),
            _ => None,
        }
    }

    /// The name as Rust and wheels have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Arch::X86_64 => "x86_64",
            Arch::Aarch64 => "aarch64",
        }
    }
}

impl fmt::Display for Arch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Catalog {
    /// The catalog that this program was built with.
    ///
    /// # Errors
    /// [`ModelError::Catalog`] when `models/catalog.toml` has a mistake; a test keeps that from shipping.
    pub fn built_in() -> Result<Self, ModelError> {
        Self::parse("models/catalog.toml", include_str!("../../models/catalog.toml"))
    }

    /// Reads a catalog; `file` is what errors call it.
    ///
    /// # Errors
    /// [`ModelError::Catalog`] with line and key: no TOML, unknown keys, two things of one name, a hash that
    /// is none, a file without a source, a conversion from an input that does not exist.
    pub fn parse(file: &str, text: &str) -> Result<Self, ModelError> {
        let wrong = |reason: String| ModelError::Catalog { file: file.to_owned(), reason };
        let catalog: Catalog = toml::from_str(text).map_err(|e| wrong(e.to_string()))?;
        catalog.check().map_err(wrong)?;
        Ok(catalog)
    }

    /// All models in the catalog's order.
    pub fn models(&self) -> &[Model] {
        &self.models
    }

    /// The model of this name.
    ///
    /// # Errors
    /// [`ModelError::UnknownName`] with the nearest name.
    pub fn model(&self, name: &str) -> Result<&Model, ModelError> {
        self.models
            .iter()
            .find(|m| m.name == name)
            .ok_or_else(|| ModelError::UnknownName { name: name.to_owned(), near: self.nearest(name) })
    }

    /// The models that `sotto models pull --default` fetches.
    pub fn defaults(&self) -> impl Iterator<Item = &Model> {
        self.models.iter().filter(|m| m.default)
    }

    /// The input of this name.
    pub fn input(&self, name: &str) -> Option<&Input> {
        self.inputs.iter().find(|i| i.name == name)
    }

    fn nearest(&self, name: &str) -> Option<String> {
        self.models
            .iter()
            .map(|m| (strsim::jaro_winkler(&m.name, name), m))
            .filter(|(likeness, _)| *likeness > 0.8)
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, m)| m.name.clone())
    }

    fn check(&self) -> Result<(), String> {
        let mut names = BTreeSet::new();
        for input in &self.inputs {
            if !names.insert(&input.name) {
                return Err(format!("two inputs are called \"{}\"", input.name));
            }
            check_hash(&input.name, &input.sha256)?;
            check_sources(&input.name, &input.sources)?;
        }
        names.clear();
        for model in &self.models {
            check_name(&model.name)?;
            if !names.insert(&model.name) {
                return Err(format!("two models are called \"{}\"", model.name));
            }
            if model.files.is_empty() {
                return Err(format!("model \"{}\" has no file", model.name));
            }
            for file in &model.files {
                self.check_file(model, file)?;
            }
        }
        Ok(())
    }

    fn check_file(&self, model: &Model, file: &File) -> Result<(), String> {
        let what = format!("{}/{}", model.name, file.name);
        check_name(&file.name)?;
        check_hash(&what, &file.sha256)?;
        match &file.convert {
            None if model.shipped && file.sources.is_empty() => Ok(()),
            None => check_sources(&what, &file.sources),
            Some(_) if !file.sources.is_empty() => {
                Err(format!("{what} has both sources and a conversion: one of them only"))
            }
            Some(convert) => [&convert.weights, &convert.vocabulary]
                .into_iter()
                .find(|name| self.input(name).is_none())
                .map_or(Ok(()), |name| Err(format!("{what} is made from \"{name}\", which is no input"))),
        }
    }
}

impl Model {
    /// The files that a machine with this processor needs, the main file first.
    pub fn files_for(&self, arch: Option<Arch>) -> impl Iterator<Item = &File> {
        self.files.iter().filter(move |f| f.arch.is_none() || f.arch == arch)
    }

    /// Bytes of all files that a machine with this processor needs.
    pub fn bytes_for(&self, arch: Option<Arch>) -> u64 {
        self.files_for(arch).map(|f| f.bytes).sum()
    }
}

impl File {
    /// Where the file lies inside its model's folder: files for one processor have a folder of its name.
    pub fn path(&self) -> std::path::PathBuf {
        match self.arch {
            None => self.name.clone().into(),
            Some(arch) => [arch.as_str(), &self.name].iter().collect(),
        }
    }
}

/// A name becomes a path: it must not leave its folder.
fn check_name(name: &str) -> Result<(), String> {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if name.is_empty() || name.starts_with('.') || !name.chars().all(good) {
        return Err(format!("\"{name}\" is no name: use letters, digits, '.', '-' and '_'"));
    }
    Ok(())
}

fn check_hash(what: &str, hash: &str) -> Result<(), String> {
    if hash.len() == 64 && hash.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f')) {
        return Ok(());
    }
    Err(format!("{what}: sha256 must be 64 lower-case hexadecimal digits, not \"{hash}\""))
}

fn check_sources(what: &str, sources: &[Source]) -> Result<(), String> {
    if sources.is_empty() || sources.iter().any(|s| s.parts.is_empty()) {
        return Err(format!("{what} needs a source with at least one part"));
    }
    Ok(())
}
