//! RB120: the recovery page does not answer.

use crate::diagnose::{Rule, Severity};
use crate::observe::WebOutcome;

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: "RB120",
    title: "The recovery page does not answer",
    severity: Severity::Trouble,
    cause: "Nobody answers on the web port of the phone's address. The phone has another address than the one known, its page is not up yet, or the cable is in its LAN port.",
    remedy: "Put the cable into the phone's PC port. Read the address on its screen and give it: ringback web-recover --address ADDRESS. Power it off and on with the keys held.",
    screen: &["WEB RECOVERY AT:"],
    field_reports: &["FR-10", "FR-15"],
    depends_on: &[],
    check: |session, _| super::web_ended(session, WebOutcome::Unreachable),
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use crate::observe::WebOutcome;

    #[test]
    fn fires_when_it_ended_so() {
        assert_eq!(codes(&web_ended(WebOutcome::Unreachable)), ["RB120"]);
    }

    #[test]
    fn silent_when_the_phone_took_the_file() {
        assert!(codes(&web_ended(WebOutcome::Accepted)).is_empty());
    }
}
