//! The options of a message: an ordered list, and its form on the wire.
//!
//! Order is kept both ways, because it identifies a phone and because some phones care. Repeats are
//! joined (RFC 3396). Whatever is odd about the bytes is noted beside the list and costs no other
//! option. What does not happen here: judging values.

use std::net::Ipv4Addr;

use super::option::{DhcpOption, addresses_in, code, without_trailing_nul};

/// Something about the bytes that is not as the RFCs say but did not stop anyone from reading them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Oddity {
    /// An option said it is longer than what was left; what was there is kept as its value.
    Truncated {
        /// The option's code.
        code: u8,
        /// Length it declared; `None` when even the length octet was missing.
        declared: Option<u8>,
        /// Bytes that were there.
        present: usize,
    },
    /// The options ran to the end of the packet without the end mark (255).
    NoEnd,
    /// The hardware address length field held this, more than the 16 bytes of the field.
    HardwareLength(u8),
}

/// Options in order, each code once.
#[derive(Clone, Debug, Default)]
pub struct Options {
    list: Vec<DhcpOption>,
    oddities: Vec<Oddity>,
}

impl PartialEq for Options {
    /// Same options in the same order; how oddly they were written does not count.
    fn eq(&self, other: &Options) -> bool {
        self.list == other.list
    }
}

impl Eq for Options {}

impl Options {
    /// No options.
    pub const fn new() -> Options {
        Options { list: Vec::new(), oddities: Vec::new() }
    }

    /// The raw value of an option, if it is there.
    pub fn get(&self, code: u8) -> Option<&[u8]> {
        self.list.iter().find(|o| o.code == code).map(|o| o.value.as_slice())
    }

    /// Whether the option is there, if only empty.
    pub fn contains(&self, code: u8) -> bool {
        self.get(code).is_some()
    }

    /// The first octet of an option.
    pub fn u8(&self, code: u8) -> Option<u8> {
        self.get(code)?.first().copied()
    }

    /// The first two octets, big-endian.
    pub fn u16(&self, code: u8) -> Option<u16> {
        self.get(code)?.first_chunk().copied().map(u16::from_be_bytes)
    }

    /// The first four octets, big-endian.
    pub fn u32(&self, code: u8) -> Option<u32> {
        self.get(code)?.first_chunk().copied().map(u32::from_be_bytes)
    }

    /// The first address of an option.
    pub fn address(&self, code: u8) -> Option<Ipv4Addr> {
        addresses_in(self.get(code)?).next()
    }

    /// All whole addresses of an option, in order.
    pub fn addresses(&self, code: u8) -> Vec<Ipv4Addr> {
        addresses_in(self.get(code).unwrap_or_default()).collect()
    }

    /// A text option's bytes without trailing NULs. Foreign: show it through [`crate::text::escape`].
    pub fn text(&self, code: u8) -> Option<&[u8]> {
        self.get(code).map(without_trailing_nul)
    }

    /// Puts an option at the end, or over the one with the same code where that stands. 0 and 255 are
    /// framing and not taken.
    pub fn set(&mut self, option: DhcpOption) {
        match self.list.iter_mut().find(|o| o.code == option.code) {
            Some(old) => old.value = option.value,
            None if option.code == code::PAD || option.code == code::END => {}
            None => self.list.push(option),
        }
    }

    /// Takes an option out.
    pub fn remove(&mut self, code: u8) -> Option<DhcpOption> {
        let at = self.list.iter().position(|o| o.code == code)?;
        Some(self.list.remove(at))
    }

    /// The options in order.
    pub fn iter(&self) -> std::slice::Iter<'_, DhcpOption> {
        self.list.iter()
    }

    /// The codes in order.
    pub fn codes(&self) -> Vec<u8> {
        self.list.iter().map(|o| o.code).collect()
    }

    /// How many options there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// What was odd about the bytes this was read from.
    pub fn oddities(&self) -> &[Oddity] {
        &self.oddities
    }

    pub(super) fn note(&mut self, oddity: Oddity) {
        self.oddities.push(oddity);
    }

    /// Reads one area (the options field, or an overloaded `file` or `sname`), joining repeats with
    /// what earlier areas held (RFC 3396 §7).
    pub(super) fn read_area(&mut self, area: &[u8]) {
        let mut rest = area;
        loop {
            match rest {
                [] => return self.note(Oddity::NoEnd),
                [code::END, ..] => return,
                [code::PAD, tail @ ..] => rest = tail,
                [code] => {
                    self.note(Oddity::Truncated { code: *code, declared: None, present: 0 });
                    return self.append(*code, &[]);
                }
                [code, len, tail @ ..] => {
                    let Some((value, after)) = tail.split_at_checked(usize::from(*len)) else {
                        self.note(Oddity::Truncated { code: *code, declared: Some(*len), present: tail.len() });
                        return self.append(*code, tail);
                    };
                    self.append(*code, value);
                    rest = after;
                }
            }
        }
    }

    fn append(&mut self, code: u8, value: &[u8]) {
        match self.list.iter_mut().find(|o| o.code == code) {
            Some(first) => first.value.extend_from_slice(value),
            None => self.list.push(DhcpOption::raw(code, value)),
        }
    }
}

