//! From arguments to an interface, an address and open sockets; shared by `run` and `serve`.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, UdpSocket};
use std::path::Path;
use std::sync::Arc;

use bench::{Config, Service, Via};
use clap::ValueEnum;

use crate::host::addresses::{Undo, clean_up};
use crate::host::interfaces::{self, Interface, Kind};
use crate::host::privileges::{self, Privileges, Right};
use crate::host::subnet::{Subnet, pick_subnet};
use crate::host::{self, ports::Protocol};
use crate::io::cable::Cable;
use crate::io::link::{Link, LinkWatch};
use crate::io::run_loop::{Sockets, Ways};
use crate::io::sharing::OpenSocket;
use crate::io::sockets::{self, UdpOptions};
use crate::trouble::Trouble;

/// Room for a power-up burst of a thousand phones, bytes.
const RECEIVE_BUFFER: usize = 8 << 20;

/// Where phones look for HTTPS.
const HTTPS: u16 = 443;

/// A service that can be left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum ServiceName {
    /// DHCP
    Dhcp,
    /// TFTP
    Tftp,
    /// HTTP
    Http,
    /// HTTPS, with a certificate of the bench's own
    Https,
    /// FTP
    Ftp,
    /// SIP, for provisioning and registration
    Sip,
    /// SCCP registration
    Sccp,
    /// DNS, on the phones' network only
    Dns,
    /// Multicast DNS
    Mdns,
    /// NTP
    Ntp,
    /// Syslog
    Syslog,
}

impl ServiceName {
    /// The bench's own name of it; none when a library reads it.
    fn service(self) -> Option<Service> {
        match self {
            ServiceName::Dhcp => Some(Service::Dhcp),
            ServiceName::Tftp => Some(Service::Tftp),
            ServiceName::Http | ServiceName::Https | ServiceName::Ftp => None,
            ServiceName::Sip => Some(Service::Sip),
            ServiceName::Sccp => Some(Service::Sccp),
            ServiceName::Dns => Some(Service::Dns),
            ServiceName::Mdns => Some(Service::Mdns),
            ServiceName::Ntp => Some(Service::Ntp),
            ServiceName::Syslog => Some(Service::Syslog),
        }
    }
}

/// Ports that may differ from the usual ones.
pub(super) struct Ports {
    pub(super) tftp: u16,
    pub(super) http: u16,
    pub(super) ftp: u16,
}

impl Default for Ports {
    fn default() -> Ports {
        Ports { tftp: 69, http: 80, ftp: 21 }
    }
}

/// What was opened.
pub(super) struct Opened {
    pub(super) sockets: Sockets,
    pub(super) http: Option<TcpListener>,
    pub(super) https: Option<TcpListener>,
    pub(super) ftp: Option<TcpListener>,
    /// The interface that connections stay on; none on loopback.
    pub(super) device: Option<String>,
}

/// `10.0.0.1/24`.
pub(super) fn address(text: &str) -> Result<(Ipv4Addr, u8), String> {
    let (address, prefix) = text.split_once('/').ok_or("an address and a prefix length, as in 10.0.0.1/24")?;
    let prefix: u8 = prefix.parse().map_err(|_| "the prefix length is a number from 8 to 30")?;
    if !(8..=30).contains(&prefix) {
        return Err("the prefix length is a number from 8 to 30".to_owned());
    }
    Ok((address.parse().map_err(|_| format!("`{address}` is not an IPv4 address"))?, prefix))
}

/// `10.0.0.10-10.0.0.200`.
pub(super) fn pool(text: &str) -> Result<(Ipv4Addr, Ipv4Addr), String> {
    let (first, last) = text.split_once('-').ok_or("two addresses, as in 10.0.0.10-10.0.0.200")?;
    let read = |t: &str| t.trim().parse::<Ipv4Addr>().map_err(|_| format!("`{t}` is not an IPv4 address"));
    let (first, last) = (read(first)?, read(last)?);
    if first > last {
        return Err(format!("{first} comes after {last}"));
    }
    Ok((first, last))
}

