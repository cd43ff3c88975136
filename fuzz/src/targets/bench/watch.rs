//! What must hold for everything the bench says.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddrV4};

use bench::diagnose::codes;
use bench::identify::Grade;
use bench::journal::{Line, line, read};
use bench::plan::answer::Content;
use bench::view::View;
use bench::{Bench, Output, Seen, Service, State, Ticket, TransferId};
use proto::dhcp::{Message, MessageType, packet::BOOTREPLY};
use proto::ethernet::Frame;
use proto::tftp::Packet;
use proto::{Mac, Time};

use crate::targets::journal::profiles;
use crate::targets::text::harmless;

/// Outputs that one input may cause.
const MOST: usize = 5_000;

/// Follows the outputs of one bench.
pub struct Watch {
    /// Hashes on the shelf.
    pub blobs: BTreeSet<String>,
    /// Paths in the served folder.
    pub folder: BTreeSet<String>,
    /// Transfers handed out and not ended, with the phone's end where they have one.
    pub open: BTreeMap<TransferId, Option<SocketAddrV4>>,
    /// The address last offered to each station.
    pub offers: BTreeMap<Mac, Ipv4Addr>,
    allowed: BTreeSet<Mac>,
    replay: State,
    serving: bool,
    last_id: TransferId,
}

/// What one input was answered with.
#[derive(Debug, Default)]
pub struct Said {
    /// Where TFTP refusals and transfers went.
    tftp: Vec<SocketAddrV4>,
    /// Tickets answered.
    tickets: Vec<Ticket>,
    /// When the bench wants to be called.
    at: Time,
}

impl Said {
    /// Fails unless a datagram to the TFTP port got one answer at most, and to its sender.
    pub fn one_tftp(&self, from: SocketAddrV4) {
        assert!(self.tftp.len() <= 1 && self.tftp.iter().all(|to| *to == from), "{:?} for {from}", self.tftp);
        assert!(self.tickets.is_empty());
    }

    /// Fails unless this ticket was answered, once.
    pub fn one_answer(&self, ticket: Ticket) {
        assert_eq!(self.tickets, [ticket]);
        assert!(self.tftp.is_empty());
    }

    /// Fails when there was an answer to a request that was not made.
    pub fn none(&self) {
        assert!(self.tickets.is_empty() && self.tftp.is_empty());
    }

    /// When the bench wants to be called.
    pub fn at(&self) -> Time {
        self.at
    }
}

impl Watch {
    /// Before the first output.
    #[allow(clippy::new_without_default, reason = "one way to make it is enough")]
    pub fn new() -> Watch {
        Watch {
            blobs: BTreeSet::new(),
            folder: BTreeSet::new(),
            open: BTreeMap::new(),
            offers: BTreeMap::new(),
            allowed: BTreeSet::new(),
            replay: State::default(),
            serving: false,
            last_id: TransferId(0),
        }
    }

    /// The technician allowed a station.
    pub fn allow(&mut self, mac: Mac) {
        self.allowed.insert(mac);
    }

    /// Drains the bench.
    pub fn drain(&mut self, now: Time, bench: &mut Bench) -> Said {
        let mut said = Said::default();
        for _ in 0..MOST {
            let output = bench.poll_output();
            if let Output::Timeout { at, why } = output {
                assert!(!why.is_empty());
                said.at = at;
                self.between(bench);
                return said;
            }
            self.check(now, bench, output, &mut said);
        }
        panic!("more than {MOST} outputs from one input");
    }

    /// At the end: the journal alone gives the same screen.
    pub fn finish(&self, now: Time, bench: &Bench) {
        let told = serde_json::to_string(&View::of_state(bench.state(), profiles(), now)).unwrap_or_default();
        let replayed = serde_json::to_string(&View::of_state(&self.replay, profiles(), now)).unwrap_or_default();
        assert_eq!(told, replayed);
        assert!(serde_json::to_string(&bench.view(now)).is_ok());
        for mac in bench.state().sessions.keys() {
            assert_eq!(bench.state().row(profiles(), *mac), self.replay.row(profiles(), *mac));
        }
    }

    fn between(&self, bench: &Bench) {
        let state = bench.state();
        let mut addresses = BTreeSet::new();
        for (mac, session) in &state.sessions {
            assert_eq!(*mac, session.mac);
            if session.here && session.bound {
                let lease = state.sessions.values().filter(|s| s.here && s.address == session.address).count();
                let found = session.address.and_then(|a| state.phone_at(a));
                assert!(lease > 1 || found == Some(*mac), "{mac} has {:?}, where {found:?} is", session.address);
            }
            let named = session.address.filter(|a| state.phone_at(*a) == Some(*mac));
            assert!(named.is_none_or(|a| addresses.insert(a)), "two phones at {named:?}");
            assert!(session.files.len() <= 400 && session.evidence.len() <= 64 && session.seeks.len() <= 16);
        }
        assert!(self.open.len() <= bench.config().max_transfers);
        let findings = state.findings.values().flatten().chain(&state.cable);
        findings.for_each(|f| assert!(!codes::explain(f.code).is_empty(), "{} is not explained", f.code));
    }

