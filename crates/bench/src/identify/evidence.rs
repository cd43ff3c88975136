//! One piece of evidence, and what all of them say together.

use std::fmt;

use profile::identity::{Mark, Proves};
use profile::{Confidence, Family, Profiles};
use proto::Mac;
use serde::Serialize;

use crate::observe::Seen;

/// How sure the bench is who a phone is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Grade {
    /// Nothing speaks for it.
    #[default]
    Unlikely,
    /// Something speaks for it.
    Possible,
    /// Much speaks for it.
    Likely,
    /// The phone itself said so.
    Certain,
}

impl From<Proves> for Grade {
    fn from(proves: Proves) -> Grade {
        match proves {
            Proves::Possible => Grade::Possible,
            Proves::Likely => Grade::Likely,
            Proves::Certain => Grade::Certain,
        }
    }
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Grade::Unlikely => "unlikely",
            Grade::Possible => "possible",
            Grade::Likely => "likely",
            Grade::Certain => "certain",
        })
    }
}

/// Which protocol field a piece of evidence comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EvidenceKind {
    /// The address block of its MAC.
    Oui,
    /// DHCP option 60.
    VendorClass,
    /// DHCP option 55.
    ParameterRequestList,
    /// CDP platform.
    CdpPlatform,
    /// CDP device id.
    CdpDeviceId,
    /// CDP software version.
    CdpVersion,
    /// LLDP-MED model.
    LldpModel,
    /// LLDP-MED software revision.
    LldpSoftware,
    /// The name of a file that it asked for.
    FileName,
    /// HTTP or SIP User-Agent.
    UserAgent,
    /// What it said by SIP when it asked for its provisioning.
    Pnp,
    /// Its own web page.
    WebPage,
    /// A technician's word.
    Said,
    /// What it said when it registered: device type, load.
    Registration,
    /// The load in an alarm.
    Alarm,
}

impl EvidenceKind {
    /// Words for a technician.
    pub const fn words(self) -> &'static str {
        match self {
            EvidenceKind::Oui => "address block",
            EvidenceKind::VendorClass => "DHCP vendor class",
            EvidenceKind::ParameterRequestList => "DHCP parameter request list",
            EvidenceKind::CdpPlatform => "CDP platform",
            EvidenceKind::CdpDeviceId => "CDP device id",
            EvidenceKind::CdpVersion => "CDP version",
            EvidenceKind::LldpModel => "LLDP model",
            EvidenceKind::LldpSoftware => "LLDP software",
            EvidenceKind::FileName => "file asked for",
            EvidenceKind::WebPage => "its own web page",
            EvidenceKind::UserAgent => "User-Agent",
            EvidenceKind::Pnp => "SIP PnP",
            EvidenceKind::Said => "the technician's word",
            EvidenceKind::Registration => "registration",
            EvidenceKind::Alarm => "alarm",
        }
    }
}

/// One piece of evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// Where it comes from.
    pub kind: EvidenceKind,
    /// The text seen, escaped.
    pub text: String,
    /// The family it speaks for.
    pub family: String,
    /// The model it names, if it names one.
    pub model: Option<String>,
    /// The running load it names, if it names one.
    pub load: Option<String>,
    /// The signalling protocol of the load that runs, if it tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<String>,
    /// The state that the phone is in, if it tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// How much it proves.
    pub grade: Grade,
    /// A fact that comes with it.
    pub tells: Option<String>,
    /// Whether the mark itself is inferred, so that it is never called certain.
    pub inferred: bool,
}

/// What all evidence says together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Identified {
    /// The family's id.
    pub family: Option<String>,
    /// The model's name.
    pub model: Option<String>,
    /// How sure that is.
    pub grade: Grade,
}

impl Identified {
    /// The family with the strongest evidence; ties of different families leave it open at `Possible`.
    pub fn from(evidence: &[Evidence]) -> Identified {
        let Some(best) = evidence.iter().map(|e| e.grade).max() else { return Identified::default() };
        let mut families: Vec<&str> = evidence.iter().filter(|e| e.grade == best).map(|e| e.family.as_str()).collect();
        families.dedup();
        families.sort_unstable();
        families.dedup();
        let [family] = families.as_slice() else {
            return Identified { family: None, model: None, grade: Grade::Possible };
        };
        let model = evidence
            .iter()
            .filter(|e| e.family == *family && e.model.is_some())
            .max_by_key(|e| e.grade)
            .and_then(|e| e.model.clone());
        Identified { family: Some((*family).to_owned()), model, grade: best }
    }
}

