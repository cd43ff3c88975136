//! What is inside a vendor's archive, file by file, without ever writing a path that the archive names.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use proto::text::{escape, escape_short};
use proto::tftp::normalise;

use super::gather::{Found, Limits, Take, is_litter, read_bounded, too_large};
use crate::store::FileError;
use crate::store::error::shown;

/// Headers that a tar may put in front of one file: long names and attributes.
const TAR_HEADERS: u64 = 1 << 20;
const NESTED: &str = "an archive inside an archive: unpack it and add what is in it";
const A_LINK: &str = "a link: archives may only hold files";

/// The archives that are unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Zip,
    Tar,
    TarGz,
}

impl Kind {
    /// By its name: firmware itself may be a zip or gzip inside, and is not unpacked.
    pub(super) fn of(name: &[u8]) -> Option<Kind> {
        let name = name.to_ascii_lowercase();
        let ends = |with: &[u8]| name.ends_with(with);
        match () {
            () if ends(b".zip") => Some(Kind::Zip),
            () if ends(b".tar") => Some(Kind::Tar),
            () if ends(b".tar.gz") || ends(b".tgz") => Some(Kind::TarGz),
            () => None,
        }
    }
}

/// Hands out every file of the archive at `path`. What is damaged or over a limit is refused with its name.
pub(super) fn unpack(path: &Path, kind: Kind, limits: &Limits, take: &mut Take<'_>) -> Result<(), FileError> {
    let opened = File::open(path).and_then(|file| Ok((file.metadata()?.len(), file)));
    let (size, file) = match opened {
        Ok(opened) => opened,
        Err(error) => return take(Found::Refused { from: shown(path), why: error.to_string() }),
    };
    let most = limits.archive.min(size.saturating_mul(limits.ratio).max(limits.ratio_floor));
    let mut unpacking = Unpacking { archive: shown(path), limits, left: most, take };
    match kind {
        Kind::Zip => unpacking.zip(file),
        Kind::Tar => unpacking.tar(BufReader::new(file)),
        Kind::TarGz => unpacking.tar(flate2::bufread::MultiGzDecoder::new(BufReader::new(file))),
    }
}

struct Unpacking<'a, 'b> {
    archive: String,
    limits: &'a Limits,
    /// Bytes that may still be unpacked.
    left: u64,
    take: &'a mut Take<'b>,
}

impl Unpacking<'_, '_> {
    fn zip(&mut self, file: File) -> Result<(), FileError> {
        let mut archive = match zip::ZipArchive::new(BufReader::new(file)) {
            Ok(archive) => archive,
            Err(error) => return self.refuse_all(damaged(&error)),
        };
        if archive.len() > self.limits.files {
            return self.refuse_all(format!("more than {} files in it", self.limits.files));
        }
        for i in 0..archive.len() {
            let (raw, problem, is_dir) = match archive.by_index_raw(i) {
                Ok(entry) => {
                    let problem = match () {
                        () if entry.is_symlink() => Some(A_LINK.to_owned()),
                        () if entry.encrypted() => Some("protected with a password: unpack it yourself".to_owned()),
                        () if entry.size() > self.limits.file => Some(too_large(self.limits)),
                        () => None,
                    };
                    (entry.name_raw().to_vec(), problem, entry.is_dir())
                }
                Err(error) => (format!("file {}", i + 1).into_bytes(), Some(damaged(&error)), false),
            };
            if is_dir || is_litter(&raw) {
                continue;
            }
            let name = match problem.map_or_else(|| inner_name(&raw), Err) {
                Ok(name) => name,
                Err(why) => {
                    self.refuse(&raw, why)?;
                    continue;
                }
            };
            let read = archive.by_index(i).map_err(io::Error::other).and_then(|entry| self.read(entry));
            if !self.hand_over(&raw, name, read)? {
                return Ok(());
            }
        }
        Ok(())
    }

