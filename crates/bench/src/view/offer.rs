//! The procedures that a technician can choose for a phone.

use profile::Profiles;
use profile::keys::Wipes;
use serde::Serialize;

use super::PhoneView;

/// A procedure that fits the phone. Whether every load it needs is complete is looked at when it begins.
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
}

/// The procedures of the phone's family that fit its model, the recommended ones first.
pub fn offers(profiles: &Profiles, phone: &PhoneView) -> Vec<Offer> {
    let Some(family) = phone.family.as_deref().and_then(|id| profiles.family(id)) else { return Vec::new() };
    let model = phone.model.as_deref().and_then(|name| family.model(name));
    let fitting = family
        .procedures
        .iter()
        .filter(|p| p.models.is_empty() || model.is_some_and(|m| p.models.contains(&m.name)));
    let mut offers: Vec<Offer> = fitting
        .map(|p| Offer {
            id: p.id.clone(),
            title: p.title.clone(),
            when: p.when.clone(),
            wipes: p.wipes,
            cures: p.cures.iter().filter(|c| phone.findings.iter().any(|f| f.code == **c)).cloned().collect(),
            runs: phone.procedure.as_ref().is_some_and(|run| run.id == p.id && run.ended.is_none()),
        })
        .collect();
    offers.sort_by_key(|o| o.cures.is_empty());
    offers
}
