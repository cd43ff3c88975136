//! Two hundred Cisco phones of mixed kinds and troubles on one bench, on cables that lose, repeat, delay and
//! swap packets. What becomes of each is predicted by a table over kind and trouble.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;
use std::time::Duration;

use bench::{Bench, Command, Input as BenchInput};
use profile::Profiles;
use proto::{Mac, Time};
use sim::CableSpec;
use sim::faults::Faults;
use sim::phones::cisco_79xx::{Cisco79xx, Model};
use sim::phones::cisco_7940::{self, Cisco7940};
use sim::phones::{Signature, cisco_79xx};
use sim::rig::{Rig, Seat};
use sim::scenario::Scenario;

const PHONES: u8 = 200;
const MINUTES: u64 = 45;

/// What stands on the table, in turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// A 7940 with SCCP 8.0(7).
    Sccp,
    /// A 7960 with SIP 8.12.
    Sip,
    /// A 7940 with MGCP 6.1.
    Mgcp,
    /// A Java-screened model, by its images.
    Java(&'static str),
}

const KINDS: [Kind; 6] =
    [Kind::Sccp, Kind::Java("7965"), Kind::Sip, Kind::Java("7942"), Kind::Mgcp, Kind::Java("7970")];

/// The troubles of the crowd: those that do not take a link away or need hours.
const TROUBLES: [Signature; 10] = [
    Signature::F8,
    Signature::F3,
    Signature::F11,
    Signature::F13,
    Signature::F15,
    Signature::F17,
    Signature::F20,
    Signature::F4,
    Signature::F2,
    Signature::F9,
];

/// One phone of the crowd.
#[derive(Clone, Copy, Debug)]
struct Case {
    mac: Mac,
    kind: Kind,
    /// None: the fault does not exist in this kind.
    trouble: Option<Signature>,
    n: u8,
}

/// What must become of it: the ledger's word, the codes that its stay had, and the load that it ends with.
type End = (String, BTreeSet<String>, Option<String>);

impl Case {
    fn of(n: u8) -> Case {
        let kind = KINDS[usize::from(n) % KINDS.len()];
        let mac = match kind {
            Kind::Java(_) => Mac([0x00, 0x1e, 0x4a, 0xc1, 0x0d, n]),
            _ => Mac([0x00, 0x0d, 0xbc, 0xc1, 0x0d, n]),
        };
        let fault = TROUBLES[usize::from(n / 6) % TROUBLES.len()];
        let trouble = match kind {
            Kind::Java(model) => fault.bring_to_79xx(&mut java(mac, model)).then_some(fault),
            Kind::Sccp | Kind::Sip | Kind::Mgcp => fault.bring_to_7940(&mut classic(mac, kind)).then_some(fault),
        };
        Case { mac, kind, trouble, n }
    }

    /// The table. The shelf has two loads of each Java image family, and three packs for the older phones.
    fn end(&self) -> End {
        use Signature::*;
        let (outcome, findings, load): (&str, &[&str], String) = match (self.kind, self.trouble) {
            (Kind::Java(_), Some(F9)) => ("Recovered", &["RB301"], self.java_load("9-4-2SR1-1S")),
            (Kind::Java(_), Some(F20)) => ("Recovered", &["RB206"], self.java_load("8-5-2S")),
            (Kind::Java(_), trouble) => ("Seen", seen(trouble), self.java_load("9-4-2SR1-1S")),
            // Whatever it was: the newest load on the shelf gives it an application again.
            (_, Some(F15)) => ("Recovered", &["RB260"], "P0030801SR02".to_owned()),
            // These troubles come with an SCCP application.
            (_, trouble @ Some(F11 | F17)) => ("Seen", seen(trouble), "P00308000700".to_owned()),
            (kind, trouble) => {
                let spec = classic(self.mac, kind);
                // What it is told to take has no load's name: it never asks for it.
                let trouble = trouble.filter(|trouble| *trouble != F13);
                ("Seen", seen(trouble), spec.load.text)
            }
        };
        (outcome.to_owned(), findings.iter().map(|code| (*code).to_owned()).collect(), Some(load))
    }

    fn java_load(&self, version: &str) -> String {
        let Kind::Java(model) = self.kind else { return String::new() };
        format!("SCCP{}.{version}", Model::find(model).unwrap().images)
    }

