//! RB410: the phone finds no configuration, neither its own nor the default one.

use profile::Role;

use crate::diagnose::{Rule, Severity};
use crate::session::{FileNote, FileResult};

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: "RB410",
    title: "The phone gets no configuration",
    severity: Severity::Trouble,
    cause: "It asks for its own configuration and for the default one, again and again, and the bench has neither. Its \
            load is not what is missing.",
    remedy: "Give it a configuration: start the bench so that it makes neutral ones (`ringback run`), or put one into the \
             folder that is served.",
    screen: &["CFG file not found", "Configuring CM List", "Unprovisioned"],
    field_reports: &["FR-06", "FR-35"],
    depends_on: &["RB302", "RB260", "RB261", "RB206", "RB313", "RB411", "RB412", "RB434"],
    check: |session, profiles| {
        // Phones that go on without one, as those of other makers do, lack nothing.
        let waits = |f: &profile::BootFile| {
            matches!(f.role, Role::Config | Role::DefaultConfig) && f.missing == profile::Missing::Repeats
        };
        session.family(profiles).filter(|f| f.files.iter().any(waits))?;
        let config = [Role::Config, Role::DefaultConfig];
        let of = |f: &&FileNote| f.role.is_some_and(|r| config.contains(&r));
        let any = session.files_this_boot().filter(of).any(|f| f.done > 0 || f.result == FileResult::Sending);
        let again = session.files_this_boot().filter(of).find(|f| f.asks >= 3)?;
        let mut evidence = vec![format!("it asked {} times for {}, which is not here", again.asks, again.name)];
        if let (Some(now), Some(before)) = (&session.load, &session.load_before)
            && now.name != *before
        {
            evidence.push(format!("its load is fine: it came with {before} and runs {} now", now.name));
        }
        // While a procedure holds its configuration back, that is no trouble.
        let held = session.procedure.as_ref().is_some_and(|p| p.ended.is_none());
        (!any && !held).then_some(evidence)
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;

    #[test]
    fn fires_on_the_third_ask_and_says_that_the_load_is_fine() {
        let mut journal = vec![runs("SCCP45.8-5-2S"), discover(), bound(), runs("SCCP45.9-4-2SR1-1S")];
        for _ in 0..3 {
            journal.extend(missed("SEP0011BB73AD61.cnf.xml"));
            journal.extend(missed("XMLDefault.cnf.xml"));
        }
        assert_eq!(codes(&journal), ["RB410"]);
        assert!(evidence(&journal).iter().any(|e| e.contains("its load is fine")), "{:?}", evidence(&journal));
    }

    #[test]
    fn silent_when_the_default_one_is_there() {
        let mut journal = vec![discover(), bound()];
        for _ in 0..3 {
            journal.extend(missed("SEP0011BB73AD61.cnf.xml"));
            journal.extend(got("XMLDefault.cnf.xml"));
        }
        assert!(!codes(&journal).contains(&"RB410"));
    }
}
