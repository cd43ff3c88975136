//! DHCP: who is answered, and what they are told. The server machine decides the rest.

use std::net::Ipv4Addr;

use profile::Family;
use proto::dhcp::option::code;
use proto::dhcp::server::{Action, Standing, Wishes};
use proto::dhcp::{DhcpOption, Message, MessageType, Options};
use proto::text::escape_short;
use proto::{Mac, Time};

use crate::bench::Bench;
use crate::identify::{Grade, is_phone};
use crate::observe::Seen;
use crate::output::Output;
use crate::plan::offer::offer;
use crate::plan::overlay::values;

/// Changed leases are written down this much later, with all that changed meanwhile.
const WRITE_LEASES_AFTER: std::time::Duration = std::time::Duration::from_secs(1);

impl Bench {
    pub(crate) fn on_dhcp(&mut self, now: Time, from: Ipv4Addr, bytes: &[u8]) {
        let message = match Message::parse(bytes) {
            Ok(message) => message,
            Err(malformed) => {
                let what = format!("{malformed} (from {from})");
                return self.observe_limited(now, None, Seen::Malformed { service: "DHCP".to_owned(), what });
            }
        };
        let (Some(mac), Some(kind)) = (message.mac(), message.message_type()) else {
            return self.observe_limited(now, None, ignored("no Ethernet address, or no DHCP message type"));
        };
        if message.op != proto::dhcp::packet::BOOTREQUEST || self.guard.is_own(&message) {
            return;
        }
        // A station that answers another server's offer shows that there is one (RFC 2131 §3.1 (3)).
        let chosen = message.server_id().filter(|s| kind == MessageType::Request && *s != self.config.server);
        // A client that fills the option with zeros names nobody.
        let chosen = chosen.filter(|s| !s.is_unspecified());
        if let Some(server) = chosen {
            self.foreign_server(now, server, Mac::ZERO, message.requested_address(), None);
        }
        let seen = dhcp_seen(&message, kind);
        let Some(standing) = self.standing(mac, &seen) else {
            return self.observe_stranger(now, mac, ignored("not known to be a phone (RB104)"));
        };
        if !self.limiter.admit(now, Some(mac)) {
            return;
        }
        self.observe(now, Some(mac), seen);
        if !self.guard.serves() {
            return;
        }
        let wishes = self.wishes(mac);
        if let Some(dhcp) = &mut self.dhcp {
            dhcp.handle(now, &message, &wishes, standing);
        }
        self.drain_dhcp(now);
    }

    /// How the sender is seen; none means that it is not answered.
    fn standing(&self, mac: Mac, seen: &Seen) -> Option<Standing> {
        let known = self.state.sessions.get(&mac).is_some_and(|s| s.identified.grade >= Grade::Possible);
        let shows = || is_phone(&self.profiles, mac, seen);
        if known || self.config.allow.contains(&mac) || shows() {
            Some(Standing::Known)
        } else {
            self.config.any.then_some(Standing::Stranger)
        }
    }

    fn wishes(&mut self, mac: Mac) -> Wishes {
        let family = self.state.sessions.get(&mac).and_then(|s| s.family(&self.profiles));
        let id = family.map(|f| f.id.clone());
        if let Some(told) = self.told.get(&id) {
            return told.clone();
        }
        let sight = self.sight(Some(mac), None);
        let mut names = values(&sight, Some(mac));
        names.insert("prefix", self.config.prefix.to_string());
        let offer = offer(family, self.config.server, &names);
        let mut options = Options::new();
        for (code, value) in offer.options {
            options.set(DhcpOption::raw(code, value));
        }
        let wishes = Wishes {
            options,
            siaddr: offer.siaddr.unwrap_or(Ipv4Addr::UNSPECIFIED),
            boot_file: Vec::new(),
            lease: self.config.lease,
        };
        // What no phone's own words go into is the same for all of them, and worked out once.
        if family.is_none_or(is_same_for_all) {
            self.told.insert(id, wishes.clone());
        }
        wishes
    }

