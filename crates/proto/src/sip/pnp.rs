//! SIP PnP: a phone that starts asks the group 224.0.1.75 where its configuration is, and is told a URL.
//!
//! The question is a SUBSCRIBE to the event `ua-profile` (RFC 6080 describes its relatives). The answer is 200, and
//! a NOTIFY of which the URL is the whole body, without a line end. Phones of many makers ask so, in many shapes:
//! the MAC in the URI behind `MAC`, `MAC%3a`, `MAC:` or `MAC=`, or nowhere; `profile-type` `device` or
//! `application`; from port 5059, 5060 or 5080. All of them are read.
//!
//! What is not here: which URL a phone is told, and whether it is answered at all.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddrV4;
use std::time::Duration;

use super::message::{MAGIC_COOKIE, Message};
use super::registrar::reply_to;
use super::{NameAddr, Params, Uri};
use crate::text::escape_short;
use crate::{Mac, Time};

/// Questions remembered at once; beyond that the oldest is forgotten.
pub const MAX_REMEMBERED: usize = 2_048;
/// First wait for an answer to the NOTIFY (RFC 3261, T1); each further one is twice as long.
const T1: Duration = Duration::from_millis(500);
/// Without an answer it is given up after this long: phones ask for five seconds.
const GIVE_UP: Duration = Duration::from_secs(8);
/// A question is known again for this long.
const REMEMBER: Duration = Duration::from_secs(32);
/// Answers to the same question: more are only good to keep somebody busy.
const ANSWERS: u32 = 8;
/// Longest text kept of what a phone says of itself, characters.
const KEPT: usize = 120;

/// What a phone says of itself in its question. Texts are escaped; what it does not say is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Question {
    /// Its MAC, if the URI or `From` holds one.
    pub mac: Option<Mac>,
    /// `vendor` of the event.
    pub vendor: String,
    /// `model` of the event: the platform's own name for it.
    pub model: String,
    /// `version` of the event.
    pub version: String,
    /// `profile-type` of the event: `device` or `application`.
    pub profile: String,
    /// `User-Agent`.
    pub user_agent: String,
}

impl Question {
    /// Reads a message; `None` when it is no question for provisioning.
    pub fn read(message: &Message) -> Option<Question> {
        if message.method() != Some("SUBSCRIBE") {
            return None;
        }
        let event = message.header("Event")?;
        let end = event.iter().position(|b| *b == b';').unwrap_or(event.len());
        let (name, params) = (event.get(..end)?.trim_ascii(), Params::parse(event.get(end..)?));
        if !name.eq_ignore_ascii_case(b"ua-profile") {
            return None;
        }
        let said = |name: &str| params.get(name).map(|v| escape_short(v.as_bytes(), KEPT)).unwrap_or_default();
        let from_uri = message.uri().and_then(mac_in);
        let from_header = || message.header("From").and_then(mac_in);
        Some(Question {
            mac: from_uri.or_else(from_header),
            vendor: said("vendor"),
            model: said("model"),
            version: said("version"),
            profile: said("profile-type"),
            user_agent: message.header("User-Agent").map(|v| escape_short(v, KEPT)).unwrap_or_default(),
        })
    }
}

/// The MAC in the user part of a URI: `sip:MAC%3a001565aabbcc@224.0.1.75`.
fn mac_in(uri: &[u8]) -> Option<Mac> {
    let text = escape_short(uri, 200);
    let user = text.split('@').next().filter(|_| text.contains('@'))?;
    let user = user.rsplit_once("sip:").or_else(|| user.rsplit_once("sips:")).map_or(user, |u| u.1);
    let lower = user.to_ascii_lowercase();
    let rest = lower.strip_prefix("mac").unwrap_or(&lower);
    let rest = rest.strip_prefix("%3a").unwrap_or(rest).trim_start_matches([':', '=']);
    let rest = rest.replace("%3a", ":");
    let digits = rest.chars().filter(char::is_ascii_hexdigit).count();
    // Another number that is as long is no MAC of anybody.
    (digits == 12).then(|| rest.parse().ok()).flatten().filter(|m: &Mac| *m != Mac::ZERO && !m.0.starts_with(&[1]))
}

