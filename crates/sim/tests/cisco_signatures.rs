//! The failure signatures F1 to F23: each is brought about by the fault of its name, and seen on the wire.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod world;

use std::net::{Ipv4Addr, SocketAddrV4};

use proto::Time;
use sim::firmware::classic::Pack;
use sim::firmware::{R8_5_2, R9_4_2SR1};
use sim::person::{Act, Deed, Script};
use sim::phones::cisco_79xx::{Cisco79xx, Model};
use sim::phones::{Signature, cisco_79xx, cisco_7940};
use sim::{Input, Person, Phone, StreamAct, StreamEvent};
use world::{MAC, SERVER, World, pack};

const OLD_SERVER: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 5);

/// A 7940 with this fault.
fn classic(fault: Signature, seed: u64) -> World {
    let spec = cisco_7940::PhoneSpec { fault: Some(fault), seed, ..cisco_7940::PhoneSpec::new(MAC) };
    World::with(cisco_7940::Cisco7940::new(spec))
}

/// A 7965 with this fault.
fn java(fault: Signature, seed: u64) -> World {
    java_model("7965", fault, seed)
}

fn java_model(model: &str, fault: Signature, seed: u64) -> World {
    let model = Model::find(model).unwrap();
    let spec = cisco_79xx::PhoneSpec { model, fault: Some(fault), seed, ..cisco_79xx::PhoneSpec::new(MAC) };
    World::with(Cisco79xx::new(spec))
}

/// One of each.
fn both(fault: Signature) -> [World; 2] {
    [classic(fault, 0), java(fault, 0)]
}

fn play(mut world: World, seconds: u64) -> World {
    world.power_on();
    world.run_until(Time::from_secs(seconds));
    world
}

fn text(name: &str, text: &str) -> (String, Vec<u8>) {
    (name.to_owned(), text.as_bytes().to_vec())
}

/// A configuration of the phone's own, with this inside.
fn own(inner: &str) -> (String, Vec<u8>) {
    text("SEP001BD4112233.cnf.xml", &format!("<device>{inner}</device>"))
}

fn says_who_it_is(world: &World) -> bool {
    world.frames.iter().any(|(_, f)| f.starts_with(&[0x01, 0x00, 0x0c, 0xcc, 0xcc, 0xcc]))
}

#[test]
fn f1_says_who_it_is_and_never_asks_for_an_address() {
    for world in both(Signature::F1) {
        let world = play(world, 600);
        assert!(says_who_it_is(&world) && world.discovers.is_empty() && world.has_shown("Configuring VLAN"));
    }
}

#[test]
fn f1_by_a_stored_vlan_is_heard_with_a_tag_only() {
    for seed in [1, 3] {
        let spec = cisco_7940::PhoneSpec { fault: Some(Signature::F1), seed, ..cisco_7940::PhoneSpec::new(MAC) };
        let world = play(World::wired_with(cisco_7940::Cisco7940::new(spec), None), 120);
        assert!(says_who_it_is(&world) && world.discovers.is_empty());
        assert!(world.frames.iter().any(|(_, f)| f[12..16] == [0x81, 0, 0, 110]), "tagged DHCP");
    }
}

#[test]
fn f2_has_an_address_and_no_dhcp() {
    for world in both(Signature::F2) {
        let world = play(world, 120);
        assert!(world.discovers.is_empty());
        assert_eq!(world.phone.status().address, Some(Ipv4Addr::new(192, 168, 1, 77)));
    }
}

#[test]
fn f3_asks_another_address_for_its_files() {
    for world in both(Signature::F3) {
        let world = play(world, 120);
        assert!(!world.discovers.is_empty() && world.asked.is_empty());
        assert!(world.others.iter().any(|(dst, _)| *dst == SocketAddrV4::new(OLD_SERVER, 69)));
    }
}

#[test]
fn f4_asks_a_name_server_for_the_makers_name() {
    for mut world in both(Signature::F4) {
        world.dhcp = |m| m.options.set(proto::dhcp::DhcpOption::address(6, SERVER));
        let world = play(world, 120);
        assert!(world.asked.is_empty());
        assert!(world.others.iter().any(|(dst, q)| dst.port() == 53 && q.windows(9).any(|w| w == b"\x08CiscoCM1")));
    }
}

#[test]
fn f5_repeats_its_request_every_few_seconds_although_it_is_answered() {
    for world in both(Signature::F5) {
        let world = play(world.with_config(None), 120);
        let first: Vec<_> = world.asked.iter().take(3).collect();
        assert!(first.windows(2).all(|a| a[0].port == a[1].port && a[0].name == a[1].name), "{first:?}");
        assert!(world.has_noted("TFTP timeout"));
    }
}

#[test]
fn f6_loops_on_the_trust_list() {
    let world = play(classic(Signature::F6, 0), 200);
    assert!(world.names().len() > 3 && world.names().iter().all(|n| n.starts_with("CTLSEP")));
}

