//! One SIP message in a datagram (RFC 3261 §7, §18.3): a start line, headers in their order, a body.
//!
//! Reading forgives: lines may end in LF or CR LF, headers may be folded, names may be short or in any case with
//! blanks before the colon, values may hold any bytes. Header values are kept as bytes without the blanks around
//! them; they become text through [`crate::text`] only. A line without a colon is kept apart as odd, not lost.
//! Writing is exact: long names as given, CR LF, one `Content-Length` that is true.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::header::{CSeq, NameAddr, Via};

/// Most headers of one message; phones send 10 to 25.
pub const MAX_HEADERS: usize = 128;
/// Most bytes of one message that are looked at: what a UDP datagram can carry.
pub const MAX_BYTES: usize = 65_507;
/// Most headers of one name that an answer repeats.
const MAX_COPIED: usize = 20;
/// What every transaction identifier of RFC 3261 begins with (§8.1.1.7).
pub const MAGIC_COOKIE: &str = "z9hG4bK";

/// A request or an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its first line.
    pub start: Start,
    /// Its headers, in the order they came, `Content-Length` left out (it is the body's length).
    pub headers: Headers,
    /// What stands behind the empty line, not longer than `Content-Length` said.
    pub body: Vec<u8>,
    /// `Content-Length` promised more bytes than there are: how many are missing.
    pub missing: usize,
    /// Lines among the headers that are no headers, as they came. They are not written.
    pub odd: Vec<Vec<u8>>,
}

/// The first line (RFC 3261 §7.1, §7.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// `METHOD uri SIP/2.0`
    Request {
        /// As it came; methods are case-sensitive.
        method: Vec<u8>,
        /// As it came.
        uri: Vec<u8>,
    },
    /// `SIP/2.0 code reason`
    Status {
        /// 100 to 699.
        code: u16,
        /// As it came, may be empty.
        reason: Vec<u8>,
    },
}

/// Headers in their order; names are matched without case, short forms as their long ones (RFC 3261 §7.3.3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(Vec<(Vec<u8>, Vec<u8>)>);

/// Why a datagram is no SIP message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Malformed {
    /// Nothing but line ends or NULs: phones send these to keep a NAT open (RFC 5626 §3.5.1).
    KeepAlive,
    /// More than [`MAX_BYTES`] bytes.
    TooLong(usize),
    /// The first line is neither a request's nor an answer's.
    StartLine,
    /// The version is not `SIP/2.0`.
    Version,
    /// The status is no number of 100 to 699.
    Status,
    /// More than [`MAX_HEADERS`] headers.
    TooManyHeaders,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Malformed::KeepAlive => f.write_str("only line ends: a keep-alive"),
            Malformed::TooLong(n) => write!(f, "{n} bytes, more than a datagram holds"),
            Malformed::StartLine => f.write_str("the first line is neither a request's nor an answer's"),
            Malformed::Version => f.write_str("the version is not SIP/2.0"),
            Malformed::Status => f.write_str("the status is no number of 100 to 699"),
            Malformed::TooManyHeaders => write!(f, "more than {MAX_HEADERS} headers"),
        }
    }
}

impl std::error::Error for Malformed {}

impl Message {
    /// A request without headers and body. `method` and `uri` must hold no blank and no line end.
    pub fn request(method: &str, uri: &str) -> Message {
        Message::new(Start::Request { method: method.into(), uri: uri.into() })
    }

    /// An answer without headers and body.
    pub fn status(code: u16, reason: &str) -> Message {
        Message::new(Start::Status { code, reason: reason.into() })
    }

    fn new(start: Start) -> Message {
        Message { start, headers: Headers::default(), body: Vec::new(), missing: 0, odd: Vec::new() }
    }

    /// The answer to this request (RFC 3261 §8.2.6.2): its `Via`s, `From`, `To`, `Call-ID` and `CSeq`, as they
    /// came. `to_tag` is put on `To` when there is no tag yet.
    pub fn answer(&self, code: u16, reason: &str, to_tag: &str) -> Message {
        let mut answer = Message::status(code, reason);
        for name in ["Via", "From", "To", "Call-ID", "CSeq"] {
            for value in self.headers.all(name).take(MAX_COPIED) {
                let mut value = value.to_vec();
                if name == "To" && !to_tag.is_empty() && NameAddr::parse(&value).is_none_or(|to| to.tag().is_none()) {
                    value.extend_from_slice(format!(";tag={to_tag}").as_bytes());
                }
                answer.headers.push_bytes(name.as_bytes(), &value);
            }
        }
        answer
    }

