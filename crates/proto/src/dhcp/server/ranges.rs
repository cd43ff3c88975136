//! The free addresses of a pool, as disjoint ranges: finding, taking and giving back cost
//! O(log ranges), and an untouched pool of any size is one range.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

/// Disjoint ranges with a gap between any two: first address → last address.
#[derive(Debug, Clone, Default)]
pub(super) struct Ranges {
    map: BTreeMap<u32, u32>,
}

impl Ranges {
    /// From `first` to `last`, both inside; none when they are the wrong way round.
    pub(super) fn new(first: Ipv4Addr, last: Ipv4Addr) -> Ranges {
        let map = (first <= last).then(|| (first.to_bits(), last.to_bits()));
        Ranges { map: map.into_iter().collect() }
    }

    pub(super) fn contains(&self, address: Ipv4Addr) -> bool {
        self.around(address.to_bits()).is_some()
    }

    /// The first address at or after this one.
    pub(super) fn at_or_after(&self, address: Ipv4Addr) -> Option<Ipv4Addr> {
        if self.contains(address) {
            return Some(address);
        }
        self.map.range(address.to_bits()..).next().map(|(start, _)| Ipv4Addr::from_bits(*start))
    }

    pub(super) fn first(&self) -> Option<Ipv4Addr> {
        self.map.first_key_value().map(|(start, _)| Ipv4Addr::from_bits(*start))
    }

    /// Takes an address out, if it is there.
    pub(super) fn take(&mut self, address: Ipv4Addr) {
        let at = address.to_bits();
        let Some((start, end)) = self.around(at) else { return };
        self.map.remove(&start);
        if start < at {
            self.map.insert(start, at - 1);
        }
        if at < end {
            self.map.insert(at + 1, end);
        }
    }

    /// Puts an address back, joining it with its neighbours.
    pub(super) fn put(&mut self, address: Ipv4Addr) {
        let at = address.to_bits();
        if self.around(at).is_some() {
            return;
        }
        let before = at.checked_sub(1).and_then(|b| self.around(b)).map(|(start, _)| start);
        let after = at.checked_add(1).and_then(|a| self.map.remove(&a));
        self.map.insert(before.unwrap_or(at), after.unwrap_or(at));
    }

    fn around(&self, at: u32) -> Option<(u32, u32)> {
        self.map.range(..=at).next_back().map(|(s, e)| (*s, *e)).filter(|(_, end)| at <= *end)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn ip(last: u8) -> Ipv4Addr {
        Ipv4Addr::new(10, 0, 0, last)
    }

    #[test]
    fn the_ends_of_the_address_space_do_not_wrap() {
        let mut all = Ranges::new(Ipv4Addr::UNSPECIFIED, Ipv4Addr::BROADCAST);
        for end in [Ipv4Addr::UNSPECIFIED, Ipv4Addr::BROADCAST] {
            all.take(end);
            assert!(!all.contains(end));
            all.put(end);
            assert!(all.contains(end));
        }
        assert_eq!(all.map.len(), 1);
        assert_eq!(Ranges::new(ip(2), ip(1)).first(), None);
    }

    proptest! {
        /// The same as a plain set of addresses, and never two ranges side by side.
        #[test]
        fn behaves_like_a_set(steps in prop::collection::vec((any::<bool>(), 0u8..24), 0..80), ask in 0u8..24) {
            let mut ranges = Ranges::new(ip(2), ip(20));
            let mut set: BTreeSet<Ipv4Addr> = (2..=20).map(ip).collect();
            for (take, last) in steps {
                if take {
                    ranges.take(ip(last));
                    set.remove(&ip(last));
                } else {
                    ranges.put(ip(last));
                    set.insert(ip(last));
                }
            }
            prop_assert_eq!(ranges.contains(ip(ask)), set.contains(&ip(ask)));
            prop_assert_eq!(ranges.at_or_after(ip(ask)), set.range(ip(ask)..).next().copied());
            prop_assert_eq!(ranges.first(), set.first().copied());
            let ends: Vec<_> = ranges.map.iter().collect();
            prop_assert!(ends.windows(2).all(|w| *w[0].1 + 1 < *w[1].0));
        }
    }
}
