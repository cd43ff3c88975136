//! SIP as a phone speaks it: REGISTER over UDP, and answers to what a registrar tells it.
//!
//! Written from the facts, with a reader of its own. The 7940 sends from a port of its own while its Via
//! says 5060, and hears answers at 5060 only.

mod message;

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use proto::{Mac, Time};

use super::Event;
use message::Message;

/// The first pause before a request is repeated, doubled each time, and how often it is sent.
const REPEAT: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(4);
const TRIES: u32 = 7;
/// Before it registers again when nobody takes it.
const PAUSE: Duration = Duration::from_secs(60);
/// How long a registration is to last.
const EXPIRES: u32 = 3_600;

/// Who registers.
#[derive(Clone, Debug)]
pub(crate) struct Who {
    pub(crate) mac: Mac,
    /// `Cisco-CP7940G/8.0`.
    pub(crate) agent: String,
    pub(crate) device_type: u32,
    pub(crate) address: Ipv4Addr,
    /// The line's name.
    pub(crate) user: String,
    /// Sends from this port while its Via says 5060; none: from 5060.
    pub(crate) odd_port: Option<u16>,
}

/// The dialogue.
#[derive(Debug)]
pub(crate) struct Client {
    who: Who,
    proxy: SocketAddrV4,
    /// Where it hears.
    pub(super) port: u16,
    state: State,
    /// Number of the request under way.
    sequence: u32,
    failed: bool,
    events: VecDeque<Event>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Asking { tries: u32, next: Time },
    Registered { refresh: Time },
    Pausing { until: Time },
}

impl Client {
    /// Registers at this proxy.
    pub(crate) fn new(now: Time, who: Who, proxy: SocketAddrV4) -> Client {
        let mut client = Client {
            who,
            proxy,
            port: 5060,
            state: State::Pausing { until: now },
            sequence: 100,
            failed: false,
            events: VecDeque::new(),
        };
        client.ask(now);
        client
    }

    pub(super) fn is_registered(&self) -> bool {
        matches!(self.state, State::Registered { .. })
    }

    pub(super) fn handle_datagram(&mut self, now: Time, src: SocketAddrV4, bytes: &[u8]) {
        let Some(message) = Message::parse(bytes) else { return };
        match message.first.strip_prefix("SIP/2.0 ") {
            Some(status) if message.is_for(self.sequence) => self.answered(now, status),
            Some(_) => {}
            None => self.asked(src, &message),
        }
    }

    pub(super) fn handle_timeout(&mut self, now: Time) {
        match self.state {
            State::Asking { tries, next } if next <= now && tries >= TRIES => self.pause(now, "no answer"),
            State::Asking { tries, next } if next <= now => {
                let pause = (REPEAT * 2_u32.saturating_pow(tries)).min(LONGEST);
                self.state = State::Asking { tries: tries + 1, next: now + pause };
                self.send_register();
            }
            State::Registered { refresh: at } | State::Pausing { until: at } if at <= now => self.ask(now),
            _ => {}
        }
    }

    pub(super) fn poll_timeout(&self) -> Option<(Time, &'static str)> {
        Some(match self.state {
            State::Asking { next, .. } => (next, "waiting for a registrar"),
            State::Registered { refresh } => (refresh, "before the registration ends"),
            State::Pausing { until } => (until, "before registering again"),
        })
    }

    pub(super) fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    fn ask(&mut self, now: Time) {
        self.sequence += 1;
        self.state = State::Asking { tries: 1, next: now + REPEAT };
        self.send_register();
    }

    fn answered(&mut self, now: Time, status: &str) {
        let State::Asking { .. } = self.state else { return };
        match status.chars().next() {
            Some('1') => {}
            Some('2') => {
                self.failed = false;
                self.state = State::Registered { refresh: now + Duration::from_secs((EXPIRES / 2).into()) };
                self.events.push_back(Event::Registered);
            }
            _ => self.pause(now, status),
        }
    }

    fn pause(&mut self, now: Time, why: &str) {
        self.events.push_back(Event::Note(format!("does not register: {why}")));
        if !self.failed {
            self.events.push_back(Event::Failed);
        }
        self.failed = true;
        self.state = State::Pausing { until: now + PAUSE };
    }

    /// A request from the server: taken from the proxy only, and acknowledged.
    fn asked(&mut self, src: SocketAddrV4, message: &Message) {
        if src.ip() != self.proxy.ip() {
            return;
        }
        let method = message.first.split(' ').next().unwrap_or_default();
        let event = message.header("event").unwrap_or_default().to_ascii_lowercase();
        let told = match (method, event.split(';').next().unwrap_or_default().trim()) {
            ("NOTIFY", "check-sync") => Some(Event::Reread),
            ("NOTIFY", "service-control") if message.body.contains("action=reset") => {
                Some(Event::Restart("Reset-Reset"))
            }
            ("NOTIFY", "service-control") => Some(Event::Restart("Reset-Restart")),
            ("NOTIFY" | "OPTIONS", _) => None,
            ("ACK", _) => return,
            _ => return self.reply(src, message, "501 Not Implemented"),
        };
        self.reply(src, message, "200 OK");
        self.events.extend(told);
    }

    fn reply(&mut self, src: SocketAddrV4, message: &Message, status: &str) {
        let mut text = format!("SIP/2.0 {status}\r\n");
        for (name, value) in &message.headers {
            if ["via", "v", "from", "f", "to", "t", "call-id", "i", "cseq"].contains(&name.as_str()) {
                text += &format!("{name}: {value}\r\n");
            }
        }
        text += &format!("User-Agent: {}\r\nContent-Length: 0\r\n\r\n", self.who.agent);
        self.events.push_back(Event::Send { from_port: self.port, dst: src, bytes: text.into_bytes() });
    }

