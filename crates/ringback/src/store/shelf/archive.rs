//! What is inside a vendor's archive, file by file, without ever writing a path that the archive names.
//! Archives inside archives are unpacked too, within the limits of the outer one.

mod end;

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read, Seek, SeekFrom};
use std::path::Path;

use bench::shelf::reference::Whole;
use bench::shelf::sums::Summing;
use bench::shelf::{Fault, Reference, fault};
use proto::image::cisco::header::Malformed;
use proto::image::cisco::{Completeness, SignedHeader};
use proto::image::{Content, Doubt, identify};
use proto::text::{escape, escape_short};
use proto::tftp::normalise;

use self::end::{Ending, Members, Watched};
use super::gather::{Found, Limits, Take, is_litter, read_bounded, too_large};
use crate::store::FileError;
use crate::store::error::shown;

/// Headers that a tar may put in front of one file: long names and attributes.
const TAR_HEADERS: u64 = 1 << 20;
/// The front of a file that tells what it is, a signed header included.
const FRONT: u64 = 8 << 10;
const A_LINK: &str = "a link: archives may only hold files";

/// The archives that are unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Zip,
    Tar,
    TarGz,
    /// A signed header, and behind it a packed tar.
    Cop,
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
            () if ends(b".cop.sgn") || ends(b".cop") => Some(Kind::Cop),
            () => None,
        }
    }

    /// By its first bytes: browsers unpack one layer and keep the name, and people pick an ending.
    fn in_truth(self, front: &[u8]) -> Kind {
        let is_tar = front.get(257..262) == Some(b"ustar");
        match self {
            Kind::Cop => Kind::Cop,
            _ if front.starts_with(b"PK\x03\x04") => Kind::Zip,
            _ if front.starts_with(&[0x1f, 0x8b]) => Kind::TarGz,
            _ if is_tar => Kind::Tar,
            _ => self,
        }
    }

    /// Archives that nothing here can unpack, by their first bytes.
    pub(super) fn foreign(bytes: &[u8]) -> Option<&'static str> {
        const KNOWN: [(&[u8], &str); 3] = [(b"Rar!", "rar"), (b"7z\xbc\xaf", "7z"), (b"\xfd7zXZ", "xz")];
        KNOWN.iter().find(|(magic, _)| bytes.starts_with(magic)).map(|k| k.1)
    }
}

/// Hands out every file of the archive at `path`. What is damaged or over a limit is refused with its name.
pub(super) fn unpack(
    path: &Path,
    kind: Kind,
    limits: &Limits,
    reference: &Reference<'_>,
    take: &mut Take<'_>,
) -> Result<(), FileError> {
    let opened = File::open(path).and_then(|file| Ok((file.metadata()?.len(), file)));
    let (size, file) = match opened {
        Ok(opened) => opened,
        Err(error) => {
            let why = Fault::new("RB257", escape(error.to_string().as_bytes()));
            return take(Found::Refused { from: shown(path), why });
        }
    };
    let most = limits.archive.min(size.saturating_mul(limits.ratio).max(limits.ratio_floor));
    let own = path.file_name().map(|n| shown(Path::new(n))).unwrap_or_default();
    let mut unpacking =
        Unpacking { archive: shown(path), own, limits, reference, left: most, depth: 0, is_long_enough: false, take };
    unpacking.open(kind, BufReader::new(file))
}

struct Unpacking<'a, 'b> {
    /// Where the archive is, as it is shown.
    archive: String,
    /// The archive's own name.
    own: String,
    limits: &'a Limits,
    reference: &'a Reference<'a>,
    /// Bytes that may still be unpacked.
    left: u64,
    /// Archives around this one.
    depth: usize,
    /// The archive is not cut off: what ends too early in it is damaged.
    is_long_enough: bool,
    take: &'a mut Take<'b>,
}

impl Unpacking<'_, '_> {
    fn open(&mut self, kind: Kind, mut from: impl Read + Seek) -> Result<(), FileError> {
        let mut front = Vec::new();
        let begun = from.by_ref().take(FRONT).read_to_end(&mut front).and_then(|_| from.seek(SeekFrom::Start(0)));
        if let Err(error) = begun {
            return self.refuse_all("RB257", escape(error.to_string().as_bytes()));
        }
        // A page that was saved as an archive is told as one.
        for doubt in [Doubt::Empty, Doubt::ErrorPage] {
            let is_it = match identify("x.sgn", &front).content {
                Content::Empty => doubt == Doubt::Empty,
                Content::Html => doubt == Doubt::ErrorPage,
                _ => false,
            };
            if is_it {
                return self.refuse_all(fault::code(&doubt), doubt.to_string());
            }
        }
        self.is_long_enough = false;
        if let Some(foreign) = Kind::foreign(&front) {
            return self.refuse_all("RB254", format!("a {foreign} archive: unpack it yourself and add the folder"));
        }
        if !self.as_a_whole(&mut from)? {
            return Ok(());
        }
        match kind.in_truth(&front) {
            Kind::Zip => self.zip(from, front.starts_with(b"PK\x03\x04")),
            Kind::Tar => self.tar(from),
            Kind::TarGz => self.tar_gz(BufReader::new(from)),
            Kind::Cop => self.cop(&front, from),
        }
    }

