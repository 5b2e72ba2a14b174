//! Reads GGUF files: metadata, the table of tensors, and tensors by name.
//!
//! The header is walked here and checked against the length of the file before anything is
//! allocated, so that a corrupt, truncated or foreign file ends in an error that names what is wrong.
//! Source: the GGUF specification, `docs/gguf.md` in ggml-org/ggml.

use super::ModelError;
use candle_core::quantized::gguf_file::{TensorInfo, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Shape};
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

const MAX_ENTRIES: u64 = 65_536;
const MAX_ARRAY: u64 = 4_000_000;
const MAX_STRING: u64 = 4 << 20;
const MAX_DIMENSION: u64 = 1 << 28;

/// An opened GGUF file whose header has been read and checked.
pub struct Gguf {
    path: PathBuf,
    reader: BufReader<File>,
    metadata: HashMap<String, Value>,
    tensors: BTreeMap<String, TensorInfo>,
    data_offset: u64,
}

impl Gguf {
    /// Opens the file and reads its header.
    ///
    /// # Errors
    /// [`ModelError::Read`] when the file cannot be read, [`ModelError::Malformed`] when it is no
    /// GGUF of version 2 or 3, is cut off, or declares sizes that cannot be.
    pub fn open(path: &Path) -> Result<Self, ModelError> {
        let read = |source| ModelError::Read { path: path.to_owned(), source };
        let file = File::open(path).map_err(read)?;
        let length = file.metadata().map_err(read)?.len();
        let mut header = Header { path, reader: BufReader::new(file), length, at: 0 };
        let (metadata, tensors) = header.read()?;
        let alignment = match metadata.get("general.alignment") {
            None => 32,
            Some(value) => value.to_u64().unwrap_or(0),
        };
        if !alignment.is_power_of_two() || alignment > 1 << 20 {
            return Err(malformed(path, "general.alignment is no power of two"));
        }
        let data_offset = header.at.div_ceil(alignment) * alignment;
        for (name, info) in &tensors {
            let blocks = info.shape.elem_count() / info.ggml_dtype.block_size();
            let bytes = blocks as u64 * info.ggml_dtype.type_size() as u64;
            let end = data_offset.checked_add(info.offset).and_then(|x| x.checked_add(bytes));
            if end.is_none_or(|end| end > length) {
                let what = format!("tensor `{name}` ends beyond the end of the file: it is cut off");
                return Err(malformed(path, what));
            }
        }
        Ok(Self { path: path.to_owned(), reader: header.reader, metadata, tensors, data_offset })
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// All metadata, as written.
    pub fn metadata(&self) -> &HashMap<String, Value> {
        &self.metadata
    }

    /// Names of the tensors with their types and shapes (outermost dimension first), sorted by name.
    pub fn tensors(&self) -> &BTreeMap<String, TensorInfo> {
        &self.tensors
    }

    /// The text under this key.
    pub fn text(&self, key: &str) -> Result<&str, ModelError> {
        match self.metadata.get(key) {
            Some(Value::String(s)) => Ok(s),
            _ => Err(self.lacks(key, "a text")),
        }
    }

    /// The whole number under this key, at most `max`.
    pub fn count(&self, key: &str, max: usize) -> Result<usize, ModelError> {
        let value = self.metadata.get(key).and_then(|v| match v {
            Value::I32(x) => u64::try_from(*x).ok(),
            Value::I64(x) => u64::try_from(*x).ok(),
            v => v.to_u64().ok(),
        });
        match value {
            Some(x) if x >= 1 && x <= max as u64 => Ok(x as usize),
            _ => Err(self.lacks(key, &format!("a whole number from 1 to {max}"))),
        }
    }

    /// The number under this key, if the key is there.
    pub fn number(&self, key: &str) -> Option<f64> {
        match self.metadata.get(key)? {
            Value::F32(x) => Some(f64::from(*x)),
            Value::F64(x) => Some(*x),
            v => v.to_u64().ok().map(|x| x as f64),
        }
    }

    /// The list of texts under this key.
    pub fn texts(&self, key: &str) -> Result<Vec<&str>, ModelError> {
        let Some(Value::Array(values)) = self.metadata.get(key) else {
            return Err(self.lacks(key, "a list of texts"));
        };
        let all = values.iter().map(|v| match v {
            Value::String(s) => Ok(s.as_str()),
            _ => Err(self.lacks(key, "a list of texts")),
        });
        all.collect()
    }

    /// Reads a tensor and checks its shape (outermost dimension first).
    pub fn tensor(&mut self, name: &str, shape: &[usize]) -> Result<QTensor, ModelError> {
        let Some(info) = self.tensors.get(name) else {
            return Err(malformed(&self.path, format!("tensor `{name}` is missing")));
        };
        if info.shape.dims() != shape {
            let what = format!("tensor `{name}` is {:?}, but {shape:?} is needed", info.shape.dims());
            return Err(malformed(&self.path, what));
        }
        let tensor = info.read(&mut self.reader, self.data_offset, &Device::Cpu);
        tensor.map_err(|e| malformed(&self.path, format!("tensor `{name}`: {e}")))
    }

    fn lacks(&self, key: &str, what: &str) -> ModelError {
        malformed(&self.path, format!("metadata `{key}` must be {what}"))
    }
}

pub(super) fn malformed(path: &Path, what: impl Into<String>) -> ModelError {
    ModelError::Malformed { path: path.to_owned(), what: what.into() }
}

/// The header while it is being read.
struct Header<'a> {
    path: &'a Path,
    reader: BufReader<File>,
    length: u64,
    at: u64,
}

