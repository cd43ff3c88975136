//! Conversations with simulated Java-screened Cisco 7900s.

mod world;

use std::net::Ipv4Addr;
use std::time::Duration;

use proto::Time;
use proto::dhcp::{DhcpOption, option::code};
use sim::faults::{Cable, CableSpec, Faults};
use sim::firmware::{self, LoadSpec, Protocol, Release, load_set};
use sim::person::{Act, Asked, Deed, Script, Slip};
use sim::phones::cisco_79xx::{Model, PhoneSpec, ServerSource};
use sim::{Input, Key, Person, Phone, Wire};
use world::{MAC, PHONE, SERVER, World};

fn pack(release: Release) -> Vec<(String, Vec<u8>)> {
    load_set(&LoadSpec::released("45", Protocol::Sccp, release, 3_000))
}

fn phone(load: &str) -> PhoneSpec {
    PhoneSpec { load: Some(load.to_string()), ..PhoneSpec::new(MAC) }
}

/// Somebody who does this once the phone has been on for a while.
fn somebody(asked: &str, slips: &[Slip]) -> Person {
    let deed = Deed::at(100, Act::Obey(asked.parse().expect("an order")));
    Person::new(&Script { deeds: vec![deed], slips: slips.to_vec(), ..Script::default() })
}

const SOFT: &str = "hold # while powering, then type 123456789*0#";
const WIPE: &str = "hold # while powering, then type 3491672850*#";
const IMAGES_8_5_2: [&str; 5] = [
    "jar45sccp.8-5-2TH1-9.sbn",
    "cnu45.8-5-2TH1-9.sbn",
    "apps45.8-5-2TH1-9.sbn",
    "dsp45.8-5-2TH1-9.sbn",
    "cvm45sccp.8-5-2TH1-9.sbn",
];

#[test]
fn a_healthy_phone_asks_in_the_documented_order() {
    let mut world = World::new(phone("SCCP45.9-4-2SR1-1S")).with_config(None);
    world.power_on();
    world.run_to_idle();
    assert_eq!(
        world.names(),
        ["CTLSEP001BD4112233.tlv", "ITLSEP001BD4112233.tlv", "ITLFile.tlv", "SEP001BD4112233.cnf.xml", "RingList.xml",]
    );
    let ports: Vec<u16> = world.asked.iter().map(|a| a.port).collect();
    assert_eq!(ports, (49_152..49_157).collect::<Vec<u16>>(), "a new port for each file");
    let screens: Vec<String> = world.screens.iter().map(|(_, lines)| lines.join("/")).collect();
    assert_eq!(screens, ["Configuring VLAN", "Configuring IP", "Configuring CM List", "Registering", "Unprovisioned"]);
    assert_eq!(world.phone.status().address, Some(PHONE));
}

#[test]
fn it_says_in_dhcp_what_these_phones_say() {
    let mut world = World::new(phone("SCCP45.9-4-2SR1-1S")).with_config(None);
    world.power_on();
    world.run_to_idle();
    let discover = &world.discovers[0];
    assert_eq!(discover.options.codes(), [53, 61, 12, 60, 55]);
    assert_eq!(discover.options.get(60), Some(&b"Cisco Systems, Inc. IP Phone CP-7965G\0"[..]));
    assert_eq!(discover.options.get(12), Some(&b"SEP001BD4112233"[..]));
    assert_eq!(discover.options.get(55), Some(&[1, 66, 6, 3, 15, 150, 35][..]));
}

#[test]
fn it_announces_itself_at_once_and_every_minute() {
    let mut world = World::new(phone("SIP45.8-3-2S")).with_config(None);
    world.power_on();
    world.run_for(200);
    let text = |frame: &[u8]| String::from_utf8_lossy(frame).into_owned();
    assert!(text(&world.frames[0].1).contains("SIP001BD4112233"));
    assert!(text(&world.frames[0].1).contains("SIP45.8-3-2S"));
    let gaps: Vec<u64> = world.frames.windows(2).map(|w| (w[1].0 - w[0].0).as_secs()).collect();
    assert_eq!(gaps, [60, 60, 60], "CDP only: LLDP came with 8.4");

    let mut newer = World::new(phone("SIP45.8-5-2S")).with_config(None);
    newer.power_on();
    newer.run_for(20);
    assert_eq!(newer.frames.len(), 2);
    assert_eq!(newer.frames[1].1[12..14], [0x88, 0xcc]);
}

