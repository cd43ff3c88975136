//! The Internet checksum (RFC 1071): ones' complement sums of big-endian 16-bit words.

/// Sum of the words, an odd last byte taken as the high half of a word. Sums of even-sized parts add up.
pub(super) fn sum(bytes: &[u8]) -> u32 {
    let (words, rest) = bytes.as_chunks::<2>();
    let whole: u32 = words.iter().map(|w| u32::from(u16::from_be_bytes(*w))).sum();
    whole + rest.first().map_or(0, |b| u32::from(*b) << 8)
}

/// Folds a sum into 16 bits and complements it: the value that goes on the wire.
pub(super) fn finish(mut sum: u32) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    // At most 0xffff here.
    !(sum as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_rfc() {
        assert_eq!(finish(sum(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7])), !0xddf2);
        assert_eq!(finish(sum(&[0x12, 0x34, 0x56])), !(0x1234 + 0x5600));
        assert_eq!(finish(0), 0xffff);
    }
}