#[test]
fn f7_repeats_os79xx_when_its_text_is_unsuited() {
    let world = classic(Signature::F7, 0).with_files([text("OS79XX.TXT", "P003-8-12-00 \r\n")]);
    let world = play(world, 200);
    assert!(world.names().len() > 3 && world.names().iter().all(|n| *n == "OS79XX.TXT"), "{:?}", world.names());
    let mgcp = play(classic(Signature::F7, 1).with_files([text("OS79XX.TXT", "nonsense")]), 200);
    assert!(mgcp.names().len() > 3 && mgcp.names().iter().all(|n| *n == "OS79XX.TXT"), "{:?}", mgcp.names());
}

#[test]
fn f8_looks_at_its_list_in_every_start_and_takes_nothing() {
    let load = Pack::new(&"P00308000700".parse().unwrap(), 2_000).files();
    let world =
        classic(Signature::F8, 0).with_files(load).with_files([own("<loadInformation>P00308000700</loadInformation>")]);
    let world = play(world, 200);
    let images: Vec<&str> = world.names().into_iter().filter(|n| n.starts_with("P003")).collect();
    assert_eq!(images, ["P00308000700.loads"]);
    assert_eq!(world.phone.status().state, "idle");
}

#[test]
fn f9_fetches_the_list_and_perhaps_an_image_and_restarts() {
    for (seed, most) in [(0, 1), (1, 2)] {
        let world = java(Signature::F9, seed).with_config(None).with_files(pack(R9_4_2SR1));
        let world = play(world, 400);
        assert!(world.has_shown("Auth Fail"));
        let lists = world.names().iter().filter(|n| n.ends_with(".loads")).count();
        let images = world.names().iter().filter(|n| n.ends_with(".sbn")).count();
        assert!(lists > 1 && images <= lists * (most - 1).max(usize::from(most > 1)), "{:?}", world.names());
        assert_eq!(world.phone.status().load.as_deref(), Some("SCCP45.8-3-2S"));
    }
}

#[test]
fn f10_asks_again_and_again_for_what_is_missing() {
    let mut files = pack(R9_4_2SR1);
    files.retain(|(name, _)| !name.starts_with("dsp45"));
    let world = play(java(Signature::F10, 0).with_config(None).with_files(files), 400);
    assert!(world.names().iter().filter(|n| n.starts_with("dsp45")).count() > 1);
    let mut files = Pack::new(&"P0030801SR02".parse().unwrap(), 2_000).files();
    files.retain(|(name, _)| name != "P0030801SR02.sbn");
    let world = play(classic(Signature::F10, 0).with_files(files).with_config(None), 400);
    assert!(world.names().iter().filter(|n| **n == "P0030801SR02.sbn").count() > 1, "{:?}", world.names());
    assert_eq!(world.phone.status().message.as_deref(), Some("File not found"));
}

#[test]
fn f11_wishes_for_a_signed_configuration_and_never_asks_for_a_load() {
    for world in both(Signature::F11) {
        let signed = text("SEP001BD4112233.cnf.xml.sgn", "<device><loadInformation>X</loadInformation></device>");
        let world = play(world.with_files([signed]), 300);
        assert!(world.names().iter().filter(|n| n.ends_with(".sgn")).count() > 2);
        assert!(!world.names().iter().any(|n| n.ends_with(".loads")), "{:?}", world.names());
    }
}

#[test]
fn f12_refuses_the_load_for_its_board_and_says_so() {
    let group = "<processNodeName>10.11.12.1</processNodeName>";
    let world = java(Signature::F12, 0).with_files(pack(R8_5_2)).with_files([own(group)]);
    let mut world = play(world, 120);
    assert!(world.has_shown("Load rejected HC") && !world.names().iter().any(|n| n.ends_with(".sbn")));
    let alarm = alarm(&mut world);
    assert!(alarm.ends_with("Last=Load Rejected HC"), "{alarm}");
}

#[test]
fn f13_refuses_the_load_of_another_model() {
    for world in both(Signature::F13) {
        let other = sim::firmware::LoadSpec::released("42", sim::firmware::Protocol::Sccp, R8_5_2, 2_000);
        let world = play(world.with_config(None).with_files(sim::firmware::load_set(&other)), 200);
        assert!(world.has_noted("Load ID incorrect"), "{:?}", world.notes);
        assert_eq!(world.phone.status().state, "idle");
    }
}

#[test]
fn f14_looks_for_a_load_that_is_named_like_a_serial_number() {
    let world = play(java(Signature::F14, 0).with_config(None), 200);
    assert!(world.names().iter().filter(|n| **n == "FCH1101963K.loads").count() > 1, "{:?}", world.names());
    let mut cured = java(Signature::F14, 0).with_config(Some("SCCP45.8-5-2S")).with_files(pack(R8_5_2));
    cured.power_on();
    cured.run_to_load("SCCP45.8-5-2S");
}

#[test]
fn f15_says_that_no_application_is_valid() {
    let world = play(classic(Signature::F15, 0), 120);
    assert!(world.has_shown("Protocol Application Invalid"));
    assert!(world.names().contains(&"SIPDefault.cnf") && world.names().contains(&"XMLDefault.cnf.xml"));
}

