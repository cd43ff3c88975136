//! A read being served to a peer that acknowledges what it likes, when it likes.

use std::time::Duration;

use proto::Time;
use proto::tftp::{ErrorCode, Packet, Quirks, Rollover, Source, Transfer};

use super::dhcp_server::SPANS;
use crate::feed::Feed;

/// Time-outs until even a stubborn transfer has ended by itself.
const PATIENCE: usize = 4_000;

/// A file of any size whose bytes follow from their offset.
struct Made {
    len: u64,
    /// Reading fails from here on.
    broken_at: u64,
}

impl Source for Made {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize, ()> {
        if offset >= self.broken_at {
            return Err(());
        }
        let n = self.len.saturating_sub(offset).min(buf.len() as u64) as usize;
        for (at, byte) in (offset..).zip(buf.iter_mut().take(n)) {
            // Line ends often, so that netascii has something to do.
            *byte = [b'\r', b'\n', 0, (at >> 2) as u8][(at & 3) as usize];
        }
        Ok(n)
    }
}

/// The input is the file, the server's limits and the request, then what the peer does.
pub fn run(input: &[u8]) {
    let mut feed = Feed::new(input);
    let len = feed.pick(&[0, 1, 511, 512, 513, 1_024, 3_000, 20_000, 200_000, u64::MAX]);
    let broken_at = if feed.octet() == 255 { len / 2 } else { u64::MAX };
    let quirks = quirks(&mut feed);
    let request = request(&mut feed, 1);
    let Ok(Packet::Rrq(parsed)) = Packet::parse(&request) else { return };
    let mut now = Time::ZERO;
    let mut transfer = Transfer::new(now, &parsed, quirks, Made { len, broken_at });
    let mut tally = Tally { most_data: 4 + usize::from(quirks.max_blksize.max(512)), ..Tally::default() };
    tally.look(&mut transfer, now, &quirks, 1);
    while !feed.is_done() && transfer.outcome().is_none() {
        match feed.below(8) {
            0..=2 => {
                let block = tally.last.wrapping_sub(u16::from(feed.octet() & 7 == 7));
                transfer.handle(now, &Packet::Ack { block }.to_vec());
            }
            3 => {
                let block = tally.last.wrapping_add(feed.u16() % 70).wrapping_sub(35);
                transfer.handle(now, &Packet::Ack { block }.to_vec());
            }
            4 => transfer.handle(now, &Packet::Ack { block: feed.u16() }.to_vec()),
            5 => now += Duration::from_micros(feed.pick(SPANS)),
            6 => now = transfer.poll_timeout().map_or(now, |(at, _)| at.max(now)),
            _ => match feed.below(32) {
                0 => transfer.abort(ErrorCode::OptionRefused, "enough"),
                1 => transfer.handle(now, &Packet::Error { code: feed.u16().into(), text: feed.bytes() }.to_vec()),
                _ => transfer.handle(now, feed.bytes()),
            },
        }
        transfer.handle_timeout(now);
        tally.look(&mut transfer, now, &quirks, 1);
    }
    for _ in 0..PATIENCE {
        let Some((at, why)) = transfer.poll_timeout() else { break };
        assert!(at > now || transfer.outcome().is_some(), "{why} is overdue: {at} at {now}");
        now = at.max(now);
        transfer.handle_timeout(now);
        tally.look(&mut transfer, now, &quirks, 1);
    }
    assert!(transfer.outcome().is_some(), "it never ends: {:?}", transfer.poll_timeout());
    let progress = transfer.progress();
    assert!(progress.bytes_acked <= len && progress.total == len);
    assert!(progress.repeated_blocks <= progress.sent_blocks);
    assert!(!transfer.poll_transmit(now, &mut Vec::new()), "it talks after its end");
}

/// Limits of a server, mild and odd ones.
pub(super) fn quirks(feed: &mut Feed<'_>) -> Quirks {
    let (max_blksize, max_windowsize) =
        feed.pick(&[(1_468, 64), (512, 1), (8, 300), (0, 8), (1_428, 8), (65_464, 4), (u16::MAX, 0)]);
    Quirks {
        refuse_options: feed.octet() > 240,
        max_blksize,
        max_windowsize,
        rollover: if feed.flag() { Rollover::One } else { Rollover::Zero },
        ..Quirks::default()
    }
}

/// A request as phones make it, with options of any value.
pub(super) fn request(feed: &mut Feed<'_>, opcode: u8) -> Vec<u8> {
    let mut bytes = vec![0, opcode];
    bytes.extend(b"file\0");
    bytes.extend(feed.pick(&[&b"octet\0"[..], b"netascii\0", b"OCTET\0", b"image\0", b"mail\0"]));
    for _ in 0..feed.below(6) {
        let name = feed.pick(&["blksize", "windowsize", "tsize", "timeout", "BLKSIZE", "colour"]);
        let value = feed.pick(&[
            8u64,
            1,
            0,
            2,
            16,
            64,
            255,
            256,
            512,
            1_428,
            1_468,
            32_768,
            65_464,
            65_535,
            65_536,
            u64::MAX / 4,
        ]);
        bytes.extend(format!("{name}\0{value}\0").bytes());
    }
    bytes
}

#[derive(Default)]
struct Tally {
    most_data: usize,
    /// Number of the last block sent.
    last: u16,
    sent: u64,
    calls: u64,
}

impl Tally {
    /// Drains the transfer: one call may cause one window at most.
    fn look(&mut self, transfer: &mut Transfer<Made>, now: Time, quirks: &Quirks, calls: u64) {
        let window = u64::from(quirks.max_windowsize.clamp(1, 32_767));
        self.calls += calls;
        let mut out = Vec::new();
        let mut count = 0;
        while transfer.poll_transmit(now, &mut out) {
            count += 1;
            assert!(count <= 2 * window + 2, "more than {window} packets at once");
            match Packet::parse(&out) {
                Ok(Packet::Data { block, data }) => {
                    assert!(data.len() + 4 <= self.most_data, "{} bytes in a block", data.len());
                    self.last = block;
                }
                Ok(Packet::Oack(options)) => assert!(!options.is_empty() && !quirks.refuse_options),
                Ok(Packet::Error { .. }) => assert!(transfer.outcome().is_some()),
                other => panic!("a server sent {other:?}"),
            }
            self.sent += out.len() as u64;
        }
        let most = self.calls * (2 * window + 2) * self.most_data.max(600) as u64;
        assert!(self.sent <= most, "{} bytes after {} calls", self.sent, self.calls);
    }
}