    /// What is known of the archive itself, beside what is in it; false when it is not taken.
    fn as_a_whole(&mut self, from: &mut (impl Read + Seek)) -> Result<bool, FileError> {
        let Ok(size) = from.seek(SeekFrom::End(0)) else { return Ok(true) };
        let said = self.reference.archive(&self.own, size, &mut |algorithm| {
            let mut summing = Summing::new(algorithm);
            let mut piece = vec![0; 64 << 10];
            from.seek(SeekFrom::Start(0)).ok()?;
            loop {
                match from.read(&mut piece).ok()? {
                    0 => return Some(summing.finish()),
                    n => summing.update(&piece[..n]),
                }
            }
        });
        // What is read next fails by itself if this does.
        let _ = from.seek(SeekFrom::Start(0));
        match said {
            Some(Whole::Refused(why)) => {
                (self.take)(Found::Refused { from: self.archive.clone(), why })?;
                return Ok(false);
            }
            Some(Whole::Proven(by)) => (self.take)(Found::Proven { from: self.archive.clone(), by })?,
            Some(Whole::Noted { why, is_long_enough }) => {
                self.is_long_enough = is_long_enough;
                self.note(why)?;
            }
            None => {}
        }
        Ok(true)
    }

    fn tar_gz(&mut self, from: impl BufRead) -> Result<(), FileError> {
        let is_followed = Cell::new(false);
        self.tar(Members::new(from, &is_followed))?;
        if is_followed.get() {
            self.note(Fault::new("RB234", FOLLOWED))?;
        }
        Ok(())
    }

    /// The header is skipped, not checked: only Cisco's servers and phones know the keys.
    fn cop(&mut self, front: &[u8], mut from: impl Read + Seek) -> Result<(), FileError> {
        let begin = match SignedHeader::parse(front) {
            Ok(header) => u64::from(header.header_len),
            Err(Malformed::NotSigned) if front.starts_with(&[0x1f, 0x8b]) => 0,
            Err(Malformed::Cut { need, have, .. }) => {
                let missing = need.saturating_sub(have).max(1);
                return self
                    .refuse_all("RB233", format!("cut off within its header: at least {missing} bytes missing"));
            }
            Err(Malformed::NotSigned) => return self.refuse_all("RB238", "no signed header".to_owned()),
            Err(why) => return self.refuse_all("RB235", format!("damaged header: {why}")),
        };
        for doubt in identify(&self.own, front).doubts {
            let why = match &doubt {
                Doubt::Renamed { true_name } => self.reference.renamed(&self.own, true_name),
                Doubt::HeaderOdd(_) | Doubt::NameFlipped { .. } => Fault::from(&doubt),
                _ => continue,
            };
            self.note(why)?;
        }
        let mut magic = [0; 2];
        let read = from.seek(SeekFrom::Start(begin)).and_then(|_| from.read_exact(&mut magic));
        match read.and_then(|()| from.seek(SeekFrom::Start(begin))) {
            Ok(_) if magic == [0x1f, 0x8b] => self.tar_gz(BufReader::new(from)),
            Ok(_) => self.refuse_all("RB254", "no packed archive behind its header".to_owned()),
            Err(_) => self.refuse_all("RB233", "cut off: it ends with its header".to_owned()),
        }
    }

