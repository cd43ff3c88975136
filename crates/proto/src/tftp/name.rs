//! File names as phones spell them, made comparable, or refused with a reason.
//!
//! Phones send `/file`, `./file`, `\file` and any mixture of cases. What could mean something
//! outside the served files, on any system this may run on, is refused here. No file system is
//! asked: a name is matched against names that are known.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::text::escape;

/// The longest name, in bytes as it was sent.
pub const LONGEST_NAME: usize = 255;

/// A harmless relative name: parts joined by single slashes, each neither empty nor a dot.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    original: String,
    path: String,
    key: String,
}

impl Name {
    /// The name as it was sent, escaped.
    pub fn original(&self) -> &str {
        &self.original
    }

    /// The parts as they were spelled, joined by `/`: text that needs no escaping.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// [`Name::path`] in ASCII lower case: names are matched by it.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The last part of [`Name::path`].
    pub fn last(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)
    }
}

/// Why a name is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BadName {
    /// Nothing is left of it once slashes and dots are gone.
    Empty,
    /// More than [`LONGEST_NAME`] bytes.
    TooLong,
    /// A NUL inside.
    Nul,
    /// `\\host\…` in front, also with one of the two turned round: another machine.
    Unc,
    /// `C:` in front: a drive.
    Drive,
    /// A `:` elsewhere: another stream of a file.
    Stream,
    /// A part `..`: the folder above.
    Parent,
    /// A part that ends in a dot or a blank, which Windows drops.
    TrailingDotOrSpace,
    /// A part that Windows takes for a device: `CON`, `NUL`, `COM1.txt` …
    Device,
    /// Bytes that are no text, or characters that are not shown. No known name holds them, and their
    /// escapes bring backslashes, which are slashes to Windows: `..\xff` would lead out there.
    NotText,
}

impl fmt::Display for BadName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BadName::Empty => "the name is empty",
            BadName::TooLong => "the name is longer than 255 bytes",
            BadName::Nul => "the name holds a NUL",
            BadName::Unc => "the name points to another machine",
            BadName::Drive => "the name begins with a drive letter",
            BadName::Stream => "the name holds a colon",
            BadName::Parent => "the name points to the folder above",
            BadName::TrailingDotOrSpace => "a part of the name ends in a dot or blank",
            BadName::Device => "a part of the name is a Windows device",
            BadName::NotText => "the name holds bytes that are no text",
        })
    }
}

impl std::error::Error for BadName {}

/// Makes a name from the bytes of a request: backslashes count as slashes, leading slashes, doubled
/// slashes and `.` parts are dropped.
pub fn normalise(raw: &[u8]) -> Result<Name, BadName> {
    if raw.len() > LONGEST_NAME {
        return Err(BadName::TooLong);
    }
    if raw.contains(&0) {
        return Err(BadName::Nul);
    }
    // Two slashes in front are what a phone makes of an empty folder name; with a backslash among
    // them it is the way to another machine.
    if matches!(raw, [b'\\', b'\\' | b'/', ..] | [b'/', b'\\', ..]) {
        return Err(BadName::Unc);
    }
    let mut path = String::with_capacity(raw.len());
    for part in raw.split(|&b| b == b'/' || b == b'\\') {
        if part.is_empty() || part == b"." {
            continue;
        }
        check(part, path.is_empty())?;
        let text = escape(part);
        if text.as_bytes() != part {
            return Err(BadName::NotText);
        }
        if !path.is_empty() {
            path.push('/');
        }
        path.push_str(&text);
    }
    if path.is_empty() {
        return Err(BadName::Empty);
    }
    Ok(Name { original: escape(raw), key: path.to_ascii_lowercase(), path })
}

fn check(part: &[u8], is_first: bool) -> Result<(), BadName> {
    if part == b".." {
        return Err(BadName::Parent);
    }
    if let Some(colon) = part.iter().position(|&b| b == b':') {
        let is_drive = is_first && colon == 1 && part.first().is_some_and(u8::is_ascii_alphabetic);
        return Err(if is_drive { BadName::Drive } else { BadName::Stream });
    }
    if part.ends_with(b".") || part.ends_with(b" ") {
        return Err(BadName::TrailingDotOrSpace);
    }
    if is_device(part) {
        return Err(BadName::Device);
    }
    Ok(())
}

