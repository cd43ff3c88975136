//! TFTP packets (RFC 1350 §5, option packets RFC 2347): a borrowed view of a datagram, and back.
//!
//! Parsing forgives what phones really send: a request without its last NUL, padding NULs after the
//! options, bytes behind an ACK, a mode nobody has heard of. It does not judge option values; the
//! machines do. Names, modes and error texts stay bytes: see [`crate::text`].

use std::fmt;

use serde::{Deserialize, Serialize};

use super::error::ErrorCode;
use super::options::{MAX_OPTIONS, Options, cut_at_nul};

/// One TFTP packet, borrowing from the datagram it was parsed from. All numbers are big-endian on
/// the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packet<'a> {
    /// Opcode 1: the peer wants to read a file.
    Rrq(Request<'a>),
    /// Opcode 2: the peer wants to write a file.
    Wrq(Request<'a>),
    /// Opcode 3: one block of a file.
    Data {
        /// Block number, counted from 1 and wrapping at 16 bits.
        block: u16,
        /// 0 to `blksize` bytes; fewer than `blksize` ends the file.
        data: &'a [u8],
    },
    /// Opcode 4: everything up to and including this block has arrived.
    Ack {
        /// The block acknowledged; 0 answers an OACK or a WRQ.
        block: u16,
    },
    /// Opcode 5: the transfer is over.
    Error {
        /// Why, as a number.
        code: ErrorCode,
        /// Why, as the peer words it: without its NUL, not escaped.
        text: &'a [u8],
    },
    /// Opcode 6 (RFC 2347): the options the server agrees to.
    Oack(Options<'a>),
}

/// The body of an RRQ or WRQ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request<'a> {
    /// The file name as it was spelled: not empty, without NUL, any bytes otherwise.
    pub name: &'a [u8],
    /// How the bytes are to be carried.
    pub mode: Mode<'a>,
    /// What else is asked for, in the order it was asked.
    pub options: Options<'a>,
}

/// The transfer mode of a request (RFC 1350 §1); matched without regard to case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode<'a> {
    /// Bytes as they are.
    Octet,
    /// Text with CR LF line ends and CR NUL for a bare CR (RFC 764).
    Netascii,
    /// Obsolete: the name is a mail address.
    Mail,
    /// Any other word, as it was spelled; `image` and `binary` mean octet wherever they were seen.
    Other(&'a [u8]),
}

impl<'a> Mode<'a> {
    /// The mode a word stands for.
    pub fn from_word(word: &'a [u8]) -> Mode<'a> {
        if word.eq_ignore_ascii_case(b"octet") {
            Mode::Octet
        } else if word.eq_ignore_ascii_case(b"netascii") {
            Mode::Netascii
        } else if word.eq_ignore_ascii_case(b"mail") {
            Mode::Mail
        } else {
            Mode::Other(word)
        }
    }

    /// The word that goes on the wire.
    pub fn word(&self) -> &'a [u8] {
        match *self {
            Mode::Octet => b"octet",
            Mode::Netascii => b"netascii",
            Mode::Mail => b"mail",
            Mode::Other(word) => word,
        }
    }
}

/// Why a datagram is no TFTP packet. Offsets count from the start of the datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Malformed {
    /// No bytes at all.
    Empty,
    /// Fewer bytes than the fixed part of this kind of packet.
    Cut {
        /// Bytes the fixed part takes.
        need: usize,
        /// Bytes there were.
        have: usize,
    },
    /// The first two bytes are no opcode of TFTP.
    UnknownOpcode(u16),
    /// A request whose name is empty.
    NoName,
    /// A request that ends behind its name, or whose mode is empty.
    NoMode,
    /// An option with an empty name.
    OptionWithoutName {
        /// Where it starts.
        at: usize,
    },
    /// A last option with a name and nothing behind it.
    OptionWithoutValue {
        /// Where its name starts.
        at: usize,
    },
    /// More than [`MAX_OPTIONS`] options.
    TooManyOptions {
        /// How many there are.
        count: usize,
    },
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Malformed::Empty => f.write_str("empty datagram"),
            Malformed::Cut { need, have } => write!(f, "cut short: {have} bytes where {need} are needed"),
            Malformed::UnknownOpcode(op) => write!(f, "opcode {op} is not TFTP"),
            Malformed::NoName => f.write_str("request without a file name"),
            Malformed::NoMode => f.write_str("request without a mode"),
            Malformed::OptionWithoutName { at } => write!(f, "option without a name at byte {at}"),
            Malformed::OptionWithoutValue { at } => write!(f, "option without a value at byte {at}"),
            Malformed::TooManyOptions { count } => write!(f, "{count} options, more than {MAX_OPTIONS}"),
        }
    }
}

impl std::error::Error for Malformed {}

