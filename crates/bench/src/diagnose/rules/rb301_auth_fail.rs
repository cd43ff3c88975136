//! RB301: the load that runs cannot check the signature of the load that is wanted.

use profile::{Profiles, Role};

use crate::diagnose::{Rule, Severity};
use crate::plan::ladder::named;
use crate::plan::version::{Version, version};
use crate::session::{FileNote, FileResult, Session};

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: "RB301",
    title: "\"Auth Fail\": the phone cannot check the signature of the new load",
    severity: Severity::Trouble,
    cause: "Loads after 8.5(2) are signed with a newer key. A load older than 8.3(3) does not know that key, refuses the \
            files (\"Auth Fail\"), starts again and tries again.",
    remedy: "Let the phone run plain 8.5(2) first, not 8.5(2)SR1; from there it takes the newer load.",
    screen: &["Auth Fail", "File auth fail"],
    field_reports: &["FR-32"],
    depends_on: &["RB201"],
    check,
};

fn check(session: &Session, profiles: &Profiles) -> Option<Vec<String>> {
    let family = session.family(profiles)?;
    let list = session
        .files
        .iter()
        .rev()
        .find(|f| f.role == Some(Role::LoadList) && f.result == FileResult::Done && f.boot < session.boots)?;
    let wanted = list.load.as_deref()?;
    let to = named(family, wanted)?.version;
    let images = session.files.iter().filter(|f| f.boot == list.boot && f.role == Some(Role::Image));
    let fetched = images.filter(|f| f.result == FileResult::Done).count();
    let stopped_early = fetched <= 1;
    let running = session.load.as_ref();
    let from = running.and_then(|r| named(family, &r.name)).map(|n| n.version);
    let crosses = |from: Option<&Version>| {
        family.ladder.iter().filter(|rule| rule.shows.as_deref() == Some("RB301")).find(|rule| {
            let below = version(family, &rule.from_below).is_some_and(|b| from.is_none_or(|f| *f < b));
            below && version(family, &rule.to_above).is_some_and(|a| to > a)
        })
    };
    let rule = crosses(from.as_ref())?;
    let started = format!("it fetched {} and started again after {fetched} of its images", list.name);
    match running {
        Some(running) if stopped_early => Some(vec![
            format!("it runs {} (by {}), older than {}", running.name, running.how, rule.from_below),
            started,
        ]),
        // Without its own word, one start is not enough: the same load asked for in two starts is.
        None if stopped_early && again(session, list) => Some(vec![
            started,
            "it asked for the same load after starting again".to_owned(),
            "which load it runs is not known".to_owned(),
        ]),
        _ => None,
    }
}

fn again(session: &Session, list: &FileNote) -> bool {
    session.files.iter().any(|f| f.boot > list.boot && f.load == list.load && f.role == Some(Role::LoadList))
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use crate::observe::Seen;

    fn one_start(load: Option<&str>, wanted: &str, images: &[&str]) -> Vec<Seen> {
        let mut journal: Vec<Seen> = load.map(runs).into_iter().collect();
        journal.extend([discover(), bound()]);
        journal.extend(got(wanted));
        for image in images {
            journal.extend(got(image));
        }
        journal
    }

    #[test]
    fn fires_when_an_old_load_starts_again_over_a_new_list() {
        let mut journal = one_start(Some("SCCP45.8-3-2S"), "SCCP45.9-4-2SR1-1S.loads", &[]);
        assert!(codes(&journal).is_empty(), "not before it has started again");
        journal.push(discover());
        assert_eq!(codes(&journal), ["RB301"]);
    }

    #[test]
    fn fires_without_knowing_the_load_when_it_loops() {
        let mut journal = one_start(None, "SCCP45.9-4-2SR1-1S.loads", &["jar45sccp.9-4-2ES9.sbn"]);
        journal.extend([discover(), bound()]);
        assert!(codes(&journal).is_empty());
        journal.push(asked("SCCP45.9-4-2SR1-1S.loads"));
        assert_eq!(codes(&journal), ["RB301"]);
    }

    #[test]
    fn silent_for_a_load_that_it_can_check() {
        for (runs, wanted) in [("SCCP45.8-3-2S", "SCCP45.8-5-2S.loads"), ("SCCP45.8-5-2S", "SCCP45.9-4-2SR1-1S.loads")]
        {
            let mut journal = one_start(Some(runs), wanted, &[]);
            journal.push(discover());
            assert!(!codes(&journal).contains(&"RB301"), "{runs} to {wanted}");
        }
    }
}
