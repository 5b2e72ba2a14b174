//! The stages, made from the configuration and the options that several subcommands share.

use super::{Globals, UsageError};
use crate::assistant::brain::{Brain, Manner};
use crate::assistant::mouth::{Silence, Sink};
use crate::assistant::{BrokerHands, Ear, Hands, Line, SharedHome, SimulatedHands, Source};
use crate::audio::capture::Capture;
use crate::audio::playback::Playback;
use crate::config::Config;
use crate::home::Home;
use crate::home::simulated::SimulatedHome;
use crate::intent::Understander;
use crate::intent::model::OnDemand;
use crate::intent::reply::Replies;
use crate::intent::sentences::SentenceSet;
use crate::models::Store;
use crate::stt::{self, Recognizer, SttConfig};
use crate::tts::Speaker;
use crate::vad::Endpointer;
use crate::wake::WakeDetector;
use anyhow::{Context, Result};
use clap::Args;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Runtime;

/// How long a broker may take to hand out what it keeps.
const SETTLE_LIMIT: Duration = Duration::from_secs(10);
/// No news for this long means that it has.
const SETTLE_QUIET: Duration = Duration::from_millis(500);

/// Which home a command is about.
#[derive(Debug, Clone, Default, Args)]
pub struct HomeArgs {
    /// A simulated home
    #[arg(long, value_name = "FILE", conflicts_with = "broker")]
    pub home: Option<PathBuf>,
    /// The home behind this broker, such as mqtt://localhost:1883 (default: the one in the configuration)
    #[arg(long, value_name = "URL")]
    pub broker: Option<String>,
}

/// Who speaks, and how it is read.
#[derive(Debug, Clone, Default, Args)]
pub struct SpeakerArgs {
    /// The area in which the speaker is
    #[arg(long, value_name = "NAME")]
    pub area: Option<String>,
    /// The language, such as en
    #[arg(long, value_name = "TAG")]
    pub lang: Option<String>,
    /// More sentences, in hassil's format: a YAML file or a folder of them
    #[arg(long, value_name = "FILE or DIR")]
    pub sentences: Option<PathBuf>,
    /// Understand by the sentence grammar alone, without the language model
    #[arg(long)]
    pub grammar_only: bool,
}

/// Configuration and models, from which the stages are made.
pub struct Setup {
    /// What the person set.
    pub config: Config,
    /// Where the weights are.
    pub store: Store,
}

/// A home and the hands on it. The runtime drives the line to the broker, if there is one.
pub struct Reached {
    /// What is known of the home.
    pub home: SharedHome,
    /// Where publishes go.
    pub hands: Box<dyn Hands>,
    /// Drives the line to the broker as long as it is held.
    pub runtime: Option<Runtime>,
}

impl Setup {
    /// Reads the configuration that `globals` names, or the default one.
    ///
    /// # Errors
    /// A configuration that is wrong (exit code 2).
    pub fn load(globals: &Globals) -> Result<Self> {
        let config =
            Config::load(globals.config.as_deref()).map_err(|error| UsageError(error.to_string()))?;
        Ok(Self { config, store: Store::locate()? })
    }

    /// Reaches the home that the options name: a simulated one, a broker's, or an empty one if only text is
    /// to be read and neither is named: sentences of one's own need no home.
    ///
    /// # Errors
    /// A file that is no home; a broker that is not there or does not let us in.
    pub fn reach(&self, args: &HomeArgs, speaker: &SpeakerArgs) -> Result<Reached> {
        if args.home.is_none() && args.broker.is_none() && speaker.sentences.is_some() {
            // A person's own domain needs no home.
            let nothing = SimulatedHome::parse(Path::new("(no home)"), "")?;
            let (hands, home) = SimulatedHands::new(nothing);
            return Ok(Reached { home, hands: Box::new(hands), runtime: None });
        }
        if let Some(file) = &args.home {
            let (hands, home) = SimulatedHands::new(simulated(file)?);
            return Ok(Reached { home, hands: Box::new(hands), runtime: None });
        }
        let mut broker = self.config.broker.clone();
        if let Some(url) = &args.broker {
            broker.url.clone_from(url);
        }
        let runtime = runtime()?;
        let home = SharedHome::new(Home::new(self.config.home.clone()));
        let url = broker.url.clone();
        let line = runtime.block_on(async {
            let mut line = Line::open(&broker, home.clone(), |_| {})?;
            line.settle(SETTLE_QUIET, SETTLE_LIMIT)
                .await
                .map_err(|reason| anyhow::anyhow!("cannot reach the broker {url}: {reason}"))?;
            anyhow::Ok(line)
        })?;
        let hands = BrokerHands::new(
            line.publisher,
            home.clone(),
            line.changes,
            runtime.handle().clone(),
            broker.deadline(),
            PATIENCE,
        );
        Ok(Reached { home, hands: Box::new(hands), runtime: Some(runtime) })
    }

