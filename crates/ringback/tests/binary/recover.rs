//! A phone on one end of a cable, the bench on the other: recovered, refused, killed in between, replayed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use sim::firmware::{LoadSpec, Protocol, R8_5_2, R9_4_2SR1, load_set};

use crate::support::{Net, Running, Scratch, ringback, run, sha256, until};

const MAC: &str = "00:11:bb:73:ad:61";
const BEFORE: &str = "SCCP45.8-3-2S";
const TARGET: &str = "SCCP45.9-4-2SR1-1S";
/// A whole recovery, on the slowest machine.
const LONG: Duration = Duration::from_secs(180);

/// Firmware of two releases in a folder, and the hash of every file.
fn firmware(scratch: &Scratch, size: usize, without: &str) -> (PathBuf, BTreeMap<String, String>) {
    let folder = scratch.folder("firmware");
    let mut hashes = BTreeMap::new();
    for release in [R8_5_2, R9_4_2SR1] {
        for (name, bytes) in load_set(&LoadSpec::released("45", Protocol::Sccp, release, size)) {
            if name != without {
                hashes.insert(name.clone(), sha256(&bytes));
                std::fs::write(folder.join(name), bytes).unwrap();
            }
        }
    }
    (folder, hashes)
}

/// `ringback run` at the near end.
fn bench(net: &Net, state: &Path, more: &[&str]) -> Running {
    let mut command = ringback(state);
    command.args(["run", "--iface", &net.iface(0), "--plain", "--probe-seconds", "1"]).args(more);
    Running::start(net.inside(0, &command))
}

/// `ringback simulate` at the far end, going to the target.
fn phone(net: &Net, state: &Path, faster: &str, more: &[&str]) -> Running {
    let mut command = ringback(state);
    command.args(["simulate", "--iface", &net.iface(1), "--mac", MAC, "--load", BEFORE, "--wants", TARGET]);
    command.args(["--faster", faster]).args(more);
    Running::start(net.inside(1, &command))
}

