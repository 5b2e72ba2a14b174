//! `sotto wake WAV…`: where the wake words are in files.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context as _;
use clap::Args;
use serde::Serialize;

use super::{Globals, UsageError};
use crate::audio::FRAME_MS;
use crate::audio::file::FrameReader;
use crate::config::Config;
use crate::models::Store;
use crate::wake::detector::model_path;
use crate::wake::{Detection, Sensitivity, WakeConfig, WakeDetector, Weights};

/// What `sotto wake` is asked.
#[derive(Debug, Args)]
pub struct WakeArgs {
    /// Sound files, of any length
    #[arg(required = true, value_name = "WAV")]
    files: Vec<PathBuf>,
    /// Score from which a word counts, 0 to 1, for all words; the default is the model's own, a word each
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    threshold: Option<f32>,
    /// Listen for this word only (repeatable); the default is every word of the model
    #[arg(long, value_name = "W")]
    word: Vec<String>,
    /// How readily words are heard
    #[arg(long, value_enum, conflicts_with = "threshold")]
    sensitivity: Option<Level>,
    /// A model of one's own instead of the one that Sotto ships
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Level {
    Low,
    Medium,
    High,
}

/// One line of `--json`: a contract.
#[derive(Debug, Serialize)]
struct Line<'a> {
    file: &'a Path,
    audio_ms: u64,
    compute_ms: f64,
    detections: Vec<Found>,
}

#[derive(Debug, Serialize)]
struct Found {
    word: String,
    at_ms: u64,
    score: f32,
}

impl From<Detection> for Found {
    fn from(found: Detection) -> Self {
        Self { word: found.word, at_ms: found.at_ms, score: found.score }
    }
}

/// Runs the subcommand. A file without a wake word is no failure: the exit code is 0.
///
/// # Errors
/// A file or the model cannot be read; a word or threshold makes no sense (exit code 2). The other files are still heard.
pub fn run(args: WakeArgs, globals: &Globals) -> anyhow::Result<ExitCode> {
    let mut config = Config::load(globals.config.as_deref())?.wake;
    let path = match args.model {
        Some(path) => path,
        None => model_path(&config, &Store::locate()?),
    };
    let weights = Weights::read(&path)?;
    config.words = match args.word.as_slice() {
        [] => weights.words.iter().map(|info| info.word.clone()).collect(),
        words => words.to_vec(),
    };
    match args.sensitivity {
        Some(Level::Low) => config.sensitivity = Sensitivity::Low,
        Some(Level::Medium) => config.sensitivity = Sensitivity::Medium,
        Some(Level::High) => config.sensitivity = Sensitivity::High,
        None => {}
    }
    if let Some(threshold) = args.threshold {
        config.thresholds = config.words.iter().map(|word| (word.trim().to_lowercase(), threshold)).collect();
    }
    WakeDetector::new(&config, &weights).map_err(|error| UsageError(error.to_string()))?;

    let mut failed = None;
    for file in &args.files {
        match listen(file, &config, &weights) {
            Ok(line) if globals.json => println!("{}", serde_json::to_string(&line)?),
            Ok(line) => print(&line),
            Err(error) => {
                eprintln!("sotto: {error:#}");
                failed = Some(error);
            }
        }
    }
    Ok(if failed.is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Hears a file frame by frame, whatever its length.
fn listen<'a>(file: &'a Path, config: &WakeConfig, weights: &Weights) -> anyhow::Result<Line<'a>> {
    let reader = FrameReader::open(file)?;
    let mut detector = WakeDetector::new(config, weights)?;
    let told_ms = reader.duration_ms();
    let mut line = Line { file, audio_ms: 0, compute_ms: 0.0, detections: Vec::new() };
    let mut at_ms = 0;
    let mut computing = std::time::Duration::ZERO;
    let mut hear = |at_ms, frame: &_, found: &mut Vec<Found>| {
        let start = Instant::now();
        found.extend(detector.push(at_ms, frame).map(Found::from));
        computing += start.elapsed();
    };
    for frame in reader {
        let frame = frame.with_context(|| format!("{} from {at_ms} ms on", file.display()))?;
        hear(at_ms, &frame, &mut line.detections);
        at_ms += FRAME_MS;
    }
    line.audio_ms = told_ms.map_or(at_ms, |told| told.min(at_ms));
    // A word that ends with the file is only sure a little later.
    for _ in 0..25 {
        hear(at_ms, &[0.0; crate::audio::FRAME_SAMPLES], &mut line.detections);
        at_ms += FRAME_MS;
    }
    for found in &mut line.detections {
        found.at_ms = found.at_ms.min(line.audio_ms);
    }
    line.compute_ms = (computing.as_secs_f64() * 1e6).round() / 1e3;
    Ok(line)
}

fn print(line: &Line) {
    let share = 100.0 * line.compute_ms / line.audio_ms.max(1) as f64;
    println!(
        "{}: {:.1} s of sound, {:.1} ms of work ({share:.2} % of a core)",
        line.file.display(),
        line.audio_ms as f64 / 1e3,
        line.compute_ms
    );
    for found in &line.detections {
        println!("  {:>9.2} s  {}  {:.3}", found.at_ms as f64 / 1e3, found.word, found.score);
    }
}
