//! The signed header in front of firmware of the 79xx series (`.sbn`, `.sb2`, `.loads`, `.sbin`,
//! `.cop.sgn`) and of signed configurations.
//!
//! A stream of tag u8, length u16 big-endian, value; tag 0x0D is one pad byte without a length.
//! Containers are followed by their contents inline. The header says how long it is and what its
//! file is called. The signature is not checked here, nor could it say which generation of keys
//! made it: the signer's name is the same on every file. What can be read and is unlike every known file
//! all the same is [`Odd`].
//!
//! Sources: read from about 150 published files; tag names as in the public certutils tools.

mod odd;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use odd::Odd;
pub(in crate::image) use odd::is_one_bit;

use crate::text::escape;

mod tag {
    pub(super) const VERSION: u8 = 0x01;
    pub(super) const HEADER_LENGTH: u8 = 0x02;
    pub(super) const SIGNER: u8 = 0x03;
    pub(super) const SIGNER_NAME: u8 = 0x04;
    pub(super) const SIGNER_SERIAL: u8 = 0x05;
    pub(super) const ISSUER: u8 = 0x06;
    pub(super) const SIGNATURE_INFO: u8 = 0x07;
    pub(super) const DIGEST: u8 = 0x08;
    pub(super) const ALGORITHM_INFO: u8 = 0x09;
    pub(super) const ALGORITHM: u8 = 0x0a;
    pub(super) const MODULUS: u8 = 0x0b;
    pub(super) const SIGNATURE: u8 = 0x0c;
    pub(super) const PAD: u8 = 0x0d;
    pub(super) const FILE_NAME: u8 = 0x0e;
    pub(super) const TIMESTAMP: u8 = 0x0f;
    pub(super) const ENCRYPTION: std::ops::RangeInclusive<u8> = 0x10..=0x1b;
    pub(super) const ENCRYPTION_CONTAINERS: [u8; 3] = [0x10, 0x11, 0x15];
    pub(super) const SIGNER_VERSION: u8 = 0x1c;
}

/// What the header says. Texts are escaped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignedHeader {
    /// Major and minor: 1.1 firmware, 1.0 a signed configuration, 1.2 a trust list, 2.0 encrypted.
    pub version: (u8, u8),
    /// Bytes of the header, which is where the body begins.
    pub header_len: u16,
    /// The signer's distinguished name.
    pub signer: String,
    /// The serial number of the signer's certificate.
    pub signer_serial: Vec<u8>,
    /// The distinguished name of who issued that certificate.
    pub issuer: String,
    /// What the signature is a digest of.
    pub digest: Option<Digest>,
    /// Bytes of the signature.
    pub signature_len: usize,
    /// The name of the file at the time it was signed.
    pub file_name: String,
    /// Seconds since 1970, in configurations and trust lists only.
    pub timestamp: Option<u32>,
    /// Trust lists only.
    pub signer_version: Option<u16>,
    /// The body is encrypted.
    pub is_encrypted: bool,
    /// Tags without a known meaning, with their values, in order.
    pub unknown: Vec<(u8, Vec<u8>)>,
    /// What is unlike every file known, in the order it was found.
    pub odd: Vec<Odd>,
    /// Where each field begins, in order: tag, offset, and the length that a container gives itself.
    fields: Vec<(u8, usize, usize)>,
}

/// The digest that was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Digest {
    /// Code 1.
    Sha1,
    /// Code 2.
    Sha256,
    /// Code 3.
    Sha512,
    /// Any other code.
    Other(u8),
}

