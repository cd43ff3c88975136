//! Two hundred Cisco phones of both generations, with SCCP, SIP and MGCP loads and with troubles of every kind, on
//! one bench, on cables that lose, repeat, delay and swap packets.
//!
//! What becomes of each is predicted by a table written from the facts and not from the bench.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::time::Duration;

use bench::{Bench, Command, Input as BenchInput};
use profile::Profiles;
use proto::{Mac, Time};
use sim::CableSpec;
use sim::faults::Faults;
use sim::phones::cisco_79xx::{self, Cisco79xx, MODELS, TrustList};
use sim::phones::cisco_7940::{self, Cisco7940};
use sim::rig::{Rig, Seat};
use sim::scenario::Scenario;
use sim::wire::Address;

const PHONES: u8 = 200;
const MINUTES: u64 = 40;

/// A phone by what it runs and what is the matter with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    JavaHealthy,
    JavaSip,
    JavaAuthFail,
    JavaTrustList,
    JavaWiped,
    JavaStatic,
    JavaElsewhere,
    JavaNoLoadName,
    Sccp,
    SccpOld,
    Sip,
    Sip7,
    Mgcp,
    NoApplication,
    EarlyLoader,
    TrustList,
    Static,
    Elsewhere,
    Vlan,
    NotHere,
}

/// The table: kind, outcome, codes that its stay has, load at the end (`-`: the one that it came with).
const TABLE: &[(Kind, &str, &[&str], &str)] = &[
    (Kind::JavaHealthy, "Seen", &[], "-"),
    (Kind::JavaSip, "Seen", &[], "-"),
    (Kind::JavaAuthFail, "Recovered", &["RB301"], "9-4-2SR1-1S"),
    (Kind::JavaTrustList, "Seen", &["RB302"], "-"),
    (Kind::JavaWiped, "Recovered", &["RB206"], "8-5-2S"),
    (Kind::JavaStatic, "Seen", &["RB111"], "-"),
    (Kind::JavaElsewhere, "Seen", &["RB103"], "-"),
    (Kind::JavaNoLoadName, "Seen", &["RB264"], "-"),
    (Kind::Sccp, "Seen", &[], "-"),
    (Kind::SccpOld, "Seen", &[], "-"),
    (Kind::Sip, "Seen", &[], "-"),
    (Kind::Sip7, "Seen", &[], "-"),
    (Kind::Mgcp, "Seen", &[], "-"),
    (Kind::NoApplication, "Recovered", &["RB260"], "P0030801SR02"),
    (Kind::EarlyLoader, "Recovered", &["RB261"], "P0030801SR02"),
    (Kind::TrustList, "Seen", &["RB302"], "-"),
    (Kind::Static, "Seen", &["RB111"], "-"),
    (Kind::Elsewhere, "Seen", &["RB103"], "-"),
    (Kind::Vlan, "Seen", &["RB102"], "-"),
    (Kind::NotHere, "Seen", &["RB202"], "-"),
];

fn kind(n: u8) -> Kind {
    TABLE[usize::from(n) % TABLE.len()].0
}

fn mac(n: u8) -> Mac {
    Mac([0x00, 0x0d, 0xbc, 0xc0, 0x0d, n])
}

fn by_hand(n: u8) -> Address {
    Address { ip: Ipv4Addr::new(192, 168, 7, n), mask: Ipv4Addr::new(255, 255, 255, 0), router: None }
}

