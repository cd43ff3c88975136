//! Made-up Aastra and Mitel `.st` images.
//!
//! Nothing public tells the format, so nothing here imitates it: noise with the model and the version in
//! clear text near the beginning, and a sum by which a simulated phone knows a damaged file. Whoever reads
//! these can learn no more from them than from a real one: text strings.

use std::ops::Range;

use super::taken::{Taken, field, seal};
use crate::rng::{Rng, seed_of};

/// Where the sum stands.
pub(crate) const HOLE: Range<u64> = 8..16;
const START: [u8; 8] = [0x7d, 0x11, 0xa4, 0x5e, 0x03, 0xc2, 0x99, 0x60];
const LENGTH: usize = 16;
const MODEL: usize = 32;
const VERSION: usize = 64;
const BODY: usize = 96;

/// An image to be made up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StSpec {
    /// The model as its file is named: `57i`, `6867i`.
    pub model: String,
    /// `3.3.1.4365`.
    pub version: String,
    /// Bytes; at least some hundred.
    pub size: usize,
}

/// The file.
pub fn st(spec: &StSpec) -> Vec<u8> {
    let mut rng = Rng::new(seed_of(format!("{} {}", spec.model, spec.version).as_bytes()));
    let mut file = vec![0; BODY];
    file.resize_with(spec.size.max(2 * BODY), || rng.next().to_be_bytes()[0]);
    let length = (file.len() as u64).to_be_bytes();
    for (at, bytes) in
        [(0, &START[..]), (LENGTH, &length), (MODEL, spec.model.as_bytes()), (VERSION, spec.version.as_bytes())]
    {
        file.iter_mut().skip(at).zip(bytes.iter().take(31)).for_each(|(byte, new)| *byte = *new);
    }
    seal(HOLE, &mut file);
    file
}

/// What a phone finds in an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Image {
    pub(crate) model: String,
    pub(crate) version: String,
    pub(crate) sum: u64,
}

/// Why a phone does not take an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoImage {
    /// It is no firmware at all.
    Foreign,
    /// Bytes are missing, too many, or changed.
    Damaged,
}

/// What the beginning tells, before the rest is there.
pub(crate) fn head(taken: &Taken) -> Option<Image> {
    let begins = taken.head.starts_with(&START);
    let model = field(&taken.head, MODEL, 32).filter(|_| begins)?;
    Some(Image { model, version: field(&taken.head, VERSION, 32)?, sum: taken.number(8)? })
}

/// A whole file.
pub(crate) fn whole(taken: &Taken) -> Result<Image, NoImage> {
    let image = head(taken).ok_or(NoImage::Foreign)?;
    let sound = taken.number(LENGTH) == Some(taken.len) && taken.sum == image.sum;
    if sound { Ok(image) } else { Err(NoImage::Damaged) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> StSpec {
        StSpec { model: "57i".into(), version: "3.3.1.4365".into(), size: 5_000 }
    }

    #[test]
    fn what_is_made_is_taken_and_what_was_tampered_with_is_not() {
        let good = st(&spec());
        assert_eq!(good.len(), 5_000);
        let image = whole(&Taken::of(HOLE, &good)).unwrap();
        assert_eq!((image.model.as_str(), image.version.as_str()), ("57i", "3.3.1.4365"));
        assert_eq!(whole(&Taken::of(HOLE, &good[..4_000])), Err(NoImage::Damaged));
        let mut flipped = good.clone();
        flipped[4_000] ^= 1;
        assert_eq!(whole(&Taken::of(HOLE, &flipped)), Err(NoImage::Damaged));
        assert_eq!(whole(&Taken::of(HOLE, b"<html>404</html>")), Err(NoImage::Foreign));
    }
}
