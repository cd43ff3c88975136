//! A DHCP client without a socket (RFC 2131 §4.4): the probe that looks for foreign servers, and the
//! simulated phones.
//!
//! In [`Mode::Probe`] it only ever sends Discover, so it takes no address from anyone. In
//! [`Mode::Lease`] it takes the first usable offer, keeps it by renewing, and declines what another
//! station already uses. What it says about itself (which options, in which order) is the caller's,
//! as [`Templates`]. Not here: comparing offers, Inform, reading what the options mean.

use std::collections::VecDeque;
use std::net::Ipv4Addr;
use std::time::Duration;

use super::option::{DhcpOption, code};
use super::packet::{BOOTREPLY, BROADCAST_FLAG, Message, MessageType};
use super::{Options, without_zero};
use crate::{Mac, Time};

/// RFC 2131 §3.1 (5): after a Decline, at least this long before the next Discover.
const AFTER_DECLINE: Duration = Duration::from_secs(10);
/// After a Nak; the RFC sets no wait, but a loop of Nak and Request must not become a storm.
const AFTER_NAK: Duration = Duration::from_secs(1);
/// RFC 2131 §4.4.5: renewals are not repeated faster than this.
const LEAST_RENEWAL_RETRY: Duration = Duration::from_secs(60);
/// Requests without an answer before starting over with Discover.
const REQUEST_TRIES: u32 = 4;

/// What the client is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Discover `tries` times, `every` so often, and report each offer; never Request.
    Probe {
        /// How many Discovers.
        tries: u32,
        /// Pause after each of them, the last one too.
        every: Duration,
    },
    /// Get an address and keep it.
    Lease {
        /// How long to listen for another user of the address before using it; zero: do not.
        check: Duration,
        /// Pause after the first unanswered message, doubled from then on.
        first_retry: Duration,
        /// Longest pause.
        longest_retry: Duration,
    },
}

impl Mode {
    /// A lease with RFC 2131 §4.1's back-off (4 s to 64 s) and a conflict check of one second.
    pub const LEASE: Mode = Mode::Lease {
        check: Duration::from_secs(1),
        first_retry: Duration::from_secs(4),
        longest_retry: Duration::from_secs(64),
    };
}

/// Options of each kind of message, in the order to send. The values of 53, 50 and 54 are put in by
/// the machine where the template has them, left out where the state forbids them (RFC 2131 table 5),
/// and added at the end where the state demands them and the template forgot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Templates {
    /// For Discover.
    pub discover: Options,
    /// For Request in all its states.
    pub request: Options,
    /// For Decline and Release.
    pub decline: Options,
}

/// Who the client is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Its Ethernet address.
    pub mac: Mac,
    /// Transaction number of the first exchange; the next ones count up from it.
    pub xid: u32,
    /// Whether it asks for broadcast answers.
    pub broadcast: bool,
    /// What it says.
    pub templates: Templates,
    /// What it is for.
    pub mode: Mode,
}

/// Where a client sends: always to port 67.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination {
    /// 255.255.255.255 from 0.0.0.0.
    Broadcast,
    /// A server's address, from the client's own.
    Server(Ipv4Addr),
}

/// An address the client holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// The address.
    pub address: Ipv4Addr,
    /// The server that gave it.
    pub server: Option<Ipv4Addr>,
    /// When to renew (T1); [`Time::NEVER`] for an unlimited lease, as below.
    pub renew: Time,
    /// When to ask any server (T2).
    pub rebind: Time,
    /// When it is lost.
    pub expires: Time,
    /// The Ack itself, with all its options.
    pub ack: Message,
}

/// Why an address was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lost {
    /// The server said no.
    Nak,
    /// Another station uses it.
    Conflict(Mac),
    /// Nobody renewed it in time.
    Expired,
    /// The caller released it.
    Released,
}

/// What the caller has to do or may want to know.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "short-lived, and boxes would make every reader write one")]
pub enum Action {
    /// Send this to port 67.
    Transmit {
        /// The message.
        message: Message,
        /// To whom.
        to: Destination,
    },
    /// Ask by ARP whether anyone uses this address; answers go to [`Client::handle_arp`].
    ProbeAddress(Ipv4Addr),
    /// A server offered something (both modes).
    Offered(Message),
    /// The address may be used from now on; also after each renewal.
    Bound(Binding),
    /// The address must not be used any more.
    Lost {
        /// The address.
        address: Ipv4Addr,
        /// Why.
        why: Lost,
    },
    /// A probe has sent its last Discover and waited for answers.
    Finished,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Idle,
    Probing { left: u32, next: Time },
    Selecting { tries: u32, retry: Time },
    Requesting { address: Ipv4Addr, server: Option<Ipv4Addr>, tries: u32, retry: Time },
    Checking { binding: Binding, until: Time },
    Bound { binding: Binding },
    Renewing { binding: Binding, retry: Time },
    Rebinding { binding: Binding, retry: Time },
    Pausing { until: Time },
}