impl Header<'_> {
    #[allow(clippy::type_complexity)]
    fn read(&mut self) -> Result<(HashMap<String, Value>, BTreeMap<String, TensorInfo>), ModelError> {
        if &self.bytes::<4>()? != b"GGUF" {
            return Err(self.bad("it does not begin with `GGUF`: this is another kind of file"));
        }
        let version = self.u32()?;
        if !(2..=3).contains(&version) {
            return Err(self.bad(format!("its GGUF version is {version}; 2 and 3 are known")));
        }
        let (tensor_count, entry_count) = (self.u64()?, self.u64()?);
        if tensor_count > MAX_ENTRIES || entry_count > MAX_ENTRIES {
            return Err(
                self.bad(format!("it declares {tensor_count} tensors and {entry_count} metadata entries"))
            );
        }
        let mut metadata = HashMap::new();
        for _ in 0..entry_count {
            let key = self.string()?;
            let kind = self.u32()?;
            let value = self.value(kind, 0)?;
            metadata.insert(key, value);
        }
        let mut tensors = BTreeMap::new();
        for _ in 0..tensor_count {
            let (name, info) = self.tensor_info()?;
            tensors.insert(name, info);
        }
        Ok((metadata, tensors))
    }

    fn tensor_info(&mut self) -> Result<(String, TensorInfo), ModelError> {
        let name = self.string()?;
        let rank = self.u32()?;
        if !(1..=4).contains(&rank) {
            return Err(self.bad(format!("tensor `{name}` has {rank} dimensions")));
        }
        let mut shape = Vec::new();
        let mut elements = 1u64;
        for _ in 0..rank {
            let n = self.u64()?;
            elements = elements.saturating_mul(n);
            if n == 0 || n > MAX_DIMENSION || elements > 1 << 40 {
                return Err(self.bad(format!("tensor `{name}` has an impossible size")));
            }
            shape.insert(0, n as usize);
        }
        let kind = self.u32()?;
        let Some(ggml_dtype) = dtype(kind) else {
            return Err(self.bad(format!(
                "tensor `{name}` is of type {kind}, which cannot be read here; \
                 use a Q8_0, Q4_0, Q4_K, Q5_K, Q6_K or F16 file"
            )));
        };
        let innermost = shape.last().copied().unwrap_or(0);
        if !innermost.is_multiple_of(ggml_dtype.block_size()) {
            return Err(self.bad(format!("tensor `{name}` does not fill its blocks")));
        }
        let offset = self.u64()?;
        Ok((name, TensorInfo { ggml_dtype, shape: Shape::from(shape), offset }))
    }

    fn value(&mut self, kind: u32, depth: usize) -> Result<Value, ModelError> {
        Ok(match kind {
            0 => Value::U8(u8::from_le_bytes(self.bytes()?)),
            1 => Value::I8(i8::from_le_bytes(self.bytes()?)),
            2 => Value::U16(u16::from_le_bytes(self.bytes()?)),
            3 => Value::I16(i16::from_le_bytes(self.bytes()?)),
            4 => Value::U32(self.u32()?),
            5 => Value::I32(i32::from_le_bytes(self.bytes()?)),
            6 => Value::F32(f32::from_le_bytes(self.bytes()?)),
            7 => Value::Bool(self.bytes::<1>()? != [0]),
            8 => Value::String(self.string()?),
            9 => {
                let (element, count) = (self.u32()?, self.u64()?);
                if count > MAX_ARRAY || count > self.length - self.at || depth > 3 {
                    return Err(self.bad(format!("a list of {count} values cannot be")));
                }
                let mut values = Vec::new();
                for _ in 0..count {
                    values.push(self.value(element, depth + 1)?);
                }
                Value::Array(values)
            }
            10 => Value::U64(self.u64()?),
            11 => Value::I64(i64::from_le_bytes(self.bytes()?)),
            12 => Value::F64(f64::from_le_bytes(self.bytes()?)),
            _ => return Err(self.bad(format!("a metadata value of unknown type {kind}"))),
        })
    }

    fn string(&mut self) -> Result<String, ModelError> {
        let count = self.u64()?;
        if count > MAX_STRING || count > self.length - self.at {
            return Err(self.bad(format!("a text of {count} bytes at byte {} cannot be", self.at)));
        }
        let mut bytes = vec![0; count as usize];
        self.fill(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn u32(&mut self) -> Result<u32, ModelError> {
        Ok(u32::from_le_bytes(self.bytes()?))
    }

    fn u64(&mut self) -> Result<u64, ModelError> {
        Ok(u64::from_le_bytes(self.bytes()?))
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], ModelError> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), ModelError> {
        if bytes.len() as u64 > self.length - self.at {
            return Err(self.bad(format!("it is cut off in its header, at byte {}", self.length)));
        }
        let path = self.path;
        let read = |source| ModelError::Read { path: path.to_owned(), source };
        self.reader.read_exact(bytes).map_err(read)?;
        self.at += bytes.len() as u64;
        Ok(())
    }

    fn bad(&self, what: impl Into<String>) -> ModelError {
        malformed(self.path, what)
    }
}

/// The types of tensors that can be read, by their number in the file.
fn dtype(kind: u32) -> Option<GgmlDType> {
    Some(match kind {
        0 => GgmlDType::F32,
        1 => GgmlDType::F16,
        2 => GgmlDType::Q4_0,
        3 => GgmlDType::Q4_1,
        6 => GgmlDType::Q5_0,
        7 => GgmlDType::Q5_1,
        8 => GgmlDType::Q8_0,
        10 => GgmlDType::Q2K,
        11 => GgmlDType::Q3K,
        12 => GgmlDType::Q4K,
        13 => GgmlDType::Q5K,
        14 => GgmlDType::Q6K,
        30 => GgmlDType::BF16,
        _ => return None,
    })
}

impl std::fmt::Debug for Gguf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gguf")
            .field("path", &self.path)
            .field("tensors", &self.tensors.len())
            .finish_non_exhaustive()
    }
}
