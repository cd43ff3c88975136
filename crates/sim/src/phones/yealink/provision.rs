//! Where a provisioning server may be: redirection, the link, DHCP, flash; one place after the other until
//! one has a file.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use proto::Time;
use proto::dhcp::Message;
use proto::dhcp::option::code;

use super::pnp::{self, Asker, Heard};
use super::{Stage, Yealink};
use crate::phones::parts::place::Place;
use crate::phones::parts::question::{self, Question};
use crate::stream::Scheme;

/// Between two questions to the link, and how many there are.
const PNP_REPEAT: Duration = Duration::from_millis(1_500);
const PNP_TRIES: u32 = 3;
/// How often a name server is asked, and the time between.
const INSISTS: (u32, Duration) = (2, Duration::from_secs(3));

/// One way to a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// The maker's redirection service.
    Redirection,
    /// A question to the link.
    Link,
    /// A place that somebody told.
    Told(Place),
}

impl Yealink {
    /// It has its address: looks for servers in the maker's order.
    pub(super) fn find_server(&mut self, now: Time, ack: Option<&Message>) {
        let told = ack.map(|ack| self.read_options(ack)).unwrap_or_default();
        if let Some(server) = self.boot.ntp {
            // A client's question for the time (RFC 5905 §7.3: mode 3, version 3).
            let mut bytes = vec![0; 48];
            bytes.iter_mut().take(1).for_each(|first| *first = 0x1b);
            self.send(123, SocketAddrV4::new(server, 123), bytes);
        }
        let at_power_on = if self.release() >= 81 || self.flash.settings.contains_key("auto_provision.power_on") {
            self.on("auto_provision.power_on", true)
        } else {
            self.on("auto_provision.mode", true)
        };
        if !at_power_on {
            self.note("does not look for servers at power on");
            return self.idle();
        }
        let stored = self.stored_server();
        let mut sources = Vec::new();
        if stored.is_none() && self.boot.dns.is_some() && self.on("redirect.enable", true) {
            sources.push(Source::Redirection);
        }
        if self.on("auto_provision.pnp_enable", true) {
            sources.push(Source::Link);
        }
        if self.on("auto_provision.dhcp_option.enable", true) {
            sources.extend(told.into_iter().map(Source::Told));
        }
        sources.extend(stored.map(Source::Told));
        self.boot.sources = sources.into();
        self.next_source(now);
    }

    /// Among what DHCP says: the provider's own options, 66, then 43.
    fn read_options(&mut self, ack: &Message) -> Vec<Place> {
        self.boot.dns = ack.options.address(code::DNS_SERVER);
        self.boot.ntp = ack.options.address(42);
        let order = self.custom_options().into_iter().chain([code::TFTP_SERVER_NAME, code::VENDOR_SPECIFIC]);
        let texts = order.filter_map(|option| ack.options.get(option));
        texts.filter_map(|value| Place::parse(&String::from_utf8_lossy(value), Scheme::Tftp)).collect()
    }

    fn stored_server(&self) -> Option<Place> {
        let settings = &self.flash.settings;
        let mut place = Place::parse(settings.get("auto_provision.server.url")?, Scheme::Tftp)?;
        if let Some(user) = settings.get("auto_provision.server.username") {
            let password = settings.get("auto_provision.server.password").cloned().unwrap_or_default();
            place.login = Some((user.clone(), password));
        }
        Some(place)
    }

    /// Goes on with the next way; after the last one it is up.
    pub(super) fn next_source(&mut self, now: Time) {
        match self.boot.sources.pop_front() {
            Some(Source::Redirection) => {
                let place = Place::host(Scheme::Https, &self.spec.rps_host.clone());
                self.go_to(now, place);
            }
            Some(Source::Link) => {
                self.boot.call = self.body.rng.below(u64::from(u32::MAX));
                self.subscribe(now, PNP_TRIES);
            }
            Some(Source::Told(place)) => self.go_to(now, place),
            None => self.idle(),
        }
    }

    pub(super) fn go_to(&mut self, now: Time, place: Place) {
        match place.address() {
            Some(address) => self.use_server(now, place, address),
            None if self.boot.dns.is_some() => {
                let port = self.station.next_port();
                self.ask_name(now, Question::new(place.host.clone(), port, INSISTS, place));
            }
            None => self.next_source(now),
        }
    }

    fn use_server(&mut self, now: Time, place: Place, address: Ipv4Addr) {
        self.note(format!("asks {} at {address} by {}", place.host, place.scheme.name()));
        self.boot.server = Some((place, address));
        self.start_files(now);
    }

    /// Asks, or goes on with the next way when nobody answers.
    pub(super) fn ask_name(&mut self, now: Time, mut question: Question<Place>) {
        match self.boot.dns.and_then(|server| Some((server, question.ask(now)?))) {
            Some((server, bytes)) => {
                self.send(question.port, SocketAddrV4::new(server, question::PORT), bytes);
                self.stage = Stage::Resolving(question);
            }
            None => self.next_source(now),
        }
    }

    pub(super) fn receive_name(&mut self, now: Time, question: Question<Place>, bytes: &[u8]) {
        match question.answer(bytes) {
            None => {}
            Some(Some(address)) => self.use_server(now, question.then, address),
            Some(None) => {
                self.note(format!("nobody knows {}", question.then.host));
                self.next_source(now);
            }
        }
    }

    /// The port that its question to the link comes from.
    pub(super) fn sip_port(&self) -> u16 {
        if self.release() >= 85 { 5060 } else { 5059 }
    }

    fn asker(&self) -> Asker<'_> {
        let new = self.release() >= 85;
        let plain = format!("Yealink SIP-{} {}", self.spec.model.name, self.version());
        Asker {
            mac: self.spec.mac,
            address: SocketAddrV4::new(self.station.source(), self.sip_port()),
            model: self.spec.model.inner,
            user_agent: if new { format!("{plain} {}", self.spec.mac) } else { plain },
            version: self.version(),
            new,
            call: self.boot.call,
        }
    }

    /// Asks the link, a few times.
    pub(super) fn subscribe(&mut self, now: Time, left: u32) {
        if left == 0 {
            return self.next_source(now);
        }
        let bytes = self.asker().subscribe();
        self.send(self.sip_port(), pnp::GROUP, bytes);
        self.stage = Stage::Subscribed { until: now + PNP_REPEAT, left: left - 1 };
    }

    pub(super) fn receive_sip(&mut self, now: Time, src: SocketAddrV4, bytes: &[u8]) {
        let Some(heard) = pnp::read(&self.asker().call_id(), bytes) else { return };
        match (heard, &self.stage) {
            (Heard::Accepted, Stage::Subscribed { left, .. }) => {
                // The URL comes by itself; the question is not repeated.
                self.stage = Stage::Subscribed { until: now + PNP_REPEAT * (left + 1), left: 0 };
            }
            (Heard::Odd(why), _) => self.note(format!("a message of PnP makes no sense: {why}")),
            (Heard::Notified { url, reply }, stage) => {
                let wanted = matches!(stage, Stage::Subscribed { .. });
                self.send(self.sip_port(), src, reply);
                match Place::parse(&url, Scheme::Tftp).filter(|_| wanted) {
                    Some(place) => self.go_to(now, place),
                    None if wanted => self.note(format!("was told a URL that is none: {url}")),
                    None => {}
                }
            }
            (Heard::Accepted, _) => {}
        }
    }
}
