//! The person beside a phone, and what the bench asks of them.
//!
//! Only what hands can do is understood: keys, plugs, and a word back to the bench. Menus and reading a
//! screen aloud are not: a scenario scripts those.

use std::collections::VecDeque;
use std::time::Duration;

use bench::observe::Asked as BenchAsked;
use profile::procedure::Ask;
use proto::Time;

use crate::person::{Asked, Script};
use crate::{Input, Key, Output, Person};

/// From the words on the bench's screen to the first movement.
const READING: Duration = Duration::from_secs(3);

/// What the hands are to do when the bench asks for this; `None` when it asks for nothing that hands do.
/// Nothing to do at all, as for a confirmation, is an [`Asked`] without keys and plugs.
pub fn understood(asked: &BenchAsked) -> Option<Asked> {
    let keys = Key::sequence(asked.keys.as_deref().unwrap_or_default())?;
    match asked.ask {
        Ask::HoldKeyWhilePowering => {
            let hold = asked.hold.as_deref()?.split(" and ").map(str::parse).collect::<Result<Vec<Key>, _>>().ok()?;
            Some(Asked::at_power_on(&hold, &keys))
        }
        Ask::TypeKeys => match (&asked.hold, &asked.ready) {
            (Some(hold), Some(ready)) => Some(Asked::keeping(hold.parse().ok()?, ready)),
            _ => Some(Asked::typing(&keys)),
        },
        Ask::PowerCycle => Some(Asked { cycle: true, ..Asked::default() }),
        Ask::ConfirmWipe => Some(Asked::default()),
        Ask::PlugIn | Ask::PressSoftkey | Ask::ReadScreen | Ask::DoNotUnplug => None,
    }
}

/// The person, and what they have been asked and not begun.
#[derive(Debug)]
pub struct Hands {
    person: Option<Person>,
    obeys: bool,
    asked: VecDeque<(Time, BenchAsked)>,
    /// What was begun and is to be confirmed once it is done.
    confirms: Option<BenchAsked>,
}

impl Hands {
    /// These hands; `obeys` says whether they do what the bench asks.
    pub fn new(person: Option<Person>, obeys: bool) -> Hands {
        let person = person.or_else(|| obeys.then(|| Person::new(&Script::default())));
        Hands { person, obeys, asked: VecDeque::new(), confirms: None }
    }

    /// Whose hands they are.
    pub fn person_mut(&mut self) -> Option<&mut Person> {
        self.person.as_mut()
    }

    /// The person looks at what the phone does.
    pub fn see(&mut self, output: &Output) {
        if let Some(person) = &mut self.person {
            person.see(output);
        }
    }

    /// The bench asks for something.
    pub fn ask(&mut self, now: Time, asked: &BenchAsked) {
        if self.obeys && understood(asked).is_some() {
            self.asked.push_back((now + READING, asked.clone()));
        }
    }

    /// The next thing done by now; drain until `None`.
    pub fn poll_input(&mut self, now: Time) -> Option<Input> {
        let person = self.person.as_mut()?;
        if person.is_done()
            && self.confirms.is_none()
            && let Some((_, asked)) = self.asked.pop_front_if(|(at, _)| *at <= now)
        {
            // A mere confirmation moves no hand and uses up no slip.
            if let Some(order) = understood(&asked).filter(|order| *order != Asked::default()) {
                person.obey(&order);
            }
            self.confirms = Some(asked);
        }
        person.poll_input(now)
    }

    /// What was asked for and has been done since the last call.
    pub fn take_done(&mut self) -> Option<BenchAsked> {
        let idle = self.person.as_ref().is_none_or(Person::is_done);
        if idle { self.confirms.take() } else { None }
    }

    /// When to look at them again.
    pub fn poll_timeout(&self) -> Option<Time> {
        let person = self.person.as_ref()?;
        match person.poll_timeout() {
            Some((at, _)) => Some(at),
            // A hand that is busy with nothing waits for a sight.
            None if !person.is_done() => None,
            None => self.asked.front().map(|(at, _)| *at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(ask: Ask, hold: Option<&str>, keys: Option<&str>) -> BenchAsked {
        BenchAsked {
            ask,
            hold: hold.map(str::to_owned),
            keys: keys.map(str::to_owned),
            ready: None,
            accepted: None,
            window_s: None,
            together: Vec::new(),
            menu: Vec::new(),
            answers: Vec::new(),
            confirm: true,
            approval: false,
        }
    }

    #[test]
    fn hands_understand_keys_and_plugs_and_nothing_else() {
        let words = |text: &str| text.parse::<Asked>().ok();
        let code = asked(Ask::HoldKeyWhilePowering, Some("#"), Some("3491672850*#"));
        assert_eq!(understood(&code), words("hold # while powering, then type 3491672850*#"));
        let two = asked(Ask::HoldKeyWhilePowering, Some("1 and #"), None);
        assert_eq!(understood(&two), words("hold 1 and # while powering"));
        assert_eq!(understood(&asked(Ask::PowerCycle, None, None)), words("power off and on"));
        assert_eq!(understood(&asked(Ask::ConfirmWipe, None, None)), Some(Asked::default()));
        assert_eq!(understood(&asked(Ask::DoNotUnplug, None, None)), None);
        assert_eq!(understood(&asked(Ask::HoldKeyWhilePowering, None, Some("1"))), None, "hold what?");
    }

    #[test]
    fn a_confirmation_comes_after_reading_and_one_thing_is_done_at_a_time() {
        let mut hands = Hands::new(None, true);
        hands.ask(Time::ZERO, &asked(Ask::ConfirmWipe, None, None));
        hands.ask(Time::ZERO, &asked(Ask::PowerCycle, None, None));
        assert_eq!((hands.poll_input(Time::ZERO), hands.take_done()), (None, None));
        let read = Time::ZERO + READING;
        assert_eq!((hands.poll_timeout(), hands.poll_input(read)), (Some(read), None));
        assert_eq!(hands.take_done().map(|a| a.ask), Some(Ask::ConfirmWipe));
        assert_eq!((hands.poll_input(read), hands.take_done()), (Some(Input::Power(false)), None));
        assert_eq!(hands.poll_input(read + Duration::from_secs(9)), None, "the pause begins when it is looked at");
        assert_eq!(hands.poll_input(read + Duration::from_secs(18)), Some(Input::Power(true)));
        assert_eq!(hands.take_done().map(|a| a.ask), Some(Ask::PowerCycle));
    }

    #[test]
    fn who_does_not_obey_hears_nothing() {
        let mut hands = Hands::new(Some(Person::new(&Script::default())), false);
        hands.ask(Time::ZERO, &asked(Ask::PowerCycle, None, None));
        assert_eq!((hands.poll_input(Time::from_secs(60)), hands.poll_timeout()), (None, None));
    }
}
