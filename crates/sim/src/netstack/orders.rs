//! Files that a phone orders, fetched over streams by `http`, `ftp` in passive mode, and as much of `tls` as it
//! takes to refuse a certificate.
//!
//! Not here: chunked answers, redirects, active FTP, and talking inside TLS.

mod ftp;
mod http;
mod tls;

use std::collections::{BTreeMap, VecDeque};

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
                let request = http::request(order);
                self.say(port, request);
            }
            Scheme::Https => {
                let hello = tls::client_hello(&order.host);
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
                // Any answer to the hello holds a certificate that cannot be traced.
                self.say(port, tls::UNKNOWN_CA);
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
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddrV4};

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
