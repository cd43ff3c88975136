//! What was measured: kept, shown as tables, written as JSON.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::bounds::Verdict;
use crate::scenario::{Case, Prepared};
use crate::server::Kind;
use crate::stats::Spread;
use crate::table::{Table, number};

/// Every measurement of a run.
#[derive(Default)]
pub(crate) struct Results {
    cases: Vec<Case>,
    samples: BTreeMap<(usize, Kind), Vec<Vec<f64>>>,
}

impl Results {
    /// Keeps one turn of a server: a number for each metric of the scenario.
    pub(crate) fn add(&mut self, case: &Case, kind: Kind, sample: Vec<f64>) {
        let index = self.cases.iter().position(|c| c == case).unwrap_or_else(|| {
            self.cases.push(case.clone());
            self.cases.len() - 1
        });
        self.samples.entry((index, kind)).or_default().push(sample);
    }

    /// One metric of every turn of a server, in order.
    pub(crate) fn values(&self, case: &Case, kind: Kind, key: &str) -> Vec<f64> {
        let index = self.cases.iter().position(|c| c == case);
        let column = case.scenario.metrics().iter().position(|m| m.key == key);
        let (Some(index), Some(column)) = (index, column) else { return Vec::new() };
        let samples = self.samples.get(&(index, kind)).map(Vec::as_slice).unwrap_or_default();
        samples.iter().filter_map(|sample| sample.get(column).copied()).collect()
    }

    /// The servers that were measured in a case.
    fn servers(&self, case: &Case) -> Vec<Kind> {
        let index = self.cases.iter().position(|c| c == case);
        self.samples.keys().filter(|(i, _)| Some(*i) == index).map(|(_, kind)| *kind).collect()
    }

    /// A case as a table: the first metric with its spread and its ratio, the others as median (largest).
    pub(crate) fn table(&self, case: &Case, prepared: Prepared) -> String {
        let (metrics, reference) = (case.scenario.metrics(), case.scenario.reference());
        let Some((main, rest)) = metrics.split_first() else { return String::new() };
        let titles = [String::new(), format!("{} (min–max)", main.title), format!("× {} (min–max)", reference.name())];
        let mut table = Table::new(titles.into_iter().chain(rest.iter().map(|m| m.title.to_owned())));
        let mut turns = 0;
        for kind in self.servers(case) {
            let values = self.values(case, kind, main.key);
            turns = turns.max(values.len());
            let ratio = Spread::ratio(&values, &self.values(case, reference, main.key));
            let others = rest
                .iter()
                .map(|m| Spread::of(&self.values(case, kind, m.key)).map_or("–".to_owned(), |s| short(s, m.digits)));
            let cells = [kind.name().to_owned(), spread(Spread::of(&values), main.digits), spread(ratio, 2)];
            table.row(cells.into_iter().chain(others));
        }
        let phones = if case.phones == 1 { "1 phone".to_owned() } else { format!("{} phones", case.phones) };
        format!("{}, {phones}{prepared}, {turns} turns\n{}", case.scenario.name(), table.show())
    }

    /// Writes everything to a file.
    pub(crate) fn write(&self, path: &Path, about: &Value, verdicts: &[Verdict]) -> Result<()> {
        let cases: Vec<Value> = self.cases.iter().map(|case| self.case_json(case)).collect();
        let all = json!({"about": about, "cases": cases, "bounds": verdicts});
        let text = serde_json::to_string_pretty(&all)?;
        fs::write(path, text + "\n").with_context(|| format!("writing {}", path.display()))
    }

    fn case_json(&self, case: &Case) -> Value {
        let server = |kind: Kind| {
            let metric = |key: &str| {
                let values = self.values(case, kind, key);
                json!({"turns": values, "spread": Spread::of(&values)})
            };
            let metrics: BTreeMap<&str, Value> =
                case.scenario.metrics().iter().map(|m| (m.key, metric(m.key))).collect();
            json!({"server": kind, "metrics": metrics})
        };
        let servers: Vec<Value> = self.servers(case).into_iter().map(server).collect();
        json!({"case": case, "reference": case.scenario.reference(), "servers": servers})
    }
}

/// `median (min–max)`.
fn spread(spread: Option<Spread>, digits: usize) -> String {
    let Some(Spread { median, min, max }) = spread else { return "–".to_owned() };
    format!("{} ({}–{})", number(median, digits), number(min, digits), number(max, digits))
}

/// The median, and the largest behind it where it differs.
fn short(spread: Spread, digits: usize) -> String {
    let (median, max) = (number(spread.median, digits), number(spread.max, digits));
    if median == max { median } else { format!("{median} ({max})") }
}

/// The bounds and how they came out, as a table.
pub(crate) fn verdicts(verdicts: &[Verdict]) -> String {
    let mut table = Table::new(["", "measured", ""].map(str::to_owned));
    for verdict in verdicts {
        let what = format!("{}, {} phones: {}", verdict.case.scenario.name(), verdict.case.phones, verdict.bound);
        let holds = match verdict.holds {
            Some(true) => "holds",
            Some(false) => "BROKEN",
            None => "not measured",
        };
        table.row([what, number(verdict.measured.unwrap_or(f64::NAN), 3), holds.to_owned()]);
    }
    table.show()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;

    fn small() -> Case {
        Case { scenario: Scenario::TftpSmall, phones: 64, quick: false }
    }

    #[test]
    fn a_table_shows_spreads_and_ratios() {
        let mut results = Results::default();
        for (ours, theirs) in [(3000.0, 1000.0), (2000.0, 1000.0), (1000.0, 1000.0)] {
            results.add(&small(), Kind::Ringback, vec![ours, 30.0, 1.0, 0.0]);
            results.add(&small(), Kind::Dnsmasq, vec![theirs, 60.0, 2.0, 0.0]);
        }
        let text = results.table(&small(), Prepared::default());
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "tftp-small, 64 phones, 3 turns");
        assert!(lines[1].contains("files/s (min–max)") && lines[1].contains("× dnsmasq (min–max)"), "{text}");
        assert!(lines[2].contains("2000 (1000–3000)") && lines[2].contains("2.00 (1.00–3.00)"), "{text}");
        assert!(lines[3].contains("1.00 (1.00–1.00)"), "{text}");
    }

    #[test]
    fn what_differs_from_the_median_is_shown() {
        assert_eq!(short(Spread { median: 1.0, min: 0.0, max: 1.0 }, 1), "1.0");
        assert_eq!(short(Spread { median: 1.0, min: 0.0, max: 2.5 }, 1), "1.0 (2.5)");
    }
}
