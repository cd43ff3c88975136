//! A rule, and the finding that it makes.

use profile::Profiles;
use proto::{Mac, Time};
use serde::Serialize;

use crate::session::Session;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// The phone will not come up by itself.
    Trouble,
    /// Somebody else's network or phone may be harmed.
    Danger,
}

/// A rule of the rule base.
pub struct Rule {
    /// `RB` and three digits.
    pub code: &'static str,
    /// What it is, in a few words.
    pub title: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// Why it happens.
    pub cause: &'static str,
    /// What to do.
    pub remedy: &'static str,
    /// The literal words on the phone's screen, for searching.
    pub screen: &'static [&'static str],
    /// Field reports that it answers.
    pub field_reports: &'static [&'static str],
    /// Not shown while one of these is open: it is then only a consequence.
    pub depends_on: &'static [&'static str],
    /// The evidence, one sentence each, when it is so.
    pub check: fn(&Session, &Profiles) -> Option<Vec<String>>,
}

/// Something that is wrong, with its evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Finding {
    /// The rule's code.
    pub code: &'static str,
    /// What it is.
    pub title: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The phone, unless it is about the cable or the laptop.
    pub phone: Option<Mac>,
    /// Since when.
    pub since: Time,
    /// What shows it.
    pub evidence: Vec<String>,
    /// Why it happens.
    pub cause: &'static str,
    /// What to do.
    pub remedy: &'static str,
    /// The id of a procedure that cures it, if its family has one.
    pub procedure: Option<String>,
}

/// The findings of one session now, consequences left out. Pure: same session, same findings.
pub fn findings(session: &Session, profiles: &Profiles, now: Time) -> Vec<Finding> {
    let mut found: Vec<(&'static Rule, Vec<String>)> = Vec::new();
    for rule in super::rules::RULES {
        if let Some(evidence) = (rule.check)(session, profiles) {
            found.push((rule, evidence));
        }
    }
    let open: Vec<&str> = found.iter().map(|f| f.0.code).collect();
    let family = session.family(profiles);
    let shown = found.into_iter().filter(|(rule, _)| !rule.depends_on.iter().any(|d| open.contains(d)));
    shown
        .map(|(rule, evidence)| Finding {
            code: rule.code,
            title: rule.title,
            severity: rule.severity,
            phone: Some(session.mac),
            since: now,
            evidence,
            cause: rule.cause,
            remedy: rule.remedy,
            procedure: family
                .and_then(|f| {
                    let protocol = session.protocol.as_ref().map(|p| p.0.as_str());
                    let fits = f.procedures.iter().filter(|p| p.is_for_protocol(protocol));
                    let of = |codes: &[String]| codes.iter().any(|c| c == rule.code);
                    fits.clone().find(|p| of(&p.cures)).or_else(|| fits.clone().find(|p| of(&p.helps)))
                })
                .map(|p| p.id.clone()),
        })
        .collect()
}
