//! What keys do to a simulated Java-screened Cisco 7900: reset codes and the settings menu.

mod world;

use std::net::Ipv4Addr;
use std::time::Duration;

use proto::Time;
use sim::firmware;
use sim::person::{Act, Asked, Deed, Script, Slip};
use sim::phones::cisco_79xx::{Model, PhoneSpec, TrustList};
use sim::{Input, Key, Person, Phone};
use world::{IMAGES_8_5_2, SERVER, World, pack, phone};

const SOFT: &str = "hold # while powering, then type 123456789*0#";
const WIPE: &str = "hold # while powering, then type 3491672850*#";

/// Somebody who does this once the phone has been on for a while.
fn somebody(asked: &str, slips: &[Slip]) -> Person {
    let deed = Deed::at(100, Act::Obey(asked.parse().expect("an order")));
    Person::new(&Script { deeds: vec![deed], slips: slips.to_vec(), ..Script::default() })
}

/// Somebody who presses these keys, one after the other, two minutes after the start.
fn hands(keys: &str) -> Person {
    hands_at(&[(120, keys)])
}

/// The same from these seconds on.
fn hands_at(times: &[(u64, &str)]) -> Person {
    let act = |key: &str| match key.parse() {
        Ok(key) => Act::Press(key),
        Err(_) => Act::Obey(format!("type {key}").parse().expect("keys")),
    };
    let deeds = times.iter().flat_map(|(at, keys)| {
        std::iter::once(Deed::at(*at, Act::Look)).chain(keys.split(", ").map(|key| Deed::now(act(key))))
    });
    Person::new(&Script { deeds: deeds.collect(), ..Script::default() })
}

#[test]
fn the_wipe_code_leaves_a_black_phone_that_eats_the_default_list_and_comes_back() {
    let spec = PhoneSpec {
        trust_lists: [TrustList::Ctl, TrustList::Itl].into(),
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
    assert!(!world.phone.status().trust_list, "both lists are gone");
    assert_eq!(world.phone.status().server, Some(SERVER), "the server set by hand is gone too");
}

#[test]
fn the_soft_code_asks_for_the_default_list_and_keeps_the_trust_list() {
    let trust_lists = [TrustList::Itl].into();
    let spec = PhoneSpec { trust_lists, settings_disabled: true, ..phone("SCCP45.8-5-2S") };
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
fn the_trust_list_can_be_erased_by_menu_once_it_is_unlocked() {
    let run = |keys: &str, settings_disabled: bool| {
        let spec = PhoneSpec { trust_lists: [TrustList::Itl].into(), settings_disabled, ..phone("SCCP45.8-5-2S") };
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
fn what_the_soft_code_takes_of_the_trust_lists_is_for_each_phone_to_say() {
    let left = |erases: &[TrustList]| {
        let soft_reset_erases = erases.iter().copied().collect();
        let trust_lists = [TrustList::Ctl, TrustList::Itl].into();
        let spec = PhoneSpec { trust_lists, soft_reset_erases, ..phone("SCCP45.8-5-2S") };
        let mut world = World::new(spec).with_config(None).with_files(pack(firmware::R8_5_2));
        world.power_on();
        world.person = Some(somebody(SOFT, &[]));
        world.run_to("erased", |w| w.has_noted("factory reset"));
        world.phone.status().trust_list
    };
    assert!(left(&[]), "sources do not say that it takes them");
    assert!(left(&[TrustList::Itl]), "the CTL file is left");
    assert!(!left(&[TrustList::Ctl, TrustList::Itl]));
}

#[test]
fn each_trust_list_is_erased_by_its_own_entry() {
    let run = |times: &[(u64, &str)], trust_list_page: bool| {
        let trust_lists = [TrustList::Ctl, TrustList::Itl].into();
        let spec = PhoneSpec { trust_lists, trust_list_page, ..phone("SCCP45.8-5-2S") };
        let mut world = World::new(spec).with_config(None);
        world.person = Some(hands_at(times));
        world.power_on();
        world.run_for(600);
        world
    };
    let one = run(&[(120, "settings, 2, 1, **#, softkey 1")], true);
    assert!(one.has_noted("the ITL File is erased by menu") && one.phone.status().trust_list);
    assert_eq!(one.names().last(), Some(&"SEP001BD4112233.cnf.xml.sgn"), "the CTL file is enough");
    let other = run(&[(120, "settings, 2, 1, **#, 2, softkey 1")], true);
    assert!(other.has_noted("the CTL File is erased by menu") && other.phone.status().trust_list);
    // In some loads the entries stand in the security settings themselves.
    let both = run(&[(120, "settings, 2, **#, softkey 1"), (300, "settings, 2, **#, 2, softkey 1")], false);
    assert!(!both.has_shown("Trust List") && !both.phone.status().trust_list);
    assert_eq!(both.phone.status().state, "idle");
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