#[test]
fn the_voice_vlan_of_a_switch_ends_the_wait() {
    let mut frame = b"\x01\0\x0c\xcc\xcc\xcc\x02\0\0\0\0\x01\0\x13\xaa\xaa\x03\0\0\x0c\x20\0\x02\xb4\0\0".to_vec();
    frame.extend(b"\0\x0e\0\x07\x01\x0f\xff");
    let mut world = World::new(phone("SCCP45.9-4-2SR1-1S")).with_config(None);
    world.power_on();
    world.run_to("waits for a VLAN", |w| w.phone.status().state == "configuring VLAN");
    let waiting_since = world.now;
    world.input(Input::Wire(Wire::Frame(frame)));
    world.run_to("has an address", |w| w.phone.status().address.is_some());
    assert!(world.now - waiting_since < Duration::from_secs(1), "{} {}", waiting_since, world.now);
}

#[test]
fn without_a_configuration_of_its_own_it_takes_everybodys() {
    let text = "<Default><callManagerGroup><members/></callManagerGroup>
        <loadInformation436 model='x'>SCCP45.8-5-2S</loadInformation436></Default>";
    let mut world = World::new(phone("SCCP45.9-4-2SR1-1S"))
        .with_files([("XMLDefault.cnf.xml".to_string(), text.as_bytes().to_vec())])
        .with_files(pack(firmware::R8_5_2));
    world.power_on();
    world.run_to_load("SCCP45.8-5-2S");
}

#[test]
fn without_any_configuration_it_asks_for_ever_and_ever_more_slowly() {
    let mut world = World::new(phone("SCCP45.8-5-2S"));
    world.power_on();
    world.run_for(600);
    let own: Vec<Time> = world.asked.iter().filter(|a| a.name.starts_with("SEP")).map(|a| a.at).collect();
    let gaps: Vec<u64> = own.windows(2).map(|w| (w[1] - w[0]).as_secs()).collect();
    assert!(gaps.len() >= 8 && gaps[0] < 8 && gaps.iter().all(|g| *g <= 76), "{gaps:?}");
    assert_eq!(world.phone.status().message.as_deref(), Some("CFG file not found"));
}

#[test]
fn an_upgrade_asks_for_the_list_and_its_images_in_order() {
    let mut world =
        World::new(phone("SCCP45.8-3-2S")).with_config(Some("SCCP45.8-5-2S")).with_files(pack(firmware::R8_5_2));
    world.power_on();
    world.run_to_load("SCCP45.8-5-2S");
    let names = world.names();
    assert_eq!(names[4], "SCCP45.8-5-2S.loads");
    assert_eq!(names[5..10], IMAGES_8_5_2);
    assert_eq!(names[10], "CTLSEP001BD4112233.tlv", "it has restarted");
    assert_eq!(names.iter().filter(|n| n.ends_with(".loads")).count(), 1, "the new load is the wanted one");
}

#[test]
fn an_old_load_given_a_new_one_loops_with_auth_fail() {
    for checks_lists in [true, false] {
        let spec = PhoneSpec { checks_lists, ..phone("SCCP45.8-3-2S") };
        let mut world = World::new(spec).with_config(Some("SCCP45.9-4-2SR1-1S")).with_files(pack(firmware::R9_4_2SR1));
        world.power_on();
        world.run_for(600);
        assert!(world.has_shown("Auth Fail"));
        assert_eq!(world.phone.status().load.as_deref(), Some("SCCP45.8-3-2S"));
        let names = world.names();
        let lists = names.iter().filter(|n| n.ends_with(".loads")).count();
        let images = names.iter().filter(|n| n.ends_with(".sbn")).count();
        assert!(lists >= 3, "again and again: {names:?}");
        assert_eq!(images, if checks_lists { 0 } else { lists }, "never beyond the first it cannot verify");
        assert!(world.discovers.len() >= 3, "each time from the start");
    }
}

