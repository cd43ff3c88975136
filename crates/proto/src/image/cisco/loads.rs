//! The lists inside `.loads` files: which files make up a load.
//!
//! The Java phones have a commented list of names; the 7940 and 7960 have three lines, the last of
//! them `LA_VERSION=`; the wireless 792x add size and MD5 to each name. Whether the files exist is
//! not looked at here.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::text::{escape, escape_short};

/// What a `.loads` lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Loads {
    /// The Java phones and the wireless ones.
    List(List),
    /// The 7940 and 7960.
    Pair(Pair),
}

/// A list of files as the Java phones have it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    /// The files, in the order the phone asks for them.
    pub files: Vec<ListedFile>,
    /// The load version a comment speaks of, such as `9-4-2ES26`.
    pub release: Option<String>,
    /// `#HARDWARE_COMP_1 n`: the boards this load runs on; by its looks a bit mask.
    pub hardware_comp: Option<u32>,
    /// How it ends.
    pub end: End,
}

/// How a list ends. Whole ones end with a line end, behind all that belongs to a load.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum End {
    /// With a line end; whether something is missing before it says the list.
    #[default]
    Whole,
    /// In the middle of a line.
    Cut,
    /// All that belongs to a load was there, and this many bytes follow that are no list.
    Extra(u64),
}

/// One line of a [`List`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedFile {
    /// The file's name, escaped, without the blanks around it.
    pub name: String,
    /// Its size in bytes, where the list says so.
    pub size: Option<u64>,
    /// Its MD5 in hexadecimal, where the list says so.
    pub md5: Option<String>,
}

/// What makes up a load of the 7940 and 7960.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pair {
    /// The universal loader, `P003-8-12-00.sbn`.
    pub loader: String,
    /// The application, `P0S3-8-12-00.sb2`.
    pub app: String,
    /// The loader's inner id, `PAS30830`.
    pub la_version: String,
    /// How it ends.
    pub end: End,
}

/// Why a text is no list of files. Lines count from 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NotLoads {
    /// Bytes that are no text.
    NotText {
        /// Where the first of them is.
        at: usize,
    },
    /// No file is named.
    NoFiles,
    /// A line that is neither a comment nor a file name.
    OddLine {
        /// Which line.
        line: usize,
        /// What it says, escaped and cut.
        text: String,
    },
}

impl fmt::Display for NotLoads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotLoads::NotText { at } => write!(f, "byte {at} is no text"),
            NotLoads::NoFiles => f.write_str("no file is named"),
            NotLoads::OddLine { line, text } => write!(f, "line {line} is no file name: {text}"),
        }
    }
}

impl std::error::Error for NotLoads {}

/// The five parts of a load for the Java phones, by the beginning of their names; a number follows.
pub const PARTS: [&str; 5] = ["jar", "cnu", "apps", "dsp", "cvm"];

/// The part of [`PARTS`] that a file of this name is.
pub fn part_of(name: &str) -> Option<&'static str> {
    let lower = name.to_ascii_lowercase();
    let is_part =
        |part: &&str| lower.strip_prefix(part).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    PARTS.into_iter().find(|part| is_part(part))
}

impl List {
    /// The parts of [`PARTS`] that are not listed; none for lists of another kind of phone.
    pub fn missing_parts(&self) -> Vec<&'static str> {
        let listed: Vec<_> = self.files.iter().filter_map(|file| part_of(&file.name)).collect();
        if listed.is_empty() { Vec::new() } else { PARTS.into_iter().filter(|part| !listed.contains(part)).collect() }
    }
}

impl Loads {
    /// What is not named and belongs to every load, by the beginning of its name.
    pub fn missing_parts(&self) -> Vec<&'static str> {
        match self {
            Loads::List(list) => list.missing_parts(),
            Loads::Pair(pair) => {
                let parts = [("loader", &pair.loader), ("application", &pair.app), ("LA_VERSION", &pair.la_version)];
                parts.into_iter().filter(|(_, value)| value.is_empty()).map(|(part, _)| part).collect()
            }
        }
    }

    /// How it ends.
    pub const fn end(&self) -> End {
        match self {
            Loads::List(list) => list.end,
            Loads::Pair(pair) => pair.end,
        }
    }
}

