//! A DHCP server without a socket (RFC 2131 §4.3).
//!
//! The caller decides *who* is answered (by handing a message in or not) and *with what*
//! ([`Wishes`]); the server decides which address, which reply and where it goes. One change, then
//! drain: call a `handle_…`, then [`Server::poll_action`] until `None`.
//!
//! Clients are told apart by MAC, not by client identifier (RFC 2131 §4.2 prefers the latter): the
//! boot loader and the application of one phone often send different identifiers and must not get
//! two addresses, and some makes give every phone the same one. Not here: BOOTP, Rapid Commit
//! (RFC 4039), several subnets.

mod action;
mod clearance;
mod flood;
mod lease;
mod pool;
mod ranges;
mod settings;

use std::collections::{BTreeMap, VecDeque};
use std::net::Ipv4Addr;
use std::time::Duration;

pub use action::{Action, Destination, IgnoreReason, ParkReason};
pub use flood::FloodLimit;
pub use lease::{Lease, LeaseEnd};
pub use settings::{Settings, Standing, Wishes};

use self::clearance::Clearance;
use self::flood::Flood;
use self::pool::{Hold, Pool};
use super::option::{DhcpOption, code};
use super::packet::{BOOTREQUEST, BROADCAST_FLAG, Message, MessageType};
use super::without_zero;
use crate::{Mac, Time};

/// A restored lease ends after this at the latest, in case the clock on the wall was wrong.
const LONGEST_RESTORED: Duration = Duration::from_secs(86_400);

#[derive(Debug, Clone)]
struct Waiting {
    message: Message,
    wishes: Wishes,
    standing: Standing,
}

/// The machine.
#[derive(Debug, Clone)]
pub struct Server {
    settings: Settings,
    pool: Pool,
    clearance: Clearance,
    flood: Flood,
    /// Messages whose answer waits until their address is known to be clear.
    waiting: BTreeMap<Ipv4Addr, Waiting>,
    actions: VecDeque<Action>,
}

impl Server {
    /// A server without leases. With the ARP check on, it begins to probe its pool now.
    pub fn new(settings: Settings, now: Time) -> Server {
        let mut server = Server {
            pool: Pool::new(&settings),
            settings,
            clearance: Clearance::default(),
            flood: Flood::default(),
            waiting: BTreeMap::new(),
            actions: VecDeque::new(),
        };
        server.sweep(now);
        server
    }

    /// A server that knows the leases of an earlier run. Leases that are over only make it prefer
    /// the same address again; leases outside the pool and second leases of a client are dropped.
    pub fn restore(settings: Settings, now: Time, leases: impl IntoIterator<Item = Lease>) -> Server {
        let mut server = Server::new(Settings { arp_check: false, ..settings.clone() }, now);
        for mut lease in leases {
            let left = Duration::from_millis(lease.expires.saturating_sub(settings.wall(now))).min(LONGEST_RESTORED);
            server.pool.remember(lease.mac, lease.address);
            let taken = server.pool.of(lease.mac).is_some() || !server.pool.is_open_to(lease.address, lease.mac);
            if !left.is_zero() && !taken && server.pool.clients() < settings.max_leases {
                lease.expires = settings.wall(now + left);
                server.pool.put(lease.address, Hold::Leased(lease), now + left);
            }
        }
        server.settings = settings;
        server.sweep(now);
        server
    }

    /// The settings it was made with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The leases that run, by address.
    pub fn leases(&self) -> Vec<Lease> {
        self.pool.leases().cloned().collect()
    }

    /// The lease of one client.
    pub fn lease_of(&self, mac: Mac) -> Option<&Lease> {
        match self.pool.hold(self.pool.of(mac)?) {
            Some(Hold::Leased(lease)) => Some(lease),
            _ => None,
        }
    }

    /// Forgets what is known about addresses in use and probes the free ones anew: at the start, and
    /// when the cable has been somewhere else.
    pub fn sweep(&mut self, now: Time) {
        if self.settings.arp_check {
            self.clearance.forget_all();
            self.waiting.keys().for_each(|address| self.clearance.want(*address));
            self.clearance.sweep(now, self.pool.end());
            self.send_probes(now);
        }
    }

    /// Clears a client's lease or offer because the operator says so; false when it has none.
    pub fn clear(&mut self, mac: Mac) -> bool {
        let Some(address) = self.pool.of(mac) else { return false };
        self.end(address, LeaseEnd::Cleared);
        self.pool.forget(mac);
        true
    }

