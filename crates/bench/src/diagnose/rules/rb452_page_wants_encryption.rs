//! RB452: the phone's web page takes a password only encrypted, so that the bench cannot prove it.

use crate::diagnose::{Rule, Severity};
use crate::observe::LoginResult;

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: "RB452",
    title: "The phone's web page wants the password encrypted",
    severity: Severity::Note,
    cause: "Newer firmware encrypts what is typed in the browser. The bench does not do that, so it cannot prove that \
            the maker's default password holds.",
    remedy: "Log in with a browser: the phone's address is shown.",
    screen: &[],
    field_reports: &["FR-28"],
    depends_on: &[],
    check: |session, _| {
        let (_, result, what) = session.login.as_ref()?;
        (*result == LoginResult::Encrypted).then(|| vec![what.clone()])
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use crate::observe::{LoginResult, Seen};

    #[test]
    fn fires_when_the_page_says_so_and_not_otherwise() {
        let login = |result| Seen::WebLogin { result, what: "the page names an RSA key".into() };
        assert_eq!(codes_of(YEALINK, &[discover(), bound(), login(LoginResult::Encrypted)]), ["RB452"]);
        assert!(codes_of(YEALINK, &[discover(), bound(), login(LoginResult::In)]).is_empty());
    }
}
