//! What the kernel says about addresses, routes and neighbours, and the changes the bench makes.
//!
//! Every call opens its own connection on a thread of its own: it may be made from anywhere, an async
//! task included. These calls are rare; watching for changes is `io::link::LinkWatch`.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use futures_util::TryStreamExt;
use proto::Mac;
use rtnetlink::packet_route::AddressFamily;
use rtnetlink::packet_route::address::{AddressAttribute, AddressFlags, AddressHeaderFlags, AddressMessage};
use rtnetlink::packet_route::link::{LinkAttribute, LinkInfo};
use rtnetlink::packet_route::neighbour::{NeighbourAddress, NeighbourAttribute};
use rtnetlink::packet_route::route::{RouteAddress, RouteAttribute, RouteMessage, RouteType};
use rtnetlink::{AddressMessageBuilder, Error, Handle, LinkUnspec, LinkVeth};

/// The kernel answers at once; a longer wait means that it never will.
const PATIENCE: Duration = Duration::from_secs(5);
/// A lifetime without end.
const FOREVER: u32 = u32::MAX;

/// An IPv4 address on an interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Address {
    /// Interface index.
    pub(crate) index: u32,
    /// The address.
    pub(crate) address: Ipv4Addr,
    /// Prefix length, 0–32.
    pub(crate) prefix: u8,
    /// Its lifetime ends: a DHCP client put it there.
    pub(crate) dynamic: bool,
}

/// A route that leads somewhere, of any table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Route {
    /// First address of the destination.
    pub(crate) destination: IpAddr,
    /// Prefix length.
    pub(crate) prefix: u8,
    /// Interface index it leads out of; none for a route that only refuses.
    pub(crate) interface: Option<u32>,
}

impl Route {
    /// It stands for everywhere. Some VPNs spell that as two halves, 0.0.0.0/1 and 128.0.0.0/1.
    pub(crate) fn is_default(&self) -> bool {
        self.prefix <= 1
    }
}

/// Another station that the kernel has talked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Neighbour {
    /// Interface index.
    pub(crate) index: u32,
    /// Its address.
    pub(crate) address: IpAddr,
    /// Its MAC.
    pub(crate) mac: Mac,
}

/// IPv4 addresses of all interfaces.
pub(crate) fn addresses() -> io::Result<Vec<Address>> {
    talk(async |handle| {
        let all: Vec<AddressMessage> = handle.address().get().execute().try_collect().await?;
        Ok(all.iter().filter_map(address).collect())
    })
}

/// Routes of both address families; those to the computer's own addresses are left out.
pub(crate) fn routes() -> io::Result<Vec<Route>> {
    talk(async |handle| {
        let mut found = Vec::new();
        for family in [AddressFamily::Inet, AddressFamily::Inet6] {
            let mut ask = RouteMessage::default();
            ask.header.address_family = family;
            let all: Vec<RouteMessage> = handle.route().get(ask).execute().try_collect().await?;
            found.extend(all.iter().flat_map(route));
        }
        Ok(found)
    })
}

/// Stations of both address families whose MAC is known.
pub(crate) fn neighbours() -> io::Result<Vec<Neighbour>> {
    talk(async |handle| {
        let all: Vec<_> = handle.neighbours().get().execute().try_collect().await?;
        let found = all.iter().filter_map(|message| {
            let mut address = None;
            let mut mac = None;
            for attribute in &message.attributes {
                match attribute {
                    NeighbourAttribute::Destination(NeighbourAddress::Inet(ip)) => address = Some(IpAddr::V4(*ip)),
                    NeighbourAttribute::Destination(NeighbourAddress::Inet6(ip)) => address = Some(IpAddr::V6(*ip)),
                    NeighbourAttribute::LinkLayerAddress(bytes) => mac = <[u8; 6]>::try_from(&bytes[..]).ok().map(Mac),
                    _ => {}
                }
            }
            Some(Neighbour { index: message.header.ifindex, address: address?, mac: mac? })
        });
        Ok(found.collect())
    })
}

/// What software interfaces are (`veth`, `bridge`, `wireguard` …), by index; cards are not listed.
pub(crate) fn kinds() -> io::Result<BTreeMap<u32, String>> {
    talk(async |handle| {
        let all: Vec<_> = handle.link().get().execute().try_collect().await?;
        let found = all.iter().filter_map(|message| {
            let info = message.attributes.iter().find_map(|attribute| match attribute {
                LinkAttribute::LinkInfo(info) => Some(info),
                _ => None,
            })?;
            let kind = info.iter().find_map(|item| match item {
                LinkInfo::Kind(kind) => Some(kind.to_string()),
                _ => None,
            })?;
            Some((message.header.index, kind))
        });
        Ok(found.collect())
    })
}

/// Adds an address; `AlreadyExists` when it is there.
pub(crate) fn add_address(index: u32, address: Ipv4Addr, prefix: u8) -> io::Result<()> {
    talk(async |handle| handle.address().add(index, address.into(), prefix).execute().await)
}

/// Adds an address towards one other station: no route leads anywhere but to that one.
pub(crate) fn add_peer(index: u32, address: Ipv4Addr, peer: Ipv4Addr) -> io::Result<()> {
    talk(async |handle| {
        let mut request = handle.address().add(index, address.into(), 32);
        towards(request.message_mut(), peer);
        request.execute().await
    })
}

