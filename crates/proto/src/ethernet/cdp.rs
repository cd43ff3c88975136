//! Cisco Discovery Protocol, versions 1 and 2: what phones say before they have an address, and what
//! a switch answers about VLANs.
//!
//! The protocol is not public; layouts and the odd checksum are as observed on the wire and in
//! several open decoders. All TLVs are kept raw and in order; accessors read the ones that help with
//! phones. Not here: what a device's name or load tells about it.

use std::fmt;
use std::net::Ipv4Addr;

use super::checksum;
use super::frame::{Content, Frame, split_u16};
use crate::Mac;

/// Where CDP frames go.
pub const DESTINATION: Mac = Mac([0x01, 0x00, 0x0c, 0xcc, 0xcc, 0xcc]);
/// SNAP organisation of CDP.
pub const OUI: [u8; 3] = [0x00, 0x00, 0x0c];
/// SNAP protocol of CDP.
pub const PROTOCOL: u16 = 0x2000;

/// TLV types.
pub mod kind {
    #![allow(missing_docs, reason = "named as the accessors of `Cdp`, which explain them")]
    pub const DEVICE_ID: u16 = 0x01;
    pub const ADDRESSES: u16 = 0x02;
    pub const PORT_ID: u16 = 0x03;
    pub const CAPABILITIES: u16 = 0x04;
    pub const SOFTWARE_VERSION: u16 = 0x05;
    pub const PLATFORM: u16 = 0x06;
    pub const NATIVE_VLAN: u16 = 0x0a;
    pub const DUPLEX: u16 = 0x0b;
    pub const VOIP_VLAN_REPLY: u16 = 0x0e;
    pub const VOIP_VLAN_QUERY: u16 = 0x0f;
    pub const POWER_CONSUMPTION: u16 = 0x10;
    pub const TRUST: u16 = 0x12;
    pub const COS: u16 = 0x13;
    pub const MANAGEMENT_ADDRESSES: u16 = 0x16;
    pub const POWER_REQUEST: u16 = 0x19;
    pub const POWER_AVAILABLE: u16 = 0x1a;
}

/// Bits of the capabilities TLV.
pub mod capability {
    #![allow(missing_docs, reason = "the names say it")]
    pub const ROUTER: u32 = 0x01;
    pub const SWITCH: u32 = 0x08;
    pub const HOST: u32 = 0x10;
    pub const PHONE: u32 = 0x80;
    pub const REMOTELY_MANAGED: u32 = 0x100;
    pub const TWO_PORT_RELAY: u32 = 0x400;
}

/// One TLV.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tlv {
    /// One of [`kind`], or another.
    pub kind: u16,
    /// The value, without the four header bytes; at most 65 531 travel.
    pub value: Vec<u8>,
}

impl Tlv {
    /// A raw TLV.
    pub fn raw(kind: u16, value: impl Into<Vec<u8>>) -> Tlv {
        Tlv { kind, value: value.into() }
    }

    /// Text, as for device id, port id, version and platform.
    pub fn text(kind: u16, value: &str) -> Tlv {
        Tlv::raw(kind, value.as_bytes())
    }

    /// Addresses ([`kind::ADDRESSES`], [`kind::MANAGEMENT_ADDRESSES`]): a count, then each address
    /// with its protocol (network layer id 0xcc, IPv4).
    pub fn addresses(kind: u16, addresses: &[Ipv4Addr]) -> Tlv {
        let mut value = u32::try_from(addresses.len()).unwrap_or(u32::MAX).to_be_bytes().to_vec();
        for address in addresses {
            value.extend([1, 1, 0xcc, 0, 4]);
            value.extend(address.octets());
        }
        Tlv::raw(kind, value)
    }

    /// A switch's answer: voice traffic (application 1) belongs in this VLAN.
    pub fn voip_vlan_reply(vlan: u16) -> Tlv {
        let [high, low] = vlan.to_be_bytes();
        Tlv::raw(kind::VOIP_VLAN_REPLY, [1, high, low])
    }

    /// A phone's question, with the value phones send.
    pub fn voip_vlan_query() -> Tlv {
        Tlv::raw(kind::VOIP_VLAN_QUERY, [0x20, 0x02, 0x00, 0x01])
    }
}

