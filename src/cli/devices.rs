//! `sotto devices`: what is known, from where, in what state.

use super::{Globals, UsageError};
use crate::home::simulated::SimulatedHome;
use crate::home::{Availability, Change, Entity, Feature, Home, HomeConfig, HomeView};
use crate::mqtt::{self, BrokerConfig, Event, Incoming, Publisher};
use anyhow::{Context, Result, bail};
use clap::Args;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Nothing new for so long: the broker has told everything that it kept.
const QUIET: Duration = Duration::from_millis(700);
/// Learning a home takes no longer than this.
const MOST: Duration = Duration::from_secs(15);

/// The home waits this long before it asks; here we know that the broker has told everything.
const KEPT_MS: u64 = 5_000;

/// What is known, from where, in what state
#[derive(Debug, Args)]
pub struct DevicesArgs {
    /// Show this simulated home
    #[arg(long, value_name = "FILE", conflicts_with = "broker")]
    home: Option<PathBuf>,
    /// Show what this broker tells, such as mqtt://localhost:1883
    #[arg(long, value_name = "URL")]
    broker: Option<String>,
    /// Show only what is in this area
    #[arg(long, value_name = "NAME")]
    area: Option<String>,
}

/// Runs the subcommand.
///
/// # Errors
/// The home cannot be read; the broker cannot be reached.
pub fn run(args: DevicesArgs, globals: &Globals) -> Result<ExitCode> {
    let mut home = match (&args.home, &args.broker) {
        (Some(file), _) => SimulatedHome::load(file)?.home(),
        (None, Some(url)) => ask_broker(BrokerConfig::at(url))?,
        (None, None) => ask_broker(BrokerConfig::default())?,
    };
    let view = home.view();
    if let Some(area) = &args.area
        && !view.areas.iter().any(|a| a.name.eq_ignore_ascii_case(area))
    {
        let known: Vec<&str> = view.areas.iter().map(|a| a.name.as_str()).collect();
        return Err(UsageError(format!("there is no area `{area}`; known are {}", known.join(", "))).into());
    }
    let wanted = |e: &&Entity| match &args.area {
        Some(area) => e.area.as_ref().is_some_and(|a| a.eq_ignore_ascii_case(area)),
        None => true,
    };
    let shown: Vec<&Entity> = view.entities.iter().filter(wanted).collect();
    let mut out = std::io::stdout().lock();
    if globals.json {
        for entity in shown {
            writeln!(out, "{}", as_json(entity, &view, &home))?;
        }
    } else {
        table(&mut out, &shown, &home)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn ask_broker(broker: BrokerConfig) -> Result<Home> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let learnt = runtime.block_on(learn(&broker, HomeConfig::default()));
    let (home, publisher, _) = learnt?;
    runtime.block_on(publisher.close());
    Ok(home)
}

/// Connects to a broker and learns the home that it tells of: waits until the announcements and states
/// that it keeps have been read, or 15 s.
///
/// # Errors
/// The configuration is wrong, or the broker cannot be reached.
pub async fn learn(broker: &BrokerConfig, config: HomeConfig) -> Result<(Home, Publisher, Incoming)> {
    let (publisher, mut incoming) = mqtt::connect(broker)?;
    let mut home = Home::new(config);
    publisher.subscribe_all(home.subscriptions()).await?;
    let begun = Instant::now();
    let mut connected = false;
    loop {
        let left = MOST.saturating_sub(begun.elapsed());
        let wait = if connected { QUIET.min(left) } else { left };
        match tokio::time::timeout(wait, incoming.recv()).await {
            Err(_) if connected => {
                // What the broker keeps is read; devices that have not told their state are asked for it.
                let now_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
                let questions = home.questions(now_ms.saturating_add(KEPT_MS));
                if questions.is_empty() || left.is_zero() {
                    break;
                }
                for question in questions {
                    publisher.publish(question.topic, question.payload, QUIET).await;
                }
            }
            Err(_) => bail!("the broker at {} does not answer", broker.url),
            Ok(None) => bail!("the connection to {} was closed", broker.url),
            Ok(Some(Event::Connected)) => connected = true,
            Ok(Some(Event::Lost { reason })) => return Err(reason).context("cannot learn the home"),
            Ok(Some(Event::Message { topic, payload, retained })) => {
                let now_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
                for change in home.ingest(&topic, &payload, retained, now_ms) {
                    follow(change, &publisher).await?;
                }
                if left.is_zero() {
                    break;
                }
            }
        }
    }
    Ok((home, publisher, incoming))
}

/// Does what a change asks of the connection, and tells a person what cannot be read.
async fn follow(change: Change, publisher: &Publisher) -> Result<()> {
    match change {
        Change::Subscribe(topics) => publisher.subscribe_all(topics).await?,
        Change::Rejected { topic, reason } => tracing::warn!("{topic}: {reason}"),
        Change::Unreadable { entity, reason } => tracing::warn!("{entity}: {reason}"),
        _ => {}
    }
    Ok(())
}

fn as_json(entity: &Entity, view: &HomeView, home: &Home) -> Value {
    let features: Vec<String> = entity.features.iter().map(Feature::to_string).collect();
    json!({
        "id": entity.id,
        "name": entity.name,
        "aliases": entity.aliases,
        "area": entity.area,
        "floor": view.floor_of(entity),
        "device": entity.device,
        "device_class": entity.device_class,
        "features": features,
        "unit": entity.unit,
        "options": entity.options,
        "ranges": entity.ranges,
        "state": entity.state.value,
        "attributes": entity.state.attributes,
        "available": entity.state.availability == Availability::Available,
        "from": home.source(&entity.id),
    })
}

fn table(out: &mut impl Write, entities: &[&Entity], home: &Home) -> std::io::Result<()> {
    let state = |e: &Entity| match (e.state.availability, &e.state.value, &e.unit) {
        (Availability::Unavailable, ..) => "unavailable".to_owned(),
        (_, Some(value), Some(unit)) if value.parse::<f64>().is_ok() => format!("{value} {unit}"),
        (_, Some(value), _) => value.clone(),
        (_, None, _) => "unknown".to_owned(),
    };
    let features = |e: &Entity| e.features.iter().map(Feature::to_string).collect::<Vec<_>>().join(" ");
    let mut rows = vec![["id", "name", "area", "state", "can", "from"].map(str::to_owned)];
    rows.extend(entities.iter().map(|e| {
        let from = home.source(&e.id).unwrap_or_default().to_owned();
        [e.id.clone(), e.name.clone(), e.area.clone().unwrap_or_default(), state(e), features(e), from]
    }));
    let wide = |column: usize| {
        let cells = rows.iter().filter_map(|r| r.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0).min(40)
    };
    let widths: Vec<usize> = (0..6).map(wide).collect();
    for row in &rows {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(c, w)| format!("{c:<w$}")).collect();
        writeln!(out, "{}", cells.join("  ").trim_end())?;
    }
    let areas: BTreeSet<&str> = entities.iter().filter_map(|e| e.area.as_deref()).collect();
    writeln!(out, "{} entities in {} areas", entities.len(), areas.len())
}
