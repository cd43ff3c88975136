//! Everything that is folded from the journal: sessions, findings, the banner. Replay fills it from a file,
//! the bench from the wire; the same observations give the same state.

use std::collections::{BTreeMap, VecDeque};
use std::net::Ipv4Addr;

use profile::Profiles;
use proto::{Mac, Time};
use serde::Serialize;

use crate::diagnose::{Finding, Severity, codes, finding};
use crate::ledger::{self, Row};
use crate::observe::{Observation, Seen};
use crate::session::Session;

/// Stays kept in memory; beyond that the oldest is forgotten, of those that have left or have no procedure.
pub(crate) const SESSIONS_KEPT: usize = 4_096;
/// Words for a person kept, one for each thing to do.
const TODO_KEPT: usize = 16;
/// Strangers remembered; beyond that the one that was silent longest is forgotten.
const STRANGERS_KEPT: usize = 32;

/// The fold of a journal.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Number of the last observation.
    pub n: u64,
    /// Time of the last observation.
    pub now: Time,
    /// Wall clock at time zero.
    pub wall_ms: u64,
    /// The interface's name.
    pub iface: String,
    /// The bench's address and prefix.
    pub server: Option<(Ipv4Addr, u8)>,
    /// Whether the link is up, once known.
    pub link: Option<bool>,
    /// Whether it has been up since the bench was switched on.
    pub link_was_up: bool,
    /// Whether it was told that there is none.
    pub no_link: bool,
    /// Whether DHCP is answered.
    pub serving: bool,
    /// Why it is not, when it was stopped.
    pub stopped: Option<String>,
    /// What a person has to do at phones that say nothing before it is done.
    pub todo: Vec<String>,
    /// The phones' stays, by MAC.
    pub sessions: BTreeMap<Mac, Session>,
    /// How many stays there have been.
    stays: u32,
    /// Phones in the order in which they came, to forget the oldest when there are too many.
    arrivals: VecDeque<Mac>,
    /// Who has which address.
    by_address: BTreeMap<Ipv4Addr, Mac>,
    /// Open findings by phone.
    pub findings: BTreeMap<Mac, Vec<Finding>>,
    /// Every code that a phone's stay had.
    pub codes_had: BTreeMap<Mac, Vec<String>>,
    /// Findings about the cable.
    pub cable: Vec<Finding>,
    /// Stations that were not answered, and how often.
    pub ignored: u64,
    /// Malformed packets.
    pub malformed: u64,
    /// Stations that asked and were not answered, the last ones.
    pub strangers: BTreeMap<Mac, Stranger>,
}

/// A station that is not known to be a phone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Stranger {
    /// Its Ethernet address.
    pub mac: Mac,
    /// Why it was not answered.
    pub why: String,
    /// How often it asked, as far as that was kept.
    pub asks: u64,
    /// When it last asked.
    pub last: Time,
}

