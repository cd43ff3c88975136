//! The keys of desk phones, by the names people use.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A key. Which of them a phone has is the phone's business; it ignores the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Key {
    /// A digit key, 0 to 9.
    Digit(u8),
    Star,
    Hash,
    Speaker,
    Headset,
    Mute,
    Settings,
    Ok,
    Cancel,
    Up,
    Down,
    Left,
    Right,
    VolumeUp,
    VolumeDown,
    /// The receiver's hook: down means lifted.
    Hook,
    /// A key beside or below the screen, counted from 1.
    Softkey(u8),
    /// A line key, counted from 1.
    Line(u8),
}

impl Key {
    /// The key that a character of a dialled sequence stands for.
    pub fn from_char(c: char) -> Option<Key> {
        match c {
            '*' => Some(Key::Star),
            '#' => Some(Key::Hash),
            c => c.to_digit(10).and_then(|d| u8::try_from(d).ok()).map(Key::Digit),
        }
    }

    /// The character of a key of the dial pad.
    pub fn to_char(self) -> Option<char> {
        match self {
            Key::Digit(d) => char::from_digit(d.into(), 10),
            Key::Star => Some('*'),
            Key::Hash => Some('#'),
            _ => None,
        }
    }

    /// The keys of a dialled sequence such as `3491672850*#`; `None` when a character is no key.
    pub fn sequence(text: &str) -> Option<Vec<Key>> {
        text.chars().map(Key::from_char).collect()
    }
}

const NAMED: &[(&str, Key)] = &[
    ("speaker", Key::Speaker),
    ("headset", Key::Headset),
    ("mute", Key::Mute),
    ("settings", Key::Settings),
    ("ok", Key::Ok),
    ("cancel", Key::Cancel),
    ("up", Key::Up),
    ("down", Key::Down),
    ("left", Key::Left),
    ("right", Key::Right),
    ("volume up", Key::VolumeUp),
    ("volume down", Key::VolumeDown),
    ("hook", Key::Hook),
];

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self, self.to_char()) {
            (_, Some(c)) => write!(f, "{c}"),
            (Key::Softkey(n), _) => write!(f, "softkey {n}"),
            (Key::Line(n), _) => write!(f, "line {n}"),
            (key, _) => f.write_str(NAMED.iter().find(|(_, k)| k == key).map_or("?", |(name, _)| name)),
        }
    }
}

/// The text names no key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoSuchKey(String);

impl fmt::Display for NoSuchKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no key: say 0 to 9, *, #, speaker, settings, softkey 1, line 1 and so on", self.0)
    }
}

impl std::error::Error for NoSuchKey {}

impl FromStr for Key {
    type Err = NoSuchKey;
    fn from_str(text: &str) -> Result<Key, NoSuchKey> {
        let name = text.trim().to_ascii_lowercase();
        let mut chars = name.chars();
        if let (Some(key), None) = (chars.next().and_then(Key::from_char), chars.next()) {
            return Ok(key);
        }
        let numbered = |word: &str| name.strip_prefix(word)?.trim().parse().ok().filter(|n| *n > 0);
        let named = NAMED.iter().find(|(n, _)| *n == name).map(|(_, key)| *key);
        named
            .or_else(|| numbered("softkey").map(Key::Softkey))
            .or_else(|| numbered("line").map(Key::Line))
            .ok_or_else(|| NoSuchKey(text.to_string()))
    }
}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Key, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_reads_as_it_is_written() {
        let mut keys: Vec<Key> = (0..=9).map(Key::Digit).chain(NAMED.iter().map(|(_, key)| *key)).collect();
        keys.extend([Key::Star, Key::Hash, Key::Softkey(3), Key::Line(6)]);
        for key in keys {
            assert_eq!(key.to_string().parse(), Ok(key));
        }
        for odd in ["", "ten", "softkey 0", "line", "12"] {
            assert!(odd.parse::<Key>().is_err(), "{odd}");
        }
    }

    #[test]
    fn a_sequence_is_its_characters() {
        assert_eq!(Key::sequence("1*#"), Some(vec![Key::Digit(1), Key::Star, Key::Hash]));
        assert_eq!(Key::sequence("1a"), None);
    }
}
