//! RB281: a boot loader asks for a file of its recovery under a name that is not here.

use crate::diagnose::{Rule, Severity};
use crate::session::FileResult;

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: "RB281",
    title: "The boot loader asks for a file under a name that is not on the shelf",
    severity: Severity::Trouble,
    cause: "In its recovery mode a phone asks for bare names of its own choice; they differ from model to model, and \
            are not those of the upgrade files. The bench does not guess which firmware is meant.",
    remedy: "Say which file on the shelf it is: `--map ASKED=FILE`, or by the screen. If none is, put the maker's \
             recovery package for exactly this model on the shelf.",
    screen: &[],
    field_reports: &["FR-29"],
    depends_on: &[],
    check: |session, profiles| {
        let family = session.family(profiles)?;
        let rescue = family.rescue(session.identified.model.as_deref().unwrap_or_default())?;
        let wanted = session.files_this_boot().filter(|f| {
            matches!(f.result, FileResult::Refused(_))
                && rescue.files.iter().any(|p| p.matches(family.bare(&f.name)).is_some())
        });
        let evidence: Vec<String> = wanted.map(|f| format!("it asked for {}", f.name)).collect();
        (!evidence.is_empty()).then_some(evidence)
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;

    #[test]
    fn fires_on_a_name_that_is_not_here() {
        let mut journal = vec![arp()];
        journal.extend(missed("T46.rom"));
        assert!(codes_of(YEALINK, &journal).contains(&"RB281"));
    }

    #[test]
    fn silent_when_it_is_or_when_it_is_no_part_of_a_recovery() {
        let mut journal = vec![arp()];
        journal.extend(missed("y000000000028.cfg"));
        journal.extend(got("T46.rom"));
        assert!(!codes_of(YEALINK, &journal).contains(&"RB281"));
    }
}
