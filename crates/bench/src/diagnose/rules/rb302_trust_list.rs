//! RB302: a trust list of the former cluster makes the phone refuse other servers' files.

use profile::Role;

use crate::diagnose::{Rule, Severity};

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: "RB302",
    title: "A trust list of the former system is installed",
    severity: Severity::Trouble,
    cause: "The phone holds a CTL or ITL file. It asks for a signed configuration and refuses one that its former \
            system has not signed. Nobody else can make such a file.",
    remedy: "Erase the ITL and the CTL file, whichever is installed, in the phone's security settings. Where the \
             menus are locked, only the full wipe is left, with a complete load on the shelf.",
    screen: &["Auth Failed", "TFTP Not in CTL", "Error Verifying Config Info"],
    field_reports: &["FR-07"],
    depends_on: &[],
    check: |session, _| {
        let signed = session.files_this_boot().rev().find(|f| f.role == Some(Role::SignedConfig))?;
        // A wiped phone forgets its trust list; what it asked for before that is history.
        let list_after = session
            .files_this_boot()
            .any(|f| matches!(f.role, Some(Role::LoadList | Role::Image)) && f.asked_n > signed.asked_n);
        (!list_after)
            .then(|| vec![format!("it asked for {}", signed.name), "it asked for no load after that".to_owned()])
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;

    #[test]
    fn fires_on_a_signed_configuration() {
        let mut journal = vec![discover(), bound()];
        journal.extend(missed("SEP0011BB73AD61.cnf.xml.sgn"));
        assert_eq!(codes(&journal), ["RB302"]);
    }

    #[test]
    fn silent_for_an_unsigned_one() {
        let mut journal = vec![discover(), bound()];
        journal.extend(missed("SEP0011BB73AD61.cnf.xml"));
        assert!(codes(&journal).is_empty());
    }
}
