//! What the server asks its caller to do, and what it tells.

use std::fmt;
use std::net::Ipv4Addr;

use super::lease::{Lease, LeaseEnd};
use crate::Mac;
use crate::dhcp::{Message, MessageType};

/// One thing to do or to know.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "short-lived, and boxes would make every reader write one")]
pub enum Action {
    /// Send this message.
    Transmit {
        /// The message; write it with [`Message::emit_within`] and `max_payload`.
        message: Message,
        /// To whom.
        to: Destination,
        /// The largest UDP payload the client accepts.
        max_payload: usize,
    },
    /// Ask by ARP who has this address; answers go to [`super::Server::handle_arp`].
    ProbeAddress(Ipv4Addr),
    /// A client has an address from now on, or has renewed it.
    Bound(Lease),
    /// A client has its address no longer.
    Released {
        /// The lease that ended.
        lease: Lease,
        /// Why.
        why: LeaseEnd,
    },
    /// An address is given to nobody for a while.
    Parked {
        /// The address.
        address: Ipv4Addr,
        /// Why.
        why: ParkReason,
    },
    /// A client answered another server's offer; ours is withdrawn.
    ChoseOther {
        /// The client.
        mac: Mac,
        /// The server it chose.
        server: Ipv4Addr,
    },
    /// A message was not answered.
    Ignored {
        /// Its sender; zero when it has no Ethernet address.
        mac: Mac,
        /// Why.
        why: IgnoreReason,
    },
}

/// Where a reply goes (RFC 2131 §4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination {
    /// Through a relay: this address, port 67.
    Relay(Ipv4Addr),
    /// To a client that has its address and answers ARP: this address, port 68.
    Client(Ipv4Addr),
    /// To 255.255.255.255, port 68.
    Broadcast,
    /// To an address its client does not answer ARP for yet: this address, port 68, in a frame to
    /// this MAC. Where frames cannot be made, broadcast instead.
    Hardware {
        /// Destination in the IP header.
        address: Ipv4Addr,
        /// Destination in the Ethernet header.
        mac: Mac,
    },
}

/// Why an address was parked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParkReason {
    /// This station was seen using it.
    InUse(Mac),
    /// This client declined it.
    Declined(Mac),
}

/// Why a message was not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IgnoreReason {
    /// It is a server's message, or of a type only servers send.
    NotFromAClient,
    /// It has no usable Ethernet address.
    NoEthernetAddress,
    /// It came through a relay at this address.
    Relayed(Ipv4Addr),
    /// It has no message type, or an unknown one (plain BOOTP, other protocols).
    NoMessageType,
    /// The client speaks too often.
    Flood,
    /// The pool has no free address.
    NoAddressLeft,
    /// As many clients as allowed hold an address.
    TooManyClients,
    /// It is meant for the server at this address.
    OtherServer(Ipv4Addr),
    /// A Request that does not say which address it is about.
    NoAddressAsked,
    /// A Request for an address this client cannot have, from a stranger, who is never refused.
    StaleRequest(Ipv4Addr),
    /// A Decline or Release of an address the client does not hold.
    NotItsAddress(MessageType, Option<Ipv4Addr>),
}

impl fmt::Display for IgnoreReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            IgnoreReason::NotFromAClient => f.write_str("not a client's message"),
            IgnoreReason::NoEthernetAddress => f.write_str("no usable Ethernet address"),
            IgnoreReason::Relayed(relay) => write!(f, "came through the relay {relay}"),
            IgnoreReason::NoMessageType => f.write_str("no DHCP message type"),
            IgnoreReason::Flood => f.write_str("too many messages in a short time"),
            IgnoreReason::NoAddressLeft => f.write_str("no free address in the pool"),
            IgnoreReason::TooManyClients => f.write_str("as many clients as allowed have an address"),
            IgnoreReason::OtherServer(server) => write!(f, "meant for the server {server}"),
            IgnoreReason::NoAddressAsked => f.write_str("asks for no address"),
            IgnoreReason::StaleRequest(address) => write!(f, "{address} cannot be had, and strangers are not refused"),
            IgnoreReason::NotItsAddress(kind, Some(address)) => {
                write!(f, "{kind:?} of {address}, which it does not hold")
            }
            IgnoreReason::NotItsAddress(kind, None) => write!(f, "{kind:?} of no address"),
        }
    }
}
