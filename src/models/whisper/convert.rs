//! Writes a CTranslate2 Whisper as ggml.
//!
//! CTranslate2 joins what ggml keeps apart: `self_attention/linear_0` is query, key and value,
//! `attention/linear_1` the key and value of the attention to the sound; keys have a bias of zero, which Whisper
//! has none of. Only matrices are quantized: not the convolutions, the biases and the positions, as whisper.cpp's
//! own tool has it.

use std::io::Write;
use std::path::Path;

use super::ctranslate::CtModel;
use super::ggml::{self, F16, F32, Header, Kind, Spec};
use super::{ImportError, WeightType, mel, quantize, vocabulary};

/// Converts `model` (CTranslate2's `model.bin`) with the tokens in `vocabulary` (any form that
/// [`vocabulary::read`] knows) and writes ggml to `out`. `progress` hears the share done, 0.0..=1.0.
///
/// The bytes depend on the input and `to` alone.
///
/// # Errors
/// [`ImportError`]: a file that cannot be read or is not what it should be, or `out` that cannot be written.
pub fn convert(
    model: &Path,
    vocabulary: &Path,
    to: WeightType,
    out: &mut dyn Write,
    progress: &mut dyn FnMut(f32),
) -> Result<Header, ImportError> {
    let model = CtModel::open(model)?;
    let header = header(&model, to)?;
    let tokens = vocabulary::read(vocabulary, header.spelled_tokens())?;
    let mut bytes = Vec::new();
    bytes.extend(ggml::MAGIC.to_le_bytes());
    header.numbers().iter().for_each(|n| bytes.extend(n.to_le_bytes()));
    bytes.extend(header.mels.to_le_bytes());
    bytes.extend((mel::BINS as i32).to_le_bytes());
    mel::filters(header.mels.cast_unsigned() as usize).iter().for_each(|w| bytes.extend(w.to_le_bytes()));
    bytes.extend((tokens.len() as i32).to_le_bytes());
    for token in &tokens {
        bytes.extend((token.len() as u32).to_le_bytes());
        bytes.extend(token);
    }
    out.write_all(&bytes).map_err(ImportError::Write)?;

    let specs = ggml::tensors(&header);
    for (done, spec) in specs.iter().enumerate() {
        progress(done as f32 / specs.len() as f32);
        bytes.clear();
        tensor(&model, spec, to, &mut bytes)?;
        out.write_all(&bytes).map_err(ImportError::Write)?;
    }
    progress(1.0);
    Ok(header)
}

fn header(model: &CtModel, to: WeightType) -> Result<Header, ImportError> {
    let dim = |name: &str, at: usize| -> Result<i32, ImportError> {
        let dims = &model.variable(name)?.dims;
        let size = dims.get(at).and_then(|d| i32::try_from(*d).ok());
        size.ok_or_else(|| model.wrong(format!("\"{name}\" has the dimensions {dims:?}")))
    };
    let layers = |side: &str| {
        let there = |n: &i32| model.has(&format!("{side}/layer_{n}/self_attention/linear_0/weight"));
        (0..).take_while(there).count() as i32
    };
    let heads = |side: &str| -> Result<i32, ImportError> {
        let name = format!("{side}/num_heads");
        i32::try_from(model.number(&name)?).map_err(|_| model.wrong(format!("\"{name}\" is out of range")))
    };
    let header = Header {
        vocabulary: dim("decoder/embeddings/weight", 0)?,
        audio_positions: dim("encoder/position_encodings/encodings", 0)?,
        audio_width: dim("encoder/position_encodings/encodings", 1)?,
        audio_heads: heads("encoder")?,
        audio_layers: layers("encoder"),
        text_positions: dim("decoder/position_encodings/encodings", 0)?,
        text_width: dim("decoder/embeddings/weight", 1)?,
        text_heads: heads("decoder")?,
        text_layers: layers("decoder"),
        mels: dim("encoder/conv1/weight", 1)?,
        file_type: to.file_type(),
    };
    header.check().map_err(|reason| model.wrong(reason))?;
    if header.audio_width.cast_unsigned() as usize % quantize::BLOCK != 0 {
        return Err(model.wrong(format!("a width of {} is no multiple of 32", header.audio_width)));
    }
    Ok(header)
}

