//! The way to a phone of another subnet: an address beside the phone's that nobody has, asked about by ARP, taken by
//! the host, and given back when the phone's procedure ends.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::time::Duration;

use proto::ethernet::Arp;
use proto::{Mac, Time};

use super::Work;
use crate::bench::Bench;
use crate::observe::Seen;
use crate::output::Output;

/// For somebody to say that an address is taken already.
const ARP_WAIT: Duration = Duration::from_secs(1);
/// Addresses tried before giving up.
const CANDIDATES: u8 = 8;

/// How far the way to the phone is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// It is in the bench's own subnet, or the interface has an address for it.
    Open,
    /// This address is asked about by ARP until then.
    Asking(Ipv4Addr, Time, u8),
    /// The host was asked to take this address.
    Making(Ipv4Addr),
}

impl Bench {
    /// The host has made a way to a phone, or could not.
    pub(crate) fn web_reached(&mut self, now: Time, phone_at: Ipv4Addr, address: Ipv4Addr, failed: Option<String>) {
        let found = self.web.work.iter().find(|(_, w)| w.phone_at == phone_at && w.way == Way::Making(address));
        let Some(phone) = found.map(|(mac, _)| *mac) else { return };
        let made = failed.is_none();
        let seen = Seen::HostAddress { address, reaches: phone_at, added: made, failed: failed.clone() };
        self.observe(now, Some(phone), seen);
        if let Some(why) = failed {
            return self.web_over(now, phone, &format!("no way to it could be made: {why}"));
        }
        self.web.reached.insert(phone_at, (address, phone));
        if let Some(work) = self.web.work.get_mut(&phone) {
            work.way = Way::Open;
        }
        self.web_step(now, phone);
    }

    /// Somebody says by ARP that it has an address: perhaps one that was about to be taken.
    pub(crate) fn web_arp(&mut self, now: Time, address: Ipv4Addr) {
        let asking = |w: &Work| matches!(w.way, Way::Asking(candidate, ..) if candidate == address);
        let Some((mac, work)) = self.web.work.iter_mut().find(|(_, w)| asking(w)) else { return };
        let mac = *mac;
        if let Way::Asking(_, _, nth) = work.way {
            self.web_ask_candidate(now, mac, nth + 1);
        }
    }

    pub(super) fn is_near(&self, address: Ipv4Addr) -> bool {
        let mask = u32::MAX.checked_shl(32 - u32::from(self.config.prefix.min(32))).unwrap_or(0);
        address.to_bits() & mask == self.config.server.to_bits() & mask
    }

    /// Asks whether the n-th address beside the phone's is free.
    pub(super) fn web_ask_candidate(&mut self, now: Time, phone: Mac, nth: u8) {
        let Some(work) = self.web.work.get_mut(&phone) else { return };
        let phone_at = work.phone_at;
        let [a, b, c, d] = phone_at.octets();
        let taken: BTreeSet<Ipv4Addr> = self.web.reached.keys().copied().collect();
        // The same address serves all phones of one subnet.
        let shared = self.web.reached.values().map(|r| r.0).find(|own| own.octets()[..3] == [a, b, c]);
        let below = |n: u8| Ipv4Addr::new(a, b, c, if d > n { d - n } else { 254 - n });
        let candidate = (nth..nth.saturating_add(8)).map(below).find(|x| *x != phone_at && !taken.contains(x));
        let Some(candidate) = candidate.filter(|_| nth <= CANDIDATES) else {
            return self.web_over(now, phone, "every address beside it is taken");
        };
        if let Some(own) = shared {
            work.way = Way::Making(own);
            return self.tell(Output::Reach { phone: phone_at, address: own });
        }
        work.way = Way::Asking(candidate, now + ARP_WAIT, nth);
        if self.config.frames {
            let frame = Arp::probe(self.config.mac, candidate).emit_frame();
            self.tell(Output::Frame(frame));
        }
    }

    /// Takes back every address that was taken for phones; when a phone's procedure ends, its own.
    pub(crate) fn web_unreach(&mut self, now: Time, phone: Option<Mac>) {
        let all: Vec<(Ipv4Addr, Ipv4Addr)> = self
            .web
            .reached
            .iter()
            .filter(|(_, (_, of))| phone.is_none_or(|p| p == *of))
            .map(|(at, (own, _))| (*at, *own))
            .collect();
        for (at, own) in all {
            self.web.reached.remove(&at);
            self.tell(Output::Unreach { phone: at, address: own });
            let seen = Seen::HostAddress { address: own, reaches: at, added: false, failed: None };
            self.observe(now, phone, seen);
        }
    }
}
