//! One frame: addresses, VLAN tags, and what kind of payload follows.
//!
//! Reading borrows the payload; writing pads to the shortest frame Ethernet allows (60 bytes without
//! the checksum, which the network card adds). A tag that the kernel took off and told beside the
//! frame can be put back with [`Frame::tags`]. Not here: jumbo length rules, frame checksums.

use std::fmt;

use crate::Mac;

/// EtherType of IPv4.
pub const IPV4: u16 = 0x0800;
/// EtherType of ARP.
pub const ARP: u16 = 0x0806;
/// EtherType of LLDP.
pub const LLDP: u16 = 0x88cc;
/// EtherType of 802.1X authentication, which a locked-down phone may begin with.
pub const EAPOL: u16 = 0x888e;

/// Tag protocol of 802.1Q.
const TAG: u16 = 0x8100;
/// Tag protocol of an outer, provider's tag (802.1ad).
const OUTER_TAG: u16 = 0x88a8;
/// Largest value of the type field that is a length (802.3).
const LONGEST: u16 = 1_500;
/// Smallest value of the type field that is a type.
const LEAST_TYPE: u16 = 0x0600;
/// Shortest frame without its checksum.
const SHORTEST: usize = 60;

/// One VLAN tag (802.1Q).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tag {
    /// The tag protocol: 0x8100, or 0x88a8 for a provider's.
    pub protocol: u16,
    /// Priority, 0–7.
    pub priority: u8,
    /// May be dropped first.
    pub drop_eligible: bool,
    /// VLAN, 0–4095; 0 means "only a priority".
    pub vlan: u16,
}

impl Tag {
    /// An 802.1Q tag with priority 0.
    pub const fn vlan(vlan: u16) -> Tag {
        Tag { protocol: TAG, priority: 0, drop_eligible: false, vlan }
    }

    /// From the tag protocol and the two octets of control information.
    pub const fn from_tci(protocol: u16, tci: u16) -> Tag {
        Tag { protocol, priority: (tci >> 13) as u8, drop_eligible: tci & 0x1000 != 0, vlan: tci & 0x0fff }
    }

    /// The two octets of control information.
    pub const fn tci(self) -> u16 {
        (self.priority as u16 & 7) << 13 | (self.drop_eligible as u16) << 12 | self.vlan & 0x0fff
    }
}

/// What a frame carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content<'a> {
    /// Ethernet II: a type, then the payload, with its padding.
    Typed {
        /// EtherType, at least 0x0600.
        ethertype: u16,
        /// Everything after it.
        payload: &'a [u8],
    },
    /// 802.3 with a bare LLC header (spanning tree: 0x42, 0x42, 3).
    Llc {
        /// Destination service.
        dsap: u8,
        /// Source service.
        ssap: u8,
        /// Control.
        control: u8,
        /// As long as the length field says, without padding.
        payload: &'a [u8],
    },
    /// 802.3 with LLC and SNAP (CDP: 00-00-0c, 0x2000).
    Snap {
        /// Whose protocol numbers.
        oui: [u8; 3],
        /// The protocol.
        protocol: u16,
        /// As long as the length field says, without padding.
        payload: &'a [u8],
    },
}

/// A frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Destination.
    pub destination: Mac,
    /// Source.
    pub source: Mac,
    /// VLAN tags, outermost first; at most two are read.
    pub tags: Vec<Tag>,
    /// What it carries.
    pub content: Content<'a>,
}

/// Why bytes are not a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Malformed {
    /// Ends within its headers: this many bytes.
    Short(usize),
    /// 802.3 length beyond the end of the frame.
    Cut {
        /// Length it declares.
        declared: u16,
        /// Bytes that are there.
        present: usize,
    },
    /// Neither a length nor a type (1501–1535).
    Type(u16),
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Malformed::Short(len) => write!(f, "{len} bytes end within the frame's headers"),
            Malformed::Cut { declared, present } => write!(f, "frame declares {declared} bytes and has {present}"),
            Malformed::Type(value) => write!(f, "{value} is neither a frame length nor a type"),
        }
    }
}

impl std::error::Error for Malformed {}

