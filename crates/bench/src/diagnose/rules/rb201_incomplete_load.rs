//! RB201: the list of a load was fetched, and a file that it names is not here.

use profile::Role;

use crate::diagnose::{Rule, Severity};
use crate::session::FileResult;

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: "RB201",
    title: "The load is incomplete",
    severity: Severity::Trouble,
    cause: "The phone has the list of a load and asks for a file that the bench does not have: the vendor's archive \
            was not unpacked, or not all of it was put on the shelf.",
    remedy: "Put the whole archive on the shelf. The missing file is named in the evidence.",
    screen: &["File not found", "TFTP file not found"],
    field_reports: &["FR-37"],
    depends_on: &[],
    check: |session, _| {
        let list = session.files_this_boot().rev().find(|f| {
            matches!(f.role, Some(Role::LoadList | Role::RecoveryLoadList)) && f.result == FileResult::Done
        })?;
        let lacking = session.files_this_boot().find(|f| {
            f.role == Some(Role::Image) && matches!(f.result, FileResult::Refused(_)) && f.asked_n > list.done_n
        })?;
        Some(vec![format!("it fetched {}", list.name), format!("it asked for {}, which is not here", lacking.name)])
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;

    #[test]
    fn fires_when_an_image_is_missing() {
        let mut journal = vec![discover(), bound()];
        journal.extend(got("SCCP45.9-4-2SR1-1S.loads"));
        journal.extend(missed("jar45sccp.9-4-2ES9.sbn"));
        assert_eq!(codes(&journal), ["RB201"]);
    }

    #[test]
    fn silent_when_all_is_there() {
        let mut journal = vec![discover(), bound()];
        journal.extend(got("SCCP45.9-4-2SR1-1S.loads"));
        journal.extend(got("jar45sccp.9-4-2ES9.sbn"));
        assert!(codes(&journal).is_empty());
    }
}
