//! One DHCP option: its code, its name, what kind of value it usually carries, and constructors for
//! typed values.
//!
//! An option is always kept as raw bytes; a kind is only how it is shown. What phones do with a code
//! often differs from what the registry says it means (66 and 67 are texts, 150 is a list of
//! addresses, 128–135 and 159–160 are whatever a maker decided), so nothing here rejects a value.

use std::fmt;
use std::net::Ipv4Addr;

use crate::text;

/// Option codes by the names the RFCs give them.
pub mod code {
    #![allow(missing_docs, reason = "the names are the registry's own; `super::name` spells them out")]
    pub const PAD: u8 = 0;
    pub const SUBNET_MASK: u8 = 1;
    pub const TIME_OFFSET: u8 = 2;
    pub const ROUTER: u8 = 3;
    pub const DNS_SERVER: u8 = 6;
    pub const LOG_SERVER: u8 = 7;
    pub const HOST_NAME: u8 = 12;
    pub const DOMAIN_NAME: u8 = 15;
    pub const BROADCAST_ADDRESS: u8 = 28;
    pub const NTP_SERVER: u8 = 42;
    pub const VENDOR_SPECIFIC: u8 = 43;
    pub const REQUESTED_ADDRESS: u8 = 50;
    pub const LEASE_TIME: u8 = 51;
    pub const OVERLOAD: u8 = 52;
    pub const MESSAGE_TYPE: u8 = 53;
    pub const SERVER_ID: u8 = 54;
    pub const PARAMETER_REQUEST_LIST: u8 = 55;
    pub const MESSAGE: u8 = 56;
    pub const MAX_MESSAGE_SIZE: u8 = 57;
    pub const RENEWAL_TIME: u8 = 58;
    pub const REBINDING_TIME: u8 = 59;
    pub const VENDOR_CLASS: u8 = 60;
    pub const CLIENT_ID: u8 = 61;
    pub const TFTP_SERVER_NAME: u8 = 66;
    pub const BOOT_FILE_NAME: u8 = 67;
    pub const USER_CLASS: u8 = 77;
    pub const RELAY_AGENT: u8 = 82;
    pub const SIP_SERVER: u8 = 120;
    pub const VLAN_ID: u8 = 132;
    pub const TFTP_SERVER_ADDRESS: u8 = 150;
    pub const END: u8 = 255;
}

/// What an option's value usually is, for showing it to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Nothing is assumed; shown as text when it is printable, else as hex.
    Raw,
    /// Text, possibly with a trailing NUL.
    Text,
    /// One octet.
    U8,
    /// Two octets, big-endian.
    U16,
    /// Four octets, big-endian.
    U32,
    /// Four octets, big-endian, signed (option 2).
    I32,
    /// Any number of IPv4 addresses.
    Addresses,
    /// A list of option codes (option 55).
    Codes,
    /// A message type (option 53).
    MessageType,
    /// SIP servers (RFC 3361): one octet of encoding, then addresses (1) or names (0).
    SipServers,
}

