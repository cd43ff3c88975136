//! The rule base: one file per rule, one line here. Order is the order on the screen.

mod rb102_tagged;
mod rb103_seeks_other_server;
mod rb105_told_elsewhere;
mod rb106_unheard;
mod rb110_no_dhcp;
mod rb111_static_address;
mod rb112_asks_for_nothing;
mod rb113_weak_power;
mod rb114_answers_lost;
mod rb115_network_kept;
mod rb120_page_unreachable;
mod rb121_told_and_not_asked;
mod rb122_not_in_recovery;
mod rb123_no_form;
mod rb124_form_refused;
mod rb125_download_failed;
mod rb127_other_subnet;
mod rb129_in_recovery;
mod rb201_incomplete_load;
mod rb202_load_not_here;
mod rb206_wiped;
mod rb260_no_application;
mod rb261_early_loader;
mod rb262_hint_only;
mod rb263_other_model;
mod rb264_no_load_name;
mod rb265_config_size;
mod rb266_image_again;
mod rb267_image_not_here;
mod rb272_image_aborted;
mod rb273_image_refused;
mod rb274_back_in_recovery;
mod rb281_rescue_name;
mod rb283_boot_loader;
mod rb301_auth_fail;
mod rb302_trust_list;
mod rb303_load_rejected;
mod rb310_board_refuses;
mod rb313_mgcp_locked;
mod rb340_tied_by_tls;
mod rb410_no_configuration;
mod rb411_keys_refused_sip;
mod rb412_keys_refused;
mod rb413_menu_missed;
mod rb414_other_call_server;
mod rb415_registers_again;
mod rb416_unprovisioned;
mod rb417_no_reset_needed;
mod rb430_old_provider;
mod rb431_redirection_asked;
mod rb432_password_not_default;
mod rb433_started_as_usual;
mod rb434_config_again;
mod rb450_password_kept;
mod rb452_page_wants_encryption;

use super::Rule;
use crate::observe::Outcome;
use crate::session::Session;

/// Every rule.
pub static RULES: &[&Rule] = &[
    &rb102_tagged::RULE,
    &rb103_seeks_other_server::RULE,
    &rb105_told_elsewhere::RULE,
    &rb106_unheard::RULE,
    &rb110_no_dhcp::RULE,
    &rb111_static_address::RULE,
    &rb112_asks_for_nothing::RULE,
    &rb113_weak_power::RULE,
    &rb114_answers_lost::RULE,
    &rb115_network_kept::RULE,
    &rb120_page_unreachable::RULE,
    &rb121_told_and_not_asked::RULE,
    &rb122_not_in_recovery::RULE,
    &rb123_no_form::RULE,
    &rb124_form_refused::RULE,
    &rb125_download_failed::RULE,
    &rb127_other_subnet::RULE,
    &rb129_in_recovery::RULE,
    &rb201_incomplete_load::RULE,
    &rb202_load_not_here::RULE,
    &rb206_wiped::RULE,
    &rb260_no_application::RULE,
    &rb261_early_loader::RULE,
    &rb262_hint_only::RULE,
    &rb263_other_model::RULE,
    &rb264_no_load_name::RULE,
    &rb265_config_size::RULE,
    &rb266_image_again::RULE,
    &rb267_image_not_here::RULE,
    &rb272_image_aborted::RULE,
    &rb273_image_refused::RULE,
    &rb274_back_in_recovery::RULE,
    &rb281_rescue_name::RULE,
    &rb283_boot_loader::RULE,
    &rb301_auth_fail::RULE,
    &rb302_trust_list::RULE,
    &rb303_load_rejected::RULE,
    &rb310_board_refuses::RULE,
    &rb313_mgcp_locked::RULE,
    &rb340_tied_by_tls::RULE,
    &rb410_no_configuration::RULE,
    &rb411_keys_refused_sip::RULE,
    &rb412_keys_refused::RULE,
    &rb413_menu_missed::RULE,
    &rb414_other_call_server::RULE,
    &rb415_registers_again::RULE,
    &rb416_unprovisioned::RULE,
    &rb417_no_reset_needed::RULE,
    &rb430_old_provider::RULE,
    &rb431_redirection_asked::RULE,
    &rb432_password_not_default::RULE,
    &rb433_started_as_usual::RULE,
    &rb434_config_again::RULE,
    &rb450_password_kept::RULE,
    &rb452_page_wants_encryption::RULE,
];

/// The reset keys that a procedure asked for, in words, once that procedure has ended without its proof.
fn keys_refused(session: &Session) -> Option<String> {
    let ended = session.procedure.as_ref()?.ended.as_ref()?;
    matches!(ended.0, Outcome::GaveUp | Outcome::Partly).then(|| keys_asked(session))?
}

/// A procedure was refused because it is not for the load that runs.
fn refused_by_load(session: &Session) -> Option<String> {
    let ended = session.procedure.as_ref()?.ended.as_ref()?;
    let refused = ended.0 == Outcome::Refused && ended.1.starts_with("RB418");
    refused.then(|| "a way was chosen that its load does not know".to_owned())
}

