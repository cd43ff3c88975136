//! Plain lines: one per observation, and the summary at the end.

use std::io::{self, Write};

use bench::ledger::Row;
use bench::view::{PhoneView, View};

/// A moment of the wall clock for people: UTC, to the second.
pub(crate) fn stamp(ms: u64) -> String {
    let ms = i64::try_from(ms).unwrap_or(i64::MAX);
    jiff::Timestamp::from_millisecond(ms)
        .map_or_else(|_| "?".to_owned(), |t| t.strftime("%Y-%m-%d %H:%M:%S").to_string())
}

/// Rows in columns as wide as their widest cell; the last column is as long as it is.
pub(crate) fn table<const N: usize>(out: &mut dyn Write, head: &[&str; N], rows: &[[String; N]]) -> io::Result<()> {
    let width = |i: usize| rows.iter().map(|r| r[i].chars().count()).chain([head[i].len()]).max().unwrap_or(0);
    let widths: Vec<usize> = (0..N).map(width).collect();
    let heads: [String; N] = head.map(str::to_owned);
    for row in std::iter::once(&heads).chain(rows) {
        let mut line = String::new();
        for (i, cell) in row.iter().enumerate() {
            if i + 1 == N {
                line.push_str(cell);
            } else {
                line.push_str(&format!("{cell:<width$}  ", width = widths[i]));
            }
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// What stands at the end of a run or a replay: each phone, what was found, what came of it.
pub(crate) fn summary<'a>(out: &mut dyn Write, view: &View, rows: impl Iterator<Item = &'a Row>) -> io::Result<()> {
    writeln!(out)?;
    for finding in &view.cable {
        writeln!(out, "{}  {}", finding.code, finding.title)?;
        for evidence in &finding.evidence {
            writeln!(out, "       {evidence}")?;
        }
        writeln!(out, "       → {}", finding.remedy)?;
    }
    for phone in &view.phones {
        one(out, phone)?;
    }
    for row in rows {
        let load = |l: &Option<String>| l.clone().unwrap_or_else(|| "?".to_owned());
        let loads = format!("{} → {}", load(&row.load_before), load(&row.load_after));
        writeln!(
            out,
            "ledger  {}  {}  {loads}  {}: {}",
            row.mac,
            row.model.clone().unwrap_or_default(),
            row.outcome,
            row.why
        )?;
        writeln!(out, "        {} files served, each kept with its SHA-256", row.served.len())?;
    }
    Ok(())
}

fn one(out: &mut dyn Write, phone: &PhoneView) -> io::Result<()> {
    let load = phone.load.as_ref().map_or_else(String::new, |l| format!(", runs {l}"));
    writeln!(out, "{}  {} ({}){load}", phone.mac, phone.who, phone.grade)?;
    for because in &phone.because {
        writeln!(out, "       because {because}")?;
    }
    for finding in &phone.findings {
        writeln!(out, "  {}  {}", finding.code, finding.title)?;
        for evidence in &finding.evidence {
            writeln!(out, "       {evidence}")?;
        }
        writeln!(out, "       → {}", finding.remedy)?;
    }
    if let Some(procedure) = &phone.procedure {
        let ended =
            procedure.ended.as_ref().map_or_else(|| "runs".to_owned(), |(o, why)| format!("{}: {why}", o.word()));
        writeln!(out, "  {}  {ended}", procedure.title)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_lines_have_no_tail() {
        let mut out = Vec::new();
        table(&mut out, &["a", "b"], &[["long".into(), "x".into()], ["s".into(), String::new()]]).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "a     b\nlong  x\ns\n");
        assert_eq!(stamp(0), "1970-01-01 00:00:00");
    }
}
