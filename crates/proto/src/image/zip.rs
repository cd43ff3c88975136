//! Where a zip archive ends, and whether the two headers that each file in it has agree. Unpacking, and the sums of
//! what is unpacked, are deliberately not here: a library does that, and reads only one of the two headers.
//!
//! Source: PKWARE's APPNOTE.TXT, 4.3.7 (local header), 4.3.12 (central directory), 4.3.16 (end of central directory).

use super::cisco::Completeness;

/// Bytes of the record at the end, without its comment.
const RECORD: usize = 22;
/// As many bytes as the record at the end takes at most, its comment included.
pub const END_LEN: usize = RECORD + 65_535;
/// Bytes of a local header, without its name.
pub const LOCAL_LEN: usize = 30;
/// Bytes of an entry of the central directory, without its name.
pub const CENTRAL_LEN: usize = 46;
/// The bit which says that sum and lengths are not in front of the data: it was written as it came.
const LATER: u8 = 0x08;

/// Compares the end of an archive with the record that must stand there. `tail` is the file's end, at least
/// [`END_LEN`] bytes where there are so many. Without a record at least one is missing.
pub fn end(tail: &[u8]) -> Completeness {
    let tail = tail.get(tail.len().saturating_sub(END_LEN)..).unwrap_or_default();
    let is_record = |at: &usize| tail.get(*at..).is_some_and(|r| r.starts_with(b"PK\x05\x06"));
    let said = |at: usize| {
        let record = tail.get(at..).unwrap_or_default();
        let comment = record.get(20..).and_then(|c| c.first_chunk()).map_or(0, |c| u16::from_le_bytes(*c));
        (RECORD + usize::from(comment), record.len())
    };
    let mut last = None;
    for at in (0..tail.len()).rev().filter(is_record) {
        // A comment may hold what looks like a record: the true one ends where the file does.
        let (need, have) = said(at);
        if need == have {
            return Completeness::Whole;
        }
        last = last.or(Some((need, have)));
    }
    match last {
        Some((need, have)) if have < need => Completeness::Missing((need - have) as u64),
        Some((need, have)) => Completeness::Extra((have - need) as u64),
        None => Completeness::Missing(RECORD as u64),
    }
}

/// Bytes of the name behind an entry of the central directory.
pub fn name_len(central: &[u8; CENTRAL_LEN]) -> usize {
    central.get(28..).and_then(|rest| rest.first_chunk()).map_or(0, |raw| usize::from(u16::from_le_bytes(*raw)))
}

/// The first field in which a file's local header and its entry in the central directory differ, and must not.
/// Fields that writers fill differently (version, extra field) count only where one bit was turned over.
pub fn differ(local: &[u8; LOCAL_LEN], central: &[u8; CENTRAL_LEN]) -> Option<&'static str> {
    let [_, _, _, _, local @ ..] = local;
    let [_, _, _, _, _, _, central @ ..] = central;
    let is_later =
        (local.get(2).copied().unwrap_or_default() | central.get(2).copied().unwrap_or_default()) & LATER != 0;
    let fields = [
        ("version", 0..2),
        ("flags", 2..4),
        ("method", 4..6),
        ("time", 6..8),
        ("date", 8..10),
        ("sum", 10..14),
        ("packed length", 14..18),
        ("length", 18..22),
        ("name's length", 22..24),
    ];
    fields.into_iter().find_map(|(field, at)| {
        let (here, there) = (local.get(at.clone())?, central.get(at.clone())?);
        let bits: u32 = here.iter().zip(there).map(|(a, b)| (a ^ b).count_ones()).sum();
        let differs = match field {
            "version" => bits == 1,
            // Written later, or in an extra field where they are too long.
            "sum" | "packed length" | "length" => bits > 0 && !is_later && here != [0xff; 4] && there != [0xff; 4],
            _ => bits > 0,
        };
        differs.then_some(field)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn record(comment: &[u8]) -> Vec<u8> {
        let mut record = b"PK\x05\x06".to_vec();
        record.resize(20, 0);
        record.extend((comment.len() as u16).to_le_bytes());
        record.extend(comment);
        record
    }

    #[test]
    fn the_record_says_where_the_archive_ends() {
        let zip = [b"PK\x03\x04 entries".as_slice(), &record(b"a comment")].concat();
        assert_eq!(end(&zip), Completeness::Whole);
        assert_eq!(end(&[zip.as_slice(), b"more"].concat()), Completeness::Extra(4));
        assert_eq!(
            end(&[b"PK\x03\x04".as_slice(), &record(b"see PK\x05\x06 in the note")].concat()),
            Completeness::Whole
        );
        assert_eq!(end(&zip[..zip.len() - 3]), Completeness::Missing(3));
        assert_eq!(end(&zip[..10]), Completeness::Missing(22));
        assert_eq!(end(b""), Completeness::Missing(22));
    }

    #[test]
    fn both_headers_of_a_file_say_the_same() {
        let mut local = [7u8; LOCAL_LEN];
        local[6] = 0;
        let mut central = [7u8; CENTRAL_LEN];
        central[8] = 0;
        assert_eq!(differ(&local, &central), None);
        for bit in 4 * 8..28 * 8 {
            let mut bad = local;
            bad[bit / 8] ^= 1 << (bit % 8);
            let differs = differ(&bad, &central);
            let is_later = bit == 6 * 8 + 3;
            assert_eq!(differs.is_some(), (4 * 8..28 * 8).contains(&bit), "bit {bit}: {differs:?}");
            assert!(!is_later || differs == Some("flags"));
        }
        let mut other = local;
        other[4..6].copy_from_slice(&[10, 0]);
        assert_eq!(differ(&other, &central), None, "writers differ in the version");
    }

    proptest! {
        #[test]
        fn no_bytes_panic(tail in proptest::collection::vec(prop_oneof![Just(b'P'), Just(b'K'), Just(5u8), Just(6), any::<u8>()], 0..200)) {
            let _ = end(&tail);
        }
    }
}
