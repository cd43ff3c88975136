//! A USB stick as a boot loader reads it: an MBR, its first partition, a FAT file system, files in the root.
//!
//! No folders, no GPT, no stick without a partition table. Written for the phone's side only.

/// Size of a sector in bytes; no other is known here.
const SECTOR: usize = 512;
/// Longest chain of clusters and most entries of a folder that are followed.
const MOST: usize = 4_000_000;
/// Partition types with FAT inside.
const FAT_TYPES: [u8; 6] = [0x01, 0x04, 0x06, 0x0b, 0x0c, 0x0e];

/// Why a stick cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoFiles {
    /// There is no table of partitions.
    NoPartition,
    /// Its first partition is of another kind, such as NTFS.
    OtherKind(u8),
    /// What is in it makes no sense.
    Broken,
}

/// The file system of a stick.
#[derive(Clone, Debug)]
pub(super) struct Fat<'a> {
    volume: &'a [u8],
    per_cluster: usize,
    fat_at: usize,
    root_at: usize,
    root_len: usize,
    data_at: usize,
    bits: u8,
    root_cluster: u32,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct File {
    pub(super) name: String,
    cluster: u32,
    size: usize,
}

fn u16_at(bytes: &[u8], at: usize) -> Option<usize> {
    bytes.get(at..)?.first_chunk().map(|w| usize::from(u16::from_le_bytes(*w)))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|w| u32::from_le_bytes(*w))
}

fn size(n: u32) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

