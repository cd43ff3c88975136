//! Phones with every oddity, over loopback, and a loop that answers by the name.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use bench::plan::answer::{Content, Refusal};
use bench::{TransferId, TransferNews, Via};

use super::*;
use crate::io::message::Message;
use crate::store::scratch::Scratch;

/// What the loop was asked, and what it was told.
#[derive(Debug, PartialEq)]
enum Heard {
    Asked { name: Vec<u8>, agent: Option<Vec<u8>> },
    News(u64, TransferNews),
}

struct Rig {
    server: Server,
    heard: Receiver<Heard>,
    scratch: Scratch,
}

const PATIENCE: Duration = Duration::from_secs(20);

impl Rig {
    fn new() -> Rig {
        Rig::with(LIMITS)
    }

    /// Names beginning with `no`, `silent`, `gone` are refused, not answered, cannot be opened; names
    /// ending in `.disk` are in the folder; all others are a file that holds its own name.
    fn with(limits: Limits) -> Rig {
        let scratch = Scratch::new("http");
        let (mailbox, mail, _bell) = Mailbox::new().unwrap();
        let (tell, heard) = channel();
        thread::spawn(move || {
            let mut id = 0;
            for message in mail {
                match message {
                    Message::FileRequest { via: Via::Http, from: Ipv4Addr::LOCALHOST, name, user_agent, answer } => {
                        id += 1;
                        let text = String::from_utf8_lossy(&name).into_owned();
                        let content = match text.as_str() {
                            n if n.starts_with("no") => Err(Some(Refusal::NotFound)),
                            n if n.starts_with("silent") => Err(None),
                            n if n.starts_with("gone") => Ok(Content::Blob { sha256: "x".into(), size: 5 }),
                            n if n.ends_with(".disk") => Ok(Content::Folder { path: text, size: 0 }),
                            _ => Ok(Content::Bytes(Arc::from(name.as_slice()))),
                        };
                        let _ = tell.send(Heard::Asked { name, agent: user_agent });
                        let _ = answer.send(content.map(|content| (TransferId(id), content)));
                    }
                    Message::Transfer(id, news) => drop(tell.send(Heard::News(id.0, news))),
                    _ => panic!("nothing else is said"),
                }
            }
        });
        let library = Arc::new(Library::new(None, Some(scratch.path().to_owned())));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        Rig { server: spawn_with(limits, listener, mailbox, library, None).unwrap(), heard, scratch }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.server.address()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Sends this and reads to the end of the connection.
    fn say(&self, bytes: &[u8]) -> Vec<u8> {
        let mut stream = self.connect();
        stream.write_all(bytes).unwrap();
        rest(&mut stream)
    }

    fn next(&self) -> Heard {
        self.heard.recv_timeout(PATIENCE).unwrap()
    }

    fn name(&self) -> Vec<u8> {
        match self.next() {
            Heard::Asked { name, .. } => name,
            other => panic!("{other:?}"),
        }
    }

    /// The end of a transfer, with progress passed over.
    fn end(&self) -> TransferNews {
        loop {
            match self.next() {
                Heard::News(_, TransferNews::Progress { .. }) => {}
                Heard::News(_, news) => return news,
                other => panic!("{other:?}"),
            }
        }
    }

    fn disk(&self, name: &str, len: usize) -> Vec<u8> {
        let bytes: Vec<u8> = (0..len).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        self.scratch.file(name, &bytes);
        bytes
    }
}

/// What is read until the connection ends, however it does.
fn rest(stream: &mut TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    match stream.read_to_end(&mut all) {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => panic!("the connection was not closed"),
        _ => all,
    }
}

/// Head and body of one response.
fn split(response: &[u8]) -> (String, Vec<u8>) {
    let end = response.windows(4).position(|w| w == b"\r\n\r\n").expect("a head") + 4;
    (String::from_utf8(response[..end].to_vec()).unwrap().to_ascii_lowercase(), response[end..].to_vec())
}

/// Reads one response from a connection that stays.
fn one(stream: &mut TcpStream) -> (String, Vec<u8>) {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).unwrap();
        head.extend(byte);
    }
    let (head, _) = split(&head);
    let len = head.split("content-length: ").nth(1).unwrap().split("\r\n").next().unwrap().parse().unwrap();
    let mut body = vec![0; len];
    stream.read_exact(&mut body).unwrap();
    (head, body)
}