    /// A client's message, which the caller wants answered.
    pub fn handle(&mut self, now: Time, message: &Message, wishes: &Wishes, standing: Standing) {
        self.handle_timeout(now);
        let (mac, kind) = match self.admit(now, message) {
            Ok(admitted) => admitted,
            Err(why) => return self.ignore(message.mac().unwrap_or(Mac::ZERO), why),
        };
        match kind {
            MessageType::Discover => self.on_discover(now, mac, message, wishes, standing),
            MessageType::Request => self.on_request(now, mac, message, wishes, standing),
            MessageType::Decline => self.on_decline(now, mac, message),
            MessageType::Release => self.on_release(mac, message),
            MessageType::Inform => self.on_inform(message, wishes),
            MessageType::Offer | MessageType::Ack | MessageType::Nak => {
                self.ignore(mac, IgnoreReason::NotFromAClient);
            }
        }
    }

    /// A station was seen to use an address: the sender of any ARP packet, asked for or not.
    pub fn handle_arp(&mut self, now: Time, address: Ipv4Addr, mac: Mac) {
        self.handle_timeout(now);
        if !self.pool.covers(address) {
            return;
        }
        let holder = match self.pool.hold(address) {
            Some(Hold::Offered(holder)) => Some(*holder),
            Some(Hold::Leased(lease)) => Some(lease.mac),
            Some(Hold::Parked(_)) => return self.pool.put(address, Hold::Parked(Some(mac)), self.parked_until(now)),
            None => None,
        };
        if holder == Some(mac) {
            self.clearance.set_clear(now, address);
            return self.answer_waiting(now, address);
        }
        let waiting = self.waiting.remove(&address);
        self.end(address, LeaseEnd::Conflict(mac));
        self.park(now, address, Some(mac), ParkReason::InUse(mac));
        // Its client was not answered yet: it gets another address, or hears that this one is gone.
        if let (Some(Waiting { message, wishes, standing }), Some(client)) = (waiting, holder) {
            match message.message_type() {
                Some(MessageType::Request) => self.on_request(now, client, &message, &wishes, standing),
                _ => self.on_discover(now, client, &message, &wishes, standing),
            }
        }
    }

    /// The next thing to do or to know.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// When to call [`Server::handle_timeout`], and why.
    pub fn poll_timeout(&self) -> Option<(Time, &'static str)> {
        [self.pool.poll_timeout(), self.clearance.poll_timeout()].into_iter().flatten().min()
    }

    /// Time has passed. Early and repeated calls change nothing.
    pub fn handle_timeout(&mut self, now: Time) {
        // Ends first: after a long sleep, an offer that ran out must not be sent.
        while let Some((address, hold)) = self.pool.take_ended(now) {
            self.ended(address, hold, LeaseEnd::Expired);
        }
        while let Some(address) = self.clearance.next_unanswered(now) {
            self.answer_waiting(now, address);
        }
        if self.clearance.sweep_is_due(now) {
            self.clearance.sweep(now, self.pool.end());
        }
        self.send_probes(now);
    }

    fn admit(&mut self, now: Time, message: &Message) -> Result<(Mac, MessageType), IgnoreReason> {
        if message.op != BOOTREQUEST {
            return Err(IgnoreReason::NotFromAClient);
        }
        let mac = message.mac().filter(|mac| !mac.is_group() && *mac != Mac::ZERO);
        let mac = mac.ok_or(IgnoreReason::NoEthernetAddress)?;
        if !self.settings.answer_relayed && !message.giaddr.is_unspecified() {
            return Err(IgnoreReason::Relayed(message.giaddr));
        }
        let kind = message.message_type().ok_or(IgnoreReason::NoMessageType)?;
        match self.settings.flood_limit {
            Some(limit) if !self.flood.admit(now, mac, limit) => Err(IgnoreReason::Flood),
            _ => Ok((mac, kind)),
        }
    }

    fn on_discover(&mut self, now: Time, mac: Mac, message: &Message, wishes: &Wishes, standing: Standing) {
        match self.reserve(now, mac, message.requested_address()) {
            Ok(address) => self.answer_when_clear(now, address, message, wishes, standing),
            Err(why) => self.ignore(mac, why),
        }
    }

    /// RFC 2131 §4.3.2. The state a client is in shows in which of 54, 50 and `ciaddr` it fills.
    fn on_request(&mut self, now: Time, mac: Mac, message: &Message, wishes: &Wishes, standing: Standing) {
        let server = message.server_id().and_then(without_zero);
        if let Some(server) = server.filter(|s| *s != self.settings.server) {
            if let Some(address) = self.pool.of(mac)
                && matches!(self.pool.hold(address), Some(Hold::Offered(_)))
            {
                self.end(address, LeaseEnd::Released);
            }
            return self.actions.push_back(Action::ChoseOther { mac, server });
        }
        // SELECTING and INIT-REBOOT name the address in 50, RENEWING and REBINDING in ciaddr.
        let asked = message.requested_address().and_then(without_zero).or(without_zero(message.ciaddr));
        // Naming us and no address can only mean our offer.
        let asked = asked.or_else(|| server.and_then(|_| self.pool.of(mac)));
        let Some(address) = asked else { return self.ignore(mac, IgnoreReason::NoAddressAsked) };
        let ours = self.pool.of(mac) == Some(address);
        // No record, as after a restart without saved leases: a client of ours may keep what is free.
        let regained = self.pool.of(mac).is_none() && standing == Standing::Known && self.pool.is_open_to(address, mac);
        if !ours && !regained {
            return match standing {
                Standing::Known => self.refuse(message, address),
                Standing::Stranger => self.ignore(mac, IgnoreReason::StaleRequest(address)),
            };
        }
        match self.reserve(now, mac, Some(address)) {
            Ok(address) => self.answer_when_clear(now, address, message, wishes, standing),
            Err(why) => self.ignore(mac, why),
        }
    }