/// Why there is no header to be read. Offsets count from the start of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Malformed {
    /// The file does not begin like a signed file at all.
    NotSigned,
    /// The file ends within the header.
    Cut {
        /// Where the piece begins that is cut.
        at: usize,
        /// Bytes this piece takes, as far as can be told.
        need: usize,
        /// Bytes of it there are.
        have: usize,
        /// The tag of the piece; none where a tag was due.
        tag: Option<u8>,
    },
    /// The second field is not the header's length.
    NoHeaderLength {
        /// The tag found in its place.
        found: u8,
    },
    /// It begins like a signed file but for one bit.
    StartFlipped,
    /// All fields were there, and the header claims to be longer or shorter.
    Length {
        /// What it claims.
        said: u16,
    },
    /// A field runs over the end the header gives itself.
    Overrun {
        /// Where the field begins.
        at: usize,
        /// Which it is.
        tag: u8,
        /// Where the header says it ends.
        header_len: u16,
    },
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Malformed::NotSigned => f.write_str("no signed header"),
            Malformed::StartFlipped => f.write_str("one bit of its first eight bytes is wrong"),
            Malformed::Length { said } => write!(f, "it claims {said} bytes, and its fields end elsewhere"),
            Malformed::Cut { at, need, have, tag: Some(tag) } => {
                write!(f, "ends within field {tag:#04x} at byte {at}: {have} of {need} bytes")
            }
            Malformed::Cut { at, tag: None, .. } => write!(f, "ends within the header, at byte {at}"),
            Malformed::NoHeaderLength { found } => write!(f, "field {found:#04x} where the header length belongs"),
            Malformed::Overrun { at, tag, header_len } => {
                write!(f, "field {tag:#04x} at byte {at} runs over the header's end at {header_len}")
            }
        }
    }
}

impl std::error::Error for Malformed {}

impl SignedHeader {
    /// Reads the header at the front of a file.
    pub fn parse(file: &[u8]) -> Result<SignedHeader, Malformed> {
        const START: [u8; 3] = [tag::VERSION, 0, 2];
        // The version may be another: signed configurations have 1.0.
        if let Some(&[a, b, c, _, _, d, e, f]) = file.first_chunk::<8>()
            && is_one_bit(&[a, b, c, d, e, f], &[tag::VERSION, 0, 2, tag::HEADER_LENGTH, 0, 2])
        {
            return Err(Malformed::StartFlipped);
        }
        if !file.iter().zip(&START).all(|(have, want)| have == want) {
            return Err(Malformed::NotSigned);
        }
        let mut header = SignedHeader::default();
        header.read(file).map_err(|why| {
            // The name is the last field of firmware; what is wrong behind it is the length.
            let is_past_the_name = header.version == (1, 1) && header.fields.iter().any(|f| f.0 == tag::FILE_NAME);
            match why {
                Malformed::Cut { tag: Some(_), .. } | Malformed::Overrun { .. } if is_past_the_name => {
                    Malformed::Length { said: header.header_len }
                }
                why => why,
            }
        })?;
        Ok(header)
    }

    fn read(&mut self, file: &[u8]) -> Result<(), Malformed> {
        let header = self;
        let mut reader = Reader { file, at: 0, end: None };
        let (_, version) = reader.field()?;
        header.version = version.first_chunk().map_or((0, 0), |&[major, minor]| (major, minor));
        let (tag, length) = reader.field()?;
        if tag != tag::HEADER_LENGTH {
            return Err(Malformed::NoHeaderLength { found: tag });
        }
        let length: [u8; 2] = length.try_into().map_err(|_| Malformed::NoHeaderLength { found: tag })?;
        header.header_len = u16::from_be_bytes(length);
        reader.end = Some(header.header_len);
        let mut seen = [false; 256];
        let mut modulus = None;
        while reader.at < usize::from(header.header_len) {
            let at = reader.at;
            let (tag, value) = reader.field()?;
            if let Some(seen) = seen.get_mut(usize::from(tag)) {
                if *seen && tag != tag::PAD {
                    header.odd.push(Odd::Again(tag));
                }
                *seen = true;
            }
            let said = file.get(at + 1..).and_then(|r| r.first_chunk()).map_or(0, |&l| u16::from_be_bytes(l));
            header.fields.push((tag, at, usize::from(said)));
            header.take(tag, value, &mut modulus);
        }
        if reader.at > usize::from(header.header_len) {
            return Err(Malformed::Overrun { at: 0, tag: tag::HEADER_LENGTH, header_len: header.header_len });
        }
        for tag in [tag::SIGNER_NAME, tag::ISSUER, tag::DIGEST, tag::SIGNATURE, tag::FILE_NAME] {
            if !seen.get(usize::from(tag)).is_some_and(|&seen| seen) {
                header.odd.push(Odd::Absent(tag));
            }
        }
        if let Some(said) = modulus.filter(|&said| header.signature_len > 0 && said != header.signature_len) {
            header.odd.push(Odd::SignatureLength { said, have: header.signature_len });
        }
        Ok(())
    }

