//! One file from the server, from the first request to the last byte.
//!
//! TFTP in lock step from a port of its own, which is where a repeated request comes from as well.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use proto::Time;
use proto::tftp::client::Outcome;
use proto::tftp::{Client, ErrorCode, Patience, Wish, wrong_tid_reply};

use crate::firmware::read::Intake;

/// Between two requests for the same file.
const REPEAT: Duration = Duration::from_secs(4);

/// A read under way, or one that has ended and stays to repeat its last ACK.
#[derive(Debug)]
pub(in crate::phones) struct Fetch {
    /// The phone's port for this file.
    pub(in crate::phones) port: u16,
    server: Ipv4Addr,
    /// The server's port, once it has answered.
    peer: Option<u16>,
    client: Client<Intake>,
}

/// How a read ended.
#[derive(Debug)]
pub(in crate::phones) enum End {
    /// Here it is.
    Got(Intake),
    /// The server has no such file.
    Missing,
    /// The server does not give it, or does not keep to the protocol.
    Denied,
    /// Nobody answers.
    TimedOut,
}

impl Fetch {
    pub(in crate::phones) fn new(
        now: Time,
        server: Ipv4Addr,
        port: u16,
        name: &str,
        tries: u32,
        blksize: Option<u16>,
    ) -> Fetch {
        let quiet = REPEAT * tries.max(1);
        let patience =
            Patience { first: REPEAT, most: REPEAT, unanswered: quiet, silence: quiet, standstill: quiet * 4 };
        let wish = Wish { patience, blksize, ..Wish::plain(name) };
        Fetch { port, server, peer: None, client: Client::new(now, wish, Intake::new()) }
    }

    /// A datagram on this port; answers what to tell a stranger, if it comes from one.
    pub(in crate::phones) fn handle(&mut self, now: Time, src: SocketAddrV4, bytes: &[u8]) -> Option<Vec<u8>> {
        // Another address is no server of this phone's, however well it answers.
        if *src.ip() != self.server {
            return None;
        }
        if *self.peer.get_or_insert(src.port()) != src.port() {
            return Some(wrong_tid_reply());
        }
        self.client.handle(now, bytes);
        None
    }

    pub(in crate::phones) fn handle_timeout(&mut self, now: Time) {
        self.client.handle_timeout(now);
    }

    pub(in crate::phones) fn poll_timeout(&self) -> Option<(Time, &'static str)> {
        self.client.poll_timeout()
    }

    /// The next datagram and where it goes.
    pub(in crate::phones) fn poll_transmit(&mut self, now: Time) -> Option<(SocketAddrV4, Vec<u8>)> {
        let mut bytes = Vec::new();
        let to = SocketAddrV4::new(self.server, self.peer.unwrap_or(69));
        self.client.poll_transmit(now, &mut bytes).then_some((to, bytes))
    }

    /// How it ended, once it has.
    pub(in crate::phones) fn end(&self) -> Option<End> {
        Some(match self.client.outcome()? {
            Outcome::Done => End::Got(self.client.sink().clone()),
            Outcome::PeerError { code: ErrorCode::FileNotFound, .. } => End::Missing,
            Outcome::GaveUp(_) => End::TimedOut,
            Outcome::PeerError { .. } | Outcome::Broken(_) | Outcome::Aborted(_) => End::Denied,
        })
    }
}
