//! Base64 (RFC 4648 §4), for HTTP Basic authentication.

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

#[cfg(test)]
mod tests {
    #[test]
    fn the_vectors_of_the_standard_are_read() {
        for (text, bytes) in [("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYmFy", "foobar")] {
            assert_eq!(super::decode(text).as_deref(), Some(bytes.as_bytes()));
        }
        assert_eq!(super::decode("YWRtaW46MjIyMjI=").as_deref(), Some(&b"admin:22222"[..]));
        assert_eq!(super::decode("Zm9v!"), None);
    }
}