/// Something odd about the bytes that cost no other TLV.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Oddity {
    /// A TLV declares less than its own header; what follows cannot be read.
    Length {
        /// Its type.
        kind: u16,
        /// Its length.
        declared: u16,
    },
    /// A TLV declares more than there is; what there is was kept.
    Cut {
        /// Its type.
        kind: u16,
        /// Its length.
        declared: u16,
        /// Bytes of value that are there.
        present: usize,
    },
    /// So many bytes too few for a TLV at the end.
    Rest(usize),
    /// The checksum is wrong: as found, and as it should be by the plain rule.
    Checksum {
        /// On the wire.
        found: u16,
        /// By RFC 1071.
        expected: u16,
    },
}

/// A CDP packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cdp {
    /// 1 or 2.
    pub version: u8,
    /// Seconds the sender is to be remembered; 0 says good-bye.
    pub ttl: u8,
    /// TLVs in order.
    pub tlvs: Vec<Tlv>,
    /// What was odd about the bytes; not written.
    pub oddities: Vec<Oddity>,
}

/// Why bytes are not CDP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Malformed {
    /// Not a SNAP frame of CDP.
    NotCdp,
    /// Shorter than version, time to live and checksum: this many bytes.
    Short(usize),
    /// A version nobody has seen.
    Version(u8),
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Malformed::NotCdp => f.write_str("not a CDP frame"),
            Malformed::Short(len) => write!(f, "{len} bytes are too few for CDP, which has at least 4"),
            Malformed::Version(version) => write!(f, "CDP version {version} is unknown"),
        }
    }
}

impl std::error::Error for Malformed {}

impl Cdp {
    /// A version 2 packet with the usual time to live.
    pub fn new(tlvs: Vec<Tlv>) -> Cdp {
        Cdp { version: 2, ttl: 180, tlvs, oddities: Vec::new() }
    }

    /// Reads the packet in a frame.
    ///
    /// # Errors
    /// As [`Cdp::parse`], and [`Malformed::NotCdp`] for any other frame.
    pub fn parse_frame(frame: &Frame<'_>) -> Result<Cdp, Malformed> {
        match frame.content {
            Content::Snap { oui: OUI, protocol: PROTOCOL, payload } => Cdp::parse(payload),
            _ => Err(Malformed::NotCdp),
        }
    }

    /// Reads what follows the SNAP header.
    ///
    /// # Errors
    /// [`Malformed`] when there is no header or its version is unknown. Odd TLVs and a wrong checksum
    /// are no error, see [`Cdp::oddities`].
    pub fn parse(payload: &[u8]) -> Result<Cdp, Malformed> {
        let (header, mut rest) = payload.split_first_chunk::<4>().ok_or(Malformed::Short(payload.len()))?;
        let [version, ttl, high, low] = *header;
        if version != 1 && version != 2 {
            return Err(Malformed::Version(version));
        }
        let mut cdp = Cdp { version, ttl, tlvs: Vec::new(), oddities: Vec::new() };
        let found = u16::from_be_bytes([high, low]);
        // Equipment differs over an odd last byte: both readings are right.
        let blank = [&[version, ttl, 0, 0], rest].concat();
        let expected = checksum::finish(checksum::sum(&blank));
        if found != expected && found != cisco_checksum(&blank) {
            cdp.oddities.push(Oddity::Checksum { found, expected });
        }
        while !rest.is_empty() {
            let Some((kind, after)) = split_u16(rest) else { return Ok(cdp.with(Oddity::Rest(rest.len()))) };
            let Some((declared, after)) = split_u16(after) else { return Ok(cdp.with(Oddity::Rest(rest.len()))) };
            let Some(len) = usize::from(declared).checked_sub(4) else {
                return Ok(cdp.with(Oddity::Length { kind, declared }));
            };
            let Some((value, after)) = after.split_at_checked(len) else {
                cdp.tlvs.push(Tlv::raw(kind, after));
                return Ok(cdp.with(Oddity::Cut { kind, declared, present: after.len() }));
            };
            cdp.tlvs.push(Tlv::raw(kind, value));
            rest = after;
        }
        Ok(cdp)
    }

    fn with(mut self, oddity: Oddity) -> Cdp {
        self.oddities.push(oddity);
        self
    }

    /// What follows the SNAP header, with the checksum as the maker's equipment wants it.
    pub fn emit(&self) -> Vec<u8> {
        let mut out = vec![self.version, self.ttl, 0, 0];
        for tlv in &self.tlvs {
            let value = tlv.value.get(..usize::from(u16::MAX - 4)).unwrap_or(&tlv.value);
            out.extend(tlv.kind.to_be_bytes());
            out.extend(u16::try_from(value.len() + 4).unwrap_or(u16::MAX).to_be_bytes());
            out.extend(value);
        }
        let sum = cisco_checksum(&out);
        out[2..4].copy_from_slice(&sum.to_be_bytes());
        out
    }

