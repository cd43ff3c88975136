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
    check: |session, _| {
        let (outcome, why, _) = session.web.ended.as_ref()?;
        let over = session.files_this_boot().any(|f| f.role == Some(profile::Role::Image) && f.done_n > 0);
        (*outcome == WebOutcome::DownloadFailed && !over).then(|| {
            let mut evidence = vec![why.clone()];
            evidence.extend(session.web.tries.iter().map(|(way, verdict)| format!("{way}: {}", verdict.words())));
            evidence
        })
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use crate::observe::{Seen, WebOutcome};

    fn ended(outcome: WebOutcome) -> Vec<Seen> {
        let began = Seen::WebBegan { file: "57i.st".into(), sha256: "00".into(), size: 1 };
        vec![aastra(), bound(), began, Seen::WebEnded { outcome, why: "it said so".into() }]
    }

    #[test]
    fn fires_when_it_ended_so() {
        assert_eq!(codes(&ended(WebOutcome::DownloadFailed)), ["RB125"]);
    }

    #[test]
    fn silent_when_the_phone_took_the_file() {
        assert!(codes(&ended(WebOutcome::Accepted)).is_empty());
    }
}