/// Windows takes these for devices in every folder, with any extension, and with blanks before it.
fn is_device(part: &[u8]) -> bool {
    let stem = part.split(|&b| b == b'.').next().unwrap_or_default().trim_ascii_end().to_ascii_lowercase();
    match stem.as_slice() {
        b"con" | b"prn" | b"aux" | b"nul" | b"conin$" | b"conout$" | b"clock$" => true,
        [b'c', b'o', b'm', rest @ ..] | [b'l', b'p', b't', rest @ ..] => {
            matches!(rest, [b'0'..=b'9'] | [0xc2, 0xb9 | 0xb2 | 0xb3])
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn path(raw: &[u8]) -> String {
        normalise(raw).unwrap().path().to_string()
    }

    #[test]
    fn what_phones_send_is_made_comparable() {
        assert_eq!(path(b"/P0S3-8-12-00.loads"), "P0S3-8-12-00.loads");
        assert_eq!(path(b"./SIP001122334455.cnf"), "SIP001122334455.cnf");
        assert_eq!(path(b"\\57i.st"), "57i.st");
        assert_eq!(path(b"//57i.st"), "57i.st");
        assert_eq!(path(b"Desktops\\320x196x4//./List.xml"), "Desktops/320x196x4/List.xml");
        assert_eq!(path(b"a.b..c"), "a.b..c");
    }

    #[test]
    fn names_match_without_regard_to_case_and_keep_their_spelling() {
        let name = normalise(b"/Jar41sip.8-3-0-50.SBN").unwrap();
        assert_eq!(name.original(), "/Jar41sip.8-3-0-50.SBN");
        assert_eq!(name.key(), "jar41sip.8-3-0-50.sbn");
        assert_eq!(normalise(b"x\\RingList.xml").unwrap().last(), "RingList.xml");
    }

    #[test]
    fn every_way_out_is_refused_by_its_name() {
        for (raw, why) in [
            (&b""[..], BadName::Empty),
            (b"/", BadName::Empty),
            (b"./.", BadName::Empty),
            (b"a\0b", BadName::Nul),
            (b"..", BadName::Parent),
            (b"../etc/passwd", BadName::Parent),
            (b"a/../../b", BadName::Parent),
            (b"a\\..\\b", BadName::Parent),
            (b"/a/..", BadName::Parent),
            (b"\\\\host\\share\\f", BadName::Unc),
            (b"/\\host/share/f", BadName::Unc),
            (b"C:\\boot.ini", BadName::Drive),
            (b"/c:boot.ini", BadName::Drive),
            (b"x/c:boot.ini", BadName::Stream),
            (b"file.txt::$DATA", BadName::Stream),
            (b"file.", BadName::TrailingDotOrSpace),
            (b"dir /file", BadName::TrailingDotOrSpace),
            (b"...", BadName::TrailingDotOrSpace),
            (b"con", BadName::Device),
            (b"a/AUX.txt", BadName::Device),
            (b"Com1", BadName::Device),
            (b"lpt9.cfg", BadName::Device),
            (b"nul .txt", BadName::Device),
            ("COM\u{b9}".as_bytes(), BadName::Device),
            (&[b'a'; 256], BadName::TooLong),
        ] {
            assert_eq!(normalise(raw), Err(why), "{}", escape(raw));
        }
        for fine in [&b"console.cfg"[..], b"com10", b"auxiliary.xml", b"nullsoft", &[b'a'; 255]] {
            assert!(normalise(fine).is_ok(), "{}", escape(fine));
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_refused() {
        for raw in [&b"caf\xe9.cfg"[..], b"..\xff", b"a/\x1b[2J", "\u{202e}gpj.exe".as_bytes()] {
            assert_eq!(normalise(raw), Err(BadName::NotText), "{}", escape(raw));
        }
        assert_eq!(normalise("café.cfg".as_bytes()).unwrap().key(), "café.cfg");
    }

    proptest! {
        #[test]
        fn what_is_accepted_stays_inside_and_is_its_own_normal_form(raw in proptest::collection::vec(
            prop_oneof![Just(b'/'), Just(b'\\'), Just(b'.'), Just(b':'), Just(b' '), Just(b'n'), any::<u8>()], 0..24,
        )) {
            let Ok(name) = normalise(&raw) else { return Ok(()) };
            for part in name.path().split('/') {
                prop_assert!(!part.is_empty() && part != "." && part != ".." && !part.contains([':', '\\']));
            }
            let again = normalise(name.path().as_bytes()).unwrap();
            prop_assert_eq!(again.path(), name.path());
        }
    }
}
