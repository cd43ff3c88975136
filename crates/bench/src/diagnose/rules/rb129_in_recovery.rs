//! RB129: the phone is in Web Recovery.

use crate::diagnose::{Rule, Severity};
use crate::observe::WebState;

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: "RB129",
    title: "The phone is in Web Recovery",
    severity: Severity::Trouble,
    cause: "It has no firmware that it can start, or two keys were held while it got its power. It waits for a file and asks nobody by itself.",
    remedy: "Start web-recovery. Recovery ends with a good file; with sound firmware it also ends with a plain power cycle.",
    screen: &["WEB RECOVERY AT:"],
    field_reports: &["FR-09", "FR-18", "FR-24"],
    depends_on: &[],
    check: |session, _| {
        let (state, _, boot) = session.web.state?;
        let taken = session.web.ended.as_ref().is_some_and(|e| e.0.is_good()) && session.web.taken_boot == Some(boot);
        (state == WebState::Recovery && boot == session.boots && !taken).then(|| {
            vec![
                "its web page takes firmware and wants no password".to_owned(),
                "it has asked for no configuration".to_owned(),
            ]
        })
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use crate::observe::{Seen, WebState};

    #[test]
    fn fires_when_its_page_shows_it() {
        let seen = Seen::WebSeen { state: WebState::Recovery, what: "Aastra 57i".into(), model: None };
        assert_eq!(codes(&[aastra(), bound(), seen]), ["RB129"]);
    }

    #[test]
    fn silent_for_a_phone_that_runs() {
        let seen = Seen::WebSeen { state: WebState::Runs, what: "Aastra 6757i".into(), model: None };
        assert!(codes(&[aastra(), bound(), seen]).is_empty());
    }
}
