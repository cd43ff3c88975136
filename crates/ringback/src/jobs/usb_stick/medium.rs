//! The disk or image under the work: opened for it alone, written through, and read back past the cache.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::{Advice, fadvise};

use super::disks::Disk;

/// What the kernel reads at once when its cache is passed by; any disk's sectors divide it.
const AHEAD: usize = 1 << 20;
/// Memory that is read into without the cache begins at a multiple of this.
const ALIGNED: usize = 4_096;

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
#[derive(Debug)]
pub(super) struct Fresh {
    file: File,
    buf: Vec<u8>,
    /// Where the aligned part of `buf` begins.
    from: usize,
    /// The offset in the file of what is in it, and how much.
    holds: (u64, usize),
    at: u64,
    len: u64,
}

impl Fresh {
    /// Opens what was written and synced.
    pub(super) fn open(path: &Path) -> io::Result<Fresh> {
        let direct = OpenOptions::new().read(true).custom_flags(libc::O_DIRECT | libc::O_CLOEXEC).open(path);
        let mut file = match direct {
            Ok(file) => file,
            // Some file systems know no such way.
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => File::open(path)?,
            Err(error) => return Err(error),
        };
        // Only advice: reading works without it.
        let _ = fadvise(&file, 0, None, Advice::DontNeed);
        let len = file.seek(SeekFrom::End(0))?;
        let buf = vec![0u8; AHEAD + ALIGNED];
        let from = buf.as_ptr().align_offset(ALIGNED).min(ALIGNED);
        Ok(Fresh { file, buf, from, holds: (0, 0), at: 0, len })
    }

    fn fill(&mut self) -> io::Result<()> {
        let start = self.at / AHEAD as u64 * AHEAD as u64;
        self.file.seek(SeekFrom::Start(start))?;
        let mut held = 0;
        while held < AHEAD {
            // After a short read, which only the end has, the position is no multiple of a sector any more.
            match self.file.read(&mut self.buf[self.from + held..self.from + AHEAD])? {
                0 => break,
                n => held += n,
            }
            if start + held as u64 >= self.len {
                break;
            }
        }
        self.holds = (start, held);
        Ok(())
    }
}

impl Read for Fresh {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let held = |holds: (u64, usize), at: u64| (holds.0..holds.0 + holds.1 as u64).contains(&at);
        if self.at >= self.len {
            return Ok(0);
        }
        if !held(self.holds, self.at) {
            self.fill()?;
        }
        if !held(self.holds, self.at) {
            return Ok(0);
        }
        let skip = usize::try_from(self.at - self.holds.0).unwrap_or(usize::MAX);
        let here = &self.buf[self.from + skip..self.from + self.holds.1];
        let take = here.len().min(out.len());
        out[..take].copy_from_slice(&here[..take]);
        self.at += take as u64;
        Ok(take)
    }
}

impl Seek for Fresh {
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
        let mut fresh = Fresh::open(&path).unwrap();
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
