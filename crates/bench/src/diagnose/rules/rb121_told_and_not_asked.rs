//! RB121: the phone was told to fetch its firmware and asks nobody here.

use crate::diagnose::{Rule, Severity};
use crate::observe::WebOutcome;

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: "RB121",
    title: "The phone was told to fetch its firmware and asks nobody here",
    severity: Severity::Trouble,
    cause: "Its page said yes, and no request arrived. Something on this computer keeps requests out, the cable is in the phone's LAN port, or the page was told another server.",
    remedy: "Look for a firewall on this computer that stops UDP port 69 on this interface, and let it pass. Put the cable into the phone's PC port. Then start again: the phone stays in recovery.",
    screen: &["Firmware Downloading..Please Wait"],
    field_reports: &["FR-13", "FR-14", "FR-15"],
    depends_on: &[],
    check: |session, _| {
        let mut evidence = super::web_ended(session, WebOutcome::NotAsked)?;
        evidence.push("no request for the file arrived on any of the bench's services".to_owned());
        Some(evidence)
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use crate::observe::WebOutcome;

    #[test]
    fn fires_when_it_ended_so() {
        assert_eq!(codes(&web_ended(WebOutcome::NotAsked)), ["RB121"]);
    }

    #[test]
    fn silent_when_the_phone_took_the_file() {
        assert!(codes(&web_ended(WebOutcome::Accepted)).is_empty());
    }
}