/// Removes an address towards one other station.
pub(crate) fn remove_peer(index: u32, address: Ipv4Addr, peer: Ipv4Addr) -> io::Result<()> {
    talk(async |handle| {
        let mut message = AddressMessageBuilder::<Ipv4Addr>::new().index(index).address(address, 32).build();
        towards(&mut message, peer);
        handle.address().del(message).execute().await
    })
}

/// Makes the far end of an address another station than this one.
fn towards(message: &mut AddressMessage, peer: Ipv4Addr) {
    let own = |a: &AddressAttribute| matches!(a, AddressAttribute::Address(_) | AddressAttribute::Broadcast(_));
    message.attributes.retain(|a| !own(a));
    message.attributes.push(AddressAttribute::Address(peer.into()));
}

/// Removes an address; `AddrNotAvailable` when it is not there.
pub(crate) fn remove_address(index: u32, address: Ipv4Addr, prefix: u8) -> io::Result<()> {
    talk(async |handle| {
        let message = AddressMessageBuilder::<Ipv4Addr>::new().index(index).address(address, prefix).build();
        handle.address().del(message).execute().await
    })
}

/// Makes a cable in software (veth) with these ends.
pub(crate) fn add_veth(one: &str, other: &str) -> io::Result<()> {
    talk(async |handle| handle.link().add(LinkVeth::new(one, other).build()).execute().await)
}

/// The kernel's number of an interface.
pub(crate) fn index_of(name: &str) -> io::Result<u32> {
    let found = talk(async |handle| handle.link().get().match_name(name.to_owned()).execute().try_next().await)?;
    found.map(|message| message.header.index).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
}

/// Switches an interface on or off.
pub(crate) fn set_up(index: u32, up: bool) -> io::Result<()> {
    talk(async |handle| {
        let link = LinkUnspec::new_with_index(index);
        let link = if up { link.up() } else { link.down() };
        handle.link().set(link.build()).execute().await
    })
}

fn address(message: &AddressMessage) -> Option<Address> {
    let mut own = None;
    let mut far = None;
    let mut dynamic = !message.header.flags.contains(AddressHeaderFlags::Permanent);
    for attribute in &message.attributes {
        match attribute {
            AddressAttribute::Local(IpAddr::V4(ip)) => own = Some(*ip),
            AddressAttribute::Address(IpAddr::V4(ip)) => far = Some(*ip),
            AddressAttribute::Flags(flags) => dynamic = !flags.contains(AddressFlags::Permanent),
            AddressAttribute::CacheInfo(info) => dynamic |= info.ifa_valid != FOREVER,
            _ => {}
        }
    }
    let (index, prefix) = (message.header.index, message.header.prefix_len);
    Some(Address { index, address: own.or(far)?, prefix, dynamic })
}

/// One for each interface it leads out of.
fn route(message: &RouteMessage) -> Vec<Route> {
    if matches!(
        message.header.kind,
        RouteType::Local | RouteType::Broadcast | RouteType::Multicast | RouteType::Anycast
    ) {
        return Vec::new();
    }
    let mut destination = match message.header.address_family {
        AddressFamily::Inet => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        _ => IpAddr::V6(std::net::Ipv6Addr::UNSPECIFIED),
    };
    let mut ways = Vec::new();
    for attribute in &message.attributes {
        match attribute {
            RouteAttribute::Destination(RouteAddress::Inet(ip)) => destination = IpAddr::V4(*ip),
            RouteAttribute::Destination(RouteAddress::Inet6(ip)) => destination = IpAddr::V6(*ip),
            RouteAttribute::Oif(index) => ways.push(Some(*index)),
            RouteAttribute::MultiPath(hops) => ways.extend(hops.iter().map(|hop| Some(hop.interface_index))),
            _ => {}
        }
    }
    if ways.is_empty() || message.header.kind != RouteType::Unicast {
        ways = vec![None];
    }
    let prefix = message.header.destination_prefix_length;
    ways.into_iter().map(|interface| Route { destination, prefix, interface }).collect()
}

fn talk<T: Send>(work: impl AsyncFnOnce(Handle) -> Result<T, Error> + Send) -> io::Result<T> {
    let talking = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
        runtime.block_on(async {
            let (connection, handle, _unasked) = rtnetlink::new_connection()?;
            tokio::spawn(connection);
            match tokio::time::timeout(PATIENCE, work(handle)).await {
                Ok(answer) => answer.map_err(into_io),
                Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "the kernel did not answer on netlink")),
            }
        })
    };
    std::thread::scope(|scope| scope.spawn(talking).join())
        .unwrap_or_else(|_| Err(io::Error::other("the netlink conversation broke off")))
}

fn into_io(error: Error) -> io::Error {
    match error {
        Error::NetlinkError(message) => message.to_io(),
        other => io::Error::other(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_may_be_asked_from_within_an_async_task() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (addresses, routes) = runtime.block_on(async { (addresses(), routes()) });
        assert!(addresses.is_ok() && routes.is_ok());
        assert!(add_address(u32::MAX >> 1, Ipv4Addr::new(10, 9, 8, 1), 24).is_err(), "no such interface");
    }

    #[test]
    fn halves_of_everything_are_a_default_route_too() {
        let route = |prefix| Route { destination: Ipv4Addr::UNSPECIFIED.into(), prefix, interface: None };
        assert!(route(0).is_default() && route(1).is_default() && !route(2).is_default());
    }
}
