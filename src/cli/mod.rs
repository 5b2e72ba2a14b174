//! The command line, one file a subcommand.
//!
//! In come arguments; out come text or JSON lines and an exit code: 0 done, 1 it failed, 2 wrong usage or
//! configuration, 3 heard or read but not understood.

pub mod ask;
pub mod config;
pub mod demo;
pub mod devices;
pub mod doctor;
pub mod hear;
pub mod models;
pub mod run;
pub mod say;
pub mod session;
pub mod setup;
pub mod transcribe;
pub mod wake;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{ArgAction, Args, Parser, Subcommand};

/// Exit code of a command that read or heard its input and did not understand it.
pub const EXIT_NOT_UNDERSTOOD: u8 = 3;

/// Exit code of wrong usage or a wrong configuration.
pub const EXIT_USAGE: u8 = 2;

/// A voice assistant for the home that never leaves the home.
#[derive(Debug, Parser)]
#[command(name = "sotto", version, about)]
pub struct Cli {
    /// Options that every subcommand takes.
    #[command(flatten)]
    pub globals: Globals,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options that every subcommand takes.
#[derive(Debug, Clone, Default, Args)]
pub struct Globals {
    /// Print one JSON object a line
    #[arg(long, global = true)]
    pub json: bool,
    /// Read this configuration file
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Log more (twice: still more); RUST_LOG has the last word
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
}

/// The subcommands: one line each here and one in [`run`].
#[derive(Debug, Subcommand)]
pub enum Command {
    /// The service: listen, understand, act, answer
    Run(run::RunArgs),
    /// Read a text: what would be done, and with --do, do it
    Ask(ask::AskArgs),
    /// Hear recordings through the whole pipeline
    Hear(hear::HearArgs),
    /// A broker, a simulated home and spoken samples through the whole pipeline
    Demo(demo::DemoArgs),
    /// Speak a text into a WAV file
    Say(say::SayArgs),
    /// Write or check the configuration file
    Config(config::ConfigArgs),
    /// What is known, from where, in what state
    Devices(devices::DevicesArgs),
    /// Shipped and upstream models: list, pull, verify, import
    Models(models::ModelsArgs),
    /// What is wrong, and what to do about it
    Doctor(doctor::DoctorArgs),
    /// Find the wake words in sound files
    Wake(wake::WakeArgs),
    /// Speech to text alone, on files
    Transcribe(transcribe::TranscribeArgs),
}

/// The command line or the configuration is wrong: exit code 2.
///
/// Return it from a subcommand where clap cannot know that the arguments make no sense.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct UsageError(pub String);

/// Runs the subcommand that `cli` names.
///
/// # Errors
/// Whatever the subcommand could not do, with the file, key or device it concerns.
pub fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let globals = &cli.globals;
    match cli.command {
        Command::Run(args) => run::run(args, globals),
        Command::Doctor(args) => doctor::run(args, globals),
        Command::Ask(args) => ask::run(args, globals),
        Command::Hear(args) => hear::run(args, globals),
        Command::Demo(args) => demo::run(args, globals),
        Command::Say(args) => say::run(args, globals),
        Command::Config(args) => config::run(args, globals),
        Command::Devices(args) => devices::run(args, globals),
        Command::Models(args) => models::run(args, globals),
        Command::Wake(args) => wake::run(args, globals),
        Command::Transcribe(args) => transcribe::run(args, globals),
    }
}

/// The exit code for an error that a subcommand returned: 2 for a [`UsageError`] anywhere in its
/// chain, else 1.
pub fn exit_code(error: &anyhow::Error) -> ExitCode {
    let usage = error.chain().any(|cause| cause.is::<UsageError>());
    ExitCode::from(if usage { EXIT_USAGE } else { 1 })
}
