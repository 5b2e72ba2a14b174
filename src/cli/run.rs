//! `sotto run`: the service.
//!
//! Starts with what is there and waits for the rest: a broker that is away is tried again and again, a
//! microphone that is unplugged is reopened. What is needed and missing altogether ends it with a sentence that
//! says what to do.

use super::Globals;
use super::setup::{PATIENCE, Setup, SpeakerArgs, runtime};
use crate::assistant::{
    Assistant, BrokerHands, Event, EventKind, Limits, Line, Mouth, Parts, SharedHome, bus,
};
use crate::board;
use crate::home::Home;
use crate::mqtt::{EmbeddedBroker, EmbeddedConfig};
use anyhow::{Context, Result, bail};
use clap::Args;
use std::process::ExitCode;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::broadcast::error::RecvError;

/// How long the broker may take to hand out what it keeps before we say that we are ready all the same.
const SETTLE_LIMIT: Duration = Duration::from_secs(10);
/// No news for this long means that it has.
const SETTLE_QUIET: Duration = Duration::from_millis(500);
/// How often it is looked after whether the threads still live.
const LOOK: Duration = Duration::from_millis(500);

/// Arguments of `sotto run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// The broker, such as mqtt://localhost:1883 (default: the one in the configuration)
    #[arg(long, value_name = "URL")]
    broker: Option<String>,
    #[command(flatten)]
    speaker: SpeakerArgs,
}

/// Runs the subcommand until SIGTERM or Ctrl-C.
///
/// # Errors
/// A model, microphone or loudspeaker that is missing; a configuration that is wrong; a thread that died.
pub fn run(args: RunArgs, globals: &Globals) -> Result<ExitCode> {
    let setup = Setup::load(globals)?;
    let mut broker = setup.config.broker.clone();
    if let Some(url) = &args.broker {
        broker.url.clone_from(url);
    }
    // Dropped last: the others say goodbye to it.
    let _embedded = match broker.embedded {
        true => Some(EmbeddedBroker::start(EmbeddedConfig::from_broker(&broker)?)?),
        false => None,
    };
    let runtime = runtime()?;
    let home = SharedHome::new(Home::new(setup.config.home.clone()));
    let (bus, inbox) = bus();
    let (source, sink) = setup.sound()?;
    let ear = setup.ear(true)?;
    let mut brain = setup.brain(home.clone(), &args.speaker, true)?;
    let teller = bus.clone();
    let line = runtime.block_on(async {
        let mut line = Line::open(&broker, home.clone(), move |kind| teller.tell(kind))?;
        if let Err(reason) = line.settle(SETTLE_QUIET, SETTLE_LIMIT).await {
            tracing::warn!("the broker {} is not there: {reason}; it is tried again", broker.url);
        }
        anyhow::Ok(line)
    })?;
    brain.remember_in(setup.memory()?);
    // Whoever was asked before the service ended does not know that the question would still be open.
    brain.drop_question();
    brain.prepare();
    let hands = BrokerHands::new(
        line.publisher.clone(),
        home,
        line.changes,
        runtime.handle().clone(),
        broker.deadline(),
        PATIENCE,
    );
    let mouth = Mouth::new(setup.speaker(), sink, brain.replies());
    let parts = Parts { ear, source, brain, hands: Box::new(hands), mouth };
    let mut events = bus.watch();
    let assistant = Assistant::start(bus, inbox, parts, Limits::default())
        .context("cannot start the assistant's threads")?;
    let watchdog =
        board::Watchdog::start(assistant.heartbeat()).context("cannot start the watchdog's thread")?;
    let listening = format!("listening for {}", setup.config.wake.words.join(", "));
    board::ready(&listening);
    tracing::info!("{listening}");
    let ended = runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut look = tokio::time::interval(LOOK);
        loop {
            tokio::select! {
                event = events.recv() => match event {
                    Ok(event) => log(&event),
                    Err(RecvError::Lagged(missed)) => tracing::debug!("{missed} events were not logged"),
                    Err(RecvError::Closed) => bail!("the assistant has ended"),
                },
                _ = look.tick() => if assistant.has_ended() {
                    bail!("a thread of the assistant has ended; the log above says why");
                },
                _ = terminate.recv() => return Ok(()),
                _ = tokio::signal::ctrl_c() => return Ok(()),
            }
        }
    });
    board::stopping();
    drop(watchdog);
    drop(assistant);
    runtime.block_on(line.publisher.close());
    ended.map(|()| ExitCode::SUCCESS)
}

/// What people say is private: it is in the log only when somebody asked for more of it.
fn log(event: &Event) {
    match &event.kind {
        EventKind::Woke { word, score, .. } => tracing::info!("woke: {word} ({score:.2})"),
        EventKind::Heard { text, confidence, compute_ms } => {
            tracing::debug!("heard “{text}” ({confidence:.2}, {compute_ms} ms)");
        }
        EventKind::ActionSent(action) => tracing::debug!("sent {action:?}"),
        EventKind::ActionDone(action, outcome) => tracing::info!("{outcome:?}: {action:?}"),
        EventKind::Overrun { samples } => {
            tracing::warn!("{samples} samples were lost: this board is too busy")
        }
        EventKind::Microphone { there: false, reason } => tracing::warn!("the microphone is gone: {reason}"),
        EventKind::Microphone { there: true, .. } => tracing::info!("the microphone is there"),
        EventKind::Broker { there: false, reason } => {
            tracing::warn!("the line to the broker is down: {reason}")
        }
        EventKind::Broker { there: true, .. } => tracing::info!("the line to the broker stands"),
        kind => tracing::trace!("{kind:?}"),
    }
}
