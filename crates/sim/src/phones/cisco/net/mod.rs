//! From the first frame to the address of a file server, and the files read from it.
//!
//! Voice VLAN, DHCP, names, and any number of reads at a time, each from a port of its own. What a phone
//! says of itself is its [`Who`]; what happens is told by [`Event`]s. Not here: which file is wanted, and
//! what goes over the link layer but the answer of a switch.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use proto::dhcp::client::{Action, Binding, Destination, Mode, Settings, Templates};
use proto::dhcp::option::code;
use proto::dhcp::{self, DhcpOption, Message, MessageType, Options};
use proto::{Mac, Time};

use super::fetch::{End, Fetch};
use super::{discovery, dns};
use crate::rng::Rng;
use crate::wire::Address;
use crate::{Interface, Output, Wire};

/// Ephemeral ports begin here, one for each file.
const FIRST_PORT: u16 = 49_152;
/// Between two questions to a name server, and how many there are.
const NAME_REPEAT: Duration = Duration::from_secs(5);
const NAME_TRIES: u32 = 3;
/// Before it looks for a file server again.
const SERVERLESS: Duration = Duration::from_secs(30);
/// Reads that have ended and stay to repeat their last ACK.
const KEPT: usize = 4;

/// What a phone says of itself in DHCP.
#[derive(Clone, Debug)]
pub(in crate::phones) struct Who {
    pub(in crate::phones) mac: Mac,
    pub(in crate::phones) host_name: String,
    pub(in crate::phones) vendor_class: Vec<u8>,
    pub(in crate::phones) request_list: &'static [u8],
}

/// A source of a file server's address, as the phone believes them in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::phones) enum Source {
    /// This one, set by hand.
    Fixed(Ipv4Addr),
    /// DHCP option 150.
    Option150,
    /// DHCP option 66: an address in text, or a name.
    Option66,
    /// The next server of the DHCP header.
    Siaddr,
    /// This name, asked of the name server.
    Name(String),
}

/// How one start of the network goes.
#[derive(Clone, Debug)]
pub(in crate::phones) struct Plan {
    pub(in crate::phones) who: Who,
    /// Longest wait for a switch's answer; none: no wait.
    pub(in crate::phones) vlan_wait: Option<Duration>,
    /// Every frame is tagged with this.
    pub(in crate::phones) vlan: Option<u16>,
    /// No DHCP.
    pub(in crate::phones) address: Option<Address>,
    pub(in crate::phones) sources: Vec<Source>,
    /// How often a file is asked for without an answer.
    pub(in crate::phones) tries: u32,
    pub(in crate::phones) blksize: Option<u16>,
    /// Answers to its requests for files reach it.
    pub(in crate::phones) hears_files: bool,
}

