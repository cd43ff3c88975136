//! RB274: the phone came back into recovery after it had taken its firmware.

use crate::diagnose::{Rule, Severity};
use crate::observe::WebState;

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: "RB274",
    title: "The phone came back into recovery after it had taken its firmware",
    severity: Severity::Trouble,
    cause: "It had the file, and its power was taken before it had written it; or the file was not for it.",
    remedy: "Start web-recovery again, and leave the phone alone until it starts by itself: that takes minutes.",
    screen: &["WEB RECOVERY AT:"],
    field_reports: &["FR-17"],
    depends_on: &[],
    check: |session, _| {
        let (state, _, boot) = session.web.state?;
        let fetched = session.files.iter().rev().find(|f| f.role == Some(profile::Role::Image) && f.done_n > 0);
        let had = session.web.taken_boot.or(fetched.map(|f| f.boot))?;
        (state == WebState::Recovery && boot == session.boots && boot > had).then(|| {
            vec!["it had its firmware whole".to_owned(), "it started again and shows its recovery page".to_owned()]
        })
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use crate::observe::{Seen, WebState};

    fn back(between: &[Seen]) -> Vec<Seen> {
        let page = Seen::WebSeen { state: WebState::Recovery, what: "Aastra 57i".into(), model: None };
        let mut journal = vec![aastra(), bound(), page.clone()];
        journal.extend_from_slice(between);
        journal.extend([aastra(), bound(), page]);
        journal
    }

    #[test]
    fn fires_when_it_had_the_file() {
        assert!(codes(&back(&got("57i.st"))).contains(&"RB274"));
    }

    #[test]
    fn silent_when_it_had_none() {
        assert!(!codes(&back(&missed("57i.st"))).contains(&"RB274"));
    }
}
