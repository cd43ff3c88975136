//! Whole stories: phones on a bench, and the journals that such evenings leave.

use std::net::Ipv4Addr;
use std::time::Duration;

use bench::journal::line;
use bench::{Bench, Config, Seen};
use proto::{Mac, Time};

use sim::firmware::{LoadSpec, Protocol, R8_5_2, R9_4_2SR1, load_set};
use sim::phones::cisco_79xx::{Cisco79xx, PhoneSpec};
use sim::rig::{Rig, Seat, Store};

use super::{Seed, of};
use crate::targets::bench::steps::NAMES;
use crate::targets::journal::profiles;

pub(super) fn all() -> Vec<Seed> {
    [on_the_bench(), journals()].concat()
}

/// The set-up, then steps as `targets::bench::steps` reads them.
fn on_the_bench() -> Vec<Seed> {
    const USUAL: &[u8] = &[0, 0, 0];
    const UP: &[u8] = &[10, 1];
    const SHELF: &[u8] = &[11, 0];
    const ARRIVED: &[u8] = &[14, 200];
    const WAKE: &[u8] = &[13];
    let start = |mac, class| vec![15, mac, class];
    let asks = |mac: u8, name: &str| {
        let at = NAMES.iter().position(|n| *n == name).unwrap_or(0);
        vec![2, mac, 0, at as u8, 0]
    };
    let says = |mac, load| vec![5, mac, 0, 0, load, 0];
    let wait = |span| vec![12, span];
    let story = |steps: &[&[u8]]| steps.concat();
    of(
        "bench",
        vec![
            (
                "boots",
                story(&[
                    USUAL,
                    UP,
                    &start(0, 0),
                    &asks(0, NAMES[1]),
                    &asks(0, NAMES[0]),
                    ARRIVED,
                    &says(0, 1),
                    &wait(7),
                ]),
            ),
            (
                "auth-fail",
                story(&[
                    USUAL,
                    UP,
                    SHELF,
                    &says(0, 0),
                    &start(0, 0),
                    &asks(0, NAMES[5]),
                    ARRIVED,
                    &asks(0, NAMES[13]),
                    ARRIVED,
                    &start(0, 0),
                    &asks(0, NAMES[0]),
                    ARRIVED,
                    &asks(0, NAMES[6]),
                    ARRIVED,
                    &asks(0, NAMES[8]),
                    ARRIVED,
                    WAKE,
                    &asks(0, NAMES[9]),
                    ARRIVED,
                    &asks(0, NAMES[10]),
                    ARRIVED,
                    &asks(0, NAMES[11]),
                    ARRIVED,
                    &asks(0, NAMES[12]),
                    ARRIVED,
                    &start(0, 0),
                    &says(0, 1),
                    WAKE,
                    WAKE,
                ]),
            ),
            (
                "wiped",
                story(&[USUAL, UP, SHELF, &start(0, 0), &asks(0, NAMES[18]), ARRIVED, &asks(0, NAMES[8]), ARRIVED]),
            ),
            (
                "two",
                story(&[
                    USUAL,
                    UP,
                    &start(0, 0),
                    &start(1, 1),
                    &asks(1, NAMES[20]),
                    &asks(1, NAMES[24]),
                    &asks(0, NAMES[2]),
                ]),
            ),
            ("looking", story(&[&[2, 0, 0], UP, &start(0, 0), &wait(6), &wait(6), &wait(6), &start(0, 0), WAKE])),
            ("foreign", story(&[USUAL, UP, &start(0, 0), &[5, 3, 4, 0, 0, 9, 0], &start(1, 1), WAKE])),
            ("chose-other", story(&[USUAL, UP, &[0, 0, 3, 0, 16, 77], WAKE])),
            ("stranger", story(&[USUAL, UP, &start(3, 4), &[9, 3, 3], &start(3, 4), &asks(3, NAMES[0])])),
            ("tagged", story(&[USUAL, UP, &[5, 0, 5, 1, 0, 7], &[5, 0, 0, 0, 0, 6], WAKE])),
            (
                "lldp",
                story(&[USUAL, UP, &[5, 0, 1, 0, 2, 3, b'F', b'C', b'H', 0], &[5, 0, 2, 77, 0], &[5, 0, 3, 77, 0]]),
            ),
            ("folder", story(&[&[16, 0, 0], UP, &[11, 255, 0], &start(0, 0), &asks(0, NAMES[25]), &[8, 0, 0, 7, 0]])),
            (
                "uploads",
                story(&[&[64, 0, 0], UP, &start(0, 0), &[3, 0, 0, 30, 5, b'.', b'.', 0xff, b'/', b'a', 0], ARRIVED]),
            ),
            (
                "http",
                story(&[USUAL, UP, SHELF, &start(0, 0), &[7, 0, 6, 0, 0], &[7, 0, 0, 1, 3, b'U', b'A', b'\x1b', 0]]),
            ),
            (
                "commands",
                story(&[USUAL, UP, SHELF, &start(0, 0), &[9, 0, 0, 1, 0, 0], WAKE, &[9, 0, 1], WAKE, &[9, 0, 2], WAKE]),
            ),
            ("leaves", story(&[USUAL, UP, &start(0, 0), &wait(10), &start(0, 0), &[9, 0, 4, 255]])),
            (
                "few-transfers",
                story(&[
                    &[128, 0, 0],
                    UP,
                    SHELF,
                    &start(0, 0),
                    &[2, 0, 0, 8, 0],
                    &[2, 0, 1, 9, 0],
                    &[2, 0, 2, 10, 0],
                    &[2, 0, 3, 11, 0],
                ]),
            ),
        ],
    )
}

/// The journals of a step over 8.5(2) that went well, and of one that a missing file stopped.
fn journals() -> Vec<Seed> {
    let whole = evening(|_| true);
    let lacking = evening(|name| name != "cvm45sccp.8-5-2TH1-9.sbn");
    let mut cut = lacking.clone();
    cut.truncate(cut.len() - 20);
    of("journal", vec![("recovered", whole), ("lacking", lacking), ("cut", cut)])
}

fn evening(on_shelf: impl Fn(&str) -> bool) -> Vec<u8> {
    let mut config = Config::new(Ipv4Addr::new(10, 179, 40, 1), 24);
    config.pool = Some((Ipv4Addr::new(10, 179, 40, 10), Ipv4Addr::new(10, 179, 40, 12)));
    config.mac = Mac([2, 0, 0, 0, 0, 1]);
    config.auto = true;
    // The version of the day would change the file with every release.
    config.version = "0".to_owned();
    let bench = Bench::new(Time::ZERO, config, profiles().clone(), Vec::new());
    let sets = [R8_5_2, R9_4_2SR1].map(|r| load_set(&LoadSpec::released("45", Protocol::Sccp, r, 0)));
    let mut rig = Rig::new(bench, Store::new(sets.into_iter().flatten().filter(|(name, _)| on_shelf(name))));
    let phone = PhoneSpec {
        load: Some("SCCP45.8-3-2S".into()),
        wanted_load: Some("SCCP45.9-4-2SR1-1S".into()),
        ..PhoneSpec::new(Mac([0, 0x11, 0xbb, 0x73, 0xad, 0x61]))
    };
    rig.plug(Seat::new(Cisco79xx::new(phone)));
    rig.run(Duration::from_secs(7_200), |r| r.journal().iter().any(|o| matches!(o.seen, Seen::ProcedureEnded { .. })));
    rig.journal().iter().map(|o| line(o) + "\n").collect::<String>().into_bytes()
}
