//! The header of a Yealink firmware file, a `.rom`: 128 bytes in clear text, numbers big-endian. What
//! is behind it is scrambled and not looked at.
//!
//! | offset | bytes | what |
//! | --- | --- | --- |
//! | 0x00 | 4 | magic `AD 24 EC 0B` |
//! | 0x04 | 4 | length of the header: 128 |
//! | 0x08 | 4 | CRC-32 of the header with these four bytes as zero |
//! | 0x14 | 4 | length: whether of the file or of what is behind the header is not known |
//! | 0x20 | 4 | device number, the first number of the version |
//! | 0x24 | 16 | device name, NUL-padded |
//! | 0x34 | 16 | brand, NUL-padded; `NULL` on unbranded files |
//! | 0x44 | 16 | version, NUL-padded |
//!
//! Sources: a research article with a hex dump, and its authors' description of the format; verified on
//! one file of the T4xS series only. So another magic means "not known", never "bad".

use std::fmt;

use crate::text::escape;

const MAGIC: [u8; 4] = [0xad, 0x24, 0xec, 0x0b];
/// Bytes of the header.
pub const HEADER_LEN: usize = 128;
const CRC_AT: usize = 0x08;

/// What the header says. Texts are escaped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rom {
    /// The CRC-32 that the header carries.
    pub crc: u32,
    /// The CRC-32 that its bytes have.
    pub crc_is: u32,
    /// A length in bytes, of the file or of what is behind the header.
    pub length: u32,
    /// The device number, which is the first number of the version (66).
    pub device_id: u32,
    /// The device's name (`T46S`).
    pub device: String,
    /// The brand; `NULL` on unbranded files.
    pub oem: String,
    /// The version (`66.84.0.125`).
    pub version: String,
}

/// Why there is no header to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// It does not begin like any file that is known.
    NotARom,
    /// It begins with the magic but for one bit.
    MagicFlipped,
    /// It ends within the header.
    Cut {
        /// Bytes there are.
        have: usize,
    },
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Malformed::NotARom => f.write_str("no header that is known"),
            Malformed::MagicFlipped => f.write_str("one bit of its first four bytes is wrong"),
            Malformed::Cut { have } => write!(f, "ends within its header: {have} of {HEADER_LEN} bytes"),
        }
    }
}

impl std::error::Error for Malformed {}

impl Rom {
    /// Reads the header at the front of a file.
    pub fn parse(file: &[u8]) -> Result<Rom, Malformed> {
        let Some(magic) = file.first_chunk::<4>() else {
            let is_begin = file.len() >= 2 && MAGIC.starts_with(file);
            return Err(if is_begin { Malformed::Cut { have: file.len() } } else { Malformed::NotARom });
        };
        match (u32::from_be_bytes(*magic) ^ u32::from_be_bytes(MAGIC)).count_ones() {
            0 => {}
            // Its own CRC tells a damaged header from a file of another kind.
            1 => return Err(if crc_fits(file) { Malformed::MagicFlipped } else { Malformed::NotARom }),
            _ => return Err(Malformed::NotARom),
        }
        let header: &[u8; HEADER_LEN] = file.first_chunk().ok_or(Malformed::Cut { have: file.len() })?;
        Ok(Rom {
            crc: number(header, CRC_AT),
            crc_is: crc(header),
            length: number(header, 0x14),
            device_id: number(header, 0x20),
            device: text(header, 0x24),
            oem: text(header, 0x34),
            version: text(header, 0x44),
        })
    }

    /// Whether the header is as it was made.
    pub const fn is_sound(&self) -> bool {
        self.crc == self.crc_is
    }

    /// Whether the file carries a brand: it is for the phones of one provider.
    pub fn brand(&self) -> Option<&str> {
        Some(self.oem.as_str()).filter(|oem| !oem.is_empty() && !oem.eq_ignore_ascii_case("NULL"))
    }

    /// The name that the maker's pattern gives such a file: `T46S-66.84.0.125.rom`.
    pub fn plain_name(&self) -> Option<String> {
        let is_plain = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_alphanumeric() || b"._".contains(&b));
        (is_plain(&self.device) && is_plain(&self.version)).then(|| format!("{}-{}.rom", self.device, self.version))
    }

    /// Bytes missing (negative) or too many, when the length fits neither reading of it.
    pub fn length_is_off(&self, file_len: u64) -> Option<i64> {
        let whole = i64::from(self.length);
        let body = whole + HEADER_LEN as i64;
        let have = i64::try_from(file_len).unwrap_or(i64::MAX);
        match have {
            n if n == whole || n == body => None,
            n if n < whole => Some(n - whole),
            n if n < body => Some(n - body),
            n => Some(n - body),
        }
    }
}

/// Whether the file's front has the CRC that it says, were its magic right.
fn crc_fits(file: &[u8]) -> bool {
    let Some(header) = file.first_chunk::<HEADER_LEN>() else { return false };
    let mut right = *header;
    right.iter_mut().zip(MAGIC).for_each(|(to, from)| *to = from);
    crc(&right) == number(&right, CRC_AT)
}

