//! A whole run: which servers there are, each scenario, each in turn, and what came of it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::{Value, json};

use crate::bounds::{self, Verdict};
use crate::cli::RunArgs;
use crate::content::Content;
use crate::cpus::{Work, be_on_phones_side};
use crate::lab::Lab;
use crate::report::{self, Results};
use crate::scenario::{Bench, Case, Scenario};
use crate::server::Kind;

/// Open files that the phones need, and servers with a socket for each phone.
const FILES: u64 = 65_536;
/// The share of the machine that other programs may have without it being mentioned.
const QUIET: f64 = 0.05;
/// How long a look at what other programs do takes; the last server's sockets and pages go meanwhile.
const LOOK: Duration = Duration::from_millis(200);
/// How long a whole run waits for other programs, all turns together.
const PATIENCE: Duration = Duration::from_secs(300);
/// After so many failures a server sits out the rest of a case.
const FAILURES: u32 = 2;

/// Measures what was asked for; false when bounds were to hold and one did not.
pub(crate) fn run(args: &RunArgs) -> Result<bool> {
    let installed = installed(args);
    if installed.is_empty() {
        bail!("there is no server to measure");
    }
    raise_open_files()?;
    let about = about(args, &installed);
    tell(&heading(&about));
    be_on_phones_side()?;
    let mut lab = Lab::build()?;
    let content = Content::new(lab.folder().join("files"))?;
    let mut bench = Bench { lab: &mut lab, content: &content, ringback: &args.ringback };
    let mut results = Results::default();
    let mut verdicts = Vec::new();
    let mut troubles = Vec::new();
    let mut patience = if args.no_wait { Duration::ZERO } else { PATIENCE };
    for scenario in scenarios(args) {
        let kinds = scenario.servers().iter().filter(|kind| installed.iter().any(|(k, _)| k == *kind));
        let kinds: Vec<Kind> = kinds.copied().collect();
        let cases = scenario.cases(args.quick);
        for case in cases.into_iter().filter(|c| args.phones.is_empty() || args.phones.contains(&c.phones)) {
            measure(&mut bench, &case, &kinds, args, &mut results, &mut troubles, &mut patience)?;
            verdicts.extend(bounds::judge(&case, &results));
        }
    }
    if let Some(folder) = &args.keep_logs {
        keep_logs(&lab, folder)?;
    }
    drop(lab);
    tell(&format!("Bounds (Ringback)\n{}", report::verdicts(&verdicts)));
    if let Some(path) = &args.json {
        results.write(path, &about, &verdicts)?;
    }
    for trouble in &troubles {
        tell(&format!("Not measured: {trouble}"));
    }
    Ok(!args.assert || accepted(&verdicts, &troubles))
}

/// With `--assert` every bound has to hold, and what could not be measured does not.
fn accepted(verdicts: &[Verdict], troubles: &[String]) -> bool {
    verdicts.iter().all(|verdict| verdict.holds == Some(true)) && troubles.is_empty()
}

fn scenarios(args: &RunArgs) -> Vec<Scenario> {
    if args.only.is_empty() { Scenario::value_variants().to_vec() } else { args.only.clone() }
}

fn installed(args: &RunArgs) -> Vec<(Kind, PathBuf)> {
    let wanted = if args.servers.is_empty() { Kind::value_variants() } else { &args.servers };
    let mut found = Vec::new();
    for kind in wanted {
        match kind.program(&args.ringback) {
            Ok(program) => found.push((*kind, program)),
            Err(why) => tell(&format!("{}: {why}", kind.name())),
        }
    }
    found
}

