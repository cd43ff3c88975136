//! One TCP conversation (RFC 9293), as small as a desk phone's signalling needs.
//!
//! In order or not at all: a segment that does not continue what was received is only acknowledged again.
//! What is not acknowledged in time is sent again from the oldest byte on. Not here: window management,
//! urgent data, options, congestion control, and waiting after the end.

use std::collections::VecDeque;
use std::net::SocketAddrV4;
use std::time::Duration;

use proto::Time;

/// Bytes of a segment at most.
const SEGMENT: usize = 1_200;
/// Bytes under way at most, and waiting to be sent at most.
const WINDOW: usize = 8 * SEGMENT;
const WAITING: usize = 64 * 1024;
/// Before what was not acknowledged is sent again, doubled each time, and how often.
const AGAIN: Duration = Duration::from_millis(500);
const TRIES: u32 = 6;

pub(crate) const FIN: u8 = 1;
pub(crate) const SYN: u8 = 2;
pub(crate) const RST: u8 = 4;
pub(crate) const PSH: u8 = 8;
pub(crate) const ACK: u8 = 16;

/// A segment on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) seq: u32,
    pub(crate) ack: u32,
    pub(crate) flags: u8,
    pub(crate) bytes: Vec<u8>,
}

impl Segment {
    /// What a station says to a segment that belongs to no conversation; nothing to a reset.
    pub(crate) fn refusal(&self) -> Option<Segment> {
        if self.flags & RST != 0 {
            return None;
        }
        let length = u32::try_from(self.bytes.len()).unwrap_or(0) + u32::from(self.flags & (SYN | FIN) != 0);
        Some(Segment { seq: self.ack, ack: self.seq.wrapping_add(length), flags: RST | ACK, bytes: Vec::new() })
    }
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum News {
    Opened,
    Bytes(Vec<u8>),
    /// Ended by the other side, refused, or nobody answers.
    Closed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// We opened it.
    SynSent,
    /// The other side did.
    SynReceived,
    Open,
    Closed,
}

/// The conversation.
#[derive(Clone, Debug)]
pub(crate) struct Tcp {
    pub(crate) local: SocketAddrV4,
    pub(crate) remote: SocketAddrV4,
    state: State,
    /// The oldest number not acknowledged, and the next to be sent.
    una: u32,
    next: u32,
    /// The next number expected.
    expects: u32,
    /// Bytes from `una` on, sent or not.
    waiting: VecDeque<u8>,
    /// Our side has nothing more to say, and whether that was sent.
    closing: bool,
    fin_sent: bool,
    /// When to send again, and how often that was done.
    again: Time,
    tries: u32,
    out: VecDeque<Segment>,
    news: VecDeque<News>,
}

impl Tcp {
    /// Opens a conversation.
    pub(crate) fn open(now: Time, local: SocketAddrV4, remote: SocketAddrV4, isn: u32) -> Tcp {
        let mut tcp = Tcp::new(local, remote, State::SynSent, isn, 0);
        tcp.push(SYN, isn, Vec::new());
        tcp.again = now + AGAIN;
        tcp
    }

    /// Answers the segment with which the other side opened one.
    pub(crate) fn accept(now: Time, local: SocketAddrV4, remote: SocketAddrV4, isn: u32, syn: &Segment) -> Tcp {
        let mut tcp = Tcp::new(local, remote, State::SynReceived, isn, syn.seq.wrapping_add(1));
        tcp.push(SYN | ACK, isn, Vec::new());
        tcp.again = now + AGAIN;
        tcp
    }

    fn new(local: SocketAddrV4, remote: SocketAddrV4, state: State, isn: u32, expects: u32) -> Tcp {
        Tcp {
            local,
            remote,
            state,
            una: isn,
            next: isn.wrapping_add(1),
            expects,
            waiting: VecDeque::new(),
            closing: false,
            fin_sent: false,
            again: Time::NEVER,
            tries: 0,
            out: VecDeque::new(),
            news: VecDeque::new(),
        }
    }

    /// Says something. What is too much is the end of the conversation.
    pub(crate) fn send(&mut self, now: Time, bytes: &[u8]) {
        if self.closing || self.state == State::Closed {
            return;
        }
        if self.waiting.len() + bytes.len() > WAITING {
            return self.abort();
        }
        self.waiting.extend(bytes);
        self.push_data(now);
    }

    /// Has nothing more to say.
    pub(crate) fn close(&mut self, now: Time) {
        self.closing = true;
        if self.state == State::SynSent {
            return self.abort();
        }
        self.push_data(now);
    }

    /// Breaks it off.
    pub(crate) fn abort(&mut self) {
        if self.state != State::Closed {
            self.push(RST | ACK, self.next, Vec::new());
        }
        self.state = State::Closed;
        self.again = Time::NEVER;
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.state == State::Closed
    }

    /// Something is still to be heard by [`Tcp::poll_news`].
    pub(crate) fn has_news(&self) -> bool {
        !self.news.is_empty()
    }

