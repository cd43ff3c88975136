//! Finds the files that a person means: a file, a folder, an archive. Reads them one at a time, within limits.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use bench::shelf::{Fault, Reference};
use proto::text::escape;
use proto::tftp::normalise;

use super::archive;
use crate::store::FileError;
use crate::store::error::shown;

/// How much is taken. Firmware files are tens of megabytes, vendors' archives hundreds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Largest file, bytes.
    pub(super) file: u64,
    /// All that one archive unpacks to, bytes.
    pub(super) archive: u64,
    /// How many times its own size an archive may unpack to.
    pub(super) ratio: u64,
    /// Below this many bytes the ratio is not looked at.
    pub(super) ratio_floor: u64,
    /// Files in one archive, or in all folders together.
    pub(super) files: usize,
    /// Folders inside folders.
    pub(super) depth: usize,
    /// Archives inside archives.
    pub(super) nesting: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            file: 512 << 20,
            archive: 8 << 30,
            ratio: 200,
            ratio_floor: 64 << 20,
            files: 100_000,
            depth: 16,
            nesting: 3,
        }
    }
}

/// One file that was found.
#[derive(Debug)]
pub(super) enum Found {
    /// To be put on the shelf.
    File {
        /// The name by which phones ask for it, if its header has no other.
        name: String,
        /// Where it was found, as it may be shown.
        from: String,
        /// The name of the archive that it came in, as it may be shown.
        archive: Option<String>,
        /// Its bytes.
        bytes: Vec<u8>,
    },
    /// Not to be.
    Refused {
        /// Where it was found, as it may be shown.
        from: String,
        /// Why, with its code.
        why: Fault,
    },
    /// Something about an archive, whatever becomes of what is in it.
    Noted {
        /// Where it is, as it may be shown.
        from: String,
        /// What, with its code.
        why: Fault,
    },
    /// An archive that is the very one that somebody vouches for.
    Proven {
        /// Where it is, as it may be shown.
        from: String,
        /// By what.
        by: String,
    },
}

/// Who takes what is found. An error ends the search.
pub(super) type Take<'a> = dyn FnMut(Found) -> Result<(), FileError> + 'a;

/// Goes through `paths` in their order; `own` is the shelf's own folder, which is left out. A file that
/// was found in a folder keeps its path below it as its name, since phones ask for some files that way.
pub(super) fn gather(
    paths: &[PathBuf],
    own: &Path,
    limits: &Limits,
    reference: &Reference<'_>,
    take: &mut Take<'_>,
) -> Result<(), FileError> {
    let mut search = Search { own, limits, reference, take, left: limits.files };
    for path in paths {
        match fs::metadata(path) {
            Ok(meta) if meta.is_dir() => search.folder(path, b"", 0)?,
            Ok(meta) if meta.is_file() => {
                let name = path.file_name().unwrap_or_default().as_bytes();
                search.file(path, name)?;
            }
            Ok(_) => search.refuse(path, "RB256", "neither a file nor a folder")?,
            Err(error) => search.refuse(path, "RB257", error)?,
        }
    }
    Ok(())
}

/// Reads up to `limit` bytes; none when there are more.
pub(super) fn read_bounded(from: impl Read, limit: u64) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    from.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= limit).then_some(bytes))
}

/// What is said of a file above the limit.
pub(super) fn too_large(limits: &Limits) -> String {
    format!("larger than {} MiB", limits.file >> 20)
}

/// What desktops leave behind, which is nobody's file.
pub(super) fn is_litter(name: &[u8]) -> bool {
    name.split(|&b| b == b'/').any(|part| part.starts_with(b"._") || part == b".DS_Store" || part == b"__MACOSX")
        || name.ends_with(b"Thumbs.db")
}

struct Search<'a, 'b> {
    own: &'a Path,
    limits: &'a Limits,
    reference: &'a Reference<'a>,
    take: &'a mut Take<'b>,
    left: usize,
}

impl Search<'_, '_> {
    fn folder(&mut self, path: &Path, below: &[u8], depth: usize) -> Result<(), FileError> {
        if depth >= self.limits.depth {
            return self.refuse(path, "RB255", "folders are nested too deeply");
        }
        if path.canonicalize().is_ok_and(|p| p == self.own) {
            // In a folder of other things it is nothing that anybody meant.
            if depth > 0 {
                return Ok(());
            }
            return self.refuse(path, "RB256", "it is the shelf itself");
        }
        let mut files: Vec<_> = match fs::read_dir(path) {
            Ok(files) => files.flatten().take(self.limits.files.saturating_add(1)).collect(),
            Err(error) => return self.refuse(path, "RB257", error),
        };
        files.sort_by_key(fs::DirEntry::file_name);
        for file in files {
            let name = file.file_name();
            if is_litter(name.as_bytes()) {
                continue;
            }
            if self.left == 0 {
                let why = format!("more than {} files: the rest was left out", self.limits.files);
                return self.refuse(path, "RB255", why);
            }
            let place = file.path();
            let below = [below, name.as_bytes()].concat();
            match file.file_type() {
                Ok(kind) if kind.is_dir() => self.folder(&place, &[&below, &b"/"[..]].concat(), depth + 1)?,
                Ok(kind) if kind.is_file() => self.file(&place, &below)?,
                Ok(kind) if kind.is_symlink() => self.refuse(&place, "RB256", "a link: name the file itself")?,
                Ok(_) => self.refuse(&place, "RB256", "neither a file nor a folder")?,
                Err(error) => self.refuse(&place, "RB257", error)?,
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &Path, name: &[u8]) -> Result<(), FileError> {
        self.left = self.left.saturating_sub(1);
        if let Some(kind) = archive::Kind::of(name) {
            return archive::unpack(path, kind, self.limits, self.reference, self.take);
        }
        let name = match normalise(name) {
            Ok(name) => name.path().to_owned(),
            Err(bad) => return self.refuse(path, "RB248", format!("no phone could ask for it: {bad}")),
        };
        let read = File::open(path).and_then(|file| {
            if file.metadata()?.len() > self.limits.file { Ok(None) } else { read_bounded(file, self.limits.file) }
        });
        match read {
            Ok(Some(bytes)) => (self.take)(Found::File { name, from: shown(path), archive: None, bytes }),
            Ok(None) => self.refuse(path, "RB255", too_large(self.limits)),
            Err(error) => self.refuse(path, "RB257", error),
        }
    }

    fn refuse(&mut self, path: &Path, code: &str, why: impl ToString) -> Result<(), FileError> {
        let why = Fault::new(code, escape(why.to_string().as_bytes()));
        (self.take)(Found::Refused { from: shown(path), why })
    }
}