/// Everything that will need a right is asked about before anything is changed, and told at once.
pub(super) fn preflight(ports: &[u16], frames: bool) -> super::Result<()> {
    let rights = Privileges::read()?;
    let needs = |right: &Right| match right {
        Right::LowPorts => ports.iter().any(|p| !rights.may_open(*p)),
        Right::RawFrames | Right::Administration => frames,
    };
    let missing: Vec<&str> = rights.missing().into_iter().filter(needs).map(Right::purpose).collect();
    if missing.is_empty() { Ok(()) } else { Err(privileges::no_permission(&missing.join(", nor ")).into()) }
}

/// The interface to use, or why none; DHCP makes the judgement strict.
pub(super) fn interface(wanted: Option<&str>, i_know: Option<&str>, dhcp: bool) -> super::Result<Interface> {
    let list = interfaces::list()?;
    if let Some(name) = wanted
        && !dhcp
        && let Some(found) = list.iter().find(|i| i.name == name)
    {
        return Ok(found.clone());
    }
    interfaces::choose(&list, wanted, i_know).map_err(|none| {
        let text = none.to_string();
        let what = text.strip_prefix(none.code()).and_then(|t| t.strip_prefix(": ")).unwrap_or(&text);
        Trouble::new(none.code(), what, "").into()
    })
}

/// A subnet that nothing else on this computer uses.
pub(super) fn subnet() -> super::Result<Subnet> {
    let found = pick_subnet(&interfaces::list()?, &host::routes()?);
    found.ok_or_else(|| {
        Trouble::new("RB503", "no private subnet is free on this computer", "Give one with --ip and --pool.").into()
    })
}

/// The bench's place in a network that has a DHCP server of its own: the address given, or the interface's.
pub(super) fn beside(interface: &Interface, given: Option<(Ipv4Addr, u8)>) -> super::Result<Subnet> {
    let Some((server, prefix)) = given.or_else(|| interface.addresses.first().copied()) else {
        let what = format!("{} has no address yet", interface.name);
        let hint = "Wait until your DHCP server has given it one, or give a free one of that network with --ip.";
        return Err(Trouble::new("RB503", what, hint).into());
    };
    Ok(Subnet { server, prefix, first: server, last: server })
}

/// Takes back what a killed run left on this computer; before interfaces are looked at.
pub(super) fn after_a_kill(state: &Path) -> super::Result<()> {
    for undone in clean_up(state)? {
        eprintln!("RB506: {undone}");
    }
    Ok(())
}

/// Switches the interface on and gives it the bench's address.
pub(super) fn prepare(state: &Path, interface: &Interface, server: Ipv4Addr, prefix: u8) -> super::Result<Undo> {
    let mut undo = Undo::new(state);
    // Loopback answers for all of its network already.
    if interface.kind != Kind::Loopback {
        undo.switch_on(&interface.name, interface.index, interface.up)?;
        undo.add_address(&interface.name, interface.index, server, prefix)?;
    }
    Ok(undo)
}

