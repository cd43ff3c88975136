//! One UDP datagram in IPv4 in a frame, for talking to a client that has no address yet and for
//! listening to what is meant for others.
//!
//! Reading is lenient about checksums, which network cards often leave to be filled in later, and
//! refuses fragments: nothing a phone needs at boot is fragmented. Not here: reassembly, IP options
//! (skipped), routing.

use std::fmt;
use std::net::SocketAddrV4;

use super::checksum;
use super::frame::{Content, Frame, IPV4, Tag};
use crate::Mac;

const UDP: u8 = 17;
/// Most a UDP datagram can carry: 65 535 less the headers.
const LARGEST: usize = 65_507;

/// What the checksums say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checksum {
    /// Right.
    Good,
    /// The sender left it out (UDP allows that).
    Absent,
    /// Wrong, or not filled in yet by the sending host's network card.
    Bad,
}

/// A datagram as it stands on the cable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UdpDatagram<'a> {
    /// Frame source.
    pub src_mac: Mac,
    /// Frame destination.
    pub dst_mac: Mac,
    /// VLAN of the frame, if it was tagged.
    pub vlan: Option<u16>,
    /// Sender.
    pub src: SocketAddrV4,
    /// Receiver.
    pub dst: SocketAddrV4,
    /// Time to live, which differs between makes.
    pub ttl: u8,
    /// What its checksums say; not used when writing.
    pub checksum: Checksum,
    /// The payload.
    pub payload: &'a [u8],
}

/// Why a frame is not one whole UDP datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Malformed {
    /// Not IPv4 at all.
    NotIpv4,
    /// Ends within the IP or UDP header: this many bytes of IP.
    Short(usize),
    /// IP version or header length that cannot be (the first octet).
    Header(u8),
    /// A piece of a larger datagram.
    Fragment,
    /// Another protocol over IP.
    Protocol(u8),
    /// A length field beyond what is there, or smaller than its own header.
    Length {
        /// Length it declares.
        declared: u16,
        /// Bytes that are there.
        present: usize,
    },
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Malformed::NotIpv4 => f.write_str("not IPv4"),
            Malformed::Short(len) => write!(f, "{len} bytes end within the IP or UDP header"),
            Malformed::Header(first) => write!(f, "{first:#04x} begins no IPv4 header"),
            Malformed::Fragment => f.write_str("a fragment of a larger datagram"),
            Malformed::Protocol(protocol) => write!(f, "IP protocol {protocol} is not UDP"),
            Malformed::Length { declared, present } => write!(f, "declares {declared} bytes where {present} are"),
        }
    }
}

impl std::error::Error for Malformed {}

/// A payload larger than a UDP datagram can be: this many bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLong(pub usize);

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes do not fit a UDP datagram ({LARGEST})", self.0)
    }
}

impl std::error::Error for TooLong {}

