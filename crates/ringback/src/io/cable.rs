//! The cable as frames: a raw socket on an interface, or the demo's own.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use super::link::Link;

/// Somewhere frames come from and go to. Never blocks.
pub(crate) trait Cable: Send {
    /// The descriptor to watch.
    fn fd(&self) -> BorrowedFd<'_>;

    /// The next frame into `buf`: its length and the VLAN that the card took off; none when there is none now.
    fn recv(&mut self, buf: &mut [u8]) -> io::Result<Option<(usize, Option<u16>)>>;

    /// Puts a frame on the cable.
    fn send(&self, frame: &[u8]) -> io::Result<()>;

    /// Whether DHCP replies travel as frames (an interface), or by the DHCP socket (loopback).
    fn carries_dhcp(&self) -> bool;
}

impl Cable for Link {
    fn fd(&self) -> BorrowedFd<'_> {
        self.as_fd()
    }

    fn recv(&mut self, buf: &mut [u8]) -> io::Result<Option<(usize, Option<u16>)>> {
        Ok(Link::recv(self, buf)?.map(|r| (r.len, r.vlan)))
    }

    fn send(&self, frame: &[u8]) -> io::Result<()> {
        Link::send(self, frame)
    }

    fn carries_dhcp(&self) -> bool {
        true
    }
}
