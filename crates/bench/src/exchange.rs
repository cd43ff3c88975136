//! The conversation of one phone beside its files: what it asked of the network, and what it was told.
//!
//! Folded from observations into the session, bounded, and drawn as a ladder by the screens. Requests for
//! files are not kept here: [`crate::session::FileNote`] has them.

use std::collections::VecDeque;

use proto::Time;
use serde::Serialize;

use crate::observe::{Observation, Seen};

/// Exchanges remembered per stay.
const KEPT: usize = 40;

/// How an exchange ended, for a mark beside its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Ending {
    /// It got what it asked for.
    Found,
    /// What it asked for is not here.
    NotFound,
    /// It was told no.
    Refused,
    /// It was not answered.
    Silence,
    /// It is under way.
    Open,
    /// It told something and asked nothing.
    Told,
}

/// One request with its answer: a rung of the boot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Exchange {
    /// When it began.
    pub at: Time,
    /// In which start of the phone.
    pub boot: u32,
    /// The protocol.
    pub via: &'static str,
    /// What the phone said.
    pub ask: String,
    /// What came of it; empty while nothing did.
    pub answer: String,
    /// How it ended.
    pub ending: Ending,
    /// How often it was asked.
    pub asks: u32,
}

/// A phone's exchanges, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Talk {
    kept: VecDeque<Exchange>,
}

impl Talk {
    /// The exchanges, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Exchange> {
        self.kept.iter()
    }

    /// Folds one observation of the phone in; `boot` is the start that it belongs to.
    pub fn apply(&mut self, boot: u32, obs: &Observation) {
        match &obs.seen {
            Seen::Dhcp { kind, address, .. } => {
                let wanted = address.filter(|a| !a.is_unspecified());
                let ask = match (kind.as_str(), wanted) {
                    ("Discover", _) => "asks for an address".to_owned(),
                    ("Request", Some(address)) => format!("asks to use {address}"),
                    ("Request", None) => "asks to use the address".to_owned(),
                    ("Inform", _) => "has an address and asks for the rest".to_owned(),
                    (kind, _) => kind.to_owned(),
                };
                self.asked(boot, obs.at, "DHCP", ask);
            }
            Seen::DhcpOffered { address } => self.answered("DHCP", format!("{address} was offered"), Ending::Found),
            Seen::DhcpBound { address } => self.answered("DHCP", format!("{address} is its address"), Ending::Found),
            Seen::DhcpNak => {
                self.answered("DHCP", "its old address is not good here".to_owned(), Ending::Refused);
            }
            Seen::DhcpIgnored { why } => self.answered("DHCP", why.clone(), Ending::Silence),
            Seen::ArpSeeks { address } => {
                self.asked(boot, obs.at, "ARP", format!("looks for {address}"));
                self.answered("ARP", "nobody here has it".to_owned(), Ending::NotFound);
            }
            Seen::Cdp { platform, version, .. } => {
                self.told(boot, obs.at, "CDP", format!("says it is {platform}"), format!("runs {version}"));
            }
            Seen::Lldp { model, software, .. } => {
                self.told(boot, obs.at, "LLDP", format!("says it is {model}"), format!("runs {software}"));
            }
            Seen::Tagged { vlan } => {
                self.told(boot, obs.at, "VLAN", format!("sends frames tagged with VLAN {vlan}"), String::new());
            }
            Seen::Registered { protocol, name, .. } => {
                let via = if protocol == "sip" { "SIP" } else { "SCCP" };
                self.asked(boot, obs.at, via, format!("registers as {name}"));
                self.answered(via, "it is registered".to_owned(), Ending::Found);
            }
            Seen::Shows { text } => self.told(boot, obs.at, "SCCP", "is idle".to_owned(), format!("shows \"{text}\"")),
            Seen::Alarm { text, .. } => self.told(boot, obs.at, "SCCP", "says why it started".to_owned(), text.clone()),
            Seen::Unregistered { why } => {
                self.told(boot, obs.at, "SCCP", "is no longer registered".to_owned(), why.clone());
            }
            Seen::SignalIgnored { service, why } => {
                self.asked(boot, obs.at, "?", format!("sent a message to the call server ({service})"));
                self.answered("?", why.clone(), Ending::Silence);
            }
            Seen::Malformed { service, what } => {
                self.asked(boot, obs.at, "?", format!("sent malformed {service}"));
                self.answered("?", what.clone(), Ending::Refused);
            }
            _ => {}
        }
    }

    fn asked(&mut self, boot: u32, at: Time, via: &'static str, ask: String) {
        if let Some(last) = self.kept.iter_mut().rev().find(|e| e.via == via && e.boot == boot)
            && last.ask == ask
        {
            last.asks = last.asks.saturating_add(1);
            return;
        }
        self.put(Exchange { at, boot, via, ask, answer: String::new(), ending: Ending::Open, asks: 1 });
    }

    fn answered(&mut self, via: &'static str, answer: String, ending: Ending) {
        if let Some(last) = self.kept.iter_mut().rev().find(|e| e.via == via) {
            last.answer = answer;
            last.ending = ending;
        }
    }

    fn told(&mut self, boot: u32, at: Time, via: &'static str, ask: String, answer: String) {
        self.put(Exchange { at, boot, via, ask, answer, ending: Ending::Told, asks: 1 });
    }

    fn put(&mut self, exchange: Exchange) {
        if self.kept.len() >= KEPT {
            self.kept.pop_front();
        }
        self.kept.push_back(exchange);
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use proto::Mac;

    use super::*;

    fn talk(story: &[Seen]) -> Vec<(String, String, Ending, u32)> {
        let mut talk = Talk::default();
        for (n, seen) in (1..).zip(story) {
            let phone = Some(Mac([0, 0x11, 0xbb, 0, 0, 1]));
            talk.apply(1, &Observation { n, at: Time::from_secs(n), phone, seen: seen.clone() });
        }
        talk.iter().map(|e| (e.ask.clone(), e.answer.clone(), e.ending, e.asks)).collect()
    }

    fn dhcp(kind: &str) -> Seen {
        Seen::Dhcp { kind: kind.into(), vendor_class: None, wants: Vec::new(), host_name: None, address: None }
    }

    #[test]
    fn a_request_and_its_answer_are_one_rung_and_repeats_are_counted() {
        let address = Ipv4Addr::new(10, 0, 0, 9);
        let heard = talk(&[dhcp("Discover"), dhcp("Discover"), Seen::DhcpOffered { address }, dhcp("Request")]);
        assert_eq!(heard[0], ("asks for an address".into(), "10.0.0.9 was offered".into(), Ending::Found, 2));
        assert_eq!(heard[1], ("asks to use the address".into(), String::new(), Ending::Open, 1));
        let heard = talk(&[dhcp("Request"), Seen::DhcpBound { address }, Seen::ArpSeeks { address }]);
        assert_eq!(heard.iter().map(|h| h.2).collect::<Vec<_>>(), [Ending::Found, Ending::NotFound]);
    }

    #[test]
    fn a_phone_that_talks_for_ever_is_forgotten_from_the_front() {
        let story: Vec<Seen> = (0..200).map(|n| Seen::Tagged { vlan: n }).collect();
        let heard = talk(&story);
        assert_eq!(heard.len(), KEPT);
        assert!(heard[0].0.ends_with(" 160"), "{}", heard[0].0);
    }
}
