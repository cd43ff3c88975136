//! RB434: the phone asks for its configuration again and again.

use crate::diagnose::{Rule, Severity};
use crate::session::FileResult;

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: "RB434",
    title: "The phone asks for its configuration again and again",
    severity: Severity::Trouble,
    cause: "It hangs while it starts: it does not get, or does not take, the file that it asks for.",
    remedy: "Choose unlock-by-config, so that the bench makes the file. If the phone takes no plain files (Bad encrypted cfg), choose web-recovery.",
    screen: &["Updating configuration", "Retrying config download", "Bad encrypted cfg"],
    field_reports: &["FR-23"],
    depends_on: &[],
    check: |session, profiles| {
        let family = session.family(profiles)?;
        family.web.as_ref().filter(|w| w.recovery)?;
        let again = session
            .files_this_boot()
            .find(|f| matches!(f.role, Some(profile::Role::Config | profile::Role::DefaultConfig)) && f.asks >= 3)?;
        let got = match &again.result {
            FileResult::Done => "and got it each time",
            _ => "and did not get it",
        };
        Some(vec![format!("it asked {} times for {} {got}", again.asks, again.name)])
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    #[test]
    fn fires_on_the_third_ask() {
        let mut journal = vec![aastra(), bound()];
        (0..3).for_each(|_| journal.extend(missed("aastra.cfg")));
        assert_eq!(codes(&journal), ["RB434"]);
    }

    #[test]
    fn silent_on_the_first() {
        let mut journal = vec![aastra(), bound()];
        journal.extend(missed("aastra.cfg"));
        assert!(codes(&journal).is_empty());
    }
}
