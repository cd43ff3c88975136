//! HTTP for phones: files, and nothing else. One thread, one connection each, bounded in every direction.
//!
//! | file | what |
//! | --- | --- |
//! | [`repair`] | request lines as old phones write them, made into what a parser takes |
//! | [`wire`] | the socket with the repair in front, and what was written counted |
//! | [`meter`] | what one connection is doing, and until when it may |
//! | [`news`] | what the loop is told of one transfer, whatever happens to it |
//! | [`service`] | a request becomes a question to the bench, the answer a response |
//! | [`body`] | a file, piece by piece |
//! | [`server`] | one connection, and its time-outs |
//!
//! Which file a phone gets is decided by the bench. TLS, where it is wanted, stands in front
//! of it (`https`). There is deliberately no compression, no
//! range and no caching here: a phone gets the whole file with its length, or is told why not.

mod body;
mod meter;
pub(in crate::io) mod news;
mod repair;
mod server;
mod service;
#[cfg(test)]
mod tests;
mod wire;

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use super::content::Library;
use super::https::Tls;
use super::message::Mailbox;
use super::tcp_server::{self, Manner, Server};

/// How much phones may use, and how long they may take.
#[derive(Clone, Copy, Debug)]
struct Limits {
    /// Connections.
    connections: usize,
    /// Connections of one address.
    per_address: usize,
    /// From the first byte of a request to the end of its head.
    head: Duration,
    /// Between two requests.
    idle: Duration,
    /// Without a byte taken while a file is sent. Phones write flash meanwhile.
    stall: Duration,
}

const LIMITS: Limits = Limits {
    connections: 512,
    per_address: 8,
    head: Duration::from_secs(10),
    idle: Duration::from_secs(30),
    stall: Duration::from_secs(120),
};

/// Serves on `listener`: asks the loop by `mailbox`, opens what it answers in `library`.
pub(crate) fn spawn(listener: TcpListener, mailbox: Mailbox, library: Arc<Library>) -> io::Result<Server> {
    spawn_with(LIMITS, listener, mailbox, library, None)
}

/// As [`spawn`], inside TLS.
pub(crate) fn spawn_tls(
    listener: TcpListener,
    mailbox: Mailbox,
    library: Arc<Library>,
    tls: Tls,
) -> io::Result<Server> {
    spawn_with(LIMITS, listener, mailbox, library, Some(tls))
}

fn spawn_with(
    limits: Limits,
    listener: TcpListener,
    mailbox: Mailbox,
    library: Arc<Library>,
    tls: Option<Tls>,
) -> io::Result<Server> {
    let manner = Manner {
        name: "http",
        connections: limits.connections,
        per_address: limits.per_address,
        farewell: Duration::ZERO,
    };
    let house = Arc::new(server::House::new(limits, mailbox, library, tls));
    tcp_server::spawn(manner, listener, move |stream, peer| server::serve(Arc::clone(&house), peer, stream))
}
