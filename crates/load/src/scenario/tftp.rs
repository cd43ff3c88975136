//! Files, with nothing lost: throughput, small files, a burst.

use std::time::Duration;

use anyhow::Result;

use super::{Bench, Case, Metric, Prepared, metric, mib};
use crate::content;
use crate::procfs::Usage;
use crate::server::{Kind, Server};
use crate::tftp::fleet;
use crate::tftp::job::{Job, Outcome, Rounds};
use crate::tftp::packet::BLOCK;

/// (bytes a block, blocks an acknowledgement)
pub(super) type Shape = (usize, u16);
/// RFC 1350's.
pub(super) const LOCK_STEP: Shape = (BLOCK, 1);
/// What the servers are asked for in `tftp-1428w8`.
pub(super) const WINDOWED: Shape = (1428, 8);

/// `tftp-512` and `tftp-1428w8`.
pub(super) const THROUGHPUT: &[Metric] = &[
    metric("mb_per_s", "MB/s", 1),
    metric("slowest_to_fastest", "slowest÷fastest", 2),
    metric("cpu_s_per_gb", "CPU s/GB", 2),
    metric("rss_mib", "RSS +MiB", 1),
    metric("retries", "retries", 0),
    metric("seconds", "s", 1),
];
/// `tftp-small`.
pub(super) const SMALL: &[Metric] = &[
    metric("files_per_s", "files/s", 0),
    metric("cpu_us_per_file", "CPU µs/file", 0),
    metric("rss_mib", "RSS +MiB", 1),
    metric("retries", "retries", 0),
];
/// `tftp-burst`.
pub(super) const BURST: &[Metric] = &[
    metric("first_block_s", "all answered s", 3),
    metric("retries", "lost requests", 0),
    metric("drops", "dropped at server", 0),
    metric("seconds", "all done s", 2),
    metric("rss_mib", "RSS +MiB", 1),
];

/// Requests that may be unanswered while phones come up one after the other.
const OPENING: usize = 128;
const SMALL_FILE: usize = 4096;
const BURST_FILE: usize = 32 * 1024;
const LIMIT: Duration = Duration::from_secs(60);

fn job<'a>(bench: &'a Bench<'_>, name: &'a str, size: usize, phones: usize, shape: Shape) -> Job<'a> {
    let (blksize, window) = shape;
    Job {
        name,
        content: bench.content.first(size),
        blksize,
        window,
        phones,
        rounds: Rounds::Each(1),
        opening: OPENING,
        lose_one_in: 0,
        limit: LIMIT,
    }
}

/// Sizes with which a turn takes about three seconds, or half a one.
pub(super) fn calibrate(bench: &mut Bench<'_>, yardstick: Kind, case: &Case, shape: Shape) -> Result<Prepared> {
    bench.lab.address_phones(true)?;
    let size = 256 * 1024;
    let name = bench.content.file(size)?;
    let _server = bench.start(yardstick, &name)?;
    let time = Duration::from_millis(500);
    let job = Job { rounds: Rounds::For(time), ..job(bench, &name, size, case.phones, shape) };
    let outcome = fleet::run(&job)?.whole()?;
    let seconds = if case.quick { 0.7 } else { 3.0 };
    let each = outcome.bytes as f64 / outcome.took.as_secs_f64() * seconds / case.phones as f64;
    Ok(sizes(each as usize))
}

/// A file that ends within a block, and how often it takes it to come to so many bytes.
fn sizes(bytes: usize) -> Prepared {
    let rounds = bytes.div_ceil(content::MOST).max(1);
    let size = (bytes / rounds).clamp(16 * 1024, content::MOST) / BLOCK * BLOCK - 100;
    Prepared { size, rounds: u32::try_from(rounds).unwrap_or(u32::MAX) }
}