#[test]
fn by_way_of_8_5_2_the_new_load_arrives() {
    let mut world = World::new(phone("SCCP45.8-3-2S"))
        .with_config(Some("SCCP45.8-5-2S"))
        .with_files(pack(firmware::R8_5_2))
        .with_files(pack(firmware::R9_4_2SR1));
    world.power_on();
    world.run_to_load("SCCP45.8-5-2S");
    world = world.with_config(Some("SCCP45.9-4-2SR1-1S"));
    world.input(Input::Power(false));
    world.power_on();
    world.run_to_load("SCCP45.9-4-2SR1-1S");
    assert!(!world.has_shown("Auth Fail"));
}

#[test]
fn the_service_release_of_8_5_2_is_no_way() {
    let mut world =
        World::new(phone("SCCP45.8-3-2S")).with_config(Some("SCCP45.8-5-2SR1S")).with_files(pack(firmware::R8_5_2SR1));
    world.power_on();
    world.run_to("Auth Fail", |w| w.has_shown("Auth Fail"));
    let mut newer =
        World::new(phone("SCCP45.8-3-3S")).with_config(Some("SCCP45.8-5-2SR1S")).with_files(pack(firmware::R8_5_2SR1));
    newer.power_on();
    newer.run_to_load("SCCP45.8-5-2SR1S");
}

#[test]
fn a_board_that_needs_more_than_the_load_knows_keeps_its_own() {
    for (release, name, takes) in [
        (firmware::R8_5_2, "SCCP45.8-5-2S", false),
        (firmware::R9_3_1SR1, "SCCP45.9-3-1SR1-1S", false),
        (firmware::R9_4_2SR1, "SCCP45.9-4-2SR1-1S", true),
    ] {
        let spec = PhoneSpec { board_level: Some(8), ..phone("SCCP45.9-4-2SR3-1S") };
        let mut world = World::new(spec).with_config(Some(name)).with_files(pack(release));
        world.power_on();
        world.run_to_idle();
        if takes {
            assert_eq!(world.phone.status().load.as_deref(), Some(name));
        } else {
            assert_eq!(world.phone.status().message.as_deref(), Some("Load rejected HC"));
            assert_eq!(world.phone.status().load.as_deref(), Some("SCCP45.9-4-2SR3-1S"));
            assert_eq!(world.names().iter().filter(|n| n.ends_with(".sbn")).count(), 0);
        }
    }
}

#[test]
fn a_load_of_another_model_is_not_its_own() {
    let other = load_set(&LoadSpec::released("42", Protocol::Sccp, firmware::R8_5_2, 3_000));
    let mut world = World::new(phone("SCCP45.8-5-2S")).with_config(Some("SCCP42.8-5-2S")).with_files(other);
    world.power_on();
    world.run_to_idle();
    assert_eq!(world.phone.status().message.as_deref(), Some("Load ID incorrect"));
    assert_eq!(world.phone.status().load.as_deref(), Some("SCCP45.8-5-2S"));
}

#[test]
fn files_that_were_tampered_with_are_refused_by_name() {
    type Tamper = fn(&mut World);
    let image = IMAGES_8_5_2[2];
    fn edit(world: &mut World, change: impl FnOnce(&mut Vec<u8>)) {
        change(world.files.get_mut(IMAGES_8_5_2[2]).expect("in the pack"));
    }
    let cases: [(Tamper, &str); 4] = [
        (|w| edit(w, |file| *file = firmware::format::archive("apps45.other.sbn", "x", 3_000)), "Version error"),
        (|w| edit(w, |file| file.truncate(2_000)), "Checksum Error"),
        (|w| edit(w, |file| file[2_500] ^= 1), "Auth Fail"),
        (|w| edit(w, |file| *file = b"<html>404</html>".to_vec()), "File auth fail"),
    ];
    for (tamper, message) in cases {
        let mut world =
            World::new(phone("SCCP45.8-3-2S")).with_config(Some("SCCP45.8-5-2S")).with_files(pack(firmware::R8_5_2));
        tamper(&mut world);
        world.power_on();
        world.run_to_idle();
        assert_eq!(world.phone.status().message.as_deref(), Some(message));
        assert_eq!(world.phone.status().load.as_deref(), Some("SCCP45.8-3-2S"), "it keeps what it has");
        assert_eq!(world.names().iter().rfind(|n| n.ends_with(".sbn")), Some(&image), "none behind it");
        assert!(world.has_noted(&format!("refuses {image}")));
    }
}

