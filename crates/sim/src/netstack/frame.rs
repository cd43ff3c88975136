//! Bytes of Ethernet, 802.1Q, ARP (RFC 826), IPv4 (RFC 791) and UDP (RFC 768). All numbers are
//! big-endian.

use std::net::{Ipv4Addr, SocketAddrV4};

use proto::Mac;

/// EtherType of IPv4.
pub(super) const IPV4: u16 = 0x0800;
/// EtherType of ARP.
pub(super) const ARP: u16 = 0x0806;
const DOT1Q: u16 = 0x8100;
const UDP: u8 = 17;
/// The shortest frame, without its check sequence.
const SHORTEST: usize = 60;

/// A frame that arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Frame<'a> {
    pub(super) dst: Mac,
    /// The 802.1Q tag's VLAN.
    pub(super) vlan: Option<u16>,
    pub(super) body: Body<'a>,
}

/// What it carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Body<'a> {
    Arp(Arp),
    Udp { src: SocketAddrV4, dst: SocketAddrV4, bytes: &'a [u8] },
    Other,
}

/// A question or an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ArpKind {
    Request,
    Reply,
}

/// An ARP packet for IPv4 on Ethernet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Arp {
    pub(super) kind: ArpKind,
    pub(super) sender_mac: Mac,
    pub(super) sender_ip: Ipv4Addr,
    pub(super) target_mac: Mac,
    pub(super) target_ip: Ipv4Addr,
}

impl Arp {
    const FIXED: [u8; 7] = [0, 1, 8, 0, 6, 4, 0];

    pub(super) fn emit(&self) -> Vec<u8> {
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
pub(super) fn ethernet(dst: Mac, src: Mac, vlan: Option<u16>, kind: u16, body: &[u8]) -> Vec<u8> {
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
pub(super) fn udp(src: SocketAddrV4, dst: SocketAddrV4, ident: u16, bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len() + 8).unwrap_or(u16::MAX);
    let mut datagram = [src.port().to_be_bytes(), dst.port().to_be_bytes(), length.to_be_bytes(), [0, 0]].concat();
    datagram.extend_from_slice(bytes);
    let sum = match udp_sum(*src.ip(), *dst.ip(), &datagram) {
        // Zero would say that there is no checksum.
        0 => 0xffff,
        sum => sum,
    };
    datagram.splice(6..8, sum.to_be_bytes());

    let total = length.saturating_add(20);
    let mut packet = vec![0x45, 0];
    packet.extend(total.to_be_bytes());
    packet.extend(ident.to_be_bytes());
    packet.extend([0, 0, 64, UDP, 0, 0]);
    packet.extend(src.ip().octets());
    packet.extend(dst.ip().octets());
    let sum = !sum_of(&[&packet]);
    packet.splice(10..12, sum.to_be_bytes());
    packet.extend(datagram);
    packet
}

/// Reads a frame; `None` when it is shorter than its own headers say.
pub(super) fn parse(bytes: &[u8]) -> Option<Frame<'_>> {
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

/// A whole UDP datagram in an unbroken packet; anything else is `None`.
fn ipv4(bytes: &[u8]) -> Option<Body<'_>> {
    let fixed = bytes.first_chunk::<20>()?;
    let head = usize::from(fixed[0] & 0x0f) * 4;
    let total = usize::from(u16::from_be_bytes([fixed[2], fixed[3]]));
    let packet = bytes.get(..total)?;
    let (header, datagram) = packet.split_at_checked(head)?;
    let fragment = u16::from_be_bytes([fixed[6], fixed[7]]) & 0x3fff;
    if fixed[0] >> 4 != 4 || head < 20 || fragment != 0 || fixed[9] != UDP || sum_of(&[header]) != 0xffff {
        return None;
    }
    let address = |at: usize| header.get(at..)?.first_chunk::<4>().map(|a| Ipv4Addr::from(*a));
    let (src, dst) = (address(12)?, address(16)?);
    let (src_port, rest) = word(datagram)?;
    let (dst_port, rest) = word(rest)?;
    let (length, rest) = word(rest)?;
    let (sum, _) = word(rest)?;
    let datagram = datagram.get(..usize::from(length))?;
    if sum != 0 && udp_sum(src, dst, datagram) != 0 {
        return None;
    }
    let bytes = datagram.get(8..)?;
    Some(Body::Udp { src: SocketAddrV4::new(src, src_port), dst: SocketAddrV4::new(dst, dst_port), bytes })
}

fn word(bytes: &[u8]) -> Option<(u16, &[u8])> {
    bytes.split_first_chunk().map(|(word, rest)| (u16::from_be_bytes(*word), rest))
}

/// The checksum over a datagram whose checksum field is zero; zero itself when the field is right.
fn udp_sum(src: Ipv4Addr, dst: Ipv4Addr, datagram: &[u8]) -> u16 {
    let length = u16::try_from(datagram.len()).unwrap_or(u16::MAX).to_be_bytes();
    !sum_of(&[&src.octets(), &dst.octets(), &[0, UDP], &length, datagram])
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
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80), kind in 0usize..3) {
            let mut frame = bytes;
            if let Some(at) = frame.get_mut(12..14) {
                at.copy_from_slice(&[[0x81, 0], [8, 0], [8, 6]][kind]);
            }
            let _ = parse(&frame);
        }
    }
}