    /// What the service remembers: the file that `$SOTTO_STORE` names, else `sotto.db` in the service's state
    /// folder (`$STATE_DIRECTORY`), else in the person's data folder.
    ///
    /// # Errors
    /// The file cannot be opened or made, or is of a newer Sotto.
    pub fn memory(&self) -> Result<crate::store::Store> {
        let named = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let data = || {
            let folder =
                named("XDG_DATA_HOME").or_else(|| named("HOME").map(|home| home.join(".local/share")));
            folder.map(|folder| folder.join("sotto/sotto.db"))
        };
        let file = named("SOTTO_STORE")
            .or_else(|| named("STATE_DIRECTORY").map(|folder| folder.join("sotto.db")))
            .or_else(data)
            .context("there is no place for what is to be remembered: set SOTTO_STORE to a file")?;
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        Ok(crate::store::Store::open(&file)?)
    }

    /// Reading and dialogue; `ears` adds speech-to-text.
    ///
    /// # Errors
    /// A language that there is not, a sentence file that is wrong, a speech-to-text model that is missing.
    pub fn brain(&self, home: SharedHome, speaker: &SpeakerArgs, ears: bool) -> Result<Brain> {
        let language = speaker.lang.clone().unwrap_or_else(|| self.config.assistant.language.clone());
        let own = match &speaker.sentences {
            None => Vec::new(),
            Some(path) => vec![sentences(path)?],
        };
        let mut understander = Understander::with_sentences(&[&language], &own)
            .map_err(|error| UsageError(error.to_string()))?;
        if self.config.intent.enabled && !speaker.grammar_only && self.model_speaks(&language) {
            understander
                .set_fallback(Box::new(OnDemand::new(self.config.intent.clone(), self.store.clone())));
        }
        let replies = Replies::new(&language).map_err(|error| UsageError(error.to_string()))?;
        let replies = Arc::new(replies);
        let recognizer = if ears { Some(self.recognizer(&language)?) } else { None };
        let area = speaker.area.clone().or_else(|| {
            let area = self.config.assistant.area.trim();
            (!area.is_empty()).then(|| area.to_string())
        });
        let manner = Manner { language, area, min_confidence: self.config.assistant.min_confidence };
        let mut brain = Brain::new(recognizer, understander, replies, home, manner);
        brain.expect_words(own.iter().flat_map(SentenceSet::said).collect());
        Ok(brain)
    }

    /// Whether the language model knows this language: what an English one makes of Mandarin is a guess. A
    /// model that is not of the catalog is taken to know it.
    fn model_speaks(&self, language: &str) -> bool {
        let main = |tag: &str| tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
        let Ok(model) = self.store.catalog().model(&self.config.intent.model) else { return true };
        model.languages.iter().any(|known| known == "multi" || main(known) == main(language))
    }

    /// Speech-to-text.
    ///
    /// # Errors
    /// The model is missing or damaged.
    pub fn recognizer(&self, language: &str) -> Result<Recognizer> {
        let config = SttConfig { language: language.to_string(), ..self.config.stt.clone() };
        let (path, config) = stt::choose(&self.store, &config)?;
        Ok(Recognizer::load(&path, &config)?)
    }

    /// Wake word and endpointing; without `wake`, endpointing alone.
    ///
    /// # Errors
    /// A wake-word model that is missing or does not know the configured words.
    pub fn ear(&self, wake: bool) -> Result<Ear> {
        let detector = if wake { Some(WakeDetector::open(&self.config.wake, &self.store)?) } else { None };
        Ok(Ear::new(detector, Endpointer::new(self.config.vad.clone())))
    }

    /// The microphone and the loudspeaker. Without a loudspeaker everything is done but not answered aloud, which
    /// is said in the log.
    ///
    /// # Errors
    /// There is no microphone, or the configured one cannot be used: what is missing and what to do.
    pub fn sound(&self) -> Result<(Box<dyn Source>, Box<dyn Sink>)> {
        let source = Capture::open(&self.config.audio)?;
        let sink: Box<dyn Sink> = match Playback::open(&self.config.audio) {
            Ok(playback) => Box::new(playback),
            Err(error) => {
                tracing::warn!("replies are not heard: {error}");
                Box::<Silence>::default()
            }
        };
        Ok((Box::new(source), sink))
    }

    /// Text-to-speech; `None` where there is no voice, which is said in the log.
    pub fn speaker(&self) -> Option<Speaker> {
        match Speaker::open(&self.config.tts, &self.store) {
            Ok(speaker) => Some(speaker),
            Err(error) => {
                tracing::warn!("replies are not spoken: {error}");
                None
            }
        }
    }
}

/// How long a state may take to come back before an outcome is called unconfirmed.
pub const PATIENCE: Duration = Duration::from_secs(2);

/// A simulated home from its file.
///
/// # Errors
/// The file, and the line in it that is wrong (exit code 2).
pub fn simulated(file: &Path) -> Result<SimulatedHome> {
    SimulatedHome::load(file).map_err(|error| UsageError(error.to_string()).into())
}

/// The runtime for the broker's line: one thread is plenty for a home's messages.
///
/// # Errors
/// The system gives no more threads.
pub fn runtime() -> Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("sotto-line")
        .enable_all()
        .build()
        .context("cannot start the runtime")
}

fn sentences(path: &Path) -> Result<SentenceSet> {
    let read = if path.is_dir() {
        SentenceSet::read_dir(path)
    } else {
        let text = std::fs::read_to_string(path)
            .map_err(|error| UsageError(format!("cannot read {}: {error}", path.display())))?;
        SentenceSet::read([(path.display().to_string(), text)])
    };
    read.map_err(|error| UsageError(error.to_string()).into())
}