/// What became of a NOTIFY.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// To whom it was sent.
    pub to: SocketAddrV4,
    /// The status of the phone's answer; `None` when it gave none.
    pub code: Option<u16>,
}

#[derive(Clone, Debug)]
struct Known {
    /// The two datagrams that answer the question.
    ok: (SocketAddrV4, Vec<u8>),
    notify: (SocketAddrV4, Vec<u8>),
    branch: String,
    answers: u32,
    /// When the NOTIFY is sent again, and the wait after that; none once it was answered or given up.
    again: Option<(Time, Duration)>,
    until: Time,
    forget: Time,
}

/// Answers questions. After each `handle…` drain [`Notifier::poll_transmit`] and [`Notifier::poll_told`].
#[derive(Clone, Debug)]
pub struct Notifier {
    here: SocketAddrV4,
    seed: u64,
    made: u64,
    /// By the asker's address and the question's Call-ID.
    known: BTreeMap<(SocketAddrV4, Vec<u8>), Known>,
    by_branch: BTreeMap<String, (SocketAddrV4, Vec<u8>)>,
    told: VecDeque<Told>,
    out: VecDeque<(SocketAddrV4, Vec<u8>)>,
}

impl Notifier {
    /// A notifier at this address. The seed makes its tags.
    pub fn new(here: SocketAddrV4, seed: u64) -> Notifier {
        Notifier {
            here,
            seed,
            made: 0,
            known: BTreeMap::new(),
            by_branch: BTreeMap::new(),
            told: VecDeque::new(),
            out: VecDeque::new(),
        }
    }

    /// Whether this question was answered already: it is a repeat, since a datagram was lost.
    pub fn is_repeat(&self, from: SocketAddrV4, message: &Message) -> bool {
        self.known.contains_key(&key(from, message))
    }

    /// Answers a question with this URL. A repeat gets the same answer once more.
    pub fn handle(&mut self, now: Time, from: SocketAddrV4, message: &Message, url: &str) {
        let key = key(from, message);
        if let Some(known) = self.known.get_mut(&key) {
            known.answers += 1;
            if known.answers <= ANSWERS {
                self.out.push_back(known.ok.clone());
                self.out.push_back(known.notify.clone());
            }
            return;
        }
        self.make_room(now);
        let tag = self.token();
        let mut answer = message.answer(200, "OK", &tag);
        let to = reply_to(from, &mut answer).unwrap_or(from);
        let answer =
            answer.with("Contact", &format!("<sip:{}>", self.here)).with("Expires", "0").with("Server", "Ringback");
        let contact = message.header("Contact").and_then(NameAddr::parse);
        let at = contact.as_ref().and_then(NameAddr::parts).and_then(|uri: Uri| uri.port);
        // Nobody but the sender: a contact could name anybody.
        let notified = SocketAddrV4::new(*from.ip(), at.unwrap_or(to.port()));
        let uri = contact.map_or_else(|| format!("sip:{notified}"), |c| c.uri);
        let branch = format!("{MAGIC_COOKIE}{}", self.token());
        let (me, you) = (answer.header("To").unwrap_or_default().to_vec(), message.header("From").unwrap_or_default());
        let call = message.header("Call-ID").unwrap_or_default();
        let mut notify = Message::request("NOTIFY", uri.trim());
        notify.headers.push("Via", &format!("SIP/2.0/UDP {};branch={branch}", self.here));
        notify.headers.push("Max-Forwards", "20");
        notify.headers.push_bytes(b"From", &me);
        notify.headers.push_bytes(b"To", you);
        notify.headers.push_bytes(b"Call-ID", call);
        notify.headers.push("CSeq", "1 NOTIFY");
        notify.headers.push("Contact", &format!("<sip:{}>", self.here));
        notify.headers.push("Event", "ua-profile");
        notify.headers.push("Subscription-State", "terminated;reason=timeout");
        notify.headers.push("Content-Type", "application/url");
        notify.body = url.as_bytes().to_vec();
        let known = Known {
            ok: (to, answer.to_vec()),
            notify: (notified, notify.to_vec()),
            branch: branch.clone(),
            answers: 1,
            again: Some((now + T1, T1 * 2)),
            until: now + GIVE_UP,
            forget: now + REMEMBER,
        };
        self.out.push_back(known.ok.clone());
        self.out.push_back(known.notify.clone());
        self.by_branch.insert(branch, key.clone());
        self.known.insert(key, known);
    }

