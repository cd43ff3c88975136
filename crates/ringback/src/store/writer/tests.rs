//! What the writer is given is on the disk when it has finished, and a failing disk is told once.

use std::sync::mpsc;

use bench::Seen;
use bench::journal::Line;
use proto::{Mac, Time};

use super::*;
use crate::store::scratch::Scratch;
use crate::store::{journal, leases, ledger};

const PHONE: Mac = Mac([0, 0x11, 0xbb, 1, 2, 3]);

fn row(stay: u64, outcome: &str) -> Row {
    Row {
        run: 7,
        stay,
        mac: PHONE,
        serial: None,
        maker: None,
        model: None,
        load_before: None,
        load_after: None,
        procedure: None,
        outcome: outcome.into(),
        why: String::new(),
        approved_by: None,
        approved_why: None,
        address: None,
        began_ms: stay,
        ended_ms: stay,
        findings: vec![],
        served: vec![],
        registered: None,
        alarm: None,
    }
}

fn lease(last: u8) -> Lease {
    Lease { mac: PHONE, client_id: vec![], address: [10, 77, 0, last].into(), expires: 9 }
}

fn line(n: u64) -> Observation {
    Observation { n, at: Time::from_millis(n), phone: Some(PHONE), seen: Seen::DhcpNak }
}

fn collecting() -> (Report, mpsc::Receiver<String>) {
    let (told, errors) = mpsc::channel();
    (Box::new(move |error: &FileError| told.send(error.to_string()).unwrap()), errors)
}

#[test]
fn everything_is_on_the_disk_at_the_end() {
    let scratch = Scratch::new("writer");
    let (report, errors) = collecting();
    let mut writer = Writer::start(scratch.path(), 1_795_000_000_000, report).unwrap();
    let path = writer.journal_path().to_owned();
    for n in 1..=1_000 {
        writer.journal(line(n));
        writer.leases(vec![lease(u8::try_from(n % 200).unwrap())]);
    }
    writer.row(row(1, "Aborted"));
    writer.row(row(2, "Seen"));
    writer.row(row(1, "Recovered"));
    writer.finish();
    let lines: Vec<Line> = journal::read(&path).unwrap().collect();
    assert_eq!(lines, (1..=1_000).map(|n| Line::Observation(Box::new(line(n)))).collect::<Vec<_>>());
    let rows = ledger::Ledger::open(scratch.path()).unwrap().rows(None, 9).unwrap();
    assert_eq!(rows, [row(2, "Seen"), row(1, "Recovered")]);
    assert_eq!(leases::read(scratch.path()).unwrap(), [lease(0)]);
    assert_eq!(errors.try_iter().count(), 0);
}

#[test]
fn leases_are_written_once_a_second_at_most() {
    let scratch = Scratch::new("writer");
    let mut desk = Desk::open(scratch.path(), 5, collecting().0).unwrap();
    let now = Instant::now();
    let take = |desk: &mut Desk, ms, last| {
        desk.take(now + Duration::from_millis(ms), Job::Leases(vec![lease(last)]));
        desk.settle(now + Duration::from_millis(ms));
    };
    let written = || leases::read(scratch.path()).unwrap();
    take(&mut desk, 0, 1);
    assert_eq!(written(), [lease(1)]);
    take(&mut desk, 10, 2);
    take(&mut desk, 20, 3);
    assert_eq!(written(), [lease(1)]);
    assert_eq!(desk.due(), Some(now + Duration::from_secs(1)));
    desk.settle(now + Duration::from_secs(1));
    assert_eq!((written(), desk.due()), (vec![lease(3)], None));
}

#[test]
fn a_row_is_tried_again_and_its_error_told_once() {
    let scratch = Scratch::new("writer");
    let (report, errors) = collecting();
    let mut desk = Desk::open(scratch.path(), 5, report).unwrap();
    let other = rusqlite::Connection::open(scratch.path().join("ledger.sqlite")).unwrap();
    other.execute_batch("ALTER TABLE stays RENAME TO elsewhere").unwrap();
    let mut now = Instant::now();
    desk.take(now, Job::Row(Box::new(row(1, "Recovered"))));
    for _ in 0..3 {
        desk.settle(now);
        assert_eq!(desk.due(), Some(now + Duration::from_secs(1)), "it goes on");
        now += Duration::from_secs(1);
    }
    let told: Vec<String> = errors.try_iter().collect();
    assert!(matches!(told.as_slice(), [one] if one.contains("RB508: cannot write")), "{told:?}");
    other.execute_batch("ALTER TABLE elsewhere RENAME TO stays").unwrap();
    desk.finish(now);
    assert_eq!(ledger::Ledger::open(scratch.path()).unwrap().rows(None, 9).unwrap(), [row(1, "Recovered")]);
    assert_eq!(errors.try_iter().count(), 0);
}

#[test]
fn a_state_folder_that_cannot_be_used_is_said_at_the_start() {
    let scratch = Scratch::new("writer");
    let file = scratch.file("taken", b"");
    let error = Writer::start(&file, 5, collecting().0).unwrap_err().to_string();
    assert!(error.starts_with("RB508: cannot create "), "{error}");
}
