//! SCCP as a phone speaks it: the client's dialogue. What its messages look like is in `message`.

mod message;

use std::collections::VecDeque;
use std::net::SocketAddrV4;
use std::time::Duration;

use proto::Time;

use super::Event;
use crate::{StreamAct, StreamEvent};
pub(crate) use message::{Form, Who};
use message::{id, number, text};

/// How long it waits for an answer to its registration.
const PATIENCE: Duration = Duration::from_secs(20);
/// Before it tries the server again.
const PAUSE: Duration = Duration::from_secs(20);
/// Failures after which it says so.
const FAILURES: u32 = 3;
/// Keep-alives without an answer before it takes the server for gone.
const UNANSWERED: u32 = 3;
/// The longest message it takes.
const LONGEST: usize = 4_096;

/// What a phone asks once it is taken, and the answer that it waits for before it asks on.
const QUESTIONS: &[(u32, u32)] = &[
    (id::BUTTON_TEMPLATE_REQ, id::BUTTON_TEMPLATE),
    (id::SOFT_KEY_TEMPLATE_REQ, id::SOFT_KEY_TEMPLATE_RES),
    (id::SOFT_KEY_SET_REQ, id::SOFT_KEY_SET_RES),
    (id::CONFIG_STAT_REQ, id::CONFIG_STAT),
    (id::LINE_STAT_REQ, id::LINE_STAT),
    (id::TIME_DATE_REQ, id::DEFINE_TIME_DATE),
];

/// The dialogue.
#[derive(Debug)]
pub(crate) struct Client {
    who: Who,
    server: SocketAddrV4,
    /// The reason for the last restart, as Alarm tells it.
    last: String,
    port: u16,
    state: State,
    /// Bytes that are no whole message yet.
    heard: Vec<u8>,
    failures: u32,
    events: VecDeque<Event>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Pausing { until: Time },
    Opening,
    Registering { until: Time },
    Registered { every: Duration, next: Time, unanswered: u32, asked: usize },
}

impl Client {
    /// Opens the stream from this port of the phone's; each further one takes the next port.
    pub(crate) fn new(who: Who, server: SocketAddrV4, last: &str, port: u16) -> Client {
        let mut client = Client {
            who,
            server,
            last: last.to_owned(),
            port,
            state: State::Opening,
            heard: Vec::new(),
            failures: 0,
            events: VecDeque::new(),
        };
        client.open();
        client
    }

    pub(super) fn is_registered(&self) -> bool {
        matches!(self.state, State::Registered { .. })
    }

    pub(super) fn handle_stream(&mut self, now: Time, port: u16, event: &StreamEvent) {
        if port != self.port {
            return;
        }
        match event {
            StreamEvent::Opened => {
                self.say(id::ALARM, &self.who.alarm(&self.last));
                self.say(id::REGISTER, &self.who.register());
                self.state = State::Registering { until: now + PATIENCE };
            }
            StreamEvent::Bytes(bytes) => self.hear(now, bytes),
            StreamEvent::Closed => {
                let why = match self.state {
                    State::Opening => "TCP-timeout",
                    _ => "CM-closed-TCP",
                };
                self.pause(now, why);
            }
        }
    }

    pub(super) fn handle_timeout(&mut self, now: Time) {
        match self.state.clone() {
            State::Pausing { until } if until <= now => self.open(),
            State::Registering { until } if until <= now => self.close(now, "CM-NAKed"),
            State::Registered { next, unanswered, .. } if next <= now && unanswered >= UNANSWERED => {
                self.close(now, "KeepaliveTO");
            }
            State::Registered { every, next, unanswered, asked } if next <= now => {
                self.say(id::KEEP_ALIVE, &[]);
                self.state = State::Registered { every, next: now + every, unanswered: unanswered + 1, asked };
            }
            _ => {}
        }
    }

    pub(super) fn poll_timeout(&self) -> Option<(Time, &'static str)> {
        match &self.state {
            State::Pausing { until } => Some((*until, "before registering again")),
            State::Opening => None,
            State::Registering { until } => Some((*until, "registering")),
            State::Registered { next, .. } => Some((*next, "keep-alive")),
        }
    }

    pub(super) fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    fn open(&mut self) {
        self.heard.clear();
        self.state = State::Opening;
        self.events.push_back(Event::Stream { port: self.port, act: StreamAct::Open(self.server) });
    }

    fn close(&mut self, now: Time, why: &str) {
        self.events.push_back(Event::Stream { port: self.port, act: StreamAct::Close });
        self.pause(now, why);
    }

    fn pause(&mut self, now: Time, why: &str) {
        self.last = why.to_owned();
        self.failures += 1;
        self.port = self.port.checked_add(1).unwrap_or(49_152);
        self.events.push_back(Event::Note(format!("its call server is lost: {why}")));
        if self.failures == FAILURES {
            self.events.push_back(Event::Failed);
        }
        self.state = State::Pausing { until: now + PAUSE };
    }