    fn zip(&mut self, mut from: impl Read + Seek, is_plain: bool) -> Result<(), FileError> {
        let ending = end::of_zip(&mut from).unwrap_or(Completeness::Whole);
        let mut headers = Vec::new();
        let mut archive = match (zip::ZipArchive::new(from), ending) {
            (Ok(archive), _) => archive,
            (Err(_), Completeness::Missing(_)) => return self.refuse_all("RB233", NO_END.to_owned()),
            (Err(error), _) => {
                let Fault { code, what } = of_zip_error(&error);
                return self.refuse_all(&code, what);
            }
        };
        // Its own end is missing, and the end of a zip in it was found instead.
        if archive.offset() > 0 && is_plain {
            return self.refuse_all("RB233", NO_END.to_owned());
        }
        if ending != Completeness::Whole {
            self.note(Fault::new("RB234", FOLLOWED))?;
        }
        // It has its end, and so everything before it.
        self.is_long_enough = true;
        if archive.len() > self.limits.files {
            return self.refuse_all("RB255", format!("more than {} files in it", self.limits.files));
        }
        for i in 0..archive.len() {
            let (raw, problem, is_dir) = match archive.by_index_raw(i) {
                Ok(entry) => {
                    headers.push((entry.header_start(), entry.central_header_start()));
                    let problem = match () {
                        () if entry.is_symlink() => Some(Fault::new("RB248", A_LINK)),
                        () if entry.encrypted() => {
                            Some(Fault::new("RB254", "protected with a password: unpack it yourself"))
                        }
                        () if entry.size() > self.limits.file => Some(Fault::new("RB255", too_large(self.limits))),
                        () => None,
                    };
                    (entry.name_raw().to_vec(), problem, entry.is_dir())
                }
                Err(error) => {
                    let problem = of_zip_error(&error);
                    (format!("file {}", i + 1).into_bytes(), Some(problem), false)
                }
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
            let read = match archive.by_index(i) {
                Ok(entry) => self.read(entry),
                Err(error) => {
                    self.refuse(&raw, of_zip_error(&error))?;
                    continue;
                }
            };
            if !self.hand_over(&raw, name, read)? {
                return Ok(());
            }
        }
        let mut from = archive.into_inner();
        let differ = headers.into_iter().find_map(|(local, central)| end::differ(&mut from, local, central).ok()?);
        match differ {
            Some(field) => {
                let why = format!("the two headers of one file differ in the {field}; what is in it fits its sum");
                self.note(Fault::new("RB235", why))
            }
            None => Ok(()),
        }
    }

    fn tar(&mut self, from: impl Read) -> Result<(), FileError> {
        // What the library reads by itself (long names, what is skipped) is bounded too.
        let (allowed, ended) = (Cell::new(TAR_HEADERS), Cell::new(false));
        let mut archive = tar::Archive::new(Watched { from: Allowed { from, allowed: &allowed }, ended: &ended });
        let entries = match archive.entries() {
            Ok(entries) => entries,
            Err(error) => return self.refuse_all(self.code_of(&error), damaged(&error)),
        };
        let mut files = 0;
        for entry in entries {
            let mut entry = match entry {
                Ok(entry) => entry,
                Err(_) if ended.get() && !self.is_long_enough => return self.refuse_all("RB233", CUT.to_owned()),
                Err(error) => {
                    let why = format!("{}; what came before was taken", damaged(&error));
                    return self.refuse_all(self.code_of(&error), why);
                }
            };
            files += 1;
            if files > self.limits.files {
                let why = format!("more than {} files in it: the rest was left out", self.limits.files);
                return self.refuse_all("RB255", why);
            }
            let (raw, size, kind) = (entry.path_bytes().into_owned(), entry.size(), entry.header().entry_type());
            if size > self.left {
                return self.too_much();
            }
            allowed.set(size.saturating_add(TAR_HEADERS));
            // GNU tar's list of a folder's files (`-g`) is none.
            if kind.is_dir() || kind.is_pax_global_extensions() || kind.as_byte() == b'D' || is_litter(&raw) {
                continue;
            }
            let problem = match () {
                () if kind.is_symlink() || kind.is_hard_link() => Some(Fault::new("RB248", A_LINK)),
                () if !(kind.is_file() || kind.is_contiguous() || kind.is_gnu_sparse()) => {
                    Some(Fault::new("RB248", "not a file"))
                }
                () if size > self.limits.file => Some(Fault::new("RB255", too_large(self.limits))),
                () if end::is_pax_sparse(&mut entry) => Some(Fault::new("RB254", SPARSE)),
                () => None,
            };
            match problem.map_or_else(|| inner_name(&raw), Err) {
                Ok(name) => {
                    let read = self.read(&mut entry).and_then(|read| match read {
                        Some(bytes) if (bytes.len() as u64) < size => Err(io::ErrorKind::UnexpectedEof.into()),
                        read => Ok(read),
                    });
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
        if ended.get() {
            let code = if self.is_long_enough { "RB254" } else { "RB233" };
            return self.refuse_all(code, CUT.to_owned());
        }
        // Behind the last file there is only filling; read, so that the sum of what was packed is looked at.
        allowed.set(self.left.saturating_add(TAR_HEADERS));
        match end::of_tar(&mut archive.into_inner()) {
            Ok(Ending::Whole) => Ok(()),
            Ok(Ending::Cut) => {
                self.note(Fault::new("RB233", "cut off behind its last file; all that was found in it was taken"))
            }
            Ok(Ending::Extra) => self.note(Fault::new("RB234", FOLLOWED)),
            Err(error) => {
                self.refuse_all(self.code_of(&error), format!("{}; what is in it was taken", damaged(&error)))
            }
        }
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
                if let Some(kind) = Kind::of(raw) {
                    return self.nested(kind, from, &name, bytes).map(|()| true);
                }
                let archive = Some(self.own.clone());
                (self.take)(Found::File { name, from, archive, bytes }).map(|()| true)
            }
            Ok(None) if self.left < self.limits.file => self.too_much().map(|()| false),
            Ok(None) => self.refuse(raw, Fault::new("RB255", too_large(self.limits))).map(|()| true),
            Err(error) => self.refuse(raw, Fault::new(self.code_of(&error), damaged(&error))).map(|()| true),
        }
    }

    /// An archive inside: what it gives counts against the outer one's limits.
    fn nested(&mut self, kind: Kind, from: String, name: &str, bytes: Vec<u8>) -> Result<(), FileError> {
        let own = escape_short(name.rsplit('/').next().unwrap_or(name).as_bytes(), 255);
        let outer =
            (std::mem::replace(&mut self.archive, from), std::mem::replace(&mut self.own, own), self.is_long_enough);
        self.depth += 1;
        let done = if self.depth > self.limits.nesting {
            let why = format!("archives in archives, more than {} deep", self.limits.nesting);
            self.refuse_all("RB255", why)
        } else {
            self.open(kind, Cursor::new(bytes))
        };
        self.depth -= 1;
        (self.archive, self.own, self.is_long_enough) = outer;
        done
    }

    /// Something that does not keep what is in the archive from being taken.
    fn note(&mut self, why: Fault) -> Result<(), FileError> {
        (self.take)(Found::Noted { from: self.archive.clone(), why })
    }

    /// What ends too early is cut off, if it can be; anything else is damaged.
    fn code_of(&self, error: &io::Error) -> &'static str {
        match error.kind() {
            io::ErrorKind::UnexpectedEof if !self.is_long_enough => "RB233",
            io::ErrorKind::InvalidData if error.to_string() == HEADERS => "RB255",
            _ => "RB254",
        }
    }

    fn too_much(&mut self) -> Result<(), FileError> {
        let why = "it unpacks to far more than an archive of firmware does: the rest was left out";
        self.refuse_all("RB255", why.to_owned())
    }

    fn refuse(&mut self, raw: &[u8], why: Fault) -> Result<(), FileError> {
        (self.take)(Found::Refused { from: format!("{}: {}", self.archive, escape_short(raw, 255)), why })
    }

    fn refuse_all(&mut self, code: &str, why: String) -> Result<(), FileError> {
        (self.take)(Found::Refused { from: self.archive.clone(), why: Fault::new(code, why) })
    }
}

/// The name of a file in an archive as phones would ask for it, or why it is not taken.
fn inner_name(raw: &[u8]) -> Result<String, Fault> {
    if raw.starts_with(b"/") || raw.starts_with(b"\\") {
        return Err(Fault::new("RB248", "an absolute name"));
    }
    normalise(raw).map(|name| name.path().to_owned()).map_err(|bad| Fault::new("RB248", bad.to_string()))
}

fn damaged(error: &dyn std::error::Error) -> String {
    format!("damaged: {}", escape(error.to_string().as_bytes()))
}

/// What the library cannot unpack is not damaged for that.
fn of_zip_error(error: &zip::result::ZipError) -> Fault {
    let what = escape(error.to_string().as_bytes());
    // Some of them are told as a text alone.
    if matches!(error, zip::result::ZipError::UnsupportedArchive(_)) || what.contains("not supported") {
        let what = format!("packed in a way that is not read here ({what}): unpack it yourself and add the folder");
        return Fault::new("RB254", what);
    }
    Fault::new("RB254", format!("damaged: {what}"))
}

const SPARSE: &str = "packed with holes left out (tar -S): unpack it yourself and add the folder";
const FOLLOWED: &str = "something stands behind its end; what is in it was taken";
const HEADERS: &str = "its headers are too long";
const NO_END: &str = "cut off: its end is missing (or more than 64 KiB of something else stand behind it)";
const CUT: &str = "cut off: its end is missing; what came before was taken";

/// A reader that stops with an error when more is read than was allowed.
struct Allowed<'a, R> {
    from: R,
    allowed: &'a Cell<u64>,
}

impl<R: Read> Read for Allowed<'_, R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.allowed.get()).unwrap_or(usize::MAX).min(buf.len());
        if most == 0 && !buf.is_empty() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, HEADERS));
        }
        let read = self.from.read(&mut buf[..most])?;
        self.allowed.set(self.allowed.get() - read as u64);
        Ok(read)
    }
}
