//! SIP registrations of others (RFC 3261 §10): a phone that registered came up.
//!
//! Only the request and its good answer are looked at, told apart by their Call-ID. Not here: calls, subscriptions.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4};

use proto::sip::Message;
use proto::text::escape_short;

use super::{By, Heard};
use crate::observe::Seen;

/// Requests that wait for their answer.
const WAITING: usize = 1_024;
/// The port of SIP.
pub(super) const PORT: u16 = 5060;

/// A phone's request.
#[derive(Clone, Debug)]
struct Asked {
    from: Ipv4Addr,
    user_agent: Option<String>,
    /// It signs off.
    leaves: bool,
}

/// What phones asked of registrars.
#[derive(Debug, Default)]
pub(super) struct Sip {
    waiting: BTreeMap<Vec<u8>, Asked>,
    /// Who is known to be registered, by what name: it is said again every minute.
    registered: BTreeMap<Ipv4Addr, String>,
}

impl Sip {
    /// Takes a datagram from or to the port of SIP.
    pub(super) fn datagram(&mut self, src: SocketAddrV4, dst: SocketAddrV4, payload: &[u8], out: &mut Vec<Heard>) {
        // Most of what goes there is neither.
        if !payload.starts_with(b"REGISTER ") && !payload.starts_with(b"SIP/2.0 200") {
            return;
        }
        let Ok(message) = Message::parse(payload) else { return };
        let Some(call) = message.header("Call-ID").map(<[u8]>::to_vec) else { return };
        if message.method() == Some("REGISTER") {
            let expires = message.header("Expires").is_some_and(|e| e.trim_ascii() == b"0");
            let by_contact = message.header("Contact").is_some_and(|c| escape_short(c, 400).ends_with("expires=0"));
            let user_agent = message.header("User-Agent").map(|a| escape_short(a, 200));
            if self.waiting.len() >= WAITING && !self.waiting.contains_key(&call) {
                self.waiting.pop_first();
            }
            self.waiting.insert(call, Asked { from: *src.ip(), user_agent, leaves: expires || by_contact });
            return;
        }
        let is_ours = message.cseq().is_some_and(|c| c.method == "REGISTER");
        let Some(asked) = self.waiting.get(&call).filter(|a| is_ours && a.from == *dst.ip()).cloned() else { return };
        self.waiting.remove(&call);
        let name = message.header("To").map(name_in).unwrap_or_default();
        if asked.leaves {
            self.registered.remove(&asked.from);
        } else if self.registered.get(&asked.from) != Some(&name) {
            if self.registered.len() >= WAITING {
                self.registered.pop_first();
            }
            self.registered.insert(asked.from, name.clone());
            let (protocol, user_agent) = ("sip".to_owned(), asked.user_agent);
            let seen = Seen::Registered { protocol, name, device_type: None, load: None, user_agent };
            out.push(Heard { by: By::Address(asked.from), seen });
        }
    }
}

/// `7960@10.0.0.1` of `"A" <sip:7960@10.0.0.1;user=phone>;tag=x`.
fn name_in(to: &[u8]) -> String {
    let text = escape_short(to, 300);
    let uri = text.split_once("sip:").map_or(text.as_str(), |(_, uri)| uri);
    uri.split(['>', ';', ' ']).next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registration_is_seen_once_and_one_that_is_refused_is_not() {
        let (mut sip, mut out) = (Sip::default(), Vec::new());
        let phone = SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 9), 5060);
        let server = SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 1), 5060);
        let common = "From: <sip:7960@10.0.0.1>;tag=a\r\nTo: <sip:7960@10.0.0.1>\r\nCall-ID: one\r\nCSeq: 1 REGISTER\r\n\
            Via: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bK1\r\n";
        let ask = format!("REGISTER sip:10.0.0.1 SIP/2.0\r\n{common}User-Agent: Yealink SIP-T46G 28.83.0.35\r\n\r\n");
        let answer = |code: &str| format!("SIP/2.0 {code}\r\n{common}\r\n");
        for reply in [answer("401 Unauthorized"), answer("200 OK"), answer("200 OK")] {
            sip.datagram(phone, server, ask.as_bytes(), &mut out);
            sip.datagram(server, phone, reply.as_bytes(), &mut out);
        }
        let [Heard { by: By::Address(address), seen: Seen::Registered { name, user_agent, .. } }] = &out[..] else {
            panic!("{out:?}")
        };
        assert_eq!((*address, name.as_str()), (*phone.ip(), "7960@10.0.0.1"));
        assert_eq!(user_agent.as_deref(), Some("Yealink SIP-T46G 28.83.0.35"));
    }
}
