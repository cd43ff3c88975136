//! The clock: the only place where time is read.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use proto::Time;

/// Time since the program was started, and the wall clock at that moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    start: Instant,
    wall_ms: u64,
    speed: u32,
}

impl Clock {
    /// A clock that starts now.
    pub(crate) fn start() -> Clock {
        Clock::faster(1)
    }

    /// A clock that starts now and runs so many times as fast, for the demo.
    pub(crate) fn faster(speed: u32) -> Clock {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis());
        Clock { start: Instant::now(), wall_ms: u64::try_from(wall).unwrap_or(0), speed: speed.max(1) }
    }

    /// Now.
    pub(crate) fn now(&self) -> Time {
        Time::ZERO + self.start.elapsed() * self.speed
    }

    /// How long a span of this clock takes in the world.
    pub(crate) fn real(&self, span: Duration) -> Duration {
        span / self.speed
    }

    /// How many times as fast as the world it runs.
    pub(crate) const fn speed(&self) -> u32 {
        self.speed
    }

    /// Wall clock at its start, milliseconds since 1970 (UTC).
    pub(crate) const fn wall_ms(&self) -> u64 {
        self.wall_ms
    }
}
