//! RB202: the phone wants a load that the bench does not have, and will not stop asking.

use profile::Role;

use crate::diagnose::{Rule, Severity};
use crate::session::FileResult;

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: "RB202",
    title: "The phone wants a load that is not here",
    severity: Severity::Trouble,
    cause: "A configuration names a load that the server lacks. Phones ask for it again and again and do not come up.",
    remedy: "Put that load on the shelf, or give the phone a configuration that names no load: it then keeps the one it runs.",
    screen: &["Upgrading", "File not found", "Load ID incorrect"],
    field_reports: &["FR-37"],
    depends_on: &["RB263", "RB264"],
    check: |session, _| {
        let list = session
            .files_this_boot()
            .rev()
            .find(|f| f.role == Some(Role::LoadList) && matches!(f.result, FileResult::Refused(_)) && f.asks >= 2)?;
        Some(vec![format!("it asked {} times for {}, which is not here", list.asks, list.name)])
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;

    #[test]
    fn fires_on_the_second_ask() {
        let mut journal = vec![discover(), bound()];
        journal.extend(missed("SCCP45.9-4-2SR1-1S.loads"));
        assert!(codes(&journal).is_empty(), "asked once may be followed by something else");
        journal.extend(missed("SCCP45.9-4-2SR1-1S.loads"));
        assert_eq!(codes(&journal), ["RB202"]);
    }

    #[test]
    fn silent_for_files_that_phones_do_without() {
        let mut journal = vec![discover(), bound()];
        for _ in 0..3 {
            journal.extend(missed("CTLSEP0011BB73AD61.tlv"));
        }
        assert!(codes(&journal).is_empty());
    }
}