fn crc(header: &[u8; HEADER_LEN]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    let (before, rest) = header.split_at(CRC_AT);
    hasher.update(before);
    hasher.update(&[0; 4]);
    hasher.update(rest.get(4..).unwrap_or_default());
    hasher.finalize()
}

fn number(header: &[u8; HEADER_LEN], at: usize) -> u32 {
    header.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |raw| u32::from_be_bytes(*raw))
}

fn text(header: &[u8; HEADER_LEN], at: usize) -> String {
    let field = header.get(at..at + 16).unwrap_or_default();
    escape(field.split(|&b| b == 0).next().unwrap_or_default())
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used, reason = "helpers of tests")]
    use super::*;
    use proptest::prelude::*;

    /// A header as described, and a body of this length; the length field counts the whole file.
    pub(crate) fn rom(device: &str, id: u32, version: &str, body: usize) -> Vec<u8> {
        let mut file = vec![0u8; HEADER_LEN];
        let mut put = |at: usize, bytes: &[u8]| file[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, &MAGIC);
        put(4, &128u32.to_be_bytes());
        put(0x0c, &[3, 0, 0, 3]);
        put(0x10, &2u32.to_be_bytes());
        put(0x14, &((HEADER_LEN + body) as u32).to_be_bytes());
        put(0x18, &[0xff; 4]);
        put(0x1c, &5u32.to_be_bytes());
        put(0x20, &id.to_be_bytes());
        put(0x24, device.as_bytes());
        put(0x34, b"NULL");
        put(0x44, version.as_bytes());
        put(0x64, b"ACD");
        let sum = crc(file.first_chunk().unwrap());
        file[8..12].copy_from_slice(&sum.to_be_bytes());
        file.resize(HEADER_LEN + body, 0x5a);
        file
    }

    /// The published values of T46S 66.84.0.15 give the published CRC.
    #[test]
    fn the_published_header_has_the_published_sum() {
        let mut file = rom("T46S", 66, "66.84.0.15", 0);
        file[0x14..0x18].copy_from_slice(&0x01bd_7eb0u32.to_be_bytes());
        file[8..12].copy_from_slice(&0x7731_6601u32.to_be_bytes());
        let rom = Rom::parse(&file).unwrap();
        assert!(rom.is_sound(), "{:#x} and {:#x}", rom.crc, rom.crc_is);
        assert_eq!((rom.device.as_str(), rom.device_id, rom.version.as_str()), ("T46S", 66, "66.84.0.15"));
        assert_eq!((rom.brand(), rom.length), (None, 29_195_952));
        assert_eq!(rom.plain_name().as_deref(), Some("T46S-66.84.0.15.rom"));
    }

    #[test]
    fn either_reading_of_the_length_is_taken() {
        let file = rom("T46S", 66, "66.84.0.15", 1_000);
        let rom = Rom::parse(&file).unwrap();
        for (len, off) in [(1_128, None), (1_256, None), (1_127, Some(-1)), (1_255, Some(-1)), (1_257, Some(1))] {
            assert_eq!(rom.length_is_off(len), off, "{len}");
        }
    }

    #[test]
    fn every_flipped_bit_of_the_header_is_seen() {
        let file = rom("T46S", 66, "66.84.0.15", 16);
        for bit in 0..HEADER_LEN * 8 {
            let mut bad = file.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            let seen = Rom::parse(&bad).map(|rom| rom.is_sound());
            assert!(matches!(seen, Ok(false) | Err(Malformed::MagicFlipped)), "bit {bit}: {seen:?}");
        }
    }

    #[test]
    fn what_is_cut_or_something_else_says_so() {
        let file = rom("T46S", 66, "66.84.0.15", 16);
        for end in 2..HEADER_LEN {
            assert_eq!(Rom::parse(&file[..end]), Err(Malformed::Cut { have: end }));
        }
        assert_eq!(Rom::parse(b""), Err(Malformed::NotARom));
        assert_eq!(Rom::parse(b"another kind of image"), Err(Malformed::NotARom));
        let mut other = file;
        other[0x34..0x39].copy_from_slice(b"TELCO");
        assert_eq!(Rom::parse(&other).unwrap().brand(), Some("TELCO"));
    }

    proptest! {
        #[test]
        fn what_is_put_in_comes_out(device in "[A-Z0-9_]{1,16}", id: u32, version in "[0-9.]{1,16}", body in 0usize..64) {
            let file = rom(&device, id, &version, body);
            let rom = Rom::parse(&file).unwrap();
            prop_assert!(rom.is_sound());
            prop_assert_eq!((&rom.device, rom.device_id, &rom.version), (&device, id, &version));
            prop_assert_eq!(rom.length_is_off(file.len() as u64), None);
        }

        #[test]
        fn no_bytes_panic(changes in proptest::collection::vec((0usize..160, any::<u8>()), 0..8), end in 0usize..160) {
            let mut file = rom("T46S", 66, "66.84.0.15", 32);
            for (at, byte) in changes {
                file[at] = byte;
            }
            file.truncate(end);
            if let Ok(rom) = Rom::parse(&file) {
                let _ = (rom.brand(), rom.plain_name(), rom.length_is_off(end as u64));
            }
        }
    }
}
