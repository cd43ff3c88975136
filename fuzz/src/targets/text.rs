//! Foreign bytes as text: nothing a terminal obeys or an eye misses, and every byte still told.

use proto::text::{escape, escape_short};

/// Escapes the input, whole and cut.
pub fn run(input: &[u8]) {
    let text = escape(input);
    harmless(&text);
    let end = input.iter().rposition(|&b| b != 0).map_or(0, |p| p + 1);
    assert_eq!(unescape(&text), &input[..end], "bytes were lost in {text:?}");
    for max in [0, 1, 7, 80] {
        let short = escape_short(input, max);
        harmless(&short);
        assert!(short.chars().count() <= max.max(1), "{short:?} is longer than {max}");
    }
}

/// Fails on characters that move the cursor, turn the direction of writing, or show nothing.
pub fn harmless(text: &str) {
    let hidden = |c: char| {
        matches!(u32::from(c),
            0xad | 0x61c | 0x180e | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xfeff
            | 0xfff9..=0xfffb | 0xe0000..=0xe007f)
    };
    if let Some(c) = text.chars().find(|c| c.is_control() || hidden(*c)) {
        panic!("U+{:04X} in {text:?}", u32::from(c));
    }
}

/// The bytes an escaped text stands for.
fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            bytes.extend(c.to_string().bytes());
            continue;
        }
        match rest.next() {
            Some('\\') => bytes.push(b'\\'),
            Some('n') => bytes.push(b'\n'),
            Some('r') => bytes.push(b'\r'),
            Some('t') => bytes.push(b'\t'),
            Some('x') => {
                let digits: String = rest.by_ref().take(2).collect();
                bytes.push(u8::from_str_radix(&digits, 16).unwrap_or_else(|_| panic!("\\x{digits} in {text:?}")));
            }
            Some('u') => {
                let digits: String = rest.by_ref().skip(1).take_while(|c| *c != '}').collect();
                let c = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
                let c = c.unwrap_or_else(|| panic!("\\u{{{digits}}} in {text:?}"));
                bytes.extend(c.to_string().bytes());
            }
            other => panic!("\\{other:?} in {text:?}"),
        }
    }
    bytes
}
