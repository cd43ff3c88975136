//! A read being taken from a server that says what it likes.

use std::time::Duration;

use proto::Time;
use proto::tftp::client::Outcome;
use proto::tftp::{Client, Counted, ErrorCode, Packet, Rollover, Wish};

use super::dhcp_server::SPANS;
use crate::feed::Feed;

/// Time-outs until even a stubborn client has given up.
const PATIENCE: usize = 2_000;

/// The input is the wish, then what the server does.
pub fn run(input: &[u8]) {
    let mut feed = Feed::new(input);
    let bits = feed.octet();
    let mut option = |bit: u8, values: &[u16]| (bits & bit != 0).then(|| feed.pick(values));
    let blksize = option(1, &[512, 8, 1_428, 65_464]);
    let windowsize = option(2, &[4, 1, 64, 32_767]);
    let timeout = option(4, &[1, 5, 255]).map(|t| t as u8);
    let rollover = if bits & 8 != 0 { Rollover::One } else { Rollover::Zero };
    let netascii = bits & 16 != 0;
    let wish = Wish { blksize, windowsize, timeout, rollover, netascii, tsize: bits & 32 != 0, ..Wish::plain("file") };
    let mut now = Time::ZERO;
    let mut client = Client::new(now, wish, Counted::new());
    let (mut next, mut size, mut heard) = (1u16, 512usize, 0u64);
    look(&mut client, now);
    while !feed.is_done() {
        let packet = match feed.below(8) {
            // The next block in order, whole or last.
            0..=2 => {
                let cut = usize::from(feed.octet() == 255);
                let data = Packet::Data { block: next, data: &vec![b'\r'; size.saturating_sub(cut)] }.to_vec();
                next = next.wrapping_add(1);
                data
            }
            3 => {
                next = next.wrapping_add(feed.u16() % 70).wrapping_sub(35);
                Packet::Data { block: next, data: feed.bytes() }.to_vec()
            }
            4 => {
                let oack = oack(&mut feed);
                if let Ok(Packet::Oack(options)) = Packet::parse(&oack) {
                    size = options.number("blksize").and_then(|n| usize::try_from(n).ok()).unwrap_or(512).min(65_464);
                }
                oack
            }
            5 => {
                now += Duration::from_micros(feed.pick(SPANS));
                Vec::new()
            }
            6 => {
                now = client.poll_timeout().map_or(now, |(at, _)| at.max(now));
                Vec::new()
            }
            _ => match feed.below(32) {
                0 => {
                    client.abort(ErrorCode::OptionRefused, "size only");
                    Vec::new()
                }
                1 => Packet::Error { code: feed.u16().into(), text: feed.bytes() }.to_vec(),
                _ => feed.bytes().to_vec(),
            },
        };
        heard += packet.len() as u64;
        client.handle(now, &packet);
        client.handle_timeout(now);
        look(&mut client, now);
    }
    for _ in 0..PATIENCE {
        let Some((at, why)) = client.poll_timeout() else { break };
        assert!(at > now, "{why} is overdue: {at} at {now}");
        now = at;
        client.handle_timeout(now);
        look(&mut client, now);
    }
    let outcome = client.outcome().unwrap_or_else(|| panic!("it never ends: {:?}", client.poll_timeout()));
    let progress = client.progress();
    assert!(progress.bytes <= heard && client.sink().bytes <= progress.bytes, "more bytes than were sent");
    assert!(netascii || client.sink().bytes == progress.bytes);
    assert!(*outcome != Outcome::Done || progress.blocks > 0);
}

fn oack(feed: &mut Feed<'_>) -> Vec<u8> {
    let mut bytes = vec![0, 6];
    for _ in 0..feed.below(5) {
        let name = feed.pick(&["blksize", "windowsize", "timeout", "tsize", "colour"]);
        let value = feed.pick(&[8u64, 0, 1, 4, 5, 64, 255, 512, 1_428, 32_767, 65_464, 65_535, u64::MAX / 4]);
        bytes.extend(format!("{name}\0{value}\0").bytes());
    }
    bytes
}

/// Drains the client: it says one thing at a time.
fn look(client: &mut Client<Counted>, now: Time) {
    let mut out = Vec::new();
    let mut count = 0;
    while client.poll_transmit(now, &mut out) {
        count += 1;
        assert!(count <= 1, "more than one packet at once");
        match Packet::parse(&out) {
            Ok(Packet::Rrq(_)) => assert!(!client.agreed()),
            Ok(Packet::Ack { .. } | Packet::Error { .. }) => {}
            other => panic!("a client sent {other:?}"),
        }
    }
}