/// Name and usual kind of the codes a phone bench meets, ascending.
const TABLE: &[(u8, &str, Kind)] = &[
    (1, "subnet mask", Kind::Addresses),
    (2, "time offset", Kind::I32),
    (3, "router", Kind::Addresses),
    (4, "time server", Kind::Addresses),
    (5, "name server", Kind::Addresses),
    (6, "DNS server", Kind::Addresses),
    (7, "log server", Kind::Addresses),
    (9, "LPR server", Kind::Addresses),
    (12, "host name", Kind::Text),
    (13, "boot file size", Kind::U16),
    (15, "domain name", Kind::Text),
    (16, "swap server", Kind::Addresses),
    (17, "root path", Kind::Text),
    (18, "extensions path", Kind::Text),
    (19, "IP forwarding", Kind::U8),
    (22, "maximum datagram reassembly size", Kind::U16),
    (23, "default IP TTL", Kind::U8),
    (26, "interface MTU", Kind::U16),
    (28, "broadcast address", Kind::Addresses),
    (31, "router discovery", Kind::U8),
    (33, "static route", Kind::Addresses),
    (35, "ARP cache timeout", Kind::U32),
    (40, "NIS domain", Kind::Text),
    (41, "NIS server", Kind::Addresses),
    (42, "NTP server", Kind::Addresses),
    (43, "vendor specific", Kind::Raw),
    (44, "NetBIOS name server", Kind::Addresses),
    (46, "NetBIOS node type", Kind::U8),
    (47, "NetBIOS scope", Kind::Text),
    (50, "requested address", Kind::Addresses),
    (51, "lease time", Kind::U32),
    (52, "overload", Kind::U8),
    (53, "message type", Kind::MessageType),
    (54, "server identifier", Kind::Addresses),
    (55, "parameter request list", Kind::Codes),
    (56, "message", Kind::Text),
    (57, "maximum message size", Kind::U16),
    (58, "renewal time", Kind::U32),
    (59, "rebinding time", Kind::U32),
    (60, "vendor class", Kind::Text),
    (61, "client identifier", Kind::Raw),
    (66, "TFTP server name", Kind::Text),
    (67, "boot file name", Kind::Text),
    (69, "SMTP server", Kind::Addresses),
    (77, "user class", Kind::Raw),
    (80, "rapid commit", Kind::Raw),
    (81, "client FQDN", Kind::Raw),
    (82, "relay agent information", Kind::Raw),
    (93, "client architecture", Kind::U16),
    (94, "client network interface", Kind::Raw),
    (97, "client machine identifier", Kind::Raw),
    (100, "POSIX time zone", Kind::Text),
    (101, "time zone name", Kind::Text),
    (108, "IPv6-only preferred", Kind::U32),
    (114, "captive portal URL", Kind::Text),
    (116, "auto-configure", Kind::U8),
    (118, "subnet selection", Kind::Addresses),
    (119, "domain search", Kind::Raw),
    (120, "SIP server", Kind::SipServers),
    (121, "classless static route", Kind::Raw),
    (124, "vendor-identifying vendor class", Kind::Raw),
    (125, "vendor-identifying vendor specific", Kind::Raw),
    (128, "TFTP server (phones)", Kind::Raw),
    (129, "call server (phones)", Kind::Raw),
    (130, "discrimination string (phones)", Kind::Text),
    (131, "remote statistics server (phones)", Kind::Raw),
    (132, "VLAN id (phones)", Kind::Raw),
    (133, "priority (phones)", Kind::Raw),
    (134, "DSCP (phones)", Kind::Raw),
    (135, "HTTP proxy (phones)", Kind::Raw),
    (138, "CAPWAP controller", Kind::Addresses),
    (150, "TFTP server address", Kind::Addresses),
    (151, "status code", Kind::Raw),
    (156, "state / FTP server (phones)", Kind::Raw),
    (157, "data source", Kind::Raw),
    (159, "configuration URL (phones)", Kind::Text),
    (160, "provisioning URL (phones)", Kind::Text),
    (161, "FTP server (phones)", Kind::Raw),
    (242, "private 242 (phones)", Kind::Text),
    (252, "proxy auto-configuration URL", Kind::Text),
];

fn row(code: u8) -> Option<&'static (u8, &'static str, Kind)> {
    TABLE.binary_search_by_key(&code, |r| r.0).ok().and_then(|at| TABLE.get(at))
}

/// What a code is called, for display; `None` when it has no settled name.
pub fn name(code: u8) -> Option<&'static str> {
    row(code).map(|r| r.1)
}

/// How a code's value is usually shown; [`Kind::Raw`] when nothing is known.
pub fn kind(code: u8) -> Kind {
    row(code).map_or(Kind::Raw, |r| r.2)
}

/// One option as it travels: a code and its raw bytes, of any length (an emitter splits what is
/// longer than 255, RFC 3396).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DhcpOption {
    /// The code, 1–254. 0 (pad) and 255 (end) are framing and never stored.
    pub code: u8,
    /// The value in wire order.
    pub value: Vec<u8>,
}

impl DhcpOption {
    /// Raw bytes, for instance for 43.
    pub fn raw(code: u8, value: impl Into<Vec<u8>>) -> DhcpOption {
        DhcpOption { code, value: value.into() }
    }

    /// One octet.
    pub fn u8(code: u8, value: u8) -> DhcpOption {
        DhcpOption::raw(code, [value])
    }

    /// Two octets, big-endian.
    pub fn u16(code: u8, value: u16) -> DhcpOption {
        DhcpOption::raw(code, value.to_be_bytes())
    }

    /// Four octets, big-endian.
    pub fn u32(code: u8, value: u32) -> DhcpOption {
        DhcpOption::raw(code, value.to_be_bytes())
    }

    /// Four octets, big-endian, signed: the time offset (2) in seconds east of UTC.
    pub fn i32(code: u8, value: i32) -> DhcpOption {
        DhcpOption::raw(code, value.to_be_bytes())
    }

    /// One IPv4 address.
    pub fn address(code: u8, value: Ipv4Addr) -> DhcpOption {
        DhcpOption::raw(code, value.octets())
    }

    /// A list of IPv4 addresses: 3, 6, 42 and 150 (RFC 5859).
    pub fn addresses(code: u8, values: &[Ipv4Addr]) -> DhcpOption {
        DhcpOption::raw(code, values.iter().flat_map(|a| a.octets()).collect::<Vec<u8>>())
    }

    /// Text without a trailing NUL (RFC 2132 §2).
    pub fn text(code: u8, value: &str) -> DhcpOption {
        DhcpOption::raw(code, value.as_bytes())
    }

    /// SIP servers (120) by address: encoding octet 1, then the addresses (RFC 3361 §3.2).
    pub fn sip_servers(values: &[Ipv4Addr]) -> DhcpOption {
        let mut value = vec![1];
        value.extend(values.iter().flat_map(|a| a.octets()));
        DhcpOption::raw(code::SIP_SERVER, value)
    }

