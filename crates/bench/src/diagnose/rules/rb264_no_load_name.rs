//! RB264: the phone asks for a load whose name is no load's.

use profile::Role;

use crate::diagnose::{Rule, Severity};
use crate::plan::ladder::named;

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: "RB264",
    title: "The name of the load in the phone is no load's name",
    severity: Severity::Trouble,
    cause: "The phone asks for the list of something that no load of its maker is called, such as a serial number: the \
            field in its memory is corrupted (one source tells of it).",
    remedy: "Give it a configuration that names a load of its model. If it does not take that, only the full wipe is \
             left.",
    screen: &["Invalid default load name", "Version error"],
    field_reports: &["FR-36"],
    depends_on: &[],
    check: |session, profiles| {
        let family = session.family(profiles).filter(|f| !f.loads.is_empty())?;
        let list = session.files_this_boot().rev().find(|f| f.role == Some(Role::LoadList))?;
        let load = list.load.as_deref()?;
        named(family, load).is_none().then(|| vec![format!("it asked for {}: no load is called {load}", list.name)])
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;

    #[test]
    fn fires_on_a_serial_number() {
        let mut journal = vec![discover(), bound()];
        journal.extend(missed("FCH1101963K.loads"));
        assert_eq!(codes(&journal), ["RB264"]);
    }

    #[test]
    fn silent_for_loads_and_recovery_lists() {
        for name in ["SCCP45.8-5-2S.loads", "term65.default.loads"] {
            let mut journal = vec![discover(), bound()];
            journal.extend(missed(name));
            assert!(!codes(&journal).contains(&"RB264"), "{name}");
        }
    }
}
