//! A bench, phones and people on one table, in virtual time.
//!
//! The rig is the host that the bench's contract asks for: it obeys outputs, carries datagrams over
//! cables that may have faults, and lets time jump to the next thing that anybody waits for. Nothing
//! sleeps, and the same phones, people and seeds give the same run.
//! Not here: real sockets (the app has them), and judging a run (tests do).

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::Arc;
use std::time::Duration;

use bench::ledger::Row;
use bench::plan::answer::Content;
use bench::shelf::{Blob, examine};
use bench::{Bench, Input as BenchInput, Observation, Output as BenchOutput, Service, TransferId, TransferNews};
use proto::Time;
use proto::dhcp::server::Destination;
use proto::tftp::{Packet, Transfer, transfer};

use crate::faults::{Cable, CableSpec, Delivery, End};
use crate::{Input, Output, Person, Phone, Wire};

/// First local port of the bench's transfers.
const FIRST_PORT: u16 = 20_000;
/// Things that may happen at one moment before the rig says that something runs in circles.
const BUSY: u32 = 200_000;

/// One phone with its cable and the person who stands beside it.
struct Place {
    phone: Box<dyn Phone>,
    person: Option<Person>,
    cable: Cable,
}

struct Sending {
    peer: SocketAddrV4,
    transfer: Transfer<Arc<[u8]>>,
    moved: bool,
    told: Time,
}

/// Made-up firmware for a bench: what goes on its shelf, and the bytes behind it.
#[derive(Clone, Debug, Default)]
pub struct Store {
    /// Judged files.
    pub blobs: Vec<Blob>,
    bytes: BTreeMap<String, Arc<[u8]>>,
}

impl Store {
    /// Judges and keeps these files.
    pub fn new(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Store {
        let mut store = Store::default();
        for (name, bytes) in files {
            let blob = examine(&name, &bytes);
            store.bytes.insert(blob.sha256.clone(), Arc::from(bytes));
            store.blobs.push(blob);
        }
        store
    }
}

/// The table.
pub struct Rig {
    bench: Bench,
    store: Store,
    places: Vec<Place>,
    sending: BTreeMap<u16, Sending>,
    ports: BTreeMap<TransferId, u16>,
    next_port: u16,
    now: Time,
    wake_at: Time,
    /// Every observation, in order.
    pub journal: Vec<Observation>,
    /// Every row, the last state of each stay.
    pub rows: BTreeMap<(u64, u64), Row>,
    /// What phones said of themselves, with the time.
    pub notes: Vec<(Time, usize, String)>,
}

impl Rig {
    /// A table with this bench, switched on at time zero, and what is on its shelf.
    pub fn new(mut bench: Bench, store: Store) -> Rig {
        bench.handle_input(Time::ZERO, BenchInput::Link { up: true });
        bench.handle_input(Time::ZERO, BenchInput::Shelf(store.blobs.clone()));
        let mut rig = Rig {
            bench,
            store,
            places: Vec::new(),
            sending: BTreeMap::new(),
            ports: BTreeMap::new(),
            next_port: FIRST_PORT,
            now: Time::ZERO,
            wake_at: Time::ZERO,
            journal: Vec::new(),
            rows: BTreeMap::new(),
            notes: Vec::new(),
        };
        rig.drain();
        rig
    }

    /// Puts a phone on the table and gives it power; answers its place.
    pub fn plug(&mut self, phone: impl Phone + 'static, person: Option<Person>, cable: &CableSpec) -> usize {
        self.places.push(Place { phone: Box::new(phone), person, cable: Cable::new(cable) });
        let place = self.places.len() - 1;
        self.give(place, Input::Power(true));
        place
    }

    /// The bench.
    pub fn bench(&self) -> &Bench {
        &self.bench
    }

    /// Now.
    pub fn now(&self) -> Time {
        self.now
    }

    /// A phone.
    pub fn phone(&self, place: usize) -> Option<&dyn Phone> {
        self.places.get(place).map(|p| &*p.phone)
    }

    /// The person beside a phone.
    pub fn person_mut(&mut self, place: usize) -> Option<&mut Person> {
        self.places.get_mut(place)?.person.as_mut()
    }

    /// Hands something to the bench, as the technician or the host does.
    pub fn tell_bench(&mut self, input: BenchInput<'_>) {
        self.bench.handle_input(self.now, input);
        self.drain();
    }

