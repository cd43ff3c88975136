//! TFTP packet by packet: what no stock client sends.

use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use crate::file_clients::Served;
use crate::support::noise;

const ERROR: u8 = 5;

/// A client that says exactly what it is told.
struct Client {
    socket: UdpSocket,
    server: SocketAddr,
}

impl Client {
    fn of(served: &Served) -> Client {
        let socket = UdpSocket::bind(("127.0.0.1", 0)).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        Client { socket, server: ([127, 0, 0, 1], served.tftp).into() }
    }

    fn request(&self, opcode: u8, name: &str) {
        let packet = [&[0, opcode], name.as_bytes(), b"\0octet\0"].concat();
        self.socket.send_to(&packet, self.server).unwrap();
    }

    fn receive(&self) -> (Vec<u8>, SocketAddr) {
        let mut buf = [0u8; 2_048];
        let (len, from) = self.socket.recv_from(&mut buf).expect("an answer in time");
        (buf[..len].to_vec(), from)
    }

    fn ack(&self, block: u16, to: SocketAddr) {
        let [high, low] = block.to_be_bytes();
        self.socket.send_to(&[0, 4, high, low], to).unwrap();
    }

    /// What is waiting already, after everything the server can have sent was answered by it: a request for
    /// a file that is not there, whose error comes last.
    fn rest(&self) -> Vec<Vec<u8>> {
        let marker = UdpSocket::bind(("127.0.0.1", 0)).unwrap();
        marker.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        marker.send_to(b"\0\x01no such file\0octet\0", self.server).unwrap();
        marker.recv_from(&mut [0u8; 600]).unwrap();
        self.socket.set_nonblocking(true).unwrap();
        let mut rest = Vec::new();
        let mut buf = [0u8; 2_048];
        while let Ok((len, _)) = self.socket.recv_from(&mut buf) {
            rest.push(buf[..len].to_vec());
        }
        self.socket.set_nonblocking(false).unwrap();
        rest
    }
}

fn block(packet: &[u8]) -> u16 {
    assert_eq!(packet[..2], [0, 3], "DATA, not {packet:?}");
    u16::from_be_bytes([packet[2], packet[3]])
}

#[test]
fn names_that_lead_out_of_the_folder_are_refused() {
    let served = Served::start(&[("inside.txt", b"inside".to_vec())]);
    served.scratch.file("secret.txt", b"outside");
    for name in [
        "../secret.txt",
        "../../../../../../etc/passwd",
        "..\\secret.txt",
        "a/../../secret.txt",
        "/../secret.txt",
        "/etc/passwd",
    ] {
        let client = Client::of(&served);
        client.request(1, name);
        let (answer, _) = client.receive();
        assert_eq!(answer[1], ERROR, "{name:?}: {answer:?}");
        assert!(!String::from_utf8_lossy(&answer).contains("outside"));
    }
}

#[test]
fn a_write_is_refused_and_leaves_nothing() {
    let served = Served::start(&[]);
    let client = Client::of(&served);
    client.request(2, "new.txt");
    let (answer, _) = client.receive();
    assert_eq!(answer[..4], [0, ERROR, 0, 4]);
    assert!(!served.scratch.path().join("files/new.txt").exists());
}

#[test]
fn a_repeated_request_from_one_port_is_one_transfer() {
    let served = Served::start(&[("file.bin", noise(1_000))]);
    let client = Client::of(&served);
    client.request(1, "file.bin");
    client.request(1, "file.bin");
    client.request(1, "file.bin");
    let (first, from) = client.receive();
    assert_eq!(block(&first), 1);
    for other in client.rest() {
        assert_eq!(other, first, "at most the same block again");
    }
    client.ack(1, from);
    let (second, same) = client.receive();
    assert_eq!((block(&second), same), (2, from), "the same transfer goes on");
    client.ack(2, from);
    served.running.line(&["has file.bin whole"]);
    assert_eq!(served.running.text().matches("gets file.bin").count(), 1, "{}", served.running.text());
}

#[test]
fn a_datagram_from_a_stranger_is_told_so_and_the_transfer_goes_on() {
    let served = Served::start(&[("file.bin", noise(1_300))]);
    let client = Client::of(&served);
    client.request(1, "file.bin");
    let (first, from) = client.receive();
    let stranger = Client::of(&served);
    stranger.ack(1, from);
    let (answer, _) = stranger.receive();
    assert_eq!(answer[..4], [0, ERROR, 0, 5], "unknown transfer ID");
    let mut got = first[4..].to_vec();
    for at in 1..=2 {
        client.ack(at, from);
        let (next, _) = client.receive();
        assert_eq!(block(&next), at + 1);
        got.extend(&next[4..]);
    }
    client.ack(3, from);
    assert_eq!(got, noise(1_300));
    served.running.line(&["has file.bin whole"]);
}

#[test]
fn duplicate_acks_do_not_duplicate_data() {
    let served = Served::start(&[("file.bin", noise(5_000))]);
    let client = Client::of(&served);
    client.request(1, "file.bin");
    let (first, from) = client.receive();
    assert_eq!(block(&first), 1);
    let mut sent = 1;
    for at in 1..=9 {
        for _ in 0..3 {
            client.ack(at, from);
        }
        let (next, _) = client.receive();
        assert_eq!(block(&next), at + 1);
        sent += 1;
    }
    client.ack(10, from);
    served.running.line(&["has file.bin whole"]);
    assert!(client.rest().is_empty(), "every block once (the sorcerer's apprentice sleeps)");
    assert_eq!(sent, 10);
}
