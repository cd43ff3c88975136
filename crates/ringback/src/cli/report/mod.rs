//! `ringback report`: everything that a colleague needs to understand what happened, in one file.
//!
//! Plain JSON, so that anybody can see what is in it before it is sent. With `--scrub` names and addresses of the
//! network it came from are replaced, the same ones by the same stand-ins, and whatever looks like a secret goes.

mod scrub;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use bench::hearsay::{Hearsay, Who};
use bench::journal::Line;
use clap::Args;
use serde_json::{Value, json};

use super::{ProfileArgs, StateArgs, config};
use crate::host::interfaces;
use crate::host::privileges::Privileges;
use crate::store::journal;
use crate::trouble::Trouble;
use scrub::Scrub;

/// A journal longer than this is cut in the middle, lines: its begin and its end say most.
const LINES: usize = 20_000;

/// Make one file for a bug report or a colleague: journal, findings, versions, this computer
#[derive(Args)]
pub(crate) struct ReportArgs {
    /// The journal; none means the newest one in STATE/journals
    journal: Option<PathBuf>,
    /// Where to write it; `-` is standard output, none makes a name from the journal's
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace names, addresses and serial numbers of the network, and take out what looks like a secret
    #[arg(long)]
    scrub: bool,
    #[command(flatten)]
    state: StateArgs,
    #[command(flatten)]
    profiles: ProfileArgs,
}

pub(super) fn run(args: &ReportArgs) -> super::Result {
    let state = args.state.folder();
    let newest = || journal::list(&state).ok().and_then(|all| all.into_iter().next());
    let file = args.journal.clone().or_else(newest);
    let profiles = config::profiles_or_warn(&args.profiles)?;
    let mut hearsay = Hearsay::new(profiles, Who::default());
    let (mut lines, mut unreadable) = (Vec::new(), 0u64);
    if let Some(file) = &file {
        for (number, line) in (1..).zip(journal::read(file)?) {
            match line {
                Line::Observation(observation) => {
                    lines.push(serde_json::to_value(&observation)?);
                    hearsay.observation(number, *observation);
                }
                Line::Empty => {}
                Line::Unreadable(_) => unreadable += 1,
            }
        }
    }
    hearsay.end();
    let cut = lines.len().saturating_sub(LINES);
    if cut > 0 {
        lines.drain(LINES / 2..LINES / 2 + cut);
    }
    let mut report = json!({
        "ringback": env!("CARGO_PKG_VERSION"),
        "scrubbed": args.scrub,
        "system": system(),
        "interfaces": interfaces_seen(),
        "findings": findings(&hearsay),
        "phones": hearsay.report().phones,
        "journal": { "file": file, "unreadable": unreadable, "left_out": cut, "observations": lines },
    });
    if args.scrub {
        Scrub::default().value(&mut report);
    }
    let text = serde_json::to_string_pretty(&report)? + "\n";
    let name = |file: &Path| format!("ringback-report-{}.json", file.file_stem().unwrap_or_default().to_string_lossy());
    let made = || PathBuf::from(file.as_deref().map_or_else(|| "ringback-report.json".to_owned(), name));
    let output = args.output.clone().unwrap_or_else(made);
    if output == Path::new("-") {
        std::io::stdout().lock().write_all(text.as_bytes())?;
        return Ok(0);
    }
    write_new(&output, &text).map_err(|e| Trouble::file(&output, &e))?;
    println!("{}", output.display());
    if !args.scrub {
        eprintln!("It holds addresses and names of your network; `--scrub` replaces them.");
    }
    Ok(0)
}

/// What is there is not overwritten.
fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes())
}

/// The codes that came up, and how often.
fn findings(hearsay: &Hearsay) -> BTreeMap<&'static str, usize> {
    let mut count = BTreeMap::new();
    let report = hearsay.report();
    let of_phones = report.phones.iter().flat_map(|p| &p.findings).map(|f| f.code);
    for code in of_phones.chain(report.cable.iter().map(|f| f.code)) {
        *count.entry(code).or_default() += 1;
    }
    count
}

fn system() -> Value {
    let text = |path: &str| std::fs::read_to_string(path).ok().map(|t| t.trim().to_owned());
    let release = text("/etc/os-release").and_then(|all| {
        all.lines().find_map(|l| l.strip_prefix("PRETTY_NAME=").map(|n| n.trim_matches('"').to_owned()))
    });
    let rights = Privileges::read().ok();
    json!({
        "os": release,
        "kernel": text("/proc/sys/kernel/osrelease"),
        "architecture": std::env::consts::ARCH,
        "root": rights.map(|r| r.euid == 0),
        "missing_rights": rights.map(|r| r.missing().iter().map(ToString::to_string).collect::<Vec<_>>()),
    })
}

fn interfaces_seen() -> Vec<Value> {
    let list = interfaces::list().unwrap_or_default();
    let seen = list.iter().map(|interface| {
        let fit = interfaces::judge(interface);
        json!({
            "name": interface.name,
            "mac": interface.mac,
            "kind": format!("{:?}", interface.kind),
            "up": interface.up,
            "carrier": interface.carrier,
            "speed_mbit": interface.speed_mbit,
            "addresses": interface.addresses.iter().map(|(a, p)| format!("{a}/{p}")).collect::<Vec<_>>(),
            "verdict": format!("{:?}", fit.verdict),
            "reasons": fit.reasons,
        })
    });
    seen.collect()
}
