//! A bench driven by hand: one input, then everything that comes of it, checked against the contract.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part")]

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::LazyLock;
use std::time::Duration;

use bench::identify::Grade;
use bench::shelf::Blob;
use bench::{Bench, Config, Input, Observation, Output, Service, Ticket, TransferId};
use profile::Profiles;
use proto::dhcp::server::Destination;
use proto::dhcp::{DhcpOption, Message, MessageType};
use proto::ethernet::UdpDatagram;
use proto::ethernet::udp::Checksum;
use proto::{Mac, Time};
use sim::firmware::{LoadSpec, Protocol, R8_5_2, R9_4_2SR1, load_set};
use sim::rig::Store;

pub const SERVER: Ipv4Addr = Ipv4Addr::new(10, 79, 0, 1);
pub const OTHER_SERVER: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 1);
pub const PHONE_CLASS: &str = "Cisco Systems, Inc. IP Phone CP-7965G\0";
/// Outputs of one input, and turns at one moment, before something is said to run in circles.
const MANY: usize = 10_000;

pub static PROFILES: LazyLock<Profiles> = LazyLock::new(|| Profiles::built_in().0);
/// A whole load, and one that lacks its last image.
pub static BLOBS: LazyLock<Vec<Blob>> = LazyLock::new(|| {
    let mut files = load_set(&LoadSpec::released("45", Protocol::Sccp, R9_4_2SR1, 3_000));
    files.extend(load_set(&LoadSpec::released("45", Protocol::Sccp, R8_5_2, 3_000)));
    Store::new(files.into_iter().filter(|f| f.0 != "cvm45sccp.9-4-2ES9.sbn")).blobs
});

pub fn phone(n: u8) -> Mac {
    Mac([0x00, 0x1e, 0x4a, 0xd0, 0, n])
}

/// A careful bench with a pool of two hundred addresses.
pub fn config() -> Config {
    let mut config = Config::new(SERVER, 24);
    config.mac = Mac([0x02, 0x52, 0x42, 0, 0, 1]);
    config.pool = Some((Ipv4Addr::new(10, 79, 0, 10), Ipv4Addr::new(10, 79, 0, 209)));
    config.auto = true;
    config
}

/// What was said since somebody last looked.
#[derive(Debug, Default)]
pub struct Told {
    pub dhcp: Vec<(Destination, Vec<u8>)>,
    pub frames: Vec<Vec<u8>>,
    pub tftp: Vec<(SocketAddrV4, Vec<u8>)>,
    pub transfers: Vec<TransferId>,
    pub journal: Vec<Observation>,
}

pub struct Driven {
    pub bench: Bench,
    pub now: Time,
    pub told: Told,
    /// Another server was on the cable: from then on every answer is a fault.
    pub foreign: bool,
    /// How often each file request was answered.
    pub answers: BTreeMap<Ticket, u32>,
    ids: BTreeSet<TransferId>,
    last_n: u64,
    wake_at: Time,
}

impl Driven {
    pub fn new(config: Config) -> Driven {
        let bench = Bench::new(Time::ZERO, config, PROFILES.clone(), Vec::new());
        let mut driven = Driven {
            bench,
            now: Time::ZERO,
            told: Told::default(),
            foreign: false,
            answers: BTreeMap::new(),
            ids: BTreeSet::new(),
            last_n: 0,
            wake_at: Time::ZERO,
        };
        driven.drain();
        driven.give(Input::Link { up: true });
        driven.give(Input::Shelf(BLOBS.clone()));
        driven
    }

    /// The same, when it has found the cable silent.
    pub fn serving(config: Config) -> Driven {
        let mut driven = Driven::new(config);
        driven.wait(Duration::from_secs(11));
        assert!(driven.bench.state().serving);
        driven.told = Told::default();
        driven
    }

    pub fn give(&mut self, input: Input<'_>) {
        self.bench.handle_input(self.now, input);
        self.drain();
    }

    /// Lets time pass; the bench is called whenever it asked to be.
    pub fn wait(&mut self, span: Duration) {
        let end = self.now + span;
        let mut turns = 0;
        while self.wake_at <= end {
            let at = self.wake_at.max(self.now);
            turns = if at == self.now { turns + 1 } else { 0 };
            assert!(turns < MANY, "the bench wants to be called for ever at {at}");
            self.now = at;
            self.give(Input::Timeout);
        }
        self.now = end;
    }

    /// Time passes while nobody calls: the computer slept.
    pub fn sleep(&mut self, span: Duration) {
        self.now += span;
        self.give(Input::Timeout);
    }

    pub fn dhcp(&mut self, message: &Message) {
        self.dhcp_bytes(&message.emit());
    }

