//! One file on its way to a phone, by whichever protocol.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::ops::Range;
use std::time::Duration;

use proto::Time;
use proto::tftp::client::Outcome;
use proto::tftp::{Client, ErrorCode, Patience, Sink as _, Wish, wrong_tid_reply};

use super::place::Place;
use crate::firmware::taken::Taken;
use crate::stream::{Order, Part, Scheme};

/// Between two requests for the same file.
const REPEAT: Duration = Duration::from_secs(3);

/// A file under way, or one that has ended and stays to repeat its last ACK.
#[derive(Debug)]
pub(crate) struct Download {
    /// The phone's port for this file, and the number of its order.
    pub(crate) port: u16,
    way: Way,
}

#[derive(Debug)]
enum Way {
    Tftp { server: Ipv4Addr, peer: Option<u16>, client: Box<Client<Taken>> },
    Tcp { order: Option<Box<Order>>, taken: Box<Taken>, end: Option<Box<End>>, until: Time, patience: Duration },
}

/// What is wished for.
#[derive(Clone, Debug)]
pub(crate) struct Wanted<'a> {
    /// Where it is.
    pub(crate) place: &'a Place,
    /// The server's address.
    pub(crate) server: Ipv4Addr,
    /// Its name with folders.
    pub(crate) path: String,
    /// HTTP User-Agent.
    pub(crate) user_agent: String,
    /// Only from servers whose certificate can be traced.
    pub(crate) trusted_only: bool,
    /// How long nothing at all may come.
    pub(crate) patience: Duration,
    /// TFTP block size to ask for.
    pub(crate) blksize: Option<u16>,
    /// The bytes that do not count for the sum.
    pub(crate) hole: Range<u64>,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Here it is.
    Got(Taken),
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

impl Download {
    /// Begins. Drain [`Download::poll_datagram`] and [`Download::poll_order`].
    pub(crate) fn new(now: Time, port: u16, wanted: Wanted<'_>) -> Download {
        let Wanted { place, server, path, user_agent, trusted_only, patience, blksize, hole } = wanted;
        let taken = Taken::new(hole);
        let way = if place.scheme == Scheme::Tftp {
            let patience = Patience {
                first: REPEAT,
                most: REPEAT,
                unanswered: patience,
                silence: patience,
                standstill: patience * 4,
            };
            let wish = Wish { patience, blksize, ..Wish::plain(path) };
            Way::Tftp { server, peer: None, client: Box::new(Client::new(now, wish, taken)) }
        } else {
            let order = Order {
                id: port,
                scheme: place.scheme,
                server: SocketAddrV4::new(server, place.port()),
                host: place.host.clone(),
                path,
                login: place.login.clone(),
                user_agent,
                trusted_only,
            };
            Way::Tcp {
                order: Some(Box::new(order)),
                taken: Box::new(taken),
                end: None,
                until: now + patience,
                patience,
            }
        };
        Download { port, way }
    }

    /// A datagram for its port; answers what to tell a stranger, if it comes from one.
    pub(crate) fn handle_datagram(&mut self, now: Time, src: SocketAddrV4, bytes: &[u8]) -> Option<Vec<u8>> {
        let Way::Tftp { server, peer, client } = &mut self.way else { return None };
        // Another address is no server of this phone's, however well it answers.
        if src.ip() != server {
            return None;
        }
        if *peer.get_or_insert(src.port()) != src.port() {
            return Some(wrong_tid_reply());
        }
        client.handle(now, bytes);
        None
    }

    /// Something came of its order.
    pub(crate) fn handle_part(&mut self, now: Time, part: Part) {
        let Way::Tcp { taken, end, until, patience, .. } = &mut self.way else { return };
        if end.is_some() {
            return;
        }
        *until = now + *patience;
        let came = match part {
            Part::Data(bytes) => return taken.write(&bytes),
            Part::Done => End::Got((**taken).clone()),
            Part::Missing => End::Missing,
            Part::Denied => End::Denied,
            Part::Untrusted => End::Untrusted,
            Part::Failed => End::TimedOut,
        };
        *end = Some(Box::new(came));
    }

    pub(crate) fn handle_timeout(&mut self, now: Time) {
        match &mut self.way {
            Way::Tftp { client, .. } => client.handle_timeout(now),
            Way::Tcp { end: end @ None, until, .. } if *until <= now => *end = Some(Box::new(End::TimedOut)),
            Way::Tcp { .. } => {}
        }
    }

    /// What has come so far.
    pub(crate) fn taken(&self) -> &Taken {
        match &self.way {
            Way::Tftp { client, .. } => client.sink(),
            Way::Tcp { taken, .. } => taken,
        }
    }

    /// The phone has seen enough: by TFTP it says so with an ERROR 0.
    pub(crate) fn reject(&mut self) {
        match &mut self.way {
            Way::Tftp { client, .. } => client.abort(ErrorCode::NotDefined, "undefined error"),
            Way::Tcp { end, .. } => *end = Some(Box::new(End::Rejected)),
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<(Time, &'static str)> {
        match &self.way {
            Way::Tftp { client, .. } => client.poll_timeout(),
            Way::Tcp { end: None, until, .. } => Some((*until, "waiting for a file")),
            Way::Tcp { .. } => None,
        }
    }

    /// The next datagram and where it goes.
    pub(crate) fn poll_datagram(&mut self, now: Time) -> Option<(SocketAddrV4, Vec<u8>)> {
        let Way::Tftp { server, peer, client } = &mut self.way else { return None };
        let mut bytes = Vec::new();
        let to = SocketAddrV4::new(*server, peer.unwrap_or(69));
        client.poll_transmit(now, &mut bytes).then_some((to, bytes))
    }

    /// The order, once.
    pub(crate) fn poll_order(&mut self) -> Option<Order> {
        match &mut self.way {
            Way::Tcp { order, .. } => order.take().map(|order| *order),
            Way::Tftp { .. } => None,
        }
    }

    /// How it ended, once it has.
    pub(crate) fn end(&self) -> Option<End> {
        match &self.way {
            Way::Tcp { end, .. } => end.as_deref().cloned(),
            Way::Tftp { client, .. } => Some(match client.outcome()? {
                Outcome::Done => End::Got(client.sink().clone()),
                Outcome::PeerError { code: ErrorCode::FileNotFound, .. } => End::Missing,
                Outcome::GaveUp(_) => End::TimedOut,
                Outcome::Aborted(_) => End::Rejected,
                Outcome::PeerError { .. } | Outcome::Broken(_) => End::Denied,
            }),
        }
    }
}
