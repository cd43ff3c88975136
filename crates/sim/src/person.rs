//! A simulated person beside a phone: looks at screen and lamps, presses keys, pulls plugs.
//!
//! Works through deeds in order, with the timing of a hand and not of a machine. Slips are part of the
//! script, so that a run that fails can be run again. What is not here: reading and understanding; a
//! person does what the script says or what it is asked to do.

mod asked;
mod script;

use std::collections::VecDeque;
use std::net::Ipv4Addr;
use std::time::Duration;

use proto::Time;

pub use asked::{Asked, NotUnderstood};
pub use script::{Act, Deed, Keys, Manner, Script, Sight, Slip, StickSpec, Word};

use crate::firmware::stick::stick;
use crate::phones::cisco_7940::menu::letters;
use crate::rng::Rng;
use crate::wire::Lamp;
use crate::{Input, Key, Output};
use script::Step;

/// The person. Show it what the phone does, then drain [`Person::poll_input`].
#[derive(Clone, Debug)]
pub struct Person {
    manner: Manner,
    slips: VecDeque<Slip>,
    rng: Rng,
    steps: VecDeque<Step>,
    /// When the wait at the front of `steps` is over, once it has begun.
    until: Option<Time>,
    screen: Vec<String>,
    lamps: Vec<Lamp>,
    /// What the bench has said and was not waited for yet, the newest last.
    bench: VecDeque<String>,
    /// What is said to the bench and was not taken yet.
    words: VecDeque<Word>,
}

/// Sentences of the bench remembered.
const SAID: usize = 32;

impl Person {
    /// Somebody with this to do.
    pub fn new(script: &Script) -> Person {
        let mut person = Person {
            manner: script.manner,
            slips: script.slips.iter().copied().collect(),
            rng: Rng::new(script.seed),
            steps: VecDeque::new(),
            until: None,
            screen: Vec::new(),
            lamps: Vec::new(),
            bench: VecDeque::new(),
            words: VecDeque::new(),
        };
        for deed in &script.deeds {
            person.plan(deed);
        }
        person
    }

    /// Looks at what the phone does; only screen and lamps can be seen.
    pub fn see(&mut self, output: &Output) {
        match output {
            Output::Screen(lines) => self.screen.clone_from(lines),
            Output::Lamps(lamps) => self.lamps.clone_from(lamps),
            _ => {}
        }
    }

    /// Reads what the bench says.
    pub fn hear(&mut self, said: &str) {
        self.bench.push_back(said.to_owned());
        self.bench.drain(..self.bench.len().saturating_sub(SAID));
    }

    /// What the person says to the bench; drain until `None`, after [`Person::poll_input`].
    pub fn poll_word(&mut self) -> Option<Word> {
        self.words.pop_front()
    }

    /// Is asked to do something, and does it when everything before is done.
    pub fn obey(&mut self, asked: &Asked) {
        let slip = self.slips.pop_front();
        if asked.cycle {
            self.steps.extend([Step::Do(Input::Power(false)), Step::Wait(self.manner.off_for)]);
        }
        let hold = |down| asked.hold.iter().map(move |&key| Step::Do(Input::Key { key, down }));
        let late = slip == Some(Slip::Late);
        if !late {
            self.steps.extend(hold(true));
        }
        if asked.cycle {
            self.steps.push_back(Step::Do(Input::Power(true)));
        }
        if !asked.hold.is_empty() {
            if late {
                self.steps.push_back(Step::Wait(self.manner.lateness));
                self.steps.extend(hold(true));
            }
            if slip == Some(Slip::Early) {
                self.steps.push_back(Step::Wait(self.manner.reaction));
            } else {
                self.steps.push_back(Step::See { sight: Sight::lamp(""), patience: Some(self.manner.patience) });
                self.steps.push_back(Step::Wait(self.rng.around(self.manner.reaction)));
            }
            self.steps.extend(hold(false));
        }
        if let Some((key, words)) = &asked.keep {
            let sight = Sight::screen(words);
            self.steps.push_back(Step::Do(Input::Key { key: *key, down: true }));
            self.steps.push_back(Step::See { sight, patience: Some(self.manner.patience) });
            self.steps.push_back(Step::Do(Input::Key { key: *key, down: false }));
            self.steps.push_back(Step::Wait(self.rng.around(self.manner.reaction)));
            self.press(*key);
        }
        self.type_keys(&asked.keys, slip);
    }

    /// The next thing done by now; drain until `None`.
    pub fn poll_input(&mut self, now: Time) -> Option<Input> {
        loop {
            let over = match self.steps.front()? {
                Step::Do(_) | Step::Copy | Step::Say(_) => true,
                Step::Wait(span) => *self.until.get_or_insert(now + *span) <= now,
                Step::At(time) => *self.until.get_or_insert(*time) <= now,
                Step::See { sight, patience } => {
                    let until = *self.until.get_or_insert(patience.map_or(Time::NEVER, |span| now + span));
                    sight.is_seen(&self.screen, &self.lamps, &self.bench) || until <= now
                }
            };
            if !over {
                return None;
            }
            self.until = None;
            match self.steps.pop_front() {
                Some(Step::Do(input)) => return Some(input),
                Some(Step::See { sight: Sight::Bench(words), .. }) => self.heard(&words),
                Some(Step::Say(word)) => self.words.push_back(word),
                Some(Step::Copy) => self.copy(),
                Some(Step::Wait(_) | Step::At(_) | Step::See { .. }) | None => {}
            }
        }
    }

