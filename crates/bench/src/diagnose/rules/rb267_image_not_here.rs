//! RB267: an image is asked for by its own name, and is not here.

use profile::Role;

use crate::diagnose::{Rule, Severity};
use crate::session::FileResult;

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: "RB267",
    title: "An image that the phone wants is not here",
    severity: Severity::Trouble,
    cause: "The phone asks for an image without a list before it: a configuration or its loader hint names it. Loads of \
            before 5.0 want unsigned files that end in .bin, later ones signed files that end in .sbn.",
    remedy: "Put the file that the evidence names on the shelf: the vendor's whole pack, with its .bin files.",
    screen: &["File not found", "TFTP file not found"],
    field_reports: &["FR-37"],
    depends_on: &["RB201"],
    check: |session, profiles| {
        // Phones with a recovery page look for their firmware at every start, and go on without.
        if session.family(profiles).and_then(|f| f.web.as_ref()).is_some_and(|w| w.recovery) {
            return None;
        }
        let listed = session.files_this_boot().any(|f| matches!(f.role, Some(Role::LoadList | Role::RecoveryLoadList)));
        let lacking = session
            .files_this_boot()
            .rev()
            .find(|f| f.role == Some(Role::Image) && matches!(f.result, FileResult::Refused(_)) && f.asks >= 2)?;
        // What a boot loader asks for in its recovery mode has names of its own: RB281.
        let family = session.family(profiles);
        let rescue = family.and_then(|f| f.rescue(session.identified.model.as_deref().unwrap_or_default()));
        if rescue.is_some_and(|r| r.files.iter().any(|p| p.matches(&lacking.name).is_some())) {
            return None;
        }
        (!listed).then(|| vec![format!("it asked {} times for {}, which is not here", lacking.asks, lacking.name)])
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;

    #[test]
    fn fires_on_the_second_ask() {
        let mut journal = vec![discover_as("CP-7960G"), bound()];
        journal.extend(missed("P003-8-12-00.bin"));
        assert!(codes(&journal).is_empty());
        journal.extend(missed("P003-8-12-00.bin"));
        assert_eq!(codes(&journal), ["RB267"]);
    }

    #[test]
    fn silent_when_a_list_names_it() {
        let mut journal = vec![discover_as("CP-7960G"), bound()];
        journal.extend(got("P0S3-8-12-00.loads"));
        journal.extend(missed("P0S3-8-12-00.sb2"));
        journal.extend(missed("P0S3-8-12-00.sb2"));
        assert_eq!(codes(&journal), ["RB201"]);
    }
}
