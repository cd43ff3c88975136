//! The whole bench: datagrams, frames, requests, news, commands, link and time in any order.
//!
//! | file | what |
//! | --- | --- |
//! | [`steps`] | bytes become inputs |
//! | [`watch`] | what must hold for every output and after every input |

pub mod steps;
pub mod watch;

use std::net::Ipv4Addr;
use std::time::Duration;

use bench::{Bench, Config};
use proto::{Mac, Time};

use super::journal::profiles;
use crate::feed::Feed;
use steps::{PROCEDURES, Table};

/// The bench's own address.
pub const SERVER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
/// Its Ethernet address.
pub const OWN: Mac = Mac([2, 0, 0, 0, 0, 1]);

/// The first three bytes are the bench's set-up, the rest are steps.
pub fn run(input: &[u8]) {
    let mut feed = Feed::new(input);
    let config = config(&mut feed);
    let bench = Bench::new(Time::ZERO, config, profiles().clone(), Vec::new());
    let mut table = Table::new(bench);
    while !feed.is_done() {
        table.step(&mut feed);
    }
    table.finish();
}

/// A set-up from three bytes; zeros are the usual one with phones answered at once.
fn config(feed: &mut Feed<'_>) -> Config {
    let (bits, more, pool) = (feed.octet(), feed.octet(), feed.octet());
    let mut config = Config::new(SERVER, 24);
    config.mac = OWN;
    config.iface = "eth0".to_owned();
    config.wall_ms = 1_700_000_000_000;
    let host = |n| Ipv4Addr::new(10, 0, 0, n);
    config.pool = match pool {
        255 => None,
        few => Some((host(10), host(10 + few % 32 + u8::from(few == 0) * 100))),
    };
    config.auto = bits & 1 == 0;
    config.probe = if bits & 2 == 0 { Duration::ZERO } else { Duration::from_secs(10) };
    config.any = bits & 4 != 0;
    config.frames = bits & 8 == 0;
    config.folder = bits & 16 != 0;
    config.relayed = bits & 32 != 0;
    config.uploads = (bits & 64 != 0).then_some(10_000);
    config.max_transfers = if bits & 128 == 0 { 8_192 } else { 3 };
    config.procedure = match more & 7 {
        1 => Some("unlock-password-file".to_owned()),
        2 => Some("no such procedure".to_owned()),
        n @ 3..=7 => PROCEDURES.get(usize::from(n - 3 + (more >> 4))).map(|p| (*p).to_owned()),
        _ => None,
    };
    config.to = (more & 8 != 0).then(|| "8.5(2)".to_owned());
    config.seed = u64::from(more);
    config
}
