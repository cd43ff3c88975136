//! The shelf on disk: files by SHA-256 in `blobs/`, and an index that says what each one is.
//!
//! A file is judged once, when it is put there ([`bench::shelf::examine`]). Whatever moment the program
//! is killed at, the next [`Shelf::open`] finds a consistent shelf: bytes are written beside their place,
//! synced and renamed, and only then named in the index. A file that got into `blobs/` and not into the
//! index is named again by its own header, or removed when it carries no name.
//!
//! Which loads are complete is deliberately not answered here: that is [`bench::shelf::Shelf`].

mod archive;
#[cfg(test)]
mod damage_tests;
mod gather;
mod index;
#[cfg(test)]
mod kill_tests;
#[cfg(test)]
mod measure_tests;
#[cfg(test)]
mod tests;
mod watch;

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use bench::shelf::{Blob, BlobKind, Fault, Reference, examine_from, sha256_hex};

pub(crate) use self::watch::ShelfWatcher;

use self::gather::{Found, Limits};
use self::index::{Entry, Index};
use super::error::shown;
use super::{FileError, atomic};

/// The index is written at least after so many files, so that a kill loses no more than their names.
const INDEX_EVERY: usize = 50;
/// A file that is not in `blobs/` yet. Hidden, so that nothing takes it for a blob.
const TEMPORARY: &str = ".adding.tmp";
const LOCK: &str = ".lock";

/// The shelf.
#[derive(Debug)]
pub(crate) struct Shelf {
    state_dir: PathBuf,
    index: Index,
    mended: Vec<String>,
    reread: usize,
}

/// What [`Shelf::add`] did. Names are escaped and can be shown.
#[derive(Debug, Default)]
pub(crate) struct Added {
    /// What is on the shelf now and was not before.
    pub(crate) new: Vec<Blob>,
    /// What was there already.
    pub(crate) known: Vec<Blob>,
    /// What is wrong and was not taken, and why.
    pub(crate) refused: Vec<(String, Fault)>,
    /// What is to be known about an archive: where it is, and what.
    pub(crate) noted: Vec<(String, Fault)>,
    /// Archives that are the very ones that somebody vouches for, and by what.
    pub(crate) proven: Vec<(String, String)>,
    /// What is no firmware and was left where it is: where it was found, and its name.
    pub(crate) left_out: Vec<(String, String)>,
}

/// How far [`Shelf::add`] is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Progress {
    /// The file that was just dealt with, escaped.
    pub(crate) name: String,
    /// Files dealt with until now.
    pub(crate) files: usize,
    /// Their bytes.
    pub(crate) bytes: u64,
}

impl Shelf {
    /// Opens the shelf of a state folder, which is created if it is not there. Files that are as the
    /// index says (length and time of change) are not read again.
    pub(crate) fn open(state_dir: &Path) -> Result<Shelf, FileError> {
        atomic::private_folder(&blobs_dir(state_dir))?;
        let mut shelf =
            Shelf { state_dir: state_dir.to_owned(), index: Index::default(), mended: Vec::new(), reread: 0 };
        // While another process adds files, its half-done ones are not ours to clean up.
        match shelf.lock()? {
            Some(_lock) => shelf.load_and_mend()?,
            None => shelf.index = Index::read(&shelf.state_dir)?,
        }
        Ok(shelf)
    }

    /// The folder of blobs, each named by its SHA-256.
    pub(crate) fn blobs_dir(&self) -> PathBuf {
        blobs_dir(&self.state_dir)
    }

    /// Everything on the shelf, by name.
    pub(crate) fn blobs(&self) -> Vec<Blob> {
        self.index.blobs().cloned().collect()
    }

    /// What was not as it should be when the shelf was opened, and what was done about it.
    pub(crate) fn mended(&self) -> &[String] {
        &self.mended
    }

    /// How many files were read again when the shelf was opened, because they did not look as they did.
    pub(crate) const fn reread(&self) -> usize {
        self.reread
    }

    /// Reads every file again, whatever its length and times say, and answers how many.
    pub(crate) fn read_all_again(&mut self) -> Result<usize, FileError> {
        let Some(_lock) = self.lock()? else {
            let what = format!("cannot check the shelf in {}", shown(&self.state_dir));
            return Err(FileError::new(what, "another ringback is adding to it", "Wait until that one has finished"));
        };
        self.index = Index::read(&self.state_dir)?;
        let before = self.reread;
        self.check_entries(true);
        self.write_index()?;
        Ok(self.reread - before)
    }

