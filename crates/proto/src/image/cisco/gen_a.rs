//! The image of a 7940 or 7960: a `.bin`, or what is behind the header of a `.sbn` or `.sb2`.
//!
//! There is no magic. The image name is at 0x20, NUL-padded; an inner id of eight characters at
//! 0x120; in loaders a length, u32 little-endian, at 0x138, which is the image's length less 0x20.
//! Sources: read from published files, the length from a single one, so it is believed only for
//! loaders.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::archive::Completeness;

const NAME_AT: usize = 0x20;
const ID_AT: usize = 0x120;
const ID_LEN: usize = 8;
const LENGTH_AT: usize = 0x138;
/// Bytes of its fixed front: fewer are no image.
pub const FIXED_LEN: usize = LENGTH_AT + 4;

/// What an image says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// The name it was built under.
    pub name: String,
    /// The inner id: `PAS30830` in a loader, where the `.loads` repeats it as `LA_VERSION`;
    /// `PA03Z031` or `PAS3ARM1` in applications.
    pub id: String,
    /// The number at 0x138.
    pub length_field: u32,
}

/// Why there is no image to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Malformed {
    /// Fewer bytes than its fixed front.
    Cut {
        /// Bytes the front takes.
        need: usize,
        /// Bytes there are.
        have: usize,
    },
    /// No printable name that begins with `P0` at 0x20.
    NoName,
    /// No id that begins with `PA` at 0x120.
    NoId,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Malformed::Cut { need, have } => write!(f, "ends within its front: {have} of {need} bytes"),
            Malformed::NoName => f.write_str("no image name"),
            Malformed::NoId => f.write_str("no image id"),
        }
    }
}

impl std::error::Error for Malformed {}

/// Whether images of these phones are called so: `P003…`, `P0S3…`, `P0M3…`, without an ending.
pub fn is_name(stem: &str) -> bool {
    let front = stem.get(..4).unwrap_or_default().to_ascii_uppercase();
    stem.len() >= 8 && ["P003", "P0S3", "P0M3"].contains(&front.as_str())
}

impl Image {
    /// Reads the front of an image.
    pub fn parse(body: &[u8]) -> Result<Image, Malformed> {
        // A name that can be read tells a cut image from something else.
        let rest = body.get(NAME_AT..).unwrap_or_default();
        let name: &[u8] = rest.split(|&b| b == 0).next().unwrap_or_default();
        let is_named = (4..=64).contains(&name.len()) && name.iter().all(u8::is_ascii_graphic);
        if !is_named || !name.to_ascii_uppercase().starts_with(b"P0") {
            return Err(Malformed::NoName);
        }
        let cut = Malformed::Cut { need: FIXED_LEN, have: body.len() };
        let id = body.get(ID_AT..ID_AT + ID_LEN).ok_or(cut)?;
        if !id.starts_with(b"PA") || !id.iter().all(u8::is_ascii_alphanumeric) {
            return Err(Malformed::NoId);
        }
        let length = body.get(LENGTH_AT..).and_then(|rest| rest.first_chunk()).ok_or(cut)?;
        let text = |bytes: &[u8]| bytes.iter().map(|&b| char::from(b)).collect();
        Ok(Image { name: text(name), id: text(id), length_field: u32::from_le_bytes(*length) })
    }

    /// Whether this is the universal loader: its id is `PAS` and digits.
    pub fn is_loader(&self) -> bool {
        self.id.strip_prefix("PAS").is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()))
    }

    /// Compares the length of a loader with what it says; for applications that is not known.
    pub fn completeness(&self, body_len: u64) -> Option<Completeness> {
        let expected = u64::from(self.length_field) + NAME_AT as u64;
        self.is_loader().then(|| match body_len.checked_sub(expected) {
            None => Completeness::Missing(expected - body_len),
            Some(0) => Completeness::Whole,
            Some(extra) => Completeness::Extra(extra),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::gen_a;
    use super::*;

    #[test]
    fn a_loader_knows_its_length() {
        let body = gen_a("P003-8-12-00", b"PAS30830", 0x400);
        let image = Image::parse(&body).unwrap();
        assert_eq!((image.name.as_str(), image.id.as_str()), ("P003-8-12-00", "PAS30830"));
        assert_eq!(image.completeness(0x400), Some(Completeness::Whole));
        assert_eq!(image.completeness(0x3ff), Some(Completeness::Missing(1)));
        assert_eq!(image.completeness(0x402), Some(Completeness::Extra(2)));
    }

    #[test]
    fn of_an_application_the_length_is_not_known() {
        let image = Image::parse(&gen_a("P0S3-8-12-00", b"PAS3ARM1", 0x400)).unwrap();
        assert_eq!((image.is_loader(), image.completeness(1)), (false, None));
    }

    #[test]
    fn what_is_no_image_says_why() {
        let body = gen_a("P003-8-12-00", b"PAS30830", 0x400);
        assert_eq!(Image::parse(&body[..0x10]), Err(Malformed::NoName));
        assert_eq!(Image::parse(&body[..0x100]), Err(Malformed::Cut { need: 0x13c, have: 0x100 }));
        assert_eq!(Image::parse(&body[..0x13a]), Err(Malformed::Cut { need: 0x13c, have: 0x13a }));
        assert_eq!(Image::parse(&gen_a("P003-8-12-00", b"ELF_____", 0x400)), Err(Malformed::NoId));
        assert_eq!(Image::parse(&[0; 0x400]), Err(Malformed::NoName));
    }
}
