//! Bytes of a log file into lines: UTF-8 or what Windows calls Unicode, any line end, bounded.

/// The longest line that is taken, bytes; the rest of a longer one is left out.
const LONGEST: usize = 16 * 1_024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Text {
    Unknown,
    Bytes,
    Utf16 { big_endian: bool },
}

/// Splits what is handed in into lines.
#[derive(Clone, Debug)]
pub struct Lines {
    text: Text,
    /// Bytes not looked at yet: at most three.
    odd: Vec<u8>,
    /// The line that is not over yet.
    line: Vec<u8>,
    number: u64,
}

impl Default for Lines {
    fn default() -> Lines {
        Lines { text: Text::Unknown, odd: Vec::new(), line: Vec::new(), number: 0 }
    }
}

impl Lines {
    /// Hands in the next bytes; `each` gets every line that is whole, with its number from 1.
    pub fn push(&mut self, bytes: &[u8], mut each: impl FnMut(u64, &[u8])) {
        let mut joined = std::mem::take(&mut self.odd);
        joined.extend_from_slice(bytes);
        let mut rest = joined.as_slice();
        if self.text == Text::Unknown {
            if rest.len() < 3 {
                self.odd = rest.to_vec();
                return;
            }
            (self.text, rest) = match rest {
                [0xff, 0xfe, rest @ ..] => (Text::Utf16 { big_endian: false }, rest),
                [0xfe, 0xff, rest @ ..] => (Text::Utf16 { big_endian: true }, rest),
                [0xef, 0xbb, 0xbf, rest @ ..] => (Text::Bytes, rest),
                rest => (Text::Bytes, rest),
            };
        }
        let Text::Utf16 { big_endian } = self.text else { return self.split(rest, &mut each) };
        let (pairs, odd) = rest.as_chunks::<2>();
        self.odd = odd.to_vec();
        let units = pairs.iter().map(|p| if big_endian { u16::from_be_bytes(*p) } else { u16::from_le_bytes(*p) });
        // A pair that is split between two pieces is lost; names and addresses have none.
        let text: String = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
        self.split(text.as_bytes(), &mut each);
    }

    /// The file is over: the last line may lack its end.
    pub fn end(&mut self, mut each: impl FnMut(u64, &[u8])) {
        let odd = std::mem::take(&mut self.odd);
        if self.text == Text::Unknown {
            self.split(&odd, &mut each);
        }
        if !self.line.is_empty() {
            self.number += 1;
            each(self.number, &self.line);
            self.line.clear();
        }
    }

    fn split(&mut self, mut rest: &[u8], each: &mut impl FnMut(u64, &[u8])) {
        while let Some(end) = rest.iter().position(|b| *b == b'\n') {
            let (line, after) = rest.split_at(end);
            self.keep(line);
            if self.line.last() == Some(&b'\r') {
                self.line.pop();
            }
            self.number += 1;
            each(self.number, &self.line);
            self.line.clear();
            rest = after.get(1..).unwrap_or_default();
        }
        self.keep(rest);
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = LONGEST.saturating_sub(self.line.len());
        self.line.extend_from_slice(bytes.get(..room.min(bytes.len())).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(file: &[u8], piece: usize) -> Vec<(u64, String)> {
        let (mut lines, mut found) = (Lines::default(), Vec::new());
        let mut each = |n: u64, line: &[u8]| found.push((n, String::from_utf8_lossy(line).into_owned()));
        file.chunks(piece).for_each(|piece| lines.push(piece, &mut each));
        lines.end(&mut each);
        found
    }

    #[test]
    fn every_way_to_save_a_log_gives_the_same_lines() {
        let utf16 = |big: bool| {
            let units = "\u{feff}ein\r\nzwei\n\nü".encode_utf16();
            units.flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() }).collect::<Vec<u8>>()
        };
        let wanted = [(1, "ein"), (2, "zwei"), (3, ""), (4, "ü")].map(|(n, l)| (n, l.to_owned()));
        for piece in [1, 2, 3, 7, 100] {
            for file in [
                b"ein\r\nzwei\n\n\xc3\xbc".to_vec(),
                b"\xef\xbb\xbfein\nzwei\n\n\xc3\xbc\n".to_vec(),
                utf16(true),
                utf16(false),
            ] {
                assert_eq!(lines(&file, piece), wanted, "{piece} {file:?}");
            }
        }
        assert_eq!(lines(b"a", 1), [(1, "a".to_owned())]);
        assert!(lines(b"", 1).is_empty());
    }

    #[test]
    fn a_line_without_an_end_does_not_grow_for_ever() {
        let mut lines = Lines::default();
        for _ in 0..100 {
            lines.push(&[b'x'; 1_000], |_, _| panic!("no line has ended"));
        }
        assert_eq!(lines.line.len(), LONGEST);
    }
}