/// Opens everything on that interface and nowhere else.
pub(super) fn open(
    interface: &Interface,
    server: Ipv4Addr,
    wants: &BTreeSet<ServiceName>,
    ports: &Ports,
    config: &mut Config,
) -> super::Result<Opened> {
    // Each transfer is a socket; half of what may be open is left for everything else.
    let files = host::raise_nofile().unwrap_or(1_024);
    config.max_transfers = config.max_transfers.min(usize::try_from(files / 2).unwrap_or(usize::MAX));
    let device = (interface.kind != Kind::Loopback).then_some(interface.name.as_str());
    let bind = |address: Ipv4Addr, port: u16, reuse: bool| {
        let options = UdpOptions { broadcast: true, receive_buffer: Some(RECEIVE_BUFFER), reuse };
        let bound = sockets::bind_udp(device, address, port, options)
            .map_err(|e| host::ports::explain_bind_error(&e, Protocol::Udp, address, port))?;
        if let Some(note) = bound.note {
            eprintln!("{note}");
        }
        Ok::<_, anyhow::Error>(bound.socket)
    };
    let mut udp = BTreeMap::new();
    if wants.contains(&ServiceName::Tftp) {
        udp.insert(Service::Tftp, bind(server, ports.tftp, false)?);
    }
    if wants.contains(&ServiceName::Dhcp) {
        udp.insert(Service::Dhcp, bind(Ipv4Addr::UNSPECIFIED, Service::Dhcp.port(), false)?);
    }
    let mut listeners = Vec::new();
    let beside = wants.iter().filter_map(|w| w.service()).filter(|s| !matches!(s, Service::Dhcp | Service::Tftp));
    for service in beside {
        let opened = match service {
            Service::Sccp => tcp(server, service.port()).map(|listener| listeners.push((service, listener))),
            // A group's datagrams come only to a socket without an address; the interface keeps it private.
            _ => {
                let grouped = service.group().filter(|_| device.is_some());
                let address = if grouped.is_some() { Ipv4Addr::UNSPECIFIED } else { server };
                bind(address, service.port(), service == Service::Mdns).map(|socket| {
                    if let Some(group) = grouped
                        && let Err(error) = socket.join_multicast_v4(&group, &server)
                    {
                        eprintln!("{}: {group} cannot be joined ({error})", service.name());
                    }
                    udp.insert(service, socket);
                })
            }
        };
        match opened {
            Ok(()) => {}
            // These help; without them phones still boot.
            Err(trouble) if !config.folder => eprintln!("{trouble}\n  Going on without {}.", service.name()),
            Err(trouble) => return Err(trouble),
        }
    }
    let has_dhcp = udp.contains_key(&Service::Dhcp);
    let cable = if interface.kind == Kind::Loopback { None } else { frames(&interface.name, has_dhcp)? };
    config.frames = cable.is_some();
    // Without it the bench does not hear of a pulled cable, and works all the same.
    let link = cable.as_ref().and_then(|_| LinkWatch::open(&interface.name).ok());
    let mut listen = |name: ServiceName, port: u16, via: Via| {
        if !wants.contains(&name) {
            return Ok(None);
        }
        match tcp(server, port) {
            Ok(listener) => {
                config.serves.insert(via);
                Ok(Some(listener))
            }
            // The bench's phones come by TFTP too; a server on this computer must not keep them out.
            Err(trouble) if !config.folder => {
                eprintln!("{trouble}\n  Going on without {}.", via.name());
                Ok(None)
            }
            Err(trouble) => Err(trouble),
        }
    };
    let http = listen(ServiceName::Http, ports.http, Via::Http)?;
    let ftp = listen(ServiceName::Ftp, ports.ftp, Via::Ftp)?;
    config.http = http.is_some();
    // Few phones trust the bench there; that they come at all is worth knowing.
    let https = match wants.contains(&ServiceName::Https).then(|| tcp(server, HTTPS)) {
        Some(Ok(listener)) => Some(listener),
        Some(Err(trouble)) => {
            eprintln!("{trouble}\n  Going on without HTTPS.");
            None
        }
        None => None,
    };
    let device: Option<String> = device.map(str::to_owned);
    let kept = device.clone();
    let transfer_socket = Arc::new(move || sockets::transfer_socket(device.as_deref(), server));
    let dhcp_broadcast = SocketAddrV4::new(Ipv4Addr::BROADCAST, 68);
    let sockets = Sockets { udp, listeners, cable, link, dhcp_broadcast, transfer_socket, ways: None };
    Ok(Opened { sockets, http, https, ftp, device: kept })
}