pub(super) fn throughput(
    bench: &mut Bench<'_>,
    kind: Kind,
    case: &Case,
    prepared: Prepared,
    shape: Shape,
) -> Result<Vec<f64>> {
    let name = bench.content.file(prepared.size)?;
    let mut server = bench.start(kind, &name)?;
    let rounds = Rounds::Each(prepared.rounds);
    let (outcome, after) =
        watched(&mut server, &Job { rounds, ..job(bench, &name, prepared.size, case.phones, shape) })?;
    let outcome = outcome.whole()?;
    let (bytes, seconds) = (outcome.bytes as f64, outcome.took.as_secs_f64());
    Ok(vec![
        bytes / 1e6 / seconds,
        outcome.slowest_to_fastest(),
        cpu(kind, &server, after) / (bytes / 1e9),
        mib(after.peak - server.idle.rss),
        outcome.retries as f64,
        seconds,
    ])
}

pub(super) fn small(bench: &mut Bench<'_>, kind: Kind, case: &Case) -> Result<Vec<f64>> {
    let name = bench.content.file(SMALL_FILE)?;
    let mut server = bench.start(kind, &name)?;
    let rounds = Rounds::For(Duration::from_millis(if case.quick { 700 } else { 2000 }));
    let (outcome, after) =
        watched(&mut server, &Job { rounds, ..job(bench, &name, SMALL_FILE, case.phones, LOCK_STEP) })?;
    let outcome = outcome.whole()?;
    let files = outcome.files as f64;
    Ok(vec![
        files / outcome.took.as_secs_f64(),
        cpu(kind, &server, after) * 1e6 / files,
        mib(after.peak - server.idle.rss),
        outcome.retries as f64,
    ])
}

pub(super) fn burst(bench: &mut Bench<'_>, kind: Kind, case: &Case) -> Result<Vec<f64>> {
    let name = bench.content.file(BURST_FILE)?;
    let mut server = bench.start(kind, &name)?;
    let job = Job { opening: case.phones, ..job(bench, &name, BURST_FILE, case.phones, LOCK_STEP) };
    let (outcome, after) = watched(&mut server, &job)?;
    let outcome = outcome.whole()?;
    Ok(vec![
        outcome.all_answered.as_secs_f64(),
        outcome.retries as f64,
        (after.drops - server.idle.drops) as f64,
        outcome.took.as_secs_f64(),
        mib(after.peak - server.idle.rss),
    ])
}

/// CPU seconds the server took, where that can be known.
fn cpu(kind: Kind, server: &Server, after: Usage) -> f64 {
    if kind.tells_cpu() { (after.cpu - server.idle.cpu).as_secs_f64() } else { f64::NAN }
}

/// Plays phones and looks at the server afterwards; at one that forks, also while they are at it.
pub(super) fn watched(server: &mut Server, job: &Job<'_>) -> Result<(Outcome, Usage)> {
    let (outcome, peak) = std::thread::scope(|scope| -> Result<(Outcome, u64)> {
        let phones = scope.spawn(|| fleet::run(job));
        let mut peak = 0;
        // Only a server that forks is looked at meanwhile: what is resident tells the peak by itself.
        for wait in [100, 400, 1000] {
            std::thread::sleep(Duration::from_millis(wait));
            if phones.is_finished() || !crate::procfs::has_children(server.pid()) {
                break;
            }
            peak = peak.max(server.usage().peak);
        }
        Ok((phones.join().map_err(|_| anyhow::anyhow!("the phones panicked"))??, peak))
    })?;
    server.still_runs()?;
    let mut after = server.usage();
    after.peak = after.peak.max(peak);
    Ok((outcome, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_end_within_a_block_and_fit_block_numbers() {
        for bytes in [0, 1000, 1 << 20, 15 << 20, 100 << 20] {
            let Prepared { size, rounds } = sizes(bytes);
            assert!(size % BLOCK != 0 && size <= content::MOST && size / BLOCK < 1 << 16, "{bytes}: {size}");
            assert!(bytes < 32 * 1024 || (size * rounds as usize).abs_diff(bytes) < 2048 * rounds as usize);
        }
    }
}
