//! Addresses: a burst, and as many as a server can give.

use std::time::Duration;

use anyhow::Result;

use super::{Bench, Case, Metric, metric, mib};
use crate::dhcp::crowd::{self, Job};
use crate::server::Kind;

/// `dhcp-burst`.
pub(super) const BURST: &[Metric] = &[
    metric("all_bound_s", "all bound s", 3),
    metric("retries", "lost messages", 0),
    metric("drops", "dropped at server", 0),
    metric("cpu_ms", "CPU ms", 0),
    metric("rss_mib", "RSS +MiB", 1),
];
/// `dhcp-rate`.
pub(super) const RATE: &[Metric] = &[
    metric("leases_per_s", "leases/s", 0),
    metric("cpu_us_per_lease", "CPU µs/lease", 0),
    metric("retries", "retries", 0),
    metric("drops", "dropped at server", 0),
    metric("rss_mib", "RSS +MiB", 1),
];

/// Fewer than the pool has, so that running out of addresses is not what is measured.
const MOST: u32 = 40_000;
const LIMIT: Duration = Duration::from_secs(30);

pub(super) fn burst(bench: &mut Bench<'_>, kind: Kind, case: &Case) -> Result<Vec<f64>> {
    let phones = u32::try_from(case.phones)?;
    let job = Job { outstanding: phones, most: phones, newcomers: Duration::ZERO, limit: LIMIT };
    let (outcome, numbers) = play(bench, kind, job)?;
    Ok([vec![outcome.took.as_secs_f64(), f64::from(outcome.retries)], numbers.to_vec()].concat())
}

pub(super) fn rate(bench: &mut Bench<'_>, kind: Kind, case: &Case) -> Result<Vec<f64>> {
    let newcomers = Duration::from_millis(if case.quick { 1000 } else { 3000 });
    let job = Job { outstanding: u32::try_from(case.phones)?, most: MOST, newcomers, limit: LIMIT };
    let (outcome, [drops, cpu, rss]) = play(bench, kind, job)?;
    let bound = f64::from(outcome.bound);
    Ok(vec![bound / outcome.took.as_secs_f64(), cpu * 1e3 / bound, f64::from(outcome.retries), drops, rss])
}

/// What came of it; then drops, CPU milliseconds and MiB of the server.
fn play(bench: &mut Bench<'_>, kind: Kind, job: Job) -> Result<(crowd::Outcome, [f64; 3])> {
    let file = bench.content.file(1024)?;
    let mut server = bench.start(kind, &file)?;
    let outcome = crowd::run(job)?.whole()?;
    server.still_runs()?;
    let (idle, after) = (server.idle, server.usage());
    let cpu = (after.cpu - idle.cpu).as_secs_f64() * 1e3;
    Ok((outcome, [(after.drops - idle.drops) as f64, cpu, mib(after.peak - idle.rss)]))
}
