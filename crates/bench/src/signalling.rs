//! What the bench holds of conversations with phones' call clients: SCCP stations, and the SIP registrar.
//!
//! A phone that registers here proves that it came up, and shows so on its own screen. It can be made to ring once
//! and to start again. There is no call, and nothing is forwarded to anybody.

use std::collections::BTreeMap;
use std::net::SocketAddrV4;

use profile::family::Refresh;
use proto::sip::{Notice, Registrar};
use proto::skinny::{self, Station};
use proto::{Mac, Time};

use crate::input::ConnId;
use crate::observe::{Outcome, Seen};
use crate::session::Session;

/// Conversations held at once; the host bounds its sockets too.
pub(crate) const MAX_STATIONS: usize = 1_024;
/// The stay that is granted to SIP phones, and the pause between SCCP keep-alives, seconds.
const EXPIRES: u32 = 120;
const KEEP_ALIVE: u32 = 30;
/// What phones are told the call server is called.
const NAME: &str = "Ringback";
/// The room for a text on an SCCP phone's screen, bytes.
const TEXT: usize = 32;

/// What a technician may want of a registered phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Ring once (SCCP only).
    Ring,
    /// Read the configuration again.
    Restart,
    /// Start again.
    Reset,
}

impl Wish {
    /// What the phone is told, in words.
    pub const fn words(self) -> &'static str {
        match self {
            Wish::Ring => "ring once",
            Wish::Restart => "read its configuration again",
            Wish::Reset => "start again",
        }
    }
}

/// One phone's SCCP conversation.
#[derive(Clone, Debug)]
pub(crate) struct Conversation {
    pub(crate) station: Station,
    pub(crate) phone: Mac,
    pub(crate) text: String,
    pub(crate) registered: bool,
}

/// Everything that the bench holds of phones' call clients.
#[derive(Clone, Debug)]
pub(crate) struct Signalling {
    pub(crate) stations: BTreeMap<ConnId, Conversation>,
    pub(crate) registrar: Registrar,
    /// The phones behind registered SIP names.
    pub(crate) names: BTreeMap<String, Mac>,
    wall_ms: u64,
}

impl Signalling {
    /// None is registered.
    pub(crate) fn new(server: std::net::Ipv4Addr, wall_ms: u64, seed: u64) -> Signalling {
        Signalling {
            stations: BTreeMap::new(),
            registrar: Registrar::new(SocketAddrV4::new(server, 5060), EXPIRES, seed),
            names: BTreeMap::new(),
            wall_ms,
        }
    }

    /// A conversation with this phone begins.
    pub(crate) fn begin(&mut self, now: Time, conn: ConnId, phone: Mac, session: Option<&Session>) {
        let settings = skinny::Settings { name: NAME.to_owned(), keep_alive: KEEP_ALIVE, wall_ms: self.wall_ms };
        let mut station = Station::new(now, settings);
        let text = session.map_or_else(|| NAME.to_owned(), text);
        station.show(&text);
        self.stations.insert(conn, Conversation { station, phone, text, registered: false });
    }

    /// The conversation of a registered phone.
    pub(crate) fn of(&mut self, phone: Mac) -> Option<&mut Conversation> {
        self.stations.values_mut().rev().find(|c| c.phone == phone && c.registered)
    }

    /// Tells a phone something; `None` when it is not registered or cannot do that.
    pub(crate) fn tell(&mut self, now: Time, phone: Mac, wish: Wish, refresh: Refresh) -> Option<Seen> {
        let told = Seen::Told { what: wish.words().to_owned() };
        if let Some(conversation) = self.of(phone) {
            let station = &mut conversation.station;
            let done = match wish {
                Wish::Ring => station.ring(now),
                Wish::Restart => station.reset(skinny::ResetKind::Restart),
                Wish::Reset => station.reset(skinny::ResetKind::Reset),
            };
            return done.then_some(told);
        }
        let name = self.names.iter().find(|(_, mac)| **mac == phone)?.0.clone();
        let notice = match (wish, refresh) {
            (Wish::Ring, _) => return None,
            (_, Refresh::CheckSync) => Notice::CheckSync,
            (Wish::Restart, Refresh::ServiceControl) => Notice::Restart,
            (Wish::Reset, Refresh::ServiceControl) => Notice::Reset,
        };
        self.registrar.notify(now, &name, notice).then_some(told)
    }

    /// When to look again, and why.
    pub(crate) fn poll_timeout(&self) -> Option<(Time, &'static str)> {
        let stations = self.stations.values().filter_map(|c| c.station.poll_timeout());
        stations.chain(self.registrar.poll_timeout()).min()
    }
}

/// What a phone shows on its own screen: how it stands, and its load.
pub(crate) fn text(session: &Session) -> String {
    let load = session.load.as_ref().map(|l| l.name.as_str()).unwrap_or_default();
    let ended = session.procedure.as_ref().and_then(|p| p.ended.as_ref()).map(|e| e.0);
    let running = session.procedure.as_ref().is_some_and(|p| p.ended.is_none());
    let word = match ended {
        Some(Outcome::Recovered) => "Recovered",
        _ if running => "On the bench",
        _ => NAME,
    };
    let text = if load.is_empty() { word.to_owned() } else { format!("{word}: {load}") };
    // Longer than the screen, the load is what counts less.
    if text.len() <= TEXT { text } else { word.to_owned() }
}

/// An alarm's text taken apart: the load and the reason of the last start (`Name=… Load=… Last=…`).
pub(crate) fn alarm(text: &[u8]) -> Seen {
    let text = proto::text::escape_short(text, 120);
    let field = |key: &str| {
        let value = text.split_whitespace().find_map(|word| word.split_once('=').filter(|(k, _)| k.ends_with(key)))?.1;
        Some(value.to_owned()).filter(|v| !v.is_empty())
    };
    // A reason may be of more than one word: all up to the end.
    let last = text.split_once("Last=").map(|(_, rest)| rest.trim().to_owned()).filter(|l| !l.is_empty());
    let load = field("Load");
    Seen::Alarm { load, last, text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alarm_is_taken_apart() {
        let seen = alarm(b"25: Name=SEP0011BB73AD61 Load=P0030801SR02 Last=Load Rejected HC\0");
        let Seen::Alarm { text, load, last } = seen else { panic!("{seen:?}") };
        assert!(text.starts_with("25: Name=SEP"));
        assert_eq!((load.as_deref(), last.as_deref()), (Some("P0030801SR02"), Some("Load Rejected HC")));
        assert!(matches!(alarm(b"hello"), Seen::Alarm { load: None, last: None, .. }));
    }

    #[test]
    fn a_text_fits_the_screen() {
        let mut session = Session::new(Mac::ZERO, 1, Time::ZERO);
        assert_eq!(text(&session), "Ringback");
        let running = |name: &str| crate::session::Running { name: name.to_owned(), n: 1, how: "CDP version" };
        session.load = Some(running("SCCP45.9-4-2SR1-1S"));
        assert_eq!(text(&session), "Ringback: SCCP45.9-4-2SR1-1S");
        session.load = Some(running(&"x".repeat(40)));
        assert_eq!(text(&session), "Ringback");
    }
}
