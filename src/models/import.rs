//! The person's own faster-whisper folder as a model.

use std::fs;
use std::path::{Path, PathBuf};

use super::ModelError;
use super::pull::{Progress, PullError, Sink};
use super::store::Store;
use super::whisper::{self, ImportError, WeightType, vocabulary};

/// Converts a folder into `<pulled>/<name>/ggml.bin`, where [`Store::find`] finds it by `name`. An earlier
/// import of that name is replaced.
///
/// # Errors
/// [`PullError`]; a name that the catalog has, or that is no name; a folder without a model.
pub fn to_store(
    store: &Store,
    folder: &Path,
    name: &str,
    to: WeightType,
    progress: &mut dyn Progress,
) -> Result<PathBuf, PullError> {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if name.is_empty() || name.starts_with('.') || !name.chars().all(good) {
        return Err(PullError::Name {
            name: name.into(),
            reason: "use letters, digits, '.', '-' and '_'".into(),
        });
    }
    match store.catalog().model(name) {
        Err(ModelError::UnknownName { .. }) => {}
        _ => {
            return Err(PullError::Name {
                name: name.into(),
                reason: "the catalog has a model of it".into(),
            });
        }
    }
    let place = store.pulled_dir().join(name);
    fs::create_dir_all(&place).map_err(PullError::writing(&place))?;
    to_file(folder, to, &place.join("ggml.bin"), progress)
}

/// Converts a folder into one ggml file.
///
/// # Errors
/// [`PullError`]: no model.bin or no vocabulary, files that are not what they should be, no room.
pub fn to_file(
    folder: &Path,
    to: WeightType,
    file: &Path,
    progress: &mut dyn Progress,
) -> Result<PathBuf, PullError> {
    let weights = folder.join("model.bin");
    let tokens = vocabulary::find(folder)?;
    let size = fs::metadata(&weights).map_err(PullError::reading(&weights))?.len();
    let mut partial = file.as_os_str().to_owned();
    partial.push(".part");
    let partial = PathBuf::from(partial);
    progress.begin(&format!("convert {} to {to}", folder.display()), Some(size));
    let written =
        write(&weights, &tokens, to, &partial, &mut |share| progress.at((share * size as f32) as u64));
    if let Err(e) = written {
        let _ = fs::remove_file(&partial);
        return Err(e);
    }
    progress.end();
    fs::rename(&partial, file).map_err(PullError::writing(file))?;
    Ok(file.to_owned())
}

fn write(
    weights: &Path,
    tokens: &Path,
    to: WeightType,
    partial: &Path,
    progress: &mut dyn FnMut(f32),
) -> Result<(), PullError> {
    let mut out = Sink::create(partial)?;
    whisper::convert(weights, tokens, to, &mut out, progress).map_err(|e| match e {
        ImportError::Write(e) => PullError::writing(partial)(e),
        e => e.into(),
    })?;
    out.finish()?;
    // What we wrote must be what whisper.cpp loads, whatever the folder held.
    whisper::ggml::check(partial)?;
    Ok(())
}