    pub(crate) fn receive(&mut self, now: Time, segment: &Segment) {
        let acks_syn = segment.flags & ACK != 0 && segment.ack == self.next;
        match self.state {
            State::Closed => return,
            _ if segment.flags & RST != 0 => return self.ended(),
            State::SynSent if segment.flags & SYN != 0 && acks_syn => {
                self.expects = segment.seq.wrapping_add(1);
                self.opened(segment.ack);
                self.push(ACK, self.next, Vec::new());
                return self.push_data(now);
            }
            // It still holds a conversation from before a restart: that one ends first (RFC 9293 §3.10.7.3).
            State::SynSent if segment.flags & ACK != 0 => return self.push(RST, segment.ack, Vec::new()),
            State::SynSent => return,
            State::SynReceived if acks_syn => self.opened(segment.ack),
            // The opening was repeated: so is its answer, by the clock.
            State::SynReceived => return,
            State::Open => self.acknowledged(now, segment),
        }
        self.take(segment);
        self.push_data(now);
    }

    pub(crate) fn poll_timeout(&self) -> Option<Time> {
        (self.again < Time::NEVER).then_some(self.again)
    }

    pub(crate) fn handle_timeout(&mut self, now: Time) {
        if now < self.again {
            return;
        }
        self.tries += 1;
        if self.tries >= TRIES {
            return self.ended();
        }
        self.again = now + AGAIN * 2_u32.saturating_pow(self.tries);
        match self.state {
            State::SynSent => self.push(SYN, self.una, Vec::new()),
            State::SynReceived => self.push(SYN | ACK, self.una, Vec::new()),
            State::Open => {
                self.next = self.una;
                self.fin_sent = false;
                let again = self.again;
                self.push_data(now);
                self.again = again;
            }
            State::Closed => {}
        }
    }

    pub(crate) fn poll_segment(&mut self) -> Option<Segment> {
        self.out.pop_front()
    }

    pub(crate) fn poll_news(&mut self) -> Option<News> {
        self.news.pop_front()
    }

    fn opened(&mut self, ack: u32) {
        self.state = State::Open;
        self.una = ack;
        self.again = Time::NEVER;
        self.tries = 0;
        self.news.push_back(News::Opened);
    }

    fn ended(&mut self) {
        self.state = State::Closed;
        self.again = Time::NEVER;
        self.news.push_back(News::Closed);
    }

    fn acknowledged(&mut self, now: Time, segment: &Segment) {
        let gained = segment.ack.wrapping_sub(self.una);
        let sent = self.next.wrapping_sub(self.una);
        if segment.flags & ACK == 0 || gained == 0 || gained > sent {
            return;
        }
        let bytes = usize::try_from(gained).unwrap_or(usize::MAX).min(self.waiting.len());
        self.waiting.drain(..bytes);
        self.una = segment.ack;
        self.tries = 0;
        self.again = if self.una == self.next { Time::NEVER } else { now + AGAIN };
        if self.fin_sent && self.una == self.next {
            self.state = State::Closed;
        }
    }

    /// Takes what continues what was received; anything else is only acknowledged again.
    fn take(&mut self, segment: &Segment) {
        let ends = segment.flags & FIN != 0;
        // A repeated opening: its acknowledgement was lost.
        let reopens = segment.flags & SYN != 0;
        if segment.bytes.is_empty() && !ends && !reopens {
            return;
        }
        if segment.seq == self.expects && !reopens {
            self.expects = self.expects.wrapping_add(u32::try_from(segment.bytes.len()).unwrap_or(0));
            if !segment.bytes.is_empty() {
                self.news.push_back(News::Bytes(segment.bytes.clone()));
            }
            if ends {
                self.expects = self.expects.wrapping_add(1);
                self.closing = true;
                self.news.push_back(News::Closed);
            }
        }
        self.push(ACK, self.next, Vec::new());
    }

    /// Sends what the window allows, and the end behind the last byte.
    fn push_data(&mut self, now: Time) {
        if self.state != State::Open {
            return;
        }
        loop {
            let sent = usize::try_from(self.next.wrapping_sub(self.una)).unwrap_or(usize::MAX);
            if self.fin_sent || sent >= self.waiting.len() || sent >= WINDOW {
                break;
            }
            let bytes: Vec<u8> = self.waiting.iter().skip(sent).take(SEGMENT).copied().collect();
            let seq = self.next;
            self.next = self.next.wrapping_add(u32::try_from(bytes.len()).unwrap_or(0));
            self.push(PSH | ACK, seq, bytes);
            self.again = now + AGAIN;
        }
        let all_sent = self.next.wrapping_sub(self.una) == u32::try_from(self.waiting.len()).unwrap_or(u32::MAX);
        if self.closing && !self.fin_sent && all_sent {
            self.fin_sent = true;
            let seq = self.next;
            self.next = self.next.wrapping_add(1);
            self.push(FIN | ACK, seq, Vec::new());
            self.again = now + AGAIN;
        }
    }

