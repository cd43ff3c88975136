//! DHCPv4 (RFC 2131, 2132, 3396): messages, options and the machines.
//!
//! | file | what |
//! | --- | --- |
//! | [`packet`] | one message: bytes ↔ fields and options |
//! | [`options`] | the ordered list of raw options and its wire form |
//! | [`option`] | one option: code names, kinds, typed constructors |
//! | [`client`] | the client machine: the probe for foreign servers, and simulated phones |
//!
//! What is not here: BOOTP without the DHCP magic cookie, DHCPv6, Rapid Commit.

pub mod client;
pub mod option;
pub mod options;
pub mod packet;

pub use client::Client;
pub use option::DhcpOption;
pub use options::{Oddity, Options};
pub use packet::{Emitted, Fingerprint, Malformed, Message, MessageType};

use std::net::Ipv4Addr;

/// UDP port a server listens on (RFC 2131 §4.1).
pub const SERVER_PORT: u16 = 67;
/// UDP port a client listens on (RFC 2131 §4.1).
pub const CLIENT_PORT: u16 = 68;

/// An address, unless it is 0.0.0.0, which DHCP uses for "none".
fn without_zero(address: Ipv4Addr) -> Option<Ipv4Addr> {
    (!address.is_unspecified()).then_some(address)
}
