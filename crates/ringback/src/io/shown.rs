//! What the loop shows to screens: the newest view, and the last observations for those who follow them.
//!
//! The loop never waits for a screen. Who is too slow misses views, and is told when it missed observations.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use bench::{Observation, View};
use tokio::sync::watch;

/// Observations kept for those who come back after a short break.
const KEPT: usize = 2_000;

/// The newest view, and whether the loop has ended.
#[derive(Clone, Debug, Default)]
pub(crate) struct Newest {
    /// None before the first.
    pub(crate) view: Option<Arc<View>>,
    /// No other will come.
    pub(crate) ended: bool,
}

/// What screens look at. Cheap to share.
#[derive(Debug)]
pub(crate) struct Screens {
    newest: watch::Sender<Newest>,
    last: watch::Sender<u64>,
    kept: Mutex<VecDeque<Arc<Observation>>>,
}

/// What the loop and its screens share.
pub(crate) type Shown = Arc<Screens>;

impl Default for Screens {
    fn default() -> Screens {
        Screens { newest: watch::Sender::default(), last: watch::Sender::new(0), kept: Mutex::default() }
    }
}

impl Screens {
    /// Shows a view.
    pub(crate) fn show(&self, view: View, ended: bool) {
        self.newest.send_replace(Newest { view: Some(Arc::new(view)), ended });
    }

    /// Whether anybody looks.
    pub(super) fn is_watched(&self) -> bool {
        self.newest.receiver_count() > 0
    }

    /// The view as it was last shown.
    pub(crate) fn newest(&self) -> Newest {
        self.newest.borrow().clone()
    }

    /// Is told of each new view.
    pub(crate) fn watch(&self) -> watch::Receiver<Newest> {
        self.newest.subscribe()
    }

    /// Keeps an observation for those who follow.
    pub(crate) fn observed(&self, observation: &Observation) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.pop_front();
        }
        kept.push_back(Arc::new(observation.clone()));
        drop(kept);
        self.last.send_replace(observation.n);
    }

    /// Is told the number of each new observation.
    pub(crate) fn follow(&self) -> watch::Receiver<u64> {
        self.last.subscribe()
    }

    /// Up to `limit` kept observations after number `n`, and whether some before them are lost.
    pub(crate) fn since(&self, n: u64, limit: usize) -> (Vec<Arc<Observation>>, bool) {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let lost = kept.front().is_some_and(|first| first.n > n.saturating_add(1));
        let from = kept.partition_point(|o| o.n <= n);
        (kept.iter().skip(from).take(limit).cloned().collect(), lost)
    }
}

#[cfg(test)]
mod tests {
    use bench::Seen;
    use proto::Time;

    use super::*;

    #[test]
    fn who_comes_back_gets_what_it_missed_or_is_told_that_some_is_lost() {
        let screens = Screens::default();
        for n in 1..=KEPT as u64 + 5 {
            screens.observed(&Observation { n, at: Time::ZERO, phone: None, seen: Seen::ServingBegan });
        }
        let numbers = |n, limit| {
            let (kept, lost) = screens.since(n, limit);
            (kept.iter().map(|o| o.n).collect::<Vec<_>>(), lost)
        };
        assert_eq!(numbers(KEPT as u64 + 3, 10), (vec![KEPT as u64 + 4, KEPT as u64 + 5], false));
        assert_eq!(numbers(5, 1), (vec![6], false));
        assert_eq!(numbers(4, 1), (vec![6], true));
        assert_eq!(numbers(u64::MAX, 1), (vec![], false));
    }
}
