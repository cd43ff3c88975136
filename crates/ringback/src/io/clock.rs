//! The clock: the only place where time is read.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use proto::Time;

/// Time since the program was started, and the wall clock at that moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    start: Instant,
    wall_ms: u64,
}

impl Clock {
    /// A clock that starts now.
    pub(crate) fn start() -> Clock {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis());
        Clock { start: Instant::now(), wall_ms: u64::try_from(wall).unwrap_or(0) }
    }

    /// Now.
    pub(crate) fn now(&self) -> Time {
        Time::ZERO + self.start.elapsed()
    }

    /// Wall clock at its start, milliseconds since 1970 (UTC).
    pub(crate) const fn wall_ms(&self) -> u64 {
        self.wall_ms
    }
}
