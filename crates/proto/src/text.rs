//! Foreign text, escaped once.
//!
//! Host names, file names, User-Agents and log lines are written by whoever is on the wire. Bytes
//! become text here and nowhere else; what leaves this module is safe for a terminal and keeps every
//! byte readable. HTML is a second language with its own escaping, which the page's templates do.

/// Bytes from the wire as one safe line: printable characters stay; control characters, invalid
/// UTF-8, backslashes and what turns or hides text become `\n`-style, `\x1b`-style (one byte) or
/// `\u{202e}`-style (one character) escapes.
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
        // `\x` is one byte: above ASCII it always means a byte that is no UTF-8.
        c if c.is_ascii_control() => out.push_str(&format!("\\x{:02x}", u32::from(c))),
        c if c.is_control() || misleads(c) => out.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
        c => out.push(c),
    }
}

/// Characters that turn the direction of writing, break lines, or take no room: they change or hide what a
/// person reads.
const fn misleads(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
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
        assert_eq!(escape("\u{61c}\u{206e}\u{e0041}".as_bytes()), "\\u{61c}\\u{206e}\\u{e0041}");
        assert_eq!(escape(b"\x85 \xc2\x85"), "\\x85 \\u{85}", "a byte and a character are told apart");
        assert_eq!(escape_short(b"abcdef", 4), "abc…");
    }
}
