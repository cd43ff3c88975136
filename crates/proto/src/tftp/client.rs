//! The receiving end of a read: asks for a file and takes it, as a phone does.
//!
//! Who drives it owns the socket: the first datagram goes to port 69, everything after it to the
//! port of the first answer; what comes from another port is answered with
//! [`super::wrong_tid_reply`] and not shown to this machine.

use std::time::Duration;

use super::netascii::Decoder;
use super::retry::{Due, Patience, Retry, Stopped};
use super::rollover::{Rollover, WIDEST_WINDOW};
use super::sink::Sink;
use super::{ErrorCode, Mode, Options, OptionsBuf, Packet, Request};
use crate::text::escape_short;
use crate::time::Time;

/// What a client asks for and how it behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// The file name as it goes on the wire.
    pub name: Vec<u8>,
    /// Ask for netascii instead of octet.
    pub netascii: bool,
    /// Ask for blocks of this many bytes (RFC 2348).
    pub blksize: Option<u16>,
    /// Ask for the size of the file (RFC 2349).
    pub tsize: bool,
    /// Ask for this retransmission interval in seconds (RFC 2349), and use it when it is agreed.
    pub timeout: Option<u8>,
    /// Ask for this many blocks per ACK (RFC 7440).
    pub windowsize: Option<u16>,
    /// The block number that follows 65535.
    pub rollover: Rollover,
    /// How often to repeat, and when to give up.
    pub patience: Patience,
}

impl Wish {
    /// A plain RFC 1350 read in octet mode: no options, lock-step, blocks of 512 bytes.
    pub fn plain(name: impl Into<Vec<u8>>) -> Wish {
        Wish {
            name: name.into(),
            netascii: false,
            blksize: None,
            tsize: false,
            timeout: None,
            windowsize: None,
            rollover: Rollover::Zero,
            patience: Patience::CLIENT,
        }
    }
}

/// How a read ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The whole file is in the sink.
    Done,
    /// The server sent an ERROR.
    PeerError {
        /// Its number.
        code: ErrorCode,
        /// Its words, escaped and cut to 200 characters.
        text: String,
    },
    /// The server did not keep to the protocol; it was told so with an ERROR.
    Broken(&'static str),
    /// [`Client::abort`] was called.
    Aborted(ErrorCode),
    /// Nothing more came.
    GaveUp(Stopped),
}

