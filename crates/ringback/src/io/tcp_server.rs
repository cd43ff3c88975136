//! A TCP server on a thread of its own: takes connections while there is room for them, ends when dropped.
//!
//! What is said on a connection is its owner's. Who finds no room is closed on at once.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::oneshot;

/// When the system has no more descriptors, accepting rests this long.
const REST: Duration = Duration::from_millis(100);
/// Work that does not end with its connection is given up after this.
const LAST: Duration = Duration::from_secs(1);

/// How much a server takes on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    /// Its thread's name.
    pub(crate) name: &'static str,
    /// Connections at once.
    pub(crate) connections: usize,
    /// Connections of one address at once.
    pub(crate) per_address: usize,
    /// Connections go on for so long when it is stopped.
    pub(crate) farewell: Duration,
}

/// A server that runs until it is stopped or dropped.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Serves every connection by `serve`, which is given the peer's address.
pub(crate) fn spawn<F: Future<Output = ()> + Send + 'static>(
    manner: Manner,
    listener: TcpListener,
    serve: impl Fn(TcpStream, SocketAddr) -> F + Send + 'static,
) -> io::Result<Server> {
    let address = listener.local_addr()?;
    listener.set_nonblocking(true)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
    let listener = {
        let _in_runtime = runtime.enter();
        tokio::net::TcpListener::from_std(listener)?
    };
    let (stop, stopped) = oneshot::channel();
    let run = move || {
        runtime.block_on(async {
            accept(manner, &listener, serve, stopped).await;
            tokio::time::sleep(manner.farewell).await;
        });
        runtime.shutdown_timeout(LAST);
    };
    let thread = std::thread::Builder::new().name(manner.name.to_owned()).spawn(run)?;
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

async fn accept<F: Future<Output = ()> + Send + 'static>(
    manner: Manner,
    listener: &tokio::net::TcpListener,
    serve: impl Fn(TcpStream, SocketAddr) -> F,
    mut stop: oneshot::Receiver<()>,
) {
    let places = Arc::new(Places(Mutex::default()));
    loop {
        let accepted = tokio::select! {
            _ = &mut stop => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, peer)) = accepted else {
            tokio::time::sleep(REST).await;
            continue;
        };
        let Some(place) = places.take(&manner, peer.ip().to_canonical()) else { continue };
        // Only delays small answers; without it they still come.
        let _ = stream.set_nodelay(true);
        let served = serve(stream, peer);
        tokio::spawn(async move {
            served.await;
            drop(place);
        });
    }
}

/// How many connections each address has.
#[derive(Debug)]
struct Places(Mutex<BTreeMap<IpAddr, usize>>);

impl Places {
    fn take(self: &Arc<Places>, manner: &Manner, address: IpAddr) -> Option<Place> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = taken.values().sum();
        let own = taken.get(&address).copied().unwrap_or_default();
        if all >= manner.connections || own >= manner.per_address {
            return None;
        }
        taken.insert(address, own + 1);
        Some(Place { places: Arc::clone(self), address })
    }
}

/// One connection's place, free again when dropped.
#[derive(Debug)]
struct Place {
    places: Arc<Places>,
    address: IpAddr,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.0.lock().unwrap_or_else(PoisonError::into_inner);
        match taken.get_mut(&self.address) {
            Some(own) if *own > 1 => *own -= 1,
            _ => drop(taken.remove(&self.address)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn a_place_is_free_again_when_its_connection_ends() {
        let places = Arc::new(Places(Mutex::default()));
        let manner = Manner { name: "", connections: 3, per_address: 2, farewell: Duration::ZERO };
        let (a, b) = (IpAddr::from(Ipv4Addr::new(10, 0, 0, 1)), IpAddr::from(Ipv4Addr::new(10, 0, 0, 2)));
        let first = places.take(&manner, a);
        let second = places.take(&manner, a);
        assert!(first.is_some() && second.is_some());
        assert!(places.take(&manner, a).is_none(), "one address has two");
        let other = places.take(&manner, b);
        assert!(other.is_some() && places.take(&manner, b).is_none(), "all have three");
        drop((first, second, other));
        assert!(places.0.lock().unwrap().is_empty());
    }
}
