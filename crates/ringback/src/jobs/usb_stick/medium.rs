//! The disk or image under the work: opened for it alone, written through, and read back past the cache.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::{Advice, fadvise};

use super::disks::Disk;
use super::pages::Pages;

/// Opens a disk for writing. The kernel refuses it (`ResourceBusy`) while any of it is mounted or held.
/// `plain` takes a file in its place, for a made-up computer.
pub(super) fn open_disk(disk: &Disk, plain: bool) -> io::Result<File> {
    let file =
        OpenOptions::new().read(true).write(true).custom_flags(libc::O_EXCL | libc::O_CLOEXEC).open(&disk.device)?;
    let meta = file.metadata()?;
    if plain && meta.is_file() {
        return Ok(file);
    }
    let number = (libc::major(meta.rdev()), libc::minor(meta.rdev()));
    if !meta.file_type().is_block_device() || disk.number != Some(number) {
        let other = format!("{} is not the disk that was looked at", disk.device.display());
        return Err(io::Error::new(io::ErrorKind::InvalidInput, other));
    }
    Ok(file)
}

/// A stretch of a file that stands for a disk of its own, from `start` on, `len` bytes long.
#[derive(Debug)]
pub(super) struct Stretch<F> {
    inner: F,
    start: u64,
    len: u64,
    at: u64,
}

impl<F: Seek> Stretch<F> {
    /// What it is a stretch of.
    pub(super) fn into_inner(self) -> F {
        self.inner
    }

    /// The stretch; nothing outside of it is read or written.
    pub(super) const fn new(inner: F, start: u64, len: u64) -> Stretch<F> {
        Stretch { inner, start, len, at: 0 }
    }

    fn left(&self, wanted: usize) -> usize {
        usize::try_from(self.len.saturating_sub(self.at)).unwrap_or(usize::MAX).min(wanted)
    }
}

impl<F: Read + Seek> Read for Stretch<F> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let room = self.left(buf.len());
        self.inner.seek(SeekFrom::Start(self.start + self.at))?;
        let read = self.inner.read(&mut buf[..room])?;
        self.at += read as u64;
        Ok(read)
    }
}

impl<F: Write + Seek> Write for Stretch<F> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let room = self.left(buf.len());
        if room == 0 && !buf.is_empty() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.inner.seek(SeekFrom::Start(self.start + self.at))?;
        let written = self.inner.write(&buf[..room])?;
        self.at += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<F: Seek> Seek for Stretch<F> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
            SeekFrom::End(by) => self.len.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

/// What really lies on the disk: read past the kernel's cache where it allows that, else after it was told
/// to forget what it has.
pub(super) fn fresh(path: &Path) -> io::Result<Pages> {
    let direct = OpenOptions::new().read(true).custom_flags(libc::O_DIRECT | libc::O_CLOEXEC).open(path);
    let file = match direct {
        Ok(file) => file,
        // Some file systems know no such way.
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => File::open(path)?,
        Err(error) => return Err(error),
    };
    // Only advice: reading works without it.
    let _ = fadvise(&file, 0, None, Advice::DontNeed);
    Pages::of(file)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::store::scratch::Scratch;

    #[test]
    fn a_stretch_is_a_disk_of_its_own() {
        let mut whole = Cursor::new(vec![9u8; 100]);
        let mut stretch = Stretch::new(&mut whole, 10, 20);
        assert_eq!(stretch.seek(SeekFrom::End(-5)).unwrap(), 15);
        assert_eq!(stretch.write(&[1; 50]).unwrap(), 5, "no byte behind its end");
        assert_eq!(stretch.write(&[1]).unwrap_err().kind(), io::ErrorKind::StorageFull);
        stretch.seek(SeekFrom::Start(0)).unwrap();
        let mut all = Vec::new();
        stretch.read_to_end(&mut all).unwrap();
        assert_eq!(all, [vec![9; 15], vec![1; 5]].concat());
        assert_eq!(whole.get_ref()[30..], [9; 70], "nothing outside was touched");
    }

    #[test]
    fn what_is_read_fresh_is_what_was_written() {
        let scratch = Scratch::new("fresh");
        let bytes: Vec<u8> = (0..3_000_000u32).map(|n| (n / 7) as u8).collect();
        let path = scratch.file("x", &bytes);
        File::open(&path).unwrap().sync_all().unwrap();
        let mut fresh = fresh(&path).unwrap();
        let mut all = Vec::new();
        fresh.read_to_end(&mut all).unwrap();
        assert!(all == bytes);
        fresh.seek(SeekFrom::Start(1_048_570)).unwrap();
        let mut across = [0; 12];
        fresh.read_exact(&mut across).unwrap();
        assert_eq!(across, bytes[1_048_570..1_048_582]);
    }

    #[test]
    fn only_the_disk_that_was_looked_at_is_opened() {
        let scratch = Scratch::new("open");
        let device = scratch.file("dev/sdb", b"x");
        let disk = Disk { device, number: Some((8, 16)), ..Disk::default() };
        assert!(open_disk(&disk, true).is_ok());
        assert!(open_disk(&disk, false).unwrap_err().to_string().contains("not the disk"));
    }
}
