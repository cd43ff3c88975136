//! TFTP transfers under way: each its own machine, all driven by one loop.
//!
//! The bench handed them out; it hears of them only when something is worth telling: the first
//! acknowledgement, progress four times a second, the end.
//!
//! Which socket carries a transfer is [`Sharing`]'s business: block by block, many share one, which costs the
//! kernel least; with windows each has its own, so that the kernel can cut batches into packets.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket};
use std::time::Duration;

use bench::{TransferId, TransferNews};
use proto::Time;
use proto::tftp::{Packet, Quirks, Transfer, transfer, wrong_tid_reply};

use super::content::Data;
use super::poller::{Poller, Token};
use super::sharing::{self, OpenSocket, Sharing, Whose};
use super::sockets;

/// Tokens from here on are transfers: this plus the slot.
pub(crate) const FIRST_TOKEN: Token = 1 << 32;
/// Progress is told this often at most.
const TELL_EVERY: Duration = Duration::from_millis(250);
/// Packets of a window that go out as one batch. After each an acknowledgement is looked for, which may
/// say that the rest of the window would be sent in vain (RFC 7440 §4).
const BATCH: usize = 4;
/// Opcode and block number in front of the data.
const DATA_HEADER: u16 = 4;
/// The largest packet that fits an Ethernet frame; larger ones travel in fragments, which cannot be batched.
const LARGEST_SEGMENT: u16 = 1_472;
/// Datagrams read from one transfer per event, so that none starves the others.
const READS: usize = 2;
/// Datagrams read from a shared socket per event, so that other services are not starved.
const READS_SHARED: usize = 64;

/// What carries a transfer.
enum Way {
    /// A socket of its own.
    Own(UdpSocket),
    /// The shared one of this number.
    Shared(usize),
}

struct Slot {
    id: TransferId,
    peer: SocketAddrV4,
    way: Way,
    transfer: Transfer<Data>,
    size: u64,
    told: Time,
    moved: bool,
    /// The deadline that stands in the heap for it.
    armed: Time,
    /// Length of a full DATA packet that the kernel cuts batches into; 0 sends packet by packet.
    segment: usize,
}

impl Slot {
    fn send(&self, sharing: &Sharing, packet: &[u8]) -> io::Result<usize> {
        match &self.way {
            Way::Own(socket) => socket.send_to(packet, self.peer),
            Way::Shared(number) => sharing.send(*number, packet, self.peer),
        }
    }

    /// Sends what is batched with one call; the kernel cuts it into packets (UDP segmentation offload).
    fn send_batch(&mut self, batch: &mut Vec<u8>) {
        let Way::Own(socket) = &self.way else { return };
        if batch.is_empty() {
            return;
        }
        if socket.send_to(batch, self.peer).is_err() && batch.len() > self.segment {
            // A card or path that cannot: from now on packet by packet.
            let segment = std::mem::take(&mut self.segment);
            let _ = sockets::segment(socket, 0);
            for packet in batch.chunks(segment) {
                let _ = socket.send_to(packet, self.peer);
            }
        }
        batch.clear();
    }

    /// Takes an acknowledgement that waits already.
    fn listen(&mut self, now: Time) {
        let Way::Own(socket) = &self.way else { return };
        let mut ack = [0u8; 64];
        if let Ok((len, from)) = socket.recv_from(&mut ack)
            && from == SocketAddr::V4(self.peer)
        {
            self.transfer.handle(now, &ack[..len]);
        }
    }
}

/// How long a full DATA packet is, where the kernel can cut batches into them.
fn segment_of(transfer: &Transfer<Data>, socket: &UdpSocket) -> usize {
    let packet = transfer.agreed().0.saturating_add(DATA_HEADER);
    if packet > LARGEST_SEGMENT || sockets::segment(socket, packet).is_err() { 0 } else { usize::from(packet) }
}

/// The transfers.
pub(crate) struct Transfers {
    sharing: Sharing,
    /// Phones that are reached by an address of their own have sockets on that address.
    own: BTreeMap<Ipv4Addr, OpenSocket>,
    slots: Vec<Option<Slot>>,
    free: Vec<usize>,
    by_id: BTreeMap<TransferId, usize>,
    /// Deadlines, soonest first; an entry may be early or stale, and is then put right when it comes up.
    due: BinaryHeap<Reverse<(Time, usize)>>,
    out: Vec<u8>,
    batch: Vec<u8>,
    news: Vec<(TransferId, TransferNews)>,
}

