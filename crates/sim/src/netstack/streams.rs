//! The streams that a phone opens.

use std::net::SocketAddrV4;

use proto::Time;

use super::tcp::{News, Segment, Tcp};
use super::{NetStack, frame};
use crate::{Input, StreamAct, StreamEvent};

/// Streams at once.
const STREAMS: usize = 8;

impl NetStack {
    /// The phone does something with a stream of this port of its own.
    pub fn stream(&mut self, now: Time, port: u16, act: StreamAct) {
        match act {
            StreamAct::Open(to) => {
                let Some(address) = self.interface.address.filter(|_| self.streams.len() < STREAMS) else {
                    return self.tell(port, StreamEvent::Closed);
                };
                // Numbers only have to differ from those of the stream before.
                let first = u32::from(port) << 16 | u32::from(self.ident);
                self.streams.insert(port, Tcp::open(now, SocketAddrV4::new(address.ip, port), to, first));
            }
            StreamAct::Send(bytes) => {
                if let Some(tcp) = self.streams.get_mut(&port) {
                    tcp.send(now, &bytes);
                }
            }
            StreamAct::Close => {
                if let Some(tcp) = self.streams.get_mut(&port) {
                    tcp.close(now);
                }
            }
        }
        self.settle_stream(now, port);
    }

    /// The next news of a stream, for the phone.
    pub fn poll_stream(&mut self) -> Option<Input> {
        self.news.pop_front()
    }

    pub(super) fn receive_segment(&mut self, now: Time, src: SocketAddrV4, dst: SocketAddrV4, segment: &Segment) {
        if self.receive_served(now, src, dst, segment) {
            return;
        }
        match self.streams.get_mut(&dst.port()).filter(|tcp| tcp.remote == src) {
            Some(tcp) => {
                tcp.receive(now, segment);
                self.settle_stream(now, dst.port());
            }
            None => {
                if let Some(refusal) = segment.refusal() {
                    let packet = frame::tcp(dst, src, self.ident, &refusal);
                    self.send_packet(now, *src.ip(), packet);
                }
            }
        }
    }

    pub(super) fn stream_timeout(&self) -> Option<Time> {
        self.streams.values().filter_map(Tcp::poll_timeout).min()
    }

    pub(super) fn repeat_streams(&mut self, now: Time) {
        let ports: Vec<u16> = self.streams.keys().copied().collect();
        for port in ports {
            if let Some(tcp) = self.streams.get_mut(&port) {
                tcp.handle_timeout(now);
            }
            self.settle_stream(now, port);
        }
    }

    /// Sends what a stream has to say, hands on its news, and forgets it once it is over.
    fn settle_stream(&mut self, now: Time, port: u16) {
        let Some(tcp) = self.streams.get_mut(&port) else { return };
        let (local, remote) = (tcp.local, tcp.remote);
        let segments: Vec<Segment> = std::iter::from_fn(|| tcp.poll_segment()).collect();
        let news: Vec<News> = std::iter::from_fn(|| tcp.poll_news()).collect();
        if tcp.is_closed() {
            self.streams.remove(&port);
        }
        for segment in segments {
            let packet = frame::tcp(local, remote, self.ident, &segment);
            self.send_packet(now, *remote.ip(), packet);
        }
        for news in news {
            self.tell(
                port,
                match news {
                    News::Opened => StreamEvent::Opened,
                    News::Bytes(bytes) => StreamEvent::Bytes(bytes),
                    News::Closed => StreamEvent::Closed,
                },
            );
        }
    }

    fn tell(&mut self, port: u16, event: StreamEvent) {
        self.news.push_back(Input::Stream { port, event });
    }
}
