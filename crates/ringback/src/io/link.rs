//! Whole frames of one interface: what tells a phone apart before it has an address.
//!
//! [`Link`] reads and sends frames; [`LinkWatch`] tells when the cable is plugged in or the interface
//! goes away. A filter in the kernel keeps everything else from ever reaching this program, bulk
//! transfers above all. Not here: what a frame says (`proto::ethernet`), and other systems than Linux.

mod filter;
mod watch;

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};

use socket2::{Domain, SockFilter, Socket, Type};

use super::sys;

pub(crate) use watch::{LinkState, LinkWatch};

/// Frames that may wait; all are short.
const RECEIVE_BUFFER: usize = 1 << 20;
/// The part of a tag's control information that is the VLAN.
const VLAN: u16 = 0x0fff;

/// A raw socket on one interface.
#[derive(Debug)]
pub(crate) struct Link {
    socket: Socket,
}

/// A frame that came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Received {
    /// Bytes of it in the buffer; a longer frame was cut.
    pub(crate) len: usize,
    /// VLAN, 0–4095, of the tag that stood in front; the tag itself is not in the buffer. Of two tags
    /// the second is.
    pub(crate) vlan: Option<u16>,
}

/// Bytes of frames that may wait for the card.
const SEND_BUFFER: libc::c_int = 2 << 20;

impl Link {
    /// Opens the interface for the bench: it hears who is there, not what is transferred. Needs
    /// `CAP_NET_RAW`; `NotFound` when the interface is not there.
    pub(crate) fn open(interface: &str) -> io::Result<Link> {
        Link::with_filter(interface, Some(&filter::program()))
    }

    /// Opens the interface as a station of its own that hears everything: the simulated phone's side.
    pub(crate) fn open_station(interface: &str) -> io::Result<Link> {
        Link::with_filter(interface, None)
    }

    fn with_filter(interface: &str, filter: Option<&[SockFilter]>) -> io::Result<Link> {
        let index = sys::interface_index(interface)?;
        // Of no protocol: it hears nothing until it is bound, when the filter already stands.
        let socket = Socket::new(Domain::PACKET, Type::RAW.nonblocking().cloexec(), None)?;
        if let Some(filter) = filter {
            socket.attach_filter(filter)?;
        }
        socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
        let fd = socket.as_fd();
        // Room for a whole batch of ARP probes; without the right to it the usual room has to do.
        let _ = sys::set_number(fd, libc::SOL_SOCKET, libc::SO_SNDBUFFORCE, SEND_BUFFER);
        sys::set_number(fd, libc::SOL_PACKET, libc::PACKET_AUXDATA, 1)?;
        sys::join(fd, index, libc::PACKET_MR_PROMISC)?;
        sys::join(fd, index, libc::PACKET_MR_ALLMULTI)?;
        sys::bind_packet(fd, index)?;
        Ok(Link { socket })
    }

    /// The next frame that another station sent; none when there is none now. An interface that is
    /// switched off or gone is silent: [`LinkWatch`] tells that.
    pub(crate) fn recv(&self, buffer: &mut [u8]) -> io::Result<Option<Received>> {
        loop {
            match sys::receive_packet(self.socket.as_fd(), buffer) {
                Ok(packet) if packet.outgoing => {}
                Ok(packet) => return Ok(Some(Received { len: packet.len, vlan: packet.tci.map(|tci| tci & VLAN) })),
                Err(error) => match error.kind() {
                    io::ErrorKind::WouldBlock => return Ok(None),
                    // Told once; the socket hears again when the interface is back on.
                    io::ErrorKind::Interrupted | io::ErrorKind::NetworkDown => {}
                    _ => return Err(error),
                },
            }
        }
    }

    /// Sends a frame as it stands, from the destination's address on; the card adds the checksum.
    pub(crate) fn send(&self, frame: &[u8]) -> io::Result<()> {
        self.socket.send(frame).map(|_| ())
    }
}

impl AsFd for Link {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl AsRawFd for Link {
    fn as_raw_fd(&self) -> RawFd {
        self.socket.as_raw_fd()
    }
}

#[cfg(test)]
pub(crate) mod tests;
