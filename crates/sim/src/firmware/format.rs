//! The three formats of 7900 firmware, written byte by byte.
//!
//! Every file begins with a header of tag (1 byte), length (2 bytes, big-endian), value; tag 0x0D is
//! one byte of padding without a length, and containers (03, 07, 09) are followed by what they hold.
//! In the place of the 256-byte signature stands [`MARK`] and a sum over the rest of the file, so
//! that a simulated phone notices a changed byte as a real one would.

use super::super::rng::{Rng, seed_of};

/// How a made-up signature begins.
pub const MARK: &[u8] = b"made up, signs nothing\0";
/// Where the signature's 256 bytes stand; the fields before it have the same size in all firmware.
pub(crate) const SIGNATURE: std::ops::Range<u64> = 125..125 + 256;

const SIGNER: &[u8] = b"CN=someSigner;OU=someOrgUnit;O=someOrg\0";
const SERIAL: [u8; 8] = [0x12, 0x34, 0x56, 0x78, 0x90, 0xab, 0xcd, 0xef];
const ISSUER: &[u8] = b"CN=someCA;OU=someOrgUnit;O=someOrg\0";

/// Where an archive's table of entries begins, in bytes from the start of the body.
pub(crate) const TABLE: usize = 0x248;
/// Size of one table entry in bytes.
pub(crate) const ENTRY: usize = 20;
/// The text that begins an archive.
pub(crate) const ARCHIVE_MAGIC: &[u8] = b"CNU_File_Archive_3.0";
/// The entry that carries the load's name has this many bytes at least.
const LABEL: usize = 64;

/// A signed file: the header with this name in it, then the body.
pub fn signed(name: &str, body: &[u8]) -> Vec<u8> {
    let mut file = header(name);
    file.extend_from_slice(body);
    let sum = Digest::of(&file).sum;
    let signature = [MARK, &sum.to_be_bytes()].concat();
    let at = usize::try_from(SIGNATURE.start).unwrap_or(usize::MAX);
    file.iter_mut().skip(at).zip(signature).for_each(|(byte, signed)| *byte = signed);
    file
}

/// A signed archive of `size` bytes (or the fewest that the format takes), which says inside that it
/// belongs to the load `label`. Its content comes from its name.
pub fn archive(name: &str, label: &str, size: usize) -> Vec<u8> {
    let inner = format!("/sys/{}", name.split('.').next().unwrap_or_default());
    let names = format!("/sys\0{inner}\0");
    let names_at = TABLE + 3 * ENTRY;
    let data_at = names_at + names.len();
    let data = size.saturating_sub(header(name).len() + data_at).max(LABEL);

    let mut body = vec![0; TABLE];
    put(&mut body, 0, ARCHIVE_MAGIC);
    put(&mut body, 0x30, &number(3));
    put(&mut body, 0x34, &number(data_at));
    put(&mut body, 0x38, name.as_bytes());
    // Kind 1 has no data and kind 2 is a file; type 6 is loaded as it is and has no name.
    for [kind_of_place, kind, size, name_at] in
        [[7, 1, 0, names_at], [6, 2, LABEL, 0], [7, 2, data - LABEL, names_at + "/sys\0".len()]]
    {
        const MADE: usize = 0x4b00_0000;
        [kind_of_place, kind, size, MADE, name_at].iter().for_each(|n| body.extend(number(*n)));
    }
    body.extend(names.bytes());
    let mut rng = Rng::new(seed_of(name.as_bytes()));
    let start = body.len();
    body.resize_with(start + data, || rng.next().to_be_bytes()[0]);
    put(&mut body, start, format!("{label}\0").as_bytes());
    signed(name, &body)
}

/// A signed list of images. As in published lists, the last two names have a blank behind them.
pub fn list(name: &str, build: &str, hardware: Option<u32>, images: &[String]) -> Vec<u8> {
    let mut text = format!("#\r\n# The images of one load, for tests.\r\n# RELEASE load version {build}\r\n#\r\n");
    if let Some(level) = hardware {
        text += &format!("#HARDWARE_COMP_1 {level}\r\n");
    }
    text += "\r\n";
    for (at, image) in images.iter().enumerate() {
        let blank = if at + 2 >= images.len() { " " } else { "" };
        text += &format!("{image}{blank}\r\n");
    }
    signed(name, text.as_bytes())
}