#[test]
fn a_load_that_is_not_there_is_asked_for_again_and_again() {
    let mut world = World::new(phone("SCCP45.8-5-2S")).with_config(Some("SCCP45.9-9-9S"));
    world.power_on();
    world.run_for(400);
    let asked: Vec<_> = world.asked.iter().filter(|a| a.name == "SCCP45.9-9-9S.loads").collect();
    assert!(asked.len() > 6, "{asked:?}");
    assert!(asked.windows(2).all(|w| w[0].port != w[1].port), "each time from a new port");
    let last = asked.windows(2).map(|w| (w[1].at - w[0].at).as_secs()).max();
    assert!(last <= Some(75), "{last:?}");
    assert_eq!(world.phone.status().message.as_deref(), Some("File not found"));
}

#[test]
fn the_stored_wish_counts_when_the_configuration_names_no_load() {
    let spec = PhoneSpec { wanted_load: Some("SCCP45.8-5-2S".into()), ..phone("SCCP45.8-3-2S") };
    let mut world = World::new(spec).with_config(None).with_files(pack(firmware::R8_5_2));
    world.power_on();
    world.run_to_load("SCCP45.8-5-2S");
}

#[test]
fn silence_is_met_with_the_same_request_from_the_same_port() {
    let mut world = World::new(phone("SCCP45.8-5-2S")).with_config(None);
    world.silent.insert("CTLSEP001BD4112233.tlv".into());
    world.power_on();
    world.run_to_idle();
    let asked: Vec<_> = world.asked.iter().filter(|a| a.name.starts_with("CTL")).collect();
    assert_eq!(asked.len(), 5);
    assert!(asked.windows(2).all(|w| w[0].port == w[1].port && w[1].at - w[0].at == Duration::from_secs(4)));
}

#[test]
fn a_server_on_another_address_is_not_heard() {
    let mut world = World::new(phone("SCCP45.8-5-2S")).with_config(None);
    world.silent.insert("CTLSEP001BD4112233.tlv".into());
    world.power_on();
    world.run_to("asks", |w| !w.asked.is_empty());
    let bytes = b"\0\x05\0\x01no\0".to_vec();
    let dst = std::net::SocketAddrV4::new(PHONE, world.asked[0].port);
    world.input(Input::Wire(Wire::Udp { src: "10.11.12.9:5000".parse().expect("address"), dst, bytes: bytes.clone() }));
    world.run_for(5);
    assert_eq!(world.asked.len(), 2, "it still asks");
    world.input(Input::Wire(Wire::Udp { src: std::net::SocketAddrV4::new(SERVER, 5000), dst, bytes }));
    world.run_for(3);
    assert_eq!(world.names().get(1), Some(&"ITLSEP001BD4112233.tlv"));
}

#[test]
fn a_trust_list_makes_it_ask_for_signed_files_and_refuse_ours() {
    let spec = PhoneSpec { trust_list: true, ..phone("SCCP45.8-3-2S") };
    let signed = "SEP001BD4112233.cnf.xml.sgn";
    let mut world = World::new(spec)
        .with_config(Some("SCCP45.8-5-2S"))
        .with_files(pack(firmware::R8_5_2))
        .with_files([(signed.to_string(), b"<device></device>".to_vec())]);
    world.power_on();
    world.run_for(300);
    let names = world.names();
    assert!(names.iter().filter(|n| **n == signed).count() > 3, "{names:?}");
    assert!(!names.iter().any(|n| n.ends_with(".loads") || n.ends_with(".cnf.xml")), "{names:?}");
    assert_eq!(world.phone.status().message.as_deref(), Some("File auth fail"));
}

#[test]
fn a_trust_list_that_is_served_is_believed_once() {
    let mut list = firmware::format::signed("ITLFile.tlv", &[0; 64]);
    list[3..5].copy_from_slice(&[1, 2]);
    let mut world = World::new(phone("SCCP45.8-5-2S"))
        .with_config(None)
        .with_files([("ITLFile.tlv".to_string(), list), ("CTLSEP001BD4112233.tlv".to_string(), Vec::new())]);
    world.power_on();
    world.run_for(120);
    assert!(world.phone.status().trust_list, "the empty one did no harm, the real one did");
    assert!(world.names().contains(&"SEP001BD4112233.cnf.xml.sgn"));
}

