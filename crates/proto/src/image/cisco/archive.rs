//! The archive inside a `.sbn` of the Java phones (`CNU_File_Archive_3.0`), as far as is needed to
//! tell exactly whether all of it is there. Contents are neither unpacked nor checked.
//!
//! Offsets from the start of the body, numbers u32 big-endian: 0 magic, 0x30 number of entries,
//! 0x34 where the data begins, 0x38 a name, 0x248 the table of entries of 20 bytes {type, kind,
//! size, time, where the name is}, then names, then the data of all entries one behind the other.
//!
//! Sources: read from 80 published files; the layout agrees with the public tool cnu-fpu.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::text::escape;

const MAGIC: &[u8] = b"CNU_File_Archive_3.0";
const COUNT_AT: usize = 0x30;
const DATA_OFFSET_AT: usize = 0x34;
const NAME_AT: usize = 0x38;
const TABLE_AT: usize = 0x248;
const ENTRY_LEN: usize = 20;
/// Two of the 80 files have one byte more than their table says; none has more.
const SLACK: u64 = 3;

/// The table of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archive {
    /// The archive's own name, escaped.
    pub name: String,
    /// Where the data of the first entry begins.
    pub data_offset: u32,
    /// The entries, in the order of their data.
    pub entries: Vec<Entry>,
}

/// One entry of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// 6 for code that is loaded as it is, 7 for files.
    pub type_code: u32,
    /// 1 without data, 2 a file.
    pub kind: u32,
    /// Bytes of data.
    pub size: u32,
    /// Seconds since 1970.
    pub modified: u32,
    /// The path, escaped; empty where the entry has none.
    pub name: String,
}

/// How a body compares with what its table says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Completeness {
    /// All there.
    Whole,
    /// This many bytes are missing at the end.
    Missing(u64),
    /// This many bytes too many.
    Extra(u64),
}

/// Why there is no archive to be read. Offsets count from the start of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Malformed {
    /// It does not begin with the archive's magic.
    NotAnArchive,
    /// It ends within the table.
    Cut {
        /// Bytes needed up to the end of the table, or of the whole fixed part where the table's
        /// size is not known yet.
        need: u64,
        /// Bytes there are.
        have: u64,
    },
    /// The table does not fit in front of the data.
    Table {
        /// Entries announced.
        count: u32,
        /// Where the data is said to begin.
        data_offset: u32,
    },
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Malformed::NotAnArchive => f.write_str("no firmware archive"),
            Malformed::Cut { need, have } => write!(f, "ends within its table: {have} of {need} bytes"),
            Malformed::Table { count, data_offset } => {
                write!(f, "a table of {count} entries does not fit in front of byte {data_offset}")
            }
        }
    }
}

impl std::error::Error for Malformed {}

impl Archive {
    /// Reads the table at the front of a body.
    pub fn parse(body: &[u8]) -> Result<Archive, Malformed> {
        let have = body.len() as u64;
        if body.is_empty() || !body.iter().zip(MAGIC).all(|(have, want)| have == want) {
            return Err(Malformed::NotAnArchive);
        }
        let cut = Malformed::Cut { need: TABLE_AT as u64, have };
        let count = number(body, COUNT_AT).ok_or(cut)?;
        let data_offset = number(body, DATA_OFFSET_AT).ok_or(cut)?;
        let table_end = TABLE_AT as u64 + u64::from(count) * ENTRY_LEN as u64;
        if table_end > u64::from(data_offset) {
            return Err(Malformed::Table { count, data_offset });
        }
        let cut = Malformed::Cut { need: u64::from(data_offset), have };
        let table_end = usize::try_from(table_end).map_err(|_| cut)?;
        let table = body.get(TABLE_AT..table_end).ok_or(cut)?;
        let entries = table.chunks_exact(ENTRY_LEN).filter_map(|raw| entry(body, raw)).collect();
        let name = until_nul(body.get(NAME_AT..TABLE_AT).unwrap_or_default());
        Ok(Archive { name, data_offset, entries })
    }

