//! RB431: the phone asks the maker's redirection service.

use crate::diagnose::{Rule, Severity};

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: "RB431",
    title: "The phone asks the maker's redirection service",
    severity: Severity::Note,
    cause: "A phone with factory settings does so first. On the internet that service would send it to its provider, with the settings and the password that the provider chose.",
    remedy: "Keep it off the internet while it is reset. If it goes back to a provider afterwards, that provider has to take it out of the redirection service.",
    screen: &["Contacting Redirector"],
    field_reports: &["FR-19"],
    depends_on: &[],
    check: |session, profiles| {
        let family = session.family(profiles)?;
        let role = |name: &str| family.hosts.iter().find(|h| h.name.matches(name).is_some()).map(|h| h.role);
        let asked = session.names.iter().filter(|n| n.boot == session.boots);
        let names: Vec<String> = asked
            .filter(|n| role(&n.name) == Some(profile::HostRole::Redirection))
            .map(|n| format!("it looks up {}", n.name))
            .collect();
        (!names.is_empty()).then_some(names)
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use crate::observe::Seen;

    #[test]
    fn fires_on_its_name() {
        let seen = Seen::NameAsked { name: "rcs.aastra.com".into(), kind: "A".into(), answer: None };
        assert_eq!(codes(&[aastra(), bound(), seen]), ["RB431"]);
    }

    #[test]
    fn silent_without() {
        assert!(codes(&[aastra(), bound()]).is_empty());
    }
}
