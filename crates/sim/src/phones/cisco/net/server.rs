//! Where the address of a file server comes from: what is stored, what DHCP says, a name.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use proto::Time;
use proto::dhcp::Message;
use proto::dhcp::option::code;

use super::{Event, Net, State};
use crate::phones::parts::body::Body;
use crate::phones::parts::question::{self, Question};

/// How often a name server is asked, and the time between.
const INSISTS: (u32, Duration) = (3, Duration::from_secs(5));
/// Before it looks for a file server again.
const SERVERLESS: Duration = Duration::from_secs(30);
/// Phones keep up to two servers.
const SERVERS: usize = 2;

/// A source of a file server's address, as the phone believes them in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// This one, set by hand.
    Fixed(Ipv4Addr),
    /// DHCP option 150.
    Option150,
    /// DHCP option 66: an address in text, or a name.
    Option66,
    /// The next server of the DHCP header.
    Siaddr,
    /// This name, asked of the name server.
    Name(String),
}

/// Ways to a file server, the best first.
pub(super) type Hints = VecDeque<Hint>;

/// One way to a file server.
#[derive(Clone, Debug)]
pub(super) enum Hint {
    Addresses(Vec<Ipv4Addr>),
    Name(String),
}

impl Net {
    /// Asks the name server for an address; the answer is [`Event::Named`].
    pub(crate) fn resolve(&mut self, now: Time, name: &str, body: &mut Body) {
        if self.dns.is_none() {
            body.status_message("No DNS server IP");
            return self.events.push_back(Event::Named(None));
        }
        let port = self.next_port();
        self.ask_name(now, Question::new(name.to_owned(), port, INSISTS, None), body);
    }

    /// Looks for an address and a file server again some time: it could not do its work this time.
    pub(crate) fn begin_later(&mut self, now: Time) {
        self.state = State::Serverless { until: now + SERVERLESS };
    }

    pub(super) fn find_server(&mut self, now: Time, ack: Option<&Message>, body: &mut Body) {
        self.dns = ack.and_then(|ack| ack.options.address(code::DNS_SERVER));
        let Some(plan) = &self.plan else { return };
        let hints = plan.sources.iter().filter_map(|source| hint(source, ack)).collect();
        self.follow(now, hints, body);
    }

    /// Takes the first hint that leads to an address.
    fn follow(&mut self, now: Time, mut hints: Hints, body: &mut Body) {
        while let Some(hint) = hints.pop_front() {
            match hint {
                Hint::Addresses(list) => return self.ready(list.into_iter().take(SERVERS).collect()),
                Hint::Name(_) if self.dns.is_none() => body.status_message("No DNS server IP"),
                Hint::Name(name) => {
                    let port = self.next_port();
                    return self.ask_name(now, Question::new(name, port, INSISTS, Some(hints)), body);
                }
            }
        }
        body.status_message("TFTP Server Required");
        self.begin_later(now);
    }

    fn ready(&mut self, servers: VecDeque<Ipv4Addr>) {
        self.servers = servers;
        self.state = State::Up;
        self.events.push_back(Event::Ready);
    }

    /// Asks, or gives up what nobody answers.
    pub(super) fn ask_name(&mut self, now: Time, mut question: Question<Option<Hints>>, body: &mut Body) {
        let Some(server) = self.dns else { return };
        match question.ask(now) {
            Some(bytes) => {
                self.send(question.port, SocketAddrV4::new(server, question::PORT), bytes, body);
                self.state = State::Resolving(question);
            }
            None => {
                body.status_message("DNS timeout");
                self.named(now, question.then, None, body);
            }
        }
    }

    pub(super) fn receive_name(&mut self, now: Time, question: Question<Option<Hints>>, bytes: &[u8], body: &mut Body) {
        let Some(answer) = question.answer(bytes) else { return };
        if answer.is_none() {
            body.status_message("DNS unknown host");
        }
        self.named(now, question.then, answer, body);
    }

    fn named(&mut self, now: Time, then: Option<Hints>, answer: Option<Ipv4Addr>, body: &mut Body) {
        match (then, answer) {
            (Some(_), Some(address)) => self.ready(VecDeque::from([address])),
            (Some(hints), None) => self.follow(now, hints, body),
            (None, answer) => {
                self.state = State::Up;
                self.events.push_back(Event::Named(answer));
            }
        }
    }
}

/// What a source says this time; `None`: nothing.
fn hint(source: &Source, ack: Option<&Message>) -> Option<Hint> {
    let some = |address: Ipv4Addr| (!address.is_unspecified()).then(|| Hint::Addresses(vec![address]));
    match source {
        Source::Fixed(address) => some(*address),
        Source::Siaddr => some(ack?.siaddr),
        Source::Option150 => {
            let list: Vec<Ipv4Addr> = ack?.options.addresses(code::TFTP_SERVER_ADDRESS);
            (!list.is_empty()).then_some(Hint::Addresses(list))
        }
        Source::Option66 => {
            let text = String::from_utf8_lossy(ack?.options.text(code::TFTP_SERVER_NAME)?).trim().to_string();
            match text.parse() {
                Ok(address) => some(address),
                Err(_) => (!text.is_empty()).then_some(Hint::Name(text)),
            }
        }
        Source::Name(name) => Some(Hint::Name(name.clone())),
    }
}
