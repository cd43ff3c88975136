//! Any inputs in any order: the bench never panics, always drains, and keeps its promises.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod drive;
mod steps;

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use bench::journal::{self, Line};
use bench::shelf::FolderFile;
use bench::{Command, Input, Service, State, Ticket, TransferId};
use drive::{BLOBS, Driven, PHONE_CLASS, PROFILES, config, phone};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proto::Mac;
use proto::ethernet::cdp::{Cdp, Tlv, kind};
use steps::{Step, step};

impl Driven {
    /// Lets the bench begin to serve, and two phones come.
    fn settle(&mut self) {
        self.wait(Duration::from_secs(11));
        for n in [1, 2] {
            self.bind(phone(n));
        }
    }

    fn take(&mut self, step: Step, tickets: &mut u64) {
        let address_of = |bench: &Driven, n: u8| {
            let session = bench.bench.state().sessions.get(&phone(n));
            session.and_then(|s| s.address).unwrap_or(Ipv4Addr::new(10, 79, 0, n))
        };
        match step {
            Step::Wait(span) => self.wait(span),
            Step::Sleep(span) => self.sleep(span),
            Step::Datagram { service, from, bytes } => self.give(Input::Datagram { service, from, bytes: &bytes }),
            Step::Tftp { phone, port, bytes } => {
                let from = SocketAddrV4::new(address_of(self, phone), port);
                self.give(Input::Datagram { service: Service::Tftp, from, bytes: &bytes });
            }
            Step::Frame { bytes, vlan } => self.give(Input::Frame { bytes: &bytes, vlan }),
            Step::File { via, phone, name, user_agent } => {
                *tickets += 1;
                let ticket = Ticket(*tickets);
                let from = address_of(self, phone);
                self.give(Input::FileRequest { ticket, via, from, name: &name, user_agent: user_agent.as_deref() });
            }
            Step::News { id, news } => self.give(Input::Transfer { id: TransferId(id), news }),
            Step::Link(up) => self.give(Input::Link { up }),
            Step::Shelf(take) => self.give(Input::Shelf(BLOBS.iter().take(take).cloned().collect())),
            Step::Folder(names) => {
                let files = names.into_iter().map(|path| FolderFile { path, size: 7 });
                self.give(Input::Folder(files.collect()));
            }
            Step::Command(command) => self.give(Input::Command(command)),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens(
        steps in vec(step(), 1..120),
        any in any::<bool>(),
        folder in any::<bool>(),
        uploads in proptest::option::of(0u64..100),
        procedure in select(&[None, Some("full-wipe"), Some("no such procedure")]),
        max_transfers in 1usize..6,
        foreign in proptest::option::of(0usize..120),
        settled in any::<bool>(),
    ) {
        let procedure = procedure.map(str::to_owned);
        let mut bench = Driven::new(bench::Config { any, folder, uploads, procedure, max_transfers, ..config() });
        if settled {
            bench.settle();
        }
        let mut tickets = 0;
        for (at, step) in steps.into_iter().enumerate() {
            if foreign == Some(at) {
                bench.foreign_offer();
            }
            bench.take(step, &mut tickets);
        }
        bench.wait(Duration::from_secs(60));
        // Every file request had exactly one answer.
        prop_assert_eq!(bench.answers.len() as u64, tickets);
        prop_assert!(bench.answers.values().all(|n| *n == 1));
        // One session for each phone, and each shown once.
        let view = bench.bench.view(bench.now);
        let shown: BTreeSet<Mac> = view.phones.iter().map(|p| p.mac).collect();
        prop_assert_eq!(shown.len(), view.phones.len());
        prop_assert!(bench.bench.state().sessions.iter().all(|(mac, session)| *mac == session.mac));
        // Each transfer under way is one of those that may be.
        prop_assert!(view.phones.iter().map(|p| p.transfers.len()).sum::<usize>() <= max_transfers);
        // What is shown can be shown: no control characters from the wire.
        let text = serde_json::to_string(&view).unwrap();
        prop_assert!(!text.contains("\\u001b") && !text.contains("\\u0007"), "{}", text);
        // The journal alone gives the same again.
        let mut again = State::default();
        for observation in &bench.told.journal {
            let Line::Observation(read) = journal::read(&journal::line(observation)) else { panic!("{observation:?}") };
            again.apply(&PROFILES, &read);
        }
        prop_assert_eq!(&again.findings, &bench.bench.state().findings);
        // Switched off is switched off.
        bench.give(Input::Command(Command::Stop));
        bench.told.dhcp.clear();
        bench.dhcp(&drive::discover(phone(1), Some(PHONE_CLASS)));
        bench.wait(Duration::from_secs(5));
        prop_assert!(bench.told.dhcp.is_empty());
    }

    #[test]
    fn whatever_bytes(service in any::<bool>(), bytes in vec(any::<u8>(), 0..600), frames in vec(vec(any::<u8>(), 0..120), 0..20)) {
        let mut bench = Driven::new(bench::Config { any: true, ..config() });
        let from = SocketAddrV4::new(Ipv4Addr::new(10, 79, 0, 20), 3_000);
        let service = if service { Service::Dhcp } else { Service::Tftp };
        bench.give(Input::Datagram { service, from, bytes: &bytes });
        for frame in &frames {
            bench.give(Input::Frame { bytes: frame, vlan: None });
        }
    }
}

#[test]
fn a_phone_taken_for_another_in_the_middle_of_its_procedure_keeps_nobody_busy() {
    let mut bench = Driven::new(bench::Config { procedure: Some("full-wipe".to_owned()), ..config() });
    bench.settle();
    for _ in 0..2 {
        bench.give(Input::Command(Command::Confirm { phone: phone(1) }));
    }
    let tlvs = [(kind::DEVICE_ID, "SEP"), (kind::PLATFORM, "Cisco IP Phone 7960"), (kind::SOFTWARE_VERSION, "P00308")];
    let cdp = Cdp::new(tlvs.map(|(kind, text)| Tlv::text(kind, text)).to_vec()).emit_frame(phone(1));
    bench.give(Input::Frame { bytes: &cdp, vlan: None });
    // The step's time comes to its end, which must come to an end as well.
    bench.wait(Duration::from_secs(3_600));
    let ended = bench.bench.state().sessions[&phone(1)].procedure.as_ref().and_then(|p| p.ended.as_ref());
    assert_eq!(ended.map(|e| e.0), Some(bench::Outcome::GaveUp));
}

#[test]
fn the_steps_reach_what_they_are_meant_to_reach() {
    // A property that nothing ever gets near proves nothing.
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut seen = BTreeSet::new();
    let (mut answered, mut handed_out) = (0, 0);
    for _ in 0..60 {
        let steps = vec(step(), 120).new_tree(&mut runner).unwrap().current();
        let mut bench = Driven::new(config());
        bench.settle();
        let mut tickets = 0;
        for step in steps {
            bench.take(step, &mut tickets);
        }
        let journal = bench.told.journal.iter();
        let kinds = journal.filter_map(|o| serde_json::to_value(o).ok()?.get("seen")?.as_str().map(str::to_owned));
        seen.extend(kinds);
        answered += bench.told.dhcp.len();
        handed_out += bench.told.transfers.len();
    }
    for kind in [
        "dhcp",
        "dhcp-offered",
        "dhcp-bound",
        "dhcp-ignored",
        "arp",
        "arp-seeks",
        "cdp",
        "lldp",
        "tagged",
        "file-asked",
        "file-served",
        "file-refused",
        "file-ignored",
        "file-done",
        "file-failed",
        "malformed",
        "procedure-started",
        "step-began",
        "step-done",
        "person-said",
        "procedure-ended",
        "left",
        "link",
    ] {
        assert!(seen.contains(kind), "{kind} never happened: {seen:?}");
    }
    assert!(answered > 300 && handed_out > 30, "{answered}, {handed_out}");
}