/// Reads the body of a `.loads`. Line ends may be CR LF, LF or a mixture; blank lines are skipped.
pub fn parse(body: &[u8]) -> Result<Loads, NotLoads> {
    let is_text = |&b: &u8| matches!(b, b'\r' | b'\n' | b'\t' | b' '..=b'~');
    let text = body.get(..body.iter().position(|b| !is_text(b)).unwrap_or(body.len())).unwrap_or_default();
    let mut lines = Lines::default();
    let mut at = 0;
    for (index, raw) in text.split_inclusive(|&b| b == b'\n').enumerate() {
        let is_last = at + raw.len() == body.len();
        let is_ended = raw.ends_with(b"\n");
        let fits = if is_ended || is_last { lines.take(ascii_text(raw).trim()) } else { Some(false) };
        match fits {
            Some(true) if is_ended => {}
            Some(true) => lines.list.end = End::Cut,
            // Other bytes begin in this line.
            _ if lines.is_whole() => {
                lines.list.end = End::Extra((body.len() - at) as u64);
                return lines.done();
            }
            Some(false) => break,
            None if is_last && !is_ended && !lines.list.files.is_empty() && is_begun(raw) => lines.list.end = End::Cut,
            None => {
                return Err(NotLoads::OddLine {
                    line: index + 1,
                    text: escape_short(ascii_text(raw).trim().as_bytes(), 60),
                });
            }
        }
        at += raw.len();
    }
    match text.len() {
        at if at < body.len() && lines.is_whole() => lines.list.end = End::Extra((body.len() - at) as u64),
        at if at < body.len() => return Err(NotLoads::NotText { at }),
        _ => {}
    }
    lines.done()
}

/// What was read of a list until now.
#[derive(Default)]
struct Lines {
    list: List,
    la_version: Option<String>,
}

impl Lines {
    /// Takes a line; none when it is neither a comment nor a name. Behind the last line of a pair nothing follows.
    fn take(&mut self, line: &str) -> Option<bool> {
        if line.is_empty() {
        } else if self.la_version.is_some() {
            return None;
        } else if let Some(comment) = line.strip_prefix('#') {
            self.list.note(comment);
        } else if let Some(value) = line.strip_prefix("LA_VERSION=") {
            self.la_version = Some(escape(value.trim().as_bytes()));
        } else {
            self.list.files.push(listed(line)?);
        }
        Some(true)
    }

    /// Whether all that belongs to a load is named: what follows does not.
    fn is_whole(&self) -> bool {
        let has_parts = self.list.files.iter().any(|f| part_of(&f.name).is_some());
        self.la_version.is_some() || has_parts && self.list.missing_parts().is_empty()
    }

    fn done(self) -> Result<Loads, NotLoads> {
        let Lines { list, la_version } = self;
        if list.files.is_empty() {
            return Err(NotLoads::NoFiles);
        }
        let is_pair =
            list.files.iter().all(|f| ends_with(&f.name, ".sb2") || f.name.to_ascii_uppercase().starts_with("P0"));
        if la_version.is_none() && !is_pair {
            return Ok(Loads::List(list));
        }
        let named = |ending: &str| list.files.iter().find(|f| ends_with(&f.name, ending)).map(|f| f.name.clone());
        Ok(Loads::Pair(Pair {
            loader: named(".sbn").unwrap_or_default(),
            app: named(".sb2").unwrap_or_default(),
            la_version: la_version.unwrap_or_default(),
            end: list.end,
        }))
    }
}

/// Whether a line may be the beginning of a name: one of a list that ends here.
fn is_begun(line: &[u8]) -> bool {
    line.iter().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(b))
}

impl List {
    fn note(&mut self, comment: &str) {
        let mut words = comment.split_whitespace();
        if let Some(behind) = comment.split("load version").nth(1) {
            self.release = behind.split_whitespace().next().map(|word| escape(word.as_bytes()));
        } else if words.next() == Some("HARDWARE_COMP_1") {
            self.hardware_comp = words.next().and_then(|n| n.parse().ok());
        }
    }
}

/// `name`, or `name size md5`.
fn listed(line: &str) -> Option<ListedFile> {
    let mut words = line.split_whitespace();
    let name =
        words.next().filter(|name| name.contains('.') && !name.contains(['<', '>', '"', '=', '/', '\\', ':']))?;
    let (size, md5) = match (words.next(), words.next(), words.next()) {
        (None, ..) => (None, None),
        (Some(size), Some(md5), None) => {
            let is_md5 = md5.len() == 32 && md5.bytes().all(|b| b.is_ascii_hexdigit());
            (Some(size.parse().ok()?), Some(is_md5.then(|| md5.to_ascii_lowercase())?))
        }
        _ => return None,
    };
    Some(ListedFile { name: escape(name.as_bytes()), size, md5 })
}