    /// With one more header: for building. A line end in the value would end the header: it becomes a blank.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Message {
        self.headers.push(name, value);
        self
    }

    /// With a body of this type.
    #[must_use]
    pub fn with_body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Message {
        self.headers.push("Content-Type", content_type);
        self.body = body.into();
        self
    }

    /// The method of a request: `REGISTER`. `None` for an answer and for a method that is no ASCII text.
    pub fn method(&self) -> Option<&str> {
        match &self.start {
            Start::Request { method, .. } => std::str::from_utf8(method).ok(),
            Start::Status { .. } => None,
        }
    }

    /// The URI of a request, as it came.
    pub fn uri(&self) -> Option<&[u8]> {
        match &self.start {
            Start::Request { uri, .. } => Some(uri),
            Start::Status { .. } => None,
        }
    }

    /// The status of an answer.
    pub fn code(&self) -> Option<u16> {
        match self.start {
            Start::Status { code, .. } => Some(code),
            Start::Request { .. } => None,
        }
    }

    /// The first value of this header.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers.get(name)
    }

    /// The topmost `Via`: where an answer goes (RFC 3261 §18.2.2).
    pub fn via(&self) -> Option<Via> {
        self.header("Via").and_then(Via::parse)
    }

    /// Who sends it.
    pub fn from(&self) -> Option<NameAddr> {
        self.header("From").and_then(NameAddr::parse)
    }

    /// For whom it is.
    pub fn to(&self) -> Option<NameAddr> {
        self.header("To").and_then(NameAddr::parse)
    }

    /// Number and method of the transaction.
    pub fn cseq(&self) -> Option<CSeq> {
        self.header("CSeq").and_then(CSeq::parse)
    }

    /// Reads one datagram. Line ends before the first line are passed over (RFC 3261 §7.5).
    pub fn parse(datagram: &[u8]) -> Result<Message, Malformed> {
        if datagram.len() > MAX_BYTES {
            return Err(Malformed::TooLong(datagram.len()));
        }
        let begin = datagram.iter().position(|b| !matches!(b, b'\r' | b'\n' | 0)).ok_or(Malformed::KeepAlive)?;
        let (first, mut rest) = line(datagram.get(begin..).unwrap_or_default());
        let mut message = Message::new(start(first)?);
        let mut length = None;
        while !rest.is_empty() {
            let (this, after) = line(rest);
            rest = after;
            if this.is_empty() {
                break;
            }
            let mut unfolded = this.to_vec();
            while let [b' ' | b'\t', ..] = rest {
                let (more, after) = line(rest);
                rest = after;
                unfolded.push(b' ');
                unfolded.extend_from_slice(more.trim_ascii());
            }
            if message.headers.0.len() + message.odd.len() >= MAX_HEADERS {
                return Err(Malformed::TooManyHeaders);
            }
            match unfolded.iter().position(|&b| b == b':') {
                Some(colon) if is_token(unfolded.get(..colon).unwrap_or_default().trim_ascii()) => {
                    let name = unfolded.get(..colon).unwrap_or_default().trim_ascii();
                    let value = unfolded.get(colon + 1..).unwrap_or_default().trim_ascii();
                    if same_name(name, b"Content-Length") {
                        length = number(value).or(length);
                    } else {
                        message.headers.0.push((name.to_vec(), value.to_vec()));
                    }
                }
                _ => message.odd.push(unfolded),
            }
        }
        let length = length.unwrap_or(rest.len());
        message.missing = length.saturating_sub(rest.len());
        message.body = rest.get(..length).unwrap_or(rest).to_vec();
        Ok(message)
    }

    /// The bytes of the message, with a true `Content-Length` as its last header.
    pub fn to_vec(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(512 + self.body.len());
        match &self.start {
            Start::Request { method, uri } => {
                out.extend_from_slice(method);
                out.push(b' ');
                out.extend_from_slice(uri);
                out.extend_from_slice(b" SIP/2.0\r\n");
            }
            Start::Status { code, reason } => {
                out.extend_from_slice(format!("SIP/2.0 {code} ").as_bytes());
                out.extend_from_slice(reason);
                out.extend_from_slice(b"\r\n");
            }
        }
        for (name, value) in &self.headers.0 {
            out.extend_from_slice(name);
            out.extend_from_slice(b": ");
            out.extend_from_slice(value);
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(format!("Content-Length: {}\r\n\r\n", self.body.len()).as_bytes());
        out.extend_from_slice(&self.body);
        out
    }
}

