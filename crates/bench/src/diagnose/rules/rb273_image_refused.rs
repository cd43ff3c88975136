//! RB273: the phone turns the firmware file down.

use crate::diagnose::{Rule, Severity};
use crate::observe::WebOutcome;

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: "RB273",
    title: "The phone turns the firmware file down",
    severity: Severity::Trouble,
    cause: "It read the file and says that it is not for it: another model's, an older version than its board takes, or damaged.",
    remedy: "Compare the file's name with the phone's model: 57i.st is for the 57i and the 6757i. Fetch the maker's archive again and put it on the shelf.",
    screen: &["Cannot use firmware", "Incompatible with phone model"],
    field_reports: &["FR-16"],
    depends_on: &[],
    check: |session, _| super::web_ended(session, WebOutcome::ImageRefused),
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use crate::observe::WebOutcome;

    #[test]
    fn fires_when_it_ended_so() {
        assert_eq!(codes(&web_ended(WebOutcome::ImageRefused)), ["RB273"]);
    }

    #[test]
    fn silent_when_the_phone_took_the_file() {
        assert!(codes(&web_ended(WebOutcome::Accepted)).is_empty());
    }
}