/// The reset keys that a procedure asked for, in words.
fn keys_asked(session: &Session) -> Option<String> {
    let course = &session.procedure.as_ref()?.course;
    let asked = course.iter().rev().filter_map(|s| s.ask.as_ref()).find(|a| a.hold.is_some() && a.keys.is_some())?;
    let (hold, keys) = (asked.hold.as_deref()?, asked.keys.as_deref()?);
    Some(format!("it was to be started with {hold} held, and {keys} typed"))
}

#[cfg(test)]
pub(crate) mod testing {
    //! A journal in a few words, for the pair of tests that every rule has.

    use std::net::Ipv4Addr;

    use profile::Profiles;
    use proto::{Mac, Time};

    use crate::observe::{Asked, Awaited, Layer, Observation, Seen, Via};
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
        found(phone, seen).iter().map(|f| f.code).collect()
    }

    /// The evidence of all that is found.
    pub(crate) fn evidence(seen: &[Seen]) -> Vec<String> {
        found(PHONE, seen).into_iter().flat_map(|f| f.evidence).collect()
    }

    fn found(phone: Mac, seen: &[Seen]) -> Vec<crate::diagnose::Finding> {
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
        crate::diagnose::finding::findings(&session, &profiles, Time::from_secs(1))
    }

    pub(crate) fn waits_for_dhcp() -> Seen {
        Seen::Waits { what: Awaited::Dhcp, seconds: 120 }
    }

    pub(crate) fn waits_for_files() -> Seen {
        Seen::Waits { what: Awaited::Files, seconds: 120 }
    }

    pub(crate) fn discover_as(model: &str) -> Seen {
        let Seen::Dhcp { kind, wants, host_name, address, .. } = discover() else { return discover() };
        let vendor_class = Some(format!("Cisco Systems, Inc. IP Phone {model}"));
        Seen::Dhcp { kind, vendor_class, wants, host_name, address }
    }

    /// A 7960 with a SIP load announces itself.
    pub(crate) fn sip_runs() -> Seen {
        Seen::Cdp {
            device_id: "SIP0011BB73AD61".into(),
            platform: "Cisco IP Phone 7960".into(),
            version: "P003-8-12-00".into(),
            port: "Port 1".into(),
        }
    }

    pub(crate) fn registered() -> Seen {
        Seen::Registered {
            protocol: "sccp".into(),
            name: "SEP0011BB73AD61".into(),
            device_type: None,
            load: None,
            user_agent: None,
        }
    }

    /// A person was asked for something; fields to be filled in.
    pub(crate) fn asked_for() -> Asked {
        Asked::only(profile::procedure::Ask::PressSoftkey)
    }

    /// A procedure began, and its first step asks for this.
    pub(crate) fn began(id: &str, ask: Asked) -> Vec<Seen> {
        let started = Seen::ProcedureStarted {
            id: id.into(),
            title: String::new(),
            target: None,
            rungs: Vec::new(),
            steps: vec!["step".into()],
        };
        let say = String::new();
        vec![started, Seen::StepBegan { id: "step".into(), say: say.clone(), why: say, until: None, ask: Some(ask) }]
    }

    /// The reset keys were asked for.
    pub(crate) fn keys_typed() -> Vec<Seen> {
        let keys = Some("123456789*0#".into());
        began("soft-reset", Asked { hold: Some("#".into()), keys, ..asked_for() })
    }

    pub(crate) fn missed_step() -> Seen {
        Seen::StepMissed { id: "step".into(), then: "giving up".into() }
    }

    pub(crate) fn gave_up(why: &str) -> Seen {
        Seen::ProcedureEnded {
            id: "any".into(),
            outcome: crate::observe::Outcome::GaveUp,
            why: why.into(),
            unrun: Vec::new(),
        }
    }

    /// Fetched whole, of this size.
    pub(crate) fn got_sized(name: &str, size: u64) -> [Seen; 3] {
        [
            asked(name),
            Seen::FileServed { name: name.into(), layer: Layer::Family, sha256: "00".into(), size },
            Seen::FileDone { name: name.into(), bytes: size, millis: 1, repeats: 0 },
        ]
    }

    /// Asked for and sent, and nothing of it acknowledged.
    pub(crate) fn lost(name: &str) -> [Seen; 3] {
        let why = "the phone stopped acknowledging".to_owned();
        let [asked, served, _] = got(name);
        [asked, served, Seen::FileFailed { name: name.into(), bytes: 0, why }]
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

    /// A phone with a recovery page of its own.
    pub(crate) const AASTRA: Mac = Mac([0, 0x08, 0x5d, 0x19, 0xe4, 0x01]);

    pub(crate) fn aastra() -> Seen {
        Seen::Dhcp {
            kind: "Discover".into(),
            vendor_class: Some("AastraIPPhone57i".into()),
            wants: vec![1, 3, 6, 42, 43, 2, 66],
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
