//! One DHCPv4 message: bytes ↔ header fields and options (RFC 2131 §2, RFC 2132, RFC 3396).
//!
//! Reading is lenient where a phone may be odd (missing end mark, cut option, silly hardware length)
//! and strict only where nothing can be made of the bytes. Writing follows the RFCs. Deliberately not
//! here: who sends what to whom.

use std::fmt;
use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

use super::option::{DhcpOption, code, without_trailing_nul};
use super::options::{Oddity, Options, encode};
use crate::Mac;

/// `op` of a message from a client.
pub const BOOTREQUEST: u8 = 1;
/// `op` of a message from a server.
pub const BOOTREPLY: u8 = 2;
/// `htype` of Ethernet.
pub const ETHERNET: u8 = 1;
/// The bit of `flags` that asks for a broadcast answer.
pub const BROADCAST_FLAG: u16 = 0x8000;

const MAGIC: [u8; 4] = [99, 130, 83, 99];
/// Header with the magic cookie: everything before the options.
const HEADER: usize = 240;
/// What a BOOTP relay or an old client expects at least.
const SHORTEST: usize = 300;
/// IPv4 and UDP headers, which the maximum message size (57) counts and a payload does not.
const IP_UDP: u16 = 28;
/// Smallest message size every client accepts, headers included (RFC 2131 §2).
const LEAST_MAX: u16 = 576;
/// The most that fits an Ethernet frame without fragments, whatever a client claims.
const ETHERNET_MTU: u16 = 1500;

/// Message types, option 53 (RFC 2132 §9.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are RFC 2131's")]
pub enum MessageType {
    Discover = 1,
    Offer = 2,
    Request = 3,
    Decline = 4,
    Ack = 5,
    Nak = 6,
    Release = 7,
    Inform = 8,
}

impl MessageType {
    /// From the value of option 53.
    pub const fn from_code(code: u8) -> Option<MessageType> {
        Some(match code {
            1 => MessageType::Discover,
            2 => MessageType::Offer,
            3 => MessageType::Request,
            4 => MessageType::Decline,
            5 => MessageType::Ack,
            6 => MessageType::Nak,
            7 => MessageType::Release,
            8 => MessageType::Inform,
            _ => return None,
        })
    }

    /// As option 53.
    pub fn option(self) -> DhcpOption {
        DhcpOption::u8(code::MESSAGE_TYPE, self as u8)
    }
}

/// A DHCPv4 message. Field names are RFC 2131's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// [`BOOTREQUEST`] or [`BOOTREPLY`].
    pub op: u8,
    /// Hardware type, [`ETHERNET`] on our cable.
    pub htype: u8,
    /// Hardware address length, at most 16.
    pub hlen: u8,
    /// Relays passed.
    pub hops: u8,
    /// Transaction.
    pub xid: u32,
    /// Seconds since the client began.
    pub secs: u16,
    /// Only [`BROADCAST_FLAG`] has a meaning.
    pub flags: u16,
    /// The address the client already has.
    pub ciaddr: Ipv4Addr,
    /// The address the client gets.
    pub yiaddr: Ipv4Addr,
    /// Next server: where to fetch the boot file.
    pub siaddr: Ipv4Addr,
    /// The relay, zero when there is none.
    pub giaddr: Ipv4Addr,
    /// Client hardware address, the first `hlen` bytes.
    pub chaddr: [u8; 16],
    /// Server host name, without trailing NULs; at most 64 bytes travel.
    pub sname: Vec<u8>,
    /// Boot file name, without trailing NULs; at most 128 bytes travel.
    pub file: Vec<u8>,
    /// Options in order. Overload (52) is resolved on reading and made on writing.
    pub options: Options,
}

/// Why nothing could be made of the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Malformed {
    /// Shorter than the fixed header with its magic cookie: this many bytes.
    Short(usize),
    /// Neither request nor reply.
    Op(u8),
    /// The magic cookie is not DHCP's (plain BOOTP has zeros here).
    Magic([u8; 4]),
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Malformed::Short(len) => {
                write!(f, "{len} bytes are too few for a DHCP message, which has at least {HEADER}")
            }
            Malformed::Op(op) => write!(f, "op {op} is neither a request (1) nor a reply (2)"),
            Malformed::Magic([a, b, c, d]) => write!(f, "magic cookie {a}.{b}.{c}.{d} is not DHCP's 99.130.83.99"),
        }
    }
}

impl std::error::Error for Malformed {}

/// What a client's way of asking says about its make.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Fingerprint {
    /// The parameter request list (55), in order.
    pub prl: Vec<u8>,
    /// The vendor class (60) without trailing NULs.
    pub vendor_class: Option<Vec<u8>>,
    /// The codes of all options, in the order sent.
    pub option_order: Vec<u8>,
}

/// A message ready to send, and what had to stay behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emitted {
    /// The UDP payload.
    pub bytes: Vec<u8>,
    /// Codes of options that found no room within the size allowed.
    pub left_out: Vec<u8>,
}