    fn on_decline(&mut self, now: Time, mac: Mac, message: &Message) {
        let address = message.requested_address();
        match self.held_by(mac, address, message, MessageType::Decline) {
            Ok(address) => {
                self.end(address, LeaseEnd::Declined);
                self.pool.forget(mac);
                self.park(now, address, None, ParkReason::Declined(mac));
            }
            Err(why) => self.ignore(mac, why),
        }
    }

    fn on_release(&mut self, mac: Mac, message: &Message) {
        match self.held_by(mac, without_zero(message.ciaddr), message, MessageType::Release) {
            Ok(address) => self.end(address, LeaseEnd::Released),
            Err(why) => self.ignore(mac, why),
        }
    }

    /// Options only: no address, no lease time (RFC 2131 §4.3.5).
    fn on_inform(&mut self, message: &Message, wishes: &Wishes) {
        let mut reply = self.reply(message, wishes, MessageType::Ack, None);
        reply.ciaddr = message.ciaddr;
        let to = match (without_zero(message.giaddr), without_zero(message.ciaddr), message.mac()) {
            (Some(relay), _, _) => Destination::Relay(relay),
            (_, Some(address), _) if self.settings.is_local(address) => Destination::Client(address),
            // An address of another subnet is not reachable by ARP, but its MAC is on this cable.
            (_, Some(address), Some(mac)) => Destination::Hardware { address, mac },
            _ => Destination::Broadcast,
        };
        self.transmit(message, reply, to);
    }

    /// The address for a client, held for it from now on. What it already has it keeps.
    fn reserve(&mut self, now: Time, mac: Mac, wanted: Option<Ipv4Addr>) -> Result<Ipv4Addr, IgnoreReason> {
        let held = self.pool.of(mac);
        if held.is_none() && self.pool.clients() >= self.settings.max_leases {
            return Err(IgnoreReason::TooManyClients);
        }
        let address = held.or_else(|| self.pool.choose(mac, wanted)).ok_or(IgnoreReason::NoAddressLeft)?;
        match self.pool.hold(address) {
            Some(Hold::Leased(_)) => return Ok(address),
            // The station seen using it was this client itself.
            Some(Hold::Parked(_)) => self.clearance.set_clear(now, address),
            Some(Hold::Offered(_)) | None => {}
        }
        self.pool.put(address, Hold::Offered(mac), now + self.settings.offer_time);
        Ok(address)
    }

    fn answer_when_clear(
        &mut self,
        now: Time,
        address: Ipv4Addr,
        message: &Message,
        wishes: &Wishes,
        standing: Standing,
    ) {
        let leased = matches!(self.pool.hold(address), Some(Hold::Leased(_)));
        if !self.settings.arp_check || leased || self.clearance.is_clear(now, address) {
            return self.answer(now, address, message, wishes);
        }
        let waiting = Waiting { message: message.clone(), wishes: wishes.clone(), standing };
        self.waiting.insert(address, waiting);
        self.clearance.want(address);
        self.send_probes(now);
    }

    fn answer_waiting(&mut self, now: Time, address: Ipv4Addr) {
        if let Some(waiting) = self.waiting.remove(&address) {
            self.answer(now, address, &waiting.message, &waiting.wishes);
        }
    }

    /// Offer or Ack of an address that is held for the sender.
    fn answer(&mut self, now: Time, address: Ipv4Addr, message: &Message, wishes: &Wishes) {
        let Some(mac) = message.mac() else { return };
        let wished = if wishes.lease.is_zero() { self.settings.lease_time } else { wishes.lease };
        // All ones would mean "for ever" (RFC 2132 §9.2).
        let seconds = u32::try_from(wished.as_secs()).unwrap_or(u32::MAX).clamp(1, u32::MAX - 1);
        let request = message.message_type() == Some(MessageType::Request);
        let kind = if request { MessageType::Ack } else { MessageType::Offer };
        let mut reply = self.reply(message, wishes, kind, Some(seconds));
        reply.yiaddr = address;
        let renewing = request && message.ciaddr == address;
        if renewing {
            reply.ciaddr = address;
        }
        let to = match without_zero(message.giaddr) {
            Some(relay) => Destination::Relay(relay),
            None if renewing => Destination::Client(address),
            None if message.broadcast() => Destination::Broadcast,
            None => Destination::Hardware { address, mac },
        };
        self.transmit(message, reply, to);
        if request {
            let until = now + Duration::from_secs(u64::from(seconds));
            let client_id = message.client_id().unwrap_or_default().to_vec();
            let lease = Lease { mac, client_id, address, expires: self.settings.wall(until) };
            self.pool.put(address, Hold::Leased(lease.clone()), until);
            self.actions.push_back(Action::Bound(lease));
        }
    }