    /// The part of the file behind the header; empty when the file ends with it.
    pub fn body<'a>(&self, file: &'a [u8]) -> &'a [u8] {
        file.get(usize::from(self.header_len)..).unwrap_or_default()
    }

    fn take(&mut self, tag: u8, value: &[u8], modulus: &mut Option<usize>) {
        match tag {
            // Contents of containers follow inline and are taken one by one.
            tag::SIGNER | tag::SIGNATURE_INFO | tag::ALGORITHM_INFO | tag::PAD => {}
            tag::SIGNER_NAME => self.signer = self.text(tag, value),
            tag::SIGNER_SERIAL => self.signer_serial = value.to_vec(),
            tag::ISSUER => self.issuer = self.text(tag, value),
            tag::FILE_NAME => self.file_name = self.text(tag, value),
            tag::DIGEST => {
                if let Some([code]) = self.fixed(tag, value) {
                    self.digest = Some(match code {
                        1 => Digest::Sha1,
                        2 => Digest::Sha256,
                        3 => Digest::Sha512,
                        _ => {
                            self.odd.push(Odd::UnknownCode { tag, code });
                            Digest::Other(code)
                        }
                    });
                }
            }
            tag::ALGORITHM => match self.fixed(tag, value) {
                Some([0]) | None => {}
                Some([code]) => self.odd.push(Odd::UnknownCode { tag, code }),
            },
            tag::MODULUS => match self.fixed(tag, value) {
                Some([code @ 0..=3]) => *modulus = Some(64 << code),
                Some([code]) => self.odd.push(Odd::UnknownCode { tag, code }),
                None => {}
            },
            tag::SIGNATURE => self.signature_len = value.len(),
            tag::TIMESTAMP => self.timestamp = self.fixed(tag, value).map(u32::from_be_bytes),
            tag::SIGNER_VERSION => self.signer_version = self.fixed(tag, value).map(u16::from_be_bytes),
            tag if tag::ENCRYPTION.contains(&tag) => self.is_encrypted = true,
            tag => {
                self.odd.push(Odd::UnknownTag(tag));
                self.unknown.push((tag, value.to_vec()));
            }
        }
    }

    fn text(&mut self, tag: u8, value: &[u8]) -> String {
        match value.split_last() {
            Some((0, text)) => escape(text),
            _ => {
                self.odd.push(Odd::TextWithoutNul(tag));
                escape(value)
            }
        }
    }

    fn fixed<const N: usize>(&mut self, tag: u8, value: &[u8]) -> Option<[u8; N]> {
        let fixed = value.try_into().ok();
        if fixed.is_none() {
            self.odd.push(Odd::Length { tag, length: value.len() });
        }
        fixed
    }
}

struct Reader<'a> {
    file: &'a [u8],
    at: usize,
    end: Option<u16>,
}

