//! Views one after another: what has not changed since the last one is shared with it, not made again.

use std::collections::BTreeMap;
use std::sync::Arc;

use proto::{Mac, Time};

use super::{PhoneView, TransferView, View};
use crate::bench::Bench;
use crate::guard::Stand;

/// The phones of the last view. With hundreds of phones on the table most have not changed in a tenth of
/// a second; a screen may compare pointers to know which have.
#[derive(Debug, Default)]
pub struct ViewCache {
    /// With the number of the phone's last observation, and whether a transfer was under way.
    phones: BTreeMap<Mac, (u64, bool, Arc<PhoneView>)>,
    /// Names of sound files, and the shelf's number by which they were read.
    files: (u64, Arc<Vec<String>>),
}

impl ViewCache {
    /// The bench as it stands.
    pub fn view(&mut self, bench: &Bench, now: Time) -> View {
        let state = bench.state();
        let mut transfers: BTreeMap<Mac, Vec<TransferView>> = BTreeMap::new();
        for open in bench.transfers.values() {
            let Some(phone) = open.phone else { continue };
            let millis = u64::try_from(now.since(open.began).as_millis()).unwrap_or(u64::MAX).max(1);
            let rate = open.bytes.saturating_mul(1_000) / millis;
            // The first second says little about the rest.
            let left_s = (rate > 0 && millis >= 1_000).then(|| open.size.saturating_sub(open.bytes).div_ceil(rate));
            let transfer = TransferView { name: open.name.clone(), bytes: open.bytes, size: open.size, rate, left_s };
            transfers.entry(phone).or_default().push(transfer);
        }
        let mut phones = BTreeMap::new();
        for session in state.sessions.values() {
            let under_way = transfers.remove(&session.mac).unwrap_or_default();
            let moves = !under_way.is_empty();
            let kept = self.phones.remove(&session.mac).filter(|k| k.0 == session.n && !k.1 && !moves);
            let phone = kept.unwrap_or_else(|| {
                let mut phone = PhoneView::of_state(state, bench.profiles(), session);
                phone.transfers = under_way;
                (session.n, moves, Arc::new(phone))
            });
            phones.insert(session.mac, phone);
        }
        self.phones = phones;
        let mut view = View::with(state, self.phones.values().map(|p| Arc::clone(&p.2)).collect(), now);
        view.banner.dhcp = match bench.guard.stand() {
            Stand::Off => "off",
            Stand::Looking { .. } => "looking",
            Stand::Serving => "serving",
            Stand::Stopped => "stopped",
        };
        (view.loads, view.shelf_n) = bench.loads.clone();
        if self.files.0 != view.shelf_n {
            let sound = bench.shelf.blobs().filter(|b| b.faults.is_empty());
            let mut names: Vec<String> = sound.map(|b| b.name.clone()).collect();
            names.dedup();
            self.files = (view.shelf_n, Arc::new(names));
        }
        view.files = Arc::clone(&self.files.1);
        view
    }
}
