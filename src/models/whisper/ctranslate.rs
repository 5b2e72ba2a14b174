//! Reads CTranslate2's `model.bin`.
//!
//! Little endian throughout: u32 version of the format, string name of the specification, u32 its revision,
//! u32 number of variables; each variable has a string name, u8 rank, u32 a dimension, u8 type, u32
//! bytes, and its data; aliases follow. A string has a u16 length, its final zero included. The data stays
//! in the file until it is asked for: a board has little memory.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use half::{bf16, f16};

use super::ImportError;

const SPECIFICATION: &str = "WhisperSpec";
/// More variables than any Whisper has: a guard against files that are no model.
const MAX_VARIABLES: u32 = 100_000;

/// An open model, its variables indexed by name.
pub struct CtModel {
    path: PathBuf,
    file: File,
    variables: HashMap<String, Variable>,
}

/// Where a variable lies and what it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Variable {
    /// The dimensions, slowest first; empty for a single number.
    pub dims: Vec<usize>,
    kind: Kind,
    offset: u64,
    bytes: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    F32,
    I8,
    I16,
    I32,
    F16,
    Bf16,
}

impl Kind {
    fn from_code(code: u8) -> Option<Self> {
        [Kind::F32, Kind::I8, Kind::I16, Kind::I32, Kind::F16, Kind::Bf16].get(usize::from(code)).copied()
    }

    fn bytes(self) -> usize {
        match self {
            Kind::I8 => 1,
            Kind::I16 | Kind::F16 | Kind::Bf16 => 2,
            Kind::F32 | Kind::I32 => 4,
        }
    }
}

impl CtModel {
    /// Reads the index of a `model.bin`.
    ///
    /// # Errors
    /// [`ImportError::Read`] where the file cannot be read, [`ImportError::Format`] where it is no CTranslate2
    /// Whisper or ends too soon.
    pub fn open(path: &Path) -> Result<Self, ImportError> {
        let file = File::open(path).map_err(|source| ImportError::Read { path: path.into(), source })?;
        let length = file.metadata().map_err(|source| ImportError::Read { path: path.into(), source })?.len();
        let mut index = Index { reader: BufReader::new(&file), at: 0, length };
        let variables =
            index.variables().map_err(|reason| ImportError::Format { path: path.into(), reason })?;
        Ok(Self { path: path.into(), file, variables })
    }

    /// The variable of this name.
    ///
    /// # Errors
    /// [`ImportError::Format`] when the model has none.
    pub fn variable(&self, name: &str) -> Result<&Variable, ImportError> {
        self.variables.get(name).ok_or_else(|| self.wrong(format!("it has no variable \"{name}\"")))
    }

    /// Whether the model has a variable of this name.
    pub fn has(&self, name: &str) -> bool {
        self.variables.contains_key(name)
    }

    /// A single whole number.
    ///
    /// # Errors
    /// [`ImportError::Format`] when there is none of this name or it is no number.
    pub fn number(&self, name: &str) -> Result<i64, ImportError> {
        let variable = self.variable(name)?;
        let data = self.data(variable, 0, 1)?;
        match (variable.kind, data.as_slice()) {
            (Kind::I8, &[a]) => Ok(i64::from(a.cast_signed())),
            (Kind::I16, &[a, b]) => Ok(i64::from(i16::from_le_bytes([a, b]))),
            (Kind::I32, &[a, b, c, d]) => Ok(i64::from(i32::from_le_bytes([a, b, c, d]))),
            _ => Err(self.wrong(format!("\"{name}\" is no whole number"))),
        }
    }

    /// `count` rows of a variable from row `first` on, as `f32`. A row is all but the first dimension; a
    /// vector's rows are its numbers. 8- and 16-bit integers are scaled back by `<name>_scale`.
    ///
    /// # Errors
    /// [`ImportError::Format`] when the variable is missing, has no such rows or no scale.
    pub fn rows(&self, name: &str, first: usize, count: usize) -> Result<Vec<f32>, ImportError> {
        let variable = self.variable(name)?;
        let width: usize = variable.dims.iter().skip(1).product();
        let rows = variable.dims.first().copied().unwrap_or(1);
        if first.checked_add(count).is_none_or(|end| end > rows) {
            return Err(
                self.wrong(format!("\"{name}\" has {rows} rows, needed are {first} to {}", first + count))
            );
        }
        let data = self.data(variable, first * width, count * width)?;
        let pairs = || data.chunks_exact(2).map(|b| [b[0], b[1]]);
        let mut values: Vec<f32> = match variable.kind {
            Kind::F32 => data.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect(),
            Kind::F16 => pairs().map(|b| f16::from_le_bytes(b).to_f32()).collect(),
            Kind::Bf16 => pairs().map(|b| bf16::from_le_bytes(b).to_f32()).collect(),
            Kind::I8 => data.iter().map(|b| f32::from(b.cast_signed())).collect(),
            Kind::I16 => pairs().map(|b| f32::from(i16::from_le_bytes(b))).collect(),
            Kind::I32 => return Err(self.wrong(format!("\"{name}\" holds 32-bit integers, not weights"))),
        };
        if matches!(variable.kind, Kind::I8 | Kind::I16) {
            self.scale_back(name, variable, first, width, &mut values)?;
        }
        Ok(values)
    }

