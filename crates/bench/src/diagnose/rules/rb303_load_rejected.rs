//! RB303: the load's list was fetched, no image was asked for, and the old load still runs.

use profile::Role;

use crate::diagnose::{Rule, Severity};
use crate::session::FileResult;

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: "RB303",
    title: "The phone read the load's list and turned it down",
    severity: Severity::Trouble,
    cause: "Two causes fit: the board is newer than the load (\"Load rejected HC\"; it then needs a newer load and no \
            step over 8.5(2)), or the load is for another model (\"Load ID incorrect\").",
    remedy: "Read the phone's status messages (Settings, Status, Status Messages). For \"Load rejected HC\" give it the \
             newest load of its model directly.",
    screen: &["Load rejected HC", "Load ID incorrect", "Version error"],
    field_reports: &["FR-32"],
    depends_on: &["RB201", "RB301"],
    check: |session, _| {
        // Of an earlier start: one that was fetched just now may still be taken.
        let list = session
            .files
            .iter()
            .rev()
            .find(|f| f.role == Some(Role::LoadList) && f.result == FileResult::Done && f.boot < session.boots)?;
        let wanted = list.load.as_deref()?;
        let running = session.load.as_ref()?;
        // Its own word after the list, and another load than the list's: it was not taken.
        let kept = running.n > list.done_n && !crate::procedure::expect::same_load(&running.name, wanted);
        let images = session.files.iter().any(|f| f.role == Some(Role::Image) && f.asked_n > list.asked_n);
        (kept && !images).then(|| {
            vec![
                format!("it fetched {} and asked for none of its images", list.name),
                format!("it still runs {} (by {})", running.name, running.how),
            ]
        })
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;

    #[test]
    fn fires_when_the_old_load_still_runs() {
        let mut journal = vec![runs("SCCP45.9-2-1S"), discover(), bound()];
        journal.extend(got("SCCP45.8-5-2S.loads"));
        journal.extend([discover(), bound(), runs("SCCP45.9-2-1S")]);
        assert_eq!(codes(&journal), ["RB303"]);
    }

    #[test]
    fn stays_while_the_list_is_fetched_again_and_goes_with_the_first_image() {
        let mut journal = vec![runs("SCCP45.9-2-1S"), discover(), bound()];
        journal.extend(got("SCCP45.8-5-2S.loads"));
        journal.extend([discover(), bound(), runs("SCCP45.9-2-1S")]);
        journal.extend(got("SCCP45.8-5-2S.loads"));
        assert_eq!(codes(&journal), ["RB303"]);
        journal.push(asked("jar45sccp.8-5-2TH1-9.sbn"));
        assert!(codes(&journal).is_empty());
    }

    #[test]
    fn silent_when_the_list_names_what_runs() {
        let mut journal = vec![runs("SCCP45.8-5-2S"), discover(), bound()];
        journal.extend(got("SCCP45.8-5-2S.loads"));
        journal.extend([discover(), bound(), runs("SCCP45.8-5-2S")]);
        assert!(codes(&journal).is_empty());
    }
}