    /// Takes the server's actions as they come.
    pub(crate) fn drain_dhcp(&mut self, now: Time) {
        let mut changed = false;
        while let Some(action) = self.dhcp.as_mut().and_then(proto::dhcp::Server::poll_action) {
            match action {
                // An answer may have waited for its address to be known as free; by now there may be another server.
                Action::Transmit { .. } | Action::Bound(_) if !self.guard.serves() => {}
                Action::Transmit { message, to, max_payload } => self.transmit(now, &message, to, max_payload),
                Action::ProbeAddress(address) => self.ask_by_arp(address),
                Action::Bound(lease) => {
                    changed = true;
                    self.observe(now, Some(lease.mac), Seen::DhcpBound { address: lease.address });
                }
                Action::Released { .. } => changed = true,
                Action::Parked { address, why } => {
                    self.observe_limited(now, None, Seen::Parked { address, why: format!("{why:?}") });
                }
                Action::ChoseOther { .. } => {}
                Action::Ignored { mac, why } => {
                    let phone = (mac != Mac::ZERO && self.state.sessions.contains_key(&mac)).then_some(mac);
                    self.observe_limited(now, phone, ignored(&why.to_string()));
                }
            }
        }
        if changed {
            // A power-up burst changes them a thousand times; writing them down once is enough.
            self.leases_due.get_or_insert(now + WRITE_LEASES_AFTER);
        }
    }

    /// Hands all leases out to be written down.
    pub(crate) fn write_leases(&mut self) {
        self.leases_due = None;
        if let Some(dhcp) = &self.dhcp {
            let leases = dhcp.leases();
            self.tell(Output::Leases(leases));
        }
    }

    fn transmit(&mut self, now: Time, message: &Message, to: proto::dhcp::server::Destination, max_payload: usize) {
        let phone = message.mac();
        match message.message_type() {
            Some(MessageType::Offer) => {
                self.observe(now, phone, Seen::DhcpOffered { address: message.yiaddr });
            }
            Some(MessageType::Nak) => self.observe(now, phone, Seen::DhcpNak),
            _ => {}
        }
        self.tell(Output::Dhcp { to, bytes: message.emit_within(max_payload).bytes });
    }

    /// Another server is on the cable: stop answering at once.
    pub(crate) fn foreign_server(
        &mut self,
        now: Time,
        server: Ipv4Addr,
        mac: Mac,
        offered: Option<Ipv4Addr>,
        tftp: Option<String>,
    ) {
        if self.dhcp.is_none() {
            return;
        }
        let was = self.guard.stand().clone();
        self.guard.stop();
        let offered = offered.unwrap_or(Ipv4Addr::UNSPECIFIED);
        let seen = Seen::ForeignDhcp { server, mac, offered, tftp };
        if was == *self.guard.stand() {
            self.observe_limited(now, None, seen);
        } else {
            self.observe(now, None, seen);
            let why = format!("RB101: another DHCP server, {server}, is on this cable");
            self.observe(now, None, Seen::ServingStopped { why });
        }
    }
}

/// Whether a family's options name nothing but the bench itself.
fn is_same_for_all(family: &Family) -> bool {
    let is_own = |behind: &str| {
        let name = behind.split("}}").next().unwrap_or_default();
        ["server", "prefix", "url"].contains(&name.trim())
    };
    let only_own = |text: &str| !text.contains("{%") && text.split("{{").skip(1).all(is_own);
    family.dhcp.options.iter().all(|o| only_own(&o.value))
}

/// What a server's message says about the TFTP server it would send a phone to.
pub(crate) fn tftp_told(message: &Message) -> Option<String> {
    let by_150 = message.options.addresses(150).first().map(Ipv4Addr::to_string);
    let by_66 = || message.options.text(code::TFTP_SERVER_NAME).map(|t| escape_short(t, 80));
    let by_siaddr = || (!message.siaddr.is_unspecified()).then(|| message.siaddr.to_string());
    by_150.or_else(by_66).or_else(by_siaddr)
}

