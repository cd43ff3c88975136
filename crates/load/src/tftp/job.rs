//! What a fleet of phones is to do, and what came of it.

use std::time::Duration;

use anyhow::{Result, bail};

use super::fetch::Fetch;

/// What the phones do.
pub(crate) struct Job<'a> {
    /// The file.
    pub(crate) name: &'a str,
    /// What it holds.
    pub(crate) content: &'a [u8],
    /// Bytes a block.
    pub(crate) blksize: usize,
    /// Blocks an acknowledgement.
    pub(crate) window: u16,
    /// How many phones.
    pub(crate) phones: usize,
    /// How often each fetches it.
    pub(crate) rounds: Rounds,
    /// How many requests may be unanswered while the phones come up; all of them for a burst.
    pub(crate) opening: usize,
    /// One in this many datagrams is lost, each way; 0 for none.
    pub(crate) lose_one_in: u32,
    /// When to stop, come what may.
    pub(crate) limit: Duration,
}

/// How long phones go on.
#[derive(Clone, Copy)]
pub(crate) enum Rounds {
    /// So many files each.
    Each(u32),
    /// File after file until this time is over.
    For(Duration),
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outcome {
    /// From the first request to the last block.
    pub(crate) took: Duration,
    /// File bytes that arrived in order.
    pub(crate) bytes: u64,
    /// Files that arrived whole.
    pub(crate) files: u64,
    /// DATA datagrams that came, repeats included.
    pub(crate) datagrams: u64,
    /// DATA datagrams that brought nothing new.
    pub(crate) repeats: u64,
    /// How often a phone had to repeat itself.
    pub(crate) retries: u64,
    /// Phones whose fetch went wrong, and the first reason.
    pub(crate) failed: u64,
    /// Why, for the first of them.
    pub(crate) why: &'static str,
    /// Phones that were not finished when the limit came.
    pub(crate) unfinished: u64,
    /// From the first request until every phone had its first answer.
    pub(crate) all_answered: Duration,
    /// How long each finished phone took for all its files.
    pub(crate) phones: Vec<Duration>,
}

impl Outcome {
    /// Adds up what a fetch saw.
    pub(super) fn count(&mut self, fetch: &Fetch) {
        self.bytes += fetch.bytes as u64;
        self.datagrams += fetch.datagrams;
        self.repeats += fetch.repeats;
    }

    /// An error unless every phone got what it asked for.
    pub(crate) fn whole(self) -> Result<Outcome> {
        if self.failed > 0 {
            bail!("{} phones failed: {}", self.failed, self.why);
        }
        if self.unfinished > 0 {
            bail!("{} phones were not finished when time was over", self.unfinished);
        }
        Ok(self)
    }

    /// The slowest phone's time over the fastest one's.
    pub(crate) fn slowest_to_fastest(&self) -> f64 {
        match (self.phones.iter().max(), self.phones.iter().min()) {
            (Some(slow), Some(fast)) if self.phones.len() > 1 => slow.as_secs_f64() / fast.as_secs_f64(),
            _ => f64::NAN,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fairness_needs_two_phones() {
        let seconds = |s: &[u64]| s.iter().map(|s| Duration::from_secs(*s)).collect();
        let outcome = Outcome { phones: seconds(&[2, 4, 3]), ..Outcome::default() };
        assert!((outcome.slowest_to_fastest() - 2.0).abs() < 1e-9);
        assert!(Outcome { phones: seconds(&[2]), ..Outcome::default() }.slowest_to_fastest().is_nan());
    }

    #[test]
    fn whole_means_nobody_failed_and_nobody_is_left() {
        assert!(Outcome::default().whole().is_ok());
        assert!(Outcome { failed: 1, why: "because", ..Outcome::default() }.whole().is_err());
        assert!(Outcome { unfinished: 1, ..Outcome::default() }.whole().is_err());
    }
}
