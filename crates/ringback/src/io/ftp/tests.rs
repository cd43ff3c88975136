//! A client that writes lines, over loopback, and a loop that answers by the name.

#![allow(clippy::unwrap_used, reason = "a test's own helpers")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use bench::plan::answer::{Content, Refusal};
use bench::{TransferId, TransferNews, Via};

use super::*;
use crate::io::message::Message;

const PATIENCE: Duration = Duration::from_secs(20);

struct Rig {
    server: Server,
    news: Receiver<(u64, TransferNews)>,
}

impl Rig {
    /// Names beginning with `no` are refused; all others are a file of 200,000 bytes.
    fn new() -> Rig {
        let (mailbox, mail, _bell) = Mailbox::new().unwrap();
        let (tell, news) = channel();
        thread::spawn(move || {
            let mut id = 0;
            for message in mail {
                match message {
                    Message::FileRequest { via: Via::Ftp, from: Ipv4Addr::LOCALHOST, name, answer, .. } => {
                        id += 1;
                        let content = Content::Bytes(Arc::from(vec![b'x'; 200_000]));
                        let granted = if name.starts_with(b"no") { Err(Some(Refusal::NotFound)) } else { Ok(content) };
                        let _ = answer.send(granted.map(|content| (TransferId(id), content)));
                    }
                    Message::Transfer(id, news) => drop(tell.send((id.0, news))),
                    _ => panic!("nothing else is said"),
                }
            }
        });
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = spawn(listener, None, mailbox, Arc::new(Library::new(None, None))).unwrap();
        Rig { server, news }
    }

    fn client(&self) -> Client {
        let stream = TcpStream::connect(self.server.address()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut client = Client(BufReader::new(stream));
        assert!(client.hears().starts_with("220"));
        client.says("USER anonymous", "331");
        client.says("PASS me@here", "230");
        client
    }

    fn end(&self) -> TransferNews {
        loop {
            match self.news.recv_timeout(PATIENCE).unwrap().1 {
                TransferNews::Progress { .. } => {}
                end => return end,
            }
        }
    }
}

struct Client(BufReader<TcpStream>);

impl Client {
    fn hears(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        line
    }

    #[track_caller]
    fn says(&mut self, line: &str, wants: &str) -> String {
        self.0.get_mut().write_all(format!("{line}\r\n").as_bytes()).unwrap();
        let heard = self.hears();
        assert!(heard.starts_with(wants), "{line}: {heard}");
        heard
    }

    fn passive(&mut self) -> TcpStream {
        let heard = self.says("EPSV", "229");
        let port: u16 = heard.split('|').nth(3).unwrap().parse().unwrap();
        TcpStream::connect(("127.0.0.1", port)).unwrap()
    }
}

fn all(mut stream: TcpStream) -> usize {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    bytes.len()
}

#[test]
fn a_file_by_passive_and_by_active_data() {
    let rig = Rig::new();
    let mut client = rig.client();
    let data = client.passive();
    client.says("RETR 57i.st", "150");
    assert_eq!(all(data), 200_000);
    assert!(client.hears().starts_with("226"));
    assert_eq!(rig.end(), TransferNews::Done { bytes: 200_000, repeats: 0 });

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    client.says(&format!("PORT 127,0,0,1,{},{}", port >> 8, port & 255), "200");
    client.says("RETR 57i.st", "150");
    assert_eq!(all(listener.accept().unwrap().0), 200_000);
    assert!(client.hears().starts_with("226"));
    assert_eq!(rig.end(), TransferNews::Done { bytes: 200_000, repeats: 0 });
}

#[test]
fn asking_for_the_length_first_is_one_request() {
    let rig = Rig::new();
    let mut client = rig.client();
    assert_eq!(client.says("SIZE 57i.st", "213").trim(), "213 200000");
    let data = client.passive();
    client.says("RETR 57i.st", "150");
    assert_eq!(all(data), 200_000);
    let ended = loop {
        let (id, news) = rig.news.recv_timeout(PATIENCE).unwrap();
        if matches!(news, TransferNews::Done { .. }) {
            break id;
        }
    };
    assert_eq!(ended, 1, "it was asked for once");
}

#[test]
fn what_is_not_here_and_what_nobody_may() {
    let rig = Rig::new();
    let mut client = rig.client();
    client.says("SIZE nothing", "550");
    drop(client.passive());
    client.says("RETR nothing", "550");
    client.says("PORT 127,0,0,2,200,1", "504");
    client.says("STOR x", "550");
    client.says("QUIT", "221");
    assert_eq!(client.hears(), "");
}
