//! Who runs on which CPU: the phones on the last one, the servers on all others.
//!
//! Phones are machines of their own; a server that happens to share a CPU with them is faster for a
//! single phone and slower for many, and which of the two it is changes from turn to turn.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// Puts this thread, and those it starts, on the phones' CPU. Does nothing where there is only one.
pub(crate) fn be_on_phones_side() -> Result<()> {
    let cpus = allowed()?;
    match cpus.split_last() {
        Some((last, others)) if !others.is_empty() => go_to(&[*last]),
        _ => Ok(()),
    }
}

/// Runs something that starts a server with this thread on the servers' CPUs.
pub(crate) fn on_servers_side<T>(start: impl FnOnce() -> std::io::Result<T>) -> Result<T> {
    let here = allowed()?;
    let all: Vec<usize> = online();
    let others: Vec<usize> = all.into_iter().filter(|cpu| !here.contains(cpu)).collect();
    if others.is_empty() {
        return Ok(start()?);
    }
    go_to(&others)?;
    let started = start();
    go_to(&here)?;
    Ok(started?)
}

fn allowed() -> Result<Vec<usize>> {
    let set = sched_getaffinity(None).context("which CPUs may be used")?;
    Ok((0..CpuSet::MAX_CPU).filter(|cpu| set.is_set(*cpu)).collect())
}

fn go_to(cpus: &[usize]) -> Result<()> {
    let mut set = CpuSet::new();
    cpus.iter().for_each(|cpu| set.set(*cpu));
    sched_setaffinity(None, &set).context("choosing CPUs")
}

/// The CPUs `/proc/stat` names.
fn online() -> Vec<usize> {
    let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
    stat.lines().filter_map(|line| line.strip_prefix("cpu")?.split(' ').next()?.parse().ok()).collect()
}

/// What the machine and this program with all it started have done so far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Work {
    busy: Duration,
    all: Duration,
    ours: Duration,
}

impl Work {
    /// Up to now. What a server did counts as ours once it has been waited for.
    pub(crate) fn now() -> Work {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let (busy, all) = machine(&read("/proc/stat"));
        let (own, reaped) = crate::procfs::cpu_ticks(&read("/proc/self/stat"));
        let time = crate::procfs::ticks;
        Work { busy: time(busy), all: time(all), ours: time(own + reaped) }
    }

    /// The share of the machine that others took since then, 0 to 1.
    pub(crate) fn others_since(&self, then: &Work) -> f64 {
        let others = self.busy.saturating_sub(then.busy).saturating_sub(self.ours.saturating_sub(then.ours));
        let share = others.as_secs_f64() / self.all.saturating_sub(then.all).as_secs_f64();
        if share.is_finite() { share } else { 0.0 }
    }
}

/// (busy, all) ticks of all CPUs together, of `/proc/stat`.
fn machine(stat: &str) -> (u64, u64) {
    let line = stat.lines().find_map(|line| line.strip_prefix("cpu ")).unwrap_or_default();
    // user nice system idle iowait irq softirq steal; guest time is in user already.
    let fields: Vec<u64> = line.split_whitespace().take(8).map(|word| word.parse().unwrap_or(0)).collect();
    let all: u64 = fields.iter().sum();
    let idle: u64 = fields.iter().skip(3).take(2).sum();
    (all - idle, all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_is_busy_when_it_does_not_idle() {
        assert_eq!(machine("cpu  10 1 20 60 5 2 2 0 7 0\ncpu0 1 1 1 1\n"), (35, 100));
        assert_eq!(machine(""), (0, 0));
    }

    #[test]
    fn others_are_what_is_left_when_ours_is_taken_away() {
        let seconds = Duration::from_secs;
        let then = Work { busy: seconds(10), all: seconds(100), ours: seconds(5) };
        let now = Work { busy: seconds(20), all: seconds(120), ours: seconds(9) };
        assert!((now.others_since(&then) - 0.3).abs() < 1e-9);
        assert!(then.others_since(&then).abs() < 1e-9);
    }
}
