//! RB110: the phone announces itself and asks for no address.

use crate::diagnose::{Rule, Severity};
use crate::observe::Awaited;

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: "RB110",
    title: "The phone is there and asks for no address",
    severity: Severity::Trouble,
    cause: "It announces itself on the cable and neither asks for an address nor uses one. It may still wait for a \
            switch to name a VLAN, may have a VLAN stored whose frames do not get here, or an address of its own that \
            it has not used yet. Which of these it is cannot be told from here.",
    remedy: "Wait two minutes more. Then look at the phone's screen: Configuring VLAN means that it waits, Configuring \
             IP that it asks. If it stays so, erase its network settings.",
    screen: &["Configuring VLAN", "Configuring IP"],
    field_reports: &["FR-06", "FR-34"],
    depends_on: &["RB102", "RB111"],
    check: |session, _| {
        let (_, seconds) = session.waits.iter().find(|w| w.0 == Awaited::Dhcp)?;
        Some(vec![format!("it was heard of {seconds} s ago and has not asked for an address since")])
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;

    #[test]
    fn fires_when_it_stays_silent() {
        assert_eq!(codes(&[runs("SCCP45.9-4-2SR1-1S"), waits_for_dhcp()]), ["RB110"]);
    }

    #[test]
    fn silent_once_it_asks() {
        assert!(codes(&[runs("SCCP45.9-4-2SR1-1S"), waits_for_dhcp(), discover()]).is_empty());
    }
}
