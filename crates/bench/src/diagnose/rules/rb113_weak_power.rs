//! RB113: a model that is too weak on PoE asks for nothing.

use crate::diagnose::{Rule, Severity};
use crate::observe::Awaited;

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: "RB113",
    title: "The phone may have too little power",
    severity: Severity::Trouble,
    cause: "Phones of this model in low-power mode on PoE cannot fetch their recovery list after a reset. That this is \
            the cause here is inferred: the bench does not see how the phone is powered.",
    remedy: "Unplug the phone. Connect its own power supply. Then start it again.",
    screen: &["low power mode"],
    field_reports: &["FR-36"],
    depends_on: &["RB102", "RB103"],
    check: |session, profiles| {
        let (_, seconds) = session.waits.iter().find(|w| w.0 == Awaited::Files)?;
        let model = session.model(profiles).filter(|m| m.weak_on_poe)?;
        let asked = session.files_this_boot().next().is_some();
        (session.bound && !asked).then(|| {
            vec![
                format!("it is a {}", model.name),
                format!("it has had its address for {seconds} s and asked for nothing"),
            ]
        })
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;

    #[test]
    fn fires_for_a_model_that_is_weak() {
        assert_eq!(codes(&[discover_as("CP-7970G"), bound(), waits_for_files()]), ["RB113"]);
    }

    #[test]
    fn silent_for_the_others_and_once_it_asks() {
        assert_eq!(codes(&[discover_as("CP-7965G"), bound(), waits_for_files()]), ["RB112"]);
        let mut journal = vec![discover_as("CP-7970G"), bound(), waits_for_files()];
        journal.extend(got("term70.default.loads"));
        assert!(!codes(&journal).contains(&"RB113"));
    }
}
