//! RB127: the phone has an address of another subnet.

use crate::diagnose::{Rule, Severity};

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: "RB127",
    title: "The phone has an address of another subnet",
    severity: Severity::Note,
    cause: "It has a fixed address, or gave itself one (169.254.x.y) when nobody answered its DHCP.",
    remedy: "Nothing: a procedure that needs its page puts an address beside it on this interface for the time being, and takes it off again.",
    screen: &["WEB RECOVERY AT:"],
    field_reports: &["FR-10", "FR-21"],
    depends_on: &[],
    check: |session, profiles| {
        let address = session.address.filter(|_| !session.bound && session.boots == 0)?;
        let family = session.evidence.iter().filter_map(|e| profiles.family(&e.family));
        let has_page = family.into_iter().any(|f| f.web.as_ref().is_some_and(|w| w.recovery));
        has_page.then(|| vec![format!("it says by ARP that it is {address}, and has asked for no address")])
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use std::net::Ipv4Addr;

    use crate::observe::Seen;

    #[test]
    fn fires_for_a_phone_that_only_arp_tells_of() {
        let arp = Seen::Arp { address: Ipv4Addr::new(169, 254, 168, 234) };
        assert_eq!(codes_of(AASTRA, &[arp]), ["RB127"]);
    }

    #[test]
    fn silent_for_one_that_asked_for_an_address() {
        assert!(codes_of(AASTRA, &[aastra(), bound()]).is_empty());
    }
}
