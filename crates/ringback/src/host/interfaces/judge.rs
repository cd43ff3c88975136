//! Whether an interface may be used, and every reason in words a technician understands.

use super::{Interface, Kind};

/// More other stations than this look like an office network, not like phones on a table.
const FEW_NEIGHBOURS: usize = 3;

/// How well an interface fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    /// It may do harm, or no phone can be on it.
    Refused,
    /// Nothing speaks against it, but something is missing.
    Usable,
    /// Ready.
    Good,
}

/// A verdict with its reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fit {
    /// The verdict.
    pub(crate) verdict: Verdict,
    /// Why it is not better: sentences without a full stop, the weightiest first; none when good.
    pub(crate) reasons: Vec<String>,
}

/// Judges one interface by itself.
pub(crate) fn judge(interface: &Interface) -> Fit {
    let mut reasons = against(interface);
    let mut verdict = if reasons.is_empty() { Verdict::Good } else { Verdict::Refused };
    let missing = missing(interface);
    if verdict == Verdict::Good && !missing.is_empty() {
        verdict = Verdict::Usable;
    }
    reasons.extend(missing);
    Fit { verdict, reasons }
}

/// Reasons to refuse.
fn against(interface: &Interface) -> Vec<String> {
    let mut reasons = Vec::new();
    let mut say = |reason: String| reasons.push(reason);
    match interface.kind {
        Kind::Wired | Kind::Virtual => {}
        Kind::Loopback => say("it is the loopback: it leads nowhere but to this computer itself".into()),
        Kind::WiFi => say("it is Wi-Fi: the phone must be on a cable".into()),
        Kind::Vpn => say("it is a VPN or another virtual tunnel, not a cable".into()),
        Kind::Bridge if interface.members.is_empty() => say("it is a bridge without any cable in it".into()),
        Kind::Bridge if interface.members.len() > 1 => {
            say(format!(
                "it is a bridge that joins {}: whatever is on those would be answered too",
                interface.members.join(", ")
            ));
        }
        Kind::Bridge => {}
        Kind::Other => say("it is made in software, not a socket that a cable fits in".into()),
    }
    if interface.default_route {
        say("it carries this computer's default route: its own way to the network and the internet".into());
    }
    if interface.by_dhcp {
        say("its address was given by DHCP, so a network with a DHCP server is already there".into());
    }
    if let Some(bridge) = &interface.bridge_member_of {
        say(format!("it is a part of {bridge}, which has it joined to other interfaces"));
    }
    if interface.neighbours > FEW_NEIGHBOURS {
        say(format!("{} other devices are known on it: that looks like an office network", interface.neighbours));
    }
    reasons
}

/// What is missing, or is worth a word.
fn missing(interface: &Interface) -> Vec<String> {
    let mut reasons = Vec::new();
    if !interface.up {
        reasons.push("it is switched off; the bench switches it on when it is used".into());
    } else if interface.carrier == Some(false) {
        reasons.push("no cable is in it, or nothing with power is at the other end (no carrier)".into());
    }
    if let (Kind::Bridge, [only]) = (interface.kind, &interface.members[..]) {
        reasons.push(format!("it is a bridge around {only}"));
    }
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn expect(change: impl FnOnce(&mut Interface), verdict: Verdict, word: &str) {
        let mut interface = Interface::made_up("eth9");
        change(&mut interface);
        let fit = judge(&interface);
        assert_eq!(fit.verdict, verdict, "{fit:?}");
        assert!(fit.reasons.iter().any(|r| r.contains(word)), "{word} not in {fit:?}");
    }

    #[test]
    fn a_wire_with_a_cable_is_good_and_so_is_a_virtual_wire() {
        let wire = Interface::made_up("eth9");
        assert_eq!(judge(&wire), Fit { verdict: Verdict::Good, reasons: vec![] });
        assert_eq!(judge(&Interface { kind: Kind::Virtual, ..wire.clone() }).verdict, Verdict::Good);
        let fixed = Interface { addresses: vec![(std::net::Ipv4Addr::new(192, 168, 1, 5), 24)], neighbours: 3, ..wire };
        assert_eq!(judge(&fixed).verdict, Verdict::Good);
    }

    #[test]
    fn what_may_do_harm_is_refused() {
        expect(|i| i.default_route = true, Verdict::Refused, "default route");
        expect(|i| i.by_dhcp = true, Verdict::Refused, "given by DHCP");
        expect(|i| i.kind = Kind::WiFi, Verdict::Refused, "Wi-Fi");
        expect(|i| i.kind = Kind::Vpn, Verdict::Refused, "VPN");
        expect(|i| i.kind = Kind::Loopback, Verdict::Refused, "loopback");
        expect(|i| i.kind = Kind::Other, Verdict::Refused, "software");
        expect(|i| i.bridge_member_of = Some("br0".into()), Verdict::Refused, "br0");
        expect(|i| i.neighbours = 4, Verdict::Refused, "4 other devices");
    }

    #[test]
    fn a_bridge_is_judged_by_what_it_joins() {
        let bridge = |members: &[&str]| {
            let members: Vec<String> = members.iter().map(|m| (*m).to_owned()).collect();
            move |i: &mut Interface| (i.kind, i.members) = (Kind::Bridge, members)
        };
        expect(bridge(&[]), Verdict::Refused, "without any cable");
        expect(bridge(&["eth1", "wlan0"]), Verdict::Refused, "eth1, wlan0");
        expect(bridge(&["eth1"]), Verdict::Usable, "around eth1");
    }

    #[test]
    fn what_is_only_missing_leaves_it_usable() {
        expect(|i| i.carrier = Some(false), Verdict::Usable, "no carrier");
        expect(|i| (i.up, i.carrier) = (false, None), Verdict::Usable, "switched off");
        // A driver that cannot tell is no reason.
        let blind = Interface { carrier: None, ..Interface::made_up("eth9") };
        assert_eq!(judge(&blind).verdict, Verdict::Good);
    }

    #[test]
    fn every_reason_is_told() {
        let mut laptop = Interface::made_up("wlan0");
        (laptop.kind, laptop.default_route, laptop.by_dhcp) = (Kind::WiFi, true, true);
        assert_eq!(judge(&laptop).reasons.len(), 3);
    }
}
