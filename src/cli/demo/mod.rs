//! `sotto demo`: a broker, a simulated home and spoken samples, all in this process, through the whole pipeline.
//!
//! In come the samples (or the person's own voice); out come a time line of each utterance and a table. What
//! must never happen here: a short cut past a stage, or a sound that is not played at its own pace.

mod player;
mod script;
mod timeline;

use super::setup::{PATIENCE, Setup, SpeakerArgs, runtime, simulated};
use super::{Globals, UsageError};
use crate::assistant::mouth::{Silence, Sink};
use crate::assistant::{
    Assistant, BrokerHands, Bus, Event, Line, Mouth, Parts, Phase, SharedHome, Source, bus,
};
use crate::audio::Frame;
use crate::audio::file::FrameReader;
use crate::home::simulated::SimulatedDialect;
use crate::models::checkout;
use crate::mqtt::{BrokerConfig, EmbeddedBroker, EmbeddedConfig, SimulatedDevices};
use anyhow::{Context, Result, bail};
use clap::Args;
use player::{Voice, player};
use script::{Sample, Script};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use timeline::{Timeline, Utterance};
use tokio::runtime::Runtime;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

/// Where samples and the demo's home lie when there is no checkout.
const INSTALLED: &str = "/usr/share/sotto";
/// How long the assistant may take over one sample after its sound has ended.
const SAMPLE_LIMIT: Duration = Duration::from_secs(25);
/// An assistant that has rested for this long has nothing more to do.
const RESTED: Duration = Duration::from_millis(300);
/// If nothing has happened this long after the end of a sample, nothing will: longer than the endpointer takes.
const DEAF: Duration = Duration::from_millis(1500);
/// How long the home may take to be as it should.
const HOME_LIMIT: Duration = Duration::from_secs(4);
/// How long the devices may take to announce themselves.
const ANNOUNCE_LIMIT: Duration = Duration::from_secs(10);

/// Arguments of `sotto demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// End after the samples; exit code 0 only if every one did what it should
    #[arg(long, conflicts_with = "mic")]
    once: bool,
    /// Listen to the microphone instead of the samples
    #[arg(long)]
    mic: bool,
    /// The simulated home
    #[arg(long, value_name = "FILE")]
    home: Option<PathBuf>,
    /// Dialects that the home's devices speak, in turn: all, or some of homeassistant, zigbee2mqtt, tasmota,
    /// shelly, esphome
    #[arg(long, value_name = "all|NAME,…", value_delimiter = ',')]
    dialects: Vec<String>,
    /// The folder of spoken samples, with its samples.toml
    #[arg(long, value_name = "DIR", conflicts_with = "mic")]
    samples: Option<PathBuf>,
    #[command(flatten)]
    speaker: SpeakerArgs,
}