    /// The whole frame.
    pub fn emit_frame(&self, source: Mac) -> Vec<u8> {
        let payload = &self.emit();
        let content = Content::Snap { oui: OUI, protocol: PROTOCOL, payload };
        Frame { destination: DESTINATION, source, tags: Vec::new(), content }.emit()
    }

    /// The raw value of the first TLV of a type.
    pub fn get(&self, kind: u16) -> Option<&[u8]> {
        self.tlvs.iter().find(|tlv| tlv.kind == kind).map(|tlv| tlv.value.as_slice())
    }

    /// The sender's name, as bytes: foreign text.
    pub fn device_id(&self) -> Option<&[u8]> {
        self.get(kind::DEVICE_ID)
    }

    /// The sender's IPv4 addresses.
    pub fn addresses(&self) -> Vec<Ipv4Addr> {
        addresses(self.get(kind::ADDRESSES).unwrap_or_default())
    }

    /// The sender's port: `Port 1` is a phone's socket towards the switch.
    pub fn port_id(&self) -> Option<&[u8]> {
        self.get(kind::PORT_ID)
    }

    /// What the sender is: bits of [`capability`].
    pub fn capabilities(&self) -> Option<u32> {
        self.get(kind::CAPABILITIES)?.first_chunk().copied().map(u32::from_be_bytes)
    }

    /// The load or loader that runs.
    pub fn software_version(&self) -> Option<&[u8]> {
        self.get(kind::SOFTWARE_VERSION)
    }

    /// The model.
    pub fn platform(&self) -> Option<&[u8]> {
        self.get(kind::PLATFORM)
    }

    /// The VLAN of untagged traffic.
    pub fn native_vlan(&self) -> Option<u16> {
        self.u16(kind::NATIVE_VLAN)
    }

    /// Whether the link runs full duplex.
    pub fn full_duplex(&self) -> Option<bool> {
        self.get(kind::DUPLEX)?.first().map(|b| *b != 0)
    }

    /// A switch's answer about the voice VLAN: application (1 is voice) and VLAN.
    pub fn voip_vlan_reply(&self) -> Option<(u8, u16)> {
        let [application, high, low] = *self.get(kind::VOIP_VLAN_REPLY)?.first_chunk()?;
        Some((application, u16::from_be_bytes([high, low])))
    }

    /// A phone's question about the voice VLAN, raw: its fields are not known for certain.
    pub fn voip_vlan_query(&self) -> Option<&[u8]> {
        self.get(kind::VOIP_VLAN_QUERY)
    }

    /// Power the sender draws, in milliwatts.
    pub fn power_consumption(&self) -> Option<u16> {
        self.u16(kind::POWER_CONSUMPTION)
    }

    /// Extended trust octet.
    pub fn trust(&self) -> Option<u8> {
        self.get(kind::TRUST)?.first().copied()
    }

    /// Priority for untrusted ports.
    pub fn cos(&self) -> Option<u8> {
        self.get(kind::COS)?.first().copied()
    }

    /// Addresses for managing the sender.
    pub fn management_addresses(&self) -> Vec<Ipv4Addr> {
        addresses(self.get(kind::MANAGEMENT_ADDRESSES).unwrap_or_default())
    }

    /// Power asked for, in milliwatts, most wanted first; two 16-bit identifiers stand before them.
    pub fn power_request(&self) -> Vec<u32> {
        power_levels(self.get(kind::POWER_REQUEST))
    }

    /// Power on offer, in milliwatts; two 16-bit identifiers stand before them.
    pub fn power_available(&self) -> Vec<u32> {
        power_levels(self.get(kind::POWER_AVAILABLE))
    }

    fn u16(&self, kind: u16) -> Option<u16> {
        self.get(kind)?.first_chunk().copied().map(u16::from_be_bytes)
    }
}

fn power_levels(value: Option<&[u8]>) -> Vec<u32> {
    let levels = value.and_then(|v| v.get(4..)).unwrap_or_default();
    levels.as_chunks::<4>().0.iter().map(|level| u32::from_be_bytes(*level)).collect()
}