/// Lets the servers take turns and shows the table.
fn measure(
    bench: &mut Bench<'_>,
    case: &Case,
    kinds: &[Kind],
    args: &RunArgs,
    results: &mut Results,
    troubles: &mut Vec<String>,
    patience: &mut Duration,
) -> Result<()> {
    let what = format!("{} with {} phones", case.scenario.name(), case.phones);
    let reference = case.scenario.reference();
    let yardstick = if kinds.contains(&reference) { Some(&reference) } else { kinds.first() };
    let Some(yardstick) = yardstick else {
        troubles.push(format!("{what}: no server for it is installed"));
        return Ok(());
    };
    let prepared = case.prepare(bench, *yardstick).with_context(|| format!("preparing {what}"))?;
    let mut others: f64 = 0.0;
    let mut failures: BTreeMap<Kind, u32> = BTreeMap::new();
    for turn in 1..=args.turns().min(case.scenario.most_turns(case.quick)) {
        for kind in kinds {
            // Further turns would take as long and tell as little.
            if failures.get(kind).is_some_and(|count| *count >= FAILURES) {
                continue;
            }
            wait_for_quiet(patience);
            let before = Work::now();
            match case.play(bench, *kind, prepared) {
                Ok(sample) => {
                    results.add(case, *kind, sample);
                    if kind.tells_cpu() {
                        others = others.max(Work::now().others_since(&before));
                    }
                }
                Err(error) => {
                    troubles.push(format!("{what}, turn {turn}, {}: {error:#}", kind.name()));
                    *failures.entry(*kind).or_default() += 1;
                }
            }
        }
    }
    tell(&results.table(case, prepared));
    if others > QUIET {
        tell(&format!("  (not a quiet machine: other programs had up to {:.0} % of it)\n", others * 100.0));
    }
    Ok(())
}

/// Waits until other programs leave the machine alone, as long as there is patience left.
fn wait_for_quiet(patience: &mut Duration) {
    loop {
        let before = Work::now();
        std::thread::sleep(LOOK);
        if Work::now().others_since(&before) <= QUIET || patience.is_zero() {
            return;
        }
        *patience = patience.saturating_sub(LOOK);
    }
}

/// The limits of this program are those of the servers it starts; all get the same.
fn raise_open_files() -> Result<()> {
    let limit = getrlimit(Resource::Nofile);
    let most = limit.maximum.unwrap_or(FILES).min(FILES);
    let current = limit.current.map(|files| files.max(most));
    setrlimit(Resource::Nofile, Rlimit { current, maximum: limit.maximum }).context("raising the limit of open files")
}

fn about(args: &RunArgs, installed: &[(Kind, PathBuf)]) -> Value {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let cpu = read("/proc/cpuinfo");
    let model = cpu.lines().find_map(|l| l.strip_prefix("model name")).unwrap_or_default();
    let servers: Vec<Value> = installed
        .iter()
        .filter(|(kind, _)| *kind != Kind::Null)
        .map(|(kind, program)| json!({"server": kind, "version": kind.version(program)}))
        .collect();
    json!({
        "kernel": read("/proc/sys/kernel/osrelease").trim(),
        "cpu": model.trim_start_matches([' ', '\t', ':']),
        "cpus": std::thread::available_parallelism().map_or(0, usize::from),
        "load_average": read("/proc/loadavg").split(' ').next().unwrap_or_default(),
        "servers": servers,
        "quick": args.quick,
        "tolerance": bounds::TOLERANCE,
    })
}

fn heading(about: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let servers: Vec<String> =
        about["servers"].as_array().into_iter().flatten().map(|server| text(&server["version"])).collect();
    let machine = format!("Linux {}, {} × {}", text(&about["kernel"]), about["cpus"], text(&about["cpu"]));
    format!("{machine}, load {}\n{}\n", text(&about["load_average"]), servers.join(" · "))
}

fn keep_logs(lab: &Lab, folder: &std::path::Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    for entry in fs::read_dir(lab.folder())?.flatten() {
        if entry.path().extension().is_some_and(|extension| extension == "log") {
            fs::copy(entry.path(), folder.join(entry.file_name()))?;
        }
    }
    Ok(())
}

/// Prints a line or a table; that nobody reads it is no error.
fn tell(text: &str) {
    let _ = writeln!(io::stdout(), "{text}");
}

/// Prints what there is to choose from.
pub(crate) fn list() {
    for scenario in Scenario::value_variants() {
        let servers: Vec<&str> = scenario.servers().iter().map(|kind| kind.name()).collect();
        tell(&format!("{}: {}", scenario.name(), servers.join(", ")));
        for bound in bounds::words(*scenario) {
            tell(&format!("    {bound}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asserting_accepts_nothing_that_was_not_measured() {
        let case = Case { scenario: Scenario::Loss, phones: 32, quick: true };
        let verdict = |holds| Verdict { case: case.clone(), bound: String::new(), measured: None, holds };
        assert!(accepted(&[verdict(Some(true))], &[]));
        assert!(!accepted(&[verdict(Some(true)), verdict(None)], &[]));
        assert!(!accepted(&[verdict(Some(false))], &[]));
        assert!(!accepted(&[verdict(Some(true))], &["a server failed".to_owned()]));
    }
}
