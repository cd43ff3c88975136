//! RB125: the phone says that the download failed, and has not asked here.

use crate::diagnose::{Rule, Severity};
use crate::observe::WebOutcome;

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: "RB125",
    title: "The phone says that the download failed, and has not asked here",
    severity: Severity::Trouble,
    cause: "The form was understood. The phone could not reach this computer with what it was told: a firewall, the LAN port in place of the PC port, or a second server with this address.",
    remedy: "Look for a firewall on this computer that stops UDP port 69, or TCP ports 21 and 80, on this interface. Put the cable into the phone's PC port. Then start again.",
    screen: &["Firmware Download Failed"],
    field_reports: &["FR-13", "FR-14", "FR-15", "FR-16"],
    depends_on: &[],
    check: |session, _| super::web_ended(session, WebOutcome::DownloadFailed),
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use crate::observe::WebOutcome;

    #[test]
    fn fires_when_it_ended_so() {
        assert_eq!(codes(&web_ended(WebOutcome::DownloadFailed)), ["RB125"]);
    }

    #[test]
    fn silent_when_the_phone_took_the_file() {
        assert!(codes(&web_ended(WebOutcome::Accepted)).is_empty());
    }
}
