//! A cable that loses, repeats, delays and swaps packets, the same way each time for the same seed.
//!
//! Each direction draws its own numbers, so what one side sends does not change the other side's luck.
//! Bits are never flipped: Ethernet's check sequence turns that into loss.

use std::collections::BTreeMap;
use std::time::Duration;

use proto::Time;
use serde::Deserialize;

use crate::Wire;
use crate::rng::Rng;

/// What is wrong with a cable, as a scenario file says it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CableSpec {
    /// From the bench to the phone.
    pub to_phone: Faults,
    /// From the phone to the bench.
    pub from_phone: Faults,
    /// When it is pulled, in seconds since start.
    #[serde(deserialize_with = "crate::seconds::option")]
    pub cut_at: Option<Duration>,
    /// When it is back.
    #[serde(deserialize_with = "crate::seconds::option")]
    pub mended_at: Option<Duration>,
    /// When the bench's end is put in. Until then the phone hangs on a switch, and the bench hears nothing of it.
    #[serde(deserialize_with = "crate::seconds::option")]
    pub bench_at: Option<Duration>,
    /// Its luck.
    pub seed: u64,
}

/// What happens to packets in one direction. Chances are of 1000.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// Lost.
    pub drop: u16,
    /// Delivered twice.
    pub duplicate: u16,
    /// Overtaken by what comes behind.
    pub reorder: u16,
    /// Time on the way, in seconds.
    #[serde(deserialize_with = "crate::seconds::deserialize")]
    pub delay: Duration,
    /// Up to this much longer on the way; order is kept.
    #[serde(deserialize_with = "crate::seconds::deserialize")]
    pub jitter: Duration,
}

/// The two ends of a cable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum End {
    Phone,
    Bench,
}

/// What comes out of a cable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// A packet at this end.
    Wire {
        /// Where.
        to: End,
        /// What.
        wire: Wire,
    },
    /// The link comes (true) or goes at both ends.
    Link(bool),
}

/// The cable.
#[derive(Clone, Debug)]
pub struct Cable {
    to_phone: Direction,
    from_phone: Direction,
    cut_at: Time,
    mended_at: Time,
    bench_at: Time,
    /// By the time of arrival, then in the order of sending.
    flying: BTreeMap<(Time, u64), Delivery>,
    count: u64,
}

#[derive(Clone, Debug)]
struct Direction {
    faults: Faults,
    rng: Rng,
    /// When the last packet that keeps its place arrives.
    last: Time,
}

/// How much longer a packet is on its way that is to be overtaken.
const OVERTAKEN: Duration = Duration::from_millis(20);

impl Cable {
    /// A cable.
    pub fn new(spec: &CableSpec) -> Cable {
        let direction = |faults, seed| Direction { faults, rng: Rng::new(seed), last: Time::ZERO };
        let at = |when: Option<Duration>| when.map_or(Time::NEVER, |span| Time::ZERO + span);
        let mut cable = Cable {
            to_phone: direction(spec.to_phone, spec.seed.wrapping_mul(2)),
            from_phone: direction(spec.from_phone, spec.seed.wrapping_mul(2).wrapping_add(1)),
            cut_at: at(spec.cut_at),
            mended_at: at(spec.mended_at),
            bench_at: Time::ZERO + spec.bench_at.unwrap_or_default(),
            flying: BTreeMap::new(),
            count: 0,
        };
        for (at, up) in [(cable.cut_at, false), (cable.mended_at, true)] {
            if at < Time::NEVER {
                cable.fly(at, Delivery::Link(up));
            }
        }
        cable
    }

    /// Whether it is pulled out now.
    pub fn is_cut(&self, now: Time) -> bool {
        self.cut_at <= now && now < self.mended_at.max(self.cut_at)
    }

    /// Something is sent at one end.
    pub fn carry(&mut self, now: Time, from: End, wire: Wire) {
        let (way, to) = match from {
            End::Bench => (&mut self.to_phone, End::Phone),
            End::Phone => (&mut self.from_phone, End::Bench),
        };
        let Faults { drop, duplicate, reorder, delay, jitter } = way.faults;
        // All are drawn for every packet, so that one fate does not shift the next packet's.
        let lost = way.rng.chance(drop);
        let twice = way.rng.chance(duplicate);
        let late = way.rng.chance(reorder);
        let arrival = now + delay + way.rng.span(jitter);
        let arrival = if late {
            arrival + OVERTAKEN + jitter
        } else {
            way.last = way.last.max(arrival);
            way.last
        };
        if lost || now < self.bench_at || self.is_cut(now) {
            return;
        }
        if twice {
            self.fly(arrival, Delivery::Wire { to, wire: wire.clone() });
        }
        self.fly(arrival, Delivery::Wire { to, wire });
    }

