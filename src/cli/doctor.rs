//! `sotto doctor`: what is wrong and what to do about it.

use super::Globals;
use super::setup::{Setup, runtime};
use crate::audio::capture::Capture;
use crate::audio::playback::Playback;
use crate::config::Config;
use crate::models::Store;
use crate::tts::Speaker;
use crate::wake::WakeDetector;
use crate::{board, mqtt, stt};
use anyhow::Result;
use clap::Args;
use serde::Serialize;
use std::process::ExitCode;

/// Arguments of `sotto doctor`.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Look at the board and its microphone too
    #[arg(long)]
    hardware: bool,
}

/// One thing that was looked at.
#[derive(Debug, Clone, Serialize)]
struct Finding {
    /// What.
    check: String,
    /// Whether it is as it should be.
    ok: bool,
    /// What was found; where it is wrong, what to do.
    says: String,
}

/// Runs the subcommand: exit code 0 if everything is well.
///
/// # Errors
/// A configuration that is wrong (exit code 2).
pub fn run(args: DoctorArgs, globals: &Globals) -> Result<ExitCode> {
    let setup = Setup::load(globals)?;
    let mut findings = vec![configuration(globals), microphone(&setup), loudspeaker(&setup)];
    findings.extend(models(&setup.config, &setup.store));
    findings.push(broker(&setup.config)?);
    if args.hardware {
        findings.extend(hardware(&setup));
    }
    let mut well = true;
    for finding in &findings {
        well &= finding.ok;
        if globals.json {
            println!("{}", serde_json::to_string(finding)?);
        } else {
            println!("{} {:<14} {}", if finding.ok { "ok" } else { "!!" }, finding.check, finding.says);
        }
    }
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn finding(check: &str, found: Result<String, String>) -> Finding {
    let ok = found.is_ok();
    Finding { check: check.to_owned(), ok, says: found.unwrap_or_else(|wrong| wrong) }
}

fn configuration(globals: &Globals) -> Finding {
    let file = globals.config.clone().or_else(Config::default_file);
    finding(
        "configuration",
        Ok(match file {
            Some(file) => file.display().to_string(),
            None => "none, the defaults hold; `sotto config init` writes one".into(),
        }),
    )
}

fn microphone(setup: &Setup) -> Finding {
    let audio = &setup.config.audio;
    let tried = Capture::open(audio).map(|capture| format!("{}: {}", named(&audio.input), capture.format()));
    finding("microphone", tried.map_err(|error| error.to_string()))
}

fn loudspeaker(setup: &Setup) -> Finding {
    let audio = &setup.config.audio;
    let tried = Playback::open(audio).map(|_| named(&audio.output).to_owned());
    finding("loudspeaker", tried.map_err(|error| error.to_string()))
}

fn named(device: &str) -> &str {
    if device.is_empty() { "the system's default" } else { device }
}

fn models(config: &Config, store: &Store) -> Vec<Finding> {
    let wake = WakeDetector::open(&config.wake, store).map(|_| config.wake.words.join(", "));
    let found =
        |name: &str| store.find(name).map(|path| path.display().to_string()).map_err(|e| e.to_string());
    let voice = Speaker::open(&config.tts, store).map(|speaker| format!("{} Hz", speaker.rate_hz()));
    let mut findings = vec![
        finding("wake word", wake.map_err(|error| error.to_string())),
        finding("speech-to-text", found(stt::model_for(&config.stt))),
        finding("voice", voice.map_err(|error| error.to_string())),
    ];
    if config.intent.enabled {
        findings.push(finding("language model", found(&config.intent.model)));
    }
    findings
}

fn broker(config: &Config) -> Result<Finding> {
    let broker = &config.broker;
    if broker.embedded {
        return Ok(finding("broker", Ok(format!("this board itself, at {}", broker.url))));
    }
    let tried = runtime()?.block_on(mqtt::check(broker));
    Ok(finding(
        "broker",
        tried.map(|()| format!("{} lets us in", broker.url)).map_err(|e| format!("{}: {e}", broker.url)),
    ))
}

fn hardware(setup: &Setup) -> Vec<Finding> {
    let checks = board::check(&setup.config.audio);
    let says =
        |found: String, advice: String| if advice.is_empty() { found } else { format!("{found}; {advice}") };
    checks
        .into_iter()
        .map(|c| Finding { check: c.subject, ok: c.good, says: says(c.found, c.advice) })
        .collect()
}
