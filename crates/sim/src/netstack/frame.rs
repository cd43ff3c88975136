//! Bytes of Ethernet, 802.1Q, ARP (RFC 826), IPv4 (RFC 791), UDP (RFC 768) and TCP (RFC 9293). All numbers
//! are big-endian.

use std::net::{Ipv4Addr, SocketAddrV4};

use proto::Mac;

use super::tcp::Segment;

/// EtherType of IPv4.
pub(crate) const IPV4: u16 = 0x0800;
/// EtherType of ARP.
pub(crate) const ARP: u16 = 0x0806;
const DOT1Q: u16 = 0x8100;
const UDP: u8 = 17;
const TCP: u8 = 6;
/// The shortest frame, without its check sequence.
const SHORTEST: usize = 60;

/// A frame that arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame<'a> {
    pub(crate) dst: Mac,
    /// The 802.1Q tag's VLAN.
    pub(crate) vlan: Option<u16>,
    pub(crate) body: Body<'a>,
}

/// What it carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Body<'a> {
    Arp(Arp),
    Udp { src: SocketAddrV4, dst: SocketAddrV4, bytes: &'a [u8] },
    Tcp { src: SocketAddrV4, dst: SocketAddrV4, segment: Segment },
    Other,
}

/// A question or an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ArpKind {
    Request,
    Reply,
}

/// An ARP packet for IPv4 on Ethernet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Arp {
    pub(crate) kind: ArpKind,
    pub(crate) sender_mac: Mac,
    pub(crate) sender_ip: Ipv4Addr,
    pub(crate) target_mac: Mac,
    pub(crate) target_ip: Ipv4Addr,
}

impl Arp {
    const FIXED: [u8; 7] = [0, 1, 8, 0, 6, 4, 0];

    pub(crate) fn emit(&self) -> Vec<u8> {
        let kind = match self.kind {
            ArpKind::Request => 1,
            ArpKind::Reply => 2,
        };
        let (sender, target) = (self.sender_ip.octets(), self.target_ip.octets());
        [&Arp::FIXED[..], &[kind], &self.sender_mac.0, &sender, &self.target_mac.0, &target].concat()
    }

    fn parse(bytes: &[u8]) -> Option<Arp> {
        let (kind, rest) = bytes.strip_prefix(&Arp::FIXED)?.split_first()?;
        let kind = match kind {
            1 => ArpKind::Request,
            2 => ArpKind::Reply,
            _ => return None,
        };
        let (sender_mac, rest) = rest.split_first_chunk()?;
        let (sender_ip, rest) = rest.split_first_chunk::<4>()?;
        let (target_mac, rest) = rest.split_first_chunk()?;
        let target_ip = rest.first_chunk::<4>()?;
        Some(Arp {
            kind,
            sender_mac: Mac(*sender_mac),
            sender_ip: Ipv4Addr::from(*sender_ip),
            target_mac: Mac(*target_mac),
            target_ip: Ipv4Addr::from(*target_ip),
        })
    }
}

/// A frame, padded to the shortest length.
pub(crate) fn ethernet(dst: Mac, src: Mac, vlan: Option<u16>, kind: u16, body: &[u8]) -> Vec<u8> {
    let mut out = [dst.0, src.0].concat();
    if let Some(vlan) = vlan {
        out.extend(DOT1Q.to_be_bytes());
        out.extend((vlan & 0x0fff).to_be_bytes());
    }
    out.extend(kind.to_be_bytes());
    out.extend_from_slice(body);
    out.resize(out.len().max(SHORTEST), 0);
    out
}

/// An IPv4 packet with a UDP datagram in it.
pub(crate) fn udp(src: SocketAddrV4, dst: SocketAddrV4, ident: u16, bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len() + 8).unwrap_or(u16::MAX);
    let mut datagram = [src.port().to_be_bytes(), dst.port().to_be_bytes(), length.to_be_bytes(), [0, 0]].concat();
    datagram.extend_from_slice(bytes);
    let sum = match pseudo_sum(UDP, *src.ip(), *dst.ip(), &datagram) {
        // Zero would say that there is no checksum.
        0 => 0xffff,
        sum => sum,
    };
    datagram.splice(6..8, sum.to_be_bytes());

    ip(src, dst, ident, UDP, &datagram)
}

