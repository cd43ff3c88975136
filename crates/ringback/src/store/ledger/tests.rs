//! What goes in comes out, is found, and is there after a kill.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use super::*;
use crate::store::scratch::Scratch;

fn row(run: u64, stay: u64) -> Row {
    Row {
        run,
        stay,
        mac: Mac([0, 0x11, 0xbb, 0, 0, u8::try_from(stay % 256).unwrap()]),
        serial: Some("FCH1234".into()),
        maker: Some("Cisco".into()),
        model: Some(if stay.is_multiple_of(2) { "7965" } else { "7940" }.into()),
        load_before: Some("SCCP45.8-3-2S".into()),
        load_after: None,
        procedure: Some("recover".into()),
        outcome: if stay.is_multiple_of(3) { "GaveUp" } else { "Recovered" }.into(),
        why: "100% done_now".into(),
        approved_by: Some("Mr Smith".into()),
        approved_why: Some("returned by the customer".into()),
        address: Some([10, 77, 0, 9].into()),
        began_ms: run + stay,
        ended_ms: run + stay + 1,
        findings: vec!["RB301".into()],
        served: vec![ServedFile { name: "a\"b.loads".into(), sha256: "0".repeat(64), size: 5 }],
        registered: Some("SCCP as SEP001122334455".into()),
        alarm: None,
    }
}

const NONE: [u64; 0] = [];

fn stays(rows: &[Row]) -> Vec<u64> {
    rows.iter().map(|r| r.stay).collect()
}

#[test]
fn rows_come_back_as_they_went_in_newest_first() {
    let scratch = Scratch::new("ledger");
    let mut ledger = Ledger::open(scratch.path()).unwrap();
    for stay in 1..=3 {
        ledger.put_all([&row(1_795_000_000_000, stay)]).unwrap();
    }
    let mut changed = row(1_795_000_000_000, 2);
    changed.outcome = "Aborted".into();
    ledger.put_all([&changed]).unwrap();
    drop(ledger);
    let ledger = Ledger::open(scratch.path()).unwrap();
    let all = ledger.rows(None, 100).unwrap();
    assert_eq!(all, [row(1_795_000_000_000, 3), changed, row(1_795_000_000_000, 1)]);
    assert_eq!(stays(&ledger.rows(None, 2).unwrap()), [3, 2]);
}

#[test]
fn rows_are_found_by_mac_model_outcome_and_text() {
    let scratch = Scratch::new("ledger");
    let mut ledger = Ledger::open(scratch.path()).unwrap();
    let rows: Vec<Row> = (1..=6).map(|stay| row(7, stay)).collect();
    ledger.put_all(&rows).unwrap();
    let found = |filter: &str| stays(&ledger.rows(Some(filter), 100).unwrap());
    assert_eq!(found("0011BB000004"), [4]);
    assert_eq!(found("0011.bb00.0004"), [4]);
    assert_eq!(found("00 11 bb 00 00 04"), [4]);
    assert_eq!(found("0011bb"), [6, 5, 4, 3, 2, 1], "a part of one");
    assert_eq!(found("7965"), [6, 4, 2]);
    assert_eq!(found("gaveup"), [6, 3]);
    assert_eq!(found("7965 gaveup"), [6]);
    assert_eq!(found("RB301 10.77.0.9"), [6, 5, 4, 3, 2, 1]);
    assert_eq!(found("100%"), [6, 5, 4, 3, 2, 1]);
    assert_eq!(found("1%0"), NONE, "a sign stands for itself");
    assert_eq!(found("donexnow"), NONE);
    assert_eq!(found("'; DROP TABLE stays; --"), NONE);
    assert_eq!(found("  ").len(), 6);
}

#[test]
fn a_ledger_of_a_newer_program_is_left_alone() {
    let scratch = Scratch::new("ledger");
    drop(Ledger::open(scratch.path()).unwrap());
    let path = scratch.path().join("ledger.sqlite");
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let before = std::fs::read(&path).unwrap();
    let error = Ledger::open(scratch.path()).unwrap_err().to_string();
    assert!(error.contains("RB508") && error.contains("a newer ringback has written it (form 99"), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn what_is_no_ledger_is_said_to_be_none() {
    let scratch = Scratch::new("ledger");
    scratch.file("ledger.sqlite", &b"this is a letter to my aunt\n".repeat(100));
    let error = Ledger::open(scratch.path()).unwrap_err().to_string();
    assert!(error.contains("file is not a database") && error.contains("Move it away"), "{error}");
}

/// Run as a child of the next test: writes rows and says the number of each that was committed.
#[test]
#[ignore = "the other half of a_killed_program_loses_no_row"]
fn child_that_is_killed() {
    let Some(folder) = std::env::var_os("RINGBACK_TEST_LEDGER") else { return };
    let mut ledger = Ledger::open(Path::new(&folder)).unwrap();
    let begin = ledger.rows(None, 1).unwrap().first().map_or(0, |r| r.stay);
    for stay in begin + 1.. {
        ledger.put_all([&row(7, stay)]).unwrap();
        writeln!(std::io::stdout(), "put {stay}").unwrap();
    }
}

#[test]
fn a_killed_program_loses_no_row() {
    let scratch = Scratch::new("ledger");
    for rows_until_killed in [1, 7, 40] {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "store::ledger::tests::child_that_is_killed", "--ignored", "--nocapture"])
            .env("RINGBACK_TEST_LEDGER", scratch.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let said = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let mut said = said.filter_map(|line| line.strip_prefix("put ")?.parse::<u64>().ok());
        let mut last = 0;
        said.by_ref().take(rows_until_killed).for_each(|stay| last = stay);
        child.kill().unwrap();
        child.wait().unwrap();
        said.for_each(|stay| last = stay);
        let ledger = Ledger::open(scratch.path()).unwrap();
        let newest = ledger.rows(None, 1).unwrap()[0].stay;
        assert!(last > 0 && newest >= last, "{newest} of {last}");
        assert_eq!(ledger.rows(None, usize::MAX).unwrap().len() as u64, newest, "all those before it too");
        let sound: String = ledger.sqlite.query_row("PRAGMA integrity_check", [], |r| r.get(0)).unwrap();
        assert_eq!(sound, "ok");
    }
}
