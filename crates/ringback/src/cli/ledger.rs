//! `ringback ledger`: what was done to which phone.

use std::io::Write;

use clap::{Args, ValueEnum};

use super::StateArgs;
use crate::store::ledger::Ledger;
use crate::tui::plain::{stamp, table};

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
    let head = ["when", "mac", "model", "load before", "load after", "procedure", "outcome", "approved", "why"];
    let cells = rows.iter().map(|r| {
        let text = |t: &Option<String>| t.clone().unwrap_or_default();
        let (before, after) = (text(&r.load_before), text(&r.load_after));
        [
            stamp(r.ended_ms),
            r.mac.to_string(),
            text(&r.model),
            before,
            after,
            text(&r.procedure),
            r.outcome.clone(),
            approved(r),
            r.why.clone(),
        ]
    });
    if args.format == Format::Csv {
        writeln!(out, "{}", head.join(","))?;
        for row in cells {
            let quoted: Vec<String> = row.iter().map(|c| csv(c)).collect();
            writeln!(out, "{}", quoted.join(","))?;
        }
        return Ok(0);
    }
    let cells: Vec<_> = cells.collect();
    if cells.is_empty() {
        writeln!(out, "The ledger has no such row.")?;
        return Ok(0);
    }
    table(&mut out, &head, &cells)?;
    Ok(0)
}

/// Who approved that the phone was erased, and why.
fn approved(row: &bench::ledger::Row) -> String {
    match (&row.approved_by, &row.approved_why) {
        (Some(who), Some(why)) => format!("{who}: {why}"),
        (who, _) => who.clone().unwrap_or_default(),
    }
}

/// A CSV field (RFC 4180). A leading `=`, `+`, `-` or `@` would be a formula to a spreadsheet.
fn csv(field: &str) -> String {
    let guard = if field.starts_with(['=', '+', '-', '@']) { "'" } else { "" };
    format!("\"{guard}{}\"", field.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    #[test]
    fn fields_cannot_break_out_of_their_cell() {
        assert_eq!(super::csv("a \"b\", c"), "\"a \"\"b\"\", c\"");
        assert_eq!(super::csv("=1+1"), "\"'=1+1\"");
    }
}
