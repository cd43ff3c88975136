//! Puts a phone's UDP and TCP into whole Ethernet frames and takes it out again, so that the same phone can
//! live on a raw socket.
//!
//! ARP with a small cache, IPv4, UDP and TCP with their checksums, DHCP before there is an address, one
//! 802.1Q tag, and an announcement of a new address. The encoders are this module's own, as a check
//! on the bench's. What is not here: streams that others open to the phone (they are refused), ICMP,
//! fragments, IP options beyond skipping them.

pub(crate) mod frame;
mod orders;
mod served;
mod streams;
pub(crate) mod tcp;
mod wired;

use std::collections::{BTreeMap, VecDeque};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use proto::{Mac, Time};

pub use served::ServedNews;
pub use wired::Wired;

use crate::stream::Conn;
use crate::{Input, Interface, Wire};
use frame::{Arp, ArpKind, Body};
use tcp::Tcp;

/// How long an address is remembered.
const REMEMBERED: Duration = Duration::from_secs(300);
/// Between two questions for the same address, and how many there are.
const REPEAT: Duration = Duration::from_secs(1);
const TRIES: u32 = 4;
/// Most addresses remembered, and most packets that wait for one.
const ADDRESSES: usize = 64;
const WAITING: usize = 16;

/// One station's stack.
#[derive(Clone, Debug)]
pub struct NetStack {
    mac: Mac,
    interface: Interface,
    cache: BTreeMap<Ipv4Addr, (Mac, Time)>,
    asking: BTreeMap<Ipv4Addr, Asking>,
    /// The number of the next IPv4 packet.
    ident: u16,
    frames: VecDeque<Vec<u8>>,
    wires: VecDeque<Wire>,
    /// By the phone's own port.
    streams: BTreeMap<u16, Tcp>,
    news: VecDeque<Input>,
    /// The port of the phone's own server.
    listens: Option<u16>,
    /// Conversations with it, by who opened them.
    served: BTreeMap<SocketAddrV4, (Conn, Tcp)>,
    served_news: VecDeque<(Conn, ServedNews)>,
    conns: u64,
}

/// An address that somebody was asked for.
#[derive(Clone, Debug)]
struct Asking {
    packets: VecDeque<Vec<u8>>,
    left: u32,
    next: Time,
}

impl NetStack {
    /// A station without an address.
    pub fn new(mac: Mac) -> NetStack {
        NetStack {
            mac,
            interface: Interface::default(),
            cache: BTreeMap::new(),
            asking: BTreeMap::new(),
            ident: 1,
            frames: VecDeque::new(),
            wires: VecDeque::new(),
            streams: BTreeMap::new(),
            news: VecDeque::new(),
            listens: None,
            served: BTreeMap::new(),
            served_news: VecDeque::new(),
            conns: 0,
        }
    }

    /// The settings changed. A new address is announced by a gratuitous ARP request (RFC 5227 §3).
    pub fn set_interface(&mut self, interface: Interface) {
        let old = std::mem::replace(&mut self.interface, interface);
        if old.vlan != interface.vlan || interface.address.is_none() {
            self.cache.clear();
            self.asking.clear();
            self.streams.clear();
            self.served.clear();
        }
        if let Some(address) = interface.address
            && old.address != Some(address)
        {
            self.ask_for(address.ip);
        }
    }

    /// The phone sends something. Frames go out as they are.
    pub fn send(&mut self, now: Time, wire: Wire) {
        let (src, dst, bytes) = match wire {
            Wire::Frame(frame) => return self.frames.push_back(frame),
            Wire::Udp { src, dst, bytes } => (src, dst, bytes),
        };
        let packet = frame::udp(src, dst, self.ident, &bytes);
        self.send_packet(now, *dst.ip(), packet);
    }

    fn send_packet(&mut self, now: Time, dst: Ipv4Addr, packet: Vec<u8>) {
        self.ident = self.ident.wrapping_add(1);
        let Some(hop) = self.next_hop(dst) else { return };
        if hop == Ipv4Addr::BROADCAST {
            return self.put(Mac::BROADCAST, frame::IPV4, &packet);
        }
        if let [224..=239, b, c, d] = hop.octets() {
            // RFC 1112 §6.4: the last 23 bits of the group.
            return self.put(Mac([0x01, 0, 0x5e, b & 0x7f, c, d]), frame::IPV4, &packet);
        }
        self.cache.retain(|_, (_, until)| now < *until);
        if let Some((mac, _)) = self.cache.get(&hop) {
            return self.put(*mac, frame::IPV4, &packet);
        }
        let asked = self.asking.contains_key(&hop);
        let fresh = || Asking { packets: VecDeque::new(), left: TRIES - 1, next: now + REPEAT };
        let asking = self.asking.entry(hop).or_insert_with(fresh);
        if asking.packets.len() < WAITING {
            asking.packets.push_back(packet);
        }
        if !asked {
            self.ask_for(hop);
        }
    }

