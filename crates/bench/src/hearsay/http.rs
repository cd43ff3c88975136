//! HTTP requests of others for files, followed until the last byte was acknowledged (RFC 9112).
//!
//! Heads are read, bodies are counted by TCP's numbers. Not here: TLS (only that it began could be seen), requests
//! that go on over several heads at once, bodies in chunks (they end with the conversation).

use std::collections::BTreeMap;
use std::net::SocketAddrV4;

use proto::Time;
use proto::ethernet::TcpSegment;
use proto::text::escape_short;

use super::{By, Heard};
use crate::observe::{Layer, Seen, Via};

/// Conversations followed at once.
const FLOWS: usize = 4_096;
/// The longest head that is read, bytes.
const HEAD: usize = 8_192;
const NAME_KEPT: usize = 255;

/// One conversation of a phone with a server.
#[derive(Debug, Default)]
struct Flow {
    /// The request's head while it is not whole.
    asking: Vec<u8>,
    name: Option<String>,
    began: Time,
    /// The answer's head while it is not whole.
    answering: Vec<u8>,
    /// The number of the next byte of the answer's head.
    next: Option<u32>,
    /// The number of the body's first byte.
    body: Option<u32>,
    length: Option<u32>,
    /// The highest byte of the body that was sent, counted from its first.
    sent: u32,
}

/// All conversations, by the phone's and the server's address and port.
#[derive(Debug, Default)]
pub(super) struct Http {
    flows: BTreeMap<(SocketAddrV4, SocketAddrV4), Flow>,
}

impl Http {
    /// Whether a payload begins a request for a file.
    pub(super) fn is_request(payload: &[u8]) -> bool {
        payload.starts_with(b"GET ") || payload.starts_with(b"HEAD ")
    }

    /// Takes a segment of either side.
    pub(super) fn segment(&mut self, at: Time, segment: &TcpSegment<'_>, out: &mut Vec<Heard>) {
        let (to_server, to_phone) = ((segment.src, segment.dst), (segment.dst, segment.src));
        if Http::is_request(segment.payload) && !self.flows.contains_key(&to_server) {
            if self.flows.len() >= FLOWS {
                self.flows.pop_first();
            }
            self.flows.insert(to_server, Flow::default());
        }
        if let Some(flow) = self.flows.get_mut(&to_server) {
            let by = By::Address(*segment.src.ip());
            if flow.phone_says(at, segment, by, out) || segment.rst || segment.fin || segment.syn {
                self.close(to_server, at, out);
            }
        } else if let Some(flow) = self.flows.get_mut(&to_phone) {
            let by = By::Address(*segment.dst.ip());
            let over = flow.server_says(segment, by, out);
            if over || segment.rst {
                self.close(to_phone, at, out);
            } else if segment.fin
                && let Some(flow) = self.flows.get_mut(&to_phone)
            {
                // Without a length the end of the conversation is the end of the file.
                flow.length = flow.length.or(flow.body.map(|_| flow.sent));
            }
        }
    }

    fn close(&mut self, key: (SocketAddrV4, SocketAddrV4), at: Time, out: &mut Vec<Heard>) {
        let Some(flow) = self.flows.remove(&key) else { return };
        let (Some(name), Some(_)) = (flow.name, flow.body) else { return };
        let by = By::Address(*key.0.ip());
        let whole = flow.length.is_some_and(|length| flow.sent >= length);
        let bytes = u64::from(flow.sent);
        let seen = if whole {
            let millis = u64::try_from(at.since(flow.began).as_millis()).unwrap_or(u64::MAX);
            Seen::FileDone { name, bytes, millis, repeats: 0 }
        } else {
            Seen::FileFailed { name, bytes, why: "the conversation ended before the file did".to_owned() }
        };
        out.push(Heard { by, seen });
    }
}

impl Flow {
    /// Answers whether the phone has all of the file.
    fn phone_says(&mut self, at: Time, segment: &TcpSegment<'_>, by: By, out: &mut Vec<Heard>) -> bool {
        if let (Some(body), Some(length), true) = (self.body, self.length, segment.has_ack)
            && segment.ack.wrapping_sub(body) >= length
            && segment.ack.wrapping_sub(body) <= length + 1
        {
            self.sent = length;
            return true;
        }
        if self.name.is_none() && !segment.payload.is_empty() && self.asking.len() < HEAD {
            self.asking.extend_from_slice(segment.payload);
            if let Some(head) = head_of(&self.asking) {
                let (name, agent) = request(head);
                self.began = at;
                self.name = Some(name.clone());
                let By::Address(from) = by else { return false };
                out.push(Heard { by, seen: Seen::FileAsked { via: Via::Http, name, from, user_agent: agent } });
            }
        }
        false
    }

    /// Answers whether the request was refused.
    fn server_says(&mut self, segment: &TcpSegment<'_>, by: By, out: &mut Vec<Heard>) -> bool {
        let Some(name) = self.name.clone() else { return false };
        if let Some(body) = self.body {
            let end = segment.seq.wrapping_add(segment.length).wrapping_sub(body);
            // Half of all numbers lie behind: what is sent again.
            if end < u32::MAX / 2 {
                self.sent = self.sent.max(end);
            }
            return false;
        }
        if segment.payload.is_empty() || self.next.is_some_and(|next| next != segment.seq) {
            return false;
        }
        if self.answering.is_empty() && !segment.payload.starts_with(b"HTTP/") {
            return false;
        }
        let before = u32::try_from(self.answering.len()).unwrap_or(0);
        self.answering.extend_from_slice(segment.payload.get(..HEAD.min(segment.payload.len())).unwrap_or_default());
        self.next = Some(segment.seq.wrapping_add(segment.length));
        let Some(head) = head_of(&self.answering) else {
            return self.answering.len() > HEAD;
        };
        let (status, length) = answer(head);
        let head_len = u32::try_from(head.len()).unwrap_or(0);
        if !(200..300).contains(&status) {
            if status == 100 {
                self.answering.clear();
                return false;
            }
            let code = if status == 404 { "RB210" } else { "RB215" };
            let why = format!("the server said {status}");
            out.push(Heard { by, seen: Seen::FileRefused { name, code: code.to_owned(), why } });
            return true;
        }
        let body = segment.seq.wrapping_sub(before).wrapping_add(head_len);
        self.body = Some(body);
        self.length = length;
        self.sent = segment.seq.wrapping_add(segment.length).wrapping_sub(body);
        let size = length.map_or(0, u64::from);
        out.push(Heard { by, seen: Seen::FileServed { name, layer: Layer::Folder, sha256: String::new(), size } });
        false
    }
}