    fn send_register(&mut self) {
        let Who { mac, agent, device_type, address, user, odd_port } = &self.who;
        let (proxy, port, number) = (self.proxy.ip(), self.port, self.sequence);
        let mac = mac.bare_upper().to_ascii_lowercase();
        let instance = format!("<urn:uuid:00000000-0000-0000-0000-{mac}>");
        let text = format!(
            "REGISTER sip:{proxy} SIP/2.0\r\n\
             Via: SIP/2.0/UDP {address}:{port};branch=z9hG4bK{mac}{number}\r\n\
             From: <sip:{user}@{proxy}>;tag={mac}{number:04x}\r\n\
             To: <sip:{user}@{proxy}>\r\n\
             Call-ID: {mac}-00010001-0001@{address}\r\n\
             Max-Forwards: 70\r\n\
             CSeq: {number} REGISTER\r\n\
             User-Agent: {agent}\r\n\
             Contact: <sip:{user}@{address}:{port};transport=udp>;+sip.instance=\"{instance}\"\
             ;+u.sip!model.ccm.cisco.com=\"{device_type}\"\r\n\
             Expires: {EXPIRES}\r\n\
             Content-Length: 0\r\n\r\n"
        );
        let from_port = odd_port.unwrap_or(port);
        self.events.push_back(Event::Send { from_port, dst: self.proxy, bytes: text.into_bytes() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROXY: &str = "10.0.0.1:5060";

    fn client() -> Client {
        let who = Who {
            mac: Mac([0, 0x0d, 0xbc, 1, 2, 3]),
            agent: "Cisco-CP7940G/8.0".to_owned(),
            device_type: 8,
            address: Ipv4Addr::new(10, 0, 0, 9),
            user: "100".to_owned(),
            odd_port: Some(50_001),
        };
        Client::new(Time::ZERO, who, PROXY.parse().unwrap())
    }

    fn events(client: &mut Client) -> Vec<Event> {
        std::iter::from_fn(|| client.poll_event()).collect()
    }

    fn sent(client: &mut Client) -> (u16, String) {
        match events(client).as_slice() {
            [Event::Send { from_port, bytes, .. }] => (*from_port, String::from_utf8_lossy(bytes).into_owned()),
            other => panic!("{other:?}"),
        }
    }

    fn tell(client: &mut Client, at: u64, text: &str) {
        client.handle_datagram(Time::from_secs(at), PROXY.parse().unwrap(), text.as_bytes());
    }

    #[test]
    fn it_registers_from_another_port_than_its_via_says() {
        let mut client = client();
        let (port, text) = sent(&mut client);
        assert_eq!(port, 50_001);
        for part in [
            "REGISTER sip:10.0.0.1 SIP/2.0\r\n",
            "Via: SIP/2.0/UDP 10.0.0.9:5060;branch=",
            "User-Agent: Cisco-CP7940G/8.0\r\n",
            "+u.sip!model.ccm.cisco.com=\"8\"",
            "-000dbc010203>\"",
            "Call-ID: 000dbc010203-",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        tell(&mut client, 1, "SIP/2.0 100 Trying\r\nCSeq: 101 REGISTER\r\n\r\n");
        tell(&mut client, 1, "SIP/2.0 200 OK\r\nCSeq: 100 REGISTER\r\n\r\n");
        assert!(!client.is_registered(), "an answer to something else");
        tell(&mut client, 1, "SIP/2.0 200 OK\r\nCSeq: 101 REGISTER\r\n\r\n");
        assert_eq!((events(&mut client), client.is_registered()), (vec![Event::Registered], true));
        let (at, _) = client.poll_timeout().unwrap();
        client.handle_timeout(at);
        assert!(sent(&mut client).1.contains("CSeq: 102 REGISTER"));
    }

    #[test]
    fn without_an_answer_it_repeats_and_says_so_once() {
        let mut client = client();
        let mut failed = 0;
        while let Some((at, _)) = client.poll_timeout().filter(|(at, _)| *at < Time::from_secs(200)) {
            client.handle_timeout(at);
            failed += events(&mut client).iter().filter(|e| **e == Event::Failed).count();
        }
        assert_eq!(failed, 1);
    }

    #[test]
    fn it_does_what_its_proxy_tells_and_nobody_else() {
        let mut client = client();
        events(&mut client);
        let notify = |event: &str, body: &str| {
            format!(
                "NOTIFY sip:100@10.0.0.9 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1:5060\r\nEvent: {event}\r\nCSeq: 1 NOTIFY\r\n\r\n{body}"
            )
        };
        for (event, body, told) in [
            ("check-sync", "", Some(Event::Reread)),
            ("service-control", "action=restart\r\n", Some(Event::Restart("Reset-Restart"))),
            ("service-control", "action=reset\r\n", Some(Event::Restart("Reset-Reset"))),
            ("message-summary", "", None),
        ] {
            tell(&mut client, 1, &notify(event, body));
            let events = events(&mut client);
            assert!(
                matches!(&events[0], Event::Send { from_port: 5060, bytes, .. } if bytes.starts_with(b"SIP/2.0 200"))
            );
            assert_eq!(events.get(1), told.as_ref(), "{event}");
        }
        client.handle_datagram(Time::ZERO, "10.0.0.7:5060".parse().unwrap(), notify("check-sync", "").as_bytes());
        assert_eq!(events(&mut client), []);
        for odd in ["", "\r\n\r\n", "INVITE", "INVITE sip:x SIP/2.0", "SIP/2.0"] {
            tell(&mut client, 1, odd);
        }
    }
}
