//! Servers that drip, never end, or hang up, on loopback.

#![allow(clippy::unwrap_used, reason = "a test's own helpers")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread;

use bench::JobId;

use super::*;
use crate::io::message::{Mailbox, Message};

const SHORT: Limits = Limits {
    connect: Duration::from_secs(2),
    answer: Duration::from_secs(1),
    stall: Duration::from_secs(1),
    upload: Duration::from_secs(20),
};

/// What an exchange with a server that does this comes to.
fn with(
    server: impl FnOnce(TcpStream) + Send + 'static,
    request: &[u8],
    file: Option<Vec<u8>>,
) -> (Vec<u8>, End, Duration) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let SocketAddr::V4(to) = listener.local_addr().unwrap() else { unreachable!() };
    thread::spawn(move || server(listener.accept().unwrap().0));
    let (mailbox, mail, _bell) = Mailbox::new().unwrap();
    let teller = Teller::new(JobId(1), mailbox);
    let began = Instant::now();
    let file = file.map(|f| (Ok(Data::Memory(Arc::from(f))), &b"END"[..]));
    exchange(SHORT, None, to, request, file, &teller, &Wanted::default());
    loop {
        match mail.recv().unwrap() {
            Message::Job(_, JobNews::Exchanged { bytes, end }) => return (bytes, end, began.elapsed()),
            Message::Job(_, JobNews::Progress { .. }) => {}
            _ => panic!("nothing else is told"),
        }
    }
}

#[test]
fn the_request_is_one_segment() {
    let request = [b"POST / HTTP/1.0\r\n\r\n".as_slice(), &[b'a'; 1_200]].concat();
    let sent = request.clone();
    let (bytes, end, _) = with(
        move |mut stream| {
            let mut buf = [0u8; 4_096];
            let first = stream.read(&mut buf).unwrap();
            let words = if buf[..first] == sent { "all" } else { "a part" };
            stream.write_all(words.as_bytes()).unwrap();
        },
        &request,
        None,
    );
    assert_eq!((bytes.as_slice(), end), (&b"all"[..], End::Closed));
}

#[test]
fn an_announced_length_is_not_waited_beyond() {
    let (bytes, end, took) = with(
        |mut stream| {
            stream.write_all(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok").unwrap();
            let _ = stream.read(&mut [0; 64]);
            let _ = stream.read(&mut [0; 64]);
        },
        b"GET / HTTP/1.0\r\n\r\n",
        None,
    );
    assert!(bytes.ends_with(b"ok") && end == End::Closed);
    assert!(took < SHORT.answer, "{took:?}");
}

#[test]
fn a_page_that_drips_or_never_ends_is_cut_off() {
    let drip = |mut stream: TcpStream| {
        while stream.write_all(b"x").is_ok() {
            thread::sleep(Duration::from_millis(20));
        }
    };
    let (bytes, end, took) = with(drip, b"GET / HTTP/1.0\r\n\r\n", None);
    assert!(matches!(end, End::CutOff(_)) && !bytes.is_empty() && took < Duration::from_secs(5), "{end:?} {took:?}");
    let flood = |mut stream: TcpStream| while stream.write_all(&[b'<'; 65_536]).is_ok() {};
    let (bytes, end, _) = with(flood, b"GET / HTTP/1.0\r\n\r\n", None);
    assert!(matches!(end, End::CutOff(_)), "{end:?}");
    assert!((LIMIT..LIMIT + 8_192).contains(&bytes.len()), "{}", bytes.len());
}

#[test]
fn a_file_goes_between_head_and_end() {
    let (bytes, end, _) = with(
        |mut stream| {
            let mut all = Vec::new();
            let mut buf = [0u8; 65_536];
            while !all.ends_with(b"END") {
                let n = stream.read(&mut buf).unwrap();
                all.extend_from_slice(&buf[..n]);
            }
            stream.write_all(format!("{} {}", all.len(), all.starts_with(b"HEAD")).as_bytes()).unwrap();
        },
        b"HEAD",
        Some(vec![7; 300_000]),
    );
    assert_eq!((bytes.as_slice(), end), (&b"300007 true"[..], End::Closed));
}

#[test]
fn nobody_there_is_told_apart_from_somebody_who_hangs_up() {
    let (bytes, end, _) = with(drop, b"GET / HTTP/1.0\r\n\r\n", None);
    assert!(bytes.is_empty() && !matches!(end, End::NotReached(_)), "{end:?}");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let SocketAddr::V4(to) = listener.local_addr().unwrap() else { unreachable!() };
    drop(listener);
    let (mailbox, mail, _bell) = Mailbox::new().unwrap();
    exchange(SHORT, None, to, b"x", None, &Teller::new(JobId(1), mailbox), &Wanted::default());
    assert!(matches!(mail.recv().unwrap(), Message::Job(_, JobNews::Exchanged { end: End::NotReached(_), .. })));
}