/// Whether an observation of this kind says anything beyond the phone's address block.
pub fn tells_who(seen: &Seen) -> bool {
    matches!(
        seen,
        Seen::Dhcp { .. }
            | Seen::Cdp { .. }
            | Seen::Lldp { .. }
            | Seen::FileAsked { .. }
            | Seen::WebSeen { .. }
            | Seen::Registered { .. }
            | Seen::Alarm { .. }
            | Seen::PnpAsked { .. }
            | Seen::Expected { .. }
    )
}

/// Everything that one observation says about who the phone is. Other kinds than those that
/// [`tells_who`] knows leave only the address block.
pub fn evidence(profiles: &Profiles, phone: Mac, seen: &Seen) -> Vec<Evidence> {
    let mut found = Vec::new();
    for family in profiles.families() {
        speaks_for(family, phone, seen, &mut found);
    }
    found
}

/// Whether one observation speaks for any family at all: as [`evidence`], ended by the first that it finds.
pub fn is_phone(profiles: &Profiles, phone: Mac, seen: &Seen) -> bool {
    let mut found = Vec::new();
    profiles.families().any(|family| {
        found.clear();
        speaks_for(family, phone, seen, &mut found);
        found.iter().any(|e| e.grade >= Grade::Possible)
    })
}

/// What an observation says for one family.
fn speaks_for(family: &Family, phone: Mac, seen: &Seen, found: &mut Vec<Evidence>) {
    let identity = &family.identity;
    let mut text = |kind, marks: &[Mark], text: &str| {
        found.extend(marks.iter().filter_map(|mark| judge(family, kind, mark, text)));
    };
    match seen {
        Seen::Dhcp { vendor_class: Some(class), .. } => {
            text(EvidenceKind::VendorClass, &identity.vendor_class, class);
        }
        Seen::Cdp { device_id, platform, version, .. } => {
            text(EvidenceKind::CdpPlatform, &identity.cdp_platform, platform);
            text(EvidenceKind::CdpDeviceId, &identity.cdp_device_id, device_id);
            text(EvidenceKind::CdpVersion, &identity.cdp_version, version);
        }
        Seen::Lldp { model, software, .. } => {
            text(EvidenceKind::LldpModel, &identity.lldp_model, model);
            text(EvidenceKind::LldpSoftware, &identity.lldp_software, software);
        }
        Seen::FileAsked { name, user_agent, .. } => {
            let base = name.trim_start_matches(['.', '/']);
            text(EvidenceKind::FileName, &identity.file_name, family.bare(base));
            if let Some(agent) = user_agent {
                text(EvidenceKind::UserAgent, &identity.user_agent, agent);
            }
        }
        Seen::PnpAsked { vendor, model, version, user_agent, .. } => {
            text(EvidenceKind::Pnp, &identity.pnp, format!("{vendor} {model} {version}").trim());
            if let Some(agent) = user_agent {
                text(EvidenceKind::UserAgent, &identity.user_agent, agent);
            }
        }
        Seen::Registered { user_agent: Some(agent), .. } => {
            text(EvidenceKind::UserAgent, &identity.user_agent, agent);
        }
        _ => {}
    }
    found.extend(page(family, seen));
    found.extend(said(family, seen));
    found.extend(signalled(family, seen));
    found.extend(lists(family, seen));
    found.extend(blocks(family, phone));
}

/// What the phone's own page calls itself. Titles can be changed by nobody; realms neither.
fn page(family: &Family, seen: &Seen) -> Option<Evidence> {
    let Seen::WebSeen { what, .. } = seen else { return None };
    let web = family.web.as_ref()?;
    let captures = [&web.title, &web.realm].into_iter().flatten().find_map(|p| p.matches(what))?;
    let model = family.model(captures.get("model")?)?;
    Some(Evidence {
        kind: EvidenceKind::WebPage,
        text: what.clone(),
        family: family.id.clone(),
        model: Some(model.name.clone()),
        load: None,
        grade: if web.confidence >= Confidence::Inferred { Grade::Likely } else { Grade::Certain },
        tells: None,
        protocol: None,
        state: None,
        inferred: web.confidence >= Confidence::Inferred,
    })
}

/// The model that a technician named: good until the phone itself says another.
fn said(family: &Family, seen: &Seen) -> Option<Evidence> {
    let Seen::Expected { model: Some(text) } = seen else { return None };
    let model = family.model(text)?;
    Some(Evidence {
        kind: EvidenceKind::Said,
        text: text.clone(),
        family: family.id.clone(),
        model: Some(model.name.clone()),
        load: None,
        grade: Grade::Likely,
        tells: None,
        protocol: None,
        state: None,
        inferred: false,
    })
}