    /// How long the body has to be by its table.
    pub fn expected_len(&self) -> u64 {
        u64::from(self.data_offset) + self.entries.iter().map(|e| u64::from(e.size)).sum::<u64>()
    }

    /// Compares the length of a body with its table. Up to three bytes more are normal.
    pub fn completeness(&self, body_len: u64) -> Completeness {
        let expected = self.expected_len();
        match body_len.checked_sub(expected) {
            None => Completeness::Missing(expected - body_len),
            Some(0..=SLACK) => Completeness::Whole,
            Some(extra) => Completeness::Extra(extra),
        }
    }
}

fn entry(body: &[u8], raw: &[u8]) -> Option<Entry> {
    let name_at = usize::try_from(number(raw, 16)?).ok()?;
    Some(Entry {
        type_code: number(raw, 0)?,
        kind: number(raw, 4)?,
        size: number(raw, 8)?,
        modified: number(raw, 12)?,
        name: if name_at == 0 { String::new() } else { until_nul(body.get(name_at..).unwrap_or_default()) },
    })
}

/// A name in the body: no longer than a path gets, so that a wrong offset does not escape megabytes.
fn until_nul(bytes: &[u8]) -> String {
    let name = bytes.iter().take(512).position(|&b| b == 0).and_then(|end| bytes.get(..end));
    escape(name.unwrap_or_default())
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|raw| u32::from_be_bytes(*raw))
}

#[cfg(test)]
mod tests {
    use super::super::tests::archive;
    use super::*;
    use proptest::prelude::*;

    const FILES: [(&str, &[u8]); 3] = [("", b"kernel"), ("/flash0/a.jar", b"0123456789"), ("/flash0/empty", b"")];

    #[test]
    fn the_table_says_how_long_the_body_is() {
        let body = archive(&FILES);
        let parsed = Archive::parse(&body).unwrap();
        assert_eq!(parsed.name, "CNU_File_Archive_3.0");
        let entries: Vec<_> = parsed.entries.iter().map(|e| (e.type_code, e.size, e.name.as_str())).collect();
        assert_eq!(entries, [(6, 6, ""), (7, 10, "/flash0/a.jar"), (7, 0, "/flash0/empty")]);
        assert_eq!(parsed.expected_len(), body.len() as u64);
        let len = body.len() as u64;
        assert_eq!(parsed.completeness(len), Completeness::Whole);
        assert_eq!(parsed.completeness(len + 3), Completeness::Whole);
        assert_eq!(parsed.completeness(len + 4), Completeness::Extra(4));
        assert_eq!(parsed.completeness(len - 1), Completeness::Missing(1));
    }

    #[test]
    fn what_can_not_be_read_says_why() {
        let body = archive(&FILES);
        assert_eq!(Archive::parse(b""), Err(Malformed::NotAnArchive));
        assert_eq!(Archive::parse(b"something else"), Err(Malformed::NotAnArchive));
        assert_eq!(Archive::parse(&body[..0x30]), Err(Malformed::Cut { need: 0x248, have: 0x30 }));
        let need = u64::from(Archive::parse(&body).unwrap().data_offset);
        assert_eq!(Archive::parse(&body[..0x250]), Err(Malformed::Cut { need, have: 0x250 }));
        let mut many = body;
        many[0x30..0x34].copy_from_slice(&u32::MAX.to_be_bytes());
        assert!(matches!(Archive::parse(&many), Err(Malformed::Table { count: u32::MAX, .. })));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(changes in proptest::collection::vec((0usize..700, any::<u8>()), 0..8), end in 0usize..700) {
            let mut body = archive(&FILES);
            for (at, byte) in changes {
                if let Some(place) = body.get_mut(at) {
                    *place = byte;
                }
            }
            body.truncate(end);
            if let Ok(archive) = Archive::parse(&body) {
                let _ = archive.completeness(body.len() as u64);
            }
        }
    }
}