fn tensor(model: &CtModel, spec: &Spec, to: WeightType, out: &mut Vec<u8>) -> Result<(), ImportError> {
    let source = Source::of(&spec.name)
        .ok_or_else(|| model.wrong(format!("nothing is known to become \"{}\"", spec.name)))?;
    let weights = source.read(model)?;
    let count: usize = spec.dims.iter().map(|d| d.cast_unsigned() as usize).product();
    if weights.len() != count {
        return Err(model.wrong(format!(
            "\"{}\" has {} numbers, not {count}",
            source.variable,
            weights.len()
        )));
    }
    let tensor_type = match spec.kind {
        Kind::Float => F32,
        Kind::Convolution => F16,
        Kind::Matrix => to.tensor_type(),
    };
    for number in [spec.dims.len() as i32, spec.name.len() as i32, tensor_type] {
        out.extend(number.to_le_bytes());
    }
    spec.dims.iter().for_each(|d| out.extend(d.to_le_bytes()));
    out.extend(spec.name.as_bytes());
    match spec.kind {
        Kind::Float => weights.iter().for_each(|w| out.extend(w.to_le_bytes())),
        Kind::Convolution => quantize::encode(&weights, WeightType::F16, out),
        Kind::Matrix => quantize::encode(&weights, to, out),
    }
    Ok(())
}

/// Where the numbers of a ggml tensor lie in CTranslate2's model.
struct Source {
    variable: String,
    /// Which part, and of how many, of a joined variable.
    part: usize,
    of: usize,
}

impl Source {
    fn of(name: &str) -> Option<Self> {
        let whole = |variable: &str| Source { variable: variable.into(), part: 0, of: 1 };
        let (side, rest) = name.split_once('.')?;
        let Some(block) = rest.strip_prefix("blocks.") else {
            let variable = match rest {
                "positional_embedding" => "position_encodings/encodings",
                "token_embedding.weight" => "embeddings/weight",
                "ln_post.weight" | "ln.weight" => "layer_norm/gamma",
                "ln_post.bias" | "ln.bias" => "layer_norm/beta",
                _ => &rest.replace('.', "/"),
            };
            return Some(whole(&format!("{side}/{variable}")));
        };
        let (layer, rest) = block.split_once('.')?;
        let (part_name, what) = rest.rsplit_once('.')?;
        let base = format!("{side}/layer_{layer}");
        let norm = |place: &str| {
            let what = if what == "weight" { "gamma" } else { "beta" };
            Some(whole(&format!("{base}/{place}/layer_norm/{what}")))
        };
        let linear =
            |place: &str, part, of| Some(Source { variable: format!("{base}/{place}/{what}"), part, of });
        match part_name {
            "attn_ln" => norm("self_attention"),
            "attn.query" => linear("self_attention/linear_0", 0, 3),
            "attn.key" => linear("self_attention/linear_0", 1, 3),
            "attn.value" => linear("self_attention/linear_0", 2, 3),
            "attn.out" => linear("self_attention/linear_1", 0, 1),
            "cross_attn_ln" => norm("attention"),
            "cross_attn.query" => linear("attention/linear_0", 0, 1),
            "cross_attn.key" => linear("attention/linear_1", 0, 2),
            "cross_attn.value" => linear("attention/linear_1", 1, 2),
            "cross_attn.out" => linear("attention/linear_2", 0, 1),
            "mlp_ln" => norm("ffn"),
            "mlp.0" => linear("ffn/linear_0", 0, 1),
            "mlp.2" => linear("ffn/linear_1", 0, 1),
            _ => None,
        }
    }

    fn read(&self, model: &CtModel) -> Result<Vec<f32>, ImportError> {
        let rows = model.variable(&self.variable)?.dims.first().copied().unwrap_or(1);
        if rows % self.of != 0 {
            return Err(model.wrong(format!("\"{}\" cannot be cut in {}", self.variable, self.of)));
        }
        let count = rows / self.of;
        model.rows(&self.variable, self.part * count, count)
    }
}
