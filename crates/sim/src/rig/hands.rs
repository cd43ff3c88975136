//! The person beside a phone, and what the bench asks of them.
//!
//! Only what hands and eyes can do is understood: keys, plugs, a word back to the bench, and which of the bench's
//! answers the screen or the lamps show. Menus are not: a scenario scripts those, and the person says "done" where
//! the bench wants to hear that.

use std::collections::VecDeque;
use std::time::Duration;

use bench::Command;
use bench::observe::Asked as BenchAsked;
use profile::procedure::Ask;
use proto::{Mac, Time};

use crate::person::{Asked, Script, Word};
use crate::{Input, Key, Output, Person};

/// Lamps remembered.
const LAMPS: usize = 16;
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
        // The way through the menus is scripted; what is to be said afterwards is said.
        Ask::PressSoftkey if asked.confirm => Some(Asked::default()),
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
    /// The screen is to be read, from this time on.
    reads: Option<(Time, BenchAsked)>,
    /// What the screen shows now, in small letters.
    screen: Vec<String>,
    /// Lamps that were lit since the power came, in small letters.
    lamps: Vec<String>,
}

impl Hands {
    /// These hands; `obeys` says whether they do what the bench asks.
    pub fn new(person: Option<Person>, obeys: bool) -> Hands {
        let person = person.or_else(|| obeys.then(|| Person::new(&Script::default())));
        Hands {
            person,
            obeys,
            asked: VecDeque::new(),
            confirms: None,
            reads: None,
            screen: Vec::new(),
            lamps: Vec::new(),
        }
    }

    /// Whose hands they are.
    pub fn person_mut(&mut self) -> Option<&mut Person> {
        self.person.as_mut()
    }

    /// The person looks at what the phone does.
    pub fn see(&mut self, output: &Output) {
        match output {
            Output::Screen(lines) => self.screen = lines.iter().map(|l| l.to_lowercase()).collect(),
            Output::Lamps(lamps) => {
                let lit = lamps.iter().map(|l| format!("{} {:?}", l.name, l.mode).to_lowercase());
                self.lamps.extend(lit);
                // A start is short; what was lit long ago does not matter.
                self.lamps.drain(..self.lamps.len().saturating_sub(LAMPS));
            }
            _ => {}
        }
        if let Some(person) = &mut self.person {
            person.see(output);
        }
    }

    /// The bench asks for something.
    pub fn ask(&mut self, now: Time, asked: &BenchAsked) {
        if self.obeys && asked.ask == Ask::ReadScreen {
            self.reads = Some((now + READING, asked.clone()));
        } else if self.obeys && understood(asked).is_some() {
            self.asked.push_back((now + READING, asked.clone()));
        }
    }

    /// The bench says this.
    pub fn hear(&mut self, said: &str) {
        if let Some(person) = &mut self.person {
            person.hear(said);
        }
    }

    /// What the person says to the bench by itself; drain until `None`, after [`Hands::poll_input`].
    pub fn poll_command(&mut self, phone: Mac) -> Option<Command> {
        Some(match self.person.as_mut()?.poll_word()? {
            Word::Done => Command::Confirm { phone },
            Word::Means(asked, file) => Command::Map { phone, asked, file },
        })
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

    /// What was to be read off the screen and can be read now: the question, and which answer is right.
    pub fn take_answer(&mut self, now: Time) -> Option<(BenchAsked, usize)> {
        let (_, asked) = self.reads.as_ref().filter(|(at, _)| *at <= now)?;
        let answer = asked.answers.iter().position(|words| self.sees(words))?;
        self.reads.take().map(|(_, asked)| (asked, answer))
    }

    /// The words on the screen; or lamps that are told of: `Mute lit` is a lamp of that name that was on.
    fn sees(&self, words: &str) -> bool {
        let words = words.to_lowercase();
        let lamp = words.split(',').next().and_then(|first| first.strip_suffix(" lit"));
        match lamp {
            Some(name) => self.lamps.iter().any(|l| l == &format!("{name} steady")),
            None => self.screen.iter().any(|line| line.contains(&words)),
        }
    }

    /// When to look at them again.
    pub fn poll_timeout(&self) -> Option<Time> {
        let reads = self.reads.as_ref().filter(|(_, asked)| asked.answers.iter().any(|words| self.sees(words)));
        let hands = self.hands_timeout();
        reads.map(|(at, _)| *at).into_iter().chain(hands).min()
    }

    fn hands_timeout(&self) -> Option<Time> {
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
    fn the_screen_is_read_once_it_shows_one_of_the_answers() {
        let mut hands = Hands::new(None, true);
        let answers = ["Upgrading", "Keep network cfg?", "Mute lit, Speaker flashed once"].map(str::to_owned);
        let question = BenchAsked { answers: answers.to_vec(), ..asked(Ask::ReadScreen, None, None) };
        hands.ask(Time::ZERO, &question);
        let read = Time::ZERO + READING;
        assert_eq!((hands.take_answer(read), hands.poll_timeout()), (None, None));
        hands.see(&Output::Screen(vec!["KEEP NETWORK CFG? 1 = yes".into()]));
        assert_eq!(hands.poll_timeout(), Some(read));
        assert_eq!(hands.take_answer(Time::ZERO), None, "people read before they speak");
        assert_eq!(hands.take_answer(read).map(|a| a.1), Some(1));
        assert_eq!(hands.take_answer(read), None, "once");
    }

    #[test]
    fn who_does_not_obey_hears_nothing() {
        let mut hands = Hands::new(Some(Person::new(&Script::default())), false);
        hands.ask(Time::ZERO, &asked(Ask::PowerCycle, None, None));
        assert_eq!((hands.poll_input(Time::from_secs(60)), hands.poll_timeout()), (None, None));
    }
}
