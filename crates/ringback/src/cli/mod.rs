//! The command line: one file per subcommand.

mod check;
mod config;
mod demo;
mod doctor;
mod explain;
mod ledger;
mod network;
mod phones;
mod read;
mod replay;
mod report;
mod run;
mod serve;
mod session;
mod shelf;
mod simulate;
mod stick;
mod web;
mod web_recover;

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// What every command answers: the exit status, or an error that a person reads.
pub(crate) type Result<T = u8> = anyhow::Result<T>;

/// Brings locked, bricked and mis-provisioned IP desk phones back to a clean, working state.
///
/// One program on one computer, one cable to the phone.
#[derive(Parser)]
#[command(
    version,
    max_term_width = 100,
    after_help = "Every finding and error has a code: `ringback explain CODE` says what it means."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Run(run::RunArgs),
    WebRecover(web_recover::WebRecoverArgs),
    Demo(demo::DemoArgs),
    Serve(serve::ServeArgs),
    Shelf(shelf::ShelfArgs),
    Stick(stick::StickArgs),
    Phones(phones::PhonesArgs),
    Config(config::ConfigArgs),
    Check(check::CheckArgs),
    Doctor(doctor::DoctorArgs),
    Explain(explain::ExplainArgs),
    Ledger(ledger::LedgerArgs),
    Read(read::ReadArgs),
    Replay(replay::ReplayArgs),
    Report(report::ReportArgs),
    Simulate(simulate::SimulateArgs),
}

/// Where Ringback keeps its shelf, journals and ledger.
#[derive(Args, Clone, Debug)]
pub(crate) struct StateArgs {
    /// Folder for shelf, journals, ledger and leases
    #[arg(long, value_name = "DIR", env = "RINGBACK_STATE", global = true)]
    state: Option<PathBuf>,
}

impl StateArgs {
    /// The folder: the one given, else the user's own data folder.
    pub(crate) fn folder(&self) -> PathBuf {
        let home = || std::env::var_os("HOME").map_or_else(|| PathBuf::from("."), PathBuf::from);
        let data = || std::env::var_os("XDG_DATA_HOME").map_or_else(|| home().join(".local/share"), PathBuf::from);
        self.state.clone().unwrap_or_else(|| data().join("ringback"))
    }
}

/// Folders with profiles of one's own.
#[derive(Args, Clone, Debug)]
pub(crate) struct ProfileArgs {
    /// A folder with profiles of your own (may be given more than once)
    #[arg(long = "profiles", value_name = "DIR")]
    folders: Vec<PathBuf>,
}

/// Runs the command line and answers the exit status.
pub(crate) fn main() -> u8 {
    let result = match Cli::parse().command {
        Command::Run(args) => run::run(&args),
        Command::WebRecover(args) => web_recover::run(&args),
        Command::Demo(args) => demo::run(&args),
        Command::Serve(args) => serve::run(&args),
        Command::Shelf(args) => shelf::run(&args),
        Command::Stick(args) => stick::run(&args),
        Command::Phones(args) => phones::run(&args),
        Command::Config(args) => config::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Doctor(args) => doctor::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Ledger(args) => ledger::run(&args),
        Command::Read(args) => read::run(&args),
        Command::Replay(args) => replay::run(&args),
        Command::Report(args) => report::run(&args),
        Command::Simulate(args) => simulate::run(&args),
    };
    match result {
        Ok(status) => status,
        Err(error) if is_broken_pipe(&error) => 0,
        Err(error) => {
            // The terminal may be what went away.
            let _ = writeln!(std::io::stderr(), "ringback: {error:#}");
            1
        }
    }
}

/// The end of a run, in words.
fn summary(bench: &bench::Bench) -> Result<()> {
    let view = bench::View::of_state(bench.state(), bench.profiles(), bench.state().now);
    let known = bench.state().sessions.values().filter(|s| s.identified.family.is_some());
    let rows: Vec<_> = known.filter_map(|s| bench.state().row(bench.profiles(), s.mac)).collect();
    crate::tui::plain::summary(&mut std::io::stdout().lock(), &view, rows.iter())?;
    Ok(())
}

/// Who listened may have gone away (`| head`): the status still says how it ended.
fn told(said: Result<()>) -> Result<()> {
    match said {
        Err(error) if is_broken_pipe(&error) => Ok(()),
        said => said,
    }
}

/// `ringback ledger | head` is no error.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .any(|e| e.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe))
}
