//! RB450: the phone's web page refuses the maker's default password.

use crate::diagnose::{Rule, Severity};
use crate::observe::LoginResult;

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: "RB450",
    title: "The phone's password is not the maker's default",
    severity: Severity::Trouble,
    cause: "Its web page refused name and password of the neutral configuration. A provider's password is still \
            there, or came back with the provider's own factory settings.",
    remedy: "Give it the neutral configuration by its provisioning; else reset it.",
    screen: &[],
    field_reports: &["FR-28"],
    depends_on: &["RB340"],
    check: |session, _| {
        let (_, result, what) = session.login.as_ref()?;
        (*result == LoginResult::Refused).then(|| vec![format!("its web page said: {what}")])
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use crate::observe::{LoginResult, Seen};

    fn login(result: LoginResult) -> Seen {
        Seen::WebLogin { result, what: "401".into() }
    }

    #[test]
    fn fires_when_the_page_refuses() {
        assert_eq!(codes_of(YEALINK, &[discover(), bound(), login(LoginResult::Refused)]), ["RB450"]);
    }

    #[test]
    fn silent_once_it_lets_the_bench_in_and_when_nothing_was_proven() {
        let journal = [discover(), bound(), login(LoginResult::Refused), login(LoginResult::In)];
        assert!(codes_of(YEALINK, &journal).is_empty());
        assert!(codes_of(YEALINK, &[discover(), bound(), login(LoginResult::NoPage)]).is_empty());
    }
}
