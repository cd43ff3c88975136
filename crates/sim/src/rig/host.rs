//! The host that the bench's contract asks for: the computer with its network card.
//!
//! Frames come in and go out. What the kernel would do is done here: answer ARP, remember who has which
//! address, hand datagrams to the services, and whole frames to the bench as the app's raw socket does.
//! Transfers are run in [`super::sending`], TCP for what the bench leads itself in [`super::streams`], files over
//! TCP in [`super::flows`]. Not here: uploads by TFTP, a route out of the subnet.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::Arc;

use bench::ledger::Row;
use bench::plan::answer::Refusal;
use bench::{Bench, Input, Job, JobId, Observation, Output, Service, StreamEvent, Ticket, TransferId, TransferNews};
use proto::dhcp::server::{Destination, Lease};
use proto::dhcp::{CLIENT_PORT, SERVER_PORT};
use proto::ethernet::frame::{ARP, IPV4, LLDP};
use proto::ethernet::udp::Checksum;
use proto::ethernet::{Arp, Content, Frame, UdpDatagram, arp};
use proto::tftp::{Packet, Transfer, wrong_tid_reply};
use proto::{Mac, Time};

use super::Store;
use super::sending::{Heard, Sendings};
use super::streams::Streams;
use crate::netstack::frame;
use crate::netstack::tcp::News;
use crate::stream::Part;

const TFTP_PORT: u16 = 69;
/// The host.
pub(super) struct Host {
    pub(super) bench: Bench,
    pub(super) journal: Vec<Observation>,
    pub(super) rows: BTreeMap<(u64, u64), Row>,
    pub(super) leases: Vec<Lease>,
    store: Store,
    neighbours: BTreeMap<Ipv4Addr, Mac>,
    sendings: Sendings,
    streams: Streams,
    /// The number of the next IPv4 packet that carries TCP.
    ident: u16,
    frames: VecDeque<Vec<u8>>,
    wake_at: Time,
    answers: Vec<Answered>,
    /// Ports that a firewall of this computer keeps shut.
    firewall: BTreeSet<u16>,
    /// Further addresses of the network card, with their masks.
    aliases: Vec<(Ipv4Addr, Ipv4Addr)>,
    pub(super) jobs: Vec<(JobId, Job)>,
}

/// What the bench said to a request for a file that came over TCP.
pub(super) struct Answered {
    pub(super) ticket: Ticket,
    pub(super) id: TransferId,
    /// The file, or how its refusal looks to the phone.
    pub(super) data: Result<Arc<[u8]>, Part>,
}

impl Host {
    pub(super) fn new(bench: Bench, store: Store) -> Host {
        let mut host = Host {
            bench,
            journal: Vec::new(),
            rows: BTreeMap::new(),
            leases: Vec::new(),
            store,
            neighbours: BTreeMap::new(),
            sendings: Sendings::new(),
            streams: Streams::default(),
            ident: 1,
            frames: VecDeque::new(),
            wake_at: Time::ZERO,
            answers: Vec::new(),
            firewall: BTreeSet::new(),
            aliases: Vec::new(),
            jobs: Vec::new(),
        };
        let files = if host.bench.config().folder {
            Input::Folder(host.store.folder())
        } else {
            Input::Shelf(host.store.blobs.clone())
        };
        host.tell(Time::ZERO, files);
        host
    }

    /// Hands something to the bench and obeys what comes of it.
    pub(super) fn tell(&mut self, now: Time, input: Input<'_>) {
        self.bench.handle_input(now, input);
        self.drain(now);
    }

