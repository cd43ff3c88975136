//! Load versions as the 79xx series spells them: `SCCP45.8-5-2SR1S`, `9-4-2ES26`, `8.5(2)SR1`,
//! `P0S3-8-12-00`, `P00308000700` all become one comparable value.
//!
//! A version says nothing about which phone or protocol a load is for; that is in the rest of the
//! name.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A load version. The order is the order of release: `8.3(3) < 8.5(2) < 8.5(2)SR1 < 8.5(3)`.
///
/// Build names do not tell which service release they became (`9-4-2ES26` is inside 9.4(2)SR3), so
/// they are placed where their own words put them: [`Step`] says how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CiscoVersion {
    /// The 8 of 8.5(2)SR1.
    pub major: u16,
    /// The 5 of 8.5(2)SR1.
    pub minor: u16,
    /// The 2 of 8.5(2)SR1; 0 where a name does not carry it, as in 8.12.
    pub maintenance: u16,
    /// The SR1 of 8.5(2)SR1.
    pub step: Step,
    /// The last 1 of 9-4-2SR3-1; 0 where there is none.
    pub build: u16,
}

/// What a version has behind its three numbers, in the order these follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// `TH1` in a file inside the release itself: 8-5-2TH1-9 belongs to plain 8.5(2).
    Build(u16),
    /// Nothing: the release.
    Release,
    /// `ES26`, an engineering special made after the release.
    Special(u16),
    /// `SR1`, a service release.
    ServiceRelease(u16),
}

impl CiscoVersion {
    /// The plain release `major.minor(maintenance)`.
    pub const fn release(major: u16, minor: u16, maintenance: u16) -> CiscoVersion {
        CiscoVersion { major, minor, maintenance, step: Step::Release, build: 0 }
    }

    /// The same without its build number: 9.4(2)SR3-1 is 9.4(2)SR3.
    pub const fn without_build(self) -> CiscoVersion {
        CiscoVersion { build: 0, ..self }
    }
}

impl fmt::Display for CiscoVersion {
    /// As the maker's documents write it: `8.5(2)SR1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}({})", self.major, self.minor, self.maintenance)?;
        match self.step {
            Step::Build(n) => write!(f, "TH{n}")?,
            Step::Release => {}
            Step::Special(n) => write!(f, "ES{n}")?,
            Step::ServiceRelease(n) => write!(f, "SR{n}")?,
        }
        if self.build > 0 {
            write!(f, "-{}", self.build)?;
        }
        Ok(())
    }
}

/// A text that holds no load version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAVersion;

impl fmt::Display for NotAVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a load version such as 8.5(2)SR1, SIP42.9-4-2SR3-1S or P0S3-8-12-00")
    }
}

impl std::error::Error for NotAVersion {}

impl FromStr for CiscoVersion {
    type Err = NotAVersion;

    /// Reads a version, a load name or the name of a load's file.
    fn from_str(text: &str) -> Result<CiscoVersion, NotAVersion> {
        let upper = text.trim().to_ascii_uppercase();
        let mut rest = upper.as_str();
        for ending in [".SGN", ".ZIP", ".COP", ".TAR", ".LOADS", ".SBN", ".SB2", ".BIN"] {
            rest = rest.strip_suffix(ending).unwrap_or(rest);
        }
        if ["P003", "P0S3", "P0M3", "P004"].iter().any(|prefix| rest.starts_with(prefix)) {
            let rest = rest.get(4..).ok_or(NotAVersion)?;
            return match rest.strip_prefix('-') {
                Some(dashed) => separated(dashed),
                None => packed(rest),
            }
            .ok_or(NotAVersion);
        }
        if rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            rest = rest.split_once('.').ok_or(NotAVersion)?.1;
        }
        separated(rest).ok_or(NotAVersion)
    }
}

impl TryFrom<String> for CiscoVersion {
    type Error = NotAVersion;
    fn try_from(text: String) -> Result<CiscoVersion, NotAVersion> {
        text.parse()
    }
}

impl From<CiscoVersion> for String {
    fn from(version: CiscoVersion) -> String {
        version.to_string()
    }
}

/// `8-5-2SR1S`, `8.5(2)SR1`, `9-4-2SR3-1`, `8.12`.
fn separated(text: &str) -> Option<CiscoVersion> {
    let (major, rest) = number(text)?;
    let (minor, rest) = number(rest.strip_prefix(['.', '-'])?)?;
    let (maintenance, rest) = if let Some(inside) = rest.strip_prefix('(') {
        let (n, rest) = number(inside)?;
        (n, rest.strip_prefix(')')?)
    } else if let Some(behind) = rest.strip_prefix(['.', '-']) {
        number(behind)?
    } else {
        (0, rest)
    };
    let (step, rest) = match rest.get(..2) {
        Some(word @ ("SR" | "ES" | "TH")) => {
            let (n, rest) = number(rest.get(2..)?)?;
            let step = match word {
                "SR" => Step::ServiceRelease(n),
                "ES" => Step::Special(n),
                _ => Step::Build(n),
            };
            (step, rest)
        }
        _ => (Step::Release, rest),
    };
    let (build, rest) = match rest.strip_prefix('-') {
        Some(behind) => number(behind)?,
        None => (0, rest),
    };
    // The last S of a load name stands for "signed".
    matches!(rest, "" | "S").then_some(CiscoVersion { major, minor, maintenance, step, build })
}

