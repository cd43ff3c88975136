//! Any phone on a cable to a tiny server, in virtual time.
//!
//! The server is no bench: it gives one address, knows some names, serves the files it was handed by every
//! protocol, and writes down what it was asked. What a technician's browser would send to the phone's own page
//! goes straight to the phone, segment by segment.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use proto::Time;
use proto::dhcp::{DhcpOption, Message, MessageType, option::code};
use proto::tftp::{ErrorCode, Packet, Quirks, Transfer};
use sim::person::{Deed, Script};
use sim::stream::{Answer, Conn, Order, Part};
use sim::{Input, Output, Person, Phone, PhoneStatus, Wire};

pub const SERVER: Ipv4Addr = Ipv4Addr::new(10, 11, 12, 1);
pub const PHONE: Ipv4Addr = Ipv4Addr::new(10, 11, 12, 50);

/// What comes back for a datagram: from, to, bytes of each.
pub type Answers = fn(SocketAddrV4, SocketAddrV4, &[u8]) -> Vec<(SocketAddrV4, SocketAddrV4, Vec<u8>)>;

pub struct Lab {
    pub now: Time,
    pub phone: Box<dyn Phone>,
    pub person: Option<Person>,
    pub files: BTreeMap<String, Vec<u8>>,
    /// Requests for these get no answer at all.
    pub silent: BTreeSet<String>,
    /// Changes each Offer and Ack before it goes out; none: there is no DHCP.
    pub dhcp: Option<fn(&mut Message)>,
    /// Names that the name server knows.
    pub names: BTreeMap<String, Ipv4Addr>,
    /// What is sent back for a datagram to anything but DHCP, TFTP and DNS.
    pub other: Answers,
    /// Every file asked for: `tftp aastra.cfg`.
    pub asked: Vec<String>,
    pub orders: Vec<Order>,
    pub discovers: Vec<Message>,
    pub asked_names: Vec<String>,
    pub others: Vec<(SocketAddrV4, Vec<u8>)>,
    /// ERROR packets that the phone sent.
    pub errors: Vec<ErrorCode>,
    pub screens: Vec<(Time, Vec<String>)>,
    pub notes: Vec<(Time, String)>,
    transfers: BTreeMap<u16, (u16, Transfer<Vec<u8>>)>,
    next_port: u16,
    next_conn: u64,
}

impl Lab {
    pub fn new(phone: impl Phone + 'static) -> Lab {
        Lab {
            now: Time::ZERO,
            phone: Box::new(phone),
            person: None,
            files: BTreeMap::new(),
            silent: BTreeSet::new(),
            dhcp: Some(|_| {}),
            names: BTreeMap::new(),
            other: |_, _, _| Vec::new(),
            asked: Vec::new(),
            orders: Vec::new(),
            discovers: Vec::new(),
            asked_names: Vec::new(),
            others: Vec::new(),
            errors: Vec::new(),
            screens: Vec::new(),
            notes: Vec::new(),
            transfers: BTreeMap::new(),
            next_port: 40_000,
            next_conn: 0,
        }
    }

    pub fn file(mut self, name: &str, bytes: impl Into<Vec<u8>>) -> Lab {
        self.files.insert(name.to_owned(), bytes.into());
        self
    }

    pub fn doing(mut self, deeds: Vec<Deed>) -> Lab {
        self.person = Some(Person::new(&Script { deeds, ..Script::default() }));
        self
    }

    pub fn give(&mut self, input: Input) {
        self.phone.handle_input(self.now, input);
        self.drain();
    }

    pub fn power_on(&mut self) {
        self.give(Input::Power(true));
    }

    /// Switched on, and in its usual work.
    pub fn started(mut self) -> Lab {
        self.power_on();
        self.run_to_state("idle");
        self
    }

    pub fn status(&self) -> PhoneStatus {
        self.phone.status()
    }

    pub fn run_for(&mut self, seconds: u64) {
        let until = self.now + Duration::from_secs(seconds);
        self.run(until, |_| false);
        self.now = until;
    }

    /// Lets time pass until this holds; fails when it does not within two hours.
    pub fn run_to(&mut self, what: &str, holds: impl Fn(&Lab) -> bool) {
        let limit = self.now + Duration::from_secs(7_200);
        let done = self.run(limit, holds);
        assert!(done, "never: {what}\n{:#?}\n{:#?}\n{:?}", self.asked, self.notes, self.phone.status());
    }

