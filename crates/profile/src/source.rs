//! Where a fact comes from and how sure it is.

use serde::Deserialize;

/// How well a fact is known, from best to least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// The maker documents it.
    Vendor,
    /// Read literally from published files (header fields, sizes, texts).
    Read,
    /// Several independent public sources agree.
    Several,
    /// One source that is not the maker.
    Single,
    /// Worked out by us; never stated to the user as certain.
    Inferred,
    /// Looked for and not found: the value is a setting, not a fact.
    NotFound,
}

impl Confidence {
    /// Whether it is good enough to refuse something by: the maker, published files, or several sources say so. By
    /// anything less a person is warned.
    pub const fn may_refuse(self) -> bool {
        matches!(self, Confidence::Vendor | Confidence::Read | Confidence::Several)
    }

    /// Words for a technician.
    pub const fn words(self) -> &'static str {
        match self {
            Confidence::Vendor => "documented by the maker",
            Confidence::Read => "read from published files",
            Confidence::Several => "several independent sources agree",
            Confidence::Single => "a single source",
            Confidence::Inferred => "inferred, not documented",
            Confidence::NotFound => "not documented anywhere we looked; a setting",
        }
    }
}