/// The head with its empty line, when it is whole.
fn head_of(bytes: &[u8]) -> Option<&[u8]> {
    let end = |mark: &[u8]| bytes.windows(mark.len()).position(|w| w == mark).map(|at| at + mark.len());
    let end = match (end(b"\r\n\r\n"), end(b"\n\n")) {
        (Some(a), Some(b)) => a.min(b),
        (a, b) => a.or(b)?,
    };
    bytes.get(..end)
}

fn lines(head: &[u8]) -> impl Iterator<Item = &[u8]> {
    head.split(|b| *b == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line))
}

fn field<'a>(head: &'a [u8], name: &str) -> Option<&'a [u8]> {
    lines(head).skip(1).find_map(|line| {
        let (key, value) = line.split_at(line.iter().position(|b| *b == b':')?);
        key.trim_ascii().eq_ignore_ascii_case(name.as_bytes()).then(|| value.get(1..).unwrap_or_default().trim_ascii())
    })
}

/// The name asked for, without its question mark, and who asks.
fn request(head: &[u8]) -> (String, Option<String>) {
    let target = lines(head).next().and_then(|line| line.split(|b| *b == b' ').nth(1)).unwrap_or_default();
    let path = target.split(|b| *b == b'?').next().unwrap_or_default();
    let agent = field(head, "user-agent").map(|a| escape_short(a, 200));
    (escape_short(&decoded(path), NAME_KEPT), agent)
}

/// The status, and the length of what follows.
fn answer(head: &[u8]) -> (u16, Option<u32>) {
    let number = |bytes: &[u8]| std::str::from_utf8(bytes).ok().map(str::to_owned);
    let status = lines(head).next().and_then(|line| line.split(|b| *b == b' ').nth(1)).and_then(number);
    let length = field(head, "content-length").and_then(number).and_then(|n| n.parse().ok());
    (status.and_then(|s| s.parse().ok()).unwrap_or(0), length)
}

/// Percent-decoding (RFC 3986 §2.1); what is no code stays.
fn decoded(path: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..2).filter(|_| *first == b'%').and_then(|d| std::str::from_utf8(d).ok());
        match code.and_then(|d| u8::from_str_radix(d, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                out.push(*first);
                rest = after;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn segment<'a>(up: bool, seq: u32, ack: u32, payload: &'a [u8]) -> TcpSegment<'a> {
        let phone = SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 9), 50_000);
        let server = SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 1), 6_970);
        let (src, dst) = if up { (phone, server) } else { (server, phone) };
        let length = payload.len() as u32;
        TcpSegment { src, dst, seq, ack, syn: false, fin: false, rst: false, has_ack: true, length, payload }
    }

    fn story(segments: &[TcpSegment<'_>]) -> Vec<Seen> {
        let (mut http, mut out) = (Http::default(), Vec::new());
        segments.iter().for_each(|s| http.segment(Time::ZERO, s, &mut out));
        out.into_iter().map(|h| h.seen).collect()
    }

    const ASKED: &[u8] = b"GET /SEP0011BB73AD61.cnf%2Exml?x=1 HTTP/1.0\r\nUser-Agent: Allegro\r\n\r\n";

    #[test]
    fn a_file_that_was_fetched_whole() {
        // Numbers that begin anew on the way.
        let start = u32::MAX - 10;
        let head = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc";
        let then = start.wrapping_add(head.len() as u32);
        let all = then.wrapping_add(3);
        let found = story(&[
            segment(true, 1, start, &ASKED[..20]),
            segment(true, 21, start, &ASKED[20..]),
            segment(false, start, 90, head),
            segment(false, then, 90, b"def"),
            segment(true, 90, all, b""),
        ]);
        let [
            Seen::FileAsked { name, user_agent, .. },
            Seen::FileServed { size: 6, .. },
            Seen::FileDone { bytes: 6, .. },
        ] = &found[..]
        else {
            panic!("{found:?}")
        };
        assert_eq!((name.as_str(), user_agent.as_deref()), ("/SEP0011BB73AD61.cnf.xml", Some("Allegro")));
    }

    #[test]
    fn a_file_that_is_not_there_and_one_that_breaks_off() {
        let missed = story(&[segment(true, 1, 7, ASKED), segment(false, 7, 90, b"HTTP/1.1 404 Not Found\r\n\r\n")]);
        assert!(matches!(&missed[1], Seen::FileRefused { code, .. } if code == "RB210"), "{missed:?}");
        let head = b"HTTP/1.1 200 OK\r\nContent-Length: 600\r\n\r\nabc";
        let broken = TcpSegment { rst: true, ..segment(true, 90, 7, b"") };
        let failed = story(&[segment(true, 1, 7, ASKED), segment(false, 7, 90, head), broken]);
        assert!(matches!(&failed[2], Seen::FileFailed { bytes: 3, .. }), "{failed:?}");
    }
}
