//! What the loop is told of one transfer: it hears of the end exactly once, whatever happens to the connection.

use std::time::{Duration, Instant};

use bench::{TransferId, TransferNews};

use crate::io::message::{Mailbox, Message};

/// Progress is told four times a second at most.
const TELL_EVERY: Duration = Duration::from_millis(250);

/// One transfer. Dropped before its end it is told as failed.
pub(in crate::io) struct News {
    id: TransferId,
    mailbox: Mailbox,
    size: u64,
    given: u64,
    written: u64,
    told: Instant,
    why: Option<String>,
    is_over: bool,
}

impl News {
    /// A transfer that begins; `size` as far as is known before its file is opened.
    pub(in crate::io) fn new(id: TransferId, mailbox: Mailbox, size: u64) -> News {
        News { id, mailbox, size, given: 0, written: 0, told: Instant::now(), why: None, is_over: false }
    }

    /// By which it is known.
    pub(in crate::io) fn id(&self) -> TransferId {
        self.id
    }

    /// The length of the file, now that it is open.
    pub(in crate::io) fn opened(&mut self, size: u64) {
        self.size = size;
    }

    /// So many bytes more were handed over to be written.
    pub(in crate::io) fn gave(&mut self, bytes: u64) {
        self.given += bytes;
    }

    /// Everything that was handed over has been written. True when that was all.
    pub(in crate::io) fn wrote_all(&mut self, now: Instant) -> bool {
        self.written = self.given;
        if self.written >= self.size {
            self.is_over = true;
            self.tell(TransferNews::Done { bytes: self.written, repeats: 0 });
        } else if now.duration_since(self.told) >= TELL_EVERY {
            self.told = now;
            self.tell(TransferNews::Progress { bytes: self.written, size: self.size });
        }
        self.is_over
    }

    /// Why it will not come to its end. The first reason is the one that is told.
    pub(in crate::io) fn because(&mut self, why: impl Into<String>) {
        self.why.get_or_insert_with(|| why.into());
    }

    fn tell(&self, news: TransferNews) {
        // When the loop has ended nobody wants to know.
        let _ = self.mailbox.send(Message::Transfer(self.id, news));
    }
}

impl Drop for News {
    fn drop(&mut self) {
        if !self.is_over {
            let why = self.why.take().unwrap_or_else(|| "the connection ended before the file did".to_owned());
            self.tell(TransferNews::Failed { bytes: self.written, why });
        }
    }
}