/// An IPv4 packet with a TCP segment in it.
pub(crate) fn tcp(src: SocketAddrV4, dst: SocketAddrV4, ident: u16, segment: &Segment) -> Vec<u8> {
    const WINDOW: u16 = 16_384;
    // Words of header: five, and one more for the largest segment (RFC 9293 §3.7.1), told when opening. Without
    // it the other side would cut everything into 536 bytes.
    let opens = segment.flags & super::tcp::SYN != 0;
    let (offset, option): (u8, &[u8]) = if opens { (6 << 4, &[2, 4, 0x05, 0xb4]) } else { (5 << 4, &[]) };
    let mut out = [src.port().to_be_bytes(), dst.port().to_be_bytes()].concat();
    out.extend(segment.seq.to_be_bytes());
    out.extend(segment.ack.to_be_bytes());
    out.extend([offset, segment.flags]);
    out.extend(WINDOW.to_be_bytes());
    out.extend([0, 0, 0, 0]);
    out.extend_from_slice(option);
    out.extend_from_slice(&segment.bytes);
    let sum = pseudo_sum(TCP, *src.ip(), *dst.ip(), &out);
    out.splice(16..18, sum.to_be_bytes());
    ip(src, dst, ident, TCP, &out)
}

fn ip(src: SocketAddrV4, dst: SocketAddrV4, ident: u16, kind: u8, content: &[u8]) -> Vec<u8> {
    let total = u16::try_from(content.len() + 20).unwrap_or(u16::MAX);
    let mut packet = vec![0x45, 0];
    packet.extend(total.to_be_bytes());
    packet.extend(ident.to_be_bytes());
    packet.extend([0, 0, 64, kind, 0, 0]);
    packet.extend(src.ip().octets());
    packet.extend(dst.ip().octets());
    let sum = !sum_of(&[&packet]);
    packet.splice(10..12, sum.to_be_bytes());
    packet.extend_from_slice(content);
    packet
}

/// Reads a frame; `None` when it is shorter than its own headers say.
pub(crate) fn parse(bytes: &[u8]) -> Option<Frame<'_>> {
    let (dst, rest) = bytes.split_first_chunk::<6>()?;
    let (_src, rest) = rest.split_first_chunk::<6>()?;
    let (mut kind, mut rest) = word(rest)?;
    let mut vlan = None;
    if kind == DOT1Q {
        let (tag, behind) = word(rest)?;
        vlan = Some(tag & 0x0fff);
        (kind, rest) = word(behind)?;
    }
    let body = match kind {
        ARP => Arp::parse(rest).map(Body::Arp),
        IPV4 => ipv4(rest),
        _ => None,
    };
    Some(Frame { dst: Mac(*dst), vlan, body: body.unwrap_or(Body::Other) })
}

/// A whole datagram or segment in an unbroken packet; anything else is `None`.
fn ipv4(bytes: &[u8]) -> Option<Body<'_>> {
    let fixed = bytes.first_chunk::<20>()?;
    let head = usize::from(fixed[0] & 0x0f) * 4;
    let total = usize::from(u16::from_be_bytes([fixed[2], fixed[3]]));
    let packet = bytes.get(..total)?;
    let (header, content) = packet.split_at_checked(head)?;
    let fragment = u16::from_be_bytes([fixed[6], fixed[7]]) & 0x3fff;
    if fixed[0] >> 4 != 4 || head < 20 || fragment != 0 || sum_of(&[header]) != 0xffff {
        return None;
    }
    let address = |at: usize| header.get(at..)?.first_chunk::<4>().map(|a| Ipv4Addr::from(*a));
    let (src, dst) = (address(12)?, address(16)?);
    let (src_port, rest) = word(content)?;
    let (dst_port, rest) = word(rest)?;
    let (src, dst) = (SocketAddrV4::new(src, src_port), SocketAddrV4::new(dst, dst_port));
    match fixed[9] {
        UDP => {
            let (length, rest) = word(rest)?;
            let (sum, _) = word(rest)?;
            let datagram = content.get(..usize::from(length))?;
            if sum != 0 && pseudo_sum(UDP, *src.ip(), *dst.ip(), datagram) != 0 {
                return None;
            }
            Some(Body::Udp { src, dst, bytes: datagram.get(8..)? })
        }
        TCP => {
            segment(content, pseudo_sum(TCP, *src.ip(), *dst.ip(), content)).map(|s| Body::Tcp { src, dst, segment: s })
        }
        _ => None,
    }
}

/// A segment whose checksum came out as this. One that a virtual cable left unfinished, zero, is taken.
fn segment(content: &[u8], sum: u16) -> Option<Segment> {
    let fixed = content.first_chunk::<20>()?;
    if sum != 0 && fixed[16..18] != [0, 0] {
        return None;
    }
    let number = |at: usize| fixed.get(at..)?.first_chunk().map(|n| u32::from_be_bytes(*n));
    let head = usize::from(fixed[12] >> 4) * 4;
    let bytes = content.get(head.max(20)..)?.to_vec();
    Some(Segment { seq: number(4)?, ack: number(8)?, flags: fixed[13], bytes })
}

fn word(bytes: &[u8]) -> Option<(u16, &[u8])> {
    bytes.split_first_chunk().map(|(word, rest)| (u16::from_be_bytes(*word), rest))
}

