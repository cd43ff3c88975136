//! RB417: a reset was begun for a phone that needs none to move.

use profile::Role;
use profile::keys::Wipes;

use crate::diagnose::{Rule, Severity};

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: "RB417",
    title: "For another network this phone needs no reset",
    severity: Severity::Note,
    cause: "It took its address and its configuration from this bench, by DHCP alone, before the reset was begun: \
            nothing of its former network holds it back.",
    remedy: "If it only has to move, stop here and plug it in there: DHCP gives it its address and, by option 150, its \
             server. Go on only if a password, a load or private data has to go.",
    screen: &[],
    field_reports: &["FR-08"],
    depends_on: &[],
    check: |session, profiles| {
        let procedure = session.procedure.as_ref().filter(|p| p.ended.is_none())?;
        let wipes = session.family(profiles)?.procedure(&procedure.id)?.wipes;
        // Its cure for what was seen: that is another matter.
        let config = [Role::Config, Role::DefaultConfig];
        let took = session
            .files
            .iter()
            .find(|f| f.role.is_some_and(|r| config.contains(&r)) && f.done > 0 && f.at < procedure.began)?;
        let signed = session.files.iter().any(|f| f.role == Some(Role::SignedConfig));
        let held = signed || !session.seeks.is_empty() || session.vlan.is_some();
        let fetched =
            session.files.iter().any(|f| f.role == Some(Role::Image) || f.role == Some(Role::RecoveryLoadList));
        (wipes != Wipes::Nothing && session.bound && !held && !fetched)
            .then(|| vec![format!("it took its address from the bench and then {}", took.name)])
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;

    #[test]
    fn fires_when_a_reset_is_begun_for_a_phone_that_came_up() {
        let mut journal = vec![runs("SCCP45.9-4-2SR1-1S"), discover(), bound()];
        journal.extend(got("SEP0011BB73AD61.cnf.xml"));
        assert!(codes(&journal).is_empty());
        journal.extend(began("full-wipe", asked_for()));
        assert_eq!(codes(&journal), ["RB417"]);
    }

    #[test]
    fn silent_for_a_phone_that_something_holds_back() {
        let mut journal = vec![runs("SCCP45.9-4-2SR1-1S"), discover(), bound()];
        journal.extend(missed("SEP0011BB73AD61.cnf.xml.sgn"));
        journal.extend(got("SEP0011BB73AD61.cnf.xml"));
        journal.extend(began("full-wipe", asked_for()));
        assert!(!codes(&journal).contains(&"RB417"));
    }
}
