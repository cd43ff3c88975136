//! Observations as they are made. Who comes back with the number of the last one gets what it missed.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use bench::Observation;
use futures_util::Stream;
use futures_util::stream::unfold;
use serde::Deserialize;
use tokio::sync::watch;

use crate::io::shown::Newest;
use crate::web::Desk;

/// Observations taken from the loop's memory at once.
const BATCH: usize = 64;

#[derive(Debug, Deserialize)]
pub(super) struct From {
    after: Option<u64>,
}

struct Follower {
    desk: Arc<Desk>,
    last: watch::Receiver<u64>,
    views: watch::Receiver<Newest>,
    n: u64,
    waiting: VecDeque<Arc<Observation>>,
    ended: bool,
}

/// `GET /api/v1/events`.
pub(super) async fn events(
    State(desk): State<Arc<Desk>>,
    Query(from): Query<From>,
    headers: HeaderMap,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let came_back = headers.get("last-event-id").and_then(|v| v.to_str().ok()?.parse().ok());
    let last = desk.shown.follow();
    let newest = *last.borrow();
    // A number that was not given out yet is one of a bench that ran before this one: all of this one is missed.
    let n = came_back.or(from.after).map_or(newest, |n: u64| if n > newest { 0 } else { n });
    let views = desk.shown.watch();
    let follower = Follower { last, views, desk, n, waiting: VecDeque::new(), ended: false };
    Sse::new(unfold(follower, Follower::next)).keep_alive(KeepAlive::default())
}

impl Follower {
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Follower)> {
        loop {
            if let Some(observation) = self.waiting.pop_front() {
                self.n = observation.n;
                let line = bench::journal::line(&observation);
                let event = Event::default().event("observation").id(observation.n.to_string()).data(line);
                return Some((Ok(event), self));
            }
            self.last.mark_unchanged();
            let (next, lost) = self.desk.shown.since(self.n, BATCH);
            let before = next.first().map_or(self.n, |o| o.n - 1);
            self.waiting.extend(next);
            if lost {
                let event = Event::default().event("lost").data(format!("{{\"from\":{},\"to\":{before}}}", self.n + 1));
                self.n = before;
                return Some((Ok(event), self));
            }
            if !self.waiting.is_empty() {
                continue;
            }
            if self.ended {
                return None;
            }
            self.ended = self.views.borrow().ended;
            if self.ended {
                return Some((Ok(Event::default().event("ended").data("{}")), self));
            }
            tokio::select! {
                changed = self.last.changed() => changed.ok()?,
                changed = self.views.changed() => changed.ok()?,
            }
        }
    }
}
