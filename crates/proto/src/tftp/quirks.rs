//! What the serving side agrees to when a request carries options, and how it bends to what a
//! family of phones can stand.

use std::time::Duration;

use super::options::decimal;
use super::retry::Patience;
use super::rollover::{Rollover, WIDEST_WINDOW};
use super::{Options, OptionsBuf};

/// The block size without an option, and the range of RFC 2348.
const BLKSIZE: u16 = 512;
const SMALLEST_BLKSIZE: u16 = 8;
const LARGEST_BLKSIZE: u16 = 65_464;

/// How the server bends to what a family of phones can stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quirks {
    /// Serve as if no option had been asked for.
    pub refuse_options: bool,
    /// The largest block agreed to, 8 to 65464.
    pub max_blksize: u16,
    /// The widest window agreed to, 1 to [`WIDEST_WINDOW`].
    pub max_windowsize: u16,
    /// The block number that follows 65535.
    pub rollover: Rollover,
    /// How often to repeat, and when to give up.
    pub patience: Patience,
}

impl Default for Quirks {
    /// Every option; blocks that fit an Ethernet frame unfragmented (1468 bytes); 64 blocks a window.
    fn default() -> Quirks {
        Quirks {
            refuse_options: false,
            max_blksize: 1468,
            max_windowsize: 64,
            rollover: Rollover::Zero,
            patience: Patience::SERVER,
        }
    }
}

/// The outcome of the negotiation of RFC 2347 from the server's side.
#[derive(Clone, Debug)]
pub(crate) struct Agreed {
    pub(crate) blksize: u16,
    pub(crate) window: u64,
    pub(crate) timeout: Option<Duration>,
    /// What to answer, in the order it was asked; empty when there is nothing to answer.
    pub(crate) oack: OptionsBuf,
}

impl Agreed {
    /// Goes through the options asked for. One that is not understood or makes no sense is left
    /// out, which is how RFC 2347 refuses it. `tsize` is the size to answer, where one is known;
    /// `widest` the widest window this transfer can do.
    pub(crate) fn new(asked: &Options<'_>, quirks: &Quirks, tsize: Option<u64>, widest: u16) -> Agreed {
        let mut agreed = Agreed { blksize: BLKSIZE, window: 1, timeout: None, oack: OptionsBuf::new() };
        if quirks.refuse_options {
            return agreed;
        }
        for (index, (name, value)) in asked.iter().enumerate() {
            let Some(number) = decimal(value) else { continue };
            if asked.iter().take(index).any(|(earlier, _)| earlier.eq_ignore_ascii_case(name)) {
                continue;
            }
            if name.eq_ignore_ascii_case(b"blksize") && number >= SMALLEST_BLKSIZE.into() {
                let most = quirks.max_blksize.clamp(SMALLEST_BLKSIZE, LARGEST_BLKSIZE);
                agreed.blksize = u16::try_from(number).unwrap_or(most).min(most);
                agreed.oack.push("blksize", agreed.blksize.into());
            } else if name.eq_ignore_ascii_case(b"timeout") && (1..=255).contains(&number) {
                agreed.timeout = Some(Duration::from_secs(number));
                agreed.oack.push("timeout", number);
            } else if name.eq_ignore_ascii_case(b"windowsize") && (1..=65_535).contains(&number) {
                agreed.window = number.min(widest.clamp(1, WIDEST_WINDOW).into());
                agreed.oack.push("windowsize", agreed.window);
            } else if let (true, Some(tsize)) = (name.eq_ignore_ascii_case(b"tsize"), tsize) {
                agreed.oack.push("tsize", tsize);
            }
        }
        agreed
    }
}