    /// Puts firmware on the shelf: files as they are, folders with all that is in them, and the contents of
    /// `.zip`, `.tar`, `.tar.gz`, `.tgz` and `.cop.sgn` archives. What cannot be taken is told and left out; an error
    /// is only what keeps the shelf itself from being written, and what came before it stays.
    pub(crate) fn add(
        &mut self,
        paths: &[PathBuf],
        reference: &Reference<'_>,
        progress: &mut dyn FnMut(&Progress),
    ) -> Result<Added, FileError> {
        self.add_within(paths, &Limits::default(), reference, progress)
    }

    fn add_within(
        &mut self,
        paths: &[PathBuf],
        limits: &Limits,
        reference: &Reference<'_>,
        progress: &mut dyn FnMut(&Progress),
    ) -> Result<Added, FileError> {
        let Some(_lock) = self.lock()? else {
            let what = format!("cannot add to the shelf in {}", shown(&self.state_dir));
            return Err(FileError::new(what, "another ringback is adding to it", "Wait until that one has finished"));
        };
        self.load_and_mend()?;
        let own = self.blobs_dir().canonicalize().map_err(|e| FileError::io("open", &self.state_dir, &e))?;
        let mut added = Added::default();
        let (mut files, mut bytes, mut unwritten) = (0, 0, 0);
        let taken = gather::gather(paths, &own, limits, reference, &mut |found| {
            files += 1;
            let name = match found {
                Found::File { name, from, archive, bytes: data } => {
                    bytes += data.len() as u64;
                    if let Some(kind) = archive::Kind::foreign(&data) {
                        let why = format!("a {kind} archive: unpack it yourself and add the folder");
                        added.refused.push((from.clone(), Fault::new("RB254", why)));
                    } else {
                        let blob = reference.examine(&name, &data, archive.as_deref());
                        unwritten += usize::from(self.take(blob, &from, &data, &mut added)?);
                    }
                    from
                }
                Found::Noted { from, why } => {
                    files -= 1;
                    added.noted.push((from.clone(), why));
                    from
                }
                Found::Proven { from, by } => {
                    files -= 1;
                    added.proven.push((from.clone(), by));
                    from
                }
                Found::Refused { from, why } => {
                    added.refused.push((from.clone(), why));
                    from
                }
            };
            if unwritten >= INDEX_EVERY {
                self.write_index()?;
                unwritten = 0;
            }
            progress(&Progress { name, files, bytes });
            Ok(())
        });
        let written = self.write_index();
        taken.and(written).map(|()| added)
    }

    /// Deals with one file; true when the index has changed.
    fn take(&mut self, blob: Blob, from: &str, data: &[u8], added: &mut Added) -> Result<bool, FileError> {
        if let Some(first) = blob.faults.first() {
            // An old server's folder has empty files, pages and other things beside the firmware.
            if blob.kind == BlobKind::Other && !blob.is_named_like_firmware() {
                added.left_out.push((from.to_owned(), blob.name));
                return Ok(false);
            }
            // It was taken before anybody said what it must be.
            let is_here = self.index.has(&blob) && blob.disproven.is_some();
            if is_here {
                let place = self.blobs_dir().join(&blob.sha256);
                let entry = Entry::of(blob.clone(), &place).map_err(|e| FileError::io("read", &place, &e))?;
                self.index.put(entry);
            }
            let all: Vec<&str> = blob.faults.iter().map(|f| f.what.as_str()).collect();
            added.refused.push((from.to_owned(), Fault::new(&first.code, all.join("; "))));
            return Ok(is_here);
        }
        if blob.kind == BlobKind::Other {
            added.left_out.push((from.to_owned(), blob.name));
            return Ok(false);
        }
        // Who vouches for it may have come after it did.
        if self.index.has(&blob) && (blob.proven.is_none() || self.index.is_proven(&blob)) {
            added.known.push(blob);
            return Ok(false);
        }
        let place = self.blobs_dir().join(&blob.sha256);
        if fs::metadata(&place).map(|m| m.len()).ok() != Some(blob.size) {
            let beside = self.blobs_dir().join(TEMPORARY);
            atomic::put(&beside, &place, data).map_err(|e| FileError::io("write", &place, &e))?;
        }
        let entry = Entry::of(blob.clone(), &place).map_err(|e| FileError::io("read", &place, &e))?;
        self.index.put(entry);
        added.new.push(blob);
        Ok(true)
    }