    /// A frame arrives at the network card.
    pub(super) fn hear(&mut self, now: Time, bytes: &[u8]) {
        let Ok(frame) = Frame::parse(bytes) else { return self.tell(now, Input::Frame { bytes, vlan: None }) };
        let datagram = UdpDatagram::parse(&frame).ok();
        if is_watched(&frame, datagram.as_ref()) {
            self.tell(now, Input::Frame { bytes, vlan: None });
        }
        let tagged = frame.vlan().is_some_and(|vlan| vlan != 0);
        if tagged || (frame.destination != self.bench.config().mac && !frame.destination.is_group()) {
            return;
        }
        if let Content::Typed { ethertype: ARP, payload } = frame.content
            && let Ok(arp) = Arp::parse(payload)
        {
            self.hear_arp(&arp);
        } else if let Some(datagram) = datagram {
            self.hear_datagram(now, &datagram);
        } else if let Some(frame::Body::Tcp { src, dst, segment }) = frame::parse(bytes).map(|f| f.body)
            && self.is_ours(*dst.ip())
            && !self.blocks(dst.port())
        {
            self.learn(*src.ip(), frame.source);
            self.streams.receive(now, src, dst, &segment);
            self.settle_streams(now);
        }
    }

    /// Tells the bench what was said in conversations.
    fn settle_streams(&mut self, now: Time) {
        while let Some(told) = self.streams.poll_told() {
            let event = match &told.news {
                News::Opened => StreamEvent::Opened,
                News::Bytes(bytes) => StreamEvent::Bytes(bytes),
                News::Closed => StreamEvent::Closed,
            };
            self.tell(now, Input::Stream { conn: told.conn, service: told.service, from: told.from, event });
        }
    }

    fn send_segments(&mut self) {
        for (src, dst, segment) in self.streams.segments() {
            let packet = frame::tcp(src, dst, self.ident, &segment);
            self.ident = self.ident.wrapping_add(1);
            if let Some(mac) = self.neighbours.get(dst.ip()) {
                self.frames.push_back(frame::ethernet(*mac, self.bench.config().mac, None, frame::IPV4, &packet));
            }
        }
    }

    /// The next frame for the cables.
    pub(super) fn poll_frame(&mut self) -> Option<Vec<u8>> {
        self.send_segments();
        self.frames.pop_front()
    }

    pub(super) fn poll_timeout(&self) -> Time {
        self.wake_at.min(self.sendings.poll_timeout()).min(self.streams.poll_timeout())
    }

    pub(super) fn handle_timeout(&mut self, now: Time) {
        while let Some(port) = self.sendings.handle_timeout(now) {
            self.settle(now, port);
        }
        if self.streams.poll_timeout() <= now {
            self.streams.handle_timeout(now);
        }
        if self.wake_at <= now {
            self.tell(now, Input::Timeout);
        }
        self.settle_streams(now);
    }

    /// Keeps a port shut for what comes in.
    pub(super) fn shut(&mut self, port: u16) {
        self.firewall.insert(port);
    }

    pub(super) fn blocks(&self, port: u16) -> bool {
        self.firewall.contains(&port)
    }

    /// Its address in the network of a peer; takes one there if it has none.
    pub(super) fn reach(&mut self, peer: Ipv4Addr) -> Ipv4Addr {
        if let Some(address) = self.near(peer) {
            return address;
        }
        let mask = if peer.is_link_local() { Ipv4Addr::new(255, 255, 0, 0) } else { Ipv4Addr::new(255, 255, 255, 0) };
        let [a, b, c, d] = peer.octets();
        let address = Ipv4Addr::new(a, b, c, if d == 77 { 78 } else { 77 });
        self.aliases.push((address, mask));
        address
    }

    /// A file by its name.
    pub(super) fn file(&self, name: &str) -> Option<Arc<[u8]>> {
        self.store.files().find(|(n, _)| *n == name).map(|(_, bytes)| Arc::from(bytes))
    }

    /// The bytes that the bench wants sent.
    pub(super) fn content(&self, content: &bench::plan::answer::Content) -> Option<Arc<[u8]>> {
        self.store.open(content)
    }

    pub(super) fn is_ours(&self, address: Ipv4Addr) -> bool {
        address == self.bench.config().server || self.aliases.iter().any(|(alias, _)| *alias == address)
    }

