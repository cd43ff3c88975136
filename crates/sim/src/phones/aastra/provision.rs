//! Which server the phone takes its files from.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use proto::Time;
use proto::dhcp::Message;
use proto::dhcp::option::code;

use super::{Aastra, Stage};
use crate::phones::parts::dns::{self, Record};
use crate::phones::parts::place::Place;
use crate::phones::parts::question::{self, Question};
use crate::stream::Scheme;

/// RFC 6762: port and group of multicast DNS.
pub(super) const MDNS_PORT: u16 = 5353;
const MDNS_GROUP: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 251);
/// What it asks for there.
const SERVICE: &str = "_aastra-cfg._tcp.local";
const MDNS_WAIT: Duration = Duration::from_secs(2);
const MDNS_TRIES: u32 = 3;
/// How often a name server is asked, and the time between.
const INSISTS: (u32, Duration) = (2, Duration::from_secs(3));

/// What its answer is for.
#[derive(Clone, Debug)]
pub(super) enum WhatFor {
    /// Where the maker's redirection service is.
    Redirection,
    /// Where a configuration server is.
    Server(Place),
}

impl Aastra {
    pub(super) fn find_server(&mut self, now: Time, ack: Option<&Message>) {
        let stores = &self.flash.stores;
        let dns = stores.said("dns1").and_then(|d| d.parse().ok());
        self.boot.dns = ack.and_then(|ack| ack.options.address(code::DNS_SERVER)).or(dns);
        if let Some(ack) = ack {
            self.boot.ntp = ack.options.address(42);
            self.read_options(ack);
        }
        let contacts = self.boot.contact_rcs.unwrap_or_else(|| self.flash.stores.on("contact rcs", true));
        if self.flash.stores.is_factory() && contacts && self.boot.dns.is_some() {
            self.show(&["Contacting Redirector"]);
            let host = self.spec.rcs_host.clone();
            return self.resolve(now, host, WhatFor::Redirection);
        }
        self.follow(now);
    }

    /// What DHCP says of servers, unless the phone was told not to listen.
    fn read_options(&mut self, ack: &Message) {
        if self.flash.stores.said("dhcp config option override") == Some("-1") {
            return self.note("ignores what DHCP says of servers");
        }
        for option in self.spec.option_order.clone() {
            let Some(value) = ack.options.get(option) else { continue };
            let text = if option == code::VENDOR_SPECIFIC { self.read_option_43(value) } else { Some(value.to_vec()) };
            let place = text.and_then(|t| self.place(&String::from_utf8_lossy(&t), Scheme::Tftp));
            self.boot.told.extend(place);
        }
    }

    /// Sub-options of option 43: 2 is a server, 3 says whether to ask the redirection service.
    fn read_option_43(&mut self, value: &[u8]) -> Option<Vec<u8>> {
        let (mut rest, mut server) = (value, None);
        while let Some((&[kind, length], behind)) = rest.split_first_chunk::<2>() {
            let (data, next) = behind.split_at_checked(length.into())?;
            match kind {
                2 => server = Some(data.to_vec()),
                3 => self.boot.contact_rcs = Some(data.iter().any(|b| *b != 0 && *b != b'0')),
                _ => {}
            }
            rest = next;
        }
        server
    }

    /// Before 2.1.2 a port in a URL makes the phone refuse it.
    fn place(&self, text: &str, usual: Scheme) -> Option<Place> {
        Place::parse(text, usual).filter(|p| p.port.is_none() || self.version() >= [2, 1, 2, 0])
    }

    /// A server set by hand or by an earlier configuration.
    fn stored_server(&self) -> Option<Place> {
        let stores = &self.flash.stores;
        let protocol = stores.said("download protocol").unwrap_or("TFTP").to_ascii_lowercase();
        let scheme = [Scheme::Http, Scheme::Https, Scheme::Ftp].into_iter().find(|s| s.name() == protocol);
        let scheme = scheme.unwrap_or(Scheme::Tftp);
        let key = |what: &str| format!("{} {what}", scheme.name());
        let mut place = self.place(stores.said(&key("server"))?, scheme)?;
        place.path = stores.said(&key("path")).unwrap_or_default().trim_matches('/').to_owned();
        place.port = stores.said(&key("port")).and_then(|p| p.parse().ok());
        let user = stores.said("ftp username").filter(|_| scheme == Scheme::Ftp);
        place.login = user.map(|u| (u.to_owned(), stores.said("ftp password").unwrap_or_default().to_owned()));
        Some(place)
    }

    /// Takes the first server that leads to an address: DHCP's, the stored one, one found by multicast.
    fn follow(&mut self, now: Time) {
        let next = self.boot.told.pop_front().or_else(|| self.stored_server());
        match next {
            Some(place) => match place.address() {
                Some(address) => self.use_server(now, place, address),
                None if self.boot.dns.is_some() => {
                    let host = place.host.clone();
                    self.resolve(now, host, WhatFor::Server(place));
                }
                None => self.serverless(now),
            },
            // A server set by hand makes it skip this; the 6739i never does it.
            None if self.spec.model.name != "6739i" => {
                self.show(&["Auto Discovery..."]);
                self.discover(now, MDNS_TRIES);
            }
            None => self.serverless(now),
        }
    }