/// What a command prints, as JSON.
fn json(mut command: Command, args: &[&str]) -> Value {
    command.args(args);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn ledger(state: &Path) -> Vec<Value> {
    json(ringback(state), &["ledger", "--json"]).as_array().unwrap().clone()
}

/// The journals in a state folder, oldest first.
fn journals(state: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> =
        std::fs::read_dir(state.join("journals")).unwrap().map(|e| e.unwrap().path()).collect();
    found.sort();
    found
}

#[test]
fn a_7965_with_8_3_2_steps_over_8_5_2_to_9_4_2() {
    let Some(net) = Net::pair() else { return };
    let scratch = Scratch::new();
    let (folder, hashes) = firmware(&scratch, 200_000, "");
    let (state, other) = (scratch.folder("state"), scratch.folder("phone"));
    let mut bench = bench(&net, &state, &["--add", folder.to_str().unwrap(), "--stop-after", "1"]);
    bench.line(&["ready"]);
    let mut phone = phone(&net, &other, "20", &["--until-load", TARGET, "--linger", "60", "--seconds", "170"]);
    let (status, said) = bench.end_within(LONG);
    assert_eq!(status.code(), Some(0), "{said}\n{}", phone.text());
    assert!(said.contains("RECOVERED"), "{said}");
    phone.kill();
    let notes = phone.text();
    let at = |words: &str| notes.find(words).unwrap_or_else(|| panic!("no {words} in:\n{notes}"));
    let writes = |load: &str| at(&format!("writes the load {load}"));
    assert!(writes("SCCP45.8-5-2S") < writes(TARGET), "{notes}");

    let rows = ledger(&state);
    assert_eq!(rows.len(), 1, "{rows:#?}");
    let row = &rows[0];
    assert_eq!(row["outcome"], "Recovered");
    assert_eq!((&row["load_before"], &row["load_after"]), (&BEFORE.into(), &TARGET.into()));
    assert_eq!(row["mac"], MAC);
    let mut images = 0;
    for file in row["served"].as_array().unwrap() {
        let name = file["name"].as_str().unwrap();
        if let Some(hash) = hashes.get(name) {
            assert_eq!(file["sha256"], *hash, "{name}");
            images += 1;
        }
    }
    assert!(images >= 10, "both loads' images were served: {row:#?}");

    assert!(!net.addresses(0).contains('.'), "{}", net.addresses(0));

    let journal = journals(&state).pop().unwrap();
    let replayed = json(ringback(&state), &["replay", "--json", journal.to_str().unwrap()]);
    assert_eq!(replayed["rows"], Value::from(rows), "a journal gives the same rows as the ledger");
}

#[test]
fn with_an_image_left_out_it_is_refused_before_the_phone_is_touched() {
    let Some(net) = Net::pair() else { return };
    let scratch = Scratch::new();
    const LEFT_OUT: &str = "cvm45sccp.8-5-2TH1-9.sbn";
    let (folder, _) = firmware(&scratch, 20_000, LEFT_OUT);
    let (state, other) = (scratch.folder("state"), scratch.folder("phone"));
    let mut bench = bench(&net, &state, &["--add", folder.to_str().unwrap(), "--stop-after", "1"]);
    bench.line(&["ready"]);
    let mut phone = phone(&net, &other, "20", &["--seconds", "170"]);
    let (status, said) = bench.end_within(LONG);
    assert_eq!(status.code(), Some(3), "{said}");
    assert!(said.contains("REFUSED"), "{said}");
    assert!(said.contains(LEFT_OUT), "{said}");
    assert!(!said.contains("is laid out"), "nothing is pinned:\n{said}");
    phone.kill();
    assert!(!phone.text().contains("8-5-2"), "{}", phone.text());
    let rows = ledger(&state);
    assert_eq!(rows.len(), 1, "{rows:#?}");
    assert_eq!(rows[0]["outcome"], "Refused");
    assert_eq!(rows[0]["load_after"], BEFORE);
}

#[test]
fn killed_in_the_middle_of_a_transfer_it_cleans_up_at_the_next_start_and_has_lost_no_row() {
    let Some(net) = Net::pair() else { return };
    let scratch = Scratch::new();
    // Large enough that a transfer is under way for a while.
    let (folder, _) = firmware(&scratch, 3_000_000, "");
    let (state, other) = (scratch.folder("state"), scratch.folder("phone"));

    // A first run that closes a row: the shelf is empty yet, so the phone is only seen.
    let mut first = bench(&net, &state, &[]);
    first.line(&["ready"]);
    let mut seen = phone(&net, &other, "20", &["--seconds", "170"]);
    first.line(&["asked for SCCP45.9-4-2SR1-1S.loads"]);
    first.stop();
    seen.kill();
    let before = ledger(&state);
    assert_eq!(before.len(), 1, "{before:#?}");

    let mut killed = bench(&net, &state, &["--add", folder.to_str().unwrap()]);
    killed.line(&["ready"]);
    let mut again = phone(&net, &other, "20", &["--seconds", "170"]);
    killed.line_within(LONG, &["gets", ".sbn"]);
    killed.kill();
    again.kill();
    let left = net.addresses(0);
    assert!(left.contains('.'), "a killed bench cannot clean up: {left}");

    let mut next = bench(&net, &state, &[]);
    let told = next.line(&["RB506"]);
    let address = left.split_whitespace().find(|w| w.contains('.')).unwrap().split('/').next().unwrap();
    assert!(told.contains(address), "{told}");
    next.line(&["ready"]);
    assert_eq!(net.addresses(0).matches('.').count(), 3, "one address, its own: {}", net.addresses(0));
    next.stop();
    assert!(!net.addresses(0).contains('.'));

    let after = ledger(&state);
    assert_eq!(after[after.len() - 1..], before, "closed rows are all there");
    // What the killed run had seen is in its journal, but for the last fifth of a second and a line that may be cut.
    let cut = &journals(&state)[1];
    let (status, said) = run({
        let mut command = ringback(&state);
        command.arg("replay").arg(cut);
        command
    });
    assert!(status.success(), "{said}");
    assert!(said.contains(".loads"), "{said}");
}

#[test]
fn an_address_that_is_asked_to_stop_takes_itself_away() {
    let Some(net) = Net::pair() else { return };
    let scratch = Scratch::new();
    let state = scratch.folder("state");
    let mut bench = bench(&net, &state, &[]);
    bench.line(&["ready"]);
    assert!(net.addresses(0).contains('.'));
    let (status, said) = bench.stop();
    assert!(status.success(), "{said}");
    assert!(until(Duration::from_secs(5), || !net.addresses(0).contains('.')));
}
