//! `sotto config`: the configuration file.

use super::{Globals, UsageError};
use crate::config::{Config, commented};
use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Write or check the configuration file
#[derive(Debug, Args)]
pub struct ConfigArgs {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Write a file with every key at its default, explained
    Init {
        /// Where to; without it, to standard output
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Say whether a file is right
    Check {
        /// The file; without it, the one that Sotto would read
        file: Option<PathBuf>,
    },
}

/// Runs the subcommand.
///
/// # Errors
/// A file that cannot be written, or that is there already; a configuration that is wrong.
pub fn run(args: ConfigArgs, globals: &Globals) -> Result<ExitCode> {
    match args.command {
        ConfigCommand::Init { output: None } => {
            std::io::stdout().write_all(commented().as_bytes())?;
        }
        ConfigCommand::Init { output: Some(file) } => {
            if file.exists() {
                bail!("{} is there already; move it away or name another file", file.display());
            }
            if let Some(folder) = file.parent() {
                std::fs::create_dir_all(folder)
                    .with_context(|| format!("cannot make {}", folder.display()))?;
            }
            std::fs::write(&file, commented()).with_context(|| format!("cannot write {}", file.display()))?;
            println!("wrote {}", file.display());
        }
        ConfigCommand::Check { file } => {
            let named = file.or_else(|| globals.config.clone()).or_else(Config::default_file);
            let Some(file) = named else {
                println!("no configuration file: the defaults are used");
                return Ok(ExitCode::SUCCESS);
            };
            Config::read(&file).map_err(|error| UsageError(error.to_string()))?;
            println!("{} is right", file.display());
        }
    }
    Ok(ExitCode::SUCCESS)
}
