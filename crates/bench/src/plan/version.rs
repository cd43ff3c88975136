//! Versions as each maker means them: the family's `version_scheme` says how its texts compare.
//!
//! The version says nothing about which phone or protocol a load is for.

use std::cmp::Ordering;
use std::fmt;

use profile::Family;
use profile::family::Spelling;
use proto::image::version::Step;
use proto::image::{CiscoVersion, DottedVersion};

/// How version texts compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// `8.5(2)SR1`, `SCCP45.8-5-2SR1S`, `P0S3-8-12-00`; the build number behind it is left out.
    Cisco79xx,
    /// `2.6.0.2019-SIP`: four numbers.
    Aastra,
    /// `66.84.0.125`: four numbers, the first of which is the firmware family and does not count.
    Yealink,
}

/// The names of the schemes, as profiles write them.
pub const SCHEMES: [(&str, Scheme); 3] =
    [("cisco-79xx", Scheme::Cisco79xx), ("aastra", Scheme::Aastra), ("yealink", Scheme::Yealink)];

impl Scheme {
    /// The scheme of this name.
    pub fn named(name: &str) -> Option<Scheme> {
        SCHEMES.iter().find(|s| s.0 == name).map(|s| s.1)
    }

    /// Reads a version: a plain one, or the one in a load's or a file's name.
    pub fn version(self, text: &str) -> Option<Version> {
        match self {
            Scheme::Cisco79xx => text.parse::<CiscoVersion>().ok().map(|v| Version::Cisco(v.without_build())),
            Scheme::Aastra => dotted(text).map(Version::Dotted),
            Scheme::Yealink => dotted(text).map(|v| Version::Yealink(YealinkVersion(v))),
        }
    }
}

/// The version in a text, by the family's scheme; `None` when there is none.
pub fn version(family: &Family, text: &str) -> Option<Version> {
    Scheme::named(&family.version_scheme)?.version(text)
}

/// A version that can be compared with others of its family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// See [`Scheme::Cisco79xx`].
    Cisco(CiscoVersion),
    /// See [`Scheme::Aastra`].
    Dotted(DottedVersion),
    /// See [`Scheme::Yealink`].
    Yealink(YealinkVersion),
}

impl Version {
    /// The number that its maker counts releases by: the 8 of 8.5(2), the 3 of 3.3.1.4365, the 84 of
    /// 66.84.0.125.
    pub const fn major(&self) -> u32 {
        match self {
            Version::Cisco(v) => v.major as u32,
            Version::Dotted(DottedVersion([major, ..])) => *major,
            Version::Yealink(YealinkVersion(DottedVersion([_, major, ..]))) => *major,
        }
    }

    /// The version as the load's name carries it; `None` when that is not known.
    pub fn spelled(&self, spelling: Spelling) -> Option<String> {
        match (self, spelling) {
            (Version::Cisco(v), Spelling::Plain) => {
                let dashed = v.to_string().replace(['.', '('], "-").replace(')', "");
                Some(format!("{dashed}S"))
            }
            (Version::Cisco(v), Spelling::Seven) => {
                let is_plain = v.step == Step::Release;
                let front = if v.minor < 10 {
                    format!("{:02}-{}", v.major, v.minor)
                } else {
                    format!("{}-{}", v.major, v.minor)
                };
                (is_plain && v.minor < 100).then(|| format!("{front}-{:02}", v.maintenance))
            }
            (Version::Cisco(v), Spelling::Packed) => match v.step {
                Step::Release => Some(format!("{:02}{:02}{:02}{:02}", v.major, v.minor, v.maintenance, v.build)),
                // The maintenance number has no place in such a name: only where both are the same it is known.
                Step::ServiceRelease(n) if n == v.maintenance => Some(format!("{:02}{:02}SR{n:02}", v.major, v.minor)),
                _ => None,
            },
            (Version::Dotted(v) | Version::Yealink(YealinkVersion(v)), _) => Some(v.to_string()),
        }
    }

    /// Whether images of this build may be what a load of the other version is made of: `8-5-2TH1-9`
    /// belongs to 8.5(2), `9-4-2ES26` to a special or service release of 9.4(2).
    pub fn builds(&self, load: &Version) -> bool {
        match (self, load) {
            (Version::Cisco(build), Version::Cisco(load)) => {
                let number = |v: &CiscoVersion| (v.major, v.minor, v.maintenance);
                number(build) == number(load)
                    && match build.step {
                        Step::Build(_) => load.step == Step::Release,
                        Step::Special(_) => load.step != Step::Release,
                        step => step == load.step,
                    }
            }
            (a, b) => a == b,
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Version::Cisco(v) => v.fmt(f),
            Version::Dotted(v) | Version::Yealink(YealinkVersion(v)) => v.fmt(f),
        }
    }
}

