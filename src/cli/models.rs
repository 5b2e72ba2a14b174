//! `sotto models`: what there is, fetch, check, import.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::{Globals, UsageError};
use crate::models::pull::{FileState, Progress, Pulled, Puller, check};
use crate::models::whisper::WeightType;
use crate::models::{Arch, Model, Store, import};

/// Shipped and upstream models: list, fetch, check, import.
#[derive(Debug, Args)]
pub struct ModelsArgs {
    #[command(subcommand)]
    command: ModelsCommand,
}

#[derive(Debug, Subcommand)]
enum ModelsCommand {
    /// Show every model of the catalog, and which are here
    List,
    /// Fetch models, check them, convert what needs it
    Pull(PullArgs),
    /// Compare what was fetched with the catalog's SHA-256
    Verify {
        /// Models; none means all that are here
        names: Vec<String>,
    },
    /// Turn a faster-whisper folder (CTranslate2) into a model for `[stt] model`
    Import(ImportArgs),
}

#[derive(Debug, Args)]
struct PullArgs {
    /// Models of the catalog
    names: Vec<String>,
    /// What a fresh installation needs
    #[arg(long)]
    default: bool,
    /// All of them
    #[arg(long, conflicts_with_all = ["default", "names"])]
    all: bool,
    /// Processor they are for, where that matters (default: this one)
    #[arg(long)]
    arch: Option<Arch>,
    /// Folder to fetch into (default: $SOTTO_MODELS, or where Sotto looks)
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct ImportArgs {
    /// Folder with model.bin and vocabulary.txt, vocabulary.json or tokenizer.json
    folder: PathBuf,
    /// Name for it (default: the folder's)
    #[arg(long)]
    name: Option<String>,
    /// How the matrices are stored
    #[arg(long = "type", default_value = "q8_0", value_name = "TYPE")]
    kind: WeightType,
    /// Write the ggml file here instead of among the models
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Runs `sotto models …`.
///
/// # Errors
/// [`crate::models::ModelError`], [`crate::models::pull::PullError`] or
/// [`crate::models::whisper::ImportError`] with what to do.
pub fn run(args: ModelsArgs, globals: &Globals) -> anyhow::Result<ExitCode> {
    let store = Store::locate()?;
    match args.command {
        ModelsCommand::List => list(&store, globals),
        ModelsCommand::Pull(args) => pull(store, args, globals),
        ModelsCommand::Verify { names } => verify(&store, &names, globals),
        ModelsCommand::Import(args) => import(&store, args, globals),
    }
}

fn list(store: &Store, globals: &Globals) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    if !globals.json {
        writeln!(out, "{:<28} {:<8} {:>7}  {:<7} about (licence)", "name", "stage", "size", "here")?;
    }
    for model in store.catalog().models() {
        let path = store.find(&model.name).ok();
        let bytes = model.bytes_for(store.arch());
        if globals.json {
            let line = json!({
                "name": model.name, "stage": model.stage, "about": model.about, "licence": model.licence,
                "languages": model.languages, "bytes": bytes, "memory_mb": model.memory_mb,
                "default": model.default, "path": path,
            });
            writeln!(out, "{line}")?;
            continue;
        }
        let here = match path {
            Some(path) if path.starts_with(store.pulled_dir()) => "pulled",
            Some(_) => "shipped",
            None if model.default => "(make)",
            None => "",
        };
        let Model { name, stage, about, licence, .. } = model;
        writeln!(out, "{name:<28} {stage:<8} {:>7}  {here:<7} {about} ({licence})", megabytes(bytes))?;
    }
    for name in store.imported_names() {
        let path = store.find(&name)?;
        match globals.json {
            true => writeln!(out, "{}", json!({ "name": name, "path": path }))?,
            false => writeln!(out, "{name:<28} {:<8} {:>7}  {}", "", "", path.display())?,
        }
    }
    if !globals.json {
        writeln!(out, "folder: {}", store.pulled_dir().display())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn pull(store: Store, args: PullArgs, globals: &Globals) -> anyhow::Result<ExitCode> {
    let store = match args.arch {
        Some(arch) => store.for_arch(arch),
        None => store,
    };
    let store = match args.to {
        Some(folder) => store.with_pulled(folder),
        None => store,
    };
    let mut models: Vec<&Model> = Vec::new();
    if args.all {
        models.extend(store.catalog().models());
    }
    if args.default {
        models.extend(store.catalog().defaults());
    }
    for name in &args.names {
        let model = store.catalog().model(name).map_err(|e| UsageError(e.to_string()))?;
        if !models.iter().any(|m| m.name == model.name) {
            models.push(model);
        }
    }
    if models.is_empty() {
        return Err(UsageError("name models to pull, or say --default or --all".into()).into());
    }
    let mut progress = Shown::new(globals.json);
    let mut puller = Puller::new(&store, &mut progress)?;
    let mut lines = Vec::new();
    for model in models {
        let outcome = puller.pull(model).with_context(|| format!("pulling {}", model.name))?;
        let path = store.find(&model.name)?;
        let state = if outcome == Pulled::Now { "pulled" } else { "already here" };
        lines.push(match globals.json {
            true => json!({ "name": model.name, "state": state, "path": path }).to_string(),
            false => format!("{:<28} {state}: {}", model.name, path.display()),
        });
    }
    puller.clean_up();
    drop(progress);
    lines.iter().for_each(|line| println!("{line}"));
    Ok(ExitCode::SUCCESS)
}

fn verify(store: &Store, names: &[String], globals: &Globals) -> anyhow::Result<ExitCode> {
    let mut models = Vec::new();
    for name in names {
        models.push(store.catalog().model(name).map_err(|e| UsageError(e.to_string()))?);
    }
    if names.is_empty() {
        let there = |m: &&Model| m.shipped || store.pulled_dir().join(&m.name).is_dir();
        models.extend(store.catalog().models().iter().filter(there));
    }
    if models.is_empty() {
        bail!("nothing was pulled into {} yet: `sotto models pull --default`", store.pulled_dir().display());
    }
    let mut progress = Shown::new(globals.json);
    let (mut wrong, mut lines) = (false, Vec::new());
    for model in models {
        for file in model.files_for(store.arch()) {
            let path = match model.shipped {
                true => store.shipped_dir(model.stage).join(file.path()),
                false => store.pulled_path(model, file),
            };
            let (good, state) = match check(&path, file.bytes, &file.sha256, &mut progress)? {
                FileState::Good => (true, "good".to_owned()),
                FileState::Missing => (false, "missing".to_owned()),
                FileState::WrongSize { found } => (false, format!("{found}, should be {}", file.bytes)),
                FileState::WrongHash { .. } => (false, "has other bytes than the catalog's".to_owned()),
            };
            wrong |= !good;
            lines.push(match globals.json {
                true => json!({ "name": model.name, "file": path, "good": good, "state": state }).to_string(),
                false if good => format!("{}: good", path.display()),
                false if model.shipped => format!("{}: {state}; install Sotto again", path.display()),
                false => format!("{}: {state}; `sotto models pull {}`", path.display(), model.name),
            });
        }
    }
    drop(progress);
    lines.iter().for_each(|line| println!("{line}"));
    Ok(if wrong { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn import(store: &Store, args: ImportArgs, globals: &Globals) -> anyhow::Result<ExitCode> {
    let mut progress = Shown::new(globals.json);
    let folder = args.folder.canonicalize().with_context(|| args.folder.display().to_string())?;
    let path = match &args.output {
        Some(file) => import::to_file(&folder, args.kind, file, &mut progress)?,
        None => {
            let own = folder.file_name().and_then(|n| n.to_str()).unwrap_or_default();
            import::to_store(store, &folder, args.name.as_deref().unwrap_or(own), args.kind, &mut progress)?
        }
    };
    drop(progress);
    let name = if args.output.is_none() { path.parent().and_then(Path::file_name) } else { None };
    let name = name.and_then(|n| n.to_str());
    match (globals.json, name) {
        (true, _) => println!("{}", json!({ "name": name, "path": path })),
        (false, Some(name)) => println!("{}\nuse it with --model {name}", path.display()),
        (false, None) => println!("{}", path.display()),
    }
    Ok(ExitCode::SUCCESS)
}

/// A bar on a terminal, a line a step elsewhere, nothing beside JSON.
enum Shown {
    Bar(ProgressBar),
    Lines,
    Nothing,
}

impl Shown {
    fn new(json: bool) -> Self {
        match std::io::stderr().is_terminal() {
            _ if json => Shown::Nothing,
            true => Shown::Bar(ProgressBar::new_spinner()),
            false => Shown::Lines,
        }
    }
}

impl Progress for Shown {
    fn begin(&mut self, what: &str, total: Option<u64>) {
        match self {
            Shown::Bar(bar) => {
                let form = match total {
                    Some(_) => "{bar:24} {bytes:>10}/{total_bytes:<10} {eta:>4}  {wide_msg}",
                    None => "{spinner} {elapsed:>4}  {wide_msg}",
                };
                if let Ok(style) = ProgressStyle::with_template(form) {
                    bar.set_style(style);
                }
                bar.set_length(total.unwrap_or(0));
                bar.reset();
                bar.set_message(what.to_owned());
                bar.enable_steady_tick(Duration::from_millis(120));
            }
            Shown::Lines if !what.starts_with("check ") => eprintln!("{what}"),
            Shown::Lines | Shown::Nothing => {}
        }
    }

    fn at(&mut self, done: u64) {
        if let Shown::Bar(bar) = self {
            bar.set_position(done);
        }
    }

    fn end(&mut self) {
        if let Shown::Bar(bar) = self {
            bar.set_message("");
        }
    }

    fn note(&mut self, line: &str) {
        match self {
            Shown::Bar(bar) => bar.println(line),
            Shown::Lines => eprintln!("{line}"),
            Shown::Nothing => {}
        }
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        if let Shown::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

fn megabytes(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes.div_ceil(1000)),
        _ => format!("{} MB", bytes / 1_000_000),
    }
}
