//! When to say a thing again and when to stop: the same for every machine of this folder.
//!
//! The wait doubles from repeat to repeat and falls back to the first one when the peer gets on
//! (the idea of Karn's algorithm, RFC 6298 §3, without measuring round trips).

use std::time::Duration;

use crate::time::Time;

/// How often to repeat and how long to put up with nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Wait before the first repeat.
    pub first: Duration,
    /// The longest wait between repeats; no less than `first`.
    pub most: Duration,
    /// End when the peer has never said anything for this long.
    pub unanswered: Duration,
    /// End when a peer that had answered says nothing for this long.
    pub silence: Duration,
    /// End when the peer still talks but has not got on for this long.
    pub standstill: Duration,
}

impl Patience {
    /// For the side that serves: quick to repeat, slow to end, because a phone that erases its
    /// flash is silent for a minute.
    pub const SERVER: Patience = Patience {
        first: Duration::from_millis(250),
        most: Duration::from_secs(4),
        unanswered: Duration::from_secs(30),
        silence: Duration::from_secs(120),
        standstill: Duration::from_secs(600),
    };

    /// For the side that asks.
    pub const CLIENT: Patience = Patience {
        first: Duration::from_secs(1),
        most: Duration::from_secs(4),
        unanswered: Duration::from_secs(20),
        silence: Duration::from_secs(30),
        standstill: Duration::from_secs(120),
    };
}

/// Why a machine stopped waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stopped {
    /// The peer never answered at all.
    Unanswered,
    /// The peer answered for a while and then fell silent.
    Silent,
    /// The peer kept talking without getting on.
    Standstill,
}

/// What a timer that went off asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    Nothing,
    Repeat,
    Stop(Stopped),
}

/// The timers of one transfer.
#[derive(Clone, Debug)]
pub(crate) struct Retry {
    patience: Patience,
    wait: Duration,
    /// Repeats since the peer last got on.
    repeats: u32,
    repeat_at: Option<Time>,
    answered: bool,
    heard_at: Time,
    got_on_at: Time,
}

impl Retry {
    pub(crate) fn new(now: Time, patience: Patience) -> Retry {
        Retry {
            patience,
            wait: patience.first,
            repeats: 0,
            repeat_at: None,
            answered: false,
            heard_at: now,
            got_on_at: now,
        }
    }

    /// Takes over the retransmission interval agreed by the timeout option (RFC 2349).
    pub(crate) fn set_first(&mut self, first: Duration) {
        self.patience.first = first;
        self.patience.most = self.patience.most.max(first);
        self.wait = first;
    }

    /// Something was sent that wants an answer.
    pub(crate) fn sent(&mut self, now: Time) {
        self.repeat_at = Some(now + self.wait);
    }

    /// The peer said something that belongs to this transfer.
    pub(crate) fn heard(&mut self, now: Time) {
        self.answered = true;
        self.heard_at = now;
    }

    /// The peer got on: the wait starts small again.
    pub(crate) fn got_on(&mut self, now: Time) {
        self.heard(now);
        self.got_on_at = now;
        self.wait = self.patience.first;
        self.repeats = 0;
    }

    /// How often the thing in flight has been repeated.
    pub(crate) fn repeats(&self) -> u32 {
        self.repeats
    }

    pub(crate) fn next(&self) -> (Time, &'static str) {
        let (end, _) = self.end();
        match self.repeat_at {
            Some(at) if at < end => (at, "TFTP repeat"),
            _ => (end, "TFTP peer silent"),
        }
    }

    pub(crate) fn fire(&mut self, now: Time) -> Due {
        let (end, why) = self.end();
        if now >= end {
            return Due::Stop(why);
        }
        match self.repeat_at {
            Some(at) if now >= at => {
                self.repeats += 1;
                self.wait = (self.wait * 2).min(self.patience.most);
                self.repeat_at = None;
                Due::Repeat
            }
            _ => Due::Nothing,
        }
    }

    fn end(&self) -> (Time, Stopped) {
        let quiet = if self.answered {
            (self.heard_at + self.patience.silence, Stopped::Silent)
        } else {
            (self.heard_at + self.patience.unanswered, Stopped::Unanswered)
        };
        quiet.min((self.got_on_at + self.patience.standstill, Stopped::Standstill))
    }
}
