//! Which addresses are known to be used by nobody: ARP probes, sent ahead of time so that a row of
//! phones powered up together does not wait for them.
//!
//! A probe that stays unanswered clears its address for a while. Only so many are out at once, and
//! probes somebody waits for do not wait for those of the sweep. Not here: what happens to an address in use.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::Ipv4Addr;
use std::time::Duration;

use super::ranges::Ranges;
use crate::Time;

/// How long an answer is waited for.
const WAIT: Duration = Duration::from_millis(200);
/// How long an address counts as clear after an unanswered probe.
const CLEAR_FOR: Duration = Duration::from_secs(600);
/// Pause between sweeps, shorter than [`CLEAR_FOR`] so that clearance does not lapse between them.
const SWEEP_EVERY: Duration = Duration::from_secs(540);
/// Probes of the sweep sent at once, and how soon the next ones follow: what a cable carries beside its other
/// traffic, and fast enough to stay ahead of phones that take addresses as quickly as they can be given.
const SLICE: usize = 256;
const SLICE_EVERY: Duration = Duration::from_millis(5);
/// Probes out at once when clients wait for them: more than the sweep ever has.
const WANTED_MOST: usize = 16_384;

/// What is known, being asked, and to be asked.
#[derive(Debug, Clone)]
pub(super) struct Clearance {
    clear_until: BTreeMap<Ipv4Addr, Time>,
    asking: BTreeSet<Ipv4Addr>,
    /// `asking` in order of time; what is no longer in `asking` is void.
    due: VecDeque<(Time, Ipv4Addr)>,
    wanted: VecDeque<Ipv4Addr>,
    is_wanted: BTreeSet<Ipv4Addr>,
    sweep_from: Option<Ipv4Addr>,
    sweep_end: Ipv4Addr,
    /// When the sweep's next slice begins, and what is left of the one under way.
    next_slice: Time,
    slice_left: usize,
    next_sweep: Option<Time>,
}

impl Default for Clearance {
    /// Nothing known, nothing asked.
    fn default() -> Clearance {
        Clearance {
            clear_until: BTreeMap::new(),
            asking: BTreeSet::new(),
            due: VecDeque::new(),
            wanted: VecDeque::new(),
            is_wanted: BTreeSet::new(),
            sweep_from: None,
            sweep_end: Ipv4Addr::UNSPECIFIED,
            next_slice: Time::ZERO,
            slice_left: 0,
            next_sweep: None,
        }
    }
}

impl Clearance {
    /// Begins a sweep of the free addresses before `end`.
    pub(super) fn sweep(&mut self, now: Time, end: Ipv4Addr) {
        self.sweep_from = Some(Ipv4Addr::UNSPECIFIED);
        self.sweep_end = end;
        self.next_sweep = Some(now + SWEEP_EVERY);
    }

    /// Forgets everything known: the cable may lead elsewhere now.
    pub(super) fn forget_all(&mut self) {
        self.clear_until.clear();
        self.asking.clear();
        self.due.clear();
    }

    pub(super) fn is_clear(&self, now: Time, address: Ipv4Addr) -> bool {
        self.clear_until.get(&address).is_some_and(|until| now < *until)
    }

    pub(super) fn set_clear(&mut self, now: Time, address: Ipv4Addr) {
        self.clear_until.insert(address, now + CLEAR_FOR);
    }

    /// Somebody waits for this address.
    pub(super) fn want(&mut self, address: Ipv4Addr) {
        if !self.asking.contains(&address) && self.is_wanted.insert(address) {
            self.wanted.push_back(address);
        }
    }

    /// The address is in use, or was: nothing is known about its being free.
    pub(super) fn forget(&mut self, address: Ipv4Addr) {
        self.clear_until.remove(&address);
        self.asking.remove(&address);
    }

    /// The next address to ask about now, if any.
    pub(super) fn next_probe(&mut self, now: Time, free: &Ranges) -> Option<Ipv4Addr> {
        // Somebody waits: that does not stand in line behind the sweep.
        let wanted = if self.asking.len() < WANTED_MOST { self.next_wanted() } else { None };
        let address = match wanted {
            Some(address) => address,
            None => self.next_of_slice(now, free)?,
        };
        self.asking.insert(address);
        self.due.push_back((now + WAIT, address));
        Some(address)
    }

    /// One address whose probe was not answered in time; it is clear now.
    pub(super) fn next_unanswered(&mut self, now: Time) -> Option<Ipv4Addr> {
        while let Some((_, address)) = self.due.pop_front_if(|(at, _)| *at <= now) {
            if self.asking.remove(&address) {
                self.set_clear(now, address);
                return Some(address);
            }
        }
        None
    }

    /// Whether the next sweep should begin.
    pub(super) fn sweep_is_due(&self, now: Time) -> bool {
        self.next_sweep.is_some_and(|at| at <= now)
    }

    pub(super) fn poll_timeout(&self) -> Option<(Time, &'static str)> {
        let probe = self.due.front().map(|(at, _)| (*at, "waiting for an ARP answer"));
        let sweep = self.next_sweep.map(|at| (at, "the pool is to be probed by ARP again"));
        let slice = self.sweep_from.map(|_| (self.next_slice, "the pool is being probed by ARP"));
        [probe, sweep, slice].into_iter().flatten().min()
    }

    fn next_wanted(&mut self) -> Option<Ipv4Addr> {
        let address = self.wanted.pop_front()?;
        self.is_wanted.remove(&address);
        Some(address)
    }

    fn next_of_slice(&mut self, now: Time, free: &Ranges) -> Option<Ipv4Addr> {
        if self.slice_left == 0 {
            if self.sweep_from.is_none() || now < self.next_slice {
                return None;
            }
            self.next_slice = now + SLICE_EVERY;
            self.slice_left = SLICE;
        }
        let address = self.next_swept(now, free)?;
        self.slice_left -= 1;
        Some(address)
    }

    fn next_swept(&mut self, now: Time, free: &Ranges) -> Option<Ipv4Addr> {
        loop {
            let Some(address) = free.at_or_after(self.sweep_from?).filter(|a| *a < self.sweep_end) else {
                self.sweep_from = None;
                return None;
            };
            self.sweep_from = address.to_bits().checked_add(1).map(Ipv4Addr::from_bits);
            // Cleared not long ago, or being asked about: not twice.
            let fresh = self.clear_until.get(&address).is_some_and(|until| until.since(now) > CLEAR_FOR / 2);
            if !fresh && !self.asking.contains(&address) {
                return Some(address);
            }
        }
    }
}
