//! Link frames: what a cable says before, and beside, UDP.
//!
//! | file | what | standard |
//! | --- | --- | --- |
//! | [`frame`] | Ethernet II, 802.3 with LLC or SNAP, up to two VLAN tags | IEEE 802.3, 802.2, 802.1Q |
//! | [`arp`] | who has which address | RFC 826, 5227 |
//! | [`udp`] | UDP in IPv4 in a frame, for clients without an address | RFC 791, 768 |
//! | [`tcp`] | TCP in IPv4 in a frame, for listening to others | RFC 9293 |
//! | [`cdp`] | Cisco Discovery Protocol, both directions | as observed |
//! | [`lldp`] | LLDP with the MED extension | IEEE 802.1AB, TIA-1057 |
//!
//! What is not here: raw sockets, IPv6, reassembly, neighbour tables.

pub mod arp;
pub mod cdp;
mod checksum;
pub mod frame;
pub mod lldp;
pub mod tcp;
pub mod udp;

pub use arp::Arp;
pub use cdp::Cdp;
pub use frame::{Content, Frame, Tag};
pub use lldp::Lldp;
pub use tcp::TcpSegment;
pub use udp::UdpDatagram;