    /// Takes an answer to a NOTIFY of this notifier; `false` when it is one to something else.
    pub fn handle_answer(&mut self, message: &Message) -> bool {
        let branch = message.via().and_then(|via| via.branch().map(str::to_owned));
        let Some(key) = branch.and_then(|b| self.by_branch.get(&b)) else { return false };
        let Some(known) = self.known.get_mut(key) else { return false };
        let code = message.code().filter(|c| *c >= 200);
        if let (Some(_), Some(_)) = (code, known.again.take()) {
            self.told.push_back(Told { to: known.notify.0, code });
        }
        true
    }

    /// The time of [`Notifier::poll_timeout`] has come.
    pub fn handle_timeout(&mut self, now: Time) {
        for known in self.known.values_mut() {
            let Some((at, wait)) = known.again.filter(|a| a.0 <= now) else { continue };
            if at >= known.until {
                known.again = None;
                self.told.push_back(Told { to: known.notify.0, code: None });
                continue;
            }
            self.out.push_back(known.notify.clone());
            known.again = Some(((now + wait).min(known.until), wait * 2));
        }
    }

    /// The next datagram to send; drain until `None`.
    pub fn poll_transmit(&mut self) -> Option<(SocketAddrV4, Vec<u8>)> {
        self.out.pop_front()
    }

    /// What became of a NOTIFY; drain until `None`.
    pub fn poll_told(&mut self) -> Option<Told> {
        self.told.pop_front()
    }

    /// When to call [`Notifier::handle_timeout`], and why.
    pub fn poll_timeout(&self) -> Option<(Time, &'static str)> {
        let again = self.known.values().filter_map(|k| k.again).map(|a| a.0).min();
        again.map(|at| (at, "a phone has not answered where its configuration is"))
    }

    fn make_room(&mut self, now: Time) {
        if self.known.len() < MAX_REMEMBERED {
            return;
        }
        let before = self.known.len();
        self.known.retain(|_, k| k.forget > now);
        if self.known.len() == before
            && let Some(oldest) = self.known.iter().min_by_key(|k| k.1.forget).map(|k| k.0.clone())
        {
            self.known.remove(&oldest);
        }
        let known = &self.known;
        self.by_branch.retain(|branch, key| known.get(key).is_some_and(|k| k.branch == *branch));
    }

