//! `sotto ask`: text in, plan out.

use super::session::{Session, zone_of};
use super::setup::{HomeArgs, Reached, Setup, SpeakerArgs};
use super::{EXIT_NOT_UNDERSTOOD, Globals, UsageError};
use crate::assistant::{Brain, Thought};
use crate::home::Action;
use anyhow::{Context, Result};
use clap::Args;
use jiff::{Timestamp, ZonedDateTime, tz::TimeZone};
use std::io::{BufRead, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `sotto ask`.
#[derive(Debug, Args)]
pub struct AskArgs {
    /// What is said
    #[arg(required_unless_present = "stdin", conflicts_with = "stdin")]
    text: Vec<String>,
    /// Read a text a line from standard input
    #[arg(long)]
    stdin: bool,
    /// Carry it out
    #[arg(long = "do")]
    carry_out: bool,
    /// Keep the dialogue and everything that is remembered in this file, over lines and runs; everything is
    /// carried out in a simulated home. A line such as @+10m moves the clock, @binary_sensor.front_door on
    /// sets a state
    #[arg(long, value_name = "FILE")]
    session: Option<PathBuf>,
    /// Fix the clock, such as 2026-11-24T07:00:00+01:00
    #[arg(long, value_name = "RFC3339")]
    clock: Option<String>,
    #[command(flatten)]
    home: HomeArgs,
    #[command(flatten)]
    speaker: SpeakerArgs,
}

/// Runs the subcommand.
///
/// # Errors
/// A home that cannot be reached, a configuration or sentence file that is wrong.
pub fn run(args: AskArgs, globals: &Globals) -> Result<ExitCode> {
    let setup = Setup::load(globals)?;
    if let Some(file) = &args.session {
        let clock = args.clock.as_deref().map(clock_at).transpose()?;
        let session = Session::open(file, &setup, &args.home, &args.speaker, args.carry_out, clock)?;
        return in_session(session, &args, globals);
    }
    let mut reached = setup.reach(&args.home, &args.speaker)?;
    let mut brain = setup.brain(reached.home.clone(), &args.speaker, false)?;
    if let Some(clock) = &args.clock {
        let fixed = clock_at(clock)?;
        brain.set_clock(Box::new(move || fixed.clone()));
    }
    let mut understood = 0;
    if !args.stdin {
        understood += usize::from(answer(&args.text.join(" "), &mut brain, &mut reached, &args, globals)?);
    } else {
        for line in std::io::stdin().lock().lines() {
            let line = line.context("cannot read standard input")?;
            // Without a session every line stands alone: nothing that was asked, done or remembered before.
            brain.forget();
            if args.carry_out && args.home.home.is_some() {
                reached = setup.reach(&args.home, &args.speaker)?;
                brain.move_to(reached.home.clone());
            }
            understood += usize::from(answer(&line, &mut brain, &mut reached, &args, globals)?);
        }
    }
    Ok(if understood > 0 { ExitCode::SUCCESS } else { ExitCode::from(EXIT_NOT_UNDERSTOOD) })
}

/// Answers every line with one object, in one dialogue.
fn in_session(mut session: Session, args: &AskArgs, globals: &Globals) -> Result<ExitCode> {
    let mut understood = 0;
    let mut take = |line: &str| -> Result<()> {
        let mut out = std::io::stdout().lock();
        if line.trim_start().starts_with('@') {
            let (told, happenings) = match session.follow(line) {
                Ok(happenings) => (session.told(&happenings), happenings),
                Err(reason) => {
                    let mut told = session.told(&[]);
                    told["error"] = reason.into();
                    (told, Vec::new())
                }
            };
            understood += 1;
            if globals.json {
                writeln!(out, "{told}")?;
            } else {
                writeln!(
                    out,
                    "{}{}",
                    told["at"].as_str().unwrap_or(""),
                    told["error"].as_str().map(|e| format!(": {e}")).unwrap_or_default()
                )?;
                for happening in &happenings {
                    print_actions(&mut out, &happening.actions)?;
                    writeln!(out, "{}: “{}”", happening.kind, happening.say)?;
                }
            }
            out.flush()?;
            session.done(&happenings);
            return Ok(());
        }
        let thought = session.say(line);
        understood += usize::from(thought.understanding.understood());
        if globals.json {
            writeln!(out, "{}", thought.to_json())?;
        } else {
            print(&mut out, &thought)?;
        }
        Ok(out.flush()?)
    };
    if args.stdin {
        for line in std::io::stdin().lock().lines() {
            take(&line.context("cannot read standard input")?)?;
        }
    } else {
        take(&args.text.join(" "))?;
    }
    Ok(if understood > 0 { ExitCode::SUCCESS } else { ExitCode::from(EXIT_NOT_UNDERSTOOD) })
}

fn answer(
    text: &str,
    brain: &mut Brain,
    reached: &mut Reached,
    args: &AskArgs,
    globals: &Globals,
) -> Result<bool> {
    let mut thought = brain.think(text);
    if args.carry_out && !thought.steps.is_empty() {
        let settled = brain.act(&thought, reached.hands.as_mut(), &mut |_| {});
        thought.reply = settled.reply;
        thought.question = settled.question;
    }
    let mut out = std::io::stdout().lock();
    if globals.json {
        writeln!(out, "{}", thought.to_json())?;
    } else {
        print(&mut out, &thought)?;
    }
    Ok(thought.understanding.understood())
}

fn print(out: &mut impl Write, thought: &Thought) -> Result<()> {
    for command in &thought.understanding.commands {
        let slots: Vec<_> = command.slots.iter().map(|(name, value)| format!("{name}={value}")).collect();
        writeln!(out, "{} {} → {}", command.intent, slots.join(" "), command.targets.join(", "))?;
    }
    print_actions(out, thought.actions())?;
    writeln!(out, "“{}”", thought.reply)?;
    Ok(())
}

fn print_actions<'a>(out: &mut impl Write, actions: impl IntoIterator<Item = &'a Action>) -> Result<()> {
    for action in actions {
        match action {
            Action::Publish { topic, payload } => writeln!(out, "  {topic} ← {payload}")?,
            Action::Skill { skill, arguments } => {
                writeln!(out, "  {skill} {}", serde_json::Value::Object(arguments.clone()))?;
            }
        }
    }
    Ok(())
}

fn clock_at(text: &str) -> Result<ZonedDateTime> {
    let wrong = |error: jiff::Error| {
        UsageError(format!("--clock {text}: {error}; write it like 2026-11-24T07:00:00+01:00"))
    };
    if let Ok(zoned) = text.parse::<ZonedDateTime>() {
        return Ok(zoned);
    }
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        // The offset in the text is the speaker's: what they call seven o'clock.
        let offset = jiff::fmt::temporal::Pieces::parse(text)
            .ok()
            .and_then(|pieces| pieces.to_numeric_offset())
            .map_or(TimeZone::UTC, |offset| zone_of(timestamp, offset));
        return Ok(timestamp.to_zoned_datetime(offset));
    }
    let local: jiff::civil::DateTime = text.parse().map_err(wrong)?;
    Ok(local.to_zoned_datetime(TimeZone::system()).map_err(wrong)?)
}
