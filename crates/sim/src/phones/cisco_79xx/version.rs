//! Versions as load and image names carry them, and what follows from them.

/// `8-5-2SR1S`, `9-4-2ES9`, `8-5-2TH1-9`: three numbers and whatever is behind them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Version {
    number: (u16, u16, u16),
    rest: String,
}

impl Version {
    /// From the text itself.
    pub(super) fn parse(text: &str) -> Option<Version> {
        let mut parts = text.splitn(3, '-');
        let (major, minor, tail) = (parts.next()?, parts.next()?, parts.next()?);
        let digits = tail.bytes().take_while(u8::is_ascii_digit).count();
        let (patch, rest) = tail.split_at(digits);
        Some(Version {
            number: (major.parse().ok()?, minor.parse().ok()?, patch.parse().ok()?),
            rest: rest.to_string(),
        })
    }

    /// From a load's or image's name: what stands behind its first dot.
    pub(super) fn of(name: &str) -> Option<Version> {
        Version::parse(name.split_once('.')?.1)
    }

    /// Files newer than plain 8.5(2) are signed with the new key; service releases of it are newer.
    pub(super) fn signed_with_new_key(&self) -> bool {
        const LAST: (u16, u16, u16) = (8, 5, 2);
        self.number > LAST || self.number == LAST && (self.rest.starts_with("SR") || self.rest.starts_with("ES"))
    }

    /// Loads from 8.3(3) on know the new key.
    pub(super) fn knows_new_key(&self) -> bool {
        self.number >= (8, 3, 3)
    }

    /// LLDP came with 8.4.
    pub(super) fn speaks_lldp(&self) -> bool {
        self.number >= (8, 4, 0)
    }

    /// Trust lists of the second kind (ITL) are asked for by loads from 8 on.
    pub(super) fn asks_itl(&self) -> bool {
        self.number >= (8, 0, 0)
    }
}

/// The first run of digits before the first dot, which is the image family: `45` in `jar45sccp.…`.
pub(super) fn family(name: &str) -> &str {
    let stem = name.split('.').next().unwrap_or_default();
    let Some(start) = stem.find(|c: char| c.is_ascii_digit()) else { return "" };
    let digits = stem.get(start..).unwrap_or_default();
    digits.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frontier_of_the_signing_key_lies_behind_plain_8_5_2() {
        for old in ["TERM41.7-0-3-0S", "SIP41.8-3-1S", "Jar41sip.8-3-0-50.sbn", "SCCP45.8-5-2S", "jar41.8-5-2TH1-9.sbn"]
        {
            assert!(!Version::of(old).unwrap().signed_with_new_key(), "{old}");
        }
        for new in
            ["SCCP45.8-5-2SR1S", "SIP45.8-5-3S", "jar11sip.8-5-4TH1-6.sbn", "SCCP45.9-4-2SR1-1S", "cnu.9-4-2ES9.sbn"]
        {
            assert!(Version::of(new).unwrap().signed_with_new_key(), "{new}");
        }
        assert!(!Version::of("SCCP45.8-3-2S").unwrap().knows_new_key());
        assert!(Version::of("SCCP45.8-3-3S").unwrap().knows_new_key());
    }

    #[test]
    fn the_image_family_is_in_every_name() {
        for name in ["SCCP45.8-5-2S", "jar45sccp.8-5-2TH1-9.sbn", "cnu45.8-5-2TH1-9.sbn"] {
            assert_eq!(family(name), "45");
        }
        assert_eq!(family("nothing.45"), "");
        assert_eq!(Version::of("term45.default.loads"), None);
    }
}
