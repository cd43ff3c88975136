//! What phones write down: lines of syslog (RFC 3164, and whatever else is sent to its port).
//!
//! Phones' clocks are wrong and their lines follow no standard for long, so a line is a priority and text. The
//! time that counts is the one at which it arrived.

/// A line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// 0 (emergency) to 7 (debug); 6 where the line has no priority.
    pub severity: u8,
    /// 0 (kernel) to 23; 1 (user) where the line has no priority.
    pub facility: u8,
    /// Everything behind the priority, as it came, without line ends.
    pub text: &'a [u8],
}

impl Line<'_> {
    /// The severity's name.
    pub const fn severity_name(&self) -> &'static str {
        match self.severity {
            0 => "emergency",
            1 => "alert",
            2 => "critical",
            3 => "error",
            4 => "warning",
            5 => "notice",
            6 => "info",
            _ => "debug",
        }
    }
}

/// Reads a datagram. Never fails: what has no priority is all text.
pub fn parse(bytes: &[u8]) -> Line<'_> {
    let end = bytes.iter().rposition(|b| *b != 0 && !b.is_ascii_whitespace()).map_or(0, |at| at + 1);
    let text = bytes.get(..end).unwrap_or_default();
    let priority = text.strip_prefix(b"<").and_then(|rest| {
        let close = rest.iter().take(4).position(|b| *b == b'>')?;
        let number: u8 = std::str::from_utf8(rest.get(..close)?).ok()?.parse().ok().filter(|n| *n < 192)?;
        Some((number, rest.get(close + 1..)?))
    });
    match priority {
        Some((number, text)) => Line { severity: number % 8, facility: number / 8, text },
        None => Line { severity: 6, facility: 1, text },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_a_priority_or_without() {
        let line = parse(b"<131>Aastra 57i: provis: cfg failed\r\n\0");
        assert_eq!(
            (line.facility, line.severity_name(), line.text),
            (16, "error", &b"Aastra 57i: provis: cfg failed"[..])
        );
        assert_eq!(parse(b"plain words").text, b"plain words");
        assert_eq!(parse(b"<999>x").text, b"<999>x", "no such priority");
        assert_eq!(parse(b"<").text, b"<");
        assert_eq!(parse(b"").text, b"");
    }
}
