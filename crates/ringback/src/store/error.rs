//! The one error of everything that is kept on disk: RB508, with what, why and what to do.

use std::fmt;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use proto::text::escape;

/// A file or folder cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileError {
    what: String,
    why: String,
    remedy: String,
}

impl FileError {
    /// The code that `ringback explain` knows.
    pub(crate) const CODE: &'static str = "RB508";

    /// From the three sentences: what was being done, why it failed, what to do about it.
    pub(crate) fn new(what: impl Into<String>, why: impl Into<String>, remedy: impl Into<String>) -> FileError {
        FileError { what: what.into(), why: why.into(), remedy: remedy.into() }
    }

    /// From an error of the system. `verb` is what was being done to `path`: `read`, `write`, `create` …
    pub(crate) fn io(verb: &str, path: &Path, error: &io::Error) -> FileError {
        FileError::new(
            format!("cannot {verb} {}", shown(path)),
            escape(error.to_string().as_bytes()),
            remedy(error.kind()),
        )
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}. {}.", FileError::CODE, self.what, self.why, self.remedy)
    }
}

impl std::error::Error for FileError {}

/// A path as it may be shown: file names are foreign text too.
pub(crate) fn shown(path: &Path) -> String {
    escape(path.as_os_str().as_bytes())
}

fn remedy(kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::PermissionDenied => {
            "It belongs to another user: run ringback as the user who ran it before, or name another folder"
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "Make room on that disk",
        io::ErrorKind::ReadOnlyFilesystem => "That disk can only be read: name a folder on another one",
        io::ErrorKind::NotFound => "Check the name, and whether the disk is there",
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => "Something else has that name: move it away",
        _ => "Check that disk, or name a folder on another one",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_what_why_and_what_to_do() {
        let error = FileError::io("write", Path::new("/a\u{1b}[2Jb"), &io::ErrorKind::StorageFull.into());
        assert_eq!(error.to_string(), "RB508: cannot write /a\\x1b[2Jb: no storage space. Make room on that disk.");
    }
}