    fn seat(&self, crowd: u64) -> Seat {
        let seed = u64::from(self.n);
        let mut seat = match self.kind {
            Kind::Java(model) => {
                let spec = cisco_79xx::PhoneSpec { fault: self.trouble, seed, ..java(self.mac, model) };
                Seat::new(Cisco79xx::new(spec))
            }
            kind => {
                let spec = cisco_7940::PhoneSpec { fault: self.trouble, seed, ..classic(self.mac, kind) };
                Seat::new(Cisco7940::new(spec))
            }
        };
        let faults = Faults {
            drop: 20,
            duplicate: 20,
            reorder: 20,
            delay: Duration::from_micros(300 + 100 * (seed % 40)),
            jitter: Duration::from_millis(2),
        };
        seat.cable =
            CableSpec { to_phone: faults, from_phone: faults, seed: seed ^ crowd << 8, ..CableSpec::default() };
        seat.power_at = Time::from_millis(seed * 500);
        seat
    }
}

/// What the bench finds in a phone with this trouble that it cannot cure by itself.
fn seen(trouble: Option<Signature>) -> &'static [&'static str] {
    match trouble {
        Some(Signature::F2) => &["RB111"],
        Some(Signature::F3) => &["RB103"],
        Some(Signature::F11) => &["RB302"],
        Some(Signature::F13) => &["RB263"],
        _ => &[],
    }
}

fn java(mac: Mac, model: &str) -> cisco_79xx::PhoneSpec {
    cisco_79xx::PhoneSpec { model: Model::find(model).unwrap(), ..cisco_79xx::PhoneSpec::new(mac) }
}

fn classic(mac: Mac, kind: Kind) -> cisco_7940::PhoneSpec {
    let (model, load) = match kind {
        Kind::Sip => ("7960", "P0S3-8-12-00"),
        Kind::Mgcp => ("7940", "P0M3-06-1-00"),
        _ => ("7940", "P00308000700"),
    };
    let model = cisco_7940::Model::find(model).unwrap();
    cisco_7940::PhoneSpec { model, load: load.parse().unwrap(), ..cisco_7940::PhoneSpec::new(mac) }
}

fn table() -> Rig {
    let mut text = "title = 'a crowd'\n[bench]\nauto = true\n".to_owned();
    for images in ["42", "45", "70"] {
        for version in ["8-5-2S", "9-4-2SR1-1S"] {
            text += &format!("[[bench.shelf]]\nimages = '{images}'\nversion = '{version}'\nimage_size = 3_000\n");
        }
    }
    for load in ["P0S3-8-12-00", "P00308000700", "P0030801SR02"] {
        text += &format!("[[bench.pack]]\nload = '{load}'\nimage_size = 3_000\n");
    }
    text += "[[phone]]\nis = { cisco-79xx = { mac = '001122334455' } }\n";
    let scenario = Scenario::parse(&text).expect("a scenario");
    let bench = Bench::new(Time::ZERO, scenario.config(), Profiles::built_in().0, Vec::new());
    Rig::new(bench, scenario.store())
}

/// Plays the crowd.
fn play(crowd: u64, minutes: u64) -> Rig {
    let mut rig = table();
    (0..PHONES).for_each(|n| {
        rig.plug(Case::of(n).seat(crowd));
    });
    rig.run(Duration::from_secs(minutes * 60), |_| false);
    rig
}

/// What became of a phone.
fn ended(rig: &Rig, case: &Case) -> End {
    let row = rig.rows().values().rfind(|row| row.mac == case.mac);
    let outcome = row.map_or("no row".to_owned(), |row| row.outcome.clone());
    let findings = row.map(|row| row.findings.iter().cloned().collect()).unwrap_or_default();
    (outcome, findings, rig.phone(usize::from(case.n)).and_then(|p| p.status().load))
}

#[test]
fn every_phone_ends_as_the_table_says() {
    let mut rig = play(1, MINUTES);
    // Those that have what they need are registered with the bench.
    let state = |n: u8| rig.phone(usize::from(n)).map(|p| p.status().state).unwrap_or_default();
    let healthy = |case: &Case| case.kind != Kind::Mgcp && case.trouble == Some(Signature::F8);
    for case in (0..PHONES).map(Case::of).filter(healthy) {
        assert_eq!(state(case.n), "registered", "{case:?}");
    }
    rig.tell_bench(BenchInput::Command(Command::Stop));
    let mut wrong = String::new();
    for case in (0..PHONES).map(Case::of) {
        let (is, must) = (ended(&rig, &case), case.end());
        if is != must {
            wrong += &format!("{case:?}\n  must {must:?}\n  is {is:?}\n");
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn the_same_seed_is_the_same_crowd_and_another_is_another() {
    let journal = |crowd| play(crowd, 4).journal().to_vec();
    let one = journal(7);
    assert!(one.len() > 3_000, "{}", one.len());
    assert!(one == journal(7), "the same seed, another journal");
    assert!(one != journal(8));
}