    /// Hands something to a phone.
    pub fn give(&mut self, place: usize, input: Input) {
        let now = self.now;
        if let Some(p) = self.places.get_mut(place) {
            p.phone.handle_input(now, input);
        }
        self.take_from(place);
    }

    /// Lets time run until `done` says so or `limit` has passed; answers whether it was done.
    pub fn run(&mut self, limit: Duration, mut done: impl FnMut(&Rig) -> bool) -> bool {
        let end = self.now + limit;
        let mut busy = 0;
        loop {
            if done(self) {
                return true;
            }
            let next = self.next_time().max(self.now);
            if next > end {
                self.now = end;
                return false;
            }
            busy = if next == self.now { busy + 1 } else { 0 };
            assert!(busy < BUSY, "the rig runs in circles at {}", self.now);
            self.now = next;
            self.step();
        }
    }

    fn next_time(&self) -> Time {
        let places = self.places.iter().flat_map(|p| {
            let person = p.person.as_ref().and_then(Person::poll_timeout);
            [p.phone.poll_timeout(), person, p.cable.poll_timeout()].into_iter().flatten().map(|t| t.0)
        });
        let transfers = self.sending.values().filter_map(|s| s.transfer.poll_timeout()).map(|t| t.0);
        places.chain(transfers).chain([self.wake_at]).min().unwrap_or(Time::NEVER)
    }

    fn step(&mut self) {
        let now = self.now;
        for place in 0..self.places.len() {
            while let Some(delivery) = self.places[place].cable.poll(now) {
                match delivery {
                    Delivery::Link(up) => self.give(place, Input::Link(up)),
                    Delivery::Wire { to: End::Phone, wire } => self.give(place, Input::Wire(wire)),
                    Delivery::Wire { to: End::Bench, wire } => self.to_bench(wire),
                }
            }
            while let Some(input) = self.places[place].person.as_mut().and_then(|p| p.poll_input(now)) {
                self.give(place, input);
            }
            if self.places[place].phone.poll_timeout().is_some_and(|t| t.0 <= now) {
                self.give(place, Input::Timeout);
            }
        }
        let due: Vec<u16> = self
            .sending
            .iter()
            .filter(|(_, s)| s.transfer.poll_timeout().is_some_and(|t| t.0 <= now))
            .map(|(p, _)| *p)
            .collect();
        for port in due {
            if let Some(sending) = self.sending.get_mut(&port) {
                sending.transfer.handle_timeout(now);
            }
            self.settle(port);
        }
        if self.wake_at <= now {
            self.bench.handle_input(now, BenchInput::Timeout);
            self.drain();
        }
    }

    fn take_from(&mut self, place: usize) {
        let now = self.now;
        while let Some(output) = self.places.get_mut(place).and_then(|p| p.phone.poll_output()) {
            let Some(p) = self.places.get_mut(place) else { return };
            if let Some(person) = &mut p.person {
                person.see(&output);
            }
            match output {
                Output::Wire(wire) => p.cable.carry(now, End::Phone, wire),
                Output::Note(note) => self.notes.push((now, place, note)),
                Output::Interface(_) | Output::Screen(_) | Output::Lamps(_) => {}
            }
        }
    }

    fn to_bench(&mut self, wire: Wire) {
        let now = self.now;
        let server = self.bench.config().server;
        match wire {
            Wire::Frame(bytes) => self.bench.handle_input(now, BenchInput::Frame { bytes: &bytes, vlan: None }),
            Wire::Udp { src, dst, bytes } => match dst.port() {
                67 => self
                    .bench
                    .handle_input(now, BenchInput::Datagram { service: Service::Dhcp, from: src, bytes: &bytes }),
                69 if *dst.ip() == server => {
                    self.bench
                        .handle_input(now, BenchInput::Datagram { service: Service::Tftp, from: src, bytes: &bytes });
                }
                port if *dst.ip() == server => {
                    if let Some(sending) = self.sending.get_mut(&port).filter(|s| s.peer == src) {
                        sending.transfer.handle(now, &bytes);
                        self.settle(port);
                    }
                }
                // Somebody else's address: nobody is there on this table.
                _ => {}
            },
        }
        self.drain();
    }

