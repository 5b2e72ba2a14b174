//! `sotto transcribe`: speech to text alone.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use serde_json::json;

use super::setup::Setup;
use super::{EXIT_NOT_UNDERSTOOD, Globals, UsageError};
use crate::audio::file::FrameReader;
use crate::home::simulated::SimulatedHome;
use crate::stt::{self, Hints, Recognizer, SttConfig, Transcript};

/// Speech to text alone, on files
#[derive(Debug, Args)]
pub struct TranscribeArgs {
    /// Sound files: WAV, FLAC, Ogg Vorbis
    #[arg(required = true, value_name = "WAV")]
    files: Vec<PathBuf>,
    /// Expect the names of this simulated home
    #[arg(long, value_name = "FILE")]
    home: Option<PathBuf>,
    /// Expect nothing: anybody may say anything
    #[arg(long, conflicts_with = "home")]
    open: bool,
    /// Language spoken, such as en or zh-CN; picks the model too
    #[arg(long, value_name = "TAG")]
    lang: Option<String>,
    /// A name from `sotto models list`, or the path of a ggml file
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// Threads (default: the configuration's)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=16))]
    threads: Option<u32>,
    /// Least sound that the model is given, in ms, filled up with silence (default: the configuration's)
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u32).range(1000..=30_000))]
    window: Option<u32>,
}

/// Runs the subcommand: a line a file, in order.
///
/// # Errors
/// No model; a home that cannot be read; whisper.cpp failing. A sound file that cannot be read is told on
/// stderr and makes the exit code 1; the others are heard all the same.
pub fn run(args: TranscribeArgs, globals: &Globals) -> Result<ExitCode> {
    let setup = Setup::load(globals)?;
    let config = configured(setup.config.stt, &args);
    let (path, config) = stt::choose(&setup.store, &config)?;
    let mut recognizer = Recognizer::load(&path, &config).map_err(|e| match e {
        stt::SttError::Language { .. } => UsageError(e.to_string()).into(),
        e => anyhow::Error::from(e),
    })?;
    let hints = hints(&args)?;
    let (mut heard, mut failed) = (false, false);
    for file in &args.files {
        match transcribe(file, &mut recognizer, &hints) {
            Ok(transcript) => {
                heard |= !transcript.text.is_empty();
                print(file, &transcript, args.files.len() > 1, globals);
            }
            Err(e) => {
                failed = true;
                eprintln!("sotto: {e:#}");
            }
        }
    }
    Ok(match (failed, heard) {
        (true, _) => ExitCode::FAILURE,
        (false, true) => ExitCode::SUCCESS,
        (false, false) => ExitCode::from(EXIT_NOT_UNDERSTOOD),
    })
}

fn configured(mut config: SttConfig, args: &TranscribeArgs) -> SttConfig {
    if let Some(language) = &args.lang {
        config.language.clone_from(language);
    }
    if let Some(model) = &args.model {
        config.model.clone_from(model);
    }
    if let Some(threads) = args.threads {
        config.threads = threads;
    }
    if let Some(window) = args.window {
        config.window_ms = window;
    }
    config
}

fn hints(args: &TranscribeArgs) -> Result<Hints> {
    let Some(file) = &args.home else { return Ok(Hints::default()) };
    let home = SimulatedHome::load(file)?.home().view();
    let areas = home.areas.iter().map(|a| a.name.as_str());
    let entities = home.entities.iter().map(|e| e.name.as_str());
    Ok(Hints { prompt: stt::prompt_of(areas.chain(entities)), language: None })
}

/// A file of any length: what is in memory is never more than two windows.
fn transcribe(file: &Path, recognizer: &mut Recognizer, hints: &Hints) -> Result<Transcript> {
    let mut sound = Vec::new();
    let mut all: Option<Transcript> = None;
    let mut hear = |sound: &[f32]| -> Result<()> {
        let next = recognizer.transcribe(sound, hints).with_context(|| file.display().to_string())?;
        match &mut all {
            Some(before) => before.append(next),
            None => all = Some(next),
        }
        Ok(())
    };
    let frames = FrameReader::open(file)?;
    if let Some(warning) = frames.warning() {
        tracing::warn!("{warning}");
    }
    for frame in frames {
        sound.extend(frame?);
        if let Some(pause) = stt::first_pause(&sound) {
            hear(sound.get(..pause).unwrap_or_default())?;
            sound.drain(..pause);
        }
    }
    hear(&sound)?;
    all.context("nothing was read")
}

fn print(file: &Path, transcript: &Transcript, several: bool, globals: &Globals) {
    if globals.json {
        let line = json!({
            "file": file, "text": transcript.text,
            "confidence": f64::from((transcript.confidence * 1000.0).round()) / 1000.0,
            "in_grammar": transcript.in_grammar, "audio_ms": transcript.audio_ms,
            "compute_ms": transcript.compute_ms,
        });
        println!("{line}");
    } else if several {
        println!("{}: {}", file.display(), transcript.text);
    } else {
        println!("{}", transcript.text);
    }
}
