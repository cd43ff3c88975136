//! Versions of four numbers, as Aastra, Mitel and Yealink write them: `2.6.0.2019-SIP`, `66.84.0.125`.

use std::fmt;
use std::str::FromStr;

/// Four numbers. The order is that of the numbers, one after the other; whether the first of them counts
/// is for whoever compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DottedVersion(pub [u32; 4]);

/// A text that holds no version of this kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotDotted;

impl fmt::Display for NotDotted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a version of numbers such as 2.6.0.2019-SIP or 66.84.0.125")
    }
}

impl std::error::Error for NotDotted {}

impl fmt::Display for DottedVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d] = self.0;
        write!(f, "{a}.{b}.{c}.{d}")
    }
}

impl FromStr for DottedVersion {
    type Err = NotDotted;

    /// Reads two to four numbers at the front of a text; those that are left out are zero, so `5.1.0` is
    /// the first build of that release. What follows begins with `-`, a blank or a bracket and says
    /// nothing about order: `-SIP`, `-0035-00-A1`, `(20211130)`.
    fn from_str(text: &str) -> Result<DottedVersion, NotDotted> {
        let text = text.trim();
        let end = text.find(['-', ' ', '(', '_']).unwrap_or(text.len());
        let (front, _) = text.split_at_checked(end).ok_or(NotDotted)?;
        let mut numbers = [0; 4];
        let mut count = 0;
        for part in front.split('.') {
            let is_number = (1..=9).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
            let place = numbers.get_mut(count).filter(|_| is_number).ok_or(NotDotted)?;
            *place = part.parse().map_err(|_| NotDotted)?;
            count += 1;
        }
        if count < 2 { Err(NotDotted) } else { Ok(DottedVersion(numbers)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_spelling_is_read() {
        for (text, said) in [
            ("2.6.0.2019-SIP", "2.6.0.2019"),
            ("66.84.0.125", "66.84.0.125"),
            ("2.0.1.1055-0035-00-A1", "2.0.1.1055"),
            ("96.86.0.45(20211130)", "96.86.0.45"),
            ("5.1.0", "5.1.0.0"),
            ("6.0", "6.0.0.0"),
        ] {
            assert_eq!(text.parse::<DottedVersion>().map(|v| v.to_string()).as_deref(), Ok(said), "{text}");
        }
        for odd in ["", "5", "5.", "5..1", "1.2.3.4.5", "a.b", "-SIP", "9999999999.1", "+1.2"] {
            assert_eq!(odd.parse::<DottedVersion>(), Err(NotDotted), "{odd}");
        }
    }

    #[test]
    fn builds_are_in_their_order() {
        let read = |t: &str| t.parse::<DottedVersion>().unwrap();
        for pair in [
            "2.6.0.1008",
            "2.6.0.2019-SIP",
            "3.3.1.4365",
            "4.2.0.2023",
            "5.0.0.2036",
            "5.1.0",
            "5.1.0.227",
            "6.0.0.368",
        ]
        .windows(2)
        {
            assert!(read(pair[0]) < read(pair[1]), "{pair:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back(numbers: [u16; 4]) {
            let version = DottedVersion(numbers.map(u32::from));
            prop_assert_eq!(version.to_string().parse(), Ok(version));
        }

        #[test]
        fn no_text_panics(text in "[0-9.()é-]{0,20}") {
            let _ = text.parse::<DottedVersion>();
        }
    }
}
