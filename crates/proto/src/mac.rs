//! MAC addresses in every spelling people and phones use.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An Ethernet address, six bytes in wire order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Mac(pub [u8; 6]);

impl Mac {
    /// `ff:ff:ff:ff:ff:ff`.
    pub const BROADCAST: Mac = Mac([0xff; 6]);
    /// `00:00:00:00:00:00`, "not known" in ARP.
    pub const ZERO: Mac = Mac([0; 6]);

    /// The maker's part: the first three bytes.
    pub const fn oui(self) -> [u8; 3] {
        [self.0[0], self.0[1], self.0[2]]
    }

    /// Group bit set: broadcast or multicast, never one station.
    pub const fn is_group(self) -> bool {
        self.0[0] & 1 != 0
    }

    /// Twelve upper-case digits without separators, as in `SEP001122334455.cnf.xml`.
    pub fn bare_upper(self) -> String {
        self.bare(b"0123456789ABCDEF")
    }

    /// Twelve lower-case digits without separators, as in `001122334455.cfg`.
    pub fn bare_lower(self) -> String {
        self.bare(b"0123456789abcdef")
    }

    fn bare(self, digits: &[u8; 16]) -> String {
        let nibbles = self.0.iter().flat_map(|b| [b >> 4, b & 0x0f]);
        nibbles.map(|n| char::from(digits[usize::from(n)])).collect()
    }

    /// The last twelve of the last run of hex digits that has as many, in a file name or host name
    /// (`SEP0011BB73AD61.cnf.xml`), since a name often is the only thing that tells phones apart.
    pub fn find_in(name: &str) -> Option<Mac> {
        let bytes = name.as_bytes();
        let mut end = bytes.len();
        while end > 0 {
            let start = bytes[..end].iter().rposition(|b| !b.is_ascii_hexdigit()).map_or(0, |p| p + 1);
            // `SEP…` ends in a hex digit (`E` is followed by `P`, which is not one), but `CTLSEP` and
            // file names such as `face001122334455` can glue digits in front: take the last twelve.
            if end - start >= 12 {
                return name.get(end - 12..end)?.parse().ok();
            }
            end = start.saturating_sub(1);
        }
        None
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text was not twelve hex digits with `:`, `-`, `.` or blanks between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadMac;

impl fmt::Display for BadMac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a MAC address is twelve hex digits, as in 00:11:22:33:44:55, 0011.2233.4455 or 001122334455")
    }
}

impl std::error::Error for BadMac {}

impl FromStr for Mac {
    type Err = BadMac;
    fn from_str(text: &str) -> Result<Mac, BadMac> {
        let mut mac = [0u8; 6];
        let mut digits = 0usize;
        for c in text.trim().chars() {
            if matches!(c, ':' | '-' | '.' | ' ') {
                continue;
            }
            let digit = c.to_digit(16).ok_or(BadMac)?;
            let byte = mac.get_mut(digits / 2).ok_or(BadMac)?;
            *byte = *byte << 4 | u8::try_from(digit).map_err(|_| BadMac)?;
            digits += 1;
        }
        if digits == 12 { Ok(Mac(mac)) } else { Err(BadMac) }
    }
}

impl Serialize for Mac {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Mac {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Mac, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Six pairs of hex digits with colons, as it is written everywhere.
#[cfg(feature = "schema")]
impl schemars::JsonSchema for Mac {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Mac".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "An Ethernet address.",
            "pattern": "^([0-9a-f]{2}:){5}[0-9a-f]{2}$",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const M: Mac = Mac([0x00, 0x11, 0xbb, 0x73, 0xad, 0x61]);

    #[test]
    fn every_spelling_reads_the_same() {
        for text in ["00:11:bb:73:ad:61", "00-11-BB-73-AD-61", "0011.bb73.ad61", " 0011BB73AD61 ", "00 11 bb 73 ad 61"]
        {
            assert_eq!(text.parse(), Ok(M), "{text}");
        }
        for text in ["", "00:11:bb:73:ad", "0011bb73ad6100", "0011bb73ad6g", "ü0011bb73ad6"] {
            assert_eq!(text.parse::<Mac>(), Err(BadMac), "{text}");
        }
    }

    #[test]
    fn found_in_file_names() {
        for name in ["SEP0011BB73AD61.cnf.xml", "CTLSEP0011BB73AD61.tlv", "./SIP0011BB73AD61.cnf", "0011bb73ad61.cfg"] {
            assert_eq!(Mac::find_in(name), Some(M), "{name}");
        }
        for name in ["XMLDefault.cnf.xml", "", "ü", "y000000000.cfg", "SCCP45.9-4-2SR3-1S.loads"] {
            assert_eq!(Mac::find_in(name), None, "{name}");
        }
    }
}