    /// When to call [`Person::poll_input`], and why. A time that has passed means now.
    pub fn poll_timeout(&self) -> Option<(Time, &'static str)> {
        let until = match self.steps.front()? {
            Step::See { sight, .. } if sight.is_seen(&self.screen, &self.lamps, &self.bench) => Time::ZERO,
            _ => self.until.unwrap_or(Time::ZERO),
        };
        (until < Time::NEVER).then_some((until, "a hand moves"))
    }

    /// Whether everything is done.
    pub fn is_done(&self) -> bool {
        self.steps.is_empty()
    }

    fn plan(&mut self, deed: &Deed) {
        self.steps.extend(deed.at.map(|span| Step::At(Time::ZERO + span)));
        self.steps.extend(deed.sees.clone().map(|sight| Step::See { sight, patience: deed.patience }));
        self.steps.extend(deed.after.map(Step::Wait));
        match &deed.act {
            Act::Power(on) => self.steps.push_back(Step::Do(Input::Power(*on))),
            Act::Link(up) => self.steps.push_back(Step::Do(Input::Link(*up))),
            Act::Stick(spec) => {
                let files: Vec<_> = spec.files.iter().map(|file| file.file()).collect();
                let stick = Input::Stick(Some(stick(spec.layout, &files).into()));
                self.steps.push_back(Step::Do(stick));
            }
            Act::Jack(jack) => self.steps.push_back(Step::Do(Input::Jack(*jack))),
            Act::Hold(key) => self.steps.push_back(Step::Do(Input::Key { key: *key, down: true })),
            Act::Release(key) => self.steps.push_back(Step::Do(Input::Key { key: *key, down: false })),
            Act::Press(key) => self.press(*key),
            Act::Type(keys) => self.type_keys(&keys.0, None),
            Act::Enter(text) => self.enter(text),
            Act::Obey(asked) => self.obey(asked),
            Act::Confirm => self.steps.push_back(Step::Say(Word::Done)),
            Act::Means([asked, file]) => self.steps.push_back(Step::Say(Word::Means(asked.clone(), file.clone()))),
            Act::Copy => self.steps.push_back(Step::Copy),
            Act::Look => {}
        }
    }

    /// What was said before these words is over; they are what may be copied.
    fn heard(&mut self, words: &str) {
        let at = self.bench.iter().position(|said| said.to_lowercase().contains(&words.to_lowercase()));
        self.bench.drain(..at.unwrap_or(0));
    }

    /// The addresses in the words that were waited for last, typed before all else.
    fn copy(&mut self) {
        let said = self.bench.front().cloned().unwrap_or_default();
        let later = std::mem::take(&mut self.steps);
        let words = said.split(|c: char| !(c.is_ascii_digit() || c == '.')).map(|word| word.trim_matches('.'));
        for address in words.filter_map(|word| word.parse::<Ipv4Addr>().ok()) {
            let keys: Option<Vec<Key>> = Key::sequence(&address.to_string().replace('.', "*"));
            self.type_keys(&keys.unwrap_or_default(), None);
            self.press(Key::Ok);
        }
        self.steps.extend(later);
    }

    fn type_keys(&mut self, keys: &[Key], slip: Option<Slip>) {
        // Never the first key, so that a slip differs from typing nothing at all.
        let at = 1 + self.rng.below((keys.len() as u64).saturating_sub(2)) as usize;
        for (n, &key) in keys.iter().enumerate() {
            match slip {
                Some(Slip::WrongKey) if n == at => self.press(neighbour(key)),
                Some(Slip::DoubleKey) if n == at => {
                    self.press(key);
                    self.press(key);
                }
                Some(Slip::Slow) if n == at => {
                    self.steps.push_back(Step::Wait(self.manner.slowness));
                    self.press(key);
                }
                Some(Slip::Stops) if n >= at => {}
                _ => self.press(key),
            }
        }
    }

    /// Key by key, with a pause after each letter that is longer than between the presses of one.
    fn enter(&mut self, text: &str) {
        const AFTER_LETTER: Duration = Duration::from_millis(1_500);
        for c in text.chars() {
            let keys = (0..10).find_map(|digit| Some((digit, letters(digit).find(c)?)));
            if let Some((digit, presses)) = keys {
                (0..=presses).for_each(|_| self.press(Key::Digit(digit)));
                self.steps.push_back(Step::Wait(AFTER_LETTER));
            }
        }
    }

    fn press(&mut self, key: Key) {
        let (down, gap) = (self.rng.around(self.manner.press), self.rng.around(self.manner.gap));
        self.steps.extend([
            Step::Do(Input::Key { key, down: true }),
            Step::Wait(down),
            Step::Do(Input::Key { key, down: false }),
            Step::Wait(gap),
        ]);
    }
}

/// What a finger hits that misses.
fn neighbour(key: Key) -> Key {
    match key {
        Key::Digit(d) => Key::Digit((d + 1) % 10),
        Key::Star => Key::Digit(0),
        _ => Key::Star,
    }
}

#[cfg(test)]
mod tests;
