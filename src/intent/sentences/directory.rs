//! Folders of sentences: a person's `custom_sentences`, or Home Assistant's collection.

use super::yaml::Combination;
use super::{SentenceError, SentenceSet};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// How deep folders are followed.
const MAX_DEPTH: usize = 6;

impl SentenceSet {
    /// Reads every `.yaml` and `.yml` below a folder, in the order of their names, or one file.
    ///
    /// A file whose top level has `data` in place of `intents` is one of Home Assistant's newer layout:
    /// its folder names the intent and its name the combination of slots. Where `path` (or the folder
    /// above `path`'s folder `sentences`) has folders `lists`, `rules`, `responses` and a file
    /// `intents.yaml` beside `sentences`, those are read too, as far as they belong to the language.
    ///
    /// # Errors
    /// [`SentenceError`] when a file cannot be read, or when there is none.
    pub fn read_dir(path: &Path) -> Result<Self, SentenceError> {
        let mut set = Self::default();
        if path.is_file() {
            set.add_path(path, &Groups::default())?;
            return Ok(set);
        }
        let root = path
            .parent()
            .filter(|parent| parent.file_name().is_some_and(|name| name == "sentences"))
            .and_then(Path::parent);
        let groups = match root {
            Some(root) => Groups::read(&root.join("intents.yaml"))?,
            None => Groups::default(),
        };
        let files = yaml_files(path)?;
        if files.is_empty() {
            return Err(SentenceError::Nothing { path: path.to_owned() });
        }
        for file in files {
            set.add_path(&file, &groups)?;
        }
        if let (Some(root), Some(language)) = (root, path.file_name()) {
            for folder in [root.join("lists"), root.join("rules"), root.join("responses")] {
                if !folder.is_dir() {
                    continue;
                }
                for file in entries(&folder)?.into_iter().filter(|file| is_yaml(file)) {
                    set.add_path(&file, &groups)?;
                }
                let own = folder.join(language);
                if own.is_dir() {
                    for file in yaml_files(&own)? {
                        set.add_path(&file, &groups)?;
                    }
                }
            }
        }
        Ok(set)
    }

    fn add_path(&mut self, path: &Path, groups: &Groups) -> Result<(), SentenceError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| SentenceError::Io { path: path.to_owned(), source })?;
        let name = |part: Option<&std::ffi::OsStr>| {
            part.map(|p| p.to_string_lossy().into_owned()).unwrap_or_default()
        };
        let combination =
            groups.combination(name(path.parent().and_then(Path::file_name)), name(path.file_stem()));
        self.add(&path.display().to_string(), &text, Some(&combination))
    }
}

/// What `intents.yaml` says.
#[derive(Default)]
struct Groups {
    intents: Value,
}

impl Groups {
    fn read(path: &Path) -> Result<Self, SentenceError> {
        if !path.is_file() {
            return Ok(Self::default());
        }
        let text = std::fs::read_to_string(path)
            .map_err(|source| SentenceError::Io { path: path.to_owned(), source })?;
        let intents = serde_norway::from_str(&text).map_err(|error| SentenceError::Yaml {
            file: path.display().to_string(),
            message: error.to_string(),
        })?;
        Ok(Self { intents })
    }

    fn combination(&self, intent: String, name: String) -> Combination {
        let about =
            self.intents.get(&intent).and_then(|i| i.get("slot_combinations")).and_then(|s| s.get(&name));
        let context_area =
            about.and_then(|a| a.get("context_area")).and_then(Value::as_bool).unwrap_or(false);
        let groups = about
            .and_then(|a| a.get("name_domain_groups"))
            .or_else(|| self.intents.get(&intent).and_then(|i| i.get("name_domain_groups")))
            .or_else(|| self.intents.get("name_domain_groups"))
            .and_then(Value::as_object);
        let domain_groups: BTreeMap<String, Vec<Value>> = groups
            .into_iter()
            .flatten()
            .filter_map(|(group, domains)| Some((group.clone(), domains.as_array()?.clone())))
            .collect();
        Combination { intent, name, context_area, domain_groups }
    }
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, SentenceError> {
    let wrong = |source| SentenceError::Io { path: folder.to_owned(), source };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(wrong)? {
        paths.push(entry.map_err(wrong)?.path());
    }
    paths.sort();
    Ok(paths)
}

fn is_yaml(path: &Path) -> bool {
    path.is_file() && path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
}

fn yaml_files(folder: &Path) -> Result<Vec<PathBuf>, SentenceError> {
    fn collect(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<(), SentenceError> {
        for path in entries(folder)? {
            if path.is_dir() && depth < MAX_DEPTH {
                collect(&path, depth + 1, files)?;
            } else if is_yaml(&path) {
                files.push(path);
            }
        }
        Ok(())
    }
    let mut files = Vec::new();
    collect(folder, 0, &mut files)?;
    Ok(files)
}
