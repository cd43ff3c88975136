//! How a simulated phone looks at the firmware it was given.
//!
//! Written for the phones' side only: the bench has its own reader, so that each checks the other.

use proto::tftp::Sink;

use super::format::{ARCHIVE_MAGIC, Digest, ENTRY, MARK, SIGNATURE, TABLE};

/// As much of a file as is kept: whole lists and configurations, the tables of archives.
const KEPT: usize = 64 * 1024;

/// A file as it arrives: its beginning, its length and its sum. A phone's images are megabytes, and
/// hundreds of phones fetch them at once.
#[derive(Clone, Debug)]
pub(crate) struct Intake {
    pub(crate) head: Vec<u8>,
    pub(crate) len: u64,
    digest: Digest,
}

impl Intake {
    pub(crate) fn new() -> Intake {
        Intake { head: Vec::new(), len: 0, digest: Digest::new() }
    }
}

impl Sink for Intake {
    fn write(&mut self, bytes: &[u8]) {
        let room = KEPT.saturating_sub(self.head.len());
        self.head.extend(bytes.iter().take(room));
        self.len += bytes.len() as u64;
        self.digest.add(bytes);
    }
}

/// What a signed file's header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// Offset of the body.
    pub(crate) len: usize,
    /// Major and minor version: 1.1 is firmware, 1.0 a configuration, 1.2 a trust list.
    pub(crate) version: (u8, u8),
    /// The name inside.
    pub(crate) name: String,
}

/// Why a phone does not take a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unsound {
    /// There is no signed header.
    NotSigned,
    /// The header names another file.
    Renamed,
    /// Bytes are missing or too many.
    Incomplete,
    /// The sum in the signature's place does not fit.
    Changed,
}

/// Reads a signed header.
pub(crate) fn header(file: &[u8]) -> Option<Header> {
    let (mut version, mut len, mut name) = (None, None, None);
    let mut at = 0;
    while len.is_none_or(|len| at < len) {
        let tag = *file.get(at)?;
        if tag == 0x0d {
            at += 1;
            continue;
        }
        let size = usize::from(u16::from_be_bytes(*file.get(at + 1..)?.first_chunk()?));
        let value = file.get(at + 3..)?.get(..size)?;
        match tag {
            0x01 => version = Some((*value.first()?, *value.get(1)?)),
            0x02 => len = Some(usize::from(u16::from_be_bytes(*value.first_chunk()?))),
            0x0e => name = Some(until_nul(value)),
            _ => {}
        }
        // The first field is always the version: anything else is another kind of file.
        version?;
        at += if matches!(tag, 0x03 | 0x07 | 0x09) { 3 } else { 3 + size };
    }
    Some(Header { version: version?, len: len?, name: name? })
}

/// A firmware file under the name it was asked for: header, name, and the sum if it has one.
pub(crate) fn firmware(asked: &str, file: &Intake) -> Result<Header, Unsound> {
    let header = header(&file.head).filter(|h| h.version == (1, 1)).ok_or(Unsound::NotSigned)?;
    if !header.name.eq_ignore_ascii_case(asked) {
        return Err(Unsound::Renamed);
    }
    if file.len <= header.len as u64 {
        return Err(Unsound::Incomplete);
    }
    Ok(header)
}

/// What a list says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct List {
    /// The images in order.
    pub(crate) images: Vec<String>,
    /// The hardware level, when it has one.
    pub(crate) hardware: Option<u32>,
    /// The build that its comment tells.
    pub(crate) build: Option<String>,
}

/// A `.loads` file.
pub(crate) fn list(asked: &str, file: &Intake) -> Result<List, Unsound> {
    let header = firmware(asked, file)?;
    sum(file)?;
    let text = String::from_utf8_lossy(file.head.get(header.len..).unwrap_or_default()).into_owned();
    let mut list = List::default();
    for line in text.lines().map(str::trim) {
        let words: Vec<&str> = line.trim_start_matches('#').split_whitespace().collect();
        match (line.starts_with('#'), words.as_slice()) {
            (true, ["HARDWARE_COMP_1", level, ..]) => list.hardware = level.parse().ok(),
            (true, ["RELEASE", "load", "version", build, ..]) => list.build = Some(build.to_string()),
            (false, [name, ..]) => list.images.push(name.to_string()),
            _ => {}
        }
    }
    Ok(list)
}

