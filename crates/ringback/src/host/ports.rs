//! Who holds a port, and why a socket could not be opened, in words.
//!
//! From `/proc/net` (which sockets there are) and `/proc/*/fd` (whose they are). The second needs the
//! rights of the administrator for programs of other users; without them the port's holder stays
//! nameless. Not here: opening sockets, stopping programs.

mod table;

use std::fmt;
use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr};

use super::privileges;
use crate::trouble::Trouble;
use table::Entry;

/// UDP or TCP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// UDP.
    Udp,
    /// TCP.
    Tcp,
}

/// A socket that holds a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Owner {
    /// The address it is bound to; unspecified means all.
    pub(crate) address: IpAddr,
    /// Process number and name of the program; none when that may not be seen.
    pub(crate) program: Option<(u32, String)>,
}

/// Everyone who holds this port (for TCP: listens on it).
pub(crate) fn owners(protocol: Protocol, port: u16) -> io::Result<Vec<Owner>> {
    let mut entries = Vec::new();
    for family in ["", "6"] {
        // Of this thread's namespace; `/proc/net` is the first thread's.
        match fs::read_to_string(format!("/proc/thread-self/net/{protocol}{family}")) {
            Ok(text) => entries.extend(table::parse(&text, protocol == Protocol::Tcp)),
            // IPv6 may be switched off.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    entries.retain(|e| e.port == port);
    // The kernel writes the table piece by piece: what changes meanwhile may stand in it twice.
    entries.sort_by_key(|e| e.inode);
    entries.dedup_by_key(|e| e.inode);
    let programs = programs(&entries);
    Ok(entries.into_iter().zip(programs).map(|(e, program)| Owner { address: e.address, program }).collect())
}

/// Why binding to `address` and `port` failed: RB502 with the holder named, RB501 with the line that
/// gives the rights, RB503 when the address is not this computer's.
pub(crate) fn explain_bind_error(error: &io::Error, protocol: Protocol, address: Ipv4Addr, port: u16) -> Trouble {
    match error.kind() {
        io::ErrorKind::AddrInUse => busy(&owners(protocol, port).unwrap_or_default(), protocol, address, port),
        io::ErrorKind::PermissionDenied => privileges::no_permission(&format!("open {protocol} port {port}")),
        io::ErrorKind::AddrNotAvailable => Trouble::new(
            "RB503",
            format!("could not open {protocol} port {port}: {address} is not an address of this computer"),
            "Something has removed it meanwhile (a network manager, or the adapter was unplugged). Start again.",
        ),
        _ if error.raw_os_error() == Some(libc::ENODEV) => Trouble::new(
            "RB503",
            format!("could not open {protocol} port {port}: the network interface is gone"),
            "Plug the network adapter in again, then start again.",
        ),
        _ => Trouble::new("RB502", format!("could not open {protocol} port {port} on {address}: {error}"), ""),
    }
}

fn busy(owners: &[Owner], protocol: Protocol, address: Ipv4Addr, port: u16) -> Trouble {
    let mut in_the_way: Vec<&Owner> = owners.iter().filter(|o| in_the_way(o.address, address)).collect();
    if in_the_way.is_empty() {
        in_the_way = owners.iter().collect();
    }
    let mut names: Vec<String> = in_the_way.iter().map(|o| o.to_string()).collect();
    names.sort();
    names.dedup();
    if names.is_empty() {
        names.push("a program that has ended by now, or one that may not be seen".into());
    }
    let mut remedies: Vec<String> = in_the_way.iter().map(|o| remedy(o)).collect();
    remedies.sort();
    remedies.dedup();
    remedies.push(format!("Or leave the service of port {port} out with --services."));
    Trouble::new("RB502", format!("{protocol} port {port} is in use by {}", names.join(" and by ")), remedies.join(" "))
}

/// A socket bound to `held` keeps one from binding to `wanted`.
fn in_the_way(held: IpAddr, wanted: Ipv4Addr) -> bool {
    held.is_unspecified() || wanted.is_unspecified() || held.to_canonical() == IpAddr::V4(wanted)
}

/// Programs that hold the bench's ports on many computers, by the name Linux keeps (15 bytes).
const KNOWN: &[(&str, &str)] = &[
    ("dnsmasq", "Stop it: sudo systemctl stop dnsmasq (or whatever started it: NetworkManager, libvirt, LXD)."),
    ("systemd-resolve", "It is this computer's own name lookup; leave it and do without the bench's DNS."),
    ("systemd-network", "Switch the DHCP server off in the interface's .network file (DHCPServer=no)."),
    ("systemd-timesyn", "Stop it: sudo systemctl stop systemd-timesyncd."),
    ("dhcpd", "Stop it: sudo systemctl stop isc-dhcp-server."),
    ("kea-dhcp4", "Stop it: sudo systemctl stop kea-dhcp4-server."),
    ("in.tftpd", "Stop it: sudo systemctl stop tftpd-hpa (or tftp.socket)."),
    ("tftpd", "Stop it: sudo systemctl stop tftpd."),
    ("atftpd", "Stop it: sudo systemctl stop atftpd."),
    ("xinetd", "Stop it: sudo systemctl stop xinetd."),
    ("systemd", "A socket unit waits there: systemctl list-sockets shows which; stop that unit."),
    ("named", "Stop it: sudo systemctl stop named."),
    ("unbound", "Stop it: sudo systemctl stop unbound."),
    ("chronyd", "Stop it: sudo systemctl stop chronyd."),
    ("ntpd", "Stop it: sudo systemctl stop ntp."),
    ("nginx", "Stop it: sudo systemctl stop nginx."),
    ("apache2", "Stop it: sudo systemctl stop apache2."),
    ("httpd", "Stop it: sudo systemctl stop httpd."),
    ("docker-proxy", "A container has published this port: docker ps shows which; stop it."),
    ("asterisk", "Stop it: sudo systemctl stop asterisk."),
    ("rsyslogd", "Switch its network input off, or stop it: sudo systemctl stop rsyslog syslog.socket."),
    ("ringback", "Another bench runs already: use that one, or stop it first."),
];

fn remedy(owner: &Owner) -> String {
    match &owner.program {
        Some((pid, name)) => KNOWN
            .iter()
            .find(|(known, _)| known == name)
            .map_or_else(|| format!("Stop it: sudo kill {pid}."), |(_, line)| (*line).to_owned()),
        None => "Run it with sudo to see which program that is.".into(),
    }
}

/// For each entry the program that holds its socket: looks through every process that may be seen, once.
fn programs(entries: &[Entry]) -> Vec<Option<(u32, String)>> {
    let mut found = vec![None; entries.len()];
    let Ok(processes) = fs::read_dir("/proc") else { return found };
    let mut pids: Vec<u32> = processes.flatten().filter_map(|e| e.file_name().to_str()?.parse().ok()).collect();
    // A service manager holds its services' sockets too; it comes first and is replaced by the service.
    pids.sort_unstable();
    for pid in pids {
        let Ok(handles) = fs::read_dir(format!("/proc/{pid}/fd")) else { continue };
        for handle in handles.flatten() {
            let Some(inode) = fs::read_link(handle.path()).ok().and_then(|to| table::socket_inode(to.to_str()?)) else {
                continue;
            };
            for (_, holder) in entries.iter().zip(&mut found).filter(|(entry, _)| entry.inode == inode) {
                if holder.as_ref().is_none_or(|(first, _)| *first == 1) {
                    *holder = name(pid).map(|name| (pid, name)).or(holder.take());
                }
            }
        }
    }
    found
}

fn name(pid: u32) -> Option<String> {
    let bytes = fs::read(format!("/proc/{pid}/comm")).ok()?;
    Some(proto::text::escape(bytes.trim_ascii_end()))
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Protocol::Udp => "udp",
            Protocol::Tcp => "tcp",
        })
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.program {
            Some((pid, name)) => write!(f, "{name} (process {pid})")?,
            None => f.write_str("a program of another user")?,
        }
        if self.address.is_unspecified() { Ok(()) } else { write!(f, " on {}", self.address) }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, UdpSocket};

    use super::*;

    fn in_use() -> io::Error {
        io::Error::from_raw_os_error(libc::EADDRINUSE)
    }

    fn held(address: &str, program: Option<(u32, &str)>) -> Owner {
        Owner { address: address.parse().unwrap(), program: program.map(|(pid, name)| (pid, name.to_owned())) }
    }

    #[test]
    fn the_holder_of_a_port_is_named() {
        let own = std::process::id();
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        let port = udp.local_addr().unwrap().port();
        let error = UdpSocket::bind(("127.0.0.1", port)).unwrap_err();
        let trouble = explain_bind_error(&error, Protocol::Udp, Ipv4Addr::LOCALHOST, port);
        assert_eq!(trouble.code, "RB502");
        assert!(trouble.what.contains(&format!("udp port {port} is in use by ")), "{trouble}");
        assert!(trouble.what.ends_with(&format!("(process {own}) on 127.0.0.1")), "{trouble}");

        let tcp = TcpListener::bind("0.0.0.0:0").unwrap();
        let port = tcp.local_addr().unwrap().port();
        // Another test may hold the same number on an address of the other family.
        let all = owners(Protocol::Tcp, port).unwrap();
        let owners: Vec<_> = all.iter().filter(|o| o.address == Ipv4Addr::UNSPECIFIED).collect();
        assert_eq!(owners.len(), 1, "{all:?}");
        assert_eq!(owners[0].program.as_ref().map(|(pid, _)| *pid), Some(own));
    }

    #[test]
    fn only_who_is_in_the_way_is_named() {
        let owners = [held("127.0.0.53", Some((1, "systemd-resolve"))), held("0.0.0.0", Some((812, "dnsmasq")))];
        let bench = Ipv4Addr::new(10, 179, 40, 1);
        let trouble = busy(&owners, Protocol::Udp, bench, 67);
        assert_eq!(trouble.what, "udp port 67 is in use by dnsmasq (process 812)");
        assert!(trouble.remedy.starts_with("Stop it: sudo systemctl stop dnsmasq"), "{trouble}");
        // All addresses were wanted: both are.
        let trouble = busy(&owners, Protocol::Udp, Ipv4Addr::UNSPECIFIED, 53);
        assert!(trouble.what.contains("dnsmasq") && trouble.what.contains("systemd-resolve (process 1) on 127.0.0.53"));
        assert!(in_the_way("::".parse().unwrap(), bench));
        assert!(in_the_way("::ffff:10.179.40.1".parse().unwrap(), bench));
        assert!(!in_the_way("::1".parse().unwrap(), bench));
    }

    #[test]
    fn an_unknown_or_unseen_holder_gets_a_remedy_too() {
        let trouble = busy(&[held("0.0.0.0", Some((4711, "mytool")))], Protocol::Tcp, Ipv4Addr::UNSPECIFIED, 80);
        assert!(trouble.remedy.starts_with("Stop it: sudo kill 4711."), "{trouble}");
        let trouble = busy(&[held("0.0.0.0", None)], Protocol::Tcp, Ipv4Addr::UNSPECIFIED, 80);
        assert!(trouble.to_string().contains("with sudo to see which program"), "{trouble}");
        let trouble = explain_bind_error(&in_use(), Protocol::Udp, Ipv4Addr::UNSPECIFIED, 0);
        assert!(trouble.what.contains("ended by now"), "{trouble}");
    }

    #[test]
    fn other_reasons_have_their_own_codes() {
        let code = |raw| {
            let error = io::Error::from_raw_os_error(raw);
            explain_bind_error(&error, Protocol::Udp, Ipv4Addr::new(10, 179, 40, 1), 67).code
        };
        assert_eq!(code(libc::EACCES), "RB501");
        assert_eq!(code(libc::EADDRNOTAVAIL), "RB503");
        assert_eq!(code(libc::ENODEV), "RB503");
    }
}
