//! RB265: a configuration arrives whole and is asked for again: it may be too large.

use profile::Role;

use crate::diagnose::{Rule, Severity};

/// From this size on a configuration is thought to be too large for some phones.
const LARGE: u64 = 8_192;

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: "RB265",
    title: "The configuration may be too large for the phone",
    severity: Severity::Trouble,
    cause: "The phone fetches a large configuration whole and asks for it again. One web page says that the 7940 and \
            7960 fail above 8 KiB; the vendor's own text for it is CFG TFTP Size Error. That this is the cause is \
            inferred from the size.",
    remedy: "Shorten the file: leave out what the phone does not need. Read Settings, Status, Status Messages.",
    screen: &["CFG TFTP Size Error", "Checksum Error"],
    field_reports: &["FR-23"],
    depends_on: &["RB302"],
    check: |session, _| {
        let config = [Role::Config, Role::DefaultConfig];
        let file = session.files_this_boot().find(|f| {
            f.role.is_some_and(|r| config.contains(&r)) && f.done >= 3 && f.size > LARGE && session.registered.is_none()
        })?;
        Some(vec![format!("it fetched {} {} times, {} bytes each time", file.name, file.done, file.size)])
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;

    #[test]
    fn fires_when_a_large_file_is_fetched_three_times() {
        let mut journal = vec![discover(), bound()];
        for _ in 0..2 {
            journal.extend(got_sized("SEP0011BB73AD61.cnf.xml", 9_000));
        }
        assert!(codes(&journal).is_empty());
        journal.extend(got_sized("SEP0011BB73AD61.cnf.xml", 9_000));
        assert_eq!(codes(&journal), ["RB265"]);
    }

    #[test]
    fn silent_for_a_small_one() {
        let mut journal = vec![discover(), bound()];
        for _ in 0..4 {
            journal.extend(got_sized("SEP0011BB73AD61.cnf.xml", 2_000));
        }
        assert!(!codes(&journal).contains(&"RB265"));
    }
}