    fn tar(&mut self, from: impl Read) -> Result<(), FileError> {
        // What the library reads by itself (long names, what is skipped) is bounded too.
        let allowed = Cell::new(TAR_HEADERS);
        let mut archive = tar::Archive::new(Allowed { from, allowed: &allowed });
        let entries = match archive.entries() {
            Ok(entries) => entries,
            Err(error) => return self.refuse_all(damaged(&error)),
        };
        let mut files = 0;
        for entry in entries {
            let mut entry = match entry {
                Ok(entry) => entry,
                Err(error) => return self.refuse_all(format!("{}; what came before was taken", damaged(&error))),
            };
            files += 1;
            if files > self.limits.files {
                return self.refuse_all(format!("more than {} files in it: the rest was left out", self.limits.files));
            }
            let (raw, size, kind) = (entry.path_bytes().into_owned(), entry.size(), entry.header().entry_type());
            if size > self.left {
                return self.too_much();
            }
            allowed.set(size.saturating_add(TAR_HEADERS));
            if kind.is_dir() || kind.is_pax_global_extensions() || is_litter(&raw) {
                continue;
            }
            let problem = match () {
                () if kind.is_symlink() || kind.is_hard_link() => Some(A_LINK.to_owned()),
                () if !(kind.is_file() || kind.is_contiguous() || kind.is_gnu_sparse()) => {
                    Some("not a file".to_owned())
                }
                () if size > self.limits.file => Some(too_large(self.limits)),
                () => None,
            };
            match problem.map_or_else(|| inner_name(&raw), Err) {
                Ok(name) => {
                    let read = self.read(&mut entry);
                    if !self.hand_over(&raw, name, read)? {
                        return Ok(());
                    }
                }
                Err(why) => {
                    self.left = self.left.saturating_sub(size);
                    self.refuse(&raw, why)?;
                }
            }
        }
        Ok(())
    }

    fn read(&self, from: impl Read) -> io::Result<Option<Vec<u8>>> {
        read_bounded(from, self.limits.file.min(self.left))
    }

    /// False when the archive has given all that it may.
    fn hand_over(&mut self, raw: &[u8], name: String, read: io::Result<Option<Vec<u8>>>) -> Result<bool, FileError> {
        match read {
            Ok(Some(bytes)) => {
                self.left -= bytes.len() as u64;
                let from = format!("{}: {}", self.archive, escape_short(raw, 255));
                (self.take)(Found::File { name, from, bytes }).map(|()| true)
            }
            Ok(None) if self.left < self.limits.file => self.too_much().map(|()| false),
            Ok(None) => self.refuse(raw, too_large(self.limits)).map(|()| true),
            Err(error) => self.refuse(raw, damaged(&error)).map(|()| true),
        }
    }

    fn too_much(&mut self) -> Result<(), FileError> {
        self.refuse_all("it unpacks to far more than an archive of firmware does: the rest was left out".to_owned())
    }

    fn refuse(&mut self, raw: &[u8], why: String) -> Result<(), FileError> {
        (self.take)(Found::Refused { from: format!("{}: {}", self.archive, escape_short(raw, 255)), why })
    }

    fn refuse_all(&mut self, why: String) -> Result<(), FileError> {
        (self.take)(Found::Refused { from: self.archive.clone(), why })
    }
}

/// The name of a file in an archive as phones would ask for it, or why it is not taken.
fn inner_name(raw: &[u8]) -> Result<String, String> {
    if raw.starts_with(b"/") || raw.starts_with(b"\\") {
        return Err("an absolute name".to_owned());
    }
    let name = normalise(raw).map_err(|bad| bad.to_string())?;
    if Kind::of(raw).is_some() {
        return Err(NESTED.to_owned());
    }
    Ok(name.path().to_owned())
}

fn damaged(error: &dyn std::error::Error) -> String {
    format!("damaged: {}", escape(error.to_string().as_bytes()))
}

/// A reader that stops with an error when more is read than was allowed.
struct Allowed<'a, R> {
    from: R,
    allowed: &'a Cell<u64>,
}

impl<R: Read> Read for Allowed<'_, R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.allowed.get()).unwrap_or(usize::MAX).min(buf.len());
        if most == 0 && !buf.is_empty() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "its headers are too long"));
        }
        let read = self.from.read(&mut buf[..most])?;
        self.allowed.set(self.allowed.get() - read as u64);
        Ok(read)
    }
}