    fn hear(&mut self, now: Time, bytes: &[u8]) {
        self.heard.extend_from_slice(bytes);
        while let Some(length) = self.heard.first_chunk().map(|n| u32::from_le_bytes(*n)) {
            let whole = usize::try_from(length).unwrap_or(usize::MAX).saturating_add(8);
            if !(12..=LONGEST).contains(&whole) {
                self.events.push_back(Event::Note(format!("a message of {length} bytes is none")));
                return self.close(now, "CM-aborted-TCP");
            }
            if self.heard.len() < whole {
                return;
            }
            let message: Vec<u8> = self.heard.drain(..whole).collect();
            let kind = number(&message, 8);
            let payload = message.get(12..).unwrap_or_default().to_vec();
            self.take(now, kind, &payload);
        }
    }

    fn take(&mut self, now: Time, kind: u32, payload: &[u8]) {
        match kind {
            id::REGISTER_ACK => {
                let every = Duration::from_secs(number(payload, 0).clamp(1, 3_600).into());
                self.failures = 0;
                self.state = State::Registered { every, next: now + every, unanswered: 0, asked: 0 };
                self.events.push_back(Event::Registered);
            }
            id::REGISTER_REJECT => {
                self.events.push_back(Event::Message("Registration Rejected"));
                self.events.push_back(Event::Show(vec!["Registration Rejected".to_owned(), text(payload, 0, 32)]));
                self.close(now, "Phone-Reg-Rej");
            }
            id::CAPABILITIES_REQ => {
                self.say(id::CAPABILITIES_RES, &message::capabilities());
                self.ask();
            }
            id::KEEP_ALIVE_ACK => {
                if let State::Registered { unanswered, .. } = &mut self.state {
                    *unanswered = 0;
                }
            }
            id::SET_RINGER => self.events.push_back(Event::Ring(number(payload, 0) > 1)),
            id::DISPLAY_TEXT => self.events.push_back(Event::Show(vec![text(payload, 0, 32)])),
            id::DISPLAY_PROMPT_STATUS | id::DISPLAY_NOTIFY => {
                self.events.push_back(Event::Show(vec![text(payload, 4, 32)]));
            }
            id::RESET => match number(payload, 0) {
                2 => self.events.push_back(Event::Reread),
                3 => {}
                _ => self.events.push_back(Event::Restart("Reset-Reset")),
            },
            answer => {
                if let State::Registered { asked, .. } = &mut self.state
                    && QUESTIONS.get(*asked).is_some_and(|(_, awaited)| *awaited == answer)
                {
                    *asked += 1;
                    self.ask();
                }
            }
        }
    }

    /// The next question.
    fn ask(&mut self) {
        let State::Registered { asked, .. } = self.state else { return };
        let Some((question, _)) = QUESTIONS.get(asked) else {
            return self.events.push_back(Event::Note("has all that a registered phone asks for".to_owned()));
        };
        let one = 1_u32.to_le_bytes();
        self.say(*question, if *question == id::LINE_STAT_REQ { &one } else { &[] });
    }

