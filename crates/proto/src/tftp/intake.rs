//! Taking DATA in order: what the client of a read and the server of a write have in common.
//!
//! Nothing behind a gap is kept (RFC 7440 §4): the ACK of the last block in order makes the sender
//! begin its window again there.

use super::rollover::Rollover;

/// What to do with a DATA packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The next block in order.
    Take {
        /// It is shorter than a block: the file ends with it.
        last: bool,
        /// The window is full or the file ends: acknowledge now.
        ack: bool,
    },
    /// Of no use itself, but shows that the sender should hear again what has arrived.
    AckAgain,
    /// Of no use.
    Ignore,
    /// More bytes than were agreed.
    TooLarge,
}

/// Where a receiver stands.
#[derive(Clone, Debug)]
pub(crate) struct Intake {
    pub(crate) rollover: Rollover,
    pub(crate) blksize: u16,
    pub(crate) window: u64,
    /// The next block wanted, counted from 1.
    next: u64,
    /// Blocks taken since the last ACK.
    unacked: u64,
    /// The highest block seen behind a gap that has been reported.
    beyond: Option<u64>,
}

impl Intake {
    pub(crate) fn new(rollover: Rollover) -> Intake {
        Intake { rollover, blksize: 512, window: 1, next: 1, unacked: 0, beyond: None }
    }

    /// Judges a DATA packet and, when it is to be taken, counts it as taken.
    pub(crate) fn judge(&mut self, wire: u16, len: usize) -> Verdict {
        let low = self.next.saturating_sub(self.window + 1);
        let Some(block) = self.rollover.resolve(wire, low, self.next + self.window) else {
            return Verdict::Ignore;
        };
        let blksize = usize::from(self.blksize);
        if len > blksize {
            return Verdict::TooLarge;
        }
        if block == self.next {
            self.next += 1;
            self.unacked += 1;
            self.beyond = None;
            let last = len < blksize;
            return Verdict::Take { last, ack: last || self.unacked >= self.window };
        }
        if block > self.next {
            // Report a gap once; a block no higher than one seen before was sent again, so the
            // report was lost.
            let again = self.beyond.is_none_or(|highest| block <= highest);
            self.beyond = Some(block);
            return if again { Verdict::AckAgain } else { Verdict::Ignore };
        }
        if self.is_last_taken(wire) { Verdict::AckAgain } else { Verdict::Ignore }
    }

    /// Whether this is the number of the block taken last.
    pub(crate) fn is_last_taken(&self, wire: u16) -> bool {
        wire == self.rollover.wire(self.next - 1)
    }

    /// Whether a first block has been taken.
    pub(crate) fn has_begun(&self) -> bool {
        self.next > 1
    }

    /// The number to acknowledge now. Whatever the window was, the sender starts a new one there.
    pub(crate) fn ack(&mut self) -> u16 {
        self.unacked = 0;
        self.rollover.wire(self.next - 1)
    }
}
