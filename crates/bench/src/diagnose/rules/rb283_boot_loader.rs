//! RB283: the phone's boot loader is in its recovery mode.

use profile::Role;

use crate::diagnose::{Rule, Severity};

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: "RB283",
    title: "The phone is in its boot loader's recovery mode",
    severity: Severity::Note,
    cause: "It was started with the key for recovery held, or its firmware is damaged. The boot loader uses addresses \
            that were typed on the phone and asks for the parts of a firmware.",
    remedy: "Give it the recovery package of exactly its model. Leave it connected until it starts as usual. Without \
             a choice in its menu nothing is written: unplug it, and it starts as before.",
    screen: &["Welcome", "Initializing... please wait"],
    field_reports: &["FR-27", "FR-29"],
    depends_on: &[],
    check: |session, _| {
        // One that goes on to its configuration has started as usual.
        let last = session.files_this_boot().rev().find(|f| f.role.is_some())?;
        let asked = session.files_this_boot().rev().find(|f| f.role == Some(Role::Rescue))?;
        let still = matches!(last.role, Some(Role::Rescue | Role::Image));
        still.then(|| vec![format!("it asked for {}", asked.name)])
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;

    #[test]
    fn fires_on_a_part_that_only_a_boot_loader_asks_for() {
        let mut journal = vec![arp()];
        journal.extend(got("T46.rom"));
        journal.extend(got("T46.rfs"));
        assert!(codes_of(YEALINK, &journal).contains(&"RB283"));
    }

    #[test]
    fn silent_for_an_upgrade_and_after_the_next_start() {
        let mut upgrade = vec![discover(), bound()];
        upgrade.extend(got("T46-28.80.0.95.rom"));
        assert!(codes_of(YEALINK, &upgrade).is_empty());
        let mut journal = vec![arp()];
        journal.extend(got("T46.rfs"));
        journal.extend([discover(), bound()]);
        journal.extend(missed("y000000000028.cfg"));
        assert!(codes_of(YEALINK, &journal).is_empty());
    }
}
