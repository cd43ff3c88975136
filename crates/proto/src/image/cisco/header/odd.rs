//! What is unlike the signed headers that are known, in a header that can be read: a bit that was flipped, a field
//! that is absent, another signer. Whether a header can be read at all is deliberately not here.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Digest, SignedHeader, tag};

/// Something in a header that can be read but is unlike the files known. Tags are meant by numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Odd {
    /// A field that every file has is not there.
    Absent(u8),
    /// A field has another length than in every file.
    Length {
        /// Which.
        tag: u8,
        /// Its length.
        length: usize,
    },
    /// A text without its NUL.
    TextWithoutNul(u8),
    /// A field without a known meaning.
    UnknownTag(u8),
    /// A digest or modulus code without a known meaning.
    UnknownCode {
        /// In which field.
        tag: u8,
        /// The code.
        code: u8,
    },
    /// A field stands there twice.
    Again(u8),
    /// A container's length does not fit what is in it.
    Container {
        /// Which.
        tag: u8,
        /// What it says.
        said: usize,
        /// In truth.
        have: usize,
    },
    /// Another version of the header than all firmware has, which is 1.1.
    Version(u8, u8),
    /// A value that differs by one bit from the one that all known firmware has.
    Flipped(u8),
    /// A value that all known firmware has is another one here.
    Uncommon(u8),
    /// The header's length is not a multiple of four.
    Unpadded(u16),
    /// The signature is not as long as the modulus says.
    SignatureLength {
        /// By the modulus code.
        said: usize,
        /// In truth.
        have: usize,
    },
}

impl fmt::Display for Odd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Odd::Absent(tag) => write!(f, "field {tag:#04x} is absent"),
            Odd::Length { tag, length } => write!(f, "field {tag:#04x} is {length} bytes long"),
            Odd::TextWithoutNul(tag) => write!(f, "text {tag:#04x} has no end"),
            Odd::UnknownTag(tag) => write!(f, "field {tag:#04x} is not known"),
            Odd::UnknownCode { tag, code } => write!(f, "code {code} in field {tag:#04x} is not known"),
            Odd::Again(tag) => write!(f, "field {tag:#04x} stands there twice"),
            Odd::Container { tag, said, have } => {
                write!(f, "field {tag:#04x} says it holds {said} bytes and holds {have}")
            }
            Odd::Version(major, minor) => write!(f, "header version {major}.{minor}, where firmware has 1.1"),
            Odd::Flipped(tag) => write!(f, "one bit of field {tag:#04x} is not as in every known file"),
            Odd::Uncommon(tag) => write!(f, "field {tag:#04x} is another than in every known file"),
            Odd::Unpadded(length) => write!(f, "a length of {length} bytes, which is no multiple of four"),
            Odd::SignatureLength { said, have } => write!(f, "signature of {have} bytes where {said} are announced"),
        }
    }
}

impl Odd {
    /// Whether the file may be good all the same: signed by somebody else, or of a kind that was not known.
    pub const fn may_be_meant(&self) -> bool {
        matches!(self, Odd::UnknownTag(_) | Odd::Uncommon(_))
    }
}

