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
        let (outcome, why, _) = session.web.ended.as_ref()?;
        let over = session.files_this_boot().any(|f| f.role == Some(profile::Role::Image) && f.done_n > 0);
        (*outcome == WebOutcome::NotAsked && !over).then(|| {
            let mut evidence = vec![why.clone()];
            evidence.extend(session.web.tries.iter().map(|(way, verdict)| format!("{way}: {}", verdict.words())));
            evidence.push("no request for the file arrived on any of the bench's services".to_owned());
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
        assert_eq!(codes(&ended(WebOutcome::NotAsked)), ["RB121"]);
    }

    #[test]
    fn silent_when_the_phone_took_the_file() {
        assert!(codes(&ended(WebOutcome::Accepted)).is_empty());
    }
}
