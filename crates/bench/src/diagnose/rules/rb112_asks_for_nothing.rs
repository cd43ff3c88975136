//! RB112: the phone has its address and asks for no file.

use crate::diagnose::{Rule, Severity};
use crate::observe::Awaited;

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: "RB112",
    title: "The phone has an address and asks for no file",
    severity: Severity::Trouble,
    cause: "It took its address here. It asked neither this bench nor, as far as could be seen, anybody else for a \
            file. It does not take the server that DHCP names, or asks one that is beyond this cable.",
    remedy: "Look in its settings which server it asks: it should be the bench. If another one is typed in there, take \
             it out, or reset the phone. On a Cisco 7900 it is Settings, Network Configuration, TFTP Server: switch \
             Alternate TFTP off if it is not the bench. If there is none, the phone did not accept options 150 and 66 \
             nor the header, and asks for the name CiscoCM1 instead.",
    screen: &["TFTP Server Required", "DNS unknown host"],
    field_reports: &["FR-06"],
    depends_on: &["RB102", "RB103", "RB105", "RB113", "RB129", "RB274", "RB340"],
    check: |session, _| {
        let (_, seconds) = session.waits.iter().find(|w| w.0 == Awaited::Files)?;
        let asked = session.files_this_boot().next().is_some();
        // One that was given its firmware by its page writes it now.
        let writes = session.web.taken_boot == Some(session.boots);
        (session.bound && !asked && !writes)
            .then(|| vec![format!("it has had its address for {seconds} s and asked for nothing")])
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;

    #[test]
    fn fires_when_nothing_is_asked_for() {
        assert_eq!(codes(&[discover(), bound(), waits_for_files()]), ["RB112"]);
    }

    #[test]
    fn silent_with_the_first_file() {
        let mut journal = vec![discover(), bound(), waits_for_files()];
        journal.extend(missed("CTLSEP0011BB73AD61.tlv"));
        assert!(codes(&journal).is_empty());
    }
}
