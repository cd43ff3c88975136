//! ARP for IPv4 on Ethernet (RFC 826), with the probes and announcements of RFC 5227.
//!
//! Not here: a table of who is where.

use std::fmt;
use std::net::Ipv4Addr;

use super::frame::{ARP, Frame};
use crate::Mac;

/// What an ARP packet does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Asks who has the target address.
    Request,
    /// Answers.
    Reply,
    /// Something rarer (reverse ARP: 3, 4).
    Other(u16),
}

/// An ARP packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arp {
    /// What it does.
    pub operation: Operation,
    /// Who sends it.
    pub sender_mac: Mac,
    /// The sender's address; 0.0.0.0 in a probe.
    pub sender_ip: Ipv4Addr,
    /// Zero where it is being asked for.
    pub target_mac: Mac,
    /// The address it is about.
    pub target_ip: Ipv4Addr,
}

/// Why bytes are not ARP for IPv4 on Ethernet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Malformed {
    /// Fewer than 28 bytes: this many.
    Short(usize),
    /// Other hardware or protocol: hardware type, protocol type, and their address lengths.
    Kind(u16, u16, u8, u8),
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Malformed::Short(len) => write!(f, "{len} bytes are too few for ARP, which has 28"),
            Malformed::Kind(hardware, protocol, hlen, plen) => {
                write!(
                    f,
                    "ARP for hardware {hardware}/{hlen} and protocol {protocol:#06x}/{plen}, not Ethernet and IPv4"
                )
            }
        }
    }
}

impl std::error::Error for Malformed {}

impl Arp {
    /// Who has `target`? From a station that has an address.
    pub const fn request(mac: Mac, ip: Ipv4Addr, target: Ipv4Addr) -> Arp {
        let operation = Operation::Request;
        Arp { operation, sender_mac: mac, sender_ip: ip, target_mac: Mac::ZERO, target_ip: target }
    }

    /// Does anyone use `target`? Spoils nobody's ARP table (RFC 5227 §2.1.1).
    pub const fn probe(mac: Mac, target: Ipv4Addr) -> Arp {
        Arp::request(mac, Ipv4Addr::UNSPECIFIED, target)
    }

    /// I use `ip` from now on (RFC 5227 §2.3).
    pub const fn announcement(mac: Mac, ip: Ipv4Addr) -> Arp {
        Arp::request(mac, ip, ip)
    }

    /// The answer to this request from the station that has its target.
    pub const fn reply(&self, mac: Mac) -> Arp {
        Arp {
            operation: Operation::Reply,
            sender_mac: mac,
            sender_ip: self.target_ip,
            target_mac: self.sender_mac,
            target_ip: self.sender_ip,
        }
    }

    /// Whether it asks without claiming an address.
    pub fn is_probe(&self) -> bool {
        self.operation == Operation::Request && self.sender_ip.is_unspecified()
    }

    /// Whether it tells everyone its own address (gratuitous ARP, request or reply).
    pub fn is_announcement(&self) -> bool {
        self.sender_ip == self.target_ip && !self.sender_ip.is_unspecified()
    }

    /// Reads the payload of a frame of type 0x0806; padding is ignored.
    ///
    /// # Errors
    /// [`Malformed`] when it is too short or about something else.
    pub fn parse(payload: &[u8]) -> Result<Arp, Malformed> {
        let short = || Malformed::Short(payload.len());
        let (fixed, _) = payload.split_first_chunk::<28>().ok_or_else(short)?;
        let [h1, h2, p1, p2, hlen, plen, o1, o2, rest @ ..] = *fixed;
        let (hardware, protocol) = (u16::from_be_bytes([h1, h2]), u16::from_be_bytes([p1, p2]));
        if (hardware, protocol, hlen, plen) != (1, 0x0800, 6, 4) {
            return Err(Malformed::Kind(hardware, protocol, hlen, plen));
        }
        let [a, b, c, d, e, f, i, j, k, l, u, v, w, x, y, z, q, r, s, t] = rest;
        Ok(Arp {
            operation: match u16::from_be_bytes([o1, o2]) {
                1 => Operation::Request,
                2 => Operation::Reply,
                other => Operation::Other(other),
            },
            sender_mac: Mac([a, b, c, d, e, f]),
            sender_ip: Ipv4Addr::new(i, j, k, l),
            target_mac: Mac([u, v, w, x, y, z]),
            target_ip: Ipv4Addr::new(q, r, s, t),
        })
    }

    /// The payload: 28 bytes.
    pub fn emit(&self) -> Vec<u8> {
        let operation = match self.operation {
            Operation::Request => 1,
            Operation::Reply => 2,
            Operation::Other(other) => other,
        };
        let mut out = vec![0, 1, 8, 0, 6, 4];
        out.extend(u16::to_be_bytes(operation));
        out.extend(self.sender_mac.0);
        out.extend(self.sender_ip.octets());
        out.extend(self.target_mac.0);
        out.extend(self.target_ip.octets());
        out
    }

    /// The whole frame: to the target where its MAC is known, else to everyone.
    pub fn emit_frame(&self) -> Vec<u8> {
        let destination = if self.target_mac == Mac::ZERO { Mac::BROADCAST } else { self.target_mac };
        Frame::typed(destination, self.sender_mac, ARP, &self.emit()).emit()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PHONE: Mac = Mac([0x00, 0x11, 0xbb, 0x73, 0xad, 0x61]);
    const BENCH: Mac = Mac([2, 0, 0, 0, 0, 1]);
    const IP: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 50);

    #[test]
    fn a_request_and_its_answer() {
        let payload =
            b"\x00\x01\x08\x00\x06\x04\x00\x01\x02\x00\x00\x00\x00\x01\x0a\x00\x00\x01\0\0\0\0\0\0\x0a\x00\x00\x32";
        let request = Arp::request(BENCH, Ipv4Addr::new(10, 0, 0, 1), IP);
        assert_eq!(Arp::parse(payload), Ok(request));
        assert_eq!(request.emit(), payload);
        let answer = request.reply(PHONE);
        assert_eq!((answer.sender_ip, answer.sender_mac, answer.target_mac), (IP, PHONE, BENCH));
        assert_eq!(Frame::parse(&answer.emit_frame()).unwrap().destination, BENCH);
        assert_eq!(Frame::parse(&request.emit_frame()).unwrap().destination, Mac::BROADCAST);
    }

    #[test]
    fn probes_and_announcements_are_told_apart() {
        let probe = Arp::probe(PHONE, IP);
        assert!(probe.is_probe() && !probe.is_announcement());
        let announcement = Arp::announcement(PHONE, IP);
        assert!(!announcement.is_probe() && announcement.is_announcement());
    }

    #[test]
    fn other_things_say_what_they_are() {
        assert_eq!(Arp::parse(&[0; 27]), Err(Malformed::Short(27)));
        let mut payload = Arp::probe(PHONE, IP).emit();
        payload[1] = 6;
        assert_eq!(Arp::parse(&payload), Err(Malformed::Kind(6, 0x0800, 6, 4)));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(op in 0u16..20, macs: [[u8; 6]; 2], ips: [u32; 2], padding in 0usize..20) {
            let operation = match op { 1 => Operation::Request, 2 => Operation::Reply, o => Operation::Other(o) };
            let arp = Arp { operation, sender_mac: Mac(macs[0]), sender_ip: ips[0].into(), target_mac: Mac(macs[1]), target_ip: ips[1].into() };
            let mut payload = arp.emit();
            payload.resize(28 + padding, 0);
            prop_assert_eq!(Arp::parse(&payload), Ok(arp));
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let _ = Arp::parse(&bytes);
        }
    }
}
