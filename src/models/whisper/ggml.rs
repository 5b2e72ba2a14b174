//! whisper.cpp's ggml file: its header, which tensors it must have, and the check of a file.
//!
//! Little endian: u32 magic, eleven i32 of [`Header`], the mel filters (i32 filters, i32 bins, f32 weights), the
//! tokens (i32 count, then u32 length and bytes each), then tensors to the end of the file: i32 rank, i32 length
//! of the name, i32 type, i32 a dimension (fastest first), the name, the data.
//!
//! whisper.cpp trusts what it reads and ends the process where it is wrong, so [`check`] reads everything
//! but the weights first.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use super::{ImportError, WeightType, mel};

/// First number of the file: "ggml".
pub const MAGIC: u32 = 0x6767_6d6c;
/// Positions of the encoder: 30 s at 50 a second.
pub const AUDIO_POSITIONS: i32 = 1500;
/// Sizes of vocabularies that whisper.cpp can number: English, multilingual, large-v3.
const VOCABULARIES: [i32; 3] = [51_864, 51_865, 51_866];
/// Encoder layers by which whisper.cpp knows tiny, base, small, medium and large.
const ENCODER_LAYERS: [i32; 5] = [4, 6, 12, 24, 32];
/// `ftype` is this times the version of the quantization, plus the type.
const QUANTIZATION_FACTOR: i32 = 1000;
const QUANTIZATION_VERSION: i32 = 2;

/// The numbers that describe a model, in the order of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Tokens, the special ones included.
    pub vocabulary: i32,
    /// Positions of the encoder.
    pub audio_positions: i32,
    /// Width of the encoder.
    pub audio_width: i32,
    /// Attention heads of an encoder layer.
    pub audio_heads: i32,
    /// Layers of the encoder.
    pub audio_layers: i32,
    /// Positions of the decoder.
    pub text_positions: i32,
    /// Width of the decoder: the encoder's.
    pub text_width: i32,
    /// Attention heads of a decoder layer.
    pub text_heads: i32,
    /// Layers of the decoder.
    pub text_layers: i32,
    /// Mel filters.
    pub mels: i32,
    /// How the matrices are stored, by ggml's numbers.
    pub file_type: i32,
}

impl Header {
    /// The numbers in the order of the file.
    pub fn numbers(&self) -> [i32; 11] {
        [
            self.vocabulary,
            self.audio_positions,
            self.audio_width,
            self.audio_heads,
            self.audio_layers,
            self.text_positions,
            self.text_width,
            self.text_heads,
            self.text_layers,
            self.mels,
            self.file_type,
        ]
    }

    fn from_numbers(n: [i32; 11]) -> Self {
        let [vocabulary, audio_positions, audio_width, audio_heads, audio_layers, ..] = n;
        let [.., text_positions, text_width, text_heads, text_layers, mels, file_type] = n;
        Self {
            vocabulary,
            audio_positions,
            audio_width,
            audio_heads,
            audio_layers,
            text_positions,
            text_width,
            text_heads,
            text_layers,
            mels,
            file_type,
        }
    }

    /// Tokens that the file spells out; whisper.cpp numbers the special ones itself.
    pub fn spelled_tokens(&self) -> usize {
        if self.vocabulary == VOCABULARIES[0] { 50_256 } else { 50_257 }
    }

    /// Whether whisper.cpp can build a model of these numbers.
    ///
    /// # Errors
    /// A sentence on the first number that it cannot.
    pub fn check(&self) -> Result<(), String> {
        let no = |what: &str, n: i32| Err(format!("{what} {n} fits no Whisper"));
        if !VOCABULARIES.contains(&self.vocabulary) {
            return no("a vocabulary of", self.vocabulary);
        }
        if self.audio_positions != AUDIO_POSITIONS {
            return no("an encoder of length", self.audio_positions);
        }
        if !ENCODER_LAYERS.contains(&self.audio_layers) {
            return no("a number of encoder layers of", self.audio_layers);
        }
        if !(1..=64).contains(&self.text_layers) {
            return no("a number of decoder layers of", self.text_layers);
        }
        if self.audio_width != self.text_width || !(32..=4096).contains(&self.audio_width) {
            return no("a width of", self.text_width);
        }
        for heads in [self.audio_heads, self.text_heads] {
            if !(1..=64).contains(&heads) || self.audio_width % heads != 0 {
                return no("a number of attention heads of", heads);
            }
        }
        if !(8..=448).contains(&self.text_positions) {
            return no("a decoder of length", self.text_positions);
        }
        if self.mels != 80 && self.mels != 128 {
            return no("a number of mel filters of", self.mels);
        }
        Ok(())
    }
}

