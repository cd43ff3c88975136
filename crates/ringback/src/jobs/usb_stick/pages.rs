//! A disk or image in pages that are held in memory: a file system looks at its tables before each cluster, and
//! asking the kernel for every one of those few bytes takes many times as long as the files themselves.
//!
//! Pages are written when others need their room, and when [`Pages::settle`] says so, never by themselves:
//! dropped pages are lost, as after an error they should be.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::os::unix::fs::FileExt;

/// Bytes of a page; any disk's sectors divide it.
pub(super) const PAGE: usize = 1 << 20;
/// Memory that is read into past the kernel's cache begins at a multiple of this.
const ALIGNED: usize = 4_096;
/// Pages that are held: those of both tables, of the root folder and of the file, with room to spare.
const MOST: usize = 8;

/// The file, and what is held of it.
#[derive(Debug)]
pub(super) struct Pages {
    file: File,
    /// The one used last at the end.
    held: Vec<Page>,
    at: u64,
    len: u64,
}

#[derive(Debug)]
struct Page {
    /// Which of the file's pages this is.
    number: u64,
    bytes: Vec<u8>,
    /// Where the aligned part of `bytes` begins.
    from: usize,
    /// What of it is as the file has it, or as it shall have it.
    known: Range<usize>,
    /// What of it the file does not have yet; within `known`.
    unwritten: Range<usize>,
}

impl Page {
    fn new() -> Page {
        let bytes = vec![0u8; PAGE + ALIGNED];
        let from = bytes.as_ptr().align_offset(ALIGNED).min(ALIGNED);
        Page { number: 0, bytes, from, known: 0..0, unwritten: 0..0 }
    }

    fn start(&self) -> u64 {
        self.number * PAGE as u64
    }

    fn slice(&mut self, range: Range<usize>) -> &mut [u8] {
        &mut self.bytes[self.from + range.start..self.from + range.end]
    }

    /// Reads the whole page; what is not written yet stays.
    fn fill(&mut self, file: &File) -> io::Result<()> {
        let kept = self.slice(self.unwritten.clone()).to_vec();
        let start = self.start();
        let mut read = 0;
        while read < PAGE {
            match file.read_at(self.slice(read..PAGE), start + read as u64) {
                // Past the end of the file; behind a short read the place is no multiple of a sector any more.
                Ok(0) => break,
                Ok(n) => read += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) if e.kind() == io::ErrorKind::InvalidInput && read > 0 => break,
                Err(e) => return Err(e),
            }
        }
        self.slice(self.unwritten.clone()).copy_from_slice(&kept);
        self.known = 0..read.max(self.unwritten.end);
        Ok(())
    }

    fn write(&mut self, file: &File) -> io::Result<()> {
        let (at, range) = (self.start() + self.unwritten.start as u64, self.unwritten.clone());
        if !range.is_empty() {
            file.write_all_at(self.slice(range), at)?;
            self.unwritten = 0..0;
        }
        Ok(())
    }

    /// Takes these bytes, where they join on to what is known.
    fn put(&mut self, range: Range<usize>, bytes: &[u8]) {
        self.slice(range.clone()).copy_from_slice(bytes);
        self.known = hull(&self.known, &range);
        self.unwritten = hull(&self.unwritten, &range);
    }
}

impl Pages {
    /// The pages of this file, which is as long as it will be.
    pub(super) fn of(mut file: File) -> io::Result<Pages> {
        let len = file.seek(SeekFrom::End(0))?;
        Ok(Pages { file, held: Vec::new(), at: 0, len })
    }

    /// Writes what is not written yet, from front to back.
    fn settle(&mut self) -> io::Result<()> {
        self.held.sort_by_key(|page| page.number);
        self.held.iter_mut().try_for_each(|page| page.write(&self.file))
    }

    /// Writes everything and waits until the disk has it.
    pub(super) fn sync(&mut self) -> io::Result<()> {
        self.settle()?;
        self.file.sync_all()
    }

    /// The page that `self.at` is in, and where in it that is.
    fn page(&mut self) -> io::Result<(&mut Page, &File, usize)> {
        let number = self.at / PAGE as u64;
        let within = usize::try_from(self.at % PAGE as u64).unwrap_or(0);
        let page = match self.held.iter().position(|page| page.number == number) {
            Some(at) => self.held.remove(at),
            None => {
                let mut page = if self.held.len() < MOST { Page::new() } else { self.held.remove(0) };
                page.write(&self.file)?;
                (page.number, page.known) = (number, 0..0);
                page
            }
        };
        self.held.push(page);
        let page = self.held.last_mut().ok_or(io::ErrorKind::OutOfMemory)?;
        Ok((page, &self.file, within))
    }
}

