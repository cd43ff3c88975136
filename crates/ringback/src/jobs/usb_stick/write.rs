//! The work: old tables away, file system and files, sync, the new table last, then everything read back.
//!
//! The partition table is written when all else is safe: a stick that was pulled out before that has none,
//! and no loader takes it for a good one.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use hadris_fat::format::{FatFormatOptions, FatTypeSelection, FatVolumeFormatter};
use hadris_fat::{FatVolume, FatVolumeReadExt, FatVolumeWriteExt};
use hadris_part::mbr::{MasterBootRecord, MbrPartition, MbrPartitionTable, MbrPartitionType};
use hadris_part::{MasterBootRecordReadExt, MasterBootRecordWriteExt, PartitionInfoTrait};

use super::disks::Disk;
use super::files;
use super::layout::{self, START};
use super::medium::{Stretch, fresh, open_disk};
use super::pages::{PAGE, Pages};
use crate::trouble::Trouble;

/// Read and written at once.
const PIECE: usize = PAGE;
/// Sectors of a partition table are counted in these.
const SECTOR: u64 = 512;
/// The stick's name, as a computer shows it.
const LABEL: &str = "RESCUE";

/// How far the work is. Bytes are those of the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Tables and the empty file system are being written.
    Preparing,
    /// So many bytes of so many are written.
    Writing(u64, u64),
    /// Waiting until the disk has everything.
    Syncing,
    /// So many bytes of so many were read back and are right.
    Comparing(u64, u64),
}

/// Is told how far the work is.
pub(crate) type Tell<'a> = dyn FnMut(Progress) + 'a;

/// Bytes that a disk must have for these files.
pub(crate) fn needed(files: &[files::File]) -> u64 {
    layout::disk(total(files))
}

/// Writes a stick. Everything on it is lost.
pub(crate) fn disk(disk: &Disk, made_up: bool, files: &[files::File], tell: &mut Tell<'_>) -> Result<(), Trouble> {
    let name = disk.device.display().to_string();
    let mut file = open_disk(disk, made_up).map_err(|e| not_opened(&name, &e))?;
    tell(Progress::Preparing);
    let partition = layout::partition_on(disk.bytes);
    wipe(&mut file, disk.bytes).map_err(|e| failed(&name, &e))?;
    fill(file, partition, files, tell).map_err(|e| failed(&name, &e))?;
    compare(&disk.device, files, tell)
}

/// Writes an image of a stick. It appears under its name only when it is whole and compared.
pub(crate) fn image(path: &Path, files: &[files::File], tell: &mut Tell<'_>) -> Result<(), Trouble> {
    let half = half(path);
    let written = (|| {
        let name = half.display().to_string();
        let open = OpenOptions::new().read(true).write(true).create(true).truncate(true).mode(0o644).open(&half);
        let file = open.map_err(|e| Trouble::file(&half, &e))?;
        tell(Progress::Preparing);
        let partition = layout::partition(total(files));
        file.set_len(START + partition).map_err(|e| failed(&name, &e))?;
        fill(file, partition, files, tell).map_err(|e| failed(&name, &e))?;
        compare(&half, files, tell)?;
        fs::rename(&half, path).map_err(|e| Trouble::file(path, &e))
    })();
    if written.is_err() {
        // The error that is told is the first one.
        let _ = fs::remove_file(&half);
    }
    written
}

/// The name of an image while it is not whole.
pub(crate) fn half(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".half");
    path.with_file_name(name)
}

fn total(files: &[files::File]) -> u64 {
    files.iter().map(|f| f.bytes).sum()
}

/// Takes away what others left at the ends: MBR and GPT at the front, the copy of a GPT at the back.
fn wipe(file: &mut File, bytes: u64) -> io::Result<()> {
    let zeros = vec![0u8; PIECE];
    for start in [0, bytes.saturating_sub(START)] {
        file.seek(SeekFrom::Start(start))?;
        for _ in 0..START / PIECE as u64 {
            file.write_all(&zeros)?;
        }
    }
    file.sync_all()
}