    /// A short text that has not been made before and cannot well be guessed from those that were (SplitMix64).
    fn token(&mut self) -> String {
        self.made += 1;
        let mut z = self.seed.wrapping_add(self.made.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        format!("pnp{:016x}", z ^ (z >> 31))
    }
}

fn key(from: SocketAddrV4, message: &Message) -> (SocketAddrV4, Vec<u8>) {
    (from, message.header("Call-ID").unwrap_or_default().to_vec())
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const HERE: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 1), 5060);

    /// A question as a phone of this make sends it.
    fn question(uri: &str, event: &str, port: u16, agent: &str) -> String {
        format!(
            "SUBSCRIBE {uri} SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.20:{port};branch=z9hG4bK1104\r\n\
             From: <{uri}>;tag=1105\r\nTo: <{uri}>\r\nCall-ID: 7@10.0.0.20\r\nCSeq: 1 SUBSCRIBE\r\n\
             Contact: <{contact}>\r\nMax-Forwards: 70\r\nUser-Agent: {agent}\r\nExpires: 0\r\n\
             Event: {event}\r\nAccept: application/url\r\nContent-Length: 0\r\n\r\n",
            contact = uri.replace("224.0.1.75", &format!("10.0.0.20:{port}"))
        )
    }

    fn phone(port: u16) -> SocketAddrV4 {
        SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 20), port)
    }

    fn sent(notifier: &mut Notifier) -> Vec<(SocketAddrV4, Message)> {
        std::iter::from_fn(|| notifier.poll_transmit()).map(|(to, b)| (to, Message::parse(&b).unwrap())).collect()
    }

    const T21: &str = "ua-profile;profile-type=\"device\";vendor=\"Yealink\";model=\"T21D\";version=\"34.72.14.6\"";

    #[test]
    fn every_makers_shape_is_read_and_answered() {
        let mac: Mac = "00:15:65:12:34:56".parse().unwrap();
        for (uri, event, port, agent, says) in [
            (
                "sip:MAC001565123456@224.0.1.75",
                T21,
                5059,
                "Yealink SIP-T21P 34.72.14.6",
                (Some(mac), "Yealink", "T21D"),
            ),
            (
                "sip:MAC%3a001565123456@224.0.1.75",
                "ua-profile;profile-type=\"device\";vendor=\"yealink\";model=\"T53W\";version=\"96.87.0.15\"",
                5060,
                "Yealink SIP-T53W 96.87.0.15 00:15:65:12:34:56",
                (Some(mac), "yealink", "T53W"),
            ),
            (
                "sip:MAC%3A001565123456@224.0.1.75",
                "ua-profile;profile-type=\"device\";vendor=\"snom\";model=\"snom370\";version=\"8.7.5.35\"",
                5060,
                "snom370/8.7.5.35",
                (Some(mac), "snom", "snom370"),
            ),
            (
                "sip:MAC%3A001565123456@224.0.1.75",
                "ua-profile;profile-type=\"device\";vendor=\"Grandstream\";model=\"GRP2612W\";version=\"1.0.5.67\"",
                5080,
                "Grandstream GRP2612W 1.0.5.67",
                (Some(mac), "Grandstream", "GRP2612W"),
            ),
            (
                "sip:MAC%3A001565123456@224.0.1.75",
                "ua-profile;profile-type=\"device\";vendor=\"Fanvil\";model=\"X5U\";version=\"2.12.16\"",
                5060,
                "Fanvil X5U 2.12.16",
                (Some(mac), "Fanvil", "X5U"),
            ),
            ("sip:MAC=001565123456@224.0.1.75", "ua-profile;profile-type=\"device\"", 5060, "", (Some(mac), "", "")),
            (
                "sip:224.0.1.75:5060",
                "ua-profile;profile-type=\"application\";model=\"440HD\";version=\"2.2.2\"",
                5060,
                "",
                (None, "", "440HD"),
            ),
        ] {
            let message = Message::parse(question(uri, event, port, agent).as_bytes()).unwrap();
            let read = Question::read(&message).unwrap();
            assert_eq!((read.mac, read.vendor.as_str(), read.model.as_str()), says, "{uri}");
            let mut notifier = Notifier::new(HERE, 1);
            notifier.handle(Time::ZERO, phone(port), &message, "http://10.0.0.1/");
            let sent = sent(&mut notifier);
            let [(ok_to, ok), (notify_to, notify)] = sent.as_slice() else { panic!("{sent:?}") };
            assert_eq!((*ok_to, ok.code()), (phone(port), Some(200)), "{uri}");
            assert_eq!(ok.header("Expires"), Some(&b"0"[..]));
            assert_eq!(ok.header("Call-ID"), notify.header("Call-ID"));
            assert_eq!(notify_to.ip(), phone(port).ip());
            assert_eq!(notify.method(), Some("NOTIFY"));
            assert_eq!(notify.body, b"http://10.0.0.1/", "the URL is the whole body");
            assert_eq!(notify.header("Content-Type"), Some(&b"application/url"[..]));
            assert_eq!(notify.header("Subscription-State"), Some(&b"terminated;reason=timeout"[..]));
            assert_eq!(notify.header("From"), ok.header("To"), "the bench speaks in the dialogue");
            assert_eq!(notify.to().unwrap().tag(), Some("1105"));
        }
    }

    #[test]
    fn other_subscriptions_and_messages_are_none() {
        let text = question("sip:100@10.0.0.1", "message-summary", 5060, "x");
        assert_eq!(Question::read(&Message::parse(text.as_bytes()).unwrap()), None);
        let text = question("sip:100@10.0.0.1", T21, 5060, "x").replace("SUBSCRIBE", "REGISTER");
        assert_eq!(Question::read(&Message::parse(text.as_bytes()).unwrap()), None);
        let text = question("sip:001565123456789@224.0.1.75", T21, 5060, "x");
        assert_eq!(Question::read(&Message::parse(text.as_bytes()).unwrap()).unwrap().mac, None, "too many digits");
    }

    #[test]
    fn a_notify_is_repeated_until_it_is_answered() {
        let message = Message::parse(question("sip:MAC001565123456@224.0.1.75", T21, 5059, "x").as_bytes()).unwrap();
        let mut notifier = Notifier::new(HERE, 1);
        notifier.handle(Time::ZERO, phone(5059), &message, "tftp://10.0.0.1/");
        let first = sent(&mut notifier);
        let (at, _) = notifier.poll_timeout().unwrap();
        assert_eq!(at, Time::from_millis(500));
        notifier.handle_timeout(at);
        assert_eq!(sent(&mut notifier), first[1..], "the same NOTIFY again");
        let mut answer = first[1].1.answer(200, "OK", "x");
        assert!(!notifier.handle_answer(&Message::status(200, "OK").with("Via", "SIP/2.0/UDP h;branch=z9hG4bKother")));
        answer.headers.push("User-Agent", "x");
        assert!(notifier.handle_answer(&answer));
        assert_eq!(notifier.poll_told(), Some(Told { to: phone(5059), code: Some(200) }));
        assert_eq!(notifier.poll_timeout(), None);
        assert!(notifier.handle_answer(&answer), "a second answer is nobody else's");
        assert_eq!(notifier.poll_told(), None);
    }

    #[test]
    fn a_repeated_question_gets_the_same_answer_and_not_for_ever() {
        let message = Message::parse(question("sip:MAC001565123456@224.0.1.75", T21, 5059, "x").as_bytes()).unwrap();
        let mut notifier = Notifier::new(HERE, 1);
        notifier.handle(Time::ZERO, phone(5059), &message, "tftp://10.0.0.1/");
        let first = sent(&mut notifier);
        assert!(notifier.is_repeat(phone(5059), &message));
        notifier.handle(Time::from_secs(1), phone(5059), &message, "tftp://10.0.0.1/");
        assert_eq!(sent(&mut notifier), first);
        for _ in 0..100 {
            notifier.handle(Time::from_secs(1), phone(5059), &message, "tftp://10.0.0.1/");
        }
        assert_eq!(sent(&mut notifier).len(), 2 * 6, "eight answers in all");
        let mut now = Time::ZERO;
        while let Some((at, _)) = notifier.poll_timeout() {
            assert!(at > now || now == Time::ZERO);
            now = at;
            notifier.handle_timeout(at);
        }
        assert_eq!(notifier.poll_told(), Some(Told { to: phone(5059), code: None }), "it is given up");
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut notifier = Notifier::new(HERE, 1);
        for n in 0..3_000u32 {
            let text =
                question("sip:MAC001565123456@224.0.1.75", T21, 5059, "x").replace("7@10.0.0.20", &format!("{n}@x"));
            notifier.handle(Time::ZERO, phone(5059), &Message::parse(text.as_bytes()).unwrap(), "u");
        }
        assert!(notifier.known.len() <= MAX_REMEMBERED && notifier.by_branch.len() <= MAX_REMEMBERED);
    }
}
