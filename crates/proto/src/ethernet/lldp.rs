//! LLDP (IEEE 802.1AB) with the media endpoint extension (LLDP-MED, TIA-1057): what phones say about
//! themselves, hardware and serial number included, and how a switch tells them their voice VLAN.
//!
//! All TLVs are kept raw and in order; accessors read the ones that help with phones. Not here: the
//! neighbour table and its timers.

use std::fmt;
use std::net::Ipv4Addr;

use super::frame::{self, Content, Frame, split_u16};
use crate::Mac;

/// Where LLDP frames go: the nearest bridge.
pub const DESTINATION: Mac = Mac([0x01, 0x80, 0xc2, 0x00, 0x00, 0x0e]);
/// Organisation of LLDP-MED.
pub const MED: [u8; 3] = [0x00, 0x12, 0xbb];
/// Organisation of IEEE 802.1's TLVs.
pub const IEEE_8021: [u8; 3] = [0x00, 0x80, 0xc2];

/// TLV types (IEEE 802.1AB table 8-1).
pub mod kind {
    #![allow(missing_docs, reason = "the standard's names")]
    pub const END: u8 = 0;
    pub const CHASSIS_ID: u8 = 1;
    pub const PORT_ID: u8 = 2;
    pub const TTL: u8 = 3;
    pub const PORT_DESCRIPTION: u8 = 4;
    pub const SYSTEM_NAME: u8 = 5;
    pub const SYSTEM_DESCRIPTION: u8 = 6;
    pub const CAPABILITIES: u8 = 7;
    pub const MANAGEMENT_ADDRESS: u8 = 8;
    pub const ORGANISATION: u8 = 127;
}

/// Subtypes of LLDP-MED TLVs (TIA-1057 table 7).
pub mod med {
    #![allow(missing_docs, reason = "the standard's names")]
    pub const CAPABILITIES: u8 = 1;
    pub const NETWORK_POLICY: u8 = 2;
    pub const LOCATION: u8 = 3;
    pub const POWER: u8 = 4;
    pub const HARDWARE_REVISION: u8 = 5;
    pub const FIRMWARE_REVISION: u8 = 6;
    pub const SOFTWARE_REVISION: u8 = 7;
    pub const SERIAL_NUMBER: u8 = 8;
    pub const MANUFACTURER: u8 = 9;
    pub const MODEL: u8 = 10;
    pub const ASSET_ID: u8 = 11;
}

/// Bits of the system capabilities.
pub mod capability {
    #![allow(missing_docs, reason = "the names say it")]
    pub const REPEATER: u16 = 0x02;
    pub const BRIDGE: u16 = 0x04;
    pub const ROUTER: u16 = 0x10;
    pub const TELEPHONE: u16 = 0x20;
    pub const STATION: u16 = 0x80;
}

/// Longest value a TLV can have.
const LONGEST: usize = 511;

/// One TLV.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tlv {
    /// One of [`kind`], or another up to 127.
    pub kind: u8,
    /// The value; at most 511 bytes travel.
    pub value: Vec<u8>,
}

impl Tlv {
    /// A raw TLV.
    pub fn raw(kind: u8, value: impl Into<Vec<u8>>) -> Tlv {
        Tlv { kind, value: value.into() }
    }

    /// Text, as for names and descriptions.
    pub fn text(kind: u8, value: &str) -> Tlv {
        Tlv::raw(kind, value.as_bytes())
    }

    /// A chassis or port id: its subtype, then its value.
    pub fn id(kind: u8, id: &Id) -> Tlv {
        Tlv::raw(kind, [&[id.subtype], id.value.as_slice()].concat())
    }

    /// Seconds to be remembered; 0 says good-bye.
    pub fn ttl(seconds: u16) -> Tlv {
        Tlv::raw(kind::TTL, seconds.to_be_bytes())
    }

    /// What the sender can be and what of it is switched on, bits of [`capability`].
    pub fn capabilities(able: u16, enabled: u16) -> Tlv {
        Tlv::raw(kind::CAPABILITIES, [able.to_be_bytes(), enabled.to_be_bytes()].concat())
    }

    /// An organisation's own TLV.
    pub fn organisation(oui: [u8; 3], subtype: u8, value: &[u8]) -> Tlv {
        Tlv::raw(kind::ORGANISATION, [&oui[..], &[subtype], value].concat())
    }

    /// A piece of MED inventory, one of [`med`].
    pub fn med(subtype: u8, value: &[u8]) -> Tlv {
        Tlv::organisation(MED, subtype, value)
    }
}

/// A chassis or port identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Id {
    /// What kind: for a chassis 4 is a MAC and 5 a network address; for a port 3 is a MAC and 7
    /// locally assigned text.
    pub subtype: u8,
    /// The identifier.
    pub value: Vec<u8>,
}

impl Id {
    /// A network address as a chassis id.
    pub fn chassis_address(address: Ipv4Addr) -> Id {
        Id { subtype: 5, value: [&[1], &address.octets()[..]].concat() }
    }

    /// A MAC as a chassis id.
    pub fn chassis_mac(mac: Mac) -> Id {
        Id { subtype: 4, value: mac.0.to_vec() }
    }

