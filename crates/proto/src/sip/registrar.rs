//! A registrar that takes any phone, and what it may want of a registered one (RFC 3261 §10, RFC 3265).
//!
//! REGISTER and OPTIONS get 200. A call gets 404: there is nobody to be called, and nothing is forwarded to anybody.
//! To a registered phone a NOTIFY can be sent ([`Registrar::notify`]): read the configuration again, start again.
//! Answers go where old phones listen: to the port of `Via`, unless they ask for the one that they sent from
//! (RFC 3581), since a 7960 sends from another port than the one that it listens on.
//!
//! Not here: SUBSCRIBE (whoever serves events looks at it first), authentication, TCP.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddrV4;
use std::time::Duration;

use super::message::{MAGIC_COOKIE, Message};
use super::{NameAddr, Uri};
use crate::Time;

/// Phones registered at once; beyond that the one that has not been heard of for longest is forgotten.
pub const MAX_BINDINGS: usize = 512;
/// NOTIFYs under way at once.
pub const MAX_PENDING: usize = 64;
/// The longest stay that is granted, seconds; phones ask for 3600.
const MAX_EXPIRES: u32 = 3_600;
/// First wait for an answer to a NOTIFY (RFC 3261, T1); each further one is twice as long.
const T1: Duration = Duration::from_millis(500);
/// The longest of these waits (T2).
const T2: Duration = Duration::from_secs(4);
/// A NOTIFY without an answer is given up after this long (64 × T1).
const GIVE_UP: Duration = Duration::from_secs(32);
/// The port of a URI or a `Via` that names none.
const PORT: u16 = 5060;

/// A phone that is registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// `user@host` of its `To`, escaped; for a phone without an account its own name.
    pub aor: String,
    /// Its `Contact`'s URI, as it came.
    pub contact: String,
    /// Where requests for it go.
    pub at: SocketAddrV4,
    /// Its `User-Agent`, escaped.
    pub user_agent: String,
    /// `+u.sip!model.ccm.cisco.com` of its contact: its device type by a call manager's count.
    pub device_type: Option<u32>,
    /// `+sip.instance` of its contact, escaped.
    pub instance: String,
    /// Until when.
    pub until: Time,
    from_tag: String,
    cseq: u32,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A phone registered, or registered again.
    Registered(Binding),
    /// A phone signed off.
    Unregistered {
        /// Which.
        aor: String,
    },
    /// It answered a NOTIFY.
    Answered {
        /// Which.
        aor: String,
        /// With this status.
        code: u16,
    },
    /// It did not.
    Unanswered {
        /// Which.
        aor: String,
    },
    /// It wanted something that is not done here.
    Declined {
        /// The method.
        method: String,
        /// The status that it got.
        code: u16,
    },
}

/// What a phone can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// `check-sync`: read the configuration again; start again if it has changed.
    CheckSync,
    /// `service-control`: read the configuration again.
    Restart,
    /// `service-control`: start again.
    Reset,
}

#[derive(Clone, Debug)]
struct Pending {
    aor: String,
    to: SocketAddrV4,
    bytes: Vec<u8>,
    wait: Duration,
    again: Time,
    until: Time,
}

/// The registrar. After each `handle…` drain [`Registrar::poll_event`] and [`Registrar::poll_transmit`].
#[derive(Clone, Debug)]
pub struct Registrar {
    here: SocketAddrV4,
    expires: u32,
    bindings: BTreeMap<String, Binding>,
    /// NOTIFYs without an answer yet, by their branch.
    pending: BTreeMap<String, Pending>,
    made: u64,
    seed: u64,
    events: VecDeque<Event>,
    out: VecDeque<(SocketAddrV4, Vec<u8>)>,
}

impl Registrar {
    /// A registrar at this address; a stay of `expires` seconds is granted at most. The seed makes its tags.
    pub fn new(here: SocketAddrV4, expires: u32, seed: u64) -> Registrar {
        Registrar {
            here,
            expires: expires.min(MAX_EXPIRES),
            bindings: BTreeMap::new(),
            pending: BTreeMap::new(),
            made: 0,
            seed,
            events: VecDeque::new(),
            out: VecDeque::new(),
        }
    }

