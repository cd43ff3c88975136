//! RB106: a phone is said to be on the cable, and nothing is heard of it.

use crate::diagnose::{Rule, Severity};
use crate::observe::Awaited;

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: "RB106",
    title: "Nothing is heard of the phone that is said to be here",
    severity: Severity::Trouble,
    cause: "It sends nothing on this cable: it has no power, its cable is in the socket that it does not use in this \
            state, or the address that it has stored is damaged and it uses none. Its screen may still show one.",
    remedy: "Put the cable into the phone's PC port. Unplug its power, and start it with the keys of its recovery held: it \
             then asks for an address. If it stays silent, start the bench with `--coexist`: where nobody answers DHCP it may \
             take an address of 169.254.x.y by itself. If nothing helps, only the maker's service is left.",
    screen: &["WEB RECOVERY AT:"],
    field_reports: &["FR-15", "FR-21"],
    depends_on: &[],
    check: |session, _| {
        let (_, seconds) = session.waits.iter().find(|w| w.0 == Awaited::Word)?;
        Some(vec![format!("in {seconds} s not one frame with its address has come")])
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use crate::observe::{Awaited, Seen};

    fn unheard() -> Vec<Seen> {
        vec![Seen::Expected { model: None }, Seen::Waits { what: Awaited::Word, seconds: 60 }]
    }

    #[test]
    fn fires_for_a_phone_that_is_only_told_of() {
        assert_eq!(codes_of(AASTRA, &unheard()), ["RB106"]);
    }

    #[test]
    fn silent_with_its_first_word() {
        let mut journal = unheard();
        journal.push(aastra());
        assert!(codes_of(AASTRA, &journal).is_empty());
    }
}
