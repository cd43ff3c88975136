//! Made-up Yealink firmware: `.rom` with its header in clear, and the `.bin` and `.rfs` of a recovery set.
//!
//! The header is that of published images: 128 bytes, big-endian, its own CRC-32 (IEEE 802.3) over the 128
//! bytes with the CRC's place as zeros. Behind it stands noise; its first eight bytes are a sum by which a
//! simulated phone knows a damaged file. `.bin` and `.rfs` have no known format: a sum, a name, and noise.

use std::ops::Range;

use super::taken::{Taken, field, seal};
use crate::rng::{Rng, seed_of};

/// Where the sum of a `.rom` stands: at the beginning of what would be scrambled.
pub(crate) const HOLE: Range<u64> = 0x80..0x88;
/// Where the sum of a `.bin` or `.rfs` stands.
pub(crate) const PART_HOLE: Range<u64> = 0..8;
const HEADER: usize = 0x80;
const MAGIC: [u8; 4] = [0xad, 0x24, 0xec, 0x0b];

/// An image to be made up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RomSpec {
    /// The firmware family number: the first number of the version.
    pub device: u32,
    /// The device name inside: `T46S`, `T21D`.
    pub name: String,
    /// Whose brand it is; `NULL` for none.
    pub oem: String,
    /// `66.84.0.15`.
    pub version: String,
    /// Bytes of the whole file; at least 256.
    pub size: usize,
}

impl RomSpec {
    /// The vendor's own image.
    pub fn new(name: &str, version: &str, size: usize) -> RomSpec {
        let device = version.split('.').next().and_then(|n| n.parse().ok()).unwrap_or(0);
        RomSpec { device, name: name.to_owned(), oem: "NULL".to_owned(), version: version.to_owned(), size }
    }
}

/// The file.
pub fn rom(spec: &RomSpec) -> Vec<u8> {
    let mut rng = Rng::new(seed_of(format!("{} {}", spec.name, spec.version).as_bytes()));
    let mut file = vec![0; HEADER];
    file.resize_with(spec.size.max(2 * HEADER), || rng.next().to_be_bytes()[0]);
    // What published headers say of their length is that of the whole file.
    let length = u32::try_from(file.len()).unwrap_or(u32::MAX).to_be_bytes();
    let fields: [(usize, &[u8]); 13] = [
        (0x00, &MAGIC),
        (0x04, &[0, 0, 0, 0x80]),
        (0x0c, &[3, 0, 0, 3]),
        (0x10, &[0, 0, 0, 2]),
        (0x14, &length),
        (0x18, &[0xff; 4]),
        (0x1c, &[0, 0, 0, 5]),
        (0x20, &spec.device.to_be_bytes()),
        (0x24, spec.name.as_bytes()),
        (0x34, spec.oem.as_bytes()),
        (0x44, spec.version.as_bytes()),
        (0x64, b"ACD"),
        (0x74, &[0; 12]),
    ];
    for (at, bytes) in fields {
        file.iter_mut().skip(at).zip(bytes.iter().take(16)).for_each(|(byte, new)| *byte = *new);
    }
    let sum = crc32(file.get(..HEADER).unwrap_or_default()).to_be_bytes();
    file.iter_mut().skip(8).zip(sum).for_each(|(byte, new)| *byte = new);
    seal(HOLE, &mut file);
    file
}

/// A `.bin` or `.rfs` of a recovery set for this device.
pub fn part(name: &str, size: usize) -> Vec<u8> {
    let mut rng = Rng::new(seed_of(name.as_bytes()));
    let mut file = vec![0; 32];
    file.resize_with(size.max(64), || rng.next().to_be_bytes()[0]);
    file.iter_mut().skip(8).zip(name.bytes().take(23)).for_each(|(byte, new)| *byte = new);
    seal(PART_HOLE, &mut file);
    file
}

/// What a phone finds in an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Image {
    pub(crate) device: u32,
    pub(crate) name: String,
    pub(crate) oem: String,
    pub(crate) version: String,
}

/// Why a phone does not take a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoImage {
    /// It is no firmware at all.
    Foreign,
    /// Bytes are missing, too many, or changed.
    Damaged,
}

/// What the header tells.
pub(crate) fn head(taken: &Taken) -> Option<Image> {
    let header = taken.head.get(..HEADER).filter(|h| h.starts_with(&MAGIC))?;
    let word = |at: usize| header.get(at..)?.first_chunk().map(|n| u32::from_be_bytes(*n));
    let mut bare = header.to_vec();
    bare.iter_mut().skip(8).take(4).for_each(|byte| *byte = 0);
    if word(8)? != crc32(&bare) {
        return None;
    }
    Some(Image {
        device: word(0x20)?,
        name: field(header, 0x24, 16)?,
        oem: field(header, 0x34, 16)?,
        version: field(header, 0x44, 16)?,
    })
}

/// A whole `.rom`.
pub(crate) fn whole(taken: &Taken) -> Result<Image, NoImage> {
    let image = head(taken).ok_or(NoImage::Foreign)?;
    let length = taken.head.get(0x14..).and_then(|h| h.first_chunk()).map(|n| u64::from(u32::from_be_bytes(*n)));
    let sound = length == Some(taken.len) && taken.number(HEADER) == Some(taken.sum);
    if sound { Ok(image) } else { Err(NoImage::Damaged) }
}

/// A whole `.bin` or `.rfs`; answers the name inside.
pub(crate) fn whole_part(taken: &Taken) -> Result<String, NoImage> {
    let name = field(&taken.head, 8, 24).ok_or(NoImage::Foreign)?;
    if taken.number(0) == Some(taken.sum) { Ok(name) } else { Err(NoImage::Damaged) }
}

/// CRC-32 of IEEE 802.3, as zlib has it.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |sum: u32, byte: &u8| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 })
    };
    !bytes.iter().fold(u32::MAX, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_header_comes_out_with_its_published_crc() {
        let mut file = rom(&RomSpec::new("T46S", "66.84.0.15", 4_000));
        file.truncate(HEADER);
        file[0x14..0x18].copy_from_slice(&0x01bd_7eb0_u32.to_be_bytes());
        file[8..12].fill(0);
        assert_eq!(crc32(&file), 0x7731_6601);
    }

    #[test]
    fn what_is_made_is_taken_and_what_was_tampered_with_is_not() {
        let good = rom(&RomSpec::new("T46S", "66.84.0.15", 4_000));
        let taken = |bytes: &[u8]| Taken::of(HOLE, bytes);
        let image = whole(&taken(&good)).unwrap();
        assert_eq!((image.device, image.name.as_str(), image.oem.as_str()), (66, "T46S", "NULL"));
        assert_eq!(whole(&taken(&good[..3_000])), Err(NoImage::Damaged));
        let mut changed = good.clone();
        changed[3_000] ^= 1;
        assert_eq!(whole(&taken(&changed)), Err(NoImage::Damaged));
        changed = good;
        changed[0x24] ^= 1;
        assert_eq!(whole(&taken(&changed)), Err(NoImage::Foreign), "its CRC is wrong");
        let bin = part("T2XD.bin", 500);
        assert_eq!(whole_part(&Taken::of(PART_HOLE, &bin)).as_deref(), Ok("T2XD.bin"));
        assert_eq!(whole_part(&Taken::of(PART_HOLE, &bin[..400])), Err(NoImage::Damaged));
    }
}