/// A sum over a file without its signature, in one pass.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Digest {
    at: u64,
    pub(crate) sum: u64,
}

impl Digest {
    pub(crate) fn new() -> Digest {
        Digest { at: 0, sum: seed_of(&[]) }
    }

    fn of(file: &[u8]) -> Digest {
        let mut digest = Digest::new();
        digest.add(file);
        digest
    }

    pub(crate) fn add(&mut self, bytes: &[u8]) {
        for &b in bytes {
            if !SIGNATURE.contains(&self.at) {
                self.sum = (self.sum ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3);
            }
            self.at += 1;
        }
    }
}

fn header(name: &str) -> Vec<u8> {
    let mut out = Vec::new();
    field(&mut out, 0x01, &[1, 1]);
    field(&mut out, 0x02, &[0, 0]);
    container(&mut out, 0x03, 91);
    field(&mut out, 0x04, SIGNER);
    field(&mut out, 0x05, &SERIAL);
    field(&mut out, 0x06, ISSUER);
    container(&mut out, 0x07, 15);
    field(&mut out, 0x08, &[1]);
    container(&mut out, 0x09, 8);
    field(&mut out, 0x0a, &[0]);
    field(&mut out, 0x0b, &[2]);
    field(&mut out, 0x0c, &[0; 256]);
    field(&mut out, 0x0e, &[name.as_bytes(), &[0]].concat());
    out.resize(out.len().next_multiple_of(4), 0x0d);
    let length = u16::try_from(out.len()).unwrap_or(u16::MAX);
    put(&mut out, 8, &length.to_be_bytes());
    out
}

fn container(out: &mut Vec<u8>, tag: u8, length: u16) {
    out.push(tag);
    out.extend(length.to_be_bytes());
}

fn field(out: &mut Vec<u8>, tag: u8, value: &[u8]) {
    container(out, tag, u16::try_from(value.len()).unwrap_or(u16::MAX));
    out.extend_from_slice(value);
}

fn number(n: usize) -> [u8; 4] {
    u32::try_from(n).unwrap_or(u32::MAX).to_be_bytes()
}

/// Writes over what stands at `at`, as far as there is room.
pub(super) fn put(out: &mut [u8], at: usize, bytes: &[u8]) {
    out.iter_mut().skip(at).zip(bytes).for_each(|(to, from)| *to = *from);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_has_the_bytes_of_published_ones() {
        let file = signed("term41.default.loads", b"#\r\n");
        assert_eq!(file[..13], [1, 0, 2, 1, 1, 2, 0, 2, 0x01, 0x98, 3, 0, 0x5b]);
        assert_eq!(file[0x7a..0x7d], [0x0c, 1, 0]);
        assert_eq!(file[0x17d..0x17d + 3], [0x0e, 0, 21]);
        assert_eq!(file[0x195..], *b"\x0d\x0d\x0d#\r\n", "padded to the length that published lists have");
    }

    #[test]
    fn an_archive_has_the_size_asked_for() {
        for size in [4_096, 4_097, 100_000] {
            assert_eq!(archive("jar45sccp.8-5-2TH1-9.sbn", "SCCP45.8-5-2S", size).len(), size);
        }
        let least = archive("cnu45.8-5-2TH1-9.sbn", "SCCP45.8-5-2S", 0).len();
        assert_eq!(archive("cnu45.8-5-2TH1-9.sbn", "SCCP45.8-5-2S", least).len(), least);
    }

    #[test]
    fn a_list_reads_as_published_ones() {
        let images = ["a", "b", "c", "d", "e"].map(String::from);
        let file = list("SIP42.8-5-4S.loads", "8-5-4TH1-6", Some(1), &images);
        let text = String::from_utf8_lossy(&file[file.len() - 60..]).to_string();
        assert!(text.ends_with("#HARDWARE_COMP_1 1\r\n\r\na\r\nb\r\nc\r\nd \r\ne \r\n"), "{text:?}");
    }
}
