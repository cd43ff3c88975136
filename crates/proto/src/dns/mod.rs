//! DNS and multicast DNS, as far as a server needs them that knows its answers itself (RFC 1035, 6762, 6763).
//!
//! | file | what |
//! | --- | --- |
//! | [`packet`] | a query, and the answers that can be given |
//!
//! Message bytes are read and written by the crate `simple-dns`. Not here: resolving, forwarding, caches, zones.

pub mod packet;

pub use packet::{Answer, Kind, Malformed, Query, Record};
