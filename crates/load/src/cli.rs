//! The command line.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::{Args, Parser, Subcommand};

use crate::scenario::Scenario;
use crate::server::Kind;
use crate::{janitor, null, run};

/// Compares servers for desk phones in turn, in network namespaces of its own (needs root).
#[derive(Parser)]
#[command(version, max_term_width = 100, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    inner: Option<Inner>,
    #[command(flatten)]
    run: RunArgs,
}

/// What to measure and how.
#[derive(Args, Clone, Debug)]
pub(crate) struct RunArgs {
    /// Scenarios to run, by name; all of them when none is named
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    pub(crate) only: Vec<Scenario>,
    /// Servers to compare; all that are installed when none is named
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    pub(crate) servers: Vec<Kind>,
    /// Sizes to play, by the number of phones; all of a scenario's when none is named
    #[arg(long, value_name = "N,…", value_delimiter = ',')]
    pub(crate) phones: Vec<usize>,
    /// How often each server takes its turn [default: 5, with --quick 3]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=50))]
    pub(crate) reps: Option<u32>,
    /// Small sizes, for a check on every change
    #[arg(long)]
    pub(crate) quick: bool,
    /// The program that is compared with the others
    #[arg(long, value_name = "PATH", default_value = "target/release/ringback")]
    pub(crate) ringback: PathBuf,
    /// Write every single measurement to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Exit with 1 when Ringback breaks one of the bounds
    #[arg(long)]
    pub(crate) assert: bool,
    /// Keep what the servers print, in this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) keep_logs: Option<PathBuf>,
    /// Do not wait for other programs to leave the machine alone
    #[arg(long)]
    pub(crate) no_wait: bool,
    /// Only list the scenarios, servers and bounds
    #[arg(long)]
    pub(crate) list: bool,
}

impl RunArgs {
    /// How often each server takes its turn.
    pub(crate) fn turns(&self) -> u32 {
        self.reps.unwrap_or(if self.quick { 3 } else { 5 })
    }
}

/// What the program starts itself with.
#[derive(Subcommand)]
enum Inner {
    #[command(hide = true)]
    NullServer(null::NullArgs),
    #[command(hide = true)]
    Janitor(janitor::JanitorArgs),
}

/// Runs what was asked for; false when a bound was broken and that was to be told.
pub(crate) fn main() -> Result<bool> {
    let cli = Cli::parse();
    match cli.inner {
        Some(Inner::NullServer(args)) => null::run(&args).map(|()| true),
        Some(Inner::Janitor(args)) => {
            janitor::run(&args);
            Ok(true)
        }
        None if cli.run.list => {
            run::list();
            Ok(true)
        }
        None if !rustix::process::geteuid().is_root() => bail!("network namespaces need root"),
        None => run::run(&cli.run),
    }
}
