//! What hands do, and when.

use std::time::Duration;

use super::*;
use crate::wire::{Colour, LampMode};

/// Everything done until nothing more happens, without a phone.
fn done(person: &mut Person, from: Time) -> Vec<(Time, Input)> {
    let (mut now, mut all) = (from, Vec::new());
    loop {
        all.extend(std::iter::from_fn(|| person.poll_input(now)).map(|input| (now, input)).collect::<Vec<_>>());
        match person.poll_timeout() {
            Some((at, _)) => now = now.max(at),
            None => return all,
        }
    }
}

/// As [`done`], but the phone has shown nothing yet.
fn done_until(person: &mut Person, until: Time) -> Vec<(Time, Input)> {
    let (mut now, mut all) = (Time::ZERO, Vec::new());
    while now < until {
        all.extend(std::iter::from_fn(|| person.poll_input(now)).map(|input| (now, input)).collect::<Vec<_>>());
        now = person.poll_timeout().map_or(until, |(at, _)| now.max(at));
    }
    all
}

fn down(all: &[(Time, Input)]) -> String {
    let pressed = |input: &Input| match input {
        Input::Key { key, down: true } => Some(key.to_string()),
        _ => None,
    };
    all.iter().filter_map(|(_, input)| pressed(input)).collect()
}

fn asked() -> Asked {
    "hold # while powering, then type 3491672850*#".parse().unwrap()
}

fn lamps() -> Output {
    Output::Lamps(vec![Lamp { name: "line", colour: Colour::Amber, mode: LampMode::Sequence }])
}

#[test]
fn holds_until_the_lamps_come_then_types_with_a_human_rhythm() {
    let mut person = Person::new(&Script::default());
    person.obey(&asked());
    let before = done_until(&mut person, Time::from_secs(5));
    assert_eq!(
        before.iter().map(|(_, i)| i.clone()).collect::<Vec<_>>(),
        [Input::Power(false), Input::Key { key: Key::Hash, down: true }, Input::Power(true),]
    );
    person.see(&lamps());
    let after = done(&mut person, Time::from_secs(5));
    assert_eq!(after[0].1, Input::Key { key: Key::Hash, down: false });
    assert_eq!(down(&after), "3491672850*#");
    let took = after.last().unwrap().0 - after[0].0;
    assert!((4..8).contains(&took.as_secs()), "{took:?}");
    assert!(person.is_done());
}

#[test]
fn slips_happen_once_each_and_the_same_way_again() {
    let typed = |slip, seed| {
        let mut person = Person::new(&Script { slips: vec![slip], seed, ..Script::default() });
        person.obey(&Asked::typing(&Key::sequence("123456789*0#").unwrap()));
        let first = down(&done(&mut person, Time::ZERO));
        person.obey(&Asked::typing(&Key::sequence("12").unwrap()));
        assert_eq!(down(&done(&mut person, Time::ZERO)), "12", "the next time it is right");
        first
    };
    for seed in 0..20 {
        assert_eq!(typed(Slip::None, seed), "123456789*0#");
        assert_ne!(typed(Slip::WrongKey, seed), "123456789*0#");
        assert_eq!(typed(Slip::WrongKey, seed), typed(Slip::WrongKey, seed));
        assert_eq!(typed(Slip::DoubleKey, seed).len(), 13);
        assert!("123456789*0".starts_with(&typed(Slip::Stops, seed)));
    }
}

#[test]
fn early_and_late_are_told_by_when_the_key_is_down() {
    let powered = |slip| {
        let mut person = Person::new(&Script { slips: vec![slip], ..Script::default() });
        person.obey(&Asked::at_power_on(&[Key::Hash], &[]));
        let all = done(&mut person, Time::ZERO);
        let when = |wanted: &Input| all.iter().find(|(_, i)| i == wanted).unwrap().0;
        let on = when(&Input::Power(true));
        let (press, release) = [true, false].map(|down| when(&Input::Key { key: Key::Hash, down })).into();
        (press.since(on), release.since(on))
    };
    assert_eq!(powered(Slip::Late).0, Duration::from_secs(12));
    assert_eq!(powered(Slip::Early).1, Duration::from_millis(700));
    assert!(powered(Slip::None).1 >= Duration::from_secs(60), "held as long as patience lasts");
}

#[test]
fn a_script_waits_for_moments_and_sights() {
    let script: Script = toml::from_str(
        "[[deeds]]
        at = 10
        do = { power = true }
        [[deeds]]
        sees = { screen = 'auth fail' }
        after = 2
        do = { obey = 'power off and on' }
        [[deeds]]
        sees = { lamp = 'line amber' }
        patience = 5
        do = { type = '1*#' }",
    )
    .unwrap();
    let mut person = Person::new(&script);
    assert_eq!(done(&mut person, Time::ZERO), [(Time::from_secs(10), Input::Power(true))]);
    person.see(&Output::Screen(vec!["Cisco".into(), "Auth Fail".into()]));
    let rest = done(&mut person, Time::from_secs(20));
    assert_eq!(rest[0], (Time::from_secs(22), Input::Power(false)));
    assert_eq!(rest[1], (Time::from_secs(25), Input::Power(true)));
    assert_eq!((rest[2].0, down(&rest).as_str()), (Time::from_secs(30), "1*#"));
}
