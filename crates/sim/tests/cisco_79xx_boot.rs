//! How a simulated Java-screened Cisco 7900 finds its network, its server and its configuration.

mod world;

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use proto::Time;
use proto::dhcp::{DhcpOption, option::code};
use sim::faults::{Cable, CableSpec};
use sim::firmware;
use sim::person::{Act, Deed, Script};
use sim::phones::cisco_79xx::{PhoneSpec, ServerSource, TrustList};
use sim::{Input, Person, Phone, Wire};
use world::{IMAGES_8_5_2, PHONE, SERVER, World, pack, phone};

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
    let dst = SocketAddrV4::new(PHONE, world.asked[0].port);
    world.input(Input::Wire(Wire::Udp { src: "10.11.12.9:5000".parse().expect("address"), dst, bytes: bytes.clone() }));
    world.run_for(5);
    assert_eq!(world.asked.len(), 2, "it still asks");
    world.input(Input::Wire(Wire::Udp { src: SocketAddrV4::new(SERVER, 5000), dst, bytes }));
    world.run_for(3);
    assert_eq!(world.names().get(1), Some(&"ITLSEP001BD4112233.tlv"));
}

#[test]
fn a_trust_list_makes_it_ask_for_signed_files_and_refuse_ours() {
    let spec = PhoneSpec { trust_lists: [TrustList::Itl].into(), ..phone("SCCP45.8-3-2S") };
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
fn a_ctl_file_alone_makes_it_do_so_too_and_a_load_before_8_asks_for_no_other() {
    let spec = PhoneSpec { trust_lists: [TrustList::Ctl].into(), ..phone("SCCP45.7-2-1S") };
    let mut world = World::new(spec).with_config(None);
    world.power_on();
    world.run_for(60);
    assert_eq!(world.names()[..2], ["CTLSEP001BD4112233.tlv", "SEP001BD4112233.cnf.xml.sgn"]);
}

/// Which lists it holds after it was served one of each kind, holding these.
fn after_both_were_served(holds: &[TrustList], takes_second_list: bool) -> (bool, bool, bool) {
    let list = |name: &str| {
        let mut bytes = firmware::format::signed(name, &[0; 64]);
        bytes[3..5].copy_from_slice(&[1, 2]);
        (name.to_owned(), bytes)
    };
    let trust_lists = holds.iter().copied().collect();
    let spec = PhoneSpec { trust_lists, takes_second_list, ..phone("SCCP45.8-5-2S") };
    let names = ["CTLSEP001BD4112233.tlv", "ITLSEP001BD4112233.tlv"];
    let mut world = World::new(spec).with_config(None).with_files(names.map(list));
    let look = ["settings", "2", "1"].map(|key| Deed::now(Act::Press(key.parse().expect("a key"))));
    let deeds = std::iter::once(Deed::at(120, Act::Look)).chain(look).collect();
    world.person = Some(Person::new(&Script { deeds, ..Script::default() }));
    world.power_on();
    world.run_for(200);
    let refused = world.has_noted("File auth fail");
    (world.has_shown("CTL File: installed"), world.has_shown("ITL File: installed"), refused)
}

#[test]
fn each_kind_of_trust_list_is_stored_by_itself_and_refuses_another_in_its_place() {
    use TrustList::{Ctl, Itl};
    assert_eq!(after_both_were_served(&[], false), (true, false, true), "the first one is believed");
    assert_eq!(after_both_were_served(&[], true), (true, true, false));
    assert_eq!(after_both_were_served(&[Itl], false), (false, true, true));
    assert_eq!(after_both_were_served(&[Itl], true), (true, true, true), "its ITL file stays what it was");
    assert_eq!(after_both_were_served(&[Ctl, Itl], true), (true, true, true));
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
fn the_server_set_by_hand_goes_before_all_that_dhcp_says() {
    let elsewhere = Ipv4Addr::new(10, 11, 12, 200);
    let spec = PhoneSpec { alternate_tftp: Some(elsewhere), ..phone("SCCP45.8-5-2S") };
    let mut world = World::new(spec.clone()).with_config(None);
    world.power_on();
    world.run_for(90);
    assert_eq!(world.asked, []);
    assert!(world.others.iter().all(|(dst, _)| *dst == SocketAddrV4::new(elsewhere, 69)));
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
    let dst = SocketAddrV4::new(PHONE, port);
    world.input(Input::Wire(Wire::Udp { src: SocketAddrV4::new(SERVER, 53), dst, bytes: reply }));
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