impl<'a> Packet<'a> {
    /// Reads one datagram.
    pub fn parse(datagram: &'a [u8]) -> Result<Packet<'a>, Malformed> {
        let (&[high, low], body) = datagram.split_first_chunk::<2>().ok_or(match datagram.len() {
            0 => Malformed::Empty,
            have => Malformed::Cut { need: 2, have },
        })?;
        match u16::from_be_bytes([high, low]) {
            1 => Ok(Packet::Rrq(parse_request(body)?)),
            2 => Ok(Packet::Wrq(parse_request(body)?)),
            3 => {
                let (block, data) = number_then_rest(body)?;
                Ok(Packet::Data { block, data })
            }
            4 => Ok(Packet::Ack { block: number_then_rest(body)?.0 }),
            5 => {
                let (code, text) = number_then_rest(body)?;
                Ok(Packet::Error { code: code.into(), text: cut_at_nul(text).0 })
            }
            6 => Ok(Packet::Oack(Options::parse(body, 2)?)),
            other => Err(Malformed::UnknownOpcode(other)),
        }
    }

    /// Appends the packet to `out`. A name, mode, or error text that holds a NUL ends there for
    /// whoever parses it.
    pub fn emit(&self, out: &mut Vec<u8>) {
        match self {
            Packet::Rrq(request) => emit_request(1, request, out),
            Packet::Wrq(request) => emit_request(2, request, out),
            Packet::Data { block, data } => {
                out.extend_from_slice(&[0, 3]);
                out.extend_from_slice(&block.to_be_bytes());
                out.extend_from_slice(data);
            }
            Packet::Ack { block } => {
                out.extend_from_slice(&[0, 4]);
                out.extend_from_slice(&block.to_be_bytes());
            }
            Packet::Error { code, text } => {
                out.extend_from_slice(&[0, 5]);
                out.extend_from_slice(&u16::from(*code).to_be_bytes());
                out.extend_from_slice(text);
                out.push(0);
            }
            Packet::Oack(options) => {
                out.extend_from_slice(&[0, 6]);
                emit_options(options, out);
            }
        }
    }

    /// The packet as one datagram.
    pub fn to_vec(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.emit(&mut out);
        out
    }
}

/// What a socket answers that is busy with another peer (RFC 1350 §4): the stranger ends, the
/// transfer goes on.
pub fn wrong_tid_reply() -> Vec<u8> {
    Packet::Error { code: ErrorCode::UnknownTid, text: b"unknown transfer ID" }.to_vec()
}

fn parse_request(body: &[u8]) -> Result<Request<'_>, Malformed> {
    let (name, after) = cut_at_nul(body);
    if name.is_empty() {
        return Err(Malformed::NoName);
    }
    let after = after.ok_or(Malformed::NoMode)?;
    let (mode, rest) = cut_at_nul(after);
    if mode.is_empty() {
        return Err(Malformed::NoMode);
    }
    let rest = rest.unwrap_or_default();
    let options = Options::parse(rest, 2 + body.len() - rest.len())?;
    Ok(Request { name, mode: Mode::from_word(mode), options })
}

fn emit_request(opcode: u8, request: &Request<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(&[0, opcode]);
    for part in [request.name, request.mode.word()] {
        out.extend_from_slice(part);
        out.push(0);
    }
    emit_options(&request.options, out);
}

fn emit_options(options: &Options<'_>, out: &mut Vec<u8>) {
    for (name, value) in options.iter() {
        for part in [name, value] {
            out.extend_from_slice(part);
            out.push(0);
        }
    }
}

fn number_then_rest(body: &[u8]) -> Result<(u16, &[u8]), Malformed> {
    let (number, rest) = body.split_first_chunk::<2>().ok_or(Malformed::Cut { need: 4, have: 2 + body.len() })?;
    Ok((u16::from_be_bytes(*number), rest))
}

#[cfg(test)]
mod tests {
    use super::super::options::OptionsBuf;
    use super::*;
    use proptest::prelude::*;

