//! RB416: the phone reads its configuration again and again and does not register.

use std::time::Duration;

use profile::Role;

use crate::diagnose::{Rule, Severity};

/// From the first to the last look at its configuration.
const LONG: Duration = Duration::from_secs(300);

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: "RB416",
    title: "The load is fine; an account is missing (\"Unprovisioned\")",
    severity: Severity::Note,
    cause: "The phone gets its configuration, reads it again every few minutes and does not register: the configuration \
            gives it no line, or a line that its call server does not answer for.",
    remedy: "Nothing more is to be done to the phone itself. Its new call server has to give it a configuration with a \
             line.",
    screen: &["Unprovisioned"],
    field_reports: &["FR-35"],
    depends_on: &[
        "RB201", "RB202", "RB260", "RB261", "RB262", "RB263", "RB264", "RB265", "RB267", "RB302", "RB414", "RB415",
    ],
    check: |session, _| {
        let config = [Role::Config, Role::DefaultConfig];
        let file = session.files_this_boot().find(|f| {
            let again = f.role.is_some_and(|r| config.contains(&r)) && f.done >= 2;
            again && f.last_at.since(f.at) >= LONG
        })?;
        session.registered.is_none().then(|| {
            vec![
                format!("it fetched {} {} times in {} s", file.name, file.done, file.last_at.since(file.at).as_secs()),
                "it has not registered here".to_owned(),
            ]
        })
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;

    fn reads_again() -> Vec<crate::observe::Seen> {
        let mut journal = vec![sip_runs(), discover_as("CP-7960G"), bound()];
        journal.extend(got("SIP0011BB73AD61.cnf"));
        // A second for each observation.
        journal.extend(std::iter::repeat_n(crate::observe::Seen::DhcpNak, 400));
        journal.extend(got("SIP0011BB73AD61.cnf"));
        journal
    }

    #[test]
    fn fires_when_it_looks_again_after_minutes() {
        assert_eq!(codes(&reads_again()), ["RB416"]);
    }

    #[test]
    fn silent_once_it_is_registered() {
        let mut journal = reads_again();
        journal.push(registered());
        assert!(codes(&journal).is_empty());
    }
}
