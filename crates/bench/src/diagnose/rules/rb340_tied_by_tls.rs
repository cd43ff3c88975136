//! RB340: the phone wants its provider over HTTPS and does not trust the bench.

use crate::diagnose::{Rule, Severity};

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: "RB340",
    title: "The phone is tied to its provider over HTTPS",
    severity: Severity::Trouble,
    cause: "It ended the TLS conversation before it asked for anything. Most phones accept only certificates that \
            they know; the bench has one of its own and pretends to be nobody. A clock that is wrong, or a TLS older \
            than 1.2, ends the same way.",
    remedy: "Its provider must release it: the host that it wanted is told below, where the phone said so. Otherwise \
             reset it by its keys, or in its boot loader's recovery mode.",
    screen: &["Auto-P now?"],
    field_reports: &["FR-28"],
    depends_on: &[],
    check: |session, profiles| {
        let (n, host, why) = session.tls.as_ref()?;
        // One that asks for its files afterwards goes another way: it is not tied to that host.
        let helped = session.files.iter().any(|f| f.asked_n > *n && f.role.is_some());
        // The maker's own service is asked by every phone that has just been reset.
        let family = session.family(profiles);
        let makers = |h: &String| family.is_some_and(|f| f.hosts.iter().any(|known| known.name.matches(h).is_some()));
        if host.as_ref().is_some_and(makers) {
            return None;
        }
        let wanted = host.as_ref().map(|h| format!("it wanted {h}"));
        (!helped).then(|| wanted.into_iter().chain([format!("TLS ended: {why}")]).collect())
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use crate::observe::Seen;

    fn refused() -> Seen {
        Seen::TlsRefused { host: Some("prov.example.net".into()), why: "unknown CA".into() }
    }

    #[test]
    fn fires_when_tls_ends_before_a_question() {
        assert_eq!(codes_of(YEALINK, &[discover(), bound(), refused()]), ["RB340"]);
    }

    #[test]
    fn silent_for_the_makers_own_service() {
        let seen = Seen::TlsRefused { host: Some("rps.yealink.com".into()), why: "unknown CA".into() };
        assert!(codes_of(YEALINK, &[discover(), bound(), seen]).is_empty());
    }

    #[test]
    fn silent_when_it_asks_for_its_file_by_another_way() {
        let mut journal = vec![discover(), bound(), refused()];
        journal.extend(missed("001565123456.cfg"));
        assert!(codes_of(YEALINK, &journal).is_empty());
    }
}
