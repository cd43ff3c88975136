//! RB260: only the universal loader runs: there is no valid application.

use std::collections::BTreeMap;

use profile::Role;

use crate::diagnose::{Rule, Severity};

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: "RB260",
    title: "The phone has no valid application (\"Protocol Application Invalid\")",
    severity: Severity::Trouble,
    cause: "An upgrade was interrupted, or a part of its pack was missing. The universal loader runs alone and asks for \
            the files of every protocol. It has no menu and no password.",
    remedy: "Give it a complete pack and a configuration that names it. No key is needed.",
    screen: &["Protocol Application Invalid"],
    field_reports: &["FR-04", "FR-37"],
    depends_on: &["RB201", "RB261"],
    check: |session, _| {
        // Without DHCP the starts of a phone cannot be told apart.
        let asked: BTreeMap<&str, &str> = session
            .files_this_boot()
            .filter(|_| session.boots > 0)
            .filter_map(|f| Some((f.protocol.as_deref()?, f.name.as_str())))
            .collect();
        // Once it fetches an application, it is on its way.
        let fetches = session.files_this_boot().any(|f| f.role == Some(Role::Image));
        (asked.len() >= 2 && !fetches).then(|| {
            let all: Vec<String> = asked.iter().map(|(p, name)| format!("{name} ({})", p.to_uppercase())).collect();
            vec![format!("in one start it asked for {}", all.join(" and "))]
        })
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;

    #[test]
    fn fires_when_it_asks_in_every_language() {
        let mut journal = vec![discover_as("CP-7960G"), bound()];
        for name in ["CTLSEP0011BB73AD61.tlv", "SEP0011BB73AD61.cnf.xml", "SIP0011BB73AD61.cnf"] {
            journal.extend(missed(name));
        }
        assert!(codes(&journal).is_empty(), "a SIP load asks for as much");
        journal.extend(missed("XMLDefault.cnf.xml"));
        assert_eq!(codes(&journal), ["RB260"]);
    }

    #[test]
    fn silent_for_a_healthy_sip_load_and_one_that_fetches_its_application() {
        let mut journal = vec![discover_as("CP-7960G"), bound()];
        for name in ["CTLSEP0011BB73AD61.tlv", "SEP0011BB73AD61.cnf.xml", "SIPDefault.cnf", "SIP0011BB73AD61.cnf"] {
            journal.extend(missed(name));
        }
        assert!(codes(&journal).is_empty());
        journal.extend(missed("XMLDefault.cnf.xml"));
        journal.extend(got("P0S3-8-12-00.sb2"));
        assert!(codes(&journal).is_empty());
    }
}