    /// The card's own address in the network of a peer.
    fn near(&self, peer: Ipv4Addr) -> Option<Ipv4Addr> {
        let config = self.bench.config();
        let mask = u32::MAX.checked_shl(32 - u32::from(config.prefix.min(32))).unwrap_or(0);
        let own = (config.server, Ipv4Addr::from(mask));
        let mut all = std::iter::once(own).chain(self.aliases.iter().copied());
        all.find(|(address, mask)| *address & *mask == peer & *mask).map(|(address, _)| address)
    }

    /// What was said to requests since the last call.
    pub(super) fn take_answers(&mut self) -> Vec<Answered> {
        std::mem::take(&mut self.answers)
    }

    /// Transfers under way.
    pub(super) fn transfers(&self) -> usize {
        self.sendings.len()
    }

    fn hear_arp(&mut self, arp: &Arp) {
        self.learn(arp.sender_ip, arp.sender_mac);
        if arp.operation == arp::Operation::Request && self.is_ours(arp.target_ip) {
            self.frames.push_back(arp.reply(self.bench.config().mac).emit_frame());
        }
    }

    fn hear_datagram(&mut self, now: Time, datagram: &UdpDatagram<'_>) {
        let (from, bytes) = (datagram.src, datagram.payload);
        self.learn(*from.ip(), datagram.src_mac);
        let ours = self.is_ours(*datagram.dst.ip());
        if self.blocks(datagram.dst.port()) {
            return;
        }
        match datagram.dst.port() {
            SERVER_PORT if ours || datagram.dst.ip().is_broadcast() => {
                self.tell(now, Input::Datagram { service: Service::Dhcp, from, bytes });
            }
            TFTP_PORT if ours => self.tell(now, Input::Datagram { service: Service::Tftp, from, bytes }),
            port if !self.sendings.has(port)
                && let Some(service) = Service::ALL.into_iter().find(|s| s.port() == port)
                && (ours || service.group() == Some(*datagram.dst.ip())) =>
            {
                self.tell(now, Input::Datagram { service, from, bytes });
            }
            port if ours => match self.sendings.handle(now, port, from, bytes) {
                Heard::Transfers => self.settle(now, port),
                Heard::Strangers => self.send(port, from, &wrong_tid_reply()),
                Heard::Nobodys => {}
            },
            // Somebody else's address: nobody is there on this table.
            _ => {}
        }
    }

    fn learn(&mut self, address: Ipv4Addr, mac: Mac) {
        if !address.is_unspecified() {
            self.neighbours.insert(address, mac);
        }
    }

    fn drain(&mut self, now: Time) {
        loop {
            match self.bench.poll_output() {
                Output::Timeout { at, .. } => {
                    self.wake_at = at;
                    return;
                }
                Output::Dhcp { to, bytes } => self.send_dhcp(to, &bytes),
                Output::Frame(frame) => self.frames.push_back(frame),
                Output::Datagram { service, to, bytes } => self.send(service.port(), to, &bytes),
                Output::Stream { conn, bytes, close } => self.streams.send(now, conn, &bytes, close),
                Output::Reach { phone, address } => {
                    let mask = if phone.is_link_local() { [255, 255, 0, 0] } else { [255, 255, 255, 0] };
                    if !self.is_ours(address) {
                        self.aliases.push((address, Ipv4Addr::from(mask)));
                    }
                    self.bench.handle_input(now, Input::Reached { phone, address, failed: None });
                }
                Output::Unreach { address, .. } => self.aliases.retain(|(alias, _)| *alias != address),
                Output::Job { id, job } => self.jobs.push((id, job)),
                Output::DropJob(id) => self.jobs.retain(|(job, _)| *job != id),
                Output::Transfer { id, peer, request, quirks, content } => {
                    match (self.store.open(&content), Packet::parse(&request)) {
                        (Some(data), Ok(Packet::Rrq(request))) => {
                            let transfer = Transfer::new(now, &request, quirks, data);
                            let port = self.sendings.begin(now, id, peer, transfer);
                            self.settle(now, port);
                        }
                        _ => self.cannot_open(now, id, peer),
                    }
                }
                Output::DropTransfer(id) => self.sendings.forget(id),
                Output::Journal(observation) => self.journal.push(observation),
                Output::Row(row) => {
                    self.rows.insert((row.run, row.stay), row);
                }
                Output::Leases(leases) => self.leases = leases,
                Output::Answer { ticket, id, answer } => {
                    let data = match answer {
                        Ok((_, content)) => self.store.open(&content).ok_or(Part::Failed),
                        Err(Some(Refusal::NotFound)) => Err(Part::Missing),
                        Err(Some(_)) => Err(Part::Denied),
                        Err(None) => Err(Part::Failed),
                    };
                    self.answers.push(Answered { ticket, id, data });
                }
                Output::Receive { .. } => {}
            }
        }
    }