impl Message {
    /// An empty request from an Ethernet client.
    pub fn request(mac: Mac, xid: u32) -> Message {
        let mut chaddr = [0; 16];
        chaddr[..6].copy_from_slice(&mac.0);
        Message {
            op: BOOTREQUEST,
            htype: ETHERNET,
            hlen: 6,
            hops: 0,
            xid,
            secs: 0,
            flags: 0,
            ciaddr: Ipv4Addr::UNSPECIFIED,
            yiaddr: Ipv4Addr::UNSPECIFIED,
            siaddr: Ipv4Addr::UNSPECIFIED,
            giaddr: Ipv4Addr::UNSPECIFIED,
            chaddr,
            sname: Vec::new(),
            file: Vec::new(),
            options: Options::new(),
        }
    }

    /// An empty reply to this message: transaction, flags, relay and hardware address carried over
    /// (RFC 2131 table 3).
    pub fn reply(&self) -> Message {
        Message {
            op: BOOTREPLY,
            hops: 0,
            secs: 0,
            ciaddr: Ipv4Addr::UNSPECIFIED,
            yiaddr: Ipv4Addr::UNSPECIFIED,
            siaddr: Ipv4Addr::UNSPECIFIED,
            sname: Vec::new(),
            file: Vec::new(),
            options: Options::new(),
            ..*self
        }
    }

    /// Reads a UDP payload.
    ///
    /// # Errors
    /// [`Malformed`] when the fixed part is missing or is not DHCP's. Odd options are no error, see
    /// [`Options::oddities`].
    pub fn parse(bytes: &[u8]) -> Result<Message, Malformed> {
        let short = || Malformed::Short(bytes.len());
        let (header, rest) = bytes.split_first_chunk::<236>().ok_or_else(short)?;
        let (magic, area) = rest.split_first_chunk::<4>().ok_or_else(short)?;
        if header[0] != BOOTREQUEST && header[0] != BOOTREPLY {
            return Err(Malformed::Op(header[0]));
        }
        if *magic != MAGIC {
            return Err(Malformed::Magic(*magic));
        }
        let mut options = Options::new();
        // A length beyond the field is silly, but on Ethernet the address is where it always is.
        let hlen = match (header[1], header[2]) {
            (_, hlen @ 0..=16) => hlen,
            (htype, odd) => {
                options.note(Oddity::HardwareLength(odd));
                if htype == ETHERNET { 6 } else { 16 }
            }
        };
        options.read_area(area);
        let (mut sname, mut file) = (&header[44..108], &header[108..236]);
        // Option 52 says that `file` (1), `sname` (2) or both (3) hold options, read in this order.
        if let Some(overload @ 1..=3) = options.u8(code::OVERLOAD) {
            options.remove(code::OVERLOAD);
            if overload & 1 != 0 {
                options.read_area(file);
                file = &[];
            }
            if overload & 2 != 0 {
                options.read_area(sname);
                sname = &[];
            }
        }
        Ok(Message {
            op: header[0],
            htype: header[1],
            hlen,
            hops: header[3],
            xid: u32::from_be_bytes(at(header, 4)),
            secs: u16::from_be_bytes(at(header, 8)),
            flags: u16::from_be_bytes(at(header, 10)),
            ciaddr: at::<4>(header, 12).into(),
            yiaddr: at::<4>(header, 16).into(),
            siaddr: at::<4>(header, 20).into(),
            giaddr: at::<4>(header, 24).into(),
            chaddr: at(header, 28),
            sname: without_trailing_nul(sname).to_vec(),
            file: without_trailing_nul(file).to_vec(),
            options,
        })
    }

    /// The UDP payload, however long the options are; padded to 300 bytes.
    pub fn emit(&self) -> Vec<u8> {
        self.emit_within(usize::MAX).bytes
    }

    /// The UDP payload in at most `max` bytes (but never less than 300). When the options field is
    /// too small, options go on in an unused `file`, then in an unused `sname` (option 52), their
    /// order kept; what still finds no room is left out and told.
    pub fn emit_within(&self, max: usize) -> Emitted {
        let max = max.max(SHORTEST);
        let wires = self.options.iter().filter(|o| o.code != code::OVERLOAD).map(|o| (o.code, encode(o)));
        let wires: Vec<(u8, Vec<u8>)> = wires.collect();
        let total: usize = wires.iter().map(|(_, wire)| wire.len()).sum();
        let mut left_out = Vec::new();
        let mut areas = [Vec::new(), Vec::new(), Vec::new()];
        if HEADER + total < max {
            wires.iter().for_each(|(_, wire)| areas[0].extend_from_slice(wire));
        } else {
            // One byte of each area is the end mark, three of the first are option 52.
            let room = |field: &[u8], size: usize| if field.is_empty() { size - 1 } else { 0 };
            let rooms = [max - HEADER - 4, room(&self.file, 128), room(&self.sname, 64)];
            let mut current = 0;
            for (code, wire) in &wires {
                match (current..3).find(|&area| areas[area].len() + wire.len() <= rooms[area]) {
                    Some(area) => {
                        current = area;
                        areas[area].extend_from_slice(wire);
                    }
                    None => left_out.push(*code),
                }
            }
        }
        let [mut options, file, sname] = areas;
        let overload = u8::from(!file.is_empty()) | u8::from(!sname.is_empty()) << 1;
        if overload != 0 {
            options.extend([code::OVERLOAD, 1, overload]);
        }
        let mut bytes = self.emit_fixed(field::<64>(&self.sname, &sname), field::<128>(&self.file, &file));
        bytes.extend_from_slice(&options);
        bytes.push(code::END);
        bytes.resize(bytes.len().max(SHORTEST), code::PAD);
        Emitted { bytes, left_out }
    }