/// The text of bytes that were checked to be ASCII.
fn ascii_text(body: &[u8]) -> String {
    body.iter().map(|&b| char::from(b)).collect()
}

fn ends_with(name: &str, ending: &str) -> bool {
    name.to_ascii_lowercase().ends_with(ending)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn list(body: &str) -> List {
        match parse(body.as_bytes()) {
            Ok(Loads::List(list)) => list,
            other => panic!("no list: {other:?}"),
        }
    }

    fn names(list: &List) -> Vec<&str> {
        list.files.iter().map(|f| f.name.as_str()).collect()
    }

    #[test]
    fn a_list_with_its_comments() {
        let body = "#\r\n# the files of RELEASE load version 9-4-2ES26\r\n#\r\n#HARDWARE_COMP_1 5\r\n\r\n\
                    jar42sip.9-4-2ES26.sbn\r\ncnu42.9-4-2ES26.sbn\r\napps42.9-4-2ES26.sbn\r\n\
                    dsp42.9-4-2ES26.sbn \r\ncvm42sip.9-4-2ES26.sbn \r\n";
        let parsed = list(body);
        assert_eq!(parsed.release.as_deref(), Some("9-4-2ES26"));
        assert_eq!(parsed.hardware_comp, Some(5));
        assert_eq!(names(&parsed)[3], "dsp42.9-4-2ES26.sbn", "the blank is gone");
        assert_eq!(parsed.missing_parts(), [""; 0]);
        assert_eq!(parsed.end, End::Whole);
        assert_eq!(list(&body.replace('\r', "")), parsed, "LF is as good as CR LF");
        let cut = &body[..body.find("dsp42").unwrap()];
        assert_eq!(list(cut).missing_parts(), ["dsp", "cvm"]);
        assert_eq!(list(body.trim_end()).end, End::Cut);
        assert_eq!(list(&body[..body.len() - 24]).end, End::Cut, "within the last name");
        assert_eq!(list(&format!("{body}no name")).end, End::Extra(7));
        assert_eq!(parse(&[body.as_bytes(), &[0; 9]].concat()), Ok(Loads::List(List { end: End::Extra(9), ..parsed })));
        assert_eq!(parse(&[cut.as_bytes(), &[0; 9]].concat()), Err(NotLoads::NotText { at: cut.len() }));
    }

    #[test]
    fn three_lines_of_a_7940() {
        let pair = Pair {
            loader: "P003-8-12-00.sbn".into(),
            app: "P0S3-8-12-00.sb2".into(),
            la_version: "PAS30830".into(),
            end: End::Whole,
        };
        assert_eq!(parse(b"P003-8-12-00.sbn\nP0S3-8-12-00.sb2\nLA_VERSION=PAS30830\n"), Ok(Loads::Pair(pair)));
        let Ok(Loads::Pair(cut)) = parse(b"P0030801SR02.sbn\nP0030801SR02.sb2\n") else { panic!() };
        assert_eq!(cut.la_version, "", "cut, and still known for what it is");
        let behind = parse(b"P003-8-12-00.sbn\nP0S3-8-12-00.sb2\nLA_VERSION=PAS30830\nP0S3-8-12-00.sb2\n");
        assert_eq!(behind.map(|l| l.end()), Ok(End::Extra(17)));
    }

    #[test]
    fn wireless_lists_carry_sizes_and_sums() {
        let parsed = list("#? HW_REV 0-4.*\nAPPS-1.4.1.SBN 1234 D41D8CD98F00B204E9800998ECF8427E\n");
        assert_eq!(parsed.files[0].size, Some(1234));
        assert_eq!(parsed.files[0].md5.as_deref(), Some("d41d8cd98f00b204e9800998ecf8427e"));
        assert_eq!(parsed.missing_parts(), [""; 0], "another kind of phone");
    }

    #[test]
    fn what_is_no_list_is_told_apart() {
        assert_eq!(parse(b""), Err(NotLoads::NoFiles));
        assert_eq!(parse(b"# only words\r\n"), Err(NotLoads::NoFiles));
        assert_eq!(parse(b"jar42\x80"), Err(NotLoads::NotText { at: 5 }));
        let odd = parse(b"#\r\n<html><head><title>404</title>\r\n");
        assert_eq!(odd, Err(NotLoads::OddLine { line: 2, text: "<html><head><title>404</title>".into() }));
        assert!(matches!(parse(b"key = value.txt\n"), Err(NotLoads::OddLine { line: 1, .. })));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(body in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b'#'), Just(b'.'), any::<u8>()], 0..80)) {
            let _ = parse(&body);
        }
    }
}
