//! RB313: the reset keys were not taken: the phone runs MGCP.

use super::{keys_refused, refused_by_load};
use crate::diagnose::{Rule, Severity};

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: "RB313",
    title: "An MGCP load: no keys unlock or reset it",
    severity: Severity::Trouble,
    cause: "An MGCP load ignores # at power-on and **# in its menus. Its mark is the Mute lamp, then one short flash of \
            the Speaker lamp. The phone boots on with its old protocol.",
    remedy: "Give it another load by the files that it asks for: OS79XX.TXT and MGCDefault.cnf. No key is needed.",
    screen: &[],
    field_reports: &["FR-01", "FR-02", "FR-04"],
    depends_on: &["RB260"],
    check: |session, _| {
        let asked = keys_refused(session).or_else(|| refused_by_load(session))?;
        let (protocol, _) = session.protocol.as_ref()?;
        (protocol == "mgcp").then(|| vec![asked, "it asks for the files of an MGCP load".to_owned()])
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;

    #[test]
    fn fires_when_the_keys_did_nothing_to_an_mgcp_load() {
        let mut journal = vec![discover_as("CP-7960G"), bound()];
        journal.extend(keys_typed());
        journal.extend(missed("MGCDefault.cnf"));
        assert!(codes(&journal).is_empty(), "not before the keys are given up");
        journal.push(gave_up("the keys were not taken"));
        assert_eq!(codes(&journal), ["RB313"]);
    }

    #[test]
    fn silent_for_an_mgcp_phone_that_nobody_resets() {
        let mut journal = vec![discover_as("CP-7960G"), bound()];
        journal.extend(missed("MGCDefault.cnf"));
        assert!(codes(&journal).is_empty());
    }
}