/// A phone of the crowd, and the load that it comes with.
fn seat(n: u8, seed: u64) -> (Seat, String) {
    let kind = kind(n);
    // Boards of these models take every load.
    let model = MODELS.iter().filter(|m| ["11", "41"].contains(&m.images)).nth(usize::from(n) % 4).unwrap();
    let elsewhere = Ipv4Addr::new(192, 168, 1, 5);
    let java = |change: &dyn Fn(&mut cisco_79xx::PhoneSpec)| {
        let new = format!("SCCP{}.9-4-2SR1-1S", model.images);
        let mut spec =
            cisco_79xx::PhoneSpec { model, load: Some(new), seed: n.into(), ..cisco_79xx::PhoneSpec::new(mac(n)) };
        change(&mut spec);
        let load = spec.load.clone().unwrap_or_default();
        (Seat::new(Cisco79xx::new(spec)), load)
    };
    let classic = |load: &str, change: &dyn Fn(&mut cisco_7940::PhoneSpec)| {
        let mut spec =
            cisco_7940::PhoneSpec { load: load.parse().unwrap(), seed: n.into(), ..cisco_7940::PhoneSpec::new(mac(n)) };
        change(&mut spec);
        (Seat::new(Cisco7940::new(spec)), load.to_owned())
    };
    let old = format!("SCCP{}.8-3-2S", model.images);
    let (mut seat, load) = match kind {
        Kind::JavaHealthy => java(&|_| {}),
        Kind::JavaSip => java(&|s| s.load = Some(format!("SIP{}.9-4-2SR1-1S", model.images))),
        Kind::JavaAuthFail => java(&|s| s.wanted_load = s.load.replace(old.clone())),
        Kind::JavaTrustList => java(&|s| {
            s.wanted_load = s.load.replace(old.clone());
            s.trust_lists = [TrustList::Itl].into();
        }),
        Kind::JavaWiped => java(&|s| {
            s.wiped = true;
            s.self_test = Duration::from_secs(30);
        }),
        Kind::JavaStatic => java(&|s| {
            s.static_address = Some(by_hand(n));
            s.alternate_tftp = Some(Ipv4Addr::new(192, 168, 7, 254));
        }),
        Kind::JavaElsewhere => java(&|s| s.alternate_tftp = Some(elsewhere)),
        Kind::JavaNoLoadName => java(&|s| s.wanted_load = Some("FCH1101963K".to_owned())),
        Kind::Sccp => classic("P00308000700", &|_| {}),
        Kind::SccpOld => classic("P00303020214", &|_| {}),
        Kind::Sip => classic("P0S3-8-12-00", &|_| {}),
        Kind::Sip7 => classic("P0S3-07-4-00", &|_| {}),
        Kind::Mgcp => classic("P0M3-08-0-00", &|_| {}),
        Kind::NoApplication => classic("P0S3-8-12-00", &|s| s.no_application = true),
        Kind::EarlyLoader => classic("P0S3-07-2-00", &|s| {
            s.loader = Some("P003-07-2-00".to_owned());
            s.no_application = true;
        }),
        Kind::TrustList => classic("P00308000700", &|s| s.trust_list = true),
        Kind::Static => classic("P00308000700", &|s| {
            s.static_address = Some(by_hand(n));
            s.alternate_tftp = Some(Ipv4Addr::new(192, 168, 7, 254));
        }),
        Kind::Elsewhere => classic("P0S3-8-12-00", &|s| s.alternate_tftp = Some(elsewhere)),
        Kind::Vlan => classic("P00308000700", &|s| s.stored_vlan = Some(100 + u16::from(n))),
        Kind::NotHere => classic("P00308000700", &|s| s.wanted_load = Some("P00308009900".to_owned())),
    };
    let faults = Faults {
        drop: 20,
        duplicate: 20,
        reorder: 20,
        delay: Duration::from_micros(300 + 100 * (seed.wrapping_add(n.into()) % 40)),
        jitter: Duration::from_millis(2),
    };
    seat.cable =
        CableSpec { to_phone: faults, from_phone: faults, seed: seed ^ u64::from(n) << 8, ..CableSpec::default() };
    // A row of phones on one switch, and others one by one behind them.
    seat.power_at = if n < 60 { Time::ZERO } else { Time::from_millis(u64::from(n) * 700) };
    (seat, load)
}

fn table() -> Rig {
    let mut text = "title = 'a crowd'\n[bench]\nauto = true\n".to_owned();
    for images in ["11", "41"] {
        for version in ["8-5-2S", "9-4-2SR1-1S"] {
            text += &format!("[[bench.shelf]]\nimages = '{images}'\nversion = '{version}'\nimage_size = 3_000\n");
        }
    }
    for load in ["P0030801SR02", "P0S3-8-12-00"] {
        text += &format!("[[bench.pack]]\nload = '{load}'\nimage_size = 3_000\n");
    }
    text += "[[phone]]\nis = { cisco-79xx = { mac = '001122334455' } }\n";
    let scenario = Scenario::parse(&text).expect("a scenario");
    let bench = Bench::new(Time::ZERO, scenario.config(), Profiles::built_in().0, Vec::new());
    Rig::new(bench, scenario.store())
}

fn play(seed: u64, minutes: u64) -> (Rig, Vec<String>) {
    let mut rig = table();
    let mut loads = Vec::new();
    for n in 0..PHONES {
        let (seat, load) = seat(n, seed);
        rig.plug(seat);
        loads.push(load);
    }
    rig.run(Duration::from_secs(60 * minutes), |_| false);
    (rig, loads)
}

#[test]
fn every_phone_ends_as_the_table_says() {
    let (mut rig, loads) = play(7, MINUTES);
    rig.tell_bench(BenchInput::Command(Command::Stop));
    let mut wrong = String::new();
    for (n, came_with) in (0..PHONES).zip(&loads) {
        let (kind, outcome, findings, version) = TABLE[usize::from(n) % TABLE.len()];
        let rows: Vec<_> = rig.rows().values().filter(|row| row.mac == mac(n)).collect();
        let [row] = rows.as_slice() else {
            wrong += &format!("{n} {kind:?} has {} rows\n", rows.len());
            continue;
        };
        let had: BTreeSet<&str> = row.findings.iter().map(String::as_str).collect();
        let must: BTreeSet<&str> = findings.iter().copied().collect();
        let load = rig.phone(n.into()).and_then(|p| p.status().load).unwrap_or_default();
        let images = came_with.split('.').next().unwrap_or_default();
        let ends_with = match version {
            "-" => came_with.clone(),
            pack if pack.starts_with('P') => pack.to_owned(),
            version => format!("{images}.{version}"),
        };
        if (row.outcome.as_str(), &had, &load) != (outcome, &must, &ends_with) {
            wrong += &format!(
                "{n} {kind:?} {}: {} ({}) {had:?} {load}, not {outcome} {must:?} {ends_with}\n",
                row.mac, row.outcome, row.why
            );
        }
        // Whoever has an SCCP load and a configuration of the bench's is registered.
        let registers = matches!(kind, Kind::Sccp | Kind::JavaHealthy | Kind::NoApplication | Kind::JavaAuthFail);
        if registers && row.registered.is_none() {
            wrong += &format!("{n} {kind:?} never registered\n");
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn the_same_seed_is_the_same_run() {
    let (one, _) = play(3, 4);
    let (two, _) = play(3, 4);
    assert!(one.journal() == two.journal(), "two runs of one seed differ");
    let (other, _) = play(4, 4);
    assert!(one.journal() != other.journal(), "another seed is another run");
}
