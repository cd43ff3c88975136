//! Phones that register on the bench: what their screens show, and what a technician can tell them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::time::Duration;

use bench::signalling::Wish;
use bench::{Bench, Command, Input as BenchInput, Seen};
use profile::Profiles;
use proto::{Mac, Time};
use sim::phones::cisco_79xx::{self, Cisco79xx};
use sim::phones::cisco_7940::{self, Cisco7940};
use sim::rig::{Rig, Seat};
use sim::scenario::Scenario;

const PHONE: Mac = Mac([0x00, 0x0d, 0xbc, 1, 2, 3]);

fn rig(phone: Seat) -> Rig {
    let text = "title = 'one'\n[bench]\nauto = true\n[[phone]]\nis = { cisco-79xx = { mac = '001122334455' } }\n";
    let scenario = Scenario::parse(text).unwrap();
    let bench = Bench::new(Time::ZERO, scenario.config(), Profiles::built_in().0, Vec::new());
    let mut rig = Rig::new(bench, scenario.store());
    rig.plug(phone);
    rig.run(Duration::from_secs(180), |_| false);
    rig
}

fn classic(load: &str) -> Seat {
    let spec = cisco_7940::PhoneSpec { load: load.parse().unwrap(), ..cisco_7940::PhoneSpec::new(PHONE) };
    Seat::new(Cisco7940::new(spec))
}

fn java() -> Seat {
    Seat::new(Cisco79xx::new(cisco_79xx::PhoneSpec::new(PHONE)))
}

fn has_shown(rig: &Rig, words: &str) -> bool {
    rig.screens.iter().any(|(_, _, lines)| lines.iter().any(|l| l.contains(words)))
}

fn seen(rig: &Rig, what: impl Fn(&Seen) -> bool) -> usize {
    rig.journal().iter().filter(|o| what(&o.seen)).count()
}

fn tell(rig: &mut Rig, wish: Wish) {
    rig.tell_bench(BenchInput::Command(Command::Tell { phone: PHONE, wish }));
    rig.run(Duration::from_secs(240), |_| false);
}

#[test]
fn both_generations_register_by_sccp_and_show_the_benchs_words() {
    for (phone, load) in [(classic("P00308000700"), "P00308000700"), (java(), "SCCP45.9-4-2SR1-1S")] {
        let rig = rig(phone);
        let session = &rig.bench().state().sessions[&PHONE];
        let registered = session.registered.as_ref().unwrap();
        assert_eq!((registered.protocol.as_str(), registered.name.as_str()), ("sccp", "SEP000DBC010203"));
        assert!(registered.shows.as_ref().is_some_and(|text| text.contains(load)), "{registered:?}");
        assert!(has_shown(&rig, load), "its own screen: {:?}", rig.screens.last());
        assert!(seen(&rig, |s| matches!(s, Seen::Alarm { .. })) >= 1, "its alarm is kept");
        assert!(rig.bench().state().findings.is_empty(), "{:?}", rig.bench().state().findings);
    }
}

#[test]
fn it_rings_once_and_starts_again_when_told_to() {
    for phone in [classic("P00308000700"), java()] {
        let mut rig = rig(phone);
        let boots = rig.bench().state().sessions[&PHONE].boots;
        tell(&mut rig, Wish::Ring);
        assert_eq!(seen(&rig, |s| matches!(s, Seen::Told { what } if what == "ring once")), 1);
        tell(&mut rig, Wish::Reset);
        let session = &rig.bench().state().sessions[&PHONE];
        assert_eq!(session.boots, boots + 1, "it started again");
        assert!(session.registered.is_some(), "and is registered again");
    }
}

#[test]
fn a_phone_that_is_not_registered_is_told_nothing() {
    let mut rig = rig(classic("P0M3-08-0-00"));
    tell(&mut rig, Wish::Reset);
    assert_eq!(seen(&rig, |s| matches!(s, Seen::Told { .. })), 0);
}

#[test]
fn a_reset_begun_for_a_phone_that_came_up_is_called_needless() {
    let mut rig = rig(classic("P00308000700"));
    let start = Command::Start { phone: PHONE, procedure: Some("soft-reset".to_owned()), to: None };
    rig.tell_bench(BenchInput::Command(start));
    let codes: Vec<&str> = rig.bench().state().findings[&PHONE].iter().map(|f| f.code).collect();
    assert_eq!(codes, ["RB417"]);
}

#[test]
fn a_recovered_phone_says_so_on_its_own_screen_and_in_the_ledger() {
    let profiles = Profiles::built_in().0;
    for (name, load) in [("convert-sip-to-sccp", "P0030801SR02"), ("fr-35-after-ladder", "SCCP41.9-4-2SR1-1S")] {
        let text = sim::scenario::BUILT_IN.iter().find(|(n, _)| *n == name).unwrap().1;
        let run = Scenario::parse(text).unwrap().run(&profiles);
        assert!(has_shown(&run.rig, "Recovered"), "{name}: {:?}", run.rig.screens.last());
        let row = run.rows.last().unwrap();
        assert_eq!((row.outcome.as_str(), row.load_after.as_deref()), ("Recovered", Some(load)), "{name}");
        assert!(row.registered.as_ref().is_some_and(|r| r.starts_with("SCCP as SEP")), "{name}: {:?}", row.registered);
        assert!(row.alarm.as_ref().is_some_and(|a| a.contains("Last=")), "{name}: {:?}", row.alarm);
    }
}
