//! How a phone stands, in one word that all screens share; and which findings are new.

use serde::Serialize;

use super::{PhoneView, ProcedureView, View};
use crate::diagnose::Finding;
use crate::observe::Outcome;

/// How a phone stands. The order is that of a technician's attention: all screens list phones in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Stand {
    /// The person must do something.
    YourTurn,
    /// Something is wrong, and no procedure runs.
    Trouble,
    /// A procedure runs; the phone must be left alone.
    Working,
    /// Nothing is known to be wrong.
    Watching,
    /// A procedure ended without its result.
    Failed,
    /// Its result was proven.
    Recovered,
    /// It has left.
    Gone,
}

impl Stand {
    /// Words for people.
    pub const fn words(self) -> &'static str {
        match self {
            Stand::YourTurn => "your turn",
            Stand::Failed => "not recovered",
            Stand::Trouble => "trouble",
            Stand::Working => "working",
            Stand::Watching => "watching",
            Stand::Recovered => "recovered",
            Stand::Gone => "gone",
        }
    }
}

pub(super) fn of(here: bool, procedure: Option<&ProcedureView>, findings: &[Finding]) -> Stand {
    match procedure.map(|p| (&p.ended, &p.ask)) {
        Some((Some((Outcome::Recovered, _)), _)) => Stand::Recovered,
        _ if !here => Stand::Gone,
        Some((Some(_), _)) => Stand::Failed,
        Some((None, Some(ask))) if ask.ask != profile::procedure::Ask::DoNotUnplug => Stand::YourTurn,
        Some((None, _)) => Stand::Working,
        None if !findings.is_empty() => Stand::Trouble,
        None => Stand::Watching,
    }
}

impl PhoneView {
    /// Whether the person must do something now.
    pub fn waits_for_person(&self) -> bool {
        self.state == Stand::YourTurn
    }
}

/// Findings of `new` that `old` does not have: those of the cable first, then the phones'.
pub fn opened<'a>(old: Option<&View>, new: &'a View) -> Vec<&'a Finding> {
    let had = |finding: &Finding| {
        old.is_some_and(|old| {
            let of_phones = old.phones.iter().filter(|p| Some(p.mac) == finding.phone).flat_map(|p| &p.findings);
            let of_cable = old.cable.iter().filter(|_| finding.phone.is_none());
            of_phones.chain(of_cable).any(|f| f.code == finding.code)
        })
    };
    new.cable.iter().chain(new.phones.iter().flat_map(|p| &p.findings)).filter(|f| !had(f)).collect()
}
