//! FTP for phones: files, read-only. One thread, a task for each phone, bounded in every direction.
//!
//! What a line means is decided in [`proto::ftp`], which file a phone gets by the bench; here are the sockets.
//! Data connections are made with the phone of the control connection and with nobody else (RFC 2577), and from
//! the bench's own address on its own interface.

mod data;
mod session;
#[cfg(test)]
mod tests;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use super::content::Library;
use super::message::Mailbox;
use super::tcp_server::{self, Manner, Server};

const MANNER: Manner = Manner { name: "ftp", connections: 256, per_address: 4, farewell: Duration::ZERO };

/// What all conversations share.
#[derive(Clone)]
struct House {
    mailbox: Mailbox,
    library: Arc<Library>,
    /// The interface that data connections stay on.
    device: Option<String>,
}

/// Serves on `listener`, with data connections on the interface `device`.
pub(crate) fn spawn(
    listener: TcpListener,
    device: Option<String>,
    mailbox: Mailbox,
    library: Arc<Library>,
) -> io::Result<Server> {
    let house = House { mailbox, library, device };
    tcp_server::spawn(MANNER, listener, move |stream, peer| {
        let house = house.clone();
        async move {
            // Phones have no IPv6 here.
            if let SocketAddr::V4(peer) = peer {
                session::serve(house, *peer.ip(), stream).await;
            }
        }
    })
}
