//! A client that writes lines, over loopback, and a loop that answers by the name.

#![allow(clippy::unwrap_used, reason = "a test's own helpers")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
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
    /// Names that the bench was asked for.
    asked: Receiver<String>,
}

impl Rig {
    /// Names beginning with `no` are refused; all others are a file of 200,000 bytes.
    fn new() -> Rig {
        let (mailbox, mail, _bell) = Mailbox::new().unwrap();
        let (tell, news) = channel();
        let (ask, asked) = channel();
        thread::spawn(move || {
            let mut id = 0;
            for message in mail {
                match message {
                    Message::FileRequest { via: Via::Ftp, from: Ipv4Addr::LOCALHOST, name, answer, .. } => {
                        id += 1;
                        let _ = ask.send(String::from_utf8_lossy(&name).into_owned());
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
        Rig { server, news, asked }
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

/// The data of a whole answer to a passive RETR.
fn fetched(client: &mut Client, name: &str) -> usize {
    let data = client.passive();
    client.says(&format!("RETR {name}"), "150");
    let bytes = all(data);
    assert!(client.hears().starts_with("226"));
    bytes
}

#[test]
fn by_the_old_passive_command_and_by_the_new_active_one() {
    let rig = Rig::new();
    let mut client = rig.client();
    let heard = client.says("PASV", "227");
    let numbers: Vec<u16> = heard.split(['(', ')']).nth(1).unwrap().split(',').map(|n| n.parse().unwrap()).collect();
    let [127, 0, 0, 1, high, low] = numbers[..] else { panic!("not our own address: {heard}") };
    let data = TcpStream::connect(("127.0.0.1", high << 8 | low)).unwrap();
    client.says("RETR 57i.st", "150");
    assert_eq!(all(data), 200_000);
    assert!(client.hears().starts_with("226"));

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    client.says(&format!("EPRT |1|127.0.0.1|{}|", listener.local_addr().unwrap().port()), "200");
    client.says("RETR 57i.st", "150");
    assert_eq!(all(listener.accept().unwrap().0), 200_000);
    assert!(client.hears().starts_with("226"));
}

#[test]
fn a_path_that_was_left_blank_or_leads_home_is_the_root() {
    let rig = Rig::new();
    let mut client = rig.client();
    for name in ["//57i.st", "/57i.st", "./57i.st", "../../57i.st"] {
        assert_eq!(fetched(&mut client, name), 200_000, "{name}");
    }
    client.says("CWD ", "250");
    client.says("CWD /", "250");
    assert!(client.says("PWD", "257").contains("\"/\""));
    assert_eq!(fetched(&mut client, "57i.st"), 200_000);
    let asked: Vec<String> = rig.asked.try_iter().collect();
    assert_eq!(asked, ["57i.st"; 5], "the bench is asked for the name, seen from the root");
}

#[test]
fn data_goes_to_the_phone_alone() {
    let rig = Rig::new();
    let mut client = rig.client();
    // RFC 2577 section 3: to no other host, to no port of a service; the conversation goes on.
    for bounce in ["PORT 127,0,0,2,200,1", "EPRT |1|10.79.0.9|5000|", "PORT 127,0,0,1,0,25", "EPRT |1|127.0.0.1|1023|"]
    {
        client.says(bounce, "504");
        client.says("RETR 57i.st", "425");
    }
    client.says("EPRT |2|::1|5000|", "501");
    // Section 4: a data port is not another host's to take. Here a stranger comes first, from another address.
    let heard = client.says("EPSV", "229");
    let port: u16 = heard.split('|').nth(3).unwrap().parse().unwrap();
    let stranger = from(Ipv4Addr::new(127, 0, 0, 2), port);
    let phone = TcpStream::connect(("127.0.0.1", port)).unwrap();
    client.says("RETR 57i.st", "150");
    assert_eq!((all(phone), all(stranger)), (200_000, 0));
    assert!(client.hears().starts_with("226"));
    // After EPSV ALL nothing else is taken (RFC 2428 section 4).
    client.says("EPSV ALL", "200");
    for other in ["PORT 127,0,0,1,200,1", "PASV"] {
        client.says(other, "501");
    }
}

/// A connection from this address of the computer's own.
fn from(address: Ipv4Addr, port: u16) -> TcpStream {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from((address, 0)).into()).unwrap();
    socket.connect(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into()).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.into()
}

#[test]
fn nothing_is_written_listed_or_begun_in_the_middle() {
    let rig = Rig::new();
    let mut client = rig.client();
    let words =
        ["STOR x", "STOU", "APPE x", "DELE 57i.st", "RMD x", "MKD x", "RNFR 57i.st", "RNTO y", "SITE CHMOD 777 x"];
    for line in words {
        client.says(line, "550");
    }
    client.says("REST 100", "504");
    client.says("REST 0", "350");
    let data = client.passive();
    client.says("LIST", "150");
    assert_eq!(all(data), 0, "a phone's files are not those of a folder");
    assert!(client.hears().starts_with("226"));
    assert_eq!(fetched(&mut client, "57i.st"), 200_000, "the file is as it was");
}

#[test]
fn one_phone_has_so_many_conversations_and_no_more() {
    let rig = Rig::new();
    let clients: Vec<Client> = (0..MANNER.per_address).map(|_| rig.client()).collect();
    let mut more = TcpStream::connect(rig.server.address()).unwrap();
    more.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut heard = Vec::new();
    // Closed without a word; a reset says the same.
    let _ = more.read_to_end(&mut heard);
    assert!(heard.is_empty(), "{heard:?}");
    drop(clients);
    // A place is free again when the server has seen that its phone is gone.
    let end = std::time::Instant::now() + PATIENCE;
    loop {
        let mut line = String::new();
        let again = TcpStream::connect(rig.server.address()).unwrap();
        again.set_read_timeout(Some(PATIENCE)).unwrap();
        if BufReader::new(again).read_line(&mut line).is_ok() && line.starts_with("220") {
            return;
        }
        assert!(std::time::Instant::now() < end, "no place is free");
    }
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