    fn use_server(&mut self, now: Time, place: Place, address: Ipv4Addr) {
        self.note(format!("takes its files from {} at {address} by {}", place.host, place.scheme.name()));
        self.boot.server = Some((place, address));
        self.start_files(now);
    }

    /// No server at all: it starts with what it has.
    fn serverless(&mut self, now: Time) {
        self.message("Cfg Svr Failure");
        self.end_boot(now);
    }

    fn resolve(&mut self, now: Time, name: String, what_for: WhatFor) {
        let port = self.station.next_port();
        self.ask_name(now, Question::new(name, port, INSISTS, what_for));
    }

    /// Asks, or takes it that nobody knows what nobody answers.
    pub(super) fn ask_name(&mut self, now: Time, mut question: Question<WhatFor>) {
        let Some(server) = self.boot.dns else { return self.serverless(now) };
        match question.ask(now) {
            Some(bytes) => {
                self.send(question.port, SocketAddrV4::new(server, question::PORT), bytes);
                self.stage = Stage::Resolving(question);
            }
            None => self.resolved(now, question.then, None),
        }
    }

    pub(super) fn receive_name(&mut self, now: Time, question: Question<WhatFor>, bytes: &[u8]) {
        if let Some(found) = question.answer(bytes) {
            self.resolved(now, question.then, found);
        }
    }

    fn resolved(&mut self, now: Time, what_for: WhatFor, found: Option<Ipv4Addr>) {
        match (what_for, found) {
            // How it speaks to the service is not known, only that nobody else can play it: the real one is
            // within reach or it is not.
            (WhatFor::Redirection, _) => {
                match self.spec.provider.clone() {
                    Some(provider) => self.redirect(&provider.url),
                    None => self.note("no redirection service within reach"),
                }
                self.follow(now);
            }
            (WhatFor::Server(place), Some(address)) => self.use_server(now, place, address),
            (WhatFor::Server(place), None) => {
                self.note(format!("nobody knows {}", place.host));
                self.follow_next(now);
            }
        }
    }

    fn follow_next(&mut self, now: Time) {
        if self.boot.told.is_empty() { self.serverless(now) } else { self.follow(now) }
    }

    /// The maker's service sends it to its provider: server and settings, kept in the phone.
    fn redirect(&mut self, url: &str) {
        self.show(&["Redirecting Step 1"]);
        self.note(format!("is redirected to {url}"));
        let Some(place) = Place::parse(url, Scheme::Http) else { return };
        let name = place.scheme.name();
        let local = &mut self.flash.stores.local;
        local.insert("download protocol".to_owned(), name.to_ascii_uppercase());
        local.insert(format!("{name} server"), place.host.clone());
        local.insert(format!("{name} path"), place.path.clone());
        let provider = self.spec.provider.clone().map(|p| p.settings).unwrap_or_default();
        let settings = provider.into_iter().map(|(key, value)| (key.to_ascii_lowercase(), value));
        self.flash.stores.local.extend(settings);
        // Where it was sent goes before what the network says.
        self.boot.told.clear();
    }

    /// Asks all stations of the link for a configuration server.
    pub(super) fn discover(&mut self, now: Time, left: u32) {
        if left == 0 {
            return self.serverless(now);
        }
        let bytes = dns::query(0, SERVICE, dns::PTR);
        self.send(MDNS_PORT, SocketAddrV4::new(MDNS_GROUP, MDNS_PORT), bytes);
        self.stage = Stage::Discovering { until: now + MDNS_WAIT, left: left - 1 };
    }

    /// An answer has the service's name, where it is (SRV), and the address of that host (A).
    pub(super) fn receive_mdns(&mut self, now: Time, bytes: &[u8]) {
        let Stage::Discovering { .. } = self.stage else { return };
        let Some(records) = dns::answers(0, bytes) else { return };
        let pointed = records.iter().find_map(|record| match record {
            Record::Pointer { name, to } if name == SERVICE => Some(to),
            _ => None,
        });
        let host = pointed.and_then(|wanted| {
            records.iter().find_map(|record| match record {
                Record::Service { name, host, .. } if name == wanted => Some(host),
                _ => None,
            })
        });
        let address = host.and_then(|wanted| {
            records.iter().find_map(|record| match record {
                Record::Address { name, address } if name == wanted => Some(*address),
                _ => None,
            })
        });
        let Some(address) = address else { return };
        // The address is kept and used again from then on.
        self.flash.stores.local.insert("tftp server".to_owned(), address.to_string());
        self.use_server(now, Place::host(Scheme::Tftp, &address.to_string()), address);
    }
}
