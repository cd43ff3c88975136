//! `ringback ledger`: what was done to which phone.

use std::io::Write;

use clap::{Args, ValueEnum};

use super::StateArgs;
use crate::store::ledger::{Ledger, csv};
use crate::tui::plain::table;

/// Show what was done to which phone
#[derive(Args)]
pub(crate) struct LedgerArgs {
    /// Only rows with this MAC, model, outcome or text
    filter: Option<String>,
    #[command(flatten)]
    state: StateArgs,
    /// How many rows
    #[arg(long, default_value_t = 100)]
    limit: usize,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Print JSON (as --format json)
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    #[default]
    Table,
    Json,
    Csv,
}

pub(super) fn run(args: &LedgerArgs) -> super::Result {
    let ledger = Ledger::open(&args.state.folder())?;
    let rows = ledger.rows(args.filter.as_deref(), args.limit)?;
    let mut out = std::io::stdout().lock();
    if args.json || args.format == Format::Json {
        writeln!(out, "{}", serde_json::to_string_pretty(&rows)?)?;
        return Ok(0);
    }
    if args.format == Format::Csv {
        write!(out, "{}", csv::table(&rows))?;
        return Ok(0);
    }
    let cells: Vec<_> = rows.iter().map(csv::cells).collect();
    if cells.is_empty() {
        writeln!(out, "The ledger has no such row.")?;
        return Ok(0);
    }
    table(&mut out, &csv::HEAD, &cells)?;
    Ok(0)
}
