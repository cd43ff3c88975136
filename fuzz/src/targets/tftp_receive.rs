//! A write being taken from a peer that sends what it likes.

use std::time::Duration;

use proto::Time;
use proto::tftp::receive::Outcome;
use proto::tftp::{Counted, ErrorCode, Packet, Receive};

use super::dhcp_server::SPANS;
use super::tftp_transfer::{quirks, request};
use crate::feed::Feed;

/// Time-outs until even a stubborn transfer has ended by itself.
const PATIENCE: usize = 4_000;

/// The input is the limits and the request, then what the peer does.
pub fn run(input: &[u8]) {
    let mut feed = Feed::new(input);
    let limit = feed.pick(&[2_000u64, 0, 1, 512, 100_000, u64::MAX]);
    let quirks = quirks(&mut feed);
    let request = request(&mut feed, 2);
    let Ok(Packet::Wrq(parsed)) = Packet::parse(&request) else { return };
    let mut now = Time::ZERO;
    let mut receive = Receive::new(now, &parsed, quirks, limit, Counted::new());
    let (mut next, mut size) = (1u16, 512usize);
    look(&mut receive, now, &mut size);
    while !feed.is_done() {
        match feed.below(8) {
            0..=2 => {
                let cut = usize::from(feed.octet() == 255);
                let data = vec![b'\n'; size.saturating_sub(cut)];
                receive.handle(now, &Packet::Data { block: next, data: &data }.to_vec());
                next = next.wrapping_add(1);
            }
            3 => {
                next = next.wrapping_add(feed.u16() % 70).wrapping_sub(35);
                receive.handle(now, &Packet::Data { block: next, data: feed.bytes() }.to_vec());
            }
            4 => next = feed.u16(),
            5 => now += Duration::from_micros(feed.pick(SPANS)),
            6 => now = receive.poll_timeout().map_or(now, |(at, _)| at.max(now)),
            _ => match feed.below(32) {
                0 => receive.abort(ErrorCode::DiskFull, "enough"),
                1 => receive.handle(now, &Packet::Error { code: feed.u16().into(), text: feed.bytes() }.to_vec()),
                _ => receive.handle(now, feed.bytes()),
            },
        }
        receive.handle_timeout(now);
        look(&mut receive, now, &mut size);
    }
    for _ in 0..PATIENCE {
        let Some((at, why)) = receive.poll_timeout() else { break };
        assert!(at > now, "{why} is overdue: {at} at {now}");
        now = at;
        receive.handle_timeout(now);
        look(&mut receive, now, &mut size);
    }
    let outcome = receive.outcome().cloned();
    let (bytes, _) = receive.progress();
    let sink = receive.into_sink();
    assert!(sink.bytes <= limit, "{} bytes where {limit} are allowed", sink.bytes);
    match outcome {
        None => panic!("it never ends"),
        Some(Outcome::Done { bytes: said, .. }) => assert_eq!((said, bytes), (sink.bytes, sink.bytes)),
        Some(_) => {}
    }
}

/// Drains the receiver: it says one thing at a time.
fn look(receive: &mut Receive<Counted>, now: Time, size: &mut usize) {
    let mut out = Vec::new();
    let mut count = 0;
    while receive.poll_transmit(now, &mut out) {
        count += 1;
        assert!(count <= 1, "more than one packet at once");
        match Packet::parse(&out) {
            Ok(Packet::Oack(options)) => {
                *size = options.number("blksize").and_then(|n| usize::try_from(n).ok()).unwrap_or(512);
            }
            Ok(Packet::Ack { .. } | Packet::Error { .. }) => {}
            other => panic!("a receiver sent {other:?}"),
        }
    }
}
