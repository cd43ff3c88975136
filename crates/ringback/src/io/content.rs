//! The bytes behind a [`Content`]: made ones, the shelf's by hash, a folder's by path.
//!
//! A file is read once and shared by every transfer that sends it; what is too large for that is read
//! in place. Nothing outside the shelf and the folder can be opened: names were resolved by the bench
//! to a hash or to a path of the folder's own listing. What comes from the shelf into memory has that
//! hash, or it is not sent; a file that is read in place has the length that the shelf knows.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use bench::plan::answer::Content;
use proto::tftp::Source;

/// Files are shared in memory while all of those under way fit into this many bytes; others are read in place.
const SHARED_BUDGET: u64 = 24 << 20;

/// Bytes that can be read from anywhere, cheap to clone.
#[derive(Clone, Debug)]
pub(crate) enum Data {
    /// In memory.
    Memory(Arc<[u8]>),
    /// In a file, of this length when it was opened.
    File(Arc<File>, u64),
}

impl Data {
    /// Length, bytes.
    pub(crate) fn size(&self) -> u64 {
        match self {
            Data::Memory(bytes) => Source::len(bytes),
            Data::File(_, len) => *len,
        }
    }

    /// Fills `buf` from `offset`; fewer bytes than asked only at the end.
    pub(crate) fn read(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Data::Memory(bytes) => {
                let bytes: &[u8] = bytes;
                let start = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
                let end = bytes.len().min(start.saturating_add(buf.len()));
                buf[..end - start].copy_from_slice(&bytes[start..end]);
                Ok(end - start)
            }
            Data::File(file, _) => {
                let mut filled = 0;
                while filled < buf.len() {
                    match file.read_at(&mut buf[filled..], offset + filled as u64)? {
                        0 => break,
                        n => filled += n,
                    }
                }
                Ok(filled)
            }
        }
    }
}

impl Source for Data {
    fn len(&self) -> u64 {
        self.size()
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize, ()> {
        self.read(offset, buf).map_err(|_| ())
    }
}

/// Opens contents.
#[derive(Debug)]
pub(crate) struct Library {
    blobs: Option<PathBuf>,
    folder: Option<PathBuf>,
    /// Kept only while somebody sends them.
    shared: Mutex<BTreeMap<PathBuf, Shared>>,
}

/// A file's length and change time, and its bytes while somebody sends them.
type Shared = (Stamp, Weak<[u8]>);
type Stamp = (u64, Option<std::time::SystemTime>);

impl Library {
    /// `blobs` is the shelf's folder of files named by their SHA-256, `folder` the one served as it is.
    pub(crate) fn new(blobs: Option<PathBuf>, folder: Option<PathBuf>) -> Library {
        Library { blobs, folder, shared: Mutex::default() }
    }

    /// Opens a content.
    pub(crate) fn open(&self, content: &Content) -> io::Result<Data> {
        let missing = || io::Error::new(io::ErrorKind::NotFound, "no such folder in this bench");
        match content {
            Content::Bytes(bytes) => Ok(Data::Memory(Arc::clone(bytes))),
            Content::Blob { sha256, size } => {
                let data = self.file(&self.blobs.as_ref().ok_or_else(missing)?.join(sha256), Some(sha256))?;
                let changed = || io::Error::new(io::ErrorKind::InvalidData, "it was changed on the disk");
                if data.size() == *size { Ok(data) } else { Err(changed()) }
            }
            Content::Folder { path, .. } => {
                let folder = self.folder.as_ref().ok_or_else(missing)?;
                let full = folder.join(path).canonicalize()?;
                // The listing follows no links out of the folder; a link made since then must not either.
                if !full.starts_with(folder) {
                    return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the file leads out of the folder"));
                }
                self.file(&full, None)
            }
        }
    }

    fn file(&self, path: &Path, sha256: Option<&str>) -> io::Result<Data> {
        let file = File::open(path)?;
        let meta = file.metadata()?;
        if !meta.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a file"));
        }
        let stamp = (meta.len(), meta.modified().ok());
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, bytes)) = shared.get(path)
            && *known == stamp
            && let Some(bytes) = bytes.upgrade()
        {
            return Ok(Data::Memory(bytes));
        }
        shared.retain(|_, entry| entry.1.strong_count() > 0);
        let under_way: u64 = shared.values().map(|entry| entry.0.0).sum();
        if under_way.saturating_add(stamp.0) > SHARED_BUDGET {
            return Ok(Data::File(Arc::new(file), stamp.0));
        }
        let bytes: Arc<[u8]> = std::fs::read(path)?.into();
        if sha256.is_some_and(|wanted| bench::shelf::sha256_hex(&bytes) != wanted) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it was changed on the disk"));
        }
        shared.insert(path.to_owned(), (stamp, Arc::downgrade(&bytes)));
        Ok(Data::Memory(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of the shelf is found by its hash alone, and sent only while it has it.
    #[test]
    fn what_comes_from_the_shelf_has_the_hash_that_was_asked_for() {
        let scratch = crate::store::scratch::Scratch::new("content");
        let sha256 = bench::shelf::sha256_hex(b"firmware");
        let place = scratch.file(&format!("blobs/{sha256}"), b"firmware");
        let library = Library::new(Some(scratch.path().join("blobs")), None);
        let open = |sha256: &str, size| library.open(&Content::Blob { sha256: sha256.to_owned(), size });
        assert_eq!(open(&sha256, 8).unwrap().size(), 8);
        assert!(open(&bench::shelf::sha256_hex(b"other"), 5).is_err(), "another hash is another file");
        std::fs::write(&place, b"firmwarf").unwrap();
        assert_eq!(open(&sha256, 8).unwrap_err().kind(), io::ErrorKind::InvalidData);
        std::fs::write(&place, b"firm").unwrap();
        assert_eq!(open(&sha256, 8).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn reads_stop_at_the_end() {
        let data = Data::Memory(Arc::from(&b"abcdef"[..]));
        let mut buf = [0; 4];
        assert_eq!(data.read(4, &mut buf).unwrap(), 2);
        assert_eq!(&buf[..2], b"ef");
        assert_eq!(data.read(99, &mut buf).unwrap(), 0);
    }
}