/// How far a read is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Bytes received in order, as they came over the wire.
    pub bytes: u64,
    /// What the server said the size was.
    pub total: Option<u64>,
    /// Blocks received in order.
    pub blocks: u64,
    /// Blocks received that were of no use: repeated or out of order.
    pub useless_blocks: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Pending {
    Nothing,
    Request,
    /// Everything received in order so far.
    Ack,
    Error(ErrorCode, &'static str),
}

/// One read, from the request to the last ACK. The contract: after every call of `handle` or
/// `handle_timeout`, call [`Client::poll_transmit`] until it says no.
#[derive(Debug)]
pub struct Client<S: Sink> {
    wish: Wish,
    sink: S,
    decoder: Decoder,
    retry: Retry,
    pending: Pending,
    /// The server has answered the request.
    agreed: bool,
    blksize: usize,
    window: u64,
    /// The next block wanted, counted from 1.
    next: u64,
    /// Blocks taken since the last ACK.
    unacked: u64,
    /// The highest block seen beyond a gap that has been reported.
    beyond: Option<u64>,
    progress: Progress,
    outcome: Option<Outcome>,
}

impl<S: Sink> Client<S> {
    /// A read that is about to begin; the request is the first thing to transmit.
    pub fn new(now: Time, wish: Wish, sink: S) -> Client<S> {
        Client {
            retry: Retry::new(now, wish.patience),
            wish,
            sink,
            decoder: Decoder::default(),
            pending: Pending::Request,
            agreed: false,
            blksize: 512,
            window: 1,
            next: 1,
            unacked: 0,
            beyond: None,
            progress: Progress::default(),
            outcome: None,
        }
    }

    /// A datagram from the server's port of this transfer. What is no sensible TFTP is ignored.
    pub fn handle(&mut self, now: Time, datagram: &[u8]) {
        let Ok(packet) = Packet::parse(datagram) else { return };
        if self.outcome.is_some() {
            self.handle_after_end(&packet);
            return;
        }
        match packet {
            Packet::Oack(options) => self.handle_oack(now, &options),
            Packet::Data { block, data } => self.handle_data(now, block, data),
            Packet::Error { code, text } => {
                self.outcome = Some(Outcome::PeerError { code, text: escape_short(text, 200) });
                self.pending = Pending::Nothing;
            }
            Packet::Rrq(_) | Packet::Wrq(_) | Packet::Ack { .. } => {}
        }
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Time) {
        if self.outcome.is_some() {
            return;
        }
        match self.retry.fire(now) {
            Due::Nothing => {}
            Due::Repeat => self.pending = if self.agreed { Pending::Ack } else { Pending::Request },
            Due::Stop(why) => {
                self.outcome = Some(Outcome::GaveUp(why));
                self.pending = Pending::Nothing;
            }
        }
    }

    /// Replaces `out` with the next datagram to send; false when there is none.
    pub fn poll_transmit(&mut self, now: Time, out: &mut Vec<u8>) -> bool {
        out.clear();
        match std::mem::replace(&mut self.pending, Pending::Nothing) {
            Pending::Nothing => return false,
            Pending::Request => self.emit_request(out),
            Pending::Ack => {
                // Whatever the window was, the server starts a new one behind this block.
                self.unacked = 0;
                Packet::Ack { block: self.wish.rollover.wire(self.next - 1) }.emit(out);
            }
            Pending::Error(code, text) => Packet::Error { code, text: text.as_bytes() }.emit(out),
        }
        self.retry.sent(now);
        true
    }

    /// When to call [`Client::handle_timeout`] at the latest, and why.
    pub fn poll_timeout(&self) -> Option<(Time, &'static str)> {
        self.outcome.is_none().then(|| self.retry.next())
    }

    /// Ends the read with an ERROR: code 8 is what firmware sends that only wanted the size.
    pub fn abort(&mut self, code: ErrorCode, text: &'static str) {
        if self.outcome.is_none() {
            self.outcome = Some(Outcome::Aborted(code));
            self.pending = Pending::Error(code, text);
        }
    }

    /// Whether the server has answered the request, with an OACK or with data.
    pub fn agreed(&self) -> bool {
        self.agreed
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        self.progress
    }

    /// How it ended, once it has. An ACK or ERROR may still have to be sent.
    pub fn outcome(&self) -> Option<&Outcome> {
        self.outcome.as_ref()
    }

    /// What has been received so far.
    pub fn sink(&self) -> &S {
        &self.sink
    }

    /// What has been received, at the end.
    pub fn into_sink(self) -> S {
        self.sink
    }

    fn handle_oack(&mut self, now: Time, options: &Options<'_>) {
        if self.agreed {
            // Our ACK 0 was lost; once data has come the OACK is only late.
            if self.next == 1 && self.progress.useless_blocks == 0 {
                self.retry.heard(now);
                self.pending = Pending::Ack;
            }
            return;
        }
        if let Err(why) = self.agree(options) {
            self.outcome = Some(Outcome::Broken(why));
            self.pending = Pending::Error(ErrorCode::OptionRefused, why);
            return;
        }
        self.agreed = true;
        self.retry.got_on(now);
        self.pending = Pending::Ack;
    }

    /// Takes over what the server agreed to; it may lower `blksize` and `windowsize` and must not
    /// bring up anything that was not asked for (RFC 2347, 2348, 7440).
    fn agree(&mut self, options: &Options<'_>) -> Result<(), &'static str> {
        for (name, value) in options.iter() {
            let number = super::options::decimal(value);
            if name.eq_ignore_ascii_case(b"blksize") {
                let asked = self.wish.blksize.ok_or("blksize was not asked for")?;
                let agreed = number.filter(|n| (8..=u64::from(asked)).contains(n)).ok_or("blksize is not as asked")?;
                self.blksize = usize::try_from(agreed).unwrap_or(512);
            } else if name.eq_ignore_ascii_case(b"windowsize") {
                let asked = self.wish.windowsize.ok_or("windowsize was not asked for")?;
                let most = u64::from(asked.min(WIDEST_WINDOW));
                self.window = number.filter(|n| (1..=most).contains(n)).ok_or("windowsize is not as asked")?;
            } else if name.eq_ignore_ascii_case(b"timeout") {
                let asked = self.wish.timeout.ok_or("timeout was not asked for")?;
                let agreed = number.filter(|n| *n == u64::from(asked)).ok_or("timeout is not as asked")?;
                self.retry.set_first(Duration::from_secs(agreed));
            } else if name.eq_ignore_ascii_case(b"tsize") {
                if !self.wish.tsize {
                    return Err("tsize was not asked for");
                }
                self.progress.total = Some(number.ok_or("tsize is no number")?);
            } else {
                return Err("an option was not asked for");
            }
        }
        Ok(())
    }

    fn handle_data(&mut self, now: Time, wire: u16, data: &[u8]) {
        let low = self.next.saturating_sub(self.window + 1);
        let Some(block) = self.wish.rollover.resolve(wire, low, self.next + self.window) else {
            self.progress.useless_blocks += 1;
            return;
        };
        if data.len() > self.blksize {
            let why = "block larger than agreed";
            self.outcome = Some(Outcome::Broken(why));
            self.pending = Pending::Error(ErrorCode::IllegalOperation, why);
            return;
        }
        self.agreed = true;
        if block == self.next {
            self.take(now, data);
            return;
        }
        self.retry.heard(now);
        self.progress.useless_blocks += 1;
        if block > self.next {
            // Report a gap once; a block no higher than one seen before means it was sent again.
            if self.beyond.is_none_or(|highest| block <= highest) {
                self.pending = Pending::Ack;
            }
            self.beyond = Some(block);
        } else if block + 1 == self.next {
            self.pending = Pending::Ack;
        }
    }

    fn take(&mut self, now: Time, data: &[u8]) {
        if self.wish.netascii {
            self.decoder.block(data, &mut self.sink);
        } else {
            self.sink.write(data);
        }
        self.progress.bytes += data.len() as u64;
        self.progress.blocks += 1;
        self.next += 1;
        self.unacked += 1;
        self.beyond = None;
        self.retry.got_on(now);
        if data.len() < self.blksize {
            self.decoder.finish(&mut self.sink);
            self.outcome = Some(Outcome::Done);
            self.pending = Pending::Ack;
        } else if self.unacked >= self.window {
            self.pending = Pending::Ack;
        } else {
            self.retry.sent(now);
        }
    }

    /// The last ACK may have been lost: RFC 1350 §6 asks the receiver to stay and repeat it.
    fn handle_after_end(&mut self, packet: &Packet<'_>) {
        if let (Some(Outcome::Done), Packet::Data { block, .. }) = (&self.outcome, packet)
            && *block == self.wish.rollover.wire(self.next - 1)
        {
            self.pending = Pending::Ack;
        }
    }

    fn emit_request(&self, out: &mut Vec<u8>) {
        let mut options = OptionsBuf::new();
        if let Some(blksize) = self.wish.blksize {
            options.push("blksize", blksize.into());
        }
        if self.wish.tsize {
            options.push("tsize", 0);
        }
        if let Some(timeout) = self.wish.timeout {
            options.push("timeout", timeout.into());
        }
        if let Some(windowsize) = self.wish.windowsize {
            options.push("windowsize", windowsize.into());
        }
        let mode = if self.wish.netascii { Mode::Netascii } else { Mode::Octet };
        Packet::Rrq(Request { name: &self.wish.name, mode, options: options.view() }).emit(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T0: Time = Time::ZERO;
    const NOTHING: [Vec<u8>; 0] = [];

    /// All that the client has to say now.
    fn said<S: Sink>(client: &mut Client<S>, now: Time) -> Vec<Vec<u8>> {
        let (mut all, mut out) = (Vec::new(), Vec::new());
        while client.poll_transmit(now, &mut out) {
            all.push(out.clone());
        }
        all
    }

    fn ack(block: u16) -> Vec<Vec<u8>> {
        vec![Packet::Ack { block }.to_vec()]
    }

    fn data(block: u16, data: &[u8]) -> Vec<u8> {
        Packet::Data { block, data }.to_vec()
    }

    fn windowed(window: u16) -> Client<Vec<u8>> {
        let wish = Wish { windowsize: Some(window), blksize: Some(8), tsize: true, ..Wish::plain("f") };
        let mut client = Client::new(T0, wish, Vec::new());
        assert_eq!(said(&mut client, T0), [b"\0\x01f\0octet\0blksize\x008\0tsize\x000\0windowsize\x004\0"]);
        client.handle(T0, b"\0\x06tsize\x0042\0blksize\x008\0windowsize\x004\0");
        assert_eq!(said(&mut client, T0), ack(0));
        assert_eq!(client.progress().total, Some(42));
        client
    }

    #[test]
    fn a_plain_read_in_lock_step() {
        let mut client = Client::new(T0, Wish::plain("OS79XX.TXT"), Vec::new());
        assert_eq!(said(&mut client, T0), [b"\0\x01OS79XX.TXT\0octet\0"]);
        client.handle(T0, &data(1, &[7; 512]));
        assert_eq!(said(&mut client, T0), ack(1));
        client.handle(T0, &data(1, &[7; 512]));
        assert_eq!(said(&mut client, T0), ack(1), "a repeated block is acknowledged again and not kept twice");
        client.handle(T0, &data(2, b""));
        assert_eq!(said(&mut client, T0), ack(2));
        assert_eq!(client.outcome(), Some(&Outcome::Done));
        client.handle(T0, &data(2, b""));
        assert_eq!(said(&mut client, T0), ack(2), "the last ACK was lost");
        assert_eq!(client.poll_timeout(), None);
        assert_eq!(client.into_sink(), [7; 512]);
    }

    #[test]
    fn a_window_is_acknowledged_at_its_end_and_a_gap_at_once_and_once() {
        let mut client = windowed(4);
        for block in 1..=3 {
            client.handle(T0, &data(block, &[0; 8]));
            assert_eq!(said(&mut client, T0), NOTHING);
        }
        client.handle(T0, &data(4, &[0; 8]));
        assert_eq!(said(&mut client, T0), ack(4));
        client.handle(T0, &data(5, &[0; 8]));
        client.handle(T0, &data(7, &[0; 8]));
        assert_eq!(said(&mut client, T0), ack(5), "6 is missing");
        client.handle(T0, &data(8, &[0; 8]));
        assert_eq!(said(&mut client, T0), NOTHING, "and that has been said");
        client.handle(T0, &data(8, &[0; 8]));
        assert_eq!(said(&mut client, T0), ack(5), "said again when the server repeats itself");
        for block in 6..=8 {
            client.handle(T0, &data(block, &[0; 8]));
        }
        assert_eq!(said(&mut client, T0), NOTHING, "the window began anew behind 5");
        client.handle(T0, &data(9, &[0; 8]));
        assert_eq!(said(&mut client, T0), ack(9));
    }

    #[test]
    fn silence_is_answered_by_repeating_the_last_word() {
        let mut client = Client::new(T0, Wish::plain("f"), Vec::new());
        said(&mut client, T0);
        assert_eq!(client.poll_timeout(), Some((Time::from_secs(1), "TFTP repeat")));
        client.handle_timeout(Time::from_secs(1));
        assert_eq!(said(&mut client, Time::from_secs(1)), [b"\0\x01f\0octet\0"]);
        client.handle(Time::from_secs(2), &data(1, &[0; 512]));
        said(&mut client, Time::from_secs(2));
        client.handle_timeout(Time::from_secs(3));
        assert_eq!(said(&mut client, Time::from_secs(3)), ack(1));
        client.handle_timeout(Time::from_secs(32));
        assert_eq!(client.outcome(), Some(&Outcome::GaveUp(Stopped::Silent)));
    }

    #[test]
    fn a_size_probe_ends_with_error_8() {
        let mut client = windowed(4);
        client.abort(ErrorCode::OptionRefused, "size only");
        assert_eq!(said(&mut client, T0), [b"\0\x05\0\x08size only\0"]);
        assert_eq!(client.outcome(), Some(&Outcome::Aborted(ErrorCode::OptionRefused)));
    }

    #[test]
    fn a_server_that_answers_what_was_not_asked_is_refused() {
        let mut answers = Vec::new();
        for oack in
            [&b"\0\x06blksize\x001024\0"[..], b"\0\x06windowsize\x009\0", b"\0\x06tsize\x005\0", b"\0\x06new\x001\0"]
        {
            let wish = Wish { blksize: Some(512), windowsize: Some(8), ..Wish::plain("f") };
            let mut client = Client::new(T0, wish, Vec::new());
            said(&mut client, T0);
            client.handle(T0, oack);
            answers.push(said(&mut client, T0).concat()[3]);
            assert!(matches!(client.outcome(), Some(Outcome::Broken(_))));
        }
        assert_eq!(answers, [8; 4]);
    }

    #[test]
    fn an_error_of_the_server_is_kept_escaped() {
        let mut client = Client::new(T0, Wish::plain("f"), Vec::new());
        client.handle(T0, b"\0\x05\0\x01no \x1b[1mfile\0");
        let text = "no \\x1b[1mfile".to_string();
        assert_eq!(client.outcome(), Some(&Outcome::PeerError { code: ErrorCode::FileNotFound, text }));
        assert_eq!(said(&mut client, T0), NOTHING);
    }
}
