//! The serving end of a read: one file to one phone, from the request to the last ACK
//! (RFC 1350, 2347, 2348, 2349, 7440).
//!
//! Made for a loop that serves hundreds of these: no allocation per block, blocks are read from
//! the source when they are sent and again when they are repeated. Finding the file, and datagrams
//! from any port but the peer's, are the caller's; see [`super::wrong_tid_reply`].

use std::time::Duration;

use super::netascii::{Cursor, encode_block};
use super::quirks::{Agreed, Quirks};
use super::retry::{Due, Retry, Stopped};
use super::rollover::Rollover;
use super::source::{Source, read_exact};
use super::{ErrorCode, Mode, OptionsBuf, Packet, Request};
use crate::text::escape_short;
use crate::time::Time;

/// How far a transfer is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of the file that the peer has acknowledged.
    pub bytes_acked: u64,
    /// Size of the file in bytes.
    pub total: u64,
    /// DATA packets sent, repeats included.
    pub sent_blocks: u64,
    /// DATA packets sent that had been sent before.
    pub repeated_blocks: u64,
}

/// How a transfer ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The peer has acknowledged the last block.
    Done {
        /// Bytes of the file.
        bytes: u64,
        /// From the first packet sent to the last ACK.
        took: Duration,
    },
    /// The peer sent an ERROR; code 8 right after the OACK is a phone that only wanted the size.
    PeerError {
        /// Its number.
        code: ErrorCode,
        /// Its words, escaped and cut to 200 characters.
        text: String,
    },
    /// The peer stopped getting on.
    GaveUp {
        /// In which way.
        why: Stopped,
        /// Only the ACK of the last block is missing: the phone may well have the whole file.
        all_sent: bool,
    },
    /// [`Transfer::abort`] was called.
    Aborted(ErrorCode),
    /// The source could not be read; the peer is told.
    SourceFailed,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Phase {
    /// The OACK waits for its ACK 0.
    Oack(OptionsBuf),
    Data,
}

/// One read being served. The contract: after every call of `handle`, `handle_timeout` or `abort`,
/// call [`Transfer::poll_transmit`] until it says no, then look at [`Transfer::outcome`].
#[derive(Debug)]
pub struct Transfer<S: Source> {
    source: S,
    len: u64,
    started: Time,
    retry: Retry,
    rollover: Rollover,
    blksize: u16,
    window: u64,
    phase: Phase,
    /// The OACK is due for sending.
    oack_due: bool,
    /// Everything up to and including this block is acknowledged; blocks count from 1.
    acked: u64,
    /// The next block to send.
    next: u64,
    /// The highest block ever sent.
    highest: u64,
    /// One block to send out of turn, to find out what became of a window.
    probe: Option<u64>,
    /// The last block, once it is known.
    last: Option<u64>,
    /// Where block `acked + 1` and the one behind it begin, when the text is encoded on the way.
    text: Option<(Cursor, Cursor)>,
    error: Option<(ErrorCode, &'static str)>,
    sent_blocks: u64,
    repeated_blocks: u64,
    outcome: Option<Outcome>,
}

impl<S: Source> Transfer<S> {
    /// Begins to answer a read request. Netascii is encoded; every other mode is carried as octet,
    /// so whoever does not want to serve `mail` refuses it before.
    pub fn new(now: Time, request: &Request<'_>, quirks: Quirks, source: S) -> Transfer<S> {
        let len = source.len();
        let is_text = request.mode == Mode::Netascii;
        let tsize = (!is_text).then_some(len);
        // An encoded block can only be made again while it is the one at the front.
        let widest = if is_text { 1 } else { quirks.max_windowsize };
        let agreed = Agreed::new(&request.options, &quirks, tsize, widest);
        let mut retry = Retry::new(now, quirks.patience);
        if let Some(timeout) = agreed.timeout {
            retry.set_first(timeout);
        }
        let oack_due = !agreed.oack.is_empty();
        Transfer {
            source,
            len,
            started: now,
            retry,
            rollover: quirks.rollover,
            blksize: agreed.blksize,
            window: agreed.window,
            phase: if oack_due { Phase::Oack(agreed.oack) } else { Phase::Data },
            oack_due,
            acked: 0,
            next: 1,
            highest: 0,
            probe: None,
            last: (!is_text).then(|| len / u64::from(agreed.blksize) + 1),
            text: is_text.then(Default::default),
            error: None,
            sent_blocks: 0,
            repeated_blocks: 0,
            outcome: None,
        }
    }

