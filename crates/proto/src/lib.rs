//! Bytes to meaning and back, and the protocol machines, without a socket, a file or a clock.
//!
//! | module | what | standard |
//! | --- | --- | --- |
//! | [`mac`], [`text`], [`time`] | addresses in every spelling; foreign text, escaped once; time as an argument | |
//! | [`dhcp`] | messages, options, the client and the server | RFC 2131, 2132, 3396, 5859 |
//! | [`ethernet`] | link frames: ARP, CDP, LLDP, UDP for clients without an address | IEEE 802, RFC 826 |
//! | [`ftp`] | the control connection of a server that only reads | RFC 959, 2428, 2577 |
//! | [`dns`], [`ntp`], [`syslog`] | names, the time, and what phones write down | RFC 1035, 6762, 5905, 3164 |
//! | [`tftp`] | packets, names, the transfer machines | RFC 1350, 2347, 2348, 2349, 7440 |
//! | [`capture`] | capture files, as a stream of packets | draft-ietf-opsawg-pcap, -pcapng |
//! | [`sip`] | messages: tolerant to read, exact to write | RFC 3261 |
//! | [`skinny`] | a call manager for one phone | |
//! | [`html`], [`http`] | pages and forms of small devices; requests byte by byte, answers however they are written | RFC 1945, 7578, 9112 |
//! | [`image`] | what a firmware file is, and what speaks against it | |
//!
//! Each protocol folder has the same file names: `packet.rs` (bytes ↔ meaning, with `parse`, `emit`
//! and its own `Malformed`) and one file per machine (`server.rs`, `client.rs`, `transfer.rs`).
//!
//! What is not here: no maker's phone is named, nothing is decided about who is answered, and
//! nothing opens, waits or draws a random number.

pub mod capture;
pub mod dhcp;
pub mod dns;
pub mod ethernet;
pub mod ftp;
pub mod html;
pub mod http;
pub mod image;
pub mod mac;
pub mod ntp;
pub mod sip;
pub mod skinny;
pub mod syslog;
pub mod text;
pub mod tftp;
pub mod time;

pub use mac::Mac;
pub use time::Time;