    fn check(&mut self, now: Time, bench: &Bench, output: Output, said: &mut Said) {
        match output {
            Output::Dhcp { bytes, .. } => {
                assert!(self.serving, "a DHCP message while not serving");
                let message = Message::parse(&bytes).unwrap_or_else(|e| panic!("{e}"));
                assert_eq!(message.op, BOOTREPLY);
                let answers = [MessageType::Offer, MessageType::Ack, MessageType::Nak];
                assert!(message.message_type().is_some_and(|t| answers.contains(&t)));
                let mac = message.mac().unwrap_or(Mac::ZERO);
                self.is_for_a_phone(bench, mac);
                self.offers.insert(mac, message.yiaddr);
            }
            Output::Frame(bytes) => {
                let frame = Frame::parse(&bytes).unwrap_or_else(|e| panic!("{e}"));
                assert!(bytes.len() <= 1_514 && frame.tags.is_empty());
                assert!(frame.source.0[0] & 2 != 0, "{} is not a made-up address", frame.source);
                assert!(bench.config().frames, "a frame where none can be sent");
            }
            Output::Datagram { service: Service::Tftp, to, bytes } => {
                assert!(matches!(Packet::parse(&bytes), Ok(Packet::Error { .. })));
                said.tftp.push(to);
            }
            Output::Datagram { .. }
            | Output::Stream { .. }
            | Output::Reach { .. }
            | Output::Unreach { .. }
            | Output::Job { .. }
            | Output::DropJob(_) => {}
            Output::Transfer { id, peer, request, quirks: _, content } => {
                assert!(matches!(Packet::parse(&request), Ok(Packet::Rrq(_))));
                self.is_known(&content);
                self.begin(id, Some(peer));
                said.tftp.push(peer);
            }
            Output::Receive { id, peer, request, name, limit } => {
                assert!(matches!(Packet::parse(&request), Ok(Packet::Wrq(_))));
                assert_eq!(Some(limit), bench.config().uploads);
                harmless(&name);
                assert!(!name.contains(['/', '\\', ':']) && name != "..", "{name:?}");
                self.begin(id, Some(peer));
                said.tftp.push(peer);
            }
            Output::DropTransfer(id) => assert!(self.open.remove(&id).is_some(), "{id:?} is not open"),
            Output::Answer { ticket, id, answer } => {
                said.tickets.push(ticket);
                if let Ok((_, content)) = answer {
                    self.is_known(&content);
                    self.begin(id, None);
                }
            }
            Output::Journal(observation) => {
                assert_eq!(observation.n, self.replay.n + 1, "observations are numbered without gaps");
                assert_eq!(observation.at, now);
                match &observation.seen {
                    Seen::ServingBegan => self.serving = true,
                    Seen::ServingStopped { .. } => self.serving = false,
                    _ => {}
                }
                let text = line(&observation);
                if let Ok(value) = serde_json::from_str(&text) {
                    walk(&value);
                }
                self.replay.apply(profiles(), &observation);
                assert_eq!(read(&text), Line::Observation(Box::new(observation)));
            }
            Output::Row(row) => assert!(bench.state().sessions.contains_key(&row.mac)),
            Output::Leases(leases) => {
                let macs: BTreeSet<Mac> = leases.iter().map(|l| l.mac).collect();
                let addresses: BTreeSet<_> = leases.iter().map(|l| l.address).collect();
                assert!(macs.len() == leases.len() && addresses.len() == leases.len());
            }
            Output::Timeout { .. } => {}
        }
    }

    fn begin(&mut self, id: TransferId, peer: Option<SocketAddrV4>) {
        assert!(id > self.last_id, "{id:?} was used before");
        self.last_id = id;
        self.open.insert(id, peer);
    }

    fn is_known(&self, content: &Content) {
        match content {
            Content::Bytes(bytes) => assert!(!bytes.is_empty()),
            Content::Blob { sha256, .. } => assert!(self.blobs.contains(sha256), "{sha256} is not on the shelf"),
            Content::Folder { path, .. } => assert!(self.folder.contains(path), "{path:?} is not in the folder"),
        }
    }

    /// Nobody is answered of whom nothing says that it is a phone.
    fn is_for_a_phone(&self, bench: &Bench, mac: Mac) {
        let session = bench.state().sessions.get(&mac);
        let known = session.is_some_and(|s| s.identified.grade >= Grade::Possible);
        assert!(known || bench.config().any || self.allowed.contains(&mac), "{mac} is a stranger");
    }
}

/// Every text in an observation is harmless.
fn walk(value: &serde_json::Value) {
    match value {
        serde_json::Value::String(text) => harmless(text),
        serde_json::Value::Array(values) => values.iter().for_each(walk),
        serde_json::Value::Object(fields) => fields.values().for_each(walk),
        _ => {}
    }
}
