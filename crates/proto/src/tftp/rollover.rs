//! Block numbers past 65535: the machines count blocks in 64 bits, the wire in 16.
//!
//! RFC 1350 does not say what follows block 65535. Most go on with 0, some with 1; both ends of a
//! transfer have to agree beforehand.

use serde::{Deserialize, Serialize};

/// The widest window whose block numbers stay unambiguous in 16 bits under either rollover.
pub const WIDEST_WINDOW: u16 = 32_767;

/// The block number that follows 65535.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rollover {
    /// 65535 is followed by 0.
    #[default]
    Zero,
    /// 65535 is followed by 1.
    One,
}

impl Rollover {
    /// The number the wire carries for the `index`-th block, counted from 1; 0 stays 0.
    pub fn wire(self, index: u64) -> u16 {
        let number = match self {
            Rollover::Zero => index % 65_536,
            Rollover::One if index == 0 => 0,
            Rollover::One => (index - 1) % 65_535 + 1,
        };
        u16::try_from(number).unwrap_or(0)
    }

    /// The one block from `low` to `high`, both included, that has this number on the wire. The
    /// span must be below 65535.
    pub fn resolve(self, wire: u16, low: u64, high: u64) -> Option<u64> {
        let (period, wire) = match self {
            Rollover::Zero => (65_536, u64::from(wire)),
            Rollover::One if wire == 0 => return (low == 0).then_some(0),
            Rollover::One => (65_535, u64::from(wire)),
        };
        let ahead = (wire + period - low % period) % period;
        // Under `One` the blocks 0 and 65535 share a residue, but only block 0 is called 0.
        let index = match low.checked_add(ahead)? {
            0 if wire != 0 => period,
            index => index,
        };
        (index <= high).then_some(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_follows_65535() {
        assert_eq!([65_535, 65_536, 65_537].map(|n| Rollover::Zero.wire(n)), [65_535, 0, 1]);
        assert_eq!([65_535, 65_536, 131_070, 131_071].map(|n| Rollover::One.wire(n)), [65_535, 1, 65_535, 1]);
        assert_eq!(Rollover::Zero.resolve(0, 65_535, 65_600), Some(65_536));
        assert_eq!(Rollover::One.resolve(0, 65_535, 65_600), None);
        assert_eq!(Rollover::One.resolve(65_535, 0, 8), None);
        assert_eq!(Rollover::Zero.resolve(7, 8, 16), None, "an old block is not taken for a far one");
    }

    proptest! {
        #[test]
        fn every_number_finds_its_block(low in 0u64..300_000, ahead in 0u64..40_000, one: bool) {
            let rollover = if one { Rollover::One } else { Rollover::Zero };
            let index = low + ahead;
            prop_assert_eq!(rollover.resolve(rollover.wire(index), low, low + 40_000), Some(index));
        }
    }
}