    /// A message that was read from a datagram of `from`.
    pub fn handle(&mut self, now: Time, from: SocketAddrV4, message: &Message) {
        let Some(method) = message.method() else { return self.answered(message) };
        match method {
            "REGISTER" => self.register(now, from, message),
            "OPTIONS" | "NOTIFY" => self.answer(from, message, 200, "OK", &[]),
            // An ACK ends the transaction of a refused INVITE and gets no answer.
            "ACK" => {}
            "INVITE" => self.decline(from, message, 404, "Not Found"),
            "BYE" | "CANCEL" => self.decline(from, message, 481, "Call/Transaction Does Not Exist"),
            "SUBSCRIBE" => self.decline(from, message, 489, "Bad Event"),
            _ => self.decline(from, message, 405, "Method Not Allowed"),
        }
    }

    /// Tells a registered phone something; `false` if it is not registered, or too much is under way.
    pub fn notify(&mut self, now: Time, aor: &str, notice: Notice) -> bool {
        if self.pending.len() >= MAX_PENDING {
            return false;
        }
        let (branch, call) = (format!("{MAGIC_COOKIE}{}", self.token()), self.token());
        let here = self.here;
        let Some(binding) = self.bindings.get_mut(aor) else { return false };
        binding.cseq += 1;
        let (event, body) = match notice {
            Notice::CheckSync => ("check-sync", String::new()),
            Notice::Restart | Notice::Reset => {
                let action = if notice == Notice::Reset { "reset" } else { "restart" };
                ("service-control", format!("action={action}\r\nRegisterCallId={{}}\r\nConfigVersionStamp={{}}\r\n"))
            }
        };
        let mut message = Message::request("NOTIFY", &binding.contact)
            .with("Via", &format!("SIP/2.0/UDP {here};branch={branch}"))
            .with("Max-Forwards", "70")
            .with("From", &format!("<sip:ringback@{}>;tag={}", here.ip(), binding.from_tag))
            .with("To", &format!("<{}>", binding.contact))
            .with("Call-ID", &format!("{call}@{}", here.ip()))
            .with("CSeq", &format!("{} NOTIFY", binding.cseq))
            .with("Contact", &format!("<sip:ringback@{here}>"))
            .with("Event", event)
            .with("Subscription-State", "active");
        if !body.is_empty() {
            message = message.with_body("text/plain", body);
        }
        let bytes = message.to_vec();
        self.out.push_back((binding.at, bytes.clone()));
        let pending =
            Pending { aor: aor.to_owned(), to: binding.at, bytes, wait: T1, again: now + T1, until: now + GIVE_UP };
        self.pending.insert(branch, pending);
        true
    }

    /// The time of [`Registrar::poll_timeout`] has come.
    pub fn handle_timeout(&mut self, now: Time) {
        let due: Vec<String> = self.pending.iter().filter(|p| p.1.again <= now).map(|p| p.0.clone()).collect();
        for branch in due {
            let Some(pending) = self.pending.get_mut(&branch) else { continue };
            if now >= pending.until {
                let aor = pending.aor.clone();
                self.pending.remove(&branch);
                self.events.push_back(Event::Unanswered { aor });
                continue;
            }
            self.out.push_back((pending.to, pending.bytes.clone()));
            pending.wait = (pending.wait * 2).min(T2);
            pending.again = (now + pending.wait).min(pending.until);
        }
        self.bindings.retain(|_, b| b.until > now);
    }

    /// The next thing to tell; drain until `None`.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// The next datagram to send; drain until `None`.
    pub fn poll_transmit(&mut self) -> Option<(SocketAddrV4, Vec<u8>)> {
        self.out.pop_front()
    }

    /// When to call [`Registrar::handle_timeout`], and why.
    pub fn poll_timeout(&self) -> Option<(Time, &'static str)> {
        let again = self.pending.values().map(|p| p.again).min();
        again.map(|at| (at, "a phone has not answered a NOTIFY"))
    }

    /// The phones that are registered.
    pub fn bindings(&self) -> impl Iterator<Item = &Binding> {
        self.bindings.values()
    }

