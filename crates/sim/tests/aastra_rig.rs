//! A bench and simulated Aastra phones on one table: the recovery page is filled in for each spelling.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::net::Ipv4Addr;
use std::time::Duration;

use bench::{Bench, Config, JobNews};
use profile::Profiles;
use proto::{Mac, Time};
use sim::firmware::st::{StSpec, st};
use sim::phones::aastra::{Aastra, AastraSpec, Model, page};
use sim::rig::{Rig, Seat, Store};

fn image(model: &str) -> (String, Vec<u8>) {
    (format!("{model}.st"), st(&StSpec { model: model.into(), version: "3.3.1.4365".into(), size: 30_000 }))
}

#[test]
fn the_page_is_read_and_sent_whatever_its_spelling() {
    for (name, _) in page::SPELLINGS {
        let mut config = Config::new(Ipv4Addr::new(10, 79, 0, 1), 24);
        config.pool = Some((Ipv4Addr::new(10, 79, 0, 10), Ipv4Addr::new(10, 79, 0, 99)));
        // What the bench knows of these phones is not the matter here: any station, any file of a folder.
        (config.any, config.folder) = (true, true);
        let bench = Bench::new(Time::ZERO, config, Profiles::built_in().0, Vec::new());
        let mut rig = Rig::new(bench, Store::new([image("57i")]));
        let mac = Mac([0x00, 0x08, 0x5d, 0x19, 0xe4, 0x01]);
        let page = page::Spelling::find(name).unwrap();
        let model = Model::find("6757i").unwrap();
        rig.plug(Seat::new(Aastra::new(AastraSpec { broken: true, page, model, ..AastraSpec::new(mac) })));
        assert!(
            rig.run(Duration::from_secs(120), |rig| rig.phone(0).unwrap().status().state == "web recovery"),
            "{name}"
        );
        let address = rig.phone(0).unwrap().status().address.unwrap();
        let said = rig.fill_in(mac, address, "57i.st");
        assert!(matches!(&said, JobNews::Done { .. }), "{name}: {said:?}");
        let state = |rig: &Rig| rig.phone(0).unwrap().status().state;
        assert!(rig.run(Duration::from_secs(60), |rig| state(rig) == "writing firmware"), "{name}: {:?}", rig.notes);
    }
}
