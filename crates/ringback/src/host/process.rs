//! Which program a process is, so that a number used again by another is not taken for it.

use std::fs;

use serde::{Deserialize, Serialize};

/// A process that cannot be mixed up with a later one of the same number, within one boot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identity {
    /// Process number.
    pub(crate) pid: u32,
    /// Name of the program, at most 15 bytes.
    pub(crate) program: String,
    /// Start, in clock ticks since boot.
    pub(crate) started: u64,
}

impl Identity {
    /// The process with this number, if one runs.
    pub(crate) fn of(pid: u32) -> Option<Identity> {
        let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
        let (program, started) = parse_stat(&String::from_utf8_lossy(&stat))?;
        Some(Identity { pid, program, started })
    }

    /// This process.
    pub(crate) fn own() -> Identity {
        let pid = std::process::id();
        Identity::of(pid).unwrap_or(Identity { pid, program: String::new(), started: 0 })
    }

    /// It still runs.
    pub(crate) fn runs(&self) -> bool {
        Identity::of(self.pid).as_ref() == Some(self)
    }
}

/// Changes with every start of the computer.
pub(crate) fn boot_id() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").map(|id| id.trim().to_owned()).unwrap_or_default()
}

/// Name and start of a living process. The name may hold spaces and parentheses; see proc(5).
fn parse_stat(stat: &str) -> Option<(String, u64)> {
    let (before, after) = stat.rsplit_once(')')?;
    let (_, program) = before.split_once('(')?;
    let mut fields = after.split_whitespace();
    // The state is field 3 and comes first here; the start is field 22.
    let state = fields.next()?;
    let started = fields.nth(18)?.parse().ok()?;
    // Ended, and only not yet collected by its parent.
    (state != "Z" && state != "X").then(|| (program.to_owned(), started))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_does_not_move_the_fields() {
        let stat = "812 (a) b (c) S 1 812 812 0 -1 4194304 1 0 0 0 2 1 0 0 20 0 1 0 33445 1 2 3";
        assert_eq!(parse_stat(stat), Some(("a) b (c".to_owned(), 33445)));
        assert_eq!(parse_stat(&stat.replace(" S ", " Z ")), None);
        assert_eq!(parse_stat("812 (cut) S 1"), None);
        assert_eq!(parse_stat(""), None);
    }

    #[test]
    fn this_process_runs_and_another_with_its_number_does_not() {
        let own = Identity::own();
        assert!(own.runs());
        assert!(!Identity { started: own.started + 1, ..own.clone() }.runs());
        assert!(!Identity { program: "dnsmasq".into(), ..own }.runs());
        assert_eq!(boot_id().len(), 36);
    }
}