/// The checksum over a datagram or segment whose checksum field is zero; zero itself when the field is right.
fn pseudo_sum(kind: u8, src: Ipv4Addr, dst: Ipv4Addr, content: &[u8]) -> u16 {
    let length = u16::try_from(content.len()).unwrap_or(u16::MAX).to_be_bytes();
    !sum_of(&[&src.octets(), &dst.octets(), &[0, kind], &length, content])
}

/// The one's-complement sum of RFC 1071; only the last part may have an odd length.
fn sum_of(parts: &[&[u8]]) -> u16 {
    let mut sum: u32 = 0;
    for part in parts {
        for pair in part.chunks(2) {
            let [high, low] = [pair.first(), pair.get(1)].map(|b| u32::from(b.copied().unwrap_or(0)));
            sum += high << 8 | low;
        }
    }
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    u16::try_from(sum).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const A: Mac = Mac([2, 0, 0, 0, 0, 1]);
    const B: Mac = Mac([2, 0, 0, 0, 0, 2]);

    #[test]
    fn the_checksums_are_those_of_a_captured_packet() {
        // RFC 1071 §3's example: the sum of 00 01 f2 03 f4 f5 f6 f7 is ddf2.
        assert_eq!(sum_of(&[&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]]), 0xddf2);
        let packet = udp("10.0.0.1:1000".parse().unwrap(), "10.0.0.2:69".parse().unwrap(), 7, b"abc");
        assert_eq!(packet[..10], [0x45, 0, 0, 31, 0, 7, 0, 0, 64, 17]);
        // 4500+001f+0007+0000+4011+0a00+0001+0a00+0002 = 993a, complemented.
        assert_eq!(packet[10..12], [0x66, 0xc5]);
        // 0a00+0001+0a00+0002+0011+000b + 03e8+0045+000b + 6162+6300 = dcb9 (with the odd byte padded).
        assert_eq!(packet[26..28], (!0xdcb9_u16).to_be_bytes());
    }

    #[test]
    fn arp_has_the_bytes_of_rfc_826() {
        let arp = Arp {
            kind: ArpKind::Request,
            sender_mac: A,
            sender_ip: Ipv4Addr::new(10, 0, 0, 1),
            target_mac: Mac::ZERO,
            target_ip: Ipv4Addr::new(10, 0, 0, 2),
        };
        let frame = ethernet(Mac::BROADCAST, A, Some(110), ARP, &arp.emit());
        assert_eq!(frame[12..24], [0x81, 0, 0, 110, 8, 6, 0, 1, 8, 0, 6, 4]);
        assert_eq!(frame.len(), 60);
        assert_eq!(parse(&frame), Some(Frame { dst: Mac::BROADCAST, vlan: Some(110), body: Body::Arp(arp) }));
    }

    proptest! {
        #[test]
        fn udp_comes_back_and_one_wrong_bit_is_noticed(
            src_ip: u32, dst_ip: u32, src_port: u16, dst_port: u16, ident: u16,
            bytes in proptest::collection::vec(any::<u8>(), 0..600), vlan in proptest::option::of(1u16..4095),
            at: proptest::sample::Index, bit in 0u32..8,
        ) {
            let (src, dst) = (SocketAddrV4::new(src_ip.into(), src_port), SocketAddrV4::new(dst_ip.into(), dst_port));
            let packet = udp(src, dst, ident, &bytes);
            let mut frame = ethernet(B, A, vlan, IPV4, &packet);
            let wanted = Frame { dst: B, vlan, body: Body::Udp { src, dst, bytes: &bytes } };
            prop_assert_eq!(parse(&frame), Some(wanted));
            let start = if vlan.is_some() { 18 } else { 14 };
            frame[start + at.index(packet.len())] ^= 1 << bit;
            // An all-zero UDP checksum means none, and that is one bit away from few sums only.
            let noticed = parse(&frame).is_none_or(|f| f.body == Body::Other);
            prop_assert!(noticed || frame[start + 26..start + 28] == [0, 0]);
        }

        #[test]
        fn tcp_comes_back(
            src_ip: u32, dst_ip: u32, src_port: u16, dst_port: u16, seq: u32, ack: u32, flags in 0u8..32,
            bytes in proptest::collection::vec(any::<u8>(), 0..600),
        ) {
            let (src, dst) = (SocketAddrV4::new(src_ip.into(), src_port), SocketAddrV4::new(dst_ip.into(), dst_port));
            let segment = Segment { seq, ack, flags, bytes };
            let frame = ethernet(B, A, None, IPV4, &tcp(src, dst, 9, &segment));
            prop_assert_eq!(parse(&frame), Some(Frame { dst: B, vlan: None, body: Body::Tcp { src, dst, segment } }));
        }

        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80), kind in 0usize..3) {
            let mut frame = bytes;
            if let Some(at) = frame.get_mut(12..14) {
                at.copy_from_slice(&[[0x81, 0], [8, 0], [8, 6]][kind]);
            }
            let _ = parse(&frame);
        }
    }
}