impl Transfers {
    /// None under way; `open` makes their sockets.
    pub(crate) fn new(open: OpenSocket) -> Transfers {
        Transfers {
            sharing: Sharing::new(open),
            own: BTreeMap::new(),
            slots: Vec::new(),
            free: Vec::new(),
            by_id: BTreeMap::new(),
            due: BinaryHeap::new(),
            out: Vec::new(),
            batch: Vec::new(),
            news: Vec::new(),
        }
    }

    /// From now on this phone's transfers have sockets made by `open`; without one, as all others have.
    pub(crate) fn open_for(&mut self, phone: Ipv4Addr, open: Option<OpenSocket>) {
        match open {
            Some(open) => drop(self.own.insert(phone, open)),
            None => drop(self.own.remove(&phone)),
        }
    }

    /// Begins a transfer.
    #[allow(clippy::too_many_arguments, reason = "everything a transfer is made of, once")]
    pub(crate) fn begin(
        &mut self,
        poller: &Poller,
        now: Time,
        id: TransferId,
        peer: SocketAddrV4,
        request: &[u8],
        quirks: Quirks,
        data: Data,
    ) -> io::Result<()> {
        let Ok(Packet::Rrq(request)) = Packet::parse(request) else {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "not a read request"));
        };
        let slot = self.free.last().copied().unwrap_or(self.slots.len());
        let size = data.size();
        let transfer = Transfer::new(now, &request, quirks, data);
        let own = self.own.get(peer.ip()).cloned();
        let shared =
            if transfer.agreed().1 < 2 && own.is_none() { self.sharing.take(poller, now, peer, slot)? } else { None };
        let (way, segment) = match shared {
            Some(number) => (Way::Shared(number), 0),
            None => {
                let socket = own.map_or_else(|| self.sharing.open(), |open| open())?;
                poller.add(&socket, FIRST_TOKEN + slot as u64)?;
                let segment = if transfer.agreed().1 < 2 { 0 } else { segment_of(&transfer, &socket) };
                (Way::Own(socket), segment)
            }
        };
        self.free.pop();
        let entry = Slot { id, peer, way, transfer, size, told: now, moved: false, armed: Time::NEVER, segment };
        match self.slots.get_mut(slot) {
            Some(empty) => *empty = Some(entry),
            None => self.slots.push(Some(entry)),
        }
        self.by_id.insert(id, slot);
        self.settle(now, slot);
        Ok(())
    }

    /// Ends a transfer without a word to anyone.
    pub(crate) fn drop_transfer(&mut self, now: Time, id: TransferId) {
        let Some(slot) = self.by_id.remove(&id) else { return };
        if let Some(entry) = self.slots.get_mut(slot).and_then(Option::take)
            && let Way::Shared(number) = entry.way
        {
            self.sharing.give_back(now, number, entry.peer);
        }
        self.free.push(slot);
    }

    /// A socket has something to read.
    pub(crate) fn ready(&mut self, now: Time, token: Token, buf: &mut [u8]) {
        match sharing::number(token) {
            Some(number) => self.ready_shared(now, number, buf),
            None => self.ready_own(now, token, buf),
        }
    }

    fn ready_shared(&mut self, now: Time, number: usize, buf: &mut [u8]) {
        // One phone alone has no second datagram waiting: asking for it would only cost.
        let reads = if self.by_id.len() > 1 { READS_SHARED } else { 1 };
        for _ in 0..reads {
            match self.sharing.recv(now, number, buf) {
                Whose::Slot(slot, len) => {
                    let Some(Some(entry)) = self.slots.get_mut(slot) else { continue };
                    entry.transfer.handle(now, buf.get(..len).unwrap_or_default());
                    self.settle(now, slot);
                }
                // RFC 1350 §4: answered, and the transfers go on.
                Whose::Stranger(from) => drop(self.sharing.send(number, &wrong_tid_reply(), from)),
                Whose::Past => {}
                Whose::Nobody => return,
            }
        }
    }

    fn ready_own(&mut self, now: Time, token: Token, buf: &mut [u8]) {
        let Ok(slot) = usize::try_from(token - FIRST_TOKEN) else { return };
        for _ in 0..READS {
            let Some(Some(entry)) = self.slots.get_mut(slot) else { return };
            let Way::Own(socket) = &entry.way else { return };
            let (len, from) = match socket.recv_from(buf) {
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                // An ICMP error of an earlier datagram; the timers decide what it means.
                Err(_) => continue,
            };
            if from != SocketAddr::V4(entry.peer) {
                // RFC 1350 §4: answered, and the transfer goes on.
                let _ = socket.send_to(&wrong_tid_reply(), from);
                continue;
            }
            entry.transfer.handle(now, &buf[..len]);
            if !self.settle(now, slot) {
                break;
            }
        }
    }

    /// Handles every deadline that has come.
    pub(crate) fn handle_timeouts(&mut self, now: Time) {
        while let Some(Reverse((at, slot))) = self.due.peek().copied() {
            if at > now {
                break;
            }
            self.due.pop();
            let Some(Some(entry)) = self.slots.get_mut(slot) else { continue };
            if entry.armed != at {
                continue;
            }
            entry.armed = Time::NEVER;
            if entry.transfer.poll_timeout().is_some_and(|t| t.0 <= now) {
                entry.transfer.handle_timeout(now);
            }
            self.settle(now, slot);
        }
    }

    /// When the next deadline comes. It may turn out to be early.
    pub(crate) fn poll_timeout(&self) -> Option<Time> {
        self.due.peek().map(|Reverse((at, _))| *at)
    }

    /// What is worth telling the bench.
    pub(crate) fn take_news(&mut self) -> Vec<(TransferId, TransferNews)> {
        std::mem::take(&mut self.news)
    }

    /// Whether there is something to tell.
    pub(crate) fn has_news(&self) -> bool {
        !self.news.is_empty()
    }

    /// Sends what the machine wants sent, tells what is worth telling, arms its deadline. False when it is over.
    fn settle(&mut self, now: Time, slot: usize) -> bool {
        let Some(Some(entry)) = self.slots.get_mut(slot) else { return false };
        let mut batched = 0usize;
        while entry.transfer.poll_transmit(now, &mut self.out) {
            if entry.segment == 0 {
                // A full send buffer is a lost datagram, which the machine repeats.
                let _ = entry.send(&self.sharing, &self.out);
                continue;
            }
            // Only full DATA packets and a shorter last one can travel as one batch.
            if self.out.len() > entry.segment || (self.out.len() < entry.segment && batched == 0) {
                entry.send_batch(&mut self.batch);
                let _ = entry.send(&self.sharing, &self.out);
                continue;
            }
            self.batch.extend_from_slice(&self.out);
            batched += 1;
            if self.out.len() < entry.segment || batched == BATCH {
                entry.send_batch(&mut self.batch);
                batched = 0;
                entry.listen(now);
            }
        }
        entry.send_batch(&mut self.batch);
        if let Some(outcome) = entry.transfer.outcome() {
            let progress = entry.transfer.progress();
            self.news.push((entry.id, end_of(outcome, &progress)));
            let id = entry.id;
            self.drop_transfer(now, id);
            return false;
        }
        let progress = entry.transfer.progress();
        let first = !entry.moved && progress.bytes_acked > 0;
        if first || (entry.moved && now.since(entry.told) >= TELL_EVERY) {
            entry.moved = true;
            entry.told = now;
            self.news.push((entry.id, TransferNews::Progress { bytes: progress.bytes_acked, size: entry.size }));
        }
        if let Some((at, _)) = entry.transfer.poll_timeout()
            && at < entry.armed
        {
            entry.armed = at;
            self.due.push(Reverse((at, slot)));
        }
        true
    }
}