/// Makes ways to phones of other subnets on this interface. What is made is written down in `state` first.
pub(super) fn ways(state: &Path, interface: &Interface) -> Option<Box<dyn Ways>> {
    let is_cable = interface.kind != Kind::Loopback;
    is_cable.then(|| -> Box<dyn Ways> {
        Box::new(Peers { undo: Undo::new(state), name: interface.name.clone(), index: interface.index })
    })
}

struct Peers {
    undo: Undo,
    name: String,
    index: u32,
}

impl Ways for Peers {
    fn make(&mut self, phone: Ipv4Addr, address: Ipv4Addr) -> Result<(Option<UdpSocket>, OpenSocket), String> {
        self.undo.add_peer(&self.name, self.index, address, phone).map_err(|trouble| trouble.to_string())?;
        let device = self.name.clone();
        let options = UdpOptions { broadcast: false, receive_buffer: None, reuse: false };
        // A second phone of the same subnet finds the address and its socket there already.
        let socket = sockets::bind_udp(Some(&device), address, Service::Tftp.port(), options).ok().map(|b| b.socket);
        let open: OpenSocket = Arc::new(move || sockets::transfer_socket(Some(&device), address));
        Ok((socket, open))
    }

    fn take_back(&mut self, phone: Ipv4Addr, address: Ipv4Addr) {
        self.undo.remove_peer(address, phone);
    }
}

fn tcp(server: Ipv4Addr, port: u16) -> super::Result<TcpListener> {
    let explained = |e: std::io::Error| host::ports::explain_bind_error(&e, Protocol::Tcp, server, port);
    Ok(TcpListener::bind(SocketAddrV4::new(server, port)).map_err(explained)?)
}

/// The raw socket; without the right to it, only DHCP is impossible.
fn frames(name: &str, needed: bool) -> super::Result<Option<Box<dyn Cable>>> {
    match Link::open(name) {
        Ok(link) => Ok(Some(Box::new(link))),
        Err(error) if !needed => {
            eprintln!("no raw socket on {name} ({error}): CDP, LLDP and ARP are not seen");
            Ok(None)
        }
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            Err(privileges::no_permission(&format!("open a raw socket on {name}")).into())
        }
        Err(error) => Err(Trouble::new("RB508", format!("a raw socket on {name}: {error}"), "").into()),
    }
}

/// The lines by which other DHCP servers send phones to the bench.
pub(super) fn coexist(server: Ipv4Addr) -> String {
    let [a, b, c, d] = server.octets();
    format!(
        "DHCP is left to your own server. Let it tell the phones:\n\
         \n  dnsmasq        dhcp-option=66,\"{server}\"\n                 dhcp-option=150,{server}\
         \n  ISC dhcpd      option tftp-server-name \"{server}\"; next-server {server};\n                 \
         option cisco-tftp code 150 = ip-address; option cisco-tftp {server};\
         \n  Kea            {{ \"name\": \"tftp-server-name\", \"data\": \"{server}\" }}, {{ \"code\": 150, \"data\": \"{a:02X}{b:02X}{c:02X}{d:02X}\", \"csv-format\": false }}\
         \n  MikroTik       /ip dhcp-server option add name=tftp66 code=66 value=\"'{server}'\"\n                 \
         /ip dhcp-server option add name=tftp150 code=150 value=\"'{server}'\"\
         \n  Cisco IOS      option 150 ip {server}\
         \n  Windows        scope options 066 = {server} and 150 (IP address) = {server}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_read_or_explained() {
        assert_eq!(address("10.0.0.1/24"), Ok((Ipv4Addr::new(10, 0, 0, 1), 24)));
        assert!(address("10.0.0.1").is_err() && address("10.0.0.1/31").is_err() && address("x/24").is_err());
        assert_eq!(pool("10.0.0.2-10.0.0.3").map(|p| p.1), Ok(Ipv4Addr::new(10, 0, 0, 3)));
        assert!(pool("10.0.0.3-10.0.0.2").is_err());
    }
}