    fn register(&mut self, now: Time, from: SocketAddrV4, message: &Message) {
        let Some(to) = message.to() else { return self.decline(from, message, 400, "No To") };
        let aor = to.parts().map_or_else(|| to.uri.clone(), |uri| format!("{}@{}", uri.user, uri.host));
        let contact = message.header("Contact").unwrap_or_default();
        let asked = NameAddr::parse(contact).and_then(|c| c.params.get("expires").and_then(|e| e.parse().ok()));
        let asked = asked.or_else(|| std::str::from_utf8(message.header("Expires")?).ok()?.parse::<u32>().ok());
        let granted = asked.unwrap_or(MAX_EXPIRES).min(self.expires);
        if granted == 0 {
            self.bindings.remove(&aor);
            self.answer(from, message, 200, "OK", &[]);
            return self.events.push_back(Event::Unregistered { aor });
        }
        // A URI with blanks in it could not be written into a request.
        let plain = |c: &NameAddr| c.uri.bytes().all(|b| b.is_ascii_graphic());
        let Some(contact) = NameAddr::parse(contact).filter(plain) else {
            // A question for what is registered (RFC 3261 §10.2.3).
            let known = self.bindings.get(&aor).map(|b| ("Contact", format!("<{}>", b.contact)));
            return self.answer(from, message, 200, "OK", known.as_slice());
        };
        let port = contact.parts().and_then(|uri: Uri| uri.port).unwrap_or(PORT);
        let from_tag = match self.bindings.get(&aor) {
            Some(known) => known.from_tag.clone(),
            None => self.token(),
        };
        let cseq = self.bindings.get(&aor).map_or(0, |b| b.cseq);
        let binding = Binding {
            aor: aor.clone(),
            contact: contact.uri.clone(),
            // Nobody but the sender: a contact could name anybody.
            at: SocketAddrV4::new(*from.ip(), port),
            user_agent: message.header("User-Agent").map(|v| crate::text::escape_short(v, 200)).unwrap_or_default(),
            device_type: contact.params.get("+u.sip!model.ccm.cisco.com").and_then(|n| n.parse().ok()),
            instance: contact.params.get("+sip.instance").unwrap_or_default().to_owned(),
            until: now + Duration::from_secs(u64::from(granted)),
            from_tag,
            cseq,
        };
        if self.bindings.len() >= MAX_BINDINGS && !self.bindings.contains_key(&aor) {
            let oldest = self.bindings.values().min_by_key(|b| b.until).map(|b| b.aor.clone());
            oldest.and_then(|aor| self.bindings.remove(&aor));
        }
        let extra = [("Contact", format!("<{}>;expires={granted}", contact.uri)), ("Expires", granted.to_string())];
        self.answer(from, message, 200, "OK", &extra);
        self.bindings.insert(aor, binding.clone());
        self.events.push_back(Event::Registered(binding));
    }

    fn answered(&mut self, message: &Message) {
        let Some(code) = message.code().filter(|c| *c >= 200) else { return };
        let branch = message.via().and_then(|via| via.branch().map(str::to_owned));
        if let Some(pending) = branch.and_then(|branch| self.pending.remove(&branch)) {
            self.events.push_back(Event::Answered { aor: pending.aor, code });
        }
    }

    fn decline(&mut self, from: SocketAddrV4, message: &Message, code: u16, reason: &str) {
        let method = message.method().unwrap_or_default().to_owned();
        self.answer(from, message, code, reason, &[]);
        self.events.push_back(Event::Declined { method, code });
    }

    fn answer(&mut self, from: SocketAddrV4, message: &Message, code: u16, reason: &str, extra: &[(&str, String)]) {
        let tag = self.token();
        let mut answer = message.answer(code, reason, &tag);
        let Some(to) = reply_to(from, &mut answer) else { return };
        answer.headers.push("Allow", "REGISTER, OPTIONS, NOTIFY, SUBSCRIBE");
        answer.headers.push("Server", "Ringback");
        for (name, value) in extra {
            answer.headers.push(name, value);
        }
        self.out.push_back((to, answer.to_vec()));
    }