    fn cannot_open(&mut self, now: Time, id: TransferId, peer: SocketAddrV4) {
        let error = Packet::Error { code: Refusal::Unreadable.tftp(), text: b"not readable" };
        self.send(TFTP_PORT, peer, &error.to_vec());
        let why = "it could not be opened (RB215)".to_owned();
        self.bench.handle_input(now, Input::Transfer { id, news: TransferNews::Failed { bytes: 0, why } });
    }

    /// Sends what a transfer wants sent, and tells the bench what is worth telling.
    fn settle(&mut self, now: Time, port: u16) {
        let mut out = Vec::new();
        while let Some(peer) = self.sendings.transmit(now, port, &mut out) {
            self.send(port, peer, &out);
        }
        if let Some((id, news)) = self.sendings.news(now, port) {
            self.tell(now, Input::Transfer { id, news });
        }
    }

    fn send_dhcp(&mut self, to: Destination, bytes: &[u8]) {
        match to {
            // There is no relay on this table.
            Destination::Relay(_) => {}
            Destination::Client(address) => self.send(SERVER_PORT, SocketAddrV4::new(address, CLIENT_PORT), bytes),
            Destination::Broadcast => self.put(Mac::BROADCAST, SERVER_PORT, Ipv4Addr::BROADCAST, CLIENT_PORT, bytes),
            Destination::Hardware { address, mac } => self.put(mac, SERVER_PORT, address, CLIENT_PORT, bytes),
        }
    }

    /// A datagram to a station of this subnet. One that was never heard of is not there.
    fn send(&mut self, from_port: u16, to: SocketAddrV4, bytes: &[u8]) {
        // RFC 1112: a group's link address has the last 23 bits of its own.
        if let [224..=239, b, c, d] = to.ip().octets() {
            let mac = Mac([0x01, 0, 0x5e, b & 0x7f, c, d]);
            return self.put(mac, from_port, *to.ip(), to.port(), bytes);
        }
        let local = self.near(*to.ip()).is_some();
        if let Some(mac) = self.neighbours.get(to.ip()).copied().filter(|_| local) {
            self.put(mac, from_port, *to.ip(), to.port(), bytes);
        }
    }

    fn put(&mut self, dst_mac: Mac, from_port: u16, to: Ipv4Addr, to_port: u16, payload: &[u8]) {
        let config = self.bench.config();
        let datagram = UdpDatagram {
            src_mac: config.mac,
            dst_mac,
            vlan: None,
            src: SocketAddrV4::new(self.near(to).unwrap_or(config.server), from_port),
            dst: SocketAddrV4::new(to, to_port),
            ttl: 64,
            checksum: Checksum::Good,
            payload,
        };
        self.frames.extend(datagram.emit_frame());
    }
}

/// What the app's raw socket lets through: tags, announcements, ARP, DHCP, and requests for files, also
/// those meant for others.
fn is_watched(frame: &Frame<'_>, datagram: Option<&UdpDatagram<'_>>) -> bool {
    match frame.content {
        _ if frame.vlan().is_some() => true,
        Content::Typed { ethertype: ARP | LLDP, .. } => true,
        Content::Typed { ethertype: IPV4, .. } => datagram.is_some_and(|d| {
            let dhcp = [SERVER_PORT, CLIENT_PORT];
            dhcp.contains(&d.src.port()) || dhcp.contains(&d.dst.port()) || d.dst.port() == TFTP_PORT
        }),
        Content::Typed { .. } => false,
        _ => true,
    }
}
