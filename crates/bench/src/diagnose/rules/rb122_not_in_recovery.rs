//! RB122: the phone runs: it is not in recovery.

use crate::diagnose::{Rule, Severity};
use crate::observe::WebOutcome;

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: "RB122",
    title: "The phone runs: it is not in recovery",
    severity: Severity::Trouble,
    cause: "Its page wants a password, as it does when the phone has started as usual. The keys were pressed too late or let go too early, or its provider has switched recovery off.",
    remedy: "Unplug it. Hold 1 and # before the power comes, and keep them held until the screen says WEB RECOVERY. If it never does, choose unlock-by-config.",
    screen: &[],
    field_reports: &["FR-22"],
    depends_on: &[],
    check: |session, _| super::web_ended(session, WebOutcome::NotInRecovery),
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use crate::observe::WebOutcome;

    #[test]
    fn fires_when_it_ended_so() {
        assert_eq!(codes(&web_ended(WebOutcome::NotInRecovery)), ["RB122"]);
    }

    #[test]
    fn silent_when_the_phone_took_the_file() {
        assert!(codes(&web_ended(WebOutcome::Accepted)).is_empty());
    }
}