impl State {
    /// Folds one observation in. Returns the rows that it closes or changes.
    pub fn apply(&mut self, profiles: &Profiles, obs: &Observation) -> Option<Row> {
        self.n = obs.n;
        self.now = obs.at;
        match &obs.seen {
            Seen::BenchStarted { wall_ms, iface, server, prefix, .. } => {
                *self = State { n: obs.n, now: obs.at, ..State::default() };
                self.wall_ms = *wall_ms;
                self.iface.clone_from(iface);
                self.server = Some((*server, *prefix));
            }
            Seen::ToDo { say } if self.todo.len() < TODO_KEPT => self.todo.push(say.clone()),
            Seen::Link { up } => {
                self.link = Some(*up);
                self.link_was_up |= *up;
                if *up {
                    self.cable.retain(|f| f.code != "RB118");
                }
            }
            Seen::NoLink { seconds } => {
                self.no_link = true;
                self.about_cable(obs.at, "RB118", Severity::Trouble, vec![format!("no link for {seconds} s")]);
            }
            Seen::ServingBegan => {
                self.serving = true;
                self.stopped = None;
            }
            Seen::ServingStopped { why } => {
                self.serving = false;
                self.stopped = Some(why.clone());
            }
            Seen::ForeignDhcp { server, mac, offered, tftp } => {
                self.foreign(obs.at, *server, *mac, *offered, tftp.as_deref())
            }
            Seen::CableSilent { seconds } => {
                let evidence = vec![format!("no frame of a phone came for {seconds} s")];
                self.about_cable(obs.at, "RB126", Severity::Note, evidence);
            }
            Seen::DhcpIgnored { .. } | Seen::FileIgnored { .. } | Seen::SignalIgnored { .. } => self.ignored += 1,
            Seen::Unkept { count } => self.ignored = self.ignored.saturating_add(*count),
            Seen::Malformed { .. } => self.malformed += 1,
            _ => {}
        }
        if let (Seen::DhcpIgnored { why }, Some(mac)) = (&obs.seen, obs.phone)
            && !self.sessions.contains_key(&mac)
        {
            self.stranger(mac, why, obs.at);
        }
        // Strangers that are not answered get no session: they are counted, not known.
        let phone = obs.phone.filter(|_| !matches!(obs.seen, Seen::DhcpIgnored { .. }))?;
        self.cable.retain(|f| f.code != "RB126");
        self.strangers.remove(&phone);
        self.make_room(phone);
        if !self.sessions.contains_key(&phone) {
            self.arrivals.push_back(phone);
        }
        // A phone that was given an address and now has another has had it typed in; one of another phone it cannot have.
        let may_move = matches!(&obs.seen, Seen::Arp { address }
            if !self.phone_at(*address).is_some_and(|mac| mac != phone && self.sessions.get(&mac).is_some_and(|s| s.bound)));
        let stays = &mut self.stays;
        let session = self.sessions.entry(phone).or_insert_with(|| {
            *stays += 1;
            Session { nth: *stays - 1, ..Session::new(phone, obs.n, obs.at) }
        });
        if !session.here && matches!(obs.seen, Seen::Dhcp { .. } | Seen::Cdp { .. } | Seen::Lldp { .. }) {
            *session = Session { nth: session.nth, ..Session::new(phone, obs.n, obs.at) };
            self.codes_had.remove(&phone);
        }
        let had = session.address;
        if let Seen::Arp { address } = &obs.seen
            && may_move
        {
            session.moves_to(*address);
        }
        session.apply(profiles, obs);
        let address = session.address;
        let was = self.findings.remove(&phone).unwrap_or_default();
        let mut found = finding::findings(session, profiles, obs.at);
        for finding in &mut found {
            if let Some(old) = was.iter().find(|f| f.code == finding.code) {
                finding.since = old.since;
            }
            let had = self.codes_had.entry(phone).or_default();
            if !had.iter().any(|c| c == finding.code) {
                had.push(finding.code.to_owned());
            }
        }
        if !found.is_empty() {
            self.findings.insert(phone, found);
        }
        let told = matches!(obs.seen, Seen::DhcpBound { address: a } | Seen::Arp { address: a } if address == Some(a));
        if told || address != had {
            self.moved(phone, had, address);
        }
        matches!(obs.seen, Seen::ProcedureEnded { .. } | Seen::Left { .. }).then(|| self.row(profiles, phone)).flatten()
    }

    /// The ledger's row of a phone's stay as it stands.
    pub fn row(&self, profiles: &Profiles, phone: Mac) -> Option<Row> {
        let session = self.sessions.get(&phone)?;
        let codes = self.codes_had.get(&phone).cloned().unwrap_or_default();
        Some(ledger::row(profiles, session, self.wall_ms, self.now, codes))
    }

    /// The rows of all phones that are here now; with the last observation of a run, its ledger's end.
    pub fn open_rows(&self, profiles: &Profiles) -> Vec<Row> {
        let known =
            self.sessions.values().filter(|s| s.here && (s.identified.family.is_some() || s.expected.is_some()));
        known.filter_map(|s| self.row(profiles, s.mac)).collect()
    }

    /// The phone that has this address.
    pub fn phone_at(&self, address: Ipv4Addr) -> Option<Mac> {
        let mac = *self.by_address.get(&address)?;
        self.sessions.get(&mac).filter(|s| s.here && s.address == Some(address)).map(|s| s.mac)
    }

    /// A phone has this address now, which may be another than before.
    fn moved(&mut self, phone: Mac, had: Option<Ipv4Addr>, has: Option<Ipv4Addr>) {
        if let Some(old) = had.filter(|a| self.by_address.get(a) == Some(&phone)) {
            self.by_address.remove(&old);
        }
        // Claiming an address by ARP does not take it from the phone that the bench gave it to.
        let given = |mac: Mac| self.sessions.get(&mac).is_some_and(|s| s.bound);
        if let Some(new) = has
            && (given(phone) || !self.phone_at(new).is_some_and(given))
        {
            self.by_address.insert(new, phone);
        }
    }

    fn foreign(&mut self, at: Time, server: Ipv4Addr, mac: Mac, offered: Ipv4Addr, tftp: Option<&str>) {
        let mut evidence = vec![format!("{server} ({mac}) offered {offered}")];
        if let Some(tftp) = tftp {
            evidence.push(format!("it names {tftp} as the TFTP server"));
        }
        self.about_cable(at, "RB101", Severity::Danger, evidence);
    }

