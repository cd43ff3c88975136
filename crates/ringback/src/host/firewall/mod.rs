//! Whether this computer's firewall lets a phone's packets in, and the exact rule that is missing.
//!
//! The rules are asked for by the system's own tools (`nft -j list ruleset`, `iptables-save`) and played with the
//! packets that a phone sends. Nothing is changed. What a rule looks at and nobody here knows counts as not
//! fitting, and is told. Not here: what leaves this computer, forwarding, IPv6.

mod iptables;
mod nft;

use std::net::Ipv4Addr;
use std::process::Command;

use super::ports::Protocol;

/// A packet that a phone sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Packet<'a> {
    /// The interface that it comes in by.
    pub(crate) iface: &'a str,
    pub(crate) protocol: Protocol,
    pub(crate) source: Ipv4Addr,
    pub(crate) destination: Ipv4Addr,
    pub(crate) port: u16,
    /// It belongs to a conversation that this computer has taken part in.
    pub(crate) established: bool,
}

/// What becomes of a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It comes in.
    In,
    /// It is dropped or refused, here: family, table and chain of nftables, or the chain of iptables.
    Dropped(Vec<String>),
}

/// What the firewall does to phones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// Who makes the rules: `nftables`, `iptables`, and who writes them: `firewalld`, `ufw`.
    pub(crate) by: Vec<&'static str>,
    /// What is kept out, in words.
    pub(crate) dropped: Vec<String>,
    /// The lines that let it in.
    pub(crate) missing: Vec<String>,
    /// What could not be told.
    pub(crate) unsure: Vec<String>,
}

/// What phones send: why it is sent, and the packet.
fn packets(iface: &str) -> Vec<(&'static str, Packet<'_>)> {
    let phone = Ipv4Addr::new(10, 179, 40, 50);
    let bench = Ipv4Addr::new(10, 179, 40, 1);
    let packet =
        |protocol, port| Packet { iface, protocol, source: phone, destination: bench, port, established: false };
    let udp = |port| packet(Protocol::Udp, port);
    let from_nobody =
        Packet { source: Ipv4Addr::UNSPECIFIED, destination: Ipv4Addr::BROADCAST, ..packet(Protocol::Udp, 67) };
    vec![
        ("requests for an address (DHCP)", from_nobody),
        ("requests for files (TFTP)", udp(69)),
        ("the acknowledgements of a TFTP transfer", Packet { established: true, ..udp(40_000) }),
        ("requests for files (HTTP)", packet(Protocol::Tcp, 80)),
        ("names (DNS)", udp(53)),
        ("time (NTP)", udp(123)),
        ("registration (SIP)", udp(5060)),
        ("registration (SCCP)", packet(Protocol::Tcp, 2000)),
    ]
}

/// Asks the firewall about an interface.
pub(crate) fn look(iface: &str) -> Verdict {
    let tables = ask("nft", &["-j", "list", "ruleset"]);
    let chains = ask("iptables-save", &[]);
    let mut verdict = judge(iface, tables.as_deref().ok(), chains.as_deref().ok());
    for why in [tables.err(), chains.err()].into_iter().flatten().flatten() {
        verdict.unsure.push(why);
    }
    verdict
}

