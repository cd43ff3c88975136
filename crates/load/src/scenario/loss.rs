//! One datagram in a hundred is lost, both ways; and how a server repeats a block that is not acknowledged.

use std::time::Duration;

use anyhow::Result;

use super::tftp::watched;
use super::{Bench, Case, Metric, metric};
use crate::lab;
use crate::server::Kind;
use crate::tftp::job::{Job, Rounds};
use crate::tftp::lone;
use crate::tftp::packet::BLOCK;

/// What is measured.
pub(super) const METRICS: &[Metric] = &[
    metric("sent_to_needed", "sent÷needed", 3),
    metric("seconds", "all done s", 2),
    metric("retries", "phone retries", 0),
    metric("first_repeat_s", "1st repeat s", 3),
    metric("second_repeat_s", "2nd repeat s", 3),
    metric("third_repeat_s", "3rd repeat s", 3),
];

const ONE_IN: u32 = 100;
const LIMIT: Duration = Duration::from_secs(120);

pub(super) fn play(bench: &mut Bench<'_>, kind: Kind, case: &Case) -> Result<Vec<f64>> {
    let size = if case.quick { 32 * 1024 } else { 128 * 1024 } - 100;
    let name = bench.content.file(size)?;
    let mut server = bench.start(kind, &name)?;
    let job = Job {
        name: &name,
        content: bench.content.first(size),
        blksize: BLOCK,
        window: 1,
        phones: case.phones,
        rounds: Rounds::Each(1),
        opening: 16,
        lose_one_in: ONE_IN,
        limit: LIMIT,
    };
    let (outcome, _) = watched(&mut server, &job)?;
    let outcome = outcome.whole()?;
    let needed = outcome.files * (size.div_ceil(BLOCK) as u64);
    let pauses = lone::withhold(lab::phone_address(500), &name, Duration::from_secs(if case.quick { 3 } else { 8 }))?;
    let pause = |n: usize| pauses.get(n).map_or(f64::NAN, Duration::as_secs_f64);
    Ok(vec![
        outcome.datagrams as f64 / needed as f64,
        outcome.took.as_secs_f64(),
        outcome.retries as f64,
        pause(0),
        pause(1),
        pause(2),
    ])
}
