//! A phone on a cable to a tiny server, in virtual time.
//!
//! The server is no bench: it gives one address, serves the files it was handed, and writes down what
//! it was asked.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part")]

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use proto::dhcp::{DhcpOption, Message, MessageType, option::code};
use proto::tftp::{ErrorCode, Packet, Quirks, Transfer};
use proto::{Mac, Time};
use sim::faults::{Cable, CableSpec, Delivery, End};
use sim::firmware::{LoadSpec, Protocol, Release, load_set};
use sim::netstack::NetStack;
use sim::phones::cisco_79xx::{Cisco79xx, PhoneSpec};
use sim::wire::Address;
use sim::{Input, Interface, Output, Person, Phone, StreamAct, Wire, Wired};

pub const MAC: Mac = Mac([0x00, 0x1b, 0xd4, 0x11, 0x22, 0x33]);
pub const SERVER: Ipv4Addr = Ipv4Addr::new(10, 11, 12, 1);
pub const PHONE: Ipv4Addr = Ipv4Addr::new(10, 11, 12, 50);

/// The images of 8.5(2) for 7945 and 7965, in the order they are asked for.
pub const IMAGES_8_5_2: [&str; 5] = [
    "jar45sccp.8-5-2TH1-9.sbn",
    "cnu45.8-5-2TH1-9.sbn",
    "apps45.8-5-2TH1-9.sbn",
    "dsp45.8-5-2TH1-9.sbn",
    "cvm45sccp.8-5-2TH1-9.sbn",
];

/// All files of a release for 7945 and 7965.
pub fn pack(release: Release) -> Vec<(String, Vec<u8>)> {
    load_set(&LoadSpec::released("45", Protocol::Sccp, release, 3_000))
}

/// A 7965 with this load.
pub fn phone(load: &str) -> PhoneSpec {
    PhoneSpec { load: Some(load.to_string()), ..PhoneSpec::new(MAC) }
}

/// One read request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub at: Time,
    pub name: String,
    pub port: u16,
}

pub struct World {
    pub now: Time,
    pub phone: Box<dyn Phone>,
    pub person: Option<Person>,
    pub cable: Cable,
    pub files: BTreeMap<String, Vec<u8>>,
    /// Requests for these get no answer at all.
    pub silent: BTreeSet<String>,
    /// Changes each Offer and Ack before it goes out.
    pub dhcp: fn(&mut Message),
    pub asked: Vec<Asked>,
    /// Vendor class and options of every Discover.
    pub discovers: Vec<Message>,
    pub frames: Vec<(Time, Vec<u8>)>,
    pub screens: Vec<(Time, Vec<String>)>,
    pub lamps: Vec<(Time, String)>,
    pub notes: Vec<(Time, String)>,
    /// Datagrams for anything but DHCP and TFTP: where to, and what.
    pub others: Vec<(SocketAddrV4, Vec<u8>)>,
    /// What the phone did with streams: its port, and what.
    pub streams: Vec<(u16, StreamAct)>,
    /// The server's own stack, when phone and server speak in frames.
    stack: Option<NetStack>,
    transfers: BTreeMap<u16, (u16, Transfer<Vec<u8>>)>,
    next_port: u16,
}

impl World {
    pub fn new(spec: PhoneSpec) -> World {
        World::with(Cisco79xx::new(spec))
    }

    /// Any phone, whose address must be [`MAC`].
    pub fn with(phone: impl Phone + 'static) -> World {
        World {
            now: Time::ZERO,
            phone: Box::new(phone),
            person: None,
            cable: Cable::new(&CableSpec::default()),
            files: BTreeMap::new(),
            silent: BTreeSet::new(),
            dhcp: |_| {},
            asked: Vec::new(),
            discovers: Vec::new(),
            frames: Vec::new(),
            screens: Vec::new(),
            lamps: Vec::new(),
            notes: Vec::new(),
            others: Vec::new(),
            streams: Vec::new(),
            stack: None,
            transfers: BTreeMap::new(),
            next_port: 40_000,
        }
    }

    /// The same, but everything on the cable is a whole frame, in this VLAN.
    pub fn wired(spec: PhoneSpec, vlan: Option<u16>) -> World {
        World::wired_with(Cisco79xx::new(spec), vlan)
    }

    /// The same with any phone.
    pub fn wired_with(phone: impl Phone + 'static, vlan: Option<u16>) -> World {
        let mut stack = NetStack::new(Mac([2, 0, 0, 0, 0, 1]));
        let address = Address { ip: SERVER, mask: Ipv4Addr::new(255, 255, 255, 0), router: None };
        stack.set_interface(Interface { vlan, address: Some(address) });
        World { stack: Some(stack), ..World::with(Wired::new(phone)) }
    }

    pub fn with_files(mut self, files: impl IntoIterator<Item = (String, Vec<u8>)>) -> World {
        self.files.extend(files);
        self
    }

