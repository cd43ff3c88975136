//! RB412: the reset keys were not taken.

use profile::Role;

use super::keys_refused;
use crate::diagnose::{Rule, Severity};

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: "RB412",
    title: "The reset keys were not taken: the phone started as before",
    severity: Severity::Trouble,
    cause: "A key was wrong, late or missing, or # was not down when the power came: the phone then starts as before \
            and nothing is erased. Or its former owner locked the reset. Which of these it was cannot be seen.",
    remedy: "Try again: hold # before the power comes, wait for the lamps, type slowly. The same key twice in a row does \
             no harm. If the lamps never come, the reset is locked: use the phone's menu or its files.",
    screen: &[],
    field_reports: &["FR-02", "FR-03"],
    depends_on: &["RB115", "RB206", "RB313", "RB411"],
    check: |session, _| {
        let asked = keys_refused(session)?;
        // It asks for its configuration: then it has started, and as before.
        let config = [Role::Config, Role::DefaultConfig, Role::SignedConfig];
        session.files_this_boot().find(|f| f.role.is_some_and(|r| config.contains(&r)))?;
        let load = session.load.as_ref();
        Some(vec![
            asked,
            load.map_or_else(|| "it starts as before".to_owned(), |l| format!("it still runs {}", l.name)),
        ])
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;

    #[test]
    fn fires_when_the_keys_are_given_up() {
        let mut journal = vec![runs("SCCP45.9-4-2SR1-1S"), discover(), bound()];
        journal.extend(keys_typed());
        journal.push(gave_up("not asked for its recovery list"));
        assert!(codes(&journal).is_empty(), "it may still be starting");
        journal.extend(got("SEP0011BB73AD61.cnf.xml"));
        assert_eq!(codes(&journal), ["RB412"]);
    }

    #[test]
    fn silent_when_the_phone_asks_for_its_recovery_list() {
        let mut journal = vec![runs("SCCP45.9-4-2SR1-1S"), discover(), bound()];
        journal.extend(keys_typed());
        journal.push(gave_up("not asked for its recovery list"));
        journal.extend(got("term65.default.loads"));
        assert!(!codes(&journal).contains(&"RB412"));
    }
}
