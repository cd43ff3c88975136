//! What a simulated 7940 does once it has its files: it registers, by SCCP or by SIP, and does what it is told.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod world;

use std::net::SocketAddrV4;

use proto::Time;
use sim::phones::cisco_7940::{Cisco7940, PhoneSpec};
use sim::{Input, StreamAct, StreamEvent, Wire};
use world::{MAC, PHONE, SERVER, World};

fn world(load: &str) -> World {
    World::with(Cisco7940::new(PhoneSpec { load: load.parse().unwrap(), ..PhoneSpec::new(MAC) }))
}

fn text(name: &str, text: &str) -> (String, Vec<u8>) {
    (name.to_owned(), text.as_bytes().to_vec())
}

fn sccp_phone() -> World {
    let own = "<device><callManagerGroup><members><member><callManager><ports><ethernetPhonePort>2000</ethernetPhonePort>
        </ports><processNodeName>10.11.12.1</processNodeName></callManager></member></members></callManagerGroup></device>";
    let mut world = world("P00308000700").with_files([text("SEP001BD4112233.cnf.xml", own)]);
    world.power_on();
    world.run_to("opens a stream", |w| !w.streams.is_empty());
    assert_eq!(world.streams[0].1, StreamAct::Open(SocketAddrV4::new(SERVER, 2000)));
    world
}

fn sip_phone(sync: u32) -> World {
    let default = format!("proxy1_address: 10.11.12.1\nproxy_register: 1\nsync: {sync}\n");
    let mut world = world("P0S3-8-12-00")
        .with_files([text("SIPDefault.cnf", &default), text("SIP001BD4112233.cnf", "line1_name: 100\n")]);
    world.power_on();
    world.run_to("registers", |w| w.others.iter().any(|(dst, _)| dst.port() == 5060));
    world
}

/// The server says something on the stream.
fn say(world: &mut World, kind: u32, payload: &[u8]) {
    let length = u32::try_from(payload.len() + 4).unwrap();
    let bytes = [&length.to_le_bytes()[..], &[0; 4], &kind.to_le_bytes(), payload].concat();
    let port = world.streams.iter().rev().find(|(_, act)| matches!(act, StreamAct::Open(_))).unwrap().0;
    world.input(Input::Stream { port, event: StreamEvent::Bytes(bytes) });
}

/// The ids of what the phone said since the last look.
fn said(world: &mut World) -> Vec<u32> {
    let acts = std::mem::take(&mut world.streams);
    let id = |act: StreamAct| match act {
        StreamAct::Send(bytes) => Some(u32::from_le_bytes(bytes[8..12].try_into().unwrap())),
        _ => None,
    };
    acts.into_iter().filter_map(|(_, act)| id(act)).collect()
}

/// Takes the phone's registration.
fn accept(world: &mut World) -> u16 {
    let port = world.streams[0].0;
    world.input(Input::Stream { port, event: StreamEvent::Opened });
    let ack = [&30_u32.to_le_bytes()[..], b"D/M/Y\0\0\0", &60_u32.to_le_bytes(), &[0x0b, 0x20, 0xf1, 0xff]].concat();
    say(world, 0x81, &ack);
    port
}

#[test]
fn an_sccp_phone_registers_shows_what_it_is_told_and_keeps_alive() {
    let mut world = sccp_phone();
    let port = accept(&mut world);
    assert_eq!(said(&mut world), [0x20, 0x01], "Alarm, then Register");
    assert_eq!(world.phone.status().state, "registered");
    let mut prompt = vec![0; 4];
    prompt.extend(b"Recovered P00308000700");
    prompt.resize(44, 0);
    world.streams.push((port, StreamAct::Open(SocketAddrV4::new(SERVER, 2000))));
    say(&mut world, 0x112, &prompt);
    assert!(world.has_shown("Recovered P00308000700"));
    said(&mut world);
    world.run_for(31);
    assert_eq!(said(&mut world), [0x00], "a keep-alive");
}

