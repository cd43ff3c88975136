//! Which rights the bench needs and lacks, and the exact line that gives them.
//!
//! Read from `/proc`; nothing is tried out. Rights are a thread's own: ask on the thread that opens the
//! sockets. Not here: giving rights up, which has to be done before other threads start.

use std::fmt;
use std::fs;
use std::io;
use std::path::Path;

use crate::trouble::Trouble;

/// A right of capabilities(7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Right {
    /// To open ports below 1024.
    LowPorts,
    /// To change addresses and large buffers.
    Administration,
    /// To read and send whole frames.
    RawFrames,
}

/// All the bench uses.
const ALL: [Right; 3] = [Right::LowPorts, Right::RawFrames, Right::Administration];

impl Right {
    /// Its number, of Linux's capability.h.
    fn bit(self) -> u32 {
        match self {
            Right::LowPorts => 10,
            Right::Administration => 12,
            Right::RawFrames => 13,
        }
    }

    /// What cannot be done without it.
    pub(crate) fn purpose(self) -> &'static str {
        match self {
            Right::LowPorts => "serve DHCP, TFTP and the other services on their ports below 1024",
            Right::RawFrames => "see the phone's first frames (CDP, LLDP, ARP, VLAN tags)",
            Right::Administration => "set the interface's address",
        }
    }
}

/// The rights of the calling thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Privileges {
    /// Effective user; 0 is root.
    pub(crate) euid: u32,
    /// Effective capabilities, a bit each.
    capabilities: u64,
    /// The lowest port that needs no right.
    pub(crate) first_free_port: u16,
}

impl Privileges {
    /// Those of the calling thread, now.
    pub(crate) fn read() -> io::Result<Privileges> {
        let status = fs::read_to_string("/proc/thread-self/status")?;
        let first = fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start").ok();
        // Absent before Linux 4.11, when it was 1024.
        let first_free_port = first.and_then(|p| p.trim().parse().ok()).unwrap_or(1024);
        parse(&status, first_free_port).ok_or_else(|| io::Error::other("/proc/thread-self/status has no rights in it"))
    }

    /// It has this right, or does not need it.
    pub(crate) fn has(&self, right: Right) -> bool {
        let unneeded = right == Right::LowPorts && self.first_free_port == 0;
        unneeded || self.capabilities >> right.bit() & 1 == 1
    }

    /// It may open this port.
    pub(crate) fn may_open(&self, port: u16) -> bool {
        port >= self.first_free_port || self.has(Right::LowPorts)
    }

    /// What is missing of what the bench uses.
    pub(crate) fn missing(&self) -> Vec<Right> {
        ALL.into_iter().filter(|right| !self.has(*right)).collect()
    }
}

/// The line that gives the running program every right it uses.
pub(crate) fn grant_line() -> String {
    let path = std::env::current_exe().unwrap_or_else(|_| "PATH_TO_RINGBACK".into());
    grant_line_for(&path)
}

/// RB501: `what` (as in "could not …") is not permitted.
pub(crate) fn no_permission(what: &str) -> Trouble {
    let missing = Privileges::read().map(|p| p.missing()).unwrap_or_else(|_| ALL.to_vec());
    if missing.is_empty() {
        return Trouble::new(
            "RB501",
            format!("could not {what}: permission denied, although the program has the rights"),
            "A container, SELinux or AppArmor forbids it: run the bench outside of that.",
        );
    }
    let names: Vec<String> = missing.iter().map(ToString::to_string).collect();
    Trouble::new(
        "RB501",
        format!("could not {what}: permission denied ({} missing)", names.join(", ")),
        format!("Run it with sudo, or give the program the rights once (again after each new build): {}", grant_line()),
    )
}

fn parse(status: &str, first_free_port: u16) -> Option<Privileges> {
    let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    // Real, effective, saved, file system.
    let euid = field("Uid")?.split_whitespace().nth(1)?.parse().ok()?;
    let capabilities = u64::from_str_radix(field("CapEff")?.trim(), 16).ok()?;
    Some(Privileges { euid, capabilities, first_free_port })
}

fn grant_line_for(program: &Path) -> String {
    let names: Vec<String> = ALL.iter().map(ToString::to_string).collect();
    let path = program.to_string_lossy();
    // The kernel's remark when the file was replaced while it runs, as a new build does.
    let path = path.strip_suffix(" (deleted)").unwrap_or(&path);
    let plain = path.chars().all(|c| c.is_ascii_alphanumeric() || "/._-+".contains(c));
    let quoted = if plain { path.to_owned() } else { format!("'{}'", path.replace('\'', r"'\''")) };
    format!("sudo setcap {}+ep {quoted}", names.join(","))
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Right::LowPorts => "cap_net_bind_service",
            Right::Administration => "cap_net_admin",
            Right::RawFrames => "cap_net_raw",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(capabilities: &str, first_free_port: u16) -> Privileges {
        let status = format!("Name:\tringback\nUid:\t1000\t1001\t1000\t1000\nCapEff:\t{capabilities}\nSeccomp:\t0\n");
        parse(&status, first_free_port).unwrap()
    }

    #[test]
    fn a_user_lacks_everything_and_root_nothing() {
        let user = with("0000000000000000", 1024);
        assert_eq!(user.euid, 1001);
        assert_eq!(user.missing(), ALL);
        assert!(!user.may_open(69) && user.may_open(1024));
        assert_eq!(with("000001ffffffffff", 1024).missing(), []);
    }

    #[test]
    fn each_right_has_its_bit() {
        assert_eq!(with("0000000000000400", 1024).missing(), [Right::RawFrames, Right::Administration]);
        assert_eq!(with("0000000000002000", 1024).missing(), [Right::LowPorts, Right::Administration]);
        assert_eq!(with("0000000000003400", 1024).missing(), []);
    }

    #[test]
    fn where_low_ports_are_free_no_right_is_needed_for_them() {
        let user = with("0000000000003000", 0);
        assert!(user.may_open(67));
        assert_eq!(user.missing(), []);
        assert!(with("0000000000000000", 67).may_open(67));
        assert!(!with("0000000000000000", 68).may_open(67));
    }

    #[test]
    fn the_line_can_be_pasted() {
        let rights = "sudo setcap cap_net_bind_service,cap_net_raw,cap_net_admin+ep";
        assert_eq!(grant_line_for(Path::new("/opt/ringback")), format!("{rights} /opt/ringback"));
        assert_eq!(grant_line_for(Path::new("/opt/ringback (deleted)")), format!("{rights} /opt/ringback"));
        assert_eq!(grant_line_for(Path::new("/a b/it's")), format!(r"{rights} '/a b/it'\''s'"));
    }

    #[test]
    fn this_thread_has_rights_to_read() {
        let own = Privileges::read().unwrap();
        assert_eq!(no_permission("x").code, "RB501");
        assert_eq!(own.missing().is_empty(), ALL.iter().all(|r| own.has(*r)));
        assert_eq!(parse("Uid:\t0", 1024), None);
    }
}