    fn drain(&mut self) {
        let now = self.now;
        loop {
            match self.bench.poll_output() {
                BenchOutput::Timeout { at, .. } => {
                    self.wake_at = at;
                    return;
                }
                BenchOutput::Dhcp { to, bytes } => self.dhcp(to, bytes),
                BenchOutput::Tftp { to, bytes } => {
                    self.to_phone(SocketAddrV4::new(self.bench.config().server, 69), to, bytes)
                }
                BenchOutput::Transfer { id, peer, request, quirks, content } => {
                    let Some(data) = self.open(&content) else { continue };
                    let Ok(Packet::Rrq(request)) = Packet::parse(&request) else { continue };
                    let transfer = Transfer::new(now, &request, quirks, data);
                    let port = self.next_port;
                    self.next_port = self.next_port.checked_add(1).unwrap_or(FIRST_PORT);
                    self.sending.insert(port, Sending { peer, transfer, moved: false, told: now });
                    self.ports.insert(id, port);
                    self.settle(port);
                }
                BenchOutput::DropTransfer(id) => {
                    if let Some(port) = self.ports.remove(&id) {
                        self.sending.remove(&port);
                    }
                }
                BenchOutput::Journal(observation) => self.journal.push(observation),
                BenchOutput::Row(row) => {
                    self.rows.insert((row.run, row.stay), row);
                }
                BenchOutput::Frame(_)
                | BenchOutput::Leases(_)
                | BenchOutput::Receive { .. }
                | BenchOutput::Answer { .. } => {}
            }
        }
    }

    fn open(&self, content: &Content) -> Option<Arc<[u8]>> {
        match content {
            Content::Bytes(bytes) => Some(Arc::clone(bytes)),
            Content::Blob { sha256, .. } => self.store.bytes.get(sha256).cloned(),
            Content::Folder { .. } => None,
        }
    }

    /// Sends what a transfer wants sent and tells the bench what is worth telling.
    fn settle(&mut self, port: u16) {
        let now = self.now;
        let server = self.bench.config().server;
        let mut out = Vec::new();
        loop {
            let Some(sending) = self.sending.get_mut(&port) else { return };
            if !sending.transfer.poll_transmit(now, &mut out) {
                break;
            }
            let peer = sending.peer;
            self.to_phone(SocketAddrV4::new(server, port), peer, out.clone());
        }
        let Some(id) = self.ports.iter().find(|(_, p)| **p == port).map(|(id, _)| *id) else { return };
        let Some(sending) = self.sending.get_mut(&port) else { return };
        let progress = sending.transfer.progress();
        let news = match sending.transfer.outcome() {
            Some(transfer::Outcome::Done { .. }) => {
                Some(TransferNews::Done { bytes: progress.bytes_acked, repeats: progress.repeated_blocks })
            }
            Some(other) => Some(TransferNews::Failed { bytes: progress.bytes_acked, why: format!("{other:?}") }),
            None if progress.bytes_acked > 0
                && (!sending.moved || now.since(sending.told) >= Duration::from_millis(250)) =>
            {
                sending.moved = true;
                sending.told = now;
                Some(TransferNews::Progress { bytes: progress.bytes_acked, size: progress.total })
            }
            None => None,
        };
        if let Some(news) = news {
            if !matches!(news, TransferNews::Progress { .. }) {
                self.sending.remove(&port);
                self.ports.remove(&id);
            }
            self.bench.handle_input(now, BenchInput::Transfer { id, news });
            self.drain();
        }
    }

    fn dhcp(&mut self, to: Destination, bytes: Vec<u8>) {
        let src = SocketAddrV4::new(self.bench.config().server, 67);
        let now = self.now;
        let (address, only) = match to {
            Destination::Relay(_) => return,
            Destination::Client(address) => (address, None),
            Destination::Broadcast => (Ipv4Addr::BROADCAST, None),
            Destination::Hardware { address, mac } => (address, Some(mac)),
        };
        let dst = SocketAddrV4::new(address, 68);
        for place in &mut self.places {
            let meant = match only {
                Some(mac) => place.phone.mac() == mac,
                None => address.is_broadcast() || place.phone.status().address == Some(address),
            };
            if meant {
                place.cable.carry(now, End::Bench, Wire::Udp { src, dst, bytes: bytes.clone() });
            }
        }
    }

    fn to_phone(&mut self, src: SocketAddrV4, dst: SocketAddrV4, bytes: Vec<u8>) {
        let now = self.now;
        let place = self.places.iter_mut().find(|p| p.phone.status().address == Some(*dst.ip()));
        if let Some(place) = place {
            place.cable.carry(now, End::Bench, Wire::Udp { src, dst, bytes });
        }
    }
}
