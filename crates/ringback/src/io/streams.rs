//! TCP conversations that the bench leads itself: bytes in, bytes out, nothing understood here.
//!
//! Bounded in number, for each phone too, and in what waits to be sent: a phone that stops reading is closed.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener, TcpStream};
use std::time::Duration;

use bench::{ConnId, Service};
use proto::Time;

use super::poller::{Poller, Token};

/// Tokens of listeners: this plus its number.
const LISTENERS: Token = 64;
/// Tokens of conversations: this plus the conversation's number, below those of uploads.
const FIRST_TOKEN: Token = 128;
/// One past the last token.
const END: Token = 1 << 16;
/// Conversations at once.
const AT_ONCE: usize = 2_048;
/// Conversations of one phone at once.
const OF_ONE: usize = 8;
/// Bytes that may wait to be sent on one conversation.
const WAITING: usize = 64 << 10;
/// How soon what waited is tried again.
const AGAIN: Duration = Duration::from_millis(20);

struct Conversation {
    id: ConnId,
    service: Service,
    from: SocketAddrV4,
    stream: TcpStream,
    waiting: Vec<u8>,
    closing: bool,
}

/// What happened, to be told to the bench.
pub(crate) enum Happened {
    /// A phone opened a conversation.
    Opened,
    /// So many bytes stand in the buffer.
    Bytes(usize),
    /// It is over.
    Closed,
}

/// Something that happened to a conversation.
pub(crate) struct Told {
    pub(crate) conn: ConnId,
    pub(crate) service: Service,
    pub(crate) from: SocketAddrV4,
    pub(crate) what: Happened,
}

/// The listeners and the conversations under way.
#[derive(Default)]
pub(crate) struct Streams {
    listeners: Vec<(Service, TcpListener)>,
    open: BTreeMap<Token, Conversation>,
    by_id: BTreeMap<ConnId, Token>,
    next_token: Token,
    next_id: u64,
}

impl Streams {
    /// Takes conversations on these listeners.
    pub(crate) fn new(poller: &Poller, listeners: Vec<(Service, TcpListener)>) -> io::Result<Streams> {
        for (token, (_, listener)) in (LISTENERS..).zip(&listeners) {
            listener.set_nonblocking(true)?;
            poller.add(listener, token)?;
        }
        Ok(Streams { listeners, ..Streams::default() })
    }

    /// Whether a token is one of these.
    pub(crate) fn owns(token: Token) -> bool {
        (LISTENERS..END).contains(&token)
    }

    /// A listener or a conversation has something; bytes are put into `buf`.
    pub(crate) fn ready(&mut self, poller: &Poller, token: Token, buf: &mut [u8]) -> Option<Told> {
        if token < FIRST_TOKEN {
            return self.accept(poller, token);
        }
        let open = self.open.get_mut(&token)?;
        let (conn, service, from) = (open.id, open.service, open.from);
        let told = |what| Some(Told { conn, service, from, what });
        match open.stream.read(buf) {
            Ok(len @ 1..) if open.closing => {
                // What is said after the goodbye is not heard.
                let _ = len;
                None
            }
            Ok(len @ 1..) => told(Happened::Bytes(len)),
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => None,
            Ok(0) | Err(_) => {
                self.forget(token);
                told(Happened::Closed)
            }
        }
    }

    /// Sends on a conversation, and closes it afterwards when told to.
    pub(crate) fn send(&mut self, conn: ConnId, bytes: &[u8], close: bool) {
        let Some(&token) = self.by_id.get(&conn) else { return };
        let Some(open) = self.open.get_mut(&token) else { return };
        open.waiting.extend_from_slice(bytes);
        open.closing |= close;
        self.push(token);
    }

    /// Tries again what could not be sent at once.
    pub(crate) fn handle_timeouts(&mut self) {
        let stuck: Vec<Token> = self.open.iter().filter(|(_, c)| !c.waiting.is_empty()).map(|(t, _)| *t).collect();
        stuck.into_iter().for_each(|token| self.push(token));
    }

    /// When to try again.
    pub(crate) fn poll_timeout(&self, now: Time) -> Option<Time> {
        self.open.values().any(|c| !c.waiting.is_empty()).then_some(now + AGAIN)
    }