    /// CTranslate2 multiplies before it rounds: one scale a row, or one for the whole variable.
    fn scale_back(
        &self,
        name: &str,
        variable: &Variable,
        first: usize,
        width: usize,
        values: &mut [f32],
    ) -> Result<(), ImportError> {
        let scale_name = format!("{name}_scale");
        let scale = self.variable(&scale_name)?;
        let per_row = scale.dims.first() == variable.dims.first();
        for (row, numbers) in values.chunks_mut(width.max(1)).enumerate() {
            let at = if per_row { first + row } else { 0 };
            let by = *self
                .floats(scale, at)?
                .first()
                .filter(|s| **s != 0.0)
                .ok_or_else(|| self.wrong(format!("\"{scale_name}\" has no scale for row {at}")))?;
            numbers.iter_mut().for_each(|n| *n /= by);
        }
        Ok(())
    }

    fn floats(&self, variable: &Variable, at: usize) -> Result<Vec<f32>, ImportError> {
        let data = self.data(variable, at, 1)?;
        Ok(match (variable.kind, data.as_slice()) {
            (Kind::F32, &[a, b, c, d]) => vec![f32::from_le_bytes([a, b, c, d])],
            (Kind::F16, &[a, b]) => vec![f16::from_le_bytes([a, b]).to_f32()],
            _ => Vec::new(),
        })
    }

    fn data(&self, variable: &Variable, first: usize, count: usize) -> Result<Vec<u8>, ImportError> {
        let size = variable.kind.bytes();
        if (first + count) * size > variable.bytes {
            return Err(self.wrong("a variable is shorter than its dimensions".into()));
        }
        let mut data = vec![0; count * size];
        self.file
            .read_exact_at(&mut data, variable.offset + (first * size) as u64)
            .map_err(|source| ImportError::Read { path: self.path.clone(), source })?;
        Ok(data)
    }

    /// An error about this file.
    pub fn wrong(&self, reason: String) -> ImportError {
        ImportError::Format { path: self.path.clone(), reason }
    }
}

struct Index<'a> {
    reader: BufReader<&'a File>,
    at: u64,
    length: u64,
}

impl Index<'_> {
    fn variables(&mut self) -> Result<HashMap<String, Variable>, String> {
        let version = self.u32()?;
        if !(4..=6).contains(&version) {
            return Err(format!(
                "it is no CTranslate2 model of version 4 to 6 (its first number is {version})"
            ));
        }
        let specification = self.string()?;
        if specification != SPECIFICATION {
            return Err(format!("it is a CTranslate2 \"{specification}\", not a \"{SPECIFICATION}\""));
        }
        self.u32()?;
        let count = self.u32()?;
        if count > MAX_VARIABLES {
            return Err(format!("{count} variables are more than any Whisper has"));
        }
        let mut variables = HashMap::new();
        for _ in 0..count {
            let (name, variable) = self.variable()?;
            variables.insert(name, variable);
        }
        Ok(variables)
    }

    fn variable(&mut self) -> Result<(String, Variable), String> {
        let name = self.string()?;
        let [rank] = self.take()?;
        let dims: Vec<usize> = (0..rank).map(|_| self.u32().map(|d| d as usize)).collect::<Result<_, _>>()?;
        let [code] = self.take()?;
        let kind = Kind::from_code(code).ok_or_else(|| format!("\"{name}\" has the unknown type {code}"))?;
        let bytes = self.u32()? as usize;
        let numbers = dims.iter().try_fold(1_usize, |all, d| all.checked_mul(*d));
        if numbers.and_then(|n| n.checked_mul(kind.bytes())) != Some(bytes) {
            return Err(format!("\"{name}\" has {bytes} bytes, which its dimensions {dims:?} do not give"));
        }
        let offset = self.at;
        self.at += bytes as u64;
        if self.at > self.length {
            return Err(format!("it ends inside \"{name}\": the file is cut off"));
        }
        self.reader.seek_relative(bytes as i64).map_err(|e| e.to_string())?;
        Ok((name, Variable { dims, kind, offset, bytes }))
    }

    fn string(&mut self) -> Result<String, String> {
        let length = u16::from_le_bytes(self.take()?);
        let mut bytes = vec![0; usize::from(length)];
        self.fill(&mut bytes)?;
        while bytes.last() == Some(&0) {
            bytes.pop();
        }
        String::from_utf8(bytes).map_err(|_| "a name in it is no text".to_owned())
    }

    fn u32(&mut self) -> Result<u32, String> {
        Ok(u32::from_le_bytes(self.take()?))
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), String> {
        self.reader.read_exact(bytes).map_err(|e| match e.kind() {
            std::io::ErrorKind::UnexpectedEof => "it ends too soon: the file is cut off".to_owned(),
            _ => e.to_string(),
        })?;
        self.at += bytes.len() as u64;
        Ok(())
    }
}