/// Runs the subcommand.
///
/// # Errors
/// A model, sample or home that is missing; no free port; no microphone for `--mic`.
pub fn run(args: DemoArgs, globals: &Globals) -> Result<ExitCode> {
    let setup = Setup::load(globals)?;
    let home_file = args.home.clone().unwrap_or_else(|| shipped("tests/homes/demo.toml", "demo.toml"));
    let samples = args.samples.clone().unwrap_or_else(|| shipped("samples", "samples"));
    let script = if args.mic { Script { samples: Vec::new() } } else { Script::read(&samples)? };
    let sounds = script
        .samples
        .iter()
        .map(|sample| frames(&samples.join(&sample.file)))
        .collect::<Result<Vec<_>>>()?;
    let stage = Stage::set(&setup, &args, &home_file, globals.json)?;
    if args.mic {
        return stage.listen();
    }
    let mut results = stage.play(&script, &sounds)?;
    stage.report(&script, &results);
    while !args.once {
        results = stage.play(&script, &sounds)?;
        stage.report(&script, &results);
    }
    let failed = results.iter().any(|result| !result.wrong.is_empty());
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The dialects of the command line.
fn dialects(named: &[String]) -> Result<Vec<SimulatedDialect>> {
    if named.iter().any(|name| name == "all") {
        return Ok(SimulatedDialect::ALL.iter().map(|(_, dialect)| *dialect).collect());
    }
    let one = |name: &String| name.parse().map_err(|reason| UsageError(reason).into());
    named.iter().map(one).collect()
}

/// Of a checkout, or installed.
fn shipped(in_checkout: &str, installed: &str) -> PathBuf {
    checkout().map_or_else(|| Path::new(INSTALLED).join(installed), |checkout| checkout.join(in_checkout))
}

fn frames(path: &Path) -> Result<Vec<Frame>> {
    Ok(FrameReader::open(path)?.collect::<Result<Vec<_>, _>>()?)
}

/// Everything that the demo runs. The fields are dropped in this order: the assistant first, the broker last.
struct Stage {
    assistant: Assistant,
    voice: Option<Voice>,
    home: SharedHome,
    _devices: SimulatedDevices,
    json: bool,
    runtime: Runtime,
    _broker: EmbeddedBroker,
}

/// What became of a sample.
struct Played {
    utterance: Utterance,
    wrong: Vec<String>,
}

impl Stage {
    fn set(setup: &Setup, args: &DemoArgs, home_file: &Path, json: bool) -> Result<Self> {
        let say = |text: &str| {
            if !json {
                println!("{text}");
            }
        };
        let simulated = simulated(home_file)?.speaking(&dialects(&args.dialects)?);
        let broker = EmbeddedBroker::start(EmbeddedConfig::default())?;
        say(&format!("broker      {} (this process, loopback only)", broker.url()));
        let config =
            BrokerConfig { url: broker.url(), client_id: "sotto-demo".into(), ..BrokerConfig::default() };
        let runtime = runtime()?;
        let home = SharedHome::new(simulated.unannounced(setup.config.home.clone()));
        let (bus, inbox) = bus();
        let (devices, line) = runtime.block_on(async {
            let own = BrokerConfig { client_id: "sotto-home".into(), ..config.clone() };
            let mut devices = SimulatedDevices::start(simulated, &own)?;
            if !devices.announced(ANNOUNCE_LIMIT).await {
                bail!("the simulated home did not announce itself at {}", config.url);
            }
            let teller = bus.clone();
            let mut line = Line::open(&config, home.clone(), move |kind| teller.tell(kind))?;
            line.settle(Duration::from_millis(300), ANNOUNCE_LIMIT).await.map_err(anyhow::Error::msg)?;
            Ok((devices, line))
        })?;
        let view = home.view();
        say(&format!(
            "home        {}: {} entities in {} areas",
            home_file.display(),
            view.entities.len(),
            view.areas.len()
        ));
        let began = Instant::now();
        let mut brain = setup.brain(home.clone(), &args.speaker, true)?;
        brain.prepare();
        say(&format!("models      loaded and prepared in {:.1} s", began.elapsed().as_secs_f64()));
        let hands = BrokerHands::new(
            line.publisher,
            home.clone(),
            line.changes,
            runtime.handle().clone(),
            config.deadline(),
            PATIENCE,
        );
        let (source, sink, voice): (Box<dyn Source>, Box<dyn Sink>, _) = if args.mic {
            let (source, sink) = setup.sound()?;
            (source, sink, None)
        } else {
            let (voice, player) = player();
            (Box::new(player), Box::<Silence>::default(), Some(voice))
        };
        let replies = brain.replies();
        let parts = Parts {
            ear: setup.ear(true)?,
            source,
            brain,
            hands: Box::new(hands),
            mouth: Mouth::new(setup.speaker(), sink, replies),
        };
        let assistant = Assistant::start(bus, inbox, parts, crate::assistant::Limits::default())
            .context("cannot start the assistant's threads")?;
        Ok(Self { assistant, voice, home, _devices: devices, json, runtime, _broker: broker })
    }

    fn bus(&self) -> &Bus {
        self.assistant.bus()
    }

    /// With a microphone: prints what happens until the person has had enough.
    fn listen(&self) -> Result<ExitCode> {
        println!("Say \"computer\" or \"jarvis\" and a command. Ctrl-C ends.\n");
        let mut events = self.bus().watch();
        let mut timeline = Timeline::new(!self.json);
        self.runtime.block_on(async {
            loop {
                tokio::select! {
                    event = events.recv() => match event {
                        Ok(event) => timeline.take(&event),
                        Err(RecvError::Lagged(_)) => {}
                        Err(RecvError::Closed) => bail!("the assistant has ended"),
                    },
                    _ = tokio::signal::ctrl_c() => return Ok(ExitCode::SUCCESS),
                }
            }
        })
    }

    fn play(&self, script: &Script, sounds: &[Vec<Frame>]) -> Result<Vec<Played>> {
        let mut timeline = Timeline::new(!self.json);
        let mut events = self.bus().watch();
        let mut results = Vec::new();
        for (sample, sound) in script.samples.iter().zip(sounds) {
            results.push(self.runtime.block_on(self.play_one(sample, sound, &mut timeline, &mut events))?);
        }
        Ok(results)
    }

    async fn play_one(
        &self,
        sample: &Sample,
        sound: &[Frame],
        timeline: &mut Timeline,
        events: &mut Receiver<Event>,
    ) -> Result<Played> {
        let Some(voice) = &self.voice else { bail!("there is nobody to speak the samples") };
        if !self.json {
            println!("\n{}  “{}”", sample.file.display(), sample.say);
        }
        timeline.begin();
        voice.say(sound.to_vec());
        let mut rested: Option<Instant> = None;
        let mut ended: Option<Instant> = None;
        loop {
            if self.assistant.has_ended() {
                bail!("a thread of the assistant has ended");
            }
            match tokio::time::timeout(Duration::from_millis(20), events.recv()).await {
                Ok(Ok(event)) => timeline.take(&event),
                Ok(Err(RecvError::Closed)) => bail!("the assistant has ended"),
                Ok(Err(RecvError::Lagged(_))) | Err(_) => {}
            }
            if voice.is_speaking() {
                continue;
            }
            let ended = *ended.get_or_insert_with(Instant::now);
            let resting = matches!(timeline.phase(), Phase::Waiting | Phase::FollowUp);
            rested = if resting { rested.or(Some(Instant::now())) } else { None };
            let touched = timeline.now.heard.is_some() || ended.elapsed() > DEAF;
            if touched && rested.is_some_and(|since| since.elapsed() > RESTED)
                || ended.elapsed() > SAMPLE_LIMIT
            {
                break;
            }
        }
        let utterance = timeline.begin();
        let mut wrong = sample.unsaid(&utterance.reply);
        if utterance.wake.is_none() && !sample.answer {
            wrong.insert(0, "did not wake".into());
        }
        if !utterance.understood {
            wrong.push("not understood".into());
        }
        wrong.extend(self.home_is_not(sample).await);
        if !self.json {
            println!(
                "  {}",
                if wrong.is_empty() {
                    "as it should be".into()
                } else {
                    format!("WRONG: {}", wrong.join("; "))
                }
            );
        }
        Ok(Played { utterance, wrong })
    }

    /// What the home is not like although it should be, after it has had its time.
    async fn home_is_not(&self, sample: &Sample) -> Vec<String> {
        let began = Instant::now();
        loop {
            let unmet = sample.unmet(&self.home.view());
            if unmet.is_empty() || began.elapsed() > HOME_LIMIT {
                return unmet;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    fn report(&self, script: &Script, results: &[Played]) {
        let mut times: Vec<u64> = results.iter().filter_map(|r| r.utterance.publish_ms).collect();
        times.sort_unstable();
        let median = times.get(times.len() / 2).copied();
        let right = results.iter().filter(|r| r.wrong.is_empty()).count();
        let memory_mb = resident_mb();
        if self.json {
            for (sample, result) in script.samples.iter().zip(results) {
                let u = &result.utterance;
                println!(
                    "{}",
                    json!({
                        "file": sample.file, "wake": u.wake, "text": u.heard, "commands": u.commands,
                        "ms": { "speech_end_to_publish": u.publish_ms, "stt": u.stt_ms }, "reply": u.reply, "wrong": result.wrong,
                    })
                );
            }
            println!(
                "{}",
                json!({ "samples": results.len(), "right": right, "median_ms": median, "resident_mb": memory_mb })
            );
            return;
        }
        println!("\n{:<32} {:<9} {:>9} {:>7}  {}", "sample", "wake", "publish", "stt", "heard");
        for (sample, result) in script.samples.iter().zip(results) {
            let u = &result.utterance;
            let mark = if result.wrong.is_empty() { "" } else { "WRONG " };
            println!(
                "{:<32} {:<9} {:>6} ms {:>4} ms  {mark}{}",
                sample.file.display(),
                u.wake.as_deref().unwrap_or(if sample.answer { "(answer)" } else { "-" }),
                u.publish_ms.map_or("-".into(), |ms| ms.to_string()),
                u.stt_ms,
                u.heard.as_deref().unwrap_or("-"),
            );
        }
        println!("\n{right} of {} samples did what they should", results.len());
        if let Some(median) = median {
            println!("median from the end of speech to the publish (or to the answer): {median} ms");
        }
        if let Some(mb) = memory_mb {
            println!("resident memory: {mb} MB");
        }
    }
}

/// Memory of this process that is really there, in MB; `None` where the system does not tell.
fn resident_mb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kb: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kb / 1024)
}
