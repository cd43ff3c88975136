//! Conversations that somebody opens to the phone's own server.

use std::net::SocketAddrV4;

use proto::Time;

use super::tcp::{News, SYN, Segment, Tcp};
use super::{NetStack, frame};
use crate::stream::Conn;

/// Conversations at once.
const AT_ONCE: usize = 32;

/// What such a conversation tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServedNews {
    /// A segment arrived.
    Segment(Vec<u8>),
    /// It is over.
    Closed,
}

impl NetStack {
    /// On which port the phone has a server now, if it has one.
    pub fn listen(&mut self, port: Option<u16>) {
        self.listens = port;
    }

    /// Says something on a conversation, and ends it if that was all.
    pub fn answer(&mut self, now: Time, conn: Conn, bytes: &[u8], close: bool) {
        if let Some((_, tcp)) = self.served.get_mut(&conn.from) {
            tcp.send(now, bytes);
            if close {
                tcp.close(now);
            }
        }
        self.settle_served(now);
    }

    /// The next thing for the phone's server.
    pub fn poll_served(&mut self) -> Option<(Conn, ServedNews)> {
        self.served_news.pop_front()
    }

    /// Takes a segment of such a conversation; answers whether it was one.
    pub(super) fn receive_served(
        &mut self,
        now: Time,
        src: SocketAddrV4,
        dst: SocketAddrV4,
        segment: &Segment,
    ) -> bool {
        let known = self.served.get_mut(&src).filter(|(_, tcp)| tcp.local == dst);
        match known {
            Some((_, tcp)) => tcp.receive(now, segment),
            None => {
                let opens = segment.flags == SYN && self.listens == Some(dst.port());
                if !opens || self.served.len() >= AT_ONCE {
                    return false;
                }
                self.conns += 1;
                let first = u32::try_from(self.conns & 0xffff).unwrap_or(0) << 16;
                let tcp = Tcp::accept(now, dst, src, first, segment);
                self.served.insert(src, (Conn { id: self.conns, from: src, port: dst.port() }, tcp));
            }
        }
        self.settle_served(now);
        true
    }

    pub(super) fn served_timeout(&self) -> Option<Time> {
        self.served.values().filter_map(|(_, tcp)| tcp.poll_timeout()).min()
    }

    pub(super) fn repeat_served(&mut self, now: Time) {
        self.served.values_mut().for_each(|(_, tcp)| tcp.handle_timeout(now));
        self.settle_served(now);
    }

    fn settle_served(&mut self, now: Time) {
        let mut out = Vec::new();
        for (conn, tcp) in self.served.values_mut() {
            let (local, remote) = (tcp.local, tcp.remote);
            out.extend(std::iter::from_fn(|| tcp.poll_segment()).map(|segment| (local, remote, segment)));
            while let Some(news) = tcp.poll_news() {
                match news {
                    News::Opened => {}
                    News::Bytes(bytes) => self.served_news.push_back((*conn, ServedNews::Segment(bytes))),
                    News::Closed => self.served_news.push_back((*conn, ServedNews::Closed)),
                }
            }
        }
        self.served.retain(|_, (_, tcp)| !tcp.is_closed());
        for (local, remote, segment) in out {
            let packet = frame::tcp(local, remote, self.ident, &segment);
            self.send_packet(now, *remote.ip(), packet);
        }
    }
}
