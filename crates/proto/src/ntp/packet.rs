//! A request of 48 bytes and its answer.

use std::fmt;

/// Seconds from 1900, where NTP begins, to 1970.
const EPOCH: u64 = 2_208_988_800;
/// Bytes of a message without extensions.
const LENGTH: usize = 48;
/// A clock of a laptop that nobody checked: far from any reference, and good enough for a phone.
const STRATUM: u8 = 10;

/// Why bytes are no request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// Fewer than 48 bytes.
    Short(usize),
    /// Another mode than 3, or a version that nobody speaks.
    NotARequest,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Malformed::Short(n) => write!(f, "{n} bytes are no NTP message"),
            Malformed::NotARequest => f.write_str("not an NTP client's request"),
        }
    }
}

/// A client's request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// 1 to 4.
    pub version: u8,
    /// The exponent of its poll interval, given back as it is.
    pub poll: u8,
    /// The client's own time when it sent it, as it came.
    pub transmit: [u8; 8],
}

impl Request {
    /// Reads a request; extensions and authenticators behind it are not looked at.
    pub fn parse(bytes: &[u8]) -> Result<Request, Malformed> {
        let short = Malformed::Short(bytes.len());
        let head: [u8; LENGTH] = bytes.get(..LENGTH).and_then(|b| b.try_into().ok()).ok_or(short)?;
        let (version, mode) = (head[0] >> 3 & 7, head[0] & 7);
        // Version 1 had no modes (RFC 1059).
        let asks = mode == 3 || version == 1 && mode == 0;
        if !(1..=4).contains(&version) || !asks {
            return Err(Malformed::NotARequest);
        }
        let mut transmit = [0; 8];
        transmit.copy_from_slice(&head[40..48]);
        Ok(Request { version, poll: head[2], transmit })
    }

    /// The answer of a server whose clock says `unix_us`, microseconds since 1970.
    pub fn answer(&self, unix_us: u64) -> [u8; LENGTH] {
        let now = timestamp(unix_us);
        let mut out = [0; LENGTH];
        out[0] = self.version << 3 | 4;
        out[1] = STRATUM;
        out[2] = self.poll;
        out[3] = 0xec; // precise to a microsecond: 2^-20 s
        out[8..12].copy_from_slice(&[0, 0, 0x10, 0]); // a sixteenth of a second may be wrong
        out[12..16].copy_from_slice(b"LOCL");
        for at in [16, 32, 40] {
            out[at..at + 8].copy_from_slice(&now);
        }
        out[24..32].copy_from_slice(&self.transmit);
        out
    }
}

/// Seconds since 1900 and their fraction, 32 bits each, network order; the seconds begin anew in 2036.
pub fn timestamp(unix_us: u64) -> [u8; 8] {
    let seconds = (unix_us / 1_000_000).wrapping_add(EPOCH) & 0xffff_ffff;
    let fraction = ((unix_us % 1_000_000) << 32) / 1_000_000;
    (seconds << 32 | fraction).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_learns_the_time() {
        let mut bytes = [0u8; 48];
        bytes[0] = 0x1b;
        bytes[40..48].copy_from_slice(b"CLIENT T".as_slice());
        let request = Request::parse(&bytes).unwrap();
        let answer = request.answer(1_500_000);
        assert_eq!((answer[0], answer[1]), (0x1c, STRATUM), "version 3, mode server");
        assert_eq!(&answer[24..32], b"CLIENT T", "its own time comes back");
        assert_eq!(&answer[40..48], &[0x83, 0xaa, 0x7e, 0x81, 0x80, 0, 0, 0], "1.5 s after 1970");
    }

    #[test]
    fn what_is_no_request_is_told() {
        assert_eq!(Request::parse(&[0x1b; 20]), Err(Malformed::Short(20)));
        for first in [0x1c, 0x24, 0x3b, 0x00, 0x1e] {
            let mut bytes = [0u8; 48];
            bytes[0] = first;
            assert_eq!(Request::parse(&bytes), Err(Malformed::NotARequest), "{first:x}");
        }
    }

    #[test]
    fn the_seconds_begin_anew_in_2036() {
        assert_eq!(&timestamp(2_085_978_496 * 1_000_000)[..4], &[0, 0, 0, 0]);
    }
}