    /// Locally assigned text as a port id.
    pub fn port_text(text: &str) -> Id {
        Id { subtype: 7, value: text.as_bytes().to_vec() }
    }

    /// The IPv4 address in a chassis id of that kind.
    pub fn address(&self) -> Option<Ipv4Addr> {
        match *self.value {
            [1, a, b, c, d] if self.subtype == 5 => Some(Ipv4Addr::new(a, b, c, d)),
            _ => None,
        }
    }

    /// The six bytes of an id that is a MAC, chassis (4) or port (3).
    pub fn mac(&self) -> Option<Mac> {
        let mac: [u8; 6] = self.value.as_slice().try_into().ok()?;
        (self.subtype == 3 || self.subtype == 4).then_some(Mac(mac))
    }
}

/// MED network policy: how an application's traffic is to be marked (TIA-1057 §10.2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NetworkPolicy {
    /// 1 voice, 2 voice signalling, others as in the standard.
    pub application: u8,
    /// The sender does not know the policy and asks for it.
    pub unknown: bool,
    /// Whether traffic is tagged with the VLAN.
    pub tagged: bool,
    /// VLAN, 0–4095.
    pub vlan: u16,
    /// 802.1Q priority, 0–7.
    pub priority: u8,
    /// Differentiated services code point, 0–63.
    pub dscp: u8,
}

impl NetworkPolicy {
    /// As a TLV.
    pub fn tlv(&self) -> Tlv {
        let bits = u32::from(self.unknown) << 23
            | u32::from(self.tagged) << 22
            | u32::from(self.vlan & 0xfff) << 9
            | u32::from(self.priority & 7) << 6
            | u32::from(self.dscp & 0x3f);
        let [_, a, b, c] = bits.to_be_bytes();
        Tlv::med(med::NETWORK_POLICY, &[self.application, a, b, c])
    }

    fn parse(value: &[u8]) -> Option<NetworkPolicy> {
        let [application, a, b, c] = *value.first_chunk()?;
        let bits = u32::from_be_bytes([0, a, b, c]);
        Some(NetworkPolicy {
            application,
            unknown: bits >> 23 & 1 != 0,
            tagged: bits >> 22 & 1 != 0,
            // Masked to their widths, so the casts lose nothing.
            vlan: (bits >> 9 & 0xfff) as u16,
            priority: (bits >> 6 & 7) as u8,
            dscp: (bits & 0x3f) as u8,
        })
    }
}

/// Something odd about the bytes that cost no other TLV.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Oddity {
    /// A TLV declares more than there is; what there is was kept.
    Cut {
        /// Its type.
        kind: u8,
        /// Its length.
        declared: u16,
        /// Bytes that are there.
        present: usize,
    },
    /// The packet ends without an end TLV.
    NoEnd,
}

/// An LLDP packet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lldp {
    /// TLVs in order, without the end.
    pub tlvs: Vec<Tlv>,
    /// What was odd about the bytes; not written.
    pub oddities: Vec<Oddity>,
}

/// Why bytes are not LLDP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Malformed {
    /// Not a frame of type 0x88cc.
    NotLldp,
    /// It does not begin with a chassis id, as every LLDP packet does.
    NoChassis,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Malformed::NotLldp => "not an LLDP frame",
            Malformed::NoChassis => "does not begin with a chassis id, as LLDP does",
        })
    }
}

impl std::error::Error for Malformed {}

impl Lldp {
    /// A packet with the three TLVs every packet begins with, then these.
    pub fn new(chassis: &Id, port: &Id, ttl: u16, more: Vec<Tlv>) -> Lldp {
        let mut tlvs = vec![Tlv::id(kind::CHASSIS_ID, chassis), Tlv::id(kind::PORT_ID, port), Tlv::ttl(ttl)];
        tlvs.extend(more);
        Lldp { tlvs, oddities: Vec::new() }
    }

    /// Reads the packet in a frame.
    ///
    /// # Errors
    /// As [`Lldp::parse`], and [`Malformed::NotLldp`] for any other frame.
    pub fn parse_frame(frame: &Frame<'_>) -> Result<Lldp, Malformed> {
        match frame.content {
            Content::Typed { ethertype: frame::LLDP, payload } => Lldp::parse(payload),
            _ => Err(Malformed::NotLldp),
        }
    }

    /// Reads the payload of a frame of type 0x88cc; what follows the end TLV is padding.
    ///
    /// # Errors
    /// [`Malformed`] when it does not begin as LLDP does. Odd TLVs are no error, see
    /// [`Lldp::oddities`].
    pub fn parse(payload: &[u8]) -> Result<Lldp, Malformed> {
        let mut lldp = Lldp::default();
        let mut rest = payload;
        loop {
            let Some((head, after)) = split_u16(rest) else {
                lldp.oddities.push(Oddity::NoEnd);
                break;
            };
            // Seven bits of type, nine of length.
            let (kind, declared) = ((head >> 9) as u8, head & 0x1ff);
            if kind == kind::END {
                break;
            }
            let Some((value, after)) = after.split_at_checked(usize::from(declared)) else {
                lldp.tlvs.push(Tlv::raw(kind, after));
                lldp.oddities.push(Oddity::Cut { kind, declared, present: after.len() });
                break;
            };
            lldp.tlvs.push(Tlv::raw(kind, value));
            rest = after;
        }
        match lldp.tlvs.first() {
            Some(tlv) if tlv.kind == kind::CHASSIS_ID => Ok(lldp),
            _ => Err(Malformed::NoChassis),
        }
    }

