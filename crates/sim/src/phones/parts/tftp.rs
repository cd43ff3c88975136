//! One file by TFTP, from the first request to the last byte.
//!
//! In lock step from a port of its own, which is where a repeated request comes from as well.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use proto::Time;
use proto::tftp::client::Outcome;
use proto::tftp::{Client, ErrorCode, Patience, Sink, Wish, wrong_tid_reply};

/// Where requests go.
const SERVER_PORT: u16 = 69;

/// A read under way, or one that has ended and stays to repeat its last ACK.
#[derive(Debug)]
pub(crate) struct Read<S: Sink> {
    /// The phone's port for this file.
    pub(crate) port: u16,
    server: Ipv4Addr,
    /// The server's port, once it has answered.
    peer: Option<u16>,
    client: Client<S>,
}

/// How a file's way to the phone ended, by whichever protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End<S> {
    /// Here it is.
    Got(S),
    /// The server has no such file.
    Missing,
    /// The server does not give it, or does not keep to the protocol.
    Denied,
    /// The server's certificate is not one to trust.
    Untrusted,
    /// Nobody answers.
    TimedOut,
    /// The phone itself did not like it.
    Rejected,
}

/// A request every so often, and how long nothing at all may come.
pub(crate) fn patience(every: Duration, quiet: Duration) -> Patience {
    Patience { first: every, most: every, unanswered: quiet, silence: quiet, standstill: quiet * 4 }
}

impl<S: Sink> Read<S> {
    /// Begins. Drain [`Read::poll_datagram`].
    pub(crate) fn new(now: Time, server: Ipv4Addr, port: u16, wish: Wish, sink: S) -> Read<S> {
        Read { port, server, peer: None, client: Client::new(now, wish, sink) }
    }

    /// A datagram on its port; answers what to tell a stranger, if it comes from one.
    pub(crate) fn handle(&mut self, now: Time, src: SocketAddrV4, bytes: &[u8]) -> Option<Vec<u8>> {
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

    pub(crate) fn handle_timeout(&mut self, now: Time) {
        self.client.handle_timeout(now);
    }

    pub(crate) fn poll_timeout(&self) -> Option<(Time, &'static str)> {
        self.client.poll_timeout()
    }

    /// The next datagram and where it goes.
    pub(crate) fn poll_datagram(&mut self, now: Time) -> Option<(SocketAddrV4, Vec<u8>)> {
        let mut bytes = Vec::new();
        let to = SocketAddrV4::new(self.server, self.peer.unwrap_or(SERVER_PORT));
        self.client.poll_transmit(now, &mut bytes).then_some((to, bytes))
    }

    /// What has come so far.
    pub(crate) fn taken(&self) -> &S {
        self.client.sink()
    }

    /// The phone has seen enough, and says so with an ERROR 0.
    pub(crate) fn reject(&mut self) {
        self.client.abort(ErrorCode::NotDefined, "undefined error");
    }
}

impl<S: Sink + Clone> Read<S> {
    /// How it ended, once it has.
    pub(crate) fn end(&self) -> Option<End<S>> {
        Some(match self.client.outcome()? {
            Outcome::Done => End::Got(self.client.sink().clone()),
            Outcome::PeerError { code: ErrorCode::FileNotFound, .. } => End::Missing,
            Outcome::GaveUp(_) => End::TimedOut,
            Outcome::Aborted(_) => End::Rejected,
            Outcome::PeerError { .. } | Outcome::Broken(_) => End::Denied,
        })
    }
}
