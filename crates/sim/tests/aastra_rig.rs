//! A bench and simulated Aastra phones on one table: the recovery page is filled in for each spelling.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::net::Ipv4Addr;
use std::time::Duration;

use bench::{Bench, Config, JobNews};
use profile::Profiles;
use proto::{Mac, Time};
use sim::firmware::st::{StSpec, st};
use sim::phones::aastra::{Aastra, AastraSpec, page};
use sim::rig::{Rig, Seat, Store};
use sim::wire::Address;

fn image(model: &str) -> (String, Vec<u8>) {
    (format!("{model}.st"), st(&StSpec { model: model.into(), version: "3.3.1.4365".into(), size: 30_000 }))
}

const MAC: Mac = Mac([0x00, 0x08, 0x5d, 0x19, 0xe4, 0x01]);

fn broken() -> AastraSpec {
    AastraSpec { broken: true, ..AastraSpec::new(MAC) }
}

/// A table whose bench answers any station with any file of its folder: what it knows of these phones is not
/// the matter here.
fn table(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Rig {
    let mut config = Config::new(Ipv4Addr::new(10, 79, 0, 1), 24);
    config.pool = Some((Ipv4Addr::new(10, 79, 0, 10), Ipv4Addr::new(10, 79, 0, 99)));
    (config.any, config.folder) = (true, true);
    Rig::new(Bench::new(Time::ZERO, config, Profiles::built_in().0, Vec::new()), Store::new(files))
}

fn state(rig: &Rig, place: usize) -> &'static str {
    rig.phone(place).unwrap().status().state
}

fn run_to(rig: &mut Rig, seconds: u64, place: usize, wanted: &str) -> bool {
    rig.run(Duration::from_secs(seconds), |rig| state(rig, place) == wanted)
}

/// Sends the recovery page of the phone at a place what a technician would.
fn fill_in(rig: &mut Rig, place: usize) -> JobNews {
    let status = rig.phone(place).unwrap().status();
    rig.fill_in(status.mac, status.address.unwrap(), "57i.st")
}

#[test]
fn the_page_is_read_and_sent_whatever_its_spelling() {
    for (name, _) in page::SPELLINGS {
        let mut rig = table([image("57i")]);
        rig.plug(Seat::new(Aastra::new(AastraSpec { page: page::Spelling::find(name).unwrap(), ..broken() })));
        assert!(run_to(&mut rig, 120, 0, "web recovery"), "{name}");
        let said = fill_in(&mut rig, 0);
        assert!(matches!(&said, JobNews::Done { .. }), "{name}: {said:?}");
        assert!(run_to(&mut rig, 60, 0, "writing firmware"), "{name}: {:?}", rig.notes);
    }
}

#[test]
fn six_at_once_take_hardly_longer_than_one() {
    let recovered = |count: u8| {
        let mut rig = table([image("57i")]);
        for n in 0..count {
            let mac = Mac([0x00, 0x08, 0x5d, 0x19, 0xe4, n]);
            rig.plug(Seat::new(Aastra::new(AastraSpec { mac, ..broken() })));
        }
        let all = |rig: &Rig, wanted: &str| (0..usize::from(count)).all(|place| state(rig, place) == wanted);
        assert!(rig.run(Duration::from_secs(120), |rig| all(rig, "web recovery")));
        let began = rig.now();
        for place in 0..usize::from(count) {
            assert!(matches!(fill_in(&mut rig, place), JobNews::Done { .. }));
        }
        assert!(rig.run(Duration::from_secs(1_200), |rig| all(rig, "idle")), "{:?}", rig.notes);
        rig.now().since(began)
    };
    let (one, six) = (recovered(1), recovered(6));
    assert!(six.as_secs_f64() < one.as_secs_f64() * 1.5, "{one:?} {six:?}");
}

#[test]
fn a_firewall_on_the_computer_looks_like_a_failed_download_and_the_request_is_still_seen() {
    let mut rig = table([image("57i")]);
    rig.shut(69);
    rig.plug(Seat::new(Aastra::new(broken())));
    assert!(run_to(&mut rig, 120, 0, "web recovery"));
    fill_in(&mut rig, 0);
    rig.run(Duration::from_secs(60), |_| false);
    assert_eq!(
        (state(&rig, 0), rig.phone(0).unwrap().status().message.as_deref()),
        ("web recovery", Some("Firmware Download Failed"))
    );
}

#[test]
fn a_fixed_address_is_reached_from_an_address_beside_it() {
    let address = Address { ip: Ipv4Addr::new(192, 168, 1, 5), mask: Ipv4Addr::new(255, 255, 255, 0), router: None };
    let mut rig = table([image("57i")]);
    rig.plug(Seat::new(Aastra::new(AastraSpec { static_address: Some(address), ..broken() })));
    assert!(run_to(&mut rig, 120, 0, "web recovery"));
    assert!(matches!(fill_in(&mut rig, 0), JobNews::Done { .. }));
    let told = |(_, _, note): &(Time, usize, String)| note.contains("is told to fetch 57i.st from 192.168.1.77");
    assert!(rig.notes.iter().any(told), "{:?}", rig.notes);
}
