//! No finding that nobody expects: over all healthy scenarios, and over a thousand others made of the kept ones with
//! other luck: a worse cable, other times, another seed.
//!
//! What may be found is data: what the scenario itself says must come up. Bad luck may keep a finding from coming up
//! in time; it must not make one up.

use std::collections::{BTreeMap, BTreeSet};

use profile::Profiles;
use proto::Mac;
use sim::CableSpec;
use sim::faults::Faults;
use sim::scenario::{BUILT_IN, Scenario};

/// Runs of the seeded part.
const RUNS: u64 = 1_000;
fn profiles() -> Profiles {
    let (profiles, problems) = Profiles::built_in();
    assert!(problems.is_empty(), "{problems:?}");
    profiles
}

fn scenarios() -> Vec<(&'static str, Scenario)> {
    let parse = |(name, text): &(&'static str, &str)| {
        (*name, Scenario::parse(text).unwrap_or_else(|e| panic!("scenarios/{name}.toml: {e}")))
    };
    BUILT_IN.iter().map(parse).collect()
}

/// A generator of numbers for tests: the same every time.
struct Luck(u64);

impl Luck {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n.max(1)
    }
}

/// The codes that a run found, by phone.
fn found(scenario: &Scenario, profiles: &Profiles) -> BTreeMap<Mac, BTreeSet<String>> {
    let mut found: BTreeMap<Mac, BTreeSet<String>> = BTreeMap::new();
    for row in scenario.run(profiles).rows {
        found.entry(row.mac).or_default().extend(row.findings);
    }
    found
}

#[test]
fn a_healthy_phone_has_no_finding() {
    let profiles = profiles();
    let healthy: Vec<_> = scenarios().into_iter().filter(|(name, _)| name.starts_with("healthy")).collect();
    assert!(healthy.len() >= 15, "{}", healthy.len());
    for (name, scenario) in healthy {
        assert!(scenario.places.iter().all(|p| p.must.findings.is_empty()), "{name} is called healthy");
        let found = found(&scenario, &profiles);
        assert!(found.values().all(BTreeSet::is_empty), "{name}: {found:?}");
    }
}

#[test]
fn a_thousand_times_other_luck_makes_no_finding_up() {
    let profiles = profiles();
    let scenarios = scenarios();
    let (mut wrong, mut luck) = (Vec::new(), Luck(20_261_122));
    // That a scenario with its own luck finds what it must is what tests/scenarios.rs is about.
    let mut usual = vec![None; scenarios.len()];
    for run in 0..RUNS {
        let at = usize::try_from(luck.below(scenarios.len() as u64)).unwrap_or(0);
        let (name, mut scenario) = scenarios[at].clone();
        // Long waits of virtual time say nothing more about findings.
        scenario.limit = scenario.limit.min(std::time::Duration::from_secs(3_600));
        let fault = |luck: &mut Luck| Faults {
            drop: u16::try_from(luck.below(8)).unwrap_or(0),
            duplicate: u16::try_from(luck.below(10)).unwrap_or(0),
            reorder: u16::try_from(luck.below(10)).unwrap_or(0),
            delay: std::time::Duration::from_micros(luck.below(3_000)),
            jitter: std::time::Duration::from_micros(luck.below(3_000)),
        };
        for place in &mut scenario.places {
            // A cable that the scenario itself spoils stays as it is.
            if place.cable == CableSpec::default() {
                place.cable = CableSpec {
                    to_phone: fault(&mut luck),
                    from_phone: fault(&mut luck),
                    seed: run,
                    ..place.cable.clone()
                };
            }
        }
        let known = usual[at].get_or_insert_with(|| found(&scenarios[at].1, &profiles)).clone();
        for (mac, codes) in found(&scenario, &profiles) {
            let must = scenario
                .places
                .iter()
                .filter(|p| p.is.mac() == mac)
                .flat_map(|p| p.must.findings.iter().chain(&p.must.may));
            let expected: BTreeSet<&String> = must.chain(known.get(&mac).into_iter().flatten()).collect();
            let more: Vec<&String> = codes.iter().filter(|c| !expected.contains(c)).collect();
            if !more.is_empty() {
                wrong.push(format!("run {run}, {name}: {more:?} for {mac}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {RUNS} runs:\n{}", wrong.len(), wrong.join("\n"));
}