/// An image: a complete archive. Answers the load that it says it belongs to.
pub(crate) fn image(asked: &str, file: &Intake) -> Result<Option<String>, Unsound> {
    let header = firmware(asked, file)?;
    let body = file.head.get(header.len..).unwrap_or_default();
    let number = |at: usize| body.get(at..)?.first_chunk().map(|n| u32::from_be_bytes(*n));
    if !body.starts_with(ARCHIVE_MAGIC) {
        return Err(Unsound::Incomplete);
    }
    let (count, data) = number(0x30).zip(number(0x34)).ok_or(Unsound::Incomplete)?;
    let mut end = u64::from(data);
    for entry in 0..usize::try_from(count).unwrap_or(usize::MAX) {
        let size = entry.checked_mul(ENTRY).and_then(|at| number(TABLE + at + 8)).ok_or(Unsound::Incomplete)?;
        end += u64::from(size);
    }
    // Published archives end where their table says, or up to three bytes later.
    if !(end..=end + 3).contains(&(file.len - header.len as u64)) {
        return Err(Unsound::Incomplete);
    }
    sum(file)?;
    let label = body.get(usize::try_from(data).unwrap_or(usize::MAX)..).map(until_nul);
    Ok(label.filter(|l| l.starts_with("SCCP") || l.starts_with("SIP")))
}

/// The sum in the signature's place; a file with a real signature has none and passes.
pub(super) fn sum(file: &Intake) -> Result<(), Unsound> {
    let at = usize::try_from(SIGNATURE.start).unwrap_or(usize::MAX);
    let signature = file.head.get(at..).unwrap_or_default();
    match signature.strip_prefix(MARK).and_then(|rest| rest.first_chunk()) {
        Some(sum) if u64::from_be_bytes(*sum) != file.digest.sum => Err(Unsound::Changed),
        _ => Ok(()),
    }
}

pub(super) fn until_nul(bytes: &[u8]) -> String {
    let text = bytes.split(|b| *b == 0).next().unwrap_or_default();
    String::from_utf8_lossy(text.get(..text.len().min(100)).unwrap_or_default()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::super::{LoadSpec, Protocol, R8_5_2, load_set};
    use super::*;
    use proptest::prelude::*;

    fn taken(bytes: &[u8]) -> Intake {
        let mut intake = Intake::new();
        bytes.chunks(512).for_each(|block| intake.write(block));
        intake
    }

    fn pack(image_size: usize) -> Vec<(String, Vec<u8>)> {
        load_set(&LoadSpec { hardware: Some(5), ..LoadSpec::released("45", Protocol::Sccp, R8_5_2, image_size) })
    }

    #[test]
    fn what_is_made_is_taken() {
        let pack = pack(100_000);
        let list = list(&pack[0].0, &taken(&pack[0].1)).unwrap();
        assert_eq!(list.images, pack[1..6].iter().map(|(name, _)| name.clone()).collect::<Vec<_>>());
        assert_eq!((list.hardware, list.build.as_deref()), (Some(5), Some("8-5-2TH1-9")));
        for (name, bytes) in &pack[1..6] {
            assert_eq!(image(name, &taken(bytes)), Ok(Some("SCCP45.8-5-2S".to_string())));
        }
    }

    #[test]
    fn what_was_tampered_with_is_not() {
        let (name, good) = pack(100_000).swap_remove(2);
        assert_eq!(image("cnu45.9-4-2ES9.sbn", &taken(&good)), Err(Unsound::Renamed));
        assert_eq!(image(&name, &taken(&good[..good.len() - 512])), Err(Unsound::Incomplete));
        assert_eq!(image(&name, &taken(&good[..600])), Err(Unsound::Incomplete));
        assert_eq!(image(&name, &taken(b"<html>not found</html>")), Err(Unsound::NotSigned));
        let mut changed = good.clone();
        changed[90_000] ^= 1;
        assert_eq!(image(&name, &taken(&changed)), Err(Unsound::Changed));
        let mut signed_for_real = good;
        signed_for_real[125] ^= 1;
        assert!(image(&name, &taken(&signed_for_real)).is_ok(), "no sum to check");
    }

    proptest! {
        #[test]
        fn no_bytes_panic(cut in 0usize..2_000, at in 0usize..1_000, byte: u8) {
            let (name, mut bytes) = pack(2_000).swap_remove(1);
            bytes[at] = byte;
            bytes.truncate(cut);
            let _ = image(&name, &taken(&bytes));
            let _ = list(&name, &taken(&bytes));
        }
    }
}