impl Read for Pages {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.len.saturating_sub(self.at)).unwrap_or(usize::MAX);
        if buf.is_empty() || left == 0 {
            return Ok(0);
        }
        let (page, file, within) = self.page()?;
        let take = buf.len().min(PAGE - within).min(left);
        if !page.known.contains(&within) || page.known.end < within + take {
            page.fill(file)?;
        }
        let take = take.min(page.known.end.saturating_sub(within));
        buf[..take].copy_from_slice(page.slice(within..within + take));
        self.at += take as u64;
        Ok(take)
    }
}

impl Write for Pages {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let left = usize::try_from(self.len.saturating_sub(self.at)).unwrap_or(usize::MAX);
        if buf.is_empty() {
            return Ok(0);
        }
        if left == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let (page, file, within) = self.page()?;
        let take = buf.len().min(PAGE - within).min(left);
        let range = within..within + take;
        let joins = page.known.is_empty() || range.start <= page.known.end && range.end >= page.known.start;
        if !joins {
            page.fill(file)?;
        }
        page.put(range, &buf[..take]);
        self.at += take as u64;
        Ok(take)
    }

    /// Does nothing: file systems ask for it after every entry. See [`Pages::settle`].
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Pages {
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

/// The range that both are in; an empty one counts for nothing.
fn hull(one: &Range<usize>, other: &Range<usize>) -> Range<usize> {
    if one.is_empty() { other.clone() } else { one.start.min(other.start)..one.end.max(other.end) }
}

#[cfg(test)]
mod tests {
    use std::fs::OpenOptions;
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;
    use crate::store::scratch::Scratch;

    fn open(path: &std::path::Path) -> Pages {
        Pages::of(OpenOptions::new().read(true).write(true).open(path).unwrap()).unwrap()
    }

    #[test]
    fn nothing_is_written_before_it_must_be_and_nothing_behind_the_end() {
        let scratch = Scratch::new("pages");
        let path = scratch.file("disk", &vec![9; 2 * PAGE + 700]);
        let mut pages = open(&path);
        pages.seek(SeekFrom::Start(5)).unwrap();
        pages.write_all(b"abc").unwrap();
        assert_eq!(std::fs::read(&path).unwrap()[5..8], [9; 3]);
        pages.settle().unwrap();
        assert_eq!(std::fs::read(&path).unwrap()[4..9], *b"\x09abc\x09");
        pages.seek(SeekFrom::End(-2)).unwrap();
        assert_eq!(pages.write(b"xyz").unwrap(), 2);
        assert_eq!(pages.write(b"z").unwrap_err().kind(), io::ErrorKind::StorageFull);
        let mut rest = Vec::new();
        pages.seek(SeekFrom::End(-4)).unwrap();
        pages.read_to_end(&mut rest).unwrap();
        assert_eq!(rest, b"\x09\x09xy");
    }

    /// Something done to a disk, at a place.
    #[derive(Clone, Debug)]
    enum Deed {
        Write(u64, usize, u8),
        Read(u64, usize),
        Settle,
    }

    fn deeds() -> impl Strategy<Value = Vec<Deed>> {
        const LEN: u64 = 12 * PAGE as u64;
        let size = prop_oneof![1usize..40, 500usize..9_000, Just(PAGE), Just(PAGE + 3)];
        let deed = prop_oneof![
            4 => (0..LEN, size.clone(), any::<u8>()).prop_map(|(at, n, byte)| Deed::Write(at, n, byte)),
            4 => (0..LEN, size).prop_map(|(at, n)| Deed::Read(at, n)),
            1 => Just(Deed::Settle),
        ];
        proptest::collection::vec(deed, 1..40)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn it_is_as_if_nothing_were_held(deeds in deeds()) {
            let scratch = Scratch::new("pages");
            let blank: Vec<u8> = (0..12 * PAGE).map(|n| (n / 4_099) as u8).collect();
            let path = scratch.file("disk", &blank);
            let mut pages = open(&path);
            let mut plain = Cursor::new(blank);
            for deed in deeds {
                match deed {
                    Deed::Write(at, n, byte) => {
                        let n = n.min(plain.get_ref().len() - at as usize);
                        for disk in [&mut pages as &mut dyn Disk, &mut plain] {
                            disk.seek(SeekFrom::Start(at)).unwrap();
                            disk.write_all(&vec![byte; n]).unwrap();
                        }
                    }
                    Deed::Read(at, n) => {
                        let mut both = [Vec::new(), Vec::new()];
                        for (disk, out) in [&mut pages as &mut dyn Disk, &mut plain].into_iter().zip(&mut both) {
                            disk.seek(SeekFrom::Start(at)).unwrap();
                            disk.take(n as u64).read_to_end(out).unwrap();
                        }
                        prop_assert!(both[0] == both[1]);
                    }
                    Deed::Settle => pages.settle().unwrap(),
                }
            }
            pages.settle().unwrap();
            prop_assert!(std::fs::read(&path).unwrap() == *plain.get_ref());
        }
    }

    trait Disk: Read + Write + Seek {}
    impl<T: Read + Write + Seek> Disk for T {}
}
