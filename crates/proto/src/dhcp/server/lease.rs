//! A lease: which client may use which address, until when by the clock on the wall.

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

use crate::Mac;

/// One client's right to one address. Serialisable, so that it survives a restart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// The client's Ethernet address, by which this server tells clients apart.
    pub mac: Mac,
    /// The client identifier (61) as last sent; empty when it sends none.
    #[serde(default)]
    pub client_id: Vec<u8>,
    /// The address.
    pub address: Ipv4Addr,
    /// Milliseconds since 1970 when it ends.
    pub expires: u64,
}

/// Why a lease ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeaseEnd {
    /// The client gave it back.
    Released,
    /// Its time was over.
    Expired,
    /// The client found another station using the address.
    Declined,
    /// Another station was seen using the address.
    Conflict(Mac),
    /// The operator cleared it.
    Cleared,
}