#[test]
fn the_wipe_code_leaves_a_black_phone_that_eats_the_default_list_and_comes_back() {
    let spec = PhoneSpec {
        trust_list: true,
        alternate_tftp: Some(Ipv4Addr::new(192, 0, 2, 9)),
        ..phone("SCCP45.9-4-2SR1-1S")
    };
    let mut world = World::new(spec).with_files(pack(firmware::R8_5_2));
    world.power_on();
    world.person = Some(somebody(WIPE, &[]));
    world.run_to("wiped", |w| w.phone.status().bricked);
    let wiped_at = world.now;
    assert!(world.lamps.iter().any(|(_, l)| l == "line amber sequence"));
    assert!(world.lamps.iter().any(|(_, l)| l == "line red sequence"));
    assert_eq!(world.phone.status().screen, Vec::<String>::new());
    world.asked.clear();
    world.frames.clear();
    world.run_to("has a load", |w| !w.phone.status().bricked);
    let expected: Vec<&str> = ["term65.default.loads"].into_iter().chain(IMAGES_8_5_2).collect();
    assert_eq!(world.names(), expected);
    assert_eq!(world.frames, [], "the boot loader says nothing on the link");
    assert!(world.screens.iter().all(|(at, lines)| *at <= wiped_at || lines.is_empty()), "black all the time");
    world = world.with_config(None);
    world.run_to_load("SCCP45.8-5-2S");
    assert!(!world.phone.status().trust_list);
    assert_eq!(world.phone.status().server, Some(SERVER), "the server set by hand is gone too");
}

#[test]
fn a_wiped_phone_with_an_old_boot_loader_cannot_take_a_new_load() {
    let spec = PhoneSpec { wiped: true, loader_knows_new_key: false, ..PhoneSpec::new(MAC) };
    let mut world = World::new(spec).with_files(pack(firmware::R9_4_2SR1)).with_config(None);
    world.power_on();
    world.run_for(300);
    assert!(world.phone.status().bricked);
    assert_eq!(world.phone.status().message.as_deref(), Some("Auth Fail"));
    world = world.with_files(pack(firmware::R8_5_2));
    world.run_to_load("SCCP45.8-5-2S");
}

#[test]
fn the_soft_code_asks_for_the_default_list_and_keeps_the_trust_list() {
    let spec = PhoneSpec { trust_list: true, settings_disabled: true, ..phone("SCCP45.8-5-2S") };
    let mut world = World::new(spec).with_files(pack(firmware::R8_5_2));
    world.power_on();
    world.person = Some(somebody(SOFT, &[]));
    world.run_to("default list", |w| w.names().contains(&"term65.default.loads"));
    assert!(!world.phone.status().bricked, "the old load is still there");
    assert_eq!(world.phone.status().screen, ["Upgrading"]);
    world.run_to("its own files", |w| w.names().ends_with(&["SEP001BD4112233.cnf.xml.sgn"]));
    assert!(world.phone.status().trust_list);
}

#[test]
fn slips_at_the_keys_end_in_a_normal_start() {
    for (slip, sees_lamps) in [
        (Slip::WrongKey, true),
        (Slip::DoubleKey, true),
        (Slip::Slow, true),
        (Slip::Stops, true),
        (Slip::Late, false),
        (Slip::Early, false),
    ] {
        let mut world = World::new(phone("SCCP45.8-5-2S")).with_config(None);
        world.power_on();
        world.person = Some(somebody(WIPE, &[slip]));
        world.run_until(Time::from_secs(100));
        world.asked.clear();
        world.run_for(300);
        assert_eq!(world.lamps.iter().any(|(_, l)| l.contains("amber")), sees_lamps, "{slip:?}");
        assert!(!world.phone.status().bricked, "{slip:?}");
        assert_eq!(world.names().first(), Some(&"CTLSEP001BD4112233.tlv"), "{slip:?}");
        assert_eq!(world.phone.status().state, "idle", "{slip:?}");
    }
}

