//! Files that a phone orders, fetched over streams: HTTP (RFC 9112), FTP (RFC 959) in passive mode, and as much
//! of TLS as it takes to refuse a certificate (RFC 5246 §7.2).
//!
//! Not here: chunked answers, redirects, active FTP, and talking inside TLS.

use std::collections::{BTreeMap, VecDeque};
use std::net::{Ipv4Addr, SocketAddrV4};

use crate::stream::{Order, Part, Scheme};
use crate::{StreamAct, StreamEvent};

/// Ports of these streams; the phones' own lie higher.
const FIRST_PORT: u16 = 20_000;
const PORTS: u16 = 10_000;
/// Longest head of an answer, and longest line of a control connection.
const LONGEST: usize = 16 * 1024;

/// All files under way.
#[derive(Debug, Default)]
pub(super) struct Orders {
    running: BTreeMap<u16, Running>,
    /// FTP data connections, and the control connection that each belongs to.
    data: BTreeMap<u16, u16>,
    ports: u16,
    acts: VecDeque<(u16, StreamAct)>,
    parts: VecDeque<(u16, Part)>,
}

#[derive(Debug)]
struct Running {
    order: Order,
    buffer: Vec<u8>,
    step: Step,
}

/// How far it is.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    /// Nothing came yet, or not the whole head.
    Head,
    /// So many bytes are to come; none: until the end.
    Body(Option<u64>),
    /// FTP, by what was said last.
    Greeting,
    User,
    Password,
    Type,
    Passive,
    Retrieve {
        data: u16,
        data_over: bool,
        told: bool,
    },
    /// The ClientHello was sent.
    Hello,
}

impl Orders {
    /// Begins to fetch a file.
    pub(super) fn start(&mut self, order: Order) {
        let port = self.port();
        self.acts.push_back((port, StreamAct::Open(order.server)));
        let step = match order.scheme {
            Scheme::Ftp => Step::Greeting,
            Scheme::Https => Step::Hello,
            Scheme::Http | Scheme::Tftp => Step::Head,
        };
        self.running.insert(port, Running { order, buffer: Vec::new(), step });
    }

    /// Forgets everything: the phone has restarted.
    pub(super) fn forget(&mut self) {
        *self = Orders { ports: self.ports, ..Orders::default() };
    }

    /// News of a stream; answers whether it is one of these.
    pub(super) fn hear(&mut self, port: u16, event: &StreamEvent) -> bool {
        if let Some(control) = self.data.get(&port).copied() {
            self.hear_data(control, port, event);
            return true;
        }
        if !self.running.contains_key(&port) {
            return false;
        }
        match event {
            StreamEvent::Opened => self.opened(port),
            StreamEvent::Bytes(bytes) => self.bytes(port, bytes),
            StreamEvent::Closed => self.closed(port),
        }
        true
    }

    pub(super) fn poll_act(&mut self) -> Option<(u16, StreamAct)> {
        self.acts.pop_front()
    }

    pub(super) fn poll_part(&mut self) -> Option<(u16, Part)> {
        self.parts.pop_front()
    }

    fn port(&mut self) -> u16 {
        self.ports = self.ports.wrapping_add(1);
        FIRST_PORT + self.ports % PORTS
    }

    fn part(&mut self, port: u16, part: Part) {
        if let Some(running) = self.running.get(&port) {
            self.parts.push_back((running.order.id, part));
        }
    }

    /// The end of a file, however it came.
    fn end(&mut self, port: u16, part: Part) {
        self.part(port, part);
        self.running.remove(&port);
        self.data.retain(|_, control| *control != port);
        self.acts.push_back((port, StreamAct::Close));
    }

    fn say(&mut self, port: u16, bytes: impl Into<Vec<u8>>) {
        self.acts.push_back((port, StreamAct::Send(bytes.into())));
    }

    fn opened(&mut self, port: u16) {
        let Some(Running { order, .. }) = self.running.get(&port) else { return };
        match order.scheme {
            Scheme::Http => {
                let (path, host, agent) = (encoded(&order.path), &order.host, &order.user_agent);
                let login = order.login.as_ref().map(|(user, password)| {
                    format!("Authorization: Basic {}\r\n", base64(format!("{user}:{password}").as_bytes()))
                });
                let login = login.unwrap_or_default();
                let head = format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {agent}\r\n{login}");
                self.say(port, format!("{head}Connection: close\r\n\r\n"));
            }
            Scheme::Https => {
                let hello = client_hello(&order.host);
                self.say(port, hello);
            }
            Scheme::Ftp | Scheme::Tftp => {}
        }
    }