impl<'a> Fat<'a> {
    /// Finds the file system.
    pub(super) fn open(stick: &'a [u8]) -> Result<Fat<'a>, NoFiles> {
        let entry = stick.get(0x1be..0x1ce).ok_or(NoFiles::NoPartition)?;
        let signed = stick.get(510..512) == Some(&[0x55, 0xaa]);
        let kind = *entry.get(4).ok_or(NoFiles::NoPartition)?;
        let start = u32_at(entry, 8).ok_or(NoFiles::NoPartition)?;
        let active = entry.first().is_some_and(|flag| *flag == 0 || *flag == 0x80);
        if !signed || kind == 0 || start == 0 || !active {
            return Err(NoFiles::NoPartition);
        }
        if !FAT_TYPES.contains(&kind) {
            return Err(NoFiles::OtherKind(kind));
        }
        let volume = stick.get(size(start).saturating_mul(SECTOR)..).ok_or(NoFiles::Broken)?;
        Fat::volume(volume).ok_or(NoFiles::Broken)
    }

    fn volume(volume: &'a [u8]) -> Option<Fat<'a>> {
        if u16_at(volume, 11)? != SECTOR || volume.get(510..512)? != [0x55, 0xaa] {
            return None;
        }
        let per_cluster = usize::from(*volume.get(13)?);
        let (reserved, fats, root_entries) = (u16_at(volume, 14)?, usize::from(*volume.get(16)?), u16_at(volume, 17)?);
        let total = match u16_at(volume, 19)? {
            0 => size(u32_at(volume, 32)?),
            small => small,
        };
        let per_fat = match u16_at(volume, 22)? {
            0 => size(u32_at(volume, 36)?),
            small => small,
        };
        let root_sectors = (root_entries * 32).div_ceil(SECTOR);
        let before = reserved + fats.checked_mul(per_fat)? + root_sectors;
        let clusters = total.checked_sub(before)?.checked_div(per_cluster)?;
        let bits = match clusters {
            0..4_085 => 12,
            4_085..65_525 => 16,
            _ => 32,
        };
        Some(Fat {
            volume,
            per_cluster: per_cluster * SECTOR,
            fat_at: reserved * SECTOR,
            root_at: (before - root_sectors) * SECTOR,
            root_len: root_sectors * SECTOR,
            data_at: before * SECTOR,
            bits,
            root_cluster: if bits == 32 { u32_at(volume, 44)? } else { 0 },
        })
    }

    /// The files in the root.
    pub(super) fn files(&self) -> Vec<File> {
        let root = match self.bits {
            32 => self.chain(self.root_cluster, MOST),
            _ => self.volume.get(self.root_at..).and_then(|v| v.get(..self.root_len)).unwrap_or_default().to_vec(),
        };
        let (mut files, mut long) = (Vec::new(), String::new());
        for entry in root.chunks_exact(32) {
            let (Some(first), Some(attributes)) = (entry.first(), entry.get(11)) else { break };
            match (*first, *attributes) {
                (0, _) => break,
                (0xe5, _) => long.clear(),
                // Parts of a long name stand before the entry, the last one first.
                (_, 0x0f) => long = long_part(entry) + &long,
                (_, attributes) if attributes & 0x18 != 0 => long.clear(),
                _ => {
                    let name = if long.is_empty() { short_name(entry) } else { std::mem::take(&mut long) };
                    let high = u16_at(entry, 20).unwrap_or(0);
                    let low = u16_at(entry, 26).unwrap_or(0);
                    let cluster = u32::try_from(high << 16 | low).unwrap_or(0);
                    files.push(File { name, cluster, size: size(u32_at(entry, 28).unwrap_or(0)) });
                    long.clear();
                }
            }
        }
        files
    }

    /// What is in a file.
    pub(super) fn read(&self, file: &File) -> Option<Vec<u8>> {
        let mut bytes = self.chain(file.cluster, file.size);
        (bytes.len() >= file.size).then(|| {
            bytes.truncate(file.size);
            bytes
        })
    }

    fn chain(&self, mut cluster: u32, most: usize) -> Vec<u8> {
        let mut out = Vec::new();
        let last = match self.bits {
            12 => 0xff8,
            16 => 0xfff8,
            _ => 0x0fff_fff8,
        };
        while cluster >= 2 && cluster < last && out.len() < most {
            let at = self.data_at.saturating_add(size(cluster - 2).saturating_mul(self.per_cluster));
            let Some(data) = self.volume.get(at..).and_then(|v| v.get(..self.per_cluster)) else { break };
            out.extend_from_slice(data);
            let Some(next) = self.next(cluster) else { break };
            cluster = next;
        }
        out
    }

    fn next(&self, cluster: u32) -> Option<u32> {
        let n = size(cluster);
        let fat = self.volume.get(self.fat_at..)?;
        match self.bits {
            12 => {
                let pair = u16_at(fat, n + n / 2)?;
                u32::try_from(if n % 2 == 1 { pair >> 4 } else { pair & 0xfff }).ok()
            }
            16 => u32::try_from(u16_at(fat, n * 2)?).ok(),
            _ => Some(u32_at(fat, n * 4)? & 0x0fff_ffff),
        }
    }
}

fn short_name(entry: &[u8]) -> String {
    let text = |range: std::ops::Range<usize>| {
        let bytes = entry.get(range).unwrap_or_default();
        String::from_utf8_lossy(bytes).trim_end().to_owned()
    };
    let (base, ending) = (text(0..8), text(8..11));
    if ending.is_empty() { base } else { format!("{base}.{ending}") }
}

fn long_part(entry: &[u8]) -> String {
    let places = (1..11).step_by(2).chain((14..26).step_by(2)).chain([28, 30]);
    let units: Vec<u16> = places
        .filter_map(|at| u16_at(entry, at).and_then(|u| u16::try_from(u).ok()))
        .take_while(|u| *u != 0 && *u != 0xffff)
        .collect();
    String::from_utf16_lossy(&units)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::firmware::stick::{Layout, stick};

    #[test]
    fn files_of_a_stick_are_found_and_read() {
        let files = [("T46G.rom".to_owned(), vec![7; 40_000]), ("T46G.bin".to_owned(), b"short".to_vec())];
        let image = stick(Layout::Fat, &files);
        let fat = Fat::open(&image).unwrap();
        let found = fat.files();
        assert_eq!(found.iter().map(|f| f.name.as_str()).collect::<Vec<_>>(), ["T46G.ROM", "T46G.BIN"]);
        assert_eq!(fat.read(&found[0]).unwrap(), files[0].1);
        assert_eq!(fat.read(&found[1]).unwrap(), files[1].1);
    }

    #[test]
    fn other_sticks_are_refused_and_nonsense_does_not_panic() {
        let open = |layout| Fat::open(&stick(layout, &[])).err();
        assert_eq!(open(Layout::NoTable), Some(NoFiles::NoPartition));
        assert_eq!(open(Layout::Ntfs), Some(NoFiles::OtherKind(7)));
        assert_eq!(open(Layout::Gpt), Some(NoFiles::OtherKind(0xee)));
        let image = stick(Layout::Fat, &[("A.rom".to_owned(), vec![1; 2_000])]);
        for at in (0..1_200).chain(512 * 2_048..512 * 2_048 + 200) {
            let mut odd = image.clone();
            odd[at] ^= 0xff;
            if let Ok(fat) = Fat::open(&odd) {
                fat.files().iter().for_each(|f| drop(fat.read(f)));
            }
        }
        (0..2_000).step_by(7).for_each(|len| drop(Fat::open(&image[..len])));
    }
}
