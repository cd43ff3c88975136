//! A cable between a [`Transfer`] and a [`Client`] that loses what the seed says, in virtual time.

use std::collections::VecDeque;
use std::time::Duration;

use super::transfer::{Outcome, Progress};
use super::{Client, Packet, Quirks, Rollover, Sink, Source, Transfer, Wish, client};
use crate::time::Time;

/// A source of any size whose bytes follow from their offset, so that a block at the wrong place
/// is noticed.
pub(super) struct Made(pub(super) u64);

impl Source for Made {
    fn len(&self) -> u64 {
        self.0
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize, ()> {
        let n = (self.0.saturating_sub(offset)).min(buf.len() as u64) as usize;
        for (at, byte) in (offset..).zip(&mut buf[..n]) {
            *byte = (at ^ (at >> 8) ^ (at >> 16)) as u8;
        }
        Ok(n)
    }
}

pub(super) struct Lcg(pub(super) u64);

impl Lcg {
    /// True about `per_mille` times out of 1000.
    pub(super) fn chance(&mut self, per_mille: u64) -> bool {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % 1000 < per_mille
    }
}

pub(super) struct Cable {
    pub(super) seed: u64,
    /// Datagrams lost out of 1000, in both directions.
    pub(super) loss: u64,
    /// Datagrams delivered twice out of 1000.
    pub(super) double: u64,
    /// The time one datagram takes from end to end, in steps of the cable; a step passes per
    /// datagram of the server.
    pub(super) latency: u64,
}

impl Cable {
    pub(super) fn losing(loss: u64, seed: u64) -> Cable {
        Cable { seed, loss, double: 0, latency: 0 }
    }

    /// Runs one read to the end of both sides or for an hour.
    pub(super) fn run<A: Source, B: Sink>(&self, quirks: Quirks, wish: Wish, source: A, sink: B) -> Ran<B> {
        let step = Duration::from_micros(100);
        let mut dice = Lcg(self.seed);
        let mut now = Time::ZERO;
        let mut client = Client::new(now, wish, sink);
        let mut out = Vec::new();
        assert!(client.poll_transmit(now, &mut out));
        let Ok(Packet::Rrq(request)) = Packet::parse(&out) else { panic!("no request") };
        let mut server = Transfer::new(now, &request, quirks, source);
        let (mut down, mut up) = (VecDeque::new(), VecDeque::new());
        let mut put = |queue: &mut VecDeque<_>, now: Time, datagram: &[u8]| {
            for _ in 0..1 + u32::from(dice.chance(self.double)) {
                if !dice.chance(self.loss) {
                    queue.push_back((now + step * self.latency as u32, datagram.to_vec()));
                }
            }
        };
        let mut steps = 0;
        while now < Time::from_secs(3600) {
            steps += 1;
            assert!(steps < 4_000_000 && down.len() + up.len() < 10_000, "the two keep each other busy");
            let mut moved = server.poll_transmit(now, &mut out);
            if moved {
                put(&mut down, now, &out);
            }
            while let Some((_, datagram)) = down.pop_front_if(|(due, _)| *due <= now) {
                moved = true;
                client.handle(now, &datagram);
                while client.poll_transmit(now, &mut out) {
                    put(&mut up, now, &out);
                }
            }
            while let Some((_, datagram)) = up.pop_front_if(|(due, _)| *due <= now) {
                moved = true;
                server.handle(now, &datagram);
            }
            let wake = [server.poll_timeout(), client.poll_timeout()].into_iter().flatten().map(|(at, _)| at).min();
            let Some(wake) = wake else { break };
            let is_busy = moved || !down.is_empty() || !up.is_empty();
            assert!(is_busy || wake > now, "a timer that stays in the past: {wake} at {now}");
            now = if is_busy { now + step } else { wake };
            server.handle_timeout(now);
            client.handle_timeout(now);
            while client.poll_transmit(now, &mut out) {
                put(&mut up, now, &out);
            }
        }
        Ran {
            progress: server.progress(),
            server: server.outcome().cloned(),
            client: client.outcome().cloned(),
            at: now,
            sink: client.into_sink(),
        }
    }
}

/// What came of a read over a [`Cable`].
pub(super) struct Ran<B> {
    pub(super) server: Option<Outcome>,
    pub(super) client: Option<client::Outcome>,
    pub(super) progress: Progress,
    pub(super) at: Time,
    pub(super) sink: B,
}

impl<B> Ran<B> {
    /// Blocks sent for every block needed.
    pub(super) fn cost(&self, blksize: u64) -> f64 {
        self.progress.sent_blocks as f64 / (self.progress.total / blksize + 1) as f64
    }
}

pub(super) fn asking(blksize: u16, windowsize: u16) -> Wish {
    Wish { blksize: Some(blksize), windowsize: Some(windowsize), tsize: true, ..Wish::plain("f") }
}

pub(super) fn rolling(rollover: Rollover) -> Quirks {
    Quirks { rollover, ..Quirks::default() }
}
