//! A network's own DHCP server.

use std::process::Command;

use crate::support::{Net, Running, Scratch, ip};

/// dnsmasq at this place: it is `.1` of the network and hands out `.50` to `.200`. Ready when this returns.
pub(crate) fn dnsmasq(net: &Net, at: usize, network: &str, scratch: &Scratch, more: &[&str]) -> Running {
    ip(&format!("-n {} address add {network}.1/24 dev {}", net.at(at), net.iface(at)));
    let mut command = Command::new("dnsmasq");
    command.args(["--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--no-ping", "--bind-interfaces"]);
    command.args(["--log-dhcp", "--log-facility=-", "--user=root"]);
    command.arg(format!("--dhcp-range={network}.50,{network}.200,1h"));
    command.arg(format!("--interface={}", net.iface(at)));
    command.arg(format!("--dhcp-leasefile={}", scratch.path().join("dnsmasq.leases").display()));
    command.arg(format!("--pid-file={}", scratch.path().join("dnsmasq.pid").display()));
    let dnsmasq = Running::start(net.inside(at, command.args(more)));
    dnsmasq.line(&["DHCP, IP range"]);
    dnsmasq
}