#[test]
fn a_reset_restarts_it_and_the_next_alarm_says_why() {
    let mut world = sccp_phone();
    accept(&mut world);
    say(&mut world, 0x9f, &1_u32.to_le_bytes());
    assert!(world.has_noted("is told to restart"));
    world.streams.clear();
    world.run_to("opens a stream again", |w| !w.streams.is_empty());
    let port = world.streams[0].0;
    world.input(Input::Stream { port, event: StreamEvent::Opened });
    let alarm = world.streams.iter().find_map(|(_, a)| if let StreamAct::Send(b) = a { Some(b.clone()) } else { None });
    assert!(String::from_utf8_lossy(&alarm.unwrap()).contains("Load=P00308000700 Last=Reset-Reset"));
}

#[test]
fn a_server_that_goes_away_is_looked_for_again() {
    let mut world = sccp_phone();
    let port = accept(&mut world);
    world.input(Input::Stream { port, event: StreamEvent::Closed });
    assert_ne!(world.phone.status().state, "registered");
    world.streams.clear();
    world.run_for(60);
    assert!(matches!(world.streams[0], (_, StreamAct::Open(_))));
}

/// The server says something by SIP.
fn tell(world: &mut World, bytes: String) {
    let (src, dst) = (SocketAddrV4::new(SERVER, 5060), SocketAddrV4::new(PHONE, 5060));
    world.input(Input::Wire(Wire::Udp { src, dst, bytes: bytes.into_bytes() }));
}

fn take(world: &mut World) {
    let register = String::from_utf8(world.others.last().unwrap().1.clone()).unwrap();
    let sequence = register.lines().find(|l| l.starts_with("CSeq:")).unwrap();
    tell(world, format!("SIP/2.0 200 OK\r\n{sequence}\r\nContent-Length: 0\r\n\r\n"));
}

fn notify(event: &str) -> String {
    format!(
        "NOTIFY sip:100@10.11.12.50 SIP/2.0\r\nVia: SIP/2.0/UDP 10.11.12.1\r\nEvent: {event}\r\nCSeq: 1 NOTIFY\r\n\r\n"
    )
}

#[test]
fn a_sip_phone_registers_with_its_line() {
    let mut world = sip_phone(1);
    let register = String::from_utf8(world.others[0].1.clone()).unwrap();
    assert!(register.starts_with("REGISTER sip:10.11.12.1 SIP/2.0\r\n") && register.contains("<sip:100@10.11.12.1>"));
    assert!(
        register.contains("User-Agent: Cisco-CP7940G/8.0\r\n")
            && register.contains("Via: SIP/2.0/UDP 10.11.12.50:5060;")
    );
    take(&mut world);
    assert_eq!(world.phone.status().state, "registered");
    assert!(world.has_shown("Registered"));
}

#[test]
fn told_to_look_it_reads_its_configuration_and_restarts_when_sync_is_another() {
    let mut world = sip_phone(1);
    take(&mut world);
    world.asked.clear();
    tell(&mut world, notify("check-sync"));
    world.run_for(20);
    assert_eq!(world.names(), ["SIPDefault.cnf", "SIP001BD4112233.cnf"]);
    assert!(!world.has_noted("asks for a restart"));
    assert_eq!(world.phone.status().state, "registered");

    world = world.with_files([text("SIPDefault.cnf", "proxy1_address: 10.11.12.1\nproxy_register: 1\nsync: 2\n")]);
    tell(&mut world, notify("check-sync"));
    world.run_for(20);
    assert!(world.has_noted("asks for a restart"));
}

#[test]
fn without_an_answer_it_is_unprovisioned_and_looks_again() {
    let mut world = sip_phone(1);
    world.run_until(Time::from_secs(120));
    assert!(world.has_shown("Unprovisioned"));
    world.asked.clear();
    world.run_for(1_200);
    assert!(world.names().contains(&"SIPDefault.cnf"));
}
