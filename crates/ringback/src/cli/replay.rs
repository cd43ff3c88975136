//! `ringback replay`: a journal, folded again: the same screen and the same rows.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use bench::journal::Line;
use bench::{Seen, State, View};
use clap::Args;

use super::{ProfileArgs, StateArgs, config};
use crate::store::journal;
use crate::trouble::Trouble;

/// Read a journal again: the same screen, the same ledger rows
#[derive(Args)]
pub(crate) struct ReplayArgs {
    /// The journal; none means the newest one in STATE/journals
    file: Option<PathBuf>,
    #[command(flatten)]
    state: StateArgs,
    #[command(flatten)]
    profiles: ProfileArgs,
    /// Print JSON: the last view and the rows
    #[arg(long)]
    json: bool,
    /// Stop after this observation
    #[arg(long, value_name = "N")]
    until: Option<u64>,
}

pub(super) fn run(args: &ReplayArgs) -> super::Result {
    let profiles = config::profiles_or_warn(&args.profiles)?;
    let newest = || -> super::Result<PathBuf> {
        let none = || Trouble::new("RB508", "there is no journal yet", "Name one, or run the bench first.");
        Ok(journal::list(&args.state.folder())?.into_iter().next().ok_or_else(none)?)
    };
    let file = args.file.clone().map_or_else(newest, Ok)?;
    let mut out = std::io::stdout().lock();
    let mut state = State::default();
    let mut rows = BTreeMap::new();
    let mut unreadable = 0u64;
    for line in journal::read(&file)? {
        let observation = match line {
            Line::Observation(observation) => observation,
            Line::Empty => continue,
            Line::Unreadable(_) => {
                unreadable += 1;
                continue;
            }
        };
        if args.until.is_some_and(|n| observation.n > n) {
            break;
        }
        let stopped = matches!(observation.seen, Seen::BenchStopped);
        if let Some(row) = state.apply(&profiles, &observation) {
            rows.insert((row.run, row.stay), row);
        }
        if stopped {
            let here: Vec<_> =
                state.sessions.values().filter(|s| s.here && s.identified.family.is_some()).map(|s| s.mac).collect();
            for row in here.into_iter().filter_map(|mac| state.row(&profiles, mac)) {
                rows.insert((row.run, row.stay), row);
            }
        }
        if !args.json
            && let Some(line) = bench::view::line(&observation)
        {
            writeln!(out, "{line}")?;
        }
    }
    let view = View::of_state(&state, &profiles, state.now);
    if args.json {
        let rows: Vec<_> = rows.into_values().collect();
        writeln!(out, "{}", serde_json::to_string_pretty(&serde_json::json!({ "view": view, "rows": rows }))?)?;
    } else {
        crate::tui::plain::summary(&mut out, &view, rows.values())?;
    }
    if unreadable > 0 {
        eprintln!("{unreadable} lines could not be read and were left out");
    }
    Ok(0)
}