impl SignedHeader {
    /// What is unlike the header that all published firmware has, beside [`SignedHeader::odd`]. Only to be
    /// asked of firmware of the 79xx series: signed configurations and other packs are signed otherwise.
    pub fn unlike_firmware(&self) -> Vec<Odd> {
        let mut odd = Vec::new();
        if self.version != (1, 1) {
            odd.push(Odd::Version(self.version.0, self.version.1));
        }
        if !self.header_len.is_multiple_of(4) {
            odd.push(Odd::Unpadded(self.header_len));
        }
        let begin = |tag: u8| self.fields.iter().find(|f| f.0 == tag).map(|f| f.1);
        for tag in
            [tag::SIGNER, tag::SIGNER_SERIAL, tag::SIGNATURE_INFO, tag::ALGORITHM_INFO, tag::ALGORITHM, tag::MODULUS]
        {
            if begin(tag).is_none() {
                odd.push(Odd::Absent(tag));
            }
        }
        let next = [
            (tag::SIGNER, tag::SIGNATURE_INFO),
            (tag::SIGNATURE_INFO, tag::SIGNATURE),
            (tag::ALGORITHM_INFO, tag::SIGNATURE),
        ];
        for (container, next) in next {
            let Some((_, at, said)) = self.fields.iter().find(|f| f.0 == container).copied() else { continue };
            let have = begin(next).map_or(0, |end| end.saturating_sub(at + 3));
            if said != have {
                odd.push(Odd::Container { tag: container, said, have });
            }
        }
        for (tag, have, usual) in [
            (tag::SIGNER_NAME, self.signer.as_bytes(), SIGNER.as_bytes()),
            (tag::SIGNER_SERIAL, self.signer_serial.as_slice(), &SERIAL),
            (tag::ISSUER, self.issuer.as_bytes(), ISSUER.as_bytes()),
        ] {
            // A flipped bit may make a character one that is shown escaped.
            let is_near = is_one_bit(have, usual) || have.len() != usual.len() && have.contains(&b'\\');
            match have == usual {
                true => {}
                false if is_near => odd.push(Odd::Flipped(tag)),
                false => odd.push(Odd::Uncommon(tag)),
            }
        }
        if !matches!(self.digest, None | Some(Digest::Sha1 | Digest::Other(_))) {
            odd.push(Odd::Uncommon(tag::DIGEST));
        }
        odd
    }
}

/// Who signed all published firmware, word for word.
const SIGNER: &str = "CN=someSigner;OU=someOrgUnit;O=someOrg";
const SERIAL: [u8; 8] = [0x12, 0x34, 0x56, 0x78, 0x90, 0xab, 0xcd, 0xef];
const ISSUER: &str = "CN=someCA;OU=someOrgUnit;O=someOrg";

/// Whether two texts of the same length differ in one bit.
pub(in crate::image) fn is_one_bit(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).map(|(a, b)| (a ^ b).count_ones()).sum::<u32>() == 1
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{field, signed};
    use super::*;

    #[test]
    fn published_firmware_is_like_published_firmware() {
        let header = SignedHeader::parse(&signed("jar42sip.9-4-2ES26.sbn", b"body")).unwrap();
        assert_eq!((header.signer.as_str(), header.issuer.as_str()), (SIGNER, ISSUER));
        assert_eq!((header.odd.as_slice(), header.unlike_firmware().as_slice()), (&[][..], &[][..]));
    }

    #[test]
    fn another_signer_may_be_meant_and_a_flipped_bit_may_not() {
        let good = signed("jar42sip.9-4-2ES26.sbn", b"body");
        let at = good.windows(10).position(|w| w == b"someSigner").unwrap();
        let odd = |bytes: &[u8]| SignedHeader::parse(bytes).unwrap().unlike_firmware();
        let mut other = good.clone();
        other[at..at + 10].copy_from_slice(b"developers");
        assert_eq!(odd(&other), [Odd::Uncommon(0x04)]);
        assert!(odd(&other)[0].may_be_meant());
        let mut flipped = good;
        flipped[at] ^= 2;
        assert_eq!(odd(&flipped), [Odd::Flipped(0x04)]);
        assert!(!odd(&flipped)[0].may_be_meant());
    }

    #[test]
    fn what_is_unlike_other_files_is_mentioned() {
        let mut file = field(0x01, &[1, 0]);
        for (tag, value) in [
            (0x02, &[0, 0][..]),
            (0x04, b"CN=x"),
            (0x08, &[9]),
            (0x0b, &[2]),
            (0x0c, &[0; 8]),
            (0x0f, &[0, 0, 1]),
            (0x0e, b"a.cnf\0"),
        ] {
            file.extend(field(tag, value));
        }
        let header_len = file.len() as u16;
        file[8..10].copy_from_slice(&header_len.to_be_bytes());
        let header = SignedHeader::parse(&file).unwrap();
        assert_eq!(
            header.odd,
            [
                Odd::TextWithoutNul(0x04),
                Odd::UnknownCode { tag: 0x08, code: 9 },
                Odd::Length { tag: 0x0f, length: 3 },
                Odd::Absent(0x06),
                Odd::SignatureLength { said: 256, have: 8 },
            ]
        );
    }
}