/// The same from what the tools said.
fn judge(iface: &str, nft: Option<&str>, iptables: Option<&str>) -> Verdict {
    let mut verdict = Verdict::default();
    let ruleset = nft.and_then(|text| nft::Ruleset::read(text).ok());
    let filter = iptables.map(iptables::Filter::read).unwrap_or_default();
    let firewalld = ruleset.as_ref().is_some_and(|r| r.has_table("firewalld"));
    let ufw = filter.has_chain("ufw-user-input") || ruleset.as_ref().is_some_and(|r| r.has_chain("ufw-user-input"));
    verdict.by.extend(ruleset.as_ref().filter(|r| r.filters()).map(|_| "nftables"));
    verdict.by.extend((!filter.is_empty()).then_some("iptables"));
    verdict.by.extend(firewalld.then_some("firewalld"));
    verdict.by.extend(ufw.then_some("ufw"));
    let (mut udp, mut tcp, mut where_nft, mut where_iptables) = (Vec::new(), Vec::new(), None, None);
    let mut answers = false;
    for (what, packet) in packets(iface) {
        let (mut kept_out, mut unsure) = (false, Vec::new());
        if let Some(ruleset) = &ruleset
            && let Fate::Dropped(chain) = ruleset.fate(&packet, &mut unsure)
        {
            kept_out = true;
            where_nft = Some(chain);
        }
        if let Fate::Dropped(chain) = filter.fate(&packet, &mut unsure) {
            kept_out = true;
            where_iptables = Some(chain);
        }
        if kept_out {
            verdict.dropped.push(what.to_owned());
            match (packet.established, packet.protocol) {
                (true, _) => answers = true,
                (false, Protocol::Udp) => udp.push(packet.port.to_string()),
                (false, Protocol::Tcp) => tcp.push(packet.port.to_string()),
            }
        }
        // The rules are the same for every packet.
        verdict.unsure.extend(unsure);
    }
    verdict.unsure.sort();
    verdict.unsure.dedup();
    if verdict.dropped.is_empty() {
        return verdict;
    }
    if firewalld {
        verdict.missing.push(format!("sudo firewall-cmd --zone=trusted --change-interface={iface}"));
    } else if ufw {
        verdict.missing.push(format!("sudo ufw allow in on {iface}"));
    } else {
        if let Some(chain) = where_nft.filter(|_| where_iptables.is_none()) {
            let mut add = |what: &str| {
                verdict
                    .missing
                    .push(format!("sudo nft insert rule {} iifname \"{iface}\" {what} accept", chain.join(" ")));
            };
            if !udp.is_empty() {
                add(&format!("udp dport {{ {} }}", udp.join(", ")));
            }
            if !tcp.is_empty() {
                add(&format!("tcp dport {{ {} }}", tcp.join(", ")));
            }
            if answers {
                add("ct state established");
            }
        }
        if let Some(chain) = where_iptables {
            let chain = chain.join(" ");
            let mut add =
                |what: &str| verdict.missing.push(format!("sudo iptables -I {chain} -i {iface} {what} -j ACCEPT"));
            if !udp.is_empty() {
                add(&format!("-p udp -m multiport --dports {}", udp.join(",")));
            }
            if !tcp.is_empty() {
                add(&format!("-p tcp -m multiport --dports {}", tcp.join(",")));
            }
            if answers {
                add("-m conntrack --ctstate ESTABLISHED");
            }
        }
    }
    verdict
}

/// What a tool says; an error without words where the tool is not there.
fn ask(tool: &str, args: &[&str]) -> Result<String, Option<String>> {
    let places = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"].map(|folder| std::path::Path::new(folder).join(tool));
    let Some(program) = places.into_iter().find(|p| p.is_file()) else { return Err(None) };
    match Command::new(program).args(args).stdin(std::process::Stdio::null()).output() {
        Ok(output) if output.status.success() => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        Ok(output) => {
            let said = proto::text::escape_short(output.stderr.trim_ascii(), 160);
            Err(Some(format!("{tool} does not tell its rules: {said}")))
        }
        Err(error) => Err(Some(format!("{tool} cannot be asked: {error}"))),
    }
}

/// Whether an address is in a network, as rules write it: `10.0.0.0/8` or a lone address.
fn in_network(address: Ipv4Addr, network: &str) -> Option<bool> {
    let (base, prefix) = network.split_once('/').map_or((network, Some(32)), |(b, p)| (b, p.parse::<u32>().ok()));
    let (base, prefix) = (base.parse::<Ipv4Addr>().ok()?, prefix.filter(|p| *p <= 32)?);
    let mask = u32::MAX.checked_shl(32 - prefix).unwrap_or(0);
    Some(address.to_bits() & mask == base.to_bits() & mask)
}

#[cfg(test)]
mod tests;
