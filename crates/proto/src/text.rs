//! Foreign text, escaped once.
//!
//! Host names, file names, User-Agents and log lines are written by whoever is on the wire. Bytes
//! become text here and nowhere else; what leaves this module is safe for a terminal and keeps every
//! byte readable. HTML is a second language with its own escaping, which the page's templates do.

/// Bytes from the wire as one safe line: printable characters stay; control characters, invalid
/// UTF-8, bidirectional overrides and backslashes become `\n`-style or `\x1b`-style escapes.
/// Trailing NULs, which phones append to option texts, are dropped.
pub fn escape(bytes: &[u8]) -> String {
    let end = bytes.iter().rposition(|&b| b != 0).map_or(0, |p| p + 1);
    let mut out = String::with_capacity(end);
    for chunk in bytes[..end].utf8_chunks() {
        for c in chunk.valid().chars() {
            push(&mut out, c);
        }
        for b in chunk.invalid() {
            out.push_str(&format!("\\x{b:02x}"));
        }
    }
    out
}

/// As [`escape`], cut to at most `max` characters with `…` where it was cut.
pub fn escape_short(bytes: &[u8], max: usize) -> String {
    let full = escape(bytes);
    if full.chars().count() <= max {
        return full;
    }
    let mut cut: String = full.chars().take(max.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

fn push(out: &mut String, c: char) {
    match c {
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c if c.is_control() => out.push_str(&format!("\\x{:02x}", u32::from(c))),
        // Bidirectional controls, zero-width characters and line separators reorder or hide what a person reads.
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' => {
            out.push_str(&format!("\\u{{{:x}}}", u32::from(c)));
        }
        c => out.push(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_bytes_become_plain_text() {
        assert_eq!(escape(b"Cisco Systems, Inc. IP Phone CP-7965G\0"), "Cisco Systems, Inc. IP Phone CP-7965G");
        assert_eq!(escape(b"\x1b[2Jroot\r\n"), "\\x1b[2Jroot\\r\\n");
        assert_eq!(escape(b"a\xffb\0c"), "a\\xffb\\x00c");
        assert_eq!(escape("\u{202e}gpj.exe".as_bytes()), "\\u{202e}gpj.exe");
        assert_eq!(escape(b"\\x41"), "\\\\x41");
        assert_eq!(escape_short(b"abcdef", 4), "abc…");
    }
}
