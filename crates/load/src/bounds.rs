//! What Ringback must reach, and whether it did.

use serde::Serialize;

use crate::report::Results;
use crate::scenario::{Case, Scenario};
use crate::server::Kind;
use crate::stats::Spread;

/// A measurement that is this much below the reference still counts as equal: two runs of the same
/// server differ by as much.
pub(crate) const TOLERANCE: f64 = 0.05;

/// What a number is held against.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Test {
    /// The first metric, at least so many times that of this server; with the tolerance or without.
    Times(Kind, f64, bool),
    /// The median of the metric of this name, at most this.
    Median(&'static str, f64),
    /// The largest of the metric of this name, at most this.
    Worst(&'static str, f64),
    /// The smallest of the metric of this name, at least this.
    AtLeast(&'static str, f64),
}

/// A bound: which scenario, at which numbers of phones (all when none is named), and what.
///
/// CPU time is not bounded for a single phone: it is spent on going to sleep and waking up for each block.
#[derive(Clone, Copy, Debug)]
struct Bound {
    scenario: Scenario,
    phones: &'static [usize],
    test: Test,
}

const fn bound(scenario: Scenario, phones: &'static [usize], test: Test) -> Bound {
    Bound { scenario, phones, test }
}

const BOUNDS: &[Bound] = &[
    bound(Scenario::Tftp512, &[], Test::Times(Kind::Dnsmasq, 1.0, true)),
    bound(Scenario::Tftp512, &[32, 256, 1000], Test::Median("slowest_to_fastest", 1.3)),
    bound(Scenario::Tftp512, &[32, 256, 1000], Test::Median("cpu_s_per_gb", 12.0)),
    bound(Scenario::Tftp512, &[1000], Test::Worst("rss_mib", 32.0)),
    bound(Scenario::Tftp1428w8, &[], Test::Times(Kind::Dnsmasq, 2.0, false)),
    bound(Scenario::Tftp1428w8, &[], Test::Median("slowest_to_fastest", 1.3)),
    bound(Scenario::TftpSmall, &[], Test::Times(Kind::Dnsmasq, 1.0, true)),
    bound(Scenario::TftpBurst, &[], Test::Worst("retries", 0.0)),
    bound(Scenario::DhcpBurst, &[], Test::Worst("retries", 0.0)),
    bound(Scenario::DhcpBurst, &[], Test::Median("all_bound_s", 0.25)),
    bound(Scenario::DhcpRate, &[], Test::Times(Kind::Kea, 1.5, false)),
    bound(Scenario::HalfOpen, &[], Test::Worst("worst_s", 0.1)),
    bound(Scenario::HalfOpen, &[], Test::Worst("failed", 0.0)),
    bound(Scenario::HalfOpen, &[], Test::Worst("rss_mib", 64.0)),
    bound(Scenario::HalfOpen, &[], Test::Worst("freed_s", 45.0)),
    bound(Scenario::HalfOpen, &[], Test::Worst("rss_left_mib", 16.0)),
    bound(Scenario::Loss, &[], Test::Worst("sent_to_needed", 1.05)),
    bound(Scenario::Loss, &[], Test::AtLeast("first_repeat_s", 0.195)),
    bound(Scenario::Loss, &[], Test::Worst("first_repeat_s", 0.31)),
];

/// How a bound came out.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Verdict {
    /// The scenario and its size.
    pub(crate) case: Case,
    /// The bound, in words.
    pub(crate) bound: String,
    /// What was measured; `None` when there is nothing to hold it against.
    pub(crate) measured: Option<f64>,
    /// Whether it holds. What was not measured holds nothing and breaks nothing.
    pub(crate) holds: Option<bool>,
}

/// All bounds of a scenario, in words.
pub(crate) fn words(scenario: Scenario) -> Vec<String> {
    let of = BOUNDS.iter().filter(|bound| bound.scenario == scenario);
    let phones = |bound: &Bound| bound.phones.iter().map(usize::to_string).collect::<Vec<String>>().join(", ");
    of.map(|bound| match bound.phones {
        [] => bound.test.words(),
        _ => format!("{} phones: {}", phones(bound), bound.test.words()),
    })
    .collect()
}

/// Holds what was measured of a case against its bounds.
pub(crate) fn judge(case: &Case, results: &Results) -> Vec<Verdict> {
    let applies = |bound: &&Bound| {
        bound.scenario == case.scenario && (bound.phones.is_empty() || bound.phones.contains(&case.phones))
    };
    let verdict = |bound: &Bound| {
        let (measured, holds) = bound.test.judge(case, results);
        Verdict { case: case.clone(), bound: bound.test.words(), measured, holds }
    };
    BOUNDS.iter().filter(applies).map(verdict).collect()
}

impl Test {
    fn words(self) -> String {
        match self {
            Test::Times(kind, times, true) => {
                format!("at least {times} × {} (tolerance {:.0} %)", kind.name(), TOLERANCE * 100.0)
            }
            Test::Times(kind, times, false) => format!("at least {times} × {}", kind.name()),
            Test::Median(key, most) => format!("{key} at most {most} (median)"),
            Test::Worst(key, most) => format!("{key} at most {most} (every turn)"),
            Test::AtLeast(key, least) => format!("{key} at least {least} (every turn)"),
        }
    }

    fn judge(self, case: &Case, results: &Results) -> (Option<f64>, Option<bool>) {
        let values = |kind, key| results.values(case, kind, key);
        let spread = |key| Spread::of(&values(Kind::Ringback, key));
        let (measured, holds): (Option<f64>, fn(f64, f64) -> bool) = match self {
            Test::Times(kind, ..) => {
                let Some(first) = case.scenario.metrics().first() else { return (None, None) };
                let ratio = Spread::ratio(&values(Kind::Ringback, first.key), &values(kind, first.key));
                (ratio.map(|r| r.median), |value, limit| value >= limit)
            }
            Test::Median(key, _) => (spread(key).map(|s| s.median), |value, limit| value <= limit),
            Test::Worst(key, _) => (spread(key).map(|s| s.max), |value, limit| value <= limit),
            Test::AtLeast(key, _) => (spread(key).map(|s| s.min), |value, limit| value >= limit),
        };
        (measured, measured.map(|value| holds(value, self.limit())))
    }

    fn limit(self) -> f64 {
        match self {
            Test::Times(_, times, true) => times * (1.0 - TOLERANCE),
            Test::Times(_, limit, false) | Test::Median(_, limit) | Test::Worst(_, limit) | Test::AtLeast(_, limit) => {
                limit
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;

    fn results(case: &Case, ringback: &[f64], dnsmasq: &[f64]) -> Results {
        let mut results = Results::default();
        let sample = |value: f64| case.scenario.metrics().iter().map(|_| value).collect::<Vec<f64>>();
        for value in ringback {
            results.add(case, Kind::Ringback, sample(*value));
        }
        for value in dnsmasq {
            results.add(case, Kind::Dnsmasq, sample(*value));
        }
        results
    }

    #[test]
    fn every_bound_names_a_metric_of_its_scenario() {
        for bound in BOUNDS {
            if let Test::Median(key, _) | Test::Worst(key, _) | Test::AtLeast(key, _) = bound.test {
                assert!(bound.scenario.metrics().iter().any(|m| m.key == key), "{bound:?}");
            }
        }
        for scenario in Scenario::value_variants() {
            assert!(!words(*scenario).is_empty(), "{scenario:?}");
        }
    }

    #[test]
    fn equal_within_the_tolerance_holds_and_less_does_not() {
        let case = Case { scenario: Scenario::TftpSmall, phones: 64, quick: true };
        let holds = |ours: f64| judge(&case, &results(&case, &[ours], &[1.0])).first().and_then(|v| v.holds);
        assert_eq!((holds(0.96), holds(0.94)), (Some(true), Some(false)));
    }

    #[test]
    fn one_bad_turn_breaks_a_bound_on_every_turn() {
        let case = Case { scenario: Scenario::TftpBurst, phones: 1000, quick: true };
        let holds = |ours: &[f64]| judge(&case, &results(&case, ours, &[])).first().and_then(|v| v.holds);
        assert_eq!(holds(&[0.0, 0.0, 0.0]), Some(true));
        assert_eq!(holds(&[0.0, 0.0, 1.0]), Some(false));
        assert_eq!(holds(&[]), None, "what was not measured is not judged");
    }
}
