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
//! | [`server`] | accepting, limits, time-outs |
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
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use super::content::Library;
use super::https::Tls;
use super::message::Mailbox;

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

/// A server that runs until it is stopped or dropped.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

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
    let address = listener.local_addr()?;
    listener.set_nonblocking(true)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
    let listener = {
        let _in_runtime = runtime.enter();
        tokio::net::TcpListener::from_std(listener)?
    };
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let house = Arc::new(server::House::new(limits, mailbox, library, tls));
    let run = move || {
        runtime.block_on(server::serve(&house, &listener, stopped));
        runtime.shutdown_timeout(Duration::from_secs(1));
    };
    let thread = std::thread::Builder::new().name("http".to_owned()).spawn(run)?;
    Ok(Server { address, stop: Some(stop), thread: Some(thread) })
}

impl Server {
    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Closes every connection and ends the thread.
    pub(crate) fn stop(self) {
        drop(self);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The thread has ended already when nobody hears this.
        let _ = self.stop.take().map(|stop| stop.send(()));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
