//! Any inputs in any order: the bench never panics, always drains, and keeps its promises.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod drive;

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use bench::journal::{self, Line};
use bench::shelf::FolderFile;
use bench::{Command, Input, Service, State, Ticket, TransferId, TransferNews, Via};
use drive::{BLOBS, Driven, PHONE_CLASS, PROFILES, config, phone};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proto::Mac;
use proto::dhcp::{DhcpOption, Message};
use proto::ethernet::cdp::{Cdp, Tlv, kind};
use proto::ethernet::udp::Checksum;
use proto::ethernet::{Arp, UdpDatagram, arp, lldp};

/// One thing that happens.
#[derive(Clone, Debug)]
enum Step {
    Wait(Duration),
    Sleep(Duration),
    Datagram {
        service: Service,
        from: SocketAddrV4,
        bytes: Vec<u8>,
    },
    /// From the address that this phone has, whichever it is.
    Tftp {
        phone: u8,
        port: u16,
        bytes: Vec<u8>,
    },
    Frame {
        bytes: Vec<u8>,
        vlan: Option<u16>,
    },
    File {
        via: Via,
        phone: u8,
        name: Vec<u8>,
        user_agent: Option<Vec<u8>>,
    },
    News {
        id: u64,
        news: TransferNews,
    },
    Link(bool),
    Shelf(usize),
    Folder(Vec<String>),
    Command(Command),
}

const NAMES: &[&str] = &[
    "CTLSEP001E4AD00001.tlv",
    "ITLSEP001E4AD00002.tlv",
    "SEP001E4AD00001.cnf.xml",
    "SEP001E4AD00002.cnf.xml.sgn",
    "XMLDefault.cnf.xml",
    "SCCP45.8-5-2S.loads",
    "SCCP45.9-4-2SR1-1S.loads",
    "term65.default.loads",
    "jar45sccp.8-5-2TH1-9.sbn",
    "cvm45sccp.9-4-2ES9.sbn",
    "../../etc/passwd",
    "C:\\boot.ini",
    "",
    "%2e%2e/x",
    "OS79XX.TXT",
];

const CLASSES: &[Option<&str>] = &[
    Some(PHONE_CLASS),
    Some("Cisco Systems, Inc. IP Phone CP-7942G"),
    Some("Cisco Systems, Inc. IP Phone 7960"),
    Some("MSFT 5.0"),
    Some("\u{1b}[2J"),
    None,
];

fn mac() -> impl Strategy<Value = Mac> {
    prop_oneof![6 => (0u8..4).prop_map(phone), 1 => any::<[u8; 6]>().prop_map(Mac)]
}

fn address() -> impl Strategy<Value = Ipv4Addr> {
    prop_oneof![
        4 => (0u8..=255).prop_map(|n| Ipv4Addr::new(10, 79, 0, n)),
        1 => any::<u32>().prop_map(Ipv4Addr::from_bits),
        1 => Just(Ipv4Addr::UNSPECIFIED),
    ]
}

/// Bytes as they are, or as a bad cable or a bad neighbour might make them.
fn maybe_mangled(bytes: impl Strategy<Value = Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let mangle = prop_oneof![5 => Just(None), 1 => any::<(Index, u8, Index)>().prop_map(Some)];
    (bytes, mangle).prop_map(|(mut bytes, mangle)| {
        if let Some((at, byte, cut)) = mangle.filter(|_| !bytes.is_empty()) {
            let at = at.index(bytes.len());
            bytes[at] = byte;
            bytes.truncate(cut.index(bytes.len()) + 1);
        }
        bytes
    })
}

fn dhcp() -> impl Strategy<Value = Vec<u8>> {
    let options = (
        0u8..=9,
        select(CLASSES),
        proptest::option::weighted(0.5, address()),
        proptest::option::weighted(0.3, prop_oneof![40 => Just(drive::SERVER), 1 => address()]),
    );
    let header =
        (mac(), any::<u32>(), address(), prop_oneof![9 => Just(Ipv4Addr::UNSPECIFIED), 1 => address()], any::<bool>());
    (header, options).prop_map(|((mac, xid, ciaddr, giaddr, broadcast), (kind, class, asked, server))| {
        let mut message = Message::request(mac, xid);
        message.giaddr = giaddr;
        if kind >= 7 {
            message.ciaddr = ciaddr;
        }
        message.flags = if broadcast { 0x8000 } else { 0 };
        message.options.set(DhcpOption::raw(53, [kind]));
        if let Some(class) = class {
            message.options.set(DhcpOption::text(60, class));
        }
        for (code, address) in [(50, asked), (54, server)] {
            if let Some(address) = address {
                message.options.set(DhcpOption::address(code, address));
            }
        }
        message.options.set(DhcpOption::raw(55, [1, 66, 6, 3, 15, 150, 35]));
        message.emit()
    })
}

fn name() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => select(NAMES).prop_map(|n| n.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..300),
    ]
}

fn tftp() -> impl Strategy<Value = Vec<u8>> {
    let kinds = prop_oneof![6 => Just(1u8), 1 => Just(2), 1 => 0u8..9];
    let modes = prop_oneof![6 => Just("octet"), 1 => select(&["netascii", "mail", "OCTET", ""])];
    let options = select(&["", "blksize\x001468\0", "tsize\x000\0windowsize\x0064\0", "blksize\0zero\0", "x\0"]);
    (kinds, name(), modes, options).prop_map(|(kind, name, mode, options)| {
        [&[0, kind][..], &name, b"\0", mode.as_bytes(), b"\0", options.as_bytes()].concat()
    })
}