#[test]
fn a_wrong_key_ends_the_window_at_once_and_silence_after_a_minute() {
    let lit = |slip| {
        let mut world = World::new(phone("SCCP45.8-5-2S")).with_config(None);
        world.person = Some(somebody(SOFT, &[slip]));
        world.run_until(Time::from_secs(300));
        let at = |text: &str| world.lamps.iter().find(|(_, l)| l == text).expect("seen").0;
        at("") - at("line amber sequence")
    };
    assert!(lit(Slip::WrongKey) < Duration::from_secs(10));
    assert_eq!(lit(Slip::Stops), Duration::from_secs(60));
}

#[test]
fn a_key_twice_is_forgiven_where_the_maker_says_so() {
    let spec = PhoneSpec { model: Model::find("7911").expect("a model"), ..phone("SCCP11.8-5-2S") };
    let mut world = World::new(spec).with_config(None);
    world.person = Some(somebody(WIPE, &[Slip::DoubleKey]));
    world.run_to("wiped", |w| w.phone.status().bricked);
    let looks: Vec<&str> = world.lamps.iter().map(|(_, l)| l.as_str()).collect();
    assert_eq!(looks[..2], ["message red sequence", "message red fast"]);
}

#[test]
fn power_cut_while_writing_costs_the_load() {
    let mut world =
        World::new(phone("SCCP45.8-3-2S")).with_config(Some("SCCP45.8-5-2S")).with_files(pack(firmware::R8_5_2));
    world.power_on();
    world.run_to("writes", |w| w.phone.status().state == "writing a load");
    world.input(Input::Power(false));
    assert!(world.phone.status().bricked);
    world.asked.clear();
    world.power_on();
    world.run_to("asks", |w| !w.asked.is_empty());
    assert_eq!(world.names(), ["term65.default.loads"]);
    world.run_to_load("SCCP45.8-5-2S");
}

#[test]
fn the_server_set_by_hand_goes_before_all_that_dhcp_says() {
    let elsewhere = Ipv4Addr::new(10, 11, 12, 200);
    let spec = PhoneSpec { alternate_tftp: Some(elsewhere), ..phone("SCCP45.8-5-2S") };
    let mut world = World::new(spec.clone()).with_config(None);
    world.power_on();
    world.run_for(90);
    assert_eq!(world.asked, []);
    assert!(world.others.iter().all(|(dst, _)| *dst == std::net::SocketAddrV4::new(elsewhere, 69)));
    assert_eq!(world.phone.status().message.as_deref(), Some("TFTP timeout"));

    let order = vec![ServerSource::Option150, ServerSource::Alternate];
    let mut other = World::new(PhoneSpec { server_order: order, ..spec }).with_config(None);
    other.power_on();
    other.run_to_idle();
}

#[test]
fn each_way_of_telling_the_server_is_enough() {
    type Way = fn(&mut proto::dhcp::Message);
    let ways: [Way; 3] = [
        |_| {},
        |m| {
            m.options.remove(code::TFTP_SERVER_ADDRESS);
            m.options.set(DhcpOption::text(code::TFTP_SERVER_NAME, &SERVER.to_string()));
        },
        |m| {
            m.options.remove(code::TFTP_SERVER_ADDRESS);
            m.siaddr = SERVER;
        },
    ];
    for way in ways {
        let mut world = World::new(phone("SCCP45.8-5-2S")).with_config(None);
        world.dhcp = way;
        world.power_on();
        world.run_to_idle();
    }
}

#[test]
fn told_nothing_it_asks_a_name_server_for_the_makers_name() {
    let mut world = World::new(phone("SCCP45.8-5-2S")).with_config(None);
    world.dhcp = |m| {
        m.options.remove(code::TFTP_SERVER_ADDRESS);
        m.options.set(DhcpOption::address(code::DNS_SERVER, SERVER));
    };
    world.power_on();
    world.run_to("asks for a name", |w| !w.others.is_empty());
    let (dst, query) = world.others[0].clone();
    assert_eq!(dst.port(), 53);
    assert!(query.windows(9).any(|w| w == b"\x08CiscoCM1"));
    let port = u16::from_be_bytes([query[0], query[1]]);
    let mut reply = query;
    reply[2] |= 0x80;
    reply[7] = 1;
    reply.extend(b"\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04");
    reply.extend(SERVER.octets());
    let dst = std::net::SocketAddrV4::new(PHONE, port);
    world.input(Input::Wire(Wire::Udp { src: std::net::SocketAddrV4::new(SERVER, 53), dst, bytes: reply }));
    world.run_to_idle();

    let mut nobody = World::new(phone("SCCP45.8-5-2S"));
    nobody.dhcp = |m| {
        m.options.remove(code::TFTP_SERVER_ADDRESS);
    };
    nobody.power_on();
    nobody.run_for(120);
    assert_eq!(nobody.phone.status().message.as_deref(), Some("TFTP Server Required"));
    assert!(nobody.asked.is_empty() && nobody.discovers.len() > 1);
}

