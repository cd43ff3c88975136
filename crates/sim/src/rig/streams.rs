//! The host's side of TCP: conversations that phones open, for the services that the bench leads itself.
//!
//! What is not listened to is refused with a reset, as a computer does.

use std::collections::BTreeMap;
use std::net::SocketAddrV4;

use bench::{ConnId, Service};
use proto::Time;

use crate::netstack::tcp::{News, SYN, Segment, Tcp};

/// Conversations at once.
const AT_ONCE: usize = 2_048;

/// What the bench is to hear.
pub(super) struct Told {
    pub(super) conn: ConnId,
    pub(super) service: Service,
    pub(super) from: SocketAddrV4,
    pub(super) news: News,
}

/// All conversations, by the phone's address and port.
#[derive(Debug, Default)]
pub(super) struct Streams {
    open: BTreeMap<SocketAddrV4, (ConnId, Service, Tcp)>,
    by_id: BTreeMap<ConnId, SocketAddrV4>,
    count: u64,
    /// Segments to be sent: from, to.
    out: Vec<(SocketAddrV4, SocketAddrV4, Segment)>,
}

impl Streams {
    /// A segment for this host.
    pub(super) fn receive(&mut self, now: Time, src: SocketAddrV4, dst: SocketAddrV4, segment: &Segment) {
        if let Some((_, _, tcp)) = self.open.get_mut(&src).filter(|(_, _, tcp)| tcp.local == dst) {
            return tcp.receive(now, segment);
        }
        let listens = dst.port() == Service::Sccp.port() && self.open.len() < AT_ONCE;
        if !listens || segment.flags != SYN {
            self.out.extend(segment.refusal().map(|refusal| (dst, src, refusal)));
            return;
        }
        self.count += 1;
        let first = u32::try_from(self.count & 0xffff).unwrap_or(0) << 16;
        let tcp = Tcp::accept(now, dst, src, first, segment);
        self.open.insert(src, (ConnId(self.count), Service::Sccp, tcp));
        self.by_id.insert(ConnId(self.count), src);
    }

    /// The bench says something.
    pub(super) fn send(&mut self, now: Time, conn: ConnId, bytes: &[u8], close: bool) {
        let Some((_, _, tcp)) = self.by_id.get(&conn).and_then(|src| self.open.get_mut(src)) else { return };
        tcp.send(now, bytes);
        if close {
            tcp.close(now);
        }
    }

    /// What is to be sent now. A conversation that is over is forgotten after its last word.
    pub(super) fn segments(&mut self) -> Vec<(SocketAddrV4, SocketAddrV4, Segment)> {
        let mut out = std::mem::take(&mut self.out);
        for (_, _, tcp) in self.open.values_mut() {
            let (local, remote) = (tcp.local, tcp.remote);
            out.extend(std::iter::from_fn(|| tcp.poll_segment()).map(|segment| (local, remote, segment)));
        }
        self.open.retain(|_, (_, _, tcp)| !tcp.is_closed() || tcp.has_news());
        self.by_id.retain(|_, from| self.open.contains_key(from));
        out
    }

    /// The next thing that the bench is to hear.
    pub(super) fn poll_told(&mut self) -> Option<Told> {
        self.open.iter_mut().find_map(|(from, (conn, service, tcp))| {
            let news = tcp.poll_news()?;
            Some(Told { conn: *conn, service: *service, from: *from, news })
        })
    }

    pub(super) fn poll_timeout(&self) -> Time {
        self.open.values().filter_map(|(_, _, tcp)| tcp.poll_timeout()).min().unwrap_or(Time::NEVER)
    }

    pub(super) fn handle_timeout(&mut self, now: Time) {
        self.open.values_mut().for_each(|(_, _, tcp)| tcp.handle_timeout(now));
    }
}