    fn say(&mut self, kind: u32, payload: &[u8]) {
        let bytes = message::whole(self.who.form, kind, payload);
        self.events.push_back(Event::Stream { port: self.port, act: StreamAct::Send(bytes) });
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use proto::Mac;

    use super::message::fixed;
    use super::*;

    const SERVER: &str = "10.0.0.1:2000";

    fn client(form: Form) -> Client {
        let who = Who {
            mac: Mac([0, 0x0d, 0xbc, 1, 2, 3]),
            device_type: 7,
            load: "P00308010200".to_owned(),
            address: Ipv4Addr::new(10, 0, 0, 9),
            form,
        };
        Client::new(who, SERVER.parse().unwrap(), "Initialized", 50_000)
    }

    /// The messages it said: id and payload.
    fn said(client: &mut Client) -> Vec<(u32, Vec<u8>)> {
        let events = std::iter::from_fn(|| client.poll_event());
        let sent = events.filter_map(|e| match e {
            Event::Stream { act: StreamAct::Send(bytes), .. } => Some(bytes),
            _ => None,
        });
        sent.map(|b| (number(&b, 8), b[12..].to_vec())).collect()
    }

    fn message(kind: u32, payload: &[u8]) -> Vec<u8> {
        let length = u32::try_from(payload.len() + 4).unwrap();
        [&length.to_le_bytes()[..], &[0; 4], &kind.to_le_bytes(), payload].concat()
    }

    fn hear(client: &mut Client, at: u64, bytes: &[u8]) {
        client.handle_stream(Time::from_secs(at), client.port, &StreamEvent::Bytes(bytes.to_vec()));
    }

    #[test]
    fn it_registers_with_the_lengths_of_published_captures() {
        for (form, length, proto) in [(Form::Classic, 68, 0x0b), (Form::Java, 172, 0x11)] {
            let mut client = client(form);
            client.handle_stream(Time::ZERO, 50_000, &StreamEvent::Opened);
            let said = said(&mut client);
            assert_eq!(said.iter().map(|m| m.0).collect::<Vec<_>>(), [id::ALARM, id::REGISTER]);
            assert_eq!(text(&said[0].1, 4, 80), "Name=SEP000DBC010203 Load=P00308010200 Last=Initialized");
            assert_eq!((said[1].1.len(), said[1].1[40], number(&said[1].1, 28)), (length, proto, 7));
        }
    }

    #[test]
    fn it_asks_one_thing_after_the_other_and_keeps_alive() {
        let mut client = client(Form::Classic);
        client.handle_stream(Time::ZERO, 50_000, &StreamEvent::Opened);
        said(&mut client);
        let ack = [&30_u32.to_le_bytes()[..], b"D/M/Y\0\0\0", &60_u32.to_le_bytes(), &[3, 0, 0, 0]].concat();
        let mut both = message(id::REGISTER_ACK, &ack);
        both.extend(message(id::CAPABILITIES_REQ, &[]));
        // In pieces, as a stream comes.
        both.chunks(7).for_each(|piece| hear(&mut client, 1, piece));
        assert!(client.is_registered());
        let first: Vec<u32> = said(&mut client).iter().map(|m| m.0).collect();
        assert_eq!(first, [id::CAPABILITIES_RES, id::BUTTON_TEMPLATE_REQ]);
        for (at, (_, answer)) in QUESTIONS.iter().enumerate() {
            hear(&mut client, 2, &message(*answer, &[0; 40]));
            let next: Vec<u32> = said(&mut client).iter().map(|m| m.0).collect();
            assert_eq!(next, QUESTIONS.get(at + 1).map(|q| q.0).into_iter().collect::<Vec<_>>());
        }
        for n in 1..=4 {
            let (at, _) = client.poll_timeout().unwrap();
            assert_eq!(at, Time::from_secs(1 + 30 * n));
            client.handle_timeout(at);
        }
        assert!(!client.is_registered(), "nobody acknowledges");
        let (at, _) = client.poll_timeout().unwrap();
        client.handle_timeout(at);
        client.handle_stream(at, client.port, &StreamEvent::Opened);
        let alarm = said(&mut client).into_iter().find(|m| m.0 == id::ALARM).unwrap();
        assert!(text(&alarm.1, 4, 80).ends_with("Last=KeepaliveTO"));
    }

    #[test]
    fn it_does_what_it_is_told_and_shows_what_it_is_shown() {
        let mut client = client(Form::Classic);
        client.handle_stream(Time::ZERO, 50_000, &StreamEvent::Opened);
        said(&mut client);
        let prompt = [&0_u32.to_le_bytes()[..], &fixed("Recovered", 32), &[0; 8]].concat();
        hear(&mut client, 1, &message(id::DISPLAY_PROMPT_STATUS, &prompt));
        hear(&mut client, 1, &message(id::SET_RINGER, &2_u32.to_le_bytes()));
        hear(&mut client, 1, &message(id::RESET, &1_u32.to_le_bytes()));
        hear(&mut client, 1, &message(id::RESET, &2_u32.to_le_bytes()));
        let events: Vec<Event> = std::iter::from_fn(|| client.poll_event()).collect();
        assert_eq!(
            events,
            [
                Event::Show(vec!["Recovered".to_owned()]),
                Event::Ring(true),
                Event::Restart("Reset-Reset"),
                Event::Reread
            ]
        );
    }

    #[test]
    fn a_refusal_is_shown_and_tried_again() {
        let mut client = client(Form::Classic);
        client.handle_stream(Time::ZERO, 50_000, &StreamEvent::Opened);
        hear(&mut client, 1, &message(id::REGISTER_REJECT, &fixed("No such type", 33)));
        let events: Vec<Event> = std::iter::from_fn(|| client.poll_event()).collect();
        assert!(events.contains(&Event::Message("Registration Rejected")));
        assert!(events.contains(&Event::Stream { port: 50_000, act: StreamAct::Close }));
        assert_eq!(client.poll_timeout().map(|t| t.0), Some(Time::from_secs(1) + PAUSE));
    }

    #[test]
    fn no_bytes_break_it() {
        for length in [0_u32, 1, 3, 4, 5_000, u32::MAX] {
            let mut client = client(Form::Java);
            client.handle_stream(Time::ZERO, 50_000, &StreamEvent::Opened);
            hear(&mut client, 1, &[&length.to_le_bytes()[..], &[0; 3]].concat());
            hear(&mut client, 1, &[0xff; 9]);
        }
        for kind in 0..0x160 {
            let mut client = client(Form::Java);
            client.handle_stream(Time::ZERO, 50_000, &StreamEvent::Opened);
            hear(&mut client, 1, &message(kind, &[]));
        }
    }
}
