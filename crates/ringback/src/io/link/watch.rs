//! Whether a cable is in the interface, told at once when that changes.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};

use rtnetlink::sys::{Socket, SocketAddr};

use super::sys;

/// `NETLINK_ROUTE`.
const ROUTE: isize = 0;
/// The group that is told of every interface.
const LINKS: u32 = rtnetlink::constants::RTMGRP_LINK;
/// Room for what the kernel sends at once.
const BUFFER: usize = 32 << 10;
/// Of nlmsghdr and of ifinfomsg: both are 16 bytes.
const HEADER: usize = 16;

/// The state of an interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LinkState {
    /// Something with power is at the other end of the cable.
    Carrier,
    /// No cable, or nothing with power at its other end.
    NoCarrier,
    /// Switched off by the administrator.
    Off,
    /// There is no such interface any more; nothing more will be told.
    Gone,
}

/// Watches one interface, known by its index: if it is unplugged and plugged in again, that is another.
pub(crate) struct LinkWatch {
    socket: Socket,
    index: u32,
    told: Option<LinkState>,
    buffer: Vec<u8>,
    /// Bytes of the buffer that were read but not looked at.
    unread: std::ops::Range<usize>,
}

impl LinkWatch {
    /// Begins to watch. The state it has now is the first thing that [`LinkWatch::poll`] tells.
    pub(crate) fn open(interface: &str) -> io::Result<LinkWatch> {
        let index = sys::interface_index(interface)?;
        let mut socket = Socket::new(ROUTE)?;
        socket.bind(&SocketAddr::new(0, LINKS))?;
        socket.set_non_blocking(true)?;
        let watch = LinkWatch { socket, index, told: None, buffer: vec![0; BUFFER], unread: 0..0 };
        watch.ask()?;
        Ok(watch)
    }

    /// The next change of state; none when there is none now. Call it until then whenever the socket is
    /// readable.
    pub(crate) fn poll(&mut self) -> io::Result<Option<LinkState>> {
        loop {
            while let Some(state) = self.next_message() {
                if self.told != Some(state) && self.told != Some(LinkState::Gone) {
                    self.told = Some(state);
                    return Ok(Some(state));
                }
            }
            match self.socket.recv(&mut &mut self.buffer[..], 0) {
                Ok(len) => self.unread = 0..len.min(self.buffer.len()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // Messages were lost; what holds now can be asked for.
                Err(error) if error.raw_os_error() == Some(libc::ENOBUFS) => self.ask()?,
                Err(error) => return Err(error),
            }
        }
    }

    /// Asks for the state; the answer comes as if it were news.
    fn ask(&self) -> io::Result<()> {
        let mut message = [0; 2 * HEADER];
        message[0..4].copy_from_slice(&(2 * HEADER as u32).to_ne_bytes());
        message[4..6].copy_from_slice(&libc::RTM_GETLINK.to_ne_bytes());
        message[6..8].copy_from_slice(&(libc::NLM_F_REQUEST as u16).to_ne_bytes());
        message[HEADER + 4..HEADER + 8].copy_from_slice(&self.index.to_ne_bytes());
        self.socket.send_to(&message, &SocketAddr::new(0, 0), 0).map(|_| ())
    }

    /// What the next message says that says something about this interface.
    fn next_message(&mut self) -> Option<LinkState> {
        while !self.unread.is_empty() {
            let rest = self.buffer.get(self.unread.clone())?;
            let len = word(rest, 0).map_or(0, |len| len as usize);
            let message = rest.get(..len.max(HEADER)).unwrap_or(rest);
            let state = state(message, self.index);
            // Each begins at a multiple of four.
            self.unread.start += message.len().next_multiple_of(4);
            if state.is_some() {
                return state;
            }
        }
        None
    }
}

impl AsFd for LinkWatch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl AsRawFd for LinkWatch {
    fn as_raw_fd(&self) -> RawFd {
        self.socket.as_raw_fd()
    }
}

/// Reads a message of rtnetlink(7): what it says about the interface of this index.
fn state(message: &[u8], index: u32) -> Option<LinkState> {
    let kind = half(message, 4)?;
    if kind == libc::NLMSG_ERROR as u16 {
        // Only one thing is ever asked: it is not there.
        return (word(message, HEADER)? != 0).then_some(LinkState::Gone);
    }
    // A bridge tells of its parts in the same words, but of another family.
    let of_interface = *message.get(HEADER)? == libc::AF_UNSPEC as u8;
    if !of_interface || word(message, HEADER + 4)? != index {
        return None;
    }
    let flags = word(message, HEADER + 8)?;
    let has = |flag: libc::c_int| flags & flag as u32 != 0;
    match kind {
        libc::RTM_DELLINK => Some(LinkState::Gone),
        libc::RTM_NEWLINK if !has(libc::IFF_UP) => Some(LinkState::Off),
        // The second comes later, when frames can be sent too; before, they are lost without a word.
        libc::RTM_NEWLINK if has(libc::IFF_LOWER_UP) && has(libc::IFF_RUNNING) => Some(LinkState::Carrier),
        libc::RTM_NEWLINK => Some(LinkState::NoCarrier),
        _ => None,
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::testspace::{in_namespace, ip, readable};

    fn next(watch: &mut LinkWatch) -> LinkState {
        loop {
            if let Some(state) = watch.poll().unwrap() {
                return state;
            }
            readable(watch.as_fd());
        }
    }

    #[test]
    fn the_cable_and_the_switch_are_followed_until_the_interface_is_gone() {
        in_namespace(|| {
            ip("link add va type veth peer name vb");
            ip("link set va up");
            let mut watch = LinkWatch::open("va").unwrap();
            assert_eq!(next(&mut watch), LinkState::NoCarrier);
            assert_eq!(watch.poll().unwrap(), None);
            ip("link set vb up");
            assert_eq!(next(&mut watch), LinkState::Carrier);
            ip("link set vb down");
            assert_eq!(next(&mut watch), LinkState::NoCarrier);
            ip("link set va down");
            assert_eq!(next(&mut watch), LinkState::Off);
            ip("link set vb up");
            ip("link set va up");
            // The link takes a moment to come up.
            while next(&mut watch) != LinkState::Carrier {}
            ip("link del va");
            // Deleting one end also takes its carrier away first.
            while next(&mut watch) != LinkState::Gone {}
            assert_eq!(watch.poll().unwrap(), None);
        });
    }

    #[test]
    fn other_interfaces_and_bridges_are_none_of_its_business() {
        in_namespace(|| {
            ip("link add va type veth peer name vb");
            ip("link set va up");
            ip("link set vb up");
            let mut watch = LinkWatch::open("va").unwrap();
            assert_eq!(next(&mut watch), LinkState::Carrier);
            ip("link add br0 type bridge");
            ip("link set va master br0");
            ip("link set va nomaster");
            ip("link add vc type veth peer name vd");
            ip("link del vc");
            assert_eq!(watch.poll().unwrap(), None);
            ip("link del va");
            while next(&mut watch) != LinkState::Gone {}
        });
    }

    #[test]
    fn broken_messages_say_nothing() {
        for len in 0..40 {
            let _ = state(&vec![0xff; len], 1);
            assert_eq!(state(&vec![0; len], 1), None);
        }
    }

    #[test]
    fn no_interface_of_that_name() {
        assert_eq!(LinkWatch::open("nosuch0").err().map(|e| e.kind()), Some(io::ErrorKind::NotFound));
    }
}
