//! The rule base: one file per rule, one line here. Order is the order on the screen.

mod rb102_tagged;
mod rb103_seeks_other_server;
mod rb201_incomplete_load;
mod rb202_load_not_here;
mod rb206_wiped;
mod rb281_rescue_name;
mod rb283_boot_loader;
mod rb301_auth_fail;
mod rb302_trust_list;
mod rb303_load_rejected;
mod rb340_tied_by_tls;
mod rb450_password_kept;
mod rb452_page_wants_encryption;

use super::Rule;

/// Every rule.
pub static RULES: &[&Rule] = &[
    &rb102_tagged::RULE,
    &rb103_seeks_other_server::RULE,
    &rb201_incomplete_load::RULE,
    &rb202_load_not_here::RULE,
    &rb206_wiped::RULE,
    &rb281_rescue_name::RULE,
    &rb283_boot_loader::RULE,
    &rb301_auth_fail::RULE,
    &rb302_trust_list::RULE,
    &rb303_load_rejected::RULE,
    &rb340_tied_by_tls::RULE,
    &rb450_password_kept::RULE,
    &rb452_page_wants_encryption::RULE,
];

#[cfg(test)]
pub(crate) mod testing {
    //! A journal in a few words, for the pair of tests that every rule has.

    use std::net::Ipv4Addr;

    use profile::Profiles;
    use proto::{Mac, Time};

    use crate::observe::{Layer, Observation, Seen, Via};
    use crate::session::Session;

    pub(crate) const PHONE: Mac = Mac([0, 0x11, 0xbb, 0x73, 0xad, 0x61]);

    /// A phone of another maker.
    pub(crate) const YEALINK: Mac = Mac([0, 0x15, 0x65, 0x12, 0x34, 0x56]);

    /// The codes found after these observations.
    pub(crate) fn codes(seen: &[Seen]) -> Vec<&'static str> {
        codes_of(PHONE, seen)
    }

    /// The codes found for this phone. The vendor class of [`discover`] becomes its own.
    pub(crate) fn codes_of(phone: Mac, seen: &[Seen]) -> Vec<&'static str> {
        let (profiles, problems) = Profiles::built_in();
        assert!(problems.is_empty(), "{problems:?}");
        let mut session = Session::new(phone, 1, Time::ZERO);
        for (i, seen) in seen.iter().enumerate() {
            let n = i as u64 + 1;
            session.apply(
                &profiles,
                &Observation { n, at: Time::from_secs(n), phone: Some(phone), seen: as_said_by(phone, seen) },
            );
        }
        crate::diagnose::finding::findings(&session, &profiles, Time::from_secs(1)).iter().map(|f| f.code).collect()
    }

    fn as_said_by(phone: Mac, seen: &Seen) -> Seen {
        match seen {
            Seen::Dhcp { kind, host_name, address, .. } if phone == YEALINK => Seen::Dhcp {
                kind: kind.clone(),
                vendor_class: Some("yealink".into()),
                wants: vec![1, 3, 6, 66],
                host_name: host_name.clone(),
                address: *address,
            },
            other => other.clone(),
        }
    }

    /// It says by ARP that it has an address; the bench gave it none.
    pub(crate) fn arp() -> Seen {
        Seen::Arp { address: Ipv4Addr::new(10, 0, 0, 220) }
    }

    pub(crate) fn discover() -> Seen {
        Seen::Dhcp {
            kind: "Discover".into(),
            vendor_class: Some("Cisco Systems, Inc. IP Phone CP-7965G".into()),
            wants: vec![1, 66, 6, 3, 15, 150, 35],
            host_name: None,
            address: None,
        }
    }

    pub(crate) fn bound() -> Seen {
        Seen::DhcpBound { address: Ipv4Addr::new(10, 0, 0, 9) }
    }

    pub(crate) fn runs(load: &str) -> Seen {
        Seen::Cdp {
            device_id: "SEP0011BB73AD61".into(),
            platform: "Cisco IP Phone 7965".into(),
            version: load.into(),
            port: "Port 1".into(),
        }
    }

    pub(crate) fn asked(name: &str) -> Seen {
        Seen::FileAsked { via: Via::Tftp, name: name.into(), from: Ipv4Addr::new(10, 0, 0, 9), user_agent: None }
    }

    /// Asked for and fetched whole.
    pub(crate) fn got(name: &str) -> [Seen; 3] {
        [
            asked(name),
            Seen::FileServed { name: name.into(), layer: Layer::Family, sha256: "00".into(), size: 1 },
            Seen::FileDone { name: name.into(), bytes: 1, millis: 1, repeats: 0 },
        ]
    }

    /// Asked for and not there.
    pub(crate) fn missed(name: &str) -> [Seen; 2] {
        [asked(name), Seen::FileRefused { name: name.into(), code: "RB210".into(), why: "file not found".into() }]
    }
}

#[cfg(test)]
mod tests {
    use super::RULES;

    #[test]
    fn codes_are_unique_and_dependencies_exist() {
        for (i, rule) in RULES.iter().enumerate() {
            assert!(RULES.iter().skip(i + 1).all(|r| r.code != rule.code), "{}", rule.code);
            assert!(rule.depends_on.iter().all(|d| RULES.iter().any(|r| r.code == *d)), "{}", rule.code);
            assert!(rule.code.len() == 5 && rule.code.starts_with("RB"), "{}", rule.code);
        }
    }
}