/// The machine. Call a `handle_…`, then drain [`Client::poll_action`].
#[derive(Debug, Clone)]
pub struct Client {
    settings: Settings,
    state: State,
    /// Of the running exchange.
    xid: u32,
    next_xid: u32,
    began: Time,
    actions: VecDeque<Action>,
}

impl Client {
    /// A client that has not said anything yet.
    pub fn new(settings: Settings) -> Client {
        let xid = settings.xid;
        Client { settings, state: State::Idle, xid, next_xid: xid, began: Time::ZERO, actions: VecDeque::new() }
    }

    /// Begins: the first Discover goes out now. A running exchange is forgotten without a word, as
    /// when the power is cut.
    pub fn start(&mut self, now: Time) {
        self.began = now;
        self.state = match self.settings.mode {
            Mode::Probe { tries: 0, .. } => return self.actions.push_back(Action::Finished),
            Mode::Probe { tries, every } => State::Probing { left: tries - 1, next: now + every },
            Mode::Lease { .. } => State::Selecting { tries: 1, retry: now + self.pause(1) },
        };
        self.next_exchange();
        self.send_discover(now);
    }

    /// Begins with an address remembered from before (INIT-REBOOT, RFC 2131 §3.2). A probe never
    /// asks for an address and begins as with [`Client::start`].
    pub fn start_with_address(&mut self, now: Time, address: Ipv4Addr) {
        if let Mode::Probe { .. } = self.settings.mode {
            return self.start(now);
        }
        self.began = now;
        self.next_exchange();
        self.state = State::Requesting { address, server: None, tries: 1, retry: now + self.pause(1) };
        self.send_request(now);
    }

    /// Gives the address back and stops. Without an address it just stops.
    pub fn release(&mut self, now: Time) {
        let Some(binding) = self.binding().cloned() else {
            self.state = State::Idle;
            return;
        };
        self.next_exchange();
        let mut message =
            self.message(now, &self.settings.templates.decline, MessageType::Release, None, binding.server);
        message.ciaddr = binding.address;
        message.flags = 0;
        let to = binding.server.map_or(Destination::Broadcast, Destination::Server);
        self.actions.push_back(Action::Transmit { message, to });
        self.actions.push_back(Action::Lost { address: binding.address, why: Lost::Released });
        self.state = State::Idle;
    }

    /// The address in use, if any.
    pub fn binding(&self) -> Option<&Binding> {
        match &self.state {
            State::Bound { binding } | State::Renewing { binding, .. } | State::Rebinding { binding, .. } => {
                Some(binding)
            }
            _ => None,
        }
    }

    /// A message arrived on port 68. What is not an answer to this client's exchange is ignored.
    pub fn handle(&mut self, now: Time, message: &Message) {
        if message.op != BOOTREPLY || message.xid != self.xid || message.mac() != Some(self.settings.mac) {
            return;
        }
        match message.message_type() {
            Some(MessageType::Offer) => self.on_offer(now, message),
            Some(MessageType::Ack) => self.on_ack(now, message),
            Some(MessageType::Nak) => self.on_nak(now),
            _ => {}
        }
    }

    /// A station was seen to use an address (sender of any ARP packet).
    pub fn handle_arp(&mut self, now: Time, address: Ipv4Addr, mac: Mac) {
        if mac == self.settings.mac {
            return;
        }
        let binding = match &self.state {
            State::Checking { binding, .. } if binding.address == address => binding.clone(),
            _ => return,
        };
        let template = &self.settings.templates.decline;
        let message = self.message(now, template, MessageType::Decline, Some(address), binding.server);
        self.actions.push_back(Action::Transmit { message, to: Destination::Broadcast });
        self.actions.push_back(Action::Lost { address, why: Lost::Conflict(mac) });
        self.state = State::Pausing { until: now + AFTER_DECLINE };
    }