#[test]
fn settings_come_back_by_configuration() {
    let spec = PhoneSpec { settings_disabled: true, ..phone("SIP45.8-5-2S") };
    let text = "<device><networkLocale>German</networkLocale><userLocale><name>German_Germany</name></userLocale>
        <settingsAccess>1</settingsAccess></device>";
    let mut world = World::new(spec).with_files([("SEP001BD4112233.cnf.xml".to_string(), text.as_bytes().to_vec())]);
    world.power_on();
    world.run_to_idle();
    assert_eq!(
        world.names()[4..],
        ["German/g3-tones.xml", "German_Germany/mk-sip.jar", "dialplan.xml", "RingList.xml"]
    );
}

#[test]
fn a_bad_cable_slows_it_down_and_nothing_else() {
    let faults =
        Faults { drop: 50, duplicate: 30, reorder: 30, delay: Duration::from_millis(1), jitter: Duration::ZERO };
    let spec = CableSpec { to_phone: faults, from_phone: faults, seed: 11, ..CableSpec::default() };
    let run = || {
        let mut world =
            World::new(phone("SCCP45.8-3-2S")).with_config(Some("SCCP45.8-5-2S")).with_files(pack(firmware::R8_5_2));
        world.cable = Cable::new(&spec);
        world.power_on();
        world.run_to_load("SCCP45.8-5-2S");
        (world.now, world.asked, world.notes)
    };
    assert_eq!(run(), run(), "the same troubles again");
}

#[test]
fn a_cable_pulled_out_and_back_starts_the_network_anew() {
    let (cut_at, mended_at) = (Some(Duration::from_secs(120)), Some(Duration::from_secs(150)));
    let mut world = World::new(phone("SCCP45.8-5-2S")).with_config(None);
    world.cable = Cable::new(&CableSpec { cut_at, mended_at, ..CableSpec::default() });
    world.power_on();
    world.run_until(Time::from_secs(130));
    assert_eq!(world.phone.status().state, "unplugged");
    assert_eq!(world.phone.status().address, None);
    world.run_to_idle();
    assert_eq!(world.discovers.len(), 2);
}

#[test]
fn typing_while_it_runs_resets_nothing() {
    let mut world = World::new(phone("SCCP45.8-5-2S")).with_config(None);
    world.power_on();
    let keys = Key::sequence("3491672850*#").expect("keys");
    let deed = Deed::at(100, Act::Obey(Asked::typing(&keys)));
    world.person = Some(Person::new(&Script { deeds: vec![deed], ..Script::default() }));
    world.run_for(200);
    assert!(!world.phone.status().bricked);
    assert_eq!(world.phone.status().state, "idle");
}

#[test]
fn the_same_phone_lives_on_frames() {
    let mut world = World::wired(phone("SCCP45.8-3-2S"), None)
        .with_config(Some("SCCP45.8-5-2S"))
        .with_files(pack(firmware::R8_5_2));
    world.power_on();
    world.run_to_load("SCCP45.8-5-2S");
    assert_eq!(world.names()[5..10], IMAGES_8_5_2);
    let announced = world.frames.iter().any(|(_, f)| f[12..14] == [8, 6] && f[28..32] == f[38..42]);
    assert!(announced, "a gratuitous ARP for the new address");
}