    /// A datagram from the peer's own port. What does not belong here is ignored.
    pub fn handle(&mut self, now: Time, datagram: &[u8]) {
        if self.outcome.is_some() {
            return;
        }
        match Packet::parse(datagram) {
            Ok(Packet::Ack { block }) => self.handle_ack(now, block),
            Ok(Packet::Error { code, text }) => {
                self.outcome = Some(Outcome::PeerError { code, text: escape_short(text, 200) });
            }
            _ => {}
        }
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Time) {
        if self.outcome.is_some() {
            return;
        }
        match self.retry.fire(now) {
            Due::Nothing => {}
            Due::Stop(why) => {
                let all_sent = self.last.is_some_and(|last| self.acked + 1 == last && self.highest == last);
                self.outcome = Some(Outcome::GaveUp { why, all_sent });
            }
            Due::Repeat if self.phase != Phase::Data => self.oack_due = true,
            // The end of a window makes a receiver say what it has: its ACK was lost, or it finds
            // the gap. Only when that is not answered the whole window goes out again.
            Due::Repeat if self.highest > self.acked + 1 && self.retry.repeats() == 1 => {
                self.probe = Some(self.highest);
            }
            Due::Repeat => self.next = self.acked + 1,
        }
    }

    /// Replaces `out` with the next datagram to send; false when there is none for now. A loop that
    /// looks for ACKs after every few datagrams of a wide window repeats less after a loss than one
    /// that sends the whole window first.
    pub fn poll_transmit(&mut self, now: Time, out: &mut Vec<u8>) -> bool {
        out.clear();
        if let Some((code, text)) = self.error.take() {
            Packet::Error { code, text: text.as_bytes() }.emit(out);
            return true;
        }
        if self.outcome.is_some() {
            return false;
        }
        if let Phase::Oack(options) = &self.phase {
            if !std::mem::take(&mut self.oack_due) {
                return false;
            }
            Packet::Oack(options.view()).emit(out);
            self.retry.sent(now);
            return true;
        }
        let block = match self.probe.take() {
            Some(probe) => probe,
            None if self.next <= self.acked + self.window && self.last.is_none_or(|last| self.next <= last) => {
                self.next += 1;
                self.next - 1
            }
            None => return false,
        };
        if self.emit_block(block, out).is_err() {
            out.clear();
            self.outcome = Some(Outcome::SourceFailed);
            Packet::Error { code: ErrorCode::NotDefined, text: b"the file can not be read" }.emit(out);
            return true;
        }
        self.sent_blocks += 1;
        if block <= self.highest {
            self.repeated_blocks += 1;
        }
        self.highest = self.highest.max(block);
        self.retry.sent(now);
        true
    }

    /// When to call [`Transfer::handle_timeout`] at the latest, and why.
    pub fn poll_timeout(&self) -> Option<(Time, &'static str)> {
        self.outcome.is_none().then(|| self.retry.next())
    }

    /// Ends the transfer with an ERROR to the peer.
    pub fn abort(&mut self, code: ErrorCode, text: &'static str) {
        if self.outcome.is_none() {
            self.outcome = Some(Outcome::Aborted(code));
            self.error = Some((code, text));
        }
    }

    /// The block size agreed to, bytes of data, and how many blocks are sent before an acknowledgement.
    pub const fn agreed(&self) -> (u16, u64) {
        (self.blksize, self.window)
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        let bytes_acked = match &self.text {
            Some((start, _)) => start.offset.min(self.len),
            None => self.acked.saturating_mul(self.blksize.into()).min(self.len),
        };
        Progress { bytes_acked, total: self.len, sent_blocks: self.sent_blocks, repeated_blocks: self.repeated_blocks }
    }

    /// How it ended, once it has. An ERROR may still have to be sent.
    pub fn outcome(&self) -> Option<&Outcome> {
        self.outcome.as_ref()
    }

    fn handle_ack(&mut self, now: Time, wire: u16) {
        if let Phase::Oack(_) = self.phase {
            if wire == 0 {
                self.phase = Phase::Data;
                self.retry.got_on(now);
            }
            return;
        }
        let Some(block) = self.rollover.resolve(wire, self.acked, self.highest) else { return };
        if block == self.acked {
            // Sending anything here would double every block from now on (RFC 1123 §4.2.3.1).
            self.retry.heard(now);
            return;
        }
        // An ACK inside the window tells of a loss behind it: RFC 7440 §4 begins a new window
        // there. At the window's end it is the same thing without a loss.
        self.acked = block;
        self.next = block + 1;
        self.probe = None;
        if let Some((start, after)) = &mut self.text {
            *start = *after;
        }
        self.retry.got_on(now);
        if self.last.is_some_and(|last| block >= last) {
            self.outcome = Some(Outcome::Done { bytes: self.len, took: now.since(self.started) });
        }
    }

    fn emit_block(&mut self, block: u64, out: &mut Vec<u8>) -> Result<(), ()> {
        let blksize = usize::from(self.blksize);
        Packet::Data { block: self.rollover.wire(block), data: &[] }.emit(out);
        let header = out.len();
        if let Some((start, after)) = &mut self.text {
            *after = encode_block(&self.source, *start, blksize, out).ok_or(())?;
            if out.len() - header < blksize {
                self.last = Some(block);
            }
            return Ok(());
        }
        let offset = (block - 1).saturating_mul(self.blksize.into());
        let rest = usize::try_from(self.len.saturating_sub(offset)).unwrap_or(usize::MAX);
        out.resize(header + rest.min(blksize), 0);
        read_exact(&self.source, offset, out.get_mut(header..).unwrap_or_default())
    }
}

#[cfg(test)]
#[path = "transfer_tests.rs"]
mod tests;
