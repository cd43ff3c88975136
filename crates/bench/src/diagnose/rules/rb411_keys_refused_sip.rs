//! RB411: the reset keys were not taken, and the phone runs SIP: a password can be given by its file.

use super::keys_refused;
use crate::diagnose::{Rule, Severity};

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: "RB411",
    title: "The reset keys were not taken: unlock the phone by its configuration",
    severity: Severity::Trouble,
    cause: "The phone boots on with its old SIP load: a key was wrong or late, or its former owner locked the reset. On \
            a SIP load neither the reset nor **# helps against a settings password.",
    remedy: "Give it a configuration with a known phone_password by the files that it asks for. The password counts \
             after its next start; then unlock it with Unlock Config.",
    screen: &["Unlock Config"],
    field_reports: &["FR-01", "FR-02", "FR-04", "FR-05"],
    depends_on: &["RB115", "RB260"],
    check: |session, _| {
        let asked = keys_refused(session)?;
        let (protocol, _) = session.protocol.as_ref()?;
        (protocol == "sip").then(|| vec![asked, "it asks for the files of a SIP load".to_owned()])
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;

    fn sip_boot() -> Vec<crate::observe::Seen> {
        let mut journal = vec![sip_runs(), discover_as("CP-7960G"), bound()];
        journal.extend(got("SIPDefault.cnf"));
        journal
    }

    #[test]
    fn fires_when_the_keys_are_given_up() {
        let mut journal = sip_boot();
        journal.extend(keys_typed());
        journal.push(gave_up("the keys were not taken"));
        assert_eq!(codes(&journal), ["RB411"]);
    }

    #[test]
    fn silent_without_a_reset() {
        assert!(codes(&sip_boot()).is_empty());
    }
}
