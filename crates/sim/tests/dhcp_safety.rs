//! Not harming somebody's network: whom the bench does not answer by DHCP, and when.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod drive;

use std::net::Ipv4Addr;
use std::time::Duration;

use bench::{Command, Input};
use drive::{Driven, OTHER_SERVER, PHONE_CLASS, config, discover, foreign_offer, phone, request};
use proto::dhcp::{DhcpOption, Message, MessageType};
use proto::{Mac, Time};

/// Stations of an office: laptops, printers, mobiles, cameras, other makers' phones.
const CLASSES: [Option<&str>; 8] = [
    None,
    Some("MSFT 5.0"),
    Some("dhcpcd-9.4.1:Linux-5.15:x86_64"),
    Some("android-dhcp-13"),
    Some("udhcp 1.36.1"),
    Some("Hewlett-Packard JetDirect"),
    Some("PXEClient:Arch:00007:UNDI:003016"),
    Some("IP Phone"),
];

fn stranger(n: u16) -> Mac {
    let [high, low] = n.to_be_bytes();
    // Makers of laptops and mobiles, and addresses made up by chance.
    let [a, b, c] =
        [[0x3c, 0x22, 0xfb], [0x00, 0x15, 0x5d], [0xb8, 0x27, 0xeb], [0xda, 0x5a, 0x11]][usize::from(n % 4)];
    Mac([a, b, c, high, low, 7])
}

#[test]
fn a_thousand_stations_that_are_no_phones_hear_nothing() {
    let mut bench = Driven::serving(config());
    for n in 0..1_000 {
        let class = CLASSES[usize::from(n) % CLASSES.len()];
        bench.dhcp(&discover(stranger(n), class));
        // Some have been here before, some look for any address, some only want to be told things.
        bench.dhcp(&request(stranger(n), class, Ipv4Addr::new(10, 79, 0, 50)));
        let mut inform = discover(stranger(n), class);
        inform.options.set(MessageType::Inform.option());
        inform.ciaddr = Ipv4Addr::new(10, 79, 0, 60);
        bench.dhcp(&inform);
        bench.wait(Duration::from_millis(20));
    }
    bench.wait(Duration::from_secs(60));
    assert!(bench.told.dhcp.is_empty());
    assert!(bench.bench.state().sessions.is_empty(), "strangers are counted, not known");
    assert_eq!(bench.bench.state().ignored, 3_000);
    bench.bind(phone(1));
}

#[test]
fn a_station_is_answered_once_the_technician_names_it() {
    let mut bench = Driven::serving(config());
    bench.dhcp(&discover(stranger(1), None));
    assert!(bench.told.dhcp.is_empty());
    bench.give(Input::Command(Command::Allow { phone: stranger(1) }));
    bench.dhcp(&discover(stranger(1), None));
    bench.wait(Duration::from_millis(300));
    assert_eq!(bench.told.dhcp.len(), 1);
}

#[test]
fn what_comes_through_a_relay_is_of_another_network() {
    let mut bench = Driven::serving(config());
    for n in 0..50 {
        let mut message = discover(phone(n), Some(PHONE_CLASS));
        message.giaddr = Ipv4Addr::new(10, 80, 0, 1);
        bench.dhcp(&message);
        bench.wait(Duration::from_millis(300));
    }
    assert!(bench.told.dhcp.is_empty());
    bench.bind(phone(1));
}

#[test]
fn nobody_is_answered_while_the_bench_looks_for_other_servers() {
    let mut bench = Driven::new(config());
    while bench.now < Time::from_millis(9_900) {
        bench.dhcp(&discover(phone(1), Some(PHONE_CLASS)));
        bench.wait(Duration::from_millis(550));
    }
    assert!(bench.told.dhcp.is_empty());
    assert!(bench.told.frames.len() >= 3, "it asks who else is there");
    bench.wait(Duration::from_secs(1));
    bench.bind(phone(1));
}

#[test]
fn another_server_ends_it_for_good() {
    for when in [Duration::ZERO, Duration::from_secs(5), Duration::from_secs(60)] {
        let mut bench = Driven::new(config());
        bench.wait(when);
        // From here on the bench fails the test with its first answer.
        bench.foreign_offer();
        for n in 0..100 {
            bench.dhcp(&discover(phone(n), Some(PHONE_CLASS)));
            bench.dhcp(&request(phone(n), Some(PHONE_CLASS), Ipv4Addr::new(10, 79, 0, 20)));
            bench.wait(Duration::from_secs(20));
            bench.give(Input::Link { up: n % 2 == 0 });
        }
        assert!(bench.bench.state().stopped.as_ref().is_some_and(|why| why.contains("RB101")), "{when:?}");
        let evidence = &bench.bench.state().cable[0].evidence[0];
        assert!(evidence.contains(&OTHER_SERVER.to_string()), "{evidence}");
    }
}

#[test]
fn a_station_that_takes_another_servers_offer_shows_that_server() {
    let mut bench = Driven::serving(config());
    bench.foreign = true;
    let mut message = request(stranger(3), Some("MSFT 5.0"), Ipv4Addr::new(192, 168, 1, 30));
    message.options.set(DhcpOption::address(54, OTHER_SERVER));
    bench.dhcp(&message);
    bench.dhcp(&discover(phone(1), Some(PHONE_CLASS)));
    bench.wait(Duration::from_secs(60));
    assert!(!bench.bench.state().serving);
}

#[test]
fn an_answer_that_waits_for_its_address_is_not_sent_any_more_when_a_server_shows() {
    let mut bench = Driven::serving(config());
    // A new cable: every address must be asked about again before it is offered.
    bench.give(Input::Link { up: false });
    bench.give(Input::Link { up: true });
    bench.dhcp(&discover(phone(1), Some(PHONE_CLASS)));
    assert!(bench.told.dhcp.is_empty(), "it waits for an ARP answer");
    bench.foreign_offer();
    bench.wait(Duration::from_secs(5));
}

#[test]
fn the_guards_own_question_is_no_station() {
    let mut bench = Driven::new(config());
    bench.wait(Duration::from_secs(30));
    let questions: Vec<Message> = bench
        .told
        .frames
        .iter()
        .filter_map(|f| proto::ethernet::Frame::parse(f).ok())
        .filter_map(|f| Message::parse(proto::ethernet::UdpDatagram::parse(&f).ok()?.payload).ok())
        .collect();
    assert!(questions.len() >= 5);
    for question in &questions {
        bench.dhcp(question);
    }
    assert!(bench.told.dhcp.is_empty() && bench.bench.state().sessions.is_empty());
}

#[test]
fn a_bench_without_a_pool_answers_nobody_and_minds_nobody() {
    let mut bench = Driven::new(bench::Config { pool: None, ..config() });
    bench.give(Input::Frame { bytes: &foreign_offer(), vlan: None });
    bench.dhcp(&discover(phone(1), Some(PHONE_CLASS)));
    bench.wait(Duration::from_secs(60));
    assert!(bench.told.dhcp.is_empty());
    assert!(bench.bench.state().cable.is_empty(), "somebody has to give addresses there");
    assert_eq!(bench.bench.state().sessions.len(), 1, "it is seen all the same");
}