impl<'a> UdpDatagram<'a> {
    /// Reads the datagram in a frame.
    ///
    /// # Errors
    /// [`Malformed`] when the frame carries something else or ends too early.
    pub fn parse(frame: &Frame<'a>) -> Result<UdpDatagram<'a>, Malformed> {
        let Content::Typed { ethertype: IPV4, payload: ip } = frame.content else { return Err(Malformed::NotIpv4) };
        let short = || Malformed::Short(ip.len());
        let (fixed, _) = ip.split_first_chunk::<20>().ok_or_else(short)?;
        let header_len = usize::from(fixed[0] & 0x0f) * 4;
        if fixed[0] >> 4 != 4 || header_len < 20 {
            return Err(Malformed::Header(fixed[0]));
        }
        if fixed[9] != UDP {
            return Err(Malformed::Protocol(fixed[9]));
        }
        // "More fragments" set, or an offset that is not zero.
        if u16::from_be_bytes([fixed[6], fixed[7]]) & 0x3fff != 0 {
            return Err(Malformed::Fragment);
        }
        // The total length cuts the frame's padding off; hosts that let the card split write zero.
        let total = u16::from_be_bytes([fixed[2], fixed[3]]);
        let whole = if total == 0 { ip.len() } else { usize::from(total) };
        let present = ip.len();
        let ip = ip.get(..whole).ok_or(Malformed::Length { declared: total, present })?;
        let (header, udp) = ip.split_at_checked(header_len).ok_or_else(short)?;
        let (ports, _) = udp.split_first_chunk::<8>().ok_or_else(short)?;
        let [s1, s2, d1, d2, l1, l2, c1, c2] = *ports;
        let declared = u16::from_be_bytes([l1, l2]);
        let udp_cut = Malformed::Length { declared, present: udp.len() };
        let udp = udp.get(..usize::from(declared)).ok_or(udp_cut)?;
        let payload = udp.get(8..).ok_or(udp_cut)?;
        let [.., a, b, c, d, e, f, g, h] = *fixed;
        let checksum = match checksum::finish(checksum::sum(header)) {
            0 if (c1, c2) == (0, 0) => Checksum::Absent,
            0 if checksum::finish(pseudo_header(&[a, b, c, d, e, f, g, h], udp) + checksum::sum(udp)) == 0 => {
                Checksum::Good
            }
            _ => Checksum::Bad,
        };
        Ok(UdpDatagram {
            src_mac: frame.source,
            dst_mac: frame.destination,
            vlan: frame.vlan(),
            src: SocketAddrV4::new([a, b, c, d].into(), u16::from_be_bytes([s1, s2])),
            dst: SocketAddrV4::new([e, f, g, h].into(), u16::from_be_bytes([d1, d2])),
            ttl: fixed[8],
            checksum,
            payload,
        })
    }

    /// The IPv4 packet with both checksums.
    ///
    /// # Errors
    /// [`TooLong`] above 65 507 bytes of payload.
    pub fn emit(&self) -> Result<Vec<u8>, TooLong> {
        let too_long = TooLong(self.payload.len());
        let udp_len = u16::try_from(self.payload.len() + 8).map_err(|_| too_long)?;
        let total = udp_len.checked_add(20).ok_or(too_long)?;
        let addresses = [self.src.ip().octets(), self.dst.ip().octets()].concat();

        let mut udp = Vec::with_capacity(usize::from(udp_len));
        for number in [self.src.port(), self.dst.port(), udp_len, 0] {
            udp.extend(number.to_be_bytes());
        }
        udp.extend(self.payload);
        // A sum of zero is sent as all ones: zero means "no checksum" (RFC 768).
        let sum = match checksum::finish(pseudo_header(&addresses, &udp) + checksum::sum(&udp)) {
            0 => 0xffff,
            sum => sum,
        };
        udp[6..8].copy_from_slice(&sum.to_be_bytes());

        let mut ip = vec![0x45, 0];
        ip.extend(total.to_be_bytes());
        ip.extend([0, 0, 0, 0, self.ttl, UDP, 0, 0]);
        ip.extend(addresses);
        let sum = checksum::finish(checksum::sum(&ip));
        ip[10..12].copy_from_slice(&sum.to_be_bytes());
        ip.extend(udp);
        Ok(ip)
    }

    /// The whole frame.
    ///
    /// # Errors
    /// [`TooLong`] above 65 507 bytes of payload; what the cable can carry is the caller's to know.
    pub fn emit_frame(&self) -> Result<Vec<u8>, TooLong> {
        let packet = self.emit()?;
        let tags = self.vlan.map(Tag::vlan).into_iter().collect();
        Ok(Frame { tags, ..Frame::typed(self.dst_mac, self.src_mac, IPV4, &packet) }.emit())
    }
}

/// Sum of the pseudo header (RFC 768): both addresses, the protocol, the length.
fn pseudo_header(addresses: &[u8], udp: &[u8]) -> u32 {
    checksum::sum(addresses) + u32::from(UDP) + u32::try_from(udp.len()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use proptest::prelude::*;

    use super::*;

    const PHONE: Mac = Mac([0x00, 0x11, 0xbb, 0x73, 0xad, 0x61]);
    const BENCH: Mac = Mac([2, 0, 0, 0, 0, 1]);

    fn offer(payload: &[u8]) -> UdpDatagram<'_> {
        UdpDatagram {
            src_mac: BENCH,
            dst_mac: PHONE,
            vlan: None,
            src: SocketAddrV4::new(Ipv4Addr::new(192, 168, 0, 1), 67),
            dst: SocketAddrV4::new(Ipv4Addr::new(192, 168, 0, 199), 68),
            ttl: 64,
            checksum: Checksum::Good,
            payload,
        }
    }

    #[test]
    fn the_bytes_are_what_the_standards_say() {
        let packet = offer(b"hi!").emit().unwrap();
        // 0x4500 + 0x001f + 0x4011 + 2·0xc0a8 + 0x0001 + 0x00c7 = 0x20748 → 0x074a → complement 0xf8b5.
        assert_eq!(packet[..20], *b"\x45\x00\x00\x1f\x00\x00\x00\x00\x40\x11\xf8\xb5\xc0\xa8\x00\x01\xc0\xa8\x00\xc7");
        // Pseudo header, UDP header and payload as words, with the checksum: all ones, that is 0 mod 0xffff.
        let sum = u32::from(u16::from_be_bytes([packet[26], packet[27]]));
        let words = 2 * 0xc0a8 + 0x0001 + 0x00c7 + 17 + 11 + 67 + 68 + 11 + 0x6869 + 0x2100;
        assert_eq!((words + sum) % 0xffff, 0);
        assert_eq!(packet[20..26], *b"\x00\x43\x00\x44\x00\x0b");
        assert_eq!(packet[28..], *b"hi!");
    }

    #[test]
    fn a_frame_is_read_without_its_padding() {
        let datagram = UdpDatagram { vlan: Some(100), ..offer(b"hi!") };
        let bytes = datagram.emit_frame().unwrap();
        assert_eq!(bytes.len(), 60);
        assert_eq!(UdpDatagram::parse(&Frame::parse(&bytes).unwrap()), Ok(datagram));
    }

    #[test]
    fn checksums_are_told_not_enforced() {
        let mut bytes = offer(b"hi!").emit().unwrap();
        let check = |bytes: &[u8]| UdpDatagram::parse(&Frame::typed(PHONE, BENCH, IPV4, bytes)).map(|d| d.checksum);
        assert_eq!(check(&bytes), Ok(Checksum::Good));
        bytes[28] ^= 1;
        assert_eq!(check(&bytes), Ok(Checksum::Bad));
        bytes[26..28].fill(0);
        assert_eq!(check(&bytes), Ok(Checksum::Absent));
        bytes[8] ^= 1;
        assert_eq!(check(&bytes), Ok(Checksum::Bad));
    }

    #[test]
    fn what_is_no_datagram_says_why() {
        let good = offer(b"hi!").emit().unwrap();
        let parse =
            |bytes: &[u8]| UdpDatagram::parse(&Frame::typed(PHONE, BENCH, IPV4, bytes)).map(|d| d.payload.len());
        let with = |at: usize, byte: u8| {
            let mut bytes = good.clone();
            bytes[at] = byte;
            parse(&bytes)
        };
        assert_eq!(UdpDatagram::parse(&Frame::typed(PHONE, BENCH, 0x86dd, &good)), Err(Malformed::NotIpv4));
        assert_eq!(parse(&good[..19]), Err(Malformed::Short(19)));
        assert_eq!(with(0, 0x65), Err(Malformed::Header(0x65)));
        assert_eq!(with(0, 0x44), Err(Malformed::Header(0x44)));
        assert_eq!(with(0, 0x4f), Err(Malformed::Short(31)));
        assert_eq!(with(9, 6), Err(Malformed::Protocol(6)));
        assert_eq!(with(6, 0x20), Err(Malformed::Fragment));
        assert_eq!(with(7, 1), Err(Malformed::Fragment));
        assert_eq!(with(6, 0x40), Ok(3), "don't-fragment is no fragment");
        assert_eq!(with(3, 200), Err(Malformed::Length { declared: 200, present: 31 }));
        assert_eq!(with(25, 12), Err(Malformed::Length { declared: 12, present: 11 }));
        assert_eq!(with(25, 7), Err(Malformed::Length { declared: 7, present: 11 }));
        let mut unsplit = good.clone();
        unsplit[3] = 0;
        assert_eq!(parse(&unsplit), Ok(3));
        assert_eq!(offer(&vec![0; 65_508]).emit(), Err(TooLong(65_508)));
        assert!(offer(&vec![0; 65_507]).emit().is_ok());
    }

    #[test]
    fn no_payload_makes_the_checksum_look_left_out() {
        for word in 0..=u16::MAX {
            let bytes = offer(&word.to_be_bytes()).emit().unwrap();
            assert_ne!(bytes[26..28], [0, 0], "{word}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(ips: [u32; 2], ports: [u16; 2], ttl: u8, vlan in prop::option::of(1u16..4095), payload in prop::collection::vec(any::<u8>(), 0..300)) {
            let src = SocketAddrV4::new(ips[0].into(), ports[0]);
            let dst = SocketAddrV4::new(ips[1].into(), ports[1]);
            let datagram = UdpDatagram { src, dst, ttl, vlan, ..offer(&payload) };
            let bytes = datagram.emit_frame().unwrap();
            prop_assert_eq!(UdpDatagram::parse(&Frame::parse(&bytes).unwrap()), Ok(datagram));
        }

        #[test]
        fn damage_never_panics(at in 0usize..60, byte: u8, at2 in 0usize..31, byte2: u8, keep in 0usize..60) {
            let mut bytes = offer(b"hello, phone").emit().unwrap();
            let len = bytes.len();
            bytes[at % len] = byte;
            bytes[at2] = byte2;
            bytes.truncate(keep);
            let _ = UdpDatagram::parse(&Frame::typed(PHONE, BENCH, IPV4, &bytes));
        }
    }
}
