//! RB124: the recovery page takes the form in no way.

use crate::diagnose::{Rule, Severity};
use crate::observe::WebOutcome;

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: "RB124",
    title: "The recovery page takes the form in no way",
    severity: Severity::Trouble,
    cause: "It was sent in every way that is known to help: in one piece, without the button and with it, by both methods, and after a refused GET. The page turned all of them down.",
    remedy: "Look at what was sent and answered. A value may be wrong: the file's name for this model, or a field that was not understood.",
    screen: &["Invalid Parameters"],
    field_reports: &["FR-11", "FR-12"],
    depends_on: &[],
    check: |session, _| super::web_ended(session, WebOutcome::Refused),
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use crate::observe::WebOutcome;

    #[test]
    fn fires_when_it_ended_so() {
        assert_eq!(codes(&web_ended(WebOutcome::Refused)), ["RB124"]);
    }

    #[test]
    fn silent_when_the_phone_took_the_file() {
        assert!(codes(&web_ended(WebOutcome::Accepted)).is_empty());
    }
}
