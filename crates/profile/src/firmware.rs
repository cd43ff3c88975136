//! Firmware as makers hand it out: loads that are one file, archives by their published names, and
//! ways that must never be taken.

use serde::Deserialize;

use crate::{Confidence, Pattern};

/// A load that is a single file: the phone fetches it and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SingleFile {
    /// Its name (`57i.st`, `*-66.{version}.rom`); `{version}` where the name tells the version.
    pub name: Pattern,
    /// Names of the models that run it; every model when empty.
    #[serde(default)]
    pub models: Vec<String>,
    /// Files of this kind are at least so long, bytes: a smaller one is cut or something else.
    #[serde(default)]
    pub min_size: Option<u64>,
    /// Files of this kind are at most so long, bytes.
    #[serde(default)]
    pub max_size: Option<u64>,
    /// Keys into the family's `[sources]`.
    #[serde(default)]
    pub source: Vec<String>,
    /// How sure it is.
    pub confidence: Confidence,
}

/// What the maker hands out: an archive, or the firmware file itself, by its exact name.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VendorArchive {
    /// Its name, as the maker writes it (`cmterm-7945_7965-sccp.8-5-2.zip`).
    pub name: String,
    /// The load in it, as it is named in this family (`SCCP45.8-5-2S`), or its version.
    pub load: String,
    /// Names of the models that it is for; every model that can run the load when empty.
    #[serde(default)]
    pub models: Vec<String>,
    /// Its length, bytes.
    #[serde(default)]
    pub size: Option<u64>,
    /// Its SHA-1, lower-case hex, where a source publishes it.
    #[serde(default)]
    pub sha1: Option<String>,
    /// Keys into the family's `[sources]`.
    #[serde(default)]
    pub source: Vec<String>,
    /// How sure it is.
    pub confidence: Confidence,
}

/// Files whose length and sum somebody has published.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Published {
    /// The files.
    pub files: Vec<PublishedFile>,
    /// Keys into the family's `[sources]`.
    #[serde(default)]
    pub source: Vec<String>,
    /// How sure it is.
    pub confidence: Confidence,
}

/// A file whose length and sum are published.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishedFile {
    /// Its exact name.
    pub name: String,
    /// Its length, bytes.
    pub size: u64,
    /// Its SHA-1, lower-case hex.
    pub sha1: String,
}

/// How a load gets into a phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// The running phone fetches it over the network by itself.
    Network,
    /// The phone's recovery mode writes it.
    Recovery,
}

/// A step from one version to another that must never be made. Every condition that is given must
/// hold; what is not known of a phone counts as holding, so that the unknown is never risked.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forbidden {
    /// Its id, unique in the family.
    pub id: String,
    /// Names of the models that it is about; every model when empty.
    #[serde(default)]
    pub models: Vec<String>,
    /// Only for boards whose hardware revision fits.
    #[serde(default)]
    pub hardware: Option<Pattern>,
    /// Only on this way; on every way when left out.
    #[serde(default)]
    pub by: Option<Way>,
    /// Only for phones that run a version below this one.
    #[serde(default)]
    pub from_below: Option<String>,
    /// Only for phones that run this version or one above it.
    #[serde(default)]
    pub from_at_least: Option<String>,
    /// Only to versions below this one.
    #[serde(default)]
    pub to_below: Option<String>,
    /// Only to this version or one above it.
    #[serde(default)]
    pub to_at_least: Option<String>,
    /// Why, in a sentence for the technician.
    pub reason: String,
    /// Keys into the family's `[sources]`.
    #[serde(default)]
    pub source: Vec<String>,
    /// How sure it is.
    pub confidence: Confidence,
}
