//! A name to a path.
//!
//! Looked up in this order: the person's own path; the folder of pulled models; what the repository ships in
//! `models/<stage>/`. The folder of pulled models is `$SOTTO_MODELS`, else `models/.pulled` of a development
//! checkout, else `/var/lib/sotto/models` where it exists (the service), else `sotto/models` in the XDG data
//! folder.

use std::path::{Path, PathBuf};

use super::ModelError;
use super::catalog::{Arch, Catalog, File, Model, Stage};

const SERVICE_FOLDER: &str = "/var/lib/sotto/models";
const SHIPPED_FOLDERS: [&str; 2] = ["/usr/local/share/sotto/models", "/usr/share/sotto/models"];

/// File name endings by which the one model file of a folder that the catalog does not know is found.
const MODEL_ENDINGS: [&str; 4] = ["bin", "gguf", "onnx", "tflite"];

/// Where this machine keeps models.
#[derive(Debug, Clone)]
pub struct Store {
    catalog: Catalog,
    pulled: PathBuf,
    shipped: PathBuf,
    arch: Option<Arch>,
}

impl Store {
    /// Finds the folders of this machine.
    ///
    /// # Errors
    /// [`ModelError::NoFolder`] when no variable says where a person's data goes.
    pub fn locate() -> Result<Self, ModelError> {
        let checkout = checkout();
        let shipped = checkout
            .as_ref()
            .map(|c| c.join("models"))
            .or_else(|| SHIPPED_FOLDERS.iter().map(PathBuf::from).find(|p| p.is_dir()))
            .unwrap_or_else(|| PathBuf::from(SHIPPED_FOLDERS[1]));
        let pulled = match std::env::var_os("SOTTO_MODELS").filter(|v| !v.is_empty()) {
            Some(folder) => PathBuf::from(folder),
            None => match checkout {
                Some(checkout) => checkout.join("models/.pulled"),
                None if Path::new(SERVICE_FOLDER).is_dir() => PathBuf::from(SERVICE_FOLDER),
                None => data_home().ok_or(ModelError::NoFolder)?.join("sotto/models"),
            },
        };
        Ok(Self { catalog: Catalog::built_in()?, pulled, shipped, arch: Arch::here() })
    }

    /// A store with a catalog and folders of one's own: for tests, and for filling an image's folder.
    pub fn new(catalog: Catalog, pulled: PathBuf, shipped: PathBuf, arch: Option<Arch>) -> Self {
        Self { catalog, pulled, shipped, arch }
    }

    /// The same store for another processor.
    pub fn for_arch(self, arch: Arch) -> Self {
        Self { arch: Some(arch), ..self }
    }

    /// The same store with the pulled models in another folder.
    pub fn with_pulled(self, pulled: PathBuf) -> Self {
        Self { pulled, ..self }
    }

    /// What this store knows by name.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The processor whose files are looked up.
    pub fn arch(&self) -> Option<Arch> {
        self.arch
    }

    /// The folder of pulled models; it need not exist yet.
    pub fn pulled_dir(&self) -> &Path {
        &self.pulled
    }

    /// The folder of what the repository ships for a stage; it need not exist.
    pub fn shipped_dir(&self, stage: Stage) -> PathBuf {
        self.shipped.join(stage.as_str())
    }

    /// Where a pulled file of a model lies, whether it is there or not.
    pub fn pulled_path(&self, model: &Model, file: &File) -> PathBuf {
        self.pulled.join(&model.name).join(file.path())
    }