/// ggml's numbers of a matrix type: (`ftype` of the file, type of the tensor, weights and bytes of a block).
const MATRIX_TYPES: [(i32, i32, u64, u64); 12] = [
    (0, 0, 1, 4),
    (1, 1, 1, 2),
    (2, 2, 32, 18),
    (3, 3, 32, 20),
    (8, 6, 32, 22),
    (9, 7, 32, 24),
    (7, 8, 32, 34),
    (10, 10, 256, 84),
    (11, 11, 256, 110),
    (12, 12, 256, 144),
    (13, 13, 256, 176),
    (14, 14, 256, 210),
];

/// The tensor type of `f32`.
pub const F32: i32 = 0;
/// The tensor type of `f16`.
pub const F16: i32 = 1;

impl WeightType {
    /// `ftype` of a file of this type.
    pub fn file_type(self) -> i32 {
        match self {
            WeightType::F16 => 1,
            WeightType::Q8_0 => QUANTIZATION_VERSION * QUANTIZATION_FACTOR + 7,
            WeightType::Q5_1 => QUANTIZATION_VERSION * QUANTIZATION_FACTOR + 9,
        }
    }

    /// The tensor type of a matrix of this type.
    pub fn tensor_type(self) -> i32 {
        match self {
            WeightType::F16 => F16,
            WeightType::Q8_0 => 8,
            WeightType::Q5_1 => 7,
        }
    }
}

/// What a tensor is, which decides how it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One number a channel, or positions: `f32`.
    Float,
    /// A convolution: `f16` unless the whole file is `f32`.
    Convolution,
    /// A matrix: as the file's type says.
    Matrix,
}

/// A tensor that a file must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    /// Its name, as OpenAI has it.
    pub name: String,
    /// Its dimensions, fastest first.
    pub dims: Vec<i32>,
    /// What it is.
    pub kind: Kind,
}

/// The tensors of a model with this header, in the order in which [`super::convert()`] writes them.
pub fn tensors(header: &Header) -> Vec<Spec> {
    let width = header.audio_width;
    let mut all = Vec::new();
    let mut add = |name: String, dims: &[i32], kind| all.push(Spec { name, dims: dims.into(), kind });
    add("encoder.positional_embedding".into(), &[width, header.audio_positions], Kind::Float);
    for (name, from) in [("encoder.conv1", header.mels), ("encoder.conv2", width)] {
        add(format!("{name}.weight"), &[3, from, width], Kind::Convolution);
        add(format!("{name}.bias"), &[1, width], Kind::Float);
    }
    for layer in 0..header.audio_layers {
        layer_tensors(&format!("encoder.blocks.{layer}"), width, false, &mut add);
    }
    norm("encoder.ln_post", width, &mut add);
    add("decoder.positional_embedding".into(), &[width, header.text_positions], Kind::Float);
    add("decoder.token_embedding.weight".into(), &[width, header.vocabulary], Kind::Matrix);
    for layer in 0..header.text_layers {
        layer_tensors(&format!("decoder.blocks.{layer}"), width, true, &mut add);
    }
    norm("decoder.ln", width, &mut add);
    all
}

fn layer_tensors(block: &str, width: i32, cross: bool, add: &mut impl FnMut(String, &[i32], Kind)) {
    let attentions: &[&str] = if cross { &["attn", "cross_attn"] } else { &["attn"] };
    for attention in attentions {
        norm(&format!("{block}.{attention}_ln"), width, add);
        for part in ["query", "key", "value", "out"] {
            linear(&format!("{block}.{attention}.{part}"), [width, width], part != "key", add);
        }
    }
    norm(&format!("{block}.mlp_ln"), width, add);
    linear(&format!("{block}.mlp.0"), [width, 4 * width], true, add);
    linear(&format!("{block}.mlp.2"), [4 * width, width], true, add);
}

fn norm(name: &str, width: i32, add: &mut impl FnMut(String, &[i32], Kind)) {
    add(format!("{name}.weight"), &[width], Kind::Float);
    add(format!("{name}.bias"), &[width], Kind::Float);
}

fn linear(name: &str, dims: [i32; 2], bias: bool, add: &mut impl FnMut(String, &[i32], Kind)) {
    add(format!("{name}.weight"), &dims, Kind::Matrix);
    if bias {
        add(format!("{name}.bias"), &dims[1..], Kind::Float);
    }
}

/// Reads everything of a ggml file but the weights and says whether whisper.cpp can load it.
///
/// # Errors
/// [`ImportError::Read`] where the file cannot be read, [`ImportError::Format`] with the first thing wrong.
pub fn check(path: &Path) -> Result<Header, ImportError> {
    let read = |source| ImportError::Read { path: path.to_owned(), source };
    let file = File::open(path).map_err(read)?;
    let length = file.metadata().map_err(read)?.len();
    let mut walk = Walk { reader: BufReader::new(file), left: length };
    walk.file().map_err(|reason| ImportError::Format { path: path.to_owned(), reason })
}

struct Walk {
    reader: BufReader<File>,
    left: u64,
}