    fn write_index(&self) -> Result<(), FileError> {
        // The names of blobs must be on the disk before the index speaks of them.
        atomic::sync_folder(&self.blobs_dir())?;
        self.index.write(&self.state_dir)
    }

    /// None when another process holds it.
    fn lock(&self) -> Result<Option<Lock>, FileError> {
        let path = self.blobs_dir().join(LOCK);
        let error = |e| FileError::io("open", &path, &e);
        let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(error)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Lock(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(e)) => Err(error(e)),
        }
    }

    /// Reads the index and makes it and the blobs agree. Only under the lock.
    fn load_and_mend(&mut self) -> Result<(), FileError> {
        let is_new = !Index::path(&self.state_dir).exists();
        self.index = Index::read(&self.state_dir)?;
        let before = self.index.clone();
        self.check_entries(false);
        // An index that was lost or cannot be read whole may have named what now looks like an orphan.
        self.adopt_orphans(!is_new && self.index.unreadable == 0)?;
        if is_new || self.index != before {
            self.write_index()?;
        }
        Ok(())
    }

    /// Every file that the index names is there and is what it was; `all` reads those too that look so.
    fn check_entries(&mut self, all: bool) {
        let blobs = self.blobs_dir();
        let mut mended = Vec::new();
        let mut reread = 0;
        self.index.retain(|entry| {
            let place = blobs.join(&entry.blob.sha256);
            if !all && entry.is_as_it_was(&place) {
                return true;
            }
            reread += 1;
            let data = read_whole(&place).filter(|data| sha256_hex(data) == entry.blob.sha256);
            let again = data.map(|data| {
                let judged = examine_from(&entry.blob.name, &data, entry.blob.archive.as_deref());
                judged.as_proven_as(&entry.blob)
            });
            if again.is_some_and(|blob| entry.judged(blob, &place).is_ok()) {
                return true;
            }
            // It is named by its hash, and that is not its hash: it can only do harm.
            let _ = fs::remove_file(&place);
            let name = proto::text::escape(entry.blob.name.as_bytes());
            mended.push(format!("RB253: {name} is missing from the shelf or was changed there: add it again"));
            false
        });
        self.mended.append(&mut mended);
        self.reread += reread;
    }

    fn adopt_orphans(&mut self, may_remove: bool) -> Result<(), FileError> {
        let blobs = self.blobs_dir();
        let error = |e| FileError::io("read", &blobs, &e);
        for file in fs::read_dir(&blobs).map_err(error)? {
            let file = file.map_err(error)?;
            let Ok(name) = file.file_name().into_string() else { continue };
            let place = file.path();
            if name == TEMPORARY {
                let _ = fs::remove_file(&place);
            }
            if !index::is_sha256(&name) || self.index.has_sha256(&name) {
                continue;
            }
            let blob = read_whole(&place).map(|data| examine_from("", &data, None)).filter(|blob| blob.sha256 == name);
            match blob {
                Some(blob) if !blob.name.is_empty() => {
                    self.mended.push(format!("RB253: {} was on the shelf without being listed", blob.name));
                    self.index.put(Entry::of(blob, &place).map_err(error)?);
                }
                // Whole, and listed by an index that cannot be read: left for a better day.
                Some(_) if !may_remove => {}
                _ => {
                    let _ = fs::remove_file(&place);
                    self.mended.push("RB253: a file whose adding was interrupted was removed: add it again".to_owned());
                }
            }
        }
        Ok(())
    }
}

/// The right to change the shelf.
#[derive(Debug)]
struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing the file is not enough: a process that is just being started has a copy of it.
        let _ = self.0.unlock();
    }
}

fn blobs_dir(state_dir: &Path) -> PathBuf {
    state_dir.join("blobs")
}

fn read_whole(path: &Path) -> Option<Vec<u8>> {
    let file = File::open(path).ok().filter(|f| f.metadata().is_ok_and(|m| m.is_file()))?;
    gather::read_bounded(file, Limits::default().file).ok().flatten()
}