fn done(bytes: usize) -> TransferNews {
    TransferNews::Done { bytes: bytes as u64, repeats: 0 }
}

#[test]
fn every_oddity_gets_its_file() {
    let rig = Rig::new();
    for (request, name) in [
        (&b"GET /SEP.cnf.xml HTTP/1.0\r\n\r\n"[..], &b"SEP.cnf.xml"[..]),
        (b"GET /a HTTP/1.1\r\nConnection: close\r\n\r\n", b"a"),
        (b"GET /a HTTP/1.2\r\nHost: x\r\nConnection: close\r\n\r\n", b"a"),
        (b"GET /my file.xml HTTP/1.0\r\n\r\n", b"my file.xml"),
        (b"GET /caf\xe9.xml HTTP/1.0\r\n\r\n", b"caf\xe9.xml"),
        (b"GET  /a  HTTP/1.0 \r\n\r\n", b"a"),
        (b"get /a HTTP/1.0\n\n", b"a"),
        (b"\r\nGET a HTTP/1.0\r\n\r\n", b"a"),
        (b"GET http://10.77.0.1/a/b HTTP/1.0\r\n\r\n", b"a/b"),
        (b"GET //a HTTP/1.0\r\n\r\n", b"/a"),
        (b"GET /\\a HTTP/1.0\r\n\r\n", b"\\a"),
        (b"GET /a%20b%2525%zz$MA?x=1 HTTP/1.0\r\n\r\n", b"a b%25%zz$MA"),
        (b"GET /a HTTP/1.0\r\nHost : x\r\nno colon\r\nBad Name: x\r\nFold: a\r\n  b\r\n\r\n", b"a"),
        (b"GET /a HTTP/1.0\r\nUser-Agent: \xe4\r\n\r\n", b"a"),
    ] {
        let (head, body) = split(&rig.say(request));
        let shown = request.escape_ascii();
        assert!(head.starts_with("http/1.") && head.contains(" 200 ok\r\n"), "{shown}: {head}");
        assert!(head.contains(&format!("\r\ncontent-length: {}\r\n", name.len())), "{shown}: {head}");
        assert!(!head.contains("chunked") && !head.contains("server:"), "{shown}: {head}");
        assert_eq!(body, name, "{shown}");
        assert_eq!(rig.name(), name, "{shown}");
        assert_eq!(rig.end(), done(name.len()), "{shown}");
    }
}

#[test]
fn http_0_9_gets_bytes_and_nothing_else() {
    let rig = Rig::new();
    assert_eq!(rig.say(b"GET /old phone\r\n"), b"old phone");
    assert_eq!((rig.name(), rig.end()), (b"old phone".to_vec(), done(9)));
    assert_eq!(rig.say(b"GET /x HTTP/0.9\r\nHost: x\r\n\r\n"), b"x");
    assert_eq!(rig.say(b"GET /nothing\r\n"), b"", "words would be taken for the file");
}

#[test]
fn a_head_may_end_with_the_sending_side() {
    let rig = Rig::new();
    let mut stream = rig.connect();
    stream.write_all(b"GET /half HTTP/1.0\r\nA: b").unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    assert_eq!(split(&rest(&mut stream)).1, b"half");
}

