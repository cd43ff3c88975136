//! Netascii (RFC 764, as RFC 1350 §1 asks for): LF travels as CR LF, a bare CR as CR NUL.
//!
//! The encoder reads from any offset and says where it stopped, so that a block can be made again
//! exactly; the decoder remembers a CR whose second half is in the next block. Neither looks at
//! characters: text in any encoding passes.

use super::sink::Sink;
use super::source::Source;

/// Where in the source the next encoded byte comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// Source bytes already used up.
    pub(crate) offset: u64,
    /// The second half of a pair whose first half ended the last block.
    half: Option<u8>,
}

/// Appends up to `blksize` encoded bytes to `out`; fewer mean that the source ended. Answers where
/// the next block starts, or nothing when the source failed.
pub(crate) fn encode_block(source: &impl Source, from: Cursor, blksize: usize, out: &mut Vec<u8>) -> Option<Cursor> {
    let end = out.len() + blksize;
    let mut at = from;
    if let Some(half) = at.half.take() {
        out.push(half);
    }
    let mut buf = [0; 512];
    while out.len() < end && at.offset < source.len() {
        let have = source.read_at(at.offset, &mut buf).ok().filter(|&n| n > 0)?;
        for &byte in buf.get(..have)? {
            if out.len() == end {
                break;
            }
            at.offset += 1;
            let half = match byte {
                b'\n' => Some(b'\n'),
                b'\r' => Some(0),
                _ => None,
            };
            out.push(if half.is_some() { b'\r' } else { byte });
            match half {
                Some(half) if out.len() < end => out.push(half),
                half => at.half = half,
            }
        }
    }
    Some(at)
}

/// Turns received netascii back into bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Decoder {
    cr: bool,
}

impl Decoder {
    /// Passes on one block. A CR followed by anything but LF or NUL is kept as it came.
    pub(crate) fn block(&mut self, block: &[u8], sink: &mut impl Sink) {
        let mut rest = block;
        while let Some((&first, tail)) = rest.split_first() {
            if std::mem::take(&mut self.cr) {
                match first {
                    b'\n' => sink.write(b"\n"),
                    0 => sink.write(b"\r"),
                    _ => {
                        sink.write(b"\r");
                        continue;
                    }
                }
                rest = tail;
                continue;
            }
            let plain = rest.iter().position(|&b| b == b'\r').unwrap_or(rest.len());
            let (before, from_cr) = rest.split_at(plain);
            if !before.is_empty() {
                sink.write(before);
            }
            self.cr = !from_cr.is_empty();
            rest = from_cr.get(1..).unwrap_or_default();
        }
    }

    /// Passes on a CR that was left over at the end of the file.
    pub(crate) fn finish(&mut self, sink: &mut impl Sink) {
        if std::mem::take(&mut self.cr) {
            sink.write(b"\r");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn encoded(text: &[u8], blksize: usize) -> Vec<Vec<u8>> {
        let (mut blocks, mut at) = (Vec::new(), Cursor::default());
        loop {
            let mut block = Vec::new();
            at = encode_block(&text, at, blksize, &mut block).unwrap();
            blocks.push(block);
            if blocks[blocks.len() - 1].len() < blksize {
                return blocks;
            }
        }
    }

    #[test]
    fn pairs_split_over_blocks_stay_whole() {
        assert_eq!(encoded(b"1234567\nab\rc", 8), [b"1234567\r".to_vec(), b"\nab\r\0c".to_vec()]);
        assert_eq!(
            encoded(b"1234567\n", 9),
            [b"1234567\r\n".to_vec(), vec![]],
            "a full last block is followed by none"
        );
    }

    #[test]
    fn a_lone_cr_is_kept() {
        let (mut decoder, mut out) = (Decoder::default(), Vec::new());
        decoder.block(b"a\rb\r\r", &mut out);
        decoder.finish(&mut out);
        assert_eq!(out, b"a\rb\r\r");
    }

    proptest! {
        #[test]
        fn any_bytes_come_back(text in proptest::collection::vec(prop_oneof![Just(b'\r'), Just(b'\n'), Just(0u8), any::<u8>()], 0..1500), blksize in 8usize..600) {
            let (mut decoder, mut out) = (Decoder::default(), Vec::new());
            for block in encoded(&text, blksize) {
                decoder.block(&block, &mut out);
            }
            decoder.finish(&mut out);
            prop_assert_eq!(out, text);
        }
    }
}
