//! RB272: the phone stopped taking its firmware.

use crate::diagnose::{Rule, Severity};
use crate::session::FileResult;

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: "RB272",
    title: "The phone stopped taking its firmware",
    severity: Severity::Trouble,
    cause: "It asked for the file, took a part of it or all, and ended the transfer with an error. The file is for another model, cut short or damaged, or the phone could not use the transfer's options.",
    remedy: "Compare the file's name and length with the maker's. Put the whole archive on the shelf again. Try again: the bench then offers other protocols too.",
    screen: &["Peer returns error - undefined error"],
    field_reports: &["FR-16"],
    depends_on: &["RB273"],
    check: |session, _| {
        let file = session.files.iter().rev().find(|f| f.role == Some(profile::Role::Image))?;
        let began = session.web.began.as_ref().map_or(0, |b| b.0);
        match &file.result {
            FileResult::Failed(why) if file.asked_n >= began => {
                Some(vec![format!("{} ({} bytes): {why}", file.name, file.size)])
            }
            _ => None,
        }
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use crate::observe::Seen;

    #[test]
    fn fires_when_the_phone_said_no() {
        let failed =
            Seen::FileFailed { name: "57i.st".into(), bytes: 512, why: "the phone said \"\" (not defined)".into() };
        assert_eq!(codes(&[aastra(), bound(), asked("57i.st"), failed]), ["RB272"]);
    }

    #[test]
    fn silent_when_it_arrived() {
        let mut journal = vec![aastra(), bound()];
        journal.extend(got("57i.st"));
        assert!(codes(&journal).is_empty());
    }
}