fn fill(file: File, partition: u64, files: &[files::File], tell: &mut Tell<'_>) -> io::Result<()> {
    let sectors = |bytes: u64| u32::try_from(bytes / SECTOR).map_err(|_| io::ErrorKind::InvalidInput);
    let hidden = sectors(START)?;
    let options =
        FatFormatOptions::new(partition).fat_type(FatTypeSelection::Fat32).volume_label(LABEL).hidden_sectors(hidden);
    let volume = FatVolumeFormatter::format(Stretch::new(Pages::of(file)?, START, partition), options).map_err(fat)?;
    let all = total(files);
    let mut done = 0;
    let mut piece = vec![0u8; PIECE];
    tell(Progress::Writing(0, all));
    for one in files {
        let mut source = File::open(&one.path)?;
        let entry = volume.create_file(&volume.root_dir(), &one.name).map_err(fat)?;
        let mut writer = volume.write_file(&entry).map_err(fat)?;
        loop {
            let read = source.read(&mut piece)?;
            let mut rest = &piece[..read];
            if rest.is_empty() {
                break;
            }
            while !rest.is_empty() {
                let written = writer.write(rest).map_err(fat)?;
                rest = rest.get(written.max(1)..).unwrap_or_default();
            }
            done += read as u64;
            tell(Progress::Writing(done, all));
        }
        writer.finish().map_err(fat)?;
    }
    let mut disk = volume.into_inner().into_inner();
    tell(Progress::Syncing);
    disk.sync()?;
    let entry = MbrPartition::new(MbrPartitionType::Fat32Lba, hidden, sectors(partition)?);
    let mut table = MbrPartitionTable::default();
    table[0] = entry;
    disk.seek(SeekFrom::Start(0))?;
    MasterBootRecord::new(table).write_to(&mut disk).map_err(|e| io::Error::other(e.to_string()))?;
    disk.sync()
}

/// Reads everything back, from the partition table on, and compares it with the files.
fn compare(path: &Path, files: &[files::File], tell: &mut Tell<'_>) -> Result<(), Trouble> {
    let all = total(files);
    let mut done = 0;
    let broken = |what: String| Trouble::of("RB559", what);
    tell(Progress::Comparing(0, all));
    let mut disk = fresh(path).map_err(|e| Trouble::file(path, &e))?;
    let table = MasterBootRecord::read_from(&mut disk).map_err(|e| broken(format!("its partition table: {e}")))?;
    let first = table.get_partition_table()[0];
    let bytes = |sectors: u64| sectors.saturating_mul(SECTOR);
    let partition = Stretch::new(disk, bytes(first.start_lba()), bytes(first.size_sectors()));
    let volume = FatVolume::open(partition).map_err(|e| broken(format!("its file system: {e}")))?;
    let (mut mine, mut theirs) = (vec![0u8; PIECE], vec![0u8; PIECE]);
    for one in files {
        let wrong = |what: &str| broken(format!("{}: {what}", one.name));
        let found = volume.root_dir().find(&one.name).map_err(|e| wrong(&e.to_string()))?;
        let entry = found.ok_or_else(|| wrong("it is not there"))?;
        if entry.len() != one.bytes {
            return Err(wrong(&format!("{} bytes of {}", entry.len(), one.bytes)));
        }
        // Where its clusters are is read once, and not again before each of them.
        let reader = volume.read_file(&entry).and_then(|reader| reader.with_cached_chain());
        let mut reader = reader.map_err(|e| wrong(&e.to_string()))?;
        let mut source = File::open(&one.path).map_err(|e| Trouble::file(&one.path, &e))?;
        let mut left = one.bytes;
        while left > 0 {
            let piece = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
            source.read_exact(&mut mine[..piece]).map_err(|e| Trouble::file(&one.path, &e))?;
            let mut read = 0;
            while read < piece {
                match reader.read(&mut theirs[read..piece]).map_err(|e| wrong(&e.to_string()))? {
                    0 => return Err(wrong("it ends too early")),
                    n => read += n,
                }
            }
            if mine[..piece] != theirs[..piece] {
                return Err(wrong("its bytes differ"));
            }
            left -= piece as u64;
            done += piece as u64;
            tell(Progress::Comparing(done, all));
        }
    }
    Ok(())
}