    /// The main file of a model by name, or the person's own file by path. A model's other files lie beside
    /// its main file, by the names that the catalog gives them.
    ///
    /// A path is anything with a `/`. A name that the catalog does not have is looked for among imported
    /// models.
    ///
    /// # Errors
    /// The path leads nowhere; nobody knows the name; the model was not pulled (the message says how); a
    /// file has the wrong size.
    pub fn find(&self, name: &str) -> Result<PathBuf, ModelError> {
        if name.contains('/') {
            return own_path(Path::new(name));
        }
        let model = match self.catalog.model(name) {
            Ok(model) => model,
            Err(unknown) => return self.imported(name).ok_or(unknown),
        };
        let mut files = model.files_for(self.arch).peekable();
        let Some(main) = files.peek().copied() else {
            return Err(match self.arch {
                Some(arch) => ModelError::NoFileForArch { name: name.to_owned(), arch },
                None => ModelError::NotPulled { name: name.to_owned() },
            });
        };
        let shipped = self.shipped_dir(model.stage);
        let folder = [self.pulled.join(name), shipped.join(name), shipped.clone()]
            .into_iter()
            .find(|folder| folder.join(main.path()).is_file())
            .ok_or_else(|| match model.shipped {
                true => ModelError::NotShipped { path: shipped.join(main.path()) },
                false => ModelError::NotPulled { name: name.to_owned() },
            })?;
        for file in files {
            let path = folder.join(file.path());
            let found =
                std::fs::metadata(&path).map_err(|_| ModelError::NotPulled { name: name.to_owned() })?.len();
            if found != file.bytes {
                return Err(ModelError::WrongSize {
                    path,
                    name: name.to_owned(),
                    found,
                    expected: file.bytes,
                });
            }
        }
        Ok(folder.join(main.path()))
    }

    /// Names of models that were imported and are not in the catalog, sorted.
    pub fn imported_names(&self) -> Vec<String> {
        let Ok(folders) = std::fs::read_dir(&self.pulled) else { return Vec::new() };
        let mut names: Vec<String> = folders
            .flatten()
            .filter_map(|folder| folder.file_name().into_string().ok())
            .filter(|name| !name.starts_with('.') && self.catalog.model(name).is_err())
            .filter(|name| self.imported(name).is_some())
            .collect();
        names.sort();
        names
    }

    fn imported(&self, name: &str) -> Option<PathBuf> {
        let is_model = |path: &PathBuf| {
            let ending = path.extension().and_then(|e| e.to_str());
            ending.is_some_and(|e| MODEL_ENDINGS.contains(&e))
        };
        if name.starts_with('.') {
            return None;
        }
        let files = std::fs::read_dir(self.pulled.join(name)).ok()?;
        let mut models = files.flatten().map(|file| file.path()).filter(is_model);
        let only = models.next()?;
        models.next().is_none().then_some(only)
    }
}

fn own_path(path: &Path) -> Result<PathBuf, ModelError> {
    let expanded = match path.strip_prefix("~") {
        Ok(rest) => std::env::home_dir().map(|home| home.join(rest)),
        Err(_) => Some(path.to_owned()),
    };
    match expanded {
        Some(file) if file.is_file() => Ok(file),
        _ => Err(ModelError::NoSuchFile { path: path.to_owned() }),
    }
}

fn data_home() -> Option<PathBuf> {
    let absolute = |v: std::ffi::OsString| Some(PathBuf::from(v)).filter(|p| p.is_absolute());
    std::env::var_os("XDG_DATA_HOME")
        .and_then(absolute)
        .or_else(|| std::env::home_dir().map(|home| home.join(".local/share")))
}

/// The development checkout that this program was built in or runs from, if it is still there.
pub(crate) fn checkout() -> Option<PathBuf> {
    let is_checkout =
        |dir: &Path| dir.join("models/catalog.toml").is_file() && dir.join("Cargo.toml").is_file();
    let exe = std::env::current_exe().ok();
    let of_exe = exe.as_deref().and_then(|exe| exe.ancestors().find(|dir| is_checkout(dir)));
    of_exe
        .or_else(|| option_env!("CARGO_MANIFEST_DIR").map(Path::new).filter(|dir| is_checkout(dir)))
        .map(Path::to_owned)
}
