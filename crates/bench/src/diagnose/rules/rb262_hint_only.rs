//! RB262: the phone asks for its loader hint again and again.

use profile::Role;

use crate::diagnose::{Rule, Severity};

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: "RB262",
    title: "The phone asks only for OS79XX.TXT",
    severity: Severity::Trouble,
    cause: "A load from before the universal loader, or an MGCP load, reads this file first. It does not like what the \
            file says: a name it does not know, or signs behind the name, a line end among them.",
    remedy: "Let the file hold one name, without extension and without a line end, and put the image of that name on \
             the shelf. The procedures that give a phone another load make the file so.",
    screen: &["Version error", "Load ID incorrect"],
    field_reports: &["FR-04"],
    depends_on: &["RB114"],
    check: |session, _| {
        let last = session.files_this_boot().max_by_key(|f| f.asked_n)?;
        let only = session.files_this_boot().all(|f| f.role == Some(Role::LoaderHint) || f.asked_n < last.done_n);
        let hint = last.role == Some(Role::LoaderHint) && last.asks >= 3 && only;
        let got = if last.done > 0 { "got it" } else { "did not get it" };
        hint.then(|| vec![format!("it asked {} times for {} and for nothing else, and {got}", last.asks, last.name)])
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;

    #[test]
    fn fires_on_the_third_ask() {
        let mut journal = vec![discover_as("CP-7960G"), bound()];
        for _ in 0..2 {
            journal.extend(got("OS79XX.TXT"));
        }
        assert!(codes(&journal).is_empty());
        journal.extend(got("OS79XX.TXT"));
        assert_eq!(codes(&journal), ["RB262"]);
    }

    #[test]
    fn silent_when_it_goes_on_to_its_own_files() {
        let mut journal = vec![discover_as("CP-7960G"), bound()];
        for _ in 0..4 {
            journal.extend(missed("OS79XX.TXT"));
            journal.extend(got("SIPDefault.cnf"));
        }
        assert!(!codes(&journal).contains(&"RB262"));
    }
}
