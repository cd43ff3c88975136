//! What keys do to a simulated 7940: the reset keys and the question behind them, in time, late, early, wrong.

mod world;

use std::net::Ipv4Addr;
use std::time::Duration;

use proto::Time;
use sim::person::{Act, Asked, Deed, Script, Sight, Slip};
use sim::phones::cisco_7940::{Cisco7940, PhoneSpec};
use sim::wire::Address;
use sim::{Input, Key, Person};
use world::{MAC, SERVER, World};

const RESET: &str = "hold # while powering, then type 123456789*0#";

fn phone(load: &str) -> PhoneSpec {
    PhoneSpec { load: load.parse().expect("a load"), ..PhoneSpec::new(MAC) }
}

/// One that its old owner set up by hand.
fn set_by_hand() -> PhoneSpec {
    let address = Address { ip: Ipv4Addr::new(192, 168, 7, 9), mask: Ipv4Addr::new(255, 255, 255, 0), router: None };
    PhoneSpec {
        static_address: Some(address),
        alternate_tftp: Some(Ipv4Addr::new(192, 168, 7, 1)),
        stored_vlan: Some(110),
        ..phone("P00308000700")
    }
}

/// Somebody who resets at 100 s, and answers the question with this key, if with any.
fn somebody(answer: Option<char>, slips: &[Slip]) -> Person {
    let mut deeds = vec![Deed::at(100, Act::Obey(RESET.parse().expect("an order")))];
    if let Some(key) = answer.and_then(Key::from_char) {
        deeds.push(Deed {
            after: Some(Duration::from_secs(2)),
            ..Deed::seeing(Sight::screen("keep network"), Act::Press(key))
        });
    }
    Person::new(&Script { deeds, slips: slips.to_vec(), ..Script::default() })
}

fn played(spec: PhoneSpec, person: Person) -> World {
    let mut world = World::with(Cisco7940::new(spec));
    world.power_on();
    world.person = Some(person);
    world.run_until(Time::from_secs(300));
    world
}

#[test]
fn answered_with_2_it_forgets_the_network_and_with_1_it_keeps_it() {
    let erased = played(set_by_hand(), somebody(Some('2'), &[]));
    assert!(erased.has_shown("Reset key sequence detected") && erased.has_shown("1 = yes 2 = no"));
    assert!(erased.has_shown("Resetting to factory defaults"));
    assert_eq!(erased.phone.status().server, Some(SERVER), "by DHCP, without a tag");
    assert_eq!(erased.lamps[0].1, "headset green sequence, mute green sequence, speaker green sequence");

    let kept = played(set_by_hand(), somebody(Some('1'), &[]));
    assert!(kept.has_shown("Resetting to factory defaults"));
    assert_eq!(kept.phone.status().server, Some(Ipv4Addr::new(192, 168, 7, 1)));
    assert!(kept.discovers.is_empty());
}

#[test]
fn another_key_or_none_resets_nothing() {
    for answer in [Some('3'), Some('#'), None] {
        let world = played(set_by_hand(), somebody(answer, &[]));
        assert!(world.has_shown("Keep network cfg?"), "{answer:?}");
        assert!(!world.has_shown("Resetting"), "{answer:?}");
        assert_eq!(world.phone.status().server, Some(Ipv4Addr::new(192, 168, 7, 1)), "{answer:?}");
    }
}

#[test]
fn the_question_stands_for_a_minute() {
    let world = played(phone("P00308000700"), somebody(None, &[]));
    let at = |words: &str, after: Time| {
        let shows = |lines: &[String]| lines.iter().any(|l| l.contains(words));
        world.screens.iter().find(|(at, lines)| *at > after && shows(lines)).expect("seen").0
    };
    let asked = at("Keep network", Time::ZERO);
    assert_eq!((at("Configuring VLAN", asked) - asked).as_secs(), 60);
}

#[test]
fn slips_at_the_keys_end_in_a_normal_start_but_a_double_key_is_forgiven() {
    for (slip, lamps, question) in [
        (Slip::None, true, true),
        (Slip::DoubleKey, true, true),
        (Slip::WrongKey, true, false),
        (Slip::Slow, true, false),
        (Slip::Stops, true, false),
        (Slip::Late, false, false),
        (Slip::Early, false, false),
    ] {
        let world = played(phone("P00308000700"), somebody(Some('2'), &[slip]));
        assert_eq!(world.lamps.iter().any(|(_, l)| l.contains("sequence")), lamps, "{slip:?}");
        assert_eq!(world.has_shown("Keep network"), question, "{slip:?}");
        assert_eq!(world.has_shown("Resetting"), question, "{slip:?}");
    }
}

#[test]
fn a_wrong_key_ends_the_lamps_at_once_and_silence_after_a_minute() {
    let lit = |slip| {
        let world = played(phone("P00308000700"), somebody(None, &[slip]));
        let on = world.lamps.iter().find(|(_, l)| l.contains("sequence")).expect("lit").0;
        let off = world.lamps.iter().find(|(at, l)| *at >= on && l.is_empty()).expect("dark").0;
        off - on
    };
    assert!(lit(Slip::WrongKey) < Duration::from_secs(10));
    assert_eq!(lit(Slip::Stops), Duration::from_secs(60));
}

