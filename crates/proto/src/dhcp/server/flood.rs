//! How often one client may speak.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::{Mac, Time};

/// Clients watched at once; beyond that the one whose window began first is forgotten.
const WATCHED: usize = 4_096;

/// At most so many messages of one client within so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FloodLimit {
    /// Messages that are answered.
    pub messages: u32,
    /// The window they are counted in; it begins with the first of them.
    pub within: Duration,
}

impl Default for FloodLimit {
    /// Six in five seconds: twice what an impatient phone sends.
    fn default() -> FloodLimit {
        FloodLimit { messages: 6, within: Duration::from_secs(5) }
    }
}

/// The windows that are open.
#[derive(Debug, Clone, Default)]
pub(super) struct Flood {
    windows: BTreeMap<Mac, (Time, u32)>,
    begun: BTreeSet<(Time, Mac)>,
}

impl Flood {
    /// Counts a message; false when it is one too many.
    pub(super) fn admit(&mut self, now: Time, mac: Mac, limit: FloodLimit) -> bool {
        if let Some((since, count)) = self.windows.get_mut(&mac)
            && now.since(*since) < limit.within
        {
            *count = count.saturating_add(1);
            return *count <= limit.messages;
        }
        self.forget(mac);
        if self.windows.len() >= WATCHED
            && let Some((_, oldest)) = self.begun.first().copied()
        {
            self.forget(oldest);
        }
        self.windows.insert(mac, (now, 1));
        self.begun.insert((now, mac));
        limit.messages > 0
    }

    fn forget(&mut self, mac: Mac) {
        if let Some((since, _)) = self.windows.remove(&mac) {
            self.begun.remove(&(since, mac));
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.windows.len()
    }
}
