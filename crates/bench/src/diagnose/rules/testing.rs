//! A journal in a few words, for the pair of tests that every rule has.

use std::net::Ipv4Addr;

use profile::Profiles;
use proto::{Mac, Time};

use crate::observe::{Asked, Awaited, Layer, Observation, Seen, Via, WebOutcome};
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

/// A web recovery ended so.
pub(crate) fn web_ended(outcome: WebOutcome) -> Vec<Seen> {
    let began = Seen::WebBegan { file: "57i.st".into(), sha256: "00".into(), size: 1 };
    vec![aastra(), bound(), began, Seen::WebEnded { outcome, why: "it said so".into() }]
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