#[test]
fn a_connection_is_kept_when_the_phone_wants_it() {
    let rig = Rig::new();
    let mut stream = rig.connect();
    for n in 0..3 {
        stream.write_all(format!("GET /a b {n} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).unwrap();
        assert_eq!(one(&mut stream).1, format!("a b {n}").as_bytes());
    }
    stream.write_all(b"GET /1 HTTP/1.1\r\n\r\nGET /22 HTTP/1.1\r\n\r\n").unwrap();
    assert_eq!((one(&mut stream).1, one(&mut stream).1), (b"1".to_vec(), b"22".to_vec()));
    let mut stream = rig.connect();
    stream.write_all(b"GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").unwrap();
    let (head, _) = one(&mut stream);
    assert!(head.starts_with("http/1.0 200") && head.contains("connection: keep-alive"), "{head}");
    stream.write_all(b"GET /b HTTP/1.0\r\n\r\n").unwrap();
    assert_eq!(split(&rest(&mut stream)).1, b"b");
    let mut ended = 0;
    while ended < 7 {
        match rig.next() {
            Heard::News(_, TransferNews::Failed { bytes, why }) => panic!("{bytes} {why}"),
            Heard::News(_, TransferNews::Done { .. }) => ended += 1,
            _ => {}
        }
    }
}

#[test]
fn head_tells_the_length_and_is_not_a_transfer() {
    let rig = Rig::new();
    let bytes = rig.disk("f.disk", 70_000);
    let response = rig.say(b"HEAD /f.disk HTTP/1.0\r\n\r\n");
    let (head, body) = split(&response);
    assert!(head.contains("content-length: 70000\r\n"), "{head}");
    assert_eq!((body.len(), rig.name()), (0, b"f.disk".to_vec()));
    let TransferNews::Failed { bytes: 0, why } = rig.end() else { panic!("nothing arrived") };
    assert!(why.contains("HEAD"));
    let mut stream = rig.connect();
    stream.write_all(b"HEAD /f.disk HTTP/1.1\r\n\r\nGET /f.disk HTTP/1.1\r\nConnection: close\r\n\r\n").unwrap();
    let all = rest(&mut stream);
    assert!(split(&split(&all).1).1 == bytes, "the next response is where it should be");
}

#[test]
fn refusals_have_a_status_and_words() {
    let rig = Rig::new();
    let (head, body) = split(&rig.say(b"GET /nothing HTTP/1.0\r\n\r\n"));
    assert!(head.starts_with("http/1.0 404 ") && head.contains("content-length: 15\r\n"), "{head}");
    assert_eq!(body, b"file not found\n");
    let (head, body) = split(&rig.say(b"HEAD /nothing HTTP/1.0\r\n\r\n"));
    assert!(head.starts_with("http/1.0 404 ") && body.is_empty(), "{head}");
    let (head, _) = split(&rig.say(b"POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"));
    assert!(head.starts_with("http/1.1 405 ") && head.contains("allow: get, head\r\n"), "{head}");
    assert_eq!((rig.name(), rig.name()), (b"nothing".to_vec(), b"nothing".to_vec()));
    let (head, _) = split(&rig.say(b"GET /gone HTTP/1.0\r\n\r\n"));
    assert!(head.starts_with("http/1.0 500 "), "{head}");
    assert_eq!(rig.name(), b"gone");
    assert!(matches!(rig.end(), TransferNews::Failed { bytes: 0, why } if why.contains("RB215")));
}

#[test]
fn who_is_ignored_hears_nothing() {
    let rig = Rig::new();
    assert_eq!(rig.say(b"GET /silent HTTP/1.1\r\nHost: x\r\n\r\n"), b"");
    assert_eq!(rig.name(), b"silent");
    assert_eq!(rig.say(b"\x16\x03\x01\x02\x00\x01"), b"", "TLS is not spoken here");
    assert_eq!(rig.say(&[b"GET /".as_slice(), &vec![b'a'; 20_000]].concat()), b"");
}

#[test]
fn the_user_agent_is_passed_on() {
    let rig = Rig::new();
    rig.say(b"GET /a HTTP/1.0\r\nUser-Agent: Aastra55i MAC:00-08-5D-00-00-01 V:2.6\r\n\r\n");
    let agent = Some(b"Aastra55i MAC:00-08-5D-00-00-01 V:2.6".to_vec());
    assert_eq!(rig.next(), Heard::Asked { name: b"a".to_vec(), agent });
}

#[test]
fn large_files_arrive_byte_for_byte() {
    let rig = Rig::new();
    // The second is too large to be shared in memory, and read in place.
    for (name, len) in [("m.disk", 3_000_001), ("l.disk", (24 << 20) + 12_345), ("empty.disk", 0)] {
        let bytes = rig.disk(name, len);
        let (head, body) = split(&rig.say(format!("GET /{name} HTTP/1.0\r\n\r\n").as_bytes()));
        assert!(head.contains(&format!("content-length: {len}\r\n")), "{head}");
        assert!(body == bytes, "{name} differs");
        assert_eq!((rig.name(), rig.end()), (name.as_bytes().to_vec(), done(len)));
    }
}

#[test]
fn a_phone_that_hangs_up_is_told_of() {
    let rig = Rig::new();
    rig.disk("l.disk", 20 << 20);
    let mut stream = rig.connect();
    stream.write_all(b"GET /l.disk HTTP/1.0\r\n\r\n").unwrap();
    stream.read_exact(&mut [0; 1_000]).unwrap();
    drop(stream);
    rig.name();
    let TransferNews::Failed { bytes, why } = rig.end() else { panic!("it did not arrive") };
    assert!(bytes < 20 << 20 && why.contains("ended before"), "{bytes} {why}");
}

#[test]
fn a_file_that_shrinks_ends_the_connection() {
    let rig = Rig::new();
    rig.disk("l.disk", (24 << 20) + 1);
    let mut stream = rig.connect();
    stream.write_all(b"GET /l.disk HTTP/1.0\r\n\r\n").unwrap();
    stream.read_exact(&mut [0; 1_000]).unwrap();
    rig.disk("l.disk", 10);
    assert!(rest(&mut stream).len() < 24 << 20);
    rig.name();
    assert!(matches!(rig.end(), TransferNews::Failed { why, .. } if why.contains("RB215")));
}

#[test]
fn who_does_not_go_on_is_closed() {
    let short = Duration::from_millis(150);
    let rig = Rig::with(Limits { head: short, idle: short, stall: short, ..LIMITS });
    let mut nothing_said = rig.connect();
    assert_eq!(rest(&mut nothing_said), b"");
    assert_eq!(rig.say(b"GET /half a line"), b"");
    let (_, body) = split(&rig.say(b"GET /a HTTP/1.1\r\n\r\n"));
    assert_eq!((body, rig.name(), rig.end()), (b"a".to_vec(), b"a".to_vec(), done(1)), "then it was idle");
    rig.disk("l.disk", 20 << 20);
    let mut not_reading = rig.connect();
    not_reading.write_all(b"GET /l.disk HTTP/1.0\r\n\r\n").unwrap();
    rig.name();
    let TransferNews::Failed { bytes, why } = rig.end() else { panic!("it did not arrive") };
    assert!(bytes < 20 << 20 && why.contains("took no more bytes"), "{bytes} {why}");
}

#[test]
fn one_address_has_only_so_many_places() {
    let rig = Rig::with(Limits { per_address: 2, ..LIMITS });
    let mut held: Vec<TcpStream> = (0..2).map(|_| rig.connect()).collect();
    for stream in &mut held {
        stream.write_all(b"GET /a HTTP/1.1\r\n\r\n").unwrap();
        one(stream);
    }
    assert_eq!(rest(&mut rig.connect()), b"", "a third is closed");
    let mut first = held.remove(0);
    first.write_all(b"GET /last HTTP/1.0\r\n\r\n").unwrap();
    assert_eq!(split(&rest(&mut first)).1, b"last");
    // Its place is free as soon as the server has seen its end.
    let served = (0..1_000).any(|_| {
        let mut stream = rig.connect();
        let asked = stream.write_all(b"GET /b HTTP/1.0\r\n\r\n").is_ok();
        asked && rest(&mut stream).ends_with(b"\r\n\r\nb")
    });
    assert!(served);
}

#[test]
fn stopping_ends_what_is_under_way() {
    let rig = Rig::new();
    rig.disk("l.disk", 20 << 20);
    let mut stream = rig.connect();
    stream.write_all(b"GET /l.disk HTTP/1.0\r\n\r\n").unwrap();
    stream.read_exact(&mut [0; 1_000]).unwrap();
    rig.name();
    let address = rig.server.address();
    rig.server.stop();
    assert!(rest(&mut stream).len() < 20 << 20);
    assert!(TcpStream::connect(address).is_err());
    let ends = rig.heard.iter().filter(|h| matches!(h, Heard::News(_, TransferNews::Failed { .. }))).count();
    assert_eq!(ends, 1, "and the loop's mailbox is let go");
}
