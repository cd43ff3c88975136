//! FTP for phones: files, read-only. One thread, a task for each phone, bounded in every direction.
//!
//! What a line means is decided in [`proto::ftp`], which file a phone gets by the bench; here are the sockets.
//! Data connections are made with the phone of the control connection and with nobody else (RFC 2577), and from
//! the bench's own address on its own interface.

mod data;
mod session;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::content::Library;
use super::message::Mailbox;

/// Conversations at once, and of one phone.
const CONNECTIONS: usize = 256;
const PER_ADDRESS: usize = 4;
/// When the system has no more descriptors, accepting rests this long.
const REST: Duration = Duration::from_millis(100);

/// What all conversations share.
pub(super) struct House {
    mailbox: Mailbox,
    library: Arc<Library>,
    /// The interface that data connections stay on.
    device: Option<String>,
    places: Mutex<BTreeMap<Ipv4Addr, usize>>,
}

impl House {
    fn place(self: &Arc<House>, address: Ipv4Addr) -> Option<Place> {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let taken: usize = places.values().sum();
        let own = places.get(&address).copied().unwrap_or_default();
        if taken >= CONNECTIONS || own >= PER_ADDRESS {
            return None;
        }
        places.insert(address, own + 1);
        Some(Place { house: Arc::clone(self), address })
    }
}

/// One conversation's place, free again when dropped.
pub(super) struct Place {
    house: Arc<House>,
    address: Ipv4Addr,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut places = self.house.places.lock().unwrap_or_else(PoisonError::into_inner);
        match places.get_mut(&self.address) {
            Some(own) if *own > 1 => *own -= 1,
            _ => drop(places.remove(&self.address)),
        }
    }
}

/// A server that runs until it is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Serves on `listener`, with data connections on the interface `device`.
pub(crate) fn spawn(
    listener: TcpListener,
    device: Option<String>,
    mailbox: Mailbox,
    library: Arc<Library>,
) -> io::Result<Server> {
    let address = listener.local_addr()?;
    listener.set_nonblocking(true)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
    let listener = {
        let _in_runtime = runtime.enter();
        tokio::net::TcpListener::from_std(listener)?
    };
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let house = Arc::new(House { mailbox, library, device, places: Mutex::default() });
    let run = move || {
        runtime.block_on(accept(&house, &listener, stopped));
        runtime.shutdown_timeout(Duration::from_secs(1));
    };
    let thread = std::thread::Builder::new().name("ftp".to_owned()).spawn(run)?;
    Ok(Server { address, stop: Some(stop), thread: Some(thread) })
}

async fn accept(house: &Arc<House>, listener: &tokio::net::TcpListener, mut stop: tokio::sync::oneshot::Receiver<()>) {
    loop {
        let accepted = tokio::select! {
            _ = &mut stop => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, peer)) = accepted else {
            tokio::time::sleep(REST).await;
            continue;
        };
        let IpAddr::V4(address) = peer.ip() else { continue };
        if let Some(place) = house.place(address) {
            tokio::spawn(session::serve(place, stream));
        }
    }
}

impl Server {
    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
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
