//! NTP, as far as a server needs it that has one clock and trusts it (RFC 5905; SNTP servers, §14).
//!
//! | file | what |
//! | --- | --- |
//! | [`packet`] | a client's request and its answer |
//!
//! Not here: symmetric modes, broadcast, control messages, authentication, and any clock.

pub mod packet;

pub use packet::{Malformed, Request};
