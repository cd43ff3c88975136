//! Interfaces as Linux tells them: `/sys/class/net` for what they are, netlink for what is on them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::net::IpAddr;
use std::path::Path;

use super::{Interface, Kind};
use crate::host::netlink::{self, Address, Neighbour, Route};

const SYS: &str = "/sys/class/net";
/// `IFF_UP` of netdevice(7).
const UP: u32 = 1;

/// All interfaces, by index.
pub(crate) fn list() -> io::Result<Vec<Interface>> {
    let addresses = netlink::addresses()?;
    let routes = netlink::routes()?;
    let neighbours = netlink::neighbours()?;
    let kinds = netlink::kinds()?;
    let mut found = Vec::new();
    for entry in fs::read_dir(SYS)? {
        // A name with foreign bytes cannot be used with the other tools either.
        let Some(name) = entry?.file_name().into_string().ok() else { continue };
        // None: it went away meanwhile, or is a file such as `bonding_masters`.
        let Some(mut interface) = from_sys(&name, &kinds) else { continue };
        add_network(&mut interface, &addresses, &routes, &neighbours);
        found.push(interface);
    }
    found.sort_by_key(|i| i.index);
    Ok(found)
}

fn from_sys(name: &str, kinds: &BTreeMap<u32, String>) -> Option<Interface> {
    let word = |file: &str| Some(fs::read_to_string(Path::new(SYS).join(name).join(file)).ok()?.trim().to_owned());
    let there = |file: &str| Path::new(SYS).join(name).join(file).exists();
    let index = word("ifindex")?.parse().ok()?;
    let flags = word("flags").and_then(|f| u32::from_str_radix(f.trim_start_matches("0x"), 16).ok())?;
    let facts = Facts {
        name,
        hardware: word("type")?.parse().ok()?,
        made_as: kinds.get(&index).map(String::as_str),
        device_type: word("uevent")
            .and_then(|all| all.lines().find_map(|l| l.strip_prefix("DEVTYPE=").map(str::to_owned))),
        wireless: there("wireless") || there("phy80211"),
        tunnel: there("tun_flags"),
        card: there("device"),
    };
    Some(Interface {
        index,
        mac: word("address").and_then(|a| a.parse().ok()).filter(|_| facts.hardware == ETHER),
        kind: kind(&facts),
        // Reading it fails while the interface is switched off.
        carrier: word("carrier").map(|c| c == "1"),
        up: flags & UP != 0,
        // -1 while there is no link.
        speed_mbit: word("speed").and_then(|s| s.parse().ok()),
        addresses: Vec::new(),
        by_dhcp: false,
        default_route: false,
        bridge_member_of: fs::read_link(Path::new(SYS).join(name).join("master"))
            .ok()
            .and_then(|to| Some(to.file_name()?.to_string_lossy().into_owned())),
        members: members(name),
        neighbours: 0,
        name: name.to_owned(),
    })
}

fn members(name: &str) -> Vec<String> {
    let Ok(entries) = fs::read_dir(Path::new(SYS).join(name).join("brif")) else { return Vec::new() };
    let mut names: Vec<String> = entries.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn add_network(interface: &mut Interface, addresses: &[Address], routes: &[Route], neighbours: &[Neighbour]) {
    for found in addresses.iter().filter(|a| a.index == interface.index) {
        interface.addresses.push((found.address, found.prefix));
        interface.by_dhcp |= found.dynamic;
    }
    interface.default_route = routes.iter().any(|r| r.is_default() && r.interface == Some(interface.index));
    // An address that was removed leaves its neighbours in the table: the bench's own from last time.
    let present = |ip: IpAddr| match ip {
        IpAddr::V4(ip) => {
            interface.addresses.iter().any(|(own, prefix)| crate::host::subnet::contains(*own, *prefix, ip))
        }
        IpAddr::V6(_) => true,
    };
    let macs: BTreeSet<_> = neighbours
        .iter()
        .filter(|n| n.index == interface.index && present(n.address))
        .map(|n| n.mac)
        .filter(|mac| !mac.is_group() && *mac != proto::Mac::ZERO && Some(*mac) != interface.mac)
        .collect();
    interface.neighbours = macs.len();
}

/// `ARPHRD_ETHER` of Linux's if_arp.h, as are the numbers below.
const ETHER: u16 = 1;
const LOOPBACK: u16 = 772;
/// PPP, the IP tunnels, GRE, and "no hardware" (WireGuard, TUN).
const TUNNELS: &[u16] = &[512, 768, 769, 776, 778, 823, 65534];
/// The three faces of 802.11.
const WIRELESS: &[u16] = &[801, 802, 803];
/// Tunnels that look like Ethernet, as netlink names them.
const TUNNEL_KINDS: &[&str] = &[
    "tun",
    "wireguard",
    "vxlan",
    "geneve",
    "gretap",
    "ip6gretap",
    "erspan",
    "ip6erspan",
    "bareudp",
    "l2tp",
    "amt",
    "ovpn",
];

struct Facts<'a> {
    name: &'a str,
    hardware: u16,
    made_as: Option<&'a str>,
    device_type: Option<String>,
    wireless: bool,
    tunnel: bool,
    card: bool,
}

