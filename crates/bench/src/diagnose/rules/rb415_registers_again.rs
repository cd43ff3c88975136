//! RB415: the phone registers again and again.

use crate::diagnose::{Rule, Severity};

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: "RB415",
    title: "The phone registers again and again",
    severity: Severity::Trouble,
    cause: "It registers and drops the registration without ever being idle. Its load and the call server do not \
            understand each other, or the cable loses much.",
    remedy: "Read the last alarm in the evidence. Start the phone again. If it stays so, take another load.",
    screen: &["Registration Rejected", "Registering"],
    field_reports: &["FR-35"],
    depends_on: &[],
    check: |session, _| {
        let idle = session.registered.as_ref().is_some_and(|r| r.shows.is_some() || r.protocol == "sip");
        (session.registrations >= 4 && !idle).then(|| {
            let mut evidence = vec![format!("it registered {} times", session.registrations)];
            evidence.extend(session.alarms.last().map(|a| format!("it said \"{}\"", a.text)));
            evidence
        })
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use crate::observe::Seen;

    fn again(times: usize) -> Vec<Seen> {
        let dropped = Seen::Unregistered { why: "closed".into() };
        let mut journal = vec![discover(), bound()];
        journal.extend((0..times).flat_map(|_| [registered(), dropped.clone()]));
        journal
    }

    #[test]
    fn fires_on_the_fourth_time() {
        assert!(codes(&again(3)).is_empty());
        assert_eq!(codes(&again(4)), ["RB415"]);
    }

    #[test]
    fn silent_once_it_is_idle() {
        let mut journal = again(4);
        journal.extend([registered(), Seen::Shows { text: "Ringback".into() }]);
        assert!(codes(&journal).is_empty());
    }
}
