//! The two namespaces and the cable between them.
//!
//! | | server | phones |
//! | --- | --- | --- |
//! | namespace | `rbl-s-<pid>` | `rbl-c-<pid>` |
//! | interface | `rbls`, 10.77.0.1/16 | `rblc`, 10.77.0.2/16 |
//!
//! A phone that has an address has its own: 10.77.128.1 and up. Neighbours are known to both sides
//! beforehand, so that ARP is no part of any measurement. In the DHCP scenarios the phones' side
//! has no address at all, as it is with phones that ask for one.

use std::fs::{self, File};
use std::io::Write;
use std::net::Ipv4Addr;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use crate::janitor::Janitor;

/// The server's interface.
pub(crate) const SERVER_IF: &str = "rbls";
/// The phones' interface.
pub(crate) const CLIENT_IF: &str = "rblc";
/// The server's address.
pub(crate) const SERVER: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 1);
/// The phones' own addresses start behind this one.
const PHONES_FROM: Ipv4Addr = Ipv4Addr::new(10, 77, 128, 0);
/// How many phones have an address.
pub(crate) const PHONES: u32 = 1000;
const SERVER_MAC: &str = "02:52:42:00:00:01";
const CLIENT_MAC: &str = "02:52:42:00:00:02";

/// The address of a phone; they repeat beyond [`PHONES`].
pub(crate) fn phone_address(index: usize) -> Ipv4Addr {
    let index = u32::try_from(index).unwrap_or(u32::MAX) % PHONES;
    Ipv4Addr::from_bits(PHONES_FROM.to_bits() + 1 + index)
}

/// The namespaces, for as long as this exists.
pub(crate) struct Lab {
    server_ns: String,
    client_ns: String,
    folder: PathBuf,
    addressed: Option<bool>,
    _janitor: Janitor,
}

impl Lab {
    /// Makes the namespaces and the cable, and moves this thread to the phones' side.
    pub(crate) fn build() -> Result<Lab> {
        let pid = std::process::id();
        let (server_ns, client_ns) = (format!("rbl-s-{pid}"), format!("rbl-c-{pid}"));
        let folder = std::env::temp_dir().join(format!("rbl-{pid}"));
        fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
        let janitor = Janitor::start(&server_ns, &client_ns, &folder)?;
        ip(&["netns", "add", &server_ns])?;
        ip(&["netns", "add", &client_ns])?;
        ip(&[
            "link", "add", "name", SERVER_IF, "address", SERVER_MAC, "netns", &server_ns, "type", "veth", "peer",
            "name", CLIENT_IF, "address", CLIENT_MAC, "netns", &client_ns,
        ])?;
        for ns in [&server_ns, &client_ns] {
            ip(&["-n", ns, "link", "set", "lo", "up"])?;
        }
        ip(&["-n", &client_ns, "link", "set", CLIENT_IF, "up"])?;
        let ns = File::open(format!("/run/netns/{client_ns}")).context("opening the phones' namespace")?;
        move_into_link_name_space(ns.as_fd(), Some(LinkNameSpaceType::Network))
            .context("entering the phones' namespace")?;
        // Datagrams to a phone that has gone shall meet silence, as on a cable: next to no ICMP errors.
        let _ = fs::write("/proc/sys/net/ipv4/icmp_ratelimit", "100000000");
        fs::write("/proc/sys/net/ipv4/ip_local_port_range", "1024 65535").context("widening the port range")?;
        let mut lab = Lab { server_ns, client_ns, folder, addressed: None, _janitor: janitor };
        lab.reset_server_side()?;
        lab.batch(&lab.server_ns, |phone| {
            format!("neigh replace {phone} lladdr {CLIENT_MAC} dev {SERVER_IF} nud permanent")
        })?;
        lab.address_phones(true)?;
        Ok(lab)
    }

    /// The folder for everything that is written during the run.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The namespace of the servers.
    pub(crate) fn server_ns(&self) -> &str {
        &self.server_ns
    }

    /// A command that runs in the server's namespace; its process id is the program's own.
    pub(crate) fn in_server_ns(&self, program: &Path) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.server_ns]).arg(program);
        command
    }

    /// Puts the server's address back, which a server that manages it may have removed.
    pub(crate) fn reset_server_side(&self) -> Result<()> {
        let ns = &self.server_ns;
        ip(&["-n", ns, "link", "set", SERVER_IF, "up"])?;
        ip(&["-n", ns, "addr", "replace", "10.77.0.1/16", "dev", SERVER_IF])?;
        let neigh = ["neigh", "replace", "10.77.0.2", "lladdr", CLIENT_MAC, "dev", SERVER_IF, "nud", "permanent"];
        ip(&[["-n", ns].as_slice(), &neigh].concat())
    }

    /// Gives the phones their addresses, or takes them away.
    pub(crate) fn address_phones(&mut self, addressed: bool) -> Result<()> {
        if self.addressed == Some(addressed) {
            return Ok(());
        }
        let ns = self.client_ns.clone();
        ip(&["-n", &ns, "addr", "flush", "dev", CLIENT_IF])?;
        if addressed {
            ip(&["-n", &ns, "addr", "add", "10.77.0.2/16", "dev", CLIENT_IF])?;
            let neigh = ["neigh", "replace", "10.77.0.1", "lladdr", SERVER_MAC, "dev", CLIENT_IF, "nud", "permanent"];
            ip(&[["-n", &ns].as_slice(), &neigh].concat())?;
            self.batch(&ns, |phone| format!("addr add {phone}/32 dev {CLIENT_IF}"))?;
        }
        self.addressed = Some(addressed);
        Ok(())
    }

    /// One line of `ip` for every phone.
    fn batch(&self, ns: &str, line: impl Fn(Ipv4Addr) -> String) -> Result<()> {
        let lines: Vec<String> = (0..PHONES as usize).map(|i| line(phone_address(i))).collect();
        let mut child = Command::new("ip").args(["-n", ns, "-batch", "-"]).stdin(Stdio::piped()).spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(lines.join("\n").as_bytes())?;
        }
        if !child.wait()?.success() {
            bail!("ip -batch failed in {ns}");
        }
        Ok(())
    }
}

/// Runs `ip`; an error carries what it said.
fn ip(args: &[&str]) -> Result<()> {
    let output = Command::new("ip").args(args).stdin(Stdio::null()).output().context("running ip (iproute2)")?;
    if !output.status.success() {
        bail!("ip {}: {}", args.join(" "), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones_have_addresses_of_their_own_until_there_are_too_many() {
        assert_eq!(phone_address(0), Ipv4Addr::new(10, 77, 128, 1));
        assert_eq!(phone_address(255), Ipv4Addr::new(10, 77, 129, 0));
        assert_eq!(phone_address(999), Ipv4Addr::new(10, 77, 131, 232));
        assert_eq!(phone_address(1000), phone_address(0));
    }
}