    fn refuse(&mut self, message: &Message, address: Ipv4Addr) {
        let mut reply = message.reply();
        reply.options.set(MessageType::Nak.option());
        reply.options.set(DhcpOption::address(code::SERVER_ID, self.settings.server));
        reply.options.set(DhcpOption::text(code::MESSAGE, &format!("{address} is not yours here")));
        // The client must hear this although its address is wrong; a relay is told to broadcast it
        // (RFC 2131 §4.3.2).
        let relay = without_zero(message.giaddr);
        if relay.is_some() {
            reply.flags |= BROADCAST_FLAG;
        }
        self.transmit(message, reply, relay.map_or(Destination::Broadcast, Destination::Relay));
    }

    fn reply(&self, message: &Message, wishes: &Wishes, kind: MessageType, lease: Option<u32>) -> Message {
        let mut reply = message.reply();
        reply.siaddr = wishes.siaddr;
        reply.file = wishes.boot_file.clone();
        let options = &mut reply.options;
        options.set(kind.option());
        options.set(DhcpOption::address(code::SERVER_ID, self.settings.server));
        if let Some(seconds) = lease {
            options.set(DhcpOption::u32(code::LEASE_TIME, seconds));
        }
        options.set(DhcpOption::address(code::SUBNET_MASK, self.settings.mask()));
        let own = [code::MESSAGE_TYPE, code::SERVER_ID, code::LEASE_TIME];
        wishes.options.iter().filter(|o| !own.contains(&o.code)).for_each(|o| options.set(o.clone()));
        // A relay gets its own information back, last (RFC 3046 §2.2).
        if let Some(relay) = message.options.get(code::RELAY_AGENT).filter(|_| !message.giaddr.is_unspecified()) {
            options.set(DhcpOption::raw(code::RELAY_AGENT, relay));
        }
        reply
    }

    fn transmit(&mut self, request: &Message, message: Message, to: Destination) {
        self.actions.push_back(Action::Transmit { message, to, max_payload: request.max_payload() });
    }

    fn ignore(&mut self, mac: Mac, why: IgnoreReason) {
        self.actions.push_back(Action::Ignored { mac, why });
    }

    /// The address a Decline or Release is about, if it is meant for us and the sender holds it.
    fn held_by(
        &self,
        mac: Mac,
        address: Option<Ipv4Addr>,
        message: &Message,
        kind: MessageType,
    ) -> Result<Ipv4Addr, IgnoreReason> {
        match message.server_id() {
            Some(other) if other != self.settings.server => Err(IgnoreReason::OtherServer(other)),
            _ => address.filter(|a| self.pool.of(mac) == Some(*a)).ok_or(IgnoreReason::NotItsAddress(kind, address)),
        }
    }

    /// Frees an address, whoever holds it.
    fn end(&mut self, address: Ipv4Addr, why: LeaseEnd) {
        if let Some(hold) = self.pool.take(address) {
            self.ended(address, hold, why);
        }
    }

    fn ended(&mut self, address: Ipv4Addr, hold: Hold, why: LeaseEnd) {
        self.waiting.remove(&address);
        match hold {
            Hold::Leased(lease) => {
                // Its client may go on using it: only a new probe can say that nobody does.
                self.clearance.forget(address);
                self.pool.remember(lease.mac, address);
                self.actions.push_back(Action::Released { lease, why });
            }
            Hold::Parked(_) => self.clearance.forget(address),
            Hold::Offered(_) => {}
        }
    }

    fn park(&mut self, now: Time, address: Ipv4Addr, by: Option<Mac>, why: ParkReason) {
        self.clearance.forget(address);
        self.pool.put(address, Hold::Parked(by), self.parked_until(now));
        self.actions.push_back(Action::Parked { address, why });
    }

    fn parked_until(&self, now: Time) -> Time {
        now + self.settings.conflict_parking
    }

    fn send_probes(&mut self, now: Time) {
        while let Some(address) = self.clearance.next_probe(now, self.pool.free()) {
            self.actions.push_back(Action::ProbeAddress(address));
        }
    }
}

#[cfg(test)]
mod tests;