pub(crate) fn dhcp_seen(message: &Message, kind: MessageType) -> Seen {
    let address = message.requested_address().or((!message.ciaddr.is_unspecified()).then_some(message.ciaddr));
    Seen::Dhcp {
        kind: format!("{kind:?}"),
        vendor_class: message.vendor_class().map(|c| escape_short(c, 128)),
        wants: message.parameter_request_list().to_vec(),
        host_name: message.host_name().map(|h| escape_short(h, 64)),
        address,
    }
}

fn ignored(why: &str) -> Seen {
    Seen::DhcpIgnored { why: why.to_owned() }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddrV4;
    use std::time::Duration;

    use profile::Profiles;
    use proto::ethernet::{UdpDatagram, udp};

    use super::*;
    use crate::{Config, Input, Service};

    const PHONE: Mac = Mac([0, 0x11, 0xbb, 0x73, 0xad, 0x61]);

    fn bench() -> Bench {
        let mut config = Config::new(Ipv4Addr::new(10, 0, 0, 1), 24);
        config.pool = Some((Ipv4Addr::new(10, 0, 0, 10), Ipv4Addr::new(10, 0, 0, 20)));
        config.mac = Mac([2, 0, 0, 0, 0, 1]);
        config.probe = Duration::ZERO;
        Bench::new(Time::ZERO, config, Profiles::built_in().0, Vec::new())
    }

    fn says(bench: &mut Bench, kind: MessageType, server: Option<Ipv4Addr>) {
        let mut message = Message::request(PHONE, 1);
        message.options.set(kind.option());
        message.options.set(DhcpOption::text(code::VENDOR_CLASS, "Cisco Systems, Inc. IP Phone CP-7965G"));
        server.into_iter().for_each(|s| message.options.set(DhcpOption::address(code::SERVER_ID, s)));
        let from = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 68);
        bench.handle_input(Time::ZERO, Input::Datagram { service: Service::Dhcp, from, bytes: &message.emit() });
    }

    /// The offers that go out until this moment.
    fn offers(bench: &mut Bench, until: Time) -> usize {
        bench.handle_input(until, Input::Timeout);
        let outputs = std::iter::from_fn(|| Some(bench.poll_output()).filter(|o| !matches!(o, Output::Timeout { .. })));
        outputs.filter(|o| matches!(o, Output::Dhcp { .. })).count()
    }

    #[test]
    fn an_offer_that_waits_for_arp_is_not_made_after_another_server_was_seen() {
        let answer = |other: bool| {
            let mut bench = bench();
            says(&mut bench, MessageType::Discover, None);
            let mut theirs = Message::request(PHONE, 1).reply();
            theirs.options.set(MessageType::Offer.option());
            let datagram = UdpDatagram {
                src_mac: Mac([2, 0, 0, 0, 0, 9]),
                dst_mac: Mac::BROADCAST,
                vlan: None,
                src: SocketAddrV4::new(Ipv4Addr::new(192, 168, 1, 1), 67),
                dst: SocketAddrV4::new(Ipv4Addr::BROADCAST, 68),
                ttl: 64,
                checksum: udp::Checksum::Good,
                payload: &theirs.emit(),
            };
            let frame = datagram.emit_frame().unwrap();
            if other {
                bench.handle_input(Time::ZERO, Input::Frame { bytes: &frame, vlan: None });
            }
            offers(&mut bench, Time::from_secs(1))
        };
        assert_eq!((answer(false), answer(true)), (1, 0));
    }

    #[test]
    fn only_a_real_address_shows_another_server() {
        for (server, serves) in [(Ipv4Addr::UNSPECIFIED, true), (Ipv4Addr::new(192, 168, 1, 1), false)] {
            let mut bench = bench();
            says(&mut bench, MessageType::Request, Some(server));
            assert_eq!(bench.state().serving, serves, "{server}");
        }
    }
}