/// Two digits for each number and none between them: `08000700`, `0801SR02`, and `0202` in names of
/// eight characters.
fn packed(text: &str) -> Option<CiscoVersion> {
    let pair = |at: usize| {
        let two = text.get(at..at + 2)?;
        two.bytes().all(|b| b.is_ascii_digit()).then(|| two.parse().ok())?
    };
    let (major, minor) = (pair(0)?, pair(2)?);
    let plain = CiscoVersion::release(major, minor, 0);
    match (text.len(), text.get(4..6)) {
        (4, _) => Some(plain),
        // The maintenance number is not in such a name. The one pack known, P0030801SR02, is sold
        // as 8.1(2)SR2, so the number is taken to stand for both.
        (8, Some("SR")) => {
            let n = pair(6)?;
            Some(CiscoVersion { maintenance: n, step: Step::ServiceRelease(n), ..plain })
        }
        (8, _) => Some(CiscoVersion { maintenance: pair(4)?, build: pair(6)?, ..plain }),
        _ => None,
    }
}

fn number(text: &str) -> Option<(u16, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, rest) = text.split_at_checked(digits)?;
    Some((digits.parse().ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn said(text: &str) -> String {
        text.parse::<CiscoVersion>().map_or_else(|e| e.to_string(), |v| v.to_string())
    }

    #[test]
    fn every_spelling_is_read() {
        for (spelling, version) in [
            ("SCCP45.8-5-2SR1S", "8.5(2)SR1"),
            ("9-4-2SR3-1", "9.4(2)SR3-1"),
            ("SIP42.9-4-2SR3-1S.loads", "9.4(2)SR3-1"),
            ("8.5(2)SR1", "8.5(2)SR1"),
            ("8.5(2)", "8.5(2)"),
            ("8-5-4TH1-6", "8.5(4)TH1-6"),
            ("jar42sip.9-4-2ES26.sbn", "9.4(2)ES26"),
            ("Jar41sip.8-3-0-50.sbn", "8.3(0)-50"),
            ("TERM41.7-0-3-0S.loads", "7.0(3)"),
            ("P0S3-8-12-00", "8.12(0)"),
            ("P0S3-8-12-00.sb2", "8.12(0)"),
            ("8.12", "8.12(0)"),
            ("P003-07-4-00", "7.4(0)"),
            ("P0030801SR02", "8.1(2)SR2"),
            ("P0030801SR02.loads", "8.1(2)SR2"),
            ("P00308000700", "8.0(7)"),
            ("P00308010200.sbn", "8.1(2)"),
            ("P00405000700.bin", "5.0(7)"),
            ("P0S30202", "2.2(0)"),
            ("cmterm-7942_7962-sip.9-4-2SR3-1.zip", "9.4(2)SR3-1"),
            ("cmterm-7911_7906-sip.8-5-4.cop.sgn", "8.5(4)"),
        ] {
            assert_eq!(said(spelling), version, "{spelling}");
        }
    }

    #[test]
    fn what_is_no_version_is_refused() {
        for odd in [
            "",
            "8",
            "8.",
            "8.5(",
            "8.5(2",
            "8.5(2)XR1",
            "8.5(2)SR",
            "8-5-2SR1SS",
            "term41.default.loads",
            "SCCP45",
            "P003",
            "P0S3-",
            "P00308",
            "P003080007000",
            "P003é000700",
            "99999.1(1)",
            "+8.5(2)",
            "ringlist.dat",
        ] {
            assert_eq!(odd.parse::<CiscoVersion>(), Err(NotAVersion), "{odd}");
        }
    }

    #[test]
    fn the_order_is_the_order_of_release() {
        let ladder = [
            "P0S30202",
            "P0S3-03-0-00",
            "P003-07-4-00",
            "8.0(7)",
            "P00308010200",
            "P0030801SR02",
            "8.3(1)",
            "8.3(3)",
            "8-5-2TH1-9",
            "8.5(2)",
            "8.5(2)SR1",
            "8.5(3)",
            "8-5-4TH1-6",
            "8.5(4)",
            "P0S3-8-12-00",
            "9.4(2)",
            "9-4-2ES26",
            "9.4(2)SR1",
            "SCCP42.9-4-2SR1-1S",
            "9-4-2SR3-1",
            "9.4(2)SR4",
        ];
        let versions: Vec<CiscoVersion> = ladder.iter().map(|text| text.parse().unwrap()).collect();
        for (lower, higher) in versions.iter().zip(&versions[1..]) {
            assert!(lower < higher, "{lower} < {higher}");
        }
        let named: CiscoVersion = "SCCP42.9-4-2SR1-1S".parse().unwrap();
        assert_eq!(Ok(named.without_build()), "9.4(2)SR1".parse());
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back(major: u16, minor: u16, maintenance: u16, build: u16, n: u16, kind in 0..4) {
            let step = [Step::Release, Step::Build(n), Step::Special(n), Step::ServiceRelease(n)][kind as usize];
            let version = CiscoVersion { major, minor, maintenance, step, build };
            prop_assert_eq!(version.to_string().parse(), Ok(version));
        }

        #[test]
        fn no_text_panics(text in "(P0S3|P003|SIP42\\.)?[0-9SRETH.()é-]{0,16}") {
            let _ = text.parse::<CiscoVersion>();
        }
    }
}