/// A version whose first number does not count.
#[derive(Clone, Copy, Debug)]
pub struct YealinkVersion(pub DottedVersion);

impl YealinkVersion {
    fn counts(&self) -> [u32; 3] {
        let [_, b, c, d] = self.0.0;
        [b, c, d]
    }
}

impl PartialEq for YealinkVersion {
    fn eq(&self, other: &Self) -> bool {
        self.counts() == other.counts()
    }
}

impl Eq for YealinkVersion {}

impl PartialOrd for YealinkVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for YealinkVersion {
    fn cmp(&self, other: &Self) -> Ordering {
        self.counts().cmp(&other.counts())
    }
}

/// A plain version, or the one inside a name such as `T46S(T48S)-66.84.0.125.rom`.
fn dotted(text: &str) -> Option<DottedVersion> {
    text.parse().ok().or_else(|| proto::image::aastra::version_in(text)?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cisco(text: &str) -> Version {
        Scheme::Cisco79xx.version(text).unwrap_or_else(|| panic!("{text} is no version"))
    }

    #[test]
    fn names_and_texts_meet() {
        assert_eq!(cisco("SCCP45.8-5-2S"), cisco("8.5(2)"));
        assert_eq!(cisco("SCCP45.9-4-2SR1-1S"), cisco("9.4(2)SR1"));
        assert_eq!(cisco("P0S3-8-12-00"), cisco("8.12(0)"));
        assert!(cisco("jar45sccp.8-5-2TH1-9.sbn") <= cisco("8.5(2)"));
        assert!(cisco("8.5(2)SR1") > cisco("8.5(2)"));
        assert!(cisco("8-5-4TH1-6") > cisco("8.5(2)SR1") && cisco("8-5-4TH1-6") < cisco("9-4-2SR3-1"));
        assert_eq!(Scheme::Cisco79xx.version("no version"), None);
    }

    #[test]
    fn four_numbers_count_from_the_first_or_from_the_second() {
        let aastra = |t: &str| Scheme::Aastra.version(t).unwrap();
        assert!(aastra("2.6.0.1008") < aastra("2.6.0.2019-SIP") && aastra("2.6.0.2019-SIP") < aastra("3.3.1.4365"));
        let yealink = |t: &str| Scheme::Yealink.version(t).unwrap();
        assert!(yealink("95.84.0.125") < yealink("96.85.0.5"), "the T53 changed its family with V85");
        assert_eq!(yealink("66.81.0.110"), yealink("65.81.0.110"), "one file under four names");
        assert_eq!(yealink("T46S(T48S,T42S,T41S)-66.84.0.125.rom"), yealink("66.84.0.125"));
        assert_eq!(yealink("66.84.0.125").to_string(), "66.84.0.125");
        assert_eq!(Scheme::named("no-such-scheme"), None);
    }

    #[test]
    fn names_of_loads_are_spelled_as_their_makers_do() {
        for (version, spelling, said) in [
            ("8.5(2)", Spelling::Plain, Some("8-5-2S")),
            ("8.5(2)SR1", Spelling::Plain, Some("8-5-2SR1S")),
            ("8.12", Spelling::Seven, Some("8-12-00")),
            ("8.8", Spelling::Seven, Some("08-8-00")),
            ("7.4", Spelling::Seven, Some("07-4-00")),
            ("8.1(2)", Spelling::Packed, Some("08010200")),
            ("8.0(7)", Spelling::Packed, Some("08000700")),
            ("8.1(2)SR2", Spelling::Packed, Some("0801SR02")),
            ("8.1(1)SR2", Spelling::Packed, None),
        ] {
            assert_eq!(cisco(version).spelled(spelling).as_deref(), said, "{version}");
        }
    }

    #[test]
    fn builds_belong_to_releases() {
        assert!(cisco("8-5-2TH1-9").builds(&cisco("SCCP45.8-5-2S")));
        assert!(!cisco("8-5-2TH1-9").builds(&cisco("SCCP45.8-5-2SR1S")));
        assert!(cisco("9-4-2ES26").builds(&cisco("SIP42.9-4-2SR3-1S")));
        assert!(!cisco("9-4-2ES26").builds(&cisco("SIP42.9-4-3S")));
        assert!(cisco("9-4-2SR4-3").builds(&cisco("SCCP45.9-4-2SR4-3S")));
    }
}