#[test]
fn a_vlan_set_by_hand_tags_everything_but_discovery() {
    let spec = PhoneSpec { stored_vlan: Some(110), ..phone("SCCP45.8-5-2S") };
    let mut untagged = World::wired(spec.clone(), None).with_config(None);
    untagged.power_on();
    untagged.run_for(300);
    assert!(untagged.discovers.is_empty() && untagged.asked.is_empty());
    let tagged = |frame: &[u8]| frame[12..16] == [0x81, 0, 0, 110];
    let (data, discovery): (Vec<_>, Vec<_>) = untagged.frames.iter().partition(|(_, f)| f[0] == 0xff);
    assert!(!data.is_empty() && data.iter().all(|(_, f)| tagged(f)));
    assert!(!discovery.is_empty() && discovery.iter().all(|(_, f)| !tagged(f)));

    let mut world = World::wired(spec, Some(110)).with_config(None);
    world.power_on();
    world.run_to_idle();
}

#[test]
fn an_address_set_by_hand_means_no_dhcp() {
    let address = Some(sim::wire::Address { ip: PHONE, mask: Ipv4Addr::new(255, 255, 255, 0), router: None });
    let spec = PhoneSpec { static_address: address, alternate_tftp: Some(SERVER), ..phone("SCCP45.8-5-2S") };
    let mut world = World::wired(spec.clone(), None).with_config(None);
    world.power_on();
    world.run_to_idle();
    assert!(world.discovers.is_empty());

    let elsewhere = Ipv4Addr::new(10, 11, 12, 200);
    let mut lost = World::wired(PhoneSpec { alternate_tftp: Some(elsewhere), ..spec }, None);
    lost.power_on();
    lost.run_for(120);
    let asks = |f: &[u8]| f[12..14] == [8, 6] && f[38..42] == elsewhere.octets();
    assert!(lost.frames.iter().any(|(_, f)| asks(f)), "it asks for the old server by ARP");
}

/// Somebody who presses these keys, one after the other, two minutes after the start.
fn hands(keys: &str) -> Person {
    let act = |key: &str| match key.parse() {
        Ok(key) => Act::Press(key),
        Err(_) => Act::Obey(format!("type {key}").parse().expect("keys")),
    };
    let deeds = std::iter::once(Deed::at(120, Act::Look)).chain(keys.split(", ").map(|key| Deed::now(act(key))));
    Person::new(&Script { deeds: deeds.collect(), ..Script::default() })
}

#[test]
fn the_trust_list_can_be_erased_by_menu_once_it_is_unlocked() {
    let run = |keys: &str, settings_disabled: bool| {
        let spec = PhoneSpec { trust_list: true, settings_disabled, ..phone("SCCP45.8-5-2S") };
        let mut world = World::new(spec).with_config(None);
        world.person = Some(hands(keys));
        world.power_on();
        world.run_for(600);
        world
    };
    for keys in ["settings, 2, 1, **#, ok", "settings, 2, 1, softkey 1"] {
        assert!(run(keys, false).phone.status().trust_list, "{keys}");
    }
    let cured = run("settings, 2, 1, **#, softkey 1", false);
    assert!(cured.has_shown(">1 ITL File: installed") && cured.has_shown("Settings [unlocked]"));
    assert!(!cured.phone.status().trust_list);
    assert_eq!(cured.phone.status().state, "idle");
    assert_eq!(cured.names().last(), Some(&"RingList.xml"));
    let locked_away = run("settings, 2, 1, **#, softkey 1", true);
    assert!(locked_away.has_noted("disabled") && !locked_away.has_shown("Settings ["));
    assert!(locked_away.phone.status().trust_list);
}

#[test]
fn a_menu_stays_open_over_what_happens_behind_it() {
    let mut world = World::new(phone("SCCP45.8-5-2S")).with_config(None);
    world.power_on();
    world.run_for(10);
    world.input(Input::Key { key: Key::Settings, down: true });
    world.run_to_idle();
    assert_eq!(world.phone.status().screen[0], "Settings [locked]");
    world.input(Input::Key { key: Key::Settings, down: false });
    world.input(Input::Key { key: Key::Settings, down: true });
    assert_eq!(world.phone.status().screen, ["Unprovisioned"]);
}

#[test]
fn star_star_hash_star_star_restarts_it_from_the_menu() {
    let mut world = World::new(phone("SCCP45.8-5-2S")).with_config(None);
    world.person = Some(hands("settings, **#**"));
    world.power_on();
    world.run_for(300);
    assert_eq!(world.discovers.len(), 2);
}
