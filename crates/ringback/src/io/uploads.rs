//! Files that phones write: into a quarantine folder, when switched on, within limits, never over one that is there.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::net::{SocketAddr, SocketAddrV4, UdpSocket};
use std::path::PathBuf;

use bench::{TransferId, TransferNews};
use proto::Time;
use proto::tftp::{Packet, Quirks, Receive, Sink, receive, wrong_tid_reply};

use super::poller::{Poller, Token};

/// Tokens of uploads: this plus the slot, below those of transfers.
const FIRST_TOKEN: Token = 1 << 16;
/// Files taken in one run of the program.
const FILES: u32 = 1_000;
/// Uploads at once.
const AT_ONCE: usize = 64;

struct Quarantined {
    file: File,
    failed: bool,
}

impl Sink for Quarantined {
    fn write(&mut self, bytes: &[u8]) {
        self.failed |= self.file.write_all(bytes).is_err();
    }
}

struct Slot {
    id: TransferId,
    peer: SocketAddrV4,
    socket: UdpSocket,
    receive: Receive<Quarantined>,
    path: PathBuf,
}

/// The uploads under way.
#[derive(Default)]
pub(crate) struct Uploads {
    folder: Option<PathBuf>,
    taken: u32,
    slots: BTreeMap<Token, Slot>,
    next: Token,
    out: Vec<u8>,
    news: Vec<(TransferId, TransferNews)>,
}

impl Uploads {
    /// Uploads into this folder; none takes none.
    pub(crate) fn new(folder: Option<PathBuf>) -> Uploads {
        Uploads { folder, ..Uploads::default() }
    }

    /// Begins to take a file.
    #[allow(clippy::too_many_arguments, reason = "everything an upload is made of, once")]
    pub(crate) fn begin(
        &mut self,
        poller: &Poller,
        now: Time,
        id: TransferId,
        peer: SocketAddrV4,
        request: &[u8],
        name: &str,
        limit: u64,
        socket: UdpSocket,
    ) -> io::Result<()> {
        let full = || io::Error::new(io::ErrorKind::QuotaExceeded, "the quarantine takes no more files now");
        let folder =
            self.folder.clone().filter(|_| self.taken < FILES && self.slots.len() < AT_ONCE).ok_or_else(full)?;
        let Ok(Packet::Wrq(request)) = Packet::parse(request) else {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "not a write request"));
        };
        self.taken += 1;
        let path = folder.join(format!("{}-{:04}-{name}", peer.ip(), self.taken));
        let file = File::create_new(&path)?;
        let token = FIRST_TOKEN + self.next;
        self.next = (self.next + 1) % FIRST_TOKEN;
        poller.add(&socket, token)?;
        let sink = Quarantined { file, failed: false };
        let receive = Receive::new(now, &request, Quirks::default(), limit, sink);
        self.slots.insert(token, Slot { id, peer, socket, receive, path });
        self.settle(now, token);
        Ok(())
    }

    /// An upload's socket has something to read.
    pub(crate) fn ready(&mut self, now: Time, token: Token, buf: &mut [u8]) {
        let Some(slot) = self.slots.get_mut(&token) else { return };
        match slot.socket.recv_from(buf) {
            Ok((_, from)) if from != SocketAddr::V4(slot.peer) => {
                let _ = slot.socket.send_to(&wrong_tid_reply(), from);
            }
            Ok((len, _)) => slot.receive.handle(now, &buf[..len]),
            Err(_) => return,
        }
        self.settle(now, token);
    }

    /// Handles every deadline that has come.
    pub(crate) fn handle_timeouts(&mut self, now: Time) {
        let due: Vec<Token> = self
            .slots
            .iter()
            .filter(|(_, s)| s.receive.poll_timeout().is_some_and(|t| t.0 <= now))
            .map(|(t, _)| *t)
            .collect();
        for token in due {
            if let Some(slot) = self.slots.get_mut(&token) {
                slot.receive.handle_timeout(now);
            }
            self.settle(now, token);
        }
    }

    /// When the next deadline comes.
    pub(crate) fn poll_timeout(&self) -> Option<Time> {
        self.slots.values().filter_map(|s| s.receive.poll_timeout()).map(|t| t.0).min()
    }

    /// What is worth telling the bench.
    pub(crate) fn take_news(&mut self) -> Vec<(TransferId, TransferNews)> {
        std::mem::take(&mut self.news)
    }

    /// Whether there is something to tell.
    pub(crate) fn has_news(&self) -> bool {
        !self.news.is_empty()
    }

    fn settle(&mut self, now: Time, token: Token) {
        let Some(slot) = self.slots.get_mut(&token) else { return };
        while slot.receive.poll_transmit(now, &mut self.out) {
            let _ = slot.socket.send_to(&self.out, slot.peer);
        }
        let Some(outcome) = slot.receive.outcome().cloned() else { return };
        let Some(slot) = self.slots.remove(&token) else { return };
        let (bytes, _) = slot.receive.progress();
        let sink = slot.receive.into_sink();
        let news = match outcome {
            receive::Outcome::Done { .. } if !sink.failed && sink.file.sync_all().is_ok() => {
                TransferNews::Done { bytes, repeats: 0 }
            }
            outcome => {
                // Half a file in quarantine helps nobody.
                let _ = std::fs::remove_file(&slot.path);
                TransferNews::Failed { bytes, why: format!("the upload did not end well: {outcome:?}") }
            }
        };
        self.news.push((slot.id, news));
    }
}