impl Headers {
    /// The first value of this header.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.all(name).next()
    }

    /// All values of this header, in their order. Lists in one line are not taken apart.
    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        let name = name.as_bytes().to_vec();
        self.0.iter().filter(move |(n, _)| same_name(n, &name)).map(|(_, value)| value.as_slice())
    }

    /// All headers, as they are spelled.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.0.iter().map(|(name, value)| (name.as_slice(), value.as_slice()))
    }

    /// One more at the end.
    pub fn push(&mut self, name: &str, value: &str) {
        self.push_bytes(name.as_bytes(), value.as_bytes());
    }

    /// One more at the end. Line ends in the value become blanks.
    pub fn push_bytes(&mut self, name: &[u8], value: &[u8]) {
        let value = value.iter().map(|&b| if matches!(b, b'\r' | b'\n') { b' ' } else { b });
        self.0.push((name.to_vec(), value.collect()));
    }

    /// The first header of this name gets another value; `false` if there is none.
    pub fn replace_first(&mut self, name: &str, value: &[u8]) -> bool {
        let Some(found) = self.0.iter_mut().find(|(n, _)| same_name(n, name.as_bytes())) else { return false };
        found.1 = value.to_vec();
        true
    }
}

/// The line up to LF, without its CR, and what is behind.
fn line(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|&b| b == b'\n');
    let (this, rest) = match end {
        Some(at) => (bytes.get(..at).unwrap_or_default(), bytes.get(at + 1..).unwrap_or_default()),
        None => (bytes, &[][..]),
    };
    (this.strip_suffix(b"\r").unwrap_or(this), rest)
}

fn start(line: &[u8]) -> Result<Start, Malformed> {
    let line = line.trim_ascii();
    let (first, rest) = word(line).ok_or(Malformed::StartLine)?;
    if first.len() >= 4 && first.get(..4).is_some_and(|p| p.eq_ignore_ascii_case(b"SIP/")) {
        if !first.eq_ignore_ascii_case(b"SIP/2.0") {
            return Err(Malformed::Version);
        }
        let (code, reason) = word(rest).unwrap_or((rest, b""));
        let code = number(code).and_then(|n| u16::try_from(n).ok()).filter(|n| (100..700).contains(n));
        return Ok(Start::Status { code: code.ok_or(Malformed::Status)?, reason: reason.to_vec() });
    }
    let last = rest.iter().rposition(|b| matches!(b, b' ' | b'\t')).ok_or(Malformed::StartLine)?;
    let (uri, version) = (rest.get(..last).unwrap_or_default().trim_ascii(), rest.get(last + 1..).unwrap_or_default());
    if !is_token(first) || uri.is_empty() || uri.iter().any(u8::is_ascii_whitespace) {
        return Err(Malformed::StartLine);
    }
    if !version.eq_ignore_ascii_case(b"SIP/2.0") {
        return Err(Malformed::Version);
    }
    Ok(Start::Request { method: first.to_vec(), uri: uri.to_vec() })
}

/// The first word and the rest behind its blanks.
fn word(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = bytes.iter().position(|b| matches!(b, b' ' | b'\t'))?;
    Some((bytes.get(..at)?, bytes.get(at..)?.trim_ascii_start()))
}

/// A decimal number of at most nine digits.
pub(super) fn number(bytes: &[u8]) -> Option<usize> {
    let fits = !bytes.is_empty() && bytes.len() <= 9 && bytes.iter().all(u8::is_ascii_digit);
    fits.then(|| std::str::from_utf8(bytes).ok()?.parse().ok()).flatten()
}

/// A token of RFC 3261 §25.1.
pub(super) fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|b| b.is_ascii_alphanumeric() || b"-.!%*_+`'~".contains(b))
}

fn same_name(one: &[u8], other: &[u8]) -> bool {
    long(one).eq_ignore_ascii_case(long(other))
}

/// The long form of a short header name (RFC 3261 §20, RFC 6665 §8.4, RFC 3515, RFC 3891, RFC 4028).
fn long(name: &[u8]) -> &[u8] {
    match name {
        [one] => match one.to_ascii_lowercase() {
            b'a' => b"Accept-Contact",
            b'b' => b"Referred-By",
            b'c' => b"Content-Type",
            b'e' => b"Content-Encoding",
            b'f' => b"From",
            b'i' => b"Call-ID",
            b'k' => b"Supported",
            b'l' => b"Content-Length",
            b'm' => b"Contact",
            b'o' => b"Event",
            b'r' => b"Refer-To",
            b's' => b"Subject",
            b't' => b"To",
            b'u' => b"Allow-Events",
            b'v' => b"Via",
            b'x' => b"Session-Expires",
            _ => name,
        },
        _ => name,
    }
}

#[cfg(test)]
mod tests;