    /// The next thing to do; drain until `None` after every `handle_…`.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// When to call [`Client::handle_timeout`], and why.
    pub fn poll_timeout(&self) -> Option<(Time, &'static str)> {
        let (at, why) = match &self.state {
            State::Idle => return None,
            State::Probing { next, .. } => (*next, "waiting for foreign DHCP offers"),
            State::Selecting { retry, .. } => (*retry, "waiting for a DHCP offer"),
            State::Requesting { retry, .. } => (*retry, "waiting for a DHCP ack"),
            State::Checking { until, .. } => (*until, "listening for another user of the address"),
            State::Bound { binding } => (binding.renew, "DHCP renewal is due"),
            State::Renewing { binding, retry } => ((*retry).min(binding.rebind), "waiting for a DHCP renewal"),
            State::Rebinding { binding, retry } => ((*retry).min(binding.expires), "waiting for a DHCP rebinding"),
            State::Pausing { until } => (*until, "pausing before the next DHCP discover"),
        };
        (at < Time::NEVER).then_some((at, why))
    }

    /// The time asked for has come. Early calls change nothing.
    pub fn handle_timeout(&mut self, now: Time) {
        if self.poll_timeout().is_none_or(|(at, _)| now < at) {
            return;
        }
        match std::mem::replace(&mut self.state, State::Idle) {
            State::Idle => {}
            State::Probing { left: 0, .. } => self.actions.push_back(Action::Finished),
            State::Probing { left, .. } => {
                let Mode::Probe { every, .. } = self.settings.mode else { return };
                self.state = State::Probing { left: left - 1, next: now + every };
                self.send_discover(now);
            }
            State::Selecting { tries, .. } => {
                let tries = tries.saturating_add(1);
                self.state = State::Selecting { tries, retry: now + self.pause(tries) };
                self.send_discover(now);
            }
            State::Requesting { tries, .. } if tries >= REQUEST_TRIES => self.start(now),
            State::Requesting { address, server, tries, .. } => {
                let tries = tries + 1;
                self.state = State::Requesting { address, server, tries, retry: now + self.pause(tries) };
                self.send_request(now);
            }
            // The lease was shorter than the check: there is nothing left to use.
            State::Checking { binding, .. } if now >= binding.expires => self.start(now),
            State::Checking { binding, .. } => self.bind(binding),
            State::Bound { binding } => {
                self.next_exchange();
                self.renew(now, binding);
            }
            State::Renewing { binding, .. } if now >= binding.rebind => self.rebind(now, binding),
            State::Renewing { binding, .. } => self.renew(now, binding),
            State::Rebinding { binding, .. } if now >= binding.expires => {
                self.actions.push_back(Action::Lost { address: binding.address, why: Lost::Expired });
                self.start(now);
            }
            State::Rebinding { binding, .. } => self.rebind(now, binding),
            State::Pausing { .. } => self.start(now),
        }
    }

    fn on_offer(&mut self, now: Time, offer: &Message) {
        let selecting = match self.state {
            State::Probing { .. } => false,
            State::Selecting { .. } => true,
            _ => return,
        };
        self.actions.push_back(Action::Offered(offer.clone()));
        if selecting && !offer.yiaddr.is_unspecified() {
            let retry = now + self.pause(1);
            self.state = State::Requesting { address: offer.yiaddr, server: offer.server_id(), tries: 1, retry };
            self.send_request(now);
        }
    }

    fn on_ack(&mut self, now: Time, ack: &Message) {
        let Mode::Lease { check, .. } = self.settings.mode else { return };
        let fresh = match self.state {
            State::Requesting { .. } => true,
            State::Renewing { .. } | State::Rebinding { .. } => false,
            _ => return,
        };
        if ack.yiaddr.is_unspecified() {
            return;
        }
        let binding = binding(now, ack);
        if fresh && !check.is_zero() {
            self.actions.push_back(Action::ProbeAddress(binding.address));
            self.state = State::Checking { binding, until: now + check };
        } else {
            self.bind(binding);
        }
    }

    fn on_nak(&mut self, now: Time) {
        let address = match &self.state {
            State::Requesting { address, .. } => *address,
            State::Renewing { binding, .. } | State::Rebinding { binding, .. } => binding.address,
            _ => return,
        };
        self.actions.push_back(Action::Lost { address, why: Lost::Nak });
        self.state = State::Pausing { until: now + AFTER_NAK };
    }

    fn bind(&mut self, binding: Binding) {
        self.actions.push_back(Action::Bound(binding.clone()));
        self.state = State::Bound { binding };
    }

    fn renew(&mut self, now: Time, binding: Binding) {
        let retry = now + (binding.rebind.since(now) / 2).max(LEAST_RENEWAL_RETRY);
        self.state = State::Renewing { binding, retry };
        self.send_request(now);
    }

