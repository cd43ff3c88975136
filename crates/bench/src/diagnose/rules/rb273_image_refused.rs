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
    check: |session, _| {
        let (outcome, why, _) = session.web.ended.as_ref()?;
        let over = session.files_this_boot().any(|f| f.role == Some(profile::Role::Image) && f.done_n > 0);
        (*outcome == WebOutcome::ImageRefused && !over).then(|| {
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
        assert_eq!(codes(&ended(WebOutcome::ImageRefused)), ["RB273"]);
    }

    #[test]
    fn silent_when_the_phone_took_the_file() {
        assert!(codes(&ended(WebOutcome::Accepted)).is_empty());
    }
}
