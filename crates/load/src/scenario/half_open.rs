//! A flood of requests that nobody acknowledges, while one phone fetches a small file again and again.

use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};

use super::{Bench, Case, Metric, metric, mib};
use crate::lab;
use crate::server::{Kind, Server};
use crate::tftp::packet::{BLOCK, rrq};
use crate::tftp::{PORT, lone};

/// What is measured.
pub(super) const METRICS: &[Metric] = &[
    metric("worst_s", "worst fetch s", 3),
    metric("median_s", "median fetch s", 4),
    metric("failed", "failed fetches", 0),
    metric("rss_mib", "RSS +MiB", 1),
    metric("most_fds", "most fds", 0),
    metric("freed_s", "fds freed after s", 1),
    metric("rss_left_mib", "RSS left +MiB", 1),
    metric("drops", "dropped at server", 0),
];

/// Requests a second: about what a broken phone or a scanner manages, not what a cable can carry.
const PACE: u32 = 10_000;
/// The addresses the flood comes from; each gives a range of ports.
const SOURCES: usize = 50;
const FIRST_PORT: u16 = 10_000;
/// What the working phone fetches, and how often.
const FILE: usize = 8 * 1024;
const EVERY: Duration = Duration::from_millis(50);
/// How long the server may take to let go of everything.
const FREED_WITHIN: Duration = Duration::from_secs(45);

pub(super) fn play(bench: &mut Bench<'_>, kind: Kind, case: &Case) -> Result<Vec<f64>> {
    let (small, large) = (bench.content.file(FILE)?, bench.content.file(1 << 20)?);
    let mut server = bench.start(kind, &small)?;
    // The working phone is not one of those that flood.
    let phone = lab::phone_address(SOURCES + 7);
    let content = bench.content.first(FILE);
    lone::fetch(phone, &small, content).context("before the flood")?;
    let idle = server.usage();

    let (kept, then) = if case.quick { (1_000, 5_000) } else { (5_000, 50_000) };
    let over = AtomicBool::new(false);
    let (held, most_fds, mut times, failed) = std::thread::scope(|scope| -> Result<_> {
        let flood = scope.spawn(|| {
            let sent = flood(&large, kept, then, &server);
            over.store(true, Ordering::Relaxed);
            sent
        });
        let (mut times, mut failed) = (Vec::new(), 0_u32);
        while !over.load(Ordering::Relaxed) {
            let next = Instant::now() + EVERY;
            match lone::fetch(phone, &small, content) {
                Ok(time) => times.push(time),
                Err(_) => failed += 1,
            }
            std::thread::sleep(next.saturating_duration_since(Instant::now()));
        }
        let (held, most_fds) = flood.join().map_err(|_| anyhow!("the flood panicked"))??;
        Ok((held, most_fds, times, failed))
    })?;
    server.still_runs()?;
    let flooded = server.usage();

    let freed = freed(&server, idle.fds);
    let after = server.usage();
    drop(held);
    times.sort();
    let second = |time: Option<&Duration>| time.map_or(f64::NAN, Duration::as_secs_f64);
    Ok(vec![
        second(times.last()),
        second(times.get(times.len() / 2)),
        f64::from(failed),
        mib(after.peak.saturating_sub(idle.rss)),
        most_fds.max(flooded.fds) as f64,
        freed.as_secs_f64(),
        mib(after.rss.saturating_sub(idle.rss)),
        (flooded.drops - idle.drops) as f64,
    ])
}

/// Sends the requests, each from a port of its own; answers the sockets of the first, which stay open,
/// and the most descriptors the server was seen with.
fn flood(name: &str, kept: usize, then: usize, server: &Server) -> Result<(Vec<UdpSocket>, usize)> {
    let request = rrq(name, BLOCK, 1);
    let began = Instant::now();
    let (mut held, mut most_fds) = (Vec::with_capacity(kept), 0);
    for index in 0..kept + then {
        let due = began + Duration::from_secs(1) * u32::try_from(index)? / PACE;
        if let Some(early) = due.checked_duration_since(Instant::now()).filter(|d| *d > Duration::from_millis(1)) {
            std::thread::sleep(early);
        }
        let socket = UdpSocket::bind(source(index)?).context("a port for the flood")?;
        let _ = socket.send_to(&request, SocketAddrV4::new(lab::SERVER, PORT));
        if index < kept {
            held.push(socket);
        }
        if index % 2_500 == 0 {
            most_fds = most_fds.max(server.usage().fds);
        }
    }
    Ok((held, most_fds))
}

fn source(index: usize) -> Result<SocketAddrV4> {
    let address: Ipv4Addr = lab::phone_address(index % SOURCES);
    Ok(SocketAddrV4::new(address, FIRST_PORT + u16::try_from(index / SOURCES)?))
}

/// How long until the server has no more descriptors than before; longer than [`FREED_WITHIN`] means not.
fn freed(server: &Server, before: usize) -> Duration {
    let began = Instant::now();
    while began.elapsed() < FREED_WITHIN + Duration::from_secs(1) && server.usage().fds > before + 2 {
        std::thread::sleep(Duration::from_millis(250));
    }
    began.elapsed()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_request_of_the_flood_has_a_port_of_its_own() {
        let sources: BTreeSet<SocketAddrV4> = (0..55_000).map(|index| source(index).unwrap()).collect();
        assert_eq!(sources.len(), 55_000);
    }
}