    fn bytes(&mut self, port: u16, bytes: &[u8]) {
        let Some(running) = self.running.get_mut(&port) else { return };
        match running.step {
            Step::Body(_) => self.body(port, bytes),
            Step::Hello => {
                // Any answer to the hello holds a certificate that cannot be traced: unknown_ca, fatal.
                self.say(port, [0x15, 3, 3, 0, 2, 2, 48]);
                self.end(port, Part::Untrusted);
            }
            Step::Head => {
                running.buffer.extend_from_slice(bytes);
                self.head(port);
            }
            _ => {
                running.buffer.extend_from_slice(bytes);
                self.lines(port);
            }
        }
    }

    fn closed(&mut self, port: u16) {
        let Some(running) = self.running.get(&port) else { return };
        let part = match running.step {
            Step::Body(None | Some(0)) => Part::Done,
            _ => Part::Failed,
        };
        self.end(port, part);
    }

    /// An HTTP answer's head, once it is whole.
    fn head(&mut self, port: u16) {
        let Some(running) = self.running.get_mut(&port) else { return };
        let Some(at) = running.buffer.windows(4).position(|w| w == b"\r\n\r\n") else {
            if running.buffer.len() > LONGEST {
                self.end(port, Part::Failed);
            }
            return;
        };
        let body = running.buffer.split_off(at + 4);
        let head = String::from_utf8_lossy(&std::mem::take(&mut running.buffer)).to_ascii_lowercase();
        let status: u16 = head.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0);
        let length = head.lines().find_map(|l| l.strip_prefix("content-length:")).and_then(|l| l.trim().parse().ok());
        running.step = Step::Body(length);
        match status {
            200 => self.body(port, &body),
            404 | 410 => self.end(port, Part::Missing),
            _ => self.end(port, Part::Denied),
        }
    }

    fn body(&mut self, port: u16, bytes: &[u8]) {
        let Some(running) = self.running.get_mut(&port) else { return };
        let Step::Body(left) = &mut running.step else { return };
        let rest = left.map(|left| left.saturating_sub(bytes.len() as u64));
        *left = rest;
        if !bytes.is_empty() {
            self.part(port, Part::Data(bytes.to_vec()));
        }
        if rest == Some(0) {
            self.end(port, Part::Done);
        }
    }

    /// Replies of an FTP server, a line each.
    fn lines(&mut self, port: u16) {
        while let Some(running) = self.running.get_mut(&port) {
            let Some(at) = running.buffer.iter().position(|b| *b == b'\n') else {
                if running.buffer.len() > LONGEST {
                    self.end(port, Part::Failed);
                }
                return;
            };
            let line: Vec<u8> = running.buffer.drain(..=at).collect();
            let line = String::from_utf8_lossy(&line).trim_end().to_owned();
            // Lines of a longer reply have a dash behind the number.
            if line.as_bytes().get(3) != Some(&b'-')
                && let Some(code) = line.get(..3).and_then(|c| c.parse().ok())
            {
                self.reply(port, code, &line);
            }
        }
    }

    fn reply(&mut self, port: u16, code: u16, line: &str) {
        let Some(running) = self.running.get_mut(&port) else { return };
        let (user, password) = running.order.login.clone().unwrap_or_else(|| ("anonymous".into(), "phone@".into()));
        let (next, says) = match (&running.step, code) {
            (Step::Greeting, 220) => (Step::User, format!("USER {user}")),
            (Step::User, 331) => (Step::Password, format!("PASS {password}")),
            (Step::User | Step::Password, 230) => (Step::Type, "TYPE I".to_owned()),
            (Step::Type, 200) => (Step::Passive, "PASV".to_owned()),
            (Step::Passive, 227) => return self.passive(port, line),
            (Step::Retrieve { .. }, 125 | 150) => return,
            (Step::Retrieve { .. }, 226 | 250) => return self.retrieved(port, false),
            (_, 550) => return self.end(port, Part::Missing),
            _ => return self.end(port, Part::Denied),
        };
        running.step = next;
        self.say(port, format!("{says}\r\n"));
    }

    /// Opens the data connection to where the reply says, on the same host.
    fn passive(&mut self, port: u16, line: &str) {
        let numbers: Vec<u8> = line
            .split(|c: char| !c.is_ascii_digit())
            .skip(1)
            .filter(|n| !n.is_empty())
            .filter_map(|n| n.parse().ok())
            .collect();
        let [.., high, low] = numbers.as_slice() else { return self.end(port, Part::Failed) };
        let to_port = u16::from(*high) << 8 | u16::from(*low);
        let data = self.port();
        let Some(running) = self.running.get_mut(&port) else { return };
        let to = SocketAddrV4::new(*running.order.server.ip(), to_port);
        running.step = Step::Retrieve { data, data_over: false, told: false };
        let path = running.order.path.clone();
        self.data.insert(data, port);
        self.acts.push_back((data, StreamAct::Open(to)));
        self.say(port, format!("RETR {path}\r\n"));
    }

    fn hear_data(&mut self, control: u16, port: u16, event: &StreamEvent) {
        match event {
            StreamEvent::Opened => {}
            StreamEvent::Bytes(bytes) => self.part(control, Part::Data(bytes.clone())),
            StreamEvent::Closed => {
                self.acts.push_back((port, StreamAct::Close));
                self.data.remove(&port);
                self.retrieved(control, true);
            }
        }
    }

    /// Both the data connection's end and the word for it must be there.
    fn retrieved(&mut self, port: u16, by_data: bool) {
        let Some(Running { step: Step::Retrieve { data_over, told, .. }, .. }) = self.running.get_mut(&port) else {
            return;
        };
        if by_data {
            *data_over = true;
        } else {
            *told = true;
        }
        if *data_over && *told {
            self.say(port, "QUIT\r\n");
            self.end(port, Part::Done);
        }
    }
}

