//! Rows as text in columns, and as a table for spreadsheets (RFC 4180).

use bench::ledger::Row;

use crate::tui::plain::stamp;

/// The columns' names.
pub(crate) const HEAD: [&str; 9] =
    ["when", "mac", "model", "load before", "load after", "procedure", "outcome", "approved", "why"];

/// A row's cells.
pub(crate) fn cells(row: &Row) -> [String; 9] {
    let text = |t: &Option<String>| t.clone().unwrap_or_default();
    [
        stamp(row.ended_ms),
        row.mac.to_string(),
        text(&row.model),
        text(&row.load_before),
        text(&row.load_after),
        text(&row.procedure),
        row.outcome.clone(),
        approved(row),
        row.why.clone(),
    ]
}

/// Who approved that the phone was erased, and why.
pub(crate) fn approved(row: &Row) -> String {
    match (&row.approved_by, &row.approved_why) {
        (Some(who), Some(why)) => format!("{who}: {why}"),
        (who, _) => who.clone().unwrap_or_default(),
    }
}

/// All rows with their head.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut out = HEAD.join(",");
    out.push('\n');
    for row in rows {
        let quoted: Vec<String> = cells(row).iter().map(|c| field(c)).collect();
        out.push_str(&quoted.join(","));
        out.push('\n');
    }
    out
}

/// A leading `=`, `+`, `-` or `@` would be a formula to a spreadsheet.
fn field(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@']) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    #[test]
    fn fields_cannot_break_out_of_their_cell() {
        assert_eq!(super::field("a \"b\", c"), "\"a \"\"b\"\", c\"");
        assert_eq!(super::field("=1+1"), "\"'=1+1\"");
    }
}
