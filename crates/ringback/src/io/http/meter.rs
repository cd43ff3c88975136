//! What one connection is doing, and until when it may.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use bench::TransferId;

use super::Limits;
use super::news::News;

/// Shared by a connection's socket, its service and its bodies.
#[derive(Clone)]
pub(super) struct Meter(Arc<Mutex<State>>);

/// See [`Meter`].
pub(super) struct State {
    limits: Limits,
    moved: Instant,
    head_since: Option<Instant>,
    is_asking: bool,
    is_simple: bool,
    /// More than one only when requests were sent without waiting for answers.
    transfers: Vec<News>,
}

impl Meter {
    /// A connection that begins now, with a request expected.
    pub(super) fn new(limits: Limits, now: Instant) -> Meter {
        Meter(Arc::new(Mutex::new(State {
            limits,
            moved: now,
            head_since: Some(now),
            is_asking: false,
            is_simple: false,
            transfers: Vec::new(),
        })))
    }

    /// The state; held for a few instructions, never over an await.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Bytes have come or gone.
    pub(super) fn moved(&mut self, now: Instant) {
        self.moved = now;
    }

    /// Whether a request's head is under way, after bytes of it have come.
    pub(super) fn head(&mut self, now: Instant, is_in_head: bool, is_simple: bool) {
        self.head_since = is_in_head.then_some(self.head_since.unwrap_or(now));
        self.is_simple = is_simple;
    }

    /// Whether the request was HTTP/0.9.
    pub(super) fn is_simple(&self) -> bool {
        self.is_simple
    }

    /// The bench is being asked, or is not any more.
    pub(super) fn asking(&mut self, is_asking: bool) {
        self.is_asking = is_asking;
    }

    /// A file is about to be sent.
    pub(super) fn begin(&mut self, news: News) {
        self.transfers.push(news);
    }

    /// One of the transfers under way.
    pub(super) fn transfer(&mut self, id: TransferId) -> Option<&mut News> {
        self.transfers.iter_mut().find(|news| news.id() == id)
    }

    /// Everything that was handed over has been written.
    pub(super) fn wrote_all(&mut self, now: Instant) {
        self.transfers.retain_mut(|news| !news.wrote_all(now));
    }

    /// Until when something has to happen, and what is said when nothing does.
    pub(super) fn deadline(&self) -> (Instant, &'static str) {
        if self.is_asking || !self.transfers.is_empty() {
            return (self.moved + self.limits.stall, "the phone took no more bytes for too long");
        }
        match self.head_since {
            Some(since) => (since + self.limits.head, "the request did not end"),
            None => (self.moved + self.limits.idle, "nothing more was asked for"),
        }
    }

    /// The connection is about to be closed from here.
    pub(super) fn give_up(&mut self, why: &str) {
        self.transfers.iter_mut().for_each(|news| news.because(why));
    }
}
