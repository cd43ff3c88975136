//! Version ladders: which loads must be run on the way to another.

use serde::Deserialize;

use crate::Confidence;

/// A rule of a ladder: who comes from below `from_below` and goes above `to_above` must run `via` first.
/// Versions are texts as the maker writes them; the bench compares them by the family's scheme.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LadderRule {
    /// Its id, unique in the family.
    pub id: String,
    /// Names of the models that it is for; every model when empty.
    #[serde(default)]
    pub models: Vec<String>,
    /// The protocol of the loads that the rule is for; every one when left out.
    #[serde(default)]
    pub protocol: Option<String>,
    /// The rule holds for phones that run a version below this one.
    pub from_below: String,
    /// … and that are to run a version above this one.
    pub to_above: String,
    /// The rung that must be run between.
    pub via: String,
    /// Versions that look like the rung and are not (`8.5(2)SR1`).
    #[serde(default)]
    pub not: Vec<String>,
    /// The code of the finding that a phone shows when the rung is left out, where that is known.
    #[serde(default)]
    pub shows: Option<String>,
    /// Why, in a sentence for the technician.
    pub reason: String,
    /// Keys into the family's `[sources]`.
    #[serde(default)]
    pub source: Vec<String>,
    /// How sure it is.
    pub confidence: Confidence,
}