    fn about_cable(&mut self, at: Time, code: &str, severity: Severity, evidence: Vec<String>) {
        let Some(explained) = codes::explain(code).first().copied() else { return };
        self.cable.retain(|f| f.evidence.first() != evidence.first());
        self.cable.truncate(15);
        self.cable.push(Finding {
            code: explained.code,
            title: explained.title,
            severity,
            phone: None,
            since: at,
            evidence,
            cause: explained.cause,
            remedy: explained.remedy,
            procedure: None,
        });
    }

    fn stranger(&mut self, mac: Mac, why: &str, at: Time) {
        if !self.strangers.contains_key(&mac) && self.strangers.len() >= STRANGERS_KEPT {
            let silent = self.strangers.values().min_by_key(|s| s.last).map(|s| s.mac);
            silent.and_then(|mac| self.strangers.remove(&mac));
        }
        let known = self.strangers.entry(mac);
        let known = known.or_insert_with(|| Stranger { mac, why: String::new(), asks: 0, last: at });
        known.asks = known.asks.saturating_add(1);
        known.last = at;
        why.clone_into(&mut known.why);
    }

    fn make_room(&mut self, phone: Mac) {
        if self.sessions.len() < SESSIONS_KEPT || self.sessions.contains_key(&phone) {
            return;
        }
        // Each is looked at once at most: one that is here with its procedure goes to the end of the row.
        let idle = (0..self.arrivals.len()).find_map(|_| {
            let mac = self.arrivals.pop_front()?;
            let session = self.sessions.get(&mac)?;
            if session.here && session.procedure.is_some() {
                self.arrivals.push_back(mac);
                return None;
            }
            Some(mac)
        });
        if let Some(mac) = idle {
            if let Some(address) = self.sessions.remove(&mac).and_then(|s| s.address) {
                self.moved(mac, Some(address), None);
            }
            self.findings.remove(&mac);
            self.codes_had.remove(&mac);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Mac = Mac([0, 0x11, 0xbb, 0, 0, 1]);
    const B: Mac = Mac([0, 0x11, 0xbb, 0, 0, 2]);
    const X: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 10);
    const Y: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 11);

    fn fold(story: &[(Mac, Seen)]) -> State {
        let (profiles, mut state) = (Profiles::default(), State::default());
        for (n, (phone, seen)) in (1..).zip(story) {
            let at = Time::from_secs(n);
            state.apply(&profiles, &Observation { n, at, phone: Some(*phone), seen: seen.clone() });
        }
        state
    }

    #[test]
    fn an_address_belongs_to_whom_the_bench_gave_it() {
        let bound = |address| Seen::DhcpBound { address };
        let arp = |address| Seen::Arp { address };
        let owners = |story: &[(Mac, Seen)]| {
            let state = fold(story);
            (state.phone_at(X), state.phone_at(Y))
        };
        assert_eq!(owners(&[(A, bound(X)), (B, arp(X))]), (Some(A), None), "claimed by ARP");
        assert_eq!(owners(&[(A, bound(X)), (B, bound(Y)), (B, arp(X))]), (Some(A), Some(B)), "claimed beside its own");
        assert_eq!(owners(&[(B, arp(X)), (A, bound(X))]), (Some(A), None), "given to another");
        assert_eq!(owners(&[(A, bound(X)), (A, bound(Y))]), (None, Some(A)), "moved");
        assert_eq!(
            owners(&[(A, bound(X)), (B, bound(X)), (B, bound(Y)), (A, bound(X))]),
            (Some(A), Some(B)),
            "back again"
        );
    }

    #[test]
    fn a_cable_without_a_link_is_told_of_until_it_has_one() {
        let none = Seen::NoLink { seconds: 120 };
        let codes = |story: &[(Mac, Seen)]| fold(story).cable.iter().map(|f| f.code).collect::<Vec<_>>();
        assert_eq!(codes(&[(A, Seen::Link { up: false }), (A, none.clone())]), ["RB118"]);
        assert!(codes(&[(A, none), (A, Seen::Link { up: true })]).is_empty());
    }

    #[test]
    fn numbers_of_a_made_up_journal_do_not_overflow() {
        let started = |wall_ms| Seen::BenchStarted {
            version: String::new(),
            wall_ms,
            iface: String::new(),
            server: X,
            prefix: 24,
        };
        let unkept = Seen::Unkept { count: u64::MAX };
        let state =
            fold(&[(A, started(u64::MAX)), (A, unkept.clone()), (A, unkept), (A, Seen::Left { why: String::new() })]);
        assert_eq!(state.ignored, u64::MAX);
        assert_eq!(state.row(&Profiles::default(), A).map(|r| r.ended_ms), Some(u64::MAX));
    }
}
