//! The option list of a request or OACK (RFC 2347): name NUL value NUL, as often as needed.
//!
//! Which options mean what, and which values are sensible, is for the machines to judge.

use std::fmt;

use super::packet::Malformed;

/// The most options one request or OACK may carry; more is [`Malformed::TooManyOptions`].
pub const MAX_OPTIONS: usize = 16;

/// The option list of a request or OACK (RFC 2347): name and value pairs in the order they were
/// sent, repeats included. A view of the wire bytes, checked when it was made.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Options<'a> {
    /// `name NUL value NUL …`; the very last NUL may be missing.
    raw: &'a [u8],
}

impl<'a> Options<'a> {
    /// No options.
    pub const NONE: Options<'static> = Options { raw: &[] };

    /// Checks the bytes behind a mode or behind an OACK's opcode. `at` is where they start in the
    /// datagram, so that an error can say where it is.
    pub(crate) fn parse(raw: &'a [u8], at: usize) -> Result<Options<'a>, Malformed> {
        // Some clients pad a request with NULs; an option has a name, so they cannot be one.
        let end = match raw.iter().rposition(|&b| b != 0) {
            None => return Ok(Options::NONE),
            Some(last) => last,
        };
        let mut rest = raw;
        let mut count = 0;
        while raw.len() - rest.len() <= end {
            let here = at + (raw.len() - rest.len());
            let (name, after) = cut_at_nul(rest);
            if name.is_empty() {
                return Err(Malformed::OptionWithoutName { at: here });
            }
            let Some(after) = after.filter(|a| !a.is_empty()) else {
                return Err(Malformed::OptionWithoutValue { at: here });
            };
            let (_, after) = cut_at_nul(after);
            count += 1;
            rest = after.unwrap_or_default();
        }
        if count > MAX_OPTIONS {
            return Err(Malformed::TooManyOptions { count });
        }
        let used = raw.len() - rest.len();
        Ok(Options { raw: raw.get(..used).unwrap_or(raw) })
    }

    /// Each option as (name, value), spelled as it was sent.
    pub fn iter(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> + use<'a> {
        let mut rest = self.raw;
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let (name, after) = cut_at_nul(rest);
            let (value, after) = cut_at_nul(after.unwrap_or_default());
            rest = after.unwrap_or_default();
            Some((name, value))
        })
    }

    /// The value of the first option of this name, without regard to case.
    pub fn get(&self, name: &str) -> Option<&'a [u8]> {
        self.iter().find(|(n, _)| n.eq_ignore_ascii_case(name.as_bytes())).map(|(_, v)| v)
    }

    /// The value of the first option of this name, if it is a plain decimal number of at most 19
    /// digits.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.get(name).and_then(decimal)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.raw.is_empty()
    }
}

impl fmt::Debug for Options<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use crate::text::escape;
        f.debug_map().entries(self.iter().map(|(n, v)| (escape(n), escape(v)))).finish()
    }
}

/// An option list being written, to be lent to a [`super::Packet`] with [`OptionsBuf::view`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OptionsBuf {
    raw: Vec<u8>,
}

impl OptionsBuf {
    /// An empty list.
    pub fn new() -> OptionsBuf {
        OptionsBuf::default()
    }

    /// Adds one option with a decimal value.
    pub fn push(&mut self, name: &str, value: u64) -> &mut OptionsBuf {
        self.push_text(name, &value.to_string())
    }

    /// Adds one option with any value. The name must not be empty and neither may hold a NUL.
    pub fn push_text(&mut self, name: &str, value: &str) -> &mut OptionsBuf {
        debug_assert!(!name.is_empty() && !name.contains('\0') && !value.contains('\0'));
        for part in [name, value] {
            self.raw.extend_from_slice(part.as_bytes());
            self.raw.push(0);
        }
        self
    }

    /// The list as a packet carries it.
    pub fn view(&self) -> Options<'_> {
        Options { raw: &self.raw }
    }

    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.raw.is_empty()
    }
}

/// A plain decimal number: digits only, at most 19 of them.
pub(crate) fn decimal(text: &[u8]) -> Option<u64> {
    if text.is_empty() || text.len() > 19 || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(text.iter().fold(0, |n, d| n * 10 + u64::from(d - b'0')))
}

/// What stands before the first NUL, and what stands behind it if there is one.
pub(crate) fn cut_at_nul(bytes: &[u8]) -> (&[u8], Option<&[u8]>) {
    match bytes.iter().position(|&b| b == 0) {
        Some(nul) => (bytes.get(..nul).unwrap_or_default(), bytes.get(nul + 1..)),
        None => (bytes, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_digits_and_nothing_else() {
        assert_eq!(decimal(b"00512"), Some(512));
        for odd in [&b""[..], b"+1", b"-1", b" 1", b"0x10", b"abc", b"12345678901234567890"] {
            assert_eq!(decimal(odd), None);
        }
    }
}
