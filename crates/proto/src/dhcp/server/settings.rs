//! What the server is told once, and what it is told with every message.

use std::net::Ipv4Addr;
use std::time::Duration;

use super::flood::FloodLimit;
use crate::Time;
use crate::dhcp::Options;

/// What holds for every client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The server's own address, also its identifier (54).
    pub server: Ipv4Addr,
    /// Length of the subnet's prefix, 0–32; becomes the mask (1).
    pub prefix_len: u8,
    /// First address to hand out. The pool is cut to the subnet's host addresses, never includes the
    /// server's, and uses at most 65 536 addresses.
    pub first: Ipv4Addr,
    /// Last address to hand out.
    pub last: Ipv4Addr,
    /// Lease time where [`Wishes::lease`] is zero.
    pub lease_time: Duration,
    /// Ask by ARP before offering an address.
    pub arp_check: bool,
    /// How long an address with a conflict is given to nobody.
    pub conflict_parking: Duration,
    /// How long an offer stands.
    pub offer_time: Duration,
    /// How often one client may speak; `None`: as it likes.
    pub flood_limit: Option<FloodLimit>,
    /// Answer messages that came through a relay.
    pub answer_relayed: bool,
    /// Clients that hold an address or an offer at once.
    pub max_leases: usize,
    /// Milliseconds since 1970 at [`Time::ZERO`], so that leases can outlive this run.
    pub wall_offset: u64,
}

impl Settings {
    /// The usual settings for a bench: short leases, ARP check, no relays.
    pub const fn new(server: Ipv4Addr, prefix_len: u8, first: Ipv4Addr, last: Ipv4Addr) -> Settings {
        Settings {
            server,
            prefix_len,
            first,
            last,
            lease_time: Duration::from_secs(600),
            arp_check: true,
            conflict_parking: Duration::from_secs(600),
            offer_time: Duration::from_secs(60),
            flood_limit: Some(FloodLimit { messages: 6, within: Duration::from_secs(5) }),
            answer_relayed: false,
            max_leases: 4_096,
            wall_offset: 0,
        }
    }

    /// The subnet mask.
    pub const fn mask(&self) -> Ipv4Addr {
        let host_bits = 32u32.saturating_sub(self.prefix_len as u32);
        match u32::MAX.checked_shl(host_bits) {
            Some(mask) => Ipv4Addr::from_bits(mask),
            None => Ipv4Addr::UNSPECIFIED,
        }
    }

    /// Whether an address is in the subnet.
    pub fn is_local(&self, address: Ipv4Addr) -> bool {
        let mask = self.mask().to_bits();
        address.to_bits() & mask == self.server.to_bits() & mask
    }

    /// First and last address a host of the subnet may have.
    pub(super) fn hosts(&self) -> (Ipv4Addr, Ipv4Addr) {
        let mask = self.mask().to_bits();
        let network = self.server.to_bits() & mask;
        let last = network | !mask;
        // A /31 or /32 has no network and broadcast address (RFC 3021).
        let ends = u32::from(self.prefix_len < 31);
        (Ipv4Addr::from_bits(network + ends), Ipv4Addr::from_bits(last - ends))
    }

    /// A moment by the clock on the wall, in milliseconds since 1970.
    pub(super) fn wall(&self, at: Time) -> u64 {
        self.wall_offset.saturating_add(at.as_millis())
    }
}

/// What one client is to be given, decided by the caller for every message anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wishes {
    /// Options after 53, 54, 51 and 1, in this order; 1 may be overridden, the others are the server's.
    pub options: Options,
    /// Next server in the header; 0.0.0.0 for none.
    pub siaddr: Ipv4Addr,
    /// Boot file name in the header; empty for none.
    pub boot_file: Vec<u8>,
    /// Lease time; zero for the server's usual one.
    pub lease: Duration,
}

impl Default for Wishes {
    /// An address and nothing else.
    fn default() -> Wishes {
        Wishes { options: Options::new(), siaddr: Ipv4Addr::UNSPECIFIED, boot_file: Vec::new(), lease: Duration::ZERO }
    }
}

/// How the caller sees the sender of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// One of ours: the server is authoritative and refuses its stale requests with Nak.
    Known,
    /// Served because the caller was told to serve anyone; never sent a Nak.
    Stranger,
}