    /// A frame arrives from the cable; what is not for this station is ignored.
    pub fn receive(&mut self, now: Time, bytes: &[u8]) {
        let Some(frame) = frame::parse(bytes) else { return };
        if frame.dst.is_group() && frame.dst != Mac::BROADCAST {
            if let Body::Udp { src, dst, bytes } = frame.body
                && dst.ip().is_multicast()
                && frame.vlan == self.interface.vlan
            {
                self.wires.push_back(Wire::Udp { src, dst, bytes: bytes.to_vec() });
            } else if frame.vlan.is_none() {
                self.wires.push_back(Wire::Frame(bytes.to_vec()));
            }
            return;
        }
        // A tag of VLAN 0 carries only a priority.
        let vlan = frame.vlan.filter(|vlan| *vlan != 0);
        if vlan != self.interface.vlan || frame.dst != self.mac && frame.dst != Mac::BROADCAST {
            return;
        }
        match frame.body {
            Body::Arp(arp) => self.receive_arp(now, &arp),
            Body::Udp { src, dst, bytes } if self.is_mine(dst) => {
                self.wires.push_back(Wire::Udp { src, dst, bytes: bytes.to_vec() });
            }
            Body::Tcp { src, dst, segment } if self.is_mine(dst) => self.receive_segment(now, src, dst, &segment),
            Body::Udp { .. } | Body::Tcp { .. } | Body::Other => {}
        }
    }

    /// The next frame for the cable.
    pub fn poll_frame(&mut self) -> Option<Vec<u8>> {
        self.frames.pop_front()
    }

    /// The next thing for the phone.
    pub fn poll_wire(&mut self) -> Option<Wire> {
        self.wires.pop_front()
    }

    /// When to call [`NetStack::handle_timeout`], and why.
    pub fn poll_timeout(&self) -> Option<(Time, &'static str)> {
        let asking = self.asking.values().map(|a| (a.next, "ARP repeat"));
        let repeats = [self.stream_timeout(), self.served_timeout()].into_iter().flatten();
        asking.chain(repeats.map(|at| (at, "TCP repeat"))).min()
    }

    /// Asks again for addresses that nobody has told, or gives up.
    pub fn handle_timeout(&mut self, now: Time) {
        let mut again = Vec::new();
        self.asking.retain(|address, asking| {
            if now < asking.next {
                return true;
            }
            let goes_on = asking.left > 0;
            if goes_on {
                asking.left -= 1;
                asking.next = now + REPEAT;
                again.push(*address);
            }
            goes_on
        });
        again.into_iter().for_each(|address| self.ask_for(address));
        self.repeat_streams(now);
        self.repeat_served(now);
    }

    fn receive_arp(&mut self, now: Time, arp: &Arp) {
        let Some(mine) = self.interface.address else { return };
        let known = self.cache.contains_key(&arp.sender_ip);
        // RFC 826: whoever speaks to us is learned, others only if they are known already.
        let speaks_to_us = arp.target_ip == mine.ip && self.cache.len() < ADDRESSES;
        if !arp.sender_ip.is_unspecified() && (known || speaks_to_us) {
            self.cache.insert(arp.sender_ip, (arp.sender_mac, now + REMEMBERED));
            let waiting = self.asking.remove(&arp.sender_ip).map(|a| a.packets).unwrap_or_default();
            waiting.iter().for_each(|packet| self.put(arp.sender_mac, frame::IPV4, packet));
        }
        if arp.kind == ArpKind::Request && arp.target_ip == mine.ip && arp.sender_ip != mine.ip {
            let reply = Arp {
                kind: ArpKind::Reply,
                sender_mac: self.mac,
                sender_ip: mine.ip,
                target_mac: arp.sender_mac,
                target_ip: arp.sender_ip,
            };
            self.put(arp.sender_mac, frame::ARP, &reply.emit());
        }
    }

    fn ask_for(&mut self, target_ip: Ipv4Addr) {
        let sender_ip = self.interface.address.map_or(Ipv4Addr::UNSPECIFIED, |a| a.ip);
        let arp = Arp { kind: ArpKind::Request, sender_mac: self.mac, sender_ip, target_mac: Mac::ZERO, target_ip };
        self.put(Mac::BROADCAST, frame::ARP, &arp.emit());
    }

    fn put(&mut self, dst: Mac, kind: u16, body: &[u8]) {
        self.frames.push_back(frame::ethernet(dst, self.mac, self.interface.vlan, kind, body));
    }

    /// Whose link address a packet gets; broadcast for broadcasts, none when there is no way.
    fn next_hop(&self, dst: Ipv4Addr) -> Option<Ipv4Addr> {
        if dst.is_broadcast() {
            return Some(Ipv4Addr::BROADCAST);
        }
        if dst.is_multicast() {
            return Some(dst);
        }
        let address = self.interface.address?;
        if dst == self.network_broadcast()? {
            return Some(Ipv4Addr::BROADCAST);
        }
        let same = dst & address.mask == address.ip & address.mask;
        if same { Some(dst) } else { address.router }
    }

    fn network_broadcast(&self) -> Option<Ipv4Addr> {
        self.interface.address.map(|a| a.ip | !a.mask)
    }

    fn is_mine(&self, dst: SocketAddrV4) -> bool {
        match self.interface.address {
            // An offer may be sent to the address that it offers.
            None => dst.port() == proto::dhcp::CLIENT_PORT,
            Some(address) => {
                *dst.ip() == address.ip || dst.ip().is_broadcast() || Some(*dst.ip()) == self.network_broadcast()
            }
        }
    }
}

#[cfg(test)]
mod tests;