    fn push(&mut self, flags: u8, seq: u32, bytes: Vec<u8>) {
        let ack = if flags & ACK != 0 { self.expects } else { 0 };
        self.out.push_back(Segment { seq, ack, flags, bytes });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    /// Two ends on a way that loses, repeats and swaps; what each heard.
    fn talk(drop: u16, seed: u64, words: &[&[u8]]) -> (Vec<News>, Vec<News>) {
        let (a, b) = ("10.0.0.1:2000".parse().unwrap(), "10.0.0.2:50000".parse().unwrap());
        let mut now = Time::ZERO;
        let mut rng = Rng::new(seed);
        let mut phone = Tcp::open(now, b, a, u32::MAX - 3);
        let mut server: Option<Tcp> = None;
        let (mut heard, mut said) = (Vec::new(), Vec::new());
        let mut words = words.iter().peekable();
        for _ in 0..2_000 {
            let mut moved = false;
            while let Some(segment) = phone.poll_segment() {
                moved = true;
                if rng.chance(drop) {
                    continue;
                }
                match &mut server {
                    Some(server) => server.receive(now, &segment),
                    None => server = Some(Tcp::accept(now, a, b, 7, &segment)),
                }
            }
            if let Some(server) = &mut server {
                while let Some(segment) = server.poll_segment() {
                    moved = true;
                    if !rng.chance(drop) {
                        phone.receive(now, &segment);
                    }
                }
                while let Some(news) = server.poll_news() {
                    if let News::Bytes(bytes) = &news {
                        server.send(now, bytes);
                    }
                    heard.push(news);
                }
            }
            while let Some(news) = phone.poll_news() {
                said.push(news);
                moved = true;
            }
            if moved {
                continue;
            }
            let waits = phone.poll_timeout().is_some() || server.as_ref().is_some_and(|s| s.poll_timeout().is_some());
            match words.next_if(|_| !waits) {
                Some(word) => phone.send(now, word),
                None if waits => {}
                None if phone.is_closed() => break,
                None => phone.close(now),
            }
            let ends = [phone.poll_timeout(), server.as_ref().and_then(Tcp::poll_timeout)];
            if let Some(at) = ends.into_iter().flatten().min() {
                now = now.max(at);
            }
            phone.handle_timeout(now);
            if let Some(server) = &mut server {
                server.handle_timeout(now);
            }
        }
        (heard, said)
    }

    fn bytes(news: &[News]) -> Vec<u8> {
        news.iter().flat_map(|n| if let News::Bytes(b) = n { b.clone() } else { Vec::new() }).collect()
    }

    #[test]
    fn what_is_said_is_heard_once_and_in_order_whatever_the_way_loses() {
        let long: Vec<u8> = (0..20_000_u32).map(|n| n.to_le_bytes()[0]).collect();
        for (drop, seed) in [(0, 1), (100, 2), (100, 3), (200, 4), (200, 5)] {
            let (heard, said) = talk(drop, seed, &[b"hello", b"world", &long]);
            assert_eq!((heard.first(), said.first()), (Some(&News::Opened), Some(&News::Opened)), "{drop} {seed}");
            assert_eq!(bytes(&heard), [&b"helloworld"[..], &long].concat(), "{drop} {seed}");
            assert_eq!(bytes(&said), bytes(&heard), "the echo");
            assert_eq!(heard.last(), Some(&News::Closed));
        }
    }

    #[test]
    fn a_conversation_from_before_a_restart_ends_before_a_new_one_begins() {
        let (a, b) = ("10.0.0.1:2000".parse().unwrap(), "10.0.0.2:50000".parse().unwrap());
        let mut before = Tcp::open(Time::ZERO, b, a, 100);
        let mut server = Tcp::accept(Time::ZERO, a, b, 7, &before.poll_segment().unwrap());
        before.receive(Time::ZERO, &server.poll_segment().unwrap());
        server.receive(Time::ZERO, &before.poll_segment().unwrap());
        let mut after = Tcp::open(Time::ZERO, b, a, 9_000);
        server.receive(Time::ZERO, &after.poll_segment().unwrap());
        after.receive(Time::ZERO, &server.poll_segment().unwrap());
        let reset = after.poll_segment().unwrap();
        assert_eq!(reset.flags, RST);
        server.receive(Time::ZERO, &reset);
        assert!(server.is_closed() && !after.is_closed());
    }

    #[test]
    fn nobody_there_is_an_end_and_so_is_a_refusal() {
        let (a, b) = ("10.0.0.1:2000".parse().unwrap(), "10.0.0.2:50000".parse().unwrap());
        let mut alone = Tcp::open(Time::ZERO, b, a, 1);
        let syn = alone.poll_segment().unwrap();
        while let Some(at) = alone.poll_timeout() {
            alone.handle_timeout(at);
        }
        assert_eq!(alone.poll_news(), Some(News::Closed));
        let mut refused = Tcp::open(Time::ZERO, b, a, 1);
        refused.receive(Time::ZERO, &syn.refusal().unwrap());
        assert_eq!((refused.poll_news(), refused.is_closed()), (Some(News::Closed), true));
        assert_eq!(syn.refusal().and_then(|r| r.refusal()), None, "no resets for resets");
    }
}
