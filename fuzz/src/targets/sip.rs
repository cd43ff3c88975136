//! SIP: a message is read, written and read again the same; a registrar answers nobody but the sender, and ends.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use proto::Time;
use proto::sip::registrar::{MAX_BINDINGS, MAX_PENDING};
use proto::sip::{Message, NameAddr, Notice, Params, Registrar, Uri, Via, message::MAX_HEADERS};

use crate::feed::Feed;

const HERE: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 1), 5060);

/// Reads the input as a datagram, and its parts as headers.
pub fn message(input: &[u8]) {
    let _ = (Via::parse(input), NameAddr::parse(input), Uri::parse(input), Params::parse(input));
    let message = match Message::parse(input) {
        Ok(message) => message,
        Err(malformed) => {
            assert!(!malformed.to_string().is_empty());
            return;
        }
    };
    assert!(message.headers.iter().count() + message.odd.len() <= MAX_HEADERS);
    let _ = (message.via(), message.from(), message.to(), message.cseq());
    let written = message.to_vec();
    let again = Message::parse(&written).unwrap_or_else(|e| panic!("what was written is not read: {e}"));
    assert_eq!(again.start, message.start);
    assert_eq!(again.headers, message.headers);
    assert_eq!(again.body, message.body);
    let answer = message.answer(200, "OK", "tag");
    assert_eq!(Message::parse(&answer.to_vec()).map(|a| a.code()), Ok(Some(200)));
}

/// Messages, wishes and time for a registrar.
pub fn registrar(input: &[u8]) {
    let mut feed = Feed::new(input);
    let mut registrar = Registrar::new(HERE, 120, 7);
    let mut now = Time::ZERO;
    while !feed.is_done() {
        let from = SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 20 + feed.octet() % 4), 5060);
        match feed.below(4) {
            0 => {
                let bytes = feed.long_bytes();
                if let Ok(message) = Message::parse(bytes) {
                    registrar.handle(now, from, &message);
                }
            }
            1 => {
                let aor = registrar.bindings().next().map(|b| b.aor.clone());
                let notice = feed.pick(&[Notice::CheckSync, Notice::Restart, Notice::Reset]);
                if let Some(aor) = aor {
                    registrar.notify(now, &aor, notice);
                }
            }
            2 => {
                now += Duration::from_millis(u64::from(feed.u16()));
                registrar.handle_timeout(now);
            }
            _ => {
                if let Some((at, why)) = registrar.poll_timeout() {
                    assert!(!why.is_empty());
                    now = now.max(at);
                    registrar.handle_timeout(now);
                }
            }
        }
        assert!(registrar.bindings().count() <= MAX_BINDINGS);
        let mut sent = 0;
        while let Some((to, bytes)) = registrar.poll_transmit() {
            sent += 1;
            assert!((20..24).contains(&to.ip().octets()[3]), "{to} is none of those that spoke");
            assert!(Message::parse(&bytes).is_ok());
        }
        assert!(sent <= MAX_PENDING + 1, "{sent} at once");
        while registrar.poll_event().is_some() {}
    }
    // Whatever is under way ends.
    for _ in 0..MAX_PENDING * 20 {
        let Some((at, _)) = registrar.poll_timeout() else { return };
        registrar.handle_timeout(at);
        while registrar.poll_transmit().is_some() {}
    }
    panic!("a NOTIFY is repeated for ever");
}
