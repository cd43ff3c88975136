//! A firmware file as a phone takes it: its beginning, its length and a sum over all but the sum itself.

use std::ops::Range;

use proto::tftp::Sink;

/// As much of a file as is kept: whole configurations, the heads of images.
const KEPT: usize = 64 * 1024;

/// A file as it arrives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    /// Its first bytes.
    pub(crate) head: Vec<u8>,
    /// Its length in bytes.
    pub(crate) len: u64,
    /// FNV-1a over all bytes but those of the hole.
    pub(crate) sum: u64,
    hole: Range<u64>,
}

impl Taken {
    /// Nothing yet. The bytes of the hole do not count.
    pub(crate) fn new(hole: Range<u64>) -> Taken {
        Taken { head: Vec::new(), len: 0, sum: 0xcbf2_9ce4_8422_2325, hole }
    }

    /// A whole file at once.
    pub(crate) fn of(hole: Range<u64>, bytes: &[u8]) -> Taken {
        let mut taken = Taken::new(hole);
        taken.write(bytes);
        taken
    }

    /// Everything, when it was short enough to keep.
    pub(crate) fn text(&self) -> Option<String> {
        (self.len == self.head.len() as u64).then(|| String::from_utf8_lossy(&self.head).into_owned())
    }

    /// Eight bytes of the beginning as a number.
    pub(crate) fn number(&self, at: usize) -> Option<u64> {
        self.head.get(at..)?.first_chunk().map(|n| u64::from_be_bytes(*n))
    }
}

impl Sink for Taken {
    fn write(&mut self, bytes: &[u8]) {
        let room = KEPT.saturating_sub(self.head.len());
        self.head.extend(bytes.iter().take(room));
        for byte in bytes {
            if !self.hole.contains(&self.len) {
                self.sum = (self.sum ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
            }
            self.len += 1;
        }
    }
}

/// Writes the sum of a file into its hole.
pub(crate) fn seal(hole: Range<u64>, bytes: &mut [u8]) {
    let sum = Taken::of(hole.clone(), bytes).sum;
    let at = usize::try_from(hole.start).unwrap_or(usize::MAX);
    bytes.iter_mut().skip(at).zip(sum.to_be_bytes()).for_each(|(byte, sealed)| *byte = sealed);
}

/// Text up to its first NUL, of a field of fixed size.
pub(crate) fn field(head: &[u8], at: usize, size: usize) -> Option<String> {
    let bytes = head.get(at..)?.get(..size)?;
    let text = bytes.split(|b| *b == 0).next().unwrap_or_default();
    Some(String::from_utf8_lossy(text).into_owned())
}
