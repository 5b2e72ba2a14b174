//! Loads the language model when it is first needed.

use super::{LanguageModel, ModelConfig, ModelError, requantize};
use crate::home::HomeView;
use crate::intent::{Context, Fallback, Understanding};
use crate::models::Store;
use std::path::{Path, PathBuf};

/// The language model behind the sentence grammar. Most commands never need it, so its weights stay on
/// disk until a text comes that the grammar does not know.
pub struct OnDemand {
    config: ModelConfig,
    store: Store,
    loaded: Option<LanguageModel>,
    /// It could not be loaded, which was said once.
    given_up: bool,
    /// The home's version for which the sentences were weighed ahead.
    prepared: Option<u64>,
}

impl OnDemand {
    /// A model by its catalog name or path, not loaded yet.
    pub fn new(config: ModelConfig, store: Store) -> Self {
        Self { config, store, loaded: None, given_up: false, prepared: None }
    }

    fn ensure_loaded(&mut self) {
        if self.loaded.is_none() && !self.given_up {
            match self.load() {
                Ok(model) => self.loaded = Some(model),
                Err(reason) => {
                    self.given_up = true;
                    tracing::warn!("only the sentence grammar understands: {reason}");
                }
            }
        }
    }

    fn load(&self) -> Result<LanguageModel, String> {
        let path = self.store.find(&self.config.model).map_err(|error| error.to_string())?;
        let path = quick(&path);
        LanguageModel::load(&path, &self.config).map_err(|error| error.to_string())
    }
}

impl Fallback for OnDemand {
    fn understand(&mut self, view: &HomeView, text: &str, context: &Context) -> Option<Understanding> {
        self.ensure_loaded();
        match self.loaded.as_mut()?.understand(view, text, context) {
            Ok(understanding) => understanding,
            Err(error) => {
                tracing::error!("the language model failed: {error}");
                None
            }
        }
    }

    /// Loads the weights and weighs this home's sentences ahead, so that the first text is not slower than
    /// the others. Takes seconds; what goes wrong is said in the log, once.
    fn warm(&mut self, view: &HomeView) {
        self.ensure_loaded();
        if let Some(model) = self.loaded.as_mut()
            && self.prepared != Some(view.version)
        {
            self.prepared = Some(view.version);
            if let Err(error) = model.prepare(view) {
                tracing::error!("the language model cannot be prepared: {error}");
            }
        }
    }
}

/// The same weights in a form that runs several times faster here (Q8_0), made once beside the file;
/// the file itself where that cannot be written.
fn quick(path: &Path) -> PathBuf {
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    if name.to_lowercase().contains("q8_0") {
        return path.into();
    }
    let converted = path.with_file_name(format!("{}.as-q8_0.gguf", name.trim_end_matches(".gguf")));
    if converted.exists() {
        return converted;
    }
    match requantize_whole(path, &converted) {
        Ok(()) => converted,
        Err(error) => {
            tracing::warn!("{} runs slower than it could: {error}", path.display());
            path.into()
        }
    }
}

/// Under another name until it is complete: a crash leaves no half file.
fn requantize_whole(from: &Path, to: &Path) -> Result<(), ModelError> {
    let partial = to.with_extension(format!("partial-{}", std::process::id()));
    let done = requantize(from, &partial).and_then(|()| {
        std::fs::rename(&partial, to).map_err(|source| ModelError::Read { path: to.into(), source })
    });
    if done.is_err() {
        // It may never have been made.
        let _ = std::fs::remove_file(&partial);
    }
    done
}
