//! DHCPv4 (RFC 2131, 2132, 3396): messages, options and the machines.
//!
//! | file | what |
//! | --- | --- |
//! | [`packet`] | one message: bytes ↔ fields and options |
//! | [`options`] | the ordered list of raw options and its wire form |
//! | [`option`] | one option: code names, kinds, typed constructors |
//!
//! What is not here: BOOTP without the DHCP magic cookie, DHCPv6, Rapid Commit.

pub mod option;
pub mod options;
pub mod packet;

pub use option::DhcpOption;
pub use options::{Oddity, Options};
pub use packet::{Emitted, Fingerprint, Malformed, Message, MessageType};

/// UDP port a server listens on (RFC 2131 §4.1).
pub const SERVER_PORT: u16 = 67;
/// UDP port a client listens on (RFC 2131 §4.1).
pub const CLIENT_PORT: u16 = 68;