fn frame() -> impl Strategy<Value = Vec<u8>> {
    let load =
        select(&["SCCP45.8-3-2S", "SCCP45.8-5-2S", "SCCP45.9-4-2SR1-1S", "SIP42.9-4-2SR1-1S", "P0030702T023", ""]);
    let platform = select(&["Cisco IP Phone 7965", "Cisco IP Phone 7960", "cisco WS-C2960", ""]);
    let cdp = (mac(), load.clone(), platform).prop_map(|(mac, load, platform)| {
        let tlvs = [(kind::DEVICE_ID, "SEP"), (kind::SOFTWARE_VERSION, load), (kind::PLATFORM, platform)];
        Cdp::new(tlvs.map(|(kind, text)| Tlv::text(kind, text)).to_vec()).emit_frame(mac)
    });
    let lldp = (mac(), load).prop_map(|(mac, load)| {
        let med =
            [(lldp::med::MODEL, "CP-7965G"), (lldp::med::SOFTWARE_REVISION, load), (lldp::med::SERIAL_NUMBER, "FCH1")];
        let tlvs = med.map(|(kind, text)| lldp::Tlv::med(kind, text.as_bytes())).to_vec();
        lldp::Lldp::new(&lldp::Id::chassis_mac(mac), &lldp::Id::port_text("P1"), 180, tlvs).emit_frame(mac)
    });
    let arp = (mac(), address(), address(), 0u16..4).prop_map(|(mac, sender, target, operation)| {
        let operation = match operation {
            1 => arp::Operation::Request,
            2 => arp::Operation::Reply,
            other => arp::Operation::Other(other),
        };
        Arp { operation, ..Arp::request(mac, sender, target) }.emit_frame()
    });
    // No server's answers: after those the bench answers nobody.
    let udp = (mac(), address(), address(), select(&[68u16, 69, 1024]), select(&[67u16, 69, 5060]), dhcp()).prop_map(
        |(src_mac, from, to, from_port, to_port, payload)| {
            let datagram = UdpDatagram {
                src_mac,
                dst_mac: Mac::BROADCAST,
                vlan: None,
                src: SocketAddrV4::new(from, from_port),
                dst: SocketAddrV4::new(to, to_port),
                ttl: 64,
                checksum: Checksum::Good,
                payload: &payload,
            };
            datagram.emit_frame().unwrap()
        },
    );
    prop_oneof![cdp, lldp, arp, udp, vec(any::<u8>(), 0..80)]
}

fn command() -> impl Strategy<Value = Command> {
    let procedures = select(&[
        None,
        Some("step-over-8.5.2"),
        Some("full-wipe"),
        Some("revive-wiped"),
        Some("soft-reset"),
        Some("none"),
    ]);
    let to = select(&[None, Some("9.4(2)SR1"), Some("SCCP45.8-5-2S"), Some("tomorrow")]);
    prop_oneof![
        4 => (mac(), procedures, to).prop_map(|(phone, procedure, to)| Command::Start {
            phone,
            procedure: procedure.map(str::to_owned),
            to: to.map(str::to_owned),
        }),
        4 => mac().prop_map(|phone| Command::Confirm { phone }),
        2 => mac().prop_map(|phone| Command::Abort { phone }),
        1 => mac().prop_map(|phone| Command::Allow { phone }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let port = prop_oneof![3 => 50_000u16..50_003, 1 => any::<u16>()];
    let news = prop_oneof![
        any::<(u64, u64)>().prop_map(|(bytes, size)| TransferNews::Progress { bytes, size }),
        any::<(u64, u64)>().prop_map(|(bytes, repeats)| TransferNews::Done { bytes, repeats }),
        any::<u64>().prop_map(|bytes| TransferNews::Failed { bytes, why: "\u{7}gone".to_owned() }),
    ];
    let services = select(&Service::ALL);
    let from = || (address(), any::<u16>()).prop_map(|(ip, port)| SocketAddrV4::new(ip, port));
    prop_oneof![
        6 => (0u64..30_000).prop_map(|ms| Step::Wait(Duration::from_millis(ms))),
        1 => (0u64..90_000).prop_map(|s| Step::Sleep(Duration::from_secs(s))),
        10 => (from(), maybe_mangled(dhcp())).prop_map(|(from, bytes)| Step::Datagram { service: Service::Dhcp, from, bytes }),
        1 => (services, from(), vec(any::<u8>(), 0..64)).prop_map(|(service, from, bytes)| Step::Datagram { service, from, bytes }),
        10 => (0u8..4, port, maybe_mangled(tftp())).prop_map(|(phone, port, bytes)| Step::Tftp { phone, port, bytes }),
        8 => (maybe_mangled(frame()), proptest::option::weighted(0.1, any::<u16>())).prop_map(|(bytes, vlan)| Step::Frame { bytes, vlan }),
        2 => (select(&[Via::Tftp, Via::Http, Via::Ftp]), 0u8..4, name(), proptest::option::of(name()))
            .prop_map(|(via, phone, name, user_agent)| Step::File { via, phone, name, user_agent }),
        6 => (0u64..12, news).prop_map(|(id, news)| Step::News { id, news }),
        1 => any::<bool>().prop_map(Step::Link),
        1 => prop_oneof![Just(99usize), 0usize..20].prop_map(Step::Shelf),
        1 => vec(select(NAMES).prop_map(str::to_owned), 0..4).prop_map(Step::Folder),
        3 => command().prop_map(Step::Command),
    ]
}

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
