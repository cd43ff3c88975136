//! Transfers by TFTP under way, each on a port of its own.
//!
//! Not here: the network; what a transfer wants sent is handed to the host.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddrV4;
use std::sync::Arc;
use std::time::Duration;

use bench::{TransferId, TransferNews};
use proto::Time;
use proto::tftp::{Transfer, transfer};

/// First local port of the transfers.
const FIRST_PORT: u16 = 20_000;
/// News of progress are told at most this often.
const TELL_EVERY: Duration = Duration::from_millis(250);

/// All of them.
pub(super) struct Sendings {
    all: BTreeMap<u16, Sending>,
    ports: BTreeMap<TransferId, u16>,
    /// When each must be looked at.
    due: BTreeSet<(Time, u16)>,
    next_port: u16,
}

struct Sending {
    id: TransferId,
    peer: SocketAddrV4,
    transfer: Transfer<Arc<[u8]>>,
    moved: bool,
    told: Time,
    armed: Time,
}

/// Whose a datagram was.
pub(super) enum Heard {
    /// A transfer's, that wants to be looked at.
    Transfers,
    /// A stranger's, at a transfer's port.
    Strangers,
    /// Nobody is at that port.
    Nobodys,
}

impl Sendings {
    pub(super) fn new() -> Sendings {
        Sendings { all: BTreeMap::new(), ports: BTreeMap::new(), due: BTreeSet::new(), next_port: FIRST_PORT }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn has(&self, port: u16) -> bool {
        self.all.contains_key(&port)
    }

    /// Begins one; answers its port.
    pub(super) fn begin(
        &mut self,
        now: Time,
        id: TransferId,
        peer: SocketAddrV4,
        transfer: Transfer<Arc<[u8]>>,
    ) -> u16 {
        let mut port = self.next_port;
        while self.all.contains_key(&port) {
            port = port.checked_add(1).unwrap_or(FIRST_PORT);
        }
        self.next_port = port.checked_add(1).unwrap_or(FIRST_PORT);
        self.all.insert(port, Sending { id, peer, transfer, moved: false, told: now, armed: Time::NEVER });
        self.ports.insert(id, port);
        port
    }

    pub(super) fn forget(&mut self, id: TransferId) {
        if let Some(port) = self.ports.remove(&id)
            && let Some(sending) = self.all.remove(&port)
        {
            self.due.remove(&(sending.armed, port));
        }
    }

    /// A datagram for a port.
    pub(super) fn handle(&mut self, now: Time, port: u16, from: SocketAddrV4, bytes: &[u8]) -> Heard {
        match self.all.get_mut(&port) {
            Some(sending) if sending.peer == from => {
                sending.transfer.handle(now, bytes);
                Heard::Transfers
            }
            Some(_) => Heard::Strangers,
            None => Heard::Nobodys,
        }
    }

    pub(super) fn poll_timeout(&self) -> Time {
        self.due.first().map_or(Time::NEVER, |(at, _)| *at)
    }

    /// The next port whose time has come.
    pub(super) fn handle_timeout(&mut self, now: Time) -> Option<u16> {
        let (at, port) = self.due.first().copied().filter(|(at, _)| *at <= now)?;
        self.due.remove(&(at, port));
        if let Some(sending) = self.all.get_mut(&port) {
            sending.armed = Time::NEVER;
            sending.transfer.handle_timeout(now);
        }
        Some(port)
    }

    /// The next datagram of a port, and to whom.
    pub(super) fn transmit(&mut self, now: Time, port: u16, out: &mut Vec<u8>) -> Option<SocketAddrV4> {
        let sending = self.all.get_mut(&port)?;
        sending.transfer.poll_transmit(now, out).then_some(sending.peer)
    }

    /// What is worth telling of a port; arms its deadline.
    pub(super) fn news(&mut self, now: Time, port: u16) -> Option<(TransferId, TransferNews)> {
        let sending = self.all.get_mut(&port)?;
        let at = sending.transfer.poll_timeout().map_or(Time::NEVER, |t| t.0);
        if at != sending.armed {
            self.due.remove(&(sending.armed, port));
            sending.armed = at;
            if at < Time::NEVER {
                self.due.insert((at, port));
            }
        }
        let (id, progress) = (sending.id, sending.transfer.progress());
        match sending.transfer.outcome() {
            Some(outcome) => {
                let news = ended(outcome, &progress);
                self.forget(id);
                Some((id, news))
            }
            None if progress.bytes_acked > 0 && (!sending.moved || now.since(sending.told) >= TELL_EVERY) => {
                sending.moved = true;
                sending.told = now;
                Some((id, TransferNews::Progress { bytes: progress.bytes_acked, size: progress.total }))
            }
            None => None,
        }
    }
}

fn ended(outcome: &transfer::Outcome, progress: &transfer::Progress) -> TransferNews {
    let bytes = progress.bytes_acked;
    let why = match outcome {
        transfer::Outcome::Done { .. } => return TransferNews::Done { bytes, repeats: progress.repeated_blocks },
        transfer::Outcome::PeerError { code, text } => format!("the phone said \"{text}\" ({})", code.name()),
        transfer::Outcome::GaveUp { all_sent: true, .. } => "the last block was not acknowledged".to_owned(),
        transfer::Outcome::GaveUp { .. } => "the phone stopped acknowledging".to_owned(),
        transfer::Outcome::Aborted(_) => "it was stopped here".to_owned(),
        transfer::Outcome::SourceFailed => "it could not be read (RB215)".to_owned(),
    };
    TransferNews::Failed { bytes, why }
}
