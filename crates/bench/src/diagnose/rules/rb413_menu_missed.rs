//! RB413: a menu was to be used, and the phone shows no sign of it.

use crate::diagnose::{Rule, Severity};
use crate::observe::Outcome;

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: "RB413",
    title: "The menu was not reached, or not unlocked",
    severity: Severity::Trouble,
    cause: "The way that unlocks the settings differs from load to load: **# opens the padlock of SCCP loads. On SIP \
            loads of the 7940 and 7960 **# does nothing, and Unlock Config asks for a password. MGCP loads open to \
            nothing. ***#* is a misprint of **#. The number before an entry, such as 33 or 28 before Erase \
            Configuration, differs too.",
    remedy: "Go by the names of the entries. Unlock in the way of the load that the phone runs; the evidence names it. If \
             the menus are disabled, only the reset at power-on is left.",
    screen: &["Erase Configuration", "Unlock Config"],
    field_reports: &["FR-01"],
    depends_on: &[],
    check: |session, _| {
        let procedure = session.procedure.as_ref()?;
        procedure.ended.as_ref().filter(|e| e.0 != Outcome::Recovered)?;
        let missed = procedure
            .course
            .iter()
            .rev()
            .find(|s| matches!(s.went, Some(Err(_))) && s.ask.as_ref().is_some_and(|a| !a.menu.is_empty()))?;
        let way = missed.ask.as_ref().map(|a| a.menu.join(", ")).unwrap_or_default();
        let speaks = session.protocol.as_ref().map_or_else(
            || "which protocol its load speaks is not known".to_owned(),
            |p| format!("its load speaks {}", p.0.to_uppercase()),
        );
        Some(vec![format!("nothing was seen after: {way}"), speaks])
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use crate::observe::Seen;

    fn menu_asked() -> Vec<Seen> {
        began("erase-by-menu", crate::observe::Asked { menu: vec!["Settings".into()], ..asked_for() })
    }

    #[test]
    fn fires_when_nothing_came_of_the_menu() {
        let mut journal = vec![runs("P00308000700"), discover_as("CP-7960G"), bound()];
        journal.extend(menu_asked());
        assert!(codes(&journal).is_empty());
        journal.extend([missed_step(), gave_up("no configuration was asked for")]);
        assert_eq!(codes(&journal), ["RB413"]);
    }

    #[test]
    fn silent_when_the_procedure_went_on() {
        let mut journal = vec![runs("P00308000700"), discover_as("CP-7960G"), bound()];
        journal.extend(menu_asked());
        journal.push(Seen::StepDone { id: "step".into(), because: "it asked".into() });
        journal.push(gave_up("another step"));
        assert!(!codes(&journal).contains(&"RB413"));
    }
}