    /// A short text that has not been made before and cannot well be guessed from those that were (SplitMix64).
    fn token(&mut self) -> String {
        self.made += 1;
        let mut z = self.seed.wrapping_add(self.made.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        format!("rb{:016x}", z ^ (z >> 31))
    }
}

/// Where an answer goes (RFC 3261 §18.2.2, RFC 3581 §4), always to the host that asked; its topmost `Via` is given
/// `received` and `rport` where they belong. `None` for a request without a `Via`.
pub fn reply_to(from: SocketAddrV4, answer: &mut Message) -> Option<SocketAddrV4> {
    let via = answer.via()?;
    let top = answer.header("Via")?.to_vec();
    // Only the first of several entries in one line is touched; phones on one cable send one.
    let mut top = match top.iter().position(|b| *b == b',') {
        Some(_) if via.params.get("received").is_some() => return Some(SocketAddrV4::new(*from.ip(), from.port())),
        _ => top,
    };
    if via.host != from.ip().to_string() && via.params.get("received").is_none() {
        top.extend_from_slice(format!(";received={}", from.ip()).as_bytes());
    }
    let port = if via.wants_rport() { from.port() } else { via.port.unwrap_or(PORT) };
    if via.params.get("rport") == Some("") {
        top = fill_rport(&top, from.port());
    }
    answer.headers.replace_first("Via", &top);
    Some(SocketAddrV4::new(*from.ip(), port))
}

fn fill_rport(via: &[u8], port: u16) -> Vec<u8> {
    let lower = via.to_ascii_lowercase();
    let Some(at) = lower.windows(6).position(|w| w == b";rport") else { return via.to_vec() };
    let (before, after) = via.split_at(at + 6);
    // `;rport=` without a value is filled as well.
    let after = after.strip_prefix(b"=").unwrap_or(after);
    let mut out = before.to_vec();
    out.extend_from_slice(format!("={port}").as_bytes());
    out.extend_from_slice(after);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: SocketAddrV4 = SocketAddrV4::new(std::net::Ipv4Addr::new(10, 0, 0, 1), 5060);
    const PHONE: SocketAddrV4 = SocketAddrV4::new(std::net::Ipv4Addr::new(10, 0, 0, 20), 49_170);

    fn request(method: &str, via: &str, contact: &str) -> Message {
        let m = Message::request(method, "sip:10.0.0.1")
            .with("Via", via)
            .with("From", "<sip:7960@10.0.0.1>;tag=0011bb73ad61")
            .with("To", "<sip:7960@10.0.0.1>")
            .with("Call-ID", "0011bb73-ad61@10.0.0.20")
            .with("CSeq", &format!("101 {method}"))
            .with("User-Agent", "Cisco-CP7960G/8.0");
        if contact.is_empty() { m } else { m.with("Contact", contact) }
    }

    fn registrar() -> Registrar {
        Registrar::new(HERE, 120, 7)
    }

    fn sent(r: &mut Registrar) -> Vec<(SocketAddrV4, Message)> {
        std::iter::from_fn(|| r.poll_transmit()).map(|(to, b)| (to, Message::parse(&b).unwrap())).collect()
    }

    const CONTACT: &str = "<sip:7960@10.0.0.20:5060;transport=udp>;+sip.instance=\"<urn:uuid:0011bb73ad61>\";+u.sip!model.ccm.cisco.com=\"7\"";

    #[test]
    fn a_7960_is_answered_on_its_via_port_and_not_where_it_sent_from() {
        let mut r = registrar();
        r.handle(Time::ZERO, PHONE, &request("REGISTER", "SIP/2.0/UDP 10.0.0.20:5060;branch=z9hG4bK1", CONTACT));
        let answers = sent(&mut r);
        let [(to, answer)] = answers.as_slice() else { panic!("{answers:?}") };
        assert_eq!((to.to_string().as_str(), answer.code()), ("10.0.0.20:5060", Some(200)));
        assert_eq!(answer.header("Expires"), Some(&b"120"[..]));
        assert!(answer.to().is_some_and(|to| to.tag().is_some()));
        let Some(Event::Registered(b)) = r.poll_event() else { panic!("registered") };
        assert_eq!(
            (b.aor.as_str(), b.device_type, b.user_agent.as_str()),
            ("7960@10.0.0.1", Some(7), "Cisco-CP7960G/8.0")
        );
    }

    #[test]
    fn who_asks_for_rport_is_answered_where_it_sent_from() {
        let mut r = registrar();
        r.handle(Time::ZERO, PHONE, &request("OPTIONS", "SIP/2.0/UDP 192.168.1.9;rport;branch=z9hG4bK1", ""));
        let answers = sent(&mut r);
        let [(to, answer)] = answers.as_slice() else { panic!("{answers:?}") };
        assert_eq!(*to, PHONE);
        let via = answer.via().unwrap();
        assert_eq!((via.params.get("rport"), via.params.get("received")), (Some("49170"), Some("10.0.0.20")));
    }

    #[test]
    fn a_notify_is_repeated_until_it_is_answered() {
        let mut r = registrar();
        assert!(!r.notify(Time::ZERO, "7960@10.0.0.1", Notice::CheckSync), "nobody is registered");
        r.handle(Time::ZERO, PHONE, &request("REGISTER", "SIP/2.0/UDP 10.0.0.20", CONTACT));
        sent(&mut r);
        r.poll_event();
        assert!(r.notify(Time::ZERO, "7960@10.0.0.1", Notice::CheckSync));
        let (to, notify) = sent(&mut r).remove(0);
        assert_eq!((to.to_string().as_str(), notify.header("Event")), ("10.0.0.20:5060", Some(&b"check-sync"[..])));
        r.handle_timeout(Time::from_millis(500));
        assert_eq!(sent(&mut r), [(to, notify.clone())]);
        assert_eq!(r.poll_timeout().map(|t| t.0), Some(Time::from_millis(1_500)));
        r.handle(Time::from_millis(600), to, &notify.answer(200, "OK", "x"));
        assert_eq!(r.poll_event(), Some(Event::Answered { aor: "7960@10.0.0.1".into(), code: 200 }));
        assert_eq!(r.poll_timeout(), None);
        assert!(r.notify(Time::from_secs(1), "7960@10.0.0.1", Notice::Reset));
        assert!(sent(&mut r).remove(0).1.body.starts_with(b"action=reset\r\n"));
        let mut at = Time::from_secs(1);
        while let Some((next, _)) = r.poll_timeout() {
            assert!(next > at);
            at = next;
            r.handle_timeout(at);
        }
        assert_eq!(at, Time::from_secs(33));
        assert_eq!(r.poll_event(), Some(Event::Unanswered { aor: "7960@10.0.0.1".into() }));
    }

    #[test]
    fn nothing_is_forwarded_and_nobody_else_is_written_to() {
        let mut r = registrar();
        let far = "<sip:7960@203.0.113.9:5060>";
        r.handle(Time::ZERO, PHONE, &request("REGISTER", "SIP/2.0/UDP 203.0.113.9", far));
        r.handle(Time::ZERO, PHONE, &request("INVITE", "SIP/2.0/UDP 203.0.113.9", far));
        r.notify(Time::ZERO, "7960@10.0.0.1", Notice::Restart);
        let sent = sent(&mut r);
        assert_eq!(sent.iter().map(|s| s.1.code()).collect::<Vec<_>>(), [Some(200), Some(404), None]);
        assert!(sent.iter().all(|s| s.0.ip() == PHONE.ip()), "{sent:?}");
        r.handle(Time::ZERO, PHONE, &request("REGISTER", "SIP/2.0/UDP 10.0.0.20", &format!("{far};expires=0")));
        assert_eq!(r.bindings().count(), 0);
    }

    #[test]
    fn registrations_are_bounded_and_run_out() {
        let mut r = registrar();
        for n in 0..MAX_BINDINGS + 5 {
            let mut m = request("REGISTER", "SIP/2.0/UDP 10.0.0.20", CONTACT);
            m.headers.replace_first("To", format!("<sip:{n}@10.0.0.1>").as_bytes());
            r.handle(Time::from_millis(n as u64), PHONE, &m);
        }
        assert_eq!(r.bindings().count(), MAX_BINDINGS);
        r.handle_timeout(Time::from_secs(200));
        assert_eq!(r.bindings().count(), 0);
    }
}
