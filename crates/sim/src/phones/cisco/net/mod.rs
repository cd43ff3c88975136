//! From the first frame to the address of a file server, and the files read from it.
//!
//! | file | what |
//! | --- | --- |
//! | `server` | where the file server's address comes from |
//! | `reads` | any number of reads at a time, each from a port of its own |
//!
//! What a phone says of itself is its [`Who`]; what happens is told by [`Event`]s. Not here: which file is
//! wanted, and what goes over the link layer but the answer of a switch.

mod reads;
mod server;

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use proto::dhcp::client::Templates;
use proto::dhcp::option::code;
use proto::dhcp::{self, DhcpOption, Options};
use proto::{Mac, Time};

use super::discovery;
use crate::Wire;
use crate::firmware::read::Intake;
use crate::phones::parts::body::Body;
use crate::phones::parts::lease::{self, Usual};
use crate::phones::parts::question::Question;
use crate::phones::parts::station::{News, Station};
use crate::phones::parts::tftp::{self, Read};
use crate::rng::Rng;
use crate::wire::Address;
use server::Hints;
pub(crate) use server::Source;

/// Ephemeral ports, one for each file.
const PORTS: std::ops::Range<u16> = 49_152..65_535;

/// How a read ended.
pub(crate) type End = tftp::End<Intake>;

/// What a phone says of itself in DHCP.
#[derive(Clone, Debug)]
pub(crate) struct Who {
    pub(crate) mac: Mac,
    pub(crate) host_name: String,
    pub(crate) vendor_class: Vec<u8>,
}

/// How one start of the network goes.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) who: Who,
    /// Longest wait for a switch's answer; none: no wait.
    pub(crate) vlan_wait: Option<Duration>,
    /// Every frame is tagged with this.
    pub(crate) vlan: Option<u16>,
    /// No DHCP.
    pub(crate) address: Option<Address>,
    pub(crate) sources: Vec<Source>,
    /// How often a file is asked for without an answer.
    pub(crate) tries: u32,
    pub(crate) blksize: Option<u16>,
    /// Answers to its requests for files reach it.
    pub(crate) hears_files: bool,
}

/// What happened that is the phone's own business.
#[derive(Debug)]
pub(crate) enum Event {
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

/// The machine. What it sends, shows and notes goes to the phone's body. After everything, drain
/// [`Net::poll_event`].
#[derive(Debug)]
pub(crate) struct Net {
    /// Transaction ids; none: they come from the phone's own chance.
    xids: Option<Rng>,
    plan: Option<Plan>,
    state: State,
    station: Station,
    dns: Option<Ipv4Addr>,
    /// The one in use first.
    servers: VecDeque<Ipv4Addr>,
    reads: Vec<Read<Intake>>,
    /// Reads that have ended and stay to repeat their last ACK.
    ended: VecDeque<Read<Intake>>,
    events: VecDeque<Event>,
}

#[derive(Clone, Debug)]
enum State {
    Off,
    VlanWait {
        until: Time,
    },
    Addressing,
    /// Asks a name server: for a file server, with the hints that come after this one, or for the phone itself.
    Resolving(Question<Option<Hints>>),
    Serverless {
        until: Time,
    },
    Up,
}

impl Net {
    pub(crate) fn new(xids: Option<Rng>) -> Net {
        Net {
            xids,
            plan: None,
            state: State::Off,
            station: Station::new(PORTS),
            dns: None,
            servers: VecDeque::new(),
            reads: Vec::new(),
            ended: VecDeque::new(),
            events: VecDeque::new(),
        }
    }

    /// Begins.
    pub(crate) fn start(&mut self, now: Time, plan: Plan, body: &mut Body) {
        self.stop(body);
        self.station.set_vlan(plan.vlan, &mut body.out);
        let wait = plan.vlan_wait;
        self.plan = Some(plan);
        match wait {
            Some(span) => {
                body.show(&["Configuring VLAN"]);
                self.state = State::VlanWait { until: now + span };
            }
            None => self.get_address(now, body),
        }
    }

    /// Forgets everything, as a restart does.
    pub(crate) fn stop(&mut self, body: &mut Body) {
        *self = Net::new(self.xids.take());
        self.station.stop(&mut body.out);
    }

    pub(crate) fn address(&self) -> Option<Ipv4Addr> {
        self.station.address()
    }

    /// The file server in use.
    pub(crate) fn server(&self) -> Option<Ipv4Addr> {
        self.servers.front().copied()
    }

    /// What it is doing, in words; `None` once files can be asked for.
    pub(crate) fn doing(&self) -> Option<&'static str> {
        match &self.state {
            State::Off => Some("off"),
            State::VlanWait { .. } => Some("configuring VLAN"),
            State::Addressing => Some("configuring IP"),
            State::Resolving(Question { then: Some(_), .. }) => Some("resolving a name"),
            State::Serverless { .. } => Some("without a file server"),
            State::Resolving(_) | State::Up => None,
        }
    }

