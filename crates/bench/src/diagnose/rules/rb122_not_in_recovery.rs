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
    check: |session, _| {
        let (outcome, why, _) = session.web.ended.as_ref()?;
        let over = session.files_this_boot().any(|f| f.role == Some(profile::Role::Image) && f.done_n > 0);
        (*outcome == WebOutcome::NotInRecovery && !over).then(|| {
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
        assert_eq!(codes(&ended(WebOutcome::NotInRecovery)), ["RB122"]);
    }

    #[test]
    fn silent_when_the_phone_took_the_file() {
        assert!(codes(&ended(WebOutcome::Accepted)).is_empty());
    }
}