fn judge(family: &Family, kind: EvidenceKind, mark: &Mark, text: &str) -> Option<Evidence> {
    let captures = mark.pattern.matches(text)?;
    let model = match captures.get("model") {
        // The pattern captures any word; only a model of this family makes the mark its own.
        Some(word) => Some(family.model(word)?.name.clone()),
        None => None,
    };
    // A CDP version of `{load}` matches any text: it says what runs, not who it is.
    let grade = if captures.get("load") == Some(text) { Grade::Unlikely } else { Grade::from(mark.proves) };
    Some(Evidence {
        kind,
        text: text.to_owned(),
        family: family.id.clone(),
        model,
        load: captures.get("load").map(str::to_owned),
        protocol: mark.protocol.clone(),
        state: mark.state.clone(),
        grade,
        tells: mark.tells.clone(),
        inferred: mark.confidence >= Confidence::Inferred,
    })
}

/// What a phone said of itself to the call server: a device type is a model, a load must be one of the family's.
fn signalled(family: &Family, seen: &Seen) -> Vec<Evidence> {
    let piece = |kind, text: String, model: Option<&str>, load: Option<&str>, grade| Evidence {
        kind,
        text,
        family: family.id.clone(),
        model: model.map(str::to_owned),
        load: load.map(str::to_owned),
        protocol: match seen {
            Seen::Registered { protocol, .. } => Some(protocol.clone()),
            _ => None,
        },
        state: None,
        grade,
        tells: None,
        inferred: false,
    };
    let own = |load: &Option<String>| load.clone().filter(|l| crate::plan::ladder::named(family, l).is_some());
    match seen {
        Seen::Registered { device_type, load, .. } => {
            let model = family.models.iter().find(|m| m.device_type.is_some() && m.device_type == *device_type);
            let by_type = model.zip(*device_type).map(|(model, number)| {
                let text = format!("device type {number}");
                piece(EvidenceKind::Registration, text, Some(&model.name), None, Grade::Certain)
            });
            let by_load = own(load).map(|load| {
                piece(EvidenceKind::Registration, format!("load {load}"), None, Some(&load), Grade::Possible)
            });
            by_type.into_iter().chain(by_load).collect()
        }
        Seen::Alarm { load, .. } => {
            let by_load = own(load)
                .map(|load| piece(EvidenceKind::Alarm, format!("load {load}"), None, Some(&load), Grade::Possible));
            by_load.into_iter().collect()
        }
        _ => Vec::new(),
    }
}

fn lists(family: &Family, seen: &Seen) -> Vec<Evidence> {
    let Seen::Dhcp { wants, .. } = seen else { return Vec::new() };
    let fitting =
        family.identity.parameter_request_list.iter().filter(|mark| mark.codes == *wants && !wants.is_empty());
    fitting
        .map(|mark| Evidence {
            kind: EvidenceKind::ParameterRequestList,
            text: wants.iter().map(u8::to_string).collect::<Vec<_>>().join(","),
            family: family.id.clone(),
            model: None,
            load: None,
            protocol: None,
            state: None,
            grade: Grade::from(mark.proves),
            tells: None,
            inferred: mark.confidence >= Confidence::Inferred,
        })
        .collect()
}

fn blocks(family: &Family, phone: Mac) -> Vec<Evidence> {
    let fitting = family.identity.oui.iter().filter(|mark| block(&mark.prefix) == Some(phone.oui()));
    fitting
        .map(|mark| Evidence {
            kind: EvidenceKind::Oui,
            text: mark.prefix.clone(),
            family: family.id.clone(),
            model: None,
            load: None,
            protocol: None,
            state: None,
            grade: Grade::Possible,
            tells: None,
            inferred: mark.confidence >= Confidence::Inferred,
        })
        .collect()
}

/// The three bytes of `00:08:5D`, however they are separated.
fn block(prefix: &str) -> Option<[u8; 3]> {
    let mut bytes = [0u8; 3];
    let mut digits = 0;
    for digit in prefix.chars().filter_map(|c| c.to_digit(16)) {
        let byte = bytes.get_mut(digits / 2)?;
        *byte = *byte << 4 | u8::try_from(digit).ok()?;
        digits += 1;
    }
    (digits == 6).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::block;

    #[test]
    fn address_blocks_in_any_spelling() {
        for text in ["00:08:5D", "00085d", "00-08-5d"] {
            assert_eq!(block(text), Some([0, 8, 0x5d]), "{text}");
        }
        for text in ["", "00:08", "00:08:5D:1"] {
            assert_eq!(block(text), None, "{text}");
        }
    }
}