    /// A configuration of its own that names this load, or none.
    pub fn with_config(self, load: Option<&str>) -> World {
        let load = load.map(|l| format!("<loadInformation>{l}</loadInformation>")).unwrap_or_default();
        let text = format!("<device>{load}</device>");
        self.with_files([(format!("SEP{}.cnf.xml", MAC.bare_upper()), text.into_bytes())])
    }

    pub fn input(&mut self, input: Input) {
        self.phone.handle_input(self.now, input);
        self.drain();
    }

    pub fn power_on(&mut self) {
        self.input(Input::Power(true));
    }

    /// Lets time pass until this moment.
    pub fn run_until(&mut self, until: Time) {
        self.run(until, |_| false);
        self.now = until;
    }

    pub fn run_for(&mut self, seconds: u64) {
        self.run_until(self.now + Duration::from_secs(seconds));
    }

    /// Lets time pass until this holds; fails when it does not within an hour.
    pub fn run_to(&mut self, what: &str, holds: impl Fn(&World) -> bool) {
        let limit = self.now + Duration::from_secs(3600);
        let story = |w: &World| format!("{:#?}\n{:#?}\n{:?}", w.names(), w.notes, w.phone.status());
        assert!(self.run(limit, &holds), "never: {what}\n{}", story(self));
    }

    pub fn run_to_idle(&mut self) {
        self.run_to("idle", |w| w.phone.status().state == "idle");
    }

    /// Lets time pass until the phone has this load and is idle with it.
    pub fn run_to_load(&mut self, load: &str) {
        self.run_to(load, |w| w.phone.status().load.as_deref() == Some(load) && w.phone.status().state == "idle");
    }

    /// The names asked for, each once for each time it was asked from a new port.
    pub fn names(&self) -> Vec<&str> {
        let mut last = None;
        let fresh = self.asked.iter().filter(|a| last.replace((a.port, &a.name)) != Some((a.port, &a.name)));
        fresh.map(|a| a.name.as_str()).collect()
    }

    pub fn has_shown(&self, words: &str) -> bool {
        self.screens.iter().any(|(_, lines)| lines.iter().any(|line| line.contains(words)))
    }

    pub fn has_noted(&self, words: &str) -> bool {
        self.notes.iter().any(|(_, note)| note.contains(words))
    }

    fn run(&mut self, until: Time, holds: impl Fn(&World) -> bool) -> bool {
        self.drain();
        // Virtual time goes on with every step but a bounded number of them.
        for _ in 0..3_000_000 {
            if holds(self) {
                return true;
            }
            let timers = self.transfers.values().filter_map(|(_, t)| t.poll_timeout());
            let soon = timers
                .chain(self.phone.poll_timeout())
                .chain(self.cable.poll_timeout())
                .chain(self.stack.as_ref().and_then(NetStack::poll_timeout))
                .chain(self.person.as_ref().and_then(Person::poll_timeout))
                .map(|(at, _)| at)
                .min();
            let Some(at) = soon.filter(|at| *at <= until) else { return false };
            self.now = self.now.max(at);
            self.step();
        }
        panic!("time stands still: {:?}", self.phone.poll_timeout());
    }

    fn step(&mut self) {
        let now = self.now;
        while let Some(input) = self.person.as_mut().and_then(|p| p.poll_input(now)) {
            self.input(input);
        }
        if self.phone.poll_timeout().is_some_and(|(at, _)| at <= now) {
            self.input(Input::Timeout);
        }
        let mut sent = Vec::new();
        for (&phone_port, (port, transfer)) in &mut self.transfers {
            transfer.handle_timeout(now);
            push_all(transfer, now, *port, phone_port, &mut sent);
        }
        self.transfers.retain(|_, (_, t)| t.outcome().is_none());
        if let Some(stack) = &mut self.stack {
            stack.handle_timeout(now);
        }
        sent.into_iter().for_each(|wire| self.send(wire));
        while let Some(delivery) = self.cable.poll(now) {
            match delivery {
                Delivery::Link(up) => self.input(Input::Link(up)),
                Delivery::Wire { to: End::Phone, wire } => self.input(Input::Wire(wire)),
                Delivery::Wire { to: End::Bench, wire } => self.serve(wire),
            }
        }
    }

    fn drain(&mut self) {
        while let Some(output) = self.phone.poll_output() {
            if let Some(person) = &mut self.person {
                person.see(&output);
            }
            match output {
                Output::Wire(wire) => self.cable.carry(self.now, End::Phone, wire),
                Output::Screen(lines) => self.screens.push((self.now, lines)),
                Output::Lamps(lamps) => {
                    let looks = lamps.iter().map(|l| format!("{} {:?} {:?}", l.name, l.colour, l.mode));
                    self.lamps.push((self.now, looks.collect::<Vec<_>>().join(", ").to_lowercase()));
                }
                Output::Note(text) => self.notes.push((self.now, text)),
                Output::Stream { port, act } => self.streams.push((port, act)),
                Output::Interface(_) | Output::Order(_) => {}
            }
        }
    }

