//! TFTP (RFC 1350, 2347, 2348, 2349, 7440): packets, names and the transfer machines.
//!
//! | module | what |
//! | --- | --- |
//! | [`packet`], [`options`], [`error`] | bytes ↔ meaning |
//!
//! Which file a phone may have, and on which socket a transfer runs, is decided elsewhere. The
//! machines see only datagrams that came from their own peer's port.

pub mod error;
pub mod options;
pub mod packet;

pub use error::ErrorCode;
pub use options::{Options, OptionsBuf};
pub use packet::{Malformed, Mode, Packet, Request};
