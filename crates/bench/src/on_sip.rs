//! SIP: phones that register with the bench, and what they are told.

use std::net::SocketAddrV4;

use proto::sip::registrar::Event;
use proto::sip::{Message, message};
use proto::text::escape_short;
use proto::{Mac, Time};

use crate::bench::Bench;
use crate::input::Service;
use crate::observe::Seen;
use crate::output::Output;

impl Bench {
    pub(crate) fn on_sip(&mut self, now: Time, from: SocketAddrV4, bytes: &[u8]) {
        let message = match Message::parse(bytes) {
            Ok(message) => message,
            // Sent to keep a way through a router open; there is none here.
            Err(message::Malformed::KeepAlive) => return,
            Err(bad) => {
                let what = format!("{bad} (from {from})");
                let phone = self.state.phone_at(*from.ip());
                return self.observe_limited(now, phone, Seen::Malformed { service: "SIP".to_owned(), what });
            }
        };
        if self.on_pnp(now, from, &message) {
            return;
        }
        let Some(phone) = self.sip_caller(from, &message) else {
            let why = format!("{from} is not known to be a phone (RB104)");
            return self.observe_limited(now, None, Seen::SignalIgnored { service: "SIP".to_owned(), why });
        };
        self.signalling.registrar.handle(now, from, &message);
        self.drain_registrar(now, Some(phone));
    }

    /// By its address; else by the MAC in the names that it gives itself, as a phone with a fixed address does.
    fn sip_caller(&self, from: SocketAddrV4, message: &Message) -> Option<Mac> {
        self.caller(from).or_else(|| {
            let agent = message.header("User-Agent").map(|a| escape_short(a, 200))?;
            let named = ["Contact", "Call-ID", "From"];
            let mac = named.iter().find_map(|h| Mac::find_in(&escape_short(message.header(h)?, 300)))?;
            let seen = Seen::Registered {
                protocol: "sip".to_owned(),
                name: String::new(),
                device_type: None,
                load: None,
                user_agent: Some(agent),
            };
            self.is_phone_by(mac, &seen).then_some(mac)
        })
    }

    pub(crate) fn registrar_due(&mut self, now: Time) {
        self.signalling.registrar.handle_timeout(now);
        self.drain_registrar(now, None);
    }

    pub(crate) fn drain_registrar(&mut self, now: Time, phone: Option<Mac>) {
        while let Some((to, bytes)) = self.signalling.registrar.poll_transmit() {
            self.tell(Output::Datagram { service: Service::Sip, to, bytes });
        }
        while let Some(event) = self.signalling.registrar.poll_event() {
            let owner = |bench: &Bench, aor: &str| bench.signalling.names.get(aor).copied().or(phone);
            let (phone, seen) = match event {
                Event::Registered(binding) => {
                    let Some(phone) = phone else { continue };
                    let known = self.state.sessions.get(&phone).and_then(|s| s.registered.as_ref());
                    // A phone says it again every minute: that is no news.
                    let same = known.is_some_and(|r| r.name == binding.aor && r.protocol == "sip");
                    self.signalling.names.retain(|_, mac| *mac != phone);
                    self.signalling.names.insert(binding.aor.clone(), phone);
                    if same {
                        continue;
                    }
                    let seen = Seen::Registered {
                        protocol: "sip".to_owned(),
                        name: binding.aor,
                        device_type: binding.device_type,
                        load: None,
                        user_agent: Some(binding.user_agent).filter(|a| !a.is_empty()),
                    };
                    (phone, seen)
                }
                Event::Unregistered { aor } => {
                    let Some(phone) = self.signalling.names.remove(&aor) else { continue };
                    (phone, Seen::Unregistered { why: "the phone signed off".to_owned() })
                }
                Event::Answered { aor, code } => {
                    let Some(phone) = owner(self, &aor) else { continue };
                    (phone, Seen::PhoneAnswered { what: format!("{code} to what it was told by SIP") })
                }
                Event::Unanswered { aor } => {
                    let Some(phone) = owner(self, &aor) else { continue };
                    (phone, Seen::PhoneAnswered { what: "nothing to what it was told by SIP".to_owned() })
                }
                Event::Declined { method, code } => {
                    let Some(phone) = phone else { continue };
                    let why =
                        format!("{} gets {code}: the bench does not do that", escape_short(method.as_bytes(), 20));
                    (phone, Seen::SignalIgnored { service: "SIP".to_owned(), why })
                }
            };
            self.observe_limited(now, Some(phone), seen);
        }
    }
}
