//! The journal: numbered observations, one JSON object a line. What replay reads.

use crate::observe::Observation;

/// An observation as one line, without its end of line.
pub fn line(observation: &Observation) -> String {
    serde_json::to_string(observation).unwrap_or_else(|e| format!("{{\"unwritable\":\"{e}\"}}"))
}

/// What a line of a journal is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// An observation.
    Observation(Box<Observation>),
    /// An empty line.
    Empty,
    /// Not an observation: the reason. The last line of a journal whose bench was killed may be cut.
    Unreadable(String),
}

/// Reads one line.
pub fn read(line: &str) -> Line {
    if line.trim().is_empty() {
        return Line::Empty;
    }
    match serde_json::from_str(line) {
        Ok(observation) => Line::Observation(Box::new(observation)),
        Err(error) => Line::Unreadable(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use proto::{Mac, Time};

    use super::*;
    use crate::observe::Seen;

    #[test]
    fn what_is_written_is_read_again() {
        let seen = Seen::Malformed { service: "DHCP".into(), what: "\u{1b}[2J \"quoted\"".into() };
        let observation = Observation { n: 7, at: Time::from_millis(12), phone: Some(Mac([1, 2, 3, 4, 5, 6])), seen };
        let text = line(&observation);
        assert!(!text.contains('\n') && !text.contains('\u{1b}'));
        assert_eq!(read(&text), Line::Observation(Box::new(observation)));
        assert_eq!(read("  "), Line::Empty);
        assert!(matches!(read(&text[..text.len() - 3]), Line::Unreadable(_)));
    }
}