    fn rebind(&mut self, now: Time, binding: Binding) {
        let retry = now + (binding.expires.since(now) / 2).max(LEAST_RENEWAL_RETRY);
        self.state = State::Rebinding { binding, retry };
        self.send_request(now);
    }

    fn next_exchange(&mut self) {
        self.xid = self.next_xid;
        self.next_xid = self.next_xid.wrapping_add(1);
    }

    /// Exponential back-off, moved by up to a second either way so that phones powered up together do
    /// not stay in step (RFC 2131 §4.1). The spread comes from who asks, not from chance.
    fn pause(&self, tries: u32) -> Duration {
        let Mode::Lease { first_retry, longest_retry, .. } = self.settings.mode else { return Duration::ZERO };
        let doubled = first_retry.saturating_mul(1 << tries.saturating_sub(1).min(16)).min(longest_retry);
        let mut mixed = u64::from(self.xid) ^ u64::from(tries) << 32;
        for byte in self.settings.mac.0 {
            mixed = (mixed ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        let spread = Duration::from_secs(1).min(first_retry / 2);
        let shift = Duration::from_micros((mixed >> 16) % 2_000_001).mul_f64(spread.as_secs_f64());
        (doubled + shift).saturating_sub(spread)
    }

    fn send_discover(&mut self, now: Time) {
        let message = self.message(now, &self.settings.templates.discover, MessageType::Discover, None, None);
        self.actions.push_back(Action::Transmit { message, to: Destination::Broadcast });
    }

    /// Request as the state wants it (RFC 2131 §4.3.2): which of 50, 54 and `ciaddr` say the address.
    fn send_request(&mut self, now: Time) {
        let template = &self.settings.templates.request;
        let kind = MessageType::Request;
        let (message, to) = match &self.state {
            State::Requesting { address, server, .. } => {
                (self.message(now, template, kind, Some(*address), *server), Destination::Broadcast)
            }
            State::Renewing { binding, .. } | State::Rebinding { binding, .. } => {
                let mut message = self.message(now, template, kind, None, None);
                message.ciaddr = binding.address;
                message.flags = 0;
                let renewing = matches!(self.state, State::Renewing { .. });
                let server = binding.server.filter(|_| renewing);
                (message, server.map_or(Destination::Broadcast, Destination::Server))
            }
            _ => return,
        };
        self.actions.push_back(Action::Transmit { message, to });
    }

    fn message(
        &self,
        now: Time,
        template: &Options,
        kind: MessageType,
        address: Option<Ipv4Addr>,
        server: Option<Ipv4Addr>,
    ) -> Message {
        let mut message = Message::request(self.settings.mac, self.xid);
        message.secs = u16::try_from(now.since(self.began).as_secs()).unwrap_or(u16::MAX);
        message.flags = if self.settings.broadcast { BROADCAST_FLAG } else { 0 };
        let states = [
            (code::MESSAGE_TYPE, Some(kind.option())),
            (code::SERVER_ID, server.map(|a| DhcpOption::address(code::SERVER_ID, a))),
            (code::REQUESTED_ADDRESS, address.map(|a| DhcpOption::address(code::REQUESTED_ADDRESS, a))),
        ];
        if !template.contains(code::MESSAGE_TYPE) {
            message.options.set(kind.option());
        }
        for option in template {
            match states.iter().find(|(code, _)| *code == option.code) {
                Some((_, filled)) => filled.iter().for_each(|o| message.options.set(o.clone())),
                None => message.options.set(option.clone()),
            }
        }
        states.into_iter().filter_map(|(_, filled)| filled).for_each(|o| message.options.set(o));
        message
    }
}

fn binding(now: Time, ack: &Message) -> Binding {
    let after = |secs: u32| now + Duration::from_secs(u64::from(secs));
    // No lease time at all is read as the longest one: the client is a guest, not a judge.
    let lease = ack.options.u32(code::LEASE_TIME).unwrap_or(u32::MAX);
    let unlimited = lease == u32::MAX;
    let until = |given: Option<u32>, usual: u32| if unlimited { Time::NEVER } else { after(given.unwrap_or(usual)) };
    Binding {
        address: ack.yiaddr,
        server: without_zero(ack.server_id().unwrap_or(ack.siaddr)),
        renew: until(ack.options.u32(code::RENEWAL_TIME), lease / 2),
        rebind: until(ack.options.u32(code::REBINDING_TIME), lease - lease / 8),
        expires: until(None, lease),
        ack: ack.clone(),
    }
}

#[cfg(test)]
mod tests;
