//! The command line and nothing else.

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;

use sotto::cli::{self, Cli};

fn main() -> ExitCode {
    // Before there are threads.
    sotto::tts::settle_data();
    // clap ends the process with 2 on wrong usage and with 0 on --help.
    let cli = Cli::parse();
    log_to_stderr(cli.globals.verbose);
    match cli::run(cli) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("sotto: {error:#}");
            cli::exit_code(&error)
        }
    }
}

fn log_to_stderr(verbose: u8) {
    let level = match verbose {
        // The embedded broker calls every client that hangs up an error; ours say themselves what is wrong.
        0 => "warn,rumqttd=off",
        1 => "info,sotto=debug,rumqttd=off",
        _ => "debug,sotto=trace",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .init();
}
