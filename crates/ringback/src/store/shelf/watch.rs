//! A shelf that another `ringback shelf add` fills while the bench runs: looked at once a second.

use std::fs;
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::{Duration, SystemTime};

use super::{Shelf, index};
use crate::io::message::{Mailbox, Message};

const EVERY: Duration = Duration::from_secs(1);

/// Tells the loop what is on the shelf whenever that changes. Ends when dropped.
#[derive(Debug)]
pub(crate) struct ShelfWatcher {
    _stop: Sender<()>,
}

impl ShelfWatcher {
    /// Begins to look.
    pub(crate) fn start(state_dir: &Path, mailbox: Mailbox) -> ShelfWatcher {
        let (stop, stopped) = channel::<()>();
        let state_dir = state_dir.to_owned();
        let stamp = move |state_dir: &Path| -> Option<(u64, SystemTime)> {
            let meta = fs::metadata(state_dir.join(index::NAME)).ok()?;
            Some((meta.len(), meta.modified().ok()?))
        };
        let mut last = stamp(&state_dir);
        let look = move || {
            while stopped.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
                let now = stamp(&state_dir);
                if now == last {
                    continue;
                }
                last = now;
                // A shelf that cannot be read now is looked at again when it changes.
                let Ok(shelf) = Shelf::open(&state_dir) else { continue };
                if mailbox.send(Message::Shelf(shelf.blobs())).is_err() {
                    return;
                }
            }
        };
        // Without the thread the bench keeps the shelf it began with.
        let _ = std::thread::Builder::new().name("shelf".to_owned()).spawn(look);
        ShelfWatcher { _stop: stop }
    }
}
