//! The pieces of a page that have changed, as server-sent events.
//!
//! One event is one JSON object: the bench's time, the window's title, whose turn it is, and the HTML of
//! what differs from what this browser was sent before. A browser that comes back is sent everything.
//! A slow one misses states in between, never the last one.
//!
//! With hundreds of phones on the table a change is one row: rows are compared by pointer with those that were
//! sent, what is said about the shown phone is made anew only when that phone changed, and of the order only what
//! moved is sent.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{Query, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use bench::View;
use bench::view::PhoneView;
use futures_util::Stream;
use futures_util::stream::unfold;
use proto::Mac;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::fragments::{Piece, chosen, in_order, of_bench, of_phone, row, row_id};
use super::{Desk, VERSION, demo, ledger, now, shelf};
use crate::io::shown::Newest;

/// The clock is told at least this often.
const CLOCK_EVERY: Duration = Duration::from_secs(10);
/// The ledger is read again at most this often.
const LEDGER_EVERY: Duration = Duration::from_secs(1);

/// Which page is looked at.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Looks {
    page: String,
    #[serde(default)]
    phone: Option<Mac>,
    #[serde(default)]
    q: String,
}

#[derive(Default, Serialize)]
struct Change {
    now: u64,
    version: &'static str,
    title: Option<String>,
    turn: Option<u64>,
    set: BTreeMap<&'static str, String>,
    rows: BTreeMap<String, String>,
    /// All rows, in order; when more than the changed ones may have moved.
    order: Option<Vec<String>>,
    /// Changed rows that moved, from the last to the first: the row, and the one that it now stands before.
    moved: Vec<(String, Option<String>)>,
    ended: bool,
}

struct Follower {
    desk: Arc<Desk>,
    looks: Looks,
    views: watch::Receiver<Newest>,
    hands: Option<watch::Receiver<u64>>,
    sent: BTreeMap<&'static str, u64>,
    rows: BTreeMap<Mac, Sent>,
    order: Vec<Mac>,
    /// The phone that was shown last, and the shelf's number then.
    shown: Option<(Option<Arc<PhoneView>>, u64)>,
    head: (String, Option<u64>),
    told: Option<Instant>,
    ledger_at: Option<(Instant, u64)>,
    shelf_n: Option<u64>,
    ended: bool,
}

/// A row as it was sent.
struct Sent {
    phone: Arc<PhoneView>,
    selected: bool,
    html: u64,
}

fn hash(html: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    html.hash(&mut hasher);
    hasher.finish()
}

/// `/live`.
pub(super) async fn live(
    State(desk): State<Arc<Desk>>,
    Query(looks): Query<Looks>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let hands = desk.demo.as_ref().filter(|_| looks.page == "demo").map(|d| d.watch());
    let follower = Follower {
        views: desk.shown.watch(),
        hands,
        desk,
        looks,
        sent: BTreeMap::new(),
        rows: BTreeMap::new(),
        order: Vec::new(),
        shown: None,
        head: Default::default(),
        told: None,
        ledger_at: None,
        shelf_n: None,
        ended: false,
    };
    Sse::new(unfold(follower, Follower::next)).keep_alive(KeepAlive::default())
}

