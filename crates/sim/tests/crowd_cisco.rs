//! Two hundred Cisco phones of mixed kinds and troubles on one bench, on cables that lose, repeat, delay and
//! swap packets. What becomes of each is predicted by a table over kind and trouble.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::{BTreeMap, BTreeSet};
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
const MINUTES: u64 = 30;

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
const TROUBLES: [Signature; 11] = [
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
    Signature::F23,
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

    fn seat(&self) -> Seat {
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
        seat.cable = CableSpec { to_phone: faults, from_phone: faults, seed, ..CableSpec::default() };
        seat.power_at = Time::from_millis(seed * 500);
        seat
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

/// Plays the crowd and answers what became of each phone.
fn play(minutes: u64) -> (Rig, Vec<(Case, End)>) {
    let mut rig = table();
    (0..PHONES).for_each(|n| {
        rig.plug(Case::of(n).seat());
    });
    rig.run(Duration::from_secs(minutes * 60), |_| false);
    rig.tell_bench(BenchInput::Command(Command::Stop));
    let ends = (0..PHONES).map(|n| {
        let case = Case::of(n);
        let row = rig.rows().values().rfind(|row| row.mac == case.mac);
        let load = rig.phone(usize::from(n)).and_then(|p| p.status().load);
        let outcome = row.map_or("no row".to_owned(), |row| row.outcome.clone());
        (case, (outcome, row.map(|row| row.findings.iter().cloned().collect()).unwrap_or_default(), load))
    });
    let ends = ends.collect();
    (rig, ends)
}

#[test]
fn every_phone_ends_as_the_table_says() {
    let (rig, ends) = play(MINUTES);
    let mut groups: BTreeMap<(Kind, Option<Signature>), BTreeMap<End, Vec<u8>>> = BTreeMap::new();
    for (case, end) in ends {
        groups.entry((case.kind, case.trouble)).or_default().entry(end).or_default().push(case.n);
    }
    for ((kind, trouble), ends) in &groups {
        for ((outcome, findings, load), which) in ends {
            let state = rig.phone(usize::from(which[0])).map(|p| p.status().state).unwrap_or_default();
            println!("{kind:?} {trouble:?}: {outcome} {findings:?} {load:?} {state} {which:?}");
        }
    }
}
