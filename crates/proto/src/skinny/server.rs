//! One phone's conversation with a call manager that knows one thing: that this phone shall come up.
//!
//! Any phone is taken. It gets one line without a number, the softkeys of an idle phone, the time, and a text.
//! There are no calls: lifting the handset does nothing. Nothing is told to anybody else.

use std::collections::VecDeque;
use std::time::Duration;

use super::message::{Message, Moment, Register, ResetKind};
use super::packet::Framer;
use crate::Time;

/// Events kept between two looks; a phone that says more at once is not listened to further.
const MAX_EVENTS: usize = 256;
/// Softkeys, by the numbers of the phone's own texts: Redial, NewCall, EndCall.
const SOFT_KEYS: [u8; 3] = [1, 2, 9];
/// Sets of softkeys that phones know: idle first, in use last.
const SETS: usize = 11;
/// How long one ring is let ring.
const RING: Duration = Duration::from_secs(4);
/// Who connects and says nothing is let go after this long.
const SILENT: Duration = Duration::from_secs(60);
/// Phones that never ask for the time get their text after this long.
const TEXT_AFTER: Duration = Duration::from_secs(5);
/// The line's lamp.
const LINE: u32 = 9;

/// How the call manager presents itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Its name, on the phone's screens: at most 40 bytes.
    pub name: String,
    /// Seconds between two keep-alives; the conversation ends after twice that in silence.
    pub keep_alive: u32,
    /// Wall clock at time zero, milliseconds since 1970 (UTC).
    pub wall_ms: u64,
}

/// What a conversation has to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The phone says why it started last, and which load it runs (`Name=… Load=… Last=…`).
    Alarm {
        /// 0 critical, 1 warning, 2 information, and more.
        severity: u32,
        /// As it came.
        text: Vec<u8>,
    },
    /// The phone has introduced itself, and was taken.
    Registered(Register),
    /// It has everything that it asked for, and its text: it is idle now.
    Ready,
    /// It signs off.
    Unregistered,
    /// Bytes that are no Skinny, or a message cut short. The conversation ends.
    Malformed(super::Malformed),
    /// Nothing was heard of it for two keep-alives. The conversation ends.
    Silent,
}

/// One conversation. After each `handle…` drain [`Station::poll_event`] and [`Station::poll_transmit`].
#[derive(Clone, Debug)]
pub struct Station {
    settings: Settings,
    framer: Framer,
    version: u32,
    name: Vec<u8>,
    registered: bool,
    ready: bool,
    text: Vec<u8>,
    heard: Time,
    text_at: Option<Time>,
    ring_ends: Option<Time>,
    events: VecDeque<Event>,
    out: VecDeque<Vec<u8>>,
    over: bool,
}

impl Station {
    /// A phone has connected.
    pub fn new(now: Time, settings: Settings) -> Station {
        Station {
            settings,
            framer: Framer::default(),
            version: 0,
            name: Vec::new(),
            registered: false,
            ready: false,
            text: Vec::new(),
            heard: now,
            text_at: None,
            ring_ends: None,
            events: VecDeque::new(),
            out: VecDeque::new(),
            over: false,
        }
    }

    /// Bytes of the phone.
    pub fn handle(&mut self, now: Time, bytes: &[u8]) {
        if self.over {
            return;
        }
        self.heard = now;
        self.framer.push(bytes);
        while let Some(frame) = self.framer.pop() {
            let message = frame.and_then(|frame| {
                self.version = frame.version;
                Message::parse(&frame)
            });
            match message {
                Ok(message) => self.hear(now, message),
                Err(malformed) => self.end(Event::Malformed(malformed)),
            }
            if self.over {
                return;
            }
        }
    }

    /// The time of [`Station::poll_timeout`] has come.
    pub fn handle_timeout(&mut self, now: Time) {
        if self.over {
            return;
        }
        if now >= self.silent_at() {
            return self.end(Event::Silent);
        }
        if self.text_at.is_some_and(|at| at <= now) {
            self.show_text();
        }
        if self.ring_ends.is_some_and(|at| at <= now) {
            self.ring_ends = None;
            self.say(&Message::SetRinger { mode: 1, duration: 1, line: 1, call: 1 });
            self.say(&Message::SetLamp { stimulus: LINE, instance: 1, state: 1 });
            self.say(&Message::CallState { state: 2, line: 1, call: 1 });
            self.show_text();
        }
    }

