//! What others saw: captures, and the logs of other servers, become the same observations.
//!
//! | file | what |
//! | --- | --- |
//! | [`wire`] | frames of a capture, both directions: DHCP, ARP, CDP, LLDP, VLAN tags |
//! | [`tftp`], [`http`] | transfers seen in passing |
//! | [`sip`] | registrations seen in passing |
//! | [`log`] | lines of other servers' logs |
//! | [`lines`] | bytes of a file into lines |
//! | [`who`] | which phone an address or a name stands for |
//! | [`report`] | what came out, with the packet or line of everything |
//!
//! The number of an observation carries its place (file, packet or line), so that every finding can say what shows
//! it. Deliberately not here: files (bytes are handed in), answers (nobody is answered), and stations that are no
//! phones: they are counted.

mod http;
pub mod lines;
pub mod log;
pub mod report;
mod sip;
mod tftp;
mod who;
mod wire;

use std::collections::{BTreeMap, VecDeque};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use profile::Profiles;
use proto::{Mac, Time};
use serde::Serialize;

use crate::diagnose::Finding;
use crate::identify::{Grade, evidence};
use crate::observe::{Observation, Seen};
use crate::session::Session;
use crate::silence::silence;
use crate::state::State;

pub use report::Report;
pub use who::Who;

/// How often a capture is looked through for phones that fell silent.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Observations kept of a station that may turn out to be a phone.
const KEPT_OF_A_STATION: usize = 64;
/// Such stations kept at once.
const STATIONS: usize = 4_096;
/// Findings remembered of one phone: there are not as many codes.
const FINDINGS: usize = 256;

/// Where something was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// Which file of the story, from 0.
    pub file: usize,
    /// The packet or line, from 1.
    pub number: u64,
}

/// An observation's number: eight bits of file, forty of packet or line, sixteen for what one of these makes.
const fn number(file: u8, number: u64, within: u16) -> u64 {
    (file as u64) << 56 | (number & 0xff_ffff_ffff) << 16 | within as u64
}

impl Place {
    /// The place of the observation of this number.
    pub const fn of(n: u64) -> Place {
        Place { file: (n >> 56) as usize, number: n >> 16 & 0xff_ffff_ffff }
    }
}

/// Whom something is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    /// The station of this MAC.
    Mac(Mac),
    /// Whoever has this address.
    Address(Ipv4Addr),
    /// Nobody in particular.
    Nobody,
}

/// One thing that was seen or told.
#[derive(Clone, Debug)]
struct Heard {
    by: By,
    seen: Seen,
}

/// A finding as it came up, whether it is still open, and where each sentence of its evidence stands.
#[derive(Clone, Debug)]
struct Told {
    finding: Finding,
    from: u64,
    until: Option<u64>,
    cites: Vec<u64>,
}

/// Reads one story: the captures of one cable, or one log.
#[derive(Debug)]
pub struct Hearsay {
    profiles: Arc<Profiles>,
    state: State,
    file: u8,
    at_place: u64,
    within: u16,
    now: Time,
    /// Whether this is a capture, and when phones that fell silent were last looked for.
    captured: bool,
    looked: Time,
    who: Who,
    wire: wire::Wire,
    log: log::Log,
    /// Observations of stations that are not known to be phones, or whose MAC is not known yet.
    waiting: BTreeMap<Mac, VecDeque<(u64, Time, Seen)>>,
    told: BTreeMap<Mac, Vec<Told>>,
}

impl Hearsay {
    /// A story of which nothing was read. What earlier stories showed about addresses is taken along.
    pub fn new(profiles: impl Into<Arc<Profiles>>, who: Who) -> Hearsay {
        Hearsay {
            profiles: profiles.into(),
            state: State::default(),
            file: 0,
            at_place: 0,
            within: 0,
            now: Time::ZERO,
            captured: false,
            looked: Time::ZERO,
            who,
            wire: wire::Wire::default(),
            log: log::Log::default(),
            waiting: BTreeMap::new(),
            told: BTreeMap::new(),
        }
    }

    /// The next file of the same story begins (captures are often written as a row of files).
    pub fn next_file(&mut self) {
        self.file = self.file.saturating_add(1);
    }

    /// A frame of a capture: the packet's number in its file, and when it was captured.
    pub fn frame(&mut self, place: u64, at: Time, bytes: &[u8]) {
        self.turn_to(place, at);
        if self.captured && at >= self.looked + LOOK_EVERY {
            self.looked = at;
            self.note_silence(at);
        }
        self.captured = true;
        let mut heard = Vec::new();
        self.wire.frame(at, bytes, &mut self.who, &self.state, &mut heard);
        self.take(heard);
    }

