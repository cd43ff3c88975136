//! RB430: the phone still calls its old provider.

use crate::diagnose::{Rule, Severity};

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: "RB430",
    title: "The phone still calls its old provider",
    severity: Severity::Note,
    cause: "It holds the address of a provider in its own settings, or got it from the maker's redirection service. What it calls was answered by the bench, so that nothing left this cable.",
    remedy: "Choose unlock-by-config: it takes away what the phone has stored. If the phone calls it again afterwards, the provider has to release it.",
    screen: &[],
    field_reports: &["FR-19", "FR-20"],
    depends_on: &[],
    check: |session, profiles| {
        let family = session.family(profiles)?;
        family.web.as_ref()?;
        let role = |name: &str| family.hosts.iter().find(|h| h.name.matches(name).is_some()).map(|h| h.role);
        let names = session.names.iter().filter(|n| n.boot == session.boots && n.answer.is_some());
        let strange: Vec<String> =
            names.filter(|n| role(&n.name).is_none()).map(|n| format!("it looks up {}", n.name)).collect();
        (!strange.is_empty()).then_some(strange)
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use std::net::Ipv4Addr;

    use crate::observe::Seen;

    fn looks_up(name: &str) -> Seen {
        Seen::NameAsked { name: name.into(), kind: "A".into(), answer: Some(Ipv4Addr::new(10, 0, 0, 1)) }
    }

    #[test]
    fn fires_on_a_name_that_is_nobodys() {
        assert_eq!(codes(&[aastra(), bound(), looks_up("prov.oldvoip.example")]), ["RB430"]);
    }

    #[test]
    fn silent_on_the_time() {
        assert!(codes(&[aastra(), bound(), looks_up("pool.ntp.org")]).is_empty());
    }
}
