//! SIP PnP: a phone that starts asks the group 224.0.1.75 for its provisioning, and is told the bench's URL.
//!
//! Only phones ask so, of whatever make: the question itself is the reason to answer. It is not answered to
//! stations outside of the bench's own network, nor while DHCP is silent because of another server: whoever
//! provisions there would lose their phones to the bench.

use std::net::{Ipv4Addr, SocketAddrV4};

use proto::sip::Message;
use proto::sip::pnp::{Notifier, Question};
use proto::{Mac, Time};

use crate::bench::Bench;
use crate::input::Service;
use crate::observe::Seen;
use crate::output::Output;
use crate::plan::overlay::{url, values};

/// Where the bench's own SIP is.
pub(crate) fn notifier(server: Ipv4Addr, seed: u64) -> Notifier {
    Notifier::new(SocketAddrV4::new(server, Service::Sip.port()), seed)
}

impl Bench {
    /// A SIP message about provisioning; `false` when it is about something else.
    pub(crate) fn on_pnp(&mut self, now: Time, from: SocketAddrV4, message: &Message) -> bool {
        let Some(question) = Question::read(message) else {
            let is_ours = message.code().is_some() && self.pnp.handle_answer(message);
            if is_ours {
                self.drain_pnp(now);
            }
            return is_ours;
        };
        if self.pnp.is_repeat(from, message) {
            self.pnp.handle(now, from, message, "");
            self.drain_pnp(now);
            return true;
        }
        let phone = question.mac.or_else(|| self.state.phone_at(*from.ip()));
        let Question { vendor, model, version, user_agent, .. } = question;
        let user_agent = Some(user_agent).filter(|a| !a.is_empty());
        self.observe_limited(now, phone, Seen::PnpAsked { from: *from.ip(), vendor, model, version, user_agent });
        if let Some(why) = self.not_told(*from.ip()) {
            self.observe_limited(now, phone, Seen::PnpIgnored { why });
            return true;
        }
        let url = self.pnp_url(phone);
        self.pnp.handle(now, from, message, &url);
        self.observe_limited(now, phone, Seen::PnpTold { url });
        self.drain_pnp(now);
        true
    }

    /// What the phone is told. A family may want it in its own way; whoever is of none gets the bench's root.
    fn pnp_url(&self, phone: Option<Mac>) -> String {
        let sight = self.sight(phone, None);
        let family = sight.session.and_then(|s| s.family(&self.profiles));
        let own = family.and_then(|f| f.pnp.as_ref());
        let filled = own.and_then(|p| profile::template::fill(&p.url, &values(&sight, phone)).ok());
        filled.unwrap_or_else(|| url(&sight))
    }

    fn not_told(&self, from: Ipv4Addr) -> Option<String> {
        let (server, prefix) = (self.config.server, self.config.prefix);
        let mask = u32::MAX.checked_shl(32 - u32::from(prefix.min(32))).unwrap_or(0);
        if u32::from(from) & mask != u32::from(server) & mask {
            return Some(format!("{from} is not in the bench's network"));
        }
        if self.dhcp.is_some() && !self.guard.serves() {
            return Some("DHCP is not answered here, and so neither is this".to_owned());
        }
        None
    }

    /// Takes what the notifier has to send and to tell.
    pub(crate) fn drain_pnp(&mut self, now: Time) {
        while let Some((to, bytes)) = self.pnp.poll_transmit() {
            self.tell(Output::Datagram { service: Service::Sip, to, bytes });
        }
        while let Some(told) = self.pnp.poll_told() {
            let phone = self.state.phone_at(*told.to.ip());
            self.observe_limited(now, phone, Seen::PnpAnswered { code: told.code });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use profile::Profiles;

    use super::*;
    use crate::{Config, Input};

    const PHONE: Mac = Mac([0, 0x15, 0x65, 0x12, 0x34, 0x56]);

    fn bench(http: bool) -> Bench {
        let mut config = Config::new(Ipv4Addr::new(10, 0, 0, 1), 24);
        config.probe = Duration::ZERO;
        config.http = http;
        Bench::new(Time::ZERO, config, Profiles::built_in().0, Vec::new())
    }

    fn question(event: &str, from: &str) -> Vec<u8> {
        format!(
            "SUBSCRIBE sip:MAC%3a001565123456@224.0.1.75 SIP/2.0\r\nVia: SIP/2.0/UDP {from}:5060;branch=z9hG4bK1\r\n\
             From: <sip:MAC%3a001565123456@224.0.1.75>;tag=1\r\nTo: <sip:MAC%3a001565123456@224.0.1.75>\r\n\
             Call-ID: 1@{from}\r\nCSeq: 1 SUBSCRIBE\r\nContact: <sip:MAC%3a001565123456@{from}:5060>\r\n\
             Event: {event}\r\nAccept: application/url\r\nContent-Length: 0\r\n\r\n"
        )
        .into_bytes()
    }

    const T46: &str = "ua-profile;profile-type=\"device\";vendor=\"yealink\";model=\"T46G\";version=\"28.80.0.95\"";

    /// The bodies of what goes out by SIP.
    fn asks(bench: &mut Bench, event: &str, from: [u8; 4]) -> Vec<Message> {
        let from = SocketAddrV4::new(from.into(), 5060);
        let bytes = question(event, &from.ip().to_string());
        bench.handle_input(Time::ZERO, Input::Datagram { service: Service::Sip, from, bytes: &bytes });
        let outputs = std::iter::from_fn(|| Some(bench.poll_output()).filter(|o| !matches!(o, Output::Timeout { .. })));
        let sip = outputs.filter_map(|o| match o {
            Output::Datagram { service: Service::Sip, bytes, .. } => Message::parse(&bytes).ok(),
            _ => None,
        });
        sip.collect()
    }

    #[test]
    fn a_phone_is_told_and_known_by_what_it_said() {
        let mut bench = bench(true);
        let sent = asks(&mut bench, T46, [10, 0, 0, 20]);
        assert_eq!(sent.len(), 2, "200 and NOTIFY");
        assert_eq!(sent[1].body, b"http://10.0.0.1/");
        let session = &bench.state().sessions[&PHONE];
        assert_eq!(session.identified.model.as_deref(), Some("T46G"));
        assert_eq!(session.load.as_ref().map(|l| l.name.as_str()), Some("28.80.0.95"));
        assert_eq!(session.address, Some(Ipv4Addr::new(10, 0, 0, 20)));
    }

    #[test]
    fn without_http_it_is_told_of_tftp_and_so_are_phones_of_no_known_family() {
        let sent = asks(&mut bench(false), T46, [10, 0, 0, 20]);
        assert_eq!(sent[1].body, b"tftp://10.0.0.1/");
        let other = "ua-profile;profile-type=\"application\";model=\"440HD\";version=\"2.2.2\"";
        assert_eq!(asks(&mut bench(false), other, [10, 0, 0, 21])[1].body, b"tftp://10.0.0.1/");
    }

    #[test]
    fn who_is_elsewhere_is_not_told() {
        let mut bench = bench(true);
        assert!(asks(&mut bench, T46, [10, 9, 0, 20]).is_empty());
        assert_eq!(bench.state().sessions[&PHONE].doing, "asks by SIP for its provisioning");
    }
}