    fn emit_fixed(&self, sname: [u8; 64], file: [u8; 128]) -> Vec<u8> {
        let mut out = Vec::with_capacity(SHORTEST);
        out.extend([self.op, self.htype, self.hlen.min(16), self.hops]);
        out.extend(self.xid.to_be_bytes());
        out.extend(self.secs.to_be_bytes());
        out.extend(self.flags.to_be_bytes());
        for address in [self.ciaddr, self.yiaddr, self.siaddr, self.giaddr] {
            out.extend(address.octets());
        }
        out.extend(self.chaddr);
        out.extend(sname);
        out.extend(file);
        out.extend(MAGIC);
        out
    }

    /// The message type (53); `None` when it is absent or unknown.
    pub fn message_type(&self) -> Option<MessageType> {
        self.options.u8(code::MESSAGE_TYPE).and_then(MessageType::from_code)
    }

    /// The client's Ethernet address; `None` for other hardware.
    pub fn mac(&self) -> Option<Mac> {
        let mac = self.chaddr.first_chunk().copied().map(Mac);
        mac.filter(|_| self.htype == ETHERNET && self.hlen == 6)
    }

    /// The client identifier (61) as sent, its type octet first.
    pub fn client_id(&self) -> Option<&[u8]> {
        self.options.get(code::CLIENT_ID)
    }

    /// The vendor class (60) without trailing NULs.
    pub fn vendor_class(&self) -> Option<&[u8]> {
        self.options.text(code::VENDOR_CLASS)
    }

    /// The options the client asks for (55), in order; empty when it asks for none.
    pub fn parameter_request_list(&self) -> &[u8] {
        self.options.get(code::PARAMETER_REQUEST_LIST).unwrap_or_default()
    }

    /// The client's host name (12) without trailing NULs.
    pub fn host_name(&self) -> Option<&[u8]> {
        self.options.text(code::HOST_NAME)
    }

    /// The address the client asks for (50).
    pub fn requested_address(&self) -> Option<Ipv4Addr> {
        self.options.address(code::REQUESTED_ADDRESS)
    }

    /// The server identifier (54): whom a client chose, or who a server is.
    pub fn server_id(&self) -> Option<Ipv4Addr> {
        self.options.address(code::SERVER_ID)
    }

    /// The user class (77) as sent: RFC 3004 has length-prefixed instances, many send bare text.
    pub fn user_class(&self) -> Option<&[u8]> {
        self.options.get(code::USER_CLASS)
    }

    /// Whether the client wants its answer broadcast.
    pub fn broadcast(&self) -> bool {
        self.flags & BROADCAST_FLAG != 0
    }

    /// The largest UDP payload this client accepts: option 57 less the IP and UDP headers, never
    /// below 548 (RFC 2131 §2) nor above what fits an Ethernet frame (1472).
    pub fn max_payload(&self) -> usize {
        let wanted = self.options.u16(code::MAX_MESSAGE_SIZE).unwrap_or(LEAST_MAX);
        usize::from(wanted.clamp(LEAST_MAX, ETHERNET_MTU) - IP_UDP)
    }

    /// What identifies the sender's make.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint {
            prl: self.parameter_request_list().to_vec(),
            vendor_class: self.vendor_class().map(<[u8]>::to_vec),
            option_order: self.options.codes(),
        }
    }
}

/// `N` bytes of the fixed header; offsets are constants well inside it.
fn at<const N: usize>(header: &[u8; 236], offset: usize) -> [u8; N] {
    let mut out = [0; N];
    out.copy_from_slice(&header[offset..offset + N]);
    out
}

/// A fixed header field: the overloaded options with their end mark, or the plain text, cut to fit.
fn field<const N: usize>(text: &[u8], overloaded: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    let source = if overloaded.is_empty() { text } else { overloaded };
    out.iter_mut().zip(source).for_each(|(to, from)| *to = *from);
    if !overloaded.is_empty()
        && let Some(end) = out.get_mut(overloaded.len())
    {
        *end = code::END;
    }
    out
}

#[cfg(test)]
mod tests;
