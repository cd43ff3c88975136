//! Readiness of descriptors, level-triggered: one datagram read per event and no extra call to learn
//! that there is none left, which is what lock-step phones cost least with.

use std::io;
use std::mem::MaybeUninit;
use std::time::Duration;

use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::fd::{AsFd, OwnedFd};
use rustix::time::Timespec;

/// Events taken from the kernel at once.
const EVENTS: usize = 256;

/// Which descriptor an event is about; given when it was added.
pub(crate) type Token = u64;

/// An epoll instance.
pub(crate) struct Poller {
    epoll: OwnedFd,
}

impl Poller {
    /// An empty one.
    pub(crate) fn new() -> io::Result<Poller> {
        Ok(Poller { epoll: epoll::create(CreateFlags::CLOEXEC)? })
    }

    /// Watches a descriptor for something to read. It stops when the descriptor is closed.
    pub(crate) fn add(&self, fd: impl AsFd, token: Token) -> io::Result<()> {
        Ok(epoll::add(&self.epoll, fd, EventData::new_u64(token), EventFlags::IN)?)
    }

    /// Waits until something can be read or `longest` is over, and gives the tokens.
    pub(crate) fn wait(&self, longest: Option<Duration>, ready: &mut Vec<Token>) -> io::Result<()> {
        ready.clear();
        let mut events = [MaybeUninit::<Event>::uninit(); EVENTS];
        let timeout = longest
            .map(|t| Timespec { tv_sec: t.as_secs().try_into().unwrap_or(i64::MAX), tv_nsec: t.subsec_nanos().into() });
        match epoll::wait(&self.epoll, &mut events, timeout.as_ref()) {
            Ok((happened, _)) => ready.extend(happened.iter().map(|e| e.data.u64())),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }
}
