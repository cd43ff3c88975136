//! RB123: the page has no form that takes firmware.

use crate::diagnose::{Rule, Severity};
use crate::observe::WebOutcome;

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: "RB123",
    title: "The page has no form that takes firmware",
    severity: Severity::Trouble,
    cause: "The page answers, but no field for a file and a server was found on it, nor one that takes a file.",
    remedy: "Open the page in a browser and look what it is. Send its source with the journal, so that it can be learnt.",
    screen: &[],
    field_reports: &["FR-11"],
    depends_on: &[],
    check: |session, _| super::web_ended(session, WebOutcome::NoForm),
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use crate::observe::WebOutcome;

    #[test]
    fn fires_when_it_ended_so() {
        assert_eq!(codes(&web_ended(WebOutcome::NoForm)), ["RB123"]);
    }

    #[test]
    fn silent_when_the_phone_took_the_file() {
        assert!(codes(&web_ended(WebOutcome::Accepted)).is_empty());
    }
}