    /// Sub-options inside one option, as 43 carries them (RFC 2132 §8.4): code, length, value, …
    /// without an end mark. A value beyond 255 bytes is cut, since the form cannot say more.
    pub fn encapsulated(code: u8, subs: &[(u8, &[u8])]) -> DhcpOption {
        let mut value = Vec::new();
        for (sub, bytes) in subs {
            let len = u8::try_from(bytes.len()).unwrap_or(u8::MAX);
            value.extend([*sub, len]);
            value.extend(bytes.iter().take(usize::from(len)));
        }
        DhcpOption::raw(code, value)
    }

    /// The value as a person reads it, escaped; whatever does not have its usual length is hex.
    pub fn show(&self) -> String {
        show(kind(self.code), &self.value)
    }
}

impl fmt::Debug for DhcpOption {
    /// `60 vendor class = …`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} = {}", self.code, name(self.code).unwrap_or("?"), self.show())
    }
}

fn show(kind: Kind, value: &[u8]) -> String {
    let number = || value.iter().fold(0u64, |n, b| n << 8 | u64::from(*b));
    match (kind, value) {
        (_, []) => String::new(),
        (Kind::Text, _) => text::escape(value),
        (Kind::U8, [_]) | (Kind::U16, [_, _]) | (Kind::U32, [_, _, _, _]) => number().to_string(),
        (Kind::I32, &[a, b, c, d]) => i32::from_be_bytes([a, b, c, d]).to_string(),
        (Kind::Addresses, _) if value.len().is_multiple_of(4) => show_addresses(value),
        (Kind::SipServers, [1, rest @ ..]) if rest.len().is_multiple_of(4) => show_addresses(rest),
        (Kind::Codes, _) => value.iter().map(u8::to_string).collect::<Vec<_>>().join(","),
        (Kind::MessageType, [byte]) => match super::MessageType::from_code(*byte) {
            Some(kind) => format!("{kind:?}"),
            None => byte.to_string(),
        },
        _ if value.iter().all(|b| (0x20..0x7f).contains(b)) => text::escape(value),
        _ => value.iter().map(|b| format!("{b:02x}")).collect(),
    }
}

fn show_addresses(value: &[u8]) -> String {
    addresses_in(value).map(|a| a.to_string()).collect::<Vec<_>>().join(", ")
}

/// The whole addresses in a value; a ragged end is left out.
pub(super) fn addresses_in(value: &[u8]) -> impl Iterator<Item = Ipv4Addr> + '_ {
    value.as_chunks::<4>().0.iter().map(|&octets| Ipv4Addr::from(octets))
}

/// A value without the NULs phones append to texts.
pub(super) fn without_trailing_nul(value: &[u8]) -> &[u8] {
    let end = value.iter().rposition(|&b| b != 0).map_or(0, |p| p + 1);
    value.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_is_ascending_so_that_every_name_is_found() {
        assert!(TABLE.is_sorted_by(|a, b| a.0 < b.0));
        assert_eq!(name(150), Some("TFTP server address"));
        assert_eq!(name(254), None);
    }

    #[test]
    fn values_are_built_as_the_standards_say() {
        let a = Ipv4Addr::new(10, 0, 0, 1);
        let b = Ipv4Addr::new(10, 0, 0, 2);
        assert_eq!(DhcpOption::addresses(150, &[a, b]).value, [10, 0, 0, 1, 10, 0, 0, 2]);
        assert_eq!(DhcpOption::sip_servers(&[a]).value, [1, 10, 0, 0, 1]);
        assert_eq!(DhcpOption::i32(2, -3600).value, [0xff, 0xff, 0xf1, 0xf0]);
        assert_eq!(DhcpOption::text(132, "100").value, b"100");
        assert_eq!(DhcpOption::u16(132, 100).value, [0, 100]);
        assert_eq!(DhcpOption::encapsulated(43, &[(2, b"http"), (3, b"")]).value, b"\x02\x04http\x03\x00");
    }

    #[test]
    fn values_are_shown_as_people_read_them() {
        let a = Ipv4Addr::new(10, 0, 0, 1);
        assert_eq!(DhcpOption::addresses(150, &[a, a]).show(), "10.0.0.1, 10.0.0.1");
        assert_eq!(DhcpOption::raw(150, [1, 2, 3]).show(), "010203");
        assert_eq!(DhcpOption::i32(2, -3600).show(), "-3600");
        assert_eq!(DhcpOption::u32(51, 600).show(), "600");
        assert_eq!(DhcpOption::sip_servers(&[a]).show(), "10.0.0.1");
        assert_eq!(DhcpOption::raw(60, *b"Phone\x1b\0").show(), "Phone\\x1b");
        assert_eq!(DhcpOption::raw(55, [1, 66, 150]).show(), "1,66,150");
        assert_eq!(DhcpOption::u8(53, 1).show(), "Discover");
        assert_eq!(format!("{:?}", DhcpOption::text(66, "10.0.0.1")), "66 TFTP server name = 10.0.0.1");
    }
}
