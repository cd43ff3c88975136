//! FR-32: a 7965 with a load before 8.3(3) that is to run a load after 8.5(2).

use std::net::Ipv4Addr;
use std::time::Duration;

use bench::{Bench, Config, Outcome, Seen};
use profile::Profiles;
use proto::{Mac, Time};
use sim::firmware::{LoadSpec, Protocol, R8_5_2, R9_4_2SR1, load_set};
use sim::phones::cisco_79xx::{Cisco79xx, PhoneSpec};
use sim::rig::{Rig, Seat, Store};

const PHONE: Mac = Mac([0, 0x11, 0xbb, 0x73, 0xad, 0x61]);
const IMAGE: usize = 20_000;

fn bench() -> Bench {
    let mut config = Config::new(Ipv4Addr::new(10, 179, 40, 1), 24);
    config.pool = Some((Ipv4Addr::new(10, 179, 40, 10), Ipv4Addr::new(10, 179, 40, 200)));
    config.mac = Mac([2, 0, 0, 0, 0, 1]);
    config.auto = true;
    let (profiles, problems) = Profiles::built_in();
    assert!(problems.is_empty(), "{problems:?}");
    Bench::new(Time::ZERO, config, profiles, Vec::new())
}

fn files(releases: &[sim::firmware::Release]) -> Vec<(String, Vec<u8>)> {
    releases.iter().flat_map(|r| load_set(&LoadSpec::released("45", Protocol::Sccp, *r, IMAGE))).collect()
}

fn phone() -> PhoneSpec {
    PhoneSpec {
        load: Some("SCCP45.8-3-2S".into()),
        wanted_load: Some("SCCP45.9-4-2SR1-1S".into()),
        ..PhoneSpec::new(PHONE)
    }
}

fn transcript(rig: &Rig) -> String {
    rig.journal().iter().filter_map(bench::view::line).map(|l| l + "\n").collect()
}

fn ended(rig: &Rig) -> Option<Outcome> {
    let procedure = rig.bench().state().sessions.get(&PHONE)?.procedure.as_ref()?;
    procedure.ended.as_ref().map(|ended| ended.0)
}

#[test]
fn it_steps_over_8_5_2_by_itself() {
    let mut rig = Rig::new(bench(), Store::new(files(&[R8_5_2, R9_4_2SR1])));
    let place = rig.plug(Seat::new(Cisco79xx::new(phone())));
    let done = rig.run(Duration::from_secs(7_200), |r| ended(r).is_some());
    let text = transcript(&rig);
    assert!(done, "no end:\n{text}");
    assert_eq!(ended(&rig), Some(Outcome::Recovered), "{text}");
    let status = rig.phone(place).unwrap().status();
    assert_eq!(status.load.as_deref(), Some("SCCP45.9-4-2SR1-1S"), "{text}");
    let row = rig.rows().values().next().unwrap();
    assert_eq!(rig.rows().len(), 1);
    assert_eq!(row.load_before.as_deref(), Some("SCCP45.8-3-2S"));
    assert_eq!(row.load_after.as_deref(), Some("SCCP45.9-4-2SR1-1S"));
    assert_eq!(row.findings, ["RB301"]);
    println!("{text}");
}

#[test]
fn a_missing_image_is_named_before_the_phone_is_touched() {
    let mut set = files(&[R8_5_2, R9_4_2SR1]);
    set.retain(|f| f.0 != "cvm45sccp.8-5-2TH1-9.sbn");
    let mut rig = Rig::new(bench(), Store::new(set));
    rig.plug(Seat::new(Cisco79xx::new(phone())));
    rig.run(Duration::from_secs(7_200), |r| ended(r).is_some());
    let text = transcript(&rig);
    assert_eq!(ended(&rig), Some(Outcome::Refused), "{text}");
    assert!(rig.rows().values().next().unwrap().why.contains("cvm45sccp.8-5-2TH1-9.sbn"), "{text}");
    assert!(!rig.journal().iter().any(|o| matches!(o.seen, Seen::Pinned { .. })), "{text}");
}
