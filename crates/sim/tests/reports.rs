//! The README's table of field reports: each with the codes that name its cause, those that may come with it, and the
//! scenarios that show it. All of it is what rules and scenarios say of themselves (`field_reports`, `shows`,
//! `named_by`, `needs_no_code`); that a code which names a cause does come up is checked when a scenario is played.

#![allow(clippy::disallowed_methods, reason = "the README is a file; the crate under test touches none")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use bench::diagnose::codes;
use sim::scenario::{BUILT_IN, Scenario};

const BEGIN: &str =
    "<!-- field reports: made by a test; RINGBACK_REWRITE_GOLDEN=1 cargo test -p ringback-sim --test reports -->";
const END: &str = "<!-- end of field reports -->";

/// Every trouble that was reported, in a few words.
const REPORTS: [(&str, &str); 37] = [
    ("FR-01", "wrong unlock keys, or a menu number that differs"),
    ("FR-02", "reset at power-on: keys, lamps, sixty seconds"),
    ("FR-03", "\"Keep network cfg?\" answered wrongly"),
    ("FR-04", "the reset lamps never come: locked, or MGCP"),
    ("FR-05", "unlocked by a password in its configuration"),
    ("FR-06", "reset, and it keeps its old configuration"),
    ("FR-07", "a trust list refuses other servers' files"),
    ("FR-08", "it only has to move to another network"),
    ("FR-09", "admin password unknown: Web Recovery"),
    ("FR-10", "a fixed or link-local address in another subnet"),
    ("FR-11", "\"Invalid Parameters\" from today's browsers"),
    ("FR-12", "a path in the recovery form makes it fail"),
    ("FR-13", "a firewall stops TFTP"),
    ("FR-14", "the server listens on the wrong interface"),
    ("FR-15", "the phone's other socket was used"),
    ("FR-16", "\"Peer returns error\" in the TFTP log"),
    ("FR-17", "power pulled while it wrote its flash"),
    ("FR-18", "six phones at once in Web Recovery"),
    ("FR-19", "the former provider configures it again"),
    ("FR-20", "`local.cfg` survives the reset"),
    ("FR-21", "a nonsense address on the screen"),
    ("FR-22", "the recovery keys are not noticed"),
    ("FR-23", "stuck at \"Updating configuration\""),
    ("FR-24", "how to leave the recovery mode"),
    ("FR-25", "the recovery page takes the file itself"),
    ("FR-26", "many models, one way"),
    ("FR-27", "the old reset key does nothing on new firmware"),
    ("FR-28", "`**7283` asks the provider for the password"),
    ("FR-29", "TFTP recovery with the speaker key"),
    ("FR-30", "USB recovery from a FAT stick"),
    ("FR-31", "a reset needs somebody's approval"),
    ("FR-32", "\"Auth Fail\": an old load meets new files"),
    ("FR-33", "alternate TFTP cannot be changed after a reset"),
    ("FR-34", "the phone sits on a VLAN"),
    ("FR-35", "\"Auth Failed\", then \"unprovisioned\""),
    ("FR-36", "a full wipe: the screen stays black"),
    ("FR-37", "a file of the load is missing"),
];

fn scenarios() -> Vec<(&'static str, Scenario)> {
    let parse = |(name, text): &(&'static str, &str)| {
        (*name, Scenario::parse(text).unwrap_or_else(|e| panic!("scenarios/{name}.toml: {e}")))
    };
    BUILT_IN.iter().map(parse).collect()
}

/// What is said of one report.
#[derive(Default)]
struct Told {
    /// Codes that name its cause, by the scenarios that show so.
    named: BTreeSet<String>,
    /// Why it needs none.
    words: BTreeSet<String>,
    /// Codes that may come with it, by the rules' own word and by what comes up in its scenarios.
    others: BTreeSet<String>,
    shown: Vec<&'static str>,
}

fn told() -> BTreeMap<String, Told> {
    let mut told: BTreeMap<String, Told> = BTreeMap::new();
    for explained in codes::all() {
        for report in explained.field_reports {
            told.entry((*report).to_owned()).or_default().others.insert(explained.code.to_owned());
        }
    }
    for (name, scenario) in scenarios() {
        for report in &scenario.shows {
            let of = told.entry(report.clone()).or_default();
            of.shown.push(name);
            of.named.extend(scenario.named_by.get(report).into_iter().flatten().cloned());
            of.words.extend(scenario.needs_no_code.get(report).cloned());
            of.others.extend(scenario.places.iter().flat_map(|p| &p.must.findings).cloned());
        }
    }
    for of in told.values_mut() {
        of.others = of.others.difference(&of.named).cloned().collect();
    }
    told
}

fn table() -> String {
    let told = told();
    let mut table = "| report | what happened | named by | may come with it | scenarios |\n".to_owned();
    table += "| --- | --- | --- | --- | --- |\n";
    let links = |codes: &BTreeSet<String>| -> Vec<String> {
        codes.iter().map(|c| format!("[{c}](docs/findings/{c}.md)")).collect()
    };
    for (report, what) in REPORTS {
        let Some(of) = told.get(report) else { continue };
        let codes = Some(links(&of.named).join(" ")).filter(|codes| !codes.is_empty());
        let named: Vec<String> = codes.into_iter().chain(of.words.iter().cloned()).collect();
        let shown: Vec<String> = of.shown.iter().map(|s| format!("`{s}`")).collect();
        let others = links(&of.others).join(" ");
        table += &format!("| {report} | {what} | {} | {others} | {} |\n", named.join("; else: "), shown.join(" "));
    }
    table
}

fn readme() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md")
}

#[test]
fn the_readme_tells_how_each_report_is_named_and_shown() {
    let text = std::fs::read_to_string(readme()).unwrap();
    let (before, rest) = text.split_once(BEGIN).expect("the README has a place for the table");
    let (now, after) = rest.split_once(END).expect("the table ends");
    let wanted = format!("\n\n{}\n", table());
    if std::env::var_os("RINGBACK_REWRITE_GOLDEN").is_some() {
        std::fs::write(readme(), format!("{before}{BEGIN}{wanted}{END}{after}")).unwrap();
    } else {
        assert!(
            now == wanted,
            "the README's table is not what rules and scenarios say. \
             To make it anew: RINGBACK_REWRITE_GOLDEN=1 cargo test -p ringback-sim --test reports"
        );
    }
}

#[test]
fn every_report_has_a_scenario_and_a_name_or_says_why_it_needs_none() {
    let told = told();
    for (report, what) in REPORTS {
        let of = told.get(report).unwrap_or_else(|| panic!("nothing tells of {report}"));
        assert!(!of.shown.is_empty(), "no scenario shows {report} ({what})");
        assert!(!of.named.is_empty() || !of.words.is_empty(), "no scenario says what names {report} ({what})");
    }
}

#[test]
fn every_report_that_a_rule_or_a_scenario_names_is_one() {
    let known: BTreeSet<&str> = REPORTS.iter().map(|r| r.0).collect();
    for explained in codes::all() {
        assert!(explained.field_reports.iter().all(|r| known.contains(r)), "{}", explained.code);
    }
    for (name, scenario) in scenarios() {
        assert!(scenario.shows.iter().all(|r| known.contains(r.as_str())), "{name}: {:?}", scenario.shows);
    }
}
