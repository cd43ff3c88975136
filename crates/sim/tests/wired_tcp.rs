//! Phones in whole frames with TCP of their own: their pages and the files they order, segment by segment.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use proto::{Mac, Time};
use sim::netstack::{NetStack, Wired};
use sim::phones::aastra::{Aastra, AastraSpec};
use sim::wire::Address;
use sim::{Input, Interface, Output, Phone, StreamAct, StreamEvent, Wire};

const PHONE: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 5);
const SERVER: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 77);
const MASK: Ipv4Addr = Ipv4Addr::new(255, 255, 255, 0);

/// A phone in recovery at a fixed address, and a station on the same cable.
struct Table {
    now: Time,
    phone: Wired<Aastra>,
    station: NetStack,
    heard: Vec<(u16, StreamEvent)>,
}

impl Table {
    fn new() -> Table {
        let address = Address { ip: PHONE, mask: MASK, router: None };
        let spec = AastraSpec {
            broken: true,
            static_address: Some(address),
            ..AastraSpec::new(Mac([0x00, 0x08, 0x5d, 0x19, 0xe4, 0x01]))
        };
        let mut station = NetStack::new(Mac([2, 0, 0, 0, 0, 1]));
        let own = Address { ip: SERVER, mask: MASK, router: None };
        station.set_interface(Interface { vlan: None, address: Some(own) });
        let mut table =
            Table { now: Time::ZERO, phone: Wired::with_tcp(Aastra::new(spec)), station, heard: Vec::new() };
        table.phone.handle_input(Time::ZERO, Input::Power(true));
        table.run(20);
        assert_eq!(table.phone.status().state, "web recovery");
        table
    }

    fn run(&mut self, seconds: u64) {
        let until = self.now + Duration::from_secs(seconds);
        loop {
            let mut moved = false;
            while let Some(output) = self.phone.poll_output() {
                if let Output::Wire(Wire::Frame(frame)) = output {
                    self.station.receive(self.now, &frame);
                    moved = true;
                }
            }
            while let Some(frame) = self.station.poll_frame() {
                self.phone.handle_input(self.now, Input::Wire(Wire::Frame(frame)));
                moved = true;
            }
            while let Some(Input::Stream { port, event }) = self.station.poll_stream() {
                self.heard.push((port, event));
            }
            if moved {
                continue;
            }
            let waits = [self.phone.poll_timeout(), self.station.poll_timeout()];
            let Some((next, _)) = waits.into_iter().flatten().min().filter(|(at, _)| *at <= until) else { break };
            self.now = self.now.max(next);
            self.station.handle_timeout(self.now);
            self.phone.handle_input(self.now, Input::Timeout);
        }
        self.now = until;
    }

    /// Opens a conversation and says these pieces, a segment each; what was answered.
    fn say(&mut self, port: u16, pieces: &[&str]) -> String {
        self.heard.clear();
        self.station.stream(self.now, port, StreamAct::Open(SocketAddrV4::new(PHONE, 80)));
        self.run(1);
        for piece in pieces {
            self.station.stream(self.now, port, StreamAct::Send(piece.as_bytes().to_vec()));
            self.run(1);
        }
        let bytes = self.heard.iter().filter_map(|(_, event)| match event {
            StreamEvent::Bytes(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
            _ => None,
        });
        bytes.collect()
    }
}

#[test]
fn its_page_is_there_over_tcp_and_wants_one_segment() {
    let mut table = Table::new();
    let page = table.say(50_001, &["GET / HTTP/1.0\r\n\r\n"]);
    assert!(page.starts_with("HTTP/1.0 200 OK\r\n") && page.ends_with("</HTML>"), "{page}");
    assert!(matches!(table.heard.last(), Some((_, StreamEvent::Closed))), "it ends the conversation");

    let form = "filename=57i.st&protocol=HTTP&tftp=&tftppath=&ftpserv=&ftppath=&ftpuser=&ftppass=&httpserv=192.168.1.77&httppath=";
    let head = format!("POST /webrecovery.html HTTP/1.0\r\nContent-Length: {}\r\n\r\n", form.len());
    assert!(table.say(50_002, &[&head, form]).contains("Invalid Parameters"));
    assert!(table.say(50_003, &[&format!("{head}{form}")]).contains("Downloading"));
}

#[test]
fn a_file_is_ordered_over_tcp_and_nobody_there_is_a_failure() {
    let mut table = Table::new();
    let form = "filename=57i.st&protocol=HTTP&tftp=&tftppath=&ftpserv=&ftppath=&ftpuser=&ftppass=&httpserv=192.168.1.77&httppath=";
    let request = format!("POST /webrecovery.html HTTP/1.0\r\nContent-Length: {}\r\n\r\n{form}", form.len());
    table.say(50_001, &[&request]);
    table.run(60);
    // The station refuses connections, so the phone says so.
    assert!(table.say(50_002, &["GET / HTTP/1.0\r\n\r\n"]).contains("Firmware Download Failed"));
}
