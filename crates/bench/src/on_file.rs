//! Requests for files: TFTP's own, and those that a library has parsed. One path, one answer each.

use std::net::{Ipv4Addr, SocketAddrV4};

use proto::text::{escape, escape_short};
use proto::tftp::{Packet, Request, Rollover};
use proto::{Mac, Time};

use crate::bench::Bench;
use crate::identify::{Grade, evidence};
use crate::input::{Service, Ticket, TransferId, TransferNews};
use crate::observe::{Seen, Via};
use crate::output::Output;
use crate::plan::answer::{Answer, Refusal};
use crate::plan::overlay::{self, Laid};

/// The longest name that is kept in the journal.
const NAME_KEPT: usize = 255;

impl Bench {
    pub(crate) fn on_tftp(&mut self, now: Time, from: SocketAddrV4, bytes: &[u8]) {
        match Packet::parse(bytes) {
            Ok(Packet::Rrq(request)) => self.on_read(now, from, &request, bytes),
            Ok(Packet::Wrq(request)) => self.on_write(now, from, &request, bytes),
            // Nothing but a request belongs here; an answer to it could be made to bounce for ever.
            Ok(_) => {
                self.observe_limited(now, self.state.phone_at(*from.ip()), malformed("not a request".to_owned(), from))
            }
            Err(bad) => self.observe_limited(now, self.state.phone_at(*from.ip()), malformed(bad.to_string(), from)),
        }
    }

    fn on_read(&mut self, now: Time, from: SocketAddrV4, request: &Request<'_>, bytes: &[u8]) {
        let name = escape_short(request.name, NAME_KEPT);
        if self.is_repeat(from, &name) {
            return;
        }
        let (phone, answer, laid) = match self.decide(now, Via::Tftp, *from.ip(), request.name, &name, None) {
            Some(decided) => decided,
            None => return,
        };
        match answer {
            Answer::Serve { layer, content } => {
                let id = self.open(now, phone, Some(from), &name, content.size());
                let seen = self.served(&name, layer, &content);
                self.observe_limited(now, phone, seen);
                let quirks = self.quirks(phone, laid.as_ref());
                self.tell(Output::Transfer { id, peer: from, request: bytes.to_vec(), quirks, content });
            }
            Answer::Refuse(refusal) => {
                self.observe_limited(now, phone, refused(&name, &refusal));
                self.tell(Output::Datagram { service: Service::Tftp, to: from, bytes: error(&refusal) });
            }
            Answer::Ignore(why) => self.observe_limited(now, phone, Seen::FileIgnored { name, why: why.to_owned() }),
        }
    }

    /// A phone that heard nothing yet asks again from the same port; that is the same request. One that
    /// asks for something else, or again after the transfer has moved, has given the first one up.
    fn is_repeat(&mut self, from: SocketAddrV4, name: &str) -> bool {
        let Some(id) = self.by_peer.get(&from).copied() else { return false };
        let same = self.transfers.get(&id).is_some_and(|open| open.name == name);
        if same && self.half_open.contains(&id) {
            return true;
        }
        self.forget_transfer(id);
        self.tell(Output::DropTransfer(id));
        false
    }

    fn on_write(&mut self, now: Time, from: SocketAddrV4, request: &Request<'_>, bytes: &[u8]) {
        let name = escape_short(request.name, NAME_KEPT);
        let phone = self.state.phone_at(*from.ip());
        let normal = proto::tftp::normalise(request.name);
        let refusal = match (&normal, self.config.uploads) {
            (_, None) => Some(Refusal::WriteRefused),
            (Err(bad), _) => Some(Refusal::BadName(bad.to_string())),
            (Ok(_), Some(_)) if phone.is_none() && !self.config.any => Some(Refusal::WriteRefused),
            _ => None,
        };
        match (refusal, normal, self.config.uploads) {
            (None, Ok(normal), Some(limit)) => {
                let id = self.open(now, phone, Some(from), &name, 0);
                let name = normal.last().to_owned();
                self.tell(Output::Receive { id, peer: from, request: bytes.to_vec(), name, limit });
            }
            (refusal, ..) => {
                let refusal = refusal.unwrap_or(Refusal::WriteRefused);
                self.observe_limited(now, phone, refused(&name, &refusal));
                self.tell(Output::Datagram { service: Service::Tftp, to: from, bytes: error(&refusal) });
            }
        }
    }