/// The IPv4 addresses of an address list; other protocols are passed over, a cut end ends it.
fn addresses(value: &[u8]) -> Vec<Ipv4Addr> {
    let mut found = Vec::new();
    let mut rest = value.get(4..).unwrap_or_default();
    while let [_, protocol_len, after @ ..] = rest {
        let Some((protocol, after)) = after.split_at_checked(usize::from(*protocol_len)) else { break };
        let Some((len, after)) = split_u16(after) else { break };
        let Some((address, after)) = after.split_at_checked(usize::from(len)) else { break };
        if let (&[0xcc], &[a, b, c, d]) = (protocol, address) {
            found.push(Ipv4Addr::new(a, b, c, d));
        }
        rest = after;
    }
    found
}

/// The Internet checksum, but with an odd last byte added as a signed number in the low half, and one
/// too little where it is negative: an old mistake that the maker's equipment expects.
fn cisco_checksum(packet: &[u8]) -> u16 {
    let (words, odd) = packet.as_chunks::<2>();
    let odd = match odd.first() {
        Some(v @ 0x80..) => 0xff00 + u32::from(*v) - 1,
        Some(v) => u32::from(*v),
        None => 0,
    };
    checksum::finish(checksum::sum(words.as_flattened()) + odd)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PHONE: Mac = Mac([0x00, 0x11, 0xbb, 0x73, 0xad, 0x61]);

    /// A phone's packet of odd length: name, port, capabilities, load, model, VLAN query, duplex, power.
    const PACKET: &[u8] = b"\x02\xb4\xe9\xa8\
        \x00\x01\x00\x13SEP0011BB73AD61\
        \x00\x03\x00\x0aPort 1\
        \x00\x04\x00\x08\x00\x00\x04\x90\
        \x00\x05\x00\x10P00308010200\
        \x00\x06\x00\x17Cisco IP Phone 7940\
        \x00\x0f\x00\x08\x20\x02\x00\x01\
        \x00\x0b\x00\x05\x01\
        \x00\x10\x00\x06\x18\x9c";

    #[test]
    fn a_phone_introduces_itself() {
        let cdp = Cdp::parse(PACKET).unwrap();
        assert_eq!((cdp.version, cdp.ttl), (2, 180));
        assert_eq!(cdp.device_id(), Some(&b"SEP0011BB73AD61"[..]));
        assert_eq!(cdp.port_id(), Some(&b"Port 1"[..]));
        assert_eq!(cdp.capabilities(), Some(capability::HOST | capability::PHONE | capability::TWO_PORT_RELAY));
        assert_eq!(cdp.software_version(), Some(&b"P00308010200"[..]));
        assert_eq!(cdp.platform(), Some(&b"Cisco IP Phone 7940"[..]));
        assert_eq!(cdp.voip_vlan_query(), Some(&b"\x20\x02\x00\x01"[..]));
        assert_eq!((cdp.full_duplex(), cdp.power_consumption()), (Some(true), Some(6300)));
        assert_eq!(cdp.oddities, []);
        assert_eq!(cdp.emit(), PACKET);
    }

    #[test]
    fn a_switch_answers_about_the_voice_vlan() {
        let address = Ipv4Addr::new(10, 0, 0, 2);
        let answer = Cdp::new(vec![
            Tlv::text(kind::DEVICE_ID, "bench"),
            Tlv::addresses(kind::ADDRESSES, &[address]),
            Tlv::voip_vlan_reply(100),
            Tlv::raw(kind::NATIVE_VLAN, [0, 1]),
            Tlv::raw(kind::TRUST, [1]),
            Tlv::raw(kind::COS, [5]),
            Tlv::addresses(kind::MANAGEMENT_ADDRESSES, &[address, address]),
            Tlv::raw(kind::POWER_REQUEST, [0, 1, 0, 0, 0, 0, 0x18, 0x9c]),
            Tlv::raw(kind::POWER_AVAILABLE, [0, 1, 0, 1, 0, 0, 0x3c, 0x28, 0xff, 0xff, 0xff, 0xff]),
        ]);
        let bytes = answer.emit_frame(PHONE);
        let frame = Frame::parse(&bytes).unwrap();
        assert_eq!((frame.destination, frame.source), (DESTINATION, PHONE));
        let read = Cdp::parse_frame(&frame).unwrap();
        assert_eq!(read, answer);
        assert_eq!(read.get(kind::ADDRESSES), Some(&b"\0\0\0\x01\x01\x01\xcc\0\x04\x0a\0\0\x02"[..]));
        assert_eq!((read.addresses(), read.management_addresses()), (vec![address], vec![address, address]));
        assert_eq!((read.voip_vlan_reply(), read.native_vlan()), (Some((1, 100)), Some(1)));
        assert_eq!((read.trust(), read.cos()), (Some(1), Some(5)));
        assert_eq!((read.power_request(), read.power_available()), (vec![6300], vec![15_400, u32::MAX]));
    }

    #[test]
    fn the_odd_checksum_of_an_odd_length() {
        // 0x0200 + 0x0b + 5 + the last byte, low and signed.
        let with = |last: u8| Cdp { ttl: 0, ..Cdp::new(vec![Tlv::raw(kind::DUPLEX, [last])]) }.emit();
        assert_eq!(with(0x01)[2..4], (!(0x0200u16 + 0x0b + 5 + 0x01)).to_be_bytes());
        // 0x0210 + 0xff7f = 0x1018f, folded 0x0190.
        assert_eq!(with(0x80)[2..4], (!0x0190u16).to_be_bytes());
        // The plain reading is as welcome: 0x0210 + 0x0100.
        let plain = [&[2, 0], &(!0x0310u16).to_be_bytes()[..], &[0, 0x0b, 0, 5, 1]].concat();
        assert_eq!(Cdp::parse(&plain).unwrap().oddities, []);
    }

    #[test]
    fn a_wrong_checksum_is_told_and_costs_nothing() {
        let mut bytes = PACKET.to_vec();
        bytes[2] ^= 0xff;
        let cdp = Cdp::parse(&bytes).unwrap();
        assert!(matches!(cdp.oddities[..], [Oddity::Checksum { found: 0x16a8, .. }]));
        assert_eq!(cdp.tlvs.len(), 8);
    }

    #[test]
    fn broken_tlvs_cost_only_what_follows() {
        let parse = |tail: &[u8]| {
            let cdp = Cdp::parse(&[&b"\x02\xb4\x00\x00\x00\x0b\x00\x05\x01"[..], tail].concat()).unwrap();
            assert_eq!(cdp.full_duplex(), Some(true));
            cdp
        };
        assert_eq!(parse(b"\x00\x01\x00").oddities[1..], [Oddity::Rest(3)]);
        assert_eq!(parse(b"\x00").oddities[1..], [Oddity::Rest(1)]);
        assert_eq!(parse(b"\x00\x01\x00\x03").oddities[1..], [Oddity::Length { kind: 1, declared: 3 }]);
        let cut = parse(b"\x00\x01\x00\x09SE");
        assert_eq!(cut.oddities[1..], [Oddity::Cut { kind: 1, declared: 9, present: 2 }]);
        assert_eq!(cut.device_id(), Some(&b"SE"[..]));
    }

    #[test]
    fn what_is_not_cdp_says_why() {
        assert_eq!(Cdp::parse(b"\x02\xb4\x00"), Err(Malformed::Short(3)));
        assert_eq!(Cdp::parse(b"\x03\xb4\x00\x00"), Err(Malformed::Version(3)));
        assert_eq!(Cdp::parse_frame(&Frame::typed(DESTINATION, PHONE, 0x2000, PACKET)), Err(Malformed::NotCdp));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(version in 1u8..=2, ttl: u8, tlvs in prop::collection::vec((any::<u16>(), prop::collection::vec(any::<u8>(), 0..40)), 0..12)) {
            let tlvs = tlvs.into_iter().map(|(kind, value)| Tlv { kind, value }).collect();
            let cdp = Cdp { version, ttl, tlvs, oddities: vec![] };
            prop_assert_eq!(Cdp::parse(&cdp.emit()), Ok(cdp.clone()));
            let bytes = cdp.emit_frame(PHONE);
            prop_assert_eq!(Cdp::parse_frame(&Frame::parse(&bytes).unwrap()), Ok(cdp));
        }

        #[test]
        fn damage_never_panics(hits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12), keep in any::<prop::sample::Index>(), list in prop::collection::vec(any::<u8>(), 0..30)) {
            let mut bytes = Cdp { tlvs: vec![Tlv::raw(kind::ADDRESSES, list)], ..Cdp::parse(PACKET).unwrap() }.emit();
            bytes.extend(&PACKET[4..]);
            for (at, byte) in hits {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            bytes.truncate(keep.index(bytes.len() + 1));
            if let Ok(cdp) = Cdp::parse(&bytes) {
                let _ = (cdp.addresses(), cdp.power_available(), cdp.voip_vlan_reply(), cdp.capabilities(), cdp.emit());
            }
        }
    }
}