/// A path for the request line; what has no place there is percent-encoded.
fn encoded(path: &str) -> String {
    path.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~/?=&+*()".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
        out
    })
}

/// RFC 4648 §4.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for three in bytes.chunks(3) {
        let at = |n: usize| u32::from(three.get(n).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for n in 0..4 {
            let letter = LETTERS.get(usize::try_from(bits >> (18 - 6 * n) & 63).unwrap_or(0));
            let used = usize::try_from(n).unwrap_or(0) <= three.len();
            out.push(if used { letter.copied().map_or('A', char::from) } else { '=' });
        }
    }
    out
}

/// A TLS 1.2 ClientHello of a phone: a few ciphers, the server's name, nothing newer.
fn client_hello(host: &str) -> Vec<u8> {
    let two = |n: usize| u16::try_from(n).unwrap_or(0).to_be_bytes();
    let block = |kind: u16, data: &[u8]| [&kind.to_be_bytes()[..], &two(data.len()), data].concat();
    let mut extensions = Vec::new();
    if host.parse::<Ipv4Addr>().is_err() {
        let name = [&[0][..], &two(host.len()), host.as_bytes()].concat();
        extensions.extend(block(0, &[&two(name.len()), &name[..]].concat()));
    }
    extensions.extend(block(10, &[0, 4, 0, 29, 0, 23]));
    extensions.extend(block(11, &[1, 0]));
    extensions.extend(block(13, &[0, 14, 4, 3, 5, 3, 8, 4, 8, 5, 4, 1, 5, 1, 6, 1]));
    let ciphers = [0xc0, 0x2f, 0xc0, 0x30, 0xc0, 0x2b, 0xc0, 0x2c, 0, 0x9c];
    // A phone's random numbers are its own business; these are not secret.
    let random = [0x5a; 32];
    let body =
        [&[3, 3][..], &random, &[0], &two(ciphers.len()), &ciphers, &[1, 0], &two(extensions.len()), &extensions]
            .concat();
    let handshake = [&[1, 0][..], &two(body.len()), &body].concat();
    [&[0x16, 3, 1][..], &two(handshake.len()), &handshake].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(scheme: Scheme, path: &str) -> Order {
        Order {
            id: 7,
            scheme,
            server: SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 1), scheme.port()),
            host: "prov.example.net".into(),
            path: path.into(),
            login: Some(("me".into(), "secret".into())),
            user_agent: "Aastra57i".into(),
            trusted_only: true,
        }
    }

    /// What it says on a stream, and what it tells the phone.
    fn after(orders: &mut Orders, port: u16, event: StreamEvent) -> (Vec<String>, Vec<Part>) {
        assert!(orders.hear(port, &event));
        let said = std::iter::from_fn(|| orders.poll_act()).map(|(_, act)| match act {
            StreamAct::Send(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            StreamAct::Open(to) => format!("open {to}"),
            StreamAct::Close => "close".into(),
        });
        let said = said.collect();
        (said, std::iter::from_fn(|| orders.poll_part()).map(|(_, part)| part).collect())
    }

    fn begun(order: Order) -> (Orders, u16) {
        let mut orders = Orders::default();
        orders.start(order);
        let (port, _) = orders.poll_act().unwrap();
        (orders, port)
    }

    fn bytes(text: &str) -> StreamEvent {
        StreamEvent::Bytes(text.as_bytes().to_vec())
    }

    #[test]
    fn a_file_by_http_comes_in_pieces_and_ends_by_its_length() {
        let (mut orders, port) = begun(order(Scheme::Http, "a b/57i.st"));
        let (said, _) = after(&mut orders, port, StreamEvent::Opened);
        assert!(
            said[0].starts_with("GET /a%20b/57i.st HTTP/1.1\r\nHost: prov.example.net\r\nUser-Agent: Aastra57i\r\n")
        );
        assert!(said[0].contains("Authorization: Basic bWU6c2VjcmV0\r\n"), "{said:?}");
        assert_eq!(after(&mut orders, port, bytes("HTTP/1.1 200 OK\r\nContent-Len")).1, []);
        let (_, parts) = after(&mut orders, port, bytes("gth: 5\r\n\r\nabc"));
        assert_eq!(parts, [Part::Data(b"abc".to_vec())]);
        assert_eq!(after(&mut orders, port, bytes("de")).1, [Part::Data(b"de".to_vec()), Part::Done]);
        for (answer, part) in [("HTTP/1.1 404 No\r\n\r\n", Part::Missing), ("HTTP/1.1 401 No\r\n\r\n", Part::Denied)] {
            let (mut orders, port) = begun(order(Scheme::Http, "x"));
            assert_eq!(after(&mut orders, port, bytes(answer)).1, [part]);
        }
        let (mut orders, port) = begun(order(Scheme::Http, "x"));
        assert_eq!(after(&mut orders, port, StreamEvent::Closed).1, [Part::Failed]);
    }

    #[test]
    fn a_file_by_ftp_needs_its_end_on_both_connections() {
        let (mut orders, port) = begun(order(Scheme::Ftp, "57i.st"));
        for (reply, says) in [
            ("220-hello\r\n220 there\r\n", "USER me\r\n"),
            ("331 password\r\n", "PASS secret\r\n"),
            ("230 in\r\n", "TYPE I\r\n"),
            ("200 binary\r\n", "PASV\r\n"),
        ] {
            assert_eq!(after(&mut orders, port, bytes(reply)).0, [says]);
        }
        let (said, _) = after(&mut orders, port, bytes("227 Entering Passive Mode (10,0,0,1,4,1)\r\n"));
        assert_eq!(said, ["open 10.0.0.1:1025", "RETR 57i.st\r\n"]);
        let data = *orders.data.keys().next().unwrap();
        assert_eq!(after(&mut orders, data, bytes("abc")).1, [Part::Data(b"abc".to_vec())]);
        assert_eq!(after(&mut orders, port, bytes("150 here\r\n226 done\r\n")).1, []);
        assert_eq!(after(&mut orders, data, StreamEvent::Closed).1, [Part::Done]);
        let (mut orders, port) = begun(order(Scheme::Ftp, "x"));
        after(&mut orders, port, bytes("220 x\r\n"));
        assert_eq!(after(&mut orders, port, bytes("530 no\r\n")).1, [Part::Denied]);
    }

    #[test]
    fn a_certificate_is_refused_with_an_alert() {
        let (mut orders, port) = begun(order(Scheme::Https, "x"));
        orders.hear(port, &StreamEvent::Opened);
        let Some((_, StreamAct::Send(hello))) = orders.poll_act() else { panic!("no hello") };
        assert_eq!((hello[0], usize::from(hello[3]) << 8 | usize::from(hello[4])), (0x16, hello.len() - 5));
        assert!(hello.windows(16).any(|w| w == b"prov.example.net"));
        orders.hear(port, &StreamEvent::Bytes(vec![0x16, 3, 3]));
        assert_eq!(orders.poll_act(), Some((port, StreamAct::Send(vec![0x15, 3, 3, 0, 2, 2, 48]))));
        assert_eq!(orders.poll_part(), Some((7, Part::Untrusted)));
    }
}
