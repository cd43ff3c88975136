//! The procedures that a technician can choose for a phone.

use profile::Profiles;
use profile::keys::Wipes;
use serde::Serialize;

use super::PhoneView;
use crate::procedure::fit::{Fit, Standing, fit};

/// A procedure of the phone's family. Whether every load it needs is complete is looked at when it begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Offer {
    /// Its id.
    pub id: String,
    /// What it does, in a few words.
    pub title: String,
    /// When to choose it.
    pub when: String,
    /// What it erases. What erases has to be agreed to.
    pub wipes: Wipes,
    /// Codes of the phone's open findings that it cures: with any, it is recommended.
    pub cures: Vec<String>,
    /// Whether it runs now.
    pub runs: bool,
    /// Whether it is for this phone as it stands, and if not, why.
    pub fit: Fit,
}

/// The procedures of the phone's family: those that fit it first, of these the recommended ones; those that would
/// be refused last.
pub fn offers(profiles: &Profiles, phone: &PhoneView) -> Vec<Offer> {
    let Some(family) = phone.family.as_deref().and_then(|id| profiles.family(id)) else { return Vec::new() };
    let standing = Standing {
        model: phone.model.as_deref(),
        protocol: phone.protocol.as_deref(),
        load: phone.load.as_deref(),
        condition: phone.condition,
        asks_nothing: phone.asks_nothing,
    };
    let offer = |p: &profile::Procedure| Offer {
        id: p.id.clone(),
        title: p.title.clone(),
        when: p.when.clone(),
        wipes: p.wipes,
        cures: p.cures.iter().filter(|c| phone.findings.iter().any(|f| f.code == **c)).cloned().collect(),
        runs: phone.procedure.as_ref().is_some_and(|run| run.id == p.id && run.ended.is_none()),
        fit: fit(family, p, &standing),
    };
    let mut offers: Vec<Offer> = family.procedures.iter().map(offer).collect();
    offers.sort_by_key(|o| (o.fit.rank(), o.cures.is_empty()));
    offers
}