    /// What the phone's screen shows from now on: at most 32 bytes.
    pub fn show(&mut self, text: &str) {
        self.text = text.as_bytes().to_vec();
        if self.ready {
            self.show_text();
        }
    }

    /// Lets the phone ring once; only an idle phone does.
    pub fn ring(&mut self, now: Time) -> bool {
        if !self.ready || self.over || self.ring_ends.is_some() {
            return false;
        }
        self.ring_ends = Some(now + RING);
        self.say(&Message::CallState { state: 4, line: 1, call: 1 });
        self.say(&Message::SetLamp { stimulus: LINE, instance: 1, state: 5 });
        self.say(&Message::SetRinger { mode: 2, duration: 2, line: 1, call: 1 });
        true
    }

    /// Makes a registered phone start again, or read its configuration again.
    pub fn reset(&mut self, kind: ResetKind) -> bool {
        if !self.registered || self.over {
            return false;
        }
        self.say(&Message::Reset(kind));
        true
    }

    /// The next thing to tell; drain until `None`.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// The next bytes for the phone; drain until `None`.
    pub fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        self.out.pop_front()
    }

    /// Whether the conversation is to be closed once everything is sent.
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// When to call [`Station::handle_timeout`], and why.
    pub fn poll_timeout(&self) -> Option<(Time, &'static str)> {
        if self.over {
            return None;
        }
        let waits = [
            Some((self.silent_at(), "a phone that says nothing more is let go")),
            self.text_at.map(|at| (at, "the phone gets its text")),
            self.ring_ends.map(|at| (at, "the ring ends")),
        ];
        waits.into_iter().flatten().min()
    }

    fn silent_at(&self) -> Time {
        let patience = Duration::from_secs(u64::from(self.settings.keep_alive) * 2);
        self.heard + if self.registered { patience } else { SILENT }
    }

    fn hear(&mut self, now: Time, message: Message) {
        match message {
            Message::KeepAlive => self.say(&Message::KeepAliveAck),
            Message::Alarm { severity, text, .. } => self.tell(Event::Alarm { severity, text }),
            Message::RegisterTokenReq { .. } => self.say(&Message::RegisterTokenAck),
            Message::Register(register) => self.register(now, register),
            // What follows belongs to registered phones.
            _ if !self.registered => {}
            Message::ButtonTemplateReq => self.say(&Message::ButtonTemplate(vec![0x09])),
            Message::SoftKeyTemplateReq => self.say(&Message::SoftKeyTemplateRes(SOFT_KEYS.to_vec())),
            Message::SoftKeySetReq => {
                // Redial and NewCall while idle, EndCall otherwise, by their places in the template.
                let sets = (0..SETS).map(|set| if set == 0 { vec![1, 2] } else { vec![3] });
                self.say(&Message::SoftKeySetRes(sets.collect()));
            }
            Message::ConfigStatReq => {
                let server = self.settings.name.clone().into_bytes();
                let device = self.name.clone();
                self.say(&Message::ConfigStat { device, user: Vec::new(), server, lines: 1, speed_dials: 0 });
            }
            Message::LineStatReq { line } => {
                let name = self.settings.name.clone().into_bytes();
                self.say(&Message::LineStat { line, number: Vec::new(), name });
            }
            Message::TimeDateReq => {
                self.say(&Message::DefineTimeDate(moment(self.settings.wall_ms, now)));
                if !self.ready {
                    self.say(&Message::SelectSoftKeys { line: 0, call: 0, set: 0, mask: u32::MAX });
                    self.show_text();
                }
            }
            Message::Unregister => {
                self.say(&Message::UnregisterAck);
                self.end(Event::Unregistered);
            }
            _ => {}
        }
    }

    fn register(&mut self, now: Time, register: Register) {
        self.registered = true;
        self.ready = false;
        self.name.clone_from(&register.name);
        self.text_at = Some(now + TEXT_AFTER);
        let keep_alive = self.settings.keep_alive;
        self.say(&Message::RegisterAck { keep_alive, secondary: keep_alive, protocol: register.protocol });
        self.say(&Message::CapabilitiesReq);
        self.tell(Event::Registered(register));
    }

    fn show_text(&mut self) {
        self.text_at = None;
        let text = self.text.clone();
        self.say(&Message::DisplayPromptStatus { timeout: 0, text, line: 0, call: 0 });
        if !std::mem::replace(&mut self.ready, true) {
            self.tell(Event::Ready);
        }
    }

    fn end(&mut self, event: Event) {
        self.tell(event);
        self.over = true;
    }

    fn tell(&mut self, event: Event) {
        if self.events.len() < MAX_EVENTS {
            self.events.push_back(event);
        }
    }

    fn say(&mut self, message: &Message) {
        // Headers above the static messages' age are not needed for any of them.
        let version = self.version.min(11);
        self.out.push_back(message.frame(version).to_vec());
    }
}

