//! RB263: the phone wants a load that is for other models.

use profile::Role;

use crate::diagnose::{Rule, Severity};
use crate::plan::ladder::named;

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: "RB263",
    title: "The phone is told to run a load of another model",
    severity: Severity::Trouble,
    cause: "The name of the load in its configuration begins with the digits of another image family. The phone may \
            fetch it and will not run it.",
    remedy: "Name a load of this model in the configuration, or none at all: the phone then keeps the one it runs.",
    screen: &["Load ID incorrect", "Version error"],
    field_reports: &["FR-37"],
    depends_on: &[],
    check: |session, profiles| {
        let (family, model) = (session.family(profiles)?, session.model(profiles)?);
        let own = model.images.as_ref()?;
        let list = session.files_this_boot().rev().find(|f| f.role == Some(Role::LoadList))?;
        let wanted = named(family, list.load.as_deref()?)?.images?;
        (wanted != *own).then(|| {
            vec![
                format!("it asked for {}", list.name),
                format!("a {} runs loads with {own} in their names", model.name),
            ]
        })
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;

    #[test]
    fn fires_when_the_digits_differ() {
        let mut journal = vec![discover_as("CP-7965G"), bound()];
        journal.extend(missed("SCCP41.8-5-2S.loads"));
        assert_eq!(codes(&journal), ["RB263"]);
    }

    #[test]
    fn silent_for_its_own_family_of_images() {
        let mut journal = vec![discover_as("CP-7965G"), bound()];
        journal.extend(missed("SCCP45.8-5-2S.loads"));
        assert!(codes(&journal).is_empty());
    }
}
