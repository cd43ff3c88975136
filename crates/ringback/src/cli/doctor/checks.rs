//! What can be looked at without asking anybody.

use std::path::Path;
use std::time::SystemTime;

use super::{Check, How};
use crate::host::interfaces::{Interface, NoInterface};
use crate::host::ports::{Protocol, owners};
use crate::host::privileges::{Privileges, grant_line};
use crate::host::{firewall, managers};

/// Less room than this is worth a word; so little is in the way, bytes.
const LITTLE: u64 = 1 << 30;
const TOO_LITTLE: u64 = 64 << 20;

pub(super) fn rights() -> Check {
    let rights = match Privileges::read() {
        Ok(rights) => rights,
        Err(error) => return Check::of("rights", How::Unknown, "RB501", format!("the rights cannot be read: {error}")),
    };
    let missing = rights.missing();
    if missing.is_empty() {
        return Check::good("rights", "this program may open the ports and frames that phones need");
    }
    let what: Vec<&str> = missing.iter().map(|r| r.purpose()).collect();
    Check::of("rights", How::Bad, "RB501", format!("it may not {}", what.join(", nor ")))
        .remedy("Run it with sudo, or give the rights once:")
        .remedy(grant_line())
}

pub(super) fn interface(chosen: &Result<Interface, NoInterface>) -> Check {
    match chosen {
        Ok(interface) => Check::good("interface", format!("{} is the one for phones", interface.name)),
        Err(none) => {
            let text = none.to_string();
            let says = text.strip_prefix(none.code()).and_then(|t| t.strip_prefix(": ")).unwrap_or(&text);
            Check::of("interface", How::Bad, none.code(), says)
        }
    }
}

pub(super) fn link(interface: &Interface) -> Option<Check> {
    let name = &interface.name;
    match (interface.up, interface.carrier, interface.speed_mbit) {
        (false, ..) => {
            Some(Check::of("link", How::Note, "RB518", format!("{name} is switched off; the bench switches it on")))
        }
        (_, Some(false), _) => Some(
            Check::of(
                "link",
                How::Note,
                "RB518",
                format!("{name} has no carrier: no cable, or nothing with power at its end"),
            )
            .remedy("Plug the phone's cable in and give the phone power."),
        ),
        (_, _, Some(10)) => Some(Check::of(
            "link",
            How::Note,
            "RB518",
            format!("{name} runs at 10 Mbit/s: old phones do, others hint so at a bad cable"),
        )),
        (_, Some(true), speed) => {
            let speed = speed.map_or_else(String::new, |s| format!(" at {s} Mbit/s"));
            Some(Check::good("link", format!("{name} has a link{speed}")))
        }
        _ => None,
    }
}

pub(super) fn managers(interface: &Interface) -> Vec<Check> {
    let found = managers::of(&interface.name, interface.index);
    if found.is_empty() {
        return vec![Check::good("managers", format!("no network manager looks after {}", interface.name))];
    }
    let check = |m: managers::Manager| {
        Check::of("managers", How::Note, "RB513", format!("{}: {}", m.name, m.what)).remedy(m.remedy)
    };
    found.into_iter().map(check).collect()
}

pub(super) fn ports() -> Vec<Check> {
    let needed = [
        (Protocol::Udp, 67, "DHCP", true),
        (Protocol::Udp, 69, "TFTP", true),
        (Protocol::Tcp, 80, "HTTP", false),
        (Protocol::Udp, 53, "DNS", false),
        (Protocol::Udp, 123, "NTP", false),
        (Protocol::Udp, 5060, "SIP", false),
        (Protocol::Tcp, 2000, "SCCP", false),
    ];
    let mut checks = Vec::new();
    for (protocol, port, service, must) in needed {
        let Ok(owners) = owners(protocol, port) else {
            checks.push(Check::of(
                "ports",
                How::Unknown,
                "RB502",
                format!("{protocol} port {port} cannot be looked at"),
            ));
            continue;
        };
        // One that keeps to another address of this computer is in nobody's way.
        let in_the_way: Vec<String> =
            owners.iter().filter(|o| o.address.is_unspecified()).map(ToString::to_string).collect();
        if !in_the_way.is_empty() {
            let how = if must { How::Bad } else { How::Note };
            let says = format!("{service} ({protocol} port {port}) is held by {}", in_the_way.join(", "));
            checks.push(Check::of("ports", how, "RB502", says).remedy("Stop that program while the bench runs."));
        }
    }
    if checks.is_empty() {
        checks.push(Check::good("ports", "the ports that phones need are free"));
    }
    checks
}

pub(super) fn firewall(iface: &str) -> Vec<Check> {
    let verdict = firewall::look(iface);
    let by = if verdict.by.is_empty() { "no firewall".to_owned() } else { verdict.by.join(", ") };
    let mut checks = Vec::new();
    if !verdict.dropped.is_empty() {
        let says = format!("{by} on {iface} keeps out {}", verdict.dropped.join("; "));
        let check = Check::of("firewall", How::Bad, "RB510", says);
        checks.push(verdict.missing.iter().fold(check, |check, line| check.remedy(line)));
    } else if verdict.by.is_empty() && !verdict.unsure.is_empty() {
        checks.push(Check::of("firewall", How::Unknown, "RB510", verdict.unsure.join("; ")));
        return checks;
    } else if verdict.by.is_empty() {
        checks.push(Check::good("firewall", "no firewall rules are set"));
    } else {
        checks.push(Check::good("firewall", format!("{by} lets phones in on {iface}")));
    }
    if !verdict.unsure.is_empty() {
        let says = format!("not all of the rules are understood: {}", verdict.unsure.join("; "));
        checks.push(Check::of("firewall", How::Note, "RB510", says));
    }
    checks
}

/// No network is asked: a clock that stands before the program was made is wrong for certain.
pub(super) fn clock() -> Check {
    let made = std::env::current_exe().and_then(std::fs::metadata).and_then(|m| m.modified()).ok();
    let now = SystemTime::now();
    if made.is_some_and(|made| now < made) {
        return Check::of(
            "clock",
            How::Bad,
            "RB514",
            "the clock stands before the time at which this program was made",
        )
        .remedy("sudo timedatectl set-ntp true, or set it with `sudo date -s`");
    }
    let millis = now.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |d| d.as_millis());
    let stamp = crate::tui::plain::stamp(u64::try_from(millis).unwrap_or(0));
    let kept = ["/run/systemd/timesync/synchronized", "/run/chrony", "/run/ntpd.pid"];
    let by_network = kept.iter().any(|p| Path::new(p).exists());
    let how = if by_network { "it is kept by the network" } else { "nothing that keeps it by the network was found" };
    Check::good("clock", format!("the clock says {stamp} UTC; {how}"))
}

pub(super) fn disk(state: &Path) -> Check {
    // The folder may not be there yet: its disk is that of the nearest one that is.
    let Some(there) = state.ancestors().find(|p| p.is_dir()) else {
        return Check::of("disk", How::Unknown, "RB515", format!("{} cannot be looked at", state.display()));
    };
    let free = match rustix::fs::statvfs(there) {
        Ok(stat) => stat.f_bavail.saturating_mul(stat.f_frsize),
        Err(error) => return Check::of("disk", How::Unknown, "RB515", format!("{}: {error}", there.display())),
    };
    let says = format!("{} MiB are free for {}", free >> 20, state.display());
    match free {
        free if free < TOO_LITTLE => Check::of("disk", How::Bad, "RB515", says),
        free if free < LITTLE => Check::of("disk", How::Note, "RB515", says),
        _ => Check::good("disk", says),
    }
}