/// What happened.
#[derive(Debug)]
pub(in crate::phones) enum Event {
    /// To be sent, or told to the carrier.
    Out(Output),
    /// What the screen says now.
    Show(&'static str),
    /// A line for the status messages.
    Message(&'static str),
    /// For whoever reads the run.
    Note(String),
    /// There is an address and a file server.
    Ready,
    /// The address is gone.
    Lost,
    /// A read has ended.
    Read { id: u16, end: End },
    /// What was asked of the name server.
    Named(Option<Ipv4Addr>),
    /// A datagram for a port that is none of the network's own.
    Datagram { src: SocketAddrV4, port: u16, bytes: Vec<u8> },
}

/// The machine.
#[derive(Debug)]
pub(in crate::phones) struct Net {
    rng: Rng,
    plan: Option<Plan>,
    state: State,
    interface: Interface,
    dhcp: Option<dhcp::Client>,
    dns: Option<Ipv4Addr>,
    /// The one in use first.
    servers: VecDeque<Ipv4Addr>,
    reads: Vec<Fetch>,
    ended: VecDeque<Fetch>,
    ports: u16,
    events: VecDeque<Event>,
}

#[derive(Clone, Debug)]
enum State {
    Off,
    VlanWait { until: Time },
    Addressing,
    Resolving(Question),
    Serverless { until: Time },
    Up,
}

/// A question to the name server, and what to try after it.
#[derive(Clone, Debug)]
struct Question {
    name: String,
    port: u16,
    until: Time,
    left: u32,
    /// Hints that come after this one; none when the phone itself asks.
    then: Option<VecDeque<Hint>>,
}

/// One way to a file server.
#[derive(Clone, Debug)]
enum Hint {
    Addresses(Vec<Ipv4Addr>),
    Name(String),
}

impl Net {
    pub(in crate::phones) fn new(rng: Rng) -> Net {
        Net {
            rng,
            plan: None,
            state: State::Off,
            interface: Interface::default(),
            dhcp: None,
            dns: None,
            servers: VecDeque::new(),
            reads: Vec::new(),
            ended: VecDeque::new(),
            ports: 0,
            events: VecDeque::new(),
        }
    }

    /// Begins.
    pub(in crate::phones) fn start(&mut self, now: Time, plan: Plan) {
        self.stop();
        self.interface.vlan = plan.vlan;
        self.tell_interface();
        let wait = plan.vlan_wait;
        self.plan = Some(plan);
        match wait {
            Some(span) => {
                self.events.push_back(Event::Show("Configuring VLAN"));
                self.state = State::VlanWait { until: now + span };
            }
            None => self.get_address(now),
        }
    }

    /// Forgets everything, as a restart does.
    pub(in crate::phones) fn stop(&mut self) {
        self.plan = None;
        self.state = State::Off;
        self.interface = Interface::default();
        self.dhcp = None;
        self.dns = None;
        self.servers.clear();
        self.reads.clear();
        self.ended.clear();
        self.ports = 0;
        self.events.clear();
        self.tell_interface();
    }

    pub(in crate::phones) fn address(&self) -> Option<Ipv4Addr> {
        self.interface.address.map(|a| a.ip)
    }

    /// The file server in use.
    pub(in crate::phones) fn server(&self) -> Option<Ipv4Addr> {
        self.servers.front().copied()
    }

    /// What it is doing, in words; `None` once files can be asked for.
    pub(in crate::phones) fn doing(&self) -> Option<&'static str> {
        match &self.state {
            State::Off => Some("off"),
            State::VlanWait { .. } => Some("configuring VLAN"),
            State::Addressing => Some("configuring IP"),
            State::Resolving(Question { then: Some(_), .. }) => Some("resolving a name"),
            State::Serverless { .. } => Some("without a file server"),
            State::Resolving(_) | State::Up => None,
        }
    }

    /// Reads a file; answers the id that its end will have.
    pub(in crate::phones) fn read(&mut self, now: Time, name: &str) -> Option<u16> {
        let (server, plan) = (self.server()?, self.plan.as_ref()?);
        let (tries, blksize) = (plan.tries, plan.blksize);
        let port = self.next_port();
        self.reads.push(Fetch::new(now, server, port, name, tries, blksize));
        self.look_at_reads(now);
        Some(port)
    }

    /// Asks the name server for an address; the answer is [`Event::Named`].
    pub(in crate::phones) fn resolve(&mut self, now: Time, name: &str) {
        if self.dns.is_none() {
            self.events.push_back(Event::Message("No DNS server IP"));
            return self.events.push_back(Event::Named(None));
        }
        let port = self.next_port();
        self.ask_name(now, Question { name: name.to_owned(), port, until: now, left: NAME_TRIES, then: None });
    }

    /// Sends a datagram from a port of the phone's.
    pub(in crate::phones) fn send(&mut self, from_port: u16, dst: SocketAddrV4, bytes: Vec<u8>) {
        let src = SocketAddrV4::new(self.address().unwrap_or(Ipv4Addr::UNSPECIFIED), from_port);
        self.events.push_back(Event::Out(Output::Wire(Wire::Udp { src, dst, bytes })));
    }

    /// A port that nothing else uses.
    pub(in crate::phones) fn next_port(&mut self) -> u16 {
        let port = FIRST_PORT + self.ports % (u16::MAX - FIRST_PORT);
        self.ports = self.ports.wrapping_add(1);
        port
    }

    pub(in crate::phones) fn receive(&mut self, now: Time, wire: &Wire) {
        match wire {
            Wire::Frame(frame) => self.receive_frame(now, frame),
            Wire::Udp { src, dst, bytes } => match dst.port() {
                dhcp::CLIENT_PORT => self.receive_dhcp(now, bytes),
                port if self.address() == Some(*dst.ip()) => self.receive_datagram(now, *src, port, bytes),
                _ => {}
            },
        }
    }

    pub(in crate::phones) fn handle_timeout(&mut self, now: Time) {
        if let Some(dhcp) = &mut self.dhcp {
            dhcp.handle_timeout(now);
            self.look_at_dhcp(now);
        }
        self.reads.iter_mut().for_each(|read| read.handle_timeout(now));
        self.look_at_reads(now);
        match self.state.clone() {
            State::VlanWait { until } | State::Serverless { until } if until <= now => self.get_address(now),
            State::Resolving(question) if question.until <= now => self.name_unanswered(now, question),
            _ => {}
        }
    }

    pub(in crate::phones) fn poll_timeout(&self) -> Option<(Time, &'static str)> {
        let own = match &self.state {
            State::VlanWait { until } => Some((*until, "waiting for a voice VLAN")),
            State::Resolving(question) => Some((question.until, "waiting for a name server")),
            State::Serverless { until } => Some((*until, "before looking for a file server again")),
            State::Off | State::Addressing | State::Up => None,
        };
        let reads = self.reads.iter().filter_map(Fetch::poll_timeout);
        reads.chain(own).chain(self.dhcp.as_ref().and_then(dhcp::Client::poll_timeout)).min()
    }

    /// The next thing that happened; drain until `None`.
    pub(in crate::phones) fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    fn receive_frame(&mut self, now: Time, frame: &[u8]) {
        let (State::VlanWait { .. }, Some(vlan)) = (&self.state, discovery::voice_vlan(frame)) else { return };
        // 0 and 4095 say that voice travels without a tag of its own.
        if (1..4095).contains(&vlan) {
            self.interface.vlan = Some(vlan);
            self.tell_interface();
        }
        self.events.push_back(Event::Note(format!("the switch tells voice VLAN {vlan}")));
        self.get_address(now);
    }

    fn receive_datagram(&mut self, now: Time, src: SocketAddrV4, port: u16, bytes: &[u8]) {
        if let State::Resolving(question) = &self.state
            && question.port == port
        {
            let question = question.clone();
            return self.receive_name(now, &question, bytes);
        }
        let Some(read) = self.reads.iter_mut().chain(&mut self.ended).find(|read| read.port == port) else {
            return self.events.push_back(Event::Datagram { src, port, bytes: bytes.to_vec() });
        };
        if self.plan.as_ref().is_some_and(|plan| !plan.hears_files) {
            return;
        }
        let mut answers: Vec<_> = read.handle(now, src, bytes).map(|bytes| (src, bytes)).into_iter().collect();
        answers.extend(std::iter::from_fn(|| read.poll_transmit(now)));
        answers.into_iter().for_each(|(dst, bytes)| self.send(port, dst, bytes));
        self.look_at_reads(now);
    }

    /// Sends what the reads have to say, and tells of those that have ended.
    fn look_at_reads(&mut self, now: Time) {
        let mut sent = Vec::new();
        for read in &mut self.reads {
            sent.extend(std::iter::from_fn(|| read.poll_transmit(now).map(|(dst, bytes)| (read.port, dst, bytes))));
        }
        sent.into_iter().for_each(|(port, dst, bytes)| self.send(port, dst, bytes));
        while let Some((at, end)) = self.reads.iter().enumerate().find_map(|(at, read)| Some((at, read.end()?))) {
            let read = self.reads.remove(at);
            let id = read.port;
            self.ended.push_back(read);
            self.ended.drain(..self.ended.len().saturating_sub(KEPT));
            if let End::TimedOut = end {
                self.events.push_back(Event::Message("TFTP timeout"));
                self.servers.rotate_left(1.min(self.servers.len()));
            }
            self.events.push_back(Event::Read { id, end });
        }
    }

    fn get_address(&mut self, now: Time) {
        self.events.push_back(Event::Show("Configuring IP"));
        let Some(plan) = &self.plan else { return };
        if let Some(address) = plan.address {
            self.set_address(Some(address));
            return self.find_server(now, None);
        }
        let xid = u32::try_from(self.rng.next() >> 32).unwrap_or(1);
        let mut client = dhcp::Client::new(settings(&plan.who, xid));
        client.start(now);
        self.dhcp = Some(client);
        self.state = State::Addressing;
        self.look_at_dhcp(now);
    }

    fn receive_dhcp(&mut self, now: Time, bytes: &[u8]) {
        let Ok(message) = Message::parse(bytes) else { return };
        if let Some(dhcp) = &mut self.dhcp {
            dhcp.handle(now, &message);
        }
        self.look_at_dhcp(now);
    }

    fn look_at_dhcp(&mut self, now: Time) {
        while let Some(action) = self.dhcp.as_mut().and_then(dhcp::Client::poll_action) {
            match action {
                Action::Transmit { message, to } => {
                    let to = match to {
                        Destination::Broadcast => Ipv4Addr::BROADCAST,
                        Destination::Server(address) => address,
                    };
                    self.send(dhcp::CLIENT_PORT, SocketAddrV4::new(to, dhcp::SERVER_PORT), message.emit());
                }
                Action::Bound(binding) => self.bound(now, &binding),
                Action::Lost { .. } => {
                    self.set_address(None);
                    self.reads.clear();
                    self.ended.clear();
                    self.events.extend([Event::Lost, Event::Show("Configuring IP")]);
                    self.state = State::Addressing;
                }
                Action::ProbeAddress(_) | Action::Offered(_) | Action::Finished => {}
            }
        }
    }

    fn bound(&mut self, now: Time, binding: &Binding) {
        let options = &binding.ack.options;
        let mask = options.address(code::SUBNET_MASK).unwrap_or(Ipv4Addr::new(255, 255, 255, 0));
        let address = Address { ip: binding.address, mask, router: options.address(code::ROUTER) };
        if self.interface.address != Some(address) {
            self.set_address(Some(address));
        }
        if matches!(self.state, State::Addressing) {
            self.find_server(now, Some(&binding.ack));
        }
    }

    fn set_address(&mut self, address: Option<Address>) {
        self.interface.address = address;
        self.tell_interface();
    }

    fn tell_interface(&mut self) {
        self.events.push_back(Event::Out(Output::Interface(self.interface)));
    }

    fn find_server(&mut self, now: Time, ack: Option<&Message>) {
        self.dns = ack.and_then(|ack| ack.options.address(code::DNS_SERVER));
        let Some(plan) = &self.plan else { return };
        let hints = plan.sources.iter().filter_map(|source| hint(source, ack)).collect();
        self.follow(now, hints);
    }

    /// Takes the first hint that leads to an address; phones keep up to two servers.
    fn follow(&mut self, now: Time, mut hints: VecDeque<Hint>) {
        while let Some(hint) = hints.pop_front() {
            match hint {
                Hint::Addresses(list) => return self.ready(list.into_iter().take(2).collect()),
                Hint::Name(_) if self.dns.is_none() => self.events.push_back(Event::Message("No DNS server IP")),
                Hint::Name(name) => {
                    let port = self.next_port();
                    let question = Question { name, port, until: now, left: NAME_TRIES, then: Some(hints) };
                    return self.ask_name(now, question);
                }
            }
        }
        self.events.push_back(Event::Message("TFTP Server Required"));
        self.state = State::Serverless { until: now + SERVERLESS };
    }

    fn ready(&mut self, servers: VecDeque<Ipv4Addr>) {
        self.servers = servers;
        self.state = State::Up;
        self.events.push_back(Event::Ready);
    }

    fn ask_name(&mut self, now: Time, mut question: Question) {
        let Some(server) = self.dns else { return };
        let bytes = dns::query(question.port, &question.name);
        self.send(question.port, SocketAddrV4::new(server, 53), bytes);
        question.until = now + NAME_REPEAT;
        question.left = question.left.saturating_sub(1);
        self.state = State::Resolving(question);
    }

    fn receive_name(&mut self, now: Time, question: &Question, bytes: &[u8]) {
        let Some(answer) = dns::answer(question.port, bytes) else { return };
        if answer.is_none() {
            self.events.push_back(Event::Message("DNS unknown host"));
        }
        self.named(now, question.then.clone(), answer);
    }

    fn name_unanswered(&mut self, now: Time, question: Question) {
        if question.left > 0 {
            return self.ask_name(now, question);
        }
        self.events.push_back(Event::Message("DNS timeout"));
        self.named(now, question.then, None);
    }

    fn named(&mut self, now: Time, then: Option<VecDeque<Hint>>, answer: Option<Ipv4Addr>) {
        match (then, answer) {
            (Some(_), Some(address)) => self.ready(VecDeque::from([address])),
            (Some(hints), None) => self.follow(now, hints),
            (None, answer) => {
                self.state = State::Up;
                self.events.push_back(Event::Named(answer));
            }
        }
    }
}

/// What a source says this time; `None`: nothing.
fn hint(source: &Source, ack: Option<&Message>) -> Option<Hint> {
    let some = |address: Ipv4Addr| (!address.is_unspecified()).then(|| Hint::Addresses(vec![address]));
    match source {
        Source::Fixed(address) => some(*address),
        Source::Siaddr => some(ack?.siaddr),
        Source::Option150 => {
            let list: Vec<Ipv4Addr> = ack?.options.addresses(code::TFTP_SERVER_ADDRESS);
            (!list.is_empty()).then_some(Hint::Addresses(list))
        }
        Source::Option66 => {
            let text = String::from_utf8_lossy(ack?.options.text(code::TFTP_SERVER_NAME)?).trim().to_string();
            match text.parse() {
                Ok(address) => some(address),
                Err(_) => (!text.is_empty()).then_some(Hint::Name(text)),
            }
        }
        Source::Name(name) => Some(Hint::Name(name.clone())),
    }
}

/// What Cisco phones say in DHCP, option by option in their order.
fn settings(who: &Who, xid: u32) -> Settings {
    let kind = MessageType::Discover.option();
    let server = DhcpOption::raw(code::SERVER_ID, []);
    let wished = DhcpOption::raw(code::REQUESTED_ADDRESS, []);
    let client = DhcpOption::raw(code::CLIENT_ID, [&[dhcp::packet::ETHERNET][..], &who.mac.0].concat());
    let host = DhcpOption::text(code::HOST_NAME, &who.host_name);
    let class = DhcpOption::raw(code::VENDOR_CLASS, who.vendor_class.clone());
    let list = DhcpOption::raw(code::PARAMETER_REQUEST_LIST, who.request_list);
    let cause = DhcpOption::text(code::MESSAGE, "the address is in use");
    let order = |options: &[&DhcpOption]| options.iter().copied().cloned().collect::<Options>();
    let templates = Templates {
        discover: order(&[&kind, &client, &host, &class, &list]),
        request: order(&[&kind, &server, &client, &host, &class, &wished, &list]),
        decline: order(&[&kind, &client, &class, &wished, &server, &cause]),
    };
    let mode = Mode::Lease {
        check: Duration::ZERO,
        first_retry: Duration::from_secs(4),
        longest_retry: Duration::from_secs(64),
    };
    Settings { mac: who.mac, xid, broadcast: true, templates, mode }
}
