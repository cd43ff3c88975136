//! RB140: the phone announces itself and never asks for an address.

use crate::diagnose::{Rule, Severity};
use crate::identify::EvidenceKind;

/// The rule. Shown when it has been so for a while: see [`crate::diagnose::shown`].
pub(super) static RULE: Rule = Rule {
    code: "RB140",
    title: "The phone announces itself and asks for nothing",
    severity: Severity::Trouble,
    cause: "Its CDP or LLDP frames arrive, so cable and port are good, and yet it asks for no address. Likely: it has a \
            fixed address stored and DHCP switched off; it waits for a VLAN or for 802.1X that its former network had; \
            its application hangs before the network starts, or it is in a menu that waits for a key.",
    remedy: "Look at its screen. Erase its network settings (the reset at power-on does it too), then start it anew with \
             nothing but this computer on the cable. If it has a fixed address, switch DHCP on in its network settings.",
    screen: &["Configuring VLAN", "Configuring IP", "Waiting for 802.1X", "Authenticating"],
    field_reports: &["FR-03", "FR-06", "FR-34"],
    depends_on: &["RB102"],
    check: |session, _| {
        // While a procedure waits for keys, the phone waits, too.
        let guided = session.procedure.as_ref().is_some_and(|p| p.ended.is_none());
        let silent = !guided && session.boots == 0 && session.address.is_none() && session.files.is_empty();
        let announced = session.evidence.iter().find(|e| {
            matches!(
                e.kind,
                EvidenceKind::CdpPlatform
                    | EvidenceKind::CdpDeviceId
                    | EvidenceKind::CdpVersion
                    | EvidenceKind::LldpModel
                    | EvidenceKind::LldpSoftware
            )
        })?;
        silent.then(|| {
            vec![
                format!("it announces itself ({}: {})", announced.kind.words(), announced.text),
                "it has asked for no address, and none of it was seen".to_owned(),
            ]
        })
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;

    #[test]
    fn fires_when_it_only_announces_itself() {
        assert_eq!(codes(&[runs("SCCP45.9-4-2SR1-1S")]), ["RB140"]);
    }

    #[test]
    fn silent_once_it_asks() {
        assert!(codes(&[runs("SCCP45.9-4-2SR1-1S"), discover()]).is_empty());
    }
}