impl<'a> Frame<'a> {
    /// An untagged Ethernet II frame.
    pub const fn typed(destination: Mac, source: Mac, ethertype: u16, payload: &'a [u8]) -> Frame<'a> {
        Frame { destination, source, tags: Vec::new(), content: Content::Typed { ethertype, payload } }
    }

    /// The VLAN the frame is in: that of the outermost tag; `None` when untagged or only prioritised.
    pub fn vlan(&self) -> Option<u16> {
        self.tags.first().map(|tag| tag.vlan).filter(|vlan| *vlan != 0)
    }

    /// Reads a frame, without its frame checksum.
    ///
    /// # Errors
    /// [`Malformed`] when it ends too early or says what cannot be.
    pub fn parse(bytes: &'a [u8]) -> Result<Frame<'a>, Malformed> {
        let short = || Malformed::Short(bytes.len());
        let (destination, rest) = bytes.split_first_chunk().ok_or_else(short)?;
        let (source, rest) = rest.split_first_chunk().ok_or_else(short)?;
        let (mut kind, mut rest) = split_u16(rest).ok_or_else(short)?;
        let mut tags = Vec::new();
        while tags.len() < 2 && (kind == TAG || kind == OUTER_TAG) {
            let (tci, after) = split_u16(rest).ok_or_else(short)?;
            tags.push(Tag::from_tci(kind, tci));
            (kind, rest) = split_u16(after).ok_or_else(short)?;
        }
        let content = match kind {
            LEAST_TYPE.. => Content::Typed { ethertype: kind, payload: rest },
            ..=LONGEST => {
                let cut = Malformed::Cut { declared: kind, present: rest.len() };
                parse_llc(rest.get(..usize::from(kind)).ok_or(cut)?).ok_or_else(short)?
            }
            _ => return Err(Malformed::Type(kind)),
        };
        Ok(Frame { destination: Mac(*destination), source: Mac(*source), tags, content })
    }

    /// The frame's bytes, padded to 60. A payload beyond 1500 bytes is cut where the form has a length
    /// field (LLC, SNAP), since that cannot say more.
    pub fn emit(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(SHORTEST);
        out.extend(self.destination.0);
        out.extend(self.source.0);
        for tag in &self.tags {
            out.extend(tag.protocol.to_be_bytes());
            out.extend(tag.tci().to_be_bytes());
        }
        match self.content {
            Content::Typed { ethertype, payload } => {
                out.extend(ethertype.to_be_bytes());
                out.extend(payload);
            }
            Content::Llc { dsap, ssap, control, payload } => with_length(&mut out, &[dsap, ssap, control], payload),
            Content::Snap { oui: [a, b, c], protocol, payload } => {
                let [high, low] = protocol.to_be_bytes();
                with_length(&mut out, &[0xaa, 0xaa, 3, a, b, c, high, low], payload);
            }
        }
        out.resize(out.len().max(SHORTEST), 0);
        out
    }
}

fn parse_llc(bytes: &[u8]) -> Option<Content<'_>> {
    match bytes {
        [0xaa, 0xaa, 3, a, b, c, high, low, payload @ ..] => {
            Some(Content::Snap { oui: [*a, *b, *c], protocol: u16::from_be_bytes([*high, *low]), payload })
        }
        [dsap, ssap, control, payload @ ..] => {
            Some(Content::Llc { dsap: *dsap, ssap: *ssap, control: *control, payload })
        }
        _ => None,
    }
}

fn with_length(out: &mut Vec<u8>, header: &[u8], payload: &[u8]) {
    let room = usize::from(LONGEST) - header.len();
    let payload = payload.get(..room).unwrap_or(payload);
    let length = u16::try_from(header.len() + payload.len()).unwrap_or(LONGEST);
    out.extend(length.to_be_bytes());
    out.extend(header);
    out.extend(payload);
}

/// A big-endian number and the bytes after it.
pub(super) fn split_u16(bytes: &[u8]) -> Option<(u16, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((u16::from_be_bytes(*number), rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const A: Mac = Mac([0, 0x11, 0x22, 0x33, 0x44, 0x55]);
    const B: Mac = Mac([2, 0, 0, 0, 0, 1]);

    fn bytes(after_addresses: &[u8]) -> Vec<u8> {
        [&B.0[..], &A.0[..], after_addresses].concat()
    }

    #[test]
    fn typed_frames_with_none_one_and_two_tags() {
        let plain = bytes(b"\x08\x06hello");
        let read = Frame::parse(&plain).unwrap();
        assert_eq!(read, Frame::typed(B, A, ARP, b"hello"));
        assert_eq!(read.vlan(), None);
        let tagged = bytes(b"\x81\x00\xb0\x64\x08\x06hello");
        let read = Frame::parse(&tagged).unwrap();
        assert_eq!(read.tags, [Tag { protocol: 0x8100, priority: 5, drop_eligible: true, vlan: 100 }]);
        assert_eq!((read.vlan(), read.content), (Some(100), Content::Typed { ethertype: ARP, payload: b"hello" }));
        let twice = bytes(b"\x88\xa8\x00\x0a\x81\x00\x00\x64\x08\x06hello");
        assert_eq!(Frame::parse(&twice).unwrap().tags.iter().map(|t| t.vlan).collect::<Vec<_>>(), [10, 100]);
        let priority_only = bytes(b"\x81\x00\xa0\x00\x08\x06hello");
        assert_eq!(Frame::parse(&priority_only).unwrap().vlan(), None);
    }

    #[test]
    fn lengths_cut_the_padding_off() {
        let snap = bytes(b"\x00\x0b\xaa\xaa\x03\x00\x00\x0c\x20\x00cdp\0\0\0\0");
        let content = Content::Snap { oui: [0, 0, 0x0c], protocol: 0x2000, payload: b"cdp" };
        assert_eq!(Frame::parse(&snap).unwrap().content, content);
        let llc = bytes(b"\x00\x05\x42\x42\x03hi\0\0\0");
        let content = Content::Llc { dsap: 0x42, ssap: 0x42, control: 3, payload: b"hi" };
        assert_eq!(Frame::parse(&llc).unwrap().content, content);
    }

    #[test]
    fn what_is_no_frame_says_why() {
        assert_eq!(Frame::parse(&[0; 13]), Err(Malformed::Short(13)));
        assert_eq!(Frame::parse(&bytes(b"\x81\x00\x00\x64\x08")), Err(Malformed::Short(17)));
        assert_eq!(Frame::parse(&bytes(b"\x00\x09abc")), Err(Malformed::Cut { declared: 9, present: 3 }));
        assert_eq!(Frame::parse(&bytes(b"\x00\x02abc")), Err(Malformed::Short(17)));
        assert_eq!(Frame::parse(&bytes(b"\x05\xdd")), Err(Malformed::Type(1501)));
    }

    #[test]
    fn short_frames_are_padded() {
        let frame = Frame { tags: vec![Tag::vlan(7)], ..Frame::typed(B, A, ARP, b"hi") };
        let bytes = frame.emit();
        assert_eq!(bytes.len(), 60);
        assert_eq!(bytes[12..20], *b"\x81\x00\x00\x07\x08\x06hi");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            addresses: [[u8; 6]; 2],
            tags in prop::collection::vec((any::<bool>(), any::<u16>()), 0..3),
            kind in 0usize..3,
            numbers: [u8; 5],
            payload in prop::collection::vec(any::<u8>(), 46..200),
        ) {
            let [a, b, c, d, e] = numbers;
            let protocol = u16::from_be_bytes([d, e]);
            let content = match kind {
                0 => Content::Typed { ethertype: protocol | 0x0800, payload: &payload },
                1 => Content::Llc { dsap: a & 0x7f, ssap: b, control: c, payload: &payload },
                _ => Content::Snap { oui: [a, b, c], protocol, payload: &payload },
            };
            let tags = tags.iter().map(|(outer, tci)| Tag::from_tci(if *outer { OUTER_TAG } else { TAG }, *tci)).collect();
            prop_assume!(!matches!(content, Content::Typed { ethertype: TAG | OUTER_TAG, .. }));
            let frame = Frame { destination: Mac(addresses[0]), source: Mac(addresses[1]), tags, content };
            let bytes = frame.emit();
            prop_assert_eq!(Frame::parse(&bytes), Ok(frame));
        }

        #[test]
        fn no_bytes_panic(head in prop::collection::vec(any::<u8>(), 0..40), tag: bool) {
            let mut bytes = head;
            if tag && bytes.len() > 14 {
                bytes[12..14].copy_from_slice(&[0x81, 0]);
            }
            if let Ok(frame) = Frame::parse(&bytes) {
                frame.emit();
            }
        }
    }
}
