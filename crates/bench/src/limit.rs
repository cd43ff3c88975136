//! Bounding the journal: one station can be kept busy writing, the disk cannot.

use std::collections::BTreeMap;
use std::time::Duration;

use proto::{Mac, Time};

/// Observations a second that one phone may cause in the long run, and all strangers together.
const PHONE_RATE: u64 = 50;
const STRANGER_RATE: u64 = 200;
/// How many at once.
const PHONE_BURST: u64 = 500;
const STRANGER_BURST: u64 = 4_000;
/// Phones told apart, as many as a pool can have addresses; beyond that all further ones share one bucket.
const PHONES: usize = 65_536;
/// After this long a bucket is full again and need not be kept.
const REFILL: Duration = Duration::from_secs(PHONE_BURST / PHONE_RATE);

/// Token buckets, one a phone and one for all strangers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Limiter {
    buckets: BTreeMap<Option<Mac>, (Time, u64)>,
    /// When buckets that are full again may be looked for.
    sweep_at: Time,
    unkept: u64,
}

impl Limiter {
    /// Whether one more observation of this sender is kept. Microtokens, so that slow rates add up.
    pub(crate) fn admit(&mut self, now: Time, phone: Option<Mac>) -> bool {
        if self.buckets.len() >= PHONES && now >= self.sweep_at {
            self.sweep_at = now + Duration::from_secs(1);
            self.buckets.retain(|phone, (last, _)| phone.is_none() || now.since(*last) < REFILL);
        }
        let phone = phone.filter(|p| self.buckets.len() < PHONES || self.buckets.contains_key(&Some(*p)));
        let (rate, burst) = if phone.is_some() { (PHONE_RATE, PHONE_BURST) } else { (STRANGER_RATE, STRANGER_BURST) };
        let full = burst * 1_000_000;
        let (last, tokens) = self.buckets.entry(phone).or_insert((now, full));
        let earned = u64::try_from(now.since(*last).as_micros()).unwrap_or(u64::MAX).saturating_mul(rate);
        *tokens = tokens.saturating_add(earned).min(full);
        *last = now;
        if *tokens < 1_000_000 {
            self.unkept += 1;
            return false;
        }
        *tokens -= 1_000_000;
        true
    }

    /// How many were not kept since the last call.
    pub(crate) fn take_unkept(&mut self) -> u64 {
        std::mem::take(&mut self.unkept)
    }

    /// Whether some were not kept.
    pub(crate) fn has_unkept(&self) -> bool {
        self.unkept > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_kept_and_a_flood_is_counted() {
        let mut limiter = Limiter::default();
        let kept = (0..100_000).filter(|_| limiter.admit(Time::ZERO, None)).count() as u64;
        assert_eq!(kept, STRANGER_BURST);
        assert_eq!(limiter.take_unkept(), 100_000 - STRANGER_BURST);
        assert!(limiter.admit(Time::ZERO, Some(Mac([0, 1, 2, 3, 4, 5]))), "a phone has its own bucket");
        assert!(limiter.admit(Time::from_secs(1), None), "a second later there is room again");
    }

    #[test]
    fn phones_of_long_ago_make_room_for_others() {
        let mut limiter = Limiter::default();
        let phone = |n: usize| Some(Mac([6, 0, 0, 0, (n >> 8) as u8, n as u8]));
        for n in 0..PHONES {
            assert!(limiter.admit(Time::ZERO, phone(n)));
        }
        let later = Time::ZERO + REFILL;
        let kept = (0..PHONE_BURST * 2).filter(|_| limiter.admit(later, phone(PHONES))).count() as u64;
        assert_eq!((kept, limiter.buckets.len()), (PHONE_BURST, 1), "it has a bucket of its own");
    }
}
