//! RB206: the phone has no application and asks for its recovery list.

use profile::Role;

use crate::diagnose::{Rule, Severity};
use crate::session::FileResult;

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: "RB206",
    title: "The phone was wiped and waits for a load",
    severity: Severity::Note,
    cause: "After a factory reset or a full wipe only the phone's boot loader runs. Its screen may stay black. \
            It asks for its recovery list and then for the files named there.",
    remedy: "Leave it connected and do not unplug it. With a complete load of its model on the shelf it comes back by itself.",
    screen: &["Upgrading"],
    field_reports: &["FR-36"],
    depends_on: &["RB201"],
    check: |session, _| {
        let list = session.files_this_boot().rev().find(|f| f.role == Some(Role::RecoveryLoadList))?;
        // Once it has its load and started anew, the boot's files are others.
        let evidence = match &list.result {
            FileResult::Refused(_) => format!("it asked for {}, which is not here", list.name),
            _ => format!("it asked for {}", list.name),
        };
        Some(vec![evidence])
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;

    #[test]
    fn fires_on_the_recovery_list() {
        let mut journal = vec![discover(), bound()];
        journal.extend(got("term65.default.loads"));
        assert_eq!(codes(&journal), ["RB206"]);
    }

    #[test]
    fn silent_after_the_next_start() {
        let mut journal = vec![discover(), bound()];
        journal.extend(got("term65.default.loads"));
        journal.extend([discover(), bound()]);
        journal.extend(missed("CTLSEP0011BB73AD61.tlv"));
        assert!(codes(&journal).is_empty());
    }
}
