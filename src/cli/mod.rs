//! The command line: one file per command. Exit codes: 0 done, 1 the job failed, 2 wrong usage or configuration.

mod check;
mod export;
mod import;
mod person;
mod reach;
mod report;
mod serve;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::clock::{SharedClock, SystemClock};
use crate::config::{Arguments, Config, ConfigError};

/// A live social media wall for events: a hashtag's posts on the big screen, moderated at a tap, counted so that the count can
/// be defended.
#[derive(Debug, Parser)]
#[command(
    name = "buzzwall",
    version,
    propagate_version = true,
    args_conflicts_with_subcommands = true
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: serve::Serve,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the service (also without any command).
    Serve(serve::Serve),
    /// Checks the configuration and tries every feed once.
    Check(check::Check),
    /// Prints the report of a wall, also while the service runs.
    Report(report::ReportCommand),
    /// Reads an archive into a wall: JSON Lines of posts, or CSV with a header.
    Import(import::ImportCommand),
    /// Writes every post of a wall with its standing as JSON Lines.
    Export(export::Export),
    /// Adds, lists and removes people who may sign in.
    #[command(subcommand)]
    Person(person::PersonCommand),
}

/// What every command takes.
#[derive(Debug, Clone, Args)]
struct Common {
    /// Configuration file; else ./buzzwall.toml if there is one.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Data folder.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Form of the log, which goes to standard error. What is logged is set by `RUST_LOG`.
    #[arg(long, value_name = "FORM", default_value = "text")]
    log_format: LogFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

/// How a command failed.
#[derive(Debug)]
enum Failure {
    /// The job failed: exit 1.
    Job(String),
    /// Wrong usage or configuration: exit 2.
    Usage(String),
}

impl Failure {
    fn job(error: &dyn std::fmt::Display) -> Self {
        Self::Job(error.to_string())
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::Usage(error.to_string())
    }
}

impl Common {
    /// Reads the configuration; `more` adds what `serve` takes beside.
    fn load(&self, more: Arguments) -> Result<Config, Failure> {
        let arguments = Arguments {
            config: self.config.clone(),
            data: self.data.clone(),
            ..more
        };
        let folder = std::env::current_dir().map_err(|error| {
            Failure::Job(format!("the working directory cannot be found: {error}"))
        })?;
        Ok(Config::load(&arguments, &folder)?)
    }
}

/// Parses the arguments and runs the command.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let common = match &cli.command {
        None => &cli.serve.common,
        Some(Command::Serve(command)) => &command.common,
        Some(Command::Check(command)) => &command.common,
        Some(Command::Report(command)) => &command.common,
        Some(Command::Import(command)) => &command.common,
        Some(Command::Export(command)) => &command.common,
        Some(Command::Person(command)) => command.common(),
    };
    // What is wrong stands in the table.
    let usual = match &cli.command {
        Some(Command::Check(_)) => "warn",
        _ => "info",
    };
    log_to_stderr(common.log_format, usual);
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("buzzwall: the runtime cannot start: {error}");
            return ExitCode::from(1);
        }
    };
    let clock: SharedClock = Arc::new(SystemClock);
    let result = runtime.block_on(async {
        match cli.command {
            None => cli.serve.run(clock).await,
            Some(Command::Serve(command)) => command.run(clock).await,
            Some(Command::Check(command)) => command.run(clock).await,
            Some(Command::Report(command)) => command.run().await,
            Some(Command::Import(command)) => command.run(clock).await,
            Some(Command::Export(command)) => command.run().await,
            Some(Command::Person(command)) => command.run(clock).await,
        }
    });
    // Work that cannot be cancelled, such as a read that hangs, does not keep the process.
    runtime.shutdown_timeout(std::time::Duration::from_millis(500));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Job(message)) => {
            eprintln!("buzzwall: {message}");
            ExitCode::from(1)
        }
        Err(Failure::Usage(message)) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}

fn log_to_stderr(format: LogFormat, usual: &str) {
    use tracing_subscriber::EnvFilter;
    // What a certificate lacks is said by the feed that met it.
    let usual = format!("buzzwall={usual},warn,rustls_platform_verifier=off");
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(usual));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .with_writer(std::io::stderr);
    match format {
        LogFormat::Text => log.with_target(false).init(),
        LogFormat::Json => log.json().init(),
    }
}

/// Prints to standard output; a reader that went away is no failure.
fn print(text: &str) -> Result<(), Failure> {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Failure::job(&error)),
        _ => Ok(()),
    }
}

/// Writes to the file that `--output` names, else to standard output.
fn deliver(output: Option<&std::path::Path>, text: &str) -> Result<(), Failure> {
    match output {
        None => print(text),
        Some(path) => std::fs::write(path, text).map_err(|error| {
            Failure::Job(format!("{} cannot be written: {error}", path.display()))
        }),
    }
}