    pub fn run_to_state(&mut self, state: &str) {
        self.run_to(state, |lab| lab.phone.status().state == state);
    }

    pub fn noted(&self, words: &str) -> bool {
        self.notes.iter().any(|(_, note)| note.contains(words))
    }

    pub fn showed(&self, words: &str) -> bool {
        self.screens.iter().any(|(_, lines)| lines.iter().any(|l| l.contains(words)))
    }

    /// A new connection to the phone's page from the server's address.
    pub fn connect(&mut self) -> Conn {
        self.next_conn += 1;
        let from = SocketAddrV4::new(SERVER, 50_000 + u16::try_from(self.next_conn % 10_000).unwrap());
        assert!(self.phone.listens(80), "nobody listens: {:?}", self.phone.status());
        Conn { id: self.next_conn, from, port: 80 }
    }

    pub fn segment(&mut self, conn: Conn, bytes: &[u8]) -> Answer {
        let answer = self.phone.on_segment(self.now, conn, bytes);
        self.drain();
        answer
    }

    /// A whole request in one segment on a connection of its own; answers status and body.
    pub fn request(&mut self, request: &str) -> (u16, String) {
        let conn = self.connect();
        let answer = self.segment(conn, request.as_bytes());
        let text = String::from_utf8_lossy(&answer.bytes).into_owned();
        let status = text.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0);
        (status, text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default())
    }

    pub fn get(&mut self, path: &str) -> (u16, String) {
        self.request(&format!("GET {path} HTTP/1.0\r\n\r\n"))
    }

    pub fn post(&mut self, path: &str, body: &str) -> (u16, String) {
        self.request(&format!("POST {path} HTTP/1.0\r\nContent-Length: {}\r\n\r\n{body}", body.len()))
    }

    fn run(&mut self, until: Time, holds: impl Fn(&Lab) -> bool) -> bool {
        for _ in 0..5_000_000 {
            if holds(self) {
                return true;
            }
            let transfers = self.transfers.values().filter_map(|(_, t)| t.poll_timeout().map(|t| t.0)).min();
            let person = self.person.as_ref().and_then(|p| p.poll_timeout().map(|t| t.0));
            let phone = self.phone.poll_timeout().map(|t| t.0);
            let next = [transfers, person, phone].into_iter().flatten().min().unwrap_or(Time::NEVER).max(self.now);
            if next > until {
                return false;
            }
            self.now = next;
            while let Some(input) = self.person.as_mut().and_then(|p| p.poll_input(next)) {
                self.give(input);
            }
            if self.phone.poll_timeout().is_some_and(|(at, _)| at <= next) {
                self.give(Input::Timeout);
            }
            let due: Vec<u16> = self.transfers.keys().copied().collect();
            for port in due {
                if let Some((_, transfer)) = self.transfers.get_mut(&port) {
                    transfer.handle_timeout(next);
                }
                self.settle(port);
            }
        }
        panic!("runs in circles: {:?}", self.phone.status());
    }

    fn drain(&mut self) {
        while let Some(output) = self.phone.poll_output() {
            if let Some(person) = &mut self.person {
                person.see(&output);
            }
            match output {
                Output::Wire(Wire::Udp { src, dst, bytes }) => self.hear(src, dst, &bytes),
                Output::Order(order) => self.order(order),
                Output::Screen(lines) => self.screens.push((self.now, lines)),
                Output::Note(note) => self.notes.push((self.now, note)),
                Output::Wire(Wire::Frame(_)) | Output::Stream { .. } => {}
                Output::Interface(_) | Output::Lamps(_) => {}
            }
        }
    }

    fn tell(&mut self, src: SocketAddrV4, dst: SocketAddrV4, bytes: Vec<u8>) {
        self.phone.handle_input(self.now, Input::Wire(Wire::Udp { src, dst, bytes }));
        self.drain();
    }

    fn hear(&mut self, src: SocketAddrV4, dst: SocketAddrV4, bytes: &[u8]) {
        match dst.port() {
            67 => self.hear_dhcp(bytes),
            53 => self.hear_dns(src, bytes),
            69 => self.hear_tftp(src, bytes),
            port if self.transfers.contains_key(&port) => {
                if let Ok(Packet::Error { code, .. }) = Packet::parse(bytes) {
                    self.errors.push(code);
                }
                let now = self.now;
                if let Some((_, transfer)) = self.transfers.get_mut(&port) {
                    transfer.handle(now, bytes);
                }
                self.settle(port);
            }
            _ => {
                self.others.push((dst, bytes.to_vec()));
                for (from, to, bytes) in (self.other)(src, dst, bytes) {
                    self.tell(from, to, bytes);
                }
            }
        }
    }

    fn hear_dhcp(&mut self, bytes: &[u8]) {
        let message = Message::parse(bytes).unwrap();
        let kind = match message.message_type() {
            Some(MessageType::Discover) => {
                self.discovers.push(message.clone());
                MessageType::Offer
            }
            Some(MessageType::Request) => MessageType::Ack,
            _ => return,
        };
        let Some(change) = self.dhcp else { return };
        let mut reply = message.reply();
        reply.yiaddr = PHONE;
        reply.options.set(kind.option());
        reply.options.set(DhcpOption::address(code::SERVER_ID, SERVER));
        reply.options.set(DhcpOption::u32(51, 86_400));
        reply.options.set(DhcpOption::raw(code::SUBNET_MASK, [255, 255, 255, 0]));
        change(&mut reply);
        self.tell(SocketAddrV4::new(SERVER, 67), SocketAddrV4::new(Ipv4Addr::BROADCAST, 68), reply.emit());
    }

    fn hear_dns(&mut self, src: SocketAddrV4, bytes: &[u8]) {
        let (mut labels, mut at) = (Vec::new(), 12);
        while bytes[at] > 0 {
            let end = at + 1 + usize::from(bytes[at]);
            labels.push(String::from_utf8_lossy(&bytes[at + 1..end]).into_owned());
            at = end;
        }
        let name = labels.join(".");
        self.asked_names.push(name.clone());
        let mut reply = bytes.to_vec();
        reply[2] |= 0x80;
        match self.names.get(&name) {
            Some(address) => {
                reply[7] = 1;
                reply.extend(b"\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04");
                reply.extend(address.octets());
            }
            None => reply[3] = 3,
        }
        self.tell(SocketAddrV4::new(SERVER, 53), src, reply);
    }

    fn hear_tftp(&mut self, src: SocketAddrV4, bytes: &[u8]) {
        let Ok(Packet::Rrq(request)) = Packet::parse(bytes) else { return };
        let name = String::from_utf8_lossy(request.name).into_owned();
        self.asked.push(format!("tftp {name}"));
        if self.silent.contains(&name) {
            return;
        }
        let port = self.next_port;
        self.next_port += 1;
        match self.files.get(&name) {
            Some(file) => {
                let transfer = Transfer::new(self.now, &request, Quirks::default(), file.clone());
                self.transfers.insert(port, (src.port(), transfer));
                self.settle(port);
            }
            None => {
                let error = Packet::Error { code: ErrorCode::FileNotFound, text: b"not here" };
                let to = SocketAddrV4::new(*src.ip(), src.port());
                self.tell(SocketAddrV4::new(SERVER, port), to, error.to_vec());
            }
        }
    }

    fn settle(&mut self, port: u16) {
        let mut out = Vec::new();
        loop {
            let address = self.phone.status().address.unwrap_or(PHONE);
            let Some((peer, transfer)) = self.transfers.get_mut(&port) else { return };
            if !transfer.poll_transmit(self.now, &mut out) {
                if transfer.outcome().is_some() {
                    self.transfers.remove(&port);
                }
                return;
            }
            let to = SocketAddrV4::new(address, *peer);
            self.tell(SocketAddrV4::new(SERVER, port), to, out.clone());
        }
    }

    fn order(&mut self, order: Order) {
        self.asked.push(format!("{} {}", order.scheme.name(), order.path));
        let (id, found) = (order.id, self.files.get(&order.path).cloned());
        let here = *order.server.ip() == SERVER && !self.silent.contains(&order.path);
        let trusted = !(order.trusted_only && order.scheme == sim::stream::Scheme::Https);
        self.orders.push(order);
        match found {
            _ if !here => {}
            _ if !trusted => self.give(Input::Part { id, part: Part::Untrusted }),
            None => self.give(Input::Part { id, part: Part::Missing }),
            Some(bytes) => {
                for piece in bytes.chunks(10_000) {
                    self.give(Input::Part { id, part: Part::Data(piece.to_vec()) });
                }
                self.give(Input::Part { id, part: Part::Done });
            }
        }
    }
}
