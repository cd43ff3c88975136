//! RB111: an address is stored in the phone: it never asks for one.

use crate::diagnose::{Rule, Severity};
use crate::observe::Awaited;

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: "RB111",
    title: "An address is stored in the phone",
    severity: Severity::Trouble,
    cause: "DHCP is switched off in the phone. It uses the address of its former network, and with it the TFTP server \
            that was entered by hand: a phone without DHCP learns of no other.",
    remedy: "Erase the phone's network settings: by its menu, or by the reset at power-on that does not keep them. If \
             the address is right and is to stay, enter this bench as its TFTP server in its menu.",
    screen: &["Router Not On Subnet", "TFTP timeout"],
    field_reports: &["FR-03", "FR-06", "FR-10"],
    depends_on: &["RB102", "RB115", "RB281", "RB283"],
    check: |session, _| {
        let (_, seconds) = session.waits.iter().find(|w| w.0 == Awaited::Dhcp)?;
        let address = session.address.filter(|_| !session.bound)?;
        Some(vec![
            format!("it says by ARP that it has {address}"),
            format!("it has not asked for an address for {seconds} s"),
        ])
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use crate::observe::Seen;

    const OWN: Seen = Seen::Arp { address: std::net::Ipv4Addr::new(192, 168, 7, 9) };

    #[test]
    fn fires_when_it_uses_an_address_that_nobody_gave_it() {
        assert_eq!(codes(&[runs("SCCP45.9-4-2SR1-1S"), OWN, waits_for_dhcp()]), ["RB111"]);
    }

    #[test]
    fn silent_while_it_may_still_ask_and_once_it_does() {
        assert!(codes(&[runs("SCCP45.9-4-2SR1-1S"), OWN]).is_empty());
        assert!(codes(&[OWN, waits_for_dhcp(), discover(), bound()]).is_empty());
    }
}
