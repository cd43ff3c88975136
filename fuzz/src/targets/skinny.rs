//! Skinny: frames in any pieces, messages read and written, a conversation that stays within bounds and ends.

use std::time::Duration;

use proto::Time;
use proto::skinny::packet::MAX_LENGTH;
use proto::skinny::{Framer, Message, ResetKind, Settings, Station};

use crate::feed::Feed;

/// The input as a stream, and each of its frames as a message.
pub fn message(input: &[u8]) {
    let mut framer = Framer::default();
    framer.push(input);
    while let Some(frame) = framer.pop() {
        let Ok(frame) = frame else { return };
        assert!(frame.body.len() + 4 <= MAX_LENGTH);
        match Message::parse(&frame) {
            Ok(message) => {
                let written = message.frame(frame.version);
                let again = Message::parse(&written).unwrap_or_else(|e| panic!("what was written is not read: {e}"));
                assert_eq!(again.frame(frame.version), written);
            }
            Err(malformed) => assert!(!malformed.to_string().is_empty()),
        }
    }
}

/// Bytes, wishes and time for a conversation.
pub fn station(input: &[u8]) {
    let mut feed = Feed::new(input);
    let settings = Settings { name: "Ringback".to_owned(), keep_alive: 30, wall_ms: 1_700_000_000_000 };
    let mut now = Time::ZERO;
    let mut station = Station::new(now, settings);
    station.show("Recovered: SCCP45.9-4-2SR1-1S and more than the screen can show");
    while !feed.is_done() {
        match feed.below(6) {
            0 | 1 => station.handle(now, feed.long_bytes()),
            2 => {
                station.ring(now);
            }
            3 => {
                station.reset(ResetKind::from(u32::from(feed.octet())));
            }
            4 => station.show("again"),
            _ => {
                now += Duration::from_millis(u64::from(feed.u16()));
                station.handle_timeout(now);
            }
        }
        let over = station.is_over();
        let mut framer = Framer::default();
        std::iter::from_fn(|| station.poll_transmit()).for_each(|bytes| framer.push(&bytes));
        while let Some(frame) = framer.pop() {
            let frame = frame.unwrap_or_else(|e| panic!("what was sent is no frame: {e}"));
            assert!(Message::parse(&frame).is_ok());
        }
        assert!(std::iter::from_fn(|| station.poll_event()).count() <= 256);
        assert!(!over || station.poll_timeout().is_none());
    }
    // A phone that says nothing more is let go.
    for _ in 0..8 {
        let Some((at, why)) = station.poll_timeout() else { return };
        assert!(!why.is_empty());
        station.handle_timeout(at);
        while station.poll_event().is_some() {}
    }
    assert!(station.is_over(), "it waits for ever");
}
