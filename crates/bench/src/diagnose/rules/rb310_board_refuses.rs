//! RB310: the phone says itself that its board refuses a load.

use crate::diagnose::{Rule, Severity};

/// The words of the alarm, in small letters.
const REFUSED: &str = "load rejected hc";

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: "RB310",
    title: "The phone's board is too new for the load (\"Load rejected HC\")",
    severity: Severity::Trouble,
    cause: "The phone compares the hardware level in a load's list with its board and refuses loads that do not know \
            that board. It says so in the alarm that it sends when it registers.",
    remedy: "Take a newer load. Boards that refuse old loads seem to be newer ones, which came with newer loads and need \
             no step between (inferred).",
    screen: &["Load rejected HC"],
    field_reports: &["FR-32"],
    depends_on: &[],
    check: |session, _| {
        let last = session.alarms.last().filter(|a| a.boot == session.boots)?;
        let said = last.text.to_ascii_lowercase().contains(REFUSED);
        said.then(|| vec![format!("it said \"{}\"", last.text)])
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use crate::observe::Seen;

    fn alarm(last: &str) -> Seen {
        Seen::Alarm { text: format!("Name=SEP0011BB73AD61 Last={last}"), load: None, last: Some(last.to_owned()) }
    }

    #[test]
    fn fires_on_the_words_of_the_alarm() {
        assert_eq!(codes(&[discover(), bound(), alarm("Load Rejected HC")]), ["RB310"]);
    }

    #[test]
    fn silent_for_other_reasons_and_after_the_next_start() {
        assert!(codes(&[discover(), bound(), alarm("Initialized")]).is_empty());
        let mut journal = vec![discover(), bound(), alarm("Load Rejected HC")];
        journal.extend(got("SEP0011BB73AD61.cnf.xml"));
        journal.extend([discover(), bound(), alarm("Initialized")]);
        assert!(codes(&journal).is_empty());
    }
}