/// The civil date and time (proleptic Gregorian calendar, UTC) at `now`.
pub fn moment(wall_ms: u64, now: Time) -> Moment {
    let millis = wall_ms.saturating_add(now.as_millis());
    let seconds = millis / 1_000;
    let days = seconds / 86_400;
    // Days counted from 1 March of year 0, in eras of 400 years: the leap day then is a year's last.
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let part = (5 * of_year + 2) / 153;
    let month = if part < 10 { part + 3 } else { part - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let small = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
    Moment {
        year: small(year),
        month: small(month),
        week_day: small((days + 4) % 7),
        day: small(of_year - (153 * part + 2) / 5 + 1),
        hour: small(seconds / 3_600 % 24),
        minute: small(seconds / 60 % 60),
        second: small(seconds % 60),
        millis: small(millis % 1_000),
        unix: small(seconds),
    }
}

#[cfg(test)]
mod tests {
    use super::super::packet::Frame;
    use super::*;

    fn settings() -> Settings {
        Settings { name: "Ringback".into(), keep_alive: 30, wall_ms: 1_700_000_000_000 }
    }

    fn say(station: &mut Station, at: Time, message: Message) -> Vec<Message> {
        station.handle(at, &message.frame(0).to_vec());
        heard(station)
    }

    fn heard(station: &mut Station) -> Vec<Message> {
        let mut framer = Framer::default();
        std::iter::from_fn(|| station.poll_transmit()).for_each(|b| framer.push(&b));
        std::iter::from_fn(|| framer.pop()).map(|f| Message::parse(&f.unwrap()).unwrap()).collect()
    }

    fn events(station: &mut Station) -> Vec<Event> {
        std::iter::from_fn(|| station.poll_event()).collect()
    }

    fn register() -> Message {
        Message::Register(Register {
            name: b"SEP0011BB73AD61".to_vec(),
            device_type: 7,
            protocol: 11,
            length: 68,
            ..Register::default()
        })
    }

    #[test]
    fn a_7960_comes_up() {
        let mut s = Station::new(Time::ZERO, settings());
        s.show("Recovered: P0030801SR02");
        let alarm = b"Name=SEP0011BB73AD61 Load=8.1(2) Last=Initialized".to_vec();
        assert_eq!(say(&mut s, Time::ZERO, Message::Alarm { severity: 2, text: alarm.clone(), p1: 0, p2: 0 }), []);
        assert_eq!(events(&mut s), [Event::Alarm { severity: 2, text: alarm }]);
        let answer = say(&mut s, Time::ZERO, register());
        assert_eq!(
            answer,
            [Message::RegisterAck { keep_alive: 30, secondary: 30, protocol: 11 }, Message::CapabilitiesReq]
        );
        assert!(matches!(events(&mut s).as_slice(), [Event::Registered(r)] if r.device_type == 7));
        assert_eq!(say(&mut s, Time::ZERO, Message::CapabilitiesRes(vec![4, 2])), []);
        assert_eq!(say(&mut s, Time::ZERO, Message::ButtonTemplateReq), [Message::ButtonTemplate(vec![9])]);
        assert_eq!(say(&mut s, Time::ZERO, Message::SoftKeyTemplateReq), [Message::SoftKeyTemplateRes(vec![1, 2, 9])]);
        assert!(matches!(say(&mut s, Time::ZERO, Message::SoftKeySetReq).as_slice(), [Message::SoftKeySetRes(_)]));
        assert!(matches!(
            say(&mut s, Time::ZERO, Message::LineStatReq { line: 1 }).as_slice(),
            [Message::LineStat { .. }]
        ));
        let last = say(&mut s, Time::ZERO, Message::TimeDateReq);
        assert!(matches!(last.as_slice(), [Message::DefineTimeDate(_), Message::SelectSoftKeys { set: 0, .. },
            Message::DisplayPromptStatus { text, .. }] if text == b"Recovered: P0030801SR02"));
        assert_eq!(events(&mut s), [Event::Ready]);
        assert_eq!(say(&mut s, Time::from_secs(30), Message::KeepAlive), [Message::KeepAliveAck]);
    }

    #[test]
    fn it_rings_once_and_restarts() {
        let mut s = Station::new(Time::ZERO, settings());
        assert!(!s.ring(Time::ZERO) && !s.reset(ResetKind::Restart), "nobody is there yet");
        say(&mut s, Time::ZERO, register());
        s.handle_timeout(Time::from_secs(5));
        assert!(matches!(heard(&mut s).as_slice(), [Message::DisplayPromptStatus { .. }]), "it never asked the time");
        assert!(s.ring(Time::from_secs(6)) && !s.ring(Time::from_secs(6)));
        assert!(heard(&mut s).contains(&Message::SetRinger { mode: 2, duration: 2, line: 1, call: 1 }));
        assert_eq!(s.poll_timeout(), Some((Time::from_secs(10), "the ring ends")));
        s.handle_timeout(Time::from_secs(10));
        assert!(heard(&mut s).contains(&Message::SetRinger { mode: 1, duration: 1, line: 1, call: 1 }));
        assert!(s.reset(ResetKind::Restart));
        assert_eq!(heard(&mut s), [Message::Reset(ResetKind::Restart)]);
    }

    #[test]
    fn silence_and_nonsense_end_it() {
        let mut s = Station::new(Time::ZERO, settings());
        say(&mut s, Time::ZERO, register());
        events(&mut s);
        s.handle_timeout(Time::from_secs(60));
        assert_eq!((events(&mut s), s.is_over(), s.poll_timeout()), (vec![Event::Silent], true, None));
        let mut s = Station::new(Time::ZERO, settings());
        s.handle(Time::ZERO, b"GET / HTTP/1.1\r\n\r\n");
        assert!(s.is_over() && matches!(events(&mut s).as_slice(), [Event::Malformed(_)]));
        s.handle(Time::ZERO, &Frame { version: 0, id: 0, body: vec![] }.to_vec());
        assert_eq!(s.poll_transmit(), None);
    }

    #[test]
    fn who_has_not_registered_gets_nothing_but_its_keep_alive() {
        let mut s = Station::new(Time::ZERO, settings());
        assert_eq!(say(&mut s, Time::ZERO, Message::ButtonTemplateReq), []);
        assert_eq!(say(&mut s, Time::ZERO, Message::KeepAlive), [Message::KeepAliveAck]);
    }

    #[test]
    fn days_are_counted_as_calendars_do() {
        let at = |ms| {
            let m = moment(ms, Time::ZERO);
            (m.year, m.month, m.day, m.week_day, m.hour, m.minute, m.second)
        };
        assert_eq!(at(0), (1970, 1, 1, 4, 0, 0, 0));
        assert_eq!(at(1_700_000_000_000), (2023, 11, 14, 2, 22, 13, 20));
        assert_eq!(at(951_782_400_000), (2000, 2, 29, 2, 0, 0, 0));
    }
}