fn end_of(outcome: &transfer::Outcome, progress: &transfer::Progress) -> TransferNews {
    let bytes = progress.bytes_acked;
    match outcome {
        transfer::Outcome::Done { .. } => TransferNews::Done { bytes, repeats: progress.repeated_blocks },
        transfer::Outcome::PeerError { code, text } => {
            TransferNews::Failed { bytes, why: format!("the phone said \"{text}\" ({})", code.name()) }
        }
        transfer::Outcome::GaveUp { all_sent: true, .. } => {
            let why = "everything was sent, and the phone did not acknowledge the last block; it may have the file";
            TransferNews::Failed { bytes, why: why.to_owned() }
        }
        transfer::Outcome::GaveUp { .. } if bytes == 0 => {
            TransferNews::Failed { bytes, why: "the phone never acknowledged anything".to_owned() }
        }
        transfer::Outcome::GaveUp { .. } => {
            TransferNews::Failed { bytes, why: "the phone stopped acknowledging".to_owned() }
        }
        transfer::Outcome::Aborted(_) => TransferNews::Failed { bytes, why: "it was stopped here".to_owned() },
        transfer::Outcome::SourceFailed => {
            TransferNews::Failed { bytes, why: "the file could not be read any more (RB215)".to_owned() }
        }
    }
}