    /// The payload, with its end TLV.
    pub fn emit(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for tlv in self.tlvs.iter().filter(|tlv| tlv.kind != kind::END) {
            let value = tlv.value.get(..LONGEST).unwrap_or(&tlv.value);
            let len = u16::try_from(value.len()).unwrap_or(0);
            out.extend((u16::from(tlv.kind & 0x7f) << 9 | len).to_be_bytes());
            out.extend(value);
        }
        out.extend([0, 0]);
        out
    }

    /// The whole frame.
    pub fn emit_frame(&self, source: Mac) -> Vec<u8> {
        Frame::typed(DESTINATION, source, frame::LLDP, &self.emit()).emit()
    }

    /// The raw value of the first TLV of a type.
    pub fn get(&self, kind: u8) -> Option<&[u8]> {
        self.tlvs.iter().find(|tlv| tlv.kind == kind).map(|tlv| tlv.value.as_slice())
    }

    /// The values of an organisation's TLVs of one subtype.
    pub fn organisation(&self, oui: [u8; 3], subtype: u8) -> impl Iterator<Item = &[u8]> {
        self.tlvs.iter().filter(|tlv| tlv.kind == kind::ORGANISATION).filter_map(move |tlv| {
            let (head, value) = tlv.value.split_first_chunk::<4>()?;
            let [a, b, c, sub] = *head;
            ([a, b, c] == oui && sub == subtype).then_some(value)
        })
    }

    /// Who the sender is.
    pub fn chassis_id(&self) -> Option<Id> {
        self.id(kind::CHASSIS_ID)
    }

    /// The sender's port.
    pub fn port_id(&self) -> Option<Id> {
        self.id(kind::PORT_ID)
    }

    /// Seconds the sender is to be remembered.
    pub fn ttl(&self) -> Option<u16> {
        self.get(kind::TTL)?.first_chunk().copied().map(u16::from_be_bytes)
    }

    /// The port in words, as bytes: foreign text, as all below.
    pub fn port_description(&self) -> Option<&[u8]> {
        self.get(kind::PORT_DESCRIPTION)
    }

    /// The sender's name.
    pub fn system_name(&self) -> Option<&[u8]> {
        self.get(kind::SYSTEM_NAME)
    }

    /// The sender in words.
    pub fn system_description(&self) -> Option<&[u8]> {
        self.get(kind::SYSTEM_DESCRIPTION)
    }

    /// What the sender can be, and what of it is switched on: bits of [`capability`].
    pub fn capabilities(&self) -> Option<(u16, u16)> {
        let [a, b, c, d] = *self.get(kind::CAPABILITIES)?.first_chunk()?;
        Some((u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])))
    }

    /// The sender's IPv4 address for management.
    pub fn management_address(&self) -> Option<Ipv4Addr> {
        match self.get(kind::MANAGEMENT_ADDRESS)? {
            [5, 1, a, b, c, d, ..] => Some(Ipv4Addr::new(*a, *b, *c, *d)),
            _ => None,
        }
    }

    /// The VLAN of untagged traffic (802.1, subtype 1).
    pub fn port_vlan(&self) -> Option<u16> {
        self.organisation(IEEE_8021, 1).next()?.first_chunk().copied().map(u16::from_be_bytes)
    }

    /// A piece of MED inventory: one of [`med`], from [`med::HARDWARE_REVISION`] on.
    pub fn inventory(&self, subtype: u8) -> Option<&[u8]> {
        self.organisation(MED, subtype).next()
    }

    /// MED capabilities: what TLVs it can send, and its device class (3 is a phone).
    pub fn med_capabilities(&self) -> Option<(u16, u8)> {
        let [a, b, class] = *self.organisation(MED, med::CAPABILITIES).next()?.first_chunk()?;
        Some((u16::from_be_bytes([a, b]), class))
    }

    /// MED network policies, one per application.
    pub fn network_policies(&self) -> Vec<NetworkPolicy> {
        self.organisation(MED, med::NETWORK_POLICY).filter_map(NetworkPolicy::parse).collect()
    }

    /// MED power in milliwatts (sent in tenths of a watt).
    pub fn power(&self) -> Option<u32> {
        let [_, high, low] = *self.organisation(MED, med::POWER).next()?.first_chunk()?;
        Some(u32::from(u16::from_be_bytes([high, low])) * 100)
    }

    fn id(&self, kind: u8) -> Option<Id> {
        let (subtype, value) = self.get(kind)?.split_first()?;
        Some(Id { subtype: *subtype, value: value.to_vec() })
    }
}

#[cfg(test)]
mod tests;
