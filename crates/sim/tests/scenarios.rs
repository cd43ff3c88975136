//! Every scenario of the repository: played and judged, its transcript compared with the kept one, its
//! journal folded again.
//!
//! After a change that is meant to be seen, `RINGBACK_BLESS=1 cargo test -p ringback-sim --test scenarios`
//! writes the transcripts anew; read the difference before committing it.

#![allow(clippy::disallowed_methods, reason = "kept transcripts are files; the crate under test touches none")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;
use std::{env, fs};

use bench::journal::{self, Line};
use bench::{Seen, State, View};
use profile::Profiles;
use proto::Mac;
use sim::scenario::{BUILT_IN, PhoneIs, Run, Scenario};

fn profiles() -> Profiles {
    let (profiles, problems) = Profiles::built_in();
    assert!(problems.is_empty(), "{problems:?}");
    profiles
}

/// Plays every scenario and hands it on; fails with all that was found wrong, by scenario.
fn for_each(look: impl Fn(&str, &Profiles, &Run) -> Vec<String>) {
    let profiles = profiles();
    let mut wrong = String::new();
    for (name, text) in BUILT_IN {
        let scenario = Scenario::parse(text).unwrap_or_else(|e| panic!("scenarios/{name}.toml: {e}"));
        for line in look(name, &profiles, &scenario.run(&profiles)) {
            wrong += &format!("{name}: {line}\n");
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

fn transcripts() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts")
}

#[test]
fn what_must_come_out_comes_out_as_it_did() {
    let bless = env::var_os("RINGBACK_BLESS").is_some();
    for_each(|name, _, run| {
        let mut wrong = run.judge();
        let path = transcripts().join(format!("{name}.txt"));
        if bless {
            fs::create_dir_all(transcripts()).unwrap();
            fs::write(&path, &run.transcript).unwrap();
        }
        let kept = fs::read_to_string(&path).unwrap_or_default();
        if let Some(difference) = difference(&kept, &run.transcript) {
            wrong.push(format!("its transcript differs\n{difference}"));
        }
        wrong
    });
}

/// The first line that differs, with what stands before it.
fn difference(kept: &str, now: &str) -> Option<String> {
    let (kept, now): (Vec<&str>, Vec<&str>) = (kept.lines().collect(), now.lines().collect());
    let at = (0..kept.len().max(now.len())).find(|at| kept.get(*at) != now.get(*at))?;
    let line = |lines: &[&str]| lines.get(at).map_or("(nothing more)".to_owned(), |l| (*l).to_owned());
    let before = now.get(at.saturating_sub(3)..at).unwrap_or_default().join("\n         ");
    Some(format!("  line {}: {before}\n  kept:  {}\n  now:   {}", at + 1, line(&kept), line(&now)))
}

#[test]
fn every_kept_transcript_belongs_to_a_scenario() {
    let known: BTreeSet<String> = BUILT_IN.iter().map(|(name, _)| format!("{name}.txt")).collect();
    let kept = fs::read_dir(transcripts()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(known, kept);
}

#[test]
fn every_model_of_the_family_has_a_healthy_scenario() {
    let profiles = profiles();
    let family = profiles.family("cisco-79xx-java").unwrap();
    let scenarios: Vec<Scenario> = BUILT_IN
        .iter()
        .filter(|(name, _)| name.starts_with("healthy-"))
        .map(|(_, text)| Scenario::parse(text).unwrap())
        .collect();
    for model in &family.models {
        let musts = scenarios.iter().flat_map(|s| &s.places).map(|p| p.must.model.as_deref());
        assert!(musts.into_iter().any(|m| m == Some(model.name.as_str())), "{}", model.name);
    }
}

#[test]
fn healthy_phones_have_no_finding_for_hours() {
    let profiles = profiles();
    let mut wrong = String::new();
    for (name, text) in BUILT_IN.iter().filter(|(name, _)| name.starts_with("healthy-")) {
        let mut scenario = Scenario::parse(text).unwrap();
        scenario.limit = Duration::from_secs(6 * 3_600);
        let run = scenario.run(&profiles);
        wrong.extend(run.judge().iter().map(|line| format!("{name}: {line}\n")));
        // Cisco's phones are registered here all that time; MGCP has nothing to register with.
        let cisco = matches!(scenario.places[0].is, PhoneIs::Cisco79xx(_) | PhoneIs::Cisco7940(_));
        let state = run.rig.phone(0).unwrap().status().state;
        if cisco && !name.contains("mgcp") && state != "registered" {
            wrong += &format!("{name}: the phone is {state}\n");
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn a_step_says_once_what_it_begins() {
    for_each(|_, _, run| {
        let mut wrong = Vec::new();
        // What a step begins on a phone's page, by phone, since its step began.
        let mut begun: BTreeMap<Mac, BTreeSet<String>> = BTreeMap::new();
        for observation in run.rig.journal() {
            let Some(phone) = observation.phone else { continue };
            let begins = match &observation.seen {
                Seen::StepBegan { .. } => {
                    begun.remove(&phone);
                    continue;
                }
                Seen::WebBegan { file, .. } => format!("its page is to take {file}"),
                Seen::WebActing { action } => format!("its page is to {action}"),
                _ => continue,
            };
            if !begun.entry(phone).or_default().insert(begins.clone()) {
                wrong.push(format!("{phone}: twice in a step: {begins} (observation {})", observation.n));
            }
        }
        wrong
    });
}

#[test]
fn the_journal_alone_gives_the_same_again() {
    for_each(|_, profiles, run| {
        let live = run.rig.bench().state();
        let mut state = State::default();
        let mut rows = BTreeMap::new();
        for observation in run.rig.journal() {
            let Line::Observation(read) = journal::read(&journal::line(observation)) else {
                return vec![format!("an unreadable line: {observation:?}")];
            };
            assert_eq!(*read, *observation);
            let mut closed = Vec::from_iter(state.apply(profiles, &read));
            if read.seen == Seen::BenchStopped {
                closed.extend(state.open_rows(profiles));
            }
            rows.extend(closed.into_iter().map(|row| ((row.run, row.stay), row)));
        }
        let json = |state: &State| serde_json::to_string(&View::of_state(state, profiles, state.now)).unwrap();
        let mut wrong = Vec::new();
        if state.findings != live.findings {
            wrong.push(format!("findings {:?}, and again {:?}", live.findings, state.findings));
        }
        if rows != *run.rig.rows() {
            wrong.push(format!("rows {:#?}, and again {rows:#?}", run.rig.rows()));
        }
        if json(&state) != json(live) {
            wrong.push("another view".to_owned());
        }
        wrong
    });
}

#[test]
fn the_same_scenario_is_the_same_run() {
    let profiles = profiles();
    let text = BUILT_IN.iter().find(|(name, _)| *name == "fr-32").unwrap().1;
    let scenario = Scenario::parse(text).unwrap();
    let (one, two) = (scenario.run(&profiles), scenario.run(&profiles));
    assert_eq!(one.rig.journal(), two.rig.journal());
}

#[test]
fn the_scenarios_of_the_browser_tests_can_be_read() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../browser/scenarios");
    let mut read = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "toml") {
            let text = fs::read_to_string(&path).unwrap();
            Scenario::parse(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            read += 1;
        }
    }
    assert!(read > 0, "{}", folder.display());
}
