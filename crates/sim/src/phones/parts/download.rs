//! One file on its way to a phone, by whichever protocol.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::ops::Range;
use std::time::Duration;

use proto::Time;
use proto::tftp::{Sink as _, Wish};

use super::place::Place;
use super::station::Station;
use super::tftp::{self, Read};
use crate::Output;
use crate::firmware::taken::Taken;
use crate::stream::{Order, Part, Scheme};

/// Between two requests for the same file.
const REPEAT: Duration = Duration::from_secs(3);

/// How a download ended.
pub(crate) type End = tftp::End<Taken>;

/// A file under way, or one that has ended and stays to repeat its last ACK.
#[derive(Debug)]
pub(crate) struct Download {
    /// The phone's port for this file, and the number of its order.
    port: u16,
    way: Way,
}

#[derive(Debug)]
enum Way {
    Tftp(Box<Read<Taken>>),
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

impl Download {
    /// Begins. Drain [`Download::poll_datagram`] and [`Download::poll_order`].
    fn new(now: Time, port: u16, wanted: Wanted<'_>) -> Download {
        let Wanted { place, server, path, user_agent, trusted_only, patience, blksize, hole } = wanted;
        let taken = Taken::new(hole);
        let way = if place.scheme == Scheme::Tftp {
            let wish = Wish { patience: tftp::patience(REPEAT, patience), blksize, ..Wish::plain(path) };
            Way::Tftp(Box::new(Read::new(now, server, port, wish, taken)))
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
            let (order, taken) = (Some(Box::new(order)), Box::new(taken));
            Way::Tcp { order, taken, end: None, until: now + patience, patience }
        };
        Download { port, way }
    }

    /// A datagram for its port; answers what to tell a stranger, if it comes from one.
    fn handle_datagram(&mut self, now: Time, src: SocketAddrV4, bytes: &[u8]) -> Option<Vec<u8>> {
        match &mut self.way {
            Way::Tftp(read) => read.handle(now, src, bytes),
            Way::Tcp { .. } => None,
        }
    }

    /// Something came of its order.
    fn handle_part(&mut self, now: Time, part: Part) {
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

    fn handle_timeout(&mut self, now: Time) {
        match &mut self.way {
            Way::Tftp(read) => read.handle_timeout(now),
            Way::Tcp { end: end @ None, until, .. } if *until <= now => *end = Some(Box::new(End::TimedOut)),
            Way::Tcp { .. } => {}
        }
    }

    /// What has come so far.
    pub(crate) fn taken(&self) -> &Taken {
        match &self.way {
            Way::Tftp(read) => read.taken(),
            Way::Tcp { taken, .. } => taken,
        }
    }

    /// The phone has seen enough: by TFTP it says so.
    pub(crate) fn reject(&mut self) {
        match &mut self.way {
            Way::Tftp(read) => read.reject(),
            Way::Tcp { end, .. } => *end = Some(Box::new(End::Rejected)),
        }
    }

    fn poll_timeout(&self) -> Option<(Time, &'static str)> {
        match &self.way {
            Way::Tftp(read) => read.poll_timeout(),
            Way::Tcp { end: None, until, .. } => Some((*until, "waiting for a file")),
            Way::Tcp { .. } => None,
        }
    }

    /// The next datagram and where it goes.
    fn poll_datagram(&mut self, now: Time) -> Option<(SocketAddrV4, Vec<u8>)> {
        match &mut self.way {
            Way::Tftp(read) => read.poll_datagram(now),
            Way::Tcp { .. } => None,
        }
    }

    /// The order, once.
    fn poll_order(&mut self) -> Option<Order> {
        match &mut self.way {
            Way::Tcp { order, .. } => order.take().map(|order| *order),
            Way::Tftp(_) => None,
        }
    }

    /// How it ended, once it has.
    fn end(&self) -> Option<End> {
        match &self.way {
            Way::Tftp(read) => read.end(),
            Way::Tcp { end, .. } => end.as_deref().cloned(),
        }
    }
}

/// The download under way, and the one before, kept for a server that missed its last ACK.
#[derive(Debug, Default)]
pub(crate) struct Downloads {
    current: Option<Download>,
    before: Option<Download>,
}

impl Downloads {
    /// Begins one from this port. Then, as after everything below, drain [`Downloads::poll`].
    pub(crate) fn begin(&mut self, now: Time, port: u16, wanted: Wanted<'_>) {
        self.current = Some(Download::new(now, port, wanted));
    }

    /// Drops both.
    pub(crate) fn stop(&mut self) {
        *self = Downloads::default();
    }

    /// The one under way.
    pub(crate) fn current(&mut self) -> Option<&mut Download> {
        self.current.as_mut()
    }

    /// A datagram for the port of one of them; false: for none. [`Downloads::answer`] is what follows.
    pub(crate) fn hear(
        &mut self,
        now: Time,
        (src, port): (SocketAddrV4, u16),
        bytes: &[u8],
        station: &Station,
        out: &mut VecDeque<Output>,
    ) -> bool {
        let Some(download) = self.at(port) else { return false };
        if let Some(bytes) = download.handle_datagram(now, src, bytes) {
            station.send(port, src, bytes, out);
        }
        true
    }

    /// Sends what the one at this port has to say.
    pub(crate) fn answer(&mut self, now: Time, port: u16, station: &Station, out: &mut VecDeque<Output>) {
        while let Some((dst, bytes)) = self.at(port).and_then(|download| download.poll_datagram(now)) {
            station.send(port, dst, bytes, out);
        }
    }

    /// Something came of the order with this number; false: it is not the one under way.
    pub(crate) fn handle_part(&mut self, now: Time, id: u16, part: Part) -> bool {
        let Some(download) = self.current.as_mut().filter(|download| download.port == id) else { return false };
        download.handle_part(now, part);
        true
    }

    pub(crate) fn handle_timeout(&mut self, now: Time) {
        if let Some(download) = &mut self.current {
            download.handle_timeout(now);
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<(Time, &'static str)> {
        self.current.as_ref().and_then(Download::poll_timeout)
    }

    /// Sends what the one under way has to say, unless the phone is mute; answers how it ended, once it has.
    pub(crate) fn poll(&mut self, now: Time, mute: bool, station: &Station, out: &mut VecDeque<Output>) -> Option<End> {
        let download = self.current.as_mut()?;
        while let Some((dst, bytes)) = download.poll_datagram(now) {
            if !mute {
                station.send(download.port, dst, bytes, out);
            }
        }
        out.extend(download.poll_order().filter(|_| !mute).map(Output::Order));
        let end = download.end()?;
        self.before = self.current.take();
        Some(end)
    }

    fn at(&mut self, port: u16) -> Option<&mut Download> {
        [&mut self.current, &mut self.before].into_iter().flatten().find(|download| download.port == port)
    }
}
