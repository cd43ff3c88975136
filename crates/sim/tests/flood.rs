//! What the bench keeps stays bounded, whoever speaks and however much.

mod drive;

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use bench::{Input, Service};
use drive::{Driven, PHONE_CLASS, config, discover, phone};
use proto::Mac;
use proto::ethernet::cdp::{Cdp, Tlv, kind};
use proto::ethernet::{Arp, arp};
use proto::tftp::{ErrorCode, Packet};

fn spoofed(n: u32) -> Mac {
    let [a, b, c, d] = n.to_be_bytes();
    Mac([0x06, a, b, c, d, 1])
}

/// Floods in two halves and compares what is kept after each.
fn is_bounded(what: &str, half: u32, mut speak: impl FnMut(&mut Driven, u32)) {
    let mut bench = Driven::serving(bench::Config { max_transfers: 1_000, ..config() });
    let mut weights = Vec::new();
    for n in 0..half * 2 {
        speak(&mut bench, n);
        bench.told = drive::Told::default();
        if (n + 1) % half == 0 {
            weights.push(bench.weight());
        }
    }
    assert!(weights[1] < weights[0] * 11 / 10, "{what}: {weights:?}");
}

#[test]
fn strangers_asking_for_addresses() {
    is_bounded("strangers", 20_000, |bench, n| {
        bench.dhcp(&discover(spoofed(n), Some("MSFT 5.0")));
        bench.wait(Duration::from_micros(100));
    });
}

#[test]
fn phones_that_nobody_has_counted() {
    is_bounded("phones by DHCP", 6_000, |bench, n| {
        bench.dhcp(&discover(spoofed(n), Some(PHONE_CLASS)));
        bench.wait(Duration::from_millis(10));
    });
}

#[test]
fn phones_that_announce_themselves_and_are_never_heard_of_again() {
    is_bounded("phones by CDP", 6_000, |bench, n| {
        let cdp = Cdp::new(vec![
            Tlv::text(kind::DEVICE_ID, &format!("SEP{}", spoofed(n).bare_upper())),
            Tlv::text(kind::SOFTWARE_VERSION, "SCCP45.9-4-2SR1-1S"),
            Tlv::text(kind::PLATFORM, "Cisco IP Phone 7965"),
        ]);
        bench.give(Input::Frame { bytes: &cdp.emit_frame(spoofed(n)), vlan: None });
        bench.wait(Duration::from_millis(10));
    });
}

#[test]
fn a_phone_that_starts_again_for_days() {
    is_bounded("a loop", 400, |bench, n| {
        bench.dhcp(&discover(phone(1), Some(PHONE_CLASS)));
        bench.wait(Duration::from_secs(30));
        let Some(address) = bench.bench.state().sessions.get(&phone(1)).and_then(|s| s.address) else {
            bench.bind(phone(1));
            return;
        };
        for (port, name) in
            ["CTLSEP001E4AD00001.tlv", "SEP001E4AD00001.cnf.xml", &format!("odd-{n}.xml")].iter().enumerate()
        {
            read(bench, address, 50_000 + port as u16, name);
        }
    });
}

#[test]
fn a_phone_that_asks_for_ever_other_files_from_ever_other_ports() {
    let mut address = None;
    is_bounded("requests", 20_000, |bench, n| {
        let address = *address.get_or_insert_with(|| bench.bind(phone(1)));
        read(
            bench,
            address,
            1_024 + (n % 60_000) as u16,
            &format!("SEP001E4AD00001.cnf.xml{}", ["", ".sgn", &n.to_string()][n as usize % 3]),
        );
        bench.wait(Duration::from_millis(1));
    });
}

#[test]
fn a_phone_that_looks_for_every_address_there_is() {
    let mut address = None;
    is_bounded("ARP", 20_000, |bench, n| {
        let address = *address.get_or_insert_with(|| bench.bind(phone(1)));
        let target = Ipv4Addr::from_bits(0x0b00_0000 + n);
        let asks = Arp { operation: arp::Operation::Request, ..Arp::request(phone(1), address, target) };
        bench.give(Input::Frame { bytes: &asks.emit_frame(), vlan: None });
        // And claims all of them.
        let claims = Arp::announcement(phone(1), target);
        bench.give(Input::Frame { bytes: &claims.emit_frame(), vlan: None });
        bench.wait(Duration::from_micros(500));
    });
}

fn read(bench: &mut Driven, address: Ipv4Addr, port: u16, name: &str) {
    let bytes = [b"\0\x01", name.as_bytes(), b"\0octet\0"].concat();
    let from = SocketAddrV4::new(address, port);
    bench.give(Input::Datagram { service: Service::Tftp, from, bytes: &bytes });
}

#[test]
fn a_phone_is_served_in_the_middle_of_a_flood_of_strangers() {
    let mut bench = Driven::serving(config());
    for n in 0..20_000 {
        bench.dhcp(&discover(spoofed(n), Some("MSFT 5.0")));
        bench.wait(Duration::from_micros(100));
    }
    let address = bench.bind(phone(1));
    read(&mut bench, address, 50_000, "SEP001E4AD00001.cnf.xml");
    assert_eq!(bench.told.transfers.len(), 1);
}

#[test]
fn a_phone_is_served_after_a_flood_of_phones_that_never_took_their_offer() {
    let mut bench = Driven::serving(config());
    for n in 0..9_000 {
        bench.dhcp(&discover(spoofed(n), Some(PHONE_CLASS)));
        bench.wait(Duration::from_millis(1));
    }
    bench.wait(Duration::from_secs(90));
    bench.bind(phone(1));
}

#[test]
fn what_is_no_request_is_never_answered_by_tftp() {
    let mut bench = Driven::serving(config());
    let address = bench.bind(phone(1));
    let from = SocketAddrV4::new(address, 69);
    // Two servers that answer each other's errors would do so for ever.
    for packet in [
        Packet::Error { code: ErrorCode::FileNotFound, text: b"no" },
        Packet::Ack { block: 0 },
        Packet::Data { block: 1, data: b"x" },
    ] {
        bench.give(Input::Datagram { service: Service::Tftp, from, bytes: &packet.to_vec() });
    }
    assert!(bench.told.tftp.is_empty());
}
