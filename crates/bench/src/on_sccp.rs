//! SCCP: a phone that connects to the bench's call server.

use std::net::SocketAddrV4;

use proto::skinny::Event;
use proto::text::escape_short;
use proto::{Mac, Time};

use crate::bench::Bench;
use crate::identify::{Grade, evidence};
use crate::input::{ConnId, StreamEvent};
use crate::observe::Seen;
use crate::output::Output;
use crate::signalling::{MAX_STATIONS, alarm, text};

impl Bench {
    pub(crate) fn on_sccp(&mut self, now: Time, conn: ConnId, from: SocketAddrV4, event: StreamEvent<'_>) {
        match event {
            StreamEvent::Opened => match self.caller(from) {
                Some(phone) if self.signalling.stations.len() < MAX_STATIONS => {
                    let session = self.state.sessions.get(&phone);
                    self.signalling.begin(now, conn, phone, session);
                }
                _ => {
                    let why = format!("{from} is not known to be a phone (RB104)");
                    self.observe_limited(now, None, Seen::SignalIgnored { service: "SCCP".to_owned(), why });
                    self.tell(Output::Stream { conn, bytes: Vec::new(), close: true });
                }
            },
            StreamEvent::Bytes(bytes) => {
                if let Some(conversation) = self.signalling.stations.get_mut(&conn) {
                    conversation.station.handle(now, bytes);
                }
                self.drain_station(now, conn);
            }
            StreamEvent::Closed => {
                if let Some(conversation) = self.signalling.stations.remove(&conn)
                    && conversation.registered
                {
                    let why = "the phone closed the conversation".to_owned();
                    self.observe_limited(now, Some(conversation.phone), Seen::Unregistered { why });
                }
            }
        }
    }

    /// The phone behind an address, if there is reason to believe that it is one.
    pub(crate) fn caller(&self, from: SocketAddrV4) -> Option<Mac> {
        let phone = self.state.phone_at(*from.ip())?;
        let known = self.state.sessions.get(&phone).is_some_and(|s| s.identified.grade >= Grade::Possible);
        (known || self.config.any || self.config.allow.contains(&phone)).then_some(phone)
    }

    /// Whether a name's MAC belongs to a phone by this message's word.
    pub(crate) fn is_phone_by(&self, phone: Mac, seen: &Seen) -> bool {
        self.state.sessions.get(&phone).is_some_and(|s| s.identified.grade >= Grade::Possible)
            || evidence(&self.profiles, phone, seen).iter().any(|e| e.grade >= Grade::Possible)
    }

    /// Conversations whose time has come.
    pub(crate) fn stations_due(&mut self, now: Time) {
        let due = self.signalling.stations.iter().filter(|(_, c)| c.station.poll_timeout().is_some_and(|t| t.0 <= now));
        for conn in due.map(|(conn, _)| *conn).collect::<Vec<_>>() {
            if let Some(conversation) = self.signalling.stations.get_mut(&conn) {
                conversation.station.handle_timeout(now);
            }
            self.drain_station(now, conn);
        }
    }

    /// A registered phone's screen says how it stands.
    pub(crate) fn refresh_text(&mut self, phone: Mac) {
        if self.signalling.stations.is_empty() {
            return;
        }
        let Some(text) = self.state.sessions.get(&phone).map(text) else { return };
        let changed = self.signalling.stations.iter_mut().find(|(_, c)| c.phone == phone && c.text != text);
        if let Some((conn, conversation)) = changed {
            conversation.text.clone_from(&text);
            conversation.station.show(&text);
            let conn = *conn;
            let shown = conversation.registered && self.transmit_station(conn);
            if shown {
                self.queue(phone, Seen::Shows { text });
            }
        }
    }

    /// Tells what happened in a conversation, and sends what it wants sent.
    pub(crate) fn drain_station(&mut self, now: Time, conn: ConnId) {
        while let Some(conversation) = self.signalling.stations.get_mut(&conn) {
            let phone = conversation.phone;
            let Some(event) = conversation.station.poll_event() else { break };
            let seen = match event {
                Event::Alarm { text, .. } => alarm(&text),
                Event::Registered(register) => {
                    conversation.registered = true;
                    Seen::Registered {
                        protocol: "sccp".to_owned(),
                        name: escape_short(&register.name, 32),
                        device_type: Some(register.device_type),
                        load: Some(escape_short(&register.load, 40)).filter(|l| !l.is_empty()),
                        user_agent: None,
                    }
                }
                Event::Ready => Seen::Shows { text: conversation.text.clone() },
                Event::Unregistered => {
                    conversation.registered = false;
                    Seen::Unregistered { why: "the phone signed off".to_owned() }
                }
                Event::Malformed(bad) => Seen::Malformed { service: "SCCP".to_owned(), what: bad.to_string() },
                Event::Silent => Seen::Unregistered { why: "nothing was heard of it any more".to_owned() },
            };
            self.observe_limited(now, Some(phone), seen);
        }
        self.transmit_station(conn);
    }

    /// Sends what a conversation has to send; whether it goes on.
    fn transmit_station(&mut self, conn: ConnId) -> bool {
        let Some(conversation) = self.signalling.stations.get_mut(&conn) else { return false };
        let bytes: Vec<u8> = std::iter::from_fn(|| conversation.station.poll_transmit()).flatten().collect();
        let close = conversation.station.is_over();
        if close {
            self.signalling.stations.remove(&conn);
        }
        if close || !bytes.is_empty() {
            self.tell(Output::Stream { conn, bytes, close });
        }
        !close
    }
}
