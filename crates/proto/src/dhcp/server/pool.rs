//! Who holds which address, until when; every question costs O(log n).
//!
//! Not here: whether an address is in use by a station nobody asked (that is `clearance`), and what
//! is told to anyone.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use super::lease::Lease;
use super::ranges::Ranges;
use super::settings::Settings;
use crate::{Mac, Time};

/// A pool has at most this many addresses, so that nothing grows without bound; the rest of a larger
/// range is not used.
const LARGEST: u32 = 65_536;
/// Addresses are handed out among the first so many while these last: they are probed first.
const FIRST_CHOICE: u32 = 4_096;
/// How many past clients' addresses are remembered.
const REMEMBERED: usize = 4_096;

/// Why an address is not free.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Hold {
    /// Reserved for a client that was or will be made an offer.
    Offered(Mac),
    /// In use by a client of ours.
    Leased(Lease),
    /// Given to nobody, except to the station that was seen using it, if that is known.
    Parked(Option<Mac>),
}

impl Hold {
    fn client(&self) -> Option<Mac> {
        match self {
            Hold::Offered(mac) => Some(*mac),
            Hold::Leased(lease) => Some(lease.mac),
            Hold::Parked(_) => None,
        }
    }
}

/// The pool. An address is in exactly one of `free` and `slots`.
#[derive(Debug, Clone, Default)]
pub(super) struct Pool {
    first: u32,
    size: u32,
    free: Ranges,
    slots: BTreeMap<Ipv4Addr, (Hold, Time)>,
    ends: BTreeSet<(Time, Ipv4Addr)>,
    clients: BTreeMap<Mac, Ipv4Addr>,
    remembered: BTreeMap<Mac, Ipv4Addr>,
}

impl Pool {
    /// `first..=last`, less what is outside the subnet, its network and broadcast addresses, and the
    /// server's own.
    pub(super) fn new(settings: &Settings) -> Pool {
        let (low, high) = settings.hosts();
        let first = settings.first.max(low);
        let last = settings.last.min(high).min(Ipv4Addr::from_bits(first.to_bits().saturating_add(LARGEST - 1)));
        let mut free = Ranges::new(first, last);
        free.take(settings.server);
        let size = if first <= last { last.to_bits() - first.to_bits() + 1 } else { 0 };
        Pool { first: first.to_bits(), size, free, ..Pool::default() }
    }

    /// The address behind the last of the pool.
    pub(super) fn end(&self) -> Ipv4Addr {
        Ipv4Addr::from_bits(self.first.saturating_add(self.size))
    }

    pub(super) fn free(&self) -> &Ranges {
        &self.free
    }

    /// Whether this address is one of the pool's at all.
    pub(super) fn covers(&self, address: Ipv4Addr) -> bool {
        self.free.contains(address) || self.slots.contains_key(&address)
    }

    pub(super) fn hold(&self, address: Ipv4Addr) -> Option<&Hold> {
        self.slots.get(&address).map(|(hold, _)| hold)
    }

    /// The address offered or leased to a client.
    pub(super) fn of(&self, mac: Mac) -> Option<Ipv4Addr> {
        self.clients.get(&mac).copied()
    }

    /// How many clients hold an address.
    pub(super) fn clients(&self) -> usize {
        self.clients.len()
    }

    pub(super) fn leases(&self) -> impl Iterator<Item = &Lease> {
        self.slots.values().filter_map(|(hold, _)| match hold {
            Hold::Leased(lease) => Some(lease),
            _ => None,
        })
    }

    /// Whether a client without an address may get this one: free, or parked because this very
    /// client was seen using it.
    pub(super) fn is_open_to(&self, address: Ipv4Addr, mac: Mac) -> bool {
        self.free.contains(address) || self.hold(address) == Some(&Hold::Parked(Some(mac)))
    }

    /// The address for a new client: what it asks for, what it had before, or the first free one
    /// from where a hash of its MAC points among those that are swept, so that it gets the same after a restart.
    pub(super) fn choose(&self, mac: Mac, wanted: Option<Ipv4Addr>) -> Option<Ipv4Addr> {
        let before = self.remembered.get(&mac).copied();
        let preferred = [wanted, before].into_iter().flatten().find(|a| self.is_open_to(*a, mac));
        preferred.or_else(|| {
            let start = self.first + hash(mac).checked_rem(self.size.min(FIRST_CHOICE))?;
            self.free.at_or_after(Ipv4Addr::from_bits(start)).or_else(|| self.free.first())
        })
    }

    /// Puts a hold on an address of the pool, replacing what was there; a client's other address,
    /// if it has one, becomes free.
    pub(super) fn put(&mut self, address: Ipv4Addr, hold: Hold, until: Time) {
        if let Some(other) = hold.client().and_then(|mac| self.of(mac)) {
            self.take(other);
        }
        self.take(address);
        self.free.take(address);
        if let Some(mac) = hold.client() {
            self.clients.insert(mac, address);
        }
        self.ends.insert((until, address));
        self.slots.insert(address, (hold, until));
    }

    /// Makes an address free again.
    pub(super) fn take(&mut self, address: Ipv4Addr) -> Option<Hold> {
        let (hold, until) = self.slots.remove(&address)?;
        self.ends.remove(&(until, address));
        if let Some(mac) = hold.client() {
            self.clients.remove(&mac);
        }
        self.free.put(address);
        Some(hold)
    }

    /// Remembers that a client had an address.
    pub(super) fn remember(&mut self, mac: Mac, address: Ipv4Addr) {
        if self.remembered.len() >= REMEMBERED && !self.remembered.contains_key(&mac) {
            self.remembered.pop_first();
        }
        self.remembered.insert(mac, address);
    }

    pub(super) fn forget(&mut self, mac: Mac) {
        self.remembered.remove(&mac);
    }

    /// Takes one hold whose time is over.
    pub(super) fn take_ended(&mut self, now: Time) -> Option<(Ipv4Addr, Hold)> {
        let (until, address) = *self.ends.first()?;
        if now < until { None } else { self.take(address).map(|hold| (address, hold)) }
    }

    /// When the next hold ends, and what that means.
    pub(super) fn poll_timeout(&self) -> Option<(Time, &'static str)> {
        let (until, address) = *self.ends.first()?;
        let why = match self.hold(address)? {
            Hold::Offered(_) => "a DHCP offer runs out",
            Hold::Leased(_) => "a DHCP lease runs out",
            Hold::Parked(_) => "a parked address may be used again",
        };
        (until < Time::NEVER).then_some((until, why))
    }
}

/// FNV-1a, for its spread and because it will be the same in every version of this program.
fn hash(mac: Mac) -> u32 {
    mac.0.iter().fold(0x811c_9dc5, |h, b| (h ^ u32::from(*b)).wrapping_mul(0x0100_0193))
}
