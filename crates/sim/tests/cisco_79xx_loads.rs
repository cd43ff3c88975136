//! Which loads a simulated Java-screened Cisco 7900 takes, and what it does with the others.

mod world;

use std::time::Duration;

use sim::faults::{Cable, CableSpec, Faults};
use sim::firmware::{self, LoadSpec, Protocol, load_set};
use sim::phones::cisco_79xx::PhoneSpec;
use sim::{Input, Phone};
use world::{IMAGES_8_5_2, MAC, World, pack, phone};

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
fn without_a_configuration_of_its_own_it_takes_everybodys() {
    let text = "<Default><callManagerGroup><members/></callManagerGroup>
        <loadInformation436 model='x'>SCCP45.8-5-2S</loadInformation436></Default>";
    let mut world = World::new(phone("SCCP45.9-4-2SR1-1S"))
        .with_files([("XMLDefault.cnf.xml".to_string(), text.as_bytes().to_vec())])
        .with_files(pack(firmware::R8_5_2));
    world.power_on();
    world.run_to_load("SCCP45.8-5-2S");
}