    pub fn dhcp_bytes(&mut self, bytes: &[u8]) {
        let from = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 68);
        self.give(Input::Datagram { service: Service::Dhcp, from, bytes });
    }

    /// Another server's answer is on the cable.
    pub fn foreign_offer(&mut self) {
        self.foreign |= self.bench.config().pool.is_some();
        let offer = foreign_offer();
        self.give(Input::Frame { bytes: &offer, vlan: None });
    }

    /// Gets a phone an address; fails when it gets none.
    pub fn bind(&mut self, mac: Mac) -> Ipv4Addr {
        self.dhcp(&discover(mac, Some(PHONE_CLASS)));
        self.wait(Duration::from_millis(300));
        let offered = self.told.dhcp.iter().rev().find_map(|(_, bytes)| Message::parse(bytes).ok()).expect("an offer");
        self.dhcp(&request(mac, Some(PHONE_CLASS), offered.yiaddr));
        self.wait(Duration::from_millis(300));
        self.bench.state().sessions.get(&mac).and_then(|s| s.address).expect("an address")
    }

    fn drain(&mut self) {
        for _ in 0..MANY {
            match self.bench.poll_output() {
                Output::Timeout { at, why } => {
                    assert!(!why.is_empty());
                    self.wake_at = at;
                    return;
                }
                Output::Dhcp { to, bytes } => {
                    assert!(!self.foreign, "answered although another server is here: {bytes:?}");
                    assert!(self.bench.state().serving, "answered without serving");
                    let mac = Message::parse(&bytes).ok().and_then(|m| m.mac()).expect("a reply to somebody");
                    let config = self.bench.config();
                    let known = self.bench.state().sessions.get(&mac).map(|s| s.identified.grade);
                    assert!(
                        config.any || config.allow.contains(&mac) || known >= Some(Grade::Possible),
                        "answered {mac}, which is no phone"
                    );
                    self.told.dhcp.push((to, bytes));
                }
                Output::Frame(frame) => self.told.frames.push(frame),
                Output::Datagram { service: Service::Tftp, to, bytes } => self.told.tftp.push((to, bytes)),
                Output::Datagram { .. }
                | Output::Stream { .. }
                | Output::Reach { .. }
                | Output::Unreach { .. }
                | Output::Job { .. }
                | Output::DropJob(_) => {}
                Output::Transfer { id, .. } | Output::Receive { id, .. } => {
                    assert!(self.ids.insert(id), "{id:?} is given twice");
                    self.told.transfers.push(id);
                }
                Output::DropTransfer(id) => assert!(self.ids.contains(&id), "{id:?} was never given"),
                Output::Answer { ticket, id, answer } => {
                    *self.answers.entry(ticket).or_default() += 1;
                    assert!(answer.is_err() || self.ids.insert(id), "{id:?} is given twice");
                }
                Output::Journal(observation) => {
                    assert_eq!(observation.n, self.last_n + 1, "numbered without a gap");
                    self.last_n = observation.n;
                    self.told.journal.push(observation);
                }
                Output::Row(_) => {}
                Output::Leases(leases) => {
                    let addresses: BTreeSet<Ipv4Addr> = leases.iter().map(|l| l.address).collect();
                    let phones: BTreeSet<Mac> = leases.iter().map(|l| l.mac).collect();
                    assert_eq!((addresses.len(), phones.len()), (leases.len(), leases.len()));
                }
            }
        }
        panic!("one input, and outputs without end");
    }

    /// How much the bench keeps, roughly: as many characters as it takes to write all of it down.
    pub fn weight(&self) -> usize {
        format!("{:?}", self.bench).len()
    }
}

pub fn discover(mac: Mac, class: Option<&str>) -> Message {
    let mut message = Message::request(mac, 1);
    message.options.set(MessageType::Discover.option());
    if let Some(class) = class {
        message.options.set(DhcpOption::text(60, class));
    }
    message.options.set(DhcpOption::raw(55, [1, 3, 6, 15, 42, 66, 150]));
    message
}

pub fn request(mac: Mac, class: Option<&str>, address: Ipv4Addr) -> Message {
    let mut message = discover(mac, class);
    message.options.set(MessageType::Request.option());
    message.options.set(DhcpOption::address(50, address));
    message.options.set(DhcpOption::address(54, SERVER));
    message
}

/// Another server's Offer to somebody, as a frame.
pub fn foreign_offer() -> Vec<u8> {
    let mut offer = discover(Mac([0x02, 0, 0, 0, 0, 0x77]), None).reply();
    offer.yiaddr = Ipv4Addr::new(192, 168, 1, 77);
    offer.options.set(MessageType::Offer.option());
    offer.options.set(DhcpOption::address(54, OTHER_SERVER));
    let payload = offer.emit();
    let datagram = UdpDatagram {
        src_mac: Mac([0x00, 0x25, 0x9c, 1, 2, 3]),
        dst_mac: Mac::BROADCAST,
        vlan: None,
        src: SocketAddrV4::new(OTHER_SERVER, 67),
        dst: SocketAddrV4::new(Ipv4Addr::BROADCAST, 68),
        ttl: 64,
        checksum: Checksum::Good,
        payload: &payload,
    };
    datagram.emit_frame().expect("small")
}
