//! RB103: the phone has the bench's address and looks for another server.

use crate::diagnose::{Rule, Severity};

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: "RB103",
    title: "The phone looks for its old server",
    severity: Severity::Trouble,
    cause: "An alternate TFTP server is stored in the phone, or it remembers the server that its trust list names. \
            It took an address from the bench and asks elsewhere for its files.",
    remedy: "Switch Alternate TFTP off in the phone's network settings, or erase the network settings. \
             Where the menus are locked, a reset at power-on is left. On some families that reset erases the firmware \
             too: their procedure for it says so, and does not begin without a complete load on the shelf.",
    screen: &["TFTP timeout", "Opening"],
    field_reports: &["FR-06", "FR-33"],
    depends_on: &["RB102", "RB105", "RB115"],
    check: |session, _| {
        let seeks = session.seeks.last()?;
        let asked_us = session.files_this_boot().next().is_some();
        (session.bound && !asked_us).then(|| {
            vec![format!("it looks for {seeks}"), "it has asked the bench for no file since it started".to_owned()]
        })
    },
};

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::super::testing::*;
    use crate::observe::Seen;

    const SEEKS: Seen = Seen::ArpSeeks { address: Ipv4Addr::new(192, 168, 1, 5) };

    #[test]
    fn fires_when_it_asks_elsewhere() {
        assert_eq!(codes(&[discover(), bound(), SEEKS]), ["RB103"]);
    }

    #[test]
    fn silent_when_it_asks_us() {
        let mut journal = vec![discover(), bound(), SEEKS];
        journal.extend(missed("CTLSEP0011BB73AD61.tlv"));
        assert!(codes(&journal).is_empty());
    }
}
