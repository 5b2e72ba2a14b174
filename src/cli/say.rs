//! `sotto say`: text in, a WAV out.

use super::Globals;
use super::setup::Setup;
use crate::audio::file::write_wav;
use crate::tts::Speaker;
use anyhow::{Result, bail};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

/// Arguments of `sotto say`.
#[derive(Debug, Args)]
pub struct SayArgs {
    /// What to say
    #[arg(required = true)]
    text: Vec<String>,
    /// The file to write: 16-bit mono, at the voice's own rate
    #[arg(short, long, value_name = "WAV")]
    output: PathBuf,
    /// A Piper voice by name or path, or built-in
    #[arg(long, value_name = "NAME or PATH")]
    voice: Option<String>,
    /// Pace: 1 is the voice's own
    #[arg(long)]
    speed: Option<f32>,
}

/// Runs the subcommand.
///
/// # Errors
/// A voice that is missing or damaged, a file that cannot be written.
pub fn run(args: SayArgs, globals: &Globals) -> Result<ExitCode> {
    let setup = Setup::load(globals)?;
    let mut config = setup.config.tts.clone();
    if let Some(voice) = args.voice {
        config.voice = voice;
    }
    if let Some(speed) = args.speed {
        config.speed = speed;
    }
    let mut speaker = Speaker::open(&config, &setup.store)?;
    let began = Instant::now();
    let mut samples = Vec::new();
    speaker.speak(&args.text.join(" "), &mut |sound: &[f32]| {
        samples.extend_from_slice(sound);
        true
    })?;
    let compute_ms = began.elapsed().as_millis() as u64;
    if samples.is_empty() {
        bail!("there is nothing in this text that could be spoken");
    }
    write_wav(&args.output, &samples, speaker.rate_hz())?;
    let audio_ms = samples.len() as u64 * 1000 / u64::from(speaker.rate_hz());
    if globals.json {
        let file = args.output.display().to_string();
        let object = serde_json::json!({
            "file": file, "audio_ms": audio_ms, "compute_ms": compute_ms, "voice": speaker.voice_name(),
        });
        println!("{object}");
    } else {
        println!("{}: {audio_ms} ms of sound in {compute_ms} ms", args.output.display());
    }
    Ok(ExitCode::SUCCESS)
}
