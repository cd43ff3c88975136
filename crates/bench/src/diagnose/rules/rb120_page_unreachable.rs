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
    check: |session, _| {
        let (outcome, why, _) = session.web.ended.as_ref()?;
        let over = session.files_this_boot().any(|f| f.role == Some(profile::Role::Image) && f.done_n > 0);
        (*outcome == WebOutcome::Unreachable && !over).then(|| {
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
        assert_eq!(codes(&ended(WebOutcome::Unreachable)), ["RB120"]);
    }

    #[test]
    fn silent_when_the_phone_took_the_file() {
        assert!(codes(&ended(WebOutcome::Accepted)).is_empty());
    }
}