    fn serve(&mut self, wire: Wire) {
        let (src, dst, bytes) = match wire {
            Wire::Frame(frame) => return self.hear(frame),
            Wire::Udp { src, dst, bytes } => (src, dst, bytes),
        };
        match dst.port() {
            67 => self.serve_dhcp(&bytes),
            69 if *dst.ip() == SERVER => self.serve_request(src, &bytes),
            port => {
                let known = self.transfers.get_mut(&src.port()).filter(|(p, _)| *p == port);
                let Some((port, transfer)) = known else { return self.others.push((dst, bytes)) };
                transfer.handle(self.now, &bytes);
                let mut sent = Vec::new();
                push_all(transfer, self.now, *port, src.port(), &mut sent);
                sent.into_iter().for_each(|wire| self.send(wire));
            }
        }
    }

    fn hear(&mut self, frame: Vec<u8>) {
        let Some(stack) = &mut self.stack else { return self.frames.push((self.now, frame)) };
        stack.receive(self.now, &frame);
        self.frames.push((self.now, frame));
        self.send_frames();
        while let Some(wire) = self.stack.as_mut().and_then(NetStack::poll_wire) {
            if let Wire::Udp { .. } = wire {
                self.serve(wire);
            }
        }
    }

    fn serve_dhcp(&mut self, bytes: &[u8]) {
        let message = Message::parse(bytes).expect("a phone's DHCP is well formed");
        let kind = match message.message_type() {
            Some(MessageType::Discover) => MessageType::Offer,
            Some(MessageType::Request) => MessageType::Ack,
            _ => return,
        };
        let mut reply = message.reply();
        if kind == MessageType::Offer {
            self.discovers.push(message);
        }
        reply.yiaddr = PHONE;
        reply.options.set(kind.option());
        reply.options.set(DhcpOption::address(code::SERVER_ID, SERVER));
        reply.options.set(DhcpOption::u32(code::LEASE_TIME, 600));
        reply.options.set(DhcpOption::address(code::SUBNET_MASK, Ipv4Addr::new(255, 255, 255, 0)));
        reply.options.set(DhcpOption::address(code::TFTP_SERVER_ADDRESS, SERVER));
        (self.dhcp)(&mut reply);
        let wire = Wire::Udp {
            src: SocketAddrV4::new(SERVER, 67),
            dst: SocketAddrV4::new(Ipv4Addr::BROADCAST, 68),
            bytes: reply.emit(),
        };
        self.send(wire);
    }

    fn serve_request(&mut self, src: SocketAddrV4, bytes: &[u8]) {
        let Ok(Packet::Rrq(request)) = Packet::parse(bytes) else { panic!("{bytes:?} is no read request") };
        let name = String::from_utf8(request.name.to_vec()).expect("names are text");
        self.asked.push(Asked { at: self.now, name: name.clone(), port: src.port() });
        if self.silent.contains(&name) || self.transfers.contains_key(&src.port()) {
            return;
        }
        let port = self.next_port;
        self.next_port += 1;
        let mut sent = Vec::new();
        match self.files.get(&name) {
            Some(file) => {
                let mut transfer = Transfer::new(self.now, &request, Quirks::default(), file.clone());
                push_all(&mut transfer, self.now, port, src.port(), &mut sent);
                self.transfers.insert(src.port(), (port, transfer));
            }
            None => {
                let bytes = Packet::Error { code: ErrorCode::FileNotFound, text: b"no such file" }.to_vec();
                sent.push(Wire::Udp { src: SocketAddrV4::new(SERVER, port), dst: src, bytes });
            }
        }
        sent.into_iter().for_each(|wire| self.send(wire));
    }

    fn send(&mut self, wire: Wire) {
        let Some(stack) = &mut self.stack else { return self.cable.carry(self.now, End::Bench, wire) };
        stack.send(self.now, wire);
        self.send_frames();
    }

    fn send_frames(&mut self) {
        while let Some(frame) = self.stack.as_mut().and_then(NetStack::poll_frame) {
            self.cable.carry(self.now, End::Bench, Wire::Frame(frame));
        }
    }
}

fn push_all(transfer: &mut Transfer<Vec<u8>>, now: Time, port: u16, phone_port: u16, sent: &mut Vec<Wire>) {
    let mut bytes = Vec::new();
    while transfer.poll_transmit(now, &mut bytes) {
        let (src, dst) = (SocketAddrV4::new(SERVER, port), SocketAddrV4::new(PHONE, phone_port));
        sent.push(Wire::Udp { src, dst, bytes: bytes.clone() });
    }
}
