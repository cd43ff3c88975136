//! A subnet for the phones that nothing else on this computer uses or has a route to.

use std::net::{IpAddr, Ipv4Addr};

use super::Route;
use super::interfaces::Interface;

/// Odd ones, which hardly anyone has: first octet pairs, and the range of the third octet. More than one
/// family of private addresses, since a VPN often takes all of 10.0.0.0/8.
const CANDIDATES: &[([u8; 2], std::ops::RangeInclusive<u8>)] =
    &[([10, 179], 40..=250), ([172, 29], 179..=250), ([192, 168], 179..=250)];

/// A /24 with a server and a range for phones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Subnet {
    /// The bench's own address.
    pub(crate) server: Ipv4Addr,
    /// Prefix length.
    pub(crate) prefix: u8,
    /// First address for phones.
    pub(crate) first: Ipv4Addr,
    /// Last address for phones.
    pub(crate) last: Ipv4Addr,
}

/// The first candidate that overlaps no address of an interface and no route but the default one; none
/// when everything private is taken.
pub(crate) fn pick_subnet(interfaces: &[Interface], routes: &[Route]) -> Option<Subnet> {
    let addresses = interfaces.iter().flat_map(|i| i.addresses.iter().copied());
    let destinations = routes.iter().filter(|r| !r.is_default()).filter_map(|r| match r.destination {
        IpAddr::V4(ip) => Some((ip, r.prefix)),
        IpAddr::V6(_) => None,
    });
    let taken: Vec<(Ipv4Addr, u8)> = addresses.chain(destinations).collect();
    CANDIDATES
        .iter()
        .flat_map(|([a, b], third)| third.clone().map(|c| Ipv4Addr::new(*a, *b, c, 0)))
        .find(|net| !taken.iter().any(|(ip, prefix)| overlap(*net, 24, *ip, *prefix)))
        .map(|net| {
            let [a, b, c, _] = net.octets();
            let at = |host| Ipv4Addr::new(a, b, c, host);
            Subnet { server: at(1), prefix: 24, first: at(20), last: at(219) }
        })
}

/// `ip` is in the subnet of `own`/`prefix`.
pub(crate) fn contains(own: Ipv4Addr, prefix: u8, ip: Ipv4Addr) -> bool {
    overlap(own, prefix, ip, 32)
}

/// Two subnets share an address: they agree on the bits of the shorter prefix.
fn overlap(a: Ipv4Addr, a_prefix: u8, b: Ipv4Addr, b_prefix: u8) -> bool {
    let bits = u32::from(a_prefix.min(b_prefix).min(32));
    let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
    (u32::from(a) ^ u32::from(b)) & mask == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(destination: &str, prefix: u8) -> Route {
        Route { destination: destination.parse().unwrap(), prefix, interface: Some(2) }
    }

    fn server(interfaces: &[Interface], routes: &[Route]) -> String {
        pick_subnet(interfaces, routes).map_or("none".into(), |s| s.server.to_string())
    }

    #[test]
    fn the_first_one_when_nothing_is_in_the_way() {
        let routes = [route("0.0.0.0", 0), route("192.168.1.0", 24), route("fe80::", 64)];
        let picked = pick_subnet(&[Interface::made_up("eth0")], &routes).unwrap();
        let text = format!("{}/{} {} {}", picked.server, picked.prefix, picked.first, picked.last);
        assert_eq!(text, "10.179.40.1/24 10.179.40.20 10.179.40.219");
    }

    #[test]
    fn it_goes_on_past_what_is_taken() {
        let mut other = Interface::made_up("eth1");
        other.addresses.push((Ipv4Addr::new(10, 179, 40, 77), 32));
        assert_eq!(server(&[other], &[]), "10.179.41.1");
        assert_eq!(server(&[], &[route("10.179.40.0", 22)]), "10.179.44.1");
        assert_eq!(server(&[], &[route("10.0.0.0", 8)]), "172.29.179.1");
        assert_eq!(server(&[], &[route("10.0.0.0", 8), route("172.16.0.0", 12)]), "192.168.179.1");
        let everything = [route("10.0.0.0", 8), route("172.16.0.0", 12), route("192.168.0.0", 16)];
        assert_eq!(server(&[], &everything), "none");
        // How some VPNs spell a default route.
        assert_eq!(server(&[], &[route("0.0.0.0", 1), route("128.0.0.0", 1)]), "10.179.40.1");
    }

    #[test]
    fn membership_is_by_prefix() {
        let own = Ipv4Addr::new(10, 9, 8, 1);
        assert!(contains(own, 24, Ipv4Addr::new(10, 9, 8, 200)));
        assert!(!contains(own, 24, Ipv4Addr::new(10, 9, 9, 1)));
        assert!(contains(own, 0, Ipv4Addr::new(1, 1, 1, 1)));
        assert!(!contains(own, 32, Ipv4Addr::new(10, 9, 8, 2)));
    }
}
