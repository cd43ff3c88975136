//! The serving end of a write: takes one file from one phone into a sink of bounded size.
//!
//! Whether anybody may write at all, and under which name, is decided before this machine is made.

use std::time::Duration;

use super::intake::{Intake, Verdict};
use super::netascii::Decoder;
use super::quirks::{Agreed, Quirks};
use super::retry::{Due, Retry, Stopped};
use super::sink::Sink;
use super::{ErrorCode, Mode, OptionsBuf, Packet, Request};
use crate::text::escape_short;
use crate::time::Time;

/// How a write ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The whole file is in the sink.
    Done {
        /// Bytes of the file.
        bytes: u64,
        /// From the request to the last block.
        took: Duration,
    },
    /// The peer sent an ERROR.
    PeerError {
        /// Its number.
        code: ErrorCode,
        /// Its words, escaped and cut to 200 characters.
        text: String,
    },
    /// The peer stopped getting on; the sink holds the beginning of the file.
    GaveUp(Stopped),
    /// The file is larger than allowed, by its own word or in truth; the peer was sent ERROR 3.
    TooLarge {
        /// What was allowed, in bytes.
        limit: u64,
    },
    /// The peer sent a block larger than agreed; it was sent ERROR 4.
    Broken,
    /// [`Receive::abort`] was called.
    Aborted(ErrorCode),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Pending {
    Nothing,
    /// Everything taken so far, or the OACK while nothing was.
    Answer,
    Error(ErrorCode, &'static str),
}

/// One write being received. The contract is that of [`super::Transfer`].
#[derive(Debug)]
pub struct Receive<S: Sink> {
    sink: S,
    limit: u64,
    bytes: u64,
    said: Option<u64>,
    started: Time,
    retry: Retry,
    intake: Intake,
    decoder: Option<Decoder>,
    oack: OptionsBuf,
    pending: Pending,
    outcome: Option<Outcome>,
}

impl<S: Sink> Receive<S> {
    /// Begins to answer a write request; at most `limit` bytes reach the sink. Netascii is decoded;
    /// every other mode is taken as octet.
    pub fn new(now: Time, request: &Request<'_>, quirks: Quirks, limit: u64, sink: S) -> Receive<S> {
        let is_text = request.mode == Mode::Netascii;
        let said = request.options.number("tsize").filter(|_| !is_text && !quirks.refuse_options);
        let agreed = Agreed::new(&request.options, &quirks, said, quirks.max_windowsize);
        let mut retry = Retry::new(now, quirks.patience);
        if let Some(timeout) = agreed.timeout {
            retry.set_first(timeout);
        }
        let mut intake = Intake::new(quirks.rollover);
        intake.blksize = agreed.blksize;
        intake.window = agreed.window;
        let mut receive = Receive {
            sink,
            limit,
            bytes: 0,
            said,
            started: now,
            retry,
            intake,
            decoder: is_text.then(Decoder::default),
            oack: agreed.oack,
            pending: Pending::Answer,
            outcome: None,
        };
        if said.is_some_and(|size| size > limit) {
            receive.refuse_size();
        }
        receive
    }

    /// A datagram from the peer's own port. What does not belong here is ignored.
    pub fn handle(&mut self, now: Time, datagram: &[u8]) {
        let Ok(packet) = Packet::parse(datagram) else { return };
        match packet {
            Packet::Data { block, data } => match self.outcome {
                None => self.handle_data(now, block, data),
                // The last ACK was lost.
                Some(Outcome::Done { .. }) if self.intake.is_last_taken(block) => self.pending = Pending::Answer,
                Some(_) => {}
            },
            Packet::Error { code, text } if self.outcome.is_none() => {
                self.outcome = Some(Outcome::PeerError { code, text: escape_short(text, 200) });
                self.pending = Pending::Nothing;
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
            Due::Repeat => self.pending = Pending::Answer,
            Due::Stop(why) => {
                self.outcome = Some(Outcome::GaveUp(why));
                self.pending = Pending::Nothing;
            }
        }
    }

    /// Replaces `out` with the next datagram to send; false when there is none for now.
    pub fn poll_transmit(&mut self, now: Time, out: &mut Vec<u8>) -> bool {
        out.clear();
        match std::mem::replace(&mut self.pending, Pending::Nothing) {
            Pending::Nothing => return false,
            Pending::Answer if !self.intake.has_begun() && !self.oack.is_empty() => {
                Packet::Oack(self.oack.view()).emit(out);
            }
            Pending::Answer => Packet::Ack { block: self.intake.ack() }.emit(out),
            Pending::Error(code, text) => Packet::Error { code, text: text.as_bytes() }.emit(out),
        }
        self.retry.sent(now);
        true
    }

    /// When to call [`Receive::handle_timeout`] at the latest, and why.
    pub fn poll_timeout(&self) -> Option<(Time, &'static str)> {
        self.outcome.is_none().then(|| self.retry.next())
    }

    /// Ends the write with an ERROR to the peer.
    pub fn abort(&mut self, code: ErrorCode, text: &'static str) {
        if self.outcome.is_none() {
            self.outcome = Some(Outcome::Aborted(code));
            self.pending = Pending::Error(code, text);
        }
    }

    /// Bytes of the file received so far, and the size the peer announced.
    pub fn progress(&self) -> (u64, Option<u64>) {
        (self.bytes, self.said)
    }

    /// How it ended, once it has. An ACK or ERROR may still have to be sent.
    pub fn outcome(&self) -> Option<&Outcome> {
        self.outcome.as_ref()
    }

    /// What has been received.
    pub fn into_sink(self) -> S {
        self.sink
    }

    fn handle_data(&mut self, now: Time, block: u16, data: &[u8]) {
        match self.intake.judge(block, data.len()) {
            Verdict::Take { last, ack } => self.take(now, data, last, ack),
            Verdict::AckAgain => {
                self.retry.heard(now);
                self.pending = Pending::Answer;
            }
            Verdict::Ignore => self.retry.heard(now),
            Verdict::TooLarge => {
                self.outcome = Some(Outcome::Broken);
                self.pending = Pending::Error(ErrorCode::IllegalOperation, "block larger than agreed");
            }
        }
    }

    fn take(&mut self, now: Time, data: &[u8], last: bool, ack: bool) {
        self.retry.got_on(now);
        let mut bounded = Bounded { sink: &mut self.sink, bytes: &mut self.bytes, limit: self.limit, is_over: false };
        match &mut self.decoder {
            Some(decoder) => {
                decoder.block(data, &mut bounded);
                if last {
                    decoder.finish(&mut bounded);
                }
            }
            None => bounded.write(data),
        }
        if bounded.is_over {
            self.refuse_size();
            return;
        }
        if last {
            self.outcome = Some(Outcome::Done { bytes: self.bytes, took: now.since(self.started) });
        }
        if ack {
            self.pending = Pending::Answer;
        } else {
            self.retry.sent(now);
        }
    }

    fn refuse_size(&mut self) {
        self.outcome = Some(Outcome::TooLarge { limit: self.limit });
        self.pending = Pending::Error(ErrorCode::DiskFull, "larger than allowed");
    }
}

/// Passes bytes on as long as the whole stays within the limit.
struct Bounded<'a, S: Sink> {
    sink: &'a mut S,
    bytes: &'a mut u64,
    limit: u64,
    is_over: bool,
}

impl<S: Sink> Sink for Bounded<'_, S> {
    fn write(&mut self, bytes: &[u8]) {
        let would_be = self.bytes.saturating_add(bytes.len() as u64);
        self.is_over |= would_be > self.limit;
        if !self.is_over {
            *self.bytes = would_be;
            self.sink.write(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const T0: Time = Time::ZERO;
    const NOTHING: [Vec<u8>; 0] = [];

    fn begin(request: &[u8], limit: u64) -> Receive<Vec<u8>> {
        match Packet::parse(request) {
            Ok(Packet::Wrq(request)) => Receive::new(T0, &request, Quirks::default(), limit, Vec::new()),
            other => panic!("not a write request: {other:?}"),
        }
    }

    fn said(receive: &mut Receive<Vec<u8>>) -> Vec<Vec<u8>> {
        let (mut all, mut out) = (Vec::new(), Vec::new());
        while receive.poll_transmit(T0, &mut out) {
            all.push(out.clone());
        }
        all
    }

    fn data(receive: &mut Receive<Vec<u8>>, block: u16, data: &[u8]) -> Vec<Vec<u8>> {
        receive.handle(T0, &Packet::Data { block, data }.to_vec());
        said(receive)
    }

    fn ack(block: u16) -> Vec<Vec<u8>> {
        vec![Packet::Ack { block }.to_vec()]
    }

    #[test]
    fn a_plain_write() {
        let mut receive = begin(b"\0\x02log\0octet\0", 1000);
        assert_eq!(said(&mut receive), ack(0));
        assert_eq!(data(&mut receive, 1, &[1; 512]), ack(1));
        assert_eq!(data(&mut receive, 1, &[1; 512]), ack(1), "not kept twice");
        assert_eq!(data(&mut receive, 2, b"end"), ack(2));
        assert_eq!(receive.outcome(), Some(&Outcome::Done { bytes: 515, took: Duration::ZERO }));
        assert_eq!(data(&mut receive, 2, b"end"), ack(2), "the last ACK was lost");
        assert_eq!(receive.into_sink().len(), 515);
    }

    #[test]
    fn options_are_answered_and_a_window_is_acknowledged_as_a_whole() {
        let mut receive = begin(b"\0\x02log\0octet\0tsize\x0020\0blksize\x008\0windowsize\x002\0", 1000);
        let oack = said(&mut receive);
        assert_eq!(oack, [b"\0\x06tsize\x0020\0blksize\x008\0windowsize\x002\0"]);
        receive.handle_timeout(Time::from_millis(250));
        assert_eq!(said(&mut receive), oack);
        assert_eq!(receive.progress(), (0, Some(20)));
        assert_eq!(data(&mut receive, 1, &[1; 8]), NOTHING);
        assert_eq!(data(&mut receive, 2, &[2; 8]), ack(2));
        assert_eq!(data(&mut receive, 3, &[3; 4]), ack(3));
        assert!(matches!(receive.outcome(), Some(Outcome::Done { bytes: 20, .. })));
    }

    #[test]
    fn a_file_that_is_too_large_gets_error_3_and_nothing_beyond_the_limit() {
        let mut announced = begin(b"\0\x02log\0octet\0tsize\x001001\0", 1000);
        assert!(said(&mut announced)[0].starts_with(b"\0\x05\0\x03"));
        assert_eq!(announced.outcome(), Some(&Outcome::TooLarge { limit: 1000 }));

        let mut silent = begin(b"\0\x02log\0octet\0", 600);
        said(&mut silent);
        assert_eq!(data(&mut silent, 1, &[1; 512]), ack(1));
        assert!(data(&mut silent, 2, &[1; 512])[0].starts_with(b"\0\x05\0\x03"));
        assert_eq!(silent.outcome(), Some(&Outcome::TooLarge { limit: 600 }));
        assert_eq!(data(&mut silent, 2, &[1; 512]), NOTHING);
        assert!(silent.into_sink().len() <= 600);

        let mut exact = begin(b"\0\x02log\0octet\0", 512);
        said(&mut exact);
        data(&mut exact, 1, &[1; 512]);
        data(&mut exact, 2, b"");
        assert!(matches!(exact.outcome(), Some(Outcome::Done { bytes: 512, .. })));
    }

    #[test]
    fn netascii_is_decoded_across_blocks() {
        let mut receive = begin(b"\0\x02log\0netascii\0blksize\x008\0tsize\x009\0", 1000);
        assert_eq!(said(&mut receive), [b"\0\x06blksize\x008\0"]);
        data(&mut receive, 1, b"1234567\r");
        data(&mut receive, 2, b"\n\r\0x");
        assert_eq!(receive.into_sink(), b"1234567\n\rx");
    }

    #[test]
    fn an_overlong_block_an_error_and_silence_each_end_it() {
        let mut broken = begin(b"\0\x02log\0octet\0", 9999);
        said(&mut broken);
        assert!(data(&mut broken, 1, &[0; 513])[0].starts_with(b"\0\x05\0\x04"));
        assert_eq!(broken.outcome(), Some(&Outcome::Broken));

        let mut refused = begin(b"\0\x02log\0octet\0", 9999);
        refused.handle(T0, b"\0\x05\0\x03full\0");
        let text = "full".to_string();
        assert_eq!(refused.outcome(), Some(&Outcome::PeerError { code: ErrorCode::DiskFull, text }));

        let mut silent = begin(b"\0\x02log\0octet\0", 9999);
        said(&mut silent);
        silent.handle_timeout(Time::from_secs(30));
        assert_eq!(silent.outcome(), Some(&Outcome::GaveUp(Stopped::Unanswered)));
        assert_eq!(silent.poll_timeout(), None);
    }

    proptest! {
        #[test]
        fn no_datagrams_upset_it(datagrams in proptest::collection::vec(proptest::collection::vec(0u8..7, 0..12), 0..60)) {
            let mut receive = begin(b"\0\x02log\0octet\0blksize\x008\0windowsize\x003\0", 20);
            for mut datagram in datagrams {
                if let Some(first) = datagram.first_mut() {
                    *first = 0;
                }
                receive.handle(T0, &datagram);
                said(&mut receive);
            }
            prop_assert!(receive.into_sink().len() <= 20);
        }
    }
}
