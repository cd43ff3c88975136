//! The network interfaces of this computer: which there are, what each is, and which one may be used.
//!
//! [`list`] asks the operating system; [`judge()`] and [`choose()`] only look at what it answered. A
//! DHCP server on the wrong interface harms everyone there, so an interface is refused unless nothing
//! speaks against it. Not here: watching an interface for changes.

mod choose;
mod judge;
#[cfg(target_os = "linux")]
mod linux;

use std::net::Ipv4Addr;

use proto::Mac;

pub(crate) use choose::{NoInterface, choose};
pub(crate) use judge::{Fit, Verdict, judge};
#[cfg(target_os = "linux")]
pub(crate) use linux::list;

/// What an interface is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// An Ethernet socket or adapter.
    Wired,
    /// Wireless.
    WiFi,
    /// A VPN, tunnel or dial-up link.
    Vpn,
    /// A bridge in software.
    Bridge,
    /// One end of a virtual cable (veth): as good as a wire.
    Virtual,
    /// The loopback.
    Loopback,
    /// Anything else made in software.
    Other,
}

/// One interface, as found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Interface {
    /// Name, as `ip link` shows it.
    pub(crate) name: String,
    /// The kernel's number for it.
    pub(crate) index: u32,
    /// Its own MAC; none for what is not Ethernet.
    pub(crate) mac: Option<Mac>,
    /// What it is.
    pub(crate) kind: Kind,
    /// Something powered is at the other end of the cable; not known while it is switched off.
    pub(crate) carrier: Option<bool>,
    /// Switched on by the administrator.
    pub(crate) up: bool,
    /// Speed of the link, Mbit/s.
    pub(crate) speed_mbit: Option<u32>,
    /// IPv4 addresses with prefix lengths.
    pub(crate) addresses: Vec<(Ipv4Addr, u8)>,
    /// One of the addresses has a lifetime: a DHCP server gave it.
    pub(crate) by_dhcp: bool,
    /// A default route leads out of it.
    pub(crate) default_route: bool,
    /// The bridge (or bond) it is a part of.
    pub(crate) bridge_member_of: Option<String>,
    /// Parts, if it is a bridge.
    pub(crate) members: Vec<String>,
    /// Other MACs known on it: at IPv4 addresses of its present subnets, or at IPv6 addresses.
    pub(crate) neighbours: usize,
}

#[cfg(test)]
impl Interface {
    /// A wired socket with a cable in it and nothing that speaks against it.
    pub(crate) fn made_up(name: &str) -> Interface {
        Interface {
            name: name.into(),
            index: 7,
            mac: Some(Mac([2, 0, 0, 0, 0, 7])),
            kind: Kind::Wired,
            carrier: Some(true),
            up: true,
            speed_mbit: Some(1000),
            addresses: Vec::new(),
            by_dhcp: false,
            default_route: false,
            bridge_member_of: None,
            members: Vec::new(),
            neighbours: 0,
        }
    }
}
