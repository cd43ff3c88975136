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

    /// The parts as they were spelled, joined by `/`, escaped: a byte that is no UTF-8 stays
    /// readable as `\xff` and, since a known name holds no backslash, will not match one.
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
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in raw.split(|&b| b == b'/' || b == b'\\') {
        if part.is_empty() || part == b"." {
            continue;
        }
        check(part, parts.is_empty())?;
        parts.push(part);
    }
    if parts.is_empty() {
        return Err(BadName::Empty);
    }
    let path = parts.iter().map(|part| escape(part)).collect::<Vec<_>>().join("/");
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
    fn bytes_that_are_no_text_stay_readable_and_match_nothing() {
        let name = normalise(b"caf\xe9.cfg").unwrap();
        assert_eq!(name.key(), "caf\\xe9.cfg");
        assert_eq!(normalise("café.cfg".as_bytes()).unwrap().key(), "café.cfg");
    }

    proptest! {
        #[test]
        fn what_is_accepted_stays_inside_and_is_its_own_normal_form(raw in proptest::collection::vec(
            prop_oneof![Just(b'/'), Just(b'\\'), Just(b'.'), Just(b':'), Just(b' '), Just(b'n'), any::<u8>()], 0..24,
        )) {
            let Ok(name) = normalise(&raw) else { return Ok(()) };
            for part in name.path().split('/') {
                prop_assert!(!part.is_empty() && part != "." && part != ".." && !part.contains(':'));
            }
            // An escaped byte brings a backslash along, which would count as a slash.
            if !name.path().contains('\\') {
                let again = normalise(name.path().as_bytes()).unwrap();
                prop_assert_eq!(again.path(), name.path());
            }
        }
    }
}
