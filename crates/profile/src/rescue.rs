//! What a phone's loader takes when its firmware is damaged: which files, and by which ways.

use serde::Deserialize;

use crate::{Confidence, Pattern};

/// The files of a rescue for some models, or for all of a family.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rescue {
    /// Models it is for, by name; empty means every model of the family that no earlier entry names.
    #[serde(default)]
    pub models: Vec<String>,
    /// One pattern for each file: a whole name where it is known, else `*.bin`.
    pub files: Vec<Pattern>,
    /// The ways by which the loader takes them, as far as known.
    pub by: Vec<RescueBy>,
    /// What a person must know, in a sentence.
    #[serde(default)]
    pub note: Option<String>,
    /// Keys into the family's `[sources]`.
    #[serde(default)]
    pub source: Vec<String>,
    /// How sure it is.
    pub confidence: Confidence,
}

/// A way by which a loader takes files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RescueBy {
    /// TFTP, at addresses that a person types on the phone.
    Tftp,
    /// A USB stick: one FAT partition, the files in its root.
    Usb,
}
