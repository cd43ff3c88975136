//! Frames in a stream: `u32 length` (of all behind the version), `u32 version`, `u32 message`, body.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The longest frame that is taken, bytes behind the version. The longest message that a phone of this kind
/// sends is some hundred bytes; an XML alarm may have two thousand.
pub const MAX_LENGTH: usize = 4_096;

/// One frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Header version: 0 for old phones, 10 to 22 for newer ones.
    pub version: u32,
    /// The message's number.
    pub id: u32,
    /// What follows it.
    pub body: Vec<u8>,
}

/// Why a stream is not Skinny, or a body is not what its message needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Malformed {
    /// A length below 4 or above [`MAX_LENGTH`]: nothing behind it can be trusted.
    Length(u32),
    /// A body shorter than its message's fixed part.
    Short {
        /// The message.
        id: u32,
        /// Bytes the fixed part takes.
        need: usize,
        /// Bytes there were.
        have: usize,
    },
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Malformed::Length(n) => write!(f, "a frame of {n} bytes: this is not Skinny"),
            Malformed::Short { id, need, have } => {
                write!(f, "message {id:#x} is cut short: {have} bytes where {need} are needed")
            }
        }
    }
}

impl std::error::Error for Malformed {}

impl Frame {
    /// The frame's bytes.
    pub fn to_vec(&self) -> Vec<u8> {
        let length = u32::try_from(self.body.len() + 4).unwrap_or(u32::MAX);
        let mut out = Vec::with_capacity(12 + self.body.len());
        for number in [length, self.version, self.id] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        out.extend_from_slice(&self.body);
        out
    }
}

/// Puts a stream's pieces together. It never holds more than one frame and the piece that came last.
#[derive(Clone, Debug, Default)]
pub struct Framer {
    bytes: Vec<u8>,
    broken: Option<Malformed>,
}

impl Framer {
    /// More of the stream. What follows a bad length is not kept.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.broken.is_none() {
            self.bytes.extend_from_slice(bytes);
        }
    }

    /// The next whole frame; drain until `None` after each [`Framer::push`]. A bad length is said once for ever.
    pub fn pop(&mut self) -> Option<Result<Frame, Malformed>> {
        if let Some(broken) = self.broken {
            return Some(Err(broken));
        }
        let length = number(&self.bytes, 0)?;
        let total = usize::try_from(length).ok().filter(|n| (4..=MAX_LENGTH).contains(n)).map(|n| n + 8);
        let Some(total) = total else {
            let broken = Malformed::Length(length);
            self.broken = Some(broken);
            self.bytes = Vec::new();
            return Some(Err(broken));
        };
        let frame = self.bytes.get(..total)?;
        let frame = Frame {
            version: number(frame, 4)?,
            id: number(frame, 8)?,
            body: frame.get(12..).unwrap_or_default().to_vec(),
        };
        self.bytes.drain(..total);
        Some(Ok(frame))
    }
}

/// The little-endian number at this offset.
pub(super) fn number(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|b| u32::from_le_bytes(*b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_bad_length_ends_the_stream() {
        let mut framer = Framer::default();
        framer.push(b"GET / HTTP/1.1\r\n");
        assert_eq!(framer.pop(), Some(Err(Malformed::Length(0x2054_4547))));
        framer.push(&Frame { version: 0, id: 0, body: Vec::new() }.to_vec());
        assert!(matches!(framer.pop(), Some(Err(Malformed::Length(_)))));
        assert!(framer.bytes.is_empty());
    }

    proptest! {
        #[test]
        fn frames_survive_any_cutting(
            bodies in proptest::collection::vec((any::<u32>(), any::<u32>(), proptest::collection::vec(any::<u8>(), 0..60)), 0..6),
            piece in 1usize..40,
        ) {
            let frames: Vec<Frame> = bodies.into_iter().map(|(version, id, body)| Frame { version, id, body }).collect();
            let bytes: Vec<u8> = frames.iter().flat_map(Frame::to_vec).collect();
            let mut framer = Framer::default();
            let mut got = Vec::new();
            for piece in bytes.chunks(piece) {
                framer.push(piece);
                while let Some(Ok(frame)) = framer.pop() {
                    got.push(frame);
                }
            }
            prop_assert_eq!(got, frames);
        }
    }
}
