//! The files a phone asks for while it boots, and what a missing one means to it.

use serde::Deserialize;

use crate::{Confidence, Pattern};

/// What a file is to the phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// A trust list (CTL, ITL).
    TrustList,
    /// A list of the configurations that the phone reads next.
    BootList,
    /// This phone's own configuration.
    Config,
    /// This phone's own configuration, signed or encrypted: asked for by a phone that holds a trust list.
    SignedConfig,
    /// The configuration for phones that have none of their own.
    DefaultConfig,
    /// The list of files that make up a load; `{load}` captures its name.
    LoadList,
    /// The list that a phone without a working application asks for: it says "I was wiped".
    RecoveryLoadList,
    /// A firmware image.
    Image,
    /// A part of the firmware that only a boot loader in its recovery mode asks for.
    Rescue,
    /// The universal-loader hint `OS79XX.TXT` and its kind.
    LoaderHint,
    /// Language, tones, rings, dial plan, background pictures: nice to have.
    Extra,
}

/// What the phone does when it gets "file not found".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Missing {
    /// It goes on to the next file.
    GoesOn,
    /// It goes on, and the file named in `fallback` is next.
    TriesFallback,
    /// It asks again and again.
    Repeats,
}

/// One name (or kind of name) that phones of this family ask for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BootFile {
    /// The name as the phone writes it.
    pub name: Pattern,
    /// What it is.
    pub role: Role,
    /// What its absence does.
    pub missing: Missing,
    /// The file asked for next when this one is missing.
    #[serde(default)]
    pub fallback: Option<Pattern>,
    /// The signalling protocol whose loads ask for it, where only they do. A phone that asks for files of more than
    /// one protocol in one start has no valid application.
    #[serde(default)]
    pub protocol: Option<String>,
    /// A template of this family that makes the file, used when a procedure serves configuration.
    #[serde(default)]
    pub template: Option<String>,
    /// Whether that file harms nothing, so that a phone without a procedure gets it too: it names no load
    /// and sets no password. Phones of some families ask for ever when they get no configuration at all.
    #[serde(default)]
    pub neutral: bool,
    /// Whether the phone takes whatever it is given under this name, older or newer: it then gets the file only
    /// from a procedure that has chosen one, never from the shelf as such.
    #[serde(default)]
    pub only_pinned: bool,
    /// Keys into the family's `[sources]`.
    #[serde(default)]
    pub source: Vec<String>,
    /// How sure it is.
    pub confidence: Confidence,
}
