//! Base64 (RFC 4648 §4), for HTTP Basic authentication: phones read it and write it.

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The bytes behind a text; `None` when a character does not belong.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let (mut out, mut bits, mut count) = (Vec::new(), 0u32, 0);
    for c in text.trim().trim_end_matches('=').bytes() {
        let value = LETTERS.iter().position(|letter| *letter == c)?;
        bits = bits << 6 | u32::try_from(value).ok()?;
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count).to_le_bytes()[0]);
        }
    }
    Some(out)
}

/// The text of some bytes.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut out = String::new();
    for three in bytes.chunks(3) {
        let at = |n: usize| u32::from(three.get(n).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for n in 0..4 {
            let letter = LETTERS.get(usize::try_from(bits >> (18 - 6 * n) & 63).unwrap_or(0));
            let used = usize::try_from(n).unwrap_or(0) <= three.len();
            out.push(if used { letter.copied().map_or('A', char::from) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_vectors_of_the_standard_are_read_and_written() {
        for (text, bytes) in [("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYmFy", "foobar")] {
            assert_eq!(super::decode(text).as_deref(), Some(bytes.as_bytes()));
            assert_eq!(super::encode(bytes.as_bytes()), text);
        }
        assert_eq!(super::decode("YWRtaW46MjIyMjI=").as_deref(), Some(&b"admin:22222"[..]));
        assert_eq!(super::decode("Zm9v!"), None);
    }
}
