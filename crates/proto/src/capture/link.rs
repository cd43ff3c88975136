//! What a captured packet begins with, and the Ethernet frame that it stands for.

use std::borrow::Cow;

/// A link type, as the registry of capture files numbers them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkType {
    /// 1: Ethernet.
    Ethernet,
    /// 113: Linux "cooked" (all interfaces at once).
    LinuxCooked,
    /// 276: Linux "cooked", version 2.
    LinuxCooked2,
    /// 101, 228 and what BSDs write as 12 or 14: IP without anything before it.
    Ip,
    /// Another: its number.
    Other(i32),
}

impl LinkType {
    /// By its number.
    pub const fn from_number(number: i32) -> LinkType {
        match number {
            1 => LinkType::Ethernet,
            113 => LinkType::LinuxCooked,
            276 => LinkType::LinuxCooked2,
            12 | 14 | 101 | 228 => LinkType::Ip,
            other => LinkType::Other(other),
        }
    }

    /// The packet as an Ethernet frame. Where the capture kept no receiver it is zero; where it kept no Ethernet
    /// addresses at all both are. `None` for what cannot be one.
    pub fn ethernet(self, bytes: &[u8]) -> Option<Cow<'_, [u8]>> {
        match self {
            LinkType::Ethernet => Some(Cow::Borrowed(bytes)),
            // Packet type, address type, address length, address (8), protocol.
            LinkType::LinuxCooked => {
                let (head, rest) = bytes.split_first_chunk::<16>()?;
                frame(&head[6..12], [head[14], head[15]], rest)
            }
            // Protocol, reserved, interface (4), address type, packet type, address length, address (8).
            LinkType::LinuxCooked2 => {
                let (head, rest) = bytes.split_first_chunk::<20>()?;
                frame(&head[12..18], [head[0], head[1]], rest)
            }
            LinkType::Ip => frame(&[0; 6], [0x08, 0x00], bytes),
            LinkType::Other(_) => None,
        }
    }
}

/// Frames without an EtherType (802.3 with LLC) are marked by 0x0004 and get their length back.
fn frame(source: &[u8], protocol: [u8; 2], rest: &[u8]) -> Option<Cow<'static, [u8]>> {
    let kind = match protocol {
        [0, 4] => u16::try_from(rest.len()).ok()?.to_be_bytes(),
        other => other,
    };
    let mut frame = Vec::with_capacity(14 + rest.len());
    // CDP and LLDP are known by their receiver, which such a capture does not keep.
    let receiver = match (protocol, rest.get(..8)) {
        ([0, 4], Some([0xaa, 0xaa, 3, 0, 0, 0x0c, 0x20, 0])) => crate::ethernet::cdp::DESTINATION.0,
        ([0x88, 0xcc], _) => crate::ethernet::lldp::DESTINATION.0,
        _ => [0; 6],
    };
    frame.extend_from_slice(&receiver);
    frame.extend_from_slice(source);
    frame.extend_from_slice(&kind);
    frame.extend_from_slice(rest);
    Some(Cow::Owned(frame))
}