#[test]
fn f16_shows_the_mute_lamp_and_a_flash_instead_of_the_reset_lamps() {
    let mut world = classic(Signature::F16, 0);
    let order = "hold # while powering, then type 123456789*0#".parse().unwrap();
    world.person = Some(Person::new(&Script { deeds: vec![Deed::now(Act::Obey(order))], ..Script::default() }));
    world.run_until(Time::from_secs(120));
    let lit: Vec<&str> = world.lamps.iter().map(|(_, l)| l.as_str()).collect();
    assert_eq!(lit[..2], ["mute green steady", "speaker green flash"]);
}

#[test]
fn f17_opens_a_stream_to_another_address() {
    for world in both(Signature::F17) {
        let world = play(world.with_config(None), 200);
        let opened = |act: &StreamAct| *act == StreamAct::Open(SocketAddrV4::new(OLD_SERVER, 2000));
        assert!(world.streams.iter().any(|(_, act)| opened(act)), "{:?}", world.streams);
    }
}

/// The text of the Alarm that a phone sends once its stream is open.
fn alarm(world: &mut World) -> String {
    let port = world.streams.last().unwrap().0;
    world.streams.clear();
    world.input(Input::Stream { port, event: StreamEvent::Opened });
    let sent: Vec<&Vec<u8>> = world
        .streams
        .iter()
        .filter_map(|(_, act)| if let StreamAct::Send(bytes) = act { Some(bytes) } else { None })
        .collect();
    assert_eq!(sent[0][8..12], [0x20, 0, 0, 0], "Alarm");
    assert_eq!(sent[1][8..12], [1, 0, 0, 0], "Register");
    String::from_utf8_lossy(&sent[0][16..96]).trim_end_matches('\0').to_owned()
}

#[test]
fn f18_is_told_that_its_registration_is_rejected() {
    for world in both(Signature::F18) {
        let mut world = play(world.with_files([own("<processNodeName>10.11.12.1</processNodeName>")]), 120);
        let port = world.streams[0].0;
        let told = alarm(&mut world);
        assert!(told.starts_with("Name=SEP001BD4112233 Load=") && told.ends_with("Last=Initialized"), "{told}");
        let mut reject = vec![37, 0, 0, 0, 0, 0, 0, 0, 0x9d, 0, 0, 0];
        reject.extend(b"no such type\0");
        reject.resize(45, 0);
        world.input(Input::Stream { port, event: StreamEvent::Bytes(reject) });
        assert!(world.has_shown("Registration Rejected"));
        let port = world.streams.last().unwrap().0;
        world.run_for(60);
        assert_ne!(world.streams.last().unwrap().0, port, "it tries again from another port");
    }
}

#[test]
fn f19_is_unprovisioned_and_reads_its_configuration_again_and_again() {
    let world = play(classic(Signature::F19, 0).with_files([text("SIPDefault.cnf", "phone_label: x")]), 4_000);
    assert!(world.has_shown("Unprovisioned"));
    let at: Vec<u64> =
        world.asked.iter().filter(|a| a.name == "SIPDefault.cnf").map(|a| a.at.as_millis() / 1_000).collect();
    assert!(at.len() >= 4, "{at:?}");
    assert!(at.windows(2).all(|w| (600..=1_800).contains(&(w[1] - w[0]))), "{at:?}");
}

#[test]
fn f20_is_black_and_asks_for_the_default_list() {
    let world = play(java(Signature::F20, 0), 60);
    assert!(world.screens.iter().all(|(_, lines)| lines.is_empty()));
    assert_eq!(world.names()[0], "term65.default.loads");
}

#[test]
fn f21_gets_an_address_and_never_asks_for_the_default_list() {
    let world = play(java_model("7970", Signature::F21, 0), 300);
    assert!(world.discovers.len() > 1 && world.asked.is_empty() && world.has_noted("low power mode"));
    assert!(!Signature::F21.bring_to_79xx(&mut cisco_79xx::PhoneSpec::new(MAC)), "of other models not known");
}

#[test]
fn f22_has_no_link_without_a_switch() {
    for world in both(Signature::F22) {
        let world = play(world, 60);
        assert!(!world.phone.can_link() && world.discovers.is_empty() && world.frames.is_empty());
        assert_eq!(world.phone.status().state, "unplugged");
    }
}

#[test]
fn f23_says_that_its_configuration_is_too_long() {
    for world in both(Signature::F23) {
        let world = play(world.with_files([own(&" ".repeat(100))]), 120);
        assert_eq!(world.phone.status().message.as_deref(), Some("CFG TFTP Size Error"));
    }
}

#[test]
fn every_signature_can_be_brought_about_in_some_phone() {
    for signature in Signature::ALL {
        let classic = signature.bring_to_7940(&mut cisco_7940::PhoneSpec::new(MAC));
        let model = Model::find("7970").unwrap();
        let java = signature.bring_to_79xx(&mut cisco_79xx::PhoneSpec { model, ..cisco_79xx::PhoneSpec::new(MAC) });
        assert!(classic || java, "{signature:?}");
    }
}