impl Walk {
    fn file(&mut self) -> Result<Header, String> {
        if self.left == 0 {
            return Err("it is empty".into());
        }
        if self.number()?.cast_unsigned() != MAGIC {
            return Err("it is no ggml file of whisper.cpp".into());
        }
        let mut numbers = [0; 11];
        for number in &mut numbers {
            *number = self.number()?;
        }
        let header = Header::from_numbers(numbers);
        header.check()?;
        self.filters(&header)?;
        self.tokens(&header)?;
        self.tensors(&header)?;
        Ok(header)
    }

    fn filters(&mut self, header: &Header) -> Result<(), String> {
        let (mels, bins) = (self.number()?, self.number()?);
        if mels != header.mels || bins != mel::BINS as i32 {
            return Err(format!("its mel filters are {mels} × {bins}, not {} × {}", header.mels, mel::BINS));
        }
        self.skip(mels as u64 * mel::BINS as u64 * 4, "the mel filters")
    }

    fn tokens(&mut self, header: &Header) -> Result<(), String> {
        let count = self.number()?;
        if !(1..=header.vocabulary).contains(&count) {
            return Err(format!("it spells {count} tokens for a vocabulary of {}", header.vocabulary));
        }
        // whisper.cpp looks the single space up without asking whether it is there.
        let mut has_space = false;
        let mut token = Vec::new();
        for _ in 0..count {
            let length = self.number()?.cast_unsigned();
            if u64::from(length) > self.left.min(1024) {
                return Err(format!("a token of {length} bytes is more than it can have"));
            }
            token.resize(length as usize, 0);
            self.fill(&mut token)?;
            has_space |= token == b" ";
        }
        has_space.then_some(()).ok_or("its tokens lack the space".into())
    }

    fn tensors(&mut self, header: &Header) -> Result<(), String> {
        let kind = header.file_type % QUANTIZATION_FACTOR;
        let &(_, matrix_type, block, block_bytes) = MATRIX_TYPES
            .iter()
            .find(|(file_type, ..)| *file_type == kind)
            .ok_or_else(|| format!("its weights are of the unknown type {}", header.file_type))?;
        let mut missing: BTreeMap<String, Spec> =
            tensors(header).into_iter().map(|spec| (spec.name.clone(), spec)).collect();
        while self.left > 0 {
            let (rank, name_length, tensor_type) = (self.number()?, self.number()?, self.number()?);
            if !(1..=3).contains(&rank) || !(1..=128).contains(&name_length) {
                return Err("after a tensor comes something that is none".into());
            }
            let dims = (0..rank).map(|_| self.number()).collect::<Result<Vec<_>, _>>()?;
            let mut name = vec![0; name_length as usize];
            self.fill(&mut name)?;
            let name = String::from_utf8_lossy(&name).into_owned();
            let spec = missing
                .remove(&name)
                .ok_or_else(|| format!("it has a tensor \"{name}\" too many, or twice"))?;
            let (type_wanted, block, block_bytes) = match spec.kind {
                Kind::Float => (F32, 1, 4),
                Kind::Convolution if matrix_type == F32 => (F32, 1, 4),
                Kind::Convolution => (F16, 1, 2),
                Kind::Matrix => (matrix_type, block, block_bytes),
            };
            if dims != spec.dims || tensor_type != type_wanted {
                return Err(format!(
                    "\"{name}\" is {dims:?} of type {tensor_type}, not {:?} of type {type_wanted}",
                    spec.dims
                ));
            }
            let row = spec.dims.first().map_or(0, |d| u64::from(d.cast_unsigned()));
            if row % block != 0 {
                return Err(format!("\"{name}\" has rows of {row}, which are no blocks of {block}"));
            }
            let weights: u64 = spec.dims.iter().map(|d| u64::from(d.cast_unsigned())).product();
            self.skip(weights / block * block_bytes, &name)?;
        }
        match missing.keys().next() {
            None => Ok(()),
            Some(name) => Err(format!("it lacks {} tensors, among them \"{name}\"", missing.len())),
        }
    }

    fn number(&mut self) -> Result<i32, String> {
        let mut bytes = [0; 4];
        self.fill(&mut bytes)?;
        Ok(i32::from_le_bytes(bytes))
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), String> {
        self.reader.read_exact(bytes).map_err(|e| match e.kind() {
            io::ErrorKind::UnexpectedEof => "it ends too soon: the file is cut off".to_owned(),
            _ => e.to_string(),
        })?;
        self.left = self.left.saturating_sub(bytes.len() as u64);
        Ok(())
    }

    fn skip(&mut self, bytes: u64, what: &str) -> Result<(), String> {
        if bytes > self.left {
            return Err(format!("it ends inside {what}: the file is cut off"));
        }
        self.left -= bytes;
        self.reader.seek_relative(bytes.cast_signed()).map_err(|e| e.to_string())
    }
}
