//! RB261: an early universal loader stops at a file that others do without.

use profile::Role;

use crate::diagnose::{Rule, Severity};
use crate::session::FileResult;

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: "RB261",
    title: "The phone stops at its trust list or at its own configuration",
    severity: Severity::Trouble,
    cause: "It asks for one file again and again that other loads do without. One source tells so of the universal \
            loader of 7.2: it stops without a trust list, and then without a configuration of its own. An empty trust \
            list helped there.",
    remedy: "Give it an empty trust list and a configuration that names a load. There is a procedure for that.",
    screen: &["Protocol Application Invalid", "Configuring CM List"],
    field_reports: &["FR-04"],
    depends_on: &["RB302", "RB114"],
    check: |session, profiles| {
        // Told of phones whose loader asks for the files of every protocol.
        let family = session.family(profiles)?;
        family.files.iter().find(|f| f.protocol.is_some())?;
        let last = session.files_this_boot().max_by_key(|f| f.asked_n)?;
        let stops = matches!(last.role, Some(Role::TrustList | Role::Config)) && last.protocol.is_none();
        let refused = matches!(last.result, FileResult::Refused(_));
        let behind = session.files_this_boot().any(|f| f.protocol.is_some() || f.role == Some(Role::LoadList));
        (stops && refused && last.asks >= 4 && !behind)
            .then(|| vec![format!("it asked {} times for {} and for nothing after it", last.asks, last.name)])
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;

    #[test]
    fn fires_on_the_fourth_ask_for_the_same() {
        let mut journal = vec![discover_as("CP-7960G"), bound()];
        for _ in 0..3 {
            journal.extend(missed("CTLSEP0011BB73AD61.tlv"));
        }
        assert!(codes(&journal).is_empty());
        journal.extend(missed("CTLSEP0011BB73AD61.tlv"));
        assert_eq!(codes(&journal), ["RB261"]);
    }

    #[test]
    fn silent_when_it_goes_on() {
        let mut journal = vec![discover_as("CP-7960G"), bound()];
        for _ in 0..6 {
            journal.extend(missed("CTLSEP0011BB73AD61.tlv"));
            journal.extend(missed("SIPDefault.cnf"));
        }
        assert!(codes(&journal).iter().all(|c| *c != "RB261"));
    }
}