fn fat(error: hadris_fat::Error) -> io::Error {
    io::Error::other(error.to_string())
}

fn failed(name: &str, error: &io::Error) -> Trouble {
    Trouble::of("RB561", format!("{name}: {error}"))
}

fn not_opened(name: &str, error: &io::Error) -> Trouble {
    match error.kind() {
        io::ErrorKind::ResourceBusy => {
            Trouble::of("RB552", format!("{name} is in use: the system does not give it away"))
        }
        io::ErrorKind::PermissionDenied => {
            Trouble::new("RB501", format!("{name}: {error}"), "Run it with sudo: disks belong to the administrator.")
        }
        io::ErrorKind::NotFound | io::ErrorKind::InvalidInput => Trouble::of("RB550", format!("{name}: {error}")),
        _ => failed(name, error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::scratch::Scratch;

    fn files(scratch: &Scratch) -> Vec<files::File> {
        let contents = [("T46.bin", 70_001), ("T46.rfs", 1_000_000), ("T46S-66.86.0.15.rom", 3_000_017)];
        contents
            .map(|(name, len)| {
                let bytes: Vec<u8> = (0..len).map(|n: u32| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
                files::File { name: name.into(), path: scratch.file(name, &bytes), bytes: u64::from(len) }
            })
            .into()
    }

    #[test]
    fn an_image_appears_whole_or_not_at_all() {
        let scratch = Scratch::new("image");
        let files = files(&scratch);
        let path = scratch.path().join("stick.img");
        let mut told = Vec::new();
        image(&path, &files, &mut |p| {
            told.push(p);
            if matches!(p, Progress::Comparing(0, _)) {
                assert!(!path.exists() && half(&path).exists(), "not before it was compared");
            }
        })
        .unwrap();
        assert_eq!(fs::metadata(&path).unwrap().len(), needed(&files));
        assert!(!half(&path).exists());
        let all = total(&files);
        assert!(told.contains(&Progress::Writing(all, all)) && told.contains(&Progress::Comparing(all, all)));
        assert_eq!(told.first(), Some(&Progress::Preparing));
    }

    #[test]
    fn a_byte_that_changes_behind_the_writer_is_found() {
        let scratch = Scratch::new("flip");
        let files = files(&scratch);
        let path = scratch.path().join("stick.img");
        let half = half(&path);
        // As a bad stick does: what was written is not what is read.
        let error = image(&path, &files, &mut |p| {
            if matches!(p, Progress::Comparing(0, _)) {
                let mut bytes = fs::read(&half).unwrap();
                let last = bytes.iter().rposition(|b| *b != 0).unwrap();
                bytes[last] ^= 1;
                fs::write(&half, bytes).unwrap();
            }
        })
        .unwrap_err();
        assert_eq!(error.code, "RB559");
        assert!(error.what.contains("T46S-66.86.0.15.rom"), "{error}");
        assert!(!path.exists() && !half.exists());
    }

    #[test]
    fn a_stick_loses_its_old_tables_at_both_ends() {
        let scratch = Scratch::new("stick");
        let files = files(&scratch);
        let bytes = 200_000_000u64 / 512 * 512;
        let device = scratch.file("dev/sdb", &vec![0xa5; bytes as usize]);
        let stick = Disk { name: "sdb".into(), device, bytes, sector: 512, removable: true, ..Disk::default() };
        disk(&stick, true, &files, &mut |_| {}).unwrap();
        let written = fs::read(&stick.device).unwrap();
        assert_eq!(written.len() as u64, bytes);
        assert_eq!(written[510..512], [0x55, 0xaa]);
        assert!(written[512..START as usize].iter().all(|b| *b == 0), "no GPT is left");
        assert!(written[written.len() - (1 << 20)..].iter().all(|b| *b == 0), "nor its copy");
    }
}
