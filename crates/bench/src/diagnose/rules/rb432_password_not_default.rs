//! RB432: the phone does not take the maker's password.

use crate::diagnose::{Rule, Severity};

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: "RB432",
    title: "The phone does not take the maker's password",
    severity: Severity::Trouble,
    cause: "It started with settings that hold another one: stored in the phone, or fetched from its provider.",
    remedy: "Choose unlock-by-config while it asks this bench, else web-recovery. Keep it off the internet meanwhile.",
    screen: &["Incorrect password"],
    field_reports: &["FR-09", "FR-19"],
    depends_on: &[],
    check: |session, _| {
        let (let_in, n) = session.web.let_in?;
        (!let_in && n >= session.boot.0).then(|| {
            let why = session.web.acted.as_ref().map_or_else(String::new, |a| a.2.clone());
            vec![format!("its page does not let the bench in with it: {why}")]
        })
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use crate::observe::Seen;

    fn looked(taken: bool) -> Vec<Seen> {
        let acted = Seen::WebActed { action: "look".into(), taken, why: "401".into(), version: None, model: None };
        vec![aastra(), bound(), acted]
    }

    #[test]
    fn fires_when_it_keeps_us_out() {
        assert_eq!(codes(&looked(false)), ["RB432"]);
    }

    #[test]
    fn silent_when_it_lets_us_in() {
        assert!(codes(&looked(true)).is_empty());
    }
}