    /// Sends a datagram from a port of the phone's.
    pub(crate) fn send(&self, from_port: u16, dst: SocketAddrV4, bytes: Vec<u8>, body: &mut Body) {
        self.station.send(from_port, dst, bytes, &mut body.out);
    }

    /// A port that nothing else uses.
    pub(crate) fn next_port(&mut self) -> u16 {
        self.station.next_port()
    }

    pub(crate) fn receive(&mut self, now: Time, wire: &Wire, body: &mut Body) {
        match wire {
            Wire::Frame(frame) => self.receive_frame(now, frame, body),
            Wire::Udp { src, dst, bytes } => match dst.port() {
                dhcp::CLIENT_PORT => {
                    self.station.receive(now, bytes);
                    self.look_at_lease(now, body);
                }
                port if self.address() == Some(*dst.ip()) => self.receive_datagram(now, *src, port, bytes, body),
                _ => {}
            },
        }
    }

    pub(crate) fn handle_timeout(&mut self, now: Time, body: &mut Body) {
        self.station.handle_timeout(now);
        self.look_at_lease(now, body);
        self.reads.iter_mut().for_each(|read| read.handle_timeout(now));
        self.look_at_reads(now, body);
        match self.state.clone() {
            State::VlanWait { until } | State::Serverless { until } if until <= now => self.get_address(now, body),
            State::Resolving(question) if question.until <= now => self.ask_name(now, question, body),
            _ => {}
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<(Time, &'static str)> {
        let own = match &self.state {
            State::VlanWait { until } => Some((*until, "waiting for a voice VLAN")),
            State::Resolving(question) => Some((question.until, "waiting for a name server")),
            State::Serverless { until } => Some((*until, "before looking for a file server again")),
            State::Off | State::Addressing | State::Up => None,
        };
        let reads = self.reads.iter().filter_map(Read::poll_timeout);
        reads.chain(own).chain(self.station.poll_timeout()).min()
    }

    /// The next thing that happened; drain until `None`.
    pub(crate) fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    fn receive_frame(&mut self, now: Time, frame: &[u8], body: &mut Body) {
        let (State::VlanWait { .. }, Some(vlan)) = (&self.state, discovery::voice_vlan(frame)) else { return };
        // 0 and 4095 say that voice travels without a tag of its own.
        if (1..4095).contains(&vlan) {
            self.station.set_vlan(Some(vlan), &mut body.out);
        }
        body.note(format!("the switch tells voice VLAN {vlan}"));
        self.get_address(now, body);
    }

    fn receive_datagram(&mut self, now: Time, src: SocketAddrV4, port: u16, bytes: &[u8], body: &mut Body) {
        if let State::Resolving(question) = &self.state
            && question.port == port
        {
            let question = question.clone();
            return self.receive_name(now, question, bytes, body);
        }
        if !self.receive_file(now, src, port, bytes, body) {
            self.events.push_back(Event::Datagram { src, port, bytes: bytes.to_vec() });
        }
    }

    fn get_address(&mut self, now: Time, body: &mut Body) {
        body.show(&["Configuring IP"]);
        let Some(plan) = &self.plan else { return };
        if let Some(address) = plan.address {
            self.station.set_address(Some(address), &mut body.out);
            return self.find_server(now, None, body);
        }
        let xid = self.xids.as_mut().unwrap_or(&mut body.rng).word();
        self.station.ask(lease::client(now, plan.who.mac, xid, templates(&plan.who)));
        self.state = State::Addressing;
        self.look_at_lease(now, body);
    }

    fn look_at_lease(&mut self, now: Time, body: &mut Body) {
        while let Some(news) = self.station.poll(&mut body.out) {
            match (news, &self.state) {
                (News::Bound(ack), State::Addressing) => self.find_server(now, Some(&ack), body),
                (News::Bound(_), _) => {}
                (News::Lost, _) => {
                    self.reads.clear();
                    self.ended.clear();
                    self.events.push_back(Event::Lost);
                    body.show(&["Configuring IP"]);
                    self.state = State::Addressing;
                }
            }
        }
    }
}

/// What Cisco phones say in DHCP, option by option in their order.
fn templates(who: &Who) -> Templates {
    let Usual { kind, server, wished, client } = Usual::of(who.mac);
    let host = DhcpOption::text(code::HOST_NAME, &who.host_name);
    let class = DhcpOption::raw(code::VENDOR_CLASS, who.vendor_class.clone());
    let list = DhcpOption::raw(code::PARAMETER_REQUEST_LIST, [1, 66, 6, 3, 15, 150, 35]);
    let cause = DhcpOption::text(code::MESSAGE, "the address is in use");
    let order = |options: &[&DhcpOption]| options.iter().copied().cloned().collect::<Options>();
    Templates {
        discover: order(&[&kind, &client, &host, &class, &list]),
        request: order(&[&kind, &server, &client, &host, &class, &wished, &list]),
        decline: order(&[&kind, &client, &class, &wished, &server, &cause]),
    }
}