impl<'a> Reader<'a> {
    /// The next field. Of a container only its tag and length are consumed.
    fn field(&mut self) -> Result<(u8, &'a [u8]), Malformed> {
        let at = self.at;
        let rest = self.file.get(at..).unwrap_or_default();
        let have = rest.len();
        let &tag = rest.first().ok_or(Malformed::Cut { at, need: 1, have, tag: None })?;
        if tag == tag::PAD {
            self.at += 1;
            return Ok((tag, &[]));
        }
        let Some(&[_, high, low]) = rest.first_chunk::<3>() else {
            return Err(Malformed::Cut { at, need: 3, have, tag: Some(tag) });
        };
        let is_container = [tag::SIGNER, tag::SIGNATURE_INFO, tag::ALGORITHM_INFO].contains(&tag)
            || tag::ENCRYPTION_CONTAINERS.contains(&tag);
        let length = if is_container { 0 } else { usize::from(u16::from_be_bytes([high, low])) };
        let need = 3 + length;
        if let Some(header_len) = self.end.filter(|&end| at + need > usize::from(end)) {
            return Err(Malformed::Overrun { at, tag, header_len });
        }
        let value = rest.get(3..need).ok_or(Malformed::Cut { at, need, have, tag: Some(tag) })?;
        self.at += need;
        Ok((tag, value))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{field, signed};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_firmware_header() {
        let file = signed("jar42sip.9-4-2ES26.sbn", b"body");
        let header = SignedHeader::parse(&file).unwrap();
        assert_eq!(header.version, (1, 1));
        assert_eq!(header.file_name, "jar42sip.9-4-2ES26.sbn");
        assert_eq!(header.signer, "CN=someSigner;OU=someOrgUnit;O=someOrg");
        assert_eq!(header.issuer, "CN=someCA;OU=someOrgUnit;O=someOrg");
        assert_eq!((header.digest, header.signature_len), (Some(Digest::Sha1), 256));
        assert_eq!((header.timestamp, header.is_encrypted), (None, false));
        assert_eq!(header.header_len % 4, 0, "padded");
        assert_eq!(header.body(&file), b"body");
        assert_eq!((header.unknown, header.odd), (vec![], vec![]));
    }

    #[test]
    fn every_place_to_cut_it_gives_its_own_answer() {
        let file = signed("apps42.9-4-2ES26.sbn", b"");
        let mut answers = Vec::new();
        for end in 0..file.len() {
            let answer = SignedHeader::parse(&file[..end]);
            let Err(Malformed::Cut { at, need, have, .. }) = answer else { panic!("{end}: {answer:?}") };
            assert_eq!(at + have, end);
            assert!(have < need);
            assert!(!answers.contains(&answer), "{end}: {answer:?}");
            answers.push(answer);
        }
    }

    #[test]
    fn an_unknown_field_is_kept_and_mentioned() {
        let mut file = signed("a.sbn", b"");
        file.extend(field(0x44, b"new"));
        let header_len = file.len() as u16;
        file[8..10].copy_from_slice(&header_len.to_be_bytes());
        let header = SignedHeader::parse(&file).unwrap();
        assert_eq!(header.unknown, [(0x44, b"new".to_vec())]);
        assert_eq!(header.odd, [Odd::UnknownTag(0x44)]);
    }

    #[test]
    fn headers_that_contradict_themselves() {
        let mut file = signed("a.sbn", b"body");
        file[8..10].copy_from_slice(&100u16.to_be_bytes());
        let answer = SignedHeader::parse(&file);
        assert!(matches!(answer, Err(Malformed::Overrun { header_len: 100, .. })), "{answer:?}");
        file[8..10].copy_from_slice(&3u16.to_be_bytes());
        let answer = SignedHeader::parse(&file);
        assert!(matches!(answer, Err(Malformed::Overrun { at: 0, .. })), "{answer:?}");
        file[5] = 0x0d;
        assert!(matches!(SignedHeader::parse(&file), Err(Malformed::NoHeaderLength { found: 0x0d })));
        assert_eq!(SignedHeader::parse(b"<html>"), Err(Malformed::NotSigned));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(at in 0usize..420, byte: u8, end in 0usize..420) {
            let mut file = signed("dsp42.9-4-2ES26.sbn", b"");
            if let Some(place) = file.get_mut(at) {
                *place = byte;
            }
            file.truncate(end);
            let _ = SignedHeader::parse(&file);
        }
    }
}