    /// The next thing that has arrived by now.
    pub fn poll(&mut self, now: Time) -> Option<Delivery> {
        loop {
            let first = self.flying.first_entry()?;
            let arrival = first.key().0;
            if arrival > now {
                return None;
            }
            let delivery = first.remove();
            // What was on its way when the cable was pulled is lost.
            if matches!(delivery, Delivery::Link(_)) || !self.is_cut(arrival) {
                return Some(delivery);
            }
        }
    }

    /// When to call [`Cable::poll`], and why.
    pub fn poll_timeout(&self) -> Option<(Time, &'static str)> {
        self.flying.keys().next().map(|(at, _)| (*at, "on the cable"))
    }

    fn fly(&mut self, at: Time, delivery: Delivery) {
        self.flying.insert((at, self.count), delivery);
        self.count += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn numbered(n: u8) -> Wire {
        Wire::Frame(vec![n])
    }

    /// Sends `count` packets a millisecond apart and tells when each came out.
    fn through(spec: &CableSpec, count: u8) -> Vec<(Time, Delivery)> {
        let mut cable = Cable::new(spec);
        for n in 0..count {
            cable.carry(Time::from_millis(n.into()), End::Phone, numbered(n));
        }
        let mut out = Vec::new();
        while let Some((at, _)) = cable.poll_timeout() {
            out.extend(cable.poll(at).map(|d| (at, d)));
        }
        out
    }

    fn numbers(out: &[(Time, Delivery)]) -> Vec<u8> {
        let number = |d: &Delivery| match d {
            Delivery::Wire { to: End::Bench, wire: Wire::Frame(bytes) } => Some(bytes[0]),
            _ => None,
        };
        out.iter().filter_map(|(_, d)| number(d)).collect()
    }

    #[test]
    fn a_good_cable_delivers_everything_in_order_at_once() {
        let out = through(&CableSpec::default(), 100);
        assert_eq!(numbers(&out), (0..100).collect::<Vec<u8>>());
        assert_eq!(out[7].0, Time::from_millis(7));
    }

    #[test]
    fn before_the_bench_is_on_it_nothing_is_heard() {
        let spec = CableSpec { bench_at: Some(Duration::from_millis(40)), ..CableSpec::default() };
        assert_eq!(numbers(&through(&spec, 100)), (40..100).collect::<Vec<u8>>());
    }

    #[test]
    fn the_same_seed_gives_the_same_troubles() {
        let faults =
            Faults { drop: 100, duplicate: 100, reorder: 100, delay: Duration::from_millis(2), jitter: OVERTAKEN };
        let spec = CableSpec { from_phone: faults, seed: 3, ..CableSpec::default() };
        let out = through(&spec, 250);
        assert_eq!(out, through(&spec, 250));
        assert_ne!(out, through(&CableSpec { seed: 4, ..spec }, 250));
        let got = numbers(&out);
        assert!((0..250).any(|n| !got.contains(&n)), "some are lost");
        assert!((0..250).any(|n| got.iter().filter(|g| **g == n).count() == 2), "some come twice");
        assert!(!got.is_sorted(), "some are overtaken");
    }

    #[test]
    fn a_cut_cable_carries_nothing_until_it_is_mended() {
        let faults = Faults { delay: Duration::from_millis(3), ..Faults::default() };
        let (cut, mend) = (Duration::from_millis(10), Duration::from_millis(20));
        let spec = CableSpec { from_phone: faults, cut_at: Some(cut), mended_at: Some(mend), ..CableSpec::default() };
        let out = through(&spec, 30);
        assert_eq!(numbers(&out), (0..7).chain(20..30).collect::<Vec<u8>>());
        let links: Vec<_> = out.iter().filter(|(_, d)| matches!(d, Delivery::Link(_))).collect();
        assert_eq!(
            links,
            [&(Time::from_millis(10), Delivery::Link(false)), &(Time::from_millis(20), Delivery::Link(true))]
        );
    }

    #[test]
    fn a_scenario_file_says_it_in_a_few_words() {
        let spec: CableSpec = toml::from_str("cut_at = 5\nfrom_phone = { drop = 50, delay = 0.01 }").unwrap();
        assert_eq!(spec.cut_at, Some(Duration::from_secs(5)));
        assert_eq!(spec.from_phone.delay, Duration::from_millis(10));
        assert_eq!(spec.mended_at, None);
    }

    proptest! {
        #[test]
        fn nothing_is_invented(drop in 0u16..=1000, reorder in 0u16..=1000, jitter in 0u64..30, seed: u64) {
            let faults = Faults { drop, reorder, jitter: Duration::from_millis(jitter), ..Faults::default() };
            let spec = CableSpec { from_phone: faults, seed, ..CableSpec::default() };
            let mut got = numbers(&through(&spec, 100));
            if reorder == 0 {
                prop_assert!(got.is_sorted());
            }
            got.sort_unstable();
            got.dedup();
            prop_assert!(got.len() <= 100 && got.iter().all(|n| *n < 100));
            if drop == 0 {
                prop_assert_eq!(got.len(), 100);
            }
        }
    }
}