    fn request(datagram: &[u8]) -> Request<'_> {
        match Packet::parse(datagram) {
            Ok(Packet::Rrq(request) | Packet::Wrq(request)) => request,
            other => panic!("not a request: {other:?}"),
        }
    }

    fn pairs(options: Options<'_>) -> Vec<(String, String)> {
        options.iter().map(|(n, v)| (crate::text::escape(n), crate::text::escape(v))).collect()
    }

    #[test]
    fn a_request_keeps_the_order_and_spelling_of_its_options() {
        let r = request(b"\0\x01SEP001122334455.cnf.xml\0OCTET\0TSize\x000\0blksize\x001428\0");
        assert_eq!(r.name, b"SEP001122334455.cnf.xml");
        assert_eq!(r.mode, Mode::Octet);
        assert_eq!(pairs(r.options), [("TSize".into(), "0".into()), ("blksize".into(), "1428".into())]);
        assert_eq!(r.options.number("tsize"), Some(0));
        assert_eq!(r.options.number("BLKSIZE"), Some(1428));
        assert_eq!(r.options.number("windowsize"), None);
    }

    #[test]
    fn what_phones_get_wrong_is_still_usable() {
        assert_eq!(request(b"\0\x01a\0octet").mode, Mode::Octet, "no last NUL");
        assert_eq!(
            request(b"\0\x01a\0octet\0tsize\x000").options.number("tsize"),
            Some(0),
            "no last NUL behind options"
        );
        assert_eq!(request(b"\0\x01a\0image\0").mode, Mode::Other(b"image"), "a mode nobody has heard of");
        assert!(request(b"\0\x01a\0octet\0\0\0\0").options.is_empty(), "padding");
        let padded = request(b"\0\x01a\0octet\0tsize\x000\0\0\0");
        assert_eq!(pairs(padded.options), [("tsize".into(), "0".into())], "padding behind options");
        assert_eq!(request(b"\0\x02\xff\xfe\0netascii\0").name, b"\xff\xfe", "a name that is not text");
        assert_eq!(Packet::parse(b"\0\x04\0\x07junk"), Ok(Packet::Ack { block: 7 }), "bytes behind an ACK");
        let bare = Packet::Error { code: ErrorCode::OptionRefused, text: b"" };
        assert_eq!(Packet::parse(b"\0\x05\0\x08"), Ok(bare), "an ERROR without its text");
    }

    #[test]
    fn every_kind_of_malformed_is_told_apart() {
        let said = |d: &[u8]| Packet::parse(d).expect_err("malformed");
        assert_eq!(said(b""), Malformed::Empty);
        assert_eq!(said(b"\0"), Malformed::Cut { need: 2, have: 1 });
        assert_eq!(said(b"\0\x04\0"), Malformed::Cut { need: 4, have: 3 });
        assert_eq!(said(b"\0\x03"), Malformed::Cut { need: 4, have: 2 });
        assert_eq!(said(b"\0\x09\0\0"), Malformed::UnknownOpcode(9));
        assert_eq!(said(b"\0\x01"), Malformed::NoName);
        assert_eq!(said(b"\0\x01\0octet\0"), Malformed::NoName);
        assert_eq!(said(b"\0\x01name"), Malformed::NoMode);
        assert_eq!(said(b"\0\x01name\0"), Malformed::NoMode);
        assert_eq!(said(b"\0\x01n\0\0octet\0"), Malformed::NoMode);
        assert_eq!(said(b"\0\x01n\0octet\0tsize\0"), Malformed::OptionWithoutValue { at: 10 });
        assert_eq!(said(b"\0\x01n\0octet\0tsize"), Malformed::OptionWithoutValue { at: 10 });
        assert_eq!(said(b"\0\x01n\0octet\0\0x\0"), Malformed::OptionWithoutName { at: 10 });
        let mut many = b"\0\x06".to_vec();
        many.extend_from_slice(&b"a\x001\0".repeat(17));
        assert_eq!(said(&many), Malformed::TooManyOptions { count: 17 });
        many.truncate(2 + 16 * 4);
        assert!(Packet::parse(&many).is_ok());
    }

    #[test]
    fn an_empty_value_behind_a_name_is_kept() {
        let r = request(b"\0\x01n\0octet\0tsize\0\0blksize\x008\0");
        assert_eq!(pairs(r.options), [("tsize".into(), String::new()), ("blksize".into(), "8".into())]);
        assert_eq!(r.options.number("tsize"), None);
    }

    fn word() -> impl Strategy<Value = Vec<u8>> {
        proptest::collection::vec(1u8.., 1..40)
    }

    proptest! {
        #[test]
        fn what_is_emitted_parses_to_the_same(
            name in word(), mode in word(), options in proptest::collection::vec(("[a-z]{1,9}", 0u64..1 << 60), 0..16),
            number: u16, body in proptest::collection::vec(any::<u8>(), 0..600),
        ) {
            let mut list = OptionsBuf::new();
            for (n, v) in &options {
                list.push(n, *v);
            }
            let request = Request { name: &name, mode: Mode::from_word(&mode), options: list.view() };
            let text: Vec<u8> = body.iter().copied().filter(|&b| b != 0).collect();
            for packet in [
                Packet::Rrq(request),
                Packet::Wrq(request),
                Packet::Data { block: number, data: &body },
                Packet::Ack { block: number },
                Packet::Error { code: number.into(), text: &text },
                Packet::Oack(list.view()),
            ] {
                let datagram = packet.to_vec();
                prop_assert_eq!(Packet::parse(&datagram), Ok(packet));
            }
        }

        #[test]
        fn no_bytes_panic_and_what_parses_survives_a_second_trip(opcode in 0u8..8, body in proptest::collection::vec(0u8..4, 0..60)) {
            let mut datagram = vec![0, opcode];
            datagram.extend_from_slice(&body);
            if let Ok(packet) = Packet::parse(&datagram) {
                let again = packet.to_vec();
                let reparsed = Packet::parse(&again).expect("emitted");
                prop_assert_eq!(reparsed.to_vec(), again);
            }
        }
    }
}