    pub(crate) fn on_file_request(
        &mut self,
        now: Time,
        ticket: Ticket,
        via: Via,
        from: Ipv4Addr,
        raw: &[u8],
        user_agent: Option<&[u8]>,
    ) {
        let name = escape_short(raw, NAME_KEPT);
        let agent = user_agent.map(|a| escape_short(a, 200));
        let none = TransferId(0);
        let Some((phone, answer, _)) = self.decide(now, via, from, raw, &name, agent) else {
            self.tell(Output::Answer { ticket, id: none, answer: Err(None) });
            return;
        };
        match answer {
            Answer::Serve { layer, content } => {
                let id = self.open(now, phone, None, &name, content.size());
                let seen = self.served(&name, layer, &content);
                self.observe_limited(now, phone, seen);
                self.tell(Output::Answer { ticket, id, answer: Ok((layer, content)) });
            }
            Answer::Refuse(refusal) => {
                self.observe_limited(now, phone, refused(&name, &refusal));
                self.tell(Output::Answer { ticket, id: none, answer: Err(Some(refusal)) });
            }
            Answer::Ignore(why) => {
                self.observe_limited(now, phone, Seen::FileIgnored { name, why: why.to_owned() });
                self.tell(Output::Answer { ticket, id: none, answer: Err(None) });
            }
        }
    }

    /// Observes the request and decides. `None` when it is not kept and not answered.
    #[allow(clippy::type_complexity, reason = "the three are used together, once")]
    fn decide(
        &mut self,
        now: Time,
        via: Via,
        from: Ipv4Addr,
        raw: &[u8],
        name: &str,
        user_agent: Option<String>,
    ) -> Option<(Option<Mac>, Answer, Option<Laid>)> {
        let asked = Seen::FileAsked { via, name: name.to_owned(), from, user_agent };
        let phone = self.who_asks(from, name, &asked);
        let known = phone.is_some_and(|p| self.is_phone(p, &asked));
        if !known && !self.config.any {
            self.observe_limited(
                now,
                None,
                Seen::FileIgnored { name: name.to_owned(), why: format!("{from} is not known to be a phone (RB104)") },
            );
            return None;
        }
        self.observe_limited(now, phone, asked);
        let laid = phone.and_then(|p| self.laid_for(p));
        let answer = overlay::answer(&self.sight(phone, laid.as_ref()), raw);
        Some((phone, answer, laid))
    }

    /// By its lease or ARP; else by the MAC in the name, which is all that a phone with a fixed address shows.
    fn who_asks(&self, from: Ipv4Addr, name: &str, asked: &Seen) -> Option<Mac> {
        self.state.phone_at(from).or_else(|| {
            let mac = Mac::find_in(name)?;
            evidence(&self.profiles, mac, asked).iter().any(|e| e.grade >= Grade::Possible).then_some(mac)
        })
    }

    fn is_phone(&self, mac: Mac, asked: &Seen) -> bool {
        self.config.allow.contains(&mac)
            || self.state.sessions.get(&mac).is_some_and(|s| s.identified.grade >= Grade::Possible)
            || evidence(&self.profiles, mac, asked).iter().any(|e| e.grade >= Grade::Possible)
    }

    fn quirks(&self, phone: Option<Mac>, _laid: Option<&Laid>) -> proto::tftp::Quirks {
        let mut quirks = self.config.quirks;
        let family = phone.and_then(|p| self.state.sessions.get(&p)).and_then(|s| s.family(&self.profiles));
        if let Some(family) = family {
            quirks.refuse_options = family.tftp.refuse_options;
            quirks.max_blksize = family.tftp.max_blksize;
            quirks.max_windowsize = family.tftp.max_windowsize;
            quirks.rollover = if family.tftp.rollover == 1 { Rollover::One } else { Rollover::Zero };
        }
        quirks
    }

    pub(crate) fn on_transfer(&mut self, now: Time, id: TransferId, news: TransferNews) {
        match news {
            TransferNews::Progress { bytes, size } => {
                if let Some(open) = self.transfers.get_mut(&id) {
                    open.bytes = bytes;
                    open.size = size;
                }
                if bytes > 0 {
                    self.half_open.remove(&id);
                }
            }
            TransferNews::Done { bytes, repeats } => {
                let Some(open) = self.forget_transfer(id) else { return };
                let millis = u64::try_from(now.since(open.began).as_millis()).unwrap_or(u64::MAX);
                self.observe_limited(now, open.phone, Seen::FileDone { name: open.name, bytes, millis, repeats });
            }
            TransferNews::Failed { bytes, why } => {
                let Some(open) = self.forget_transfer(id) else { return };
                let why = escape(why.as_bytes());
                self.observe_limited(now, open.phone, Seen::FileFailed { name: open.name, bytes, why });
            }
        }
    }
}

fn malformed(what: String, from: SocketAddrV4) -> Seen {
    Seen::Malformed { service: "TFTP".to_owned(), what: format!("{what} (from {from})") }
}

fn refused(name: &str, refusal: &Refusal) -> Seen {
    Seen::FileRefused { name: name.to_owned(), code: refusal.code().to_owned(), why: refusal.words() }
}

/// The ERROR packet; its text says no more than the phone's own words for it.
fn error(refusal: &Refusal) -> Vec<u8> {
    let code = refusal.tftp();
    Packet::Error { code, text: code.name().as_bytes() }.to_vec()
}
