//! USB sticks with files in their root, as a technician may have made them.
//!
//! Only as much of the formats as a boot loader looks at; the app's own sticks are made and checked elsewhere.

use serde::Deserialize;

/// How a stick is laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// A table with one FAT partition.
    #[default]
    Fat,
    /// FAT from the first sector on, without a table.
    NoTable,
    /// A table with one NTFS partition.
    Ntfs,
    /// The table of a GPT stick.
    Gpt,
}

const SECTOR: usize = 512;
/// Where the partition begins, in sectors.
const START: usize = 2_048;
/// Sectors of the volume, of a table of clusters, and entries of its root. One sector is a cluster.
const TOTAL: usize = 8_192;
const PER_FAT: usize = 32;
const ROOT: usize = 512;

/// A stick of some megabytes. Names must fit 8.3; what does not fit on it is left out.
pub fn stick(layout: Layout, files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let volume = volume(files);
    if layout == Layout::NoTable {
        return volume;
    }
    let mut stick = vec![0; START * SECTOR];
    let kind = match layout {
        Layout::Ntfs => 0x07,
        Layout::Gpt => 0xee,
        Layout::Fat | Layout::NoTable => 0x06,
    };
    put(&mut stick, 0x1be, &[0, 0, 0, 0, kind, 0, 0, 0]);
    put(&mut stick, 0x1c6, &word4(START));
    put(&mut stick, 0x1ca, &word4(TOTAL));
    put(&mut stick, 510, &[0x55, 0xaa]);
    stick.extend(volume);
    stick
}

fn volume(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut volume = vec![0; TOTAL * SECTOR];
    put(&mut volume, 0, b"\xeb\x3c\x90MSDOS5.0");
    put(&mut volume, 11, &[0, 2, 1, 1, 0, 2, 0, 2]);
    put(&mut volume, 19, &word2(TOTAL));
    put(&mut volume, 21, &[0xf8]);
    put(&mut volume, 22, &word2(PER_FAT));
    put(&mut volume, 38, &[0x29, 1, 2, 3, 4]);
    put(&mut volume, 43, b"RECOVERY   FAT16   ");
    put(&mut volume, 510, &[0x55, 0xaa]);
    let data = 1 + 2 * PER_FAT + ROOT * 32 / SECTOR;
    let mut fat = vec![0xfff8, 0xffff];
    for (at, (name, bytes)) in files.iter().enumerate().take(ROOT) {
        let first = fat.len();
        let count = bytes.len().div_ceil(SECTOR);
        if data + first + count > TOTAL {
            continue;
        }
        fat.extend((1..count).map(|n| first + n));
        fat.extend((count > 0).then_some(0xffff));
        put(&mut volume, (data + first - 2) * SECTOR, bytes);
        let (base, ending) = name.split_once('.').unwrap_or((name, ""));
        let short = format!("{:8.8}{:3.3}", base.to_uppercase(), ending.to_uppercase());
        let entry = (1 + 2 * PER_FAT) * SECTOR + at * 32;
        put(&mut volume, entry, short.as_bytes());
        put(&mut volume, entry + 11, &[0x20]);
        put(&mut volume, entry + 26, &word2(if count > 0 { first } else { 0 }));
        put(&mut volume, entry + 28, &word4(bytes.len()));
    }
    for (at, next) in fat.iter().enumerate() {
        for copy in 0..2 {
            put(&mut volume, (1 + copy * PER_FAT) * SECTOR + at * 2, &word2(*next));
        }
    }
    volume
}

fn put(bytes: &mut [u8], at: usize, what: &[u8]) {
    bytes.iter_mut().skip(at).zip(what).for_each(|(byte, new)| *byte = *new);
}

fn word2(n: usize) -> [u8; 2] {
    u16::try_from(n).unwrap_or(u16::MAX).to_le_bytes()
}

fn word4(n: usize) -> [u8; 4] {
    u32::try_from(n).unwrap_or(u32::MAX).to_le_bytes()
}
