//! `sotto hear`: the whole pipeline on files.

use super::setup::{HomeArgs, Reached, Setup, SpeakerArgs};
use super::{EXIT_NOT_UNDERSTOOD, Globals};
use crate::assistant::{Brain, Ear, Noticed, Thought};
use crate::audio::file::{self, FrameReader};
use crate::audio::{FRAME_MS, FRAME_SAMPLES, Utterance};
use crate::stt::Transcript;
use crate::tts::Speaker;
use crate::vad::PAUSE_MS;
use crate::wake::Detection;
use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

/// The longest file that `--no-wake` takes as one utterance, in ms: what speech-to-text hears at once.
const LONGEST_UTTERANCE_MS: u64 = 30_000;

/// Silence after the end of a file, in ms, so that what was said last is finished as it would be in a room.
const SILENCE_AFTER_MS: u64 = 2_000;

/// Arguments of `sotto hear`.
#[derive(Debug, Args)]
pub struct HearArgs {
    /// WAV, FLAC or Ogg Vorbis files
    #[arg(required = true, value_name = "WAV")]
    files: Vec<PathBuf>,
    /// Take each file as one utterance, without a wake word
    #[arg(long)]
    no_wake: bool,
    #[command(flatten)]
    home: HomeArgs,
    #[command(flatten)]
    speaker: SpeakerArgs,
}

/// Runs the subcommand.
///
/// # Errors
/// A home that cannot be reached, a missing model. A file that cannot be read is told, and the others are heard.
pub fn run(args: HearArgs, globals: &Globals) -> Result<ExitCode> {
    let setup = Setup::load(globals)?;
    let reached = setup.reach(&args.home, &args.speaker)?;
    let brain = setup.brain(reached.home.clone(), &args.speaker, true)?;
    let mut listener =
        Listener { brain, reached, speaker: setup.speaker(), json: globals.json, understood: 0 };
    let mut failed = false;
    for path in &args.files {
        // Each file stands alone, so that the order of files changes nothing.
        listener.brain.forget();
        if args.home.home.is_some() {
            listener.reached = setup.reach(&args.home, &args.speaker)?;
            listener.brain.move_to(listener.reached.home.clone());
        }
        let heard =
            if args.no_wake { listener.utterance(path) } else { listener.stream(path, setup.ear(true)?) };
        if let Err(error) = heard {
            eprintln!("sotto: {error:#}");
            failed = true;
        }
    }
    Ok(match (failed, listener.understood) {
        (true, _) => ExitCode::FAILURE,
        (false, 0) => ExitCode::from(EXIT_NOT_UNDERSTOOD),
        (false, _) => ExitCode::SUCCESS,
    })
}

struct Listener {
    brain: Brain,
    reached: Reached,
    speaker: Option<Speaker>,
    json: bool,
    understood: usize,
}

/// Times of one utterance, in ms.
#[derive(Debug, Clone, Copy, Default)]
struct Times {
    /// From the end of speech to the moment at which the endpointer was sure of it.
    endpoint: f64,
    /// Compute time of wake word and endpointing.
    wake: f64,
}

impl Listener {
    /// The whole file is one utterance.
    fn utterance(&mut self, path: &Path) -> Result<()> {
        let samples = file::read_all(path, LONGEST_UTTERANCE_MS)?;
        let speech_end_ms = samples.len() as u64 * FRAME_MS / FRAME_SAMPLES as u64;
        let utterance = Utterance { samples, start_ms: 0, speech_end_ms };
        self.react(path, None, &utterance, Times::default())
    }

    /// The file is a stream: wake words, utterances, and answers to questions.
    fn stream(&mut self, path: &Path, mut ear: Ear) -> Result<()> {
        let silence = (0..SILENCE_AFTER_MS / FRAME_MS).map(|_| Ok([0.0; FRAME_SAMPLES]));
        let mut woken: Option<Detection> = None;
        let mut anything = false;
        let mut compute = 0.0;
        for frame in FrameReader::open(path)?.chain(silence) {
            let began = Instant::now();
            let noticed = ear.push(&frame?, true);
            compute += began.elapsed().as_secs_f64() * 1000.0;
            match noticed {
                None | Some(Noticed::SpeechStarted(_) | Noticed::Resumed) => {}
                // As it would be on a machine that needs no time for it: a file is heard the same everywhere.
                Some(Noticed::Paused(utterance)) => {
                    if let Some(pause) = self.brain.foresee(&utterance) {
                        ear.allow(utterance.speech_end_ms, pause);
                    }
                }
                Some(Noticed::Woke(detection)) => {
                    ear.listen(Some(detection.at_ms));
                    woken = Some(detection);
                }
                Some(Noticed::NobodySpoke) => {
                    anything = true;
                    self.brain.drop_question();
                    self.print(
                        path,
                        woken.take(),
                        None,
                        None,
                        Times { wake: compute, ..Times::default() },
                        0.0,
                    )?;
                }
                Some(Noticed::Ended(utterance)) => {
                    anything = true;
                    let endpoint = ear.now_ms().saturating_sub(utterance.speech_end_ms) as f64;
                    let times = Times { endpoint, wake: std::mem::take(&mut compute) };
                    self.react(path, woken.take(), &utterance, times)?;
                    if self.brain.has_open_question() {
                        ear.listen(None);
                    }
                }
            }
        }
        if !anything {
            self.print(path, woken, None, None, Times { wake: compute, ..Times::default() }, 0.0)?;
        }
        Ok(())
    }