#[test]
fn an_mgcp_phone_shows_the_mute_lamp_and_a_flash_of_the_speakers_and_takes_no_keys() {
    let world = played(phone("P0M3-06-1-00"), somebody(Some('2'), &[]));
    let lit: Vec<&str> = world.lamps.iter().map(|(_, l)| l.as_str()).collect();
    assert_eq!(lit[..3], ["mute green steady", "speaker green flash", ""]);
    assert!(world.lamps[2].0 - world.lamps[1].0 < Duration::from_millis(500), "very brief");
    assert!(!world.has_shown("Keep network") && world.has_shown("Configuring VLAN"));
}

#[test]
fn of_a_locked_phone_the_lamps_never_come() {
    let world = played(PhoneSpec { reset_locked: true, ..phone("P0S3-8-12-00") }, somebody(Some('2'), &[]));
    assert!(world.lamps.iter().all(|(_, l)| l.is_empty()));
    assert!(!world.has_shown("Keep network"));
}

#[test]
fn a_reset_does_not_clear_the_settings_password_and_a_configuration_does() {
    let reset = |files: Vec<(String, Vec<u8>)>| {
        let spec = PhoneSpec { password: "theirs".to_owned(), ..phone("P0S3-8-12-00") };
        let mut world = World::with(Cisco7940::new(spec)).with_files(files);
        world.power_on();
        world.person = Some(somebody(Some('2'), &[]));
        world.run_until(Time::from_secs(300));
        world
    };
    let world = reset(Vec::new());
    assert!(world.has_shown("Resetting to factory defaults") && !world.has_noted("settings password"));
    let file = ("SIPDefault.cnf".to_owned(), b"phone_password: \"cisco\"\n".to_vec());
    assert!(reset(vec![file]).has_noted("a configuration sets the settings password"));
}

#[test]
fn three_keys_together_restart_a_running_phone() {
    let mut world = World::with(Cisco7940::new(phone("P00308000700")));
    world.power_on();
    world.run_until(Time::from_secs(60));
    for key in [Key::Star, Key::Digit(6)] {
        world.input(Input::Key { key, down: true });
    }
    assert!(!world.has_noted("restarts"));
    world.input(Input::Key { key: Key::Settings, down: true });
    assert!(world.has_noted("restarts by *, 6 and settings together"));
}

#[test]
fn typing_while_it_runs_resets_nothing() {
    let keys = Key::sequence("123456789*0#").expect("keys");
    let deed = Deed::at(100, Act::Obey(Asked::typing(&keys)));
    let person = Person::new(&Script { deeds: vec![deed], ..Script::default() });
    let world = played(phone("P00308000700"), person);
    assert!(!world.has_shown("Keep network"));
}

/// Somebody who does this, two minutes after the start.
fn hands(acts: &[Act]) -> Person {
    let deeds = std::iter::once(Deed::at(120, Act::Look)).chain(acts.iter().cloned().map(Deed::now));
    Person::new(&Script { deeds: deeds.collect(), ..Script::default() })
}

fn press(keys: &str) -> Vec<Act> {
    keys.split(", ").map(|key| Act::Press(key.parse().expect("a key"))).collect()
}

/// Goes down to the entry with these words, in a menu that is open.
fn entry(world: &World, words: &str) -> usize {
    let lines = world.screens.iter().rev().find(|(_, l)| l.iter().any(|l| l.contains(words))).expect("shown");
    lines.1.iter().position(|l| l.contains(words)).expect("there") - 1
}

#[test]
fn an_sccp_phone_is_unlocked_by_three_keys_and_erases_what_was_set_by_hand() {
    let mut world = World::with(Cisco7940::new(set_by_hand()));
    world.power_on();
    world.person = Some(hands(&press("settings, 1, *, *, #")));
    world.run_until(Time::from_secs(130));
    assert!(world.has_shown("Settings [unlocked]"));
    let down = ["down"].repeat(entry(&world, "Erase Configuration")).join(", ");
    world.person = Some(hands(&press(&format!("{down}, softkey 1, softkey 2"))));
    world.run_until(Time::from_secs(250));
    assert_eq!(world.phone.status().server, Some(SERVER), "{:?}", world.notes);
}

#[test]
fn a_sip_phone_wants_its_password_and_no_keys_unlock_it() {
    let unlocked = |password: &str, typed: &str| {
        let spec = PhoneSpec { password: password.to_owned(), ..phone("P0S3-8-12-00") };
        let mut acts = press("settings, *, *, #, 2");
        acts.extend([Act::Enter(typed.to_owned()), Act::Press(Key::Softkey(1))]);
        let world = played(spec, hands(&acts));
        assert!(world.has_shown("Enter password"));
        world.has_shown("Settings [unlocked]")
    };
    assert!(unlocked("cisco", "cisco"));
    assert!(unlocked("hunter2", "hunter2"), "letters of one key behind each other");
    assert!(!unlocked("hunter2", "cisco"));
}

#[test]
fn a_trust_list_is_erased_by_menu() {
    let spec = PhoneSpec { trust_list: true, ..phone("P00308000700") };
    let world = played(spec, hands(&press("settings, 2, *, *, #, softkey 1")));
    assert!(world.has_shown("CTL File: installed") && !world.phone.status().trust_list);
    assert!(world.names().ends_with(&["XMLDefault.cnf.xml"]), "{:?}", world.names());
}

#[test]
fn nothing_unlocks_an_mgcp_phone() {
    let world = played(phone("P0M3-06-1-00"), hands(&press("settings, *, *, #, 1")));
    assert!(world.has_shown("Erase Configuration") && !world.has_shown("[unlocked]"));
}