    /// A line of a log, without its end.
    pub fn line(&mut self, place: u64, line: &[u8]) {
        let mut heard = Vec::new();
        let at = self.log.line(line, &self.profiles, &mut heard);
        self.turn_to(place, at);
        self.take(heard);
    }

    /// A line of a bench's own journal.
    pub fn observation(&mut self, place: u64, observation: Observation) {
        self.turn_to(place, observation.at);
        let n = self.next_number();
        self.apply(n, observation.at, observation.phone, observation.seen);
    }

    /// The story is over.
    pub fn end(&mut self) {
        let mut heard = Vec::new();
        self.log.end(&mut heard);
        self.take(heard);
        let waiting: Vec<Mac> = self.waiting.keys().copied().collect();
        for station in waiting {
            if self.waiting.get(&station).is_some_and(|kept| kept.iter().any(|k| self.shows_a_phone(station, &k.2))) {
                self.admit(station, station);
            }
        }
        self.note_silence(self.now);
    }

    /// What came out until now.
    pub fn report(&self) -> Report {
        Report::of(self)
    }

    /// What was learnt about addresses, for the next story.
    pub fn into_who(self) -> Who {
        self.who
    }

    /// The fold of everything read.
    pub fn state(&self) -> &State {
        &self.state
    }

    fn turn_to(&mut self, place: u64, at: Time) {
        if place != self.at_place {
            self.within = 0;
        }
        self.at_place = place;
        // Packets of several interfaces are not always in order.
        self.now = self.now.max(at);
    }

    fn next_number(&mut self) -> u64 {
        let n = number(self.file, self.at_place, self.within);
        self.within = self.within.saturating_add(1);
        n
    }

    fn take(&mut self, heard: Vec<Heard>) {
        for Heard { by, seen } in heard {
            let n = self.next_number();
            match by {
                By::Nobody => self.apply(n, self.now, None, seen),
                By::Mac(mac) => self.station(n, mac, seen),
                By::Address(address) => {
                    let mac = self.whose(address, &seen);
                    self.station(n, mac, seen);
                }
            }
        }
    }

    /// The phone at an address: by the name that it asks for, by what was learnt, else by the address alone.
    fn whose(&mut self, address: Ipv4Addr, seen: &Seen) -> Mac {
        let named = name_of(seen).and_then(Mac::find_in).filter(|mac| self.shows_a_phone(*mac, seen));
        if let Some(mac) = named {
            self.who.learn(address, mac);
            // What was asked from there before was the same phone, as far as anybody can tell.
            self.admit(Who::stand_in(address), mac);
            return mac;
        }
        self.who.at(address).unwrap_or_else(|| Who::stand_in(address))
    }

    /// Something about one station: a phone's is folded, another's waits for a sign that it is a phone.
    fn station(&mut self, n: u64, mac: Mac, seen: Seen) {
        let known = self.state.sessions.contains_key(&mac);
        // One whose MAC is not known waits for it, while there is room.
        let anonymous = Who::is_stand_in(mac);
        if known || (!anonymous && self.shows_a_phone(mac, &seen)) {
            self.admit(mac, mac);
            return self.apply(n, self.now, Some(mac), seen);
        }
        if self.waiting.len() >= STATIONS && !self.waiting.contains_key(&mac) {
            self.waiting.pop_first();
        }
        let kept = self.waiting.entry(mac).or_default();
        kept.push_back((n, self.now, seen));
        if kept.len() > KEPT_OF_A_STATION {
            if anonymous && self.waiting.get(&mac).is_some_and(|k| k.iter().any(|k| self.shows_a_phone(mac, &k.2))) {
                self.admit(mac, mac);
            } else if let Some(kept) = self.waiting.get_mut(&mac) {
                kept.pop_front();
            }
        }
    }

    /// What waited under one name is folded as that of a phone.
    fn admit(&mut self, waited_as: Mac, phone: Mac) {
        let Some(kept) = self.waiting.remove(&waited_as) else { return };
        for (n, at, seen) in kept {
            self.apply(n, at, Some(phone), seen);
        }
    }

    /// As for a bench; and since nobody is answered here, a file that only phones ask for is enough.
    fn shows_a_phone(&self, mac: Mac, seen: &Seen) -> bool {
        name_of(seen).is_some_and(|name| is_a_phones(name, &self.profiles))
            || evidence(&self.profiles, mac, seen).iter().any(|e| e.grade >= Grade::Possible)
    }