    fn react(
        &mut self,
        path: &Path,
        wake: Option<Detection>,
        utterance: &Utterance,
        times: Times,
    ) -> Result<()> {
        let transcript =
            self.brain.hear(utterance).map_err(|error| anyhow::anyhow!("{}: {error}", path.display()))?;
        if !self.brain.trusts(&transcript) {
            return self.print(path, wake, Some(transcript), None, times, 0.0);
        }
        let mut thought = self.brain.think(&transcript.text);
        if !thought.steps.is_empty() {
            let settled = self.brain.act(&thought, self.reached.hands.as_mut(), &mut |_| {});
            thought.reply = settled.reply;
            thought.question = settled.question;
        }
        self.understood += usize::from(thought.understanding.understood());
        let tts = self.first_sound(&thought.reply);
        self.print(path, wake, Some(transcript), Some(thought), times, tts)
    }

    /// How long the reply's first sentence takes to become sound, in ms.
    fn first_sound(&mut self, reply: &str) -> f64 {
        let Some(speaker) = self.speaker.as_mut() else { return 0.0 };
        let began = Instant::now();
        let mut first = None;
        let spoken = speaker.speak(reply, &mut |_: &[f32]| {
            first = Some(began.elapsed());
            false
        });
        if let Err(error) = spoken {
            tracing::warn!("cannot speak: {error}");
        }
        first.map_or(0.0, |elapsed| elapsed.as_secs_f64() * 1000.0)
    }

    fn print(
        &self,
        path: &Path,
        wake: Option<Detection>,
        transcript: Option<Transcript>,
        thought: Option<Thought>,
        times: Times,
        tts: f64,
    ) -> Result<()> {
        let mut out = std::io::stdout().lock();
        let thought = thought.unwrap_or_else(|| {
            let words = transcript.as_ref().is_some_and(|t| !t.text.is_empty());
            self.brain.nothing(transcript.as_ref().map_or("", |t| &t.text), words)
        });
        let stt = transcript.as_ref().map_or(0, |t| t.compute_ms) as f64;
        // Speech-to-text runs while it is still being waited whether the person speaks on.
        let sure = if times.endpoint > 0.0 { times.endpoint.max(PAUSE_MS as f64 + stt) } else { stt };
        let intent = thought.micros as f64 / 1000.0;
        if !self.json {
            let text = transcript.map(|t| t.text).unwrap_or_default();
            writeln!(out, "{}", path.display())?;
            match &wake {
                Some(w) => writeln!(out, "  {:>6} ms  {} ({:.2})", w.at_ms, w.word, w.score)?,
                None => writeln!(out, "             no wake word")?,
            }
            writeln!(out, "             heard: {text}")?;
            for command in &thought.understanding.commands {
                writeln!(out, "             {} → {}", command.intent, command.targets.join(", "))?;
            }
            writeln!(out, "             “{}”", thought.reply)?;
            return Ok(());
        }
        let mut object = json!({
            "file": path.display().to_string(),
            "wake": wake.map(|w| json!({ "word": w.word, "at_ms": w.at_ms, "score": round(f64::from(w.score)) })),
            "transcript": {
                "text": transcript.as_ref().map_or("", |t| &t.text),
                "confidence": round(transcript.as_ref().map_or(0.0, |t| f64::from(t.confidence))),
                "in_grammar": transcript.as_ref().is_some_and(|t| t.in_grammar),
            },
        });
        if let (Value::Object(object), Value::Object(fields)) = (&mut object, thought.to_json()) {
            object.extend(fields);
            object.insert(
                "ms".into(),
                json!({
                    "speech_end_to_action": round(sure + intent),
                    "wake": round(times.wake), "stt": round(stt), "intent": round(intent), "tts": round(tts),
                }),
            );
        }
        writeln!(out, "{object}")?;
        Ok(())
    }
}

fn round(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
