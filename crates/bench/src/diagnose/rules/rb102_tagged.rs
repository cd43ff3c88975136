//! RB102: the phone's frames carry a VLAN tag.

use crate::diagnose::{Rule, Severity};

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: "RB102",
    title: "The phone sits on a VLAN",
    severity: Severity::Trouble,
    cause: "The phone has a VLAN of its former network stored, or heard one announced, and tags its frames. \
            The bench answers untagged frames only.",
    remedy: "Erase the phone's network settings (the reset that does not keep the network configuration), \
             or set Admin. VLAN Id to 4095 in its network settings.",
    screen: &["Configuring VLAN"],
    field_reports: &["FR-34"],
    depends_on: &[],
    check: |session, _| {
        let vlan = session.vlan?;
        (!session.bound).then(|| {
            vec![format!("its frames are tagged with VLAN {vlan}"), "it has no address from the bench".to_owned()]
        })
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use crate::observe::Seen;

    #[test]
    fn fires_while_tagged_and_unbound() {
        assert_eq!(codes(&[Seen::Tagged { vlan: 100 }]), ["RB102"]);
    }

    #[test]
    fn silent_once_the_phone_has_its_address() {
        assert!(codes(&[Seen::Tagged { vlan: 100 }, discover(), bound()]).is_empty());
    }
}