fn kind(facts: &Facts) -> Kind {
    let device_type = facts.device_type.as_deref();
    let called = |names: &[&str]| names.iter().any(|n| facts.made_as == Some(n) || device_type == Some(n));
    // A driver that registers nothing wireless still has the name that udev gives; doubt means Wi-Fi.
    let wireless = facts.wireless || WIRELESS.contains(&facts.hardware) || facts.name.starts_with("wl");
    if facts.hardware == LOOPBACK {
        Kind::Loopback
    } else if wireless || called(&["wlan", "virt_wifi"]) {
        Kind::WiFi
    } else if facts.tunnel || TUNNELS.contains(&facts.hardware) || called(TUNNEL_KINDS) {
        Kind::Vpn
    } else if called(&["bridge", "openvswitch"]) {
        Kind::Bridge
    } else if called(&["veth", "netkit"]) {
        Kind::Virtual
    } else if facts.card && facts.hardware == ETHER && !called(&["wwan"]) {
        Kind::Wired
    } else {
        Kind::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::interfaces::{Verdict, choose, judge};
    use crate::host::testspace::{in_namespace, ip};

    #[test]
    fn kinds_are_told_apart() {
        let plain = || Facts {
            name: "x0",
            hardware: ETHER,
            made_as: None,
            device_type: None,
            wireless: false,
            tunnel: false,
            card: false,
        };
        assert_eq!(kind(&Facts { card: true, ..plain() }), Kind::Wired);
        assert_eq!(kind(&Facts { card: true, wireless: true, ..plain() }), Kind::WiFi);
        assert_eq!(kind(&Facts { card: true, name: "wlan0", ..plain() }), Kind::WiFi);
        assert_eq!(kind(&Facts { card: true, device_type: Some("wwan".into()), ..plain() }), Kind::Other);
        assert_eq!(kind(&Facts { hardware: 65534, made_as: Some("wireguard"), ..plain() }), Kind::Vpn);
        assert_eq!(kind(&Facts { tunnel: true, made_as: Some("tun"), ..plain() }), Kind::Vpn);
        assert_eq!(kind(&Facts { made_as: Some("veth"), ..plain() }), Kind::Virtual);
        assert_eq!(kind(&Facts { device_type: Some("bridge".into()), ..plain() }), Kind::Bridge);
        assert_eq!(kind(&Facts { hardware: LOOPBACK, ..plain() }), Kind::Loopback);
        assert_eq!(kind(&Facts { made_as: Some("dummy"), ..plain() }), Kind::Other);
    }

    #[test]
    fn a_namespace_is_listed_as_it_is() {
        in_namespace(|| {
            ip("link add va address 02:00:00:00:00:0a type veth peer name vb");
            ip("link set va up");
            ip("link set vb up");
            ip("addr add 10.9.8.1/24 dev va");
            ip("neigh add 10.9.8.2 lladdr 02:00:00:00:00:02 dev va");
            ip("neigh add 10.9.8.3 lladdr 02:00:00:00:00:02 dev va");
            ip("neigh add 172.31.0.9 lladdr 02:00:00:00:00:09 dev va");
            let list = list().unwrap();
            let va = list.iter().find(|i| i.name == "va").unwrap();
            assert_eq!((va.kind, va.up, va.carrier), (Kind::Virtual, true, Some(true)));
            assert_eq!(va.mac.unwrap().to_string(), "02:00:00:00:00:0a");
            assert_eq!(va.addresses, [("10.9.8.1".parse().unwrap(), 24)]);
            assert_eq!((va.by_dhcp, va.default_route), (false, false));
            // Two addresses of one station; one beyond every subnet of the interface.
            assert_eq!(va.neighbours, 1);
            let lo = list.iter().find(|i| i.name == "lo").unwrap();
            assert_eq!((lo.kind, lo.up), (Kind::Loopback, false));
            // Both ends fit: a person has to say which.
            assert!(choose(&list, None, None).is_err());
        });
    }

    #[test]
    fn what_speaks_against_an_interface_is_seen() {
        in_namespace(|| {
            ip("link add va type veth peer name vb");
            ip("link add br0 type bridge");
            ip("link add vc type veth peer name vd");
            ip("link set va up");
            ip("link set vb up");
            ip("link set vc up");
            ip("link set vc master br0");
            ip("addr add 10.9.8.1/24 dev va valid_lft 600 preferred_lft 600");
            ip("addr add 10.9.7.1/24 dev vb");
            ip("route add default via 10.9.7.254 dev vb");
            let list = list().unwrap();
            let find = |name: &str| list.iter().find(|i| i.name == name).unwrap();
            assert!(find("va").by_dhcp && !find("va").default_route);
            assert!(find("vb").default_route && !find("vb").by_dhcp);
            assert_eq!(find("vc").bridge_member_of.as_deref(), Some("br0"));
            assert_eq!(find("vc").carrier, Some(false), "the other end is switched off");
            assert_eq!((find("br0").kind, &find("br0").members[..]), (Kind::Bridge, &["vc".to_owned()][..]));
            assert_eq!((find("vd").up, find("vd").carrier), (false, None));
            for refused in ["va", "vb", "vc"] {
                assert_eq!(judge(find(refused)).verdict, Verdict::Refused);
            }
            assert_eq!(choose(&list, None, None).unwrap().name, "vd");
        });
    }
}
