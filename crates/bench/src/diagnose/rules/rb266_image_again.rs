//! RB266: an image arrives whole and is asked for again in the same start.

use profile::Role;

use crate::diagnose::{Rule, Severity};

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: "RB266",
    title: "An image arrives whole and the phone does not keep it",
    severity: Severity::Trouble,
    cause: "The phone fetched the same image again in the same start: its check failed. The file may be damaged in a way \
            that its header does not show, or be signed with a key that the phone does not know.",
    remedy: "Take the file from the vendor's archive again and compare its SHA-1 with the vendor's. If it is the same, \
             the signature is what the phone does not like: see RB301.",
    screen: &["Checksum Error"],
    field_reports: &["FR-37", "FR-32"],
    depends_on: &["RB201", "RB301"],
    check: |session, _| {
        // A phone that begins all over reads the list again too: then another file is what stops it.
        let lists = session.files_this_boot().filter(|f| f.role == Some(Role::LoadList)).map(|f| f.done).max();
        let again = lists.unwrap_or(1).max(1);
        let image = session.files_this_boot().find(|f| f.role == Some(Role::Image) && f.done > again)?;
        Some(vec![format!("it fetched {} whole {} times in one start", image.name, image.done)])
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;

    #[test]
    fn fires_on_the_second_time() {
        let mut journal = vec![discover(), bound()];
        journal.extend(got("jar45sccp.9-4-2ES9.sbn"));
        assert!(codes(&journal).is_empty());
        journal.extend(got("jar45sccp.9-4-2ES9.sbn"));
        assert_eq!(codes(&journal), ["RB266"]);
    }

    #[test]
    fn silent_when_it_is_fetched_again_after_a_start() {
        let mut journal = vec![discover(), bound()];
        journal.extend(got("jar45sccp.9-4-2ES9.sbn"));
        journal.extend([discover(), bound()]);
        journal.extend(got("jar45sccp.9-4-2ES9.sbn"));
        assert!(!codes(&journal).contains(&"RB266"));
    }
}
