//! One input made into another: bits, lengths, pieces moved, words of the format, a second input spliced in.
//!
//! Nothing here knows what a target does with the bytes; a target's words ([`crate::targets::Target::words`])
//! are all it is told.

use crate::rng::Rng;

/// Numbers on which lengths and counters break.
const EDGES: [u64; 14] = [0, 1, 2, 3, 4, 7, 8, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fff_ffff, 0xffff_ffff];

/// A child of `parent`, at most `longest` bytes; `other` is a second input to take pieces from.
pub fn mutate(rng: &mut Rng, parent: &[u8], other: &[u8], words: &[&[u8]], longest: usize) -> Vec<u8> {
    let mut bytes = parent.to_vec();
    for _ in 0..1 + rng.small(4) {
        step(rng, &mut bytes, other, words);
        bytes.truncate(longest);
    }
    bytes
}

fn step(rng: &mut Rng, bytes: &mut Vec<u8>, other: &[u8], words: &[&[u8]]) {
    let at = rng.below(bytes.len() + 1);
    match rng.below(14) {
        0 => put(bytes, at, |b| b ^ (1 << (at & 7))),
        1 => {
            let bit = rng.below(8);
            put(bytes, at, |b| b ^ (1 << bit));
        }
        2 => {
            let octet = rng.octet();
            put(bytes, at, |_| octet);
        }
        3 => {
            let by = rng.octet() & 0x1f;
            let up = rng.below(2) == 0;
            put(bytes, at, |b| if up { b.wrapping_add(by) } else { b.wrapping_sub(by) });
        }
        4 => {
            let edge = rng.pick(&EDGES).copied().unwrap_or(0);
            number(rng, bytes, at, edge);
        }
        // A length that is almost right breaks more than one that is absurd.
        5 => {
            let near = (bytes.len() as u64).wrapping_add(rng.below(9) as u64).wrapping_sub(4);
            number(rng, bytes, at, near);
        }
        6 => {
            let new: Vec<u8> = (0..1 + rng.below(8)).map(|_| rng.octet()).collect();
            insert(bytes, at, &new);
        }
        7 => {
            let word = rng.pick(words).copied().unwrap_or(b"\0");
            insert(bytes, at, word);
        }
        8 => {
            let word = rng.pick(words).copied().unwrap_or(b"\xff");
            write_over(bytes, at, word);
        }
        9 => {
            let end = (at + 1 + rng.small(8)).min(bytes.len());
            bytes.drain(at.min(end)..end);
        }
        10 => {
            let piece = piece(rng, bytes).to_vec();
            insert(bytes, at, &piece);
        }
        11 => {
            let piece = piece(rng, bytes).to_vec();
            write_over(bytes, at, &piece);
        }
        12 => {
            let piece = piece(rng, other).to_vec();
            if rng.below(2) == 0 { insert(bytes, at, &piece) } else { write_over(bytes, at, &piece) }
        }
        _ => {
            bytes.truncate(at);
            let from = rng.below(other.len() + 1);
            bytes.extend_from_slice(other.get(from..).unwrap_or_default());
        }
    }
}

fn put(bytes: &mut [u8], at: usize, change: impl FnOnce(u8) -> u8) {
    if let Some(byte) = bytes.get_mut(at) {
        *byte = change(*byte);
    }
}

/// Writes a number of 1, 2 or 4 bytes in either order, or as decimal digits.
fn number(rng: &mut Rng, bytes: &mut Vec<u8>, at: usize, value: u64) {
    let [.., a, b, c, d] = value.to_be_bytes();
    match rng.below(6) {
        0 => write_over(bytes, at, &[d]),
        1 => write_over(bytes, at, &[c, d]),
        2 => write_over(bytes, at, &[d, c]),
        3 => write_over(bytes, at, &[a, b, c, d]),
        4 => write_over(bytes, at, &[d, c, b, a]),
        _ => insert(bytes, at, value.to_string().as_bytes()),
    }
}

fn piece<'a>(rng: &mut Rng, bytes: &'a [u8]) -> &'a [u8] {
    let from = rng.below(bytes.len());
    let rest = bytes.get(from..).unwrap_or_default();
    let len = 1 + rng.small(9);
    rest.get(..len).unwrap_or(rest)
}

fn insert(bytes: &mut Vec<u8>, at: usize, new: &[u8]) {
    let at = at.min(bytes.len());
    bytes.splice(at..at, new.iter().copied());
}

fn write_over(bytes: &mut [u8], at: usize, new: &[u8]) {
    bytes.iter_mut().skip(at).zip(new).for_each(|(to, from)| *to = *from);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_are_bounded_differ_and_repeat() {
        let family = |seed| {
            let mut rng = Rng::new(seed);
            (0..200)
                .map(|_| mutate(&mut rng, b"\x00\x01name\x00octet\x00", b"other bytes", &[b"blksize\0"], 40))
                .collect::<Vec<_>>()
        };
        let children = family(1);
        assert!(children.iter().all(|c| c.len() <= 40));
        assert!(children.iter().filter(|c| c.as_slice() != b"\x00\x01name\x00octet\x00").count() > 150);
        assert_eq!(children, family(1));
        let mut rng = Rng::new(2);
        for _ in 0..200 {
            mutate(&mut rng, b"", b"", &[], 40);
        }
    }
}