    fn accept(&mut self, poller: &Poller, token: Token) -> Option<Told> {
        let at = usize::try_from(token.checked_sub(LISTENERS)?).ok()?;
        let (service, listener) = self.listeners.get(at)?;
        let service = *service;
        let Ok((stream, SocketAddr::V4(from))) = listener.accept() else { return None };
        if self.open.len() >= AT_ONCE || self.of(*from.ip()) >= OF_ONE {
            return None;
        }
        stream.set_nonblocking(true).ok()?;
        // Small messages, each of which somebody waits for.
        let _ = stream.set_nodelay(true);
        let token = self.free_token()?;
        poller.add(&stream, token).ok()?;
        self.next_id += 1;
        let conn = ConnId(self.next_id);
        self.by_id.insert(conn, token);
        self.open.insert(token, Conversation { id: conn, service, from, stream, waiting: Vec::new(), closing: false });
        Some(Told { conn, service, from, what: Happened::Opened })
    }

    fn of(&self, phone: Ipv4Addr) -> usize {
        self.open.values().filter(|c| *c.from.ip() == phone).count()
    }

    fn free_token(&mut self) -> Option<Token> {
        for _ in 0..=AT_ONCE {
            let token = FIRST_TOKEN + self.next_token;
            self.next_token = (self.next_token + 1) % (END - FIRST_TOKEN);
            if !self.open.contains_key(&token) {
                return Some(token);
            }
        }
        None
    }

    fn push(&mut self, token: Token) {
        let Some(open) = self.open.get_mut(&token) else { return };
        while !open.waiting.is_empty() {
            match open.stream.write(&open.waiting) {
                Ok(sent @ 1..) => drop(open.waiting.drain(..sent)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock && open.waiting.len() <= WAITING => return,
                // A phone that does not read, or has gone: its reader will see the end.
                Ok(0) | Err(_) => {
                    open.waiting.clear();
                    open.closing = true;
                }
            }
        }
        if open.closing {
            let _ = open.stream.shutdown(std::net::Shutdown::Both);
        }
    }

    fn forget(&mut self, token: Token) {
        if let Some(open) = self.open.remove(&token) {
            self.by_id.remove(&open.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(streams: &mut Streams, poller: &Poller, buf: &mut [u8]) -> Told {
        let mut ready = Vec::new();
        loop {
            poller.wait(Some(Duration::from_secs(5)), &mut ready).unwrap();
            assert!(!ready.is_empty(), "nothing happens");
            if let Some(told) = ready.iter().find_map(|t| streams.ready(poller, *t, buf)) {
                return told;
            }
        }
    }

    #[test]
    fn a_phone_talks_and_is_answered_and_closed() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let poller = Poller::new().unwrap();
        let mut streams = Streams::new(&poller, vec![(Service::Sccp, listener)]).unwrap();
        let mut buf = [0u8; 256];
        let mut phone = TcpStream::connect(address).unwrap();
        let opened = next(&mut streams, &poller, &mut buf);
        assert!(matches!(opened.what, Happened::Opened));
        phone.write_all(b"hello").unwrap();
        let told = next(&mut streams, &poller, &mut buf);
        assert!(matches!(told.what, Happened::Bytes(5)));
        assert_eq!(&buf[..5], b"hello");
        streams.send(opened.conn, b"good bye", true);
        let mut answer = String::new();
        phone.read_to_string(&mut answer).unwrap();
        assert_eq!(answer, "good bye");
        drop(phone);
        assert!(matches!(next(&mut streams, &poller, &mut buf).what, Happened::Closed));
        assert!(streams.open.is_empty() && streams.by_id.is_empty());
    }

    #[test]
    fn one_phone_has_few_conversations() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let poller = Poller::new().unwrap();
        let mut streams = Streams::new(&poller, vec![(Service::Sccp, listener)]).unwrap();
        let phones: Vec<TcpStream> = (0..OF_ONE).map(|_| TcpStream::connect(address).unwrap()).collect();
        let mut buf = [0u8; 16];
        for _ in &phones {
            assert!(matches!(next(&mut streams, &poller, &mut buf).what, Happened::Opened));
        }
        let mut one_more = TcpStream::connect(address).unwrap();
        let mut ready = Vec::new();
        poller.wait(Some(Duration::from_secs(5)), &mut ready).unwrap();
        assert!(ready.iter().all(|t| streams.ready(&poller, *t, &mut buf).is_none()));
        assert_eq!(one_more.read(&mut buf).unwrap_or(0), 0, "it is closed at once");
        assert_eq!(streams.open.len(), OF_ONE);
    }
}
