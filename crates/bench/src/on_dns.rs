//! Names that phones look up: on the bench's own network every one of them leads here, so that whatever a phone
//! still calls ends here and is seen. Asked by phones only, and only by those of the bench's own subnet.

use std::net::{Ipv4Addr, SocketAddrV4};

use proto::dns::{Answer, Kind, Query, Record};
use proto::text::escape_short;
use proto::{Mac, Time};

use crate::bench::Bench;
use crate::identify::Grade;
use crate::input::Service;
use crate::observe::Seen;
use crate::output::Output;

/// Where answers to a group go (RFC 6762 §3).
const MDNS: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(224, 0, 0, 251), 5353);
/// The bench's own name there.
const HOST: &str = "ringback.local";
/// Characters of a name that are kept.
const KEPT: usize = 120;

impl Bench {
    pub(crate) fn on_dns(&mut self, now: Time, from: SocketAddrV4, bytes: &[u8]) {
        let phone = self.state.phone_at(*from.ip());
        let query = match Query::parse(bytes) {
            Ok(query) => query,
            Err(bad) => {
                let what = format!("{bad} (from {from})");
                return self.observe_limited(now, phone, Seen::Malformed { service: "DNS".to_owned(), what });
            }
        };
        // An open resolver on somebody's network helps nobody but attackers.
        if !(self.is_here(*from.ip()) && (self.config.any || self.is_known(phone))) {
            return;
        }
        let name = escape_short(query.name.as_bytes(), KEPT);
        let answer = self.name_answer(&query);
        if let Some(bytes) = query.answer(&answer, false) {
            self.tell(Output::Datagram { service: Service::Dns, to: from, bytes });
        }
        let session = phone.and_then(|p| self.state.sessions.get(&p));
        if session.is_some_and(|s| !s.has_looked_up(&name)) {
            let led = matches!(answer, Answer::Records(..)).then_some(self.config.server);
            self.observe_limited(now, phone, Seen::NameAsked { name, kind: query.kind.name(), answer: led });
        }
    }

    fn name_answer(&self, query: &Query) -> Answer {
        if !self.config.answer_names {
            return Answer::Refused;
        }
        let lower = query.name.to_ascii_lowercase();
        match query.kind {
            Kind::A | Kind::Any if !lower.ends_with(".arpa") && !lower.starts_with('_') => {
                Answer::Records(vec![Record::A(query.name.clone(), self.config.server)], Vec::new())
            }
            // A name without a service record is looked up as it is, which leads here too.
            _ if lower.ends_with(".arpa") || lower.starts_with('_') => Answer::NoName,
            _ => Answer::Nothing,
        }
    }

    pub(crate) fn on_mdns(&mut self, now: Time, from: SocketAddrV4, bytes: &[u8]) {
        // Everybody on a network talks to this group; what is no plain question is not ours.
        let Ok(query) = Query::parse(bytes) else { return };
        let phone = self.state.phone_at(*from.ip());
        if !(self.is_here(*from.ip()) && (self.config.any || self.is_known(phone))) {
            return;
        }
        let known = |family: &&profile::Family| family.announcements.iter().any(|a| fits(a, &query));
        let own = phone.and_then(|p| self.state.sessions.get(&p)).and_then(|s| s.family(&self.profiles));
        let family = own.filter(known).or_else(|| self.profiles.families().find(known));
        let announcement = family.and_then(|f| f.announcements.iter().find(|a| fits(a, &query)).cloned());
        if let Some(announcement) = &announcement {
            let instance = format!("Ringback.{}", announcement.service);
            let mut more = vec![
                Record::Srv(instance.clone(), HOST.to_owned(), announcement.port),
                Record::A(HOST.to_owned(), self.config.server),
            ];
            if !announcement.text.is_empty() {
                more.push(Record::Txt(instance.clone(), announcement.text.clone()));
            }
            let answer = Answer::Records(vec![Record::Ptr(announcement.service.clone(), instance)], more);
            // Who asks from another port knows nothing of the group (RFC 6762 §6.7).
            let legacy = from.port() != MDNS.port();
            let to = if legacy || query.unicast { from } else { MDNS };
            if let Some(bytes) = query.answer(&answer, !legacy) {
                self.tell(Output::Datagram { service: Service::Mdns, to, bytes });
            }
        }
        let service = escape_short(query.name.as_bytes(), KEPT);
        let session = phone.and_then(|p| self.state.sessions.get(&p));
        if session.is_some_and(|s| !s.sought.contains(&service)) {
            self.observe_limited(now, phone, Seen::ServiceSought { service, answered: announcement.is_some() });
        }
    }

    /// Whether an address is of the bench's own subnet.
    pub(crate) fn is_here(&self, address: Ipv4Addr) -> bool {
        let mask = u32::MAX.checked_shl(32 - u32::from(self.config.prefix.min(32))).unwrap_or(0);
        address.to_bits() & mask == self.config.server.to_bits() & mask
    }

    /// Whether there is reason to believe that this is a phone.
    pub(crate) fn is_known(&self, phone: Option<Mac>) -> bool {
        let Some(phone) = phone else { return false };
        let known = |s: &crate::session::Session| s.identified.grade >= Grade::Possible;
        self.config.allow.contains(&phone) || self.state.sessions.get(&phone).is_some_and(known)
    }
}

fn fits(announcement: &profile::Announcement, query: &Query) -> bool {
    matches!(query.kind, Kind::Ptr | Kind::Any) && announcement.service.eq_ignore_ascii_case(&query.name)
}
