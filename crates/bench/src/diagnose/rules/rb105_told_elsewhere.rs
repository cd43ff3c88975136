//! RB105: a phone in recovery asks another server for its file.

use profile::Role;

use crate::diagnose::{Rule, Severity};
use crate::observe::WebState;

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: "RB105",
    title: "The phone in recovery asks another server for its file",
    severity: Severity::Trouble,
    cause: "Its page was told another address than the bench's on this cable: that of another interface of this \
            computer, on which a server of yours may listen, or one that was mistyped.",
    remedy: "Start web-recovery: the bench fills in the page with its own address on this cable, and listens there. A \
             server of your own must listen on the address of the interface that the phone hangs on.",
    screen: &["Firmware Download Failed"],
    field_reports: &["FR-14"],
    depends_on: &[],
    check: |session, _| {
        let (state, _, boot) = session.web.state?;
        let in_recovery = state == WebState::Recovery && boot == session.boots;
        let other = session.seeks.last().filter(|_| session.seeks_n >= session.boot.0)?;
        let asked_us = session.files_this_boot().any(|f| f.role == Some(Role::Image));
        (in_recovery && session.bound && !asked_us).then(|| {
            vec![
                format!("it looks for {other}, and that is not the bench"),
                "its page takes firmware, and it has asked for none here".to_owned(),
            ]
        })
    },
};

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::super::testing::*;
    use crate::observe::{Seen, WebState};

    fn told_elsewhere() -> Vec<Seen> {
        let page = Seen::WebSeen { state: WebState::Recovery, what: "Aastra 57i".into(), model: None };
        vec![aastra(), bound(), page, Seen::ArpSeeks { address: Ipv4Addr::new(192, 168, 1, 20) }]
    }

    #[test]
    fn fires_when_it_turns_to_another_address() {
        assert!(codes(&told_elsewhere()).contains(&"RB105"));
        assert!(!codes(&told_elsewhere()).contains(&"RB103"), "nothing is stored in it: its page was told so");
    }

    #[test]
    fn silent_once_it_asks_here() {
        let mut journal = told_elsewhere();
        journal.extend(got("57i.st"));
        assert!(!codes(&journal).contains(&"RB105"));
    }
}