impl Follower {
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Follower)> {
        loop {
            if self.ended {
                return None;
            }
            if self.told.is_some() {
                self.wait().await?;
            }
            let newest = self.views.borrow_and_update().clone();
            self.ended = newest.ended;
            let change = self.change(newest.view.as_deref()).await;
            if let Some(change) = change {
                self.told = Some(Instant::now());
                let event = Event::default().event("change").json_data(&change).unwrap_or_default();
                return Some((Ok(event), self));
            }
        }
    }

    /// Until something may have changed; none when the program ends.
    async fn wait(&mut self) -> Option<()> {
        let hands = async {
            match &mut self.hands {
                Some(hands) => hands.changed().await.is_ok(),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            changed = self.views.changed() => changed.ok(),
            changed = hands => changed.then_some(()),
        }
    }

    async fn change(&mut self, view: Option<&View>) -> Option<Change> {
        let mut change = Change { version: VERSION, ended: self.ended, ..Change::default() };
        let pieces = match (self.looks.page.as_str(), view) {
            ("demo", _) => vec![demo::piece(self.desk.demo.as_deref())],
            (_, None) => Vec::new(),
            ("bench", Some(view)) => self.bench(view, &mut change),
            ("shelf", Some(view)) => self.shelf(view).await,
            ("ledger", Some(view)) => self.ledger(view).await,
            (_, Some(view)) => vec![super::fragments::banner(view)],
        };
        for (id, html) in pieces {
            let is = hash(&html);
            if self.sent.insert(id, is) != Some(is) {
                change.set.insert(id, html);
            }
        }
        if let Some(view) = view {
            let shown = match self.looks.page.as_str() {
                "bench" => self.shown.as_ref().and_then(|s| s.0.as_deref()),
                _ => None,
            };
            let head = (now::title(view, shown), now::turn(view).map(|t| t.as_micros()));
            // The other pages keep their names until somebody is waited for.
            let title = (self.looks.page == "bench" || head.1.is_some()).then(|| head.0.clone());
            change.title = title;
            change.turn = head.1;
            let stale = self.told.is_none_or(|at| at.elapsed() >= CLOCK_EVERY);
            let changed = head != self.head;
            self.head = head;
            if !changed && !stale && change.is_empty() {
                return None;
            }
        } else if change.is_empty() && self.told.is_some() {
            return None;
        }
        change.now = self.desk.clock.now().as_millis();
        Some(change)
    }

    fn bench(&mut self, view: &View, change: &mut Change) -> Vec<Piece> {
        let shown = chosen(view, self.looks.phone);
        let selected = shown.map(|p| p.mac);
        let mut changed = BTreeSet::new();
        for phone in &view.phones {
            let selected = selected == Some(phone.mac);
            let known = self.rows.get(&phone.mac);
            if known.is_some_and(|old| Arc::ptr_eq(&old.phone, phone) && old.selected == selected) {
                continue;
            }
            let html = row(phone, selected);
            let sent = Sent { phone: Arc::clone(phone), selected, html: hash(&html) };
            // Most of what phones do is not seen in their rows.
            if known.is_none_or(|old| old.html != sent.html) {
                change.rows.insert(row_id(phone.mac), html);
                changed.insert(phone.mac);
            }
            self.rows.insert(phone.mac, sent);
        }
        if !changed.is_empty() || self.order.len() != view.phones.len() || self.told.is_none() {
            let order: Vec<Mac> = in_order(view).iter().map(|p| p.mac).collect();
            self.reorder(order, &changed, change);
        }
        let mut pieces = of_bench(view);
        let same = self.shown.as_ref().is_some_and(|(old, shelf_n)| {
            *shelf_n == view.shelf_n && old.as_ref().zip(shown).is_some_and(|(old, new)| Arc::ptr_eq(old, new))
        });
        if !same {
            pieces.extend(of_phone(view, shown.map(AsRef::as_ref), &self.desk.profiles));
            self.shown = Some((shown.cloned(), view.shelf_n));
        }
        pieces
    }

    /// Says what moved, if that is only among the changed rows; else the whole order.
    fn reorder(&mut self, order: Vec<Mac>, changed: &BTreeSet<Mac>, change: &mut Change) {
        if order == self.order && self.told.is_some() {
            return;
        }
        let still = |all: &[Mac]| all.iter().copied().filter(|m| !changed.contains(m)).collect::<Vec<_>>();
        if self.told.is_some() && order.len() == self.order.len() && still(&order) == still(&self.order) {
            let before = order.iter().skip(1).map(Some).chain([None]);
            let pairs = order.iter().zip(before).filter(|(mac, _)| changed.contains(mac));
            change.moved = pairs.map(|(mac, next)| (row_id(*mac), next.map(|m| row_id(*m)))).collect();
            change.moved.reverse();
        } else {
            let here: BTreeSet<Mac> = order.iter().copied().collect();
            self.rows.retain(|mac, _| here.contains(mac));
            change.order = Some(order.iter().map(|m| row_id(*m)).collect());
        }
        self.order = order;
    }

    async fn shelf(&mut self, view: &View) -> Vec<Piece> {
        let mut pieces = vec![super::fragments::banner(view)];
        if self.shelf_n != Some(view.shelf_n) {
            self.shelf_n = Some(view.shelf_n);
            pieces.extend(shelf::piece(Arc::clone(&self.desk)).await);
        }
        pieces
    }

    async fn ledger(&mut self, view: &View) -> Vec<Piece> {
        let mut pieces = vec![super::fragments::banner(view)];
        let due = self.ledger_at.is_none_or(|(at, n)| n != view.n && at.elapsed() >= LEDGER_EVERY);
        if due {
            self.ledger_at = Some((Instant::now(), view.n));
            pieces.extend(ledger::piece(Arc::clone(&self.desk), self.looks.q.clone()).await);
        }
        pieces
    }
}

impl Change {
    fn is_empty(&self) -> bool {
        self.set.is_empty() && self.rows.is_empty() && self.order.is_none() && !self.ended
    }
}
