//! Brings weights into the types that candle multiplies quickly.
//!
//! candle's dot products for Q4_1, Q5_0 and Q5_1 are scalar, and F16, BF16 and F32 matrices are
//! widened and cost memory. Their matrices become Q8_0, which loses nothing that can be measured.

use super::ModelError;
use super::gguf::{Gguf, malformed};
use candle_core::Device;
use candle_core::quantized::gguf_file::{self, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

/// Whether candle multiplies matrices of this type quickly, here and on aarch64.
fn is_quick(dtype: GgmlDType) -> bool {
    use GgmlDType as D;
    matches!(dtype, D::Q4_0 | D::Q8_0 | D::Q2K | D::Q3K | D::Q4K | D::Q5K | D::Q6K)
}

/// The matrix as it is, or as Q8_0 if its type is slow and its rows fill blocks of 32.
pub(super) fn quick(tensor: QTensor) -> candle_core::Result<QTensor> {
    let fills = tensor.shape().dims().last().is_some_and(|n| n.is_multiple_of(32));
    if is_quick(tensor.dtype()) || !fills || tensor.shape().rank() < 2 {
        return Ok(tensor);
    }
    QTensor::quantize(&tensor.dequantize(&Device::Cpu)?, GgmlDType::Q8_0)
}

/// Reads the GGUF at `from` and writes it to `to` with its slow matrices as Q8_0 and all metadata
/// kept. The same input gives the same bytes. `to` appears only when it is complete.
///
/// # Errors
/// What [`Gguf::open`] finds wrong with `from`; [`ModelError::Write`] when `to` cannot be written.
pub fn requantize(from: &Path, to: &Path) -> Result<(), ModelError> {
    let mut source = Gguf::open(from)?;
    let names: Vec<_> = source.tensors().iter().map(|(n, i)| (n.clone(), i.shape.dims().to_vec())).collect();
    let mut tensors = Vec::new();
    for (name, shape) in &names {
        let tensor = source.tensor(name, shape)?;
        let tensor = quick(tensor).map_err(|e| malformed(from, format!("tensor `{name}`: {e}")))?;
        tensors.push((name.as_str(), tensor));
    }
    let mut metadata: Vec<_> = source.metadata().iter().map(|(k, v)| (k.as_str(), v)).collect();
    metadata.sort_by_key(|(key, _)| *key);
    // 7 is llama.cpp's number for a file of mostly Q8_0; 32 is the alignment that candle writes.
    let (mostly_q8, alignment) = (Value::U32(7), Value::U32(32));
    for entry in &mut metadata {
        match entry.0 {
            "general.file_type" => entry.1 = &mostly_q8,
            "general.alignment" => entry.1 = &alignment,
            _ => {}
        }
    }
    let write = |source| ModelError::Write { path: to.to_owned(), source };
    let part = to.with_extension("part");
    let written = (|| {
        let mut out = BufWriter::new(File::create(&part)?);
        let tensors: Vec<_> = tensors.iter().map(|(n, t)| (*n, t)).collect();
        gguf_file::write(&mut out, &metadata, &tensors).map_err(std::io::Error::other)?;
        out.flush()?;
        out.get_ref().sync_all()?;
        fs::rename(&part, to)
    })();
    if written.is_err() {
        // What is left of it is of no use to anyone.
        let _ = fs::remove_file(&part);
    }
    written.map_err(write)
}
