//! TFTP (RFC 1350, 2347, 2348, 2349, 7440): packets, names and the transfer machines.
//!
//! | file | what |
//! | --- | --- |
//! | [`packet`], [`options`], [`error`] | bytes ↔ meaning |
//! | [`transfer`] | the serving end of a read |
//! | [`client`] | the receiving end of a read, as a phone does it |
//! | [`source`], [`sink`] | where bytes come from and go to |
//! | [`rollover`], [`retry`] | block numbers past 65535; repeats and when to give up |
//!
//! Which file a phone may have, and on which socket a transfer runs, is decided elsewhere. The
//! machines see only datagrams that came from their own peer's port.
//!
//! Every machine is driven alike: `handle` a datagram or `handle_timeout`, then `poll_transmit`
//! until it says no, then look at `outcome`, then sleep until `poll_timeout`.

pub mod client;
pub mod error;
mod netascii;
pub mod options;
pub mod packet;
pub mod retry;
pub mod rollover;
pub mod sink;
pub mod source;
pub mod transfer;
#[cfg(test)]
mod wire_tests;

pub use client::{Client, Wish};
pub use error::ErrorCode;
pub use options::{Options, OptionsBuf};
pub use packet::{Malformed, Mode, Packet, Request, wrong_tid_reply};
pub use retry::{Patience, Stopped};
pub use rollover::Rollover;
pub use sink::{Counted, Sink};
pub use source::Source;
pub use transfer::{Quirks, Transfer};