impl FromIterator<DhcpOption> for Options {
    /// Later options replace earlier ones of the same code.
    fn from_iter<I: IntoIterator<Item = DhcpOption>>(from: I) -> Options {
        let mut options = Options::new();
        from.into_iter().for_each(|o| options.set(o));
        options
    }
}

impl<'a> IntoIterator for &'a Options {
    type Item = &'a DhcpOption;
    type IntoIter = std::slice::Iter<'a, DhcpOption>;
    fn into_iter(self) -> Self::IntoIter {
        self.list.iter()
    }
}

/// One option on the wire: code, length, value; longer ones in pieces of 255 (RFC 3396 §4).
pub(super) fn encode(option: &DhcpOption) -> Vec<u8> {
    let mut out = Vec::with_capacity(option.value.len() + 2);
    let mut rest = option.value.as_slice();
    loop {
        let (piece, tail) = rest.split_at(rest.len().min(255));
        out.push(option.code);
        out.push(u8::try_from(piece.len()).unwrap_or(u8::MAX));
        out.extend_from_slice(piece);
        rest = tail;
        if rest.is_empty() {
            return out;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(area: &[u8]) -> Options {
        let mut options = Options::new();
        options.read_area(area);
        options
    }

    #[test]
    fn one_odd_option_never_loses_the_others() {
        // A host name that is no UTF-8, a lease time of two bytes, and 150 with two servers before 60.
        let read =
            read(b"\x0c\x02\xff\xfe\x33\x02\x00\x01\x96\x08\x0a\x00\x00\x01\x0a\x00\x00\x02\x00\x00\x3c\x02hi\xff\x09");
        assert_eq!(read.codes(), [12, 51, 150, 60]);
        assert_eq!(read.addresses(150), [Ipv4Addr::new(10, 0, 0, 1), Ipv4Addr::new(10, 0, 0, 2)]);
        assert_eq!(read.u32(51), None);
        assert_eq!(read.text(60), Some(&b"hi"[..]));
        assert_eq!(read.oddities(), []);
    }

    #[test]
    fn repeats_are_joined_where_the_first_stands() {
        let read = read(b"\x3c\x02ab\x35\x01\x01\x3c\x02cd\xff");
        assert_eq!(read.codes(), [60, 53]);
        assert_eq!(read.get(60), Some(&b"abcd"[..]));
    }

    #[test]
    fn what_is_cut_off_is_kept_and_noted() {
        let cut = read(b"\x35\x01\x01\x3c\x09abc");
        assert_eq!(cut.get(60), Some(&b"abc"[..]));
        assert_eq!(cut.oddities(), [Oddity::Truncated { code: 60, declared: Some(9), present: 3 }]);
        let bare = read(b"\x35\x01\x01\x3c");
        assert_eq!(bare.get(60), Some(&b""[..]));
        assert_eq!(read(b"\x35\x01\x01").oddities(), [Oddity::NoEnd]);
    }

    #[test]
    fn set_replaces_in_place_and_refuses_framing() {
        let mut options: Options = [DhcpOption::u8(53, 1), DhcpOption::text(60, "a")].into_iter().collect();
        options.set(DhcpOption::u8(53, 3));
        options.set(DhcpOption::raw(255, []));
        options.set(DhcpOption::raw(0, []));
        assert_eq!(options.codes(), [53, 60]);
        assert_eq!(options.u8(53), Some(3));
        assert_eq!(options.remove(53), Some(DhcpOption::u8(53, 3)));
        assert_eq!(options.remove(53), None);
    }
}