    /// The one path: as in a bench, an observation is folded, and the findings are looked at.
    fn apply(&mut self, n: u64, at: Time, phone: Option<Mac>, seen: Seen) {
        if let Some(mac) = phone {
            self.leave_if_long_silent(n, at, mac);
        }
        let observation = Observation { n, at, phone, seen };
        self.state.apply(&self.profiles, &observation);
        if let Some(mac) = phone {
            self.note_findings(n, mac);
        }
    }

    /// A phone that was not heard of for as long as its family allows had left.
    fn leave_if_long_silent(&mut self, n: u64, at: Time, mac: Mac) {
        let Some(session) = self.state.sessions.get(&mac).filter(|s| s.here) else { return };
        let after = session.family(&self.profiles).map_or(600, |f| f.times.gone_after_s);
        if at.since(session.last) >= Duration::from_secs(after.into()) {
            let why = format!("nothing was heard of it for {after} s");
            let left = Observation { n, at: session.last, phone: Some(mac), seen: Seen::Left { why } };
            self.state.apply(&self.profiles, &left);
        }
    }

    /// Phones that have not done what it was time for, as a bench would have told. A log does not show what a phone
    /// did beside asking for files, so nothing is made of its silence.
    fn note_silence(&mut self, now: Time) {
        if !self.captured {
            return;
        }
        let here = self.state.sessions.values().filter(|s| s.here && s.identified.family.is_some());
        let due: Vec<(Mac, Seen)> = here.filter_map(|s| Some((s.mac, silence(s, false, now)?))).collect();
        for (mac, seen) in due {
            let n = self.next_number();
            self.apply(n, now, Some(mac), seen);
        }
    }

    fn note_findings(&mut self, n: u64, mac: Mac) {
        let found = self.state.findings.get(&mac).map(Vec::as_slice).unwrap_or_default();
        let told = self.told.entry(mac).or_default();
        for old in told.iter_mut().filter(|t| t.until.is_none()) {
            if !found.iter().any(|f| f.code == old.finding.code) {
                old.until = Some(n);
            }
        }
        let Some(session) = self.state.sessions.get(&mac) else { return };
        for finding in found {
            let Some(old) = told.iter_mut().find(|t| t.finding.code == finding.code) else {
                if told.len() < FINDINGS {
                    let cites = finding.evidence.iter().map(|e| cite(session, e, n)).collect();
                    told.push(Told { finding: finding.clone(), from: n, until: None, cites });
                }
                continue;
            };
            old.until = None;
            if old.finding.evidence != finding.evidence {
                let earlier = |sentence: &String| {
                    let at = old.finding.evidence.iter().position(|e| e == sentence)?;
                    old.cites.get(at).copied()
                };
                let cites = finding.evidence.iter().map(|e| earlier(e).unwrap_or_else(|| cite(session, e, n)));
                old.cites = cites.collect();
                old.finding = finding.clone();
            }
        }
    }
}

/// The observation that a sentence of evidence speaks of: the request for the file that it names, the phone's own
/// word about its load, else the one that made the rule say it.
fn cite(session: &Session, sentence: &str, now: u64) -> u64 {
    let named = session.files.iter().rev().filter(|f| sentence.contains(&f.name));
    if let Some(file) = named.max_by_key(|f| f.name.len()) {
        let fetched = file.done_n != 0 && sentence.contains("fetched");
        return if fetched { file.done_n } else { file.asked_n };
    }
    session.load.as_ref().filter(|load| sentence.contains(&load.name)).map_or(now, |load| load.n)
}

/// The file that an observation is about.
fn name_of(seen: &Seen) -> Option<&str> {
    match seen {
        Seen::FileAsked { name, .. }
        | Seen::FileServed { name, .. }
        | Seen::FileRefused { name, .. }
        | Seen::FileIgnored { name, .. }
        | Seen::FileDone { name, .. }
        | Seen::FileFailed { name, .. }
        | Seen::FileTaken { name, .. } => Some(name),
        _ => None,
    }
}

/// Whether some family asks for a file of this name, whatever folder stands before it.
fn is_a_phones(word: &str, profiles: &Profiles) -> bool {
    let last = word.rsplit(['/', '\\']).next().unwrap_or(word);
    // A name without a dot is a word, and an address is none.
    last.contains('.')
        && last.bytes().any(|b| b.is_ascii_alphabetic())
        && profiles.families().any(|family| family.boot_file(last).is_some())
}

#[cfg(test)]
mod tests;
